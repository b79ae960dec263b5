//! What follows from a command, or why not. Nothing is changed here: the caller stores the
//! events, folds them, and moves the stocks as they say.
//!
//! A command that asks for what is so already gives no events: a payment that is notified
//! twice, a flag that stands.

use jiff::{SignedDuration, Timestamp};

use super::article::Returns;
use super::event::{Actor, Change, Draft, Handed, OrderEvent};
use super::money::{Fen, Milli};
use super::order::Order;
use super::refusal::Refusal;
use super::remedy::{self, RemedyKind};
use super::state::{Fulfil, PaidBy, Party, PayState, State, Step, transition};
use crate::calendar::{Calendar, Limit, spoken};

pub const LINES_MAX: usize = 30;
/// Beyond this many events an order is only brought to its end.
pub const EVENTS_MAX: u32 = 300;
const TEXT_CHARS_MAX: usize = 500;
/// The merchant answers within 24 hours of office time.
const CONFIRM_LIMIT: Limit = Limit::WorkingMinutes(24 * 60);
/// Weighed goods may differ by this much without asking, in per cent.
pub const WEIGHT_TOLERANCE_PERCENT: i64 = 5;
/// A scale, a bag for another one: above this it is a slip.
const WEIGHT_FACTOR_MAX: i64 = 3;
pub const WRONG_CODES_MAX: u8 = 5;
pub const CODE_LOCK: SignedDuration = SignedDuration::from_mins(15);
pub const RETURN_DAYS: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Place(Box<Draft>),
    /// `None`: all of it. Otherwise what it will deliver of each line.
    Confirm {
        quantities: Option<Vec<Milli>>,
    },
    Refuse {
        reason: String,
    },
    /// `None`: as confirmed. Otherwise what the packages hold.
    Pack {
        weights: Option<Vec<Milli>>,
    },
    /// She takes it as it was weighed.
    AcceptWeight,
    Send {
        run: String,
    },
    Arrive {
        code: String,
    },
    Nudge,
    Remind,
    /// Somebody at the shop says this code.
    TryCode {
        code: String,
    },
    /// Somebody without a code: who she says she is.
    Release {
        name: String,
        phone_tail: String,
    },
    Deliver,
    Complete,
    Cancel {
        reason: String,
    },
    AskReturn {
        reason: String,
    },
    TakeReturn {
        fit: bool,
    },
    DeclineReturn {
        reason: String,
    },
    AskRemedy {
        kind: RemedyKind,
        line: usize,
        reason: String,
    },
    TakeRemedy,
    /// `None`: all of the line were changed.
    FinishRemedy {
        quantity: Option<Milli>,
        fit: bool,
    },
    DeclineRemedy {
        reason: String,
    },
    Pay {
        amount: Fen,
        transaction: String,
    },
    RefundDone {
        no: String,
    },
    Complain {
        case: String,
    },
    AnswerComplaint {
        case: String,
        text: String,
    },
    Flag {
        reason: String,
    },
    Look {
        note: String,
    },
}

impl Command {
    /// The step that it asks for.
    pub fn step(&self) -> Step {
        match self {
            Command::Place(_) => Step::Placed,
            Command::Confirm { .. } => Step::Confirmed,
            Command::Refuse { .. } => Step::Refused,
            Command::Pack { .. } | Command::AcceptWeight => Step::Packed,
            Command::Send { .. } => Step::Sent,
            Command::Arrive { .. } => Step::Arrived,
            Command::Nudge => Step::Nudged,
            Command::Remind => Step::Reminded,
            Command::TryCode { .. } | Command::Release { .. } => Step::Collected,
            Command::Deliver => Step::Delivered,
            Command::Complete => Step::Completed,
            Command::Cancel { .. } => Step::Cancelled,
            Command::AskReturn { .. } => Step::ReturnAsked,
            Command::TakeReturn { .. } => Step::ReturnTaken,
            Command::DeclineReturn { .. } => Step::ReturnDeclined,
            Command::AskRemedy { .. } => Step::RemedyAsked,
            Command::TakeRemedy => Step::RemedyTaken,
            Command::FinishRemedy { .. } => Step::RemedyDone,
            Command::DeclineRemedy { .. } => Step::RemedyDeclined,
            Command::Pay { .. } => Step::Paid,
            Command::RefundDone { .. } => Step::Refunded,
            Command::Complain { .. } => Step::Complained,
            Command::AnswerComplaint { .. } => Step::ComplaintAnswered,
            Command::Flag { .. } => Step::Flagged,
            Command::Look { .. } => Step::Looked,
        }
    }
}

