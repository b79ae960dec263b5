//! Kannel (1.4.5), in front of a SIM modem or an aggregator: GET and POST in, sendsms out.
//!
//! Its answers carry no message id, so ours stands in the `dlr-url`. A message of hers may come
//! by any of Kannel's escapes: `text` from `%b`, `%a` or `%r`, `hex` from `%e`, or the body of a
//! POST. Chinese that passed `%a` without `mo-recode` is damaged before it comes here.

use std::borrow::Cow;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::form::{Form, encoded, escaped};
use super::sign::sha256_hex;
use super::{
    Answer, Capabilities, Delivery, Fact, HttpRequest, HttpResponse, KeyProblem, Keys, Outbound,
    Provider, Refusal, Refused, Report, Request, Stamp, Taken, Verdict, Wrote, basic_plane,
    by_status, errors,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// `http://127.0.0.1:13013/cgi-bin/sendsms`
    api: Option<String>,
    username: String,
    /// The number that messages come from, if she has not written to another one.
    from: Option<String>,
    /// Kannel's name of the connection.
    smsc: Option<String>,
}

struct Kannel {
    api: String,
    own: Own,
    password: SecretString,
}

pub(super) fn make(keys: &Keys<'_>) -> Result<Box<dyn Provider>, KeyProblem> {
    let (own, secret): (Own, _) = keys.read("password_env")?;
    Ok(Box::new(Kannel {
        api: keys.api(&own.api, "http://127.0.0.1:13013/cgi-bin/sendsms")?,
        password: secret,
        own,
    }))
}

/// Delivered, undelivered, buffered, accepted and rejected by the network.
const ALL_REPORTS: &str = "31";

impl Provider for Kannel {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            free_text: true,
            inbound_first: true,
            receipts: true,
            signs: false,
            replies_inline: false,
            segments_max: 10,
            can_be_asked: false,
            bills_delivered_only: false,
        }
    }

    fn build(&self, message: &Outbound<'_>, _: &Stamp) -> Result<HttpRequest, String> {
        let text = basic_plane(message.text);
        if text.trim().is_empty() {
            // Kannel takes it and sends an empty message.
            return Err("没有可发的字".into());
        }
        let report = format!(
            "{}?msg={}&d=%d&reply=%A&fid=%F&ts=%T&smsc=%i",
            message.report_url,
            escaped(message.id)
        );
        let mut pairs = vec![
            ("username", self.own.username.as_str()),
            ("password", self.password.expose_secret()),
            ("to", message.to),
            ("text", &text),
            // Without it Chinese goes out as question marks, and Kannel says 202.
            ("coding", "2"),
            ("charset", "UTF-8"),
            ("dlr-mask", ALL_REPORTS),
            ("dlr-url", &report),
        ];
        if let Some(from) = message.from.or(self.own.from.as_deref()) {
            pairs.push(("from", from));
        }
        if let Some(smsc) = &self.own.smsc {
            pairs.push(("smsc", smsc));
        }
        Ok(HttpRequest {
            method: "GET",
            url: format!("{}?{}", self.api, encoded(pairs)),
            headers: Vec::new(),
            body: Vec::new(),
        })
    }

    fn classify(&self, response: &HttpResponse) -> Verdict {
        let said = String::from_utf8_lossy(&response.body).to_lowercase();
        let refused = |code: &str| {
            let code = code.to_owned();
            Verdict::Refused(Refusal { class: errors::class("kannel", &code), code })
        };
        match response.status {
            // "3: Queued for later delivery": Kannel keeps it until the network is back.
            202 | 200 => Verdict::Accepted { id: None, segments: None },
            403 => refused("authorization"),
            503 => refused("temporary"),
            400 if said.contains("denied") => refused("denied"),
            400 if said.contains("receiver") || said.contains("'to'") => refused("empty to"),
            status => by_status(status),
        }
    }

    fn parse(&self, request: &Request<'_>) -> Result<Vec<Fact>, Refused> {
        let query = Form::parse(request.query.as_bytes());
        if let Some(status) = query.filled("d") {
            return Ok(vec![report(&query, &status)]);
        }
        let from = query.filled("from").or_else(|| request.header("x-kannel-from").map(Into::into));
        let from = from.ok_or(Refused::Missing("from"))?;
        let to = query.filled("to").or_else(|| request.header("x-kannel-to").map(Into::into));
        let text = text(&query, request);
        let at = query.filled("ts").and_then(|ts| Timestamp::from_second(ts.parse().ok()?).ok());
        let to = to.unwrap_or_default();
        let key = query.filled("id").unwrap_or_else(|| {
            let when = query.filled("ts").or_else(|| query.filled("time")).unwrap_or_default();
            sha256_hex([&*from, &*to, &when, &text].join("\n").as_bytes())
        });
        Ok(vec![Fact::Wrote(Wrote { key, from, to, at, text })])
    }

    /// Only 200 and 202 count for Kannel, and a body would be sent to her as a message.
    fn acknowledge(&self, taken: Taken<'_>) -> Answer {
        let status = if taken == Taken::Lost { 503 } else { 200 };
        Answer { status, content_type: "text/plain; charset=utf-8", body: String::new() }
    }
}

