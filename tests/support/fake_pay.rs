//! A fake of WeChat Pay, APIv3: checks every request's signature with the merchant's public key,
//! signs every answer, signs and encrypts what it tells, as its documentation says. It shares no
//! code with the program; ring does the arithmetic of both.
//!
//! Money is kept: what a person paid lies in the merchant's balance until it goes back, once for
//! each number, and never more than was paid.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::SystemRandom;
use ring::signature::{
    KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use serde_json::{Value, json};

pub const PAY_MCHID: &str = "1900007291";
pub const PAY_SERIAL: &str = "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB";
pub const PAY_KEY_ID: &str = "PUB_KEY_ID_0119000072912024101100397200000006";
pub const PAY_API_KEY: &str = "0123456789abcdef0123456789ABCDEF";
const BILL: &str = "交易时间,公众账号ID,商户号,微信订单号,商户订单号,交易状态,订单金额,商户退款单号,申请退款金额\r\n";
const MERCHANT: &str = include_str!("../fixtures/wechat_pay/sample_key.pem");
const PLATFORM: &str = include_str!("../fixtures/wechat_pay/platform_key.pem");

/// What the next calls of a path get instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayFault {
    /// Does nothing and answers this error.
    Error(u16, &'static str),
    /// Does its work, and the answer is lost.
    Lost,
    /// Does its work, and the answer's signature is wrong.
    WrongSignature,
    /// Does its work, and the answer is not signed.
    Unsigned,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeTrade {
    pub trade_no: String,
    pub appid: String,
    pub openid: String,
    pub total: i64,
    pub notify_url: String,
    /// `NOTPAY`, `SUCCESS`, `REFUND`, `CLOSED`
    pub state: &'static str,
    pub transaction: String,
    pub expires_at: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeRefund {
    pub no: String,
    pub transaction: String,
    pub amount: i64,
    pub total: i64,
    /// `PROCESSING`, `SUCCESS`, `ABNORMAL`
    pub status: &'static str,
    /// How often it was asked for.
    pub asked: u32,
}

#[derive(Default)]
struct State {
    now: i64,
    trades: BTreeMap<String, FakeTrade>,
    refunds: BTreeMap<String, FakeRefund>,
    faults: Vec<(String, PayFault)>,
    calls: Vec<String>,
    /// Of the merchant, in fen; `None`: it never ends.
    balance: Option<i64>,
    refunds_at_once: bool,
    /// The table of yesterday.
    bill: String,
    url: String,
    serial: u64,
}

pub struct FakePay {
    pub url: String,
    state: Arc<Mutex<State>>,
    server: tokio::task::JoinHandle<()>,
}

/// A notification as it is sent, to be sent again or changed.
#[derive(Clone, Debug)]
pub struct Told {
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Drop for FakePay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn sha1(bytes: &[u8]) -> [u8; 20] {
    use sha1::{Digest, Sha1};
    Sha1::digest(bytes).into()
}

fn key(pem: &str) -> RsaKeyPair {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).expect("base64")).expect("a key")
}

fn sign(text: &[u8]) -> String {
    let key = key(PLATFORM);
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).expect("signs");
    STANDARD.encode(signature)
}

impl FakePay {
    pub async fn start(now: i64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State {
            now,
            refunds_at_once: true,
            url: url.clone(),
            ..State::default()
        }));
        let router = Router::new().fallback(call).with_state(Arc::clone(&state));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the fake serves");
        });
        Self { url, state, server }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no handler panicked")
    }

    pub fn advance(&self, seconds: i64) {
        self.state().now += seconds;
    }

    /// The next call whose path holds `part` gets this; faults queue up.
    pub fn fail(&self, part: &str, fault: PayFault) {
        self.state().faults.push((part.to_owned(), fault));
    }

    pub fn heal(&self) {
        self.state().faults.clear();
    }

    pub fn set_balance(&self, fen: Option<i64>) {
        self.state().balance = fen;
    }

    /// All that was paid and given back, as the bill of the day; `without` leaves lines out.
    pub fn write_bill(&self, without: &str) {
        let mut state = self.state();
        let mut bill = BILL.to_owned();
        let line = |trade: &FakeTrade, kind: &str, no: &str, back: i64| {
            let yuan = |fen: i64| format!("{}.{:02}", fen / 100, fen % 100);
            let (total, back) = (yuan(trade.total), yuan(back));
            format!(
                "`2026-11-23 10:05:00,`{},`{PAY_MCHID},`{},`{},`{kind},`{total},`{no},`{back}\r\n",
                trade.appid, trade.transaction, trade.trade_no
            )
        };
        for trade in state.trades.values().filter(|trade| !trade.transaction.is_empty()) {
            bill.push_str(&line(trade, "SUCCESS", "0", 0));
        }
        for refund in state.refunds.values() {
            let of = state.trades.values().find(|trade| trade.transaction == refund.transaction);
            bill.push_str(&line(of.expect("paid"), "REFUND", &refund.no, refund.amount));
        }
        bill.push_str("总交易单数,应结订单总金额\r\n`1,`1.00\r\n");
        let keeps = |line: &&str| without.is_empty() || !line.contains(without);
        state.bill = bill.split_inclusive("\r\n").filter(keeps).collect();
    }

    /// Refunds are worked on until `finish_refund`.
    pub fn refund_slowly(&self) {
        self.state().refunds_at_once = false;
    }

    /// `POST /v3/...` of every request whose signature was right.
    pub fn calls(&self, part: &str) -> usize {
        self.state().calls.iter().filter(|call| call.contains(part)).count()
    }

    pub fn trades(&self) -> Vec<FakeTrade> {
        self.state().trades.values().cloned().collect()
    }

    pub fn refunds(&self) -> Vec<FakeRefund> {
        self.state().refunds.values().cloned().collect()
    }

    /// What lies with the merchant: paid and not given back.
    pub fn kept(&self) -> i64 {
        let state = self.state();
        let paid = state.trades.values().filter(|trade| !trade.transaction.is_empty());
        let back = state.refunds.values().filter(|refund| refund.status != "ABNORMAL");
        paid.map(|trade| trade.total).sum::<i64>() - back.map(|refund| refund.amount).sum::<i64>()
    }

    /// She pays in WeChat's window; gives the notification that WeChat would send.
    pub fn pay(&self, trade_no: &str) -> Result<Told, String> {
        let mut state = self.state();
        state.serial += 1;
        let transaction = format!("4200000000{:018}", state.serial);
        let trade = state.trades.get_mut(trade_no).ok_or("no such trade")?;
        if trade.state != "NOTPAY" {
            return Err(format!("the trade is {}", trade.state));
        }
        trade.state = "SUCCESS";
        trade.transaction = transaction;
        let (total, trade) = (trade.total, trade_json(trade));
        if let Some(balance) = &mut state.balance {
            *balance += total;
        }
        Ok(told(&state, "TRANSACTION.SUCCESS", &trade))
    }

    /// The same notification told anew: a new time, a new nonce, the same contents.
    pub fn tell_trade(&self, trade_no: &str, change: impl FnOnce(&mut Value)) -> Told {
        let mut state = self.state();
        state.serial += 1;
        let mut json = trade_json(&state.trades[trade_no]);
        change(&mut json);
        told(&state, "TRANSACTION.SUCCESS", &json)
    }

    /// WeChat has finished a refund that it worked on.
    pub fn finish_refund(&self, no: &str, status: &'static str) -> Told {
        let mut state = self.state();
        state.serial += 1;
        let refund = state.refunds.get_mut(no).expect("asked for");
        refund.status = status;
        let json = json!({
            "mchid": PAY_MCHID,
            "out_refund_no": refund.no,
            "transaction_id": refund.transaction,
            "refund_id": "50000000382019052709732678859",
            "refund_status": status,
            "amount": { "total": refund.total, "refund": refund.amount },
        });
        told(&state, &format!("REFUND.{status}"), &json)
    }

    pub async fn send(&self, told: &Told, to: &str) -> u16 {
        let client = reqwest::Client::new();
        let mut request = client.post(to).header("content-type", "application/json");
        for (name, value) in &told.headers {
            request = request.header(*name, value);
        }
        request.body(told.body.clone()).send().await.expect("it answers").status().as_u16()
    }
}

