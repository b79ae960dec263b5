//! Several instances on one PostgreSQL, or on anything distributed that speaks its protocol.
//!
//! - One table of keys, versions and values; versions come from one sequence.
//! - Commits that wait are one statement and one round trip together (`gather`, `group`), and
//!   each is done or refused by itself; so are reads that wait.
//! - Each connection has a row of its own, its seat, in which its last statement stands and what
//!   was refused in it. When a connection is lost in the middle of a commit, the seat says what
//!   became of it.
//! - Nothing that only PostgreSQL has: no advisory locks, no LISTEN, no SKIP LOCKED.
//! - READ COMMITTED is enough: every decision stands on rows that the statement itself locks.

mod commit;
mod fault;
mod gather;
mod group;
mod schema;
mod session;
pub mod statements;
pub mod views;

use std::collections::HashMap;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use deadpool::managed::{Object, PoolError};
use secrecy::SecretString;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_postgres::Row;

use self::fault::Fault;
use self::gather::{Commit, Lines, Read};
use self::group::Prepared;
use self::session::{ANSWER_WITHIN, Borrowed, Pool, Session, Sessions};
use super::engine_rules::{check_batch, normal};
use super::{
    Batch, Direction, Engine, Found, KEY_BYTES_MAX, Key, Range, Stats, StoreError, Stored, Version,
};

/// A database that restarts or changes its leader is waited for so long; the channels deliver
/// again after it.
const GIVE_UP_AFTER: Duration = Duration::from_secs(25);
const LOOK_EVERY: Duration = Duration::from_secs(2);
const SWEEP_EVERY: u32 = 1_800;

#[derive(Clone, Debug)]
pub struct PostgresSettings {
    /// `postgres://user@host:port/database`, or several hosts; without the password.
    pub url: String,
    pub password: Option<SecretString>,
    /// PEM of the authority that signed the server's certificate; without it those that the
    /// machine trusts.
    pub ca_file: Option<PathBuf>,
    /// At most so many connections.
    pub connections: usize,
}

pub struct PostgresEngine {
    database: Arc<Database>,
    lines: Lines,
    looker: tokio::task::JoinHandle<()>,
}

/// The connections, and what was seen on them.
struct Database {
    pool: Pool,
    noted: Mutex<Stats>,
    /// Commits and reads that are not answered yet.
    waiting: AtomicU64,
}

/// One that waits, until it is answered or nobody wants the answer any more.
struct Waits<'d>(&'d AtomicU64);

