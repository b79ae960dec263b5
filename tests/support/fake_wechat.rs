//! A fake of Tencent's servers, as honest as its documentation allows: the active APIs
//! with tokens that expire, windows, budgets and error codes (`FakeWechat`), and the
//! sender of pushes (`Account`, `Villager`). It shares no code with the program.
//!
//! It has a clock of its own, in seconds, that stands still until a test moves it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State as Shared};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub mod crypto;
pub mod cutter;
mod fake_oidc;
mod fake_pay;
mod fake_sms;
mod fake_sms_asked;
pub mod patroni;
mod people;
pub mod postgres;
mod villager;

pub use fake_oidc::{FakeOidc, OIDC_CLIENT, OidcFault};
pub use fake_pay::{
    FakePay, FakeRefund, FakeTrade, PAY_API_KEY, PAY_KEY_ID, PAY_MCHID, PAY_SERIAL, PayFault, Told,
};
pub use fake_sms::{FakeSms, Gate, Sms, SmsFault, twilio_signature};
pub use fake_sms_asked::Fate;
pub use people::Person;
pub use villager::{Account, Answer, Mode, Reply, Villager, cdata};

pub const CUSTOM_SEND: &str = "/cgi-bin/message/custom/send";
pub const TEMPLATE_SEND: &str = "/cgi-bin/message/template/send";
pub const BIZSEND: &str = "/cgi-bin/message/subscribe/bizsend";
pub const STABLE_TOKEN: &str = "/cgi-bin/stable_token";
pub const MEDIA_GET: &str = "/cgi-bin/media/get";
pub const MENU_CREATE: &str = "/cgi-bin/menu/create";
pub const QRCODE_CREATE: &str = "/cgi-bin/qrcode/create";

/// What an API does instead of its work.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Does nothing, and answers this error.
    Error(i64),
    /// Does nothing, and answers this HTTP status.
    Status(u16),
    /// Does its work, and answers late.
    Slow(Duration),
    /// Does its work, and breaks the connection.
    Drop,
    /// Does its work, and answers this instead.
    Body(&'static str),
}

/// A call that was made.
#[derive(Clone, Debug)]
pub struct Call {
    pub path: String,
    /// `Null` if it was not JSON.
    pub body: Value,
}

#[derive(Debug)]
pub struct FakeWechat {
    pub url: String,
    state: Arc<Mutex<State>>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) now: i64,
    url: String,
    appid: String,
    secret: String,
    /// Token, its end.
    tokens: Vec<(String, i64)>,
    forced: Vec<i64>,
    calls: Vec<Call>,
    /// What is wrong with a path, and how many times more; `None` for ever.
    faults: HashMap<String, VecDeque<(Fault, Option<u32>)>>,
    pub(crate) people: HashMap<String, Person>,
    pub(crate) templates: Vec<String>,
    /// Id to content type and bytes.
    pub(crate) media: HashMap<String, (String, Vec<u8>)>,
    pub(crate) serial: u64,
}

