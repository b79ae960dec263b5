//! After the sale: exchange and repair beside return and refund, and what becomes of a complaint.

use bianmin::office::Role;

use super::market::{self, FARM, open, step, stock, try_step};
use crate::county::{Clerk, County, VILLAGER, county, number_in, part};

/// Two bags in her hands.
async fn collected(county: &County, clerk: &mut Clerk<'_>) -> String {
    let texts = ["我要买2袋尿素，我是毛庄村的，我叫肖奉安", "自己取", "13800138000", "确认"];
    let number = number_in(&county.talk(VILLAGER, &texts).await);
    for action in ["confirm", "pack", "arrive"] {
        step(clerk, &number, action, &[]).await;
    }
    step(clerk, &number, "release", &[("name", "肖奉安"), ("phone_tail", "8000")]).await;
    number
}

#[tokio::test]
async fn the_seven_day_rule_gives_goods_and_money_back_and_no_longer() {
    let mut county = county().open().await;
    let early = {
        let mut clerk = county.clerk().await;
        let pass = open(&county, &mut clerk).await;
        county.talk(FARM, &["绑定商家", &pass]).await;
        collected(&county, &mut clerk).await
    };
    county.tick(11 * 60);
    let late = collected(&county, &mut county.clerk_again().await).await;
    // Six days and 23 hours; the merchant has written meanwhile.
    county.pass(7 * 24 * 3600 - 3600).await;
    county.say(FARM, "你好").await;
    let said = county.talk(VILLAGER, &[&format!("退货{early}"), "太多了"]).await;
    assert!(said.contains("的退货记下了"), "{said}");
    county.pass(3600).await;
    assert!(county.inbox(FARM).iter().any(|text| text.contains("买家要退货")));
    {
        let mut clerk = county.clerk_again().await;
        step(&mut clerk, &early, "take_return", &[("fit", "1")]).await;
        assert_eq!(stock(&clerk, "A1").await, ("98".into(), "98".into()), "two are sold for good");
        // She paid in cash: the counter gives it back, once.
        let mut shop = county.staff("毛庄店员", Role::ShopClerk, Some("130225109201")).await;
        step(&mut shop, &early, "refunded", &[("no", &format!("{early}R1"))]).await;
        let page = shop.get(&format!("/desk/shop/orders/{early}")).await;
        assert!(page.contains("已退货") && page.contains("现金 · 已退"), "{page}");
        assert!(!page.contains("/refunded\""), "no form is left: {page}");
    }
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
    county.pass(3600).await;
    let said = county.talk(VILLAGER, &[&format!("退货{late}"), "太多了"]).await;
    assert!(said.contains("过了七天，不能无理由退了"), "{said}");
}

/// Each is said before she confirms, and holds when she wants to give it back.
#[tokio::test]
async fn the_exceptions_of_the_seven_day_rule_are_said_before_and_hold_after() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let table = "编号,商家,类别,名称,单位,会员价,库存,最少,最多,订法,退货\n\
        E1,M2,家具,书架,张,260,0,1,3,定做,定做不退\n\
        E2,M2,肉蛋水产,鸡蛋,斤,6,60,1,20,,鲜活易腐不退\n\
        E3,M1,种子,白菜种,袋,5,60,1,20,,拆封不退\n\
        E4,M2,日用百货,旧推车,辆,90,5,1,2,,买前说好不退\n";
    let (status, page) =
        market::upload(&county, &mut clerk, "more.csv", table.as_bytes().to_vec()).await;
    assert_eq!(status, 200, "{page}");
    let all = [
        ("1张书架", "书架定做不退"),
        ("2斤鸡蛋", "鸡蛋鲜活易腐不退"),
        ("1袋白菜种", "白菜种拆封不退"),
        ("1辆旧推车", "旧推车买前说好不退"),
    ];
    for (n, (goods, rule)) in all.into_iter().enumerate() {
        let who = format!("oBuyer000000000000000000000{n}");
        let asks = format!("买{goods}，毛庄村自取，我叫肖奉安，电话13800138000");
        let said = county.say(&who, &asks).await;
        assert!(said.contains(rule), "{said}");
        let number = number_in(&county.say(&who, "确认").await);
        for action in ["confirm", "pack", "arrive"] {
            step(&mut clerk, &number, action, &[]).await;
        }
        step(&mut clerk, &number, "release", &[("name", "肖奉安"), ("phone_tail", "8000")]).await;
        let said = county.talk(&who, &["退货", "不想要了"]).await;
        assert!(said.contains(&format!("{rule}，不能无理由退货")), "{said}");
        let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
        assert!(page.contains("已取货"), "{page}");
        // What is broken is another matter.
        let said = county.talk(&who, &["换货", "坏的"]).await;
        assert!(said.contains("请把东西拿到毛庄镇毛庄村店"), "{said}");
    }
}

