//! At which question of each dialog people stop.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{DAYS_SHOWN, Office, StopsView};

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/dialogs/stops", get(show))
}

#[derive(Template)]
#[template(path = "desk/stops.html")]
struct Page {
    frame: Frame,
    days: usize,
    dialogs: Vec<StopsView>,
}

async fn show(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    match office.stops(&signed.session).await {
        Ok(dialogs) => {
            let frame = Frame::new(&office, &signed.session, "dialogs", &headers);
            let page = Page { frame, days: DAYS_SHOWN, dialogs };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn each_question_has_its_counts_in_a_table() {
        let dialogs = vec![sample::stops()];
        let html = Page { frame: sample::frame(), days: 30, dialogs }.render().unwrap();
        check_page(&html);
        assert!(html.contains(HOSTILE_SHOWN) && html.contains("<td class=\"n\">12</td>"), "{html}");
        assert!(!html.contains(HOSTILE), "{html}");
        let html = Page { frame: sample::frame(), days: 30, dialogs: Vec::new() }.render().unwrap();
        check_page(&html);
        assert!(html.contains("还没有"), "{html}");
    }
}
