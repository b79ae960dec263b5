//! How far something has come that is done once for all instances, also over a restart.

use crate::store::shared_records::Progress;
use crate::store::{Changes, Loaded, StoreError, keys, load};

use super::Office;

impl Office {
    pub(super) async fn progress(
        &self,
        name: &str,
    ) -> Result<Option<Loaded<Progress>>, StoreError> {
        load(&*self.store, keys::progress(name)).await
    }

    /// Where another instance was faster, its word stands.
    pub(super) async fn note_progress(
        &self,
        name: &str,
        before: Option<&Loaded<Progress>>,
        done: String,
    ) -> Result<(), StoreError> {
        let progress = Progress { name: name.to_owned(), done };
        let mut changes = Changes::default();
        match before {
            Some(before) => changes.replace(before, &progress)?,
            None => changes.create(&progress)?,
        }
        match self.store.commit(changes.into_batch()).await {
            Err(StoreError::Conflict(_)) => Ok(()),
            other => other,
        }
    }
}
