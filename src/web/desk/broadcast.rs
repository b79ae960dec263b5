//! 群发通知: written, seen, and sent to a village.

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
use super::session::{Posted, SignedIn};
use crate::office::{BroadcastPlan, CommandError, Office, Right};

const PATH: &str = "/desk/broadcast";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route(PATH, get(form).post(send))
}

/// From the board of what many tell of: the code of a village.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    village: String,
}

#[derive(Template)]
#[template(path = "desk/broadcast.html")]
struct Page {
    frame: Frame,
    village: String,
    text: String,
    plan: Option<BroadcastPlan>,
    problem: Option<String>,
    wrong: &'static str,
}

impl Page {
    fn problem_at(&self, field: &str) -> &str {
        self.problem.as_deref().filter(|_| self.wrong == field).unwrap_or_default()
    }
}

async fn form(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    if !signed.session.may(Right::Broadcast) {
        return page::failed(&CommandError::NotFound);
    }
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let village = office.village_name(asked.village.trim()).unwrap_or_default();
    let frame = Frame::new(&office, &signed.session, "cases", &headers);
    let page = Page { frame, village, text: String::new(), plan: None, problem: None, wrong: "" };
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn send(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let (village, text) = (fields.get("village").to_owned(), fields.get("text").to_owned());
    let done = match fields.filled("send") {
        Some(_) => office.broadcast(&signed.session, &village, &text).await.map(|_| None),
        None => office.plan_broadcast(&signed.session, &village, &text).await.map(Some),
    };
    let frame = Frame::new(&office, &signed.session, "cases", &headers);
    let (status, plan, problem, wrong) = match done {
        Ok(None) => return page::after("broadcast", PATH, office.secure_cookies()),
        Ok(plan) => (StatusCode::OK, plan, None, ""),
        Err(CommandError::NotFound) => return page::failed(&CommandError::NotFound),
        Err(error) => {
            let wrong = error.field().unwrap_or_default();
            (page::status_of(&error), None, Some(error.to_string()), wrong)
        }
    };
    let page = Page { frame, village, text, plan, problem, wrong };
    page::show(status, &page, &page.frame)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn what_would_go_is_shown_and_runs_nothing() {
        let plan = BroadcastPlan {
            village: HOSTILE.into(),
            ways: [("短信（modem）".to_owned(), 12)].into(),
            unreachable: 3,
            sms: HOSTILE.into(),
            segments: 2,
        };
        let page = Page {
            frame: sample::frame(),
            village: HOSTILE.into(),
            text: HOSTILE.into(),
            plan: Some(plan),
            problem: Some("请写5到120个字。".into()),
            wrong: "text",
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 6, "{html}");
        assert!(html.contains("id=\"text-error\"") && html.contains("12"), "{html}");
    }
}
