//! One batch as one statement, once: whatever happens to the connection, the caller hears
//! what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use deadpool::managed::Object;
use tokio::time::timeout;
use tokio_postgres::error::DbError;

use super::fault::{self, Fault};
use super::session::{ANSWER_WITHIN, Seat, Session};
use super::{PostgresEngine, statements};
use crate::store::record::shown;
use crate::store::{Batch, Expect, StoreError};

/// Commits that got in each other's way are tried again so often.
const AGAIN_MAX: u32 = 10;
const LONGEST_PAUSE_MS: u64 = 200;

/// A batch as the arrays of the statement, each sorted by key so that commits which touch the
/// same keys lock them in the same order.
#[derive(Default)]
struct Arrays {
    expected: Vec<Vec<u8>>,
    versions: Vec<i64>,
    created: (Vec<Vec<u8>>, Vec<Vec<u8>>),
    replaced: (Vec<Vec<u8>>, Vec<Vec<u8>>),
    deleted: Vec<Vec<u8>>,
}

enum Verdict {
    Done,
    Conflict(String),
    /// Somebody has closed the seat; nothing was written.
    Unseated,
}

impl Arrays {
    /// A key that stands in two expectations which exclude each other can not be met.
    fn of(batch: Batch) -> Result<Self, StoreError> {
        let mut arrays = Self::default();
        let mut absent = BTreeSet::new();
        let mut expected = BTreeMap::new();
        for (key, expect) in batch.expect {
            let clash = match expect {
                Expect::Absent => {
                    absent.insert(key.clone());
                    expected.contains_key(&key)
                }
                Expect::Version(version) => {
                    // Versions come from a sequence of the database and fit; others match none.
                    let version = i64::try_from(version.0).unwrap_or(-1);
                    let before = expected.insert(key.clone(), version);
                    before.is_some_and(|before| before != version) || absent.contains(&key)
                }
            };
            if clash {
                return Err(StoreError::Conflict(shown(&key)));
            }
        }
        let mut put: BTreeMap<_, _> = batch.put.into_iter().collect();
        let delete: BTreeSet<_> = batch.delete.into_iter().collect();
        arrays.deleted = delete.into_iter().filter(|key| !put.contains_key(key)).collect();
        for key in absent {
            if let Some(value) = put.remove(&key) {
                arrays.created.0.push(key);
                arrays.created.1.push(value);
            }
        }
        arrays.replaced = put.into_iter().unzip();
        (arrays.expected, arrays.versions) = expected.into_iter().unzip();
        Ok(arrays)
    }

    /// Which of those that had to be new was there: `Key (k)=(\x61) already exists.`
    fn taken(&self, error: &tokio_postgres::Error) -> String {
        let detail = error.as_db_error().and_then(DbError::detail).unwrap_or_default();
        let hex = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let named = |key: &&Vec<u8>| detail.contains(&format!("\\x{})", hex(key)));
        let found = self.created.0.iter().find(named).or(self.created.0.first());
        found.map(|key| shown(key)).unwrap_or_default()
    }
}

impl PostgresEngine {
    pub(super) async fn commit_once(&self, batch: Batch) -> Result<(), StoreError> {
        let arrays = Arrays::of(batch)?;
        let deadline = Instant::now() + super::GIVE_UP_AFTER;
        let mut again = 0;
        loop {
            let mut session = self.session(deadline).await?;
            let seat = session.seat;
            let fault = match timeout(ANSWER_WITHIN, write(&mut session, &arrays)).await {
                Ok(Ok(Verdict::Done)) => return Ok(()),
                Ok(Ok(Verdict::Conflict(key))) => return Err(StoreError::Conflict(key)),
                Ok(Ok(Verdict::Unseated)) => {
                    drop(Object::take(session));
                    continue;
                }
                Ok(Err(error)) => match fault::read(&error) {
                    Fault::Taken => {
                        session.committing = false;
                        return Err(StoreError::Conflict(arrays.taken(&error)));
                    }
                    Fault::Refused => {
                        session.committing = false;
                        return Err(self.note(fault::unavailable(&error)));
                    }
                    Fault::Again => {
                        session.committing = false;
                        if again >= AGAIN_MAX {
                            return Err(self.note(fault::unavailable(&error)));
                        }
                        Fault::Again
                    }
                    Fault::Lost => {
                        tracing::warn!(error = fault::words(&error), "a commit was cut off");
                        Fault::Lost
                    }
                },
                Err(_) => Fault::Lost,
            };
            if fault == Fault::Lost {
                drop(Object::take(session));
                if self.was_done(seat, deadline).await? {
                    return Ok(());
                }
            } else {
                drop(session);
                pause(again).await;
                again += 1;
            }
        }
    }

