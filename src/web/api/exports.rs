//! Ledgers too large for one answer: asked for, looked after, and fetched within a day.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::{Known, Sent};
use super::county::{Month, month_asked};
use super::problem::{Code, Failure};
use super::shapes::Moment;
use crate::office::{ExportState, ExportView, Office, whose_export};
use crate::web::desk::export_answer;

/// Seconds after which one looks again.
const RETRY_AFTER: &str = "5";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportAsked {
    /// As in /ledgers/{kind}.
    pub kind: String,
    /// `2026-11`
    pub month: String,
    /// A name or 12 digits; needed for the village's ledger.
    pub village: Option<String>,
    pub department: Option<String>,
    /// Why whole telephone numbers are wanted; it is written down. Without it they are masked.
    pub identity_reason: Option<String>,
    /// `csv`, `gb18030` or `xlsx`.
    pub format: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Export {
    pub id: String,
    /// `making` (status 202), `ready` or `failed`.
    pub state: &'static str,
    pub kind: String,
    pub month: String,
    pub format: String,
    pub made_at: Moment,
    /// It is gone after that.
    pub until: Moment,
    pub lines: usize,
    pub bytes: usize,
    /// Why it failed.
    pub why: String,
}

impl From<ExportView> for Export {
    fn from(view: ExportView) -> Self {
        Self {
            state: match view.state {
                ExportState::Making => "making",
                ExportState::Ready => "ready",
                ExportState::Failed => "failed",
            },
            id: view.id,
            kind: view.kind,
            month: view.month,
            format: view.format,
            made_at: Moment(view.made_at),
            until: Moment(view.until),
            lines: view.lines,
            bytes: view.bytes,
            why: view.why,
        }
    }
}

fn told(view: ExportView) -> Response {
    let place = format!("{}/exports/{}", super::BASE, view.id);
    let is_made = view.state != ExportState::Making;
    let body = Json(Export::from(view));
    if is_made {
        return body.into_response();
    }
    let headers = [(header::LOCATION, place), (header::RETRY_AFTER, RETRY_AFTER.to_owned())];
    (StatusCode::ACCEPTED, headers, body).into_response()
}

/// Sent twice it is made once.
pub async fn ask(
    State(office): State<Arc<Office>>,
    sent: Sent<ExportAsked>,
) -> Result<Response, Failure> {
    let ExportAsked { kind, month, village, department, identity_reason, format } = sent.body;
    let month = Month { month, village, department, identity_reason, format: None };
    let asked = month_asked(&kind, &month)?;
    if !["csv", "gb18030", "xlsx"].contains(&format.as_str()) {
        return Err(Code::BadRequest.with("`format` is csv, gb18030 or xlsx."));
    }
    let session = &sent.caller.session;
    let whose = whose_export(session, Some(&sent.caller.key));
    let view = office.ask_export((session, &whose), &asked, &format, sent.once.id()).await?;
    Ok(told(view))
}

pub async fn one(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let whose = whose_export(&caller.session, Some(&caller.key));
    Ok(told(office.export(&caller.session, &whose, &id).await?))
}

pub async fn file(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let whose = whose_export(&caller.session, Some(&caller.key));
    let (export, bytes) = office.export_file(&caller.session, &whose, &id).await?;
    Ok(export_answer(&export, bytes))
}
