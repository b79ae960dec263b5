//! 督办单: the written rung between the telephone call and the interview. It goes to the head of a
//! department that stays late, and is answered in writing by its day; what is promised there takes
//! the place of what was promised on the telephone.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Rules;
use super::case::Case;
use super::decide::{NOTE_CHARS_MAX, written};
use super::event::Change;
use super::limits::UNCALLED_LIMIT;
use super::refusal::Refusal;
use crate::calendar::{Limit, spoken};

/// Working days that a department has for its answer.
pub const SLIP_DAYS: RangeInclusive<u8> = 1..=5;

/// The last one that the department which has the case was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    /// Of this case, from 1.
    pub n: u8,
    pub sent_at: Timestamp,
    pub answer_by: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// Not the first one to this department.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl Case {
    /// The slip that waits for its answer.
    pub fn open_slip(&self) -> Option<&Slip> {
        self.course.slip.as_ref().filter(|slip| slip.answered_at.is_none())
    }

    /// Over all rounds.
    pub fn slips(&self) -> u8 {
        let earlier = self.earlier.iter().map(|round| round.course.slips);
        earlier.fold(self.course.slips, u8::saturating_add)
    }
}

pub(super) fn may_send(case: &Case, now: Timestamp, rules: &Rules) -> Result<(), Refusal> {
    if case.department.is_none() {
        return Err(Refusal::NotDispatched);
    }
    if let Some(open) = case.open_slip() {
        return Err(Refusal::SlipOpen(spoken(open.answer_by)));
    }
    let uncalled = rules.calendar.due(case.round_due_at, UNCALLED_LIMIT);
    match case.course.promise_at.is_none() && now <= uncalled {
        true => Err(Refusal::CallFirst(spoken(uncalled))),
        false => Ok(()),
    }
}

pub(super) fn send(
    case: &Case,
    (demand, days): (String, u8),
    now: Timestamp,
    rules: &Rules,
) -> Result<Change, Refusal> {
    written("要求", &demand, NOTE_CHARS_MAX)?;
    let department = case.department.clone().ok_or(Refusal::NotDispatched)?;
    if !SLIP_DAYS.contains(&days) {
        return Err(Refusal::SlipDays { days, max: *SLIP_DAYS.end() });
    }
    let answer_by = rules.calendar.due(now, Limit::WorkingDays(u32::from(days)));
    Ok(Change::SlipSent { n: case.slips().saturating_add(1), department, demand, answer_by })
}