    /// What became of a commit whose connection was lost. Ends with an answer, or, when the
    /// database can not be asked in time, with an error: then the channel delivers again.
    async fn was_done(&self, seat: Seat, deadline: Instant) -> Result<bool, StoreError> {
        let mut tries = 0;
        loop {
            let session = self.session(deadline).await?;
            match timeout(ANSWER_WITHIN, settle(&session, seat)).await {
                Ok(Ok(Some(last))) => {
                    let done = last != -1;
                    self.noted.stats().looked_up += 1;
                    tracing::info!(done, "what became of a commit that was cut off");
                    return Ok(done);
                }
                Ok(Ok(None)) => {
                    let why = "a commit was cut off, and its seat is gone".to_owned();
                    return Err(self.note(StoreError::Unavailable(why)));
                }
                Ok(Err(error)) if fault::read(&error) == Fault::Refused => {
                    return Err(self.note(fault::unavailable(&error)));
                }
                Ok(Err(_)) | Err(_) => drop(Object::take(session)),
            }
            pause(tries).await;
            tries += 1;
        }
    }
}

async fn write(session: &mut Session, arrays: &Arrays) -> Result<Verdict, tokio_postgres::Error> {
    session.committing = true;
    let expected = i64::try_from(arrays.expected.len()).unwrap_or(i64::MAX);
    let Seat { id, last } = session.seat;
    let row = session
        .query_one(
            &session.statements.commit,
            &[
                &id,
                &last,
                &arrays.expected,
                &arrays.versions,
                &expected,
                &arrays.created.0,
                &arrays.created.1,
                &arrays.replaced.0,
                &arrays.replaced.1,
                &arrays.deleted,
            ],
        )
        .await?;
    session.committing = false;
    if let Some(last) = row.try_get(0)? {
        session.seat.last = last;
        return Ok(Verdict::Done);
    }
    let met: Vec<&[u8]> = row.try_get(1)?;
    let missed = arrays.expected.iter().find(|key| !met.contains(&key.as_slice()));
    Ok(match missed {
        Some(key) => Verdict::Conflict(shown(key)),
        None => Verdict::Unseated,
    })
}

/// What stands in the seat once nothing can write it any more; `None`: it is gone.
async fn settle(session: &Session, seat: Seat) -> Result<Option<i64>, tokio_postgres::Error> {
    session.execute(statements::CLOSE_SEAT, &[&seat.id, &seat.last]).await?;
    let row = session.query_opt(statements::READ_SEAT, &[&seat.id]).await?;
    let Some(last) = row.map(|row| row.try_get(0)).transpose()? else { return Ok(None) };
    // Its session is over; should this fail, it is swept within a day.
    let _ = session.execute(statements::LEAVE_SEAT, &[&seat.id]).await;
    Ok(Some(last))
}

/// Grows, and differs from one to the next, so that two do not meet again at once.
pub(super) async fn pause(tries: u32) {
    let longest = (2_u64 << tries.min(7)).min(LONGEST_PAUSE_MS);
    let mut random = [0; 2];
    // Without randomness all wait equally long, which is only slower.
    let _ = getrandom::fill(&mut random);
    let part = u64::from(u16::from_le_bytes(random)) * longest / u64::from(u16::MAX);
    tokio::time::sleep(Duration::from_millis(1 + part)).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Key, Version};
    use proptest::prelude::*;

    fn keys() -> impl Strategy<Value = Vec<Key>> {
        prop::collection::vec((0u8..8).prop_map(|n| vec![b'a' + n]), 0..8)
    }

    proptest! {
        /// What CockroachDB asks for: no row is written by two parts of the statement. And
        /// what PostgreSQL asks for: no key twice in one part.
        #[test]
        fn no_key_is_in_two_parts(
            put in keys(), delete in keys(), absent in keys(), expected in keys()
        ) {
            let mut batch = Batch {
                put: put.iter().chain(&absent).map(|key| (key.clone(), key.clone())).collect(),
                delete: delete.clone(),
                ..Batch::default()
            };
            batch.expect.extend(absent.iter().map(|key| (key.clone(), Expect::Absent)));
            batch.expect.extend(expected.iter().map(|key| (key.clone(), Expect::Version(Version(7)))));
            let contradicts = expected.iter().any(|key| absent.contains(key));
            let Ok(arrays) = Arrays::of(batch) else {
                prop_assert!(contradicts);
                return Ok(());
            };
            prop_assert!(!contradicts);
            let parts = [&arrays.created.0, &arrays.replaced.0, &arrays.deleted];
            let mut all: Vec<&Key> = parts.into_iter().flatten().collect();
            let count = all.len();
            all.sort();
            all.dedup();
            prop_assert_eq!(all.len(), count);
            let named = |key: &&Key| put.contains(key) || absent.contains(key) || delete.contains(key);
            prop_assert!(all.iter().all(named));
            prop_assert!(put.iter().chain(&delete).chain(&absent).all(|key| all.contains(&key)));
            prop_assert!(arrays.expected.is_sorted() && arrays.deleted.is_sorted());
        }
    }
}
