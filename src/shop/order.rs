//! An order as it stands: the fold of its events.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::event::{Actor, Change, Draft, Line, OrderEvent};
use super::money::{Fen, Milli};
use super::remedy::{Remedy, RemedyState};
use super::state::{Fulfil, PaidBy, PayMethod, PayState, State, Step, transition};
use super::stock::{MoveKind, Place};
use crate::county::CaseNumber;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub number: CaseNumber,
    pub key: String,
    pub siblings: Vec<CaseNumber>,
    pub person: String,
    pub name: String,
    pub phone: String,
    pub placed_by: Actor,
    pub channel: String,
    pub merchant: String,
    pub merchant_name: String,
    pub village: String,
    pub village_name: String,
    pub fulfil: Fulfil,
    pub address: String,
    pub note: String,
    pub lines: Vec<Line>,
    pub deliver_on: Date,
    pub state: State,
    pub placed_at: Timestamp,
    pub confirm_by: Timestamp,
    pub nudged: bool,
    /// What it weighed, where she was asked whether that is fine.
    pub weights: Option<Vec<Milli>>,
    pub run: String,
    pub arrived_at: Option<Timestamp>,
    pub reminders: u8,
    pub code: Option<String>,
    pub wrong_codes: u8,
    pub locked_until: Option<Timestamp>,
    pub handed_at: Option<Timestamp>,
    #[serde(default)]
    pub returned_at: Option<Timestamp>,
    pub reason: String,
    pub pay: PayMethod,
    pub paid: Fen,
    pub transactions: Vec<Transaction>,
    pub refunds: Vec<Refund>,
    /// What was to be changed or mended after the sale, the oldest first.
    #[serde(default)]
    pub remedies: Vec<Remedy>,
    pub complaints: Vec<String>,
    /// What the merchant said to them.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// What a person has to look at.
    pub flags: Vec<String>,
    /// So many of them, the oldest, somebody has looked at.
    #[serde(default)]
    pub flags_seen: usize,
    pub updated_at: Timestamp,
    /// The number of events.
    pub revision: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Number of the case that is the complaint.
    pub case: String,
    pub at: Timestamp,
    pub by: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    pub id: String,
    pub amount: Fen,
}

impl Transaction {
    pub fn paid_by(&self) -> PaidBy {
        PaidBy::of(&self.id)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub no: String,
    pub amount: Fen,
    pub reason: String,
    pub done: bool,
    /// The payment of which it goes back.
    #[serde(default)]
    pub transaction: String,
}

impl Refund {
    /// As the payment came of which it is.
    pub fn paid_by(&self) -> PaidBy {
        PaidBy::of(&self.transaction)
    }

