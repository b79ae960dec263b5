//! Orders that a cooperative pays by transfer to the operator's account.

use bianmin::office::Role;

use super::market::{self, open, step, try_step};
use crate::county::county;
use crate::sms_talk::{PHONE, opened};

const FIELDS: [(&str, &str); 7] = [
    ("token", "t1"),
    ("goods", "尿素2袋"),
    ("village", "毛庄村"),
    ("name", "毛庄合作社"),
    ("phone", PHONE),
    ("way", "pickup"),
    ("pay", "account"),
];

#[tokio::test]
async fn goods_are_handed_out_before_a_transfer_which_is_asked_for_and_written_down_once() {
    let (mut county, fake) = opened().await;
    let number = {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        let mut agent = county.staff("毛庄代办员", Role::Agent, Some("130225109201")).await;
        agent.csrf = agent.csrf_of("/desk/shop/new").await;
        let (status, page) = agent.post("/desk/shop/new", &FIELDS).await;
        assert!(status == 422 && page.contains("转账付的，请平台来登记"), "{page}");
        assert!(!agent.get("/desk/shop/new").await.contains("转账"));
        assert_eq!(market::order_at_counter(&mut clerk, &FIELDS).await.0, 303);
        let list = clerk.get("/desk/shop").await;
        let number = list.rsplit("/desk/shop/orders/").next().unwrap()[..9].to_owned();
        county.clock.advance(301);
        county.settle().await;
        let told = fake.texts_to(PHONE);
        assert!(told.iter().any(|text| text.contains("请转账210元")), "{told:?}");
        for action in ["confirm", "pack"] {
            step(&mut clerk, &number, action, &[]).await;
        }
        let sheet = "/desk/shop/sheets?kind=delivery&day=2026-11-24&village=130225109201";
        let sheet = clerk.get(sheet).await;
        assert!(sheet.contains("转账") && sheet.contains("应收现金0元"), "{sheet}");
        step(&mut clerk, &number, "arrive", &[]).await;
        let who = [("name", "毛庄合作社"), ("phone_tail", "8000")];
        step(&mut clerk, &number, "release", &who).await;
        let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
        assert!(page.contains("已取货") && page.contains("等转账"), "{page}");
        assert!(!page.contains("<strong>付款</strong>"), "no cash was taken: {page}");
        number
    };
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
    // Nobody has seen it after a week: somebody asks for it.
    county.pass(7 * 24 * 3600).await;
    let mut clerk = county.clerk_again().await;
    assert_eq!(clerk.tasks("要看").await.len(), 1);
    let path = format!("/desk/shop/orders/{number}");
    assert!(clerk.get(&path).await.contains("货交了7天，转账还差210元"));
    for (amount, reference, why) in
        [("两百", "4711", "金额要写元"), ("0", "4711", "金额要写元"), ("210", " ", "流水号")]
    {
        let fields = [("amount", amount), ("reference", reference)];
        let page = try_step(&mut clerk, &number, "banked", &fields).await.unwrap_err();
        assert!(page.contains(why), "{page}");
    }
    for _ in 0..2 {
        let fields = [("amount", "210"), ("reference", "20261201-4711")];
        step(&mut clerk, &number, "banked", &fields).await;
    }
    let page = clerk.get(&path).await;
    assert!(page.contains("已付210元") && page.contains("210元（bank-20261201-4711）"), "{page}");
    assert_eq!(page.matches("<strong>付款</strong>").count(), 1, "{page}");
    // What is too much goes back as it came, and not over a counter.
    step(&mut clerk, &number, "banked", &[("amount", "20"), ("reference", "4712")]).await;
    let shop = county.staff("毛庄店员", Role::ShopClerk, Some("130225109201")).await;
    let page = shop.get(&path).await;
    assert!(page.contains("20元") && page.contains("转账 · 没有退"), "{page}");
    assert!(!page.contains(&format!("{path}/refunded")) && !page.contains("/banked"), "{page}");
    let task = format!("/desk/tasks/transfer-{number}R1");
    assert_eq!(clerk.tasks("要转账退20元").await, std::slice::from_ref(&task));
    assert!(clerk.get(&task).await.contains("bank-4712"));
    step(&mut clerk, &number, "refunded", &[("no", &format!("{number}R1"))]).await;
    assert!(clerk.get(&path).await.contains("转账 · 已退"));
    assert!(clerk.tasks("要转账退20元").await.is_empty());
    drop((clerk, shop));
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
}

/// An order in cash is no way to write down a transfer.
#[tokio::test]
async fn a_transfer_is_only_written_down_where_one_is_waited_for() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let fields: Vec<_> = FIELDS.into_iter().filter(|(name, _)| *name != "pay").collect();
    assert_eq!(market::order_at_counter(&mut clerk, &fields).await.0, 303);
    let list = clerk.get("/desk/shop").await;
    let number = &list.rsplit("/desk/shop/orders/").next().unwrap()[..9];
    let path = format!("/desk/shop/orders/{number}");
    let page = clerk.get(&path).await;
    assert!(!page.contains("/banked"), "{page}");
    clerk.csrf = clerk.csrf_of(&path).await;
    let revision = market::revision_in(&page);
    let fields = [("revision", &*revision), ("amount", "210"), ("reference", "4711")];
    assert_eq!(clerk.post(&format!("{path}/banked"), &fields).await.0, 404);
}
