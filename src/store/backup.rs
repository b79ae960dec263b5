//! Copies of a store: `backup` and `restore`, `export` and `import`, `compact`.
//!
//! A backup is a folder: `records.jsonl`, one JSON object a line (`{"key":...,"value":...}`, in
//! key order), `changes.jsonl` with the keys that were written while the first was being
//! made (`"value":null`: deleted), and `manifest.json` with counts and checksums, written last.
//! Records and then changes give the exact state at the end of the backup.
//!
//! Values are the JSON that stands in the store, so a person can read a copy. An index
//! entry is a key as text. Bytes that are neither are written as `{"base64":...}`.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::Digest;

use super::keys::after;
use super::{Batch, Direction, Engine, Expect, Key, Range, SledEngine, SledSettings, StoreError};

const FORMAT: u32 = 1;
const PAGE: usize = 500;
/// A line holds one value of at most 64 KB; base64 and the key add to it.
const LINE_BYTES_MAX: u64 = 256 * 1024;
const RECORDS: &str = "records.jsonl";
const CHANGES: &str = "changes.jsonl";
const MANIFEST: &str = "manifest.json";

#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{path}: {error}")]
    Disk { path: String, error: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Refused(String),
    #[error("{file} line {line}: {why}; the copy is damaged, please use another one")]
    Damaged { file: String, line: u64, why: String },
}

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub program: String,
    pub records: u64,
    pub changes: u64,
    pub records_sha256: String,
    pub changes_sha256: String,
}

fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> CopyError {
    let path = path.display().to_string();
    move |error| CopyError::Disk { path, error }
}