fn trade_json(trade: &FakeTrade) -> Value {
    json!({
        "appid": trade.appid,
        "mchid": PAY_MCHID,
        "out_trade_no": trade.trade_no,
        "transaction_id": trade.transaction,
        "trade_type": "JSAPI",
        "trade_state": trade.state,
        "trade_state_desc": "",
        "success_time": "2026-11-23T10:05:00+08:00",
        "payer": { "openid": trade.openid },
        "amount": { "total": trade.total, "payer_total": trade.total, "currency": "CNY" },
    })
}

fn told(state: &State, event: &str, resource: &Value) -> Told {
    let nonce = format!("n{:011}", state.serial);
    let unbound = UnboundKey::new(&AES_256_GCM, PAY_API_KEY.as_bytes()).expect("32 bytes");
    let mut bytes = resource.to_string().into_bytes();
    let once = Nonce::try_assume_unique_for_key(nonce.as_bytes()).expect("12 bytes");
    LessSafeKey::new(unbound)
        .seal_in_place_append_tag(once, Aad::from("transaction"), &mut bytes)
        .expect("encrypts");
    let body = json!({
        "id": format!("EV-{:020}", state.serial),
        "create_time": "2026-11-23T10:05:01+08:00",
        "event_type": event,
        "resource_type": "encrypt-resource",
        "resource": {
            "original_type": "transaction",
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": STANDARD.encode(bytes),
            "associated_data": "transaction",
            "nonce": nonce,
        },
    })
    .to_string();
    let headers = signed_headers(state.now, &format!("told{}", state.serial), body.as_bytes());
    Told { headers, body }
}

