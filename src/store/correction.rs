//! A clerk gave a case another kind of matter than the bot, or another village: something to
//! learn from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// As digits. The last correction of a case counts.
    pub case: String,
    /// What she wrote, without names, numbers and places.
    pub text: String,
    /// The code that the clerk gave.
    pub code: String,
    /// The one that it had; none: nobody could tell.
    pub was: Option<String>,
    pub at: Timestamp,
}

impl Record for Correction {
    const KIND: &'static str = "correction";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::correction(&self.case)
    }
}

/// A clerk said that it is about another village. Offered as a line of aliases.csv, never used
/// by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceCorrection {
    /// As digits. The last correction of a case counts.
    pub case: String,
    /// Her own word for the village.
    pub said: String,
    /// The code of 12 digits that the clerk gave.
    pub code: String,
    /// What was understood, as it was shown; none: no village at all.
    pub was: Option<String>,
    pub at: Timestamp,
}

impl Record for PlaceCorrection {
    const KIND: &'static str = "place-correction";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::place_correction(&self.case)
    }
}
