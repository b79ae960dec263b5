//! An answer in the format that was asked for. What stands in an answer is the same in both: the
//! JSON of a list is a bare array, its XML has a root.

use std::fmt::Write;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
}

impl Format {
    /// `requests.json` is `requests` as JSON.
    pub fn of(file: &str) -> Option<(&str, Self)> {
        match file.rsplit_once('.')? {
            (name, "json") => Some((name, Format::Json)),
            (name, "xml") => Some((name, Format::Xml)),
            _ => None,
        }
    }

    pub fn answer(self, root: &str, value: &Value) -> Response {
        self.with_status(StatusCode::OK, root, value)
    }

    fn with_status(self, status: StatusCode, root: &str, value: &Value) -> Response {
        match self {
            Format::Json => (status, Json(value)).into_response(),
            Format::Xml => {
                let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
                element(&mut text, root, value);
                (status, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
            }
        }
    }
}

/// As the specification wants it: 404 what is missing, 403 the key, 400 all else.
#[derive(Debug, Clone)]
pub struct Refused {
    pub status: StatusCode,
    pub description: String,
    /// Seconds until it may be asked again.
    pub wait: Option<i64>,
}

impl Refused {
    pub fn new(status: StatusCode, description: impl Into<String>) -> Self {
        Self { status, description: description.into(), wait: None }
    }

    pub fn bad(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, description)
    }

    pub fn missing(description: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, description)
    }

    pub fn answer(self, format: Format) -> Response {
        let errors = json!([{ "code": self.status.as_u16(), "description": self.description }]);
        let mut response = format.with_status(self.status, "errors", &errors);
        if let Some(seconds) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// What one of a list is called.
fn one_of(list: &str) -> &str {
    match list {
        "service_requests" => "request",
        "service_request_updates" => "request_update",
        other => other.strip_suffix('s').unwrap_or(other),
    }
}

fn element(text: &mut String, name: &str, value: &Value) {
    let _ = write!(text, "<{name}>");
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(name, one)| element(text, name, one)),
        Value::Array(all) => all.iter().for_each(|one| element(text, one_of(name), one)),
        Value::String(plain) => escape(text, plain),
        other => escape(text, &other.to_string()),
    }
    let _ = write!(text, "</{name}>");
}

/// What XML 1.0 has no room for is left out.
fn escape(text: &mut String, plain: &str) {
    for c in plain.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\t' | '\n' | '\r' => text.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_a_root_and_no_text_breaks_out() {
        let value = json!([{ "id": "001", "description": "a<b & \"c\"\u{1}", "list": [true, 2], "none": null }]);
        let mut text = String::new();
        element(&mut text, "service_requests", &value);
        assert_eq!(
            text,
            "<service_requests><request><id>001</id>\
             <description>a&lt;b &amp; &quot;c&quot;</description>\
             <list><list>true</list><list>2</list></list><none></none></request></service_requests>"
        );
    }

    #[test]
    fn the_format_is_the_end_of_the_name() {
        assert_eq!(Format::of("requests.json"), Some(("requests", Format::Json)));
        assert_eq!(Format::of("126041273.xml"), Some(("126041273", Format::Xml)));
        assert_eq!(Format::of("requests"), None);
        assert_eq!(Format::of("requests.pdf"), None);
    }
}
