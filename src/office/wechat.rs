//! WeChat's accounts: the webhook on one side, the active API on the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::channel::wechat::api::{ApiError, Message};
use crate::channel::wechat::errors::{self, Class};
use crate::channel::wechat::{Account, Mode, Query, Refused as Unbelieved, Reply, Settings};
use crate::config::{Config, WechatAccount, WechatMode};
use crate::county::Address;
use crate::dialog::{self, Medium};
use crate::store::Store;
use crate::store::records::{Body, Outgoing};

use super::clock::Clock;
use super::media::Fetched;
use super::outbox::{Consequence, Outcome};
use super::reception::Said;
use super::route::Route;
use super::views::{Refused, WebhookAnswer};
use super::wechat_api::{self, CallError, Timeouts, WechatApi, http_client};
use super::wechat_token_shared::SharedTokens;
use super::{Office, random};

/// One account: what believes a request, and what pushes.
pub(super) struct Line {
    account: Account,
    pub api: Option<WechatApi>,
}

pub(super) fn lines(
    config: &Config,
    clock: &Arc<dyn Clock>,
    store: &Store,
) -> Result<BTreeMap<String, Line>, String> {
    let mut lines = BTreeMap::new();
    if config.wechat.is_empty() {
        return Ok(lines);
    }
    let http = http_client(Timeouts::default()).map_err(|error| error.to_string())?;
    for (name, account) in &config.wechat {
        let api = match &account.secret {
            Some(secret) => {
                let base = account.settings.api.get_ref();
                let base = base.parse().map_err(|error| format!("wechat.{name}.api: {error}"))?;
                let appid = account.settings.appid.get_ref();
                let api = WechatApi::new(base, appid, secret.clone(), http.clone(), clock.clone());
                Some(match store.is_shared() {
                    true => api.with_shared_token(SharedTokens::new(store.clone(), name.clone())),
                    false => api,
                })
            }
            None => None,
        };
        let account = Account::new(settings(name, account))
            .map_err(|error| format!("wechat.{name}: {error}"))?;
        lines.insert(name.clone(), Line { account, api });
    }
    Ok(lines)
}

fn settings(name: &str, account: &WechatAccount) -> Settings {
    Settings {
        name: name.to_owned(),
        appid: account.settings.appid.get_ref().clone(),
        original_id: account.settings.original_id.clone(),
        token: account.token.clone(),
        aes_key: account.aes_key.clone(),
        previous_aes_key: account.previous_aes_key.clone(),
        mode: match account.settings.mode {
            WechatMode::Plain => Mode::Plain,
            WechatMode::Compatible => Mode::Compatible,
            WechatMode::Safe => Mode::Safe,
        },
        freshness_s: account.settings.freshness_seconds,
    }
}

impl Office {
    fn line(&self, account: &str) -> Result<&Line, Refused> {
        let missing = || Refused { status: 404, reason: "no account of that name".into() };
        self.wechat.get(account).ok_or_else(missing)
    }

    fn refuse(&self, refused: &Unbelieved) -> Refused {
        self.counters.refused.add(1);
        Refused { status: refused.status(), reason: format!("{}: {refused}", refused.label()) }
    }

    /// The GET with which WeChat tests the address.
    pub fn wechat_verify(&self, account: &str, query: &str) -> Result<String, Refused> {
        let line = self.line(account)?;
        let query = Query::parse(query);
        let echo = line.account.verify_url(&query, self.clock.now());
        echo.map(str::to_owned).map_err(|refused| self.refuse(&refused))
    }

    /// A POST of WeChat's. What is not on disk is not acknowledged: 503, and it comes again.
    pub async fn wechat_receive(
        self: &Arc<Self>,
        account: &str,
        query: &str,
        body: &[u8],
    ) -> Result<WebhookAnswer, Refused> {
        let line = self.line(account)?;
        let query = Query::parse(query);
        let opened = line
            .account
            .open(&query, body, self.clock.now())
            .map_err(|refused| self.refuse(&refused))?;
        let mut reply = Reply::Success;
        for inbound in opened.facts {
            match self.receive(inbound).await {
                Ok(Said::Reply(text)) => reply = Reply::Text(text),
                Ok(Said::Later | Said::Nothing) => {}
                Err(error) => {
                    return Err(Refused { status: 503, reason: format!("not stored: {error}") });
                }
            }
        }
        let now = self.clock.now();
        let sealed = line.account.seal(&opened.back, &reply, now, random::letters());
        let content_type = match reply {
            Reply::Success => "text/plain; charset=utf-8",
            _ => "text/xml; charset=utf-8",
        };
        Ok(WebhookAnswer { content_type, body: sealed.into_bytes() })
    }

