//! Working time: which days are worked, when the office is open, when a limit ends. Pure.
//!
//! China moves working days by a yearly notice of the State Council: holidays are made
//! longer and weekend days are worked instead. Times are Beijing's, a fixed UTC+8 (no summer
//! time since 1991). Counting follows the Civil Code, articles 200 to 204: by days without
//! the first one, and the last day ends at the close of business.

mod parse;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};

pub use parse::Problem;

/// A limit never reaches further than this; a table without working days would run for ever.
const DAYS_MAX: u32 = 3_700;

/// How long something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Around the clock.
    Hours(u32),
    /// To the close of business of the n-th working day after the day of the start.
    WorkingDays(u32),
    /// Minutes in which the office is open.
    WorkingMinutes(u32),
}

/// What a date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day<'a> {
    pub working: bool,
    /// The holiday that the notice names it for, a make-up working day too; `None` on a plain day.
    pub name: Option<&'a str>,
    /// 未定 when false: the year's notice is not in the tables, weekends alone are off.
    pub settled: bool,
}

/// A date that another calendar takes otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed<'a> {
    pub date: Date,
    pub before: Day<'a>,
    pub after: Day<'a>,
}

#[derive(Clone, Debug)]
pub struct Calendar {
    /// Days that the notices name: a holiday, or a weekend day that is worked.
    named: BTreeMap<Date, NamedDay>,
    /// Years of which the notice is in the tables.
    years: Vec<i16>,
    /// Newest first.
    hours: Vec<OfficeHours>,
    version: String,
}

#[derive(Clone, Debug)]
struct NamedDay {
    name: String,
    off: bool,
}

#[derive(Clone, Debug)]
struct OfficeHours {
    valid_from: Date,
    /// Monday first.
    weekdays: [bool; 7],
    /// In order, without overlap; never empty.
    segments: Vec<(Time, Time)>,
}

fn offset() -> Offset {
    Offset::constant(8)
}

fn civil(at: Timestamp) -> DateTime {
    offset().to_datetime(at)
}