#[derive(Serialize)]
struct LineOut<'a> {
    key: &'a str,
    value: Option<Written<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Written<'a> {
    Json(&'a RawValue),
    Text(&'a str),
    Bytes { base64: String },
}

#[derive(Deserialize)]
struct LineIn {
    key: String,
    value: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Bytes {
    base64: String,
}

fn line_of(key: &[u8], value: Option<&[u8]>) -> Result<Vec<u8>, CopyError> {
    let key = std::str::from_utf8(key)
        .map_err(|_| CopyError::Refused("a key of the store is not text".into()))?;
    let value = value.map(|value| match std::str::from_utf8(value) {
        Ok(text) if text.starts_with('{') => match serde_json::from_str::<&RawValue>(text) {
            // Only what comes back as the same bytes may stand as it is.
            Ok(raw) if raw.get() == text && !text.contains('\n') => Written::Json(raw),
            _ => Written::Bytes { base64: STANDARD.encode(value) },
        },
        Ok(text) => Written::Text(text),
        Err(_) => Written::Bytes { base64: STANDARD.encode(value) },
    });
    let mut line = serde_json::to_vec(&LineOut { key, value })
        .map_err(|error| CopyError::Refused(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

fn entry_of(line: &str) -> Result<(Key, Option<Vec<u8>>), String> {
    let found: LineIn = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let value = match found.value {
        None => None,
        Some(raw) => match raw.get() {
            "null" => None,
            text if text.starts_with('"') => {
                let text: String = serde_json::from_str(text).map_err(|e| e.to_string())?;
                Some(text.into_bytes())
            }
            text if text.starts_with("{\"base64\":") => {
                let bytes: Bytes = serde_json::from_str(text).map_err(|e| e.to_string())?;
                Some(STANDARD.decode(bytes.base64).map_err(|e| e.to_string())?)
            }
            text => Some(text.as_bytes().to_vec()),
        },
    };
    Ok((found.key.into_bytes(), value))
}

/// Writes lines, counts them, and sums them up.
struct Lines<W: Write> {
    out: W,
    path: PathBuf,
    sum: sha2::Sha256,
    count: u64,
}

impl<W: Write> Lines<W> {
    fn new(out: W, path: &Path) -> Self {
        Self { out, path: path.to_owned(), sum: sha2::Sha256::new(), count: 0 }
    }

    fn add(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), CopyError> {
        let line = line_of(key, value)?;
        self.sum.update(&line);
        self.count += 1;
        self.out.write_all(&line).map_err(disk(&self.path))
    }

    fn end(mut self) -> Result<(W, u64, String), CopyError> {
        self.out.flush().map_err(disk(&self.path))?;
        Ok((self.out, self.count, hex(&self.sum.finalize())))
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn everything() -> Range {
    Range { from: Bound::Unbounded, to: Bound::Unbounded, direction: Direction::Forward }
}

async fn write_all<W: Write>(store: &dyn Engine, lines: &mut Lines<W>) -> Result<(), CopyError> {
    let mut range = everything();
    loop {
        let page = store.scan(range.clone(), PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        range = after(&range, last);
        for (key, stored) in &page {
            lines.add(key, Some(&stored.value))?;
        }
    }
}

fn create(path: &Path) -> Result<BufWriter<File>, CopyError> {
    File::options().write(true).create_new(true).open(path).map(BufWriter::new).map_err(disk(path))
}

fn durable(file: BufWriter<File>, path: &Path) -> Result<(), CopyError> {
    let file = file.into_inner().map_err(|error| disk(path)(error.into_error()))?;
    file.sync_all().map_err(disk(path))
}

/// A consistent copy while others write. `folder` must not exist yet.
pub async fn backup(store: &SledEngine, folder: &Path) -> Result<Manifest, CopyError> {
    fs::create_dir(folder).map_err(disk(folder))?;
    store.open_tap()?;
    let copied = copy_with_tap(store, folder).await;
    store.forget_tap();
    copied
}

async fn copy_with_tap(store: &SledEngine, folder: &Path) -> Result<Manifest, CopyError> {
    let path = folder.join(RECORDS);
    let mut records = Lines::new(create(&path)?, &path);
    write_all(store, &mut records).await?;
    let (out, record_count, records_sha256) = records.end()?;
    durable(out, &path)?;
    let path = folder.join(CHANGES);
    let mut changes = Lines::new(create(&path)?, &path);
    for (key, value) in store.close_tap().await? {
        changes.add(&key, value.as_deref())?;
    }
    let (out, change_count, changes_sha256) = changes.end()?;
    durable(out, &path)?;
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").into(),
        records: record_count,
        changes: change_count,
        records_sha256,
        changes_sha256,
    };
    let path = folder.join(MANIFEST);
    let mut out = create(&path)?;
    serde_json::to_writer_pretty(&mut out, &manifest).map_err(|error| disk(&path)(error.into()))?;
    durable(out, &path)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk(folder))?;
    Ok(manifest)
}

/// Reads the manifest of a copy and checks the files against it.
pub fn verify(folder: &Path) -> Result<Manifest, CopyError> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(disk(&path))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|error| CopyError::Refused(format!("{}: {error}", path.display())))?;
    if manifest.format != FORMAT {
        return Err(CopyError::Refused(format!(
            "{}: format {} is not known to this program, which reads {FORMAT}; please use the \
             program that made it ({})",
            path.display(),
            manifest.format,
            manifest.program
        )));
    }
    for (name, sum) in [(RECORDS, &manifest.records_sha256), (CHANGES, &manifest.changes_sha256)] {
        let path = folder.join(name);
        let mut file = File::open(&path).map_err(disk(&path))?;
        let mut found = sha2::Sha256::new();
        let mut piece = vec![0; 64 * 1024];
        loop {
            let n = file.read(&mut piece).map_err(disk(&path))?;
            if n == 0 {
                break;
            }
            found.update(&piece[..n]);
        }
        if hex(&found.finalize()) != *sum {
            return Err(CopyError::Refused(format!(
                "{}: the checksum is not that of the manifest; please use another backup",
                path.display()
            )));
        }
    }
    Ok(manifest)
}

/// Puts a verified copy into a fresh store at `store_folder`, which must not hold anything.
pub async fn restore(
    folder: &Path,
    store_folder: &Path,
    settings: SledSettings,
) -> Result<Manifest, CopyError> {
    refuse_unless_empty(store_folder)?;
    let manifest = verify(folder)?;
    // Made beside it and moved into place when whole: a crash leaves no half store.
    let unfinished = beside(store_folder, "restoring");
    remove_folder(&unfinished)?;
    let store = SledEngine::open(&unfinished, settings)?;
    for name in [RECORDS, CHANGES] {
        let path = folder.join(name);
        let file = File::open(&path).map_err(disk(&path))?;
        read_lines(&store, BufReader::new(file), name, false).await?;
    }
    drop(store);
    if store_folder.exists() {
        fs::remove_dir(store_folder).map_err(disk(store_folder))?;
    }
    rename(&unfinished, store_folder)?;
    Ok(manifest)
}

fn refuse_unless_empty(folder: &Path) -> Result<(), CopyError> {
    let filled = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(disk(folder)(error)),
    };
    if filled {
        return Err(CopyError::Refused(format!(
            "{} is not empty; please either move it away or choose another data folder",
            folder.display()
        )));
    }
    Ok(())
}

/// All records as JSON lines in key order. Gives their number.
pub async fn export(store: &dyn Engine, out: impl Write) -> Result<u64, CopyError> {
    let mut lines = Lines::new(out, Path::new("export"));
    write_all(store, &mut lines).await?;
    Ok(lines.end()?.1)
}

/// Into an empty store. Gives the number of records.
pub async fn import(store: &dyn Engine, input: impl BufRead) -> Result<u64, CopyError> {
    if !store.scan(everything(), 1).await?.is_empty() {
        return Err(CopyError::Refused(
            "the store holds records already; please import into an empty one".into(),
        ));
    }
    read_lines(store, input, "import", true).await
}

async fn read_lines(
    store: &dyn Engine,
    mut input: impl BufRead,
    file: &str,
    fresh: bool,
) -> Result<u64, CopyError> {
    let damaged = |line, why: String| CopyError::Damaged { file: file.into(), line, why };
    let (mut batch, mut count) = (Batch::default(), 0u64);
    let mut line = String::new();
    loop {
        line.clear();
        let n = (&mut input)
            .take(LINE_BYTES_MAX)
            .read_line(&mut line)
            .map_err(|error| damaged(count + 1, error.to_string()))?;
        if n as u64 == LINE_BYTES_MAX {
            return Err(damaged(count + 1, "the line is too long".into()));
        }
        if n > 0 {
            count += 1;
            if !line.ends_with('\n') {
                return Err(damaged(count, "the line is cut off".into()));
            }
            let (key, value) = entry_of(line.trim_end()).map_err(|why| damaged(count, why))?;
            if fresh {
                batch.expect.push((key.clone(), Expect::Absent));
            }
            match value {
                Some(value) => batch.put.push((key, value)),
                None => batch.delete.push(key),
            }
        }
        let keys = batch.put.len() + batch.delete.len();
        if keys >= PAGE / 2 || (n == 0 && keys > 0) {
            store.commit(std::mem::take(&mut batch)).await.map_err(|error| match error {
                StoreError::Conflict(key) => damaged(count, format!("{key} stands there twice")),
                other => other.into(),
            })?;
        }
        if n == 0 {
            return Ok(count);
        }
    }
}

fn beside(folder: &Path, word: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{name}.{word}"))
}

fn remove_folder(folder: &Path) -> Result<(), CopyError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(disk(folder)(error)),
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), CopyError> {
    fs::rename(from, to).map_err(disk(from))?;
    match to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent).and_then(|f| f.sync_all()).map_err(disk(parent)),
        None => Ok(()),
    }
}

