//! One draft: its files, its tests, its drawings, what it changes, and the second pair of eyes.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::dialogs::PATH;
use super::page::{self, Frame};
use super::session::Posted;
use super::visit::Visit;
use crate::dialog::Medium;
use crate::office::{
    CommandError, DifferentFile, DraftTests, DraftView, MarkView, Office, StudioFile,
};

/// A text of 100 KB, of which each character may take nine bytes on the way; or forty rows.
pub const FORM_BYTES_MAX: usize = 512 * 1024;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/dialogs/drafts/{id}", get(show))
        .route("/desk/dialogs/drafts/{id}/tests", get(tests))
        .route("/desk/dialogs/drafts/{id}/drawing", get(drawing))
        .route("/desk/dialogs/drafts/{id}/{step}", post(step))
}

pub fn path_of(id: &str) -> String {
    format!("{PATH}/drafts/{}", page::percent(id))
}

/// Which file of it.
#[derive(Deserialize)]
pub struct Named {
    #[serde(default)]
    pub name: String,
}

/// The draft, and what is wrong in that file of it as it is saved.
pub async fn draft_and_marks(
    visit: &Visit,
    id: &str,
    name: &str,
) -> Result<(DraftView, Vec<MarkView>), CommandError> {
    let (office, session) = (&visit.office, visit.session());
    let text = office.draft_text(session, id, name).await?;
    let looked = office.look_at_draft(session, id, (name, &text), Medium::Wechat, "").await?;
    Ok((office.draft(session, id).await?, looked.marks))
}

#[derive(Template)]
#[template(path = "desk/draft.html")]
struct Page {
    frame: Frame,
    draft: DraftView,
    files: Vec<StudioFile>,
    difference: Vec<DifferentFile>,
    problems: Vec<String>,
    note: String,
}

async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    draft(&visit, &id, (StatusCode::OK, Vec::new()), "").await
}

async fn draft(
    visit: &Visit,
    id: &str,
    (status, problems): (StatusCode, Vec<String>),
    note: &str,
) -> Response {
    let (office, session) = (&visit.office, visit.session());
    let found = async {
        Ok::<_, CommandError>((
            office.draft(session, id).await?,
            office.studio_files(session)?,
            office.draft_difference(session, id).await?,
        ))
    };
    let (draft, files, difference) = match found.await {
        Ok(found) => found,
        Err(error) => return page::failed(&error),
    };
    let (frame, note) = (visit.frame(), note.to_owned());
    let page = Page { frame, draft, files, difference, problems, note };
    page::show(status, &page, &page.frame)
}

/// 请人核对, 退回或收回, 上线, 照现在上线的接着改, 照现在说的改测试, 删去.
async fn step(
    Path((id, step)): Path<(String, String)>,
    Posted { signed: visit, fields }: Posted<Visit>,
) -> Response {
    let (office, session) = (&visit.office, visit.session());
    let revision = fields.get("revision").parse().unwrap_or(0);
    let note = fields.get("note");
    let here = path_of(&id);
    let done = match step.as_str() {
        "ask" => office.ask_for_draft(session, &id, revision, note).await.map(|()| "draft_asked"),
        "return" => {
            office.return_draft(session, &id, revision, note).await.map(|()| "draft_returned")
        }
        "expect" => office
            .expect_what_is_said(session, &id, revision)
            .await
            .map(|count| if count > 0 { "tests_mended" } else { "noted" }),
        "rebase" => office.rebase_draft(session, &id, revision).await.map(|()| "noted"),
        "discard" => office.discard_draft(session, &id, revision).await.map(|()| "draft_discarded"),
        "approve" => match office.approve_draft(session, &id, revision).await {
            Ok(live) if live.hints.is_empty() => Ok("draft_live"),
            Ok(live) => {
                let told = format!("已经上线。{}", live.hints.join("\n"));
                return page::message(StatusCode::OK, &told);
            }
            Err(error) => Err(error),
        },
        _ => Err(CommandError::NotFound),
    };
    match done {
        Ok(code) => {
            let gone = ["draft_live", "draft_discarded"].contains(&code);
            page::after(code, if gone { PATH } else { &here }, office.secure_cookies())
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let problems = told(&error).lines().map(str::to_owned).collect();
            let status = page::status_of(&error);
            draft(&visit, &id, (status, problems), note).await
        }
    }
}

