//! What somebody told a clerk, an agent or a window, as a form.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;

use super::cases::short_enough;
use super::page::{self, Frame};
use super::session::{Posted, SignedIn};
use crate::office::{Choice, CommandError, Office, Right, Role, Told};

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/new", get(form).post(file))
}

#[derive(Template)]
#[template(path = "desk/new.html")]
struct New {
    frame: Frame,
    categories: Vec<Choice>,
    terminal: Terminal,
    told: Told,
    problem: Option<String>,
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
                Role::Agent => "替群众登记",
                Role::Township | Role::Department => "登记来访",
                Role::Source => "登记来件",
                _ => "登记来电",
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

async fn form(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    if !signed.session.may(Right::File) {
        return page::failed(&CommandError::NotFound);
    }
    show(&office, &headers, &signed, Told::default(), None)
}

fn show(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    told: Told,
    error: Option<CommandError>,
) -> Response {
    let frame = Frame::new(office, &signed.session, "cases", headers);
    let status = error.as_ref().map_or(StatusCode::OK, page::status_of);
    let problem = error.map(|error| error.to_string());
    let terminal = Terminal::of(signed.session.role);
    let page = New { frame, categories: office.category_choices(), terminal, told, problem };
    page::show(status, &page, &page.frame)
}

async fn file(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let text = |name: &str| fields.get(name).to_owned();
    let told = Told {
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
    };
    let filed = match short_enough(&told.text) {
        Ok(()) => office.file_for(&signed.session, &told).await,
        Err(error) => Err(error),
    };
    match filed {
        Ok(filed) => {
            let path = format!("/desk/cases/{}", page::percent(&filed.number));
            page::after("filed", &path, office.secure_cookies())
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => show(&office, &headers, &signed, told, Some(error)),
    }
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
        let page = New { frame: sample::frame(), categories, terminal, told, problem };
        let html = page.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 3, "{html}");
        for part in
            ["\"B\" selected", "\"phone\" selected", "value=\"1\" checked", "role=\"alert\""]
        {
            assert!(html.contains(part), "no {part} in\n{html}");
        }
    }
}
