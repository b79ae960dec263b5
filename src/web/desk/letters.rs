//! What was not delivered: messages, and events for departments' own systems; sent again from here.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Posted, SignedIn};
use crate::office::{CommandError, DeadLetter, LetterView, Office, Session};

const PAGE: &str = "/desk/system/letters";
/// Instead of the id of one.
const ALL: &str = "all";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route(PAGE, get(list)).route("/desk/system/{what}/again", post(again))
}

#[derive(Template)]
#[template(path = "desk/letters.html")]
struct Page {
    frame: Frame,
    letters: Vec<LetterView>,
    more: bool,
    deliveries: Vec<DeadLetter>,
}

async fn list(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    match read(&office, &signed.session).await {
        Ok((letters, more, deliveries)) => {
            let frame = Frame::new(&office, &signed.session, "letters", &headers);
            let page = Page { frame, letters, more, deliveries };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

type Read = (Vec<LetterView>, bool, Vec<DeadLetter>);

async fn read(office: &Office, session: &Session) -> Result<Read, CommandError> {
    let (letters, more) = office.undelivered(session).await?;
    Ok((letters, more, office.dead_letters(session).await?))
}

async fn again(
    State(office): State<Arc<Office>>,
    Path(what): Path<String>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let (session, id) = (&signed.session, fields.get("id"));
    let done = match (what.as_str(), id) {
        ("letters", ALL) => office.resend_all(session).await.map(|_| ()),
        ("letters", id) => office.resend(session, id, None).await,
        ("deliveries", ALL) => office.deliver_all_again(session).await.map(|_| ()),
        ("deliveries", id) => office.deliver_again(session, id).await,
        _ => Err(CommandError::NotFound),
    };
    match done {
        Ok(()) => page::after("again", PAGE, office.secure_cookies()),
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn what_was_not_delivered_can_be_sent_again() {
        let letter = LetterView {
            id: "0a1b".into(),
            at: sample::at(),
            kind: "replied".into(),
            is_unknown: true,
            route: "sms/aliyun".into(),
            tries: 3,
            why: HOSTILE.into(),
        };
        let dead = DeadLetter {
            id: "cg-126041273-4".into(),
            webhook: "cg".into(),
            department: "城管".into(),
            case: "126041273".into(),
            n: 4,
            made_at: sample::at(),
            tries: 9,
            said: HOSTILE.into(),
        };
        let (letters, deliveries) = (vec![letter], vec![dead]);
        let page = Page { frame: sample::frame(), letters, more: true, deliveries };
        let html = page.render().unwrap();
        check_page(&html);
        for part in [HOSTILE_SHOWN, "value=\"0a1b\"", "value=\"cg-126041273-4\"", "value=\"all\""] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
