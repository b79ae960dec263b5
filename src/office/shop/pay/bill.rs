//! Each forenoon the platform's bills since the last one are held against what is known here:
//! every payment and refund, both ways. A payment of which nobody told us is asked for and taken.
//! What still does not agree becomes one task for the day.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use super::Payments;
use super::calls::CallFailed;
use super::chase::stored;
use crate::channel::wechat_pay::{BillLine, Class, TradeState, read_bill};
use crate::county::CaseNumber;
use crate::office::{Office, beijing};
use crate::shop::{Fen, Order};
use crate::store::pay_records::{Payback, Payment, PaymentState};
use crate::store::{Changes, StoreError, keys, list_by_index, load};

/// The bill of yesterday is there from ten o'clock on.
const HOUR: i8 = 10;
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// WeChat keeps its bills for three months; who was away longer than this looks at its pages.
const DAYS_BACK: i64 = 30;
const PAGE: usize = 500;
/// What was paid so shortly before midnight may stand in the next day's bill.
const LAST_MINUTES: i64 = 30;
const PROGRESS: &str = "bill";

impl Office {
    /// Once a day, and for each day on which nobody was here. Says how many lines did not agree.
    pub(in crate::office) async fn compare_bill(&self) -> Result<usize, StoreError> {
        let Some(payments) = &self.payments else { return Ok(0) };
        let now = self.clock.now();
        let local = beijing::civil(now);
        let yesterday = local.date().saturating_sub(1.day());
        let mut billed = payments.billed.lock().await;
        if local.hour() < HOUR || billed.0 == Some(yesterday) || now < billed.1 {
            return Ok(0);
        }
        billed.1 = now + AGAIN_AFTER;
        let mut wrong = 0;
        loop {
            let before = self.progress(PROGRESS).await?;
            let last = before.as_ref().and_then(|before| before.done.parse().ok());
            let Some(day) = next_bill(last, yesterday) else { break };
            match self.compare_bill_of(payments, day).await? {
                Some(lines) => wrong += lines,
                None => return Ok(wrong),
            }
            self.note_progress(PROGRESS, before.as_ref(), day.to_string()).await?;
        }
        billed.0 = Some(yesterday);
        Ok(wrong)
    }

    /// `None`: it can not be had or not be read now.
    async fn compare_bill_of(
        &self,
        payments: &Payments,
        day: Date,
    ) -> Result<Option<usize>, StoreError> {
        let table = match payments.trade_bill(day).await {
            Ok(table) => table,
            // Nothing was paid on that day.
            Err(CallFailed::Refused(error)) if error.class == Class::Missing => Vec::new(),
            Err(failed) => {
                self.note_failed("账单", &day.to_string(), &failed);
                return Ok(None);
            }
        };
        let lines = match table.as_slice() {
            [] => Some(Vec::new()),
            table => read_bill(table),
        };
        let Some(lines) = lines else {
            self.alarm("微信支付的账单看不懂，格式可能变了；请告诉开发的人。");
            return Ok(None);
        };
        let (mut caught, mut wrong) = (0, Vec::new());
        for line in &lines {
            match self.compare_line(payments, line).await? {
                Compared::Agrees => {}
                Compared::Caught => caught += 1,
                Compared::Wrong(why) => wrong.push(why),
                Compared::NotNow => return Ok(None),
            }
        }
        let missing = self.in_no_bill(day).await?;
        wrong.extend(missing.iter().map(Missing::said));
        if !wrong.is_empty() {
            let what = wrong.join("\n");
            self.open_pay_task(&format!("bill-{day}"), "微信支付的账单和订单对不上", &what).await?;
        }
        // They are told once.
        for one in &missing {
            self.note_billed(one).await?;
        }
        Ok(Some(caught + wrong.len()))
    }

    async fn compare_line(
        &self,
        payments: &Payments,
        line: &BillLine,
    ) -> Result<Compared, StoreError> {
        // Others may sell under the same merchant's number.
        let Some((number, attempt)) = Payment::parts(&line.trade_no) else {
            return Ok(Compared::Agrees);
        };
        let known = self.order_knows(number, line).await?;
        match &line.refund {
            _ if known => {}
            Some((no, amount)) => {
                let why = format!("账单里{no}退了{}，订单里没有。", Fen(*amount));
                return Ok(Compared::Wrong(why));
            }
            None if !self.catch_up(payments, line, number, attempt).await? => {
                return Ok(Compared::NotNow);
            }
            None if !self.order_knows(number, line).await? => {
                let why = format!("账单里{}付了{}，订单里没有。", line.trade_no, Fen(line.paid));
                return Ok(Compared::Wrong(why));
            }
            None => tracing::warn!(line.trade_no, "a payment was only found in the bill"),
        }
        self.note_billed(&match &line.refund {
            Some((no, amount)) => Missing::Payback { no: no.clone(), amount: Fen(*amount) },
            None => Missing::Payment { order: number.to_owned(), attempt, amount: Fen(line.paid) },
        })
        .await?;
        Ok(if known { Compared::Agrees } else { Compared::Caught })
    }

    async fn order_knows(&self, number: &str, line: &BillLine) -> Result<bool, StoreError> {
        let order = load::<Order>(&*self.store, keys::order(number)).await?;
        Ok(order.is_some_and(|order| is_in(&order.record, line)))
    }

