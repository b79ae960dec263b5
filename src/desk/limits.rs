//! How long each time class may take, and what the clock does when nobody does anything.

use jiff::{SignedDuration, Timestamp};

use super::{Breached, Case, Command, Resumption, Rules, State, Step, transition};
use crate::calendar::{Calendar, Limit};
use crate::county::TimeClass;

/// Office time of a working day.
pub(super) const DAY_MINUTES: u32 = 450;
/// A second round has this long, whatever the class.
pub const REDO_LIMIT: Limit = Limit::WorkingDays(5);
/// After the promised time has passed, or by handing over, a department has at least this.
const REST_LIMIT: Limit = Limit::WorkingDays(1);
/// The platform dispatches or answers within half a working day.
const INTAKE_LIMIT: Limit = Limit::WorkingMinutes(DAY_MINUTES / 2);
/// Silence is acceptance after this much office time.
const ACCEPT_MINUTES: u32 = 240;
const ACCEPT_LIMIT: Limit = Limit::WorkingMinutes(ACCEPT_MINUTES);
/// The same two for class U, by the clock.
const URGENT_LIMIT: SignedDuration = SignedDuration::from_mins(30);
/// Within this the department speaks with her.
const CONTACT_LIMIT: Limit = Limit::WorkingDays(1);
const CONTACT_LIMIT_URGENT: Limit = Limit::Hours(2);
/// Within this a department may say that it is not its matter.
pub const RETURN_LIMIT: Limit = Limit::WorkingDays(1);
pub const RETURNS_MAX: u8 = 2;
pub const EXTENSIONS_MAX: usize = 3;
/// How long she has to answer a question; then the clock runs again.
const INFO_LIMIT: Limit = Limit::WorkingDays(5);
/// Helpers answer the lead this much before the lead must answer her.
const HELP_AHEAD_DAYS: u32 = 1;
/// So long before its time is over a department is told for the last time.
const LAST_CALL_MINUTES: i64 = 240;
/// So long after the day that a late department promised, its head is called in.
const PROMISE_LIMIT: Limit = Limit::WorkingDays(1);
/// When she is reminded of a question, before it is gone on without her.
const INFO_REMINDERS: [Limit; 2] = [Limit::WorkingDays(2), Limit::WorkingDays(4)];
/// And once of an answer that she has not rated.
const RATING_REMINDERS: [Limit; 1] = [Limit::Hours(2 * 24)];
const RATING_LIMIT: Limit = Limit::Hours(7 * 24);
/// The platform reads what a department handed in within half a day.
const REVIEW_LIMIT: Limit = Limit::WorkingMinutes(DAY_MINUTES / 2);
/// And decides within as much whether it may have longer, and within two hours of the office's whether
/// it is rid of it.
const EXTENSION_LIMIT: Limit = Limit::WorkingMinutes(DAY_MINUTES / 2);
const RETURN_DECISION_LIMIT: Limit = Limit::WorkingMinutes(120);
/// Whatever a department promises: so long after the first call its head is called in, unless the
/// director has taken its word.
const LADDER_LIMIT: Limit = Limit::WorkingDays(3);
/// So long after it became late it has been telephoned, or the director asks why not.
pub(super) const UNCALLED_LIMIT: Limit = Limit::WorkingDays(2);
/// The last word after two rounds.
const FINAL_LIMIT: Limit = Limit::WorkingDays(5);
/// While it waits for its day, a plan is reported on this often.
const PLAN_LIMIT: Limit = Limit::Hours(30 * 24);
const ARCHIVE_LIMIT: Limit = Limit::Hours(30 * 24);
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

/// In a round.
pub(super) fn limit_in(round: u8, class: TimeClass) -> Limit {
    if round > 1 { REDO_LIMIT } else { limit_of(class) }
}

/// Working days of one extension at most.
pub fn extension_days_max(class: TimeClass) -> u8 {
    if class == TimeClass::E { 10 } else { 3 }
}