    /// Not given back yet, and somebody at a counter has to.
    pub fn waits_in_cash(&self) -> bool {
        !self.done && self.paid_by() == PaidBy::Cash
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    #[error("there are no events: an order begins with `placed`")]
    Empty,
    #[error("event {revision} is `{}`, which may not follow {}", .step.id(), .from.map_or("nothing", State::id))]
    Illegal { revision: u32, from: Option<State>, step: Step },
    #[error("event {revision} is about {found} lines, the order has {lines}")]
    Lines { revision: u32, lines: usize, found: usize },
}

/// What an event does to a stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockStep {
    pub stock: String,
    pub kind: MoveKind,
    pub quantity: Milli,
}

/// The order that these events make, the oldest first.
pub fn fold(events: &[OrderEvent]) -> Result<Order, FoldError> {
    let (first, rest) = events.split_first().ok_or(FoldError::Empty)?;
    let mut order = Order::place(first)?;
    for event in rest {
        order.apply(event)?;
    }
    Ok(order)
}

impl Order {
    /// The order that its first event makes.
    pub fn place(event: &OrderEvent) -> Result<Self, FoldError> {
        let Change::Placed { draft, confirm_by } = &event.change else {
            return Err(FoldError::Illegal { revision: 1, from: None, step: event.change.step() });
        };
        let Draft {
            number,
            key,
            siblings,
            person,
            name,
            phone,
            merchant,
            merchant_name,
            village,
            village_name,
            fulfil,
            address,
            pay,
            lines,
            deliver_on,
            note,
            channel,
        } = (**draft).clone();
        Ok(Self {
            number,
            key,
            siblings,
            person,
            name,
            phone,
            placed_by: event.by.clone(),
            channel,
            merchant,
            merchant_name,
            village,
            village_name,
            fulfil,
            address,
            note,
            lines,
            deliver_on,
            state: State::Placed,
            placed_at: event.at,
            confirm_by: *confirm_by,
            nudged: false,
            weights: None,
            run: String::new(),
            arrived_at: None,
            reminders: 0,
            code: None,
            wrong_codes: 0,
            locked_until: None,
            handed_at: None,
            returned_at: None,
            reason: String::new(),
            pay,
            paid: Fen::ZERO,
            transactions: Vec::new(),
            refunds: Vec::new(),
            remedies: Vec::new(),
            complaints: Vec::new(),
            answers: Vec::new(),
            flags: Vec::new(),
            flags_seen: 0,
            updated_at: event.at,
            revision: 1,
        })
    }

    /// Takes the next event. On an error nothing is changed.
    pub fn apply(&mut self, event: &OrderEvent) -> Result<(), FoldError> {
        let (revision, from, step) = (self.revision + 1, self.state, event.change.step());
        let row = transition(Some(from), step);
        let row = row.ok_or(FoldError::Illegal { revision, from: Some(from), step })?;
        match &event.change {
            // No row leads here from a state: `transition` has refused it.
            Change::Placed { .. } => {}
            Change::Confirmed { quantities, .. } | Change::Packed { quantities } => {
                self.set_quantities(quantities, revision)?;
                self.weights = None;
            }
            Change::WeightAsked { weights } => self.weights = Some(weights.clone()),
            Change::Refused { reason }
            | Change::Cancelled { reason }
            | Change::ReturnDeclined { reason } => self.reason = reason.clone(),
            Change::ReturnAsked { reason } => {
                self.reason = reason.clone();
                self.set_remedy(RemedyState::Dropped);
            }
            Change::Sent { run } => self.run = run.clone(),
            Change::Arrived { code } => {
                self.arrived_at = Some(event.at);
                self.code = Some(code.clone());
            }
            Change::Nudged => self.nudged = true,
            Change::Reminded => self.reminders = self.reminders.saturating_add(1),
            Change::WrongCode { locked_until } => {
                self.locked_until = *locked_until;
                self.wrong_codes = match locked_until {
                    Some(_) => 0,
                    None => self.wrong_codes.saturating_add(1),
                };
            }
            Change::Collected { .. } | Change::Delivered => self.handed_at = Some(event.at),
            Change::ReturnTaken { .. } => self.returned_at = Some(event.at),
            Change::Completed => {}
            Change::Paid { amount, transaction } => {
                self.paid = Fen(self.paid.0.saturating_add(amount.0));
                self.transactions.push(Transaction { id: transaction.clone(), amount: *amount });
            }
            Change::RefundDue { no, amount, reason, transaction } => {
                let last = || self.transactions.last().map(|last| last.id.clone());
                let known = Some(transaction.clone()).filter(|id| !id.is_empty());
                self.refunds.push(Refund {
                    no: no.clone(),
                    amount: *amount,
                    reason: reason.clone(),
                    done: false,
                    transaction: known.or_else(last).unwrap_or_default(),
                });
            }
            Change::Refunded { no } => {
                self.refunds.iter_mut().filter(|refund| refund.no == *no).for_each(|refund| {
                    refund.done = true;
                });
            }
            Change::RemedyAsked { kind, line, reason } => self.remedies.push(Remedy {
                kind: *kind,
                line: *line,
                reason: reason.clone(),
                asked_at: event.at,
                state: RemedyState::Asked,
            }),
            Change::RemedyTaken => self.set_remedy(RemedyState::Taken),
            Change::RemedyDone { .. } => self.set_remedy(RemedyState::Done),
            Change::RemedyDeclined { .. } => self.set_remedy(RemedyState::Declined),
            Change::Complained { case } => self.complaints.push(case.clone()),
            Change::ComplaintAnswered { case, text } => self.answers.push(Answer {
                case: case.clone(),
                at: event.at,
                by: event.by.shown().to_owned(),
                text: text.clone(),
            }),
            Change::Flagged { reason } => self.flags.push(reason.clone()),
            Change::Looked { .. } => self.flags_seen = self.flags.len(),
        }
        self.state = row.to.unwrap_or(from);
        self.updated_at = event.at;
        self.revision = revision;
        Ok(())
    }

