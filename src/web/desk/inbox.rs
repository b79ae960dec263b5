//! Appeals, errands and orders in one list, with a filter by what they are.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::county::CaseType;
use crate::office::{InboxPage, InboxRow, Office};

/// With the digit by which their numbers begin.
const KINDS: [(CaseType, u32); 3] = [
    (CaseType::Appeal, CaseType::Appeal.digit()),
    (CaseType::Proxy, CaseType::Proxy.digit()),
    (CaseType::Order, CaseType::Order.digit()),
];

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/inbox", get(show))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    after: String,
}

#[derive(Template)]
#[template(path = "desk/inbox.html")]
struct Inbox {
    frame: Frame,
    kind: Option<CaseType>,
    list: InboxPage,
    next: Option<String>,
}

impl Inbox {
    fn name(&self, kind: &CaseType) -> &'static str {
        self.frame.say(match kind {
            CaseType::Appeal => "inbox.appeal",
            CaseType::Proxy => "inbox.errand",
            _ => "inbox.order",
        })
    }

    fn address(&self, row: &InboxRow) -> String {
        let number = &row.number;
        match row.kind {
            CaseType::Order => format!("/desk/shop/orders/{number}"),
            _ => format!("/desk/cases/{number}"),
        }
    }
}

async fn show(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let Query(Asked { kind: digit, after }) = asked.unwrap_or_default();
    let known = KINDS.iter().find(|(_, known)| known.to_string() == digit);
    let kind = known.map(|(kind, _)| *kind);
    match office.inbox(&signed.session, kind, &after).await {
        Ok(list) => {
            let frame = Frame::new(&office, &signed.session, "cases", &headers);
            let place = |after: &str| page::query([("kind", &*digit), ("after", after)]);
            let next = list.next.as_deref().map(|after| format!("/desk/inbox?{}", place(after)));
            let page = Inbox { frame, kind, list, next };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}