/// Copies the store into a fresh one and swaps the two. The old one stands beside it until
/// the new one is in place; `mend` puts right what a crash in between left. Gives the bytes
/// before and after.
pub async fn compact(store_folder: &Path, settings: SledSettings) -> Result<(u64, u64), CopyError> {
    mend(store_folder)?;
    let (fresh, old) = (beside(store_folder, "fresh"), beside(store_folder, "old"));
    let before = size(&store_folder.join("db"));
    let from = SledEngine::open(store_folder, settings.clone())?;
    let to = SledEngine::open(&fresh, settings)?;
    let mut range = everything();
    loop {
        let page = from.scan(range.clone(), PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        range = after(&range, last);
        let put = page.into_iter().map(|(key, stored)| (key, stored.value)).collect();
        to.commit(Batch { put, ..Batch::default() }).await?;
    }
    drop(to);
    drop(from);
    let after = size(&fresh.join("db"));
    rename(store_folder, &old)?;
    rename(&fresh, store_folder)?;
    remove_folder(&old)?;
    Ok((before, after))
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |meta| meta.len())
}

/// After a crash in `compact` or `restore`: the old store if it was not yet replaced, else
/// the new one. Called before every open.
pub fn mend(store_folder: &Path) -> Result<(), CopyError> {
    let old = beside(store_folder, "old");
    if old.exists() {
        if store_folder.exists() {
            remove_folder(&old)?;
        } else {
            tracing::warn!("a compaction was interrupted: the store before it is put back");
            rename(&old, store_folder)?;
        }
    }
    remove_folder(&beside(store_folder, "fresh"))?;
    remove_folder(&beside(store_folder, "restoring"))
}
