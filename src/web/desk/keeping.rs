//! What is cleared away and when; and at once: counted, asked for, and let go by a second person.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Posted, SignedIn};
use crate::office::{CommandError, KeepStage, KeepView, Office};

const PAGE: &str = "/desk/system/keep";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route(PAGE, get(list)).route("/desk/system/keep/{action}", post(act))
}

#[derive(Template)]
#[template(path = "desk/keep.html")]
struct Page {
    frame: Frame,
    view: KeepView,
    reason: String,
    problem: Option<String>,
}

impl Page {
    fn days(&self) -> [(&'static str, u32); 8] {
        let keep = &self.view.keep;
        [
            ("keep.cases", keep.cases_days),
            ("keep.consults", keep.consults_days),
            ("keep.conversations", keep.conversations_days),
            ("keep.misheard", keep.misheard_days),
            ("keep.messages", keep.messages_days),
            ("keep.tasks", keep.tasks_days),
            ("keep.media", keep.media_days),
            ("keep.looks", keep.looks_days),
        ]
    }

    fn stage_is(&self, stage: KeepStage) -> bool {
        self.view.round.as_ref().is_some_and(|round| round.stage == stage)
    }

    fn is_asked(&self) -> bool {
        self.view.round.as_ref().is_some_and(|round| round.asked.is_some())
    }

    fn stage(&self) -> &'static str {
        self.frame.say(match self.view.round.as_ref().map(|round| round.stage) {
            Some(KeepStage::Counting) => "keep.counting",
            Some(KeepStage::Counted) => "keep.counted",
            Some(KeepStage::Clearing) => "keep.clearing",
            Some(KeepStage::Cleared) => "keep.cleared",
            None => "keep.nothing",
        })
    }

    fn is_at_work(&self) -> bool {
        self.stage_is(KeepStage::Counting) || self.stage_is(KeepStage::Clearing)
    }

    fn waits_for_second(&self) -> bool {
        self.stage_is(KeepStage::Counted) && self.is_asked()
    }

    fn may_ask(&self) -> bool {
        let round = self.view.round.as_ref();
        self.stage_is(KeepStage::Counted) && round.is_some_and(|round| !round.rows.is_empty())
    }

    fn may_count(&self) -> bool {
        !self.is_at_work() && !self.waits_for_second()
    }
}

async fn list(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    show(&office, &headers, &signed, "", None).await
}

async fn show(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    reason: &str,
    problem: Option<CommandError>,
) -> Response {
    match office.keeping(&signed.session).await {
        Ok(view) => {
            let frame = Frame::new(office, &signed.session, "keep", headers);
            let code = problem.as_ref().map_or(StatusCode::OK, page::status_of);
            let problem = problem.map(|problem| problem.to_string());
            let page = Page { frame, view, reason: reason.to_owned(), problem };
            page::show(code, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path(action): Path<String>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let session = &signed.session;
    let reason = fields.get("reason");
    let done = match action.as_str() {
        "count" => office.count_to_clear(session).await.map(|()| "keep_count"),
        "ask" => office.ask_to_clear(session, reason).await.map(|()| "keep_ask"),
        "run" => office.run_clearing(session).await.map(|()| "keep_run"),
        "leave" => office.leave_clearing(session).await.map(|()| "keep_leave"),
        _ => Err(CommandError::NotFound),
    };
    match done {
        Ok(done) => page::after(done, PAGE, office.secure_cookies()),
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => show(&office, &headers, &signed, reason, Some(error)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;
    use crate::office::{KeepRound, KeepWord};

    fn page(stage: KeepStage, asked: bool, may_run: bool) -> String {
        let word =
            |reason: &str| KeepWord {
                by: "王芳".into(), at: sample::at(), reason: reason.into()
            };
        let round = KeepRound {
            stage,
            at: sample::at(),
            begun: word(""),
            asked: asked.then(|| word(HOSTILE)),
            ordered: None,
            rows: vec![("办结的事项".into(), 2023, 12)],
        };
        let keep = sample::keep();
        let view = KeepView { keep, round: Some(round), may_run };
        let problem = Some(HOSTILE.to_owned());
        let page = Page { frame: sample::frame(), view, reason: HOSTILE.into(), problem };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains(HOSTILE_SHOWN), "{html}");
        html
    }

    #[test]
    fn each_stage_shows_what_may_be_done_then() {
        for (stage, asked, may_run, forms) in [
            (KeepStage::Counting, false, false, vec![]),
            (KeepStage::Counted, false, false, vec!["ask", "count"]),
            (KeepStage::Counted, true, false, vec!["run", "leave"]),
            (KeepStage::Counted, true, true, vec!["run", "leave"]),
            (KeepStage::Clearing, true, true, vec![]),
            (KeepStage::Cleared, true, true, vec!["count"]),
        ] {
            let html = page(stage, asked, may_run);
            for form in ["ask", "count", "run", "leave"] {
                let there = html.contains(&format!("action=\"{PAGE}/{form}\""));
                assert_eq!(there, forms.contains(&form), "{stage:?} {asked} {form}: {html}");
            }
            assert_eq!(
                html.contains("<button>清掉</button>"),
                may_run && stage == KeepStage::Counted
            );
        }
    }
}
