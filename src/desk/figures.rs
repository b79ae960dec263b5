//! The county's day in figures. Each case is boiled down to a [`Line`]; a board of figures is the
//! sum of lines, so it can be kept up to date by what changed instead of being counted anew.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::case::Case;
use super::limits::DAY_MINUTES;
use super::measures::{self, Tally};
use crate::calendar::{Calendar, local_date};

/// Received and closed are shown for so many days, today included.
pub const DAYS_SHOWN: i32 = 30;
/// Open cases by age in working days: up to 2, up to 5, up to 10, more.
pub const AGES: [i64; 3] = [2, 5, 10];

/// What one case adds to the figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    received: Timestamp,
    closed: Option<Date>,
    changed: Timestamp,
    /// The rest is of an open case.
    running: Option<Running>,
    category: Option<String>,
    channel: String,
    /// The first nine digits of the place.
    township: Option<String>,
    assignments: Vec<(String, Timestamp, Tally)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Running {
    department: Option<String>,
    /// Its time is over, whatever happens now.
    is_late: bool,
    /// When it will be nearly, and quite, over; `None`: answered, or the clock stands still.
    amber_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
    is_supervised: bool,
}

impl Line {
    pub fn of(case: &Case, calendar: &Calendar) -> Self {
        let runs = case.replied_at.is_none() && !case.state.stands_still();
        let running = case.state.is_open().then(|| Running {
            department: case.department.clone(),
            is_late: case.is_overdue(case.updated_at),
            amber_at: runs.then(|| case.amber_at(calendar)),
            due_at: runs.then_some(case.round_due_at),
            is_supervised: case.course.supervisions > 0,
        });
        Self {
            received: case.received_at,
            closed: case.closed_at.map(local_date),
            changed: case.updated_at,
            running,
            category: case.category.clone(),
            channel: case.channel.clone(),
            township: case.place_code.as_ref().and_then(|code| code.get(..9)).map(str::to_owned),
            assignments: measures::split(case, calendar),
        }
    }

    /// Nothing of it is in a board of a time after `since` any more.
    pub fn is_over_before(&self, since: Timestamp) -> bool {
        self.running.is_none() && self.changed < since
    }
}

/// Of one department, now and in this month.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DepartmentFigures {
    pub open: u32,
    pub amber: u32,
    pub overdue: u32,
    /// Of the assignments whose time ends in this month.
    pub month: Tally,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub received_today: u32,
    pub closed_today: u32,
    pub open: u32,
    pub amber: u32,
    pub overdue: u32,
    /// Open, and its department was telephoned.
    pub supervised: u32,
    pub received_month: u32,
    pub closed_month: u32,
    /// All departments' assignments whose time ends in this month.
    pub month: Tally,
    /// Day, received, closed; the oldest first, no day left out.
    pub days: Vec<(Date, u32, u32)>,
    /// By age, as in [`AGES`].
    pub ages: [u32; 4],
    pub departments: BTreeMap<String, DepartmentFigures>,
    /// Received in this month, by the code of the kind; empty: not known yet.
    pub categories: BTreeMap<String, u32>,
    pub channels: BTreeMap<String, u32>,
    /// By the first nine digits of the place; empty: not known.
    pub townships: BTreeMap<String, u32>,
}

impl Figures {
    /// `month`: from its first moment to before that of the next.
    pub fn of<'l>(
        lines: impl Iterator<Item = &'l Line>,
        now: Timestamp,
        month: (Timestamp, Timestamp),
        calendar: &Calendar,
    ) -> Self {
        let today = local_date(now);
        let first = today.saturating_sub(jiff::ToSpan::days(DAYS_SHOWN - 1));
        let mut figures = Self { days: days(first, today), ..Self::default() };
        let (from, to) = (month.0, month.1);
        let (month_first, month_end) = (local_date(from), local_date(to));
        for line in lines {
            let received = local_date(line.received);
            figures.received_today += u32::from(received == today);
            figures.closed_today += u32::from(line.closed == Some(today));
            let closed_month = line.closed.is_some_and(|day| month_first <= day && day < month_end);
            figures.closed_month += u32::from(closed_month);
            figures.on_day(received, |day| &mut day.1);
            if let Some(closed) = line.closed {
                figures.on_day(closed, |day| &mut day.2);
            }
            if from <= line.received && line.received < to {
                figures.received_month += 1;
                let known = |name: &Option<String>| name.clone().unwrap_or_default();
                *figures.categories.entry(known(&line.category)).or_default() += 1;
                *figures.channels.entry(line.channel.clone()).or_default() += 1;
                *figures.townships.entry(known(&line.township)).or_default() += 1;
            }
            if let Some(running) = &line.running {
                figures.count_running(line, running, now, calendar);
            }
            for (department, due, tally) in &line.assignments {
                if from <= *due && *due < to {
                    figures.month.add(tally);
                    figures.departments.entry(department.clone()).or_default().month.add(tally);
                }
            }
        }
        figures
    }

    fn on_day(&mut self, date: Date, count: fn(&mut (Date, u32, u32)) -> &mut u32) {
        let Some((first, ..)) = self.days.first() else { return };
        let place = usize::try_from((date - *first).get_days()).ok();
        if let Some(day) = place.and_then(|place| self.days.get_mut(place)) {
            *count(day) += 1;
        }
    }

    fn count_running(
        &mut self,
        line: &Line,
        running: &Running,
        now: Timestamp,
        calendar: &Calendar,
    ) {
        let overdue = running.is_late || running.due_at.is_some_and(|due| now > due);
        let amber = !overdue && running.amber_at.is_some_and(|at| now >= at);
        self.open += 1;
        self.overdue += u32::from(overdue);
        self.amber += u32::from(amber);
        self.supervised += u32::from(running.is_supervised);
        let days = calendar.working_minutes(line.received, now) / i64::from(DAY_MINUTES);
        let age = AGES.iter().position(|most| days <= *most).unwrap_or(AGES.len());
        self.ages[age] += 1;
        if let Some(department) = &running.department {
            let own = self.departments.entry(department.clone()).or_default();
            own.open += 1;
            own.overdue += u32::from(overdue);
            own.amber += u32::from(amber);
        }
    }
}

