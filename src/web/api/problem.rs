//! What went wrong, for programs: RFC 9457, with a code that does not change and what to do.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::office::{CommandError, PostError};

/// `application/problem+json`
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    /// `urn:bianmin:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// What is wrong, for people; Chinese where the county's rules say it.
    detail: String,
    /// One of the list in docs/api.md.
    code: &'static str,
    /// What to do.
    mend: &'static str,
}

/// Every code, with its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    NoKey,
    NotFound,
    WrongMethod,
    BadRequest,
    BadCursor,
    NoIdempotencyKey,
    OtherContent,
    Changed,
    Refused,
    TooLarge,
    NotJson,
    TooMany,
    Unavailable,
}

impl Code {
    #[cfg(test)]
    pub const ALL: [Code; 13] = [
        Code::NoKey,
        Code::NotFound,
        Code::WrongMethod,
        Code::BadRequest,
        Code::BadCursor,
        Code::NoIdempotencyKey,
        Code::OtherContent,
        Code::Changed,
        Code::Refused,
        Code::TooLarge,
        Code::NotJson,
        Code::TooMany,
        Code::Unavailable,
    ];

    /// Code, status, title, and what to do.
    pub fn parts(self) -> (&'static str, StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Code::NoKey => (
                "no_key",
                S::UNAUTHORIZED,
                "No valid key",
                "Send `Authorization: Bearer bm_...` with a key that was made by `bianmin staff key add` and not revoked.",
            ),
            Code::NotFound => (
                "not_found",
                S::NOT_FOUND,
                "Not there",
                "Check the address and the number; what a key may not see is not there for it.",
            ),
            Code::WrongMethod => (
                "wrong_method",
                S::METHOD_NOT_ALLOWED,
                "Not with this method",
                "See /api/v1/openapi.json for what this address takes.",
            ),
            Code::BadRequest => (
                "bad_request",
                S::BAD_REQUEST,
                "The request can not be read",
                "Mend what `detail` names; /api/v1/openapi.json has the shape.",
            ),
            Code::BadCursor => (
                "bad_cursor",
                S::BAD_REQUEST,
                "The cursor is of another list",
                "Take `next` of the last page as it is, with the same filters; or begin without a cursor.",
            ),
            Code::NoIdempotencyKey => (
                "no_idempotency_key",
                S::BAD_REQUEST,
                "A POST needs an Idempotency-Key",
                "Send `Idempotency-Key` with a new random value for each thing to be done, and the same one when trying again.",
            ),
            Code::OtherContent => (
                "other_content",
                S::UNPROCESSABLE_ENTITY,
                "The Idempotency-Key was used for something else",
                "Send a new Idempotency-Key, or the content of the first time.",
            ),
            Code::Changed => (
                "changed",
                S::CONFLICT,
                "Somebody was faster",
                "Get the case again, look whether it still has to be done, and send its new revision.",
            ),
            Code::Refused => (
                "refused",
                S::UNPROCESSABLE_ENTITY,
                "The rules forbid it",
                "Do what `detail` says, or choose one of the `commands` of the case.",
            ),
            Code::TooLarge => {
                ("too_large", S::PAYLOAD_TOO_LARGE, "The body is too large", "Send at most 64 KB.")
            }
            Code::NotJson => (
                "not_json",
                S::UNSUPPORTED_MEDIA_TYPE,
                "The body is no JSON",
                "Send `Content-Type: application/json`.",
            ),
            Code::TooMany => (
                "too_many",
                S::TOO_MANY_REQUESTS,
                "Too many requests",
                "Wait as many seconds as `Retry-After` says.",
            ),
            Code::Unavailable => (
                "unavailable",
                S::SERVICE_UNAVAILABLE,
                "Not stored",
                "Try again in a moment with the same Idempotency-Key.",
            ),
        }
    }

    pub fn with(self, detail: impl Into<String>) -> Failure {
        Failure { code: self, detail: detail.into(), wait: None }
    }
}

/// How a handler says no.
#[derive(Debug, Clone)]
pub struct Failure {
    code: Code,
    detail: String,
    wait: Option<i64>,
}

impl Failure {
    pub fn status(&self) -> StatusCode {
        self.code.parts().1
    }

    /// Seconds until it may be asked again.
    pub fn wait(&self) -> Option<i64> {
        self.wait
    }

    /// `seconds` until it may be asked again.
    pub fn too_many(seconds: i64) -> Self {
        let detail = format!("Too many requests with this key; wait {seconds} s.");
        Self { wait: Some(seconds), ..Code::TooMany.with(detail) }
    }
}

/// For people at a terminal.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Failure {}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let code = match &error {
            CommandError::Changed => Code::Changed,
            CommandError::Refused(_) | CommandError::Field(..) => Code::Refused,
            CommandError::NotFound => Code::NotFound,
            CommandError::Unavailable => Code::Unavailable,
        };
        code.with(error.to_string())
    }
}

impl From<PostError> for Failure {
    fn from(error: PostError) -> Self {
        match error {
            PostError::OtherContent => Code::OtherContent.with(error.to_string()),
            PostError::Command(error) => error.into(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (code, status, title, mend) = self.code.parts();
        let problem = Problem {
            kind: format!("urn:bianmin:problem:{code}"),
            title,
            status: status.as_u16(),
            detail: self.detail,
            code,
            mend,
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list in the manual is whole.
    #[test]
    fn every_code_stands_in_the_manual() {
        let manual = include_str!("../../../docs/api.md");
        for code in Code::ALL {
            let (code, status, title, _) = code.parts();
            let line = format!("| `{code}` | {} | {title} |", status.as_u16());
            assert!(manual.contains(&line), "docs/api.md has no line {line}");
        }
    }
}
