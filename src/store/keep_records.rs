//! What is known of copies of everything, and a clearing that somebody asked for at the desk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};

/// Somebody's word for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepWord {
    pub by: String,
    pub at: Timestamp,
    #[serde(default)]
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepStage {
    Counting,
    Counted,
    Clearing,
    Cleared,
}

/// First it is counted what is past its time, then one asks that it goes, then another one lets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepRound {
    pub stage: KeepStage,
    /// When it came there.
    pub at: Timestamp,
    pub begun: KeepWord,
    pub asked: Option<KeepWord>,
    pub ordered: Option<KeepWord>,
    /// Kind, year, how many.
    pub rows: Vec<(String, i16, usize)>,
}

impl Record for KeepRound {
    const KIND: &'static str = "keep-round";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::keep_round()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyNote {
    pub at: Timestamp,
    pub by: String,
    /// A folder, the name of a dump.
    pub about: String,
    pub detail: String,
    /// Of a trial: everything came back.
    pub fine: bool,
}

/// The last copies of everything, and the last times that one was tried out; the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copies {
    pub made: Vec<CopyNote>,
    pub tried: Vec<CopyNote>,
}

impl Record for Copies {
    const KIND: &'static str = "copies";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::copies()
    }
}
