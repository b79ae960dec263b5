//! Ledgers too large for one answer: asked for, looked after until they are ready, and fetched.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::ledgers::Asked;
use super::page::{self, Frame};
use super::session::{Posted, SignedIn};
use crate::office::{CommandError, ExportState, ExportView, Office, content_type, whose_export};

const PAGE: &str = "/desk/exports";

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route(PAGE, get(list).post(ask))
        .route("/desk/exports/{id}", get(file))
        .route("/desk/exports/{id}/drop", post(drop_one))
}

#[derive(Template)]
#[template(path = "desk/exports.html")]
struct Page {
    frame: Frame,
    exports: Vec<ExportView>,
}

impl Page {
    fn megabytes(&self, export: &ExportView) -> String {
        // A file of the store fits into the fraction.
        format!("{:.1} MB", export.bytes as f64 / f64::from(1 << 20))
    }
}

async fn list(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    let session = &signed.session;
    if !office.may_report(session) {
        return page::failed(&CommandError::NotFound);
    }
    match office.exports(&whose_export(session, None)).await {
        Ok(exports) => {
            let code = match exports.iter().any(|one| one.state == ExportState::Making) {
                true => StatusCode::ACCEPTED,
                false => StatusCode::OK,
            };
            let frame = Frame::new(&office, session, "ledgers", &headers);
            let page = Page { frame, exports };
            page::show(code, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn ask(State(office): State<Arc<Office>>, posted: Posted<SignedIn>) -> Response {
    let Posted { signed, fields } = posted;
    let session = &signed.session;
    let asked = match Asked::posted(&fields).read() {
        Ok(asked) => asked,
        Err(error) => return page::failed(&error),
    };
    let whose = whose_export(session, None);
    let id = office.new_export_id();
    match office.ask_export((session, &whose), &asked, fields.get("format"), &id).await {
        Ok(_) => page::after("export", PAGE, office.secure_cookies()),
        Err(error) => page::failed(&error),
    }
}

async fn file(
    State(office): State<Arc<Office>>,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let whose = whose_export(&signed.session, None);
    match office.export_file(&signed.session, &whose, &id).await {
        Ok((export, bytes)) => answer(&export, bytes),
        Err(error) => page::failed(&error),
    }
}

/// As a file of that ledger and month.
pub fn answer(export: &ExportView, bytes: Vec<u8>) -> Response {
    let name = page::file_name(&format!("{}-{}", export.kind, export.month), &export.format);
    let kind = content_type(&export.format);
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
        .into_response()
}

async fn drop_one(
    State(office): State<Arc<Office>>,
    Path(id): Path<String>,
    posted: Posted<SignedIn>,
) -> Response {
    let session = &posted.signed.session;
    match office.drop_export(session, &whose_export(session, None), &id).await {
        Ok(()) => page::after("export_dropped", PAGE, office.secure_cookies()),
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn what_is_ready_can_be_fetched_and_nothing_else() {
        let export = |id: &str, state: ExportState| ExportView {
            id: id.into(),
            title: "受理办理台账",
            month: "2026-11".into(),
            kind: "cases".into(),
            format: "xlsx".into(),
            made_at: sample::at(),
            until: sample::at(),
            state,
            lines: 12_345,
            bytes: 3 * 1024 * 1024 / 2,
            why: HOSTILE.into(),
        };
        let exports = vec![
            export("0a", ExportState::Making),
            export("0b", ExportState::Ready),
            export("0c", ExportState::Failed),
        ];
        let html = Page { frame: sample::frame(), exports }.render().unwrap();
        check_page(&html);
        assert!(html.contains("href=\"/desk/exports/0b\"") && html.contains("1.5 MB"), "{html}");
        for not_ready in ["0a", "0c"] {
            assert!(!html.contains(&format!("href=\"/desk/exports/{not_ready}\"")), "{html}");
        }
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 1, "{html}");
    }
}
