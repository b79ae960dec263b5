//! Merchants: the list, one of them, its admission and papers.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::Visit;
use crate::office::Office;
use crate::office::shop::{MerchantCommand, MerchantRow, MerchantView, NewMerchant};
use crate::web::desk::page::{self, Frame};
use crate::web::desk::session::Posted;
use crate::web::desk::tried::Tried;

/// Who answers for a merchant, and where she is called, is in the register.
const USE: &str = "商家管理";

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/shop/merchants", get(list).post(register))
        .route("/desk/shop/register/{format}", post(file))
        .route("/desk/shop/merchants/{id}", get(one))
        .route("/desk/shop/merchants/{id}/{action}", post(act))
}

#[derive(Template)]
#[template(path = "desk/shop_merchants.html")]
struct List {
    frame: Frame,
    rows: Vec<MerchantRow>,
    new: NewMerchant,
    tried: Tried,
}

async fn list(visit: Visit) -> Response {
    show_all(&visit, NewMerchant::default(), StatusCode::OK, Tried::default()).await
}

async fn show_all(visit: &Visit, new: NewMerchant, status: StatusCode, tried: Tried) -> Response {
    match visit.office.merchants(visit.session()).await {
        Ok(rows) => {
            let page = List { frame: visit.frame(), rows, new, tried };
            page::show(status, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn file(Path(format): Path<String>, Posted { signed: visit, .. }: Posted<Visit>) -> Response {
    match visit.office.merchant_register(visit.session()).await {
        Ok(sheet) => match visit.office.take_out(visit.session(), &sheet, Some(USE)).await {
            Ok(mark) => page::sheet_file(sheet, &format, "merchants", &mark),
            Err(error) => page::failed(&error.into()),
        },
        Err(error) => page::failed(&error),
    }
}

fn address(id: &str) -> String {
    format!("/desk/shop/merchants/{}", page::percent(id))
}

async fn register(Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let text = |name: &str| fields.get(name).to_owned();
    let new = NewMerchant {
        id: text("id"),
        name: text("name"),
        operator: text("operator"),
        kind: text("kind"),
        uscc: text("uscc"),
        contact: text("contact"),
        phone: text("phone"),
    };
    let done = visit.office.register_merchant(visit.session(), &new).await;
    match visit.after(done, "merchant", &address(&new.id)) {
        Ok(response) => response,
        Err(error) => {
            let tried = Tried::new("new", fields, &error);
            show_all(&visit, new, page::status_of(&error), tried).await
        }
    }
}

#[derive(Template)]
#[template(path = "desk/shop_merchant.html")]
struct One {
    frame: Frame,
    merchant: MerchantView,
    tried: Tried,
}

async fn one(visit: Visit, Path(id): Path<String>) -> Response {
    show(&visit, &id, StatusCode::OK, Tried::default()).await
}

async fn show(visit: &Visit, id: &str, status: StatusCode, tried: Tried) -> Response {
    let merchant = match visit.office.merchant(visit.session(), id).await {
        Ok(Some(merchant)) => merchant,
        Ok(None) => return page::message(StatusCode::NOT_FOUND, "没有登记过这个商家。"),
        Err(error) => return page::failed(&error),
    };
    let page = One { frame: visit.frame(), merchant, tried };
    page::show(status, &page, &page.frame)
}

async fn act(
    Path((id, action)): Path<(String, String)>,
    Posted { signed: visit, fields }: Posted<Visit>,
) -> Response {
    let text = |name: &str| fields.get(name).to_owned();
    let command = match action.as_str() {
        "step" => MerchantCommand::Step { step: text("step"), basis: text("basis") },
        "document" => MerchantCommand::Document {
            kind: text("kind"),
            number: text("number"),
            valid_to: text("valid_to"),
        },
        "rate" => MerchantCommand::Rate {
            grade: text("grade"),
            deposit: text("deposit"),
            basis: text("basis"),
        },
        "pass" => MerchantCommand::NewPass,
        "uphold" => MerchantCommand::Uphold { case: text("case"), basis: text("basis") },
        _ => return page::message(StatusCode::NOT_FOUND, "没有这一步。"),
    };
    let revision = fields.get("revision").parse().unwrap_or_default();
    let done = visit.office.merchant_command(visit.session(), &id, revision, command).await;
    match visit.after(done, "merchant", &address(&id)) {
        Ok(response) => response,
        Err(error) => {
            let tried = Tried::new(&action, fields, &error);
            show(&visit, &id, page::status_of(&error), tried).await
        }
    }
}
