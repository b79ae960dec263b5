//! The embedded engine: sled 0.34.7, one tree, one writer thread and one that syncs.
//!
//! The writer merges all waiting commits (at most 256), checks their expectations in order
//! against what the earlier ones of the same merge will have written, applies them as one
//! sled batch and flushes it. `syncer` then makes it durable and answers all of them, while the
//! writer is at the next merge: that one builds on what is not on disk yet, but is answered
//! only after a later sync of the same file, which carries both or fails for both.
//!
//! Traps of sled 0.34.7, and what is done about each:
//!
//! - `flush()` is no fsync on Linux (it calls `sync_file_range`): after it, `sync_data()` on a
//!   second handle of `<folder>/db`, by `syncer`.
//! - Without a flush, up to 500 ms are lost on a kill: every merge flushes.
//! - `flush_async` hangs for ever with 8 tasks or more: never called.
//! - A transaction in each task is slow and takes a process-wide lock, sees no ranges, and may
//!   run twice: not used; only the writer writes, so checks and writes can not race.
//! - A batch locks out all readers while it is applied: at most 256 commits are one, and what was
//!   written last is read from beside sled (`hot`).
//! - Many small trees bloat the file: there is one.
//! - A second process is refused by a file lock, with `WouldBlock`: said in plain words.
//! - A half-written `snap.*` makes `open` fail with `Corruption { at: None }`: `*.generating` is
//!   removed always, all of them when that error comes, loudly.
//! - Values of 128 KB or more leak a file each: refused above 64 KB.
//! - `len()` reads everything: not called. `generate_id` may jump: not used; versions are a
//!   sequence of our own, kept under one key and written once a merge.
//! - `ENOSPC` poisons or panics: free space is looked at before each merge, and below the
//!   reserve nothing is written.
//! - After a failed flush nobody knows what is on disk: the database is closed and opened
//!   again from its log before anything more is accepted. A panic counts as such a failure.
//!   The kernel takes a page whose write failed for written: what it holds of the files is
//!   dropped first, so that the log is read from the disk.
//! - The file never shrinks: see `compact`.
//! - The directory entry of a new file is not durable: the folder is synced once after `open`.
//! - The cache defaults to 1 GB: set.

use std::collections::HashSet;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc as threads};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::engine_rules::{check_batch, normal};
use super::hot::{Hot, Writes};
use super::record::shown;
use super::syncer::{self, Answer, Answers, DataFile, Written as Flushed};
use super::{
    Batch, Direction, Engine, Expect, Found, Key, Range, Stats, StoreError, Stored, Version,
    Written,
};

const MERGE_MAX: usize = 256;
const WAITING_MAX: usize = 4_096;
/// Below every key that the rules allow.
const SEQUENCE: &[u8] = b"\0sequence";
const REOPEN_EVERY: Duration = Duration::from_millis(500);
const TROUBLED_SLEEP: Duration = Duration::from_millis(10);
/// A flush costs the processor the same for one commit and for fifty. So after a merge of more
/// than `CROWD` the writer lets others come for a moment. Not until all have come: whoever is
/// answered meanwhile keeps the processors busy.
const CROWD: usize = 4;
const GATHER: Duration = Duration::from_micros(800);

#[derive(Clone)]
pub struct SledSettings {
    pub cache_bytes: u64,
    /// With less free space than this, commits are refused.
    pub reserve_bytes: u64,
    pub disk: Arc<dyn Disk>,
}

impl Default for SledSettings {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, reserve_bytes: 64 << 20, disk: Arc::new(RealDisk) }
    }
}

/// The two questions that the engine asks the disk besides sled; a test may lie.
pub trait Disk: Send + Sync + 'static {
    fn free_bytes(&self, folder: &Path) -> std::io::Result<u64>;
    fn sync(&self, data: &File) -> std::io::Result<()>;
}

pub struct RealDisk;

impl Disk for RealDisk {
    fn free_bytes(&self, folder: &Path) -> std::io::Result<u64> {
        free_bytes(folder)
    }

