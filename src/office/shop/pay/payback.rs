//! Money that goes back by WeChat. The number of a refund follows from the order, so however
//! often it is asked for, it is given once.

use super::calls::CallFailed;
use super::chase;
use crate::channel::wechat_pay::{Class, Refund};
use crate::office::views::CommandError;
use crate::office::{Office, tasks};
use crate::shop::{self, Change, Order, OrderEvent, PaidBy};
use crate::store::pay_records::{Payback, PaybackState};
use crate::store::records::{Done, Task, TaskKind};
use crate::store::{Changes, Loaded, StoreError, keys, load};

impl Office {
    /// Adds to `changes` what an event of an order means for the money that goes back.
    pub(in crate::office::shop) async fn note_payback(
        &self,
        changes: &mut Changes,
        order: &Order,
        event: &OrderEvent,
    ) -> Result<(), StoreError> {
        match &event.change {
            Change::RefundDue { no, amount, reason, .. } => {
                let refund = order.refunds.iter().find(|refund| refund.no == *no);
                let Some(refund) = refund else { return Ok(()) };
                match refund.paid_by() {
                    PaidBy::Cash => return Ok(()),
                    PaidBy::Transfer => {
                        return changes.create(&transfer_back(order, refund, event));
                    }
                    PaidBy::Wechat => {}
                }
                let of = order.transactions.iter().find(|one| one.id == refund.transaction);
                changes.create(&Payback {
                    no: no.clone(),
                    order: order.number.digits(),
                    transaction: refund.transaction.clone(),
                    amount: *amount,
                    total: of.map_or(*amount, |payment| payment.amount),
                    reason: reason.clone(),
                    made_at: event.at,
                    state: PaybackState::Due,
                    asked: 0,
                    next_at: event.at,
                    accepted_at: None,
                    billed: false,
                })
            }
            Change::Refunded { no } => {
                if let Some(before) = load::<Payback>(&*self.store, keys::payback(no)).await?
                    && before.record.state != PaybackState::Done
                {
                    let mut done = before.record.clone();
                    done.state = PaybackState::Done;
                    done.accepted_at.get_or_insert(event.at);
                    changes.replace(&before, &done)?;
                }
                let task = load::<Task>(&*self.store, keys::task(&transfer_task(no))).await?;
                if let Some(before) = task.filter(|task| task.record.done.is_none()) {
                    let mut task = before.record.clone();
                    let (by, note) = (event.by.shown().to_owned(), "退了".to_owned());
                    task.done = Some(Done { at: event.at, by, note });
                    changes.replace(&before, &task)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Asks for it, or what became of it. True: it is over.
    pub(super) async fn pay_back(&self, payback: Loaded<Payback>) -> Result<bool, CommandError> {
        let Some(payments) = &self.payments else { return Ok(false) };
        let Payback { no, transaction, amount, total, reason, state, .. } = &payback.record;
        let answer = match state {
            PaybackState::Asked => payments.query_refund(no).await,
            _ => {
                let wanted = Refund {
                    no,
                    transaction,
                    amount: amount.0,
                    total: total.0,
                    reason,
                    notify_url: &payments.notify_url(),
                };
                payments.refund(&wanted).await
            }
        };
        match answer {
            Ok(refund) if refund.no == *no => {
                self.take_refund(&refund).await?;
                let now = load::<Payback>(&*self.store, keys::payback(no)).await?;
                return Ok(now.is_some_and(|now| now.record.state == PaybackState::Done));
            }
            Ok(refund) => tracing::error!(no, refund.no, "WeChat Pay answers about another refund"),
            Err(failed) => {
                if let CallFailed::Refused(error) = &failed
                    && !matches!(error.class, Class::Busy)
                {
                    let what = format!("退款单{no}，{amount}：{error}。{}", error.advice());
                    self.open_pay_task(&format!("{no}-later"), "微信退款没有退成，会再试", &what)
                        .await?;
                }
                self.note_failed("退款", no, &failed);
            }
        }
        let asked = payback.record.state == PaybackState::Asked;
        chase::later(self, &payback, asked).await?;
        Ok(false)
    }

    /// WeChat has given it up: somebody decides at the merchant's page, and we are told.
    pub(super) async fn payback_failed(
        &self,
        before: &Loaded<Payback>,
    ) -> Result<(), CommandError> {
        let Payback { no, order, amount, .. } = &before.record;
        let what = format!(
            "订单{order}的退款单{no}，{amount}：她的卡或零钱收不了。请在商户平台「退款异常」里改退到别的卡。"
        );
        self.open_pay_task(&format!("{no}-failed"), "微信退款退不进她的账户", &what).await?;
        let mut payback = before.record.clone();
        payback.state = PaybackState::Failed;
        payback.accepted_at.get_or_insert(self.clock.now());
        let mut changes = Changes::default();
        changes.replace(before, &payback)?;
        match self.store.commit(changes.into_batch()).await {
            Err(StoreError::Conflict(_)) => Ok(()),
            other => Ok(other?),
        }
    }
}

fn transfer_task(no: &str) -> String {
    format!("transfer-{no}")
}

/// What was paid by transfer goes back by somebody's hand.
fn transfer_back(order: &Order, refund: &shop::Refund, event: &OrderEvent) -> Task {
    let shop::Refund { no, amount, reason, transaction, .. } = refund;
    let line = format!(
        "订单{}（{}，{}）要退{amount}：{reason}。转账来的是{transaction}。退了在订单上记一下。",
        order.number, order.name, order.phone
    );
    Task {
        id: transfer_task(no),
        title: format!("订单{}要转账退{amount}", order.number),
        reason: "请运营公司照原来的账户转回去".into(),
        who: order.name.clone(),
        phone: Some(order.phone.clone()),
        lines: vec![tasks::line(event.at, false, &line)],
        ..tasks::blank(TaskKind::Reconcile, event.at)
    }
}
