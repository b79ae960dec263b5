//! Reports of a month: on the page, on paper, and as a file for a table program.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use super::{Asked, Visit, Wanted, asked, some, told};
use crate::office::shop::ReportKind;
use crate::office::{CommandError, Office, Sheet};
use crate::web::desk::page::{self, Frame};

/// On the page; the file has all of them.
const SHOWN_MAX: usize = 300;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/shop/reports", get(show))
        .route("/desk/shop/reports/file/{format}", get(file))
}

#[derive(Template)]
#[template(path = "desk/shop_reports.html")]
struct Page {
    frame: Frame,
    kinds: &'static [ReportKind],
    asked: Asked,
    sheet: Option<Sheet>,
    /// Lines that are not shown.
    left_out: usize,
    /// What chose the table, for the files.
    query: String,
    problem: Option<String>,
}

async fn read(visit: &Visit, asked: &Asked) -> Result<Sheet, CommandError> {
    let refused = |text: &str| CommandError::Refused(text.to_owned());
    let kind = ReportKind::from_word(&asked.kind).ok_or_else(|| refused("请选一种报表。"))?;
    let month = format!("{}-01", asked.month.trim());
    let month = month.parse().map_err(|_| refused("月份请写成 2026-11。"))?;
    let merchant = some(&asked.merchant);
    visit.office.report(visit.session(), kind, month, merchant.as_deref()).await
}

async fn show(visit: Visit, wanted: Wanted) -> Response {
    let mut asked = asked(wanted);
    let kinds = Office::report_kinds(visit.session());
    if kinds.is_empty() {
        return page::failed(&CommandError::NotFound);
    }
    let sheet = match asked.kind.is_empty() {
        true => Ok(None),
        false => read(&visit, &asked).await.map(Some),
    };
    let (mut sheet, error) = sheet.map_or_else(|error| (None, Some(error)), |sheet| (sheet, None));
    if asked.month.is_empty() {
        asked.month = visit.office.this_month();
    }
    let pairs = [("kind", &asked.kind), ("month", &asked.month), ("merchant", &asked.merchant)];
    let query: Vec<String> =
        pairs.iter().map(|(name, text)| format!("{name}={}", page::percent(text))).collect();
    let mut left_out = 0;
    if let Some(sheet) = sheet.as_mut().filter(|_| asked.whole.is_empty()) {
        left_out = sheet.leave_out_behind(SHOWN_MAX);
    }
    let (status, problem) = told(error.as_ref());
    let query = query.join("&");
    let frame = visit.paper_frame().await;
    let page = Page { frame, kinds, asked, sheet, left_out, query, problem };
    page::show(status, &page, &page.frame)
}

async fn file(visit: Visit, Path(format): Path<String>, wanted: Wanted) -> Response {
    let asked = asked(wanted);
    let name = format!("{}-{}", asked.kind, asked.month.trim());
    match read(&visit, &asked).await {
        Ok(sheet) => match visit.office.take_out(visit.session(), &sheet, None).await {
            Ok(mark) => page::sheet_file(sheet, &format, &name, &mark),
            Err(error) => page::failed(&error.into()),
        },
        Err(error) => page::failed(&error),
    }
}
