//! When a round ends: stops, extensions, other classes and new promises, in the order in which they
//! came. Reckoned anew when the calendar changes, and for the figures.

use jiff::Timestamp;

use super::case::{Case, Round};
use super::course::Course;
use super::limits::{limit_in, rest};
use crate::calendar::{Calendar, Limit};
use crate::county::TimeClass;

pub(super) struct RoundTime<'c> {
    round: u8,
    started_at: Timestamp,
    /// At its beginning.
    class: TimeClass,
    course: &'c Course,
}

/// Whether what was granted or promised later counts as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Granted {
    Counts,
    LeftOut,
}

enum Moved {
    StoodUntil(Timestamp),
    Longer(u8),
    Class(TimeClass),
    Promised,
}

impl<'c> RoundTime<'c> {
    pub fn of(case: &'c Case) -> Self {
        let (round, started_at) = (case.round, case.round_started_at);
        Self { round, started_at, class: class_at_start(case, round), course: &case.course }
    }

    pub fn of_earlier(case: &'c Case, round: &'c Round) -> Self {
        let (n, started_at) = (round.round, round.started_at);
        Self { round: n, started_at, class: class_at_start(case, n), course: &round.course }
    }

    /// As it is now.
    pub fn limit(&self) -> Limit {
        limit_in(self.round, self.course.classes.last().map_or(self.class, |last| last.to))
    }

    pub fn ends(&self, calendar: &Calendar, granted: Granted) -> Timestamp {
        let mut class = self.class;
        let mut due = calendar.due(self.started_at, limit_in(self.round, class));
        for (at, moved) in self.moves(granted) {
            let limit = limit_in(self.round, class);
            due = match moved {
                Moved::StoodUntil(resumed) => calendar.paused(due, limit, at, resumed),
                Moved::Longer(days) => calendar.due(due, Limit::WorkingDays(u32::from(days))),
                Moved::Promised => calendar.due(at, limit),
                Moved::Class(to) => {
                    class = to;
                    due.min(self.by_class(to, at, calendar))
                }
            };
        }
        due
    }

    /// By a class that it is found to be of at some moment: counted from the beginning, and never
    /// less than what there is at least from that moment on.
    pub fn by_class(&self, class: TimeClass, at: Timestamp, calendar: &Calendar) -> Timestamp {
        let limit = limit_in(self.round, class);
        let first = calendar.due(self.started_at, limit);
        let stops = self.course.stops.iter().filter(|(from, _)| *from < at);
        let whole = stops.fold(first, |due, (from, to)| calendar.paused(due, limit, *from, *to));
        whole.max(calendar.due(at, rest(class)))
    }

    fn moves(&self, granted: Granted) -> Vec<(Timestamp, Moved)> {
        let course = self.course;
        let stops = course.stops.iter().map(|(from, to)| (*from, Moved::StoodUntil(*to)));
        let classes = course.classes.iter().map(|one| (one.at, Moved::Class(one.to)));
        let mut moves: Vec<(Timestamp, Moved)> = stops.chain(classes).collect();
        if granted == Granted::Counts {
            let longer = course.extensions.iter().filter(|one| one.granted == Some(true));
            moves.extend(longer.map(|one| (one.asked_at, Moved::Longer(one.days))));
            moves.extend(course.promises.iter().map(|at| (*at, Moved::Promised)));
        }
        moves.sort_by_key(|(at, _)| *at);
        moves
    }
}

/// What it was before it was corrected in that round or later.
fn class_at_start(case: &Case, round: u8) -> TimeClass {
    let earlier = case.earlier.iter().map(|one| (one.round, &one.course));
    let courses = earlier.chain([(case.round, &case.course)]).filter(|(n, _)| *n >= round);
    let mut corrected = courses.flat_map(|(_, course)| &course.classes);
    corrected.next().map_or(case.time_class, |first| first.from)
}
