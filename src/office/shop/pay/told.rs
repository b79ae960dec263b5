//! What WeChat tells of payments and refunds, and what follows from it, once.

use jiff::SignedDuration;

use super::Payments;
use crate::channel::wechat_pay::{
    FRESH_SECONDS, Notice, RefundState, Refunded, Signed, Told, Trade, TradeState,
};
use crate::office::views::CommandError;
use crate::office::{Office, tasks};
use crate::shop::{Actor, Command, Fen};
use crate::store::pay_records::{Payback, Payment, PaymentState};
use crate::store::records::{Task, TaskKind};
use crate::store::{Changes, Loaded, StoreError, keys, load};

use super::chase;

/// Notifications of ten minutes; above it the oldest are forgotten.
const SEEN_MAX: usize = 10_000;

/// What WeChat is answered, for it tells again what was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotBelieved {
    /// It is not from WeChat, or not for us.
    Refused,
    /// It could not be kept: tell again.
    Unavailable,
}

impl Office {
    pub async fn wechat_pay_told(&self, signed: &Signed<'_>) -> Result<(), NotBelieved> {
        let Some(payments) = &self.payments else { return Err(NotBelieved::Refused) };
        let notice = Notice::read(signed, &payments.platform, &payments.api_key, self.clock.now());
        let notice = notice.map_err(|distrust| {
            self.counters.pay_refused.add(1);
            tracing::warn!(%distrust, "a notification of WeChat Pay is not believed");
            NotBelieved::Refused
        })?;
        if payments.was_seen(signed.nonce) {
            self.counters.pay_replayed.add(1);
            return Ok(());
        }
        let taken = match &notice.told {
            Told::Trade(trade) => self.take_trade(trade).await,
            Told::Refund { mchid, .. } if *mchid != payments.credentials.mchid => {
                self.flag_payment(&notice.id, format!("退款通知是商户号{mchid}的")).await
            }
            Told::Refund { refund, .. } => self.take_refund(refund).await,
            Told::Other(kind) => {
                tracing::info!(kind, "WeChat Pay tells what is none of ours");
                Ok(())
            }
        };
        match taken {
            Ok(()) => {
                payments.see(signed.nonce);
                self.counters.pay_told.add(1);
                Ok(())
            }
            Err(CommandError::Refused(_) | CommandError::NotFound) => {
                self.counters.pay_refused.add(1);
                Err(NotBelieved::Refused)
            }
            Err(error) => {
                tracing::error!(%error, "a notification of WeChat Pay can not be kept");
                Err(NotBelieved::Unavailable)
            }
        }
    }

    /// A payment as WeChat describes it, told or asked for. `Refused`: it is not the one that
    /// was asked for; somebody is told.
    pub(super) async fn take_trade(&self, trade: &Trade) -> Result<(), CommandError> {
        let Some(payments) = &self.payments else { return Err(CommandError::NotFound) };
        if trade.state != TradeState::Paid {
            return Ok(());
        }
        let payment = match Payment::parts(&trade.trade_no) {
            Some((order, attempt)) => {
                load::<Payment>(&*self.store, keys::payment(order, attempt)).await?
            }
            None => None,
        };
        let id = &trade.transaction;
        let credentials = &payments.credentials;
        let Some(payment) = payment else {
            return self.flag_payment(id, format!("不认识付款单{}", trade.trade_no)).await;
        };
        if trade.mchid != credentials.mchid || trade.appid != credentials.appid {
            let what = format!("是商户{}、公众号{}的", trade.mchid, trade.appid);
            return self.flag_payment(id, format!("付款单{}{what}", trade.trade_no)).await;
        }
        if trade.total != Some(payment.record.amount.0) || trade.currency != "CNY" {
            let paid =
                trade.total.map_or("不知多少".to_owned(), |total| Fen(total).to_string());
            let what = format!("付了{paid}（{}），要付{}", trade.currency, payment.record.amount);
            return self.flag_payment(id, format!("付款单{}{what}", trade.trade_no)).await;
        }
        let command =
            Command::Pay { amount: payment.record.amount, transaction: trade.transaction.clone() };
        let order = &payment.record.order;
        self.step_order(order, None, &command, &Actor::System).await?;
        if payment.record.state != PaymentState::Paid {
            let now = self.clock.now();
            self.note_payment(&payment, |payment| payment.end(PaymentState::Paid, now)).await?;
        }
        Ok(())
    }

    /// A refund as WeChat describes it.
    pub(super) async fn take_refund(&self, refund: &Refunded) -> Result<(), CommandError> {
        let payback = load::<Payback>(&*self.store, keys::payback(&refund.no)).await?;
        let Some(payback) = payback else {
            return self.flag_payment(&refund.no, format!("不认识退款单{}", refund.no)).await;
        };
        if refund.amount != Some(payback.record.amount.0)
            || refund.transaction != payback.record.transaction
        {
            let what = "金额或付款单和要退的对不上";
            return self.flag_payment(&refund.no, format!("退款单{}{what}", refund.no)).await;
        }
        match refund.state {
            RefundState::Done => {
                let command = Command::RefundDone { no: refund.no.clone() };
                let order = &payback.record.order;
                self.step_order(order, None, &command, &Actor::System).await.map(drop)
            }
            RefundState::Processing => Ok(chase::later(self, &payback, true).await?),
            RefundState::Failed => self.payback_failed(&payback).await,
        }
    }

    /// A person has to look at it, once. Gives the refusal.
    async fn flag_payment(&self, id: &str, what: String) -> Result<(), CommandError> {
        tracing::error!(id, what, "a payment is not as it was asked for");
        self.open_pay_task(id, "微信支付有一笔对不上", &what).await?;
        Err(CommandError::Refused(what))
    }

    pub(super) async fn open_pay_task(
        &self,
        id: &str,
        title: &str,
        what: &str,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let task = Task {
            id: format!("pay-{id}"),
            title: title.to_owned(),
            reason: "请在商户平台上查这一笔".into(),
            who: "平台".into(),
            lines: vec![tasks::line(now, false, what)],
            ..tasks::blank(TaskKind::Reconcile, now)
        };
        let mut changes = Changes::default();
        changes.create(&task)?;
        match self.store.commit(changes.into_batch()).await {
            // It is known.
            Err(StoreError::Conflict(_)) => Ok(()),
            other => other,
        }
    }

    /// Writes it, unless somebody else has changed it: then it is seen again when it is due.
    pub(super) async fn note_payment(
        &self,
        before: &Loaded<Payment>,
        change: impl FnOnce(&mut Payment),
    ) -> Result<(), StoreError> {
        let mut payment = before.record.clone();
        change(&mut payment);
        let mut changes = Changes::default();
        changes.replace(before, &payment)?;
        match self.store.commit(changes.into_batch()).await {
            Err(StoreError::Conflict(_)) => Ok(()),
            other => other,
        }
    }
}

impl Payments {
    /// Within the time in which its signature is believed. What a payment does is done once
    /// anyway: this only spares the work.
    fn was_seen(&self, nonce: &str) -> bool {
        let since = self.clock.now() - SignedDuration::from_secs(2 * FRESH_SECONDS);
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while seen.front().is_some_and(|(at, _)| *at < since) {
            seen.pop_front();
        }
        seen.iter().any(|(_, known)| known == nonce)
    }

    fn see(&self, nonce: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.len() >= SEEN_MAX {
            seen.pop_front();
        }
        seen.push_back((self.clock.now(), nonce.to_owned()));
    }
}
