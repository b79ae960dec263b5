//! Fakes of those who carry short messages: Kannel's sendsms, Aliyun, Tencent, Twilio and an
//! aggregator with JSON of its own. Each checks what the real one checks, signatures above
//! all, keeps what it took, and fails as it is told to. Shares no code with the program.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::fake_sms_asked::{self, Fate, Reply};

/// A message that a network took.
#[derive(Clone, Debug, Default)]
pub struct Sms {
    pub provider: &'static str,
    /// Eleven digits.
    pub to: String,
    pub from: String,
    pub text: String,
    pub template: String,
    pub variables: Vec<String>,
    /// The sender's own id of it.
    pub id: String,
    pub report_url: String,
    pub at: Option<Instant>,
    /// The provider's own id of it.
    pub theirs: String,
    /// What the provider says to the question what became of it.
    pub fate: Fate,
    /// Given out once by what empties a queue.
    pub pulled: bool,
    /// The whole text as the provider sends it, if the test says so.
    pub content: String,
}

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub enum SmsFault {
    /// Not taken, and this answer.
    Answer(u16, String),
    /// Taken, and the connection breaks.
    Drop,
    /// Taken, and answered late.
    Slow(Duration),
}

#[derive(Default)]
struct State {
    secret: String,
    taken: Vec<Sms>,
    /// Requests that were refused for what they were, and why.
    wrong: Vec<String>,
    faults: VecDeque<SmsFault>,
    /// How many a second it takes; the rest gets the provider's throttle code.
    per_second: Option<usize>,
    recent: VecDeque<Instant>,
    throttled: usize,
    calls: usize,
    nonces: HashMap<String, ()>,
    pattern: Option<fn(usize) -> Option<SmsFault>>,
    /// Questions about messages, by their names.
    asked: Vec<String>,
    replies: Vec<Reply>,
    /// Parts that the provider says it counted.
    segments: Option<u32>,
    /// Nobody is answered while it is shut.
    shut: Option<tokio::sync::watch::Receiver<bool>>,
}

/// A fake that answers nobody until this is opened or dropped.
pub struct Gate(tokio::sync::watch::Sender<bool>);

impl Gate {
    pub fn open(self) {
        self.0.send_replace(false);
    }
}

