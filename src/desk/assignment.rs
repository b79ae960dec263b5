//! Who has had to do with a case, round by round: what measures are counted of.

use jiff::Timestamp;

use super::case::Case;
use super::course::Course;
use super::event::Grade;
use super::held::Held;
use super::round_time::RoundTime;
use super::state::State;
use crate::calendar::{Calendar, Limit};

/// A department that has a case in a round, or had it there before it went to another one.
pub(super) struct Assignment<'c> {
    pub department: &'c str,
    pub since: Timestamp,
    pub due_at: Timestamp,
    pub accepted: bool,
    pub returns: u8,
    pub supervisions: u8,
    pub excluded: bool,
    pub ended: Ended<'c>,
    pub round: &'c Run<'c>,
}

pub(super) enum Ended<'c> {
    /// It has it, and answers or has answered.
    Not,
    /// Given back or handed on in time: another one answers for it.
    PassedOn(&'c Held),
    /// It had not done it when its time was over, or left the next one too little.
    TooLate(&'c Held),
}

/// One round, whether it still runs or is over.
pub(super) struct Run<'c> {
    pub n: u8,
    pub started_at: Timestamp,
    pub department: Option<&'c str>,
    pub since: Option<Timestamp>,
    pub due_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub replied_at: Option<Timestamp>,
    pub rating: Option<Grade>,
    pub returns: u8,
    pub course: &'c Course,
    pub time: RoundTime<'c>,
}

/// What measures nobody is left out: withdrawn, rejected or merged before an answer.
pub(super) fn runs(case: &Case) -> Vec<Run<'_>> {
    let mut before = 0;
    let mut runs: Vec<Run> = Vec::with_capacity(case.earlier.len() + 1);
    for round in &case.earlier {
        runs.push(Run {
            n: round.round,
            started_at: round.started_at,
            department: round.department.as_deref(),
            since: round.dispatched_at,
            due_at: round.due_at.map_or(round.round_due_at, |own| own.max(round.round_due_at)),
            accepted_at: round.accepted_at,
            replied_at: round.replied_at,
            rating: round.rating,
            returns: round.course.returns.saturating_sub(before),
            course: &round.course,
            time: RoundTime::of_earlier(case, round),
        });
        before = round.course.returns;
    }
    let ended_unanswered =
        case.replied_at.is_none() && (case.closed_at.is_some() || case.state == State::Merged);
    if !ended_unanswered {
        runs.push(Run {
            n: case.round,
            started_at: case.round_started_at,
            department: case.department.as_deref(),
            since: case.dispatched_at,
            due_at: case.own_due_at(),
            accepted_at: case.accepted_at,
            replied_at: case.replied_at,
            rating: case.rating,
            returns: case.course.returns.saturating_sub(before),
            course: &case.course,
            time: RoundTime::of(case),
        });
    }
    runs
}

impl Run<'_> {
    /// When the department handed in what she got.
    pub fn handed_in(&self) -> Option<Timestamp> {
        self.course.handed_in_at.or(self.replied_at)
    }

    /// The first one first, the one that answers last.
    pub fn assignments(&self) -> Vec<Assignment<'_>> {
        let held = &self.course.held;
        let before = held.iter().map(|held| Assignment {
            department: &held.department,
            since: held.since,
            due_at: held.due_at,
            accepted: held.accepted,
            returns: held.returns,
            supervisions: held.supervisions,
            excluded: held.excluded,
            ended: self.left(held),
            round: self,
        });
        let mut all: Vec<Assignment> = before.collect();
        let of_others = |part: fn(&Held) -> u8| held.iter().map(part).fold(0, u8::saturating_add);
        all.extend(self.department.map(|department| Assignment {
            department,
            since: self.since.unwrap_or(self.started_at),
            due_at: self.due_at,
            accepted: self.accepted_at.is_some() && !self.course.accepted_silently,
            returns: self.returns.saturating_sub(of_others(|held| held.returns)),
            supervisions:
                self.course.supervisions.saturating_sub(of_others(|held| held.supervisions)),
            excluded: self.course.is_excluded(),
            ended: Ended::Not,
            round: self,
        }));
        all
    }

    /// Whoever hands it on so late that the next one needs more time than there was answers for
    /// what she waits longer.
    fn left<'r>(&self, held: &'r Held) -> Ended<'r> {
        let waited = held.left_too_little
            && self.handed_in().is_none_or(|handed_in| handed_in > held.due_at);
        match held.until > held.due_at || (waited && !held.returned) {
            true => Ended::TooLate(held),
            false => Ended::PassedOn(held),
        }
    }

    /// Until its answer, pauses left out: of the office, or by the clock where danger does not wait
    /// for the office to open.
    pub fn minutes(&self, until: Timestamp, calendar: &Calendar) -> i64 {
        let by_the_clock = matches!(self.time.limit(), Limit::Hours(_));
        let between = |from: Timestamp, to: Timestamp| match by_the_clock {
            true => to.duration_since(from).as_mins(),
            false => calendar.working_minutes(from, to),
        };
        let stood: i64 = self.course.stops.iter().map(|(from, to)| between(*from, *to)).sum();
        between(self.started_at, until) - stood
    }
}

impl Assignment<'_> {
    /// When it went on to another one.
    pub fn until(&self) -> Timestamp {
        match self.ended {
            Ended::PassedOn(held) | Ended::TooLate(held) => held.until,
            Ended::Not => Timestamp::MAX,
        }
    }
}
