//! The page on which she pays: reached by the link in the chat, opened in WeChat.

use jiff::SignedDuration;

use super::calls::CallFailed;
use super::{Payments, chase};
use crate::channel::wechat_pay::{Class, JsapiParameters, Prepay};
use crate::county::Address;
use crate::office::outbox::hash;
use crate::office::views::CommandError;
use crate::office::{Office, random};
use crate::shop::{Order, PayMethod, PayState, State, UNPAID};
use crate::store::pay_records::{Payment, PaymentState};
use crate::store::{Changes, Loaded, StoreError, keys, list, load};

/// A page that is loaded again and again asks WeChat no more often.
const ASKED_WITHIN: SignedDuration = SignedDuration::from_secs(2);
/// Somebody else's phone, a window that was closed: more is no accident.
const ATTEMPTS_MAX: u32 = 20;
const BUSY: &str = "微信支付现在忙，请过一会儿再点一次。";

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayPage {
    /// As digits.
    pub number: String,
    pub token: String,
    pub goods: String,
    pub total: String,
    pub merchant: String,
    pub state: &'static str,
    pub pay_state: &'static str,
    /// It waits for her.
    pub open: bool,
    /// Other orders of the same cart that wait: number, goods, link.
    pub others: Vec<(String, String, String)>,
}

impl Office {
    /// Where she pays this order; `None`: not by WeChat, or not any more.
    pub(in crate::office) fn pay_link(&self, order: &Order) -> Option<String> {
        let payments = self.payments.as_ref()?;
        waits(order).then(|| payments.link(&order.number.digits()))
    }

    pub async fn pay_page(&self, number: &str, token: &str) -> Result<PayPage, CommandError> {
        let payments = self.paying(number, token)?;
        let mut order = self.order_on_disk(number).await?;
        if waits(&order) {
            // Her window closed before we were told: she wants to see that it is paid.
            for payment in self.attempts(number).await? {
                let soon = payment.record.state == PaymentState::Open
                    && self.clock.now() >= payment.record.asked_at + ASKED_WITHIN;
                if soon && payment.record.prepay_id.is_some() {
                    self.chase(payment).await?;
                }
            }
            order = self.order_on_disk(number).await?;
        }
        let mut others = Vec::new();
        for number in &order.siblings {
            let other = self.order_on_disk(&number.digits()).await?;
            if let Some(link) = self.pay_link(&other) {
                others.push((number.digits(), other.goods(), link));
            }
        }
        Ok(PayPage {
            number: order.number.digits(),
            token: payments.token(number),
            goods: order.goods(),
            total: order.total().to_string(),
            merchant: order.merchant_name.clone(),
            state: order.state.word(),
            pay_state: order.pay_state().word(),
            open: waits(&order),
            others,
        })
    }

