//! What a channel reports about a message that it took earlier. The report may overtake our
//! own note of the message's id: it then waits in the store until the note is there.

use jiff::SignedDuration;

use crate::store::records::{EarlyReceipt, Outgoing, Status, Try};
use crate::store::{Changes, Loaded, StoreError, keys, list, list_by_index, load};

use super::Office;
use super::turn::Turn;

const PAGE: usize = 64;
/// An id of WeChat's has up to 20 digits.
const ID_BYTES_MAX: usize = 64;
const DETAIL_BYTES_MAX: usize = 300;
/// The note follows within seconds. What waits longer is about a message that is not ours.
const WAITS: SignedDuration = SignedDuration::from_hours(1);

impl Turn<'_> {
    /// The channel says what became of `message`.
    pub async fn receipt(
        &mut self,
        message: &str,
        delivered: bool,
        detail: &str,
    ) -> Result<(), StoreError> {
        if message.is_empty() || message.len() > ID_BYTES_MAX {
            return Ok(());
        }
        let receipt = EarlyReceipt {
            message: message.to_owned(),
            delivered,
            detail: detail[..detail.floor_char_boundary(DETAIL_BYTES_MAX)].to_owned(),
            came_at: self.now,
        };
        // The outbox sends what did not arrive another way, or looks for the note once more:
        // it may have been written meanwhile.
        self.bells.outbox = true;
        let store = &*self.office.store;
        match self.office.of_receipt(&receipt).await? {
            Some(before) => {
                self.office.apply_receipt(&mut self.changes, &before, &receipt, self.now).await
            }
            None if load::<EarlyReceipt>(store, keys::receipt(message)).await?.is_none() => {
                self.changes.create(&receipt)
            }
            None => Ok(()),
        }
    }
}

impl Office {
    async fn of_receipt(
        &self,
        receipt: &EarlyReceipt,
    ) -> Result<Option<Loaded<Outgoing>>, StoreError> {
        let range = keys::outgoing_of_message(&receipt.message);
        let found = list_by_index::<Outgoing>(&*self.store, range, 1).await?;
        Ok(found.into_iter().next().map(|(_, message)| message))
    }

    /// Those that came too early, and whose time has come. Says how many are done with.
    pub(super) async fn match_receipts(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let mut done = 0;
        let mut range = keys::all_receipts();
        loop {
            let page = list::<EarlyReceipt>(&*self.store, range.clone(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(done) };
            range = keys::after(&range, &keys::receipt(&last.record.message));
            for receipt in &page {
                let mut changes = Changes::default();
                match self.of_receipt(&receipt.record).await? {
                    Some(before) => {
                        self.apply_receipt(&mut changes, &before, &receipt.record, now).await?;
                    }
                    None if now.duration_since(receipt.record.came_at) < WAITS => continue,
                    None => {}
                }
                changes.remove(receipt);
                match self.store.commit(changes.into_batch()).await {
                    Ok(()) => done += 1,
                    // Somebody moved the message meanwhile: with the next round.
                    Err(StoreError::Conflict(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

impl Office {
    /// A status only moves forward: what was settled otherwise stays.
    async fn apply_receipt(
        &self,
        changes: &mut Changes,
        before: &Loaded<Outgoing>,
        receipt: &EarlyReceipt,
        now: jiff::Timestamp,
    ) -> Result<(), StoreError> {
        let mut message = before.record.clone();
        let went_by_wechat = |tried: &Try| !tried.route.starts_with("sms/");
        let is_current = message.tries.last().is_some_and(went_by_wechat);
        if receipt.delivered {
            // Late, it still counts: a short message that has not gone yet does not go.
            if matches!(message.status, Status::Delivered | Status::Settled | Status::Replied) {
                return Ok(());
            }
            message.status = Status::Delivered;
            message.awaits = None;
            self.close_task_of(changes, &message).await?;
        } else if message.status != Status::Sent || !is_current {
            return Ok(());
        } else if let Some(last) = message.tries.last_mut() {
            // The other ways are tried; at last a clerk.
            last.refused = true;
            last.result = format!("微信没有送到：{}", receipt.detail);
            message.status = Status::Waiting;
            message.awaits = None;
            message.due_at = now;
        }
        changes.replace(before, &message)
    }
}
