//! How the program is doing: counters, and what somebody has to do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;

use crate::calendar::local;

use super::Office;
use super::views::Health;

/// Who watches the process waits a second, and a store that is away must not look like a dead one.
const STORE_READS_WITHIN: Duration = Duration::from_millis(500);
const PROBLEMS_MAX: usize = 50;
/// Instances whose clocks differ by more would take each other for dead.
const CLOCKS_APART_MS: i64 = 2_000;

#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Since the start of the program.
#[derive(Debug, Default)]
pub struct Counters {
    pub messages: Count,
    pub duplicates: Count,
    pub noted: Count,
    pub unknown: Count,
    pub refused: Count,
    pub flooded: Count,
    pub late: Count,
    pub conflicts: Count,
    pub faults: Count,
    pub cases: Count,
    pub orders: Count,
    pub pay_told: Count,
    pub pay_replayed: Count,
    pub pay_refused: Count,
    pub sent: Count,
    pub given_up: Count,
    pub machines: Count,
    pub delivered: Count,
}

/// What an operator has to look at; the newest of each kind.
#[derive(Debug, Default)]
pub(super) struct Alarms(Mutex<BTreeMap<String, Timestamp>>);

impl Office {
    /// Said in the log and on the health page until the program starts again.
    pub(super) fn alarm(&self, what: &str) {
        tracing::error!(what, "somebody has to do something");
        let mut alarms = self.alarms.0.lock().unwrap_or_else(PoisonError::into_inner);
        if alarms.len() >= PROBLEMS_MAX {
            let oldest = alarms.iter().min_by_key(|(_, at)| **at).map(|(what, _)| what.clone());
            oldest.map(|what| alarms.remove(&what));
        }
        alarms.insert(what.to_owned(), self.clock.now());
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Requests can be taken.
    pub fn is_well(&self) -> bool {
        self.store.stats().last_error.is_none()
    }

    pub async fn health(&self) -> Health {
        let stats = self.store.stats();
        let mut problems = Vec::new();
        if let Some(error) = &stats.last_error {
            problems.push(format!(
                "现在存不进去，请看磁盘和数据库：the store does not accept writes: {error}"
            ));
        }
        if let Some(ahead) = stats.clock_ahead_ms.filter(|ahead| ahead.abs() > CLOCKS_APART_MS) {
            problems.push(format!(
                "这台机器的钟比数据库的快{ahead}毫秒，请开自动对时：this clock is {ahead} ms ahead of the \
                 database's; is NTP on?"
            ));
        }
        problems.extend(self.others.problems());
        let outbox = match timeout(STORE_READS_WITHIN, self.channels_shown()).await {
            Ok(Ok(shown)) => shown,
            Ok(Err(error)) => {
                problems.push(format!(
                    "看不到有多少消息等着发：the queues of the outbox can not be read: {error}"
                ));
                json!(null)
            }
            Err(_) => {
                problems.push(
                    "看不到有多少消息等着发：the queues of the outbox can not be read in time"
                        .to_owned(),
                );
                json!(null)
            }
        };
        {
            let alarms = self.alarms.0.lock().unwrap_or_else(PoisonError::into_inner);
            problems.extend(alarms.iter().map(|(what, at)| format!("{}：{what}", local(*at))));
        }
        let refused = self.dialogs_refused();
        let why = refused.iter().flat_map(|refused| &refused.problems);
        problems.extend(why.map(|what| format!("改过的对话没有上线：{what}")));
        problems.extend(self.county_notes());
        let missing = self.unsettled_year();
        problems.extend(missing.map(|year| {
            format!("{year}年的放假安排还没有，期限先按周末算：请在办事台「放假安排」里上传")
        }));
        let why = self.county_refused().into_iter().flat_map(|refused| refused.problems);
        problems.extend(why.map(|what| format!("改过的表没有上线：{what}")));
        let counters = &self.counters;
        Health {
            ok: stats.last_error.is_none(),
            problems,
            details: json!({
                "version": env!("CARGO_PKG_VERSION"),
                "since": self.started_at.to_string(),
                "script": self.script().hash,
                "county": self.county_hash(),
                "tables": self.tables().hash,
                "dialogs": if refused.is_some() { "refused" } else { "live" },
                "open_pages": self.open_pages(),
                "messages": counters.messages.get(),
                "duplicates": counters.duplicates.get(),
                "noted": counters.noted.get(),
                "unknown": counters.unknown.get(),
                "refused": counters.refused.get(),
                "flooded": counters.flooded.get(),
                "late": counters.late.get(),
                "conflicts": counters.conflicts.get(),
                "faults": counters.faults.get(),
                "cases": counters.cases.get(),
                "orders": counters.orders.get(),
                "pay_told": counters.pay_told.get(),
                "pay_replayed": counters.pay_replayed.get(),
                "pay_refused": counters.pay_refused.get(),
                "sent": counters.sent.get(),
                "given_up": counters.given_up.get(),
                "machines": counters.machines.get(),
                "delivered": counters.delivered.get(),
                "outbox": outbox,
                "store": stats,
            }),
        }
    }
}
