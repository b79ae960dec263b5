//! What the bot did not understand, and three ways to teach it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::drafts::path_of;
use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use crate::office::{CommandError, DraftView, Lesson, MisheardView, Office, TeachingView};

const LIST: &str = "/desk/dialogs/misheard";
/// The commonest; the rest comes up when these are taught.
const SHOWN: usize = 100;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route(LIST, get(show))
        .route("/desk/dialogs/misheard/{id}", get(one))
        .route("/desk/dialogs/misheard/{id}/{lesson}", post(teach))
}

#[derive(Template)]
#[template(path = "desk/misheard.html")]
struct List {
    frame: Frame,
    rows: Vec<MisheardView>,
    hidden: usize,
    days: u32,
}

async fn show(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    match office.misheard(&signed.session).await {
        Ok(mut rows) => {
            let hidden = rows.len().saturating_sub(SHOWN);
            rows.truncate(SHOWN);
            let frame = Frame::new(&office, &signed.session, "dialogs", &headers);
            let days = office.common().keep.misheard_days;
            let page = List { frame, rows, hidden, days };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

#[derive(Template)]
#[template(path = "desk/misheard_one.html")]
struct One {
    frame: Frame,
    one: MisheardView,
    drafts: Vec<DraftView>,
    choices: TeachingView,
    /// As it was typed.
    typed: Typed,
    problem: Option<String>,
}

#[derive(Default)]
struct Typed {
    draft: String,
    word: String,
    meaning: String,
    village: String,
    text: String,
    code: String,
    dialog: String,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let field = |name| fields.get(name).to_owned();
        Self {
            draft: field("draft"),
            word: field("word"),
            meaning: field("meaning"),
            village: field("village"),
            text: field("text"),
            code: field("code"),
            dialog: field("dialog"),
        }
    }

    fn lesson(self, kind: &str) -> Result<Lesson, CommandError> {
        let Self { word, meaning, village: name, text, code, dialog, .. } = self;
        let refused = |told: &str| Err(CommandError::Refused(told.into()));
        match kind {
            "word" => match meaning.split_once(':') {
                Some(("entry", dialog)) => Ok(Lesson::Entry { dialog: dialog.into(), word }),
                Some(("option", label)) => Ok(Lesson::Option { label: label.into(), word }),
                Some(("kind", code)) => Ok(Lesson::Kind { code: code.into(), word }),
                _ => refused("请选是什么意思。"),
            },
            "village" => Ok(Lesson::Village { name, word }),
            "example" => Ok(Lesson::Example { code, text }),
            "test" => Ok(Lesson::Test { dialog }),
            _ => Err(CommandError::NotFound),
        }
    }
}

async fn one(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    card(&office, &headers, &signed, &id, None, StatusCode::OK, None).await
}

async fn card(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    id: &str,
    typed: Option<Typed>,
    status: StatusCode,
    problem: Option<String>,
) -> Response {
    let session = &signed.session;
    let found = async {
        let one = office.misheard_one(session, id).await?;
        let mut drafts = office.drafts(session).await?;
        drafts.retain(|draft| draft.asked.is_none());
        let choices = office.teaching(session, &one)?;
        Ok::<_, CommandError>((one, drafts, choices))
    };
    let (one, drafts, choices) = match found.await {
        Ok(found) => found,
        Err(error) => return page::failed(&error),
    };
    let typed = typed.unwrap_or_else(|| Typed {
        draft: drafts.first().map(|draft| draft.id.clone()).unwrap_or_default(),
        word: choices.word.clone(),
        text: one.text.clone(),
        dialog: one.dialog.clone(),
        ..Typed::default()
    });
    let frame = Frame::new(office, session, "dialogs", headers);
    let page = One { frame, one, drafts, choices, typed, problem };
    page::show(status, &page, &page.frame)
}

async fn teach(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((id, lesson)): Path<(String, String)>,
    Posted { signed, fields }: Posted<SignedIn>,
) -> Response {
    let session = &signed.session;
    let secure = office.secure_cookies();
    if lesson == "drop" {
        return match office.drop_misheard(session, &id).await {
            Ok(()) => page::after("noted", LIST, secure),
            Err(error) => page::failed(&error),
        };
    }
    let draft = fields.get("draft");
    let done = match Typed::of(&fields).lesson(&lesson) {
        Ok(lesson) => office.teach(session, &id, draft, &lesson).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(taught) => page::after("taught", &path_of(&taught.draft), secure),
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let (status, told) = (page::status_of(&error), super::drafts::told(&error));
            let typed = Some(Typed::of(&fields));
            card(&office, &headers, &signed, &id, typed, status, Some(told)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    fn row() -> MisheardView {
        MisheardView {
            id: "1-ab".into(),
            text: HOSTILE.into(),
            times: 3,
            last: sample::at(),
            dialog: "rate".into(),
            step: "how".into(),
            place: HOSTILE.into(),
            taken: HOSTILE.into(),
        }
    }

    #[test]
    fn what_was_said_is_shown_as_text() {
        let page = List { frame: sample::frame(), rows: vec![row()], hidden: 2, days: 90 };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(
            html.matches(HOSTILE_SHOWN).count() == 3 && html.contains("<td class=\"n\">3</td>"),
            "{html}"
        );
        assert!(html.contains("/desk/dialogs/misheard/1-ab\""), "{html}");
    }

    #[test]
    fn there_are_three_ways_to_teach_it_and_one_to_leave_it() {
        let pair = |a: &str| (a.to_owned(), HOSTILE.to_owned());
        let choices = TeachingView {
            word: "收秋".into(),
            dialogs: vec![pair("urge")],
            options: vec![HOSTILE.into()],
            kinds: vec![pair("0409")],
        };
        let typed = Typed { draft: "d1".into(), meaning: "kind:0409".into(), ..Typed::default() };
        let drafts = vec![sample::draft()];
        let problem = Some(HOSTILE.into());
        let page = One { frame: sample::frame(), one: row(), drafts, choices, typed, problem };
        let html = page.render().unwrap();
        check_page(&html);
        for part in ["/word\"", "/village\"", "/example\"", "/test\"", "/drop\"", HOSTILE_SHOWN] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(html.contains("value=\"kind:0409\" selected"), "{html}");
    }
}
