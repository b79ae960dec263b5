//! `[sms.NAME]` and `[notices]`: the channels of short messages, and what may go by them.

use std::collections::BTreeMap;

use jiff::civil::Time;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// One channel. What is the provider's own stays a table: `channel::sms` reads it.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct SmsSettings {
    pub provider: String,
    /// Names the variable that holds the secret part of the webhook's path.
    pub path_secret_env: String,
    /// Addresses and networks that may call the webhook; empty: this machine only.
    #[serde(default)]
    pub allow: Vec<String>,
    /// The address under which the provider reaches us; empty: `server.listen`.
    #[serde(default)]
    pub callback: String,
    #[serde(default = "ten")]
    pub per_second: u32,
    /// Parts that may go out in a day and in a month; 0: no limit.
    #[serde(default)]
    pub day_segments: u32,
    #[serde(default)]
    pub month_segments: u32,
    /// Kind of notice (as in 通知.yaml) to an approved template; `other` is for all that have
    /// none of their own.
    #[serde(default)]
    pub templates: BTreeMap<String, TemplateSettings>,
    #[serde(flatten)]
    pub own: toml::Table,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateSettings {
    pub id: String,
    /// In the order of the template: `field`, or `variable=field`.
    #[serde(default)]
    pub fill: Vec<String>,
    /// As it was approved, without the signature, to count what is billed: `${name}` or `{1}`
    /// where a variable stands.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}

fn ten() -> u32 {
    10
}

/// A channel with its secrets.
#[derive(Debug, Clone)]
pub struct SmsChannel {
    pub settings: SmsSettings,
    pub path_secret: SecretString,
    /// By the name of the key that names the variable.
    pub secrets: BTreeMap<String, SecretString>,
}

/// The policy of what we send first.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeSettings {
    /// `21:00-08:00`, China's time; empty: no quiet hours.
    pub quiet: String,
    /// Updates of one case within so many minutes become one message.
    pub merge_minutes: u32,
    /// Short messages to one person in an hour and a day, and of one case in a day.
    pub person_hour: u32,
    pub person_day: u32,
    pub case_day: u32,
    /// Parts of one notice; a longer one is told by telephone.
    pub segments: u32,
    /// Answers to one number in an hour: two robots must not talk for ever.
    pub answers_hour: u32,
    /// A number from which nothing was heard for so long may be somebody else's by now.
    pub number_days: u32,
    pub kinds: BTreeMap<String, NoticeKind>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeKind {
    /// May go by SMS.
    pub sms: bool,
    /// Goes out at night too, and when the budget is used up.
    pub urgent: bool,
    /// A later notice of the same case may stand for it.
    pub merge: bool,
    /// WeChat took it and did not report it delivered: by SMS after so many minutes.
    pub wait_minutes: u32,
    /// Not sent after so many hours: told by telephone.
    pub hours: u32,
}

impl Default for NoticeKind {
    fn default() -> Self {
        Self { sms: true, urgent: false, merge: true, wait_minutes: 120, hours: 24 }
    }
}

impl Default for NoticeSettings {
    fn default() -> Self {
        let code = NoticeKind { urgent: true, merge: false, hours: 1, ..NoticeKind::default() };
        let kept = NoticeKind { merge: false, hours: 48, ..NoticeKind::default() };
        // What she has to know word for word, or has to answer.
        let words =
            ["replied", "replied_signed", "final", "rejected", "need_info", "visit", "visit_off"];
        let mut kinds = BTreeMap::from(words.map(|kind| (kind.to_owned(), kept.clone())));
        kinds.insert("link_code".to_owned(), code);
        Self {
            quiet: "21:00-08:00".into(),
            merge_minutes: 5,
            person_hour: 2,
            person_day: 5,
            case_day: 3,
            segments: 4,
            answers_hour: 30,
            number_days: 180,
            kinds,
        }
    }
}

impl NoticeSettings {
    pub fn kind(&self, kind: &str) -> NoticeKind {
        self.kinds.get(kind).cloned().unwrap_or_default()
    }

    /// From when to when it is quiet; `Err` when the text is no such thing.
    pub fn quiet_hours(&self) -> Result<Option<(Time, Time)>, String> {
        if self.quiet.trim().is_empty() {
            return Ok(None);
        }
        let (from, to) = self.quiet.split_once('-').ok_or("no hyphen")?;
        let time =
            |text: &str| Time::strptime("%H:%M", text.trim()).map_err(|error| error.to_string());
        Ok(Some((time(from)?, time(to)?)))
    }
}
