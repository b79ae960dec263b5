//! What the department that has a case may do with it, and those that help it.

use jiff::Timestamp;

use super::Rules;
use super::case::Case;
use super::decide::{NOTE_CHARS_MAX, answer_text, at_most, written};
use super::event::{Actor, Change, Outcome, Resumption, Trips};
use super::limits::{after_stop, extension_days_max};
use super::refusal::Refusal;
use super::respondent;

/// "Can not be reached" is an outcome only after this many tries on two days or more.
const TRIES_MIN: usize = 3;

pub(super) fn ask_return(basis: String) -> Result<Change, Refusal> {
    written("退单依据", &basis, NOTE_CHARS_MAX)?;
    Ok(Change::ReturnAsked { basis })
}

pub(super) fn ask_handover(
    case: &Case,
    to: String,
    reason: String,
    rules: &Rules,
) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    let Some(receiver) = rules.departments.get(&to) else {
        return Err(Refusal::UnknownDepartment(to));
    };
    if case.department.as_ref() == Some(&to) {
        return Err(Refusal::SameDepartment(receiver.short.clone()));
    }
    respondent::may_have(case, receiver, "")?;
    Ok(Change::HandoverAsked { to, reason })
}

pub(super) fn decline_handover(reason: String) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    Ok(Change::HandoverDeclined { reason })
}

pub(super) fn help(
    case: &Case,
    department: Option<String>,
    text: String,
    by: &Actor,
) -> Result<Change, Refusal> {
    written("协办意见", &text, NOTE_CHARS_MAX)?;
    let own = match by {
        Actor::Staff { department, .. } => department.clone(),
        _ => None,
    };
    let department = own.or(department).ok_or(Refusal::Missing { what: "协办单位" })?;
    let helper = case.course.helpers.iter().find(|helper| helper.department == department);
    match helper {
        None => Err(Refusal::NotAHelper(department)),
        Some(helper) if helper.replied_at.is_some() => Err(Refusal::HelpedBefore(department)),
        Some(_) => Ok(Change::CoReplied { department, text }),
    }
}

pub(super) fn ask_info(question: String) -> Result<Change, Refusal> {
    written("要补充什么", &question, NOTE_CHARS_MAX)?;
    Ok(Change::InfoAsked { question })
}

pub(super) fn resume(case: &Case, reason: Resumption, now: Timestamp, rules: &Rules) -> Change {
    let (round_due_at, due_at) = match &case.course.stopped {
        // A plan has its own day: from there on the department has at least a working day.
        Some(stop) if stop.until.is_some() => {
            let due = super::limits::rest_due(case, now, rules);
            (due, Some(due))
        }
        Some(stop) => (
            after_stop(case, case.round_due_at, stop.at, now, rules),
            case.due_at.map(|due| after_stop(case, due, stop.at, now, rules)),
        ),
        None => (case.round_due_at, case.due_at),
    };
    Change::Resumed { reason, round_due_at, due_at }
}

pub(super) fn ask_extension(
    case: &Case,
    days: u8,
    reason: String,
    evidence: String,
) -> Result<Change, Refusal> {
    written("延期理由", &reason, NOTE_CHARS_MAX)?;
    at_most("延期依据", &evidence, NOTE_CHARS_MAX)?;
    let max = extension_days_max(case.time_class);
    if days == 0 || days > max {
        return Err(Refusal::ExtensionDays { days, max });
    }
    Ok(Change::ExtensionAsked { days, reason, evidence })
}

pub(super) struct Answer {
    pub outcome: Outcome,
    pub text: String,
    pub trips: Option<Trips>,
    pub visited_at: Option<Timestamp>,
}

/// `reviewed`: the platform looks at it first.
pub(super) fn reply(
    case: &Case,
    answer: Answer,
    reviewed: bool,
    now: Timestamp,
) -> Result<Change, Refusal> {
    let Answer { outcome, text, trips, visited_at } = answer;
    answer_text(&text)?;
    if visited_at.is_some_and(|at| at < case.received_at || at > now) {
        return Err(Refusal::VisitedWhen);
    }
    if outcome == Outcome::Unreachable {
        let tries: Vec<Timestamp> = case
            .course
            .contacts
            .iter()
            .filter(|contact| !contact.reached)
            .map(|contact| contact.at)
            .collect();
        let mut days: Vec<_> = tries.iter().map(|at| crate::calendar::local_date(*at)).collect();
        days.dedup();
        if tries.len() < TRIES_MIN || days.len() < 2 {
            return Err(Refusal::TriedTooLittle { tries: tries.len(), min: TRIES_MIN });
        }
    }
    Ok(if reviewed {
        Change::Submitted { outcome, text, trips, visited_at }
    } else {
        let files = case.course.files.clone();
        Change::Replied { outcome, text, department: None, trips, visited_at, files }
    })
}
