//! Typed records over the bytes of an engine.
//!
//! A stored value is `{"schema":N,"record":{...}}`: a person can read it, and a value that
//! an older program wrote is turned into the current shape when it is loaded.

use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Batch, Engine, Expect, Key, Range, StoreError, Stored, Version};

/// A kind of record. Its key never changes; its indexes follow from its content.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// For errors and exports.
    const KIND: &'static str;
    /// The number of the current shape.
    const SCHEMA: u32;

    fn key(&self) -> Key;

    /// Entries that lead to this record; their value is its key.
    fn indexes(&self) -> Vec<Key> {
        Vec::new()
    }

    /// Turns the JSON of an older `schema` into that of the current one.
    fn upgrade(schema: u32, _json: serde_json::Value) -> Result<serde_json::Value, String> {
        Err(format!("schema {schema} of {} is not known to this program", Self::KIND))
    }
}

/// A record as it was read, with the version that a change of it expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<R> {
    pub record: R,
    version: Version,
}

/// What is left to know of a loaded record when the record itself was taken to be changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    key: Key,
    indexes: Vec<Key>,
    version: Version,
}

impl<R: Record> Loaded<R> {
    pub fn before(&self) -> Before {
        Before { key: self.record.key(), indexes: self.record.indexes(), version: self.version }
    }

    /// The record, without a copy of it.
    pub fn take(self) -> (R, Before) {
        let before = self.before();
        (self.record, before)
    }
}

impl<R> Deref for Loaded<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.record
    }
}

#[derive(Serialize)]
struct Written<'a, R> {
    schema: u32,
    record: &'a R,
}

#[derive(Deserialize)]
struct Read<R> {
    schema: u32,
    record: R,
}

/// The schema alone, without making sense of the record.
#[derive(Deserialize)]
struct SchemaOnly {
    schema: u32,
}

const COMPLETED_AT_ONCE: usize = 200;
/// Room for most records, so that a buffer need not grow.
const ENCODED_BYTES: usize = 4 * 1024;

fn encode<R: Record>(record: &R) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(ENCODED_BYTES);
    serde_json::to_writer(&mut bytes, &Written { schema: R::SCHEMA, record }).map_err(|error| {
        StoreError::Corrupt {
            key: shown(&record.key()),
            why: format!("not to be written: {error}"),
        }
    })?;
    if bytes.len() > super::VALUE_BYTES_MAX {
        return Err(StoreError::TooLarge {
            what: R::KIND,
            bytes: bytes.len(),
            limit: super::VALUE_BYTES_MAX,
        });
    }
    Ok(bytes)
}

fn decode<R: Record>(key: &[u8], stored: Stored) -> Result<Loaded<R>, StoreError> {
    let corrupt = |why: String| StoreError::Corrupt { key: shown(key), why };
    let record = match serde_json::from_slice::<Read<R>>(&stored.value) {
        Ok(read) if read.schema == R::SCHEMA => read.record,
        read => {
            let found = serde_json::from_slice::<SchemaOnly>(&stored.value)
                .map_err(|error| corrupt(error.to_string()))?;
            if found.schema == R::SCHEMA {
                let error = read.err().map_or_else(String::new, |error| error.to_string());
                return Err(corrupt(error));
            }
            let old: Read<serde_json::Value> = serde_json::from_slice(&stored.value)
                .map_err(|error| corrupt(error.to_string()))?;
            let new = R::upgrade(old.schema, old.record).map_err(corrupt)?;
            serde_json::from_value(new).map_err(|error| corrupt(error.to_string()))?
        }
    };
    Ok(Loaded { record, version: stored.version })
}

