//! The ledger that an agent keeps of her village: a month, its sums, and the printed sheet.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{CommandError, Office, Sheet, Villager};

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/village", get(show)).route("/desk/villagers", get(people))
}

/// `2026-11`; this month when it is empty.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    month: String,
}

#[derive(Template)]
#[template(path = "desk/village.html")]
struct Page {
    frame: Frame,
    month: String,
    sheet: Option<Sheet>,
    problem: Option<String>,
}

async fn show(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    uri: Uri,
    signed: SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let month = match asked {
        Ok(Query(asked)) if !asked.month.trim().is_empty() => asked.month.trim().to_owned(),
        _ => office.this_month(),
    };
    let sheet = match format!("{month}-01").parse() {
        Ok(day) => office.village_ledger(&signed.session, day).await,
        Err(_) => Err(CommandError::Refused("月份请写成 2026-11。".to_owned())),
    };
    let (status, sheet, problem) = match sheet {
        Ok(sheet) => (StatusCode::OK, Some(sheet), None),
        Err(CommandError::NotFound) => return page::failed(&CommandError::NotFound),
        Err(error) => (page::status_of(&error), None, Some(error.to_string())),
    };
    let frame = Frame::new(&office, &signed.session, "cases", &headers);
    let frame = frame.on_paper(&office, &signed.session, &uri).await;
    let page = Page { frame, month, sheet, problem };
    page::show(status, &page, &page.frame)
}

#[derive(Template)]
#[template(path = "desk/villagers.html")]
struct People {
    frame: Frame,
    people: Vec<Villager>,
}

async fn people(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
) -> Response {
    match office.villagers(&signed.session).await {
        Ok(people) => {
            let frame = Frame::new(&office, &signed.session, "cases", &headers);
            let page = People { frame, people };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}
