//! Twilio: signed calls, free text, TwiML or REST. China's networks carry it one way at best:
//! it is here for trying things out, and for villagers who are abroad.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::form::{Form, encoded, escaped};
use super::number::international;
use super::sign::{hmac_sha1, sha256_hex};
use super::{
    Answer, Capabilities, Delivery, Fact, HttpRequest, HttpResponse, KeyProblem, Keys, Outbound,
    Provider, Refusal, Refused, Report, Request, Stamp, Taken, Verdict, Wrote, by_status, errors,
};
use crate::zh;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    api: Option<String>,
    account_sid: String,
    /// A number, or the id of a messaging service (`MG...`).
    from: String,
    /// Answers go back in the same response, as TwiML.
    #[serde(default)]
    twiml: bool,
}

struct Twilio {
    api: String,
    own: Own,
    token: SecretString,
}

pub(super) fn make(keys: &Keys<'_>) -> Result<Box<dyn Provider>, KeyProblem> {
    let (own, secret): (Own, _) = keys.read("auth_token_env")?;
    Ok(Box::new(Twilio { api: keys.api(&own.api, "https://api.twilio.com")?, token: secret, own }))
}

/// Base64 of HMAC-SHA1 over the URL and each name with its values, both sorted and unique.
pub(super) fn signature(token: &str, url: &str, form: &[(String, String)]) -> String {
    let mut pairs: Vec<&(String, String)> = form.iter().collect();
    pairs.sort();
    pairs.dedup();
    let mut text = url.to_owned();
    for (name, value) in pairs {
        text.push_str(name);
        text.push_str(value);
    }
    BASE64.encode(hmac_sha1(token.as_bytes(), text.as_bytes()))
}

/// The same address without its port, and with the port of its scheme.
fn with_and_without_port(url: &str) -> Option<[String; 2]> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let default = if scheme == "https" { "443" } else { "80" };
    let (name, port) = host.split_once(':').unwrap_or((host, default));
    Some([format!("{scheme}://{name}{path}"), format!("{scheme}://{name}:{port}{path}")])
}

impl Twilio {
    fn believe(&self, request: &Request<'_>, form: &[(String, String)]) -> Result<(), Refused> {
        let given = request.header("x-twilio-signature").ok_or(Refused::Missing("signature"))?;
        if let Some(expected) = Form::parse(request.query.as_bytes()).filled("bodySHA256") {
            let found = sha256_hex(request.body);
            if !bool::from(found.as_bytes().ct_eq(expected.as_bytes())) {
                return Err(Refused::BadSignature);
            }
        }
        let both = with_and_without_port(request.url).ok_or(Refused::BadSignature)?;
        let token = self.token.expose_secret();
        let good = both
            .iter()
            .any(|url| bool::from(signature(token, url, form).as_bytes().ct_eq(given.as_bytes())));
        if good { Ok(()) } else { Err(Refused::BadSignature) }
    }
}

