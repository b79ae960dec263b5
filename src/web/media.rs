//! Photos and recordings on their way to a browser. They were sent by strangers:
//! only kinds that can not run anything are shown, everything else is a download.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::office::MediaFile;

/// Shown in the page. SVG is not among them: it may hold scripts.
const SHOWN: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/heic",
    "image/bmp",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "audio/aac",
    "video/mp4",
];

/// `cache` says how long the browser may keep it: "no-store", or a private time.
pub fn answer(file: MediaFile, cache: &'static str) -> Response {
    let kind = file.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let shown = SHOWN.iter().find(|shown| **shown == kind);
    let mut headers = HeaderMap::new();
    let content_type = shown.copied().unwrap_or("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if shown.is_none() {
        let name = match kind.as_str() {
            "audio/amr" => "voice.amr",
            "application/pdf" => "fujian.pdf",
            _ => "file",
        };
        let value = format!("attachment; filename=\"{name}\"");
        let value = HeaderValue::try_from(value).expect("fixed ASCII names");
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    (StatusCode::OK, headers, file.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_kinds_are_shown() {
        for (given, content_type, download) in [
            ("image/jpeg", "image/jpeg", None),
            ("Image/PNG; x=y", "image/png", None),
            (
                "application/pdf",
                "application/octet-stream",
                Some("attachment; filename=\"fujian.pdf\""),
            ),
            ("audio/amr", "application/octet-stream", Some("attachment; filename=\"voice.amr\"")),
            ("image/svg+xml", "application/octet-stream", Some("attachment; filename=\"file\"")),
            ("text/html", "application/octet-stream", Some("attachment; filename=\"file\"")),
            ("", "application/octet-stream", Some("attachment; filename=\"file\"")),
        ] {
            let file = MediaFile { content_type: given.to_owned(), bytes: vec![1] };
            let response = answer(file, "no-store");
            let of = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(of(header::CONTENT_TYPE), Some(content_type), "{given}");
            assert_eq!(of(header::CONTENT_DISPOSITION), download, "{given}");
        }
    }
}
