//! Payment in WeChat, against a fake that signs and encrypts as WeChat Pay does: told once,
//! thrice or not at all, too late, wrong, or cut off in the middle.

use std::sync::Arc;

use bianmin::store::pay_records::Payment;
use bianmin::store::{Changes, MemoryEngine, Store, keys, load};
use fake_wechat::{FakePay, FakeTrade, PayFault, Told};
use serde_json::Value;

use super::market::{FARM, open, stock};
use crate::county::{County, PUBLIC_URL, VILLAGER, county, number_in};

const HER: &str = "我要买2袋尿素，我是毛庄村的，我叫肖奉安";

pub struct Paying {
    pub county: County,
    pub pay: FakePay,
    store: Store,
    /// Before the first restart; its WeChat is the one that all use.
    before: Vec<County>,
}

impl Paying {
    pub async fn open() -> Self {
        let store: Store = Arc::new(MemoryEngine::default());
        Self::on(store).await
    }

    pub async fn on(store: Store) -> Self {
        let pay = FakePay::start(
            "2026-11-23T10:00:00+08:00".parse::<jiff::Timestamp>().unwrap().as_second(),
        )
        .await;
        let county = county().store(store.clone()).paid_by(&pay).open().await;
        {
            let mut clerk = county.clerk().await;
            let pass = open(&county, &mut clerk).await;
            county.talk(FARM, &["绑定商家", &pass]).await;
        }
        Self { county, pay, store, before: Vec::new() }
    }

    /// The program is started again, with what is on disk.
    pub async fn restart(&mut self) {
        let first = self.before.first().unwrap_or(&self.county);
        let again = county().store(self.store.clone()).paid_by(&self.pay).open_beside(first).await;
        let stopped = std::mem::replace(&mut self.county, again);
        if self.before.is_empty() {
            self.before.push(stopped);
        }
    }

    fn inbox(&self, who: &str) -> Vec<String> {
        self.before.first().unwrap_or(&self.county).inbox(who)
    }

    pub async fn pass(&mut self, seconds: i64) {
        assert!(self.try_pass(seconds).await, "what is due by then is done");
    }

    /// False: what is due could not be done.
    pub async fn try_pass(&mut self, seconds: i64) -> bool {
        self.tick(seconds);
        self.county.office.settle_all().await.is_ok()
    }

    /// Time passes for all, and nothing is done yet.
    pub fn tick(&mut self, seconds: i64) {
        self.pay.advance(seconds);
        for county in self.before.iter_mut().chain([&mut self.county]) {
            county.tick(seconds);
        }
    }

    /// Orders by WeChat; the number and what was said.
    pub async fn order(&self, who: &str) -> (String, String) {
        self.county.talk(who, &[HER, "自己取", "13800138000"]).await;
        let said = self.county.talk(who, &["用微信付", "确认"]).await;
        assert!(said.starts_with("订好了") && said.contains("/pay/?o="), "{said}");
        (number_in(&said), said)
    }

