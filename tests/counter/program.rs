//! Another program, with a key. Whatever it is answered must be as the document says.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bianmin::office::Role;
use serde_json::{Value, json};

use crate::county::County;

/// A village of the shipped county.
pub const VILLAGE: &str = "130225102216";

pub struct Program<'a> {
    county: &'a County,
    pub token: String,
}

pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// It went well.
    pub fn fine(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }
}

pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(bianmin::web::api::document)
}

impl County {
    pub async fn program(&self, name: &str, role: Role, of: Option<&str>) -> Program<'_> {
        let token = self.office.add_api_key(name, role, of).await.unwrap();
        Program { county: self, token }
    }

    /// The same program at this instance.
    pub fn with_key(&self, token: &str) -> Program<'_> {
        Program { county: self, token: token.to_owned() }
    }
}

impl Program<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        let url = format!("{}/api/v1{path}", self.county.base);
        self.send("get", path, self.county.http.get(url)).await
    }

    /// Under a new Idempotency-Key.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        static SENT: AtomicU32 = AtomicU32::new(0);
        let key = format!("test-{}", SENT.fetch_add(1, Ordering::Relaxed));
        self.post_as(&key, path, &body).await
    }

    pub async fn post_as(&self, key: &str, path: &str, body: &Value) -> Answer {
        let url = format!("{}/api/v1{path}", self.county.base);
        let request = self.county.http.post(url).header("idempotency-key", key);
        let request = request.header("content-type", "application/json").body(body.to_string());
        self.send("post", path, request).await
    }

    /// A whole list in place of the one before.
    pub async fn put(&self, path: &str, kind: &str, body: String) -> Answer {
        let url = format!("{}/api/v1{path}", self.county.base);
        let request = self.county.http.put(url).header("content-type", kind).body(body);
        self.send("put", path, request).await
    }

    async fn send(&self, method: &str, path: &str, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        check_against_document(method, path, status, &body);
        Answer { status, body, headers }
    }

    /// A case as this program sees it.
    pub async fn case(&self, number: &str) -> Value {
        self.get(&format!("/cases/{number}")).await.fine()
    }

    /// A command on the case as it is now.
    pub async fn act(&self, number: &str, command: &str, mut fields: Value) -> Answer {
        fields["revision"] = self.case(number).await["revision"].clone();
        self.post(&format!("/cases/{number}/{command}"), fields).await
    }
}

/// The operation that the document has for this address.
pub fn operation<'d>(method: &str, path: &str) -> Option<(&'d str, &'d Value)> {
    let path = format!("/api/v1{}", path.split('?').next().unwrap());
    let fits = |template: &str| {
        let (a, b): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b || a.starts_with('{'))
    };
    let paths = document()["paths"].as_object().unwrap();
    let found = paths.iter().find(|(template, all)| fits(template) && all.get(method).is_some());
    found.map(|(template, all)| (template.as_str(), &all[method]))
}

fn check_against_document(method: &str, path: &str, status: u16, body: &Value) {
    let Some((template, operation)) = operation(method, path) else {
        assert!((400..500).contains(&status), "{method} {path} is not in the document: {status}");
        return;
    };
    let response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{method} {template} does not tell of {status}: {body}");
    let kind = if status < 300 { "application/json" } else { "application/problem+json" };
    let schema = response["content"][kind]["schema"].clone();
    if body.is_string() {
        // A file for a table program.
        return;
    }
    let mut whole = json!({ "allOf": [schema] });
    whole["components"] = document()["components"].clone();
    let validator = jsonschema::validator_for(&whole).unwrap();
    let wrong: Vec<String> = validator.iter_errors(body).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{method} {template} {status}: {wrong:?}\n{body:#}");
}