pub struct FakeSms {
    pub url: String,
    state: Arc<Mutex<State>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for FakeSms {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeSms {
    /// `secret` is every provider's password, key and token.
    pub async fn start(secret: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State { secret: secret.to_owned(), ..State::default() }));
        let router = Router::new().fallback(call).with_state(Arc::clone(&state));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the fake serves");
        });
        Self { url, state, server }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no handler panicked")
    }

    /// Oldest first.
    pub fn taken(&self) -> Vec<Sms> {
        self.state().taken.clone()
    }

    pub fn texts_to(&self, number: &str) -> Vec<String> {
        self.state().taken.iter().filter(|sms| sms.to == number).map(|s| s.text.clone()).collect()
    }

    pub fn last(&self) -> Sms {
        self.state().taken.last().cloned().expect("a message was taken")
    }

    /// Why requests were refused: nothing of it may happen by accident.
    pub fn wrong(&self) -> Vec<String> {
        self.state().wrong.clone()
    }

    pub fn calls(&self) -> usize {
        self.state().calls
    }

    pub fn throttled(&self) -> usize {
        self.state().throttled
    }

    /// The next requests, in this order.
    pub fn fail(&self, fault: SmsFault) {
        self.state().faults.push_back(fault);
    }

    /// By the number of the request, from 0.
    pub fn fail_by(&self, pattern: fn(usize) -> Option<SmsFault>) {
        self.state().pattern = Some(pattern);
    }

    /// What became of the message of that id, as the provider knows it.
    pub fn becomes(&self, id: &str, fate: Fate) {
        let mut state = self.state();
        let sms = state.taken.iter_mut().filter(|sms| sms.id == id);
        sms.for_each(|sms| sms.fate = fate.clone());
    }

    /// The whole text that the provider shows of it.
    pub fn shows(&self, id: &str, content: &str) {
        let mut state = self.state();
        let sms = state.taken.iter_mut().filter(|sms| sms.id == id);
        sms.for_each(|sms| sms.content = content.to_owned());
    }

    /// She has answered; it waits until it is fetched.
    pub fn replied(&self, from: &str, text: &str, at: i64) {
        self.state().replies.push(Reply { from: from.into(), text: text.into(), at });
    }

    pub fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    /// Parts that the provider counts for each message from now on.
    pub fn counts(&self, segments: u32) {
        self.state().segments = Some(segments);
    }

    /// From now on messages are taken and nobody hears an answer.
    pub fn hold(&self) -> Gate {
        let (gate, shut) = tokio::sync::watch::channel(true);
        self.state().shut = Some(shut);
        Gate(gate)
    }

    pub fn limit(&self, per_second: usize) {
        self.state().per_second = Some(per_second);
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sign256(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// `X-Twilio-Signature` of a call with these fields.
pub fn twilio_signature(token: &str, url: &str, form: &[(&str, &str)]) -> String {
    let mut fields = form.to_vec();
    fields.sort();
    let text: String =
        fields.iter().fold(url.to_owned(), |text, (name, value)| format!("{text}{name}{value}"));
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("any key");
    mac.update(text.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

fn undone(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        match (first, more) {
            (b'%', [a, b, after @ ..]) => {
                let digits = [*a, *b];
                let digits = std::str::from_utf8(&digits).expect("two hexadecimal digits");
                out.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"));
                rest = after;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(*first),
        }
    }
    String::from_utf8(out).expect("UTF-8")
}

fn fields(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (undone(name), undone(value))).collect()
}

struct Call<'a> {
    path: &'a str,
    query: &'a str,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl Call<'_> {
    fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }

    fn provider(&self) -> &'static str {
        match self.path {
            "/cgi-bin/sendsms" => "kannel",
            "/send" => "json",
            path if path.starts_with("/2010-04-01/") => "twilio",
            _ if self.headers.contains_key("x-acs-action") => "aliyun",
            _ => "tencent",
        }
    }
}

/// The message, nothing for a question, or the answer to a request that is not right.
fn read(call: &Call<'_>, state: &mut State) -> Result<Option<Sms>, (u16, String)> {
    match call.provider() {
        "kannel" => kannel(call, state).map(Some),
        "aliyun" => aliyun(call, state),
        "tencent" => tencent(call, state),
        "twilio" => twilio(call, state).map(Some),
        _ => aggregator(call, state).map(Some),
    }
}

/// To a question of which `read` has found the signature good.
fn answer_to_question(call: &Call<'_>, state: &mut State) -> (u16, String) {
    let action = [call.header("x-acs-action"), call.header("x-tc-action")].concat();
    state.asked.push(action.clone());
    if call.provider() == "aliyun" {
        let given = fields(call.query);
        let field = |name: &str| given.get(name).cloned().unwrap_or_default();
        return fake_sms_asked::query_send_details(&field, &state.taken);
    }
    let body = serde_json::from_slice(call.body).unwrap_or_default();
    let State { taken, replies, .. } = state;
    fake_sms_asked::pull(&action, &body, taken, replies)
}

fn kannel(call: &Call<'_>, state: &State) -> Result<Sms, (u16, String)> {
    let given = fields(call.query);
    let field = |name: &str| given.get(name).cloned().unwrap_or_default();
    if field("username") != "svc" || field("password") != state.secret {
        return Err((403, "Authorization failed for sendsms".into()));
    }
    if field("to").is_empty() {
        return Err((400, "Empty receiver number not allowed, rejected".into()));
    }
    if !field("text").is_ascii() && field("coding") != "2" {
        return Err((400, "the real one would send question marks".into()));
    }
    let id = fields(field("dlr-url").split_once('?').unwrap_or_default().1);
    Ok(Sms {
        provider: "kannel",
        to: field("to"),
        from: field("from"),
        text: field("text"),
        id: id.get("msg").cloned().unwrap_or_default(),
        report_url: field("dlr-url"),
        ..Sms::default()
    })
}

fn aliyun(call: &Call<'_>, state: &mut State) -> Result<Option<Sms>, (u16, String)> {
    let error = |code: &str| Err((400, json!({ "Code": code, "Message": code }).to_string()));
    let signed = [
        "host",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-version",
    ];
    let lines: String =
        signed.iter().map(|name| format!("{name}:{}\n", call.header(name))).collect();
    let request =
        format!("POST\n/\n{}\n{lines}\n{}\n{}", call.query, signed.join(";"), sha256(call.body));
    let text = format!("ACS3-HMAC-SHA256\n{}", sha256(request.as_bytes()));
    let expected = hex(&sign256(state.secret.as_bytes(), &text));
    if !call.header("authorization").ends_with(&format!("Signature={expected}")) {
        return error("SignatureDoesNotMatch");
    }
    if state.nonces.insert(call.header("x-acs-signature-nonce"), ()).is_some() {
        return error("SignatureNonceUsed");
    }
    let mut sorted: Vec<&str> = call.query.split('&').collect();
    sorted.sort_unstable();
    if sorted.join("&") != call.query {
        return error("SignatureDoesNotMatch");
    }
    if call.header("x-acs-action") != "SendSms" {
        return Ok(None);
    }
    let given = fields(call.query);
    let field = |name: &str| given.get(name).cloned().unwrap_or_default();
    let business = |code: &str| Err((200, json!({ "Code": code, "Message": code }).to_string()));
    if !field("TemplateCode").starts_with("SMS_") {
        return business("isv.SMS_TEMPLATE_ILLEGAL");
    }
    let Ok(Value::Object(variables)) = serde_json::from_str(&field("TemplateParam")) else {
        return business("isv.INVALID_JSON_PARAM");
    };
    let texts: Option<Vec<String>> =
        variables.values().map(|value| value.as_str().map(str::to_owned)).collect();
    let Some(texts) = texts else { return business("isv.INVALID_JSON_PARAM") };
    Ok(Some(Sms {
        provider: "aliyun",
        to: field("PhoneNumbers"),
        text: texts.join(" "),
        template: field("TemplateCode"),
        variables: texts,
        id: field("OutId"),
        ..Sms::default()
    }))
}

fn tencent(call: &Call<'_>, state: &State) -> Result<Option<Sms>, (u16, String)> {
    let error = |code: &str| {
        Err((
            200,
            json!({ "Response": { "Error": { "Code": code, "Message": code } } }).to_string(),
        ))
    };
    let at: i64 = call.header("x-tc-timestamp").parse().unwrap_or_default();
    let authorization = call.header("authorization");
    let scope = authorization.split(['/', ',']).skip(1).take(3).collect::<Vec<_>>().join("/");
    let date = scope.split('/').next().unwrap_or_default().to_owned();
    let request = format!(
        "POST\n/\n\ncontent-type:{}\nhost:{}\nx-tc-action:{}\n\ncontent-type;host;x-tc-action\n{}",
        call.header("content-type"),
        call.header("host"),
        call.header("x-tc-action").to_lowercase(),
        sha256(call.body)
    );
    let text = format!("TC3-HMAC-SHA256\n{at}\n{scope}\n{}", sha256(request.as_bytes()));
    let key = sign256(format!("TC3{}", state.secret).as_bytes(), &date);
    let key = sign256(&sign256(&key, "sms"), "tc3_request");
    if !authorization.ends_with(&format!("Signature={}", hex(&sign256(&key, &text)))) {
        return error("AuthFailure.SignatureFailure");
    }
    if call.header("x-tc-action") != "SendSms" {
        return Ok(None);
    }
    let json: Value = serde_json::from_slice(call.body).unwrap_or_default();
    let to = json["PhoneNumberSet"][0].as_str().unwrap_or_default();
    let Some(to) = to.strip_prefix("+86") else {
        return error("InvalidParameterValue.IncorrectPhoneNumber");
    };
    let variables: Vec<String> = json["TemplateParamSet"]
        .as_array()
        .map(|list| list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    if variables.iter().any(|value| value.chars().count() > 6) {
        return error("InvalidParameterValue.TemplateParameterLengthLimit");
    }
    Ok(Some(Sms {
        provider: "tencent",
        to: to.to_owned(),
        text: variables.join(" "),
        template: json["TemplateId"].as_str().unwrap_or_default().to_owned(),
        variables,
        id: json["SessionContext"].as_str().unwrap_or_default().to_owned(),
        ..Sms::default()
    }))
}

fn twilio(call: &Call<'_>, state: &State) -> Result<Sms, (u16, String)> {
    let account = call.path.split('/').nth(3).unwrap_or_default();
    let expected = BASE64.encode(format!("{account}:{}", state.secret));
    if call.header("authorization") != format!("Basic {expected}") {
        return Err((401, json!({ "code": 20003, "message": "Authenticate" }).to_string()));
    }
    let given = fields(std::str::from_utf8(call.body).unwrap_or_default());
    let field = |name: &str| given.get(name).cloned().unwrap_or_default();
    let id = fields(field("StatusCallback").split_once('?').unwrap_or_default().1);
    Ok(Sms {
        provider: "twilio",
        to: field("To").trim_start_matches("+86").to_owned(),
        from: field("From"),
        text: field("Body"),
        id: id.get("msg").cloned().unwrap_or_default(),
        report_url: field("StatusCallback"),
        ..Sms::default()
    })
}

fn aggregator(call: &Call<'_>, state: &State) -> Result<Sms, (u16, String)> {
    let json: Value = serde_json::from_slice(call.body).unwrap_or_default();
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    if text("key") != state.secret {
        return Err((200, json!({ "code": 5 }).to_string()));
    }
    Ok(Sms {
        provider: "json",
        to: text("mobile"),
        text: text("content"),
        id: text("uid"),
        ..Sms::default()
    })
}

fn accepted(sms: &mut Sms, serial: usize, segments: u32) -> (u16, String) {
    sms.theirs = match sms.provider {
        "aliyun" => format!("{serial}^0"),
        "twilio" => format!("SM{serial}"),
        _ => serial.to_string(),
    };
    let id = &sms.theirs;
    match sms.provider {
        "kannel" => (202, "0: Accepted for delivery".into()),
        "aliyun" => (200, json!({ "Code": "OK", "BizId": id }).to_string()),
        "tencent" => {
            let status = json!({ "SerialNo": id, "Fee": segments, "Code": "Ok" });
            (200, json!({ "Response": { "SendStatusSet": [status] } }).to_string())
        }
        "twilio" => (201, json!({ "sid": id, "num_segments": segments.to_string() }).to_string()),
        _ => (200, json!({ "code": 0, "data": { "sid": serial } }).to_string()),
    }
}

fn throttle(provider: &str) -> (u16, String) {
    match provider {
        "kannel" => (503, "Temporal failure, try again later.".into()),
        "aliyun" => (200, json!({ "Code": "Throttling.User" }).to_string()),
        "tencent" => {
            let error = json!({ "Error": { "Code": "RequestLimitExceeded" } });
            (200, json!({ "Response": error }).to_string())
        }
        "twilio" => (429, json!({ "code": 20429 }).to_string()),
        _ => (200, json!({ "code": 33 }).to_string()),
    }
}

async fn call(
    Shared(shared): Shared<Arc<Mutex<State>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (fault, (status, text)) = {
        let mut state = shared.lock().expect("no handler panicked");
        let serial = state.calls;
        state.calls += 1;
        let call = Call {
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            headers: &headers,
            body: &body,
        };
        let now = Instant::now();
        while state.recent.front().is_some_and(|at| now - *at >= Duration::from_secs(1)) {
            state.recent.pop_front();
        }
        let full = state.per_second.is_some_and(|limit| state.recent.len() >= limit);
        let planned = state.pattern.and_then(|pattern| pattern(serial));
        let fault = state.faults.pop_front().or(planned);
        if full {
            state.throttled += 1;
            (None, throttle(call.provider()))
        } else if let Some(SmsFault::Answer(status, text)) = &fault {
            (None, (*status, text.clone()))
        } else {
            match read(&call, &mut state) {
                Ok(None) => {
                    let answer = answer_to_question(&call, &mut state);
                    (fault, answer)
                }
                Ok(Some(mut sms)) => {
                    let answer = accepted(&mut sms, serial, state.segments.unwrap_or(1));
                    state.recent.push_back(now);
                    state.taken.push(Sms { at: Some(now), ..sms });
                    (fault, answer)
                }
                Err((status, text)) => {
                    state.wrong.push(format!("{}: {text}", call.provider()));
                    (None, (status, text))
                }
            }
        }
    };
    let shut = shared.lock().expect("no handler panicked").shut.clone();
    if let Some(mut shut) = shut {
        // An error means that the gate is gone: open.
        let _ = shut.wait_for(|shut| !shut).await;
    }
    match fault {
        Some(SmsFault::Drop) => {
            let broken = std::io::Error::other("the connection breaks here");
            return Response::new(Body::from_stream(futures_util::stream::iter([
                Err::<Bytes, _>(broken),
            ])));
        }
        Some(SmsFault::Slow(time)) => tokio::time::sleep(time).await,
        Some(SmsFault::Answer(..)) | None => {}
    }
    (StatusCode::from_u16(status).expect("a status"), text).into_response()
}
