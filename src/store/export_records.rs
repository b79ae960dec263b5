//! A ledger too large for one answer, made behind the page and kept for a day.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::desk::Role;

use super::{Key, Record, keys};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    Making,
    Ready,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    pub id: String,
    /// For nobody else: somebody who signs in, or a key.
    pub whose: String,
    /// As she was when she asked.
    pub name: String,
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// The id of a kind of ledger, and which of it.
    pub kind: String,
    pub month: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub village: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_department: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `xlsx`, `csv` or `gb18030`
    pub format: String,
    pub made_at: Timestamp,
    /// It is gone after that.
    pub until: Timestamp,
    pub state: ExportState,
    /// How often it was begun.
    pub tries: u8,
    pub lines: usize,
    pub bytes: usize,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl Record for Export {
    const KIND: &'static str = "export";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::export(&self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        match self.state {
            ExportState::Making => vec![keys::export_waiting(self.made_at, &self.id)],
            ExportState::Ready | ExportState::Failed => Vec::new(),
        }
    }
}