/// What the clock will do, as [`super::Actor::System`], and when, if nothing happens before.
pub fn next_by_clock(case: &Case, calendar: &Calendar) -> Option<(Timestamp, Command)> {
    let mut next: Vec<(Timestamp, Command)> = Breached::ALL
        .iter()
        .filter_map(|limit| {
            let due = breach_due(case, *limit, calendar)?;
            let noted = case.course.is_noted(*limit, case.department.as_deref(), due);
            // The last moment is still in time.
            let at = later(due, SignedDuration::from_secs(1));
            (!noted).then_some((at, Command::Breach { limit: *limit }))
        })
        .collect();
    if let Some(stop) = case.course.stopped.as_ref().filter(|_| case.state.stands_still()) {
        match stop.until {
            None => {
                let reason = Resumption::NoAnswer;
                next.push((calendar.due(stop.at, INFO_LIMIT), Command::Resume { reason }));
            }
            Some(until) => next.push((until, Command::Resume { reason: Resumption::PlanDue })),
        }
    }
    let reminder = reminders_of(case).get(usize::from(case.course.reminded));
    let asked_at = case.course.stopped.as_ref().map(|stop| stop.at).or(case.replied_at);
    if let (Some(limit), Some(asked_at)) = (reminder, asked_at) {
        next.push((calendar.due(asked_at, *limit), Command::Remind));
    }
    next.extend(warnings(case, calendar).map(|(at, last)| (at, Command::Warn { last })));
    match case.state {
        State::Dispatched | State::Redo => {
            next.extend(accept_due(case, calendar).map(|due| (due, Command::Accept)));
        }
        // Not content in the last round: that waits for a person.
        State::Replied
            if case.rating.is_none() && !case.waits_for_call() && !case.is_disputed() =>
        {
            let since = case.replied_at.unwrap_or(case.updated_at);
            let reason = UNRATED.to_owned();
            next.push((calendar.due(since, RATING_LIMIT), Command::Close { reason }));
        }
        State::Closed | State::Final | State::Rejected | State::Withdrawn => {
            // What a leader wrote later keeps it open to an answer.
            let ended = case.closed_at.unwrap_or(case.updated_at);
            let since = case.open_direction().map_or(ended, |open| ended.max(open.answer_by));
            next.push((calendar.due(since, ARCHIVE_LIMIT), Command::Archive));
        }
        _ => {}
    }
    next.into_iter().min_by_key(|(at, _)| *at)
}

/// So long she may answer what she is asked now.
pub fn asked_until(case: &Case, now: Timestamp, calendar: &Calendar) -> Timestamp {
    let limit = if case.state == State::NeedInfo { INFO_LIMIT } else { RATING_LIMIT };
    calendar.due(now, limit)
}

/// Those that belong to what she is asked now.
pub(super) fn reminders_of(case: &Case) -> &'static [Limit] {
    match case.state {
        State::NeedInfo => &INFO_REMINDERS,
        State::Replied if case.rating.is_none() => &RATING_REMINDERS,
        _ => &[],
    }
}

/// When a department that works on it is told that most of its time is used, and when once more.
fn warnings(case: &Case, calendar: &Calendar) -> impl Iterator<Item = (Timestamp, bool)> {
    let works = transition(Some(case.state), Step::Warned).is_some() && case.department.is_some();
    let in_time = !case.course.has_breached(Breached::Handling);
    let is_open = |last| works && in_time && !case.course.is_warned(last, case.round_due_at);
    let amber = case.amber_at(calendar);
    let first = is_open(false).then_some((amber, false));
    let last = last_call_at(case, amber, calendar).filter(|_| is_open(true));
    first.into_iter().chain(last.map(|at| (at, true)))
}

/// Where less than a day is left at the first warning, that was the last one.
fn last_call_at(case: &Case, amber: Timestamp, calendar: &Calendar) -> Option<Timestamp> {
    let left = calendar.working_minutes(amber, case.round_due_at);
    let until = u32::try_from(left - LAST_CALL_MINUTES).ok()?;
    (left >= i64::from(DAY_MINUTES)).then(|| calendar.due(amber, Limit::WorkingMinutes(until)))
}

/// Half an hour by the clock for class U, where danger does not wait for the office to open.
fn soon(case: &Case, since: Timestamp, limit: Limit, calendar: &Calendar) -> Timestamp {
    if case.time_class == TimeClass::U {
        later(since, URGENT_LIMIT)
    } else {
        calendar.due(since, limit)
    }
}

