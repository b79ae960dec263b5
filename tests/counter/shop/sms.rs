//! The shop by SMS alone: who has no WeChat orders, the merchant answers, and both are told.

use bianmin::office::Role;

use super::market::{open, step, stock};
use crate::county::{County, number_in, part};
use crate::sms_talk::{PHONE, opened, write};

/// As it stands in the merchant's file.
const MERCHANT: &str = "13900000001";

/// Notices by SMS wait five minutes, for a later one may stand for them.
async fn later(county: &County) {
    county.clock.advance(301);
    county.settle().await;
}

#[tokio::test]
async fn a_villager_buys_two_bags_in_four_messages_by_sms_and_collects_them() {
    let (county, fake) = opened().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;

    let said = write(&county, &fake, PHONE, "买2袋尿素，我是毛庄村的").await;
    assert!(said.contains("还是送到家"), "{said}");
    write(&county, &fake, PHONE, "自己取").await;
    let said = write(&county, &fake, PHONE, "肖奉安").await;
    assert!(said.contains("尿素 40kg×2袋，210元") && said.contains("合计210元"), "{said}");
    assert!(said.contains(PHONE), "the number that she writes from: {said}");
    let said = write(&county, &fake, PHONE, "确认").await;
    assert!(said.contains("订好了，单号526-"), "{said}");
    let number = number_in(&said);
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "100".into()));

    later(&county).await;
    // A paper of the merchant's runs out today, of which it is told as well.
    let told = fake.texts_to(MERCHANT);
    let order = told.iter().find(|text| text.contains("新订单526-"));
    assert!(order.is_some_and(|text| text.contains("尿素 40kg×2袋")), "{told:?}");
    let said = write(&county, &fake, MERCHANT, "接单").await;
    assert!(said.contains("接吗"), "{said}");
    let said = write(&county, &fake, MERCHANT, "全接").await;
    assert!(said.contains("已接单"), "{said}");
    later(&county).await;
    let told = fake.texts_to(PHONE).pop().unwrap();
    assert!(told.contains("已接单") && told.contains("210元"), "{told}");

    step(&mut clerk, &number, "pack", &[]).await;
    step(&mut clerk, &number, "send", &[("run", "一号车")]).await;
    let sheet = "/desk/shop/sheets?kind=delivery&day=2026-11-24&village=130225109201";
    let sheet = clerk.get(sheet).await;
    for part in ["毛庄镇毛庄村店", "肖奉安", "138****8000", "尿素 40kg×2袋", "210.00"]
    {
        assert!(sheet.contains(part), "{part}: {sheet}");
    }
    step(&mut clerk, &number, "arrive", &[]).await;
    later(&county).await;
    let told = fake.texts_to(PHONE).pop().unwrap();
    let code = told.split("取货码").nth(1).unwrap()[..4].to_owned();
    let said = write(&county, &fake, PHONE, "取货码").await;
    assert!(said.contains(&code), "{said}");
    step(&mut clerk, &number, "collect", &[("code", &code)]).await;

    // The ledger of the stock, and the shop's turnover.
    let ledger = clerk.get("/desk/shop/goods/A1").await;
    assert!(ledger.contains("售出 2</strong>") && ledger.contains(&number), "{ledger}");
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "98".into()));
    let page = clerk.get("/desk/shop/reports?kind=turnover&month=2026-11").await;
    assert!(page.contains("毛庄镇毛庄村店") && page.contains("210.00"), "{page}");
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
}

/// Who has nobody but the agent of her village is told by SMS, and may write back.
#[tokio::test]
async fn an_order_at_the_counter_is_told_by_sms_and_found_by_the_number() {
    let (county, fake) = opened().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let mut agent = county.staff("毛庄代办员", Role::Agent, Some("130225109201")).await;
    agent.csrf = agent.csrf_of("/desk/shop/new").await;
    let fields = [
        ("token", "t1"),
        ("goods", "尿素2袋"),
        ("village", "毛庄村"),
        ("name", "肖奉安"),
        ("phone", PHONE),
        ("way", "pickup"),
    ];
    // She hears the total first.
    let look = [&fields[..], &[("look", "1")]].concat();
    let (status, page) = agent.post("/desk/shop/new", &look).await;
    assert!(status == 200 && page.contains("尿素 40kg×2袋，210元"), "{page}");
    let shown = part(&page, "name=\"shown\" value=\"", "\"").to_owned();
    assert_eq!(shown, "21000");
    assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()), "nothing is set aside");
    let (status, page) =
        agent.post("/desk/shop/new", &[&fields[..], &[("shown", "1")]].concat()).await;
    assert!(status == 422 && page.contains("现在共210元"), "{page}");
    for _ in 0..2 {
        let placed = [&fields[..], &[("shown", &*shown)]].concat();
        let (status, text) = agent.post("/desk/shop/new", &placed).await;
        assert_eq!(status, 303, "{text}");
    }
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "100".into()), "sent twice, once");
    later(&county).await;
    let told = fake.texts_to(PHONE);
    assert!(told.len() == 1 && told[0].contains("尿素 40kg×2袋"), "{told:?}");
    assert!(fake.texts_to(MERCHANT).pop().unwrap().contains("新订单"));
    let number = number_in(&told[0]);
    let said = write(&county, &fake, PHONE, "我的订单").await;
    assert!(said.contains("待商家确认"), "{said}");
    write(&county, &fake, MERCHANT, "接单").await;
    write(&county, &fake, MERCHANT, "不接").await;
    write(&county, &fake, MERCHANT, "断货了").await;
    later(&county).await;
    let told = fake.texts_to(PHONE).pop().unwrap();
    assert!(told.contains("商家没接：断货了"), "{told}");
    assert!(clerk.get(&format!("/desk/shop/orders/{number}")).await.contains("商家没接"));
    assert!(clerk.tasks(&number).await.is_empty(), "nobody has to telephone");
}