fn signed_headers(now: i64, nonce: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let mut text = format!("{now}\n{nonce}\n").into_bytes();
    text.extend(body);
    text.push(b'\n');
    vec![
        ("wechatpay-timestamp", now.to_string()),
        ("wechatpay-nonce", nonce.to_owned()),
        ("wechatpay-serial", PAY_KEY_ID.to_owned()),
        ("wechatpay-signature", sign(&text)),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048".to_owned()),
    ]
}

/// Is the request the merchant's?
fn is_signed(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8], now: i64) -> bool {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok());
    let Some(rest) = header.and_then(|text| text.strip_prefix("WECHATPAY2-SHA256-RSA2048 ")) else {
        return false;
    };
    let part = |name: &str| {
        let (_, rest) = rest.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let (Some(nonce), Some(timestamp), Some(signature)) =
        (part("nonce_str"), part("timestamp"), part("signature"))
    else {
        return false;
    };
    let path = uri.path_and_query().expect("a path").as_str();
    let mut text = format!("{method}\n{path}\n{timestamp}\n{nonce}\n").into_bytes();
    text.extend(body);
    text.push(b'\n');
    let fresh = timestamp.parse::<i64>().is_ok_and(|at| (at - now).abs() <= 300);
    let merchant = key(MERCHANT);
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, merchant.public_key());
    let signature = STANDARD.decode(signature).unwrap_or_default();
    fresh
        && part("mchid").as_deref() == Some(PAY_MCHID)
        && part("serial_no").as_deref() == Some(PAY_SERIAL)
        && public.verify(&text, &signature).is_ok()
}

async fn call(
    Shared(shared): Shared<Arc<Mutex<State>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = shared.lock().expect("no handler panicked");
    if !is_signed(&method, &uri, &headers, &body, state.now) {
        return answer(&state, 401, json!({ "code": "SIGN_ERROR", "message": "签名错误" }), None);
    }
    let line = format!("{method} {uri}");
    let fault = state.faults.iter().position(|(part, _)| line.contains(part.as_str()));
    let fault = fault.map(|at| state.faults.remove(at).1);
    state.calls.push(line);
    if let Some(PayFault::Error(status, code)) = fault {
        return answer(&state, status, json!({ "code": code, "message": code }), None);
    }
    if uri.path() == "/v3/billdownload/file" {
        // A file is not signed.
        return Response::new(Body::from(state.bill.clone()));
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, json) = state.work(&method, uri.path(), &body);
    state.serial += 1;
    answer(&state, status, json, fault)
}

fn answer(state: &State, status: u16, json: Value, fault: Option<PayFault>) -> Response {
    let body = if json.is_null() { String::new() } else { json.to_string() };
    let mut response = Response::builder().status(StatusCode::from_u16(status).expect("a status"));
    let mut headers = signed_headers(state.now, &format!("a{}", state.serial), body.as_bytes());
    match fault {
        Some(PayFault::Unsigned) => headers.clear(),
        Some(PayFault::WrongSignature) => headers[3].1 = sign(b"something else"),
        Some(PayFault::Lost) => {
            // The work is done; a gateway says so.
            return Response::builder()
                .status(StatusCode::BAD_GATEWAY)
                .body(Body::from("<html>502</html>"))
                .expect("a response");
        }
        _ => {}
    }
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).expect("a response")
}

fn error(status: u16, code: &str, message: &str) -> (u16, Value) {
    (status, json!({ "code": code, "message": message }))
}

