//! Tencent Cloud's short messages (2021-01-11): approved templates only, TC3 signatures. Its
//! calls to us are not signed, and her messages carry no id.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cloud::{self, JSON, Wording, filled, fits, text_of};
use super::number::international;
use super::sign::{hex, hmac_sha256, sha256_hex};
use super::{
    About, Answer, Capabilities, Delivery, Fact, HttpRequest, HttpResponse, KeyProblem, Keys,
    Outbound, Provider, Refusal, Refused, Report, Request, Stamp, Taken, Verdict, Wrote,
};

/// Of one variable that is no one-time code (cloud.tencent.com, 382/39023).
const VARIABLE_CHARACTERS_MAX: usize = 6;
/// Of one question (cloud.tencent.com, 382/55977).
const PULLED_MAX: u32 = 100;
/// What is older is not told (the same page: seven days).
const TOLD_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24 - 1);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    api: Option<String>,
    secret_id: String,
    app_id: String,
    sign_name: String,
    #[serde(default = "beijing")]
    region: String,
    /// Fetches reports and replies, where no callback reaches us. Tencent's support has to
    /// open it for the account.
    #[serde(default)]
    pull: bool,
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

impl Tencent {
    fn signed(&self, action: &'static str, body: &Value, stamp: &Stamp) -> HttpRequest {
        let body = body.to_string().into_bytes();
        let host = self.api.split_once("://").map_or(&*self.api, |(_, host)| host);
        let signing = Tc3 { host, service: "sms", action, at: stamp.now, body: &body };
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
            ("x-tc-action", action.to_owned()),
            ("x-tc-version", "2021-01-11".to_owned()),
            ("x-tc-region", self.own.region.clone()),
            ("x-tc-timestamp", stamp.now.as_second().to_string()),
            ("authorization", authorization),
        ];
        HttpRequest { method: "POST", url: format!("{}/", self.api), headers, body }
    }
}

impl Provider for Tencent {
    fn capabilities(&self) -> Capabilities {
        cloud::CAPABILITIES
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
        Ok(self.signed("SendSms", &body, stamp))
    }

    fn segments(&self, message: &Outbound<'_>) -> u32 {
        cloud::segments(&self.own.sign_name, message)
    }

    /// One number a request, so one element; what the request as a whole is refused for stands
    /// in `Response.Error`.
    fn classify(&self, response: &HttpResponse) -> Verdict {
        let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let said = &json["Response"];
        let status = &said["SendStatusSet"][0];
        let code = said["Error"]["Code"].as_str().or(status["Code"].as_str());
        cloud::verdict("tencent", response, code, "Ok", || Verdict::Accepted {
            id: filled(status, "SerialNo"),
            segments: status["Fee"].as_u64().and_then(|fee| u32::try_from(fee).ok()),
        })
    }

    /// All that went to the number since then: asking twice takes nothing away.
    fn inquire(&self, about: &About<'_>, stamp: &Stamp) -> Option<HttpRequest> {
        let since = (about.sent_at - jiff::SignedDuration::from_mins(1)).max(stamp.now - TOLD_FOR);
        let body = json!({
            "BeginTime": since.as_second(),
            "EndTime": stamp.now.as_second(),
            "Offset": 0,
            "Limit": PULLED_MAX,
            "PhoneNumber": international(about.to),
            "SmsSdkAppId": self.own.app_id,
        });
        Some(self.signed("PullSmsSendStatusByPhoneNumber", &body, stamp))
    }

    fn fetch(&self, stamp: &Stamp) -> Vec<HttpRequest> {
        let actions: &[_] = match self.own.pull {
            true => &["PullSmsSendStatus", "PullSmsReplyStatus"],
            false => &[],
        };
        let body = json!({ "Limit": PULLED_MAX, "SmsSdkAppId": self.own.app_id });
        actions.iter().map(|action| self.signed(action, &body, stamp)).collect()
    }

    fn told(&self, response: &HttpResponse) -> Result<Vec<Fact>, Refusal> {
        let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let said = &json["Response"];
        let code = said["Error"]["Code"].as_str();
        cloud::told("tencent", response, code, || {
            let sets = ["PullSmsSendStatusSet", "PullSmsReplyStatusSet"];
            let elements = sets.iter().filter_map(|name| said[name].as_array()).flatten();
            PULLED.facts(&elements.cloned().collect::<Vec<_>>())
        })
    }

    fn parse(&self, request: &Request<'_>) -> Result<Vec<Fact>, Refused> {
        CALLS.parse(request.body)
    }

    fn acknowledge(&self, taken: Taken<'_>) -> Answer {
        cloud::acknowledge(taken, &json!({ "result": 0, "errmsg": "OK" }))
    }
}

/// Callbacks.
const CALLS: Wording = Wording {
    mark: "report_status",
    report: |element| {
        let said = ["errmsg", "description"].map(|name| text_of(element, name)).join(" ");
        Some(Report {
            ours: filled(element, "ext"),
            theirs: filled(element, "sid"),
            state: state(&text_of(element, "report_status")),
            detail: said.trim().to_owned(),
            segments: None,
            to: number(&text_of(element, "nationcode"), text_of(element, "mobile")),
        })
    },
    wrote: |element| {
        let from = number(&text_of(element, "nationcode"), filled(element, "mobile")?);
        let fields = ["sign", "extend", "time"].map(|name| text_of(element, name));
        message(from, fields, element["text"].as_str()?)
    },
};

/// The elements of what is pulled: the same facts under other names.
const PULLED: Wording = Wording {
    mark: "ReportStatus",
    report: |element| {
        Some(Report {
            ours: filled(element, "SessionContext"),
            theirs: filled(element, "SerialNo"),
            state: state(&text_of(element, "ReportStatus")),
            detail: text_of(element, "Description"),
            segments: None,
            to: number(&text_of(element, "CountryCode"), text_of(element, "SubscriberNumber")),
        })
    },
    wrote: |element| {
        let subscriber = filled(element, "SubscriberNumber")?;
        let from = number(&text_of(element, "CountryCode"), subscriber);
        let fields = ["SignName", "ExtendCode", "ReplyTime"].map(|name| text_of(element, name));
        message(from, fields, element["ReplyContent"].as_str()?)
    },
};

fn state(word: &str) -> Delivery {
    if word == "SUCCESS" { Delivery::Delivered } else { Delivery::Failed }
}

fn number(nation: &str, mobile: String) -> String {
    match nation {
        "" | "86" => mobile,
        nation => format!("+{nation}{mobile}"),
    }
}

/// It carries no id: who, to what, when and what she wrote stand for one. Called back and
/// pulled, it is the same message.
fn message(from: String, [sign, extend, time]: [String; 3], text: &str) -> Option<Wrote> {
    let key = [&*from, &*sign, &*extend, &*time, text].join("\n");
    Some(Wrote {
        key: sha256_hex(key.as_bytes()),
        from,
        to: extend,
        at: time.parse().ok().and_then(|at| Timestamp::from_second(at).ok()),
        text: text.to_owned(),
    })
}
