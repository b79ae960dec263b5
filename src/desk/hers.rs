//! What the villager may do with her own case besides filing and rating it: ask for haste, add
//! to it, take it back, and go on with it after it was closed.

use jiff::{SignedDuration, Timestamp};

use super::Rules;
use super::case::Case;
use super::decide::{NOTE_CHARS_MAX, ROUNDS_MAX, at_most, required};
use super::event::{Actor, Change, Closing, Grade};
use super::limits::REDO_LIMIT;
use super::refusal::Refusal;
use super::state::{State, Step};
use crate::calendar::spoken;

/// Urging more often than this says nothing new to a department (county rules: once in 24 h).
const URGE_EVERY: SignedDuration = SignedDuration::from_hours(24);
const SUPPLEMENTS_MAX: u32 = 20;
/// Why it is done once more, of one who does not like to type.
const NOT_SAID: &str = "她没说原因，请先联系她问清";
/// So long after it was closed a case is gone on with; later it is a new one.
pub const FOLLOW_DAYS: i64 = 30;

/// Why a case that has gone on without her can not take this step of hers any more; `None` for
/// the steps of others.
pub(super) fn too_late(state: State, step: Step) -> Option<Refusal> {
    let cannot = match step {
        Step::Urged => "不用再催了",
        Step::Supplemented => "补充不进去了",
        Step::Withdrawn => "不能撤回了",
        _ => return None,
    };
    let (now, mend) = match state {
        State::Replied => ("已经答复", "满不满意，请回「评价」。"),
        State::Closed => ("已经办结", "还有事，请回「续办」。"),
        State::Withdrawn => ("您已经撤回", "要再办，请回「反映问题」。"),
        State::Redo => ("正在重新办", "有话要说，请回「补充」。"),
        State::Final => ("已经最终答复", "有新情况，请回「反映问题」。"),
        State::Rejected => ("没有受理", "有新情况，请回「反映问题」。"),
        State::Archived => ("早已办结", "还有事，请回「反映问题」。"),
        State::Merged => ("已经和别的事一起办", "结果一样告诉您。"),
        State::Deferred | State::Reviewing => ("快有结果了", "有话要说，请回「补充」。"),
        State::Received
        | State::Dispatched
        | State::ReturnAsked
        | State::Handling
        | State::NeedInfo
        | State::ExtensionAsked => return None,
    };
    Some(Refusal::TooLate { now, cannot, mend })
}

pub(super) fn may_urge(case: &Case, now: Timestamp) -> Result<(), Refusal> {
    match case.urged_at.and_then(|last| last.checked_add(URGE_EVERY).ok()) {
        Some(next) if now < next => Err(Refusal::UrgedBefore { next: spoken(next) }),
        _ => Ok(()),
    }
}

pub(super) fn may_supplement(case: &Case) -> Result<(), Refusal> {
    match case.supplements >= SUPPLEMENTS_MAX {
        true => Err(Refusal::Supplemented(case.supplements)),
        false => Ok(()),
    }
}

pub(super) fn supplement(
    text: String,
    photos: Vec<String>,
    voices: Vec<String>,
) -> Result<Change, Refusal> {
    if text.trim().is_empty() && photos.is_empty() && voices.is_empty() {
        return Err(Refusal::Empty);
    }
    Ok(Change::Supplemented { text, photos, voices })
}

/// Not content opens a second round; after that the platform has the last word.
pub(super) fn rate(
    case: &Case,
    (grade, comment): (Grade, String),
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<Change>, Refusal> {
    at_most("评价", &comment, NOTE_CHARS_MAX)?;
    // She is asked why and may say nothing; who speaks for her has asked her.
    if !grade.is_content() && by.name().is_some() {
        required("哪里不满意", &comment)?;
    }
    let rated = Change::Rated { grade, comment: comment.clone() };
    let next = if grade.is_content() {
        Change::Closed { closing: Closing::Rated, reason: grade.word().to_owned() }
    } else if case.round < ROUNDS_MAX {
        let due_at = rules.calendar.due(now, REDO_LIMIT);
        let silent = comment.trim().is_empty();
        let reason = if silent { NOT_SAID.to_owned() } else { comment };
        Change::Reopened { round: case.round + 1, reason, due_at }
    } else {
        return Ok(vec![rated]);
    };
    Ok(vec![rated, next])
}

/// May she file a new case that goes on with this one?
pub fn may_follow(case: &Case, person: &str, now: Timestamp) -> Result<(), Refusal> {
    if !case.is_of(person) {
        return Err(Refusal::NotYours);
    }
    let (now_is, mend) = match case.state {
        State::Closed | State::Archived => {
            let closed = case.closed_at.unwrap_or(case.updated_at);
            let days = now.duration_since(closed).as_hours() / 24;
            return if days <= FOLLOW_DAYS { Ok(()) } else { Err(Refusal::LongClosed(days)) };
        }
        State::Replied => ("已经答复", "不满意请回「评价」，我们再办一次。"),
        State::Final => ("已经最终答复", "有新情况，请回「反映问题」。"),
        State::Rejected => ("没有受理", "有新情况，请回「反映问题」。"),
        State::Withdrawn => ("您已经撤回", "要再办，请回「反映问题」。"),
        _ => ("还在办", "有话要说，请回「补充」。"),
    };
    Err(Refusal::TooLate { now: now_is, cannot: "不用续办", mend })
}
