//! Aliyun's short messages (dysmsapi 2017-05-25): approved templates only, ACS3 signatures.
//! Its calls to us are not signed. A SendSms that timed out may have been sent.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::encoded;
use super::sign::{hex, hmac_sha256, sha256_hex};
use super::{
    Answer, Capabilities, Delivery, Fact, HttpRequest, HttpResponse, KeyProblem, Keys, Outbound,
    Provider, Refusal, Refused, Report, Request, Stamp, Taken, Verdict, Wrote, by_status, errors,
};

/// Of one variable (help.aliyun.com: TemplateRule, "other").
const VARIABLE_CHARACTERS_MAX: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    api: Option<String>,
    access_key_id: String,
    sign_name: String,
}

pub(super) struct Aliyun {
    api: String,
    own: Own,
    secret: SecretString,
}

pub(super) fn make(keys: &Keys<'_>) -> Result<Box<dyn Provider>, KeyProblem> {
    let (own, secret): (Own, _) = keys.read("access_key_secret_env")?;
    Ok(Box::new(Aliyun { api: keys.api(&own.api, "https://dysmsapi.aliyuncs.com")?, secret, own }))
}

/// What ACS3 signs; the query comes in sorted and escaped.
pub(super) struct Acs3<'a> {
    pub host: &'a str,
    pub action: &'a str,
    pub version: &'a str,
    pub query: &'a str,
    pub date: &'a str,
    pub nonce: &'a str,
}

impl Acs3<'_> {
    pub fn headers(&self) -> [(&'static str, String); 6] {
        [
            ("host", self.host.to_owned()),
            ("x-acs-action", self.action.to_owned()),
            ("x-acs-content-sha256", sha256_hex(b"")),
            ("x-acs-date", self.date.to_owned()),
            ("x-acs-signature-nonce", self.nonce.to_owned()),
            ("x-acs-version", self.version.to_owned()),
        ]
    }

    pub fn signed_names(&self) -> String {
        self.headers().map(|(name, _)| name).join(";")
    }

    pub fn canonical_hash(&self) -> String {
        let headers: String =
            self.headers().iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let request = format!(
            "POST\n/\n{}\n{headers}\n{}\n{}",
            self.query,
            self.signed_names(),
            sha256_hex(b"")
        );
        sha256_hex(request.as_bytes())
    }

    pub fn signature(&self, secret: &str) -> String {
        let text = format!("ACS3-HMAC-SHA256\n{}", self.canonical_hash());
        hex(&hmac_sha256(secret.as_bytes(), text.as_bytes()))
    }
}

impl Provider for Aliyun {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            free_text: false,
            inbound_first: false,
            receipts: true,
            signs: false,
            replies_inline: false,
            segments_max: 8,
        }
    }

    fn build(&self, message: &Outbound<'_>, stamp: &Stamp) -> Result<HttpRequest, String> {
        let (template, variables) = message.template.ok_or("这个通道只能发模板短信")?;
        for (name, value) in variables {
            fits(name, value, VARIABLE_CHARACTERS_MAX)?;
        }
        let parameters: serde_json::Map<String, Value> =
            variables.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let parameters = Value::Object(parameters).to_string();
        let mut pairs = vec![
            ("OutId", message.id),
            ("PhoneNumbers", message.to),
            ("SignName", &self.own.sign_name),
            ("TemplateCode", template),
            ("TemplateParam", &parameters),
        ];
        pairs.sort();
        let query = encoded(pairs);
        let host = self.api.split_once("://").map_or(&*self.api, |(_, host)| host);
        let date = stamp.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let signing = Acs3 {
            host,
            action: "SendSms",
            version: "2017-05-25",
            query: &query,
            date: &date,
            nonce: &stamp.nonce,
        };
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={},Signature={}",
            self.own.access_key_id,
            signing.signed_names(),
            signing.signature(self.secret.expose_secret())
        );
        let mut headers = signing.headers().to_vec();
        headers.push(("authorization", authorization));
        let url = format!("{}/?{query}", self.api);
        Ok(HttpRequest { method: "POST", url, headers, body: Vec::new() })
    }

    fn classify(&self, response: &HttpResponse) -> Verdict {
        let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        match json["Code"].as_str() {
            Some("OK") if response.status == 200 => {
                Verdict::Accepted { id: json["BizId"].as_str().map(str::to_owned), segments: None }
            }
            Some(code) => Verdict::Refused(Refusal {
                class: errors::class("aliyun", code),
                code: code.into(),
            }),
            None if response.status == 200 => Verdict::Unknown("an answer without a code".into()),
            None => by_status(response.status),
        }
    }

    fn parse(&self, request: &Request<'_>) -> Result<Vec<Fact>, Refused> {
        let elements = elements(request.body)?;
        Ok(elements.iter().map(fact).collect())
    }

    fn acknowledge(&self, taken: Taken<'_>) -> Answer {
        let content_type = "application/json; charset=utf-8";
        match taken {
            Taken::Kept(_) => {
                let body = json!({ "code": 0, "msg": "接收成功" }).to_string();
                Answer { status: 200, content_type, body }
            }
            Taken::Lost => Answer { status: 503, content_type, body: String::new() },
        }
    }
}

