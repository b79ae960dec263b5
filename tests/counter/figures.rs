//! The figures of the day, on the page.

use bianmin::office::Role;

use super::county::{VILLAGER, county};

/// The number below that name.
fn tile(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("<dt>{name}</dt><dd>")).expect(name);
    let inner = rest.split("</dd>").next().unwrap_or_default();
    let text = inner.rsplit_once("\">").map_or(inner, |(_, text)| text);
    text.trim_end_matches("</a>").to_owned()
}

#[tokio::test]
async fn the_figures_follow_what_happens() {
    let mut county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = county.report(VILLAGER).await;
    county.report("oVillager00000000000000000002").await;
    let page = clerk.get("/desk/figures").await;
    for (name, expect) in [("今日受理", "2"), ("在办", "2"), ("超期", "0"), ("满意率", "—")]
    {
        assert_eq!(tile(&page, name), expect, "{name}: {page}");
    }
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "accept", &[]).await;
    let reply = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", reply)]).await;
    assert!(county.say(VILLAGER, "满意").await.starts_with("谢谢您"));
    let page = clerk.get("/desk/figures").await;
    for (name, expect) in
        [("今日受理", "2"), ("今日办结", "1"), ("在办", "1"), ("满意率", "100.0%")]
    {
        assert_eq!(tile(&page, name), expect, "{name}: {page}");
    }
    for part in ["县城市管理综合行政执法局", "胡家坨镇", "微信", "垃圾清运"] {
        assert!(page.contains(part), "{part}: {page}");
    }

    // Without a change, but for the time.
    county.pass(5 * 24 * 3_600).await;
    let clerk = county.clerk_again().await;
    let page = clerk.get("/desk/figures").await;
    for (name, expect) in [("今日受理", "0"), ("在办", "1"), ("超期", "1")] {
        assert_eq!(tile(&page, name), expect, "{name}: {page}");
    }
    let late = clerk.get("/desk?overdue=1").await;
    assert_eq!(late.matches("class=\"late\"").count(), 1, "{late}");

    let stranger = county.staff("城管经办", Role::Department, Some("城管")).await;
    assert_eq!(stranger.try_get("/desk/figures").await.0, 404);
    assert!(!stranger.get("/desk").await.contains("/desk/figures"));
}

#[tokio::test]
async fn a_department_finds_its_open_cases_before_those_that_have_ended() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let first = county.report(VILLAGER).await;
    let second = county.report("oVillager00000000000000000002").await;
    for number in [&first, &second] {
        clerk.act(number, "dispatch", &[("department", "城管")]).await;
        clerk.act(number, "accept", &[]).await;
    }
    let reply = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
    clerk.act(&first, "reply", &[("outcome", "solved"), ("text", reply)]).await;
    county.say(VILLAGER, "满意").await;
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let list = lead.get("/desk").await;
    let place = |number: &str| list.find(&format!("/desk/cases/{number}"));
    assert!(place(&second).unwrap() < place(&first).unwrap(), "{list}");
    let closed = lead.get("/desk?state=closed").await;
    assert!(closed.contains(&first) && !closed.contains(&second), "{closed}");
    let open = lead.get("/desk?state=handling").await;
    assert!(open.contains(&second) && !open.contains(&first), "{open}");
}