/// A key for people: keys are text.
pub(super) fn shown(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

pub async fn load<R: Record>(
    store: &dyn Engine,
    key: Key,
) -> Result<Option<Loaded<R>>, StoreError> {
    Ok(load_many(store, std::slice::from_ref(&key)).await?.into_iter().next().flatten())
}

/// One answer for each key, in the same order.
pub async fn load_many<R: Record>(
    store: &dyn Engine,
    keys: &[Key],
) -> Result<Vec<Option<Loaded<R>>>, StoreError> {
    let stored = store.get_many(keys).await?;
    keys.iter()
        .zip(stored)
        .map(|(key, stored)| stored.map(|stored| decode(key, stored)).transpose())
        .collect()
}

/// At most `limit` records of a range of primary keys.
pub async fn list<R: Record>(
    store: &dyn Engine,
    range: Range,
    limit: usize,
) -> Result<Vec<Loaded<R>>, StoreError> {
    let found = store.scan(range, limit).await?;
    found.into_iter().map(|(key, stored)| decode(&key, stored)).collect()
}

/// At most `limit` entries of an index, with the records that they lead to. An entry whose
/// record went or moved meanwhile is left out.
pub async fn list_by_index<R: Record>(
    store: &dyn Engine,
    range: Range,
    limit: usize,
) -> Result<Vec<(Key, Loaded<R>)>, StoreError> {
    let entries = store.scan(range, limit).await?;
    let (indexes, keys): (Vec<Key>, Vec<Key>) =
        entries.into_iter().map(|(index, stored)| (index, stored.value)).unzip();
    let stored = store.get_many(&keys).await?;
    let found = indexes.into_iter().zip(keys.iter().zip(stored));
    Ok(found
        .filter_map(|(index, (key, stored))| match decode::<R>(key, stored?) {
            Ok(record) => Some((index, record)),
            // One that can not be read must not hide the others.
            Err(error) => {
                tracing::error!(%error, "left out of a list");
                None
            }
        })
        .filter(|(index, record)| record.record.indexes().contains(index))
        .collect())
}

/// Writes the index entries that records of a range lack, for an older program made them. Says
/// how many.
pub async fn complete_indexes<R: Record>(
    store: &dyn Engine,
    mut range: Range,
) -> Result<usize, StoreError> {
    let mut written = 0;
    loop {
        let page = store.scan(range.clone(), COMPLETED_AT_ONCE).await?;
        let Some((last, _)) = page.last() else { return Ok(written) };
        range = super::keys::after(&range, last);
        for (key, stored) in page {
            written += match decode::<R>(&key, stored) {
                Ok(record) => complete(store, record).await?,
                Err(error) => {
                    tracing::error!(%error, "its indexes are left as they are");
                    0
                }
            };
        }
    }
}

async fn complete<R: Record>(
    store: &dyn Engine,
    mut record: Loaded<R>,
) -> Result<usize, StoreError> {
    loop {
        let wanted = record.indexes();
        let found = store.get_many(&wanted).await?;
        let missing = wanted.into_iter().zip(found).filter(|(_, found)| found.is_none());
        let key = record.record.key();
        let put: Vec<_> = missing.map(|(index, _)| (index, key.clone())).collect();
        if put.is_empty() {
            return Ok(0);
        }
        let (count, expect) = (put.len(), vec![(key.clone(), Expect::Version(record.version))]);
        match store.commit(Batch { expect, put, delete: Vec::new() }).await {
            Ok(()) => return Ok(count),
            // It has changed, and only what changed was written.
            Err(StoreError::Conflict(_)) => match load(store, key).await? {
                Some(now) => record = now,
                None => return Ok(0),
            },
            Err(error) => return Err(error),
        }
    }
}

/// What one commit does to records and their indexes.
#[derive(Debug, Default)]
pub struct Changes {
    batch: Batch,
}

impl Changes {
    /// Expects that there is no record of this key.
    pub fn create<R: Record>(&mut self, record: &R) -> Result<(), StoreError> {
        let key = record.key();
        for index in record.indexes() {
            self.batch.put.push((index, key.clone()));
        }
        self.batch.expect.push((key.clone(), Expect::Absent));
        self.batch.put.push((key, encode(record)?));
        Ok(())
    }

    /// Expects that nobody changed it since it was loaded.
    pub fn replace<R: Record>(&mut self, old: &Loaded<R>, new: &R) -> Result<(), StoreError> {
        self.replace_taken(&old.before(), new)
    }

    /// The same for a record that was taken.
    pub fn replace_taken<R: Record>(&mut self, old: &Before, new: &R) -> Result<(), StoreError> {
        let key = new.key();
        debug_assert_eq!(shown(&key), shown(&old.key), "a key never changes");
        let (before, after) = (&old.indexes, new.indexes());
        for index in before {
            if !after.contains(index) {
                self.batch.delete.push(index.clone());
            }
        }
        for index in after {
            if !before.contains(&index) {
                self.batch.put.push((index, key.clone()));
            }
        }
        self.batch.expect.push((key.clone(), Expect::Version(old.version)));
        self.batch.put.push((key, encode(new)?));
        Ok(())
    }

    pub fn remove<R: Record>(&mut self, old: &Loaded<R>) {
        self.remove_taken(&old.before());
    }

    pub fn remove_taken(&mut self, old: &Before) {
        self.batch.expect.push((old.key.clone(), Expect::Version(old.version)));
        self.batch.delete.extend(old.indexes.iter().cloned());
        self.batch.delete.push(old.key.clone());
    }

    /// The decision stands on it though it does not change it.
    pub fn expect_unchanged<R: Record>(&mut self, old: &Loaded<R>) {
        self.batch.expect.push((old.record.key(), Expect::Version(old.version)));
    }

    pub fn is_empty(&self) -> bool {
        self.batch == Batch::default()
    }

    pub fn into_batch(self) -> Batch {
        self.batch
    }
}
