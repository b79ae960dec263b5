//! The shop by SMS alone: who has no WeChat orders, the merchant answers, and both are told.

use bianmin::office::Role;

use super::market::{open, step, stock, upload};
use crate::county::{County, VILLAGER, number_in, part};
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
    for shown in [&[][..], &[("shown", "")]] {
        let (status, page) = agent.post("/desk/shop/new", &[&fields[..], shown].concat()).await;
        assert!(status == 422 && page.contains("还没有看过合计"), "{page}");
    }
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

/// What she can not give back is said before she confirms, on the telephone as on WeChat.
#[tokio::test]
async fn the_exceptions_are_said_before_she_confirms_on_both_channels() {
    let (county, fake) = opened().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let rule = "五花肉鲜活易腐不退";
    let asks = "买2斤五花肉，毛庄村自取，我叫肖奉安";
    let said = write(&county, &fake, PHONE, asks).await;
    let (before, check) = said.split_once("请核对").unwrap_or_else(|| panic!("{said}"));
    assert!(before.contains(rule) && check.contains("下单请回“确认”"), "{said}");
    let said = write(&county, &fake, PHONE, "确认").await;
    assert!(said.contains("订好了"), "{said}");
    // In four messages as well.
    let other = "13800138001";
    let mut said = String::new();
    for text in ["买东西", "2斤五花肉", "毛庄村", "自己取", "肖奉安"] {
        said = write(&county, &fake, other, text).await;
    }
    let (before, _) = said.split_once("请核对").unwrap_or_else(|| panic!("{said}"));
    assert!(before.contains(rule), "{said}");
    let said = county.say(VILLAGER, &format!("{asks}，电话13800138002")).await;
    let (check, confirm) =
        said.split_once("要下单请回「确认」").unwrap_or_else(|| panic!("{said}"));
    assert!(check.contains(rule) && confirm.contains("不要了回「取消」"), "{said}");
    // The same again, and it is said again.
    county.clock.advance(601);
    let mut said = String::new();
    for text in ["再来一单", "毛庄村", "自己取", "肖奉安"] {
        said = write(&county, &fake, PHONE, text).await;
    }
    let (before, _) = said.split_once("请核对").unwrap_or_else(|| panic!("{said}"));
    assert!(before.contains(rule), "{said}");
    // So much that it is more than one message holds: nothing of it is lost, and it comes first.
    let table = "编号,商家,类别,名称,单位,会员价,库存,最少,最多,订法,退货,每人最多\n\
        E1,M2,家具,老榆木雕花大书架,张,1260,0,1,3,定做,定做不退,2\n\
        E2,M2,肉蛋水产,散养土鸡蛋,斤,6,60,1,20,,鲜活易腐不退,10\n\
        E3,M1,种子,春播早熟白菜种,袋,5,60,1,20,,拆封不退,8\n\
        E4,M2,日用百货,二手铁皮手推车,辆,90,5,1,2,,买前说好不退,1\n\
        E5,M2,家具,松木双层折叠小方桌,张,160,0,1,3,定做,定做不退,2\n\
        E6,M2,家具,柏木防潮带锁大衣柜,个,960,0,1,3,定做,定做不退,2\n";
    let (status, page) = upload(&county, &mut clerk, "more.csv", table.as_bytes().to_vec()).await;
    assert_eq!(status, 200, "{page}");
    let much = "买1张老榆木雕花大书架，2斤散养土鸡蛋，1袋春播早熟白菜种，1辆二手铁皮手推车，1张松木双层折叠小方桌，1个柏木防潮带锁大衣柜，\
        毛庄村自取，我叫肖奉安";
    let sent = fake.texts_to("13800138003").len();
    let said = write(&county, &fake, "13800138003", much).await;
    assert!(fake.texts_to("13800138003").len() > sent + 1, "{said}");
    let (before, check) = said.split_once("请核对").unwrap_or_else(|| panic!("{said}"));
    let before = before.replace('\n', "");
    for rule in [
        "老榆木雕花大书架定做不退",
        "每人最多2张",
        "散养土鸡蛋鲜活易腐不退",
        "春播早熟白菜种拆封不退",
        "二手铁皮手推车买前说好不退",
        "每人最多1辆",
        "柏木防潮带锁大衣柜定做不退",
    ] {
        assert!(before.contains(rule), "{rule}: {said}");
    }
    assert!(check.contains("下单请回“确认”"), "{said}");
}
