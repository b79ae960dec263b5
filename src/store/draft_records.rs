//! Changes of dialogs and tables that somebody works on. Nothing of it is live.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};

/// Whole files over those that are live. Their texts lie in parts (`SnapshotPart`) of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub id: String,
    pub title: String,
    /// Who began it.
    pub by: String,
    pub at: Timestamp,
    pub changed_at: Timestamp,
    /// Counts each change, so that of two editors the second one is told.
    pub revision: u64,
    /// Everybody who changed it: none of them is the second pair of eyes.
    pub editors: Vec<String>,
    pub files: Vec<DraftFile>,
    /// It is to be looked at, and then goes live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<DraftAsked>,
    /// Why it was given back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub returned: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftFile {
    /// `dialogs/催办.yaml`, `county/aliases.csv`
    pub name: String,
    /// The sum of what was live when it was changed first; empty: there was no such file.
    pub base: String,
    /// Of its text.
    pub sum: String,
    pub parts: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftAsked {
    pub by: String,
    pub at: Timestamp,
    /// What it is for.
    pub note: String,
}

impl Record for Draft {
    const KIND: &'static str = "draft";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::draft(&self.id)
    }
}
