//! What somebody told on the telephone, as a form.

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
use crate::office::{Called, Choice, CommandError, Office, Right};

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/new", get(form).post(file))
}

#[derive(Template)]
#[template(path = "desk/new.html")]
struct New {
    frame: Frame,
    categories: Vec<Choice>,
    called: Called,
    problem: Option<String>,
}

async fn form(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    if !signed.session.may(Right::File) {
        return page::failed(&CommandError::NotFound);
    }
    show(&office, &headers, &signed, Called::default(), None)
}

fn show(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    called: Called,
    error: Option<CommandError>,
) -> Response {
    let frame = Frame::new(office, &signed.session, "cases", headers);
    let status = error.as_ref().map_or(StatusCode::OK, page::status_of);
    let problem = error.map(|error| error.to_string());
    let page = New { frame, categories: office.category_choices(), called, problem };
    page::show(status, &page, &page.frame)
}

async fn file(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let text = |name: &str| fields.get(name).to_owned();
    let called = Called {
        name: text("name"),
        phone: text("phone"),
        village: text("village"),
        place: text("place"),
        category: text("category"),
        text: text("text"),
        told_by: text("told_by"),
        confidential: fields.filled("confidential").is_some(),
    };
    let filed = match short_enough(&called.text) {
        Ok(()) => office.file_by_telephone(&signed.session, &called).await,
        Err(error) => Err(error),
    };
    match filed {
        Ok(number) => {
            let path = format!("/desk/cases/{}", page::percent(&number));
            page::after("filed", &path, office.secure_cookies())
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => show(&office, &headers, &signed, called, Some(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn what_was_typed_is_kept_and_runs_nothing() {
        let called = Called {
            text: HOSTILE.into(),
            category: "B".into(),
            told_by: "phone".into(),
            confidential: true,
            ..Called::default()
        };
        let categories = sample::choices(&[("A", "甲"), ("B", HOSTILE)]);
        let problem = Some("没有找到这个村，请连乡镇一起写。".to_owned());
        let page = New { frame: sample::frame(), categories, called, problem };
        let html = page.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 2, "{html}");
        for part in
            ["\"B\" selected", "\"phone\" selected", "value=\"1\" checked", "role=\"alert\""]
        {
            assert!(html.contains(part), "no {part} in\n{html}");
        }
    }
}
