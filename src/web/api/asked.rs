//! How a program asks: its key, its body, its Idempotency-Key.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use serde::de::DeserializeOwned;

use super::problem::{Code, Failure};
use crate::office::{Caller, Office, Once};

const BEARER: &str = "Bearer ";
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 200;

/// Somebody with a key that is good, within its rate.
pub struct Known(pub Caller);

impl FromRequestParts<Arc<Office>> for Known {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, office: &Arc<Office>) -> Result<Self, Failure> {
        let given = text(&parts.headers, header::AUTHORIZATION.as_str()).unwrap_or_default();
        let token = given.strip_prefix(BEARER).map(str::trim).unwrap_or_default();
        if token.is_empty() {
            return Err(Code::NoKey.with("There is no key in the request."));
        }
        known(office, token).await.map(Known)
    }
}

/// Who has this key, if it is good and not used too fast.
pub async fn known(office: &Office, token: &str) -> Result<Caller, Failure> {
    let unknown = |error| {
        tracing::error!(%error, "a key can not be looked up");
        Code::Unavailable.with("The key can not be looked up just now.")
    };
    let caller = office.caller(token).await.map_err(unknown)?;
    let caller = caller.ok_or_else(|| Code::NoKey.with("There is no such key, or no longer."))?;
    match office.admit(&caller.key).await.map_err(unknown)? {
        None => Ok(caller),
        Some(wait) => {
            let more = i64::from(wait.subsec_nanos() > 0);
            Err(Failure::too_many((wait.as_secs() + more).max(1)))
        }
    }
}

/// A query string in which every key is known.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Office>> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Office>) -> Result<Self, Failure> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(error) => Err(Code::BadRequest.with(error.body_text())),
        }
    }
}

/// A POST: who, what, and the mark by which it is known when it comes again.
pub struct Sent<T> {
    pub caller: Caller,
    pub body: T,
    pub once: Once,
}

impl<T: DeserializeOwned> FromRequest<Arc<Office>> for Sent<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, office: &Arc<Office>) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let Known(caller) = Known::from_request_parts(&mut parts, office).await?;
        let key = idempotency_key(&parts.headers)?;
        let kind =
            text(&parts.headers, header::CONTENT_TYPE.as_str()).unwrap_or_default().to_owned();
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let request = Request::from_parts(parts, body);
        let bytes = Bytes::from_request(request, office)
            .await
            .map_err(|_| Code::TooLarge.with("The body is larger than 64 KB, or did not come."))?;
        // Nothing to say is an empty object.
        let body = if bytes.is_empty() { &b"{}"[..] } else { &bytes[..] };
        if !bytes.is_empty() && !kind.starts_with("application/json") {
            return Err(Code::NotJson.with(format!("The Content-Type is {kind:?}.")));
        }
        let once = once(&caller, &key, &method, &path, body);
        let body = serde_json::from_slice(body)
            .map_err(|error| Code::BadRequest.with(format!("The body: {error}.")))?;
        Ok(Self { caller, body, once })
    }
}

fn once(caller: &Caller, key: &str, method: &Method, path: &str, body: &[u8]) -> Once {
    Once::new(&caller.key, key, &format!("{method} {path}\n{}", String::from_utf8_lossy(body)))
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Failure> {
    let key = text(headers, IDEMPOTENCY_KEY).map(str::trim).unwrap_or_default();
    if key.is_empty() {
        return Err(Code::NoIdempotencyKey.with("There is no Idempotency-Key."));
    }
    if key.len() > IDEMPOTENCY_KEY_BYTES_MAX {
        let most = IDEMPOTENCY_KEY_BYTES_MAX;
        return Err(Code::BadRequest.with(format!("The Idempotency-Key has over {most} bytes.")));
    }
    Ok(key.to_owned())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
