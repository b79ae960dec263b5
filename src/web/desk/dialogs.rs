//! Which version of the dialogs is live, and why a change of them is not.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{CommandError, FolderRefused, Office, Right};

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/dialogs", get(show))
}

#[derive(Template)]
#[template(path = "desk/dialogs.html")]
struct Dialogs {
    frame: Frame,
    refused: Option<FolderRefused>,
    versions: Vec<Version>,
}

struct Version {
    hash: String,
    at: Timestamp,
    by: String,
    live: bool,
}

async fn show(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    let session = &signed.session;
    if !session.may(Right::Dispatch) && !session.may(Right::Settings) {
        return page::failed(&CommandError::NotFound);
    }
    let Ok(snapshots) = office.snapshots().await else {
        return page::failed(&CommandError::Unavailable);
    };
    let live = office.script().hash.clone();
    let versions = snapshots.into_iter().map(|snapshot| Version {
        live: snapshot.hash == live,
        hash: snapshot.hash,
        at: snapshot.at,
        by: snapshot.by,
    });
    let page = Dialogs {
        frame: Frame::new(&office, &signed.session, "", &headers),
        refused: office.dialogs_refused(),
        versions: versions.collect(),
    };
    page::show(StatusCode::OK, &page, &page.frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::desk::sample;

    #[test]
    fn what_is_wrong_stands_as_it_was_said() {
        let problem = format!("dialogs/路灯.yaml:3:1: 错误[E201 E2]\n  3 │ {}", sample::HOSTILE);
        let refused = FolderRefused { problems: vec![problem], count: 30, at: sample::at() };
        let version =
            Version { hash: "0a1b2c".into(), at: sample::at(), by: String::new(), live: true };
        let page =
            Dialogs { frame: sample::frame(), refused: Some(refused), versions: vec![version] };
        let html = page.render().unwrap();
        assert!(html.contains("<pre>dialogs/路灯.yaml:3:1: 错误[E201 E2]\n  3 │ "), "{html}");
        assert!(html.contains(sample::HOSTILE_SHOWN), "{html}");
        assert!(html.contains("30处"), "{html}");
        assert!(html.contains("0a1b2c"), "{html}");
    }
}