impl Drop for FakeWechat {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// `reqwest` has no TLS of its own here.
pub(crate) fn install_tls() {
    // An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// An address at which nobody listens.
pub async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

impl FakeWechat {
    pub async fn start(appid: &str, secret: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State {
            now: 1_800_000_000,
            url: url.clone(),
            appid: appid.to_owned(),
            secret: secret.to_owned(),
            tokens: Vec::new(),
            forced: Vec::new(),
            calls: Vec::new(),
            faults: HashMap::new(),
            people: HashMap::new(),
            templates: Vec::new(),
            media: HashMap::new(),
            serial: 0,
        }));
        let router = Router::new()
            .route("/video/{id}", axum::routing::get(video))
            .fallback(call)
            .with_state(Arc::clone(&state));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the fake serves");
        });
        Self { url, state, server }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no handler panicked")
    }

    pub fn now(&self) -> i64 {
        self.state().now
    }

    pub fn advance(&self, seconds: i64) {
        self.state().now += seconds;
    }

    /// From now on `path` does this, `times` times or for ever; faults queue up.
    pub fn fail(&self, path: &str, fault: Fault, times: Option<u32>) {
        self.state().faults.entry(path.to_owned()).or_default().push_back((fault, times));
    }

    pub fn heal(&self, path: &str) {
        self.state().faults.remove(path);
    }

    /// All tokens are void, as after somebody else has refreshed by force.
    pub fn void_tokens(&self) {
        self.state().tokens.clear();
    }

    pub fn calls(&self, path: &str) -> Vec<Call> {
        self.state().calls.iter().filter(|call| call.path == path).cloned().collect()
    }

    pub fn follow(&self, openid: &str) {
        self.state().people.entry(openid.to_owned()).or_default().follows = true;
    }

    pub fn unfollow(&self, openid: &str) {
        self.state().people.entry(openid.to_owned()).or_default().follows = false;
    }

    /// She wrote: 5 messages in 48 hours.
    pub fn wrote(&self, openid: &str) {
        let mut state = self.state();
        let now = state.now;
        state.people.entry(openid.to_owned()).or_default().window = Some((now + 48 * 3600, 5));
    }

    /// She tapped, followed or scanned: 3 messages in 1 minute.
    pub fn tapped(&self, openid: &str) {
        let mut state = self.state();
        let now = state.now;
        state.people.entry(openid.to_owned()).or_default().window = Some((now + 60, 3));
    }

    /// She allows `times` messages of the template.
    pub fn consent(&self, openid: &str, template: &str, times: u32) {
        let mut state = self.state();
        let person = state.people.entry(openid.to_owned()).or_default();
        person.consents.insert(template.to_owned(), times);
    }

    pub fn add_template(&self, template: &str) {
        self.state().templates.push(template.to_owned());
    }

    /// A file that somebody sent; `video/...` is handed out by `video_url`, as Tencent does.
    pub fn add_media(&self, id: &str, content_type: &str, bytes: &[u8]) {
        let file = (content_type.to_owned(), bytes.to_vec());
        self.state().media.insert(id.to_owned(), file);
    }

    /// The number of the last message that a template or subscription carried.
    pub fn last_message_id(&self) -> u64 {
        people::message_id(self.state().serial)
    }

    /// What she got by any of the active routes, as it was sent, oldest first.
    pub fn inbox(&self, openid: &str) -> Vec<Value> {
        self.state().people.get(openid).map(|person| person.inbox.clone()).unwrap_or_default()
    }
}

type Parameters = Query<HashMap<String, String>>;

async fn call(
    Shared(shared): Shared<Arc<Mutex<State>>>,
    uri: Uri,
    Query(parameters): Parameters,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    let (fault, answer) = {
        let mut state = shared.lock().expect("no handler panicked");
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        state.calls.push(Call { path: path.clone(), body: json.clone() });
        let fault = state.next_fault(&path);
        let answer = match &fault {
            Some(Fault::Error(code)) => error(*code, "scripted"),
            Some(Fault::Status(_)) => Response::default(),
            _ => state.answer(&path, &parameters, &body, &json),
        };
        (fault, answer)
    };
    match fault {
        Some(Fault::Status(status)) => {
            StatusCode::from_u16(status).expect("a status").into_response()
        }
        Some(Fault::Slow(time)) => {
            tokio::time::sleep(time).await;
            answer
        }
        Some(Fault::Drop) => {
            let broken = std::io::Error::other("the connection breaks here");
            Response::new(Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(broken)])))
        }
        Some(Fault::Body(text)) => text.into_response(),
        Some(Fault::Error(_)) | None => answer,
    }
}

