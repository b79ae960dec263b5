//! What somebody told a clerk, an agent or a window, as a form.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::cases::short_enough;
use super::page::{self, Frame};
use super::session::{Posted, SignedIn};
use crate::desk::Kind;
use crate::office::{
    CallerHelp, Choice, CommandError, Done, Office, Once, PostError, Right, Role, Session, Told,
    random,
};

/// Forms of the new case's page at which one may go on.
const NEXT: [&str; 2] = ["answer", "dispatch"];

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/new", get(form).post(file)).route("/desk/shell", get(shell))
}

#[derive(Template)]
#[template(path = "desk/new.html")]
struct New {
    frame: Frame,
    categories: Vec<Choice>,
    terminal: Terminal,
    told: Told,
    /// What was looked up for the one who types; `None`: nothing yet.
    help: Option<CallerHelp>,
    problem: Option<String>,
    /// The name of the field that is wrong, if it is one.
    wrong: &'static str,
    /// Sent twice, it is filed once.
    once: String,
    /// Kept on the device for the time without a line: no token, and nobody's case.
    offline: bool,
}

impl New {
    fn problem_at(&self, field: &str) -> &str {
        let problem = self.problem.as_deref().filter(|_| self.wrong == field);
        problem.unwrap_or_default()
    }
}

/// What the one who types is asked for.
struct Terminal {
    title: &'static str,
    needs_phone: bool,
    needs_authorisation: bool,
    is_source: bool,
}

impl Terminal {
    fn of(role: Role) -> Self {
        Self {
            title: match role {
                Role::Agent => "new.for_villager",
                Role::Township | Role::Department => "new.visit",
                Role::Source => "new.from_platform",
                _ => "new.call",
            },
            needs_phone: !matches!(
                role,
                Role::Agent | Role::Township | Role::Department | Role::Source
            ),
            needs_authorisation: role == Role::Agent,
            is_source: role == Role::Source,
        }
    }
}

/// `errand`: something is to be fetched or applied for in her name.
#[derive(Deserialize)]
struct Asked {
    errand: Option<String>,
}

async fn form(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    if !signed.session.may(Right::File) {
        return page::failed(&CommandError::NotFound);
    }
    let told =
        Told { errand: asked.is_ok_and(|Query(asked)| asked.errand.is_some()), ..Told::default() };
    show(&office, &headers, &signed, (told, ""), None, None)
}

/// What opens where there is no line (`assets/worker.js`).
async fn shell(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
) -> Response {
    if !signed.session.may(Right::OwnVillage) {
        return page::failed(&CommandError::NotFound);
    }
    let page = New { offline: true, ..page_of(&office, &headers, &signed, Told::default()) };
    page::show(StatusCode::OK, &page, &page.frame)
}

fn page_of(office: &Office, headers: &HeaderMap, signed: &SignedIn, told: Told) -> New {
    New {
        frame: Frame::new(office, &signed.session, "cases", headers),
        categories: office.category_choices(),
        terminal: Terminal::of(signed.session.role),
        told,
        help: None,
        problem: None,
        wrong: "",
        once: random::hex::<8>(),
        offline: false,
    }
}

fn show(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    (told, once): (Told, &str),
    help: Option<CallerHelp>,
    error: Option<CommandError>,
) -> Response {
    let status = error.as_ref().map_or(StatusCode::OK, page::status_of);
    let wrong = error.as_ref().and_then(CommandError::field).unwrap_or_default();
    let problem = error.map(|error| error.to_string());
    let mut page = New { help, problem, wrong, ..page_of(office, headers, signed, told) };
    if !once.is_empty() {
        page.once = once.to_owned();
    }
    page::show(status, &page, &page.frame)
}

async fn file(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let once = fields.get("once");
    let text = |name: &str| fields.get(name).to_owned();
    let mut told = Told {
        name: text("name"),
        phone: text("phone"),
        village: text("village"),
        place: text("place"),
        category: text("category"),
        text: text("text"),
        told_by: text("told_by"),
        confidential: fields.filled("confidential").is_some(),
        kind: text("kind"),
        respondent: text("respondent"),
        authorised: text("authorised"),
        co_signers: text("co_signers"),
        source_id: text("source_id"),
        heard_at: text("heard_at"),
        recording: text("recording"),
        errand: fields.filled("errand").is_some(),
        urgent: fields.filled("urgent").is_some(),
        walk_in: fields.get("came") == "window",
    };
    if let Some(code) = fields.filled("pick") {
        told.village = office.village_name(&code).unwrap_or_default();
    }
    if fields.filled("look").is_some() || fields.filled("pick").is_some() {
        return match office.caller_help(&signed.session, &told).await {
            Ok(help) => show(&office, &headers, &signed, (told, once), Some(help), None),
            Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
            Err(error) => show(&office, &headers, &signed, (told, once), None, Some(error)),
        };
    }
    let filed = match short_enough(&told.text) {
        Ok(()) => file_once(&office, &signed.session, &told, once).await,
        Err(error) => Err(error),
    };
    match filed {
        Ok(filed) => {
            let step = NEXT.iter().find(|step| **step == fields.get("next"));
            let step = step.map(|step| format!("#{step}")).unwrap_or_default();
            let path = format!("/desk/cases/{}{step}", page::percent(&filed.number));
            page::after("filed", &path, office.secure_cookies())
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => show(&office, &headers, &signed, (told, once), None, Some(error)),
    }
}

/// `key`: of the page on which it was written, or of the draft that a device has kept.
async fn file_once(
    office: &Office,
    session: &Session,
    told: &Told,
    key: &str,
) -> Result<Done, CommandError> {
    if key.is_empty() {
        return office.file_once(session, told, None).await;
    }
    let asked = [&told.text, &told.village, &told.name, &told.phone].map(String::as_str).join("\n");
    let once = Once::new(&format!("desk/{}", session.name), key, &asked);
    let filed = office.file_once(session, told, Some(&once));
    office.once(&once, filed).await.map_err(|error| match error {
        PostError::Command(error) => error,
        PostError::OtherContent => {
            CommandError::Refused("这一页已经登记过一件，请打开新的一页再登记。".into())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn what_was_typed_is_kept_and_runs_nothing() {
        let told = Told {
            text: HOSTILE.into(),
            category: "B".into(),
            told_by: "phone".into(),
            co_signers: HOSTILE.into(),
            confidential: true,
            ..Told::default()
        };
        let categories = sample::choices(&[("A", "甲"), ("B", HOSTILE)]);
        let problem = Some("没有找到这个村，请连乡镇一起写。".to_owned());
        let terminal = Terminal::of(Role::Agent);
        let help = Some(CallerHelp {
            places: sample::choices(&[("1", HOSTILE)]),
            ..CallerHelp::default()
        });
        let page = New {
            frame: sample::frame(),
            categories,
            terminal,
            told,
            help,
            problem,
            wrong: "village",
            once: "0a1b".into(),
            offline: false,
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 4, "{html}");
        for part in [
            "id=\"village-error\"",
            "aria-describedby=\"village-error\"",
            "\"B\" selected",
            "\"phone\" selected",
            "value=\"1\" checked",
            "role=\"alert\"",
        ] {
            assert!(html.contains(part), "no {part} in\n{html}");
        }
    }
}
