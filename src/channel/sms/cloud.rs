//! What the mainland clouds have in common: approved templates only, JSON without signatures
//! to us, a code in each answer, and the same way of counting.

use serde_json::Value;

use super::{
    Answer, Capabilities, Fact, HttpResponse, Outbound, Refusal, Refused, Report, Taken, Verdict,
    Wrote, by_status, errors,
};
use crate::zh;

pub(super) const JSON: &str = "application/json; charset=utf-8";

pub(super) const CAPABILITIES: Capabilities = Capabilities {
    free_text: false,
    inbound_first: false,
    receipts: true,
    signs: false,
    replies_inline: false,
    segments_max: 8,
    can_be_asked: true,
    bills_delivered_only: false,
};

/// How a provider writes the two kinds of things that it tells.
pub(super) struct Wording {
    /// A field that only reports have.
    pub mark: &'static str,
    pub report: fn(&Value) -> Option<Report>,
    pub wrote: fn(&Value) -> Option<Wrote>,
}

impl Wording {
    pub fn facts(&self, elements: &[Value]) -> Vec<Fact> {
        let fact = |element: &Value| match element.get(self.mark) {
            Some(_) => (self.report)(element).map(Fact::Report),
            None => (self.wrote)(element).map(Fact::Wrote),
        };
        let unreadable = Fact::Unreadable("neither a receipt nor a message");
        elements.iter().map(|element| fact(element).unwrap_or(unreadable.clone())).collect()
    }

    /// An array, or one object alone. A broken element does not spoil the others.
    pub fn parse(&self, body: &[u8]) -> Result<Vec<Fact>, Refused> {
        match serde_json::from_slice(body) {
            Ok(Value::Array(elements)) => Ok(self.facts(&elements)),
            Ok(object @ Value::Object(_)) => Ok(self.facts(&[object])),
            _ => Err(Refused::Malformed("JSON")),
        }
    }
}

/// What follows from the code in an answer; `accepted` is asked when the code is the good one.
pub(super) fn verdict(
    provider: &str,
    response: &HttpResponse,
    code: Option<&str>,
    good: &str,
    accepted: impl FnOnce() -> Verdict,
) -> Verdict {
    match code {
        Some(code) if code == good && response.status == 200 => accepted(),
        Some(code) if code == good => by_status(response.status),
        Some(code) => Verdict::Refused(refusal(provider, code)),
        None if response.status == 200 => Verdict::Unknown("an answer without a code".into()),
        None => by_status(response.status),
    }
}

/// The answer to a question; `Err`: there is none, and why.
pub(super) fn told(
    provider: &str,
    response: &HttpResponse,
    code: Option<&str>,
    facts: impl FnOnce() -> Vec<Fact>,
) -> Result<Vec<Fact>, Refusal> {
    match code {
        None if response.status == 200 => Ok(facts()),
        None => Err(refusal(provider, &format!("HTTP {}", response.status))),
        Some(code) => Err(refusal(provider, code)),
    }
}

fn refusal(provider: &str, code: &str) -> Refusal {
    Refusal { class: errors::class(provider, code), code: code.to_owned() }
}

pub(super) fn acknowledge(taken: Taken<'_>, good: &Value) -> Answer {
    match taken {
        Taken::Kept(_) => Answer { status: 200, content_type: JSON, body: good.to_string() },
        Taken::Lost => Answer { status: 503, content_type: JSON, body: String::new() },
    }
}

/// Parts that are billed: signature, brackets and template count, at 70 in one and 67 in each
/// of several. Without the template's text it is taken to fit into one.
pub(super) fn segments(sign: &str, message: &Outbound<'_>) -> u32 {
    let Some((text, (_, variables))) = message.template_text.zip(message.template) else {
        return 1;
    };
    let mut filled = format!("【{sign}】{text}");
    for (n, (name, value)) in variables.iter().enumerate() {
        // Aliyun names them, Tencent counts from one.
        filled = filled.replace(&format!("${{{name}}}"), value);
        filled = filled.replace(&format!("{{{}}}", n + 1), value);
    }
    billed(&filled)
}

pub(super) fn billed(text: &str) -> u32 {
    u32::try_from(zh::segments(text)).unwrap_or(u32::MAX).max(1)
}

/// A field as text, whether it was written as text or as a number.
pub(super) fn text_of(element: &Value, name: &str) -> String {
    match &element[name] {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

pub(super) fn filled(element: &Value, name: &str) -> Option<String> {
    Some(text_of(element, name)).filter(|text| !text.is_empty())
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