fn report(query: &Form, status: &str) -> Fact {
    let state = match status {
        "1" => Delivery::Delivered,
        "2" | "16" => Delivery::Failed,
        "4" | "8" => Delivery::OnItsWay,
        _ => return Fact::Unreadable("a delivery status that Kannel does not have"),
    };
    Fact::Report(Report {
        ours: query.filled("msg"),
        theirs: query.filled("fid"),
        state,
        detail: query.filled("reply").unwrap_or_default(),
        segments: None,
        to: String::new(),
    })
}

fn text(query: &Form, request: &Request<'_>) -> String {
    let declared = query.filled("charset").unwrap_or_default();
    let from_body = request
        .content_type
        .split(';')
        .filter_map(|part| part.trim().strip_prefix("charset="))
        .map(|name| name.trim_matches('"').to_owned())
        .next();
    if let Some(bytes) = query.bytes("text") {
        return decoded(bytes, &declared).into_owned();
    }
    if let Some(hex) = query.filled("hex") {
        return decoded(&from_hex(&hex), &declared).into_owned();
    }
    if !request.body.is_empty() {
        let binary = request.content_type.starts_with("application/octet-stream");
        let charset = from_body.unwrap_or(if binary { String::new() } else { declared });
        return decoded(request.body, &charset).into_owned();
    }
    let words = [query.filled("keyword"), query.filled("rest")];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Never fails: half an emoji, or what a modem garbled, must not lose the rest.
fn decoded<'a>(bytes: &'a [u8], charset: &str) -> Cow<'a, str> {
    match charset.to_ascii_uppercase().as_str() {
        "UTF-16BE" | "UCS-2" | "UCS2" | "UTF-16" => {
            let units = bytes.chunks(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0xFFFD,
            });
            let text = char::decode_utf16(units)
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect();
            Cow::Owned(text)
        }
        "ISO-8859-1" | "LATIN1" | "WINDOWS-1252" => latin(bytes),
        // 8-bit: what is not UTF-8 is a byte a character.
        "" if std::str::from_utf8(bytes).is_err() && !looks_like_utf8(bytes) => latin(bytes),
        _ => String::from_utf8_lossy(bytes),
    }
}

fn latin(bytes: &[u8]) -> Cow<'_, str> {
    Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect())
}

/// UTF-8 with a broken character here and there, as a split emoji leaves it.
fn looks_like_utf8(bytes: &[u8]) -> bool {
    let lossy = String::from_utf8_lossy(bytes);
    let broken = lossy.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
    let whole = lossy.chars().filter(|c| *c > '\u{7f}').count() - broken;
    whole >= broken
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}
