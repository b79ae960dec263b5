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
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Query};
use axum::http::StatusCode;
use serde::Deserialize;

use super::page;
use super::session::Fields;
use super::tried::Tried;
use super::visit::Visit;
use crate::office::{CommandError, Office};

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
