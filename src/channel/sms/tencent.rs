//! Tencent Cloud's short messages (2021-01-11): approved templates only, TC3 signatures. Its
//! calls to us are not signed, and her messages carry no id.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::aliyun::{elements, fits, text_of};
use super::number::international;
use super::sign::{hex, hmac_sha256, sha256_hex};
use super::{
    Answer, Capabilities, Delivery, Fact, HttpRequest, HttpResponse, KeyProblem, Keys, Outbound,
    Provider, Refusal, Refused, Report, Request, Stamp, Taken, Verdict, Wrote, by_status, errors,
};

/// Of one variable that is no one-time code (cloud.tencent.com, 382/39023).
const VARIABLE_CHARACTERS_MAX: usize = 6;
const JSON: &str = "application/json; charset=utf-8";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    api: Option<String>,
    secret_id: String,
    app_id: String,
    sign_name: String,
    #[serde(default = "beijing")]
    region: String,
}

fn beijing() -> String {
    "ap-beijing".into()
}

struct Tencent {
    api: String,
    own: Own,
    secret: SecretString,
}

pub(super) fn make(keys: &Keys<'_>) -> Result<Box<dyn Provider>, KeyProblem> {
    let (own, secret): (Own, _) = keys.read("secret_key_env")?;
    Ok(Box::new(Tencent {
        api: keys.api(&own.api, "https://sms.tencentcloudapi.com")?,
        secret,
        own,
    }))
}

/// What TC3 signs.
pub(super) struct Tc3<'a> {
    pub host: &'a str,
    pub service: &'a str,
    pub action: &'a str,
    pub at: Timestamp,
    pub body: &'a [u8],
}

impl Tc3<'_> {
    fn date(&self) -> String {
        self.at.strftime("%Y-%m-%d").to_string()
    }

    pub fn canonical_hash(&self) -> String {
        let request = format!(
            "POST\n/\n\ncontent-type:{JSON}\nhost:{}\nx-tc-action:{}\n\n\
             content-type;host;x-tc-action\n{}",
            self.host,
            self.action.to_ascii_lowercase(),
            sha256_hex(self.body)
        );
        sha256_hex(request.as_bytes())
    }

    fn scope(&self) -> String {
        format!("{}/{}/tc3_request", self.date(), self.service)
    }

    pub fn signature(&self, secret: &str) -> String {
        let text = format!(
            "TC3-HMAC-SHA256\n{}\n{}\n{}",
            self.at.as_second(),
            self.scope(),
            self.canonical_hash()
        );
        let date = hmac_sha256(format!("TC3{secret}").as_bytes(), self.date().as_bytes());
        let service = hmac_sha256(&date, self.service.as_bytes());
        let key = hmac_sha256(&service, b"tc3_request");
        hex(&hmac_sha256(&key, text.as_bytes()))
    }
}

impl Provider for Tencent {
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
        let values: Vec<&str> = variables.iter().map(|(_, value)| value.as_str()).collect();
        let body = json!({
            "PhoneNumberSet": [international(message.to)],
            "SmsSdkAppId": self.own.app_id,
            "TemplateId": template,
            "SignName": self.own.sign_name,
            "TemplateParamSet": values,
            "SessionContext": message.id,
        });
        let body = body.to_string().into_bytes();
        let host = self.api.split_once("://").map_or(&*self.api, |(_, host)| host);
        let signing = Tc3 { host, service: "sms", action: "SendSms", at: stamp.now, body: &body };
        let authorization = format!(
            "TC3-HMAC-SHA256 Credential={}/{}, SignedHeaders=content-type;host;x-tc-action, \
             Signature={}",
            self.own.secret_id,
            signing.scope(),
            signing.signature(self.secret.expose_secret())
        );
        let headers = vec![
            ("content-type", JSON.to_owned()),
            ("host", host.to_owned()),
            ("x-tc-action", "SendSms".to_owned()),
            ("x-tc-version", "2021-01-11".to_owned()),
            ("x-tc-region", self.own.region.clone()),
            ("x-tc-timestamp", stamp.now.as_second().to_string()),
            ("authorization", authorization),
        ];
        Ok(HttpRequest { method: "POST", url: format!("{}/", self.api), headers, body })
    }

    /// One number a request, so one element; what the request as a whole is refused for stands
    /// in `Response.Error`.
    fn classify(&self, response: &HttpResponse) -> Verdict {
        let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let response_part = &json["Response"];
        let status = &response_part["SendStatusSet"][0];
        let code = response_part["Error"]["Code"].as_str().or(status["Code"].as_str());
        match code {
            Some("Ok") => Verdict::Accepted {
                id: status["SerialNo"].as_str().map(str::to_owned),
                segments: status["Fee"].as_u64().and_then(|fee| u32::try_from(fee).ok()),
            },
            Some(code) => Verdict::Refused(Refusal {
                class: errors::class("tencent", code),
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
        match taken {
            Taken::Kept(_) => {
                let body = json!({ "result": 0, "errmsg": "OK" }).to_string();
                Answer { status: 200, content_type: JSON, body }
            }
            Taken::Lost => Answer { status: 503, content_type: JSON, body: String::new() },
        }
    }
}

fn fact(element: &Value) -> Fact {
    let number = match (text_of(element, "nationcode").as_str(), text_of(element, "mobile")) {
        ("" | "86", mobile) => mobile,
        (nation, mobile) => format!("+{nation}{mobile}"),
    };
    if element.get("report_status").is_some() {
        let success = text_of(element, "report_status") == "SUCCESS";
        return Fact::Report(Report {
            ours: Some(text_of(element, "ext")).filter(|id| !id.is_empty()),
            theirs: Some(text_of(element, "sid")).filter(|id| !id.is_empty()),
            state: if success { Delivery::Delivered } else { Delivery::Failed },
            detail: format!("{} {}", text_of(element, "errmsg"), text_of(element, "description"))
                .trim()
                .to_owned(),
            segments: None,
            to: number,
        });
    }
    let (Some(text), false) = (element["text"].as_str(), number.is_empty()) else {
        return Fact::Unreadable("neither a receipt nor a message");
    };
    let (extend, time) = (text_of(element, "extend"), text_of(element, "time"));
    let key = [&*number, &*text_of(element, "sign"), &*extend, &*time, text].join("\n");
    Fact::Wrote(Wrote {
        key: sha256_hex(key.as_bytes()),
        from: number,
        to: extend,
        at: time.parse().ok().and_then(|at| Timestamp::from_second(at).ok()),
        text: text.to_owned(),
    })
}
