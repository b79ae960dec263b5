//! What instances that share one store tell each other besides their work.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};

/// An instance that runs, and what it was started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    pub id: String,
    /// Its address, so that a person knows which it is.
    pub listen: String,
    pub version: String,
    /// The sum of the county's tables.
    pub tables: String,
    /// The sum of what must be the same in config.toml.
    pub settings: String,
    /// When it said so last.
    pub at: Timestamp,
}

impl Record for Instance {
    const KIND: &'static str = "instance";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::instance(&self.id)
    }
}

/// Until when the rate at which a provider may be sent messages, or a key may be used, is spoken
/// for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    pub name: String,
    pub until: Timestamp,
}

impl Record for Pace {
    const KIND: &'static str = "pace";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::pace(&self.name)
    }
}

/// How far something has come that is done once for all: the last day whose bill was compared,
/// the edition of the indexes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub name: String,
    pub done: String,
}

impl Record for Progress {
    const KIND: &'static str = "progress";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::progress(&self.name)
    }
}