    fn sync(&self, data: &File) -> std::io::Result<()> {
        data.sync_data()
    }
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes())?;
    let mut found = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: `path` ends in a zero byte and `found` is room for one answer, read only
    // when the call says that it was written.
    let found = unsafe {
        if libc::statvfs(path.as_ptr(), found.as_mut_ptr()) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        found.assume_init()
    };
    #[allow(clippy::unnecessary_cast)]
    Ok((found.f_bavail as u64).saturating_mul(found.f_frsize as u64))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &Path) -> std::io::Result<u64> {
    Ok(u64::MAX)
}

pub struct SledEngine {
    shared: Arc<Shared>,
    queue: Option<mpsc::Sender<Request>>,
    /// The writer, then the syncer: the one ends when the queue does, the other with it.
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    folder: PathBuf,
    settings: SledSettings,
    /// `None` while it is being reopened after a failure.
    opened: RwLock<Option<Opened>>,
    hot: RwLock<Hot>,
    stats: Mutex<Stats>,
    /// Keys written since a backup began.
    tap: Mutex<Option<HashSet<Key>>>,
}

struct Opened {
    db: sled::Db,
    data: Arc<DataFile>,
}

enum Request {
    Commit {
        batch: Batch,
        answer: Answer,
    },
    CloseTap {
        answer: oneshot::Sender<Result<Vec<Written>, StoreError>>,
    },
    /// The database was closed behind the writer's back: it has to be opened again.
    Look,
}

impl SledEngine {
    pub fn open(folder: &Path, settings: SledSettings) -> Result<Self, StoreError> {
        let opened = open_db(folder, &settings)?;
        let sequence = read_sequence(&opened.db)?;
        let shared = Arc::new(Shared {
            folder: folder.to_owned(),
            settings,
            opened: RwLock::new(Some(opened)),
            hot: RwLock::default(),
            stats: Mutex::default(),
            tap: Mutex::default(),
        });
        let (queue, requests) = mpsc::channel(WAITING_MAX);
        // No room: the writer hands a merge over when the one before is on disk.
        let (flushed, merges) = threads::sync_channel(0);
        let writer = Writer { shared: shared.clone(), flushed, sequence, looked: Instant::now() };
        let (bell, noting) = (queue.downgrade(), shared.clone());
        let note = move |merge: &Flushed, synced: &Result<(), StoreError>| {
            noting.note(merge, synced);
            if synced.is_err()
                && let Some(queue) = bell.upgrade()
            {
                // A full queue wakes it as well.
                let _ = queue.try_send(Request::Look);
            }
        };
        let disk = shared.settings.disk.clone();
        let threads = vec![
            thread("store-writer", move || writer.run(requests))?,
            thread("store-syncer", move || syncer::run(merges, &*disk, note))?,
        ];
        Ok(Self { shared, queue: Some(queue), threads })
    }

    /// From now on the keys that are written are remembered, until `close_tap`.
    pub(super) fn open_tap(&self) -> Result<(), StoreError> {
        let mut tap = self.shared.tap.lock().unwrap_or_else(PoisonError::into_inner);
        if tap.is_some() {
            return Err(StoreError::Unavailable("another backup is running".into()));
        }
        *tap = Some(HashSet::new());
        Ok(())
    }

    /// What those keys hold at one moment between two merges. `None`: deleted.
    pub(super) async fn close_tap(&self) -> Result<Vec<Written>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Request::CloseTap { answer }).await?;
        answered.await.map_err(|_| stopped())?
    }

    pub(super) fn forget_tap(&self) {
        *self.shared.tap.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn send(&self, request: Request) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.send(request).await.map_err(|_| stopped())
    }
}

impl Drop for SledEngine {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A panic was answered already; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

fn unavailable(what: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("{what}: {error}"))
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let spawned = std::thread::Builder::new().name(name.into()).spawn(run);
    spawned.map_err(|error| unavailable("no thread for the writer", error))
}

