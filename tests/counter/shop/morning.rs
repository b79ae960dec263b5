//! What a merchant hears without asking: what waits in the morning, and what ends soon.

use super::market::{self, FARM, open};
use crate::county::{VILLAGER, county};

#[tokio::test]
async fn each_morning_a_merchant_hears_once_what_waits() {
    let mut county = county().at("2026-11-24T14:00:00+08:00").open().await;
    {
        let mut clerk = county.clerk().await;
        let pass = open(&county, &mut clerk).await;
        county.talk(FARM, &["绑定商家", &pass]).await;
    }
    for text in ["我要买2袋尿素，我是毛庄村的，我叫肖奉安", "自己取", "13800138000", "确认"]
    {
        county.say(VILLAGER, text).await;
    }
    county.say(FARM, "你好").await;
    let greeted = |county: &crate::county::County| {
        let inbox = county.inbox(FARM).into_iter();
        inbox.filter(|text| text.contains("早上好")).collect::<Vec<_>>()
    };
    county.pass(18 * 3600).await;
    assert!(greeted(&county).is_empty(), "at eight it is too early");
    county.pass(45 * 60).await;
    assert_eq!(greeted(&county), ["早上好，今天等接单1个。请回「接单」，或到办事台看。"]);
    county.pass(3600).await;
    assert_eq!(greeted(&county).len(), 1, "once a day");
}

#[tokio::test]
async fn a_paper_that_ends_is_told_a_month_a_week_and_a_day_before_and_a_membership_too() {
    let mut county = county().at("2026-11-24T10:00:00+08:00").open().await;
    {
        let mut clerk = county.clerk().await;
        let papers = [("licence", "2026-12-24"), ("fertiliser", "2026-12-24")];
        let pass = market::admit(&mut clerk, "M1", "毛庄农资店", &papers).await;
        county.talk(FARM, &["绑定商家", &pass]).await;
        let (status, page) = market::upload(
            &county,
            &mut clerk,
            "goods.csv",
            "编号,商家,类别,名称,单位,会员价,库存,最少,最多\nA1,M1,化肥,尿素,袋,105,100,1,50\n"
                .into(),
        )
        .await;
        assert_eq!(status, 200, "{page}");
    }
    county.settle().await;
    let told = |county: &crate::county::County| {
        let inbox = county.inbox(FARM).into_iter();
        inbox.filter(|text| text.contains("营业执照到2026-12-24")).count()
    };
    assert_eq!(told(&county), 1, "30 days before: {:?}", county.inbox(FARM));
    let mut days = Vec::new();
    for day in 1..=31 {
        county.say(FARM, "你好").await;
        let before = told(&county);
        county.pass(24 * 3600).await;
        if told(&county) > before {
            days.push(30 - day);
        }
    }
    assert_eq!(days, [7, 0]);
    let clerk = county.clerk_again().await;
    assert_eq!(clerk.tasks("营业执照到2026-12-24").await.len(), 3);
    let said = county.say(VILLAGER, "买2袋尿素").await;
    assert!(!said.contains("哪个村"), "what has ended is not for sale: {said}");
    let page = clerk.get("/desk/shop/merchants").await;
    assert!(page.contains("营业执照到2026-12-24已过期"), "{page}");
}

/// The program was away on the day itself: it is told with the next morning, once.
#[tokio::test]
async fn a_morning_on_which_the_program_was_away_is_made_up_for() {
    let mut county = county().at("2026-11-24T10:00:00+08:00").open().await;
    {
        let mut clerk = county.clerk().await;
        let papers = [("licence", "2026-12-27"), ("fertiliser", "2027-12-31")];
        let pass = market::admit(&mut clerk, "M1", "毛庄农资店", &papers).await;
        county.talk(FARM, &["绑定商家", &pass]).await;
    }
    county.settle().await;
    let told = |county: &crate::county::County| {
        let inbox = county.inbox(FARM).into_iter();
        inbox.filter(|text| text.contains("营业执照到2026-12-27")).count()
    };
    assert_eq!(told(&county), 0, "33 days before");
    // From the 24th to the 29th: nobody was there 30 days before.
    county.tick(5 * 24 * 3600);
    county.say(FARM, "你好").await;
    county.settle().await;
    assert_eq!(told(&county), 1, "{:?}", county.inbox(FARM));
    for _ in 0..3 {
        county.say(FARM, "你好").await;
        county.pass(24 * 3600).await;
    }
    assert_eq!(told(&county), 1);
}