/// The events that follow from `command`. Their time is `now`, or that of the last event where
/// the clock went back.
pub fn decide(
    order: Option<&Order>,
    command: Command,
    by: &Actor,
    now: Timestamp,
    calendar: &Calendar,
) -> Result<Vec<OrderEvent>, Refusal> {
    let now = order.map_or(now, |order| now.max(order.updated_at));
    let changes = match (order, command) {
        (None, Command::Place(draft)) => vec![place(*draft, by, now, calendar)?],
        (Some(_), Command::Place(_)) => return Err(Refusal::NumberTaken),
        (None, _) => return Err(Refusal::NoOrder),
        (Some(order), command) => follow(order, command, by, now)?,
    };
    let event = |change| OrderEvent { at: now, by: by.clone(), change };
    Ok(changes.into_iter().map(event).collect())
}

fn place(draft: Draft, by: &Actor, now: Timestamp, calendar: &Calendar) -> Result<Change, Refusal> {
    allowed(None, Step::Placed, by)?;
    if matches!(by, Actor::Buyer { person } if *person != draft.person) {
        return Err(Refusal::NotYours);
    }
    if draft.lines.is_empty() {
        return Err(Refusal::Empty);
    }
    if draft.lines.len() > LINES_MAX {
        return Err(Refusal::TooManyLines(LINES_MAX));
    }
    if draft.phone.trim().is_empty() {
        return Err(Refusal::NoPhone);
    }
    if draft.fulfil == Fulfil::Home && draft.address.trim().is_empty() {
        return Err(Refusal::NoAddress);
    }
    for (what, text) in [("地址", &draft.address), ("姓名", &draft.name), ("留言", &draft.note)]
    {
        short_enough(what, text)?;
    }
    let mut total = Fen::ZERO;
    for line in &draft.lines {
        let amount = line.price.times(line.quantity).ok_or(Refusal::TooLarge)?;
        total = total.plus(amount).ok_or(Refusal::TooLarge)?;
    }
    Ok(Change::Placed { confirm_by: calendar.due(now, CONFIRM_LIMIT), draft: Box::new(draft) })
}

