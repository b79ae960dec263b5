//! A message that the bot did not understand, for clerks to teach it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MisheardWords {
    pub at: Timestamp,
    /// Makes it the only one of its moment.
    pub id: String,
    /// Whose it is: it goes when she is forgotten. Not shown.
    pub address: String,
    /// What she wrote, without names, numbers and places.
    pub text: String,
    /// Where she was; empty: nothing was under way.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dialog: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub step: String,
    /// What it may have meant; empty: nobody could tell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub taken: String,
}

impl Record for MisheardWords {
    const KIND: &'static str = "misheard";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::misheard(self.at, &self.id)
    }

    fn indexes(&self) -> Vec<Key> {
        vec![keys::misheard_from(&self.address, self.at, &self.id)]
    }
}
