//! The list behind a number of the day, for those who are not told each case.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;

use super::cases::{Asked, address};
use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{CountedPage, Office};

pub const PAGE: &str = "/desk/figures/list";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route(PAGE, get(list))
}

#[derive(Template)]
#[template(path = "desk/counted.html")]
struct Page {
    frame: Frame,
    list: CountedPage,
    next: Option<String>,
}

async fn list(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let filter = asked.map(|Query(asked)| asked.filter()).unwrap_or_default();
    match office.counted_cases(&signed.session, &filter).await {
        Ok(list) => {
            let next = list.next.as_deref().map(|after| address(PAGE, &filter, Some(after)));
            let frame = Frame::new(&office, &signed.session, "figures", &headers);
            let page = Page { frame, list, next };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;
    use crate::office::CountedLine;

    #[test]
    fn a_line_tells_what_where_and_by_when() {
        let line = CountedLine {
            number: "126041273".into(),
            category: HOSTILE.into(),
            place: HOSTILE.into(),
            state_id: "handling",
            state: "办理中",
            department: HOSTILE.into(),
            received_at: sample::at(),
            promised_at: sample::at(),
            overdue: true,
            amber: false,
        };
        let list = CountedPage { rows: vec![line], hidden: 2, next: None };
        let next = Some("/desk/figures/list?open=1&after=x".to_owned());
        let html = Page { frame: sample::frame(), list, next }.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 3, "{html}");
        assert!(html.contains("126-041-273") && html.contains("还有2件"), "{html}");
    }
}
