//! Batches as one statement, once: whatever happens to the connection, each caller hears what
//! became of his.

use std::time::{Duration, Instant};

use deadpool::managed::Object;
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::error::DbError;

use super::fault::{self, Fault};
use super::gather::Commit;
use super::group::{ChangeArrays, CommitArrays, Prepared};
use super::session::{ANSWER_WITHIN, Seat, Session};
use super::{Database, GIVE_UP_AFTER, statements};
use crate::store::record::shown;
use crate::store::{Key, StoreError};

/// Statements that got in each other's way are tried again so often.
const AGAIN_MAX: u32 = 10;
/// After so many tries each batch of a group goes by itself.
const TOGETHER_MAX: u32 = 2;
const LONGEST_PAUSE_MS: u64 = 200;

/// What stands in a seat once nothing can write it any more.
enum Settled {
    NotDone,
    /// Done, but for the batches that minded these keys.
    Done(Vec<Key>),
    /// The seat is gone.
    Unknown,
}

impl Database {
    /// Answers all of them.
    pub async fn commit(&self, group: Vec<Commit>) {
        let Some(oldest) = group.iter().map(|commit| commit.since).min() else { return };
        let deadline = oldest + GIVE_UP_AFTER;
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            groups.extend(self.commit_together(group, deadline).await);
        }
    }

    /// What is left to be sent, in other groups.
    async fn commit_together(&self, group: Vec<Commit>, deadline: Instant) -> Vec<Vec<Commit>> {
        let mut tries = 0;
        loop {
            let mut session = match self.session(deadline).await {
                Ok(session) => session,
                Err(error) => return self.refuse(group, &error),
            };
            let seat = session.seat;
            let fault = match timeout(ANSWER_WITHIN, write(&mut session, &group)).await {
                Ok(Ok(Some(missed))) => return self.accept(group, &missed),
                Ok(Ok(None)) => {
                    // Somebody has closed the seat; nothing was written.
                    drop(Object::take(session));
                    continue;
                }
                Ok(Err(error)) => match fault::read(&error) {
                    Fault::Lost => {
                        tracing::warn!(error = fault::words(&error), "a commit was cut off");
                        Fault::Lost
                    }
                    fault => {
                        session.committing = false;
                        drop(session);
                        match fault {
                            Fault::Taken => return self.without_taken(group, &error),
                            Fault::Again if tries < AGAIN_MAX => {}
                            // It took too long, and that may be for one of them alone.
                            _ if group.len() > 1 && fault::is_slow(&error) => return alone(group),
                            _ => return self.refuse(group, &fault::unavailable(&error)),
                        }
                        fault
                    }
                },
                // The session goes with the statement in it.
                Err(_) => Fault::Lost,
            };
            if fault == Fault::Lost {
                match self.settle(seat, deadline).await {
                    Ok(Settled::Done(missed)) => return self.accept(group, &missed),
                    Ok(Settled::NotDone) => continue,
                    Ok(Settled::Unknown) => {
                        let why = "a commit was cut off, and its seat is gone".to_owned();
                        return self.refuse(group, &StoreError::Unavailable(why));
                    }
                    Err(error) => return self.refuse(group, &error),
                }
            }
            if tries >= TOGETHER_MAX && group.len() > 1 {
                return alone(group);
            }
            pause(tries).await;
            tries += 1;
        }
    }

    /// It was done, but for those that minded one of the keys.
    fn accept(&self, group: Vec<Commit>, missed: &[Key]) -> Vec<Vec<Commit>> {
        let mut stats = self.stats();
        stats.merges += 1;
        stats.syncs += 1;
        stats.last_error = None;
        for commit in group {
            let answer = match commit.prepared.refused_by(missed) {
                None => {
                    stats.commits += 1;
                    Ok(())
                }
                Some(key) => {
                    stats.conflicts += 1;
                    Err(StoreError::Conflict(shown(key)))
                }
            };
            // Whoever asked may have gone.
            let _ = commit.answer.send(answer);
        }
        Vec::new()
    }

    fn refuse(&self, group: Vec<Commit>, error: &StoreError) -> Vec<Vec<Commit>> {
        let error = self.note(error.clone());
        for commit in group {
            let _ = commit.answer.send(Err(error.clone()));
        }
        Vec::new()
    }

    /// Another commit was faster with a key that one of these had to be the first with, at the
    /// very moment; nothing was written. The others are sent again.
    fn without_taken(
        &self,
        mut group: Vec<Commit>,
        error: &tokio_postgres::Error,
    ) -> Vec<Vec<Commit>> {
        // `Key (k)=(\x61) already exists.`
        let detail = error.as_db_error().and_then(DbError::detail).unwrap_or_default();
        let is_named = |key: &Key| {
            let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            detail.contains(&format!("\\x{hex})"))
        };
        let named = |commit: &Commit| commit.prepared.creates().any(is_named);
        let at = match group.iter().position(named) {
            Some(at) => at,
            None if group.len() == 1 => 0,
            // It is not said which: each finds out by itself.
            None => return alone(group),
        };
        let commit = group.swap_remove(at);
        let mut keys = commit.prepared.creates();
        let key = commit.prepared.creates().find(|key| is_named(key)).or_else(|| keys.next());
        let key = key.map(|key| shown(key)).unwrap_or_default();
        drop(keys);
        self.stats().conflicts += 1;
        let _ = commit.answer.send(Err(StoreError::Conflict(key)));
        if group.is_empty() { Vec::new() } else { vec![group] }
    }

    /// What became of a commit whose connection was lost. Ends with an answer, or, when the
    /// database can not be asked in time, with an error: then the channel delivers again.
    async fn settle(&self, seat: Seat, deadline: Instant) -> Result<Settled, StoreError> {
        let mut tries = 0;
        loop {
            let session = self.session(deadline).await?;
            match timeout(ANSWER_WITHIN, close(&session, seat)).await {
                Ok(Ok(settled)) => {
                    let done = matches!(settled, Settled::Done(_));
                    self.stats().looked_up += 1;
                    tracing::info!(done, "what became of a commit that was cut off");
                    return Ok(settled);
                }
                Ok(Err(error)) if fault::read(&error) == Fault::Refused => {
                    return Err(fault::unavailable(&error));
                }
                Ok(Err(_)) | Err(_) => drop(Object::take(session)),
            }
            pause(tries).await;
            tries += 1;
        }
    }
}

