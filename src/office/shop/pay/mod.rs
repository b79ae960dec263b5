//! Payment in WeChat: the link and the page on which she pays, what WeChat tells, asking what
//! became of it, and giving back. The money goes to the operator's own merchant account; here it
//! is only asked for and noted.
//!
//! What counts is the order: a payment is an event with WeChat's own number, once, and a refund
//! is promised in the commit that makes it due. Everything here may be done twice, or be cut off
//! anywhere: it is asked for again under the same number.

mod bill;
mod calls;
mod chase;
mod page;
mod payback;
mod told;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use jiff::civil::Date;
use secrecy::ExposeSecret;

use crate::channel::wechat_pay::{ApiKey, Credentials, MerchantKey, PlatformKeys};
use crate::config::{Config, WechatPay};
use crate::county::{Address, Channel};
use crate::office::clock::Clock;
use crate::office::random;
use crate::office::wechat_api::{Timeouts, http_client};

pub use page::PayPage;
pub use told::NotBelieved;

/// As WeChat is told to reach us.
pub const NOTIFY_PATH: &str = "/wechat_pay/notify";
/// The page on which she pays, with `o` and `t`.
pub const PAGE_PATH: &str = "/pay/";

/// What it takes to be paid in WeChat.
pub(in crate::office) struct Payments {
    credentials: Credentials,
    platform: PlatformKeys,
    api_key: ApiKey,
    /// Makes the tokens of links.
    link_key: ring::hmac::Key,
    /// The name of the `[wechat.NAME]` whose people pay.
    account: String,
    api: String,
    public_url: String,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    /// Notifications of the last minutes that were taken: when, and their nonces.
    seen: Mutex<VecDeque<(Timestamp, String)>>,
    /// The last day whose bill was compared, and when the next one is asked for again.
    billed: tokio::sync::Mutex<(Option<Date>, Timestamp)>,
}

/// `None`: only cash. An error names the file.
pub(in crate::office) fn open(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Payments>, String> {
    let Some(pay) = &config.wechat_pay else { return Ok(None) };
    let read = |path: &Path| {
        std::fs::read(path)
            .map_err(|error| format!("wechat_pay：读不了 {}：{error}", path.display()))
    };
    let WechatPay { settings, account, appid, public_url, api_v3_key } = pay;
    let path = &settings.key_file;
    let key = MerchantKey::from_pem(&read(path)?)
        .map_err(|problem| format!("wechat_pay.key_file {}：{problem}", path.display()))?;
    let mut platform = PlatformKeys::default();
    for (id, path) in &settings.platform_keys {
        platform
            .add(id, &read(path)?)
            .map_err(|problem| format!("wechat_pay.platform_keys {}：{problem}", path.display()))?;
    }
    let secret = api_v3_key.expose_secret();
    let api_key =
        ApiKey::new(secret).map_err(|problem| format!("wechat_pay.api_v3_key_env：{problem}"))?;
    Ok(Some(Payments {
        credentials: Credentials {
            mchid: settings.mchid.clone(),
            appid: appid.clone(),
            serial: settings.serial.clone(),
            key,
        },
        platform,
        api_key,
        link_key: ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes()),
        account: account.clone(),
        api: settings.api.trim_end_matches('/').to_owned(),
        public_url: public_url.clone(),
        http: http_client(Timeouts::default()).map_err(|error| error.to_string())?,
        clock: clock.clone(),
        seen: Mutex::default(),
        billed: tokio::sync::Mutex::new((None, Timestamp::UNIX_EPOCH)),
    }))
}

impl Payments {
    /// Can she pay who writes from there?
    pub(super) fn serves(&self, address: &Address) -> bool {
        address.channel == Channel::Wechat && address.account == self.account
    }

    fn notify_url(&self) -> String {
        format!("{}{NOTIFY_PATH}", self.public_url)
    }

    /// Who has it may see and pay this order, and nothing else.
    fn token(&self, order: &str) -> String {
        // The key encrypts notifications too; the word in front keeps the two uses apart.
        let tag = ring::hmac::sign(&self.link_key, format!("pay-page:{order}").as_bytes());
        random::to_hex(&tag.as_ref()[..16])
    }

    fn is_token(&self, order: &str, token: &str) -> bool {
        use subtle::ConstantTimeEq;
        self.token(order).as_bytes().ct_eq(token.as_bytes()).into()
    }

    pub(super) fn link(&self, order: &str) -> String {
        format!("{}{PAGE_PATH}?o={order}&t={}", self.public_url, self.token(order))
    }
}