fn instant(at: DateTime) -> Timestamp {
    offset().to_timestamp(at).unwrap_or(Timestamp::MAX)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The local date and minute as a villager reads it: `11月25日17:30`.
pub fn spoken(at: Timestamp) -> String {
    let at = civil(at);
    format!("{}月{}日{}:{:02}", at.month(), at.day(), at.hour(), at.minute())
}

/// For tables: `2026-11-25 17:30`.
pub fn local(at: Timestamp) -> String {
    civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The hour here, 0 to 23.
pub fn local_hour(at: Timestamp) -> i8 {
    civil(at).hour()
}

/// The date here, of an instant.
pub fn local_date(at: Timestamp) -> Date {
    civil(at).date()
}

impl Calendar {
    /// Stored beside every promise, so that it can be said later by which tables it was made.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Is the year's notice in the tables? Without it, weekends alone are off.
    pub fn knows_year(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// Those whose notice is in the tables, in order.
    pub fn years(&self) -> impl Iterator<Item = i16> + '_ {
        self.years.iter().copied()
    }

    /// Days off and days worked instead that the notices name within that year.
    pub fn named_days(&self, year: i16) -> (usize, usize) {
        let of_year = self.named.iter().filter(|(date, _)| date.year() == year);
        let (off, worked): (Vec<_>, Vec<_>) = of_year.partition(|(_, day)| day.off);
        (off.len(), worked.len())
    }

    /// From which day on, which weekdays (Monday first), and when the office is open; the newest
    /// first.
    pub fn hours_known(&self) -> impl Iterator<Item = (Date, [bool; 7], &[(Time, Time)])> {
        self.hours.iter().map(|one| (one.valid_from, one.weekdays, one.segments.as_slice()))
    }

    /// The dates that `next` takes otherwise, in order.
    pub fn changes_to<'c>(&'c self, next: &'c Calendar) -> impl Iterator<Item = Changed<'c>> {
        let dates: BTreeSet<Date> = self.named.keys().chain(next.named.keys()).copied().collect();
        dates
            .into_iter()
            .map(|date| Changed { date, before: self.day(date), after: next.day(date) })
            .filter(|changed| {
                let (before, after) = (changed.before, changed.after);
                (before.working, before.name) != (after.working, after.name)
            })
    }

    pub fn day(&self, date: Date) -> Day<'_> {
        let named = self.named.get(&date);
        Day {
            working: self.is_working_day(date),
            name: named.map(|day| day.name.as_str()),
            settled: named.is_some() || self.knows_year(date.year()),
        }
    }

    pub fn is_working_day(&self, date: Date) -> bool {
        match self.named.get(&date) {
            Some(day) => !day.off,
            None => self.is_worked(date),
        }
    }

    fn is_worked(&self, date: Date) -> bool {
        self.hours(date).weekdays[date.weekday().to_monday_zero_offset() as usize]
    }

    fn hours(&self, date: Date) -> &OfficeHours {
        let found = self.hours.iter().find(|hours| hours.valid_from <= date);
        found.or_else(|| self.hours.last()).expect("the table has at least one row: `parse`")
    }

    /// The segments in which the office is open on that day; none on a day off.
    fn segments(&self, date: Date) -> &[(Time, Time)] {
        if self.is_working_day(date) { &self.hours(date).segments } else { &[] }
    }

    pub fn is_open(&self, at: Timestamp) -> bool {
        let at = civil(at);
        self.segments(at.date()).iter().any(|(from, to)| (*from..*to).contains(&at.time()))
    }

    /// When a limit that starts at `start` ends.
    pub fn due(&self, start: Timestamp, limit: Limit) -> Timestamp {
        match limit {
            Limit::Hours(hours) => later(start, SignedDuration::from_hours(i64::from(hours))),
            Limit::WorkingDays(days) => self.close_of(civil(start).date(), days),
            Limit::WorkingMinutes(wanted) => self.after_minutes(start, i64::from(wanted)),
        }
    }

    /// The close of business of the n-th working day after `date`.
    fn close_of(&self, date: Date, days: u32) -> Timestamp {
        let (mut day, mut left) = (date, days.max(1));
        for _ in 0..DAYS_MAX {
            day = next(day);
            left -= u32::from(self.is_working_day(day));
            if left == 0 {
                break;
            }
        }
        self.close_of_business(day)
    }

    /// The close of business of the n-th working day before the day of `at`.
    pub fn working_days_before(&self, at: Timestamp, days: u32) -> Timestamp {
        let (mut day, mut left) = (civil(at).date(), days.max(1));
        for _ in 0..DAYS_MAX {
            day = day.yesterday().unwrap_or(Date::MIN);
            left -= u32::from(self.is_working_day(day));
            if left == 0 {
                break;
            }
        }
        self.close_of_business(day)
    }

    /// When the office closes on that day, whether it is worked or not.
    pub fn close_of_business(&self, day: Date) -> Timestamp {
        let close = self.hours(day).segments.last().map_or(Time::MAX, |(_, to)| *to);
        instant(day.to_datetime(close))
    }

    /// The instant at which `wanted` office minutes after `start` are used up. Seconds are
    /// kept: a start at 8:30:40 ends 40 s past a minute.
    fn after_minutes(&self, start: Timestamp, wanted: i64) -> Timestamp {
        self.after(start, SignedDuration::from_mins(wanted.max(0)))
    }

    fn after(&self, start: Timestamp, mut left: SignedDuration) -> Timestamp {
        let start = civil(start);
        let mut day = start.date();
        for _ in 0..DAYS_MAX {
            for (from, to) in self.segments(day) {
                let from = if day == start.date() { (*from).max(start.time()) } else { *from };
                let open = to.duration_since(from);
                if open.is_positive() {
                    if left <= open {
                        return instant(day.to_datetime(from + left));
                    }
                    left -= open;
                }
            }
            day = next(day);
        }
        Timestamp::MAX
    }

    /// Whole office minutes between two instants; 0 when `to` is not after `from`.
    pub fn working_minutes(&self, from: Timestamp, to: Timestamp) -> i64 {
        self.open_time(from, to).as_mins()
    }

    /// Office minutes of the first working day from `day` on.
    pub fn minutes_of_a_day(&self, day: Date) -> i64 {
        let mut day = day;
        for _ in 0..DAYS_MAX {
            let minutes: SignedDuration =
                self.segments(day).iter().map(|(open, close)| close.duration_since(*open)).sum();
            if !minutes.is_zero() {
                return minutes.as_mins();
            }
            day = next(day);
        }
        1
    }

    fn open_time(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        let (from, to) = (civil(from), civil(to));
        let mut sum = SignedDuration::ZERO;
        let mut day = from.date();
        for _ in 0..DAYS_MAX {
            if day > to.date() {
                break;
            }
            for (open, close) in self.segments(day) {
                let open = if day == from.date() { (*open).max(from.time()) } else { *open };
                let close = if day == to.date() { (*close).min(to.time()) } else { *close };
                sum += close.duration_since(open).max(SignedDuration::ZERO);
            }
            day = next(day);
        }
        sum
    }

    /// The instant at which `percent` (at most 100) of the office time between the two is used;
    /// of all the time when the office is closed throughout.
    pub fn share(&self, start: Timestamp, due: Timestamp, percent: u8) -> Timestamp {
        let part = |all: SignedDuration| {
            SignedDuration::from_secs(all.as_secs() / 100 * i64::from(percent.min(100)))
                + SignedDuration::from_secs(all.as_secs() % 100 * i64::from(percent.min(100)) / 100)
        };
        let open = self.open_time(start, due);
        if open.is_zero() {
            let all = due.duration_since(start).max(SignedDuration::ZERO);
            return later(start, part(all));
        }
        self.after(start, part(open)).min(due)
    }

    /// Where a limit ends that stood still from `paused` to `resumed`. By days, only whole
    /// paused working days count: a pause of a few hours never moves a promise.
    pub fn paused(
        &self,
        due: Timestamp,
        limit: Limit,
        paused: Timestamp,
        resumed: Timestamp,
    ) -> Timestamp {
        if resumed <= paused || paused >= due {
            return due;
        }
        match limit {
            Limit::Hours(_) => later(due, resumed.duration_since(paused)),
            Limit::WorkingMinutes(_) => {
                self.after_minutes(due, self.working_minutes(paused, resumed))
            }
            Limit::WorkingDays(_) => {
                let whole = self.whole_days(paused, resumed);
                if whole == 0 { due } else { self.close_of(civil(due).date(), whole) }
            }
        }
    }

    /// Working days that lie whole between two instants, from opening to close.
    fn whole_days(&self, from: Timestamp, to: Timestamp) -> u32 {
        let mut day = civil(from).date();
        let mut whole = 0;
        for _ in 0..DAYS_MAX {
            if day > civil(to).date() {
                break;
            }
            if let (Some((open, _)), Some((_, close))) =
                (self.segments(day).first(), self.segments(day).last())
                && instant(day.to_datetime(*open)) >= from
                && instant(day.to_datetime(*close)) <= to
            {
                whole += 1;
            }
            day = next(day);
        }
        whole
    }
}

fn next(day: Date) -> Date {
    day.checked_add(1.day()).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests;
