//! The county's figures of the day, kept in memory and brought up to date by what changed since
//! they were read last. Each instance keeps its own; what another one did it finds in the store.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use tokio::sync::MutexGuard;

use crate::calendar::local_date;
use crate::desk::figures::{Figures, Line, Period};
use crate::desk::{Case, CaseNumber};
use crate::store::keys;

use super::case_view::channel_name;
use super::rights::Right;
use super::views::{CommandError, Session};
use super::{Office, beijing};

/// An assignment whose time ends in this month began, as a rule, no earlier; and what ended
/// before is put away thirty days later, which counts as a change.
const LOOK_BACK_MONTHS: i32 = 2;
/// A commit may come to light so long after the time that it says: clocks of instances differ.
pub(super) const OVERLAP: SignedDuration = SignedDuration::from_secs(60);
/// A sum is shown so long while no line changes: only the time moves it.
const SHOWN_FOR: SignedDuration = SignedDuration::from_secs(30);

/// The lines of all cases that are open or changed in the last months: for a county some tens
/// of thousands, a few hundred bytes each.
#[derive(Default)]
pub(super) struct Board {
    lines: HashMap<CaseNumber, Line>,
    /// All changes up to here are in the lines.
    until: Option<Timestamp>,
    /// Their sum, and when it was made.
    sum: Option<(Timestamp, Arc<Figures>)>,
}

/// Whole months, as a bulletin tells of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Months {
    pub first: Date,
    /// 1 or 3.
    pub count: i8,
}

impl Months {
    /// `2026-11` or `2026-Q4`.
    pub fn read(text: &str) -> Option<Self> {
        let (year, part) = text.trim().split_once('-')?;
        let year: i16 = year.parse().ok().filter(|year| (2_000..3_000).contains(year))?;
        let (month, count) = match part.strip_prefix('Q') {
            Some(quarter) => {
                (quarter.parse::<i8>().ok().filter(|n| (1..=4).contains(n))? * 3 - 2, 3)
            }
            None => (part.parse::<i8>().ok().filter(|n| (1..=12).contains(n))?, 1),
        };
        Some(Self { first: date(year, month, 1), count })
    }

    /// As many months right before.
    fn before(self) -> Self {
        Self { first: self.first.saturating_sub(i32::from(self.count).months()), ..self }
    }

    pub fn span(self) -> (Timestamp, Timestamp) {
        let end = self.first.saturating_add(i32::from(self.count).months());
        (start_of(self.first), start_of(end))
    }
}

impl std::fmt::Display for Months {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month) = (self.first.year(), self.first.month());
        match self.count {
            1 => write!(f, "{year}年{month}月"),
            _ => write!(f, "{year}年第{}季度", (month + 2) / 3),
        }
    }
}

impl Office {
    pub fn category_name(&self, code: &str) -> Option<String> {
        self.tables().categories.get(code).map(|category| category.name.clone())
    }

    /// `code`: the first nine digits of its villages.
    pub fn township_name(&self, code: &str) -> Option<String> {
        let tables = self.tables();
        let place =
            tables.places.iter().find(|place| !code.is_empty() && place.code.starts_with(code))?;
        Some(place.township.clone())
    }

    /// Township and village of twelve digits.
    pub fn village_name(&self, code: &str) -> Option<String> {
        let tables = self.tables();
        tables.places.get(code).map(|place| format!("{}{}", place.township, place.name))
    }

    /// By which channel a case came in.
    pub fn channel_name(id: &str) -> &'static str {
        channel_name(id)
    }

    pub async fn figures(&self, session: &Session) -> Result<Arc<Figures>, CommandError> {
        session.must(Right::Reports)?;
        let now = self.clock.now();
        let first = first_of_month(now);
        let month = Months { first, count: 1 }.span();
        let mut board = self.board_at(now).await?;
        if let Some((_, sum)) = board.sum.as_ref().filter(|(at, _)| now < *at + SHOWN_FOR) {
            return Ok(sum.clone());
        }
        let calendar = &self.tables().calendar;
        let sum = Arc::new(Figures::of(board.lines.values(), now, month, calendar));
        board.sum = Some((now, sum.clone()));
        Ok(sum)
    }

    /// Of whole months, and of as many before them.
    pub async fn period(
        &self,
        session: &Session,
        months: Months,
    ) -> Result<(Period, Period), CommandError> {
        session.must(Right::Reports)?;
        let now = self.clock.now();
        let before = months.before();
        let since = start_of(before.first.saturating_sub(LOOK_BACK_MONTHS.months()));
        let tables = self.tables();
        let (mut here, mut earlier) = (Period::default(), Period::default());
        self.each_case(keys::cases_received(since, months.span().1), |case| {
            let line = Line::of(&case, &tables.calendar, &tables.keywords);
            here.take(&line, months.span(), now);
            earlier.take(&line, before.span(), now);
            Ok(())
        })
        .await?;
        Ok((here, earlier))
    }

    /// With all that changed until `now`.
    async fn board_at(&self, now: Timestamp) -> Result<MutexGuard<'_, Board>, CommandError> {
        let since = start_of(first_of_month(now).saturating_sub(LOOK_BACK_MONTHS.months()));
        let tables = self.tables();
        let mut board = self.board.lock().await;
        let Board { lines, until, sum } = &mut *board;
        let mut take = |case: Case| {
            let line = Line::of(&case, &tables.calendar, &tables.keywords);
            if lines.get(&case.number) != Some(&line) {
                lines.insert(case.number, line);
                *sum = None;
            }
            Ok(())
        };
        // A part that was read is still right when the rest could not be.
        let from = match *until {
            Some(until) => until - OVERLAP,
            None => {
                self.each_case(keys::open_cases(), &mut take).await?;
                since
            }
        };
        self.each_case(keys::cases_changed_since(from), &mut take).await?;
        // In another month another span is summed.
        if until.is_none_or(|until| first_of_month(until) != first_of_month(now)) {
            lines.retain(|_, line| !line.is_over_before(since));
            *sum = None;
        }
        *until = Some(now);
        Ok(board)
    }
}

/// Once, after the start: with many cases the first look takes a second, and nobody shall wait
/// for it.
pub(super) async fn run(office: Arc<Office>) {
    if let Err(error) = office.board_at(office.clock.now()).await {
        tracing::warn!(%error, "the figures can not be read yet");
    }
}

fn first_of_month(now: Timestamp) -> Date {
    let today = local_date(now);
    date(today.year(), today.month(), 1)
}

pub(super) fn start_of(day: Date) -> Timestamp {
    beijing::instant(day.at(0, 0, 0, 0))
}