fn follow(
    order: &Order,
    command: Command,
    by: &Actor,
    now: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    let step = command.step();
    if transition(Some(order.state), step).is_none() {
        return Err(Refusal::NotNow { state: order.state, step, mend: mend(order.state, step) });
    }
    allowed(Some(order.state), step, by)?;
    match by {
        Actor::Buyer { person } if *person != order.person => return Err(Refusal::NotYours),
        Actor::Merchant { id, .. } if *id != order.merchant => return Err(Refusal::NotYours),
        _ => {}
    }
    if order.revision >= EVENTS_MAX
        && matches!(step, Step::Complained | Step::Flagged | Step::WeightAsked | Step::RemedyAsked)
    {
        return Err(Refusal::Full(EVENTS_MAX as usize));
    }
    let mut changes = match command {
        // `decide` has answered it.
        Command::Place(_) => return Err(Refusal::NumberTaken),
        Command::Confirm { quantities } => vec![confirm(order, quantities)?],
        Command::Refuse { reason } => vec![Change::Refused { reason: required("原因", reason)? }],
        Command::Pack { weights } => vec![pack(order, weights, by)?],
        // Nobody says yes to his own scale.
        Command::AcceptWeight => match &order.weights {
            _ if by.party() == Party::Merchant => return Err(not_allowed(step, "本人")),
            Some(weights) => vec![Change::Packed { quantities: weights.clone() }],
            None => return Err(not_allowed(step, "商家")),
        },
        Command::Send { run } => send(order, required("车次", run)?),
        Command::Arrive { code } => vec![arrive(order, code)?],
        Command::Nudge if order.nudged => Vec::new(),
        Command::Nudge => vec![Change::Nudged],
        Command::Remind => vec![Change::Reminded],
        Command::TryCode { code } => try_code(order, &code, now)?,
        Command::Release { name, phone_tail } => {
            let tail = phone_tail.trim();
            let right = tail.len() == 4
                && order.phone.ends_with(tail)
                && !order.name.is_empty()
                && name.trim() == order.name;
            if !right {
                return Err(Refusal::WrongPerson);
            }
            hand(order, Change::Collected { how: Handed::NameAndPhone })
        }
        Command::Deliver if order.fulfil != Fulfil::Home => {
            return Err(not_now(order.state, step, "到店自取的，请用取货码交货。"));
        }
        Command::Deliver => hand(order, Change::Delivered),
        Command::Complete => vec![Change::Completed],
        Command::Cancel { reason } => {
            vec![Change::Cancelled { reason: required("原因", reason)? }]
        }
        Command::AskReturn { reason } => vec![ask_return(order, reason, now)?],
        Command::TakeReturn { fit } => vec![Change::ReturnTaken { fit }],
        Command::DeclineReturn { reason } => {
            vec![Change::ReturnDeclined { reason: required("原因", reason)? }]
        }
        Command::AskRemedy { kind, line, reason } => {
            vec![remedy::ask(order, kind, line, reason, now)?]
        }
        Command::TakeRemedy => remedy::take(order)?,
        Command::FinishRemedy { quantity, fit } => vec![remedy::finish(order, quantity, fit)?],
        Command::DeclineRemedy { reason } => vec![remedy::decline(order, reason)?],
        Command::Pay { amount, transaction } => pay(order, amount, transaction)?,
        Command::RefundDone { no } => {
            let refund = order.refunds.iter().find(|refund| refund.no == no);
            match refund {
                Some(refund) if refund.done => Vec::new(),
                // What came by WeChat goes back the same way, without anybody's hand.
                Some(refund) if !refund.paid_by().by_hand() && by.party() != Party::System => {
                    return Err(not_allowed(step, "微信支付"));
                }
                Some(_) => vec![Change::Refunded { no }],
                None => return Err(Refusal::Missing("退款单号")),
            }
        }
        Command::Complain { case } if order.complaints.contains(&case) => Vec::new(),
        Command::Complain { case } => vec![Change::Complained { case }],
        Command::AnswerComplaint { case, text } => vec![answer_complaint(order, case, text)?],
        Command::Look { .. } if order.unseen_flags().is_empty() => Vec::new(),
        Command::Look { note } => vec![Change::Looked { note: required("结果", note)? }],
        Command::Flag { reason } if order.flags.contains(&reason) => Vec::new(),
        Command::Flag { reason } => vec![Change::Flagged { reason: required("原因", reason)? }],
    };
    give_back(order, by, now, &mut changes);
    Ok(changes)
}

fn confirm(order: &Order, quantities: Option<Vec<Milli>>) -> Result<Change, Refusal> {
    if order.pay_state() == PayState::Awaiting {
        return Err(not_now(order.state, Step::Confirmed, "等她付了款再接单。"));
    }
    let ordered: Vec<Milli> = order.lines.iter().map(|line| line.quantity).collect();
    let quantities = quantities.unwrap_or_else(|| ordered.clone());
    if quantities.len() != ordered.len() {
        let found = format!("单子有{}样，这里有{}样", ordered.len(), quantities.len());
        return Err(Refusal::Quantities(found));
    }
    for (line, quantity) in order.lines.iter().zip(&quantities) {
        if *quantity < Milli::ZERO || *quantity > line.quantity {
            let found = format!("{}订了{}{}", line.title, line.quantity, line.unit);
            return Err(Refusal::Quantities(found));
        }
    }
    if quantities.iter().all(|quantity| *quantity == Milli::ZERO) {
        return Err(Refusal::Quantities("一样也没有，请写原因不接单".into()));
    }
    let in_part = quantities != ordered;
    Ok(Change::Confirmed { quantities, in_part })
}

