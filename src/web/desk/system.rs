//! How the program is doing, on a page for the one who keeps it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use crate::office::{ChannelState, CommandError, Office, SystemView};

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/system", get(show)).route("/desk/system/trial", post(trial))
}

#[derive(Template)]
#[template(path = "desk/system.html")]
struct Page {
    frame: Frame,
    system: SystemView,
    typed: Fields,
    /// The name of the field, and why.
    wrong: Option<(&'static str, String)>,
}

impl Page {
    fn problem(&self, field: &str) -> &str {
        let wrong = self.wrong.as_ref().filter(|(name, _)| *name == field);
        wrong.map_or("", |(_, text)| text)
    }

    fn megabytes(&self) -> u64 {
        self.system.disk_bytes.div_ceil(1024 * 1024)
    }

    fn state(&self, channel: &ChannelState) -> &'static str {
        self.frame.say(match channel.reachable {
            Some(true) => "system.fine",
            Some(false) => "system.silent",
            None => "system.untried",
        })
    }
}

async fn show(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    page_of(&office, &headers, &signed, Fields::default(), None).await
}

async fn page_of(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    typed: Fields,
    wrong: Option<(&'static str, String)>,
) -> Response {
    match office.system(&signed.session).await {
        Ok(system) => {
            let frame = Frame::new(office, &signed.session, "system", headers);
            let code = match wrong {
                Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
                None => StatusCode::OK,
            };
            let page = Page { frame, system, typed, wrong };
            page::show(code, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn trial(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let what = (fields.get("about"), fields.get("detail"));
    match office.note_trial(&signed.session, what, fields.get("came") == "fine").await {
        Ok(()) => page::after("trial", "/desk/system", office.secure_cookies()),
        Err(CommandError::Field(field, why)) => {
            page_of(&office, &headers, &signed, fields, Some((field, why))).await
        }
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn what_is_wrong_is_shown_and_runs_nothing() {
        let channel = ChannelState {
            name: HOSTILE.into(),
            reachable: Some(false),
            trouble: HOSTILE.into(),
            ..ChannelState::default()
        };
        let system = SystemView {
            problems: vec![HOSTILE.into()],
            channels: vec![channel],
            ..SystemView::default()
        };
        let (typed, wrong) = ([("about", HOSTILE)].into(), Some(("about", HOSTILE.to_owned())));
        let html = Page { frame: sample::frame(), system, typed, wrong }.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 5, "{html}");
        assert!(html.contains("还没有备份过") && html.contains("还没有演练过"), "{html}");
    }
}
