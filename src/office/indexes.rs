//! Index entries that an older program did not write. At the first start with another edition the
//! records are read through once, and what is missing is written; until then they are not in the
//! lists that the index is for.

use std::sync::Arc;
use std::time::Duration;

use crate::desk::Case;
use crate::shop::Order;
use crate::store::records::StoredEvent;
use crate::store::{StoreError, complete_indexes, keys};

use super::Office;

const NAME: &str = "indexes";
/// Raised when a kind of record that may be there already gets another index. 1: orders by
/// whether their complaints are answered. 2: open cases by when they became late. 3: events that
/// are told outside, by their time.
const EDITION: &str = "3";
const AGAIN_AFTER: Duration = Duration::from_secs(60);

pub(super) async fn run(office: Arc<Office>) {
    while let Err(error) = office.complete_indexes().await {
        tracing::error!(%error, "old records are not in all lists yet; trying again");
        if office.pause(AGAIN_AFTER).await {
            return;
        }
    }
}

impl Office {
    /// Says how many entries were missing.
    pub(super) async fn complete_indexes(&self) -> Result<usize, StoreError> {
        let before = self.progress(NAME).await?;
        if before.as_ref().is_some_and(|before| before.done == EDITION) {
            return Ok(0);
        }
        let mut written = complete_indexes::<Order>(&*self.store, keys::all_orders()).await?;
        written += complete_indexes::<Case>(&*self.store, keys::all_cases()).await?;
        written += complete_indexes::<StoredEvent>(&*self.store, keys::all_events()).await?;
        if written > 0 {
            tracing::info!(written, "old records are in all lists now");
        }
        self.note_progress(NAME, before.as_ref(), EDITION.to_owned()).await?;
        Ok(written)
    }
}
