//! What waits goes together: while some statements are under way, all that comes meanwhile is
//! gathered, and the next statement carries it. So under load one round trip, one plan and one
//! sync of the database's log serve dozens of commits or reads, and without load nobody waits.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use rustc_hash::FxBuildHasher;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::Database;
use super::group::{self, Prepared};
use crate::store::{Key, StoreError, Stored};

/// Statements under way at a time. One would leave the database idle while the program works;
/// many would make small groups.
const COMMITS_UNDER_WAY: usize = 2;
const READS_UNDER_WAY: usize = 2;
const WAITING_MAX: usize = 4_096;
const READ_KEYS_MAX: usize = 1_000;

/// How a commit or a read ends for who asked.
type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

pub(super) struct Commit {
    pub prepared: Prepared,
    pub since: Instant,
    pub answer: Answer<()>,
}

impl AsRef<Prepared> for Commit {
    fn as_ref(&self) -> &Prepared {
        &self.prepared
    }
}

pub(super) struct Read {
    pub keys: Vec<Key>,
    pub since: Instant,
    pub answer: Answer<Vec<Option<Stored>>>,
}

/// Both lines, and what works them off until nobody can come any more.
pub(super) struct Lines {
    pub commits: mpsc::Sender<Commit>,
    pub reads: mpsc::Sender<Read>,
}

impl Lines {
    pub fn open(database: &Arc<Database>) -> Self {
        let (commits, line) = mpsc::channel(WAITING_MAX);
        tokio::spawn(work_off_commits(database.clone(), line));
        let (reads, line) = mpsc::channel(WAITING_MAX);
        tokio::spawn(work_off_reads(database.clone(), line));
        Self { commits, reads }
    }
}

async fn work_off_commits(database: Arc<Database>, mut line: mpsc::Receiver<Commit>) {
    let (mut backlog, mut open) = (Vec::new(), true);
    let mut under_way = JoinSet::new();
    // What the statements under way touch, together and each.
    let mut busy: HashSet<u64, FxBuildHasher> = HashSet::default();
    let mut touched = HashMap::new();
    while open || !backlog.is_empty() || !under_way.is_empty() {
        tokio::select! {
            came = line.recv_many(&mut backlog, WAITING_MAX), if open && backlog.len() < WAITING_MAX => {
                open = came > 0;
            }
            Some(ended) = under_way.join_next_with_id() => {
                // Who panicked has answered nobody: all hear that it was not done.
                let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                for key in touched.remove(&id).unwrap_or_else(Vec::new) {
                    busy.remove(&key);
                }
            }
        }
        while under_way.len() < COMMITS_UNDER_WAY {
            let group = group::next(&mut backlog, &busy);
            if group.is_empty() {
                break;
            }
            let keys: Vec<u64> = group.iter().flat_map(|one| one.prepared.touched()).collect();
            busy.extend(&keys);
            let database = database.clone();
            let task = under_way.spawn(async move { database.commit(group).await });
            touched.insert(task.id(), keys);
        }
    }
}

async fn work_off_reads(database: Arc<Database>, mut line: mpsc::Receiver<Read>) {
    let (mut backlog, mut open) = (Vec::new(), true);
    let mut under_way = JoinSet::new();
    while open || !backlog.is_empty() || !under_way.is_empty() {
        tokio::select! {
            came = line.recv_many(&mut backlog, WAITING_MAX), if open && backlog.len() < WAITING_MAX => {
                open = came > 0;
            }
            Some(_) = under_way.join_next() => {}
        }
        while under_way.len() < READS_UNDER_WAY && !backlog.is_empty() {
            let mut keys = 0;
            let fits = |read: &&Read| {
                keys += read.keys.len();
                keys <= READ_KEYS_MAX
            };
            // One alone may ask for more.
            let together = backlog.iter().take_while(fits).count().max(1);
            let group: Vec<Read> = backlog.drain(..together).collect();
            let database = database.clone();
            under_way.spawn(async move { database.read(group).await });
        }
    }
}
