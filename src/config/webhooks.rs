//! `[webhooks.NAME]`: departments with systems of their own, which are told what happens to their
//! cases.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// The id in departments.csv of the department whose cases it hears of.
    pub department: String,
    /// Where its system listens.
    pub url: String,
    /// Names the variable that holds the secret by which it knows that it is us.
    pub secret_env: String,
    /// It stands in the county's own network: http and private addresses are right.
    #[serde(default)]
    pub allow_private: bool,
}

/// One with its secret.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub settings: WebhookSettings,
    pub secret: SecretString,
}

/// Other programs that come in by a key.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiSettings {
    /// /api/v1 and /open311/v2.
    pub enabled: bool,
    /// Requests of one key in a minute, at each instance.
    pub per_minute: u32,
    /// Anybody may read which requests there are by Open311, without a key and without a word of
    /// what somebody wrote.
    pub open311_public: bool,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self { enabled: true, per_minute: 120, open311_public: false }
    }
}
