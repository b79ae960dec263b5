//! The county's tables as they are live: departments, kinds of matter and their limits, who leads
//! what, places, and the texts of short messages with their length. They are changed as files.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{CommandError, CountyTable, CountyTableKind, Office};

const WORD_CHARS_MAX: usize = 30;

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/county/{table}", get(show))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    word: String,
}

#[derive(Template)]
#[template(path = "desk/county.html")]
struct Page {
    frame: Frame,
    here: String,
    word: String,
    table: CountyTable,
}

impl Page {
    fn title(&self, table: &str) -> &'static str {
        self.frame.say(match table {
            "departments" => "county.departments",
            "categories" => "county.categories",
            "leads" => "county.leads",
            "weights" => "county.weights",
            "replies" => "county.replies",
            "places" => "county.places",
            _ => "county.notices",
        })
    }
}

async fn show(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(here): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let word = asked.map(|Query(asked)| asked.word).unwrap_or_default();
    let word: String = word.trim().chars().take(WORD_CHARS_MAX).collect();
    let table = match CountyTableKind::from_id(&here) {
        Some(kind) => office.county_table(&signed.session, kind, &word),
        None => Err(CommandError::NotFound),
    };
    match table {
        Ok(table) => {
            let frame = Frame::new(&office, &signed.session, "county", &headers);
            let page = Page { frame, here, word, table };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}
