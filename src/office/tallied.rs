//! What each department did in a month, kept in memory. A month is read whole when it is asked for
//! first; after that only the cases that changed since. Each instance keeps its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use tokio::sync::Mutex;

use crate::calendar::local_date;
use crate::desk::measures::{self, Tally};
use crate::desk::{Case, CaseNumber};
use crate::store::keys;

use super::figures::{OVERLAP, start_of};
use super::ledgers::Month;
use super::views::CommandError;
use super::{Office, Tables};

/// Some 3 MB each, for a county with 100,000 cases a year.
const MONTHS_KEPT: usize = 3;
/// An assignment may end so long after its case came in: plans wait for their day.
const LOOK_BACK_MONTHS: i32 = 13;

/// The one asked for last stands last.
#[derive(Default)]
pub(super) struct Kept(Mutex<Vec<OneMonth>>);

struct OneMonth {
    first: Date,
    /// With the calendar by which office time was counted.
    tables: Arc<Tables>,
    /// All changes up to here are in the shares.
    until: Option<Timestamp>,
    /// What of each case belongs into this month, by department.
    shares: HashMap<CaseNumber, Vec<(String, Tally)>>,
}

impl OneMonth {
    fn take(&mut self, case: &Case, month: &Month) {
        let all = measures::split(case, &self.tables.calendar);
        let inside = all.into_iter().filter(|(_, due_at, _)| month.has(*due_at));
        let shares: Vec<_> = inside.map(|(department, _, tally)| (department, tally)).collect();
        match shares.is_empty() {
            true => self.shares.remove(&case.number),
            false => self.shares.insert(case.number, shares),
        };
    }

    fn sum(&self) -> BTreeMap<String, Tally> {
        let mut sum: BTreeMap<String, Tally> = BTreeMap::new();
        for (department, tally) in self.shares.values().flatten() {
            match sum.get_mut(department) {
                Some(all) => all.add(tally),
                None => drop(sum.insert(department.clone(), tally.clone())),
            }
        }
        sum
    }
}

impl Office {
    pub(super) async fn tallies_of(
        &self,
        month: &Month,
    ) -> Result<BTreeMap<String, Tally>, CommandError> {
        let (now, tables) = (self.clock.now(), self.tables());
        let mut kept = self.tallied.0.lock().await;
        kept.retain(|one| Arc::ptr_eq(&one.tables, &tables));
        // It comes back only whole: what could not be read is read again.
        let mut one = match kept.iter().position(|one| one.first == month.first) {
            Some(at) => kept.remove(at),
            None => OneMonth { first: month.first, tables, until: None, shares: HashMap::new() },
        };
        let range = match one.until {
            Some(until) => keys::cases_changed_since(until - OVERLAP),
            None => {
                let since = start_of(month.first.saturating_sub(LOOK_BACK_MONTHS.months()));
                keys::cases_received(since, month.to)
            }
        };
        self.each_case(range, |case| {
            one.take(&case, month);
            Ok(())
        })
        .await?;
        one.until = Some(now);
        let sum = one.sum();
        if kept.len() == MONTHS_KEPT {
            kept.remove(0);
        }
        kept.push(one);
        Ok(sum)
    }
}

/// Once, after the start: with many cases the first look takes a second, and nobody shall wait
/// for it.
pub(super) async fn run(office: Arc<Office>) {
    let month = Month::of(local_date(office.clock.now()));
    if let Err(error) = office.tallies_of(&month).await {
        tracing::warn!(%error, "the measures of the departments can not be read yet");
    }
}
