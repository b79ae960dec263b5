//! Aggregators that differ only in the names of their fields: JSON, described in config.toml.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::form::{Form, encoded};
use super::number::international;
use super::sign::sha256_hex;
use super::{
    Answer, Capabilities, Class, Delivery, Fact, HttpRequest, HttpResponse, KeyProblem, Keys,
    Outbound, Provider, Refusal, Refused, Report, Request, Stamp, Taken, Verdict, Wrote,
    basic_plane, by_status,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    api: String,
    /// Names and values of the request; `{to}` `{to86}` `{text}` `{id}` `{report_url}`
    /// `{secret}` `{template}` are filled in. `{variables}` as a whole value is the object of
    /// the template's variables.
    body: BTreeMap<String, Value>,
    /// The body is a form instead of JSON.
    #[serde(default)]
    form: bool,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Carries templates only.
    #[serde(default)]
    templates_only: bool,
    /// Where the answer's code stands, and what it is when all is well.
    code: String,
    ok: Vec<String>,
    /// Codes that say "not now", and those that say "this channel is shut".
    #[serde(default)]
    busy: Vec<String>,
    #[serde(default)]
    down: Vec<String>,
    /// Where the provider's own id stands.
    message_id: Option<String>,
    #[serde(default)]
    inbound: Inbound,
    #[serde(default)]
    report: ReportKeys,
    /// What to answer when all is on disk.
    #[serde(default = "ok")]
    answer: String,
}

fn ok() -> String {
    "{\"code\":0}".into()
}

/// Where the parts of her message stand; paths like `data.mobile`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Inbound {
    /// Of a call that holds several.
    list: String,
    from: String,
    to: String,
    text: String,
    id: String,
    /// Seconds since 1970.
    time: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReportKeys {
    list: String,
    ours: String,
    theirs: String,
    state: String,
    detail: String,
    delivered: Vec<String>,
    failed: Vec<String>,
}

struct Generic {
    api: String,
    own: Own,
    secret: SecretString,
}

pub(super) fn make(keys: &Keys<'_>) -> Result<Box<dyn Provider>, KeyProblem> {
    let (own, secret): (Own, _) = keys.read("secret_env")?;
    if !own.inbound.from.is_empty() && own.inbound.text.is_empty() {
        let mend = "请写她的话在哪个字段，例如 text = \"content\"。Say where her words stand.";
        return Err(KeyProblem::new("inbound", "缺 inbound.text (missing)", mend));
    }
    Ok(Box::new(Generic { api: keys.api(&Some(own.api.clone()), "")?, secret, own }))
}

/// `data.list` of an object; an empty path is the object itself. Numbers and texts alike.
fn at<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|name| !name.is_empty()).try_fold(json, |json, name| match json {
        Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        _ => json.get(name),
    })
}

fn text_at(json: &Value, path: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    match at(json, path)? {
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        other => Some(other.to_string()),
    }
}