/// When what is still to be done now had to be done; `None` when it is not to be done now.
pub fn breach_due(case: &Case, limit: Breached, calendar: &Calendar) -> Option<Timestamp> {
    match limit {
        Breached::Intake => (case.state == State::Received)
            .then(|| soon(case, case.received_at, INTAKE_LIMIT, calendar)),
        Breached::Contact => {
            let works = [State::Dispatched, State::Handling, State::ExtensionAsked];
            let since = case.assigned_at().filter(|_| works.contains(&case.state))?;
            let urgent = case.time_class == TimeClass::U;
            let limit = if urgent { CONTACT_LIMIT_URGENT } else { CONTACT_LIMIT };
            let stops = case.course.stops.iter().filter(|(from, _)| *from >= since);
            let due = stops.fold(calendar.due(since, limit), |due, (from, to)| {
                calendar.paused(due, limit, *from, *to)
            });
            case.course.first_contact().is_none().then_some(due)
        }
        Breached::Handling => {
            // Who got it from another late in the day has its own time.
            waits_for_department(case).then(|| case.own_due_at())
        }
        Breached::Promise => {
            // What is asked in writing has a day of its own, once.
            let asked = case.open_slip().is_some_and(|slip| !slip.again);
            (is_late_and_waits(case) && !asked).then(|| promise_ends(case, calendar))?
        }
        Breached::Slip => {
            case.open_slip().filter(|_| is_late_and_waits(case)).map(|slip| slip.answer_by)
        }
        Breached::Uncalled => {
            let since = late_since(case).filter(|_| waits_for_department(case))?;
            (case.own_supervisions() == 0).then(|| calendar.due(since, UNCALLED_LIMIT))
        }
        Breached::Direction => case.open_direction().map(|open| open.answer_by),
        Breached::Review => {
            let submitted = case.course.submitted.as_ref();
            let reads = submitted.filter(|_| case.state == State::Reviewing)?;
            Some(calendar.due(reads.at, REVIEW_LIMIT))
        }
        Breached::Return => {
            let asked = case.course.return_asked_at.filter(|_| case.state == State::ReturnAsked)?;
            Some(calendar.due(asked, RETURN_DECISION_LIMIT))
        }
        Breached::Extension => {
            let asked = case.course.extensions.last();
            let asked = asked.filter(|_| case.state == State::ExtensionAsked)?;
            Some(calendar.due(asked.asked_at, EXTENSION_LIMIT))
        }
        Breached::Again => (case.state == State::Redo && case.department.is_none())
            .then(|| soon(case, case.round_started_at, INTAKE_LIMIT, calendar)),
        Breached::Final => {
            let since = case.course.disputed_at.filter(|_| case.is_disputed())?;
            Some(calendar.due(since, FINAL_LIMIT))
        }
        Breached::Plan => {
            let stop = case.course.stopped.as_ref()?;
            let noted = case.course.noted_plan_at.unwrap_or(stop.at);
            // Each one that was missed is followed by the next.
            let missed = case.course.breaches.iter().rev();
            let mut missed = missed.filter(|one| one.limit == Breached::Plan && one.due_at > noted);
            let since = missed.next().map_or(noted, |last| last.due_at);
            let due = calendar.due(since, PLAN_LIMIT);
            stop.until.filter(|until| due < *until).map(|_| due)
        }
    }
}

/// Not answered, and its time runs: not while the platform reads what it handed in, or decides
/// whether it is its matter.
fn waits_for_department(case: &Case) -> bool {
    case.state.is_open()
        && !case.state.stands_still()
        && case.replied_at.is_none()
        && !matches!(case.state, State::Merged | State::Reviewing | State::ReturnAsked)
}

/// Since when the department that has it is known to be late.
fn late_since(case: &Case) -> Option<Timestamp> {
    let own = |one: &&super::Breach| {
        one.limit == Breached::Handling
            && one.department.is_some()
            && one.department == case.department
    };
    case.course.breaches.iter().find(own).map(|one| one.due_at)
}

fn is_late_and_waits(case: &Case) -> bool {
    waits_for_department(case) && late_since(case).is_some()
}

/// When a department's head is called in: a day after what it promised, however often it promises.
fn promise_ends(case: &Case, calendar: &Calendar) -> Option<Timestamp> {
    let promise = case.course.promise_at?;
    let ceiling = case.course.called_at.map(|called| calendar.due(called, LADDER_LIMIT));
    let ceiling = ceiling.filter(|at| promise > *at && !case.course.promise_is_taken);
    Some(ceiling.unwrap_or_else(|| calendar.due(promise, PROMISE_LIMIT)))
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Where a time ends that stood still from `stopped` until `now`; never when it had passed before.
pub(super) fn after_stop(
    case: &Case,
    due: Timestamp,
    stopped: Timestamp,
    now: Timestamp,
    rules: &Rules,
) -> Timestamp {
    rules.calendar.paused(due, case.limit_of_round(), stopped, now)
}

/// When silence is acceptance, of one that waits for it.
pub fn accept_due(case: &Case, calendar: &Calendar) -> Option<Timestamp> {
    let waits = matches!(case.state, State::Dispatched | State::Redo) && case.department.is_some();
    let since = case.dispatched_at.unwrap_or(case.round_started_at);
    waits.then(|| soon(case, since, ACCEPT_LIMIT, calendar))
}

/// When a department that has not accepted it is shown so: half of its time for that is used.
pub(super) fn accept_amber_at(case: &Case, calendar: &Calendar) -> Option<Timestamp> {
    let waits = matches!(case.state, State::Dispatched | State::Redo);
    let since = case.dispatched_at.filter(|_| waits && case.department.is_some())?;
    Some(match case.time_class {
        TimeClass::U => later(since, URGENT_LIMIT / 2),
        _ => calendar.due(since, Limit::WorkingMinutes(ACCEPT_MINUTES / 2)),
    })
}

/// By when a helper must have answered the lead.
pub(super) fn help_due(due: Timestamp, now: Timestamp, rules: &Rules) -> Timestamp {
    let ahead = rules.calendar.working_days_before(due, HELP_AHEAD_DAYS);
    if ahead > now { ahead } else { due }
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
    round_due.max(rules.calendar.due(now, rest(class)))
}

/// What there is at least from any moment on.
pub(super) fn rest(class: TimeClass) -> Limit {
    if class == TimeClass::U { limit_of(class) } else { REST_LIMIT }
}

/// What is left when the day of a plan has come.
pub(super) fn rest_due(case: &Case, now: Timestamp, rules: &Rules) -> Timestamp {
    case.round_due_at.max(rules.calendar.due(now, rest(case.time_class)))
}
