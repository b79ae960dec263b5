//! A fake identity provider, OpenID Connect with code flow and PKCE: it checks what it is asked
//! as a real one does, signs its tokens with RS256, gives each code once, changes its keys, and
//! misbehaves when it is told to. It shares no code with the program.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const OIDC_CLIENT: &str = "bianmin-desk";
const KEYS: [&str; 2] = [
    include_str!("../fixtures/wechat_pay/sample_key.pem"),
    include_str!("../fixtures/wechat_pay/platform_key.pem"),
];

/// How it misbehaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OidcFault {
    #[default]
    None,
    WrongNonce,
    WrongAudience,
    /// For us among others, and not given to us.
    OtherParty,
    WrongIssuer,
    Expired,
    Future,
    /// Signed with a key that its list does not have.
    UnknownKey,
    /// Signed by somebody else under a known key's name.
    WrongSignature,
    /// Not signed at all, and saying so.
    Unsigned,
    /// An HMAC with the public key as its secret would be believed by a careless program.
    Hmac,
    /// Sends the browser back with an error.
    Denied,
    /// The code is not taken.
    NoToken,
    NotJson,
    /// Longer than anybody waits.
    Slow,
    Huge,
}

struct State {
    url: String,
    secret: String,
    now: i64,
    person: String,
    fault: OidcFault,
    /// Which of the keys signs; both are listed once they were used.
    key: usize,
    /// Code to challenge, nonce, redirect.
    codes: HashMap<String, (String, String, String)>,
    given: usize,
    keys_asked: usize,
}

type Us = Arc<Mutex<State>>;

#[derive(Clone)]
pub struct FakeOidc {
    pub url: String,
    state: Us,
}

