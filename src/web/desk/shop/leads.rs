//! What villagers want of public-service merchants.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use super::{Visit, told};
use crate::office::shop::LeadRow;
use crate::office::{CommandError, Office};
use crate::web::desk::page::{self, Frame};
use crate::web::desk::session::Posted;

const PATH: &str = "/desk/shop/leads";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route(PATH, get(list)).route("/desk/shop/leads/{id}", post(finish))
}

#[derive(Template)]
#[template(path = "desk/shop_leads.html")]
struct Page {
    frame: Frame,
    rows: Vec<LeadRow>,
    problem: Option<String>,
}

async fn list(visit: Visit) -> Response {
    show(&visit, None).await
}

async fn show(visit: &Visit, error: Option<CommandError>) -> Response {
    match visit.office.leads(visit.session()).await {
        Ok(rows) => {
            let (status, problem) = told(error.as_ref());
            let page = Page { frame: visit.frame(), rows, problem };
            page::show(status, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn finish(Path(id): Path<String>, Posted { signed: visit, .. }: Posted<Visit>) -> Response {
    let done = visit.office.finish_lead(visit.session(), &id).await;
    match visit.after(done, "finish", PATH) {
        Ok(response) => response,
        Err(error) => show(&visit, Some(error)).await,
    }
}
