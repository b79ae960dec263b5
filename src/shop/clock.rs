//! What the clock does to an order when nobody does anything.

use jiff::{SignedDuration, Timestamp};

use super::decide::{Command, RETURN_DAYS};
use super::money::Fen;
use super::order::Order;
use super::state::{PayMethod, PayState, State};
use crate::calendar::{Calendar, Limit, local_hour};

/// An order that is to be paid by WeChat and was not.
pub const UNPAID: SignedDuration = SignedDuration::from_mins(30);
const NUDGE: Limit = Limit::WorkingMinutes(120);
/// Since it arrived.
const REMINDERS: [SignedDuration; 2] =
    [SignedDuration::from_hours(48), SignedDuration::from_hours(66)];
/// Eight o'clock, and from eight in the evening until then.
const MORNING: i64 = 8;
const EVENING_TO_MORNING: i64 = 12;
const NOT_COLLECTED: SignedDuration = SignedDuration::from_hours(72);
/// Goods that are to be changed or mended: then the platform asks the merchant.
const REMEDY: Limit = Limit::WorkingDays(3);

/// What is done next, as [`super::Actor::System`], and when, if nothing happens before.
pub fn next_by_clock(order: &Order, calendar: &Calendar) -> Option<(Timestamp, Command)> {
    if let Some(late) = late_remedy(order, calendar) {
        return Some(late);
    }
    let after = |at: Timestamp, by| at.checked_add(by).unwrap_or(Timestamp::MAX);
    let cancel = |reason: &str| Command::Cancel { reason: reason.to_owned() };
    match order.state {
        State::Placed if order.pay_state() == PayState::Awaiting => {
            Some((after(order.placed_at, UNPAID), cancel("30分钟没有付款")))
        }
        State::Placed if !order.nudged => {
            let at = calendar.due(order.placed_at, NUDGE).min(order.confirm_by);
            Some((at, Command::Nudge))
        }
        State::Placed => Some((order.confirm_by, cancel("商家没有回音"))),
        State::Arrived => {
            let arrived = order.arrived_at.unwrap_or(order.updated_at);
            match REMINDERS.get(usize::from(order.reminders)) {
                Some(wait) => Some((by_day(after(arrived, *wait)), Command::Remind)),
                None => Some((after(arrived, NOT_COLLECTED), cancel("3天没有来取"))),
            }
        }
        State::Collected | State::Delivered => {
            let handed = order.handed_at.unwrap_or(order.updated_at);
            Some((after(handed, RETURN_DAYS), unpaid(order).unwrap_or(Command::Complete)))
        }
        _ => None,
    }
}

/// Nobody is woken: before three at night it is said the evening before, later in the morning.
fn by_day(at: Timestamp) -> Timestamp {
    let hour = i64::from(local_hour(at));
    let hours = match hour {
        0..3 => MORNING - EVENING_TO_MORNING - hour,
        3..MORNING => MORNING - hour,
        _ => 0,
    };
    at.checked_add(SignedDuration::from_hours(hours)).unwrap_or(at)
}

/// Of goods that were handed out before a transfer: somebody asks for it, once.
fn unpaid(order: &Order) -> Option<Command> {
    let reason = format!("货交了7天，转账还差{}", order.owed());
    let open = order.pay == PayMethod::Account && order.owed() > Fen::ZERO;
    (open && !order.flags.contains(&reason)).then_some(Command::Flag { reason })
}

/// Once for each remedy; until then what the state waits for comes first.
fn late_remedy(order: &Order, calendar: &Calendar) -> Option<(Timestamp, Command)> {
    let remedy = order.open_remedy()?;
    let at = calendar.due(remedy.asked_at, REMEDY);
    let reason = format!("{}到{}没有办好", remedy.kind, crate::calendar::spoken(at));
    let other = matches!(order.state, State::Collected | State::Delivered)
        .then(|| order.handed_at.unwrap_or(order.updated_at).checked_add(RETURN_DAYS).ok())
        .flatten();
    let first = other.is_none_or(|other| at <= other);
    (first && !order.flags.contains(&reason)).then_some((at, Command::Flag { reason }))
}