fn pack(order: &Order, weights: Option<Vec<Milli>>, by: &Actor) -> Result<Change, Refusal> {
    if by.party() == Party::Buyer {
        return Err(not_allowed(Step::Packed, "商家"));
    }
    let confirmed: Vec<Milli> = order.lines.iter().map(|line| line.quantity).collect();
    let Some(weights) = weights else { return Ok(Change::Packed { quantities: confirmed }) };
    if weights.len() != confirmed.len() {
        let found = format!("单子有{}样，这里有{}样", confirmed.len(), weights.len());
        return Err(Refusal::Quantities(found));
    }
    let mut ask = false;
    for (line, weight) in order.lines.iter().zip(&weights) {
        let off = weight.minus(line.quantity).0.abs();
        let wrong =
            || Refusal::Quantities(format!("{}接了{}{}", line.title, line.quantity, line.unit));
        if off == 0 {
            continue;
        }
        let factor = line.quantity.0.saturating_mul(WEIGHT_FACTOR_MAX);
        if !line.weighed || weight.0 <= 0 || weight.0 > factor {
            return Err(wrong());
        }
        ask |= i128::from(off) * 100
            > i128::from(line.quantity.0) * i128::from(WEIGHT_TOLERANCE_PERCENT);
    }
    Ok(if ask { Change::WeightAsked { weights } } else { Change::Packed { quantities: weights } })
}

/// What was not packed on its own is packed as it was confirmed.
fn send(order: &Order, run: String) -> Vec<Change> {
    let mut changes = Vec::new();
    if order.state == State::Confirmed {
        let quantities = order.lines.iter().map(|line| line.quantity).collect();
        changes.push(Change::Packed { quantities });
    }
    changes.push(Change::Sent { run });
    changes
}

fn arrive(order: &Order, code: String) -> Result<Change, Refusal> {
    if order.fulfil != Fulfil::Pickup {
        return Err(not_now(order.state, Step::Arrived, "这单要送到家，请记「送到」。"));
    }
    if code.len() != 4 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Missing("四位取货码"));
    }
    Ok(Change::Arrived { code })
}

fn try_code(order: &Order, code: &str, now: Timestamp) -> Result<Vec<Change>, Refusal> {
    if let Some(until) = order.locked_until.filter(|until| now < *until) {
        return Err(Refusal::CodeLocked { max: WRONG_CODES_MAX, until: spoken(until) });
    }
    if order.code.as_deref() == Some(code.trim()) {
        return Ok(hand(order, Change::Collected { how: Handed::Code }));
    }
    let last = order.wrong_codes + 1 >= WRONG_CODES_MAX;
    let locked_until = last.then(|| now.saturating_add(CODE_LOCK).unwrap_or(now));
    Ok(vec![Change::WrongCode { locked_until }])
}

/// The goods change hands, and with them the cash.
fn hand(order: &Order, change: Change) -> Vec<Change> {
    let amount = order.cash_due();
    let mut changes = vec![change];
    if amount > Fen::ZERO {
        let transaction = PaidBy::Cash.transaction(&order.number.digits());
        changes.push(Change::Paid { amount, transaction });
    }
    changes
}

fn ask_return(order: &Order, reason: String, now: Timestamp) -> Result<Change, Refusal> {
    let handed = order.handed_at.unwrap_or(order.updated_at);
    if now.duration_since(handed) > RETURN_DAYS {
        return Err(Refusal::ReturnTooLate);
    }
    let excepted = order.lines.iter().find(|line| line.returns != Returns::SevenDays);
    if let Some(line) = excepted {
        let (name, rule) = (line.title.clone(), line.returns.word());
        return Err(Refusal::NotReturnable { name, rule });
    }
    short_enough("原因", &reason)?;
    Ok(Change::ReturnAsked { reason })
}

fn answer_complaint(order: &Order, case: String, text: String) -> Result<Change, Refusal> {
    if !order.complaints.contains(&case) {
        return Err(Refusal::Missing("哪件投诉"));
    }
    if order.answer_to(&case).is_some() {
        return Err(not_now(order.state, Step::ComplaintAnswered, "这件投诉已经答过了。"));
    }
    Ok(Change::ComplaintAnswered { case, text: required("怎么说", text)? })
}

