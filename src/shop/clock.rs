//! What the clock does to an order when nobody does anything.

use jiff::{SignedDuration, Timestamp};

use super::decide::{Command, RETURN_DAYS};
use super::order::Order;
use super::state::{PayState, State};
use crate::calendar::{Calendar, Limit};

/// An order that is to be paid by WeChat and was not.
pub const UNPAID: SignedDuration = SignedDuration::from_mins(30);
const NUDGE: Limit = Limit::WorkingMinutes(120);
/// Since it arrived.
const REMINDERS: [SignedDuration; 2] =
    [SignedDuration::from_hours(48), SignedDuration::from_hours(66)];
const NOT_COLLECTED: SignedDuration = SignedDuration::from_hours(72);

/// What is done next, as [`super::Actor::System`], and when, if nothing happens before.
pub fn next_by_clock(order: &Order, calendar: &Calendar) -> Option<(Timestamp, Command)> {
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
                Some(wait) => Some((after(arrived, *wait), Command::Remind)),
                None => Some((after(arrived, NOT_COLLECTED), cancel("3天没有来取"))),
            }
        }
        State::Collected | State::Delivered => {
            let handed = order.handed_at.unwrap_or(order.updated_at);
            Some((after(handed, RETURN_DAYS), Command::Complete))
        }
        _ => None,
    }
}
