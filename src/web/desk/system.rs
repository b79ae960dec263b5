//! How the program is doing, on a page for the one who keeps it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{ChannelState, Office, SystemView};

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/system", get(show))
}

#[derive(Template)]
#[template(path = "desk/system.html")]
struct Page {
    frame: Frame,
    system: SystemView,
}

impl Page {
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
    match office.system(&signed.session).await {
        Ok(system) => {
            let page =
                Page { frame: Frame::new(&office, &signed.session, "system", &headers), system };
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
        let html = Page { frame: sample::frame(), system }.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 3, "{html}");
        assert!(html.contains("还没有备份过"), "{html}");
    }
}
