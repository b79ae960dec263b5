//! Who had a case in a round before the department that has it now. It went on with its own time,
//! its own calls and returns: nobody answers for another.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::state::State;

/// A department that had it in this round, until it went to another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    pub department: String,
    pub since: Timestamp,
    /// Its own time, as it was when it went.
    pub due_at: Timestamp,
    pub until: Timestamp,
    /// The next one was given more time than was left.
    pub left_too_little: bool,
    /// It said that it was not its matter, and the platform agreed.
    pub returned: bool,
    /// By a person, not by silence.
    pub accepted: bool,
    /// How often it asked to be rid of it, and was telephoned or written to.
    pub returns: u8,
    pub supervisions: u8,
    pub excluded: bool,
}

impl Case {
    /// The department that has it has it no more: what it did stays with it.
    pub(super) fn go_on(&mut self, at: Timestamp, next_due_at: Timestamp) {
        let (Some(department), Some(since)) = (self.department.clone(), self.assigned_at()) else {
            return;
        };
        let held = Held {
            department,
            since,
            due_at: self.own_due_at(),
            until: self.course.return_asked_at.unwrap_or(at),
            left_too_little: next_due_at > self.own_due_at(),
            returned: self.state == State::ReturnAsked,
            accepted: self.accepted_at.is_some() && !self.course.accepted_silently,
            returns: self.own_returns(),
            supervisions: self.own_supervisions(),
            excluded: self.course.is_excluded(),
        };
        self.course.held.push(held);
    }

    /// How often the department that has it now was telephoned or written to.
    pub(super) fn own_supervisions(&self) -> u8 {
        let held = self.course.held.iter().map(|held| held.supervisions);
        held.fold(self.course.supervisions, u8::saturating_sub)
    }

    /// How often the department that has it now asked to be rid of it: without what others did, and
    /// what stands in rounds before.
    pub(super) fn own_returns(&self) -> u8 {
        let earlier = self.earlier.last().map_or(0, |round| round.course.returns);
        let held = self.course.held.iter().map(|held| held.returns);
        held.fold(self.course.returns.saturating_sub(earlier), u8::saturating_sub)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::measures::{Tally, split};
    use super::super::tests::{Desk, at, clerk, dispatch, intake, reply, supervisor};
    use crate::desk::{Actor, Breached, Command, Intake};

    /// Class B: due on Wednesday the 25th at the close.
    fn at_department(first: &str) -> Desk {
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        desk.give("2026-11-23 11:00", &clerk(), dispatch(first)).unwrap();
        desk
    }

    fn of(department: &str) -> Actor {
        let department = Some(department.to_owned());
        Actor::Staff {
            name: "经办人".into(),
            role: "department".into(),
            department,
            at_machine: false,
        }
    }

    fn tallies(desk: &Desk) -> BTreeMap<String, Tally> {
        let all = split(&desk.the_case(), desk.rules().calendar);
        all.into_iter().map(|(department, _, tally)| (department, tally)).collect()
    }

    fn call() -> Command {
        Command::Supervise {
            callee: "王主任".into(),
            title: "主任".into(),
            promise_at: at("2026-11-27 17:30"),
            note: String::new(),
        }
    }

    #[test]
    fn what_was_given_back_is_the_return_of_the_one_who_gave_it_back() {
        let mut desk = at_department("城管");
        let ask = Command::AskReturn { basis: "不归我们，见职责清单".into() };
        desk.give("2026-11-23 15:00", &of("城管"), ask).unwrap();
        desk.give("2026-11-23 16:00", &clerk(), dispatch("住建")).unwrap();
        desk.give("2026-11-24 16:00", &of("住建"), reply()).unwrap();
        let found = tallies(&desk);
        let [back, took] = ["城管", "住建"].map(|id| &found[id]);
        assert_eq!((back.assigned, back.passed_on, back.return_rate()), (1, 1, Some(1.0)));
        assert_eq!(back.in_time_rate(), None, "it had nothing to answer");
        assert_eq!((took.return_rate(), took.in_time_rate()), (Some(0.0), Some(1.0)));
    }

    #[test]
    fn who_sits_on_it_until_it_is_late_stays_late_and_the_next_one_has_its_own_day() {
        let mut desk = at_department("城管");
        desk.give("2026-11-23 12:00", &of("城管"), Command::Accept).unwrap();
        let breach = Command::Breach { limit: Breached::Handling };
        desk.give("2026-11-25 17:31", &Actor::System, breach).unwrap();
        desk.give("2026-11-26 09:00", &supervisor(), call()).unwrap();
        desk.give("2026-11-26 10:00", &clerk(), dispatch("住建")).unwrap();
        assert_eq!(desk.the_case().own_due_at(), at("2026-11-27 17:30"));
        desk.give("2026-11-27 09:00", &of("住建"), reply()).unwrap();
        let found = tallies(&desk);
        let [sat, took] = ["城管", "住建"].map(|id| &found[id]);
        assert_eq!((sat.in_time_rate(), sat.supervised, sat.replied), (Some(0.0), 1, 0));
        assert_eq!((took.in_time_rate(), took.supervised, took.replied), (Some(1.0), 0, 1));
    }

    /// Handed on an hour before the end: what is missing for a whole day is booked to who had it.
    #[test]
    fn the_shortfall_is_the_one_before_s_unless_she_had_her_answer_in_time() {
        let mut desk = at_department("城管");
        desk.give("2026-11-25 16:30", &clerk(), dispatch("住建")).unwrap();
        let mut quick = desk.clone();
        desk.give("2026-11-26 10:00", &of("住建"), reply()).unwrap();
        let found = tallies(&desk);
        assert_eq!(found["城管"].in_time_rate(), Some(0.0));
        assert_eq!(found["住建"].in_time_rate(), Some(1.0));
        quick.give("2026-11-25 17:00", &of("住建"), reply()).unwrap();
        assert_eq!(tallies(&quick)["城管"].in_time_rate(), None);
        // Handed on while there was time enough, it is nobody's lateness.
        let slow = Intake { category: Some("1101".into()), ..intake() };
        let mut early = Desk::filed("2026-11-23 10:00", slow);
        early.give("2026-11-23 11:00", &clerk(), dispatch("城管")).unwrap();
        early.give("2026-11-25 11:00", &clerk(), dispatch("住建")).unwrap();
        let found = tallies(&early);
        assert_eq!((found["城管"].passed_on, found["住建"].in_time_rate()), (1, Some(0.0)));
        let longer =
            Command::AskExtension { days: 3, reason: "要勘测".into(), evidence: "".into() };
        early.give("2026-12-04 09:00", &of("住建"), longer).unwrap();
        early.give("2026-12-04 10:00", &clerk(), Command::GrantExtension).unwrap();
        early.give("2026-12-09 10:00", &of("住建"), reply()).unwrap();
        let found = tallies(&early);
        let [early, late] = ["城管", "住建"].map(|id| &found[id]);
        assert_eq!((early.passed_on, early.extended), (1, 0));
        assert_eq!((late.in_time, late.in_first_time, late.extended), (1, 0, 1));
    }
}
