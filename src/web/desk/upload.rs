//! A form with a file in it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::StatusCode;
use axum::response::Response;

use super::page;
use super::session::{self, SignedIn};
use crate::office::Office;

const BROKEN: &str = "文件没有收全，或者太大。请返回再传一次。";

/// As `Posted`: with the right token, sent by somebody signed in as `S`.
pub struct Sent<S> {
    pub signed: S,
    pub upload: Upload,
}

impl<S> FromRequest<Arc<Office>> for Sent<S>
where
    S: FromRequestParts<Arc<Office>, Rejection = Response> + AsRef<SignedIn> + Send,
{
    type Rejection = Response;

    async fn from_request(request: Request, office: &Arc<Office>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let signed = S::from_request_parts(&mut parts, office).await?;
        let headers = parts.headers.clone();
        let upload = read(Request::from_parts(parts, body), office).await;
        let upload = upload.ok_or_else(|| page::message(StatusCode::BAD_REQUEST, BROKEN))?;
        if !session::is_ours(&headers, &upload.csrf, signed.as_ref()) {
            return Err(session::foreign());
        }
        Ok(Self { signed, upload })
    }
}

#[derive(Default)]
pub struct Upload {
    pub csrf: String,
    /// The name that it had, in small letters, and what is in it.
    pub file: Option<(String, Bytes)>,
    /// What was typed beside it.
    pub text: String,
    /// Of the case to which it is to be added.
    pub revision: String,
    /// Which of several ways was chosen.
    pub mode: String,
}

/// `None`: it did not come whole, or is too large.
async fn read(request: Request, office: &Arc<Office>) -> Option<Upload> {
    let mut form = Multipart::from_request(request, office).await.ok()?;
    let mut upload = Upload::default();
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        let called = field.file_name().unwrap_or_default().to_lowercase();
        let bytes = field.bytes().await.ok()?;
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        match name.as_str() {
            "csrf" => upload.csrf = text(),
            "text" => upload.text = text(),
            "revision" => upload.revision = text(),
            "mode" => upload.mode = text(),
            // A browser sends an empty one where none was chosen.
            "table" | "photo" | "file" if !called.is_empty() => upload.file = Some((called, bytes)),
            _ => {}
        }
    }
    Some(upload)
}
