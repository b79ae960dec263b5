//! Orders from the first word to the last: bought, confirmed, brought, collected, paid back.

use std::sync::Arc;

use bianmin::county::{CaseNumber, CaseType};
use bianmin::office::shop::CounterOrder;
use bianmin::office::{Owes, Role, Session};
use bianmin::shop::Order;
use bianmin::store::postgres::views::VIEWS;
use bianmin::store::{Changes, MemoryEngine, SledEngine, SledSettings, keys, load};
use fake_wechat::postgres::Cluster;
use jiff::SignedDuration;

use super::market::{self, FARM, open, step, stock, try_step};
use super::places::bring;
use crate::county::{County, VILLAGER, county, number_in, numbers_in};
use crate::instances::{comes_back_equal, two_on};

const HER: &str = "我要买2袋尿素，我是毛庄村的，我叫肖奉安";

/// To the confirmation, in three messages.
async fn to_the_brink(county: &County, who: &str) -> String {
    county.talk(who, &[HER, "自己取", "13800138000"]).await
}

async fn bought(county: &County, who: &str) -> String {
    to_the_brink(county, who).await;
    let said = county.say(who, "确认").await;
    assert!(said.starts_with("订好了，单号526-"), "{said}");
    number_in(&said)
}

/// She names goods of the shelf, or plainly orders; 买 is not said. What only sounds like it
/// begins nothing.
#[tokio::test]
async fn an_order_begins_without_the_word_for_it() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    for (n, text) in ["来2袋尿素", "尿素2袋 送到毛庄村", "给我捎两袋尿素", "要二袋尿素，毛庄村的"]
        .into_iter()
        .enumerate()
    {
        let who = format!("oVillager0000000000000000010{n}");
        let mut said = county.say(&who, text).await;
        if said.contains("您是哪个村的") {
            said = county.say(&who, "毛庄村").await;
        }
        assert!(said.contains("到村里的店自己取"), "{text}: {said}");
        let said = county.talk(&who, &["自己取", "我叫肖奉安", "13800138000"]).await;
        assert!(said.contains("尿素 40kg×2袋，210元"), "{text}: {said}");
    }
    for (n, text) in ["2袋尿素买贵了", "尿素多少钱一袋", "家里丢了2袋尿素", "来两个人看看水管"]
        .into_iter()
        .enumerate()
    {
        let who = format!("oVillager0000000000000000020{n}");
        let said = county.say(&who, text).await;
        let order = ["自己取", "您是哪个村的", "想买什么", "没有找到「"];
        assert!(!order.iter().any(|part| said.contains(part)), "{text}: {said}");
    }
}

#[tokio::test]
async fn a_villager_of_maozhuang_buys_two_bags_in_four_messages_and_collects_them() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let pass = open(&county, &mut clerk).await;
    let said = county.talk(FARM, &["绑定商家", &pass]).await;
    assert!(said.contains("毛庄农资店"), "{said}");

    let said = to_the_brink(&county, VILLAGER).await;
    assert!(said.contains("尿素 40kg×2袋，210元") && said.contains("合计210元"), "{said}");
    assert!(said.contains("共1样") && said.contains("请回「确认」"), "{said}");
    assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()), "nothing yet");
    let number = number_in(&county.say(VILLAGER, "确认").await);
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "100".into()));

    county.settle().await;
    let inbox = county.inbox(FARM);
    let new = |text: &String| text.contains("新订单") && text.contains("尿素 40kg×2袋");
    assert!(inbox.iter().any(new), "{inbox:?}");
    let said = county.talk(FARM, &["接单", "1"]).await;
    assert!(said.contains("已接单"), "{said}");
    county.settle().await;
    assert!(county.inbox(VILLAGER)[0].contains("接单了"), "{:?}", county.inbox(VILLAGER));

    step(&mut clerk, &number, "pack", &[]).await;
    step(&mut clerk, &number, "send", &[("run", "一号车")]).await;
    let sheet =
        clerk.get("/desk/shop/sheets?kind=delivery&day=2026-11-24&village=130225109201").await;
    for part in ["村级配送单", "毛庄镇毛庄村店", "肖奉安", "138****8000", "尿素 40kg×2袋", "210.00"]
    {
        assert!(sheet.contains(part), "{part}: {sheet}");
    }
    step(&mut clerk, &number, "arrive", &[]).await;
    county.settle().await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    let code = told.split("取货码").nth(1).unwrap()[..4].to_owned();
    let said = county.say(VILLAGER, "取货码").await;
    assert!(said.contains(&code), "{said}");

    let wrong = if code == "0000" { "1111" } else { "0000" };
    let page = try_step(&mut clerk, &number, "collect", &[("code", wrong)]).await.unwrap_err();
    assert!(page.contains("取货码不对，还能试4次"), "{page}");
    step(&mut clerk, &number, "collect", &[("code", &code)]).await;
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "98".into()), "sold, once");
    let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
    assert!(page.contains("已取货") && page.contains("已付"), "{page}");
    // The ledger of the stock, and the shop's turnover.
    let ledger = clerk.get("/desk/shop/goods/A1").await;
    assert!(ledger.contains("售出 2</strong>") && ledger.contains(&number), "{ledger}");
    let turnover = clerk.get("/desk/shop/reports?kind=turnover&month=2026-11").await;
    assert!(turnover.contains("毛庄镇毛庄村店") && turnover.contains("210.00"), "{turnover}");
}

