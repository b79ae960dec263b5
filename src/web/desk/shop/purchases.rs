//! 代购: parcels that an agent bought elsewhere.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use super::{Visit, tried};
use crate::office::shop::{NewPurchase, PurchaseRow};
use crate::office::{CommandError, Office};
use crate::web::desk::page::{self, Frame};
use crate::web::desk::session::Posted;
use crate::web::desk::tried::Tried;

const PATH: &str = "/desk/shop/purchases";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route(PATH, get(list).post(note)).route("/desk/shop/purchases/{id}", post(step))
}

#[derive(Template)]
#[template(path = "desk/shop_purchases.html")]
struct Page {
    frame: Frame,
    rows: Vec<PurchaseRow>,
    new: NewPurchase,
    tried: Tried,
}

async fn list(visit: Visit) -> Response {
    show(&visit, NewPurchase::default(), None).await
}

async fn show(visit: &Visit, new: NewPurchase, error: Option<CommandError>) -> Response {
    match visit.office.purchases(visit.session()).await {
        Ok(rows) => {
            let (status, tried) = tried(error.as_ref());
            let page = Page { frame: visit.frame(), rows, new, tried };
            page::show(status, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn note(Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let text = |name: &str| fields.get(name).to_owned();
    let new = NewPurchase {
        item: text("item"),
        platform: text("platform"),
        amount: text("amount"),
        village: text("village"),
        name: text("name"),
        phone: text("phone"),
    };
    let done = visit.office.note_purchase(visit.session(), &new).await;
    match visit.after(done, "noted", PATH) {
        Ok(response) => response,
        Err(error) => show(&visit, new, Some(error)).await,
    }
}

async fn step(Path(id): Path<String>, Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let revision = fields.get("revision").parse().unwrap_or_default();
    let (to, tracking_no) = (fields.get("to"), fields.get("tracking_no"));
    let done = visit.office.move_purchase(visit.session(), &id, revision, to, tracking_no).await;
    match visit.after(done, "noted", PATH) {
        Ok(response) => response,
        Err(error) => show(&visit, NewPurchase::default(), Some(error)).await,
    }
}
