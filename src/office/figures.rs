//! The county's figures of the day, kept in memory and brought up to date by what changed since
//! they were read last. Each instance keeps its own; what another one did it finds in the store.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use tokio::sync::MutexGuard;

use crate::calendar::local_date;
use crate::desk::CaseNumber;
use crate::desk::figures::{Figures, Line};
use crate::store::keys;

use super::case_view::channel_name;
use super::rights::Right;
use super::views::{CommandError, Session};
use super::{Office, beijing};

/// An assignment whose time ends in this month began, as a rule, no earlier; and what ended
/// before is put away thirty days later, which counts as a change.
const LOOK_BACK_MONTHS: i32 = 2;
/// A commit may come to light so long after the time that it says: clocks of instances differ.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

/// The lines of all cases that are open or changed in the last months: for a county some tens
/// of thousands, a few hundred bytes each.
#[derive(Default)]
pub(super) struct Board {
    lines: HashMap<CaseNumber, Line>,
    /// All changes up to here are in the lines.
    until: Option<Timestamp>,
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

    /// By which channel a case came in.
    pub fn channel_name(id: &str) -> &'static str {
        channel_name(id)
    }

    pub async fn figures(&self, session: &Session) -> Result<Figures, CommandError> {
        session.must(Right::Reports)?;
        let now = self.clock.now();
        let first = first_of_month(now);
        let month = (start_of(first), start_of(first.saturating_add(1.month())));
        let board = self.board_at(now).await?;
        Ok(Figures::of(board.lines.values(), now, month, &self.tables().calendar))
    }

    /// With all that changed until `now`.
    async fn board_at(&self, now: Timestamp) -> Result<MutexGuard<'_, Board>, CommandError> {
        let since = start_of(first_of_month(now).saturating_sub(LOOK_BACK_MONTHS.months()));
        let tables = self.tables();
        let mut board = self.board.lock().await;
        let Board { lines, until } = &mut *board;
        let mut take = |case: crate::desk::Case| {
            lines.insert(case.number, Line::of(&case, &tables.calendar));
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
        *until = Some(now);
        lines.retain(|_, line| !line.is_over_before(since));
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

fn start_of(day: Date) -> Timestamp {
    beijing::instant(day.at(0, 0, 0, 0))
}
