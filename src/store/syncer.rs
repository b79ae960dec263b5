//! The second half of the embedded engine's writer, on a thread of its own: what sled has
//! written to its file is synced here, and only then answered. Meanwhile the writer checks and
//! applies the next merge, so that neither the disk nor the processor waits for the other.

use std::fs::File;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};

use tokio::sync::oneshot;

use super::StoreError;
use super::sled::Disk;

pub(super) type Answer = oneshot::Sender<Result<(), StoreError>>;
/// Each with what its commit gets if the merge becomes durable.
pub(super) type Answers = Vec<(Answer, Result<(), StoreError>)>;

/// The data file of one opening of the database.
pub(super) struct DataFile {
    file: File,
    /// Set once, when a sync failed: from then on nobody knows what is on disk, and nothing
    /// that was written after it may be called durable.
    broken: OnceLock<StoreError>,
}

impl DataFile {
    pub fn new(file: File) -> Self {
        Self { file, broken: OnceLock::new() }
    }

    pub fn sync(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        if let Some(error) = self.broken.get() {
            return Err(error.clone());
        }
        disk.sync(&self.file).map_err(|error| {
            let error = StoreError::Unavailable(format!("a write failed: {error}"));
            self.broken.get_or_init(|| error).clone()
        })
    }
}

/// A merge that sled has written to its file.
pub(super) struct Written {
    /// `None`: all of its commits were refused.
    pub data: Option<Arc<DataFile>>,
    pub answers: Answers,
}

/// `note` hears what became of a merge before its answers go out. Ends when the writer does.
pub(super) fn run(
    merges: Receiver<Written>,
    disk: &dyn Disk,
    note: impl Fn(&Written, &Result<(), StoreError>),
) {
    while let Ok(merge) = merges.recv() {
        let synced = merge.data.as_ref().map_or(Ok(()), |data| data.sync(disk));
        note(&merge, &synced);
        answer(merge.answers, &synced);
    }
}

/// A conflict stays a conflict; what would have been done was not if the merge failed.
pub(super) fn answer(answers: Answers, done: &Result<(), StoreError>) {
    for (answer, result) in answers {
        let result = match (done, result) {
            (Err(error), Ok(())) => Err(error.clone()),
            (_, result) => result,
        };
        // Whoever asked may have gone.
        let _ = answer.send(result);
    }
}