    fn set_quantities(&mut self, quantities: &[Milli], revision: u32) -> Result<(), FoldError> {
        if quantities.len() != self.lines.len() {
            let (lines, found) = (self.lines.len(), quantities.len());
            return Err(FoldError::Lines { revision, lines, found });
        }
        for (line, quantity) in self.lines.iter_mut().zip(quantities) {
            line.quantity = *quantity;
        }
        Ok(())
    }

    /// What nobody has looked at yet.
    pub fn unseen_flags(&self) -> &[String] {
        self.flags.get(self.flags_seen..).unwrap_or_default()
    }

    /// What the merchant said to a complaint.
    pub fn answer_to(&self, case: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.case == case)
    }

    /// The oldest complaint to which it has said nothing.
    pub fn unanswered(&self) -> Option<&String> {
        self.complaints.iter().find(|case| self.answer_to(case).is_none())
    }

    /// What its goods cost as they are now.
    pub fn total(&self) -> Fen {
        self.lines.iter().fold(Fen::ZERO, |sum, line| sum.plus(line.amount()).unwrap_or(Fen::MAX))
    }

    /// What she has to have paid in the end.
    pub fn payable(&self) -> Fen {
        match self.state {
            State::Refused | State::Cancelled | State::Returned => Fen::ZERO,
            _ => self.total(),
        }
    }

    /// What she has still to pay: what goes back to her was not kept.
    pub fn owed(&self) -> Fen {
        self.payable().minus(self.kept()).max(Fen::ZERO)
    }

    /// Of it, what is taken when the goods change hands.
    pub fn cash_due(&self) -> Fen {
        if self.pay == PayMethod::Account { Fen::ZERO } else { self.owed() }
    }

    /// What was paid, refunds that were promised taken off.
    pub fn kept(&self) -> Fen {
        self.paid.minus(self.refunding())
    }

    /// Refunds that were promised, done or not.
    pub fn refunding(&self) -> Fen {
        Fen(self.refunds.iter().map(|refund| refund.amount.0).sum())
    }

    /// What was taken in cash, at the counter or at the door.
    pub fn in_cash(&self) -> Fen {
        let cash = self.transactions.iter().filter(|one| one.paid_by() == PaidBy::Cash);
        Fen(cash.map(|one| one.amount.0).sum())
    }

    /// What is left of a payment, refunds that were promised taken off.
    pub fn left_of(&self, transaction: &Transaction) -> Fen {
        let of_it = self.refunds.iter().filter(|refund| refund.transaction == transaction.id);
        Fen(transaction.amount.0 - of_it.map(|refund| refund.amount.0).sum::<i64>())
    }

