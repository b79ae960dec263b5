//! How long each time class may take, and what the clock does when nobody does anything.

use jiff::{SignedDuration, Timestamp};

use super::{Case, Command, Rules, State};
use crate::calendar::{Calendar, Limit};
use crate::county::TimeClass;

/// A second round has this long, whatever the class.
pub const REDO_LIMIT: Limit = Limit::WorkingDays(5);
/// After the promised time has passed, or by handing over, a department has at least this.
const REST_LIMIT: Limit = Limit::WorkingDays(1);
/// Silence is acceptance after this much office time; half an hour by the clock for class U.
const ACCEPT_LIMIT: Limit = Limit::WorkingMinutes(240);
const ACCEPT_LIMIT_URGENT: SignedDuration = SignedDuration::from_mins(30);
const RATING_LIMIT: Limit = Limit::Hours(7 * 24);
const UNRATED: &str = "7天内没有评价";
/// A case that nobody has put into a category yet.
pub(super) const UNSORTED: TimeClass = TimeClass::C;

pub fn limit_of(class: TimeClass) -> Limit {
    match class {
        TimeClass::U => Limit::Hours(24),
        TimeClass::A => Limit::WorkingDays(1),
        TimeClass::B => Limit::WorkingDays(2),
        TimeClass::C => Limit::WorkingDays(5),
        TimeClass::D => Limit::WorkingDays(10),
        TimeClass::E => Limit::WorkingDays(15),
    }
}

/// What the clock will do, as [`super::Actor::System`], and when, if nothing happens before.
pub fn next_by_clock(case: &Case, calendar: &Calendar) -> Option<(Timestamp, Command)> {
    match case.state {
        State::Dispatched | State::Redo => {
            let since = case.dispatched_at.unwrap_or(case.round_started_at);
            let at = if case.time_class == TimeClass::U {
                since.checked_add(ACCEPT_LIMIT_URGENT).unwrap_or(Timestamp::MAX)
            } else {
                calendar.due(since, ACCEPT_LIMIT)
            };
            Some((at, Command::Accept))
        }
        // Not content in the last round: that waits for a person.
        State::Replied if case.rating.is_none() => {
            let at = calendar.due(case.replied_at?, RATING_LIMIT);
            Some((at, Command::Close { reason: UNRATED.to_owned() }))
        }
        State::Received | State::Handling | State::Replied | State::Closed | State::Withdrawn => {
            None
        }
    }
}

/// By when a department that gets the case now must answer. The first one has what is left of
/// the round. One that gets it from another has a working day at least, but for class U, where
/// danger does not wait for the office to open.
pub(super) fn assignment_due(
    class: TimeClass,
    round_due: Timestamp,
    handed_over: bool,
    now: Timestamp,
    rules: &Rules,
) -> Timestamp {
    let in_time = now < round_due;
    if in_time && (!handed_over || class == TimeClass::U) {
        return round_due;
    }
    let rest = if class == TimeClass::U { limit_of(class) } else { REST_LIMIT };
    round_due.max(rules.calendar.due(now, rest))
}
