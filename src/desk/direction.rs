//! 批示: what a leader writes on a case. It is answered in writing by its day, by the department that
//! has the case, or by the platform while nobody has it; whose the case is the leader does not see.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Rules;
use super::case::Case;
use super::decide::{NOTE_CHARS_MAX, written};
use super::event::{Actor, Change};
use super::refusal::Refusal;
use crate::calendar::Limit;

/// Working days until it is answered.
pub const DIRECTION_DAYS: RangeInclusive<u8> = 1..=10;

/// The last one of this case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direction {
    pub n: u8,
    /// The leader, who goes on seeing the case.
    pub by: Option<String>,
    pub answer_by: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// Not answered by its day; that was noted, in whichever round.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_late: bool,
}

impl Case {
    pub fn open_direction(&self) -> Option<&Direction> {
        self.course.direction.as_ref().filter(|one| one.answered_at.is_none())
    }
}

pub(super) fn give(
    case: &Case,
    (text, days): (String, u8),
    now: Timestamp,
    rules: &Rules,
) -> Result<Change, Refusal> {
    written("批示", &text, NOTE_CHARS_MAX)?;
    if !DIRECTION_DAYS.contains(&days) {
        return Err(Refusal::DirectionDays { days, max: *DIRECTION_DAYS.end() });
    }
    let before = case.course.direction.as_ref().map_or(0, |one| one.n);
    let answer_by = rules.calendar.due(now, Limit::WorkingDays(u32::from(days)));
    Ok(Change::Directed { n: before.saturating_add(1), text, answer_by })
}

pub(super) fn answer(case: &Case, text: String) -> Result<Change, Refusal> {
    written("答复", &text, NOTE_CHARS_MAX)?;
    let open = case.open_direction().ok_or(Refusal::NoDirection)?;
    Ok(Change::DirectionAnswered { n: open.n, text })
}

pub(super) fn given(n: u8, by: &Actor, answer_by: Timestamp) -> Direction {
    Direction { n, by: by.name().map(str::to_owned), answer_by, answered_at: None, is_late: false }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, at, clerk, dispatch, intake, rate, reply, villager};
    use super::*;
    use crate::desk::{Breached, Command, Grade, State, next_by_clock};

    fn staff(role: &str, department: Option<&str>) -> Actor {
        let department = department.map(str::to_owned);
        Actor::Staff { name: role.into(), role: role.into(), department, at_machine: false }
    }

    fn direct(days: u8) -> Command {
        Command::Direct { text: "请查清原因，报我。".into(), days }
    }

    fn answered() -> Command {
        Command::AnswerDirection { text: "线路老化，全村已经换新。".into() }
    }

    #[test]
    fn what_a_leader_writes_is_answered_by_the_one_who_has_the_case() {
        let leader = staff("leader", None);
        let lead = staff("department", Some("广电网络"));
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
        desk.refused(&clerk(), direct(2), "领导");
        desk.refused(&leader, direct(11), "1到10");
        desk.refused(&lead, answered(), "没有等着答复的批示");
        assert_eq!(desk.give("2026-11-24 16:00", &leader, direct(2)), Ok(vec!["directed"]));
        assert_eq!(desk.told.last(), Some(&None), "it is not for the villager");
        let open = desk.the_case().open_direction().cloned().unwrap();
        assert_eq!((open.n, open.answer_by), (1, at("2026-11-26 17:30")));
        desk.refused(&leader, direct(2), "11月26日");
        desk.refused(&staff("department", Some("城管")), answered(), "不归您的单位");
        // A second round does not wipe it out.
        desk.give("2026-11-24 16:10", &lead, reply()).unwrap();
        desk.give("2026-11-24 17:00", &villager(), rate(Grade::Dissatisfied)).unwrap();
        assert_eq!(desk.the_case().open_direction(), Some(&open));
        desk.give("2026-11-25 09:00", &lead, answered()).unwrap();
        assert_eq!(desk.the_case().open_direction(), None);
        desk.give("2026-11-25 09:10", &leader, direct(1)).unwrap();
        assert_eq!(desk.the_case().open_direction().map(|one| one.n), Some(2));
    }

    #[test]
    fn what_is_not_answered_by_its_day_is_noted_once_whatever_state_the_case_is_in() {
        let leader = staff("leader", None);
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
        desk.give("2026-11-24 09:00", &staff("department", Some("广电网络")), reply()).unwrap();
        desk.give("2026-11-24 10:00", &villager(), rate(Grade::Satisfied)).unwrap();
        assert_eq!(desk.the_case().state, State::Closed);
        // Written so late that its day is behind the one on which an ended case is put away.
        desk.give("2026-12-23 16:00", &leader, direct(5)).unwrap();
        let next = |desk: &Desk| next_by_clock(&desk.the_case(), desk.rules().calendar);
        let late = Command::Breach { limit: Breached::Direction };
        assert_eq!(next(&desk), Some((at("2026-12-30 17:30:01"), late.clone())));
        desk.give("2026-12-30 17:31", &Actor::System, late).unwrap();
        assert_eq!(next(&desk), Some((at("2027-01-29 17:30"), Command::Archive)), "noted once");
        desk.give("2026-12-31 09:00", &clerk(), answered()).unwrap();
        assert_eq!(next(&desk).map(|(_, command)| command), Some(Command::Archive));
        desk.give("2026-12-31 09:10", &leader, direct(1)).unwrap();
        assert!(matches!(next(&desk), Some((_, Command::Breach { limit: Breached::Direction }))));
    }
}
