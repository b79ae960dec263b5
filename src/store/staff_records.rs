//! Who may sign in at the desk, and who has.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::Role;

use super::{Key, Record, keys};

/// Somebody who may sign in at the desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Staff {
    pub name: String,
    pub role: Role,
    /// The id in departments.csv of one who works for a department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The 12 digits of the village of one who works there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub village: Option<String>,
    /// The id of the merchant or operator that she works for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// argon2id, as a PHC string
    pub password_hash: String,
    /// The password is a one-time password.
    pub must_change: bool,
    pub failures: u32,
    pub locked_until: Option<Timestamp>,
    /// Does not work here any more.
    #[serde(default)]
    pub stopped: bool,
    /// Who gave an administrator's role, or a new way into her account, which a second
    /// administrator has still to approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for_second: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_step: Option<SecondStep>,
    /// The address at which she is told of new work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wechat: Option<String>,
    /// Who she is for the county's single sign-on: the `sub` of its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl Staff {
    /// Whose work she is told of: a department's, a village shop's, or the platform's, which has
    /// no name.
    pub fn told_of(&self) -> Option<&str> {
        let own = self.department.as_deref().or(self.village.as_deref());
        own.or_else(|| self.merchant.is_none().then_some(""))
    }
}

/// The telephone that shows a new number every thirty seconds (RFC 6238).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecondStep {
    /// base32
    pub secret: String,
    /// The last step of thirty seconds whose number was taken: none is taken twice.
    pub last: u64,
    /// hex SHA-256 of the codes that are left for a lost telephone
    pub recovery: Vec<String>,
}

impl Record for Staff {
    const KIND: &'static str = "staff";
    const SCHEMA: u32 = 2;

    fn key(&self) -> Key {
        keys::staff(&self.name)
    }

    fn indexes(&self) -> Vec<Key> {
        let is_told = self.wechat.is_some() && !self.stopped && self.waits_for_second.is_none();
        let told = self.told_of().filter(|_| is_told);
        let told = told.map(|whom| keys::staff_told(whom, &self.name));
        let subject = self.subject.as_deref();
        told.into_iter().chain(subject.map(|sub| keys::staff_by_subject(sub, &self.name))).collect()
    }

    fn upgrade(schema: u32, json: serde_json::Value) -> Result<serde_json::Value, String> {
        without_the_old_admin(Self::KIND, schema, json)
    }
}

/// Until schema 2 one role did everything. Its cases go on with the platform's director; who may
/// sign in, the settings and the logs are other people's now.
pub(super) fn without_the_old_admin(
    kind: &str,
    schema: u32,
    mut json: serde_json::Value,
) -> Result<serde_json::Value, String> {
    if schema != 1 {
        return Err(format!("schema {schema} of {kind} is not known to this program"));
    }
    if json["role"] == "admin" {
        json["role"] = Role::Director.id().into();
    }
    Ok(json)
}

/// A signed-in browser. Only the hash of its cookie is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredSession {
    /// hex SHA-256 of the cookie's token
    pub token_hash: String,
    pub staff: String,
    pub csrf: String,
    pub expires_at: Timestamp,
    #[serde(default)]
    pub began_at: Timestamp,
    /// To the minute: not every page is a write.
    #[serde(default)]
    pub seen_at: Timestamp,
    /// As the browser calls itself, in a few words.
    #[serde(default)]
    pub device: String,
    /// The address that it came from.
    #[serde(default)]
    pub from: String,
    /// The number of the telephone was given.
    #[serde(default)]
    pub second_step_done: bool,
    /// The single sign-on said who it is: no password of ours is asked for.
    #[serde(default)]
    pub by_provider: bool,
    /// A secret in base32 that was shown, and is taken once a number proves that it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<String>,
}

impl Record for StoredSession {
    const KIND: &'static str = "session";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::session(&self.token_hash)
    }

    fn indexes(&self) -> Vec<Key> {
        vec![keys::session_by_staff(&self.staff, &self.token_hash)]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_did_everything_keeps_the_cases_and_no_other_role_changes() {
        for (role, expect) in [("admin", "director"), ("clerk", "clerk"), ("auditor", "auditor")] {
            let old = json!({ "name": "王芳", "role": role, "password_hash": "x",
                "must_change": false, "failures": 0, "locked_until": null });
            let new: Staff = serde_json::from_value(Staff::upgrade(1, old).unwrap()).unwrap();
            assert_eq!(new.role.id(), expect);
            assert!(!new.stopped && new.second_step.is_none());
        }
        assert!(Staff::upgrade(7, json!({})).is_err());
    }
}
