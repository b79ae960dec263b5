//! 约上门: somebody of the department comes to her on a day that was agreed with her.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::decide::{NAME_CHARS_MAX, NOTE_CHARS_MAX, at_most, written};
use super::event::Change;
use super::refusal::Refusal;

/// Further ahead nobody agrees on an hour.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The one that is still to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub at: Timestamp,
    /// Who comes, as she is told.
    pub who: String,
}

/// Another time in place of the one before is agreed in the same way.
pub(super) fn agree(
    case: &Case,
    (at, who, note): (Timestamp, String, String),
    now: Timestamp,
) -> Result<Change, Refusal> {
    written("谁去", &who, NAME_CHARS_MAX)?;
    at_most("说明", &note, NOTE_CHARS_MAX)?;
    if at <= now || at > now + AHEAD_MAX {
        return Err(Refusal::VisitWhen { days: AHEAD_MAX.as_hours() / 24 });
    }
    let same = Visit { at, who: who.clone() };
    if case.course.visit.as_ref() == Some(&same) {
        return Err(Refusal::NothingChanged);
    }
    Ok(Change::VisitAgreed { visit_at: at, who, note })
}

pub(super) fn cancel(reason: String) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    Ok(Change::VisitCancelled { reason })
}

pub(super) fn note(kept: bool, note: String) -> Result<Change, Refusal> {
    at_most("说明", &note, NOTE_CHARS_MAX)?;
    if !kept {
        written("为什么没见上", &note, NOTE_CHARS_MAX)?;
    }
    Ok(Change::VisitNoted { kept, note })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, at, clerk, dispatch, intake, reply};
    use super::super::{Actor, Command, Means, State};

    fn lead() -> Actor {
        let department = Some("城管".to_owned());
        Actor::Staff {
            name: "经办人".into(),
            role: "department".into(),
            department,
            at_machine: false,
        }
    }

    fn agree(when: &str) -> Command {
        Command::AgreeVisit { at: at(when), who: "张师傅".into(), note: String::new() }
    }

    fn dispatched() -> Desk {
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        desk.give("2026-11-23 10:10", &clerk(), dispatch("城管")).unwrap();
        desk
    }

    #[test]
    fn a_visit_is_agreed_told_moved_and_kept() {
        let mut desk = dispatched();
        let done = desk.give("2026-11-23 11:00", &lead(), agree("2026-11-24 09:00")).unwrap();
        assert_eq!(done, ["accepted", "visit_agreed"]);
        assert_eq!(desk.last_notice().id, "visit");
        desk.give("2026-11-23 11:10", &lead(), agree("2026-11-24 15:00")).unwrap();
        let visit = desk.the_case().course.visit.unwrap();
        assert_eq!((visit.at, visit.who.as_str()), (at("2026-11-24 15:00"), "张师傅"));
        let kept = Command::NoteVisit { kept: true, note: String::new() };
        desk.give("2026-11-24 16:00", &lead(), kept.clone()).unwrap();
        let course = desk.the_case().course;
        assert_eq!((&course.visit, course.visited_at), (&None, Some(at("2026-11-24 15:00"))));
        assert_eq!(course.first_contact(), Some(at("2026-11-24 15:00")), "she was spoken with");
        desk.refused(&lead(), kept, "没有约好的上门");
    }

    #[test]
    fn a_visit_that_is_missed_says_why_and_one_that_is_off_is_told() {
        let mut desk = dispatched();
        desk.give("2026-11-23 11:00", &lead(), agree("2026-11-24 09:00")).unwrap();
        let missed = |note: &str| Command::NoteVisit { kept: false, note: note.into() };
        desk.refused(&lead(), missed(""), "为什么没见上");
        desk.give("2026-11-24 10:00", &lead(), missed("家里没有人")).unwrap();
        let contact = desk.the_case().course.contacts.pop().unwrap();
        assert_eq!((contact.means, contact.reached), (Means::Visit, false));
        desk.give("2026-11-24 10:10", &lead(), agree("2026-11-25 09:00")).unwrap();
        let cancel = Command::CancelVisit { reason: "下雨".into() };
        desk.give("2026-11-24 17:00", &lead(), cancel.clone()).unwrap();
        assert_eq!(desk.last_notice().id, "visit_off");
        desk.refused(&lead(), cancel, "没有约好的上门");
    }

    #[test]
    fn nobody_comes_any_more_once_it_is_answered_or_with_another() {
        let mut desk = dispatched();
        desk.give("2026-11-23 11:00", &lead(), agree("2026-11-24 09:00")).unwrap();
        let mut answered = desk.clone();
        answered.give("2026-11-23 12:00", &lead(), reply()).unwrap();
        assert_eq!(
            (answered.the_case().state, answered.the_case().course.visit),
            (State::Replied, None)
        );
        desk.give("2026-11-23 12:00", &clerk(), dispatch("住建")).unwrap();
        assert_eq!(desk.the_case().course.visit, None);
    }

    #[test]
    fn it_lies_ahead_and_not_too_far() {
        let mut desk = dispatched();
        for when in ["2026-11-23 09:00", "2027-11-23 09:00"] {
            desk.refused(&lead(), agree(when), "上门的时间不对");
        }
        let nobody = Command::AgreeVisit {
            at: at("2026-11-25 09:00"),
            who: String::new(),
            note: String::new(),
        };
        desk.refused(&lead(), nobody, "谁去");
    }
}
