//! What somebody has to look at: flagged orders, complaints and what the merchant says to them,
//! its grade and deposit, prices that changed.

use std::sync::Arc;

use bianmin::office::Role;
use bianmin::shop::Order;
use bianmin::store::{Batch, MemoryEngine, Store, keys, load};

use super::market::{self, open, step};
use crate::county::{County, VILLAGER, county, number_in, part};

#[tokio::test]
async fn a_flagged_order_is_a_task_with_a_name_until_somebody_has_looked() {
    let mut county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        let more = "编号,商家,类别,名称,单位,会员价,库存,最少,最多\nN1,M1,农药,吡虫啉,瓶,9,9,1,9\n";
        let bytes = more.as_bytes().to_vec();
        let (status, page) = market::upload(&county, &mut clerk, "more.csv", bytes).await;
        assert_eq!(status, 200, "{page}");
        let asks = "买1瓶吡虫啉，毛庄村自取，我叫肖奉安，电话13800138000";
        number_in(&county.talk(VILLAGER, &[asks, "确认"]).await)
    };
    // The licence ends at midnight.
    county.pass(15 * 3600).await;
    let mut clerk = county.clerk_again().await;
    let tasks = clerk.tasks("要看").await;
    assert_eq!(tasks, [format!("/desk/tasks/flag-{number}")]);
    let path = format!("/desk/tasks/flag-{number}");
    let page = clerk.get(&path).await;
    for part in ["毛庄农资店 老李", "13900000001", "农药经营许可证到2026-11-23已过期", &number]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    clerk.csrf = clerk.csrf_of(&path).await;
    let (status, page) = clerk.post(&format!("{path}/finish"), &[("note", "打过了")]).await;
    assert!(status == 422 && page.contains("请在订单页上记「看过了」"), "{status} {page}");
    let list = clerk.get("/desk/shop?flagged=1").await;
    assert!(list.contains(&number) && list.contains("要看</strong>"), "{list}");
    step(&mut clerk, &number, "look", &[("note", "问了老李，新证明天到")]).await;
    let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
    assert!(page.contains("管理员 <strong>看过了</strong> 问了老李，新证明天到"), "{page}");
    county.settle().await;
    assert!(clerk.tasks("要看").await.is_empty());
    let list = clerk.get("/desk/shop?flagged=1").await;
    assert!(list.contains("没有符合条件的订单"), "the clock flags it once: {list}");
    let mut merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    merchant.csrf = merchant.csrf_of(&format!("/desk/shop/orders/{number}")).await;
    let page = merchant.get(&format!("/desk/shop/orders/{number}")).await;
    let revision = market::revision_in(&page);
    let fields = [("revision", &*revision), ("note", "没事")];
    let look = format!("/desk/shop/orders/{number}/look");
    assert_eq!(merchant.post(&look, &fields).await.0, 404, "not by whom it is about");
}

#[tokio::test]
async fn a_merchant_sees_its_complaints_and_answers_each_once() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let asks = "买2袋尿素，毛庄村自取，我叫肖奉安，电话13800138000";
    let number = number_in(&county.talk(VILLAGER, &[asks, "确认"]).await);
    for action in ["confirm", "pack", "arrive"] {
        step(&mut clerk, &number, action, &[]).await;
    }
    step(&mut clerk, &number, "release", &[("name", "肖奉安"), ("phone_tail", "8000")]).await;
    let said = county.talk(VILLAGER, &["投诉商家", "袋子是破的，撒了一半"]).await;
    let case = number_in(&said);
    let day = clerk.get("/desk/shop/day").await;
    assert!(day.contains("有投诉没答的 <span class=\"count\">1</span>"), "{day}");
    assert!(day.contains("请催商家答复"), "{day}");
    let rival = county.staff("老张", Role::Merchant, Some("M2")).await;
    let page = rival.get("/desk/shop/complaints").await;
    assert!(page.contains("没有对订单的投诉"), "{page}");
    let mut merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let page = merchant.get("/desk/shop/complaints").await;
    assert!(page.contains("袋子是破的，撒了一半") && page.contains("answer_complaint"), "{page}");
    let answer = [("case", &*case), ("text", "装车时划破的，明天补一袋")];
    step(&mut merchant, &number, "answer_complaint", &answer).await;
    let page = merchant.get("/desk/shop/complaints").await;
    assert!(page.contains("装车时划破的，明天补一袋") && !page.contains("<textarea"), "{page}");
    for answered in [merchant.get("/desk/shop/day").await, clerk.get("/desk/shop/day").await] {
        assert!(!answered.contains("有投诉没答的 <span class=\"count\">1"), "{answered}");
    }
    let page = clerk.get("/desk/shop/complaints").await;
    assert!(page.contains("明天补一袋"), "what is answered stays on the list: {page}");
    // Who works on the case reads it there.
    let page = clerk.get(&format!("/desk/cases/{case}")).await;
    let said = part(&page, "<dt>商家的说法</dt><dd>", "</dd>");
    assert!(said.contains("明天补一袋 · 毛庄农资店 老李"), "{said}");
    let path = format!("/desk/shop/orders/{number}");
    let page = merchant.get(&path).await;
    assert!(!page.contains(&format!("{path}/answer_complaint\"")), "once: {page}");
    let revision = market::revision_in(&clerk.get(&path).await);
    clerk.csrf = clerk.csrf_of(&path).await;
    let again = [("revision", &*revision), ("case", &*case), ("text", "再说一次")];
    let (status, page) = clerk.post(&format!("{path}/answer_complaint"), &again).await;
    assert!(status == 422 && page.contains("这件投诉已经答过了"), "{status} {page}");
    let shop = county.staff("毛庄店员", Role::ShopClerk, Some("130225109201")).await;
    assert_eq!(shop.try_get("/desk/shop/complaints").await.0, 404);
}