fn elements(json: &Value, list: &str) -> Vec<Value> {
    match at(json, list) {
        Some(Value::Array(list)) => list.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

impl Generic {
    fn filled(&self, template: &Value, fill: &dyn Fn(&str) -> String, variables: &Value) -> Value {
        match template {
            Value::String(text) if text == "{variables}" => variables.clone(),
            Value::String(text) => Value::String(fill(text)),
            Value::Array(list) => {
                list.iter().map(|part| self.filled(part, fill, variables)).collect()
            }
            Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(name, part)| (name.clone(), self.filled(part, fill, variables)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    fn fact(&self, element: &Value) -> Option<Fact> {
        let (inbound, report) = (&self.own.inbound, &self.own.report);
        if let Some(state) = text_at(element, &report.state) {
            let state = match state {
                state if report.delivered.contains(&state) => Delivery::Delivered,
                state if report.failed.contains(&state) => Delivery::Failed,
                _ => Delivery::OnItsWay,
            };
            return Some(Fact::Report(Report {
                ours: text_at(element, &report.ours),
                theirs: text_at(element, &report.theirs),
                state,
                detail: text_at(element, &report.detail).unwrap_or_default(),
                segments: None,
                to: String::new(),
            }));
        }
        let (from, text) = (text_at(element, &inbound.from)?, text_at(element, &inbound.text)?);
        let to = text_at(element, &inbound.to).unwrap_or_default();
        let time = text_at(element, &inbound.time).unwrap_or_default();
        let key = text_at(element, &inbound.id)
            .unwrap_or_else(|| sha256_hex([&*from, &*to, &*time, &*text].join("\n").as_bytes()));
        let at = time.parse().ok().and_then(|at| Timestamp::from_second(at).ok());
        Some(Fact::Wrote(Wrote { key, from, to, at, text }))
    }
}

impl Provider for Generic {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            free_text: !self.own.templates_only,
            inbound_first: !self.own.inbound.from.is_empty(),
            receipts: !self.own.report.state.is_empty(),
            signs: false,
            replies_inline: false,
            segments_max: 8,
            can_be_asked: false,
            bills_delivered_only: false,
        }
    }

    fn build(&self, message: &Outbound<'_>, _: &Stamp) -> Result<HttpRequest, String> {
        if self.own.templates_only && message.template.is_none() {
            return Err("这个通道只能发模板短信".into());
        }
        let text = basic_plane(message.text);
        let (template, variables) = message.template.unwrap_or_default();
        let to86 = international(message.to);
        let known = [
            ("{to}", message.to),
            ("{to86}", &to86),
            ("{text}", &text),
            ("{id}", message.id),
            ("{report_url}", message.report_url),
            ("{secret}", self.secret.expose_secret()),
            ("{template}", template),
        ];
        // A value that is filled in is not looked at again: her words may hold a brace.
        let fill = |pattern: &str| {
            let mut filled = String::new();
            let mut rest = pattern;
            'next: while let Some(start) = rest.find('{') {
                filled.push_str(&rest[..start]);
                rest = &rest[start..];
                for (name, value) in known {
                    if let Some(after) = rest.strip_prefix(name) {
                        filled.push_str(value);
                        rest = after;
                        continue 'next;
                    }
                }
                filled.push('{');
                rest = &rest[1..];
            }
            filled + rest
        };
        let variables = variables.iter().map(|(name, value)| (name.clone(), Value::from(&**value)));
        let variables = Value::Object(variables.collect());
        let body = &self.own.body;
        let body: serde_json::Map<String, Value> = body
            .iter()
            .map(|(name, part)| (name.clone(), self.filled(part, &fill, &variables)))
            .collect();
        let (content_type, body) = if self.own.form {
            let text = |value: &Value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let pairs: Vec<(String, String)> =
                body.iter().map(|(name, value)| (name.clone(), text(value))).collect();
            let form = encoded(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            ("application/x-www-form-urlencoded", form)
        } else {
            ("application/json; charset=utf-8", Value::Object(body).to_string())
        };
        let mut headers = vec![("content-type", content_type.to_owned())];
        if let Some(authorization) = self.own.headers.get("authorization") {
            headers.push(("authorization", fill(authorization)));
        }
        Ok(HttpRequest { method: "POST", url: self.api.clone(), headers, body: body.into_bytes() })
    }

    fn classify(&self, response: &HttpResponse) -> Verdict {
        let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let Some(code) = text_at(&json, &self.own.code) else {
            return match response.status {
                200..300 => Verdict::Unknown("an answer without a code".into()),
                status => by_status(status),
            };
        };
        if self.own.ok.contains(&code) {
            let id = self.own.message_id.as_deref().and_then(|path| text_at(&json, path));
            return Verdict::Accepted { id, segments: None };
        }
        let class = match &code {
            code if self.own.busy.contains(code) => Class::Busy,
            code if self.own.down.contains(code) => Class::ChannelDown,
            _ => Class::Other,
        };
        Verdict::Refused(Refusal { class, code })
    }

    fn parse(&self, request: &Request<'_>) -> Result<Vec<Fact>, Refused> {
        let json = if request.content_type.starts_with("application/x-www-form-urlencoded") {
            let form = Form::parse(request.body);
            let pairs = form.pairs().map(|(name, value)| (name.to_owned(), Value::from(&*value)));
            Value::Object(pairs.collect())
        } else {
            serde_json::from_slice(request.body).map_err(|_| Refused::Malformed("JSON"))?
        };
        let mut found = elements(&json, &self.own.report.list);
        if self.own.inbound.list != self.own.report.list || found.is_empty() {
            found.extend(elements(&json, &self.own.inbound.list));
        }
        let unreadable = Fact::Unreadable("neither a report nor a message");
        Ok(found.iter().map(|one| self.fact(one).unwrap_or(unreadable.clone())).collect())
    }

    fn acknowledge(&self, taken: Taken<'_>) -> Answer {
        let content_type = "application/json; charset=utf-8";
        match taken {
            Taken::Kept(_) => Answer { status: 200, content_type, body: self.own.answer.clone() },
            Taken::Lost => Answer { status: 503, content_type, body: String::new() },
        }
    }
}
