//! Numbers for new cases, leased from the store in small blocks, so that cases that are
//! filed in the same moment do not fight for one record. A crash loses at most one block.

use std::collections::HashMap;

use tokio::sync::Mutex;

use crate::store::records::Counter;
use crate::store::{Changes, Engine, StoreError, keys, load};

const BLOCK: u32 = 20;
const ATTEMPTS_MAX: usize = 32;

#[derive(Default)]
pub struct Numbers {
    leased: Mutex<HashMap<String, std::ops::Range<u32>>>,
}

impl Numbers {
    /// The next serial of `series` (for example `case-1-26`), from 1 up. Never twice.
    pub async fn next(&self, store: &dyn Engine, series: &str) -> Result<u32, StoreError> {
        let mut leased = self.leased.lock().await;
        if let Some(block) = leased.get_mut(series)
            && let Some(serial) = block.next()
        {
            return Ok(serial);
        }
        let mut block = lease(store, series, BLOCK).await?;
        let serial = block.next().expect("a block is not empty");
        leased.insert(series.to_owned(), block);
        Ok(serial)
    }
}

/// The next serial, without a gap and without a block: for what happens seldom.
pub(super) async fn one_more(store: &dyn Engine, series: &str) -> Result<u32, StoreError> {
    Ok(lease(store, series, 1).await?.start)
}

async fn lease(
    store: &dyn Engine,
    series: &str,
    many: u32,
) -> Result<std::ops::Range<u32>, StoreError> {
    for _ in 0..ATTEMPTS_MAX {
        let mut changes = Changes::default();
        let from = match load::<Counter>(store, keys::counter(series)).await? {
            Some(counter) => {
                let next = Counter { name: series.into(), next: counter.record.next + many };
                changes.replace(&counter, &next)?;
                counter.record.next
            }
            None => {
                changes.create(&Counter { name: series.into(), next: 1 + many })?;
                1
            }
        };
        match store.commit(changes.into_batch()).await {
            Ok(()) => return Ok(from..from + many),
            Err(StoreError::Conflict(_)) => continue,
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Unavailable(format!("no block of numbers for {series} could be leased")))
}
