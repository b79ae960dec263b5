//! One official account: what it takes to believe a request, and to answer so that
//! WeChat believes the answer. Pure; time and random bytes come in.

use std::fmt::Write as _;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::crypto::{self, Key};
use super::envelope;
use super::inbound::{self, Push};
use super::query::Query;
use super::refused::Refused;
use super::reply::{Reply, SUCCESS, cdata};
use crate::channel::Inbound;

/// Bytes of the largest body that is looked at; WeChat's own stay under 10 KB.
pub const MAX_BODY: usize = 64 * 1024;

/// How the account's page is set (消息加解密方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is encrypted, and `signature` does not cover the body: whoever has seen
    /// one URL can forge messages within the freshness window.
    Plain,
    /// Takes both. For moving from plain to safe while messages come in; no safer than plain.
    Compatible,
    /// Takes only what is encrypted with the account's key.
    Safe,
}

/// What the configuration says about an account.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our name for it, as in `Address`.
    pub name: String,
    pub appid: String,
    /// `gh_...`; when given, messages to another one are refused.
    pub original_id: Option<String>,
    pub token: SecretString,
    pub aes_key: Option<SecretString>,
    /// Still accepted while the platform changes over to a new key.
    pub previous_aes_key: Option<SecretString>,
    pub mode: Mode,
    /// How far a request's timestamp may be from now, in seconds; 0 accepts any.
    pub freshness_s: u32,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AccountError {
    #[error("appid must be 1 to 64 letters or digits (wx...)")]
    Appid,
    #[error("token must be 3 to 32 letters or digits, as set on the account's page")]
    Token,
    #[error("aes_key: {0}")]
    Key(crypto::KeyError),
    #[error("previous_aes_key: {0}")]
    PreviousKey(crypto::KeyError),
    #[error("mode {0:?} needs aes_key, the account's EncodingAESKey")]
    KeyMissing(Mode),
}

#[derive(Debug)]
pub struct Account {
    name: String,
    appid: String,
    original_id: Option<String>,
    token: SecretString,
    /// The current one first; empty only in plain mode.
    keys: Vec<Key>,
    mode: Mode,
    freshness_s: u32,
}

/// A believed push.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// At least one; more than one only for `subscribe_msg_*` events.
    pub facts: Vec<Inbound>,
    pub back: ReturnPath,
}

/// What is needed to answer a push in the way that it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath {
    openid: String,
    original_id: String,
    nonce: String,
    /// The index of the key that decrypted the push; `None` if it came in plain.
    key: Option<usize>,
}

