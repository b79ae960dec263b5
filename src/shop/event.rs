//! What happened to an order. Events are only ever added, so old ones must always load: fields
//! may be added with a default, never renamed or taken away.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::article::Returns;
use super::money::{Fen, Milli};
use super::remedy::RemedyKind;
use super::state::{Fulfil, Party, PayMethod};
use super::stock::Place;
use crate::county::{CaseNumber, words};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderEvent {
    pub at: Timestamp,
    pub by: Actor,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// By the id of the person record, never by a channel address.
    Buyer {
        person: String,
    },
    Merchant {
        id: String,
        /// Who answered for it.
        name: String,
    },
    Staff {
        name: String,
    },
    System,
}

impl Actor {
    pub fn party(&self) -> Party {
        match self {
            Actor::Buyer { .. } => Party::Buyer,
            Actor::Merchant { .. } => Party::Merchant,
            Actor::Staff { .. } => Party::Staff,
            Actor::System => Party::System,
        }
    }

    /// For ledgers and timelines.
    pub fn shown(&self) -> &str {
        match self {
            Actor::Buyer { .. } => "村民",
            Actor::Merchant { name, .. } | Actor::Staff { name } => name,
            Actor::System => "系统",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    Placed {
        draft: Box<Draft>,
        /// By when the merchant must have answered.
        confirm_by: Timestamp,
    },
    /// `quantities`: what it will deliver of each line, in order; zero for what it has not.
    Confirmed {
        quantities: Vec<Milli>,
        in_part: bool,
    },
    Refused {
        reason: String,
    },
    WeightAsked {
        weights: Vec<Milli>,
    },
    /// `quantities`: what is really in the packages, in order of the lines.
    Packed {
        quantities: Vec<Milli>,
    },
    Sent {
        /// Which vehicle or driver.
        run: String,
    },
    Arrived {
        /// Four digits.
        code: String,
    },
    Nudged,
    Reminded,
    WrongCode {
        locked_until: Option<Timestamp>,
    },
    Collected {
        how: Handed,
    },
    Delivered,
    Completed,
    Cancelled {
        reason: String,
    },
    ReturnAsked {
        reason: String,
    },
    /// `fit`: the goods can be sold again.
    ReturnTaken {
        fit: bool,
    },
    ReturnDeclined {
        reason: String,
    },
    Paid {
        amount: Fen,
        /// WeChat Pay's own id, or `cash-<order>`.
        transaction: String,
    },
    RefundDue {
        /// Ours, unique: a refund is asked for once.
        no: String,
        amount: Fen,
        reason: String,
        /// The payment of which it goes back, the way it came.
        #[serde(default)]
        transaction: String,
    },
    Refunded {
        no: String,
    },
    /// What she has is to be changed or mended; `line` from 0.
    RemedyAsked {
        kind: RemedyKind,
        line: usize,
        reason: String,
    },
    /// The shop or the merchant has it.
    RemedyTaken,
    /// `quantity`: how many were changed. `fit`: what came back can be sold again.
    RemedyDone {
        quantity: Milli,
        fit: bool,
    },
    RemedyDeclined {
        reason: String,
    },
    Complained {
        /// Number of the case that it became.
        case: String,
    },
    /// What the merchant says to it.
    ComplaintAnswered {
        case: String,
        text: String,
    },
    Flagged {
        reason: String,
    },
    /// Somebody has looked at all that was flagged, and says what came of it.
    Looked {
        note: String,
    },
}

words! {
    /// How it was known that it is hers.
    Handed {
        Code "code" "取货码",
        NameAndPhone "name_and_phone" "姓名和手机尾号",
    }
}

/// What an order begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Given by the caller, unused so far.
    pub number: CaseNumber,
    /// Of the confirmation that made it; orders of one cart share it.
    pub key: String,
    /// The other orders of the same cart.
    pub siblings: Vec<CaseNumber>,
    pub person: String,
    pub name: String,
    pub phone: String,
    pub merchant: String,
    pub merchant_name: String,
    /// 12 digits: the village whose shop hands it over, or where she lives.
    pub village: String,
    /// `毛庄镇毛庄村`
    pub village_name: String,
    pub fulfil: Fulfil,
    pub address: String,
    pub pay: PayMethod,
    pub lines: Vec<Line>,
    /// The day of the run that brings it.
    pub deliver_on: Date,
    pub note: String,
    /// `wechat`, `sms`, `desk`
    pub channel: String,
}

/// An article as it was when she ordered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub article: String,
    pub title: String,
    pub unit: String,
    pub price: Fen,
    /// What was ordered; after the merchant's answer what it will deliver; after packing what
    /// is in the package.
    pub quantity: Milli,
    /// As she ordered it.
    pub ordered: Milli,
    pub weighed: bool,
    pub returns: Returns,
    /// The stock that it comes from: an article or an offer cycle. `None`: made to order.
    pub stock: Option<String>,
}

impl Line {
    /// `尿素 40kg×2袋，210元`
    pub fn priced(&self) -> String {
        format!("{}×{}{}，{}", self.title, self.quantity, self.unit, self.amount())
    }

    pub fn amount(&self) -> Fen {
        self.price.times(self.quantity).unwrap_or(Fen::MAX)
    }

    /// Where it is taken from; what is made to order comes from its merchant.
    pub fn place(&self) -> Place {
        self.stock.as_deref().map_or(Place::Merchant, Place::of)
    }

    /// As a driver counts them: each started unit, and one for weighed goods. What lies in the
    /// village's shop is there.
    pub fn packages(&self) -> i64 {
        match self.quantity.0 {
            quantity if quantity <= 0 || matches!(self.place(), Place::Shop(_)) => 0,
            _ if self.weighed => 1,
            quantity => (quantity + 999) / 1_000,
        }
    }
}
