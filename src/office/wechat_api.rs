//! Calls WeChat's active APIs: sends messages, fetches media, holds the access token.
//! May use the network. Retries nothing but a refused token: when to try again is the
//! outbox's business, which is told `Later`. Neither the secret nor the token is in any
//! log line or error.

use std::collections::HashMap;
use std::error::Error as _;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::clock::Clock;
use super::wechat_token::{Step, TokenState};
use super::wechat_token_shared::{Shared, SharedTokens};
use crate::channel::wechat::api::{self, Answer, ApiError, Message};
use crate::channel::wechat::errors::{self, Class};

/// Where the real APIs are.
pub const TENCENT: &str = "https://api.weixin.qq.com";

const JSON: &str = "application/json; charset=utf-8";
/// Bytes of the largest JSON answer that is read.
const MAX_ANSWER: u64 = 256 * 1024;
/// A video of 10 MB on a slow line.
const MEDIA_TIMEOUT: Duration = Duration::from_secs(60);
/// A send may be tried with the token at hand, one fetched anew, and one made by force.
const MAX_TRIES: u32 = 3;

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Accepted. A receipt may come later under `message_id`.
    Sent { message_id: Option<String> },
    /// Not sent, and the same request will be refused again.
    Refused(ApiError),
    /// The request was written and no answer came: it may have been sent.
    Unknown(String),
    /// Not sent; may be tried again, not before `at`.
    Later { at: Timestamp, reason: String },
}

/// Why a call other than a message failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallError {
    #[error("{0}")]
    Refused(ApiError),
    #[error("no answer: {0}")]
    Unknown(String),
    #[error("not before {at}: {reason}")]
    Later { at: Timestamp, reason: String },
    #[error("the media is over {0} bytes")]
    TooLarge(u64),
}

/// Something an operator must see to, or an API stays shut.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    pub path: &'static str,
    pub since: Timestamp,
    pub error: ApiError,
    /// What to do, in Chinese.
    pub advice: &'static str,
}

/// How long to wait for a connection, and for the whole of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    pub connect: Duration,
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), total: Duration::from_secs(10) }
    }
}

