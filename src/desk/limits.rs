//! How long each time class may take.

use jiff::Timestamp;

use super::Rules;
use crate::calendar::Limit;
use crate::county::TimeClass;

/// A second round has this long, whatever the class.
pub const REDO_LIMIT: Limit = Limit::WorkingDays(5);
/// After the promised time has passed, or by handing over, a department has at least this.
const REST_LIMIT: Limit = Limit::WorkingDays(1);
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
