//! A clerk gave a case another kind of matter than the bot: an example to learn from.

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
