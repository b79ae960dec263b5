//! The dialogs: what is being changed, what may be changed, which version is live, and why a
//! change of the folder is not.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Posted, SignedIn};
use crate::office::{
    CommandError, DifferentFile, DraftView, FolderRefused, Office, StudioFile, VersionView,
};

pub const PATH: &str = "/desk/dialogs";

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route(PATH, get(show))
        .route("/desk/dialogs/drafts", post(begin))
        .route("/desk/dialogs/versions/{hash}", get(version))
        .route("/desk/dialogs/versions/{hash}/rollback", post(roll_back))
}

#[derive(Template)]
#[template(path = "desk/dialogs.html")]
struct Dialogs {
    frame: Frame,
    refused: Option<FolderRefused>,
    drafts: Vec<DraftView>,
    files: Vec<StudioFile>,
    versions: Vec<VersionView>,
    /// Different messages that wait to be taught.
    misheard: usize,
    problem: Option<String>,
    /// The title that was typed.
    title: String,
}

async fn show(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    list(&office, &headers, &signed, StatusCode::OK, None, String::new()).await
}

async fn list(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    status: StatusCode,
    problem: Option<String>,
    title: String,
) -> Response {
    let session = &signed.session;
    let found = async {
        Ok::<_, CommandError>((
            office.drafts(session).await?,
            office.studio_files(session)?,
            office.script_versions(session).await?,
            office.misheard(session).await?.len(),
        ))
    };
    let (drafts, files, versions, misheard) = match found.await {
        Ok(found) => found,
        Err(error) => return page::failed(&error),
    };
    let page = Dialogs {
        frame: Frame::new(office, session, "dialogs", headers),
        refused: office.dialogs_refused(),
        drafts,
        files,
        versions,
        misheard,
        problem,
        title,
    };
    page::show(status, &page, &page.frame)
}

async fn begin(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Posted { signed, fields }: Posted<SignedIn>,
) -> Response {
    // One file is to be changed, and is opened at once.
    let file = fields.get("file");
    let own = match file {
        "" => fields.get("title").to_owned(),
        file => format!("改「{}」", office.studio_title(file)).chars().take(40).collect(),
    };
    let title = own.as_str();
    match office.begin_draft(&signed.session, title).await {
        Ok(id) => {
            let draft = format!("{PATH}/drafts/{id}");
            let page = if file.ends_with(".csv") { "table" } else { "sayings" };
            let to = match file {
                "" => draft,
                file => format!("{draft}/{page}?name={}", page::percent(file)),
            };
            Redirect::to(&to).into_response()
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let (status, told) = (page::status_of(&error), Some(error.to_string()));
            list(&office, &headers, &signed, status, told, title.to_owned()).await
        }
    }
}

#[derive(Template)]
#[template(path = "desk/dialogs_version.html")]
struct Version {
    frame: Frame,
    hash: String,
    live: bool,
    difference: Vec<DifferentFile>,
}

async fn version(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(hash): Path<String>,
) -> Response {
    let difference = match office.version_difference(&signed.session, &hash).await {
        Ok(difference) => difference,
        Err(error) => return page::failed(&error),
    };
    let live = office.script().hash == hash;
    let frame = Frame::new(&office, &signed.session, "dialogs", &headers);
    let page = Version { frame, hash, live, difference };
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn roll_back(
    State(office): State<Arc<Office>>,
    Path(hash): Path<String>,
    Posted { signed, .. }: Posted<SignedIn>,
) -> Response {
    match office.roll_back_version(&signed.session, &hash).await {
        Ok(_) => page::after("rolled_back", PATH, office.secure_cookies()),
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::DifferentLine;
    use crate::web::desk::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};

    fn different() -> DifferentFile {
        let line = DifferentLine { sign: '+', old: None, new: Some(3), text: HOSTILE.into() };
        DifferentFile {
            name: "dialogs/催办.yaml".into(),
            added: 1,
            removed: 0,
            lines: vec![line],
            cut: true,
        }
    }

    #[test]
    fn what_is_wrong_stands_as_it_was_said() {
        let problem = format!("dialogs/路灯.yaml:3:1: 错误[E201 E2]\n  3 │ {HOSTILE}");
        let refused = FolderRefused { problems: vec![problem], count: 30, at: sample::at() };
        let version =
            VersionView { hash: "0a1b2c".into(), at: sample::at(), by: String::new(), live: false };
        let page = Dialogs {
            frame: sample::frame(),
            refused: Some(refused),
            drafts: vec![sample::draft()],
            files: vec![StudioFile {
                name: "dialogs/催办.yaml".into(),
                dialog: "urge".into(),
                title: "催办".into(),
            }],
            versions: vec![version],
            misheard: 12,
            problem: Some("请写这次改什么".into()),
            title: HOSTILE.into(),
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains("<pre>dialogs/路灯.yaml:3:1: 错误[E201 E2]\n  3 │ "), "{html}");
        assert!(html.contains(HOSTILE_SHOWN), "{html}");
        assert!(html.contains("30处") && html.contains("12句"), "{html}");
        assert!(html.contains("/desk/dialogs/versions/0a1b2c"), "{html}");
    }

    #[test]
    fn a_difference_is_shown_as_text() {
        let difference = vec![different()];
        let frame = sample::frame();
        let html =
            Version { frame, hash: "0a1b".into(), live: false, difference }.render().unwrap();
        check_page(&html);
        assert!(html.contains("alert(1)") && !html.contains("<script>alert"), "{html}");
        assert!(html.contains("/desk/dialogs/versions/0a1b/rollback"), "{html}");
    }
}