/// So many villagers confirm one bag each in the same moment, at whichever instance.
async fn confirm_at_once(counties: &[&County], buyers: usize, goods: &str) -> Vec<String> {
    let names: Vec<String> = (0..buyers).map(|n| format!("oBuyer{n:022}")).collect();
    for name in &names {
        let asks = format!("我要买1袋{goods}，我是毛庄村的，我叫肖奉安");
        let said = counties[0].talk(name, &[&asks, "自己取", "13800138000"]).await;
        assert!(said.contains("合计1"), "{said}");
    }
    // One WeChat: its message ids are never given twice.
    let confirm = names.iter().enumerate().map(async |(n, name)| {
        let url = counties[n % counties.len()].webhook();
        counties[0].account.villager(name).say(&url, "确认").await.unwrap().text().to_owned()
    });
    futures_util::future::join_all(confirm).await
}

async fn twenty_for_seven(counties: &[&County]) {
    let county = counties[0];
    let mut clerk = county.clerk().await;
    open(county, &mut clerk).await;
    let said = confirm_at_once(counties, 20, "复合肥").await;
    let placed = said.iter().filter(|said| said.starts_with("订好了")).count();
    let sold_out = said.iter().filter(|said| said.contains("复合肥 50kg不够了")).count();
    assert_eq!((placed, sold_out), (7, 13), "{said:#?}");
    assert_eq!(stock(&clerk, "A2").await, ("0".into(), "7".into()));
    assert_eq!(county.office.reconcile_stocks().await.unwrap(), Vec::<String>::new());
}

/// Each of them meets the others at the same stock; nobody hears that it does not work just now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ninety_at_once_for_one_article_are_all_served() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SledEngine::open(&folder.path().join("store"), SledSettings::default()).unwrap();
    let county = county().store(Arc::new(engine)).open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let said = confirm_at_once(&[&county], 90, "尿素").await;
    let placed = said.iter().filter(|said| said.starts_with("订好了")).count();
    assert_eq!(placed, 90, "{said:#?}");
    assert_eq!(stock(&clerk, "A1").await, ("10".into(), "100".into()));
}

/// Who comes second to what lies in the village's shop is served from the merchant's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_at_once_for_seven_in_the_shop_are_served_from_the_next_place() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SledEngine::open(&folder.path().join("store"), SledSettings::default()).unwrap();
    let county = county().store(Arc::new(engine)).open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    bring(&mut clerk, "A1", ("商家", "毛庄村"), "7").await;
    let said = confirm_at_once(&[&county], 20, "尿素").await;
    let placed = said.iter().filter(|said| said.starts_with("订好了")).count();
    assert_eq!(placed, 20, "{said:#?}");
    let page = clerk.get("/desk/shop/goods/A1").await;
    assert!(page.contains("毛庄镇毛庄村店</dt><dd>还能订0袋（在库7）"), "{page}");
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn twenty_parallel_orders_for_the_last_seven_units_in_memory() {
    let county = county().store(Arc::new(MemoryEngine::default())).open().await;
    twenty_for_seven(&[&county]).await;
}

#[tokio::test]
async fn twenty_parallel_orders_for_the_last_seven_units_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SledEngine::open(&folder.path().join("store"), SledSettings::default()).unwrap();
    let county = county().store(Arc::new(engine)).open().await;
    twenty_for_seven(&[&county]).await;
}

