//! One ordered key-value store, several engines. Nothing above this floor knows sled.
//!
//! An engine keeps bytes under keys in byte order, with a version beside each value.
//! A `Batch` is applied whole and durably, or not at all; its expectations are checked
//! and its writes applied without anything coming between.

pub mod backup;
pub mod correction;
pub mod county_records;
mod desk_records;
pub mod draft_records;
mod engine_rules;
pub mod export_records;
mod hot;
pub mod interface_records;
pub mod keep_records;
pub mod keys;
pub mod looks;
mod memory;
pub mod misheard;
pub mod pay_records;
pub mod postgres;
pub mod private_records;
mod record;
pub mod records;
mod seen;
pub mod shared_records;
pub mod shop_records;
mod sled;
pub mod snapshots;
pub mod staff_records;
pub mod stops;
mod syncer;

use std::future::Future;
use std::ops::Bound;
use std::pin::Pin;
use std::sync::Arc;

pub use self::sled::{Disk, RealDisk, SledEngine, SledSettings};
pub use memory::MemoryEngine;
pub use postgres::{PostgresEngine, PostgresSettings};
pub use record::{
    Before, Changes, Loaded, Record, complete_indexes, list, list_by_index, load, load_many,
};

/// Values above this are refused (sled leaks a file for each value over 128 KB).
pub const VALUE_BYTES_MAX: usize = 64 * 1024;
pub const KEY_BYTES_MAX: usize = 512;
/// One batch writes and deletes at most this many keys.
pub const BATCH_KEYS_MAX: usize = 1_000;
/// One scan returns at most this many entries; page on with the last key.
pub const SCAN_LIMIT_MAX: usize = 1_000;

pub type Key = Vec<u8>;
/// What a commit left under a key; `None`: deleted.
pub(crate) type Written = (Key, Option<Vec<u8>>);
pub type Found<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;
pub type Store = Arc<dyn Engine>;

/// Never given twice to one key, not even after a delete: an expectation can not be fooled
/// by delete-and-put. Grows with every commit that writes the key; on PostgreSQL not always
/// between two that write it blindly at the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub version: Version,
    pub value: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    Absent,
    Version(Version),
}

/// What is expected to be absent must be put in the same batch: absence alone leaves nothing
/// that two commits could meet at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub expect: Vec<(Key, Expect)>,
    pub put: Vec<(Key, Vec<u8>)>,
    pub delete: Vec<Key>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Backward,
}

/// Keys from `from` to `to`, in byte order or against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: Bound<Key>,
    pub to: Bound<Key>,
    pub direction: Direction,
}

pub trait Engine: Send + Sync + 'static {
    /// One answer for each key, in the same order.
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Found<'a, Vec<Option<Stored>>>;

    /// At most `limit` entries, at most `SCAN_LIMIT_MAX`. Writes may go on meanwhile:
    /// an entry is seen before or after a commit, never half.
    fn scan<'a>(&'a self, range: Range, limit: usize) -> Found<'a, Vec<(Key, Stored)>>;

    /// Returns when the batch is on disk. `Conflict` changes nothing.
    ///
    /// Deletes come before puts: a key in both ends up put.
    fn commit<'a>(&'a self, batch: Batch) -> Found<'a, ()>;

    fn stats(&self) -> Stats;

    /// Other programs may write to it at the same time.
    fn is_shared(&self) -> bool {
        false
    }
}

/// Since the engine was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    pub commits: u64,
    /// Commits that were refused because another came first.
    pub conflicts: u64,
    /// Writes to disk; each carries all the commits that were waiting.
    pub merges: u64,
    pub syncs: u64,
    /// Commits that wait now.
    pub waiting: u64,
    pub disk_bytes: u64,
    /// Commits whose connection was lost, and what became of them was found out.
    pub looked_up: u64,
    /// How far this machine's clock is ahead of the database's.
    pub clock_ahead_ms: Option<i64>,
    /// Why commits are refused now.
    pub last_error: Option<String>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote one of the expected keys first: load again and retry.
    #[error("another write came first on key {0}")]
    Conflict(String),
    #[error("{what} is {bytes} bytes, the limit is {limit}")]
    TooLarge { what: &'static str, bytes: usize, limit: usize },
    /// The disk or the other server refused; nothing was acknowledged. The engine
    /// takes no more commits until it has recovered.
    #[error("the store does not accept writes: {0}")]
    Unavailable(String),
    /// Bytes that are not what this program wrote.
    #[error("stored value under {key} can not be read: {why}")]
    Corrupt { key: String, why: String },
}
