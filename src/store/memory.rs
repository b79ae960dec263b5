//! The engine of tests, of the simulation and of the terminal chat: nothing is kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::engine_rules::{check_batch, normal};
use super::record::shown;
use super::{
    Batch, Direction, Engine, Expect, Found, Key, Range, Stats, StoreError, Stored, Version,
};

#[derive(Default)]
pub struct MemoryEngine {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<Key, Stored>,
    sequence: u64,
    stats: Stats,
}

impl MemoryEngine {
    fn state(&self) -> MutexGuard<'_, State> {
        // The state is changed only after all checks: a panic leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        check_batch(&batch)?;
        for (key, expect) in &batch.expect {
            let found = self.entries.get(key).map(|stored| stored.version);
            let wanted = match expect {
                Expect::Absent => None,
                Expect::Version(version) => Some(*version),
            };
            if found != wanted {
                self.stats.conflicts += 1;
                return Err(StoreError::Conflict(shown(key)));
            }
        }
        self.sequence += 1;
        let version = Version(self.sequence);
        for key in batch.delete {
            self.entries.remove(&key);
        }
        for (key, value) in batch.put {
            self.entries.insert(key, Stored { version, value });
        }
        self.stats.commits += 1;
        self.stats.merges += 1;
        Ok(())
    }
}

impl Engine for MemoryEngine {
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Found<'a, Vec<Option<Stored>>> {
        let state = self.state();
        let found = keys.iter().map(|key| state.entries.get(key).cloned()).collect();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn scan<'a>(&'a self, range: Range, limit: usize) -> Found<'a, Vec<(Key, Stored)>> {
        let state = self.state();
        let found = match normal(&range, limit) {
            None => Vec::new(),
            Some((bounds, limit)) => {
                let entries = state.entries.range(bounds);
                let owned = |(key, stored): (&Key, &Stored)| (key.clone(), stored.clone());
                match range.direction {
                    Direction::Forward => entries.map(owned).take(limit).collect(),
                    Direction::Backward => entries.rev().map(owned).take(limit).collect(),
                }
            }
        };
        Box::pin(std::future::ready(Ok(found)))
    }

    fn commit<'a>(&'a self, batch: Batch) -> Found<'a, ()> {
        Box::pin(std::future::ready(self.state().commit(batch)))
    }

    fn stats(&self) -> Stats {
        self.state().stats.clone()
    }
}
