//! The clerk's desk: pages that work without a script.

mod account;
mod cases;
mod page;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;

use crate::office::Office;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .merge(account::routes())
        .merge(cases::routes())
        .layer(DefaultBodyLimit::max(session::FORM_BYTES_MAX))
}