fn fact(element: &Value) -> Fact {
    let number = text_of(element, "phone_number");
    if element.get("success").is_some() {
        let success = element["success"].as_bool() == Some(true)
            || element["success"].as_str() == Some("true");
        let code = text_of(element, "err_code");
        return Fact::Report(Report {
            ours: Some(text_of(element, "out_id")).filter(|id| !id.is_empty()),
            theirs: Some(text_of(element, "biz_id")).filter(|id| !id.is_empty()),
            state: if success { Delivery::Delivered } else { Delivery::Failed },
            detail: format!("{code} {}", text_of(element, "err_msg")).trim().to_owned(),
            segments: text_of(element, "sms_size").parse().ok(),
            to: number,
        });
    }
    let (Some(content), false) = (element["content"].as_str(), number.is_empty()) else {
        return Fact::Unreadable("neither a receipt nor a message");
    };
    let (to, sent) = (text_of(element, "dest_code"), text_of(element, "send_time"));
    let key = match text_of(element, "sequence_id") {
        id if id.is_empty() => format!("{number} {to} {sent} {content}"),
        id => format!("{id} {number} {to}"),
    };
    Fact::Wrote(Wrote {
        key: sha256_hex(key.as_bytes()),
        from: number,
        to,
        at: beijing(&sent),
        text: content.to_owned(),
    })
}

/// `2026-01-02 11:04:05`, in very old documents `20260102110405`; UTC+8.
fn beijing(text: &str) -> Option<Timestamp> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let at = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", &digits).ok()?;
    jiff::tz::Offset::constant(8).to_timestamp(at).ok()
}

/// An array, or one object alone.
pub(super) fn elements(body: &[u8]) -> Result<Vec<Value>, Refused> {
    match serde_json::from_slice(body) {
        Ok(Value::Array(elements)) => Ok(elements),
        Ok(object @ Value::Object(_)) => Ok(vec![object]),
        _ => Err(Refused::Malformed("JSON")),
    }
}

/// A field as text, whether it was written as text or as a number.
pub(super) fn text_of(element: &Value, name: &str) -> String {
    match &element[name] {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// What platforms refuse in a variable, found before they do.
pub(super) fn fits(name: &str, value: &str, characters_max: usize) -> Result<(), String> {
    let count = value.chars().count();
    if value.trim().is_empty() {
        return Err(format!("模板的变量 {name} 是空的"));
    }
    if count > characters_max {
        return Err(format!("模板的变量 {name} 有{count}个字，最多{characters_max}个"));
    }
    let lower = value.to_lowercase();
    let is_link = ["http", "www.", "://"].iter().any(|part| lower.contains(part));
    if is_link || value.contains(['【', '】']) || value.chars().any(|c| (c as u32) > 0xFFFF) {
        return Err(format!("模板的变量 {name} 里有网址、【】或表情，短信平台不收"));
    }
    let digits = value.chars().filter(char::is_ascii_digit).count();
    if digits >= 11 {
        return Err(format!("模板的变量 {name} 里有电话号码，短信平台不收"));
    }
    Ok(())
}
