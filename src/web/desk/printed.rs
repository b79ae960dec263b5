//! The line at the foot of a sheet, and the count of how often it was printed.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;

use super::page;
use super::session::{Posted, SignedIn};
use crate::office::Office;

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/printed", post(printed))
}

/// By the script when the browser prints, or by the button of the sheet without one.
async fn printed(State(office): State<Arc<Office>>, posted: Posted<SignedIn>) -> Response {
    let Posted { signed, fields } = posted;
    let paper = fields.get("paper");
    match office.note_print(&signed.session, paper, fields.get("proof")).await {
        Ok(_) => Redirect::to(paper).into_response(),
        Err(error) => page::failed(&error),
    }
}
