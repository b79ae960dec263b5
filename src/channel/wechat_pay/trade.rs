//! Payments and refunds as the platform describes them.

use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeState {
    /// The money came; some of it may have gone back since.
    Paid,
    /// It may still come.
    Waiting,
    /// Nobody can pay it any more.
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    pub appid: String,
    pub mchid: String,
    /// Our number.
    pub trade_no: String,
    /// Theirs; empty before it was paid.
    pub transaction: String,
    pub state: TradeState,
    /// In fen, of the whole order: coupons of the platform are not taken off.
    pub total: Option<i64>,
    pub currency: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    Done,
    Processing,
    /// The platform has given it up: somebody has to look at the merchant's page.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// Our number.
    pub no: String,
    pub transaction: String,
    pub state: RefundState,
    pub amount: Option<i64>,
}

#[derive(Deserialize)]
struct RawTrade {
    #[serde(default)]
    appid: String,
    #[serde(default)]
    mchid: String,
    out_trade_no: String,
    #[serde(default)]
    transaction_id: String,
    trade_state: String,
    amount: Option<RawAmount>,
}

#[derive(Deserialize)]
struct RawRefund {
    out_refund_no: String,
    #[serde(default)]
    transaction_id: String,
    /// In answers.
    status: Option<String>,
    /// In notifications.
    refund_status: Option<String>,
    amount: Option<RawAmount>,
}

#[derive(Deserialize)]
struct RawAmount {
    total: Option<i64>,
    refund: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
}

/// `None`: it is not what the documentation says.
pub fn read_trade(json: &[u8]) -> Option<Trade> {
    let raw: RawTrade = serde_json::from_slice(json).ok()?;
    let state = match raw.trade_state.as_str() {
        "SUCCESS" | "REFUND" => TradeState::Paid,
        "NOTPAY" | "USERPAYING" | "PAYERROR" => TradeState::Waiting,
        "CLOSED" | "REVOKED" => TradeState::Closed,
        _ => return None,
    };
    if state == TradeState::Paid && raw.transaction_id.is_empty() {
        return None;
    }
    let currency = raw.amount.as_ref().and_then(|amount| amount.currency.clone());
    Some(Trade {
        appid: raw.appid,
        mchid: raw.mchid,
        trade_no: raw.out_trade_no,
        transaction: raw.transaction_id,
        state,
        total: raw.amount.and_then(|amount| amount.total),
        currency: currency.unwrap_or_else(|| "CNY".to_owned()),
    })
}

pub fn read_refund(json: &[u8]) -> Option<Refunded> {
    let raw: RawRefund = serde_json::from_slice(json).ok()?;
    let state = match raw.status.or(raw.refund_status)?.as_str() {
        "SUCCESS" => RefundState::Done,
        "PROCESSING" => RefundState::Processing,
        "ABNORMAL" | "CLOSED" => RefundState::Failed,
        _ => return None,
    };
    Some(Refunded {
        no: raw.out_refund_no,
        transaction: raw.transaction_id,
        state,
        amount: raw.amount.and_then(|amount| amount.refund),
    })
}

/// Of the answer to `prepay`.
pub fn prepay_id(json: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Raw {
        prepay_id: String,
    }
    let raw: Raw = serde_json::from_slice(json).ok()?;
    Some(raw.prepay_id).filter(|id| !id.is_empty())
}