/// And what is recorded then is seen in the views, with all of their columns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_parallel_orders_for_the_last_seven_units_at_two_instances() {
    let (first, second, database) = two_on("").await;
    twenty_for_seven(&[&first, &second]).await;
    let ask = |columns: &str, rest: &str| {
        Cluster::shared().sql(&format!("SELECT {columns} FROM {}.{rest}", database.name))
    };
    let merchant = ask("merchant", "articles WHERE id = 'A2'");
    for (columns, rest, expect) in [
        (
            "count(*), max(name), max(state), bool_and(lines -> 0 ->> 'article' = 'A2')",
            "orders",
            "7|肖奉安|placed|t",
        ),
        (
            "count(DISTINCT number), min(n), max(type), max(by_type)",
            "order_events",
            "7|1|placed|buyer",
        ),
        ("on_hand, reserved", "stock WHERE article = 'A2'", "7000|7000"),
        ("sum(quantity)", "stock_moves WHERE article = 'A2' AND kind = 'reserve'", "7000"),
        ("name, price, weighed, withdrawn", "articles WHERE id = 'A2'", "复合肥|15050|f|f"),
    ] {
        assert_eq!(ask(columns, rest), expect, "{rest}");
    }
    let of_it = format!("merchants WHERE id = '{merchant}' AND jsonb_array_length(documents) > 0");
    assert_eq!(ask("name", &of_it), "毛庄农资店");
    for view in VIEWS {
        // Each column is cast, of each record that there is.
        let columns = view.columns.iter().map(|column| format!("min(\"{}\"::text)", column.name));
        ask(&columns.collect::<Vec<_>>().join(", "), view.name);
    }
    let kinds = comes_back_equal(&database).await;
    let shop = ["article", "merchant", "order", "order-event", "order-key", "shelf", "stock"];
    assert!(shop.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}

#[tokio::test]
async fn the_same_confirmation_three_times_is_one_order() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    to_the_brink(&county, VILLAGER).await;
    county.wechat.follow(VILLAGER);
    let villager = county.account.villager(VILLAGER);
    let first = villager.say(&county.webhook(), "确认").await.unwrap().text().to_owned();
    assert!(first.starts_with("订好了"), "{first}");
    // She sends it twice more herself: there is nothing left to confirm.
    for _ in 0..2 {
        let said = county.say(VILLAGER, "确认").await;
        assert!(!said.starts_with("订好了"), "{said}");
    }
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "100".into()));
}

#[tokio::test]
async fn a_stray_yes_or_one_buys_nothing() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    to_the_brink(&county, VILLAGER).await;
    for text in ["好", "对", "1"] {
        let said = county.say(VILLAGER, text).await;
        assert!(!said.contains("订好了"), "{text}: {said}");
    }
    assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()));
}

#[tokio::test]
async fn the_same_again_within_ten_minutes_is_asked_about() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    bought(&county, VILLAGER).await;
    county.clock.advance(60);
    to_the_brink(&county, VILLAGER).await;
    let said = county.say(VILLAGER, "确认").await;
    assert!(said.contains("您刚下过一样的单"), "{said}");
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "100".into()));
    let said = county.say(VILLAGER, "确认").await;
    assert!(said.starts_with("订好了"), "{said}");
    assert_eq!(stock(&clerk, "A1").await, ("96".into(), "100".into()));
}

#[tokio::test]
async fn price_change_between_cart_and_confirm_is_confirmed_again() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    to_the_brink(&county, VILLAGER).await;
    let dearer = market::GOODS.replace("尿素,袋,105,", "尿素,袋,110,");
    let (status, page) =
        market::upload(&county, &mut clerk, "goods.csv", dearer.into_bytes()).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("改了1种，没变8种"), "{page}");
    let said = county.say(VILLAGER, "确认").await;
    assert!(said.contains("价格刚刚变了，现在共220元"), "{said}");
    let said = county.say(VILLAGER, "确认").await;
    assert!(said.starts_with("订好了") && said.contains("共220元"), "{said}");
}

#[tokio::test]
async fn cycle_capacity_reached_between_show_and_confirm_is_an_apology() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    clerk.csrf = clerk.csrf_of("/desk/shop/goods").await;
    let fields = [("article", "A9"), ("closes_at", "2026-11-30T16:00"), ("capacity", "3")];
    let (status, text) = clerk.post("/desk/shop/cycles", &fields).await;
    assert_eq!(status, 303, "{text}");
    let asks = "我要买2卷地膜，我是毛庄村的，我叫肖奉安";
    for who in ["oBuyer0000000000000000000001", "oBuyer0000000000000000000002"] {
        county.talk(who, &[asks, "自己取", "13800138000"]).await;
    }
    let said = county.say("oBuyer0000000000000000000001", "确认").await;
    assert!(said.starts_with("订好了"), "{said}");
    let said = county.say("oBuyer0000000000000000000002", "确认").await;
    assert!(said.contains("地膜这一轮已经订满了，对不起"), "{said}");
}

