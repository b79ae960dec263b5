//! What is kept for those who come by other doors than a channel: other platforms, and people on
//! the public pages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};

/// The case that another platform's own number became: what it files twice is one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCase {
    pub system: String,
    pub id: String,
    /// The digits.
    pub case: String,
}

impl Record for SourceCase {
    const KIND: &'static str = "source_case";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::case_of_source(&self.system, &self.id)
    }
}

/// When somebody did what is limited: an address that files on the web, or guesses numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visits {
    pub what: String,
    /// The hash of an address.
    pub whose: String,
    /// Within the last hour, oldest first.
    pub at: Vec<Timestamp>,
}

impl Record for Visits {
    const KIND: &'static str = "visits";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::visits(&self.what, &self.whose)
    }
}