    /// The button on her page.
    pub async fn press(&self, link: &str) -> (u16, Value) {
        let query = link.split_once('?').unwrap().1.to_owned();
        let url = format!("{}/pay/", self.county.base);
        let request = self.county.http.post(url).body(query);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn page(&self, link: &str) -> (u16, String) {
        let path = link.strip_prefix(PUBLIC_URL).unwrap();
        let answer =
            self.county.http.get(format!("{}{path}", self.county.base)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub async fn tell(&self, told: &Told) -> u16 {
        self.pay.send(told, &format!("{}/wechat_pay/notify", self.county.base)).await
    }

    pub async fn order_page(&self, number: &str) -> String {
        self.county.clerk_again().await.get(&format!("/desk/shop/orders/{number}")).await
    }

    /// Her page opened, her button pressed.
    pub async fn begun(&self, who: &str) -> (String, FakeTrade) {
        let (number, said) = self.order(who).await;
        let (status, parameters) = self.press(&link_in(&said)).await;
        assert_eq!(status, 200, "{parameters}");
        let trade = self.pay.trades().into_iter().find(|t| t.trade_no.starts_with(&number));
        (number, trade.unwrap())
    }

    async fn books_agree(&self) {
        assert_eq!(self.county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
    }
}

pub fn link_in(said: &str) -> String {
    let at = said.find(PUBLIC_URL).unwrap_or_else(|| panic!("no link: {said}"));
    let link = &said[at..];
    link.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn she_pays_in_wechat_and_the_merchant_begins_when_it_is_paid() {
    let paying = Paying::open().await;
    let county = &paying.county;
    let (number, said) = paying.order(VILLAGER).await;
    county.settle().await;
    let new_orders = || {
        let inbox = county.inbox(FARM).into_iter();
        inbox.filter(|text| text.contains("新订单")).collect::<Vec<_>>()
    };
    assert!(new_orders().is_empty(), "not before it is paid");
    let said_to_farm = county.say(FARM, "接单").await;
    assert!(said_to_farm.contains("没有等您接的订单"), "{said_to_farm}");

    let link = link_in(&said);
    let (status, page) = paying.page(&link).await;
    assert_eq!(status, 200);
    for part in ["210元", "尿素 40kg×2袋", "毛庄农资店", "等付款", "微信付款"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (status, parameters) = paying.press(&link).await;
    assert_eq!(status, 200, "{parameters}");
    assert_eq!(parameters["appId"], "wxba5fad812f8e6fb9");
    assert_eq!(parameters["signType"], "RSA");
    let trade = paying.pay.trades().remove(0);
    assert_eq!(trade.trade_no, format!("{number}P1"));
    assert_eq!(parameters["package"], format!("prepay_id=wx{}", trade.trade_no));
    assert_eq!((trade.openid.as_str(), trade.total), (VILLAGER, 21_000));
    assert_eq!(trade.expires_at, "2026-11-23T10:30:00+08:00");
    assert_eq!(trade.notify_url, format!("{PUBLIC_URL}/wechat_pay/notify"));
    // Pressed again, it is the same payment.
    assert_eq!(paying.press(&link).await.1["package"], parameters["package"]);
    assert_eq!(paying.pay.trades().len(), 1);

    let told = paying.pay.pay(&trade.trade_no).unwrap();
    assert_eq!(paying.tell(&told).await, 204);
    county.settle().await;
    let inbox = county.inbox(VILLAGER);
    assert!(inbox[0].contains("210元收到了"), "{inbox:?}");
    assert!(new_orders()[0].contains("微信支付"), "{:?}", new_orders());
    let said = county.talk(FARM, &["接单", "1"]).await;
    assert!(said.contains("已接单"), "{said}");
    let (_, page) = paying.page(&link).await;
    assert!(page.contains("已付") && !page.contains("id=\"pay\""), "{page}");
    let sheet = county.clerk_again().await;
    let sheet =
        sheet.get("/desk/shop/sheets?kind=delivery&day=2026-11-24&village=130225109201").await;
    assert!(sheet.contains("应收现金0元"), "{sheet}");
    paying.books_agree().await;
}

#[tokio::test]
async fn a_notification_thrice_at_once_replayed_and_after_a_restart_counts_once() {
    let mut paying = Paying::open().await;
    let (number, trade) = paying.begun(VILLAGER).await;
    let told = paying.pay.pay(&trade.trade_no).unwrap();
    let again = paying.pay.tell_trade(&trade.trade_no, |_| ());
    let third = paying.pay.tell_trade(&trade.trade_no, |_| ());
    let answers = tokio::join!(paying.tell(&told), paying.tell(&again), paying.tell(&third));
    assert_eq!(answers, (204, 204, 204));
    assert_eq!(paying.tell(&told).await, 204, "the very same bytes");
    assert_eq!(paying.county.health().await["details"]["pay_replayed"], 1);
    paying.restart().await;
    let late = paying.pay.tell_trade(&trade.trade_no, |_| ());
    assert_eq!(paying.tell(&late).await, 204);
    let page = paying.order_page(&number).await;
    assert_eq!(page.matches("<strong>付款</strong>").count(), 1, "{page}");
    assert!(page.contains("已付210元"), "{page}");
    assert!(paying.pay.refunds().is_empty());
    paying.books_agree().await;
}

/// Each instance remembers by itself what it was told; what counts is the order.
#[tokio::test]
async fn the_same_notification_at_two_instances_counts_once_and_is_given_back_once() {
    let paying = Paying::open().await;
    let store = paying.store.clone();
    let second = county().store(store).paid_by(&paying.pay).open_beside(&paying.county).await;
    let (number, trade) = paying.begun(VILLAGER).await;
    let told = paying.pay.pay(&trade.trade_no).unwrap();
    let anew = paying.pay.tell_trade(&trade.trade_no, |_| ());
    let there = format!("{}/wechat_pay/notify", second.base);
    let answers = tokio::join!(
        paying.tell(&told),
        paying.pay.send(&told, &there),
        paying.pay.send(&anew, &there),
    );
    assert_eq!(answers, (204, 204, 204));
    assert_eq!(paying.pay.send(&told, &there).await, 204, "the very same bytes");
    assert_eq!(second.health().await["details"]["pay_replayed"], 1);
    let page = paying.order_page(&number).await;
    assert_eq!(page.matches("<strong>付款</strong>").count(), 1, "{page}");
    // Both look after what is owed at the same time.
    paying.county.talk(FARM, &["接单", "不接", "断货了"]).await;
    let (one, other) = tokio::join!(paying.county.office.settle_all(), second.office.settle_all());
    assert!(one.is_ok() && other.is_ok());
    let refunds = paying.pay.refunds();
    assert_eq!((refunds.len(), refunds[0].amount), (1, 21_000), "{refunds:?}");
    assert_eq!(paying.pay.kept(), 0);
    let told = paying.inbox(VILLAGER).join("\n");
    assert_eq!(told.matches("已经退给您了").count(), 1, "{told}");
    paying.books_agree().await;
}

#[tokio::test]
async fn what_is_not_from_wechat_or_not_as_asked_is_refused_and_flagged() {
    let paying = Paying::open().await;
    let (number, trade) = paying.begun(VILLAGER).await;
    let told = paying.pay.pay(&trade.trade_no).unwrap();
    let header = |told: &Told, name: &str, value: &str| {
        let mut changed = told.clone();
        changed.headers.iter_mut().filter(|(n, _)| *n == name).for_each(|(_, v)| *v = value.into());
        changed
    };
    let mut forged = told.clone();
    forged.body = forged.body.replace("TRANSACTION", "TRANSACTI0N");
    let stale = (paying.county.clock_now() - 301).to_string();
    for wrong in [
        forged,
        header(&told, "wechatpay-signature", "WECHATPAY/SIGNTEST/x"),
        header(&told, "wechatpay-serial", "PUB_KEY_ID_OTHER"),
        header(&told, "wechatpay-timestamp", &stale),
        header(&told, "wechatpay-nonce", "other"),
    ] {
        assert_eq!(paying.tell(&wrong).await, 400);
    }
    assert_eq!(paying.county.health().await["details"]["pay_refused"], 5);
    // Signed by WeChat, and still not what was asked for.
    for (name, value) in [
        ("appid", serde_json::json!("wx0000000000000000")),
        ("mchid", serde_json::json!("1900000000")),
        ("out_trade_no", serde_json::json!("526999999P1")),
        ("amount", serde_json::json!({ "total": 1, "currency": "CNY" })),
        ("amount", serde_json::json!({ "total": 21_000, "currency": "USD" })),
    ] {
        let wrong = paying.pay.tell_trade(&trade.trade_no, |json| {
            json[name] = value.clone();
            json["transaction_id"] =
                format!("42{name}{value}").replace(['"', '{', '}', ':', ','], "").into();
        });
        assert_eq!(paying.tell(&wrong).await, 400, "{name}");
    }
    let page = paying.order_page(&number).await;
    assert!(page.contains("等付款") && !page.contains("<strong>付款</strong>"), "{page}");
    let clerk = paying.county.clerk_again().await;
    assert_eq!(clerk.tasks("对不上").await.len(), 5);
    assert_eq!(paying.tell(&told).await, 204);
    paying.books_agree().await;
}

#[tokio::test]
async fn an_order_that_is_not_paid_in_time_is_closed_after_asking() {
    let mut paying = Paying::open().await;
    let (number, trade) = paying.begun(VILLAGER).await;
    paying.pass(1_900).await;
    assert_eq!(paying.pay.trades()[0].state, "CLOSED");
    assert!(paying.pay.pay(&trade.trade_no).is_err(), "nobody can pay it late");
    let page = paying.order_page(&number).await;
    assert!(page.contains("已取消") && page.contains("30分钟没有付款"), "{page}");
    let clerk = paying.county.clerk_again().await;
    assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()));
    let line = |what: &str| paying.pay.calls(what);
    assert!(line("GET /v3/pay/transactions/out-trade-no") >= 1 && line("/close") == 1);
    paying.books_agree().await;
}

#[tokio::test]
async fn a_lost_notification_is_asked_for_and_the_last_second_counts() {
    let mut paying = Paying::open().await;
    let (first, trade) = paying.begun(VILLAGER).await;
    paying.pay.pay(&trade.trade_no).unwrap();
    paying.pass(70).await;
    assert!(paying.order_page(&first).await.contains("已付210元"), "by the timer");

    let (second, trade) = paying.begun("oBuyer0000000000000000000001").await;
    paying.pay.advance(1_790);
    paying.county.clock.advance(1_790);
    paying.pay.pay(&trade.trade_no).unwrap();
    paying.pass(60).await;
    let page = paying.order_page(&second).await;
    assert!(page.contains("已付210元") && !page.contains("已取消"), "{page}");
    paying.books_agree().await;
}

#[tokio::test]
async fn her_page_asks_wechat_by_itself() {
    let mut paying = Paying::open().await;
    let (_, said) = paying.order(VILLAGER).await;
    let link = link_in(&said);
    paying.press(&link).await;
    let trade = paying.pay.trades().remove(0);
    paying.pay.pay(&trade.trade_no).unwrap();
    paying.pay.advance(3);
    paying.county.clock.advance(3);
    let (_, page) = paying.page(&link).await;
    assert!(page.contains("已付") && !page.contains("id=\"pay\""), "{page}");
    let before = paying.pay.calls("GET");
    paying.page(&link).await;
    assert_eq!(paying.pay.calls("GET"), before, "what is known is not asked");
    paying.pass(1).await;
}

/// The refund's number is the order's: asked for again after a crash, it is given once.
#[tokio::test]
async fn a_late_payment_of_a_cancelled_order_is_refunded_once() {
    let mut paying = Paying::open().await;
    let (number, trade) = paying.begun(VILLAGER).await;
    let said = paying.county.talk(VILLAGER, &["取消订单", "是"]).await;
    assert!(said.contains("已取消"), "{said}");
    let told = paying.pay.pay(&trade.trade_no).unwrap();
    assert_eq!(paying.tell(&told).await, 204);
    assert_eq!(paying.tell(&paying.pay.tell_trade(&trade.trade_no, |_| ())).await, 204);
    // WeChat gives it, and the program is cut off before it is noted.
    paying.pay.fail("/refunds", PayFault::Lost);
    paying.county.settle().await;
    assert_eq!(paying.pay.refunds().len(), 1);
    assert!(paying.order_page(&number).await.contains("没有退"));
    paying.restart().await;
    paying.pass(130).await;
    let refunds = paying.pay.refunds();
    assert_eq!((refunds.len(), refunds[0].amount), (1, 21_000), "{refunds:?}");
    assert_eq!(refunds[0].no, format!("{number}R1"));
    assert_eq!(refunds[0].asked, 2, "the same number twice");
    let page = paying.order_page(&number).await;
    assert!(page.contains("已取消") && page.contains("已退款"), "{page}");
    let told = paying.inbox(VILLAGER).join("\n");
    assert_eq!(told.matches("已经退给您了").count(), 1, "{told}");
    assert_eq!(paying.pay.kept(), 0);
    paying.books_agree().await;
}

#[tokio::test]
async fn a_refund_that_takes_its_time_fails_or_has_no_money_behind_it() {
    let mut paying = Paying::open().await;
    paying.pay.refund_slowly();
    paying.pay.set_balance(Some(0));
    let (number, trade) = paying.begun(VILLAGER).await;
    let told = paying.pay.pay(&trade.trade_no).unwrap();
    assert_eq!(paying.tell(&told).await, 204);
    paying.pay.set_balance(Some(0));
    paying.county.talk(FARM, &["接单", "不接", "断货了"]).await;
    paying.county.settle().await;
    assert!(paying.pay.refunds().is_empty());
    let clerk = paying.county.clerk_again().await;
    assert_eq!(clerk.tasks("请充值").await.len(), 1);
    drop(clerk);
    paying.pay.set_balance(Some(100_000));
    paying.pass(130).await;
    assert_eq!(paying.pay.refunds()[0].status, "PROCESSING");
    assert!(paying.order_page(&number).await.contains("没有退"));
    // Her card does not take it; somebody mends that at the merchant's page.
    let failed = paying.pay.finish_refund(&format!("{number}R1"), "ABNORMAL");
    assert_eq!(paying.tell(&failed).await, 204);
    let clerk = paying.county.clerk_again().await;
    assert_eq!(clerk.tasks("退款异常").await.len() + clerk.tasks("请充值").await.len(), 2);
    drop(clerk);
    let done = paying.pay.finish_refund(&format!("{number}R1"), "SUCCESS");
    assert_eq!(paying.tell(&done).await, 204);
    assert_eq!(paying.tell(&done).await, 204);
    assert!(paying.order_page(&number).await.contains("已退款"));
    paying.books_agree().await;
}

#[tokio::test]
async fn wechats_errors_lose_nothing() {
    let mut paying = Paying::open().await;
    let (number, said) = paying.order(VILLAGER).await;
    let link = link_in(&said);
    for (fault, expect) in [
        (PayFault::Error(429, "FREQUENCY_LIMITED"), "微信支付现在忙"),
        (PayFault::Error(500, "SYSTEM_ERROR"), "微信支付现在忙"),
        (PayFault::WrongSignature, "微信支付现在忙"),
        (PayFault::Unsigned, "微信支付现在忙"),
        (PayFault::Lost, "微信支付现在忙"),
        (PayFault::Error(403, "NO_AUTH"), "现在不能用微信付"),
    ] {
        paying.pay.fail("jsapi", fault);
        let (status, answer) = paying.press(&link).await;
        assert_eq!(status, 422, "{fault:?}");
        assert!(answer["said"].as_str().unwrap().contains(expect), "{fault:?}: {answer}");
    }
    let problems = paying.county.health().await["problems"].to_string();
    assert!(problems.contains("NO_AUTH") && problems.contains("开通"), "{problems}");
    assert_eq!(paying.press(&link).await.0, 200);
    let trade = paying.pay.trades().remove(0);
    paying.pay.pay(&trade.trade_no).unwrap();
    // Asking is answered by somebody else: nothing is believed.
    for fault in
        [PayFault::WrongSignature, PayFault::Unsigned, PayFault::Error(500, "SYSTEM_ERROR")]
    {
        paying.pay.fail("out-trade-no", fault);
        paying.pass(600).await;
        if fault != PayFault::Error(500, "SYSTEM_ERROR") {
            continue;
        }
    }
    paying.pass(600).await;
    let page = paying.order_page(&number).await;
    assert!(page.contains("已付210元") && !page.contains("已取消"), "{page}");
    paying.books_agree().await;
}

#[tokio::test]
async fn nobody_pays_or_sees_with_a_wrong_link() {
    let paying = Paying::open().await;
    let (number, said) = paying.order(VILLAGER).await;
    let link = link_in(&said);
    let (other, _) = paying.order("oBuyer0000000000000000000001").await;
    let token = link.split("&t=").nth(1).unwrap();
    for wrong in [
        format!("{PUBLIC_URL}/pay/?o={other}&t={token}"),
        format!("{PUBLIC_URL}/pay/?o={number}&t="),
        format!("{PUBLIC_URL}/pay/"),
        format!("{PUBLIC_URL}/pay/?o=526000000&t={token}"),
    ] {
        assert_eq!(paying.page(&wrong).await.0, 404, "{wrong}");
    }
    let county = county().open().await;
    let answer = county.http.get(format!("{}/pay/?o=1&t=1", county.base)).send().await.unwrap();
    assert_eq!(answer.status(), 404, "without [wechat_pay] there is nothing to pay");
    let url = format!("{}/wechat_pay/notify", county.base);
    assert_eq!(county.http.post(url).body("{}").send().await.unwrap().status(), 400);
}

/// Less was confirmed than she paid for: the rest goes back, and the order goes on.
#[tokio::test]
async fn what_was_paid_too_much_goes_back_the_same_way() {
    let paying = Paying::open().await;
    let county = &paying.county;
    county
        .talk(
            VILLAGER,
            &["我要买2袋尿素和1袋复合肥，我是毛庄村的，我叫肖奉安", "自己取", "13800138000"],
        )
        .await;
    let said = county.talk(VILLAGER, &["用微信付", "确认"]).await;
    let number = number_in(&said);
    paying.press(&link_in(&said)).await;
    let trade = paying.pay.trades().remove(0);
    assert_eq!(paying.tell(&paying.pay.pay(&trade.trade_no).unwrap()).await, 204);
    county.talk(FARM, &["接单", "只有一部分", "1、1"]).await;
    county.settle().await;
    let refunds = paying.pay.refunds();
    assert_eq!((refunds.len(), refunds[0].amount), (1, 10_500), "{refunds:?}");
    let said = county.talk(VILLAGER, &["取消订单", "是"]).await;
    assert!(said.contains("已取消"), "{said}");
    county.settle().await;
    assert_eq!(paying.pay.refunds().len(), 2);
    assert_eq!(paying.pay.kept(), 0);
    assert!(paying.order_page(&number).await.contains("已退款"));
    paying.books_agree().await;
}

#[tokio::test]
async fn the_bill_of_yesterday_agrees_or_is_a_task() {
    let mut paying = Paying::open().await;
    let (number, trade) = paying.begun(VILLAGER).await;
    assert_eq!(paying.tell(&paying.pay.pay(&trade.trade_no).unwrap()).await, 204);
    paying.county.talk(FARM, &["接单", "不接", "断货了"]).await;
    paying.county.settle().await;
    assert_eq!(paying.pay.refunds().len(), 1);
    paying.pay.write_bill("");
    paying.pass(24 * 3600 + 60).await;
    // Of the day before the first one there was none.
    assert_eq!(paying.pay.calls("tradebill"), 2);
    let clerk = paying.county.clerk_again().await;
    assert!(clerk.tasks("账单和订单对不上").await.is_empty(), "all agrees");
    drop(clerk);
    // The next day's bill holds what no order knows, and lacks what one does.
    let (second, trade) = paying.begun("oBuyer0000000000000000000001").await;
    assert_eq!(paying.tell(&paying.pay.pay(&trade.trade_no).unwrap()).await, 204);
    paying.pay.write_bill(&trade.trade_no);
    paying.pass(24 * 3600).await;
    let clerk = paying.county.clerk_again().await;
    let tasks = clerk.tasks("账单和订单对不上").await;
    assert_eq!(tasks.len(), 1);
    let page = clerk.get(&tasks[0]).await;
    let shown = format!("{}-{}-{}", &second[..3], &second[3..6], &second[6..]);
    assert!(page.contains(&format!("订单{shown}记着付了210元，账单里没有")), "{page}");
    assert!(!page.contains(&number), "{page}");
    paying.pass(3600).await;
    assert_eq!(paying.pay.calls("tradebill"), 3, "once a day");
}

/// The notification was lost, and so was what we knew of the payment: the bill tells of it.
#[tokio::test]
async fn a_payment_that_only_the_bill_knows_is_taken_and_given_back_where_it_is_too_late() {
    let mut paying = Paying::open().await;
    let (number, trade) = paying.begun(VILLAGER).await;
    paying.pay.pay(&trade.trade_no).unwrap();
    let known = load::<Payment>(&*paying.store, keys::payment(&number, 1)).await.unwrap().unwrap();
    let mut changes = Changes::default();
    changes.remove(&known);
    paying.store.commit(changes.into_batch()).await.unwrap();
    paying.pass(1_900).await;
    assert!(paying.order_page(&number).await.contains("已取消"));
    paying.pay.write_bill("");
    // WeChat does not answer what became of it: the bill is asked for again in an hour.
    paying.pay.fail("out-trade-no", PayFault::Error(500, "SYSTEM_ERROR"));
    paying.pass(24 * 3600).await;
    assert!(paying.pay.refunds().is_empty());
    paying.pass(3_700).await;
    let refunds = paying.pay.refunds();
    assert_eq!((refunds.len(), refunds[0].amount), (1, 21_000), "{refunds:?}");
    assert_eq!((refunds[0].no.as_str(), paying.pay.kept()), (&*format!("{number}R1"), 0));
    let page = paying.order_page(&number).await;
    assert!(page.contains("已取消") && page.contains("已退款"), "{page}");
    let clerk = paying.county.clerk_again().await;
    assert!(clerk.tasks("账单和订单对不上").await.is_empty(), "nobody has to look");
    drop(clerk);
    paying.books_agree().await;
}

#[tokio::test]
async fn a_refund_that_is_in_no_bill_is_a_task_once() {
    let mut paying = Paying::open().await;
    let (number, trade) = paying.begun(VILLAGER).await;
    assert_eq!(paying.tell(&paying.pay.pay(&trade.trade_no).unwrap()).await, 204);
    paying.county.talk(FARM, &["接单", "不接", "断货了"]).await;
    paying.county.settle().await;
    assert_eq!(paying.pay.refunds().len(), 1);
    paying.pay.write_bill(&format!("{number}R1"));
    for _ in 0..2 {
        paying.pass(24 * 3600 + 60).await;
        let clerk = paying.county.clerk_again().await;
        let tasks = clerk.tasks("账单和订单对不上").await;
        assert_eq!(tasks.len(), 1, "{tasks:?}");
        let page = clerk.get(&tasks[0]).await;
        assert!(page.contains(&format!("退款单{number}R1记着退了210元，账单里没有")), "{page}");
        assert!(!page.contains("记着付了"), "{page}");
    }
}

#[tokio::test]
async fn the_bills_of_days_on_which_the_program_was_away_are_compared_too() {
    let mut paying = Paying::open().await;
    let (_, trade) = paying.begun(VILLAGER).await;
    assert_eq!(paying.tell(&paying.pay.pay(&trade.trade_no).unwrap()).await, 204);
    paying.county.settle().await;
    paying.pay.write_bill("");
    paying.tick(3 * 24 * 3600);
    paying.restart().await;
    paying.pass(60).await;
    for day in ["22", "23", "24", "25"] {
        assert_eq!(paying.pay.calls(&format!("bill_date=2026-11-{day}")), 1, "{day}");
    }
    paying.restart().await;
    paying.pass(60).await;
    assert_eq!(paying.pay.calls("tradebill"), 4, "a restart asks for none of them again");
}