#[tokio::test]
async fn one_buyer_gets_no_more_than_her_share_over_several_orders() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let share = |(n, line): (usize, &str)| match n {
        0 => format!("{line},每人最多\n"),
        1 => format!("{line},3\n"),
        _ => format!("{line},\n"),
    };
    let table: String = market::GOODS.lines().enumerate().map(share).collect();
    let (status, page) = market::upload(&county, &mut clerk, "goods.csv", table.into_bytes()).await;
    assert!(status == 200 && page.contains("改了1种，没变8种"), "{page}");
    let shown = to_the_brink(&county, VILLAGER).await;
    assert!(shown.contains("尿素 40kg每人最多3袋（30天里）"), "{shown}");
    county.say(VILLAGER, "确认").await;
    county.clock.advance(60);
    // At once, and not after she was asked whether she wants the same again.
    let said = county.say(VILLAGER, HER).await;
    assert!(said.contains("尿素 40kg每人最多买3袋（30天里），您已经订了2袋"), "{said}");
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "100".into()));
    let page = clerk.get("/desk/shop/goods/A1").await;
    assert!(page.contains("<dt>限购</dt><dd>每人最多3袋（30天里）"), "{page}");
    let said = county.talk(VILLAGER, &["取消", "看商品", "农资", "尿素"]).await;
    assert!(said.contains("每人最多3袋（30天里）"), "{said}");
    // The same at the counter.
    let at_desk = |token: &'static str| {
        [
            ("token", token),
            ("goods", "尿素2袋"),
            ("village", "毛庄村"),
            ("name", "肖奉安"),
            ("phone", "13800138009"),
            ("way", "pickup"),
        ]
    };
    assert_eq!(market::order_at_counter(&mut clerk, &at_desk("t1")).await.0, 303);
    let (status, page) = market::order_at_counter(&mut clerk, &at_desk("t2")).await;
    assert!(status == 422 && page.contains("每人最多买3袋"), "{page}");
    assert!(!page.contains("刚下过一样的单"), "{page}");
    let other = "oBuyer0000000000000000000001";
    let said = county.talk(other, &[HER, "自己取", "13800138001", "确认"]).await;
    assert!(said.starts_with("订好了"), "each has her own share: {said}");
}

/// They have no stock at which two orders of one buyer would meet.
#[tokio::test]
async fn goods_keep_to_her_share_when_two_orders_come_at_once() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let table = "编号,商家,类别,名称,单位,会员价,库存,最少,最多,订法,退货,每人最多\n\
                 A8,M2,家具,炕桌,张,260,0,1,3,定做,定做不退,1\n\
                 A1,M1,化肥,尿素,袋,105,100,1,50,,,2\n";
    let (status, page) =
        market::upload(&county, &mut clerk, "more.csv", table.as_bytes().to_vec()).await;
    assert_eq!(status, 200, "{page}");
    let session = Session {
        name: "平台一号".into(),
        role: Role::Director,
        department: None,
        village: None,
        merchant: None,
        from: String::new(),
        csrf: String::new(),
        owes: Owes::Nothing,
    };
    for n in 0..8 {
        let asked = |m: usize| CounterOrder {
            goods: "炕桌1张".into(),
            village: "毛庄村".into(),
            name: "肖奉安".into(),
            phone: format!("1380013810{n}"),
            way: "pickup".into(),
            again: true,
            token: format!("t{n}{m}"),
            shown: "26000".into(),
            ..CounterOrder::default()
        };
        let asked = [0, 1, 2, 3].map(asked);
        let all = asked.iter().map(|asked| county.office.order_at_counter(&session, asked));
        let all = futures_util::future::join_all(all).await;
        assert_eq!(all.iter().filter(|placed| placed.is_ok()).count(), 1, "{all:?}");
    }
    // One bag lies in the village's shop, all others with the merchant: no stock is the same.
    bring(&mut clerk, "A1", ("商家", "毛庄村"), "1").await;
    for n in 0..8 {
        let asked = [("1", "10500"), ("2", "21000")].map(|(bags, shown)| CounterOrder {
            goods: format!("尿素{bags}袋"),
            village: "毛庄村".into(),
            name: "肖奉安".into(),
            phone: format!("1380013820{n}"),
            way: "pickup".into(),
            again: true,
            token: format!("b{n}{bags}"),
            shown: shown.into(),
            ..CounterOrder::default()
        });
        let all = asked.iter().map(|asked| county.office.order_at_counter(&session, asked));
        let all = futures_util::future::join_all(all).await;
        assert_eq!(all.iter().filter(|placed| placed.is_ok()).count(), 1, "{all:?}");
        if all[0].is_ok() {
            bring(&mut clerk, "A1", ("商家", "毛庄村"), "1").await;
        }
    }
}