#[tokio::test]
async fn a_bag_that_is_bad_is_changed_for_another_one() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let pass = open(&county, &mut clerk).await;
    county.talk(FARM, &["绑定商家", &pass]).await;
    let number = collected(&county, &mut clerk).await;
    let said = county.talk(VILLAGER, &["换货", "有一袋结块了"]).await;
    assert!(said.contains("请把东西拿到毛庄镇毛庄村店"), "{said}");
    let said = county.say(VILLAGER, "换货").await;
    assert!(said.contains("没有能换、能修的订单"), "one at a time: {said}");
    county.settle().await;
    let told = county.inbox(FARM);
    let remedy = |text: &String| text.contains("要换货：尿素 40kg，有一袋结块了");
    assert!(told.iter().any(remedy), "{told:?}");

    // The counter takes it in; the merchant brings another one.
    let mut shop = county.staff("毛庄店员", Role::ShopClerk, Some("130225109201")).await;
    assert!(shop.get("/desk/shop/day").await.contains("要换要修的 <span class=\"count\">1</span>"));
    step(&mut shop, &number, "take_remedy", &[]).await;
    let mut merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let day = merchant.get("/desk/shop/day").await;
    assert!(day.contains("要换要修的 <span class=\"count\">1</span>"), "{day}");
    let page = try_step(&mut merchant, &number, "finish_remedy", &[("quantity", "3")]).await;
    assert!(page.unwrap_err().contains("尿素 40kg给过2袋"));
    step(&mut merchant, &number, "finish_remedy", &[("quantity", "1")]).await;
    assert_eq!(stock(&clerk, "A1").await, ("97".into(), "97".into()), "two sold, one changed");
    county.settle().await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    assert!(told.contains("换货办好了，请到毛庄镇毛庄村店取"), "{told}");
    let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
    assert!(
        page.contains("有一袋结块了 · <strong>办好了</strong>") && page.contains("已取货"),
        "{page}"
    );
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_not_mended_in_three_working_days_is_to_be_looked_at() {
    let mut county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        collected(&county, &mut clerk).await
    };
    // Eight days later nothing can be given back any more, and a fault is mended all the same.
    county.pass(8 * 24 * 3600).await;
    let said = county.say(VILLAGER, "退货").await;
    assert!(said.contains("没有能退的订单"), "{said}");
    let said = county.talk(VILLAGER, &["维修", "袋子漏了"]).await;
    assert!(said.contains("商家3个工作日里办"), "{said}");
    county.pass(4 * 24 * 3600).await;
    let mut clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
    assert!(page.contains("维修到12月4日17:30没有办好"), "{page}");
    assert!(clerk.get("/desk/shop/day").await.contains("尿素 40kg×2袋"));
    step(&mut clerk, &number, "decline_remedy", &[("reason", "人为划破的")]).await;
    let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
    assert!(page.contains("袋子漏了 · <strong>没同意</strong>"), "{page}");
    assert!(page.contains("<strong>不换不修</strong> 人为划破的"), "{page}");
}

