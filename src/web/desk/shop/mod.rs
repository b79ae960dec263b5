//! The shop at the desk: one file a page. Who may see and do what is the office's to say; a page
//! of the shop only asks, shows, and after a form that was refused shows itself again.

mod complaints;
mod day;
mod goods;
mod leads;
mod merchants;
mod orders;
mod purchases;
mod reports;
mod runs;
mod samples;
mod sheets;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::{Fields, SignedIn};
use super::tried::Tried;
use crate::office::{CommandError, Office, Session};

/// A table of twenty thousand rows fits.
const UPLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .merge(day::routes())
        .merge(orders::routes())
        .merge(goods::routes())
        .merge(merchants::routes())
        .merge(runs::routes())
        .merge(sheets::routes())
        .merge(reports::routes())
        .merge(purchases::routes())
        .merge(leads::routes())
        .merge(complaints::routes())
        .merge(samples::routes())
}

/// Apart from the others: a table is larger than a form.
pub fn upload_route() -> Router<Arc<Office>> {
    goods::upload_route().layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
}

/// What the addresses of the shop's pages may ask for; what is not written is empty.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    search: String,
    state: String,
    merchant: String,
    village: String,
    code: String,
    kind: String,
    day: String,
    month: String,
    flagged: String,
    /// All lines of a sheet, however many.
    whole: String,
}

type Wanted = Result<Query<Asked>, QueryRejection>;

fn asked(wanted: Wanted) -> Asked {
    wanted.map(|Query(asked)| asked).unwrap_or_default()
}

fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Somebody signed in at a page of the shop.
struct Visit {
    office: Arc<Office>,
    signed: SignedIn,
    headers: HeaderMap,
    uri: Uri,
}

impl FromRequestParts<Arc<Office>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Arc<Office>,
    ) -> Result<Self, Self::Rejection> {
        let signed = SignedIn::from_request_parts(parts, office).await?;
        Ok(Self {
            office: office.clone(),
            signed,
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
        })
    }
}

impl AsRef<SignedIn> for Visit {
    fn as_ref(&self) -> &SignedIn {
        &self.signed
    }
}

impl Visit {
    fn session(&self) -> &Session {
        &self.signed.session
    }

    fn frame(&self) -> Frame {
        Frame::new(&self.office, self.session(), "shop", &self.headers)
    }

    async fn paper_frame(&self) -> Frame {
        self.frame().on_paper(&self.office, self.session(), &self.uri).await
    }

    /// After a form: on to `path`, which says so. `Err`: why not, for the page to say again;
    /// what is not hers has no page.
    fn after(
        &self,
        done: Result<(), CommandError>,
        code: &'static str,
        path: &str,
    ) -> Result<Response, CommandError> {
        match done {
            Ok(()) => Ok(page::after(code, path, self.office.secure_cookies())),
            Err(CommandError::NotFound) => Ok(page::failed(&CommandError::NotFound)),
            Err(error) => Err(error),
        }
    }
}

/// Status and line of a page that is shown once more.
fn told(error: Option<&CommandError>) -> (StatusCode, Option<String>) {
    match error {
        Some(error) => (page::status_of(error), Some(error.to_string())),
        None => (StatusCode::OK, None),
    }
}

/// The same where each field of the page is filled from what was typed.
fn tried(error: Option<&CommandError>) -> (StatusCode, Tried) {
    let status = error.map_or(StatusCode::OK, page::status_of);
    (status, error.map(|error| Tried::new("", Fields::default(), error)).unwrap_or_default())
}
