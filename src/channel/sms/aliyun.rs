//! Aliyun's short messages (dysmsapi 2017-05-25): approved templates only, ACS3 signatures.
//! Its calls to us are not signed. A SendSms that timed out may have been sent: QuerySendDetails
//! tells, for thirty days, by number and day.

use jiff::Timestamp;
use jiff::tz::Offset;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cloud::{self, Wording, billed, filled, fits, text_of};
use super::form::encoded;
use super::sign::{hex, hmac_sha256, sha256_hex};
use super::{
    About, Answer, Capabilities, Delivery, Fact, HttpRequest, HttpResponse, KeyProblem, Keys,
    Outbound, Provider, Refusal, Refused, Report, Request, Stamp, Taken, Verdict, Wrote,
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

impl Aliyun {
    /// A signed request; the pairs are business parameters.
    fn signed(&self, action: &str, mut pairs: Vec<(&str, &str)>, stamp: &Stamp) -> HttpRequest {
        pairs.sort_unstable();
        let query = encoded(pairs);
        let host = self.api.split_once("://").map_or(&*self.api, |(_, host)| host);
        let date = stamp.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let signing = Acs3 {
            host,
            action,
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
        HttpRequest { method: "POST", url, headers, body: Vec::new() }
    }
}

impl Provider for Aliyun {
    /// Billed when a carrier reports it delivered (help.aliyun.com: 计费).
    fn capabilities(&self) -> Capabilities {
        Capabilities { bills_delivered_only: true, ..cloud::CAPABILITIES }
    }

    fn build(&self, message: &Outbound<'_>, stamp: &Stamp) -> Result<HttpRequest, String> {
        let (template, variables) = message.template.ok_or("这个通道只能发模板短信")?;
        for (name, value) in variables {
            fits(name, value, VARIABLE_CHARACTERS_MAX)?;
        }
        let parameters: serde_json::Map<String, Value> =
            variables.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let parameters = Value::Object(parameters).to_string();
        let pairs = vec![
            ("OutId", message.id),
            ("PhoneNumbers", message.to),
            ("SignName", &self.own.sign_name),
            ("TemplateCode", template),
            ("TemplateParam", &parameters),
        ];
        Ok(self.signed("SendSms", pairs, stamp))
    }

    fn segments(&self, message: &Outbound<'_>) -> u32 {
        cloud::segments(&self.own.sign_name, message)
    }

    fn classify(&self, response: &HttpResponse) -> Verdict {
        let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        cloud::verdict("aliyun", response, json["Code"].as_str(), "OK", || Verdict::Accepted {
            id: filled(&json, "BizId"),
            segments: None,
        })
    }

    /// Of the day on which it was sent, by Beijing's calendar. Without the provider's id it is
    /// found among all of that day to the number, by ours.
    fn inquire(&self, about: &About<'_>, stamp: &Stamp) -> Option<HttpRequest> {
        let day = Offset::constant(8).to_datetime(about.sent_at).strftime("%Y%m%d").to_string();
        let mut pairs = vec![
            ("CurrentPage", "1"),
            ("PageSize", "50"),
            ("PhoneNumber", about.to),
            ("SendDate", &day),
        ];
        pairs.extend(about.theirs.map(|id| ("BizId", id)));
        Some(self.signed("QuerySendDetails", pairs, stamp))
    }

    fn told(&self, response: &HttpResponse) -> Result<Vec<Fact>, Refusal> {
        let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let code = json["Code"].as_str().filter(|code| *code != "OK");
        cloud::told("aliyun", response, code, || {
            let details = &json["SmsSendDetailDTOs"]["SmsSendDetailDTO"];
            DETAILS.facts(details.as_array().map_or(&[], Vec::as_slice))
        })
    }

    fn parse(&self, request: &Request<'_>) -> Result<Vec<Fact>, Refused> {
        CALLS.parse(request.body)
    }

    fn acknowledge(&self, taken: Taken<'_>) -> Answer {
        cloud::acknowledge(taken, &json!({ "code": 0, "msg": "接收成功" }))
    }
}

/// SmsReport and SmsUp.
const CALLS: Wording = Wording { mark: "success", report: receipt, wrote };

/// The elements of QuerySendDetails.
const DETAILS: Wording = Wording { mark: "SendStatus", report: detail, wrote: |_| None };

fn receipt(element: &Value) -> Option<Report> {
    let success =
        element["success"].as_bool() == Some(true) || element["success"].as_str() == Some("true");
    let code = text_of(element, "err_code");
    Some(Report {
        ours: filled(element, "out_id"),
        theirs: filled(element, "biz_id"),
        state: if success { Delivery::Delivered } else { Delivery::Failed },
        detail: format!("{code} {}", text_of(element, "err_msg")).trim().to_owned(),
        segments: text_of(element, "sms_size").parse().ok(),
        to: text_of(element, "phone_number"),
    })
}

/// SendStatus: 1 waits for the carrier's receipt, 2 failed, 3 delivered.
fn detail(element: &Value) -> Option<Report> {
    let state = match text_of(element, "SendStatus").as_str() {
        "1" => Delivery::OnItsWay,
        "2" => Delivery::Failed,
        "3" => Delivery::Delivered,
        _ => return None,
    };
    Some(Report {
        ours: filled(element, "OutId"),
        theirs: None,
        state,
        detail: text_of(element, "ErrCode"),
        segments: filled(element, "Content").map(|content| billed(&content)),
        to: text_of(element, "PhoneNum"),
    })
}

fn wrote(element: &Value) -> Option<Wrote> {
    let (number, content) = (filled(element, "phone_number")?, element["content"].as_str()?);
    let (to, sent) = (text_of(element, "dest_code"), text_of(element, "send_time"));
    let key = match text_of(element, "sequence_id") {
        id if id.is_empty() => format!("{number} {to} {sent} {content}"),
        id => format!("{id} {number} {to}"),
    };
    Some(Wrote {
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
    Offset::constant(8).to_timestamp(at).ok()
}
