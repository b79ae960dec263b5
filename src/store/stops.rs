//! How the questions of dialogs went on one day: how often each was asked, and how many stopped
//! there. Counts only; nobody is in them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Key, Record, keys};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuestionCounts {
    pub asked: u64,
    pub silent: u64,
    pub cancelled: u64,
    pub handed_over: u64,
    pub misheard: u64,
}

impl QuestionCounts {
    pub fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.silent += other.silent;
        self.cancelled += other.cancelled;
        self.handed_over += other.handed_over;
        self.misheard += other.misheard;
    }

    pub fn stopped(self) -> u64 {
        self.silent + self.cancelled + self.handed_over
    }
}

/// By the id of the dialog and of its question.
pub type StopCounts = BTreeMap<String, BTreeMap<String, QuestionCounts>>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopsOfDay {
    pub day: Date,
    pub dialogs: StopCounts,
}

impl Record for StopsOfDay {
    const KIND: &'static str = "stops";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::stops(self.day)
    }
}