impl Account {
    pub fn new(settings: Settings) -> Result<Self, AccountError> {
        let Settings { name, appid, original_id, token, aes_key, previous_aes_key, .. } = settings;
        let (mode, freshness_s) = (settings.mode, settings.freshness_s);
        let is_word = |text: &str, min: usize, max: usize| {
            (min..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if !is_word(&appid, 1, 64) {
            return Err(AccountError::Appid);
        }
        if !is_word(token.expose_secret(), 3, 32) {
            return Err(AccountError::Token);
        }
        let key = |text: SecretString| Key::new(text.expose_secret());
        let keys: Vec<Key> = [
            aes_key.map(key).transpose().map_err(AccountError::Key)?,
            previous_aes_key.map(key).transpose().map_err(AccountError::PreviousKey)?,
        ]
        .into_iter()
        .flatten()
        .collect();
        if keys.is_empty() && mode != Mode::Plain {
            return Err(AccountError::KeyMissing(mode));
        }
        Ok(Self { name, appid, original_id, token, keys, mode, freshness_s })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn appid(&self) -> &str {
        &self.appid
    }

    /// The GET with which WeChat tests the address: the text to answer with, as it is and
    /// as `text/plain`, because the signature does not cover it.
    pub fn verify_url<'q>(&self, query: &'q Query, now: Timestamp) -> Result<&'q str, Refused> {
        self.check_fresh(query, now)?;
        self.check_plain_signature(query)?;
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"+/=-_".contains(&b);
        match &*query.echostr {
            "" => Err(Refused::MissingParameter("echostr")),
            echo if echo.len() <= 512 && echo.bytes().all(is_plain) => Ok(echo),
            _ => Err(Refused::BadField("echostr")),
        }
    }

    /// A POST: checks it, decrypts and parses it.
    pub fn open(&self, query: &Query, body: &[u8], now: Timestamp) -> Result<Opened, Refused> {
        if body.len() > MAX_BODY {
            return Err(Refused::TooLarge(MAX_BODY));
        }
        self.check_fresh(query, now)?;
        let encrypted = match self.mode {
            Mode::Plain => None,
            Mode::Compatible => envelope::encrypted(body)?,
            Mode::Safe => Some(envelope::encrypted(body)?.ok_or(Refused::NotEncrypted)?),
        };
        let (push, key) = match encrypted {
            Some(text) => self.open_encrypted(query, text.trim())?,
            None => (self.open_plain(query, body)?, None),
        };
        if self.original_id.as_ref().is_some_and(|id| *id != push.to) {
            return Err(Refused::ForeignAccount);
        }
        let nonce = query.nonce.to_string();
        let back = ReturnPath { openid: push.from, original_id: push.to, nonce, key };
        Ok(Opened { facts: push.facts, back })
    }

    fn open_plain(&self, query: &Query, body: &[u8]) -> Result<Push, Refused> {
        self.check_plain_signature(query)?;
        inbound::parse(body, &self.name).map_err(|refused| match refused {
            Refused::BadField(_) if query.encrypt_type == "aes" => Refused::Encrypted,
            other => other,
        })
    }

    /// In safe mode `signature` proves nothing: only `msg_signature` covers the body.
    fn open_encrypted(&self, query: &Query, text: &str) -> Result<(Push, Option<usize>), Refused> {
        if query.msg_signature.is_empty() {
            return Err(Refused::MissingParameter("msg_signature"));
        }
        let parts = [self.token.expose_secret(), &query.timestamp, &query.nonce, text];
        if !crypto::is_signature(&query.msg_signature, parts) {
            return Err(Refused::BadSignature("msg_signature"));
        }
        let mut refused = Refused::BadCiphertext("no key");
        for (index, key) in self.keys.iter().enumerate() {
            match key.open(text, &self.appid) {
                Ok(plain) => {
                    return Ok((inbound::parse(plain.message(), &self.name)?, Some(index)));
                }
                Err(Refused::ForeignAppid) => refused = Refused::ForeignAppid,
                Err(other) if index == 0 => refused = other,
                Err(_) => {}
            }
        }
        Err(refused)
    }

    fn check_plain_signature(&self, query: &Query) -> Result<(), Refused> {
        if query.signature.is_empty() {
            return Err(Refused::MissingParameter("signature"));
        }
        let parts = [self.token.expose_secret(), &query.timestamp, &query.nonce];
        match crypto::is_signature(&query.signature, parts) {
            true => Ok(()),
            false => Err(Refused::BadSignature("signature")),
        }
    }

    fn check_fresh(&self, query: &Query, now: Timestamp) -> Result<(), Refused> {
        if query.timestamp.is_empty() {
            return Err(Refused::MissingParameter("timestamp"));
        }
        if query.nonce.is_empty() {
            return Err(Refused::MissingParameter("nonce"));
        }
        let sent: i64 = query.timestamp.parse().map_err(|_| Refused::BadField("timestamp"))?;
        let off = now.as_second().abs_diff(sent);
        if self.freshness_s > 0 && off > u64::from(self.freshness_s) {
            return Err(Refused::Stale);
        }
        Ok(())
    }

    /// The body of the HTTP answer. `random` must be new for every call.
    pub fn seal(
        &self,
        back: &ReturnPath,
        reply: &Reply,
        now: Timestamp,
        random: [u8; 16],
    ) -> String {
        let Some(xml) = reply.xml(&back.openid, &back.original_id, now) else {
            // Stays in plain in every mode.
            return SUCCESS.to_owned();
        };
        let Some(key) = back.key.and_then(|index| self.keys.get(index)) else {
            return xml;
        };
        let encrypted = key.seal(xml.as_bytes(), &self.appid, random);
        let timestamp = now.as_second().to_string();
        let parts = [self.token.expose_secret(), &timestamp, &back.nonce, &encrypted];
        let signature = crypto::signature(parts);
        let signature = std::str::from_utf8(&signature).expect("hexadecimal digits");
        let mut sealed = String::with_capacity(encrypted.len() + 256);
        sealed.push_str("<xml><Encrypt><![CDATA[");
        // Base64 has nothing that CDATA could not hold.
        sealed.push_str(&encrypted);
        sealed.push_str("]]></Encrypt>");
        cdata(&mut sealed, "MsgSignature", signature);
        let _ = write!(sealed, "<TimeStamp>{timestamp}</TimeStamp>");
        cdata(&mut sealed, "Nonce", &back.nonce);
        sealed.push_str("</xml>");
        sealed
    }
}
