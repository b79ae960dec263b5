//! `config.toml`: what the operator decides. Read once, at the start.
//!
//! Everything that is wrong is found in one run and said with file, line and mend; a
//! program with a doubtful configuration does not start. Secrets are not in the file:
//! the file names environment variables.

mod check;
mod live;
mod oidc;
mod problem;
mod seal;
mod sms;
mod webhooks;
mod wechat_pay;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use toml::Spanned;

pub use check::{ConfigError, parse};
pub use live::Common;
pub use oidc::{Oidc, OidcSettings};
pub use problem::{Problem, Source};
pub use sms::{NoticeKind, NoticeSettings, SmsChannel, SmsSettings, TemplateSettings};
pub use webhooks::{ApiSettings, Webhook, WebhookSettings};
pub use wechat_pay::{WechatPay, WechatPaySettings};

/// The file as written. Every key has a default, so an empty file is a whole
/// configuration. `config.toml` in the repository shows each key with its default;
/// a test holds the two together.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub server: Server,
    pub county: CountySettings,
    pub store: StoreSettings,
    pub limits: Limits,
    pub desk: DeskSettings,
    pub outbox: OutboxSettings,
    pub keep: KeepSettings,
    pub notices: NoticeSettings,
    pub simulator: SimulatorSettings,
    pub public: PublicSettings,
    pub api: ApiSettings,
    pub wechat_pay: WechatPaySettings,
    pub oidc: OidcSettings,
    pub wechat: BTreeMap<String, WechatSettings>,
    pub sms: BTreeMap<String, SmsSettings>,
    pub webhooks: BTreeMap<String, WebhookSettings>,
}

impl Settings {
    /// The sum of what must be the same on all instances that share a store and is only read at
    /// a start: all of it but for what they tell each other (`Common`), and where each one
    /// listens, keeps its files and finds the database.
    pub fn shared_sum(&self) -> String {
        let mut shared = Self {
            server: Server { public_url: self.server.public_url.clone(), ..Server::default() },
            store: StoreSettings::default(),
            county: CountySettings::default(),
            ..self.clone()
        };
        shared.take(&Self::default().common());
        sum_of(&shared)
    }
}

