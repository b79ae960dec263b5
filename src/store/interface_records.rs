//! What is kept for those who come by other doors than a channel: other platforms, people on the
//! public pages, programs with a key, and departments' own systems that are told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::Role;

use super::staff_records::without_the_old_admin;
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

/// A program's way in. Only the hash of its key is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// hex SHA-256 of the key
    pub hash: String,
    /// By which it is spoken of: the beginning of the key, too short to be guessed from.
    pub id: String,
    /// As it stands in the timeline of a case.
    pub name: String,
    pub role: Role,
    /// As those of somebody who signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub village: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    pub made_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// Who made a key that opens much, which a second one has still to approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for_second: Option<String>,
}

impl Record for ApiKey {
    const KIND: &'static str = "api_key";
    const SCHEMA: u32 = 2;

    fn upgrade(schema: u32, json: serde_json::Value) -> Result<serde_json::Value, String> {
        without_the_old_admin(Self::KIND, schema, json)
    }

    fn key(&self) -> Key {
        keys::api_key(&self.hash)
    }
}

/// What one POST of a program did under its Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The hash of whose key it was and of the Idempotency-Key.
    pub id: String,
    /// The hash of what was asked for.
    pub asked: String,
    pub at: Timestamp,
    /// What it was answered.
    pub answer: serde_json::Value,
}

impl Record for Posted {
    const KIND: &'static str = "posted";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::posted(&self.id)
    }
}

/// One event of a case on its way to a department's own system. Made in the commit of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The name of the webhook in config.toml.
    pub webhook: String,
    /// The digits.
    pub case: String,
    /// The number of the event.
    pub n: u32,
    /// The CloudEvent as it is sent, the same each time.
    pub body: String,
    pub made_at: Timestamp,
    /// When it is tried next; ignored once it is over.
    pub due_at: Timestamp,
    pub tries: u32,
    /// What was answered last.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
    pub state: DeliveryState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Waiting,
    Delivered,
    /// Given up; tried again only when somebody asks for it.
    Dead,
}

impl Delivery {
    /// The same for its whole life.
    pub fn id(&self) -> String {
        format!("{}-{}-{}", self.webhook, self.case, self.n)
    }
}

impl Record for Delivery {
    const KIND: &'static str = "delivery";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::delivery(&self.webhook, &self.case, self.n)
    }

    fn indexes(&self) -> Vec<Key> {
        let (webhook, case, n) = (&self.webhook, &self.case, self.n);
        match self.state {
            DeliveryState::Waiting => vec![
                keys::delivery_due(webhook, self.due_at, case, n),
                keys::delivery_waiting(webhook, case, n),
            ],
            DeliveryState::Delivered => Vec::new(),
            DeliveryState::Dead => vec![keys::delivery_dead(webhook, self.due_at, case, n)],
        }
    }
}
