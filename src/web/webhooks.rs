//! Where the channels' servers call. Hands bytes to the office and its answer back;
//! knows neither XML nor keys.
//!
//! What is refused becomes a 4xx and one log line without body or query: both may
//! hold a villager's words or a signature.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::FutureExt;

use crate::office::{Office, Refused};

/// WeChat's largest message, encrypted and in compatible mode, is under 20 KB.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// They see to their own panics: a layer around them costs every message two boxes.
pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/wechat/{account}", get(verify).post(receive))
}

async fn verify(
    State(office): State<Arc<Office>>,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match office.wechat_verify(&account, query.as_deref().unwrap_or_default()) {
        // A county page must never be able to echo markup: plain text, whatever was sent.
        Ok(echo) => {
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, echo).into_response()
        }
        Err(refused) => refuse(&account, refused),
    }
}

/// The request is read where it stands: nothing of its head is copied.
async fn receive(State(office): State<Arc<Office>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    // Names of accounts are letters, digits and `_` (`config`): nothing in them is escaped.
    let account = head.uri.path().rsplit('/').next().unwrap_or_default();
    let body = match read(&head.headers, body).await {
        Ok(body) => body,
        Err(refused) => return refuse(account, refused),
    };
    let received = office.wechat_receive(account, head.uri.query().unwrap_or_default(), &body);
    match AssertUnwindSafe(received).catch_unwind().await {
        Ok(Ok(answer)) => {
            ([(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
        }
        Ok(Err(refused)) => refuse(account, refused),
        Err(panic) => super::panicked(panic),
    }
}

async fn read(headers: &HeaderMap, body: Body) -> Result<axum::body::Bytes, Refused> {
    if !is_xml(headers) {
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content type is not XML"));
    }
    let too_large = || refused(StatusCode::PAYLOAD_TOO_LARGE, "body is over 64 KiB");
    // Said aloud in the header: refused before a byte of it is read.
    if headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok())
        .is_some_and(|length| length > BODY_BYTES_MAX)
    {
        return Err(too_large());
    }
    to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| {
        let text = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        if text.contains("length limit") {
            too_large()
        } else {
            refused(StatusCode::BAD_REQUEST, "body was cut off or did not come in time")
        }
    })
}

/// Peers send `text/xml`, some proxies `application/xml`, some nothing.
fn is_xml(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let Ok(kind) = kind.to_str() else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.is_empty()
        || kind.eq_ignore_ascii_case("text/xml")
        || kind.eq_ignore_ascii_case("application/xml")
}

fn refused(status: StatusCode, reason: &str) -> Refused {
    Refused { status: status.as_u16(), reason: reason.to_owned() }
}

fn refuse(account: &str, refused: Refused) -> Response {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST);
    // `?` quotes the account: it comes from the path and may hold line breaks.
    tracing::warn!(?account, status = status.as_u16(), reason = %refused.reason, "webhook refused");
    status.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content_type: Option<&str>, expect: bool) {
        let mut headers = HeaderMap::new();
        if let Some(value) = content_type {
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
        }
        assert_eq!(is_xml(&headers), expect, "{content_type:?}");
    }

    #[test]
    fn only_xml_or_nothing_is_let_in() {
        for (content_type, expect) in [
            (None, true),
            (Some(""), true),
            (Some("text/xml"), true),
            (Some("Text/XML; charset=utf-8"), true),
            (Some("application/xml"), true),
            (Some("application/json"), false),
            (Some("multipart/form-data; boundary=text/xml"), false),
            (Some("text/xmlish"), false),
            (Some("text/html"), false),
        ] {
            check(content_type, expect);
        }
    }

    fn reading(body: Body, length: Option<&str>) -> Result<usize, u16> {
        let mut headers = HeaderMap::new();
        if let Some(length) = length {
            headers.insert(header::CONTENT_LENGTH, length.parse().unwrap());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(read(&headers, body));
        read.map(|bytes| bytes.len()).map_err(|refused| refused.status)
    }

    #[test]
    fn a_body_is_read_up_to_the_limit() {
        let of = |bytes: usize| Body::from(vec![b'x'; bytes]);
        assert_eq!(reading(of(BODY_BYTES_MAX), None), Ok(BODY_BYTES_MAX));
        assert_eq!(reading(of(BODY_BYTES_MAX + 1), None), Err(413));
        assert_eq!(reading(of(1), Some("65537")), Err(413));
        let broken = futures_util::stream::iter([Ok("a"), Err("gone")]);
        assert_eq!(reading(Body::from_stream(broken), None), Err(400));
    }
}
