//! What answers and the results of actions are made of.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub type Fields = BTreeMap<String, Value>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    Text(String),
    /// Thousandths, so that half a bag is 500 and no float is ever stored.
    Number(i64),
    /// The same with what it counts; `about` as in 三十来斤.
    Quantity {
        thousandths: i64,
        unit: Option<String>,
        about: bool,
    },
    Flag(bool),
    /// One option: `value` is stored and sent on, `label` is what people see.
    Choice {
        value: String,
        label: String,
    },
    /// One row of a table, or of what a call gave; `fields` by the names of its columns.
    Row {
        value: String,
        label: String,
        fields: Fields,
    },
    /// Several options, in the order in which she named them.
    Several(Vec<Value>),
    /// In fen; `about` as in 一百来块.
    Money {
        fen: i64,
        about: bool,
    },
    Day(Date),
    /// Whole; masked wherever it is shown.
    Identity(String),
    /// A village: 12-digit place code and name.
    Village {
        code: String,
        name: String,
    },
    /// A point on the map, in millionths of a degree, with the words that came with it.
    Point {
        latitude: i64,
        longitude: i64,
        label: String,
    },
    /// Photos or recordings, by the ids under which the host keeps them.
    Files(Vec<String>),
    /// The question was skipped, as the script allows.
    Skipped,
    Record(Fields),
    List(Vec<Fields>),
}

/// What was said, what was understood, and how. Both halves are kept: audits and the
/// training of the classifier need what she really wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub raw: String,
    pub value: Value,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Exact,
    Menu,
    /// Not quite as it is written in the table; shown to her before it counted.
    Fuzzy,
    /// A kind of matter, from keywords and the model: how surely, in percent.
    Likely(u8),
    /// Taken from a sentence that said several things at once.
    Intake,
    Default,
    /// Given by the host: the result of a call, the subject of an offer.
    Given,
}