impl State {
    fn work(&mut self, method: &Method, path: &str, body: &Value) -> (u16, Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let parts: Vec<&str> = path.trim_start_matches("/v3/").split('/').collect();
        match (method.as_str(), parts.as_slice()) {
            ("POST", ["pay", "transactions", "jsapi"]) => self.prepay(body),
            ("GET", ["pay", "transactions", "out-trade-no", trade_no]) => {
                match self.trades.get(*trade_no) {
                    Some(trade) => (200, trade_json(trade)),
                    None => error(404, "ORDER_NOT_EXIST", "订单不存在"),
                }
            }
            ("POST", ["pay", "transactions", "out-trade-no", trade_no, "close"]) => {
                match self.trades.get_mut(*trade_no) {
                    None => error(404, "ORDER_NOT_EXIST", "订单不存在"),
                    Some(trade) if trade.state == "SUCCESS" || trade.state == "REFUND" => {
                        error(400, "ORDERPAID", "该订单已支付")
                    }
                    Some(trade) => {
                        trade.state = "CLOSED";
                        (204, Value::Null)
                    }
                }
            }
            ("POST", ["refund", "domestic", "refunds"]) => self.refund(
                text(&body["out_refund_no"]),
                text(&body["transaction_id"]),
                body["amount"]["refund"].as_i64().unwrap_or_default(),
                body["amount"]["total"].as_i64().unwrap_or_default(),
            ),
            ("GET", ["refund", "domestic", "refunds", no]) => match self.refunds.get(*no) {
                Some(refund) => (200, refund_json(refund)),
                None => error(404, "RESOURCE_NOT_EXISTS", "退款单不存在"),
            },
            ("GET", ["bill", "tradebill"]) => {
                let sum: String =
                    sha1(self.bill.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
                let url = format!("{}/v3/billdownload/file?token=xx", self.url);
                match self.bill.is_empty() {
                    true => error(400, "NO_STATEMENT_EXIST", "账单文件不存在"),
                    false => (
                        200,
                        json!({ "hash_type": "SHA1", "hash_value": sum, "download_url": url }),
                    ),
                }
            }
            _ => error(404, "NOT_FOUND", "no such API"),
        }
    }

    fn prepay(&mut self, body: &Value) -> (u16, Value) {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let trade_no = text("out_trade_no");
        let total = body["amount"]["total"].as_i64().unwrap_or_default();
        let openid = body["payer"]["openid"].as_str().unwrap_or_default().to_owned();
        let fine = (6..=32).contains(&trade_no.len())
            && trade_no.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte))
            && total > 0
            && text("mchid") == PAY_MCHID
            && !text("description").is_empty()
            && text("notify_url").starts_with("https://")
            && text("time_expire").ends_with("+08:00")
            && !openid.is_empty();
        if !fine {
            return error(400, "PARAM_ERROR", &body.to_string());
        }
        if let Some(known) = self.trades.get(&trade_no) {
            return match known.state {
                "SUCCESS" | "REFUND" => error(400, "ORDERPAID", "该订单已支付"),
                "CLOSED" => error(400, "ORDER_CLOSED", "该订单已关闭"),
                _ if known.openid != openid || known.total != total => {
                    error(400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致")
                }
                _ => (200, json!({ "prepay_id": format!("wx{trade_no}") })),
            };
        }
        let trade = FakeTrade {
            trade_no: trade_no.clone(),
            appid: text("appid"),
            openid,
            total,
            notify_url: text("notify_url"),
            state: "NOTPAY",
            transaction: String::new(),
            expires_at: text("time_expire"),
        };
        self.trades.insert(trade_no.clone(), trade);
        (200, json!({ "prepay_id": format!("wx{trade_no}") }))
    }

    fn refund(&mut self, no: String, of: String, amount: i64, total: i64) -> (u16, Value) {
        if let Some(known) = self.refunds.get_mut(&no) {
            known.asked += 1;
            return match known.amount == amount && known.transaction == of {
                true => (200, refund_json(known)),
                false => error(400, "INVALID_REQUEST", "参数与首次请求时不一致"),
            };
        }
        let Some(trade) = self.trades.values_mut().find(|trade| trade.transaction == of) else {
            return error(404, "RESOURCE_NOT_EXISTS", "订单不存在");
        };
        let before: i64 = self
            .refunds
            .values()
            .filter(|refund| refund.transaction == of)
            .map(|refund| refund.amount)
            .sum();
        if total != trade.total || amount <= 0 || before + amount > trade.total {
            return error(400, "INVALID_REQUEST", "退款金额超过订单金额");
        }
        if let Some(balance) = &mut self.balance {
            if *balance < amount {
                return error(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起");
            }
            *balance -= amount;
        }
        trade.state = "REFUND";
        let status = if self.refunds_at_once { "SUCCESS" } else { "PROCESSING" };
        let refund =
            FakeRefund { no: no.clone(), transaction: of, amount, total, status, asked: 1 };
        let json = refund_json(&refund);
        self.refunds.insert(no, refund);
        (200, json)
    }
}

fn refund_json(refund: &FakeRefund) -> Value {
    json!({
        "refund_id": "50000000382019052709732678859",
        "out_refund_no": refund.no,
        "transaction_id": refund.transaction,
        "status": refund.status,
        "amount": { "total": refund.total, "refund": refund.amount, "currency": "CNY" },
    })
}
