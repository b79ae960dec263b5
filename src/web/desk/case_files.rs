//! Photos of a place, and files that go with an answer, sent by a form on the page of a case.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;

use super::cases::show_case;
use super::page;
use super::session::SignedIn;
use super::upload::{Sent, Upload};
use crate::office::{CommandError, FILE_BYTES_MAX, Office};

/// Apart from the others: a file is larger than a form.
pub fn upload_route() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/cases/{number}/photo", post(add_photo))
        .route("/desk/cases/{number}/attach", post(attach))
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX + 64 * 1024))
}

#[derive(Clone, Copy)]
enum Use {
    Photo,
    WithAnswer,
}

async fn add_photo(
    office: State<Arc<Office>>,
    headers: HeaderMap,
    number: Path<String>,
    sent: Sent<SignedIn>,
) -> Response {
    add(Use::Photo, office, headers, number, sent).await
}

async fn attach(
    office: State<Arc<Office>>,
    headers: HeaderMap,
    number: Path<String>,
    sent: Sent<SignedIn>,
) -> Response {
    add(Use::WithAnswer, office, headers, number, sent).await
}

async fn add(
    what_for: Use,
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path(number): Path<String>,
    Sent { signed, upload }: Sent<SignedIn>,
) -> Response {
    match kept(&office, &signed, &number, what_for, upload).await {
        Ok(done) => {
            let path = format!("/desk/cases/{}", page::percent(&number));
            page::after(done, &path, office.secure_cookies())
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let (status, problem) = (page::status_of(&error), Some(error.to_string()));
            show_case(&office, &headers, &signed, &number, status, problem, None).await
        }
    }
}

/// With what the next page says.
async fn kept(
    office: &Office,
    signed: &SignedIn,
    number: &str,
    what_for: Use,
    upload: Upload,
) -> Result<&'static str, CommandError> {
    let session = &signed.session;
    let revision = upload.revision.parse().map_err(|_| CommandError::Changed)?;
    let refused = |text: &str| CommandError::Refused(text.to_owned());
    match (what_for, upload.file) {
        (Use::Photo, None) => Err(refused("请先选一张照片。")),
        (Use::WithAnswer, None) => Err(refused("请先选一张照片或一个PDF。")),
        (Use::Photo, Some((_, bytes))) => {
            office.add_photo(session, number, revision, &upload.text, &bytes).await?;
            Ok("photo")
        }
        (Use::WithAnswer, Some((_, bytes))) => {
            office.attach_file(session, number, revision, &upload.text, &bytes).await?;
            Ok("attached")
        }
    }
}