    pub fn pay_state(&self) -> PayState {
        let back: i64 = self.refunds.iter().filter(|r| r.done).map(|r| r.amount.0).sum();
        if self.paid == Fen::ZERO {
            match (self.state, self.pay) {
                (State::Refused | State::Cancelled | State::Returned, _) => PayState::Void,
                (_, PayMethod::Wechat) => PayState::Awaiting,
                (_, PayMethod::Account) => PayState::Transfer,
                _ => PayState::Due,
            }
        } else if back == 0 {
            PayState::Paid
        } else if back >= self.paid.0 {
            PayState::Refunded
        } else {
            PayState::PartlyRefunded
        }
    }

    /// `尿素 40kg×2袋、洗衣液×1瓶`
    pub fn goods(&self) -> String {
        self.goods_with(|_| String::new())
    }

    /// For who packs and hands out: `尿素 40kg×2袋（从县中心出）、洗衣液×1瓶`
    pub fn goods_from(&self) -> String {
        self.goods_with(|line| match line.place() {
            Place::Merchant => String::new(),
            _ => format!("（从{}出）", self.place_of(line)),
        })
    }

    fn goods_with(&self, more: impl Fn(&Line) -> String) -> String {
        let lines = self.lines.iter().filter(|line| line.quantity > Milli::ZERO);
        let said = |line: &Line| {
            let Line { title, quantity, unit, .. } = line;
            format!("{title}×{quantity}{unit}{}", more(line))
        };
        lines.map(said).collect::<Vec<_>>().join("、")
    }

    /// Where a line is taken from, in words; of the shops it can only be her village's.
    pub fn place_of(&self, line: &Line) -> String {
        line.place().word(|_| format!("{}店", self.village_name))
    }

    /// Some of it lies in her village's shop, and need not be brought.
    pub fn lies_in_shop(&self) -> bool {
        let there =
            |line: &Line| line.quantity > Milli::ZERO && matches!(line.place(), Place::Shop(_));
        self.lines.iter().any(there)
    }

    pub fn packages(&self) -> i64 {
        self.lines.iter().map(Line::packages).sum()
    }

    /// What `change` does to the stocks, with the order as it is before it. Each goods goes
    /// through it once: set aside, then given back or sold.
    pub fn stock_steps(&self, change: &Change) -> Vec<StockStep> {
        let each = |kind: MoveKind| {
            self.lines
                .iter()
                .filter(|line| line.quantity > Milli::ZERO)
                .filter_map(move |line| {
                    Some(StockStep { stock: line.stock.clone()?, kind, quantity: line.quantity })
                })
                .collect()
        };
        match change {
            Change::Refused { .. } => each(MoveKind::Release),
            Change::Cancelled { .. } if self.state.holds_stock() => each(MoveKind::Release),
            Change::Collected { .. } | Change::Delivered => each(MoveKind::Sale),
            Change::ReturnTaken { fit: true } => each(MoveKind::Return),
            Change::RemedyDone { quantity, fit } => self.remedy_steps(*quantity, *fit),
            Change::Confirmed { quantities, .. } | Change::Packed { quantities } => self
                .lines
                .iter()
                .zip(quantities)
                .filter_map(|(line, now)| {
                    let more = now.minus(line.quantity);
                    let (kind, quantity) = match more.0 {
                        0 => return None,
                        less if less < 0 => (MoveKind::Release, Milli(-less)),
                        _ => (MoveKind::Reserve, more),
                    };
                    Some(StockStep { stock: line.stock.clone()?, kind, quantity })
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// What placing it sets aside, summed for each stock, in the order of their names.
pub fn reservations(lines: &[Line]) -> Vec<StockStep> {
    let mut sums = std::collections::BTreeMap::<&str, i64>::new();
    for line in lines {
        if let Some(stock) = &line.stock {
            let sum = sums.entry(stock).or_default();
            *sum = sum.saturating_add(line.quantity.0);
        }
    }
    let step = |(stock, sum): (&str, i64)| StockStep {
        stock: stock.to_owned(),
        kind: MoveKind::Reserve,
        quantity: Milli(sum),
    };
    sums.into_iter().map(step).collect()
}
