//! The sheets of a day: to look at, to print, as a table.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use super::{Asked, Visit, Wanted, asked, some, told};
use crate::office::shop::SheetKind;
use crate::office::{CommandError, Office, Sheet};
use crate::web::desk::page::{self, Frame};
use crate::web::desk::session::Posted;

/// Names and numbers are on it for who packs and who hands out.
const USE: &str = "配货、送货、取货";

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/shop/sheets", get(show))
        .route("/desk/shop/sheets.csv", post(csv))
        .route("/desk/shop/sheets.xlsx", post(xlsx))
}

#[derive(Template)]
#[template(path = "desk/shop_sheet.html")]
struct Printed {
    frame: Frame,
    kinds: &'static [SheetKind],
    asked: Asked,
    sheet: Option<Sheet>,
    /// What chose the sheet, for the files.
    query: String,
    problem: Option<String>,
}

async fn read(visit: &Visit, asked: &Asked) -> Result<Sheet, CommandError> {
    let refused = |text: &str| CommandError::Refused(text.to_owned());
    let kind = SheetKind::from_word(&asked.kind).ok_or_else(|| refused("请选一种单子。"))?;
    let day = asked.day.trim().parse().map_err(|_| refused("日期请写成 2026-11-25。"))?;
    visit.office.sheet(visit.session(), kind, day, some(&asked.village).as_deref()).await
}

async fn show(visit: Visit, wanted: Wanted) -> Response {
    let asked = asked(wanted);
    let kinds = Office::sheet_kinds(visit.session());
    if kinds.is_empty() {
        return page::failed(&CommandError::NotFound);
    }
    let pairs = [("kind", &asked.kind), ("day", &asked.day), ("village", &asked.village)];
    let pairs: Vec<String> =
        pairs.iter().map(|(name, text)| format!("{name}={}", page::percent(text))).collect();
    let query = pairs.join("&");
    let sheet = match asked.kind.is_empty() {
        true => Ok(None),
        false => read(&visit, &asked).await.map(Some),
    };
    let (sheet, error) = sheet.map_or_else(|error| (None, Some(error)), |sheet| (sheet, None));
    let (status, problem) = told(error.as_ref());
    let frame = visit.paper_frame().await;
    let page = Printed { frame, kinds, asked, sheet, query, problem };
    page::show(status, &page, &page.frame)
}

async fn csv(wanted: Wanted, Posted { signed: visit, .. }: Posted<Visit>) -> Response {
    file(visit, wanted, "csv").await
}

async fn xlsx(wanted: Wanted, Posted { signed: visit, .. }: Posted<Visit>) -> Response {
    file(visit, wanted, "xlsx").await
}

async fn file(visit: Visit, wanted: Wanted, format: &str) -> Response {
    let asked = asked(wanted);
    match read(&visit, &asked).await {
        Ok(sheet) => match visit.office.take_out(visit.session(), &sheet, Some(USE)).await {
            Ok(mark) => page::sheet_file(sheet, format, &asked.kind, &mark),
            Err(error) => page::failed(&error.into()),
        },
        Err(error) => page::failed(&error),
    }
}
