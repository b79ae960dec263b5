//! What waits today: the first page of merchants and of village counters.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::Visit;
use crate::office::Office;
use crate::office::shop::DayPage;
use crate::web::desk::page::{self, Frame};

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/shop/day", get(show))
}

#[derive(Template)]
#[template(path = "desk/shop_day.html")]
struct Page {
    frame: Frame,
    day: DayPage,
}

async fn show(visit: Visit) -> Response {
    match visit.office.shop_day(visit.session()).await {
        Ok(day) => {
            let page = Page { frame: visit.frame(), day };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}