fn open_db(folder: &Path, settings: &SledSettings) -> Result<Opened, StoreError> {
    fs::create_dir_all(folder).map_err(|error| unavailable("the folder can not be made", error))?;
    remove_snapshots(folder, |name| name.ends_with(".generating"))?;
    let open = || {
        sled::Config::new()
            .path(folder)
            .cache_capacity(settings.cache_bytes)
            .flush_every_ms(Some(500))
            .open()
    };
    let db = match open() {
        Err(sled::Error::Corruption { at: None, .. }) => {
            tracing::warn!("a snapshot of the store is broken: all are removed and made anew");
            remove_snapshots(folder, |_| true)?;
            open()
        }
        other => other,
    };
    let db = db.map_err(|error| match &error {
        sled::Error::Io(io) if io.to_string().contains("lock") => unavailable(
            "another process has it open; please stop that one first (is it already running?)",
            error,
        ),
        _ => unavailable("it does not open", error),
    })?;
    let data = File::open(folder.join("db"))
        .map_err(|error| unavailable("the data file can not be opened", error))?;
    let sync = || -> std::io::Result<()> {
        data.sync_all()?;
        File::open(folder)?.sync_all()?;
        match folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    sync().map_err(|error| unavailable("the folder can not be synced", error))?;
    Ok(Opened { db, data: Arc::new(DataFile::new(data)) })
}

/// An error is no matter: then the pages are read from memory, as they would have been.
#[cfg(target_os = "linux")]
fn drop_cached(folder: &Path) {
    use std::os::fd::AsRawFd;
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    for file in names.filter_map(|entry| File::open(entry.path()).ok()) {
        // SAFETY: the descriptor is open until the end of this line.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    }
}

#[cfg(not(target_os = "linux"))]
fn drop_cached(_folder: &Path) {}

fn remove_snapshots(folder: &Path, which: impl Fn(&str) -> bool) -> Result<(), StoreError> {
    let failed = |error| unavailable("the folder can not be read", error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("snap.") && which(&name) {
            tracing::warn!(name, "a stray snapshot of the store is removed");
            fs::remove_file(&path).map_err(failed)?;
        }
    }
    Ok(())
}

fn read_sequence(db: &sled::Db) -> Result<u64, StoreError> {
    let found = db.get(SEQUENCE).map_err(|error| unavailable("it can not be read", error))?;
    match found {
        None => Ok(0),
        Some(bytes) => bytes.as_ref().try_into().map(u64::from_be_bytes).map_err(|_| {
            StoreError::Corrupt { key: shown(SEQUENCE), why: "not eight bytes".into() }
        }),
    }
}

/// Version and value are stored together: eight bytes, then the value.
fn parted<'a>(key: &[u8], bytes: &'a [u8]) -> Result<(Version, &'a [u8]), StoreError> {
    let Some((version, value)) = bytes.split_first_chunk::<8>() else {
        return Err(StoreError::Corrupt { key: shown(key), why: "shorter than a version".into() });
    };
    Ok((Version(u64::from_be_bytes(*version)), value))
}

fn split(key: &[u8], bytes: &[u8]) -> Result<Stored, StoreError> {
    parted(key, bytes).map(|(version, value)| Stored { version, value: value.to_owned() })
}

impl Shared {
    fn read<T>(
        &self,
        work: impl FnOnce(&sled::Db) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        match &*opened {
            Some(opened) => catch_unwind(AssertUnwindSafe(|| work(&opened.db)))
                .unwrap_or_else(|_| Err(StoreError::Unavailable("sled panicked".into()))),
            None => Err(StoreError::Unavailable(self.cause())),
        }
    }

    fn get(&self, db: &sled::Db, key: &[u8]) -> Result<Option<Stored>, StoreError> {
        let hot = self.hot.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hot.get(key) {
            return known.map(|bytes| split(key, bytes)).transpose();
        }
        drop(hot);
        let found = db.get(key).map_err(|error| unavailable("it can not be read", error))?;
        found.map(|bytes| split(key, &bytes)).transpose()
    }

    fn cause(&self) -> String {
        let stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.last_error.clone().unwrap_or_else(|| "it is being opened again".into())
    }

    fn count(&self, change: impl FnOnce(&mut Stats)) {
        change(&mut self.stats.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What became of a merge; before its answers go out.
    fn note(&self, merge: &Flushed, synced: &Result<(), StoreError>) {
        let conflicts = merge.answers.iter().filter(|(_, result)| result.is_err()).count() as u64;
        self.count(|stats| {
            stats.conflicts += conflicts;
            if synced.is_ok() {
                stats.commits += merge.answers.len() as u64 - conflicts;
                stats.merges += u64::from(merge.data.is_some());
                stats.syncs += u64::from(merge.data.is_some());
            }
        });
        if let (Err(error), Some(data)) = (synced, &merge.data) {
            self.close(error, data);
        }
    }

    /// Nobody knows what of it is on disk: close, and learn it from the log. Does nothing if
    /// it was closed before.
    fn close(&self, error: &StoreError, data: &Arc<DataFile>) {
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        let Some(closed) = opened.take_if(|opened| Arc::ptr_eq(&opened.data, data)) else { return };
        tracing::error!(%error, "the store is closed until its disk works again");
        self.hot.write().unwrap_or_else(PoisonError::into_inner).forget();
        self.count(|stats| stats.last_error = Some(error.to_string()));
        if catch_unwind(AssertUnwindSafe(|| drop(closed.db))).is_err() {
            tracing::error!("sled panicked while closing");
        }
    }

    fn is_open(&self) -> bool {
        self.opened.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl Engine for SledEngine {
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Found<'a, Vec<Option<Stored>>> {
        let found =
            self.shared.read(|db| keys.iter().map(|key| self.shared.get(db, key)).collect());
        Box::pin(std::future::ready(found))
    }

    fn scan<'a>(&'a self, range: Range, limit: usize) -> Found<'a, Vec<(Key, Stored)>> {
        let found = self.shared.read(|db| {
            let Some((bounds, limit)) = normal(&range, limit) else { return Ok(Vec::new()) };
            let mut entries = db.range::<Key, _>(bounds);
            let mut found = Vec::new();
            while found.len() < limit {
                let next = match range.direction {
                    Direction::Forward => entries.next(),
                    Direction::Backward => entries.next_back(),
                };
                let Some(entry) = next else { break };
                let (key, bytes) =
                    entry.map_err(|error| unavailable("it can not be read", error))?;
                found.push((key.to_vec(), split(&key, &bytes)?));
            }
            Ok(found)
        });
        Box::pin(std::future::ready(found))
    }

    fn commit<'a>(&'a self, batch: Batch) -> Found<'a, ()> {
        Box::pin(async move {
            check_batch(&batch)?;
            let (answer, answered) = oneshot::channel();
            self.send(Request::Commit { batch, answer }).await?;
            answered.await.map_err(|_| stopped())?
        })
    }

    fn stats(&self) -> Stats {
        let mut stats = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner).clone();
        stats.waiting = self.queue.as_ref().map_or(0, |q| q.max_capacity() - q.capacity()) as u64;
        stats.disk_bytes = fs::metadata(self.shared.folder.join("db")).map_or(0, |m| m.len());
        stats
    }
}