async fn video(Shared(shared): Shared<Arc<Mutex<State>>>, Path(id): Path<String>) -> Response {
    let state = shared.lock().expect("no handler panicked");
    match state.media.get(&id) {
        Some((kind, bytes)) => ([("content-type", kind.clone())], bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Errors come as text/plain with status 200.
pub(crate) fn error(code: i64, text: &str) -> Response {
    json!({ "errcode": code, "errmsg": format!("{text} rid: 6565-1a2b-3c4d") })
        .to_string()
        .into_response()
}

pub(crate) fn ok(mut extra: Value) -> Response {
    extra["errcode"] = json!(0);
    extra["errmsg"] = json!("ok");
    ([("content-type", "application/json; charset=utf-8")], extra.to_string()).into_response()
}

/// Tencent's 全局返回码, 40016 to 40026.
fn menu_create(body: &Value) -> Response {
    let text = |value: &Value, most: usize| {
        value.as_str().is_some_and(|text| (1..=most).contains(&text.len()))
    };
    let Some(columns @ [_, ..]) = body["button"].as_array().map(Vec::as_slice) else {
        return error(40016, "invalid button size");
    };
    if columns.len() > 3 {
        return error(40016, "invalid button size");
    }
    for column in columns {
        if !text(&column["name"], 16) {
            return error(40018, "invalid button name size");
        }
        let Some(inner) = column["sub_button"].as_array() else {
            match column["type"] == "click" && text(&column["key"], 128) {
                true => continue,
                false => return error(40019, "invalid button key size"),
            }
        };
        if !(1..=5).contains(&inner.len()) {
            return error(40023, "invalid sub button size");
        }
        for button in inner {
            if !text(&button["name"], 60) {
                return error(40025, "invalid sub button name size");
            }
            if !(button["type"] == "click" && text(&button["key"], 128)) {
                return error(40026, "invalid sub button key size");
            }
        }
    }
    ok(json!({}))
}

impl State {
    fn next_fault(&mut self, path: &str) -> Option<Fault> {
        let queue = self.faults.get_mut(path)?;
        let (fault, times) = queue.front_mut()?;
        let fault = fault.clone();
        if let Some(left) = times {
            *left -= 1;
            if *left == 0 {
                queue.pop_front();
            }
        }
        Some(fault)
    }

    fn answer(
        &mut self,
        path: &str,
        parameters: &HashMap<String, String>,
        raw: &[u8],
        body: &Value,
    ) -> Response {
        if path == STABLE_TOKEN {
            return self.stable_token(body);
        }
        match parameters
            .get("access_token")
            .map(|given| self.tokens.iter().find(|(token, _)| token == given).map(|(_, end)| *end))
        {
            None => return error(41001, "access_token missing"),
            Some(None) => return error(40001, "invalid credential"),
            Some(Some(end)) if end <= self.now => return error(42001, "access_token expired"),
            Some(Some(_)) => {}
        }
        let is_post = path != MEDIA_GET;
        if is_post && !body.is_object() {
            return error(47001, "data format error");
        }
        // As the documentation says of 40033.
        if is_post && raw.windows(2).any(|pair| pair == b"\\u") {
            return error(40033, "invalid charset: \\uxxxx");
        }
        match path {
            CUSTOM_SEND => self.custom_send(body),
            TEMPLATE_SEND => self.template_send(body),
            BIZSEND => self.bizsend(body),
            MEDIA_GET => self.media_get(parameters.get("media_id")),
            MENU_CREATE => menu_create(body),
            QRCODE_CREATE => {
                let scene = &body["action_info"]["scene"]["scene_str"];
                match scene.as_str().map(str::len) {
                    Some(1..=64) => ok(json!({ "ticket": format!("ticket-{}", scene) })),
                    _ => error(40053, "invalid action info"),
                }
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    /// Normal mode gives everybody the same token until 5 minutes before its end; force
    /// ends it at once, 20 times a day and 30 seconds apart.
    fn stable_token(&mut self, body: &Value) -> Response {
        if body["grant_type"] != "client_credential" {
            return error(40002, "invalid grant_type");
        }
        if body["appid"] != self.appid.as_str() {
            return error(40013, "invalid appid");
        }
        if body["secret"] != self.secret.as_str() {
            return error(40125, "invalid appsecret");
        }
        let now = self.now;
        if body["force_refresh"] == true {
            self.forced.retain(|at| now - at < 86_400);
            if self.forced.len() >= 20 {
                return error(45009, "reach max api daily quota limit");
            }
            if self.forced.last().is_some_and(|at| now - at < 30) {
                return error(45011, "api minute-quota reach limit");
            }
            self.forced.push(now);
            self.tokens.clear();
        }
        match self.tokens.last() {
            Some((_, end)) if end - now > 300 => {}
            _ => {
                self.serial += 1;
                self.tokens.push((format!("token-{:0>500}", self.serial), now + 7200));
            }
        }
        let (token, end) = self.tokens.last().expect("was just pushed").clone();
        ok(json!({ "access_token": token, "expires_in": end - now }))
    }

    fn media_get(&self, id: Option<&String>) -> Response {
        let Some((id, (kind, bytes))) = id.and_then(|id| self.media.get_key_value(id)) else {
            return error(40007, "invalid media_id");
        };
        if kind.starts_with("video/") {
            return json!({ "video_url": format!("{}/video/{id}", self.url) })
                .to_string()
                .into_response();
        }
        let name = format!("attachment; filename=\"{id}\"");
        let headers = [("content-type", kind.clone()), ("content-disposition", name)];
        (headers, bytes.clone()).into_response()
    }
}
