//! A file of a draft: its text with the marks of the checks, and the phone beside it. The form
//! works by itself; a script sends the same form for each change and shows what came back.

use std::sync::Arc;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::drafts::{FORM_BYTES_MAX, Named, path_of, told};
use super::page::{self, Frame};
use super::session::{Fields, Posted};
use super::visit::Visit;
use crate::dialog::Medium;
use crate::office::{CommandError, DraftView, Looked, Office, StopsView, StudioFile};

/// Marks as lines of a list; the rest is counted.
const MARKS_SHOWN: usize = 60;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/dialogs/drafts/{id}/file", get(show).post(work))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}

#[derive(Template)]
#[template(path = "desk/draft_file.html")]
struct Page {
    frame: Frame,
    draft: DraftView,
    name: String,
    title: String,
    /// The id of the dialog, for its drawing.
    dialog: String,
    text: String,
    sms: bool,
    /// A line each, as in a transcript.
    did: String,
    looked: Looked,
    hidden_marks: usize,
    /// How its questions go.
    stops: Option<StopsView>,
    problem: Option<String>,
}

async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(Named { name }): Query<Named>,
) -> Response {
    match visit.office.draft_text(visit.session(), &id, &name).await {
        Ok(text) => {
            let typed = Typed { name, text, sms: false, did: String::new() };
            shown(&visit, &id, typed, None).await
        }
        Err(error) => page::failed(&error),
    }
}

/// What stands in the form.
struct Typed {
    name: String,
    text: String,
    sms: bool,
    did: String,
}

impl Typed {
    /// A form drops the last line break; a file ends with one.
    fn of(fields: &Fields) -> Self {
        let text = fields.get("text");
        let text = if text.is_empty() { String::new() } else { format!("{text}\n") };
        Self {
            name: fields.get("name").to_owned(),
            text,
            sms: fields.get("medium") == "sms",
            did: fields.get("did").to_owned(),
        }
    }

    fn medium(&self) -> Medium {
        if self.sms { Medium::Sms } else { Medium::Wechat }
    }
}

async fn work(Path(id): Path<String>, Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let (office, session) = (&visit.office, visit.session());
    let mut typed = Typed::of(&fields);
    if fields.get("as") == "json" {
        return as_json(&visit, &id, &typed).await;
    }
    let refused = match fields.get("do") {
        "save" => {
            let revision = fields.get("revision").parse().unwrap_or(0);
            let saved = office.save_draft(session, &id, revision, &typed.name, &typed.text).await;
            let to = format!("{}/file?name={}", path_of(&id), page::percent(&typed.name));
            match visit.after(saved.map(drop), "draft_saved", &to) {
                Ok(response) => return response,
                Err(error) => Some(error),
            }
        }
        "say" => {
            typed.did = said(&typed.did, fields.get("say"));
            None
        }
        "restart" => {
            typed.did.clear();
            None
        }
        "keep" => {
            let file = (typed.name.as_str(), typed.text.as_str());
            match office.chat_into_tests(session, &id, file, typed.medium(), &typed.did).await {
                Ok(text) => {
                    typed.text = text;
                    None
                }
                Err(error) => Some(error),
            }
        }
        _ => None,
    };
    match refused {
        Some(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        refused => shown(&visit, &id, typed, refused).await,
    }
}

/// Her next line: words as she writes them, or a mark such as 〔照片〕.
fn said(did: &str, say: &str) -> String {
    let say = say.split_whitespace().collect::<Vec<_>>().join(" ");
    if say.is_empty() {
        return did.to_owned();
    }
    let line = if say.starts_with('〔') { say } else { format!("村民：{say}") };
    if did.is_empty() { line } else { format!("{did}\n{line}") }
}

async fn as_json(visit: &Visit, id: &str, typed: &Typed) -> Response {
    let file = (typed.name.as_str(), typed.text.as_str());
    let office = &visit.office;
    match office.look_at_draft(visit.session(), id, file, typed.medium(), &typed.did).await {
        Ok(looked) => Json(json!({
            "marks": looked.marks,
            "elsewhere": looked.elsewhere.len(),
            "talk": looked.talk,
            "silent": looked.silent,
        }))
        .into_response(),
        Err(error) => {
            (page::status_of(&error), Json(json!({ "error": told(&error) }))).into_response()
        }
    }
}

async fn shown(visit: &Visit, id: &str, typed: Typed, refused: Option<CommandError>) -> Response {
    let (office, session) = (&visit.office, visit.session());
    let status = refused.as_ref().map_or(StatusCode::OK, page::status_of);
    let problem = refused.as_ref().map(told);
    let medium = typed.medium();
    let found = async {
        Ok::<_, CommandError>((office.draft(session, id).await?, office.studio_files(session)?))
    };
    let (draft, files) = match found.await {
        Ok(found) => found,
        Err(error) => return page::failed(&error),
    };
    let file = (typed.name.as_str(), typed.text.as_str());
    let looked = office.look_at_draft(session, id, file, medium, &typed.did).await;
    let (mut looked, problem) = match looked {
        Ok(looked) => (looked, problem),
        Err(error) => (Looked::default(), problem.or_else(|| Some(told(&error)))),
    };
    let stops = match looked.outline.take() {
        Some(outline) => office.stops_of(session, outline).await.ok(),
        None => None,
    };
    let hidden_marks = looked.marks.len().saturating_sub(MARKS_SHOWN);
    looked.marks.truncate(MARKS_SHOWN);
    let own = files.into_iter().find(|file: &StudioFile| file.name == typed.name);
    let page = Page {
        frame: visit.frame(),
        draft,
        title: office.studio_title(&typed.name),
        dialog: own.map(|file| file.dialog).unwrap_or_default(),
        name: typed.name,
        text: typed.text,
        sms: typed.sms,
        did: typed.did,
        looked,
        hidden_marks,
        stops,
        problem,
    };
    page::show(status, &page, &page.frame)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;
    use crate::office::{MarkView, SaidView, TalkView};

    #[test]
    fn what_she_says_becomes_a_line_of_a_transcript() {
        assert_eq!(said("", " 催办 \n 吧"), "村民：催办 吧");
        assert_eq!(said("村民：催办", "〔照片〕"), "村民：催办\n〔照片〕");
        assert_eq!(said("村民：催办", "  "), "村民：催办");
    }

    #[test]
    fn marks_and_the_phone_stand_beside_the_text() {
        let mark = MarkView {
            file: "dialogs/催办.yaml".into(),
            line: 7,
            column: 3,
            code: "E205".into(),
            severity: "error",
            message: HOSTILE.into(),
            text: HOSTILE.into(),
        };
        let talk = TalkView {
            hers: format!("村民：{HOSTILE}"),
            said: vec![SaidView { text: HOSTILE.into(), segments: Some(2) }],
            marks: vec!["〔转人工〕".into()],
            misheard: true,
            wrong: None,
        };
        let looked = Looked { marks: vec![mark], talk: vec![talk], ..Looked::default() };
        let page = Page {
            frame: sample::frame(),
            draft: sample::draft(),
            name: "dialogs/催办.yaml".into(),
            title: HOSTILE.into(),
            dialog: "urge".into(),
            text: HOSTILE.into(),
            sms: true,
            did: HOSTILE.into(),
            looked,
            hidden_marks: 2,
            stops: Some(sample::stops()),
            problem: None,
        };
        let html = page.render().unwrap();
        check_page(&html);
        for part in
            ["第7行", "E205", "2条短信", "〔转人工〕", "这句没听懂", "停在这里", HOSTILE_SHOWN]
        {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