#[tokio::test]
async fn a_complaint_has_the_limits_of_12315_and_counts_when_it_is_found_true() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    collected(&county, &mut clerk).await;
    let said = county.talk(VILLAGER, &["投诉商家", "袋子是破的，撒了一半"]).await;
    let case = number_in(&said);
    // Seven working days, then forty-five from the day on which it is taken up.
    let page = clerk.get(&format!("/desk/cases/{case}")).await;
    assert!(page.contains("12315时限") && page.contains("12月2日17:30前决定受不受理"), "{page}");
    clerk.act(&case, "dispatch", &[("department", "市场监管")]).await;
    clerk.act(&case, "accept", &[]).await;
    let page = clerk.get(&format!("/desk/cases/{case}")).await;
    assert!(page.contains("已受理，1月") && page.contains("前调解完"), "{page}");
    let road = filed(&mut clerk, "0110", "大黑坨村的账没有贴出来").await;
    let page = clerk.get(&format!("/desk/cases/{road}")).await;
    assert!(!page.contains("12315时限"), "{page}");

    // Only a complaint about this merchant, with what was found, and once.
    for (merchant, number, basis, why) in [
        ("M1", "1260", "属实", "受理号不对"),
        ("M1", &*road, "属实", "里没有提到毛庄农资店"),
        ("M2", &*case, "属实", "反映的是“毛庄农资店”"),
        ("M1", &*case, " ", "依据是空的"),
    ] {
        let page = upheld(&mut clerk, merchant, number, basis).await.unwrap_err();
        assert!(page.contains(why), "{why}: {page}");
    }
    upheld(&mut clerk, "M1", &case, "市场监管到店看过").await.unwrap();
    let page = upheld(&mut clerk, "M1", &case, "再记一次").await.unwrap_err();
    assert!(page.contains("已经记过属实"), "{page}");
    for n in 1..3 {
        let more = filed(&mut clerk, "1109", &format!("毛庄农资店第{n}次缺斤短两")).await;
        upheld(&mut clerk, "M1", &more, "复秤少了").await.unwrap();
    }
    let page = clerk.get("/desk/shop/merchants/M1").await;
    assert!(page.contains("一年内3次投诉属实，建议暂停"), "{page}");
    assert!(
        page.contains("市场监管到店看过 <span class=\"who\">管理员") && page.contains(&case),
        "{page}"
    );
    assert_eq!(clerk.tasks("请开会定暂停不暂停").await.len(), 1);
    market::merchant_act(
        &mut clerk,
        "M1",
        "step",
        &[("step", "suspend"), ("basis", "三次属实，会上定的")],
    )
    .await;
    let said = county.say(VILLAGER, "买2袋尿素").await;
    assert!(said.contains("没有找到"), "{said}");
}

/// Told on the telephone; gives the number as digits.
async fn filed(clerk: &mut Clerk<'_>, category: &str, text: &str) -> String {
    clerk.file("13800138000", category, text).await;
    let found = clerk.get(&format!("/desk?search={text}")).await;
    part(&found, "href=\"/desk/cases/", "\"").to_owned()
}

async fn upheld(
    clerk: &mut Clerk<'_>,
    merchant: &str,
    case: &str,
    basis: &str,
) -> Result<(), String> {
    let path = format!("/desk/shop/merchants/{merchant}");
    let page = clerk.get(&path).await;
    clerk.csrf = clerk.csrf_of(&path).await;
    let revision = market::revision_in(&page);
    let fields = [("revision", &*revision), ("case", case), ("basis", basis)];
    let (status, text) = clerk.post(&format!("{path}/uphold"), &fields).await;
    if status == 303 { Ok(()) } else { Err(text) }
}

/// The next year begins with a step and its basis.
#[tokio::test]
async fn a_membership_that_ended_hides_the_goods_at_midnight_and_flags_open_orders() {
    let mut county = county().at("2026-11-23T10:00:00+08:00").open().await;
    {
        let mut clerk = county.clerk().await;
        let papers = [("licence", "2030-12-31"), ("fertiliser", "2030-12-31")];
        market::admit(&mut clerk, "M1", "毛庄农资店", &papers).await;
        let table =
            "编号,商家,类别,名称,单位,会员价,库存,最少,最多\nA1,M1,化肥,尿素,袋,105,100,1,50\n";
        let (status, page) = market::upload(&county, &mut clerk, "a.csv", table.into()).await;
        assert_eq!(status, 200, "{page}");
    }
    // A year later, on its last day, it still sells; at the midnight behind it no more.
    county.pass(365 * 24 * 3600).await;
    let asks = ["我要买2袋尿素，我是毛庄村的，我叫肖奉安", "自己取", "13800138000", "确认"];
    let number = number_in(&county.talk(VILLAGER, &asks).await);
    county.pass(15 * 3600).await;
    let said = county.say("oBuyer0000000000000000000001", "买2袋尿素").await;
    assert!(said.contains("没有找到"), "{said}");
    let mut clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
    assert!(page.contains("商家的会员期到2027-11-23已满"), "{page}");
    market::merchant_act(&mut clerk, "M1", "step", &[("step", "admit"), ("basis", "续一年")]).await;
    let said = county.say("oBuyer0000000000000000000001", "买2袋尿素").await;
    assert!(said.contains("哪个村"), "{said}");
}