/// Maps are ordered, so the same settings have the same sum.
fn sum_of(settings: &impl Serialize) -> String {
    use sha2::Digest;
    let text = serde_json::to_string(settings).unwrap_or_default();
    let digest = sha2::Sha256::digest(text);
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    /// The address under which people reach the desk; `https://` makes cookies `Secure`.
    pub public_url: String,
    pub data: PathBuf,
    pub log: String,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CountySettings {
    pub name: String,
    /// The number that villagers call when the bot can not help.
    pub hotline: String,
    pub folder: PathBuf,
    pub dialogs: PathBuf,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// `postgres://...`: several instances on one database; empty: the embedded store in `data`.
    pub postgres: String,
    /// The environment variable that holds the database's password; empty: it needs none.
    pub password_env: String,
    /// PEM of the authority that signed the database's certificate; empty: the machine's own.
    pub ca_file: PathBuf,
    /// To the database, at most.
    pub connections: usize,
    pub cache_mb: u64,
    /// With less free space than this nothing more is accepted, so that the disk never
    /// fills up in the middle of a write.
    pub reserve_mb: u64,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub connections: usize,
    pub header_seconds: u64,
    pub body_seconds: u64,
    /// Messages of one sender in a minute; above it she is told once and not answered.
    pub messages_per_minute: u32,
    /// One photo or recording.
    pub media_mb: u64,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeskSettings {
    /// At the latest so long after signing in one has to sign in again.
    pub session_hours: u32,
    /// And when nothing was done for so long.
    pub idle_minutes: u32,
    pub lock_minutes: u32,
    /// A mobile of the platform that gets what can not wait by SMS: danger, what nobody dispatched or
    /// accepted in time; empty: nobody's.
    pub duty_phone: String,
    /// Names the variable whose text seals the secrets of the second step; empty: they are stored
    /// as they are.
    pub seal_key_env: String,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboxSettings {
    /// A message that could not be sent is tried again at growing intervals, so often.
    pub attempts: u32,
    pub parallel: usize,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimulatorSettings {
    pub enabled: bool,
    /// Also when a real account is connected.
    pub beside_accounts: bool,
    /// Tables of invented merchants and goods, put in while no account is connected and no
    /// merchant is there; empty: none.
    pub shop: PathBuf,
}

/// The pages without signing in: 反映问题 and 查进度.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicSettings {
    pub enabled: bool,
    /// Reports from one address in an hour.
    pub reports_hour: u32,
    /// Wrong numbers from one address in an hour; then it has to wait.
    pub wrong_hour: u32,
}

/// After how many days old records are cleared away. Cases and their events stay for ever, without
/// what is personal in them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeepSettings {
    /// Since an outgoing message was made, once nothing more will become of it.
    pub messages_days: u32,
    /// Since a task was finished.
    pub tasks_days: u32,
    /// Since a photo or recording came that no case and no task refers to.
    pub media_days: u32,
    /// Since a case ended: who filed it, what was written, its photos. The case itself stays.
    pub cases_days: u32,
    /// The same of a consultation.
    pub consults_days: u32,
    /// Since somebody wrote last: what was said in the conversation.
    pub conversations_days: u32,
    /// Since somebody wrote what the bot did not understand.
    pub misheard_days: u32,
    /// Since a look at what is known of a person.
    pub looks_days: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WechatMode {
    Plain,
    Compatible,
    Safe,
}

/// What the account was registered as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WechatKind {
    /// 服务号
    Service,
    /// 公众号, called 订阅号 before.
    Subscription,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WechatSettings {
    pub appid: Spanned<String>,
    /// `gh_...`; when given, messages to another account are refused.
    #[serde(default)]
    pub original_id: Option<String>,
    /// A service account shows menus with items that can be tapped; not given, plain text.
    #[serde(default)]
    pub kind: Option<WechatKind>,
    #[serde(default = "safe")]
    pub mode: WechatMode,
    pub token_env: Spanned<String>,
    #[serde(default)]
    pub aes_key_env: Option<Spanned<String>>,
    #[serde(default)]
    pub previous_aes_key_env: Option<Spanned<String>>,
    /// Without it the account only answers; it can not push.
    #[serde(default)]
    pub secret_env: Option<Spanned<String>>,
    /// A request whose timestamp is further off is refused; 0 switches the check off.
    #[serde(default = "five_minutes")]
    pub freshness_seconds: u32,
    #[serde(default = "tencent")]
    pub api: Spanned<String>,
    /// Notice kind (as in 通知.yaml) to the id of a template message of this account.
    #[serde(default)]
    pub templates: BTreeMap<String, String>,
    /// Notice kind to the id of a subscription message of this account.
    #[serde(default)]
    pub subscriptions: BTreeMap<String, String>,
}

fn safe() -> WechatMode {
    WechatMode::Safe
}

fn five_minutes() -> u32 {
    300
}

fn tencent() -> Spanned<String> {
    Spanned::new(0..0, "https://api.weixin.qq.com".into())
}

/// The configuration with its secrets, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub settings: Settings,
    pub wechat: BTreeMap<String, WechatAccount>,
    pub sms: BTreeMap<String, SmsChannel>,
    pub webhooks: BTreeMap<String, Webhook>,
    pub wechat_pay: Option<WechatPay>,
    pub oidc: Option<Oidc>,
    /// For what is found wrong later, by those who know more.
    pub source: Source,
    /// Of the database.
    pub store_password: Option<SecretString>,
    /// What opens a door is sealed with it.
    pub seal_key: Option<SecretString>,
}

#[derive(Debug, Clone)]
pub struct WechatAccount {
    pub settings: WechatSettings,
    pub token: SecretString,
    pub aes_key: Option<SecretString>,
    pub previous_aes_key: Option<SecretString>,
    pub secret: Option<SecretString>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: String::new(),
            data: "data".into(),
            log: "info".into(),
            proxies: Vec::new(),
        }
    }
}

impl Default for CountySettings {
    fn default() -> Self {
        Self {
            name: "乐亭县".into(),
            hotline: "0315-0000000".into(),
            folder: "county".into(),
            dialogs: "dialogs".into(),
        }
    }
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            postgres: String::new(),
            password_env: String::new(),
            ca_file: PathBuf::new(),
            connections: 16,
            cache_mb: 32,
            reserve_mb: 64,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_seconds: 5,
            body_seconds: 10,
            messages_per_minute: 20,
            media_mb: 10,
        }
    }
}

impl Default for DeskSettings {
    fn default() -> Self {
        Self {
            session_hours: 12,
            idle_minutes: 30,
            lock_minutes: 15,
            duty_phone: String::new(),
            seal_key_env: String::new(),
        }
    }
}

impl Default for OutboxSettings {
    fn default() -> Self {
        Self { attempts: 8, parallel: 8 }
    }
}

impl Default for SimulatorSettings {
    fn default() -> Self {
        Self { enabled: true, beside_accounts: false, shop: PathBuf::from("county/demo") }
    }
}

impl Default for PublicSettings {
    fn default() -> Self {
        Self { enabled: true, reports_hour: 10, wrong_hour: 5 }
    }
}

impl Default for KeepSettings {
    fn default() -> Self {
        Self {
            messages_days: 365,
            tasks_days: 365,
            media_days: 180,
            cases_days: 1_095,
            consults_days: 365,
            conversations_days: 365,
            misheard_days: 90,
            looks_days: 1_825,
        }
    }
}
