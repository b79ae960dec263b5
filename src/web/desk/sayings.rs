//! The sentences of a dialog, one field each: for whom its text is too much.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::drafts::{FORM_BYTES_MAX, Named, draft_and_marks, path_of, told};
use super::page::{self, Frame};
use super::session::{Fields, Posted};
use super::visit::Visit;
use crate::dialog::{SAYING_CHARS_MAX, Saying};
use crate::office::{CommandError, DraftView, MarkView, Office};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/dialogs/drafts/{id}/sayings", get(show).post(save))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}

#[derive(Template)]
#[template(path = "desk/sayings.html")]
struct Page {
    frame: Frame,
    draft: DraftView,
    name: String,
    title: String,
    sayings: Vec<Saying>,
    max: usize,
    marks: Vec<MarkView>,
    problem: Option<String>,
}

impl Page {
    fn marks_of(&self, line: &usize) -> Vec<&MarkView> {
        self.marks.iter().filter(|mark| mark.line == *line).collect()
    }

    /// Of lines that are not said here: tests, as a rule.
    fn other_marks(&self) -> Vec<&MarkView> {
        let is_here = |line| self.sayings.iter().any(|saying| saying.line == line);
        self.marks.iter().filter(|mark| !is_here(mark.line)).collect()
    }
}

async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(Named { name }): Query<Named>,
) -> Response {
    shown(&visit, &id, (&name, None), None).await
}

/// `typed`: what stands in the form, by the line.
async fn shown(
    visit: &Visit,
    id: &str,
    (name, typed): (&str, Option<BTreeMap<usize, String>>),
    refused: Option<CommandError>,
) -> Response {
    let found = async {
        let (draft, marks) = draft_and_marks(visit, id, name).await?;
        let sayings = visit.office.draft_sayings(visit.session(), id, name).await?;
        Ok::<_, CommandError>((draft, marks, sayings))
    };
    let (draft, marks, mut sayings) = match found.await {
        Ok(found) => found,
        Err(error) => return page::failed(&error),
    };
    for saying in &mut sayings {
        if let Some(text) = typed.as_ref().and_then(|typed| typed.get(&saying.line)) {
            saying.text.clone_from(text);
        }
    }
    let status = refused.as_ref().map_or(StatusCode::OK, page::status_of);
    let page = Page {
        frame: visit.frame(),
        draft,
        title: visit.office.studio_title(name),
        name: name.to_owned(),
        sayings,
        max: SAYING_CHARS_MAX,
        marks: marks.into_iter().filter(|mark| mark.severity == "error").collect(),
        problem: refused.as_ref().map(told),
    };
    page::show(status, &page, &page.frame)
}

async fn save(Path(id): Path<String>, Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let name = fields.get("name");
    let revision = fields.get("revision").parse().unwrap_or(0);
    let new = typed_of(&fields);
    let saved = visit.office.change_sayings(visit.session(), &id, revision, name, &new).await;
    let to = format!("{}/sayings?name={}", path_of(&id), page::percent(name));
    match visit.after(saved.map(drop), "draft_saved", &to) {
        Ok(response) => response,
        Err(error) => shown(&visit, &id, (name, Some(new)), Some(error)).await,
    }
}

/// `say-12`: the sentence of line 12; `lines` lists those that were shown.
fn typed_of(fields: &Fields) -> BTreeMap<usize, String> {
    let lines = fields.get("lines").split(' ').filter_map(|line| line.parse::<usize>().ok());
    lines.map(|line| (line, fields.get(&format!("say-{line}")).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn each_sentence_has_a_field_and_what_is_wrong_stands_beside_it() {
        let fields = Fields::from([("lines", "3 7"), ("say-3", "您好"), ("say-7", "")]);
        let typed = typed_of(&fields);
        assert_eq!((typed[&3].as_str(), typed[&7].as_str()), ("您好", ""));
        let mark = |line| MarkView {
            file: "dialogs/催办.yaml".into(),
            line,
            column: 1,
            code: "E815".into(),
            severity: "error",
            message: HOSTILE.into(),
            text: String::new(),
        };
        let saying = Saying { line: 7, label: HOSTILE.into(), text: HOSTILE.into() };
        let page = Page {
            frame: sample::frame(),
            draft: sample::draft(),
            name: "dialogs/催办.yaml".into(),
            title: HOSTILE.into(),
            sayings: vec![saying],
            max: 600,
            marks: vec![mark(7), mark(90)],
            problem: None,
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.matches(HOSTILE_SHOWN).count() >= 5, "{html}");
        assert!(html.contains("name=\"say-7\"") && html.contains("第90行"), "{html}");
    }
}