    /// WeChat is asked for a payment of the bill, and what it says is taken, as if it had been
    /// told in time. False: it does not answer now.
    async fn catch_up(
        &self,
        payments: &Payments,
        line: &BillLine,
        number: &str,
        attempt: u32,
    ) -> Result<bool, StoreError> {
        let trade = match payments.query(&line.trade_no).await {
            Ok(trade) => trade,
            Err(CallFailed::Refused(error)) if error.class == Class::Missing => return Ok(true),
            Err(failed) => {
                self.note_failed("查单", &line.trade_no, &failed);
                return Ok(false);
            }
        };
        let same = trade.trade_no == line.trade_no && trade.transaction == line.transaction;
        if !same || trade.state != TradeState::Paid || trade.total != Some(line.paid) {
            return Ok(true);
        }
        let known = load::<Payment>(&*self.store, keys::payment(number, attempt)).await?;
        let order = load::<Order>(&*self.store, keys::order(number)).await?;
        if known.is_none() && order.is_some() {
            self.write_lost_payment(number, attempt, Fen(line.paid)).await?;
        }
        stored(self.take_trade(&trade).await.map(|()| true))?;
        Ok(true)
    }

    /// What a copy of the store did not hold that was brought back.
    async fn write_lost_payment(
        &self,
        order: &str,
        attempt: u32,
        amount: Fen,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut changes = Changes::default();
        changes.create(&Payment {
            order: order.to_owned(),
            attempt,
            amount,
            payer: String::new(),
            prepay_id: None,
            made_at: now,
            expires_at: now,
            state: PaymentState::Open,
            asked: 0,
            asked_at: now,
            next_at: now,
            paid_at: None,
            billed: false,
        })?;
        match self.store.commit(changes.into_batch()).await {
            Err(StoreError::Conflict(_)) => Ok(()),
            other => other,
        }
    }

    /// What was paid and given back until that day, and stood in no bill.
    async fn in_no_bill(&self, day: Date) -> Result<Vec<Missing>, StoreError> {
        let until = SignedDuration::from_mins(24 * 60 - LAST_MINUTES);
        let until = beijing::instant(day.at(0, 0, 0, 0)) + until;
        let paid = keys::payments_unbilled(until);
        let paid = list_by_index::<Payment>(&*self.store, paid, PAGE).await?;
        let back = keys::paybacks_unbilled(until);
        let back = list_by_index::<Payback>(&*self.store, back, PAGE).await?;
        let paid = paid.into_iter().map(|(_, payment)| {
            let Payment { order, attempt, amount, .. } = payment.record;
            Missing::Payment { order, attempt, amount }
        });
        let back = back.into_iter().map(|(_, payback)| {
            let Payback { no, amount, .. } = payback.record;
            Missing::Payback { no, amount }
        });
        Ok(paid.chain(back).collect())
    }

    async fn note_billed(&self, one: &Missing) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        match one {
            Missing::Payment { order, attempt, .. } => {
                let key = keys::payment(order, *attempt);
                let Some(before) = load::<Payment>(&*self.store, key).await? else { return Ok(()) };
                if before.record.billed {
                    return Ok(());
                }
                changes.replace(&before, &Payment { billed: true, ..before.record.clone() })?;
            }
            Missing::Payback { no, .. } => {
                let key = keys::payback(no);
                let Some(before) = load::<Payback>(&*self.store, key).await? else { return Ok(()) };
                if before.record.billed {
                    return Ok(());
                }
                changes.replace(&before, &Payback { billed: true, ..before.record.clone() })?;
            }
        }
        match self.store.commit(changes.into_batch()).await {
            // It is looked for in the next bill, and told then at the latest.
            Err(StoreError::Conflict(_)) => Ok(()),
            other => other,
        }
    }
}

/// A line of the bill, held against an order.
enum Compared {
    Agrees,
    /// It was not known, and was taken.
    Caught,
    Wrong(String),
    /// It can not be said before WeChat answers.
    NotNow,
}

/// A payment or a refund of ours.
enum Missing {
    Payment { order: String, attempt: u32, amount: Fen },
    Payback { no: String, amount: Fen },
}

impl Missing {
    fn said(&self) -> String {
        match self {
            Missing::Payment { order, amount, .. } => {
                let number = CaseNumber::from_digits(order);
                let number = number.map_or_else(|| order.clone(), |number| number.to_string());
                format!("订单{number}记着付了{amount}，账单里没有。")
            }
            Missing::Payback { no, amount } => {
                format!("退款单{no}记着退了{amount}，账单里没有。")
            }
        }
    }
}

/// The day after the last one that was compared; without one, yesterday.
fn next_bill(last: Option<Date>, yesterday: Date) -> Option<Date> {
    let first = yesterday.saturating_sub(DAYS_BACK.days());
    let day = last.map_or(yesterday, |last| last.saturating_add(1.day()).max(first));
    (day <= yesterday).then_some(day)
}

fn is_in(order: &Order, line: &BillLine) -> bool {
    match &line.refund {
        None => {
            let mut known = order.transactions.iter();
            known.any(|one| one.id == line.transaction && one.amount.0 == line.paid)
        }
        Some((no, amount)) => {
            let mut known = order.refunds.iter();
            known.any(|one| {
                one.no == *no && one.amount.0 == *amount && one.transaction == line.transaction
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_its_bill_and_a_month_is_caught_up() {
        let day = |text: &str| text.parse::<Date>().expect("a day");
        let yesterday = day("2026-11-24");
        for (last, expect) in [
            (None, Some("2026-11-24")),
            (Some("2026-11-24"), None),
            (Some("2026-11-25"), None),
            (Some("2026-11-23"), Some("2026-11-24")),
            (Some("2026-11-20"), Some("2026-11-21")),
            (Some("2026-08-01"), Some("2026-10-25")),
        ] {
            assert_eq!(next_bill(last.map(day), yesterday), expect.map(day), "{last:?}");
        }
    }
}