#[tokio::test]
async fn a_merchants_grade_and_deposit_stand_in_its_file_with_their_basis() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let page = clerk.get("/desk/shop/merchants/M1").await;
    assert!(page.contains("<dt>信用等级</dt><dd>没有评") && page.contains("保证金</dt><dd>0元"));
    let fields = [("grade", "b"), ("deposit", "2000"), ("basis", "2026年评审会定的")];
    market::merchant_act(&mut clerk, "M1", "rate", &fields).await;
    let page = clerk.get("/desk/shop/merchants/M1").await;
    assert!(page.contains("<dt>信用等级</dt><dd>B级</dd>"), "{page}");
    assert!(page.contains("保证金</dt><dd>2000元"), "{page}");
    assert!(page.contains("评级和保证金</strong> B级，保证金2000元：2026年评审会定的"), "{page}");
    assert!(clerk.get("/desk/shop/merchants").await.contains("B级"));
    let path = "/desk/shop/merchants/M1";
    clerk.csrf = clerk.csrf_of(path).await;
    let revision = market::revision_in(&page);
    for (deposit, basis, why) in [("两千", "定的", "保证金写元"), ("0", " ", "依据是空的")]
    {
        let fields =
            [("revision", &*revision), ("grade", "a"), ("deposit", deposit), ("basis", basis)];
        let (status, page) = clerk.post(&format!("{path}/rate"), &fields).await;
        assert!(status == 422 && page.contains(why), "{page}");
    }
    // Its own it may read, and not write.
    let mut merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let page = merchant.get(path).await;
    assert!(page.contains("B级") && !page.contains("merchants/M1/rate"), "{page}");
    merchant.csrf = merchant.csrf_of(path).await;
    let fields =
        [("revision", &*revision), ("grade", "a"), ("deposit", "0"), ("basis", "自己评的")];
    assert_eq!(merchant.post(&format!("{path}/rate"), &fields).await.0, 404);
}

#[tokio::test]
async fn all_prices_that_changed_in_a_month_are_one_list() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let other =
        market::GOODS.replace("尿素,袋,105,", "尿素,袋,110,").replace("瓶,26,", "瓶,24.50,");
    market::upload(&county, &mut clerk, "goods.csv", other.into_bytes()).await;
    let page = clerk.get("/desk/shop/reports?kind=prices&month=2026-11").await;
    for part in ["<td>尿素 40kg</td>", "<td>105.00</td><td>110.00</td><td>管理员</td>"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("<td>26.00</td><td>24.50</td>"), "{page}");
    assert!(page.contains("涨价1次，降价1次"), "{page}");
    let page = clerk.get("/desk/shop/reports?kind=prices&month=2026-10").await;
    assert!(page.contains("涨价0次，降价0次"), "{page}");
    let merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let page = merchant.get("/desk/shop/reports?kind=prices&month=2026-11").await;
    assert!(page.contains("尿素 40kg") && !page.contains("洗衣液"), "its own only: {page}");
}

/// An older program wrote an order without an entry in the list of complaints.
#[tokio::test]
async fn orders_of_an_older_program_are_in_all_lists_after_the_next_start() {
    let store: Store = Arc::new(MemoryEngine::default());
    let first = county().store(store.clone()).open().await;
    let number = {
        let mut clerk = first.clerk().await;
        open(&first, &mut clerk).await;
        let asks = "买2袋尿素，毛庄村自取，我叫肖奉安，电话13800138000";
        let number = number_in(&first.talk(VILLAGER, &[asks, "确认"]).await);
        for action in ["confirm", "pack", "arrive"] {
            step(&mut clerk, &number, action, &[]).await;
        }
        step(&mut clerk, &number, "release", &[("name", "肖奉安"), ("phone_tail", "8000")]).await;
        first.talk(VILLAGER, &["投诉商家", "袋子是破的，撒了一半"]).await;
        number
    };
    let order = load::<Order>(&*store, keys::order(&number)).await.unwrap().unwrap().record;
    let entry = keys::order_by_answer(false, order.placed_at, &number);
    let delete = vec![entry.clone(), keys::progress("indexes")];
    store.commit(Batch { delete, ..Batch::default() }).await.unwrap();
    let listed = async |county: &County| {
        let page = county.clerk_again().await.get("/desk/shop/complaints").await;
        page.contains("袋子是破的，撒了一半")
    };
    assert!(!listed(&first).await);
    let second = county().store(store.clone()).open_beside(&first).await;
    second.settle().await;
    assert!(listed(&second).await);
    let entry = store.get_many(&[entry]).await.unwrap().remove(0);
    assert_eq!(entry.expect("it is there again").value, keys::order(&number));
}