#[tokio::test]
async fn the_merchant_refuses_and_the_stock_is_back() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let pass = open(&county, &mut clerk).await;
    county.talk(FARM, &["绑定商家", &pass]).await;
    bought(&county, VILLAGER).await;
    let said = county.talk(FARM, &["接单", "不接", "厂里断货了"]).await;
    assert!(said.contains("不接了"), "{said}");
    county.settle().await;
    assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()));
    let told = county.inbox(VILLAGER).pop().unwrap();
    assert!(told.contains("商家没接：厂里断货了"), "{told}");
}

#[tokio::test]
async fn one_order_a_merchant_and_siblings_told_together() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let asks = "买3袋尿素和2斤五花肉送到家，毛庄村的，我叫肖奉安，电话13800138000";
    let said = county.say(VILLAGER, asks).await;
    assert!(said.contains("送到哪一组"), "{said}");
    let said = county.say(VILLAGER, "三组老肖家").await;
    assert!(said.contains("共2样，合计351.80元") && said.contains("鲜活易腐不退"), "{said}");
    let said = county.say(VILLAGER, "确认").await;
    let numbers = numbers_in(&said);
    assert_eq!(numbers.len(), 2, "{said}");
    let page = clerk.get(&format!("/desk/shop/orders/{}", numbers[0])).await;
    assert!(page.contains("一起下的") && page.contains(&numbers[1]), "{page}");
    assert!(said.contains("共351.80元"), "{said}");
}

#[tokio::test]
async fn she_cancels_and_orders_the_same_again() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        bought(&county, VILLAGER).await;
        let said = county.talk(VILLAGER, &["取消订单", "是"]).await;
        assert!(said.contains("已取消"), "{said}");
        assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()));
        let said = county.say(VILLAGER, "取消订单").await;
        assert!(said.contains("没有能取消的订单"), "{said}");
    }
    county.pass(3600).await;
    let said = county.talk(VILLAGER, &["再来一单", "毛庄村", "自取"]).await;
    assert!(said.contains("怎么称呼您"), "{said}");
    let said = county.talk(VILLAGER, &["肖奉安", "13800138000", "确认"]).await;
    assert!(said.starts_with("订好了"), "{said}");
}

#[tokio::test]
async fn nobody_sees_or_moves_the_order_of_another() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let pass = open(&county, &mut clerk).await;
    county.talk(FARM, &["绑定商家", &pass]).await;
    let number = bought(&county, VILLAGER).await;
    let other = "oStranger00000000000000000001";
    for text in [number.clone(), format!("取消{number}"), "我的订单".into()] {
        let said = county.say(other, &text).await;
        assert!(said.contains("没有"), "{text}: {said}");
    }
    let said = county.say(other, "接单").await;
    assert!(said.contains("还没有登记成商家"), "{said}");
    let said = county.talk(other, &["绑定商家", &pass]).await;
    assert!(said.contains("口令不对"), "a pass opens once: {said}");
}

#[tokio::test]
async fn what_nobody_answers_or_collects_is_cancelled_by_the_clock() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
    }
    let left = bought(&county, VILLAGER).await;
    let other = "oBuyer0000000000000000000001";
    let arrived = bought(&county, other).await;
    {
        let mut clerk = county.clerk_again().await;
        for (action, fields) in [("confirm", vec![]), ("pack", vec![]), ("arrive", vec![])]
            as [(&str, Vec<(&str, &str)>); 3]
        {
            step(&mut clerk, &arrived, action, &fields).await;
        }
    }
    for _ in 0..9 {
        county.pass(12 * 3600).await;
    }
    let clerk = county.clerk_again().await;
    for (number, why) in [(left, "商家没有回音"), (arrived, "3天没有来取")] {
        let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
        assert!(page.contains("已取消") && page.contains(why), "{page}");
    }
    assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()));
}