struct Writer {
    shared: Arc<Shared>,
    flushed: threads::SyncSender<Flushed>,
    sequence: u64,
    /// When it looked last whether what is wrong is over.
    looked: Instant,
}

impl Writer {
    fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut commits = Vec::with_capacity(MERGE_MAX);
        let mut is_crowded = false;
        while let Some(first) = self.next(&mut requests) {
            if is_crowded && requests.len() < MERGE_MAX {
                std::thread::sleep(GATHER);
            }
            let mut next = Some(first);
            let mut tap = None;
            while let Some(request) = next {
                match request {
                    Request::Commit { batch, answer } => commits.push((batch, answer)),
                    Request::CloseTap { answer } => tap = Some(answer),
                    Request::Look => {}
                }
                let room = commits.len() < MERGE_MAX && tap.is_none();
                next = if room { requests.try_recv().ok() } else { None };
            }
            is_crowded = commits.len() > CROWD;
            if !commits.is_empty() {
                self.merge(&mut commits);
            }
            if let Some(answer) = tap {
                // The asker may have gone; its tap is closed all the same.
                let _ = answer.send(self.close_tap());
            }
        }
    }

    /// While something is wrong it looks by itself whether that is over: readers that are
    /// refused never come to write.
    fn next(&mut self, requests: &mut mpsc::Receiver<Request>) -> Option<Request> {
        while self.is_troubled() {
            if self.looked.elapsed() >= REOPEN_EVERY {
                if !self.shared.is_open() {
                    self.reopen();
                }
                // Its refusal is for commits; here only what it notes down counts.
                let _ = self.ready();
                self.looked = Instant::now();
                continue;
            }
            match requests.try_recv() {
                Ok(request) => return Some(request),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
                Err(mpsc::error::TryRecvError::Empty) => std::thread::sleep(TROUBLED_SLEEP),
            }
        }
        requests.blocking_recv()
    }

    fn is_troubled(&self) -> bool {
        let stats = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner);
        let has_error = stats.last_error.is_some();
        drop(stats);
        has_error || !self.shared.is_open()
    }

    fn merge(&mut self, commits: &mut Vec<(Batch, Answer)>) {
        let refuse = |commits: &mut Vec<(Batch, Answer)>, error: &StoreError| {
            for (_, answer) in commits.drain(..) {
                let _ = answer.send(Err(error.clone()));
            }
        };
        if let Err(error) = self.ready() {
            return refuse(commits, &error);
        }
        let shared = self.shared.clone();
        let opened = shared.opened.read().unwrap_or_else(PoisonError::into_inner);
        let Some(Opened { db, data }) = &*opened else { return refuse(commits, &stopped()) };
        let mut answers: Answers = Vec::with_capacity(commits.len());
        let done = catch_unwind(AssertUnwindSafe(|| self.apply(db, commits, &mut answers)))
            .unwrap_or_else(|_| Err(StoreError::Unavailable("sled panicked".into())));
        let data = data.clone();
        // Free before anything waits: whoever closes the database needs it.
        drop(opened);
        match done {
            Ok(is_written) => {
                let data = is_written.then_some(data);
                // Without the syncer the answers are dropped, and that says it.
                let _ = self.flushed.send(Flushed { data, answers });
            }
            Err(error) => {
                shared.close(&error, &data);
                refuse(commits, &error);
                syncer::answer(answers, &Err(error));
            }
        }
    }

    /// Is there a database, and room on the disk?
    fn ready(&self) -> Result<(), StoreError> {
        if !self.shared.is_open() {
            return Err(StoreError::Unavailable(self.shared.cause()));
        }
        let Shared { folder, settings, .. } = &*self.shared;
        let refusal = match settings.disk.free_bytes(folder) {
            Ok(free) if free >= settings.reserve_bytes => None,
            Ok(free) => Some(format!(
                "the disk is full: {} MB free, {} MB are kept in reserve",
                free >> 20,
                settings.reserve_bytes >> 20
            )),
            Err(error) => Some(format!("the disk does not answer: {error}")),
        };
        self.shared.count(|stats| {
            if refusal.is_some() && stats.last_error != refusal {
                tracing::error!(cause = refusal, "nothing more is accepted");
            } else if refusal.is_none() && stats.last_error.is_some() {
                tracing::info!("the store accepts writes again");
            }
            stats.last_error.clone_from(&refusal);
        });
        refusal.map_or(Ok(()), |cause| Err(StoreError::Unavailable(cause)))
    }

    /// True when something was written. Whoever is in `answers` afterwards was looked at.
    fn apply(
        &mut self,
        db: &sled::Db,
        commits: &mut Vec<(Batch, Answer)>,
        answers: &mut Answers,
    ) -> Result<bool, StoreError> {
        let mut writes = Writes::new();
        let mut merged = sled::Batch::default();
        let mut bytes = Vec::new();
        let mut sequence = self.sequence;
        let hot = self.shared.hot.read().unwrap_or_else(PoisonError::into_inner);
        for (batch, answer) in commits.drain(..) {
            match first_conflict(db, &hot, &writes, &batch)? {
                Some(key) => answers.push((answer, Err(StoreError::Conflict(shown(&key))))),
                None => {
                    sequence += 1;
                    add(&mut merged, &mut writes, batch, sequence, &mut bytes);
                    answers.push((answer, Ok(())));
                }
            }
        }
        drop(hot);
        if sequence == self.sequence {
            return Ok(false);
        }
        merged.insert(SEQUENCE, &sequence.to_be_bytes());
        // Before a reader can see them, and also when the write then fails.
        if let Some(tap) = &mut *self.shared.tap.lock().unwrap_or_else(PoisonError::into_inner) {
            tap.extend(writes.keys().cloned());
        }
        // From here on a reader may see them, whatever becomes of the write.
        self.sequence = sequence;
        apply(db, merged)?;
        self.shared.hot.write().unwrap_or_else(PoisonError::into_inner).take(writes);
        flush(db)?;
        Ok(true)
    }

    fn reopen(&mut self) {
        let opened = catch_unwind(AssertUnwindSafe(|| {
            drop_cached(&self.shared.folder);
            let opened = open_db(&self.shared.folder, &self.shared.settings)?;
            let sequence = read_sequence(&opened.db)?;
            // A write of the same bytes shows whether the disk takes it again.
            let mut same = sled::Batch::default();
            same.insert(SEQUENCE, &sequence.to_be_bytes());
            apply(&opened.db, same)?;
            flush(&opened.db)?;
            opened.data.sync(&*self.shared.settings.disk)?;
            Ok((opened, sequence))
        }))
        .unwrap_or_else(|_| Err(StoreError::Unavailable("sled panicked".into())));
        match opened {
            Ok((opened, sequence)) => {
                tracing::info!("the store is open again");
                // Never below what was handed out before, lest a version come twice.
                self.sequence = self.sequence.max(sequence);
                *self.shared.opened.write().unwrap_or_else(PoisonError::into_inner) = Some(opened);
            }
            Err(error) => self.shared.count(|stats| stats.last_error = Some(error.to_string())),
        }
    }

    fn close_tap(&mut self) -> Result<Vec<Written>, StoreError> {
        let tap = self.shared.tap.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut keys: Vec<Key> = tap.unwrap_or_default().into_iter().collect();
        keys.sort();
        self.shared.read(|db| {
            keys.into_iter()
                .map(|key| {
                    let found = db.get(&key);
                    let found = found.map_err(|error| unavailable("it can not be read", error))?;
                    let value = found.map(|bytes| split(&key, &bytes)).transpose()?;
                    Ok((key, value.map(|stored| stored.value)))
                })
                .collect()
        })
    }
}