impl Provider for Twilio {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            free_text: true,
            inbound_first: true,
            receipts: true,
            signs: true,
            replies_inline: self.own.twiml,
            segments_max: 8,
            can_be_asked: false,
            bills_delivered_only: false,
        }
    }

    fn build(&self, message: &Outbound<'_>, _: &Stamp) -> Result<HttpRequest, String> {
        if message.text.trim().is_empty() {
            return Err("没有可发的字".into());
        }
        let account = &self.own.account_sid;
        let (to, from) = (international(message.to), message.from.unwrap_or(&self.own.from));
        let callback = format!("{}?msg={}", message.report_url, escaped(message.id));
        let service = if from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let pairs = [
            ("To", to.as_str()),
            (service, from),
            ("Body", message.text),
            ("StatusCallback", &callback),
        ];
        let credentials = format!("{account}:{}", self.token.expose_secret());
        Ok(HttpRequest {
            method: "POST",
            url: format!("{}/2010-04-01/Accounts/{account}/Messages.json", self.api),
            headers: vec![
                ("content-type", "application/x-www-form-urlencoded".into()),
                ("authorization", format!("Basic {}", BASE64.encode(credentials))),
            ],
            body: encoded(pairs).into_bytes(),
        })
    }

    /// Twilio sends what fits into the 7-bit alphabet in it.
    fn segments(&self, message: &Outbound<'_>) -> u32 {
        u32::try_from(zh::segments_in_gsm7(message.text)).unwrap_or(u32::MAX).max(1)
    }

    fn classify(&self, response: &HttpResponse) -> Verdict {
        let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        if (200..300).contains(&response.status) {
            let segments = json["num_segments"].as_str().and_then(|n| n.parse().ok());
            return match json["sid"].as_str() {
                Some(sid) => Verdict::Accepted { id: Some(sid.to_owned()), segments },
                None => Verdict::Unknown("an answer without a sid".into()),
            };
        }
        match json["code"].as_u64() {
            Some(code) if response.status < 500 => {
                let code = code.to_string();
                let class = match response.status {
                    429 => super::Class::Busy,
                    _ => errors::class("twilio", &code),
                };
                Verdict::Refused(Refusal { class, code })
            }
            // It says nothing of an idempotency key: a 5xx may have been sent.
            _ if response.status >= 500 => Verdict::Unknown(format!("HTTP {}", response.status)),
            _ => by_status(response.status),
        }
    }

    fn parse(&self, request: &Request<'_>) -> Result<Vec<Fact>, Refused> {
        let is_form = request.content_type.starts_with("application/x-www-form-urlencoded");
        let form = Form::parse(if is_form { request.body } else { b"" });
        let pairs: Vec<(String, String)> =
            form.pairs().map(|(name, value)| (name.to_owned(), value.into_owned())).collect();
        self.believe(request, &pairs)?;
        if form.filled("AccountSid").is_some_and(|sid| sid != self.own.account_sid) {
            return Err(Refused::ForeignAccount);
        }
        let Some(sid) = form.filled("MessageSid") else { return Ok(vec![Fact::Nothing]) };
        if let Some(status) = form.filled("MessageStatus") {
            let state = match status.as_str() {
                "delivered" | "read" => Delivery::Delivered,
                "undelivered" | "failed" | "canceled" => Delivery::Failed,
                "accepted" | "scheduled" | "queued" | "sending" | "sent" => Delivery::OnItsWay,
                _ => return Ok(vec![Fact::Unreadable("a status that is not known")]),
            };
            return Ok(vec![Fact::Report(Report {
                ours: Form::parse(request.query.as_bytes()).filled("msg"),
                theirs: Some(sid),
                state,
                detail: form.filled("ErrorCode").unwrap_or(status),
                segments: None,
                to: form.filled("To").unwrap_or_default(),
            })]);
        }
        let from = form.filled("From").ok_or(Refused::Missing("From"))?;
        let text = form.text("Body").unwrap_or_default();
        Ok(vec![Fact::Wrote(Wrote {
            key: sid,
            from,
            to: form.filled("To").unwrap_or_default(),
            at: None,
            text: unpacked(&text).unwrap_or_else(|| text.into_owned()),
        })])
    }

    fn acknowledge(&self, taken: Taken<'_>) -> Answer {
        let content_type = "text/xml; charset=utf-8";
        const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
        match taken {
            Taken::Kept(Some(text)) => {
                let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                let body = format!("{HEAD}<Response><Message>{text}</Message></Response>");
                Answer { status: 200, content_type, body }
            }
            Taken::Kept(None) => {
                Answer { status: 200, content_type, body: format!("{HEAD}<Response/>") }
            }
            Taken::Lost => Answer { status: 503, content_type, body: String::new() },
        }
    }
}

/// Twilio hands some long joined messages over as base64.
fn unpacked(text: &str) -> Option<String> {
    let is_base64 = text.len() >= 60
        && text.len().is_multiple_of(4)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    let bytes = is_base64.then(|| BASE64.decode(text).ok())??;
    String::from_utf8(bytes).ok().filter(|text| !text.is_ascii())
}