    /// One call of the active API.
    pub(super) async fn carry(
        &self,
        address: &Address,
        route: &Route,
        message: &Outgoing,
    ) -> Outcome {
        let Some(api) = self.wechat.get(&address.account).and_then(|line| line.api.as_ref()) else {
            return refused("这个公众号不能主动发");
        };
        let to = address.user.clone();
        let request = match route {
            Route::CustomerService => {
                Message::Text { to, text: self.words(message, Medium::Wechat) }
            }
            Route::Template(template) => Message::Template {
                to,
                template: template.clone(),
                url: None,
                key: message.id.clone(),
                data: self.template_data(message),
            },
            Route::Subscription(template) => Message::Subscription {
                to,
                template: template.clone(),
                page: None,
                data: self.template_data(message),
            },
            Route::Simulator | Route::Sms(_) | Route::Clerk(_) => return refused("这条路不归微信"),
        };
        match api.send(&request).await {
            wechat_api::Outcome::Sent { message_id } => {
                Outcome::Sent { message_id, segments: None }
            }
            wechat_api::Outcome::Unknown(why) => Outcome::Unknown { why },
            wechat_api::Outcome::Later { at, reason } => {
                let wait = at.duration_since(self.clock.now());
                Outcome::Later { why: reason, after: wait.try_into().ok() }
            }
            wechat_api::Outcome::Refused(error) => self.consequence(&error),
        }
    }

    fn consequence(&self, error: &ApiError) -> Outcome {
        let why = errors::advice(error.code).to_owned();
        let consequence = match error.class {
            Class::BadRequest => return Outcome::Broken { why: error.to_string() },
            Class::Token | Class::Busy | Class::DailyQuota | Class::MinuteQuota => {
                return Outcome::Later { why, after: None };
            }
            Class::WindowClosed | Class::BudgetUsedUp => Consequence::WindowClosed,
            Class::NotFollower | Class::Blocked => Consequence::LeftUs,
            Class::NoConsent => Consequence::OptInUsed,
            Class::Unauthorized
            | Class::Credentials
            | Class::CallerAddress
            | Class::AccountType
            | Class::WrongUser => {
                self.alarm(&error.to_string());
                Consequence::None
            }
            Class::MediaGone | Class::Other => Consequence::None,
        };
        Outcome::Refused { why, consequence }
    }

    fn template_data(&self, message: &Outgoing) -> Vec<(String, String)> {
        match &message.body {
            Body::Notice { kind, fields } => self
                .script()
                .notice(kind)
                .map(|notice| dialog::template_data(notice, fields))
                .unwrap_or_default(),
            Body::Text(_) => Vec::new(),
        }
    }

    /// `id` is `account/media id`.
    pub(super) async fn fetch(&self, id: &str) -> Fetched {
        let (account, media) = id.split_once('/').unwrap_or(("", id));
        let Some(api) = self.wechat.get(account).and_then(|line| line.api.as_ref()) else {
            return Fetched::Gone("公众号没有设 AppSecret，取不了".into());
        };
        let limit = self.common().media_mb * 1024 * 1024;
        match collect(api, media, limit).await {
            Ok((content_type, bytes)) => Fetched::Here { content_type, bytes },
            Err(error) => failed(error),
        }
    }
}

async fn collect(api: &WechatApi, media: &str, limit: u64) -> Result<(String, Vec<u8>), CallError> {
    let mut media = api.fetch_media(media, limit).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = media.chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok((media.content_type, bytes))
}

fn failed(error: CallError) -> Fetched {
    match error {
        CallError::Refused(error) if !error.class.is_temporary() => {
            Fetched::Gone(errors::advice(error.code).to_owned())
        }
        CallError::TooLarge(_) => Fetched::Gone("文件太大".into()),
        other => Fetched::Later(other.to_string()),
    }
}

fn refused(why: &str) -> Outcome {
    Outcome::Refused { why: why.into(), consequence: Consequence::None }
}
