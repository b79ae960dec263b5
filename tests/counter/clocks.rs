//! The facts beside a case: which times run for whom, when they stood still and why, who has had it;
//! and that no form is shown that would be refused whatever is written.

use bianmin::office::Role;

use super::county::{VILLAGER, county, part};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn a_case_shows_every_clock_and_who_stopped_it_and_why() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let path = format!("/desk/cases/{number}");
    {
        let mut clerk = county.clerk().await;
        let page = clerk.get(&path).await;
        let clocks = part(&page, "id=\"clocks\"", "</section>");
        assert!(clocks.contains("受理派单") && clocks.contains("走着"), "{clocks}");
        clerk.act(&number, "dispatch", &[("department", "城管"), ("helper", "水利")]).await;
        let page = clerk.get(&path).await;
        let clocks = part(&page, "id=\"clocks\"", "</section>");
        for what in ["答复群众", "签收", "第一次联系群众", "单位办理", "协办意见", "县水利局"]
        {
            assert!(clocks.contains(&format!(">{what}</td>")), "{what}: {clocks}");
        }
        let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
        lead.act(&number, "ask_info", &[("question", "垃圾在村东还是村西？")]).await;
        let page = clerk.get(&path).await;
        let clocks = part(&page, "id=\"clocks\"", "</section>");
        for what in ["停着", "等群众补充", "还停着", "城管经办停的", "垃圾在村东还是村西？"]
        {
            assert!(clocks.contains(what), "{what}: {clocks}");
        }
    }
    county.pass(DAY).await;
    county.talk(VILLAGER, &[&format!("补充{number}"), "在村东头的桥边", "没有"]).await;
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "dispatch", &[("department", "住建")]).await;
    let page = clerk.get(&path).await;
    let clocks = part(&page, "id=\"clocks\"", "</section>");
    assert!(!clocks.contains("还停着") && clocks.contains("垃圾在村东还是村西？"), "{clocks}");
    let turns = part(clocks, "哪些单位办过", "</table>");
    let (first, second) = (turns.find("县城市管理"), turns.find("县住房"));
    assert!(first.is_some() && first < second && turns.contains("改派"), "{turns}");
}

#[tokio::test]
async fn a_helper_sees_its_own_day_and_not_the_leads() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管"), ("helper", "水利")]).await;
    let helper = county.staff("水利经办", Role::Department, Some("水利")).await;
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let due = |page: &str| {
        let row = part(page, "<tbody>", "</tbody>").to_owned();
        row.split("<time datetime=\"").last().unwrap().split('"').next().unwrap().to_owned()
    };
    let (hers, his) = (due(&helper.get("/desk").await), due(&lead.get("/desk").await));
    assert!(hers < his, "a working day before: {hers} {his}");
}

#[tokio::test]
async fn no_form_is_shown_that_is_always_refused() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let path = format!("/desk/cases/{number}");
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
        lead.act(&number, "accept", &[]).await;
        let page = lead.get(&path).await;
        for form in ["ask_return", "ask_extension", "ask_info"] {
            assert!(page.contains(&format!("id=\"{form}\"")), "{form}: {page}");
        }
        assert!(!clerk.get(&path).await.contains("id=\"slip\""), "first the telephone");
    }
    // The window to return it is over; then its time is over too.
    county.pass(DAY + 9 * HOUR).await;
    {
        let mut lead = county.again("城管经办").await;
        let page = lead.get(&path).await;
        assert!(!page.contains("id=\"ask_return\"") && page.contains("id=\"ask_info\""), "{page}");
        let (status, text) = lead.try_act(&number, "ask_return", &[("basis", "不归我们")]).await;
        assert!(status == 422 && text.contains("退单只能在"), "{text}");
    }
    county.pass(10 * DAY).await;
    let page = county.again("城管经办").await.get(&path).await;
    for form in ["ask_return", "ask_extension", "ask_info"] {
        assert!(!page.contains(&format!("id=\"{form}\"")), "{form}: {page}");
    }
}
