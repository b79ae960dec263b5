//! One line, and what the bot makes of it; and what clerks corrected, to learn from.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{CommandError, LineView, Office, Right};

const LINE_CHARACTERS_MAX: usize = 600;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/understand", get(one_line))
        .route("/desk/understand/corrections.csv", get(corrections))
        .route("/desk/understand/places.csv", get(places))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    text: String,
}

#[derive(Template)]
#[template(path = "desk/understand.html")]
struct OneLine {
    frame: Frame,
    max: usize,
    text: String,
    line: Option<LineView>,
    corrections: bool,
}

async fn one_line(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
    signed: SignedIn,
) -> Response {
    let text: String = asked.text.trim().chars().take(LINE_CHARACTERS_MAX).collect();
    let line = match text.is_empty() {
        true => None,
        false => Some(office.understand(&text).await),
    };
    let frame = Frame::new(&office, &signed.session, "understand", &headers);
    let corrections = signed.session.may(Right::Dispatch);
    let page = OneLine { frame, max: LINE_CHARACTERS_MAX, text, line, corrections };
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn corrections(State(office): State<Arc<Office>>, signed: SignedIn) -> Response {
    if !signed.session.may(Right::Dispatch) {
        return page::failed(&CommandError::NotFound);
    }
    download("corrections.csv", office.corrections().await)
}

async fn places(State(office): State<Arc<Office>>, signed: SignedIn) -> Response {
    if !signed.session.may(Right::Dispatch) {
        return page::failed(&CommandError::NotFound);
    }
    download("places.csv", office.place_corrections().await)
}

fn download(file: &str, csv: Result<String, CommandError>) -> Response {
    match csv {
        Ok(csv) => {
            let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned());
            let name = (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\""));
            ([kind, name, (header::CACHE_CONTROL, "no-store".to_owned())], csv).into_response()
        }
        Err(error) => page::failed(&error),
    }
}
