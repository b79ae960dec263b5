//! How a case stands against its time: early enough, amber, late, and since when.

use jiff::Timestamp;

use super::ROUNDS_MAX;
use super::case::{Case, Round};
use super::event::{Breached, Solved};
use super::limits;
use super::state::State;
use crate::calendar::{Calendar, Limit};

/// A department is warned when this much of its time is used, in per cent.
const AMBER_PERCENT: u8 = 80;

/// How a case stands against its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    InTime,
    /// 80 % of the time is used.
    Amber,
    Overdue,
}

impl Case {
    /// Half of the time to accept it is used.
    fn is_slow_to_accept(&self, now: Timestamp, calendar: &Calendar) -> bool {
        limits::accept_amber_at(self, calendar).is_some_and(|at| now >= at)
    }

    /// Not answered, or answered too late, in this round. Once it was noted, a longer time that
    /// is granted later does not undo it.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        if self.course.has_breached(Breached::Handling) {
            return true;
        }
        // It goes by its parent's time.
        if self.state == State::Merged {
            return false;
        }
        let stopped = self.course.stopped.as_ref().map(|stop| stop.at);
        let submitted = self.course.submitted.as_ref().map(|submitted| submitted.at);
        let handed_in = self.course.handed_in_at.or(submitted);
        let done = handed_in.or(self.replied_at).or(self.closed_at).or(stopped);
        done.unwrap_or(now) > self.round_due_at
    }

    /// Open and late, by its own time and with a department that can do something about it.
    pub fn is_late(&self, now: Timestamp) -> bool {
        let waits = self.state.is_open() && self.state != State::Merged;
        waits && self.replied_at.is_none() && self.is_late_itself(now)
    }

    /// In this round or one before: another answer does not make the first one earlier.
    pub fn was_overdue(&self, now: Timestamp) -> bool {
        self.is_overdue(now) || self.late_round().is_some()
    }

    /// The last of the rounds that are over and were answered too late.
    pub fn late_round(&self) -> Option<&Round> {
        self.earlier.iter().rev().find(|round| round.was_late())
    }

    /// When the department that has it got it.
    pub fn assigned_at(&self) -> Option<Timestamp> {
        self.department.as_ref()?;
        Some(self.dispatched_at.unwrap_or(self.round_started_at))
    }

    /// The time for an answer in this round.
    pub(super) fn limit_of_round(&self) -> Limit {
        limits::limit_in(self.round, self.time_class)
    }

    /// Not content with the last answer that a department gives: the director has the last word.
    pub fn is_disputed(&self) -> bool {
        let unsolved = self.course.calls_back.iter().any(|call| call.solved == Some(Solved::No));
        let unhappy = self.rating.is_some_and(|grade| !grade.is_content());
        self.state == State::Replied && self.round >= ROUNDS_MAX && (unsolved || unhappy)
    }

    /// By when the department that has it must answer: never before what was promised to her.
    pub fn own_due_at(&self) -> Timestamp {
        self.due_at.map_or(self.round_due_at, |own| own.max(self.round_due_at))
    }

    /// The department that has it is late itself, not only one that had it before.
    pub fn is_late_itself(&self, now: Timestamp) -> bool {
        let breached = |id: &String| self.course.has_breached_by(Breached::Handling, id);
        self.department.as_ref().is_some_and(breached)
            || (self.is_overdue(now) && now > self.own_due_at())
    }

    /// When it became late in this round, or becomes so.
    pub fn late_from(&self) -> Timestamp {
        let breaches = self.course.breaches.iter();
        let late = breaches.filter(|one| one.limit == Breached::Handling);
        late.map(|one| one.due_at).fold(self.round_due_at, Timestamp::min)
    }

    /// When 80 % of the round's time is used: of the office's time, or of all of it for class U.
    pub fn amber_at(&self, calendar: &Calendar) -> Timestamp {
        let (start, due) = (self.round_started_at, self.round_due_at);
        match super::limit_of(self.time_class) {
            Limit::Hours(_) if self.round == 1 => {
                let part = due.duration_since(start) / 100 * i32::from(AMBER_PERCENT);
                start.checked_add(part).unwrap_or(due)
            }
            _ => calendar.share(start, due, AMBER_PERCENT),
        }
    }

    pub fn standing(&self, now: Timestamp, calendar: &Calendar) -> Standing {
        let answered = self.replied_at.or(self.closed_at);
        if self.state == State::Merged {
            Standing::InTime
        } else if self.is_overdue(now) {
            Standing::Overdue
        } else if answered.is_none()
            && (now >= self.amber_at(calendar) || self.is_slow_to_accept(now, calendar))
        {
            Standing::Amber
        } else {
            Standing::InTime
        }
    }
}