/// Of drafts; a case is not meant.
pub fn told(error: &CommandError) -> String {
    match error {
        CommandError::Changed => {
            "刚刚有别人改过这份草稿，您的没有存。请先把您写的抄下来，刷新这一页，再改一次。".into()
        }
        other => other.to_string(),
    }
}

#[derive(Template)]
#[template(path = "desk/draft_tests.html")]
struct Tests {
    frame: Frame,
    draft: DraftView,
    tests: DraftTests,
}

async fn tests(visit: Visit, Path(id): Path<String>) -> Response {
    let (office, session) = (&visit.office, visit.session());
    let found = async {
        Ok::<_, CommandError>((
            office.draft(session, &id).await?,
            office.draft_tests(session, &id).await?,
        ))
    };
    match found.await {
        Ok((draft, tests)) => {
            let page = Tests { frame: visit.frame(), draft, tests };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    dialog: String,
}

#[derive(Template)]
#[template(path = "desk/draft_drawing.html")]
struct Drawing {
    frame: Frame,
    draft: DraftView,
    title: String,
    /// Made by the program, with every text escaped.
    svg: Option<String>,
}

async fn drawing(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let (office, session) = (&visit.office, visit.session());
    let found = async {
        Ok::<_, CommandError>((
            office.draft(session, &id).await?,
            office.draft_drawing(session, &id, &asked.dialog).await?,
            office.studio_files(session)?,
        ))
    };
    match found.await {
        Ok((draft, svg, files)) => {
            let own = files.into_iter().find(|file| file.dialog == asked.dialog);
            let title = own.map_or(asked.dialog, |file| file.title);
            let svg = svg.map(|svg| inline(&svg));
            let page = Drawing { frame: visit.frame(), draft, title, svg };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

/// Within a page a drawing needs no name of its language, and its title is the page's.
fn inline(svg: &str) -> String {
    svg.replace(" xmlns=\"http://www.w3.org/2000/svg\"", " role=\"img\"")
}

#[cfg(test)]
mod test {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;
    use crate::office::{DialogTests, DraftAskedView};

    fn page() -> Page {
        Page {
            frame: sample::frame(),
            draft: sample::draft(),
            files: Vec::new(),
            difference: Vec::new(),
            problems: vec![HOSTILE.into()],
            note: HOSTILE.into(),
        }
    }

    #[test]
    fn who_wrote_it_asks_and_another_one_decides() {
        let html = page().render().unwrap();
        check_page(&html);
        assert!(html.contains(HOSTILE_SHOWN) && html.contains("/ask\""), "{html}");
        assert!(!html.contains("/approve\""), "{html}");
        let mut asked = page();
        asked.draft.asked =
            Some(DraftAskedView { by: "李".into(), at: sample::at(), note: HOSTILE.into() });
        asked.draft.may_approve = true;
        let html = asked.render().unwrap();
        check_page(&html);
        assert!(html.contains("/approve\"") && !html.contains("/ask\""), "{html}");
        asked.draft.may_approve = false;
        let html = asked.render().unwrap();
        assert!(!html.contains("/approve\"") && html.contains("收回"), "{html}");
    }

    #[test]
    fn tests_and_drawings_are_shown_as_text() {
        let dialogs = vec![DialogTests {
            name: "催办".into(),
            parts: vec![(3, 2), (0, 0), (1, 1), (0, 0)],
            missing: vec![HOSTILE.into()],
        }];
        let tests = DraftTests { run: 3, percent: 66, dialogs, ..DraftTests::default() };
        let html =
            Tests { frame: sample::frame(), draft: sample::draft(), tests }.render().unwrap();
        check_page(&html);
        assert!(html.contains("2/3") && html.contains(HOSTILE_SHOWN), "{html}");
        let svg = Some(inline("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"));
        let (frame, draft) = (sample::frame(), sample::draft());
        let html = Drawing { frame, draft, title: HOSTILE.into(), svg }.render().unwrap();
        assert!(html.contains("<svg role=\"img\">") && !html.contains("http://"), "{html}");
    }
}
