//! A webhook that was taken out of config.toml: what still waits for it can not go any more and is
//! given up. It stays in the list, so that it can be sent when the webhook is written back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::store::interface_records::{Delivery, DeliveryState};
use crate::store::{Changes, Range, StoreError, keys, list_by_index};

use super::Office;

/// Another instance, started before, may be sending still: its lease is waited for.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Each takes a few keys of a batch.
const AT_ONCE: usize = 100;
pub(super) const REMOVED: &str = "config.toml 里没有这个网址了";

pub(super) async fn run(office: Arc<Office>) {
    loop {
        if let Err(error) = office.give_up_removed().await {
            tracing::error!(%error, "what waits for a removed webhook stays; trying again");
        }
        if office.pause(LOOK_EVERY).await {
            return;
        }
    }
}

impl Office {
    /// Says how many were given up.
    pub(super) async fn give_up_removed(&self) -> Result<usize, StoreError> {
        let mut all = 0;
        for name in self.removed_webhooks(keys::all_deliveries_due()).await? {
            if !self.hold(&super::webhooks::duty(&name)).await? {
                continue;
            }
            let count = self.give_up_all(&name).await?;
            if count > 0 {
                self.alarm(&format!(
                    "[webhooks.{name}] 不在 config.toml 里了，没发出的{count}条不再发。\
                     请看 /api/v1/deliveries；还要发的，把它写回去，再点重发"
                ));
            }
            all += count;
        }
        Ok(all)
    }

    /// Those that have entries in an index by webhooks, and no settings.
    pub(super) async fn removed_webhooks(
        &self,
        mut index: Range,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut removed = BTreeSet::new();
        loop {
            let first = list_by_index::<Delivery>(&*self.store, index.clone(), 1).await?;
            let Some((key, delivery)) = first.into_iter().next() else { return Ok(removed) };
            index = keys::behind_webhook(&index, &key);
            if !self.webhooks.knows(&delivery.record.webhook) {
                removed.insert(delivery.record.webhook);
            }
        }
    }

    async fn give_up_all(&self, name: &str) -> Result<usize, StoreError> {
        let mut count = 0;
        loop {
            let due = keys::deliveries_due(name);
            let page = list_by_index::<Delivery>(&*self.store, due, AT_ONCE).await?;
            if page.is_empty() {
                return Ok(count);
            }
            let mut changes = Changes::default();
            for (_, before) in &page {
                let state = DeliveryState::Dead;
                let said = REMOVED.to_owned();
                changes.replace(before, &Delivery { state, said, ..before.record.clone() })?;
            }
            self.store.commit(changes.into_batch()).await?;
            count += page.len();
        }
    }
}
