//! A form with a file in it.

use axum::body::Bytes;
use axum::extract::Multipart;
use axum::extract::multipart::MultipartRejection;

#[derive(Default)]
pub struct Upload {
    pub csrf: String,
    /// The name that it had, in small letters, and what is in it.
    pub file: Option<(String, Bytes)>,
    /// What was typed beside it.
    pub text: String,
    /// Of the case to which it is to be added.
    pub revision: String,
}

/// `None`: it did not come whole, or is too large.
pub async fn read(form: Result<Multipart, MultipartRejection>) -> Option<Upload> {
    let mut form = form.ok()?;
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
            // A browser sends an empty one where none was chosen.
            "table" | "photo" | "file" if !called.is_empty() => upload.file = Some((called, bytes)),
            _ => {}
        }
    }
    Some(upload)
}
