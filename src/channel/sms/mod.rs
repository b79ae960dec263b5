//! Short messages: bytes of a provider's HTTP to facts, messages to requests. Pure: the time
//! and what has to be random come in.
//!
//! A provider is one file with one implementation of `Provider`, and one line in `PROVIDERS`.
//! Its own keys of `[sms.NAME]` are its own to read.

mod aliyun;
mod cloud;
mod errors;
mod form;
mod generic;
mod kannel;
mod number;
mod sign;
mod tencent;
mod twilio;

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

pub use errors::{Class, Window, advice, class};
pub use number::{Sender, masked, sender};
pub use sign::hmac_sha256;

/// What a provider can do; `capabilities` says it before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Carries any text. Otherwise only templates that the provider has approved.
    pub free_text: bool,
    /// A villager may write first; with the mainland cloud providers she can only answer.
    pub inbound_first: bool,
    /// Reports what became of a message.
    pub receipts: bool,
    /// Signs its calls to us.
    pub signs: bool,
    /// The answer to her message may go back in the same HTTP response.
    pub replies_inline: bool,
    /// Parts of the longest message that it takes.
    pub segments_max: usize,
    /// Tells what became of one message when it is asked.
    pub can_be_asked: bool,
    /// What a carrier did not deliver is not billed.
    pub bills_delivered_only: bool,
}

/// A message of which no report came.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// Our id of it.
    pub ours: &'a str,
    pub theirs: Option<&'a str>,
    pub to: &'a str,
    pub sent_at: Timestamp,
}

/// One message on its way out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbound<'a> {
    /// Eleven digits, or `+` and a foreign number.
    pub to: &'a str,
    /// The number that it comes from, where the provider lets us choose.
    pub from: Option<&'a str>,
    pub text: &'a str,
    /// For a provider of templates: its id and its variables in order.
    pub template: Option<(&'a str, &'a [(String, String)])>,
    /// As the provider approved it, to count what is billed.
    pub template_text: Option<&'a str>,
    /// Ours; comes back with every report.
    pub id: &'a str,
    /// Where reports are to be sent, with the secret in its path.
    pub report_url: &'a str,
}

/// What a request needs that is not pure.
#[derive(Clone, Debug)]
pub struct Stamp {
    pub now: Timestamp,
    /// 32 hexadecimal digits, never twice.
    pub nonce: String,
}

#[derive(Clone, PartialEq)]
pub struct HttpRequest {
    pub method: &'static str,
    /// May hold a password: it is never logged.
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub struct HttpResponse {
    pub status: u16,
    pub body: Vec<u8>,
}

/// What a provider said to one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted {
        /// The provider's own id.
        id: Option<String>,
        /// Parts that it counted.
        segments: Option<u32>,
    },
    /// Surely not sent: a code of the table, or a HTTP status that says so.
    Refused(Refusal),
    /// It may have been sent.
    Unknown(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub class: Class,
    /// As the provider writes it.
    pub code: String,
}

/// A call of a provider to us.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// The address that the provider called, as it knows it: for signatures.
    pub url: &'a str,
    pub query: &'a str,
    pub content_type: &'a str,
    /// Lower-case names.
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

impl Request<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// One thing that a provider tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    Wrote(Wrote),
    Report(Report),
    /// An element that can not be read; the others of the same call count.
    Unreadable(&'static str),
    /// A probe, or a kind of call that needs no more than an answer.
    Nothing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Wrote {
    /// Equal for every delivery of the same message.
    pub key: String,
    /// As the provider writes the number.
    pub from: String,
    /// The number that she wrote to; empty if not told.
    pub to: String,
    pub at: Option<Timestamp>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Our own id of the message, where the provider gives it back.
    pub ours: Option<String>,
    /// The provider's id.
    pub theirs: Option<String>,
    pub state: Delivery,
    /// What the network said.
    pub detail: String,
    pub segments: Option<u32>,
    /// The number, as the provider writes it.
    pub to: String,
}

/// What became of a message, as far as a report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// On its way: taken, buffered, queued.
    OnItsWay,
    /// Not delivered, as `detail` says.
    Failed,
    Delivered,
}

/// Why a call is not believed or not understood. Never carries a byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the signature does not match: wrong secret, or public address not as configured")]
    BadSignature,
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("the body is not {0}")]
    Malformed(&'static str),
    #[error("it is for another account")]
    ForeignAccount,
}

impl Refused {
    pub fn status(self) -> u16 {
        match self {
            Refused::BadSignature | Refused::ForeignAccount => 403,
            Refused::Missing(_) | Refused::Malformed(_) => 400,
        }
    }
}

/// What to answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

/// How a call ended on our side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken<'a> {
    /// All of it is on disk; what is to be said in the same response, if anything.
    Kept(Option<&'a str>),
    /// Not on disk: it has to come again.
    Lost,
}

pub trait Provider: Send + Sync {
    fn capabilities(&self) -> Capabilities;