/// A transaction counts once, whatever state the order is in; money is never refused after it
/// came, it is given back.
fn pay(order: &Order, amount: Fen, transaction: String) -> Result<Vec<Change>, Refusal> {
    if amount <= Fen::ZERO {
        return Err(Refusal::Missing("金额"));
    }
    if let Some(known) = order.transactions.iter().find(|known| known.id == transaction) {
        return if known.amount == amount { Ok(Vec::new()) } else { Err(Refusal::Transaction) };
    }
    let mut changes = vec![Change::Paid { amount, transaction }];
    let paid = Fen(order.kept().0.saturating_add(amount.0));
    if order.state.is_open() && paid < order.payable() {
        let reason = format!("付了{paid}，应付{}", order.payable());
        if !order.flags.contains(&reason) {
            changes.push(Change::Flagged { reason });
        }
    }
    Ok(changes)
}

/// What was paid beyond what is owed is given back, the last payment first, each part with a
/// number of its own, once.
fn give_back(order: &Order, by: &Actor, now: Timestamp, changes: &mut Vec<Change>) {
    let mut after = order.clone();
    for change in changes.iter() {
        let event = OrderEvent { at: now, by: by.clone(), change: change.clone() };
        if after.apply(&event).is_err() {
            return;
        }
    }
    let owed = after.kept().minus(after.payable());
    let reason = match after.state {
        State::Cancelled | State::Refused => "订单没有做成",
        State::Returned => "退货",
        _ => "实际比付的少",
    };
    let mut owed = owed.max(Fen::ZERO);
    let mut n = after.refunds.len();
    for payment in after.transactions.iter().rev() {
        let amount = owed.min(after.left_of(payment));
        if amount > Fen::ZERO {
            n += 1;
            owed = owed.minus(amount);
            changes.push(Change::RefundDue {
                no: format!("{}R{n}", after.number.digits()),
                amount,
                reason: reason.to_owned(),
                transaction: payment.id.clone(),
            });
        }
    }
}

/// May this kind of actor take the step from that state?
fn allowed(from: Option<State>, step: Step, by: &Actor) -> Result<(), Refusal> {
    match transition(from, step) {
        Some(row) if !row.who.contains(&by.party()) => {
            let who: Vec<&str> = row.who.iter().map(|party| party.word()).collect();
            Err(not_allowed(step, &who.join("、")))
        }
        _ => Ok(()),
    }
}

fn not_allowed(step: Step, who: &str) -> Refusal {
    Refusal::NotAllowed { step, who: who.to_owned() }
}

pub(super) fn not_now(state: State, step: Step, mend: &'static str) -> Refusal {
    Refusal::NotNow { state, step, mend }
}

/// What to do instead.
fn mend(state: State, step: Step) -> &'static str {
    match (state, step) {
        (State::Cancelled | State::Refused, _) => "要买请再下一单。",
        (State::Packed | State::InTransit | State::Arrived, Step::Cancelled) => {
            "东西已经装好了。请到店里退，或回「人工」。"
        }
        (State::Completed, Step::ReturnAsked) => {
            "过了七天，不能无理由退了。东西有毛病请回「换货」「维修」，或回「投诉商家」。"
        }
        (_, Step::ReturnAsked) => "拿到东西以后才能退货。",
        (_, Step::RemedyAsked) => "拿到东西以后才能换、能修。",
        (State::Collected | State::Delivered | State::Completed, Step::Cancelled) => {
            "东西已经拿到了。要退请回「退货」。"
        }
        _ => "请刷新页面，看看现在到了哪一步。",
    }
}

pub(super) fn required(what: &'static str, text: String) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::Missing(what));
    }
    short_enough(what, &text)?;
    Ok(text)
}

fn short_enough(what: &'static str, text: &str) -> Result<(), Refusal> {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        return Err(Refusal::TooLong { what, chars, max: TEXT_CHARS_MAX });
    }
    Ok(())
}