    /// She wants to pay now. What is asked for is on disk before WeChat hears of it.
    pub async fn start_payment(
        &self,
        number: &str,
        token: &str,
    ) -> Result<JsapiParameters, CommandError> {
        let payments = self.paying(number, token)?;
        let refused = |text: &str| Err(CommandError::Refused(text.to_owned()));
        for _ in 0..ATTEMPTS_MAX {
            let order = self.order_on_disk(number).await?;
            if !waits(&order) {
                return refused("这个订单现在不用付款。请刷新这一页看看。");
            }
            let expires_at = order.placed_at + UNPAID;
            if self.clock.now() >= expires_at {
                return refused("过了30分钟，这个订单不能付了。要买请再下一单。");
            }
            let Some(openid) = self.payer(payments, &order).await? else {
                return refused("没有找到下单的微信。请用下单的那个微信，从聊天里点开。");
            };
            let attempts = self.attempts(number).await?;
            let payer = hash(&[&openid]);
            let last = attempts.first().map(|last| &last.record);
            let fits = |payment: &&Payment| {
                payment.state == PaymentState::Open
                    && payment.payer == payer
                    && payment.amount == order.total()
            };
            let payment = match last.filter(fits) {
                Some(payment) => payment.clone(),
                None => {
                    let attempt = last.map_or(1, |last| last.attempt + 1);
                    if attempt > ATTEMPTS_MAX {
                        return refused("试了太多次。请打电话告诉我们。");
                    }
                    let now = self.clock.now();
                    let payment = Payment {
                        order: number.to_owned(),
                        attempt,
                        amount: order.total(),
                        payer,
                        prepay_id: None,
                        made_at: now,
                        expires_at,
                        state: PaymentState::Open,
                        asked: 0,
                        asked_at: now,
                        next_at: now + chase::FIRST_WAIT,
                        paid_at: None,
                        billed: false,
                    };
                    let mut changes = Changes::default();
                    changes.create(&payment)?;
                    match self.store.commit(changes.into_batch()).await {
                        // She pressed twice.
                        Err(StoreError::Conflict(_)) => continue,
                        other => other?,
                    }
                    payment
                }
            };
            let asked = Prepay {
                trade_no: &payment.trade_no(),
                description: &format!("{} {}", order.merchant_name, order.goods()),
                total: payment.amount.0,
                openid: &openid,
                expires_at,
                notify_url: &payments.notify_url(),
            };
            let prepay_id = match &payment.prepay_id {
                Some(known) => Ok(known.clone()),
                None => payments.prepay(&asked).await,
            };
            let kept = self.payment(&payment.order, payment.attempt).await?;
            match prepay_id {
                Ok(prepay_id) => {
                    if kept.record.prepay_id.is_none() {
                        let prepay_id = Some(prepay_id.clone());
                        self.note_payment(&kept, |payment| payment.prepay_id = prepay_id).await?;
                    }
                    let now = self.clock.now().as_second();
                    let nonce = random::hex::<16>();
                    return Ok(payments.credentials.jsapi(&prepay_id, now, &nonce));
                }
                Err(CallFailed::Refused(error)) => match error.class {
                    Class::Paid => {
                        self.chase(kept).await?;
                        return refused("已经付过了。请刷新这一页看看。");
                    }
                    Class::Closed | Class::Reused => {
                        let now = self.clock.now();
                        self.note_payment(&kept, |payment| payment.end(PaymentState::Closed, now))
                            .await?;
                    }
                    Class::Busy => return refused(BUSY),
                    _ => {
                        self.pay_alarm("下单", &error);
                        return refused("现在不能用微信付。请过一会儿再试，或者打电话给我们。");
                    }
                },
                Err(CallFailed::Unknown(why)) => {
                    tracing::warn!(why, number, "no prepay_id");
                    return refused(BUSY);
                }
            }
        }
        refused(BUSY)
    }

    fn paying(&self, number: &str, token: &str) -> Result<&Payments, CommandError> {
        let payments = self.payments.as_ref().ok_or(CommandError::NotFound)?;
        match payments.is_token(number, token) {
            true => Ok(payments),
            false => Err(CommandError::NotFound),
        }
    }

    pub(super) async fn order_on_disk(&self, number: &str) -> Result<Order, CommandError> {
        let order = load::<Order>(&*self.store, keys::order(number)).await?;
        order.map(|order| order.record).ok_or(CommandError::NotFound)
    }

    /// The last one first.
    pub(super) async fn attempts(&self, number: &str) -> Result<Vec<Loaded<Payment>>, StoreError> {
        list::<Payment>(&*self.store, keys::payments_of(number), ATTEMPTS_MAX as usize).await
    }

    pub(super) async fn payment(
        &self,
        order: &str,
        attempt: u32,
    ) -> Result<Loaded<Payment>, CommandError> {
        let payment = load::<Payment>(&*self.store, keys::payment(order, attempt)).await?;
        payment.ok_or(CommandError::NotFound)
    }

    /// The WeChat with which she ordered; it is in no record but her own.
    async fn payer(
        &self,
        payments: &Payments,
        order: &Order,
    ) -> Result<Option<String>, StoreError> {
        let Some(person) = self.person_behind(&order.person).await? else { return Ok(None) };
        let addresses = person.record.addresses.iter().filter_map(|text| text.parse().ok());
        Ok(addresses
            .filter(|address: &Address| payments.serves(address))
            .map(|address| address.user)
            .next())
    }
}

/// It is to be paid by WeChat, and was not.
pub(super) fn waits(order: &Order) -> bool {
    order.pay == PayMethod::Wechat
        && order.state == State::Placed
        && order.pay_state() == PayState::Awaiting
}