pub(super) fn answer(
    case: &Case,
    (text, promise_at): (String, Timestamp),
    now: Timestamp,
) -> Result<Change, Refusal> {
    written("原因和措施", &text, NOTE_CHARS_MAX)?;
    let slip = case.open_slip().ok_or(Refusal::NoSlip)?;
    if promise_at <= now {
        return Err(Refusal::PromiseInThePast);
    }
    Ok(Change::SlipAnswered { n: slip.n, text, promise_at })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, at, clerk, dispatch, intake, supervisor};
    use super::*;
    use crate::desk::{Actor, Breached, Command, Means, Step, next_by_clock};

    fn lead(department: &str) -> Actor {
        let department = Some(department.to_owned());
        Actor::Staff {
            name: "经办人".into(),
            role: "department".into(),
            department,
            at_machine: false,
        }
    }

    fn call(promise: &str) -> Command {
        Command::Supervise {
            callee: "王主任".into(),
            title: "主任".into(),
            promise_at: at(promise),
            note: String::new(),
        }
    }

    fn slip(days: u8) -> Command {
        Command::SendSlip { demand: "说明原因，写清哪天办完。".into(), days }
    }

    fn answer(promise: &str) -> Command {
        Command::AnswerSlip {
            text: "缺零件，明天到货就修。".into(), promise_at: at(promise)
        }
    }

    /// Due on Wednesday the 25th, 17:30, and late.
    fn late() -> Desk {
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
        let spoke =
            Command::NoteContact { means: Means::Telephone, reached: true, note: String::new() };
        desk.give("2026-11-23 10:30", &lead("广电网络"), Command::Accept).unwrap();
        desk.give("2026-11-23 10:40", &lead("广电网络"), spoke).unwrap();
        let breach = Command::Breach { limit: Breached::Handling };
        desk.give("2026-11-25 17:31", &Actor::System, breach).unwrap();
        desk
    }

    fn next(desk: &Desk) -> Option<(Timestamp, Command)> {
        next_by_clock(&desk.the_case(), desk.rules().calendar)
    }

    #[test]
    fn the_telephone_comes_before_it_unless_nobody_could_be_called() {
        let mut desk = late();
        desk.refused_at("2026-11-26 09:00", &supervisor(), slip(2), "先打电话督办");
        desk.refused_at("2026-11-27 17:30", &supervisor(), slip(2), "11月27日17:30");
        desk.clone().give("2026-11-27 17:31", &supervisor(), slip(2)).unwrap();
        desk.give("2026-11-26 09:00", &supervisor(), call("2026-11-27 17:30")).unwrap();
        desk.refused_at("2026-11-26 09:10", &supervisor(), slip(6), "1到5");
        desk.refused_at("2026-11-26 09:10", &lead("广电网络"), slip(2), "不能由您来做");
        desk.give("2026-11-26 09:10", &supervisor(), slip(2)).unwrap();
        let case = desk.the_case();
        assert_eq!(case.open_slip().unwrap().answer_by, at("2026-11-30 17:30"));
        assert_eq!(case.course.supervisions, 2, "the call and the slip");
        desk.refused_at("2026-11-26 09:20", &supervisor(), slip(2), "还等着书面答复");
    }

    #[test]
    fn while_it_waits_for_its_answer_nothing_else_runs_out() {
        let mut desk = late();
        desk.give("2026-11-26 09:00", &supervisor(), call("2026-11-27 17:30")).unwrap();
        let broken = (at("2026-11-30 17:30:01"), Command::Breach { limit: Breached::Promise });
        assert_eq!(next(&desk), Some(broken));
        desk.give("2026-11-27 17:40", &supervisor(), slip(3)).unwrap();
        let unanswered = (at("2026-12-02 17:30:01"), Command::Breach { limit: Breached::Slip });
        assert_eq!(next(&desk), Some(unanswered.clone()));
        desk.give("2026-12-02 17:31", &Actor::System, unanswered.1).unwrap();
        // It is noted once, and may still be answered.
        assert_eq!(next(&desk), None);
        desk.give("2026-12-03 09:00", &lead("广电网络"), answer("2026-12-04 17:30")).unwrap();
        let broken = (at("2026-12-07 17:30:01"), Command::Breach { limit: Breached::Promise });
        assert_eq!(next(&desk), Some(broken));
    }

    #[test]
    fn its_answer_is_a_new_promise_of_which_she_is_told() {
        let mut desk = late();
        desk.give("2026-11-26 09:00", &supervisor(), call("2026-11-27 17:30")).unwrap();
        let no_slip = answer("2026-12-04 17:30");
        desk.refused_at("2026-11-26 10:00", &lead("广电网络"), no_slip, "没有等着书面答复");
        desk.give("2026-11-27 17:40", &supervisor(), slip(3)).unwrap();
        desk.refused_at("2026-11-27 17:50", &lead("城管"), answer("2026-12-04 17:30"), "不归");
        let past = answer("2026-11-27 17:00");
        desk.refused_at("2026-11-27 17:50", &lead("广电网络"), past, "已经过了");
        desk.give("2026-11-30 09:00", &lead("广电网络"), answer("2026-12-04 17:30")).unwrap();
        assert_eq!(desk.events.last().unwrap().change.step(), Step::SlipAnswered);
        let told = desk.last_notice();
        assert_eq!((told.id, told.fields["promise"].as_str()), ("supervised", "12月4日17:30前"));
        // Kept to the day it has: then the interview. The second slip has a number of its own.
        desk.give("2026-12-07 09:00", &supervisor(), slip(1)).unwrap();
        assert_eq!(desk.the_case().open_slip().unwrap().n, 2);
    }

    #[test]
    fn a_department_does_not_answer_for_its_predecessor() {
        let mut desk = late();
        desk.give("2026-11-26 09:00", &supervisor(), call("2026-11-27 17:30")).unwrap();
        desk.give("2026-11-26 09:10", &supervisor(), slip(3)).unwrap();
        desk.give("2026-11-27 09:00", &clerk(), dispatch("城管")).unwrap();
        let case = desk.the_case();
        assert_eq!((&case.course.slip, case.slips()), (&None, 1));
    }
}