#[tokio::test]
async fn a_licence_that_ends_at_midnight_hides_the_goods_and_flags_open_orders() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        let more = "编号,商家,类别,名称,单位,会员价,库存,最少,最多\nN1,M1,农药,吡虫啉,瓶,9,9,1,9\n";
        let (status, page) =
            market::upload(&county, &mut clerk, "more.csv", more.as_bytes().to_vec()).await;
        assert_eq!(status, 200, "{page}");
    }
    let asks = "我要买1瓶吡虫啉，我是毛庄村的，我叫肖奉安";
    county.talk(VILLAGER, &[asks, "自己取", "13800138000"]).await;
    let said = county.say(VILLAGER, "确认").await;
    let number = number_in(&said);
    // Who was shown it before midnight and confirms behind it gets none.
    let late = "oBuyer0000000000000000000002";
    let said = county.talk(late, &[asks, "自己取", "13800138002"]).await;
    assert!(said.contains("请回「确认」"), "{said}");
    // The licence is good on the 23rd.
    county.pass(15 * 3600).await;
    let said = county.say(late, "确认").await;
    assert!(said.contains("吡虫啉现在不卖"), "{said}");
    let said = county.say("oBuyer0000000000000000000001", asks).await;
    assert!(said.contains("没有找到"), "{said}");
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
    assert!(page.contains("农药经营许可证到2026-11-23已过期"), "{page}");
}

#[tokio::test]
async fn a_complaint_is_a_case_with_the_order_in_it() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let number = bought(&county, VILLAGER).await;
    let said = county.talk(VILLAGER, &["投诉商家", "袋子是破的，撒了一半"]).await;
    assert!(said.contains("订单附在里面"), "{said}");
    let case = number_in(&said);
    let page = clerk.get(&format!("/desk/cases/{case}")).await;
    assert!(page.contains("袋子是破的") && page.contains("毛庄农资店"), "{page}");
    let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
    assert!(page.contains(&format!("/desk/cases/{case}")), "{page}");
    let found = [("case", &*case), ("basis", "到店看过，属实")];
    market::merchant_act(&mut clerk, "M1", "uphold", &found).await;
    let page = clerk.get("/desk/shop/merchants").await;
    assert!(page.contains("一年内1次投诉属实"), "{page}");
}

#[tokio::test]
async fn weighed_goods_4_6_for_5_are_asked_about_and_recomputed() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let asks = "我要买5斤五花肉，我是毛庄村的，我叫肖奉安";
    county.talk(VILLAGER, &[asks, "自己取", "13800138000"]).await;
    let number = number_in(&county.say(VILLAGER, "确认").await);
    step(&mut clerk, &number, "confirm", &[]).await;
    step(&mut clerk, &number, "pack", &[("quantity0", "4.6")]).await;
    county.settle().await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    assert!(told.contains("五花肉4.6斤"), "{told}");
    let said = county.talk(VILLAGER, &["称重", "行"]).await;
    assert!(said.contains("共84.64元"), "{said}");
    assert_eq!(stock(&clerk, "A5").await, ("55.4".into(), "60".into()));
}

/// Of what is over the newest comes first, and a search goes on behind the first two hundred.
#[tokio::test]
async fn orders_that_are_over_are_found_however_many_there_are() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let number = bought(&county, VILLAGER).await;
    step(&mut clerk, &number, "cancel", &[("reason", "不要了")]).await;
    let first = load::<Order>(&*county.store, keys::order(&number)).await.unwrap().unwrap().record;
    for n in 0..205_u32 {
        let mut changes = Changes::default();
        let mut later = first.clone();
        later.number = CaseNumber::new(CaseType::Order, 2026, 20_000 + n).unwrap();
        later.name = "李四".into();
        later.placed_at = first.placed_at + SignedDuration::from_mins(i64::from(n) + 1);
        changes.create(&later).unwrap();
        county.store.commit(changes.into_batch()).await.unwrap();
    }
    let row = |page: &str| page.split("/desk/shop/orders/").nth(1).map(|row| row[..9].to_owned());
    let page = clerk.get("/desk/shop?state=cancelled").await;
    let newest = CaseNumber::new(CaseType::Order, 2026, 20_204).unwrap().digits();
    assert_eq!(row(&page), Some(newest), "{page}");
    for path in [
        "/desk/shop?state=cancelled&search=肖奉安",
        "/desk/shop?state=cancelled&merchant=M1&search=肖奉安",
    ] {
        let page = clerk.get(path).await;
        assert_eq!(row(&page).as_ref(), Some(&number), "{page}");
    }
}
