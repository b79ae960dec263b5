//! What the village shop does besides goods of members: parcels bought elsewhere, and word left
//! for the bank, the post, the carrier, the insurance.

use bianmin::office::Role;

use super::market::{self, revision_in};
use crate::county::{Clerk, VILLAGER, county};
use crate::sms_talk::{opened, write};

const MAOZHUANG: &str = "130225109201";

async fn moved(agent: &mut Clerk<'_>, to: &str, tracking: &str) -> (u16, String) {
    let page = agent.get("/desk/shop/purchases").await;
    let id = page.split("/desk/shop/purchases/").nth(1).unwrap().split('"').next().unwrap();
    let path = format!("/desk/shop/purchases/{id}");
    let revision = revision_in(&page);
    agent.csrf = agent.csrf_of("/desk/shop/purchases").await;
    let fields = [("revision", &*revision), ("to", to), ("tracking_no", tracking)];
    agent.post(&path, &fields).await
}

#[tokio::test]
async fn a_parcel_bought_elsewhere_is_followed_to_her_hands() {
    let (county, fake) = opened().await;
    let clerk = county.clerk().await;
    let mut agent = county.staff("毛庄代办员", Role::Agent, Some(MAOZHUANG)).await;
    agent.csrf = agent.csrf_of("/desk/shop/purchases").await;
    let fields = [
        ("item", "老花镜300度"),
        ("platform", "某商城"),
        ("amount", "39"),
        ("name", "肖奉安"),
        ("phone", "13800138000"),
    ];
    let wrong = [
        ("item", "老花镜"),
        ("platform", "某商城"),
        ("amount", "三十九"),
        ("name", "肖奉安"),
        ("phone", "13800138000"),
    ];
    let (status, page) = agent.post("/desk/shop/purchases", &wrong).await;
    assert!(
        status == 422 && page.contains("金额请写元") && page.contains("value=\"老花镜\""),
        "{page}"
    );
    let (status, page) = agent.post("/desk/shop/purchases", &fields).await;
    assert_eq!(status, 303, "{page}");
    let said = write(&county, &fake, "13800138000", "我的包裹").await;
    assert!(said.contains("老花镜300度 已代买"), "{said}");
    let (status, page) = moved(&mut agent, "on_the_way", "").await;
    assert!(status == 422 && page.contains("快递单号是空的"), "{page}");
    assert_eq!(moved(&mut agent, "on_the_way", "YT0001").await.0, 303);
    let other = county.staff("别村代办员", Role::Agent, Some("130225102216")).await;
    assert!(!other.get("/desk/shop/purchases").await.contains("老花镜"));
    assert_eq!(moved(&mut agent, "arrived", "").await.0, 303);
    county.clock.advance(301);
    county.settle().await;
    let told = fake.texts_to("13800138000").pop().unwrap();
    assert!(told.contains("老花镜300度") && told.contains("毛庄镇毛庄村店"), "{told}");
    assert!(clerk.tasks("老花镜300度").await.is_empty(), "nobody has to telephone");
    assert_eq!(moved(&mut agent, "handed", "").await.0, 303);
    assert!(agent.get("/desk/shop/purchases").await.contains("没有等着的包裹"));
    let said = write(&county, &fake, "13900139000", "我的包裹").await;
    assert!(said.contains("没有代买的包裹"), "only to her own number: {said}");
}

#[tokio::test]
async fn word_for_the_carrier_reaches_it_with_her_consent_only() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    clerk.csrf = clerk.csrf_of("/desk/shop/merchants").await;
    let fields = [
        ("id", "D04"),
        ("name", "通达营业厅"),
        ("kind", "service"),
        ("operator", "便民电商公司"),
        ("contact", "老周"),
        ("phone", "13900000004"),
    ];
    let words = ["预约", "1", "1", "装宽带，周六上午", "毛庄村", "肖奉安", "13800138000", "同意"];
    let said = county.talk(VILLAGER, &words).await;
    assert!(said.contains("现在约不了"), "nobody is registered: {said}");
    let (status, page) = clerk.post("/desk/shop/merchants", &fields).await;
    assert_eq!(status, 303, "{page}");
    market::merchant_act(
        &mut clerk,
        "D04",
        "document",
        &[("kind", "institution"), ("number", "1"), ("valid_to", "2027-12-31")],
    )
    .await;
    for step in ["check", "review", "try"] {
        let fields = [("step", step), ("basis", market::BASIS)];
        market::merchant_act(&mut clerk, "D04", "step", &fields).await;
    }
    let mut no = words;
    no[7] = "不同意";
    let said = county.talk(VILLAGER, &no).await;
    assert!(said.contains("没有告诉他们"), "{said}");
    let mut carrier = county.staff("老周", Role::Merchant, Some("D04")).await;
    assert!(carrier.get("/desk/shop/leads").await.contains("没有等着联系的群众"));
    // Another one: the first has written nearly as much as a minute takes.
    let said = county.talk("oVillager00000000000000000002", &words).await;
    assert!(said.contains("通达营业厅会打电话给您"), "{said}");
    let day = carrier.get("/desk/shop/day").await;
    assert!(day.contains("有1位群众等您联系"), "{day}");
    let page = carrier.get("/desk/shop/leads").await;
    assert!(page.contains("装宽带，周六上午") && page.contains("13800138000"), "{page}");
    // The platform sees that somebody waits, and not who.
    let reader = county.staff("小王", Role::Clerk, None).await;
    for who in [&clerk, &reader] {
        let page = who.get("/desk/shop/leads").await;
        assert!(page.contains("装宽带，周六上午") && page.contains("138****8000"), "{page}");
        assert!(!page.contains("13800138000") && !page.contains("肖奉安"), "{page}");
    }
    let other = county.staff("别家", Role::Operator, Some("供销社")).await;
    assert!(!other.get("/desk/shop/leads").await.contains("装宽带"));
    let id = page.split("/desk/shop/leads/").nth(1).unwrap().split('"').next().unwrap();
    carrier.csrf = carrier.csrf_of("/desk/shop/leads").await;
    let (status, page) = carrier.post(&format!("/desk/shop/leads/{id}"), &[]).await;
    assert_eq!(status, 303, "{page}");
    assert!(carrier.get("/desk/shop/leads").await.contains("没有等着联系的群众"));
}
