//! Complaints about orders, and what their merchants say to them.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::Visit;
use crate::office::Office;
use crate::office::shop::ComplaintRow;
use crate::web::desk::page::{self, Frame};

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/shop/complaints", get(list))
}

#[derive(Template)]
#[template(path = "desk/shop_complaints.html")]
struct Page {
    frame: Frame,
    rows: Vec<ComplaintRow>,
}

async fn list(visit: Visit) -> Response {
    match visit.office.complaints(visit.session()).await {
        Ok(rows) => {
            let page = Page { frame: visit.frame(), rows };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}