impl<'d> Waits<'d> {
    fn in_line(database: &'d Database) -> Self {
        database.waiting.fetch_add(1, Ordering::Relaxed);
        Self(&database.waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for PostgresEngine {
    fn drop(&mut self) {
        self.looker.abort();
        self.database.pool.close();
    }
}

impl PostgresEngine {
    /// Connects, makes or migrates the schema, and takes a first seat. A database that is not
    /// there yet is waited for.
    pub async fn open(settings: PostgresSettings) -> Result<Self, StoreError> {
        let sessions = Sessions::new(&settings)?;
        schema::prepare(&sessions, Instant::now() + GIVE_UP_AFTER).await?;
        let pool = session::pool(sessions, settings.connections)?;
        let database =
            Arc::new(Database { pool, noted: Mutex::default(), waiting: AtomicU64::new(0) });
        drop(database.session(Instant::now() + GIVE_UP_AFTER).await?);
        let looker = tokio::spawn(look(database.clone()));
        Ok(Self { lines: Lines::open(&database), database, looker })
    }
}

impl Database {
    fn stats(&self) -> MutexGuard<'_, Stats> {
        // Numbers only: a panic leaves nothing half done.
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, error: StoreError) -> StoreError {
        self.stats().last_error = Some(error.to_string());
        error
    }

    /// An idle connection, or a new one, waited for until `deadline`.
    async fn session(&self, deadline: Instant) -> Result<Borrowed, StoreError> {
        let mut tries = 0;
        loop {
            let why = match self.pool.get().await {
                Ok(session) => return Ok(session),
                Err(PoolError::Closed) => return Err(stopped()),
                Err(PoolError::Backend(error)) => match fault::read(&error) {
                    Fault::Refused => return Err(self.note(fault::unavailable(&error))),
                    _ => fault::words(&error),
                },
                Err(error) => error.to_string(),
            };
            let refused = self.note(StoreError::Unavailable(why));
            if Instant::now() >= deadline {
                return Err(refused);
            }
            commit::pause(tries).await;
            tries += 1;
        }
    }

    /// Answers all of them.
    async fn read(&self, group: Vec<Read>) {
        let Some(oldest) = group.iter().map(|read| read.since).min() else { return };
        let keys: Vec<&[u8]> = group.iter().flat_map(|read| &read.keys).map(|key| &**key).collect();
        let rows = self.ask(Question::Get(&keys), oldest + GIVE_UP_AFTER).await;
        let found: Result<HashMap<Key, Stored>, _> =
            rows.and_then(|rows| rows.iter().map(stored).collect());
        for read in group {
            let answer = match &found {
                Ok(found) => Ok(read.keys.iter().map(|key| found.get(key).cloned()).collect()),
                Err(error) => Err(error.clone()),
            };
            // Whoever asked may have gone.
            let _ = read.answer.send(answer);
        }
    }

    /// On another connection if one is lost.
    async fn ask(&self, question: Question<'_>, deadline: Instant) -> Result<Vec<Row>, StoreError> {
        loop {
            let session = self.session(deadline).await?;
            match timeout(ANSWER_WITHIN, question.ask(&session)).await {
                Ok(Ok(rows)) => return Ok(rows),
                Ok(Err(error)) => match fault::read(&error) {
                    Fault::Lost => drop(Object::take(session)),
                    Fault::Again => {}
                    Fault::Refused | Fault::Taken => {
                        return Err(self.note(fault::unavailable(&error)));
                    }
                },
                Err(_) => drop(Object::take(session)),
            }
            if Instant::now() >= deadline {
                return Err(
                    self.note(StoreError::Unavailable("the database does not answer".into()))
                );
            }
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the store has stopped".into())
}

enum Question<'a> {
    Get(&'a [&'a [u8]]),
    Scan { from: Key, to: Key, limit: i64, direction: Direction },
}

impl Question<'_> {
    async fn ask(&self, session: &Session) -> Result<Vec<Row>, tokio_postgres::Error> {
        let statements = &session.statements;
        match self {
            Question::Get(keys) => session.query(&statements.get, &[keys]).await,
            Question::Scan { from, to, limit, direction } => {
                let statement = match direction {
                    Direction::Forward => &statements.scan,
                    Direction::Backward => &statements.scan_backward,
                };
                session.query(statement, &[from, to, limit]).await
            }
        }
    }
}

/// Asks for the time, so that an instance which nobody writes to knows too that its database
/// is away, that it is back, and whether the two clocks agree.
async fn look(database: Arc<Database>) {
    for round in 0_u32.. {
        let sweep = round % SWEEP_EVERY == 0;
        let found = timeout(ANSWER_WITHIN, ask_the_time(&database.pool, sweep)).await;
        {
            let mut stats = database.stats();
            match found {
                Ok(Ok(ahead)) => {
                    stats.clock_ahead_ms = Some(ahead);
                    stats.last_error = None;
                }
                Ok(Err(why)) => stats.last_error = Some(why),
                Err(_) => stats.last_error = Some("the database does not answer".into()),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Milliseconds that this machine's clock is ahead of the database's.
async fn ask_the_time(pool: &Pool, sweep: bool) -> Result<i64, String> {
    let session = pool.get().await.map_err(|error| error.to_string())?;
    let words = |error: tokio_postgres::Error| fault::words(&error);
    let before = now_ms();
    let row = session.query_one(statements::CLOCK, &[]).await.map_err(words)?;
    let ours = before + (now_ms() - before) / 2;
    if sweep {
        session.execute(statements::SWEEP_SEATS, &[]).await.map_err(words)?;
    }
    Ok(ours - row.try_get::<_, i64>(0).map_err(words)?)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn stored(row: &Row) -> Result<(Key, Stored), StoreError> {
    let read = || -> Result<(Key, Stored), tokio_postgres::Error> {
        let version: i64 = row.try_get(1)?;
        // The sequence begins at 1 and only grows.
        Ok((
            row.try_get(0)?,
            Stored { version: Version(version.unsigned_abs()), value: row.try_get(2)? },
        ))
    };
    read().map_err(|error| StoreError::Corrupt { key: "entry".into(), why: error.to_string() })
}

/// The bounds as `from <= key < to`: the key behind `x` is `x` and a zero byte.
fn half_open((from, to): (Bound<Key>, Bound<Key>)) -> (Key, Key) {
    let behind = |mut key: Key| {
        key.push(0);
        key
    };
    let from = match from {
        Bound::Included(key) => key,
        Bound::Excluded(key) => behind(key),
        Bound::Unbounded => Key::new(),
    };
    let to = match to {
        Bound::Included(key) => behind(key),
        Bound::Excluded(key) => key,
        Bound::Unbounded => vec![u8::MAX; KEY_BYTES_MAX + 1],
    };
    (from, to)
}

impl Engine for PostgresEngine {
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Found<'a, Vec<Option<Stored>>> {
        Box::pin(async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let _waits = Waits::in_line(&self.database);
            let (answer, answered) = oneshot::channel();
            let read = Read { keys: keys.to_vec(), since: Instant::now(), answer };
            self.lines.reads.send(read).await.map_err(|_| stopped())?;
            answered.await.map_err(|_| stopped())?
        })
    }

    fn scan<'a>(&'a self, range: Range, limit: usize) -> Found<'a, Vec<(Key, Stored)>> {
        Box::pin(async move {
            let Some((bounds, limit)) = normal(&range, limit) else { return Ok(Vec::new()) };
            let (from, to) = half_open(bounds);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let direction = range.direction;
            let question = Question::Scan { from, to, limit, direction };
            let rows = self.database.ask(question, Instant::now() + GIVE_UP_AFTER).await?;
            rows.iter().map(stored).collect()
        })
    }

    fn commit<'a>(&'a self, batch: Batch) -> Found<'a, ()> {
        Box::pin(async move {
            check_batch(&batch)?;
            let prepared =
                Prepared::of(batch).inspect_err(|_| self.database.stats().conflicts += 1)?;
            let _waits = Waits::in_line(&self.database);
            let (answer, answered) = oneshot::channel();
            let commit = Commit { prepared, since: Instant::now(), answer };
            self.lines.commits.send(commit).await.map_err(|_| stopped())?;
            answered.await.map_err(|_| stopped())?
        })
    }

    fn stats(&self) -> Stats {
        let mut stats = self.database.stats().clone();
        stats.waiting = self.database.waiting.load(Ordering::Relaxed);
        stats
    }

    fn is_shared(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_become_half_open() {
        let key = |text: &str| text.as_bytes().to_vec();
        use Bound::{Excluded, Included, Unbounded};
        for (from, to, expect) in [
            (Included("a"), Excluded("b"), ("a", "b")),
            (Excluded("a"), Included("b"), ("a\0", "b\0")),
        ] {
            let found = half_open((from.map(key), to.map(key)));
            assert_eq!(found, (key(expect.0), key(expect.1)));
        }
        let (from, to) = half_open((Unbounded, Unbounded));
        assert!(from.is_empty() && to > vec![u8::MAX; KEY_BYTES_MAX]);
    }
}
