//! What a script was read from, kept for as long as conversations run by it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};

/// Of the text of one part; a value may be 64 KB with its escapes.
pub const PART_BYTES_MAX: usize = 24 * 1024;

/// One published script. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub hash: String,
    pub structure_hash: String,
    pub text_hash: String,
    pub at: Timestamp,
    /// Who put it live; empty: the program found it in the folder.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub by: String,
    /// Its files, as the JSON of their names and texts, cut into so many parts.
    pub parts: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotPart {
    pub hash: String,
    pub n: u32,
    pub text: String,
}

/// Which snapshot is live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveScript {
    pub hash: String,
    /// The script in the folder when it was put live: after a way back another one than `hash`.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub folder: String,
    /// Conversations of other versions are carried over at their next message.
    pub at_once: bool,
    pub at: Timestamp,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub by: String,
}

impl Record for Snapshot {
    const KIND: &'static str = "snapshot";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::snapshot(&self.hash)
    }
}

impl Record for SnapshotPart {
    const KIND: &'static str = "snapshot part";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::snapshot_part(&self.hash, self.n)
    }
}

impl Record for LiveScript {
    const KIND: &'static str = "live script";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::live_script()
    }
}
