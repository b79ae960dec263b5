//! A folder that people edit while the program serves: what was seen of it, and why what is in
//! it is not live. Editors save in pieces, so a change is read when two looks in a row saw
//! the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;

/// Of what is wrong: in the log, on the health page and at the desk.
const PROBLEMS_SHOWN: usize = 20;

/// Size and time of each file that counts.
pub(super) type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

#[derive(Default)]
pub(super) struct Folder(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    /// As it was at the last look.
    last: Option<Stamps>,
    /// As it was when it was read.
    read: Option<Stamps>,
    /// The hash of what was refused.
    refused_hash: String,
    refused: Option<FolderRefused>,
}

/// Whole or not at all: it is written beside and takes the other's place.
pub(super) fn write_beside(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path))
}

/// A change that is not live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderRefused {
    /// One text each; the first ones.
    pub problems: Vec<String>,
    pub count: usize,
    pub at: Timestamp,
}

/// What a look at the folder led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing changed.
    Same,
    /// It changed, and may be changing still.
    Waiting,
    /// Live now, under this hash.
    Live(String),
    /// What was live stays.
    Refused,
}

impl Folder {
    /// `None` when the folder changed and two looks in a row saw the same.
    pub fn quiet(&self, now: Stamps) -> Option<Look> {
        let mut seen = self.seen();
        if seen.read.as_ref() == Some(&now) {
            seen.last = Some(now);
            return Some(if seen.refused.is_some() { Look::Refused } else { Look::Same });
        }
        if seen.last.as_ref() != Some(&now) {
            seen.last = Some(now);
            return Some(Look::Waiting);
        }
        seen.read = Some(now);
        None
    }

    /// What is in it is known, and as it should be.
    pub fn taken_up(&self, now: Stamps) -> Look {
        *self.seen() = Seen { last: None, read: Some(now), ..Seen::default() };
        Look::Same
    }

    pub fn live(&self, hash: String) -> Look {
        let mut seen = self.seen();
        (seen.refused, seen.refused_hash) = (None, String::new());
        Look::Live(hash)
    }

    pub fn refuse(&self, hash: &str, problems: Vec<String>, at: Timestamp) -> Look {
        let count = problems.len();
        let problems: Vec<String> = problems.into_iter().take(PROBLEMS_SHOWN).collect();
        for problem in &problems {
            tracing::error!(problem, "what changed is not live");
        }
        let mut seen = self.seen();
        hash.clone_into(&mut seen.refused_hash);
        seen.refused = Some(FolderRefused { problems, count, at });
        Look::Refused
    }

    /// What is in it is fine, but can not be put live just now.
    pub fn again(&self) -> Look {
        self.seen().read = None;
        Look::Waiting
    }

    pub fn has_refused(&self, hash: &str) -> bool {
        self.seen().refused_hash == hash
    }

    pub fn refused(&self) -> Option<FolderRefused> {
        self.seen().refused.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