/// The HTTP client that `WechatApi` wants: rustls with ring, no redirects.
pub fn http_client(timeouts: Timeouts) -> reqwest::Result<reqwest::Client> {
    // An error means that a provider is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.total)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// The active APIs of one account. Share it: two of them would not know of each other's tokens.
pub struct WechatApi {
    base: Url,
    appid: String,
    secret: SecretString,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    /// Held while a token is fetched, so that everybody waits for the same one.
    token: tokio::sync::Mutex<TokenState>,
    /// Where several instances share one token.
    shared: Option<SharedTokens>,
    paths: Mutex<HashMap<&'static str, PathState>>,
}

#[derive(Default)]
struct PathState {
    /// A quota is used up, or every token is refused, until then.
    closed_until: Option<Timestamp>,
    alarm: Option<Alarm>,
}

impl WechatApi {
    /// `base` is `TENCENT`, but in tests.
    pub fn new(
        base: Url,
        appid: impl Into<String>,
        secret: SecretString,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (token, paths) = Default::default();
        let shared = None;
        Self { base, appid: appid.into(), secret, http, clock, token, shared, paths }
    }

    /// Other instances use this account too.
    pub(super) fn with_shared_token(self, shared: SharedTokens) -> Self {
        Self { shared: Some(shared), ..self }
    }

    pub async fn send(&self, message: &Message) -> Outcome {
        match self.call(message.path(), message.body()).await {
            Ok(answer) => Outcome::Sent { message_id: api::message_id(&answer) },
            Err(CallError::Refused(error)) => Outcome::Refused(error),
            Err(CallError::Unknown(reason)) => Outcome::Unknown(reason),
            Err(CallError::Later { at, reason }) => Outcome::Later { at, reason },
            Err(CallError::TooLarge(limit)) => {
                Outcome::Unknown(format!("the answer is over {limit} bytes"))
            }
        }
    }

    /// Replaces the account's menu. `body` is made by `api::menu_request`.
    pub async fn create_menu(&self, body: String) -> Result<(), CallError> {
        self.call(api::MENU_CREATE, body).await.map(drop)
    }

    /// The ticket of a QR code that carries `scene`, for `seconds` or for ever.
    pub async fn create_qrcode(
        &self,
        scene: &str,
        seconds: Option<u32>,
    ) -> Result<String, CallError> {
        let answer = self.call(api::QRCODE_CREATE, api::qrcode_request(scene, seconds)).await?;
        match answer.get("ticket").and_then(Value::as_str) {
            Some(ticket) => Ok(ticket.to_owned()),
            None => Err(CallError::Unknown("the answer has no ticket".to_owned())),
        }
    }

    /// A photo, voice or video that a person sent; media ids die after three days. `limit`
    /// is in bytes, and holds while it streams too.
    pub async fn fetch_media(&self, media_id: &str, limit: u64) -> Result<Media, CallError> {
        let found = self.with_token(api::MEDIA_GET, Request::Media(media_id)).await?;
        let response = match found {
            Found::Media(response) => response,
            Found::Answer(answer) => {
                let video = answer.get("video_url").and_then(Value::as_str).map(Url::parse);
                let Some(Ok(url)) = video else {
                    return Err(CallError::Unknown("neither media nor video_url".to_owned()));
                };
                let answer = self.http.get(url).timeout(MEDIA_TIMEOUT).send().await;
                self.checked(answer)?
            }
        };
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(CallError::TooLarge(limit));
        }
        let content_type = content_type(&response).to_owned();
        Ok(Media { content_type, response, limit, read: 0 })
    }

    /// What an operator must see to, by path.
    pub fn alarms(&self) -> Vec<Alarm> {
        let mut alarms: Vec<Alarm> =
            self.lock_paths().values().filter_map(|path| path.alarm.clone()).collect();
        alarms.sort_by_key(|alarm| alarm.path);
        alarms
    }

    async fn call(&self, path: &'static str, body: String) -> Result<Value, CallError> {
        match self.with_token(path, Request::Post(&body)).await? {
            Found::Answer(answer) => Ok(answer),
            Found::Media(_) => Err(CallError::Unknown("media instead of an answer".to_owned())),
        }
    }

    async fn attempt(
        &self,
        path: &str,
        request: &Request<'_>,
        token: &SecretString,
    ) -> Result<Found, CallError> {
        let mut url = self.base.clone();
        url.set_path(path);
        url.query_pairs_mut().append_pair("access_token", token.expose_secret());
        let answer = match request {
            Request::Post(body) => {
                let post = self.http.post(url).header("content-type", JSON);
                post.body((*body).to_owned()).send().await
            }
            Request::Media(id) => {
                url.query_pairs_mut().append_pair("media_id", id);
                self.http.get(url).timeout(MEDIA_TIMEOUT).send().await
            }
        };
        let response = self.checked(answer)?;
        match request {
            Request::Media(_) if !is_text(&response) => Ok(Found::Media(response)),
            _ => self.read(response).await.map(Found::Answer),
        }
    }

    /// Tries with a token; if the token is refused, with the next one.
    async fn with_token(
        &self,
        path: &'static str,
        request: Request<'_>,
    ) -> Result<Found, CallError> {
        if let Some(at) = self.closed_until(path) {
            return Err(CallError::Later { at, reason: format!("{path} pauses") });
        }
        let mut refused: Option<(SecretString, ApiError)> = None;
        for _ in 0..MAX_TRIES {
            let token = self.next_token(path, refused.as_ref()).await?;
            match self.attempt(path, &request, &token).await {
                Err(CallError::Refused(error)) if error.class == Class::Token => {
                    refused = Some((token, error));
                }
                result => {
                    // Every answer but a refused token says that the token is good.
                    if matches!(result, Ok(_) | Err(CallError::Refused(_))) {
                        self.token.lock().await.accepted(&token);
                        self.note_success(api::STABLE_TOKEN);
                    }
                    return result.inspect(|_| self.note_success(path)).map_err(
                        |error| match error {
                            CallError::Refused(error) => self.note_refusal(path, error),
                            other => other,
                        },
                    );
                }
            }
        }
        // Tells the state that the last one was refused as well.
        self.next_token(path, refused.as_ref()).await?;
        Err(CallError::Later { at: self.soon(), reason: "the access token is refused".to_owned() })
    }

    /// `refused` is the token that `path` has just refused. If there is no better one, that
    /// path pauses; others may still take it.
    async fn next_token(
        &self,
        path: &'static str,
        refused: Option<&(SecretString, ApiError)>,
    ) -> Result<SecretString, CallError> {
        let mut state = self.token.lock().await;
        loop {
            match state.next(refused.map(|(token, _)| token), self.clock.now()) {
                Step::Use(token) => return Ok(token),
                Step::Wait(at) => {
                    if let Some((_, error)) = refused {
                        self.raise(path, error.clone());
                        self.lock_paths().entry(path).or_default().closed_until = Some(at);
                    }
                    return Err(CallError::Later { at, reason: "no access token".to_owned() });
                }
                Step::Fetch { force } => {
                    match self.obtain_token(force, refused.map(|(token, _)| token)).await {
                        Ok((token, lifetime)) => state.fetched(token, lifetime, self.clock.now()),
                        Err(error) => {
                            tracing::warn!(%error, force, "no access token from WeChat");
                            if let CallError::Refused(error) = error {
                                self.raise(api::STABLE_TOKEN, error);
                            }
                            state.fetch_failed(self.clock.now());
                        }
                    }
                }
            }
        }
    }

    /// From the platform, or from another instance that has just asked it.
    async fn obtain_token(
        &self,
        force: bool,
        refused: Option<&SecretString>,
    ) -> Result<(SecretString, i64), CallError> {
        let Some(shared) = &self.shared else { return self.fetch_token(force).await };
        let later = |reason: String| CallError::Later { at: self.soon(), reason };
        let looked = shared.look(refused, force, || self.clock.now()).await;
        let mine = match looked.map_err(|error| later(error.to_string()))? {
            Shared::Token(token, lifetime) => return Ok((token, lifetime)),
            Shared::NotNow => return Err(later("a token was made by force just now".into())),
            Shared::Ask(mine) => mine,
        };
        let found = self.fetch_token(force).await;
        let told = match &found {
            Ok((token, lifetime)) => {
                let lives = SignedDuration::from_secs((*lifetime).clamp(0, 7_200));
                shared.fetched(&mine, token, self.clock.now() + lives).await
            }
            Err(_) => shared.failed(&mine).await,
        };
        if let Err(error) = told {
            tracing::warn!(%error, "the other instances do not hear of the access token");
        }
        found
    }

    async fn fetch_token(&self, force: bool) -> Result<(SecretString, i64), CallError> {
        let body = api::token_request(&self.appid, self.secret.expose_secret(), force);
        let mut url = self.base.clone();
        url.set_path(api::STABLE_TOKEN);
        let request = self.http.post(url).header("content-type", JSON);
        let answer = self.read(self.checked(request.body(body).send().await)?).await?;
        let token = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
        let lifetime = answer.get("expires_in").and_then(Value::as_i64).unwrap_or_default();
        if token.is_empty() || lifetime <= 0 {
            return Err(CallError::Unknown("the answer has no access_token".to_owned()));
        }
        Ok((SecretString::from(token), lifetime))
    }

    /// Sorts out what never came to an answer of the API itself.
    fn checked(&self, answer: reqwest::Result<Response>) -> Result<Response, CallError> {
        let later = |reason| Err(CallError::Later { at: self.soon(), reason });
        let response = match answer {
            Ok(response) => response,
            Err(error) if error.is_connect() => return later(describe(error)),
            Err(error) => return Err(CallError::Unknown(describe(error))),
        };
        let status = response.status();
        match status {
            StatusCode::OK => Ok(response),
            // A gateway gave up waiting: the platform may have done it.
            StatusCode::GATEWAY_TIMEOUT => Err(CallError::Unknown(format!("HTTP {status}"))),
            StatusCode::TOO_MANY_REQUESTS => later(format!("HTTP {status}")),
            _ if status.is_server_error() => later(format!("HTTP {status}")),
            _ => Err(CallError::Refused(ApiError {
                code: i64::from(status.as_u16()),
                class: Class::Other,
                message: format!("HTTP {status}; is the address of the API right?"),
            })),
        }
    }

    async fn read(&self, mut response: Response) -> Result<Value, CallError> {
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(CallError::Unknown(describe(error))),
            }
            if body.len() as u64 > MAX_ANSWER {
                return Err(CallError::TooLarge(MAX_ANSWER));
            }
        }
        match api::read_answer(&body) {
            Answer::Ok(value) => Ok(value),
            Answer::Error(error) => Err(CallError::Refused(error)),
            Answer::NotJson => Err(CallError::Unknown("the answer is not JSON".to_owned())),
        }
    }

    fn note_success(&self, path: &'static str) {
        self.lock_paths().remove(path);
    }

    /// Remembers a refusal where that matters, and tells "later" from "never".
    fn note_refusal(&self, path: &'static str, error: ApiError) -> CallError {
        tracing::warn!(path, code = error.code, message = %error.message, "WeChat refused a call");
        let at = match error.class {
            Class::Busy => self.soon(),
            Class::MinuteQuota => next_multiple(self.clock.now(), 60, 0),
            Class::DailyQuota => next_multiple(self.clock.now(), 86_400, CHINA),
            _ => {
                if error.class.needs_operator() {
                    self.raise(path, error.clone());
                }
                return CallError::Refused(error);
            }
        };
        if error.class != Class::Busy {
            self.lock_paths().entry(path).or_default().closed_until = Some(at);
        }
        if error.class == Class::DailyQuota {
            self.raise(path, error.clone());
        }
        CallError::Later { at, reason: error.to_string() }
    }

    fn raise(&self, path: &'static str, error: ApiError) {
        let since = self.clock.now();
        let advice = errors::advice(error.code);
        let mut paths = self.lock_paths();
        let alarm = &mut paths.entry(path).or_default().alarm;
        if alarm.as_ref().is_none_or(|alarm| alarm.error.code != error.code) {
            tracing::error!(path, code = error.code, message = %error.message, advice, "WeChat");
            *alarm = Some(Alarm { path, since, error, advice });
        }
    }

    fn closed_until(&self, path: &str) -> Option<Timestamp> {
        let now = self.clock.now();
        self.lock_paths().get(path)?.closed_until.filter(|until| now < *until)
    }

    fn lock_paths(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, PathState>> {
        // A panic elsewhere leaves at worst an old alarm.
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn soon(&self) -> Timestamp {
        self.clock.now() + SignedDuration::from_secs(1)
    }
}

enum Request<'a> {
    /// A body of JSON.
    Post(&'a str),
    /// A media id.
    Media(&'a str),
}

enum Found {
    Media(Response),
    Answer(Value),
}

/// A media file that is being fetched.
#[derive(Debug)]
pub struct Media {
    /// As the platform says, for example `image/jpeg`.
    pub content_type: String,
    response: Response,
    limit: u64,
    read: u64,
}

impl Media {
    /// The next piece; `None` at the end. An error means that the file is not whole.
    pub async fn chunk(&mut self) -> Result<Option<impl Deref<Target = [u8]> + use<>>, CallError> {
        let chunk = self.response.chunk().await;
        let chunk = chunk.map_err(|error| CallError::Unknown(describe(error)))?;
        self.read += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        match self.read > self.limit {
            true => Err(CallError::TooLarge(self.limit)),
            false => Ok(chunk),
        }
    }
}

fn content_type(response: &Response) -> &str {
    let header = response.headers().get("content-type");
    header.and_then(|value| value.to_str().ok()).unwrap_or("application/octet-stream")
}

/// Errors and `video_url` come as JSON, named as JSON or as text.
fn is_text(response: &Response) -> bool {
    let content_type = content_type(response).to_ascii_lowercase();
    content_type.contains("json") || content_type.starts_with("text/")
}

/// The error and its cause, without the URL, which holds the token.
pub(super) fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let kind = match error.is_timeout() {
        true => "no answer in time".to_owned(),
        false => error.to_string(),
    };
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|e| e.source()) {
        cause = Some(deeper);
    }
    cause.map_or(kind.clone(), |cause| format!("{kind}: {cause}"))
}

/// Seconds that China is ahead of UTC, all year.
const CHINA: i64 = 8 * 3600;

/// The next instant that is a multiple of `unit` seconds, in a zone `offset` ahead of UTC.
pub(super) fn next_multiple(now: Timestamp, unit: i64, offset: i64) -> Timestamp {
    let left = unit - (now.as_second() + offset).rem_euclid(unit);
    Timestamp::from_second(now.as_second() + left).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_come_back_at_the_next_minute_and_at_midnight_in_china() {
        for (now, unit, offset, expect) in [
            ("2026-11-24T02:00:41Z", 60, 0, "2026-11-24T02:01:00Z"),
            ("2026-11-24T02:00:00Z", 60, 0, "2026-11-24T02:01:00Z"),
            ("2026-11-24T02:00:41Z", 86_400, CHINA, "2026-11-24T16:00:00Z"),
            ("2026-11-24T16:00:00Z", 86_400, CHINA, "2026-11-25T16:00:00Z"),
        ] {
            let at = next_multiple(now.parse().unwrap(), unit, offset);
            assert_eq!(at, expect.parse::<Timestamp>().unwrap(), "{now}");
        }
    }
}