    /// `Err`: it can not be carried this way, and why, in Chinese for the clerk.
    fn build(&self, message: &Outbound<'_>, stamp: &Stamp) -> Result<HttpRequest, String>;

    fn classify(&self, response: &HttpResponse) -> Verdict;

    /// Parts that are billed for it, until the provider says how many it counted.
    fn segments(&self, message: &Outbound<'_>) -> u32 {
        cloud::billed(message.text)
    }

    /// Asks what became of one message. Asking must change nothing there.
    fn inquire(&self, _about: &About<'_>, _stamp: &Stamp) -> Option<HttpRequest> {
        None
    }

    /// Takes out what waits there for us, where no call of the provider reaches us.
    fn fetch(&self, _stamp: &Stamp) -> Vec<HttpRequest> {
        Vec::new()
    }

    /// What it says to an `inquire` or a `fetch`.
    fn told(&self, _response: &HttpResponse) -> Result<Vec<Fact>, Refusal> {
        Ok(Vec::new())
    }

    fn parse(&self, request: &Request<'_>) -> Result<Vec<Fact>, Refused>;

    fn acknowledge(&self, taken: Taken<'_>) -> Answer;
}

/// One wrong key of `[sms.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProblem {
    /// Empty: the section as a whole.
    pub key: String,
    pub what: String,
    pub mend: String,
}

impl KeyProblem {
    fn new(key: &str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { key: key.to_owned(), what: what.into(), mend: mend.into() }
    }
}

/// A provider's own keys, and what they name in the environment.
pub struct Keys<'a> {
    /// Without those that name a variable.
    pub table: &'a toml::Table,
    /// By the name of the key that names the variable.
    pub secrets: &'a BTreeMap<String, SecretString>,
}

impl Keys<'_> {
    /// The keys of a provider whose one secret is named by `secret`.
    fn read<T: DeserializeOwned>(&self, secret: &str) -> Result<(T, SecretString), KeyProblem> {
        let mend = "请照 config.toml 里的例子改。See the example in config.toml.";
        if let Some(other) = self.secrets.keys().find(|key| *key != secret) {
            return Err(KeyProblem::new(other, format!("不认识 {other} (unknown key)"), mend));
        }
        let Some(value) = self.secrets.get(secret).cloned() else {
            let mend = format!("请加一行 {secret} = \"环境变量名\"。Name an environment variable.");
            return Err(KeyProblem::new("", format!("缺 {secret} (missing)"), mend));
        };
        let own = toml::Value::Table(self.table.clone()).try_into();
        let own = own.map_err(|error: toml::de::Error| {
            let named = error.message().split('`').nth(1).unwrap_or_default();
            let key = if self.table.contains_key(named) { named } else { "" };
            KeyProblem::new(key, error.message(), mend)
        })?;
        Ok((own, value))
    }

    /// The address of the provider's API, where the file does not give another one.
    fn api(&self, given: &Option<String>, default: &str) -> Result<String, KeyProblem> {
        let url = given.clone().unwrap_or_else(|| default.to_owned());
        if url.starts_with("http://") || url.starts_with("https://") {
            return Ok(url.trim_end_matches('/').to_owned());
        }
        Err(KeyProblem::new(
            "api",
            format!("api = \"{url}\" 不是网址 (not a URL)"),
            "请以 http:// 或 https:// 开头。Start it with http:// or https://.",
        ))
    }
}

type Make = fn(&Keys<'_>) -> Result<Box<dyn Provider>, KeyProblem>;

/// The word in `provider = "..."`, and what makes one.
const PROVIDERS: &[(&str, Make)] = &[
    ("kannel", kannel::make),
    ("aliyun", aliyun::make),
    ("tencent", tencent::make),
    ("twilio", twilio::make),
    ("json", generic::make),
];

pub fn provider(name: &str, keys: &Keys<'_>) -> Result<Box<dyn Provider>, KeyProblem> {
    match PROVIDERS.iter().find(|(known, _)| *known == name) {
        Some((_, make)) => make(keys),
        None => {
            let known: Vec<&str> = PROVIDERS.iter().map(|(name, _)| *name).collect();
            Err(KeyProblem::new(
                "provider",
                format!("没有 \"{name}\" 这种短信通道 (unknown provider)"),
                format!("请写其中一个 (one of): {}", known.join(" ")),
            ))
        }
    }
}

/// A response without a code of its own: what HTTP says about whether it was processed.
fn by_status(status: u16) -> Verdict {
    let refused = |class| Verdict::Refused(Refusal { class, code: format!("HTTP {status}") });
    match status {
        429 | 503 => refused(Class::Busy),
        401 | 403 => refused(Class::ChannelDown),
        400..500 => refused(Class::Message),
        _ => Verdict::Unknown(format!("HTTP {status}")),
    }
}

/// Without what is outside of the basic plane: a network that splits at the 67th unit would
/// split an emoji in two.
fn basic_plane(text: &str) -> String {
    text.chars().filter(|c| (*c as u32) < 0x1_0000).collect()
}

#[cfg(test)]
mod tests;
