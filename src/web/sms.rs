//! Where the providers of short messages call: any method, and a secret in the path. Hands
//! bytes to the office and its answer back.
//!
//! The log says which channel and why, never path, query or body: they hold the secret and
//! people's numbers.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::origin::caller;
use crate::office::{Office, Refused, SmsCall};

/// A hundred receipts are under 40 KB.
const BODY_BYTES_MAX: usize = 256 * 1024;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/sms/{channel}/{secret}", any(plain))
        .route("/sms/{channel}/{secret}/{kind}", any(with_kind))
}

async fn plain(
    state: State<Arc<Office>>,
    Path((channel, secret)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    extensions: Extensions,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let query = query.unwrap_or_default();
    receive(&state.0, (&channel, &secret, ""), &query, &extensions, &headers, body).await
}

/// Some consoles want one address for receipts and one for replies.
async fn with_kind(
    state: State<Arc<Office>>,
    Path((channel, secret, kind)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
    extensions: Extensions,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (query, rest) = (query.unwrap_or_default(), format!("/{kind}"));
    receive(&state.0, (&channel, &secret, &rest), &query, &extensions, &headers, body).await
}

async fn receive(
    office: &Arc<Office>,
    (channel, secret, rest): (&str, &str, &str),
    query: &str,
    extensions: &Extensions,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return refuse(
            channel,
            &Refused { status: 413, reason: "body too long or cut off".into() },
        );
    };
    let text = |value: &header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let known: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let content_type = headers.get(header::CONTENT_TYPE).map(text).unwrap_or_default();
    let peer = caller(extensions, headers, office);
    let call =
        SmsCall { peer, rest, query, content_type: &content_type, headers: &known, body: &body };
    match office.sms_receive(channel, secret, call).await {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
            (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
        }
        Err(refused) => refuse(channel, &refused),
    }
}

fn refuse(channel: &str, refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_REQUEST);
    // Who does not know the secret may have written anything into the name.
    let channel: String = channel.chars().filter(|c| c.is_ascii_alphanumeric()).take(32).collect();
    tracing::warn!(channel, status = status.as_u16(), reason = %refused.reason, "SMS call refused");
    status.into_response()
}