fn apply(db: &sled::Db, batch: sled::Batch) -> Result<(), StoreError> {
    db.apply_batch(batch).map_err(|error| unavailable("a write failed", error))
}

/// Into sled's file, not yet onto the disk.
fn flush(db: &sled::Db) -> Result<(), StoreError> {
    db.flush().map(drop).map_err(|error| unavailable("a write failed", error))
}

fn first_conflict(
    db: &sled::Db,
    hot: &Hot,
    writes: &Writes,
    batch: &Batch,
) -> Result<Option<Key>, StoreError> {
    for (key, expect) in &batch.expect {
        let known = writes.get(key).map(Option::as_ref).or_else(|| hot.get(key));
        let version = |bytes: &[u8]| parted(key, bytes).map(|(version, _)| version);
        let found = match known {
            Some(bytes) => bytes.map(|bytes| version(bytes)).transpose()?,
            None => match db.get(key) {
                Ok(bytes) => bytes.map(|bytes| version(&bytes)).transpose()?,
                Err(error) => return Err(unavailable("it can not be read", error)),
            },
        };
        let wanted = match expect {
            Expect::Absent => None,
            Expect::Version(version) => Some(*version),
        };
        if found != wanted {
            return Ok(Some(key.clone()));
        }
    }
    Ok(None)
}

/// Deletes first: a key that is both deleted and put in one batch ends up put. `bytes` is room
/// to work in.
fn add(
    merged: &mut sled::Batch,
    writes: &mut Writes,
    batch: Batch,
    sequence: u64,
    bytes: &mut Vec<u8>,
) {
    for key in batch.delete {
        merged.remove(key.as_slice());
        writes.insert(key, None);
    }
    for (key, value) in batch.put {
        bytes.clear();
        bytes.extend_from_slice(&sequence.to_be_bytes());
        bytes.extend_from_slice(&value);
        let stored = sled::IVec::from(bytes.as_slice());
        merged.insert(key.as_slice(), stored.clone());
        writes.insert(key, Some(stored));
    }
}