fn days(first: Date, last: Date) -> Vec<(Date, u32, u32)> {
    first.series(jiff::ToSpan::day(1)).take_while(|day| *day <= last).map(|d| (d, 0, 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::tests::{Desk, at, clerk, dispatch, intake, reply};
    use crate::desk::*;

    fn desks() -> Vec<Desk> {
        let filed = |when: &str, category: &str| {
            Desk::filed(when, Intake { category: Some(category.into()), ..intake() })
        };
        // Class B, two working days: answered; late; nearly late; fresh.
        let mut answered = filed("2026-11-16 10:00", "0501");
        answered.give("2026-11-16 11:00", &clerk(), dispatch("城管")).unwrap();
        answered.give("2026-11-17 09:00", &clerk(), reply()).unwrap();
        let mut late = filed("2026-11-17 10:00", "0501");
        late.give("2026-11-17 11:00", &clerk(), dispatch("城管")).unwrap();
        let mut soon = filed("2026-11-20 16:00", "0501");
        soon.give("2026-11-20 16:30", &clerk(), dispatch("教育")).unwrap();
        let fresh = filed("2026-11-24 09:00", "0201");
        let mut last_month = filed("2026-10-12 09:00", "0201");
        let close = Command::Close { reason: "她说不用办了".into() };
        last_month.give("2026-11-24 10:00", &clerk(), close).unwrap();
        vec![answered, late, soon, fresh, last_month]
    }

    #[test]
    fn a_board_is_the_sum_of_its_lines_and_agrees_with_each_case() {
        let (desks, now) = (desks(), at("2026-11-24 14:30"));
        let calendar = desks[0].rules().calendar;
        let lines: Vec<_> = desks.iter().map(|desk| Line::of(&desk.the_case(), calendar)).collect();
        let month = (at("2026-11-01 00:00"), at("2026-12-01 00:00"));
        let found = Figures::of(lines.iter(), now, month, calendar);
        assert_eq!((found.received_today, found.closed_today), (1, 1));
        assert_eq!((found.received_month, found.closed_month), (4, 1));
        assert_eq!((found.open, found.amber, found.overdue), (4, 1, 1));
        for (standing, count) in
            [(Standing::Overdue, found.overdue), (Standing::Amber, found.amber)]
        {
            let cases = desks.iter().map(Desk::the_case).filter(|case| case.state.is_open());
            let same = cases.filter(|case| case.standing(now, calendar) == standing).count();
            assert_eq!(same as u32, count, "{standing:?}");
        }
        assert_eq!(found.month.assigned, 3);
        let own = &found.departments["城管"];
        assert_eq!((own.open, own.overdue, own.month.assigned, own.month.in_time), (2, 1, 2, 1));
        assert_eq!(found.categories, BTreeMap::from([("0201".into(), 1), ("0501".into(), 3)]));
        assert_eq!(found.ages, [2, 1, 1, 0]);
        assert_eq!(found.days.len(), 30);
        assert_eq!(found.days.last(), Some(&(local_date(now), 1, 1)));
        assert_eq!(found.days.iter().map(|day| day.1).sum::<u32>(), 4);
    }

    #[test]
    fn only_what_ended_long_ago_is_over() {
        let calendar_of = desks();
        let calendar = calendar_of[0].rules().calendar;
        let over = |desk: &Desk, since: &str| {
            Line::of(&desk.the_case(), calendar).is_over_before(at(since))
        };
        assert!(!over(&calendar_of[1], "2027-11-01 00:00"), "it is open");
        assert!(!over(&calendar_of[4], "2026-11-24 10:00"));
        assert!(over(&calendar_of[4], "2026-11-24 10:01"));
    }
}
