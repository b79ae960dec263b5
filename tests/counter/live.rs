//! What open pages hear without being loaded anew.

use std::time::Duration;

use bianmin::office::Role;

use super::county::{Clerk, County, VILLAGER, county};

const DAY: i64 = 24 * 3_600;
/// The first minute of a case hears nothing else.
const SOON: Duration = Duration::from_secs(20);

/// An open page of the desk.
struct Page {
    answer: reqwest::Response,
    heard: String,
}

async fn listens(county: &County, who: &Clerk<'_>) -> Page {
    let url = format!("{}/desk/live", county.base);
    let answer = county.http.get(url).header("cookie", &who.cookie).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-cache");
    Page { answer, heard: String::new() }
}

impl Page {
    /// The next thing that is said: new, amber, overdue, changed. `None`: the stream has ended.
    async fn hears(&mut self) -> Option<[u64; 4]> {
        loop {
            if let Some((event, rest)) = self.heard.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.heard = rest;
                let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) else {
                    continue;
                };
                assert!(event.starts_with("event: cases\n"), "{event}");
                let news: serde_json::Value = serde_json::from_str(data).unwrap();
                return Some(
                    ["new", "amber", "overdue", "changed"].map(|kind| news[kind].as_u64().unwrap()),
                );
            }
            let chunk = tokio::time::timeout(SOON, self.answer.chunk()).await.expect("it is said");
            self.heard.push_str(std::str::from_utf8(&chunk.ok()??).unwrap());
        }
    }
}

#[tokio::test]
async fn a_new_case_and_each_change_of_its_colour_are_heard() {
    let mut county = county().open().await;
    county.tick(60);
    let clerk = county.clerk().await;
    let mut page = listens(&county, &clerk).await;
    let number = county.report(VILLAGER).await;
    assert_eq!(county.office.tell_news().await.unwrap(), 1);
    assert_eq!(page.hears().await, Some([1, 0, 0, 0]));
    assert_eq!(county.office.tell_news().await.unwrap(), 0, "once");

    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    county.office.tell_news().await.unwrap();
    assert_eq!(page.hears().await, Some([0, 0, 0, 1]));

    let (mut amber, mut overdue) = (0, 0);
    for _ in 0..6 * 12 {
        county.pass(DAY / 12).await;
        if county.office.tell_news().await.unwrap() > 0 {
            let [new, now_amber, now_overdue, _] = page.hears().await.unwrap();
            assert_eq!(new, 0);
            amber += now_amber;
            overdue += now_overdue;
        }
    }
    assert_eq!((amber, overdue), (1, 1));
}

#[tokio::test]
async fn a_department_hears_of_its_own_only() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let other = county.staff("教育经办", Role::Department, Some("教育")).await;
    let (mut at_lead, mut at_other) =
        (listens(&county, &lead).await, listens(&county, &other).await);
    let number = county.report(VILLAGER).await;
    county.office.tell_news().await.unwrap();
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    county.office.tell_news().await.unwrap();
    // Had it heard of the case itself, that would have come first.
    assert_eq!(at_lead.hears().await, Some([0, 0, 0, 1]));
    let second = county.report("oVillager00000000000000000002").await;
    clerk.act(&second, "dispatch", &[("department", "教育")]).await;
    county.office.tell_news().await.unwrap();
    assert_eq!(at_other.hears().await, Some([1, 0, 0, 0]), "the first it hears of");
}

#[tokio::test]
async fn the_stream_is_for_who_is_signed_in_and_ends_with_the_program() {
    let county = county().open().await;
    let nobody = county.nobody();
    assert_eq!(nobody.try_get("/desk/live").await.0, 303);
    let clerk = county.clerk().await;
    let mut page = listens(&county, &clerk).await;
    county.office.stop().await;
    assert_eq!(page.hears().await, None);
}

/// 30 minutes without a hand on the page end the session, however much news there is.
#[tokio::test]
async fn a_page_that_looks_by_itself_keeps_nobody_signed_in() {
    let mut county = county().idle_minutes(30).open().await;
    let cookie = county.clerk().await.cookie;
    for minutes in [10, 10, 11] {
        county.tick(minutes * 60);
        let list = county.http.get(format!("{}/desk", county.base));
        let list = list.header("cookie", &cookie).header("x-by-itself", "1");
        let status = list.send().await.unwrap().status().as_u16();
        let live = county.http.get(format!("{}/desk/live", county.base));
        let live = live.header("cookie", &cookie).send().await.unwrap().status().as_u16();
        let expect = if minutes == 11 { 303 } else { 200 };
        assert_eq!((status, live), (expect, expect));
    }
}

#[tokio::test]
async fn so_many_pages_are_open_and_no_more() {
    let county = county().open().await;
    let mut open = Vec::new();
    for _ in 0..1_000 {
        open.push(county.office.listen().await.unwrap());
    }
    assert!(county.office.listen().await.is_err());
    open.pop();
    assert!(county.office.listen().await.is_ok());
}

#[tokio::test]
async fn without_scripts_a_list_loads_itself_again() {
    let county = county().open().await;
    let clerk = county.clerk().await;
    let page = clerk.get("/desk").await;
    assert!(page.contains("<noscript><meta http-equiv=\"refresh\" content=\"120\"></noscript>"));
    assert!(page.contains("<div id=\"list\">"), "what the script brings up to date");
}