fn alone(group: Vec<Commit>) -> Vec<Vec<Commit>> {
    group.into_iter().map(|commit| vec![commit]).collect()
}

/// The keys that were not as expected; `None`: somebody has closed the seat, nothing was written.
async fn write(
    session: &mut Session,
    group: &[Commit],
) -> Result<Option<Vec<Key>>, tokio_postgres::Error> {
    session.committing = true;
    let Seat { id, last } = session.seat;
    let batches = group.iter().map(|commit| &commit.prepared);
    let row = if batches.clone().all(Prepared::is_change) {
        let ChangeArrays { keys, versions, values } = ChangeArrays::of(batches);
        let statement = &session.statements.change;
        session.query_opt(statement, &[&id, &last, &keys, &versions, &values]).await?
    } else {
        let CommitArrays { expected, versions, created, replaced, deleted } =
            CommitArrays::of(batches);
        session
            .query_opt(
                &session.statements.commit,
                &[
                    &id,
                    &last,
                    &expected.keys,
                    &versions,
                    &expected.of,
                    &created.keys,
                    &created.values,
                    &created.of,
                    &replaced.keys,
                    &replaced.values,
                    &replaced.of,
                    &deleted.keys,
                    &deleted.of,
                ],
            )
            .await?
    };
    session.committing = false;
    let Some(row) = row else { return Ok(None) };
    let (last, missed) = mark(&row)?;
    session.seat.last = last;
    Ok(Some(missed))
}

fn mark(row: &Row) -> Result<(i64, Vec<Key>), tokio_postgres::Error> {
    Ok((row.try_get(0)?, row.try_get(1)?))
}

async fn close(session: &Session, seat: Seat) -> Result<Settled, tokio_postgres::Error> {
    session.execute(statements::CLOSE_SEAT, &[&seat.id, &seat.last]).await?;
    let row = session.query_opt(statements::READ_SEAT, &[&seat.id]).await?;
    let Some(row) = row else { return Ok(Settled::Unknown) };
    let (last, missed) = mark(&row)?;
    // Its session is over; should this fail, it is swept within a day.
    let _ = session.execute(statements::LEAVE_SEAT, &[&seat.id]).await;
    Ok(if last == -1 { Settled::NotDone } else { Settled::Done(missed) })
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