impl FakeOidc {
    pub async fn start(secret: &str, now: i64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            url: url.clone(),
            secret: secret.to_owned(),
            now,
            person: "u-1001".to_owned(),
            fault: OidcFault::None,
            key: 0,
            codes: HashMap::new(),
            given: 0,
            keys_asked: 0,
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/jwks", get(jwks))
            .with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Who signs in there next.
    pub fn is(&self, person: &str) {
        self.state().person = person.to_owned();
    }

    pub fn will(&self, fault: OidcFault) {
        self.state().fault = fault;
    }

    pub fn advance(&self, seconds: i64) {
        self.state().now += seconds;
    }

    pub fn change_key(&self) {
        self.state().key = 1;
    }

    pub fn keys_asked(&self) -> usize {
        self.state().keys_asked
    }
}

fn answer(status: u16, kind: &str, body: String) -> Response {
    let answer = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    answer.body(Body::from(body)).unwrap()
}

fn say(value: &Value) -> Response {
    answer(200, "application/json", value.to_string())
}

async fn describe(Shared(us): Shared<Us>) -> Response {
    let us = us.lock().unwrap();
    let url = &us.url;
    say(&json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

/// Nobody has to type a password here: the person is the one that the test has chosen.
async fn authorize(
    Shared(us): Shared<Us>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let mut us = us.lock().unwrap();
    let part = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let right = part("response_type") == "code"
        && part("client_id") == OIDC_CLIENT
        && part("code_challenge_method") == "S256"
        && part("code_challenge").len() == 43
        && part("scope").split(' ').any(|scope| scope == "openid")
        && part("nonce").len() >= 16
        && part("state").len() >= 16;
    if !right {
        return answer(400, "text/plain", "invalid_request".to_owned());
    }
    let mut back = reqwest::Url::parse(&part("redirect_uri")).unwrap();
    if us.fault == OidcFault::Denied {
        back.query_pairs_mut().append_pair("error", "access_denied");
    } else {
        us.given += 1;
        let code = format!("code-{}", us.given);
        back.query_pairs_mut().append_pair("code", &code);
        let asked = (part("code_challenge"), part("nonce"), part("redirect_uri"));
        us.codes.insert(code, asked);
    }
    back.query_pairs_mut().append_pair("state", &part("state"));
    let answer = Response::builder().status(StatusCode::FOUND);
    answer.header(header::LOCATION, back.as_str()).body(Body::empty()).unwrap()
}

async fn token(Shared(us): Shared<Us>, body: Bytes) -> Response {
    let slow = us.lock().unwrap().fault == OidcFault::Slow;
    if slow {
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    let text = String::from_utf8(body.to_vec()).unwrap();
    let url = reqwest::Url::parse(&format!("http://form/?{text}")).unwrap();
    let form: HashMap<String, String> = url.query_pairs().into_owned().collect();
    let part = |name: &str| form.get(name).cloned().unwrap_or_default();
    let mut us = us.lock().unwrap();
    let asked = us.codes.remove(&part("code"));
    let verifier = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(part("code_verifier")));
    let right = part("grant_type") == "authorization_code"
        && part("client_id") == OIDC_CLIENT
        && part("client_secret") == us.secret;
    let Some((challenge, nonce, redirect)) = asked.filter(|_| right) else {
        return answer(400, "application/json", json!({ "error": "invalid_grant" }).to_string());
    };
    if challenge != verifier || redirect != part("redirect_uri") || us.fault == OidcFault::NoToken {
        return answer(400, "application/json", json!({ "error": "invalid_grant" }).to_string());
    }
    match us.fault {
        OidcFault::NotJson => answer(200, "text/html", "<h1>hello</h1>".to_owned()),
        OidcFault::Huge => answer(200, "application/json", "x".repeat(2_000_000)),
        _ => say(&json!({
            "access_token": "unused", "token_type": "Bearer", "expires_in": 300,
            "id_token": us.id_token(&nonce),
        })),
    }
}

async fn jwks(Shared(us): Shared<Us>) -> Response {
    let mut us = us.lock().unwrap();
    us.keys_asked += 1;
    // A key of another kind stands among them, as real ones have it.
    let mut keys = vec![json!({ "kty": "EC", "kid": "ec", "crv": "P-256", "x": "AA", "y": "AA" })];
    for n in 0..=us.key {
        let public: PublicKeyComponents<Vec<u8>> = pair(n).public_key().into();
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        keys.push(json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": format!("key-{n}"),
            "n": text(&public.n), "e": text(&public.e),
        }));
    }
    say(&json!({ "keys": keys }))
}

fn pair(n: usize) -> RsaKeyPair {
    let text: String = KEYS[n].lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    RsaKeyPair::from_pkcs8(&der).unwrap()
}

impl State {
    fn id_token(&self, nonce: &str) -> String {
        use OidcFault as F;
        let now = self.now;
        let (issued, end) = match self.fault {
            F::Expired => (now - 600, now - 120),
            F::Future => (now + 300, now + 600),
            _ => (now, now + 300),
        };
        let audience = match self.fault {
            F::WrongAudience => json!("another-client"),
            F::OtherParty => json!([OIDC_CLIENT, "another-client"]),
            _ => json!(OIDC_CLIENT),
        };
        let claims = json!({
            "iss": if self.fault == F::WrongIssuer { "https://elsewhere.example" } else { &self.url },
            "sub": self.person,
            "aud": audience,
            "azp": if self.fault == F::OtherParty { "another-client" } else { OIDC_CLIENT },
            "iat": issued,
            "exp": end,
            "nonce": if self.fault == F::WrongNonce { "of somebody else" } else { nonce },
            "email": format!("{}@example.gov.cn", self.person),
            "email_verified": !self.person.ends_with("-unverified"),
        });
        let kid =
            if self.fault == F::UnknownKey { "key-9".into() } else { format!("key-{}", self.key) };
        let alg = match self.fault {
            F::Unsigned => "none",
            F::Hmac => "HS256",
            _ => "RS256",
        };
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({ "alg": alg, "kid": kid })), part(&claims));
        if self.fault == F::Unsigned {
            return format!("{signed}.");
        }
        let by = if self.fault == F::WrongSignature { 1 - self.key } else { self.key };
        let pair = pair(by);
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .unwrap();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}
