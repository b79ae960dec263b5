//! Payments by WeChat under way, and money that goes back. What was paid stands in the orders;
//! here is what has to be asked for, and when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};
use crate::shop::Fen;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// She may pay it, or has and we were not told.
    Open,
    Paid,
    /// Nobody can pay it any more.
    Closed,
}

/// One attempt to pay an order. On disk before WeChat is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// As digits.
    pub order: String,
    /// From 1.
    pub attempt: u32,
    pub amount: Fen,
    /// The hash of who pays: another one is another attempt.
    pub payer: String,
    pub prepay_id: Option<String>,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    pub state: PaymentState,
    /// How often it was asked what became of it, and when last.
    pub asked: u32,
    pub asked_at: Timestamp,
    /// When it is asked again.
    pub next_at: Timestamp,
    /// When we learned that it was paid.
    #[serde(default)]
    pub paid_at: Option<Timestamp>,
    /// It stands in a bill, or somebody was told that it stands in none.
    #[serde(default)]
    pub billed: bool,
}

impl Payment {
    /// Nobody has to ask for it any more.
    pub fn end(&mut self, state: PaymentState, now: Timestamp) {
        self.state = state;
        if state == PaymentState::Paid {
            self.paid_at = Some(now);
        }
    }

    /// Our number for it at WeChat Pay.
    pub fn trade_no(&self) -> String {
        format!("{}P{}", self.order, self.attempt)
    }

    /// The order and attempt of a number.
    pub fn parts(trade_no: &str) -> Option<(&str, u32)> {
        let (order, attempt) = trade_no.split_once('P')?;
        Some((order, attempt.parse().ok()?))
    }
}

impl Record for Payment {
    const KIND: &'static str = "payment";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::payment(&self.order, self.attempt)
    }

    fn indexes(&self) -> Vec<Key> {
        match self.state {
            PaymentState::Open => vec![keys::payment_due(self.next_at, &self.trade_no())],
            PaymentState::Paid if !self.billed => {
                let paid = self.paid_at.into_iter();
                paid.map(|at| keys::payment_unbilled(at, &self.trade_no())).collect()
            }
            PaymentState::Paid | PaymentState::Closed => Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaybackState {
    /// WeChat is to be asked for it, or was asked and did not answer.
    Due,
    /// WeChat works on it.
    Asked,
    Done,
    /// WeChat has given it up: a task says so.
    Failed,
}

/// A refund of an order that goes back by WeChat. Made in the commit that promises it; its
/// number is the order's own, so that asking twice gives it once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payback {
    pub no: String,
    /// As digits.
    pub order: String,
    /// WeChat's own id of the payment.
    pub transaction: String,
    pub amount: Fen,
    /// Of the payment.
    pub total: Fen,
    pub reason: String,
    pub made_at: Timestamp,
    pub state: PaybackState,
    pub asked: u32,
    pub next_at: Timestamp,
    /// When WeChat took it up.
    #[serde(default)]
    pub accepted_at: Option<Timestamp>,
    /// As of a payment.
    #[serde(default)]
    pub billed: bool,
}

impl Record for Payback {
    const KIND: &'static str = "payback";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::payback(&self.no)
    }

    fn indexes(&self) -> Vec<Key> {
        let due = matches!(self.state, PaybackState::Due | PaybackState::Asked);
        let due = due.then(|| keys::payback_due(self.next_at, &self.no));
        let accepted = self.accepted_at.filter(|_| !self.billed);
        due.into_iter().chain(accepted.map(|at| keys::payback_unbilled(at, &self.no))).collect()
    }
}
