//! What no text can mend: how often, how late, by whom before. A step that is refused here is
//! refused whatever is written, so no page shows a form for it.

use jiff::Timestamp;

use super::case::Case;
use super::decide::{EVENTS_MAX, ROUNDS_MAX, grows, not_allowed};
use super::event::{Actor, Kind};
use super::limits::{EXTENSIONS_MAX, RETURN_LIMIT, RETURNS_MAX};
use super::refusal::Refusal;
use super::state::{Party, State, Step};
use super::{Rules, disclosure, exclusion, hers, slip};
use crate::calendar::spoken;
use crate::county::TimeClass;

const CALLS_BACK_MAX: usize = 3;

/// Is the step open to `by` now, whatever will be written? The state and who may take the step at
/// all say [`super::TRANSITIONS`].
pub fn guard(
    case: &Case,
    step: Step,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<(), Refusal> {
    let or = |fine: bool, refusal: Refusal| if fine { Ok(()) } else { Err(refusal) };
    if case.revision >= EVENTS_MAX && grows(step) {
        return Err(Refusal::Full(EVENTS_MAX));
    }
    match step {
        Step::Accepted | Step::Supervised => or(case.department.is_some(), Refusal::NotDispatched),
        Step::ReturnAsked => may_return(case, now, rules),
        // The third time only the director decides, for good.
        Step::ReturnRefused if case.course.returns >= RETURNS_MAX => {
            let is_director = by.parties(Some(case)).contains(&Party::Director);
            or(is_director, not_allowed(step, Party::Director.word()))
        }
        Step::HandoverDeclined => {
            or(case.course.handover_to.is_some(), Refusal::NothingAsked("流转"))
        }
        Step::CoReplied => waits_for_help(case, by),
        Step::VisitCancelled | Step::VisitNoted => {
            or(case.course.visit.is_some(), Refusal::NoVisit)
        }
        Step::InfoAsked => in_time(case, now),
        Step::ExtensionAsked => {
            in_time(case, now)?;
            let fewer = case.course.extensions.len() < EXTENSIONS_MAX;
            or(fewer, Refusal::ExtensionsUsed(EXTENSIONS_MAX))
        }
        Step::ExtensionGranted => {
            let asked = case.course.extensions.last().ok_or(Refusal::NothingAsked("延期"))?;
            another_than(asked.asked_by.as_deref(), by)
        }
        Step::Deferred => {
            or(case.time_class == TimeClass::E, Refusal::OnlyClassE)?;
            in_time(case, now)
        }
        Step::Replied if case.state == State::Reviewing => {
            let written = case.course.submitted.as_ref().ok_or(Refusal::NothingAsked("审核"))?;
            another_than(written.by.as_deref(), by)
        }
        Step::Rated => case.rating.map_or(Ok(()), |before| Err(Refusal::AlreadyRated(before))),
        Step::CalledBack => {
            let fewer = case.course.calls_back.len() < CALLS_BACK_MAX;
            or(fewer, Refusal::CalledBackEnough(CALLS_BACK_MAX))
        }
        Step::Closed => may_close(case, by),
        Step::FinalReplied => or(case.round >= ROUNDS_MAX, Refusal::NotTheLastRound),
        Step::Urged => hers::may_urge(case, now),
        Step::Supplemented => hers::may_supplement(case),
        Step::Withdrawn => may_withdraw(case),
        Step::Merged => {
            or(case.children.is_empty(), Refusal::NotToBeMerged("它自己就是主件"))?;
            or(!case.confidential, Refusal::NotToBeMerged("它是保密的"))
        }
        Step::Hidden => or(!case.confidential, Refusal::HiddenBefore),
        Step::DisclosureAsked => disclosure::may_ask(case),
        Step::DisclosureGranted | Step::DisclosureRefused => {
            disclosure::decided_by_another(case, by)
        }
        Step::ExclusionAsked => exclusion::may_ask(case),
        Step::ExclusionApproved => exclusion::may_approve(case, by),
        Step::ExclusionRefused => exclusion::decided_by_another(case, by).map(drop),
        Step::SlipSent => slip::may_send(case, now, rules),
        Step::SlipAnswered => or(case.open_slip().is_some(), Refusal::NoSlip),
        Step::Directed => case
            .open_direction()
            .map_or(Ok(()), |open| Err(Refusal::DirectionOpen(spoken(open.answer_by)))),
        Step::DirectionAnswered => or(case.open_direction().is_some(), Refusal::NoDirection),
        _ => Ok(()),
    }
}

/// Who asked or wrote it does not decide it.
fn another_than(first: Option<&str>, by: &Actor) -> Result<(), Refusal> {
    match first.is_some() && first == by.name() {
        true => Err(Refusal::SecondPerson),
        false => Ok(()),
    }
}

/// The clock can not be stopped once it has run out.
fn in_time(case: &Case, now: Timestamp) -> Result<(), Refusal> {
    match case.is_overdue(now) {
        true => Err(Refusal::OverdueAlready(spoken(case.round_due_at))),
        false => Ok(()),
    }
}

/// Nobody is done with because a clerk says so: she is asked first, and after two rounds the last
/// word is the director's.
fn may_close(case: &Case, by: &Actor) -> Result<(), Refusal> {
    let parties = by.parties(Some(case));
    if !parties.contains(&Party::Staff) {
        return Ok(());
    }
    if case.is_disputed() && !parties.contains(&Party::Director) {
        return Err(not_allowed(Step::Closed, Party::Director.word()));
    }
    if case.waits_for_call() { Err(Refusal::CallBackFirst) } else { Ok(()) }
}

fn may_return(case: &Case, now: Timestamp, rules: &Rules) -> Result<(), Refusal> {
    if case.course.appointed {
        return Err(Refusal::Appointed);
    }
    if case.course.returns >= RETURNS_MAX {
        return Err(Refusal::ReturnsUsed(RETURNS_MAX));
    }
    let until = rules.calendar.due(case.assigned_at().unwrap_or(now), RETURN_LIMIT);
    if now > until { Err(Refusal::ReturnWindowOver(spoken(until))) } else { Ok(()) }
}

/// A helper writes once; the platform types for any that has not written.
fn waits_for_help(case: &Case, by: &Actor) -> Result<(), Refusal> {
    let Actor::Staff { department: Some(own), .. } = by else {
        let waits = case.course.helpers.iter().any(|helper| helper.replied_at.is_none());
        return if waits { Ok(()) } else { Err(Refusal::NothingAsked("协办意见")) };
    };
    match case.course.helpers.iter().find(|helper| helper.department == *own) {
        None => Err(Refusal::NotAHelper(own.clone())),
        Some(helper) if helper.replied_at.is_some() => Err(Refusal::HelpedBefore(own.clone())),
        Some(_) => Ok(()),
    }
}

fn may_withdraw(case: &Case) -> Result<(), Refusal> {
    let why = if case.round > 1 {
        "这件事已经答复过"
    } else if case.kind == Kind::Report {
        "举报的事要查清楚"
    } else if case.time_class == TimeClass::U {
        "关系安全的事要办完"
    } else {
        return Ok(());
    };
    Err(Refusal::NotToBeTakenBack(why))
}
