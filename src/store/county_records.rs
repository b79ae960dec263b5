//! The county's tables and common settings that were put live, kept for those that follow and for
//! a way back. The text of the tables lies in parts like that of a script (`SnapshotPart`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};

/// One version. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountyVersion {
    pub hash: String,
    /// The sum of the tables; versions that differ in settings alone share their parts.
    pub tables: String,
    /// What `config.toml` says and all instances have in common.
    pub common: serde_json::Value,
    pub at: Timestamp,
    /// Who put it live; empty: it was there at a start.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub by: String,
    pub parts: u32,
}

/// Which version is live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCounty {
    pub hash: String,
    /// The sums of the folder and of the settings in the file of who put it live: after a way
    /// back others than those of `hash`.
    pub folder: String,
    pub file: String,
    pub at: Timestamp,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub by: String,
}

impl Record for CountyVersion {
    const KIND: &'static str = "county version";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::county(&self.hash)
    }
}

impl Record for LiveCounty {
    const KIND: &'static str = "live county";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::live_county()
    }
}
