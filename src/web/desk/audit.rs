//! Who looked at whom, for the auditor: filtered, a page at a time, and as a file.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::{Posted, SignedIn};
use crate::office::{CommandError, LookKind, LooksAsked, LooksPage, Office};

const FIELD_CHARS_MAX: usize = 40;

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/audit", get(show)).route("/desk/audit/file/{format}", post(file))
}

/// Days are `2026-11-01`; unknown keys are ignored, empty ones mean all.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    by: String,
    case: String,
    kind: String,
    from: String,
    to: String,
    after: String,
}

type Wanted = Result<Query<Asked>, QueryRejection>;

impl Asked {
    fn read(&self) -> LooksAsked {
        let short = |text: &str| text.trim().chars().take(FIELD_CHARS_MAX).collect::<String>();
        LooksAsked {
            by: short(&self.by),
            case: short(&self.case),
            kind: LookKind::from_word(&self.kind),
            from: short(&self.from),
            to: short(&self.to),
            after: self.after.parse().ok(),
        }
    }

    /// What chooses the entries, without where the page begins.
    fn query(&self) -> String {
        let pairs = [
            ("by", &self.by),
            ("case", &self.case),
            ("kind", &self.kind),
            ("from", &self.from),
            ("to", &self.to),
        ];
        page::query(pairs.map(|(name, text)| (name, text.trim())))
    }
}

#[derive(Template)]
#[template(path = "desk/audit.html")]
struct Page {
    frame: Frame,
    asked: Asked,
    list: LooksPage,
    problem: Option<String>,
}

async fn show(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Wanted,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    let (status, list, problem) = match office.looks(&signed.session, &asked.read()).await {
        Ok(list) => (StatusCode::OK, list, None),
        Err(CommandError::NotFound) => return page::failed(&CommandError::NotFound),
        Err(error) => {
            let none = LooksPage { looks: Vec::new(), next: None };
            (page::status_of(&error), none, Some(error.to_string()))
        }
    };
    let frame = Frame::new(&office, &signed.session, "audit", &headers);
    let page = Page { frame, asked, list, problem };
    page::show(status, &page, &page.frame)
}

async fn file(
    State(office): State<Arc<Office>>,
    Path(format): Path<String>,
    asked: Wanted,
    Posted { signed, .. }: Posted<SignedIn>,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    match office.looks_sheet(&signed.session, &asked.read()).await {
        Ok(sheet) => match office.take_out(&signed.session, &sheet, None).await {
            Ok(mark) => page::sheet_file(sheet, &format, "looks", &mark),
            Err(error) => page::failed(&error.into()),
        },
        Err(error) => page::failed(&error),
    }
}
