//! Each forenoon the platform's bill of the day before is held against the orders: every payment
//! and refund, both ways. What does not agree becomes one task.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use super::calls::CallFailed;
use crate::channel::wechat_pay::{BillLine, Class, read_bill};
use crate::office::{Office, beijing};
use crate::shop::{Fen, Order};
use crate::store::pay_records::Payment;
use crate::store::{StoreError, keys, list_by_index, load};

/// The bill of yesterday is there from ten o'clock on.
const HOUR: i8 = 10;
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
const PAGE: usize = 500;
/// An order is paid within half an hour; who pays after midnight is in the next day's bill.
const LAST_MINUTES: i64 = 30;

impl Office {
    /// Once a day. Says how many lines do not agree.
    pub(in crate::office) async fn compare_bill(&self) -> Result<usize, StoreError> {
        let Some(payments) = &self.payments else { return Ok(0) };
        let now = self.clock.now();
        let local = beijing::civil(now);
        let day = local.date().saturating_sub(1.day());
        let mut billed = payments.billed.lock().await;
        if local.hour() < HOUR || billed.0 == Some(day) || now < billed.1 {
            return Ok(0);
        }
        billed.1 = now + AGAIN_AFTER;
        let table = match payments.trade_bill(day).await {
            Ok(table) => table,
            // Nothing was paid on that day.
            Err(CallFailed::Refused(error)) if error.class == Class::Missing => Vec::new(),
            Err(failed) => {
                self.note_failed("账单", &day.to_string(), &failed);
                return Ok(0);
            }
        };
        let lines = match table.as_slice() {
            [] => Some(Vec::new()),
            table => read_bill(table),
        };
        let Some(lines) = lines else {
            self.alarm("微信支付的账单看不懂，格式可能变了；请告诉开发的人。");
            return Ok(0);
        };
        let wrong = self.not_in_both(&lines, day).await?;
        if !wrong.is_empty() {
            let what = wrong.join("\n");
            self.open_pay_task(&format!("bill-{day}"), "微信支付的账单和订单对不上", &what).await?;
        }
        billed.0 = Some(day);
        Ok(wrong.len())
    }

    async fn not_in_both(&self, lines: &[BillLine], day: Date) -> Result<Vec<String>, StoreError> {
        let mut wrong = Vec::new();
        let mut billed = BTreeSet::new();
        for line in lines {
            // Others may sell under the same merchant's number.
            let Some((number, _)) = Payment::parts(&line.trade_no) else { continue };
            billed.insert(line.transaction.as_str());
            let order = load::<Order>(&*self.store, keys::order(number)).await?;
            let known = order.as_ref().is_some_and(|order| is_in(&order.record, line));
            if !known {
                wrong.push(match &line.refund {
                    None => format!("账单里{}付了{}，订单里没有。", line.trade_no, Fen(line.paid)),
                    Some((no, amount)) => format!("账单里{no}退了{}，订单里没有。", Fen(*amount)),
                });
            }
        }
        let midnight = beijing::instant(day.at(0, 0, 0, 0));
        let until = midnight + SignedDuration::from_mins(24 * 60 - LAST_MINUTES);
        let mut range = keys::orders_placed(midnight, until);
        loop {
            let page = list_by_index::<Order>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(wrong) };
            range = keys::after(&range, last);
            for (_, order) in &page {
                let order = &order.record;
                let by_wechat = order.transactions.iter().filter(|one| !one.in_cash());
                for payment in by_wechat.filter(|one| !billed.contains(one.id.as_str())) {
                    let (number, amount) = (order.number, payment.amount);
                    wrong.push(format!("订单{number}记着付了{amount}，账单里没有。"));
                }
            }
        }
    }
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
