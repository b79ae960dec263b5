//! For everybody: how many matters each village had this month. Sums only; what is confidential
//! is not in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::calendar::local_date;
use crate::county::Life;
use crate::desk::ledger::MonthSums;
use crate::desk::{Case, Grade};
use crate::dialog::Known;
use crate::store::keys;

use super::Office;
use super::ledgers::Month;
use super::views::CommandError;

/// Whoever asks, the cases are read no more often.
const KEPT: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VillageTotals {
    /// 2026年11月
    pub month: String,
    pub rows: Vec<VillageTotal>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VillageTotal {
    pub village: String,
    pub received: usize,
    /// Done within the month, whenever it came.
    pub ended: usize,
    /// Received in it and rated well.
    pub content: usize,
}

#[derive(Default)]
pub(super) struct Kept(Mutex<Option<(Timestamp, Arc<VillageTotals>)>>);

impl VillageTotal {
    fn count(&mut self, case: &Case, month: &Month) {
        let mut sums = MonthSums::default();
        sums.count_case((month.from, month.to), case);
        self.received += sums.received;
        self.ended += sums.done;
        let content = case.rating.is_some_and(Grade::is_content);
        self.content += usize::from(sums.received > 0 && content);
    }
}

impl Office {
    pub async fn village_totals(&self) -> Result<Arc<VillageTotals>, CommandError> {
        let now = self.clock.now();
        let mut kept = self.village_totals.0.lock().await;
        if let Some((at, totals)) = &*kept
            && now < *at + KEPT
        {
            return Ok(totals.clone());
        }
        let month = Month::of(local_date(now));
        let mut villages: BTreeMap<String, VillageTotal> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        // What came or ended in it has changed in it.
        self.each_case(keys::cases_changed_since(month.from), |case| {
            let counts =
                month.has(case.received_at) || case.closed_at.is_some_and(|at| month.has(at));
            let shown = counts && !case.confidential;
            // One that changes meanwhile comes again.
            let shown = shown && seen.insert(case.number);
            if let Some(village) = case.place_name.clone().filter(|_| shown) {
                let named = VillageTotal { village: village.clone(), ..VillageTotal::default() };
                villages.entry(village).or_insert(named).count(&case, &month);
            }
            Ok(())
        })
        .await?;
        let rows = villages.into_values().collect();
        let totals = Arc::new(VillageTotals { month: month.to_string(), rows });
        *kept = Some((now, totals.clone()));
        Ok(totals)
    }

    /// How long what is personal is kept: ordinary cases, consultations, conversations, in days.
    pub fn kept_days(&self) -> (u32, u32, u32) {
        let common = self.common();
        (common.keep.cases_days, common.keep.consults_days, common.keep.conversations_days)
    }

    /// What the clerks' tables tell of services, by table; of one part of life, or all.
    pub fn services(&self, life: Option<Life>) -> Vec<(String, Vec<Known>)> {
        let tables = self.tables();
        let is_of = |known: &Known, life: Life| {
            tables.categories.get(&known.code).is_some_and(|kind| kind.life.contains(&life))
        };
        let mut groups = self.script().known_tables(&SERVICES);
        for (_, rows) in &mut groups {
            rows.retain(|known| life.is_none_or(|life| is_of(known, life)));
        }
        groups.retain(|(_, rows)| !rows.is_empty());
        groups
    }
}

/// Tables of `dialogs/表` that everybody may read.
const SERVICES: [&str; 3] = ["证件", "服务", "找谁"];
