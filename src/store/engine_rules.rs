//! What every engine refuses, and what a range means: the same for all of them.

use std::ops::Bound;

use super::record::shown;
use super::{
    BATCH_KEYS_MAX, Batch, Expect, KEY_BYTES_MAX, Key, Range, SCAN_LIMIT_MAX, StoreError,
    VALUE_BYTES_MAX,
};

/// Keys are text, so the engines may keep their own notes below the first character.
const LOWEST: u8 = b' ';

type Bounds = (Bound<Key>, Bound<Key>);

fn check_key(key: &[u8]) -> Result<(), StoreError> {
    if key.len() > KEY_BYTES_MAX {
        return Err(StoreError::TooLarge { what: "key", bytes: key.len(), limit: KEY_BYTES_MAX });
    }
    if key.first().is_none_or(|first| *first < LOWEST) {
        return Err(StoreError::Corrupt { key: shown(key), why: "a key is text".into() });
    }
    Ok(())
}

pub(super) fn check_batch(batch: &Batch) -> Result<(), StoreError> {
    let keys = batch.put.len() + batch.delete.len() + batch.expect.len();
    if keys > BATCH_KEYS_MAX {
        return Err(StoreError::TooLarge { what: "batch", bytes: keys, limit: BATCH_KEYS_MAX });
    }
    for (key, value) in &batch.put {
        check_key(key)?;
        if value.len() > VALUE_BYTES_MAX {
            return Err(StoreError::TooLarge {
                what: "value",
                bytes: value.len(),
                limit: VALUE_BYTES_MAX,
            });
        }
    }
    batch.delete.iter().try_for_each(|key| check_key(key))?;
    batch.expect.iter().try_for_each(|(key, _)| check_key(key))?;
    let mut absent = batch.expect.iter().filter(|(_, expect)| *expect == Expect::Absent);
    match absent.find(|(key, _)| !batch.put.iter().any(|(put, _)| put == key)) {
        Some((key, _)) => Err(StoreError::Corrupt {
            key: shown(key),
            why: "what is expected to be absent must be put in the same batch".into(),
        }),
        None => Ok(()),
    }
}

/// The range with bounds that leave out the engines' own keys, and the limit that holds;
/// `None` when nothing can lie in it (a map would panic on such bounds).
pub(super) fn normal(range: &Range, limit: usize) -> Option<(Bounds, usize)> {
    let floor = vec![LOWEST];
    let from = match &range.from {
        Bound::Included(key) if *key >= floor => Bound::Included(key.clone()),
        Bound::Excluded(key) if *key >= floor => Bound::Excluded(key.clone()),
        _ => Bound::Included(floor),
    };
    let empty = match (&from, &range.to) {
        (Bound::Included(a), Bound::Included(b)) => a > b,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Excluded(b))
        | (Bound::Excluded(a), Bound::Included(b)) => a >= b,
        _ => false,
    };
    let limit = limit.min(SCAN_LIMIT_MAX);
    (!empty && limit > 0).then(|| ((from, range.to.clone()), limit))
}
