//! What WeChat did not tell is asked for: payments that are open, at growing intervals; those
//! that nobody may pay any more are closed, so that they can not be paid late.

use jiff::SignedDuration;

use super::calls::CallFailed;
use super::page::waits;
use crate::channel::wechat_pay::{ApiError, Class, TradeState};
use crate::office::Office;
use crate::office::views::CommandError;
use crate::shop::Order;
use crate::store::pay_records::{Payback, PaybackState, Payment, PaymentState};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};

pub(super) const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(60);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
const PAGE: usize = 100;

/// One, two, four minutes ... at most an hour.
fn wait(asked: u32) -> SignedDuration {
    let minutes = 1i64 << asked.min(6);
    (FIRST_WAIT * minutes as i32).min(LONGEST_WAIT)
}

/// It is looked at again; `asked`: WeChat works on it.
pub(super) async fn later(
    office: &Office,
    before: &Loaded<Payback>,
    asked: bool,
) -> Result<(), StoreError> {
    let mut payback = before.record.clone();
    payback.asked += 1;
    let now = office.clock.now();
    payback.next_at = now + wait(payback.asked);
    if asked {
        payback.state = PaybackState::Asked;
        payback.accepted_at.get_or_insert(now);
    }
    let mut changes = Changes::default();
    changes.replace(before, &payback)?;
    match office.store.commit(changes.into_batch()).await {
        Err(StoreError::Conflict(_)) => Ok(()),
        other => other,
    }
}

impl Office {
    /// Says how many payments and refunds were moved.
    pub(in crate::office) async fn chase_payments(&self) -> Result<usize, StoreError> {
        if self.payments.is_none() {
            return Ok(0);
        }
        let mut moved = 0;
        let due = keys::payments_due(self.clock.now());
        for (_, payment) in list_by_index::<Payment>(&*self.store, due, PAGE).await? {
            moved += usize::from(stored(self.chase(payment).await)?);
        }
        let due = keys::paybacks_due(self.clock.now());
        for (_, payback) in list_by_index::<Payback>(&*self.store, due, PAGE).await? {
            moved += usize::from(stored(self.pay_back(payback).await)?);
        }
        Ok(moved)
    }

    /// Asks what became of it; closes it if nobody may pay it any more. True: it is over.
    pub(super) async fn chase(&self, payment: Loaded<Payment>) -> Result<bool, CommandError> {
        let Some(payments) = &self.payments else { return Ok(false) };
        let trade_no = payment.record.trade_no();
        let order = self.order_on_disk(&payment.record.order).await?;
        let is_last = self
            .attempts(&payment.record.order)
            .await?
            .first()
            .map(|last| last.record.attempt == payment.record.attempt);
        let wanted =
            waits(&order) && is_last == Some(true) && self.clock.now() < payment.record.expires_at;
        match payments.query(&trade_no).await {
            Ok(trade) if trade.trade_no != trade_no => {
                tracing::error!(trade_no, "WeChat Pay answers about another payment");
            }
            Ok(trade) => match trade.state {
                TradeState::Paid => {
                    match self.take_trade(&trade).await {
                        // Somebody was told; it is not asked again.
                        Err(CommandError::Refused(_)) => {}
                        other => other?,
                    }
                    return self.end_payment(&payment, PaymentState::Paid).await;
                }
                TradeState::Closed => {
                    return self.end_payment(&payment, PaymentState::Closed).await;
                }
                TradeState::Waiting if wanted => {}
                TradeState::Waiting => match payments.close(&trade_no).await {
                    Ok(()) => return self.end_payment(&payment, PaymentState::Closed).await,
                    // Paid in between: the next time it is seen so.
                    Err(failed) => self.note_failed("关单", &trade_no, &failed),
                },
            },
            // She never got as far as WeChat's window.
            Err(CallFailed::Refused(error)) if error.class == Class::Missing => {
                if !wanted {
                    return self.end_payment(&payment, PaymentState::Closed).await;
                }
            }
            Err(failed) => self.note_failed("查单", &trade_no, &failed),
        }
        let now = self.clock.now();
        self.note_payment(&payment, |payment| {
            payment.asked += 1;
            payment.asked_at = now;
            payment.next_at = now + wait(payment.asked);
        })
        .await?;
        Ok(false)
    }

    async fn end_payment(
        &self,
        payment: &Loaded<Payment>,
        state: PaymentState,
    ) -> Result<bool, CommandError> {
        let key = keys::payment(&payment.record.order, payment.record.attempt);
        // What was taken has marked it already.
        if let Some(now) = load::<Payment>(&*self.store, key).await?
            && now.record.state == PaymentState::Open
        {
            let at = self.clock.now();
            self.note_payment(&now, |payment| payment.end(state, at)).await?;
        }
        Ok(true)
    }

    /// Nothing that she was asked to pay for this order can be paid any more.
    pub(in crate::office::shop) async fn payment_is_over(
        &self,
        order: &Order,
    ) -> Result<bool, StoreError> {
        if self.payments.is_none() {
            return Ok(true);
        }
        for payment in self.attempts(&order.number.digits()).await? {
            if payment.record.state == PaymentState::Open && !stored(self.chase(payment).await)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn note_failed(&self, what: &str, number: &str, failed: &CallFailed) {
        match failed {
            CallFailed::Refused(error)
                if matches!(error.class, Class::Operator | Class::NotEnough) =>
            {
                self.pay_alarm(what, error);
            }
            failed => tracing::warn!(%failed, number, what, "WeChat Pay; trying again"),
        }
    }

    pub(super) fn pay_alarm(&self, what: &str, error: &ApiError) {
        self.alarm(&format!("微信支付{what}不成：{error}。{}", error.advice()));
    }
}

/// Only a store that is away stops the round; all else waits for the next one.
pub(super) fn stored(result: Result<bool, CommandError>) -> Result<bool, StoreError> {
    match result {
        Ok(moved) => Ok(moved),
        Err(CommandError::Unavailable) => {
            Err(StoreError::Unavailable("a payment could not be moved".into()))
        }
        Err(error) => {
            tracing::warn!(%error, "a payment waits");
            Ok(false)
        }
    }
}
