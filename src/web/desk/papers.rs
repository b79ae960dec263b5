//! Papers of one case, for the printer: each is a page whose style sheet says how large it is.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{Office, PaperKind, PaperView};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/cases/{number}/papers", get(list))
        .route("/desk/cases/{number}/papers/{kind}", get(one))
}

#[derive(Template)]
#[template(path = "desk/papers.html")]
struct List {
    frame: Frame,
    number: String,
    kinds: Vec<PaperKind>,
}

#[derive(Template)]
#[template(path = "desk/paper.html")]
struct Paper {
    frame: Frame,
    paper: PaperView,
}

fn no_such_paper() -> Response {
    page::message(StatusCode::NOT_FOUND, "没有这张单子。")
}

async fn list(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(number): Path<String>,
) -> Response {
    match office.papers(&signed.session, &number).await {
        Ok(Some(kinds)) => {
            let frame = Frame::new(&office, &signed.session, "cases", &headers);
            let page = List { frame, number, kinds };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Ok(None) => no_such_paper(),
        Err(error) => page::failed(&error),
    }
}

async fn one(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    uri: Uri,
    signed: SignedIn,
    Path((number, kind)): Path<(String, String)>,
) -> Response {
    let Some(kind) = PaperKind::from_word(&kind) else { return no_such_paper() };
    match office.paper(&signed.session, &number, kind).await {
        Ok(Some(paper)) => {
            let frame = Frame::new(&office, &signed.session, "cases", &headers)
                .on_paper(&office, &signed.session, &uri)
                .await;
            let page = Paper { frame, paper };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Ok(None) => no_such_paper(),
        Err(error) => page::failed(&error),
    }
}
