//! What lies on the desks when a walk begins: a Tuesday in November, a week after the first case.

use std::collections::BTreeMap;

use super::county::{Clerk, County, VILLAGER, county, number_in};
use super::market;
use bianmin::office::Role;

const DAY: i64 = 24 * 3_600;
const OTHER: &str = "oVillager00000000000000000002";
const SELLER: &str = "oVillager00000000000000000003";
/// Of her is nothing to be seen but by whom she has trusted.
pub const PHONE: &str = "13800138000";

/// With the numbers of its cases and orders, by the names that walks give them.
pub async fn open() -> (County, BTreeMap<String, String>) {
    let mut county = county().at("2026-11-16T10:00:00+08:00").open().await;
    let mut names = BTreeMap::new();
    late(&mut county, &mut names).await;
    cases(&county, &mut names).await;
    shop(&county, &mut names).await;
    county.settle().await;
    (county, names)
}

/// Telephoned, promised, not kept, written to: the head of 城管 is to be called in.
async fn late(county: &mut County, names: &mut BTreeMap<String, String>) {
    let late = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&late, "dispatch", &[("department", "城管")]).await;
    }
    county.pass(3 * DAY).await;
    {
        let mut clerk = county.clerk_again().await;
        let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-20T17:30")];
        clerk.act(&late, "supervise", &call).await;
    }
    county.pass(5 * DAY).await;
    let mut clerk = county.clerk_again().await;
    let slip = [("days", "2"), ("demand", "说明没办完的原因，写清哪天办完")];
    clerk.act(&late, "slip", &slip).await;
    names.insert("late".into(), late);
}

/// One in each state that somebody has to do with.
async fn cases(county: &County, names: &mut BTreeMap<String, String>) {
    let mut clerk = county.clerk_again().await;
    let mut keep = |name: &str, number: &str| names.insert(name.to_owned(), number.to_owned());
    keep("fresh", &county.report(OTHER).await);
    for (name, phone, text) in [
        ("assigned", "13800138001", "村东头路灯坏了半个月了，晚上没法走"),
        ("accepted", "13800138002", "集市上摊子占了路，车过不去"),
        ("replied", "13800138003", "河边堆的建筑垃圾没人管"),
        ("returned", "13800138004", "机井的电缆让人剪了，浇不上地"),
        ("extended", "13800138005", "公厕的门坏了，一直锁着"),
        ("hidden", PHONE, "隔壁饭店半夜倒泔水，别说是我讲的"),
    ] {
        let number = clerk.file(phone, "0409", text).await;
        if name == "hidden" {
            clerk.act(&number, "hide", &[("reason", "她要求的")]).await;
        }
        clerk.act(&number, "dispatch", &[("department", "城管"), ("helper", "胡家坨镇")]).await;
        keep(name, &number);
    }
    let mut lead = county.staff("城管老刘", Role::Department, Some("城管")).await;
    for name in ["accepted", "replied", "extended"] {
        lead.act(&names[name], "accept", &[]).await;
    }
    let told = "建筑垃圾已经清走，河边装了护栏，再有人倒请打城管电话。";
    lead.act(&names["replied"], "reply", &[("outcome", "solved"), ("text", told)]).await;
    lead.act(&names["returned"], "ask_return", &[("basis", "机井归水利管")]).await;
    let longer = [("days", "2"), ("reason", "门要定做"), ("evidence", "")];
    lead.act(&names["extended"], "ask_extension", &longer).await;
    let cabbages = "我要卖自家白菜两千斤，三毛一斤，大黑坨村，我叫李四，电话13900139000";
    county.talk(SELLER, &[cabbages, "给"]).await;
    let listing = number_in(&county.say(SELLER, "对").await);
    names.insert("listing".into(), listing);
}

/// One order that the merchant has to take, one that lies at the counter of 大黑坨.
async fn shop(county: &County, names: &mut BTreeMap<String, String>) {
    let mut clerk = county.clerk_again().await;
    market::open(county, &mut clerk).await;
    for (name, goods) in [("order", "尿素2袋"), ("arrived", "复合肥1袋")] {
        let number = placed(&mut clerk, goods).await;
        if name == "arrived" {
            for action in ["confirm", "pack", "arrive"] {
                market::step(&mut clerk, &number, action, &[]).await;
            }
        }
        names.insert(name.to_owned(), number);
    }
}

async fn placed(clerk: &mut Clerk<'_>, goods: &str) -> String {
    let before = clerk.get("/desk/shop").await;
    let fields = [
        ("token", goods),
        ("goods", goods),
        ("village", "胡家坨镇大黑坨村"),
        ("name", "肖奉安"),
        ("phone", "13800138009"),
        ("way", "pickup"),
    ];
    let (status, text) = market::order_at_counter(clerk, &fields).await;
    assert_eq!(status, 303, "{text}");
    let after = clerk.get("/desk/shop").await;
    let numbers = after.split("/desk/shop/orders/").skip(1).map(|rest| &rest[..9]);
    numbers.map(str::to_owned).find(|number| !before.contains(number)).expect("a new order")
}
