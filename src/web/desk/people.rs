//! What is known of one person: found by her number, given out, put right, cleared.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use crate::office::{CommandError, Erasure, Office, PersonView, Right};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/people", get(search).post(find))
        .route("/desk/people/{id}", get(one))
        .route("/desk/people/{id}/{action}", post(act))
}

#[derive(Template)]
#[template(path = "desk/people.html")]
struct Search {
    frame: Frame,
    found: Option<Vec<PersonView>>,
    phone: String,
    reason: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/person.html")]
struct Page {
    frame: Frame,
    person: PersonView,
    /// What would go: said before it is done.
    would_go: Option<Erasure>,
    went: Option<Erasure>,
    fields: Fields,
    problem: Option<String>,
}

async fn search(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
) -> Response {
    if !signed.session.may(Right::Identity) && !signed.session.may(Right::Erase) {
        return page::failed(&CommandError::NotFound);
    }
    let frame = Frame::new(&office, &signed.session, "people", &headers);
    let (phone, reason) = (String::new(), String::new());
    let page = Search { frame, found: None, phone, reason, problem: None };
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn find(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let (phone, reason) = (fields.get("phone").to_owned(), fields.get("reason").to_owned());
    let found = match office.find_people(&signed.session, &phone, &reason).await {
        Ok(ids) => views(&office, &signed, &ids).await,
        Err(error) => Err(error),
    };
    let frame = Frame::new(&office, &signed.session, "people", &headers);
    let (status, found, problem) = match found {
        Ok(found) => (StatusCode::OK, Some(found), None),
        Err(CommandError::NotFound) => return page::failed(&CommandError::NotFound),
        Err(error) => (page::status_of(&error), None, Some(error.to_string())),
    };
    let page = Search { frame, found, phone, reason, problem };
    page::show(status, &page, &page.frame)
}

async fn views(
    office: &Office,
    signed: &SignedIn,
    ids: &[String],
) -> Result<Vec<PersonView>, CommandError> {
    let mut views = Vec::with_capacity(ids.len());
    for id in ids {
        views.push(office.person_view(&signed.session, id).await?);
    }
    Ok(views)
}

async fn one(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let shown = Shown::default();
    show_person(&office, &headers, &signed, &id, shown).await
}

/// What came of a form.
#[derive(Default)]
struct Shown {
    status: StatusCode,
    would_go: Option<Erasure>,
    went: Option<Erasure>,
    fields: Fields,
    problem: Option<String>,
}

async fn show_person(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    id: &str,
    shown: Shown,
) -> Response {
    let person = match office.person_view(&signed.session, id).await {
        Ok(person) => person,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "people", headers);
    let Shown { status, would_go, went, fields, problem } = shown;
    let page = Page { frame, person, would_go, went, fields, problem };
    page::show(status, &page, &page.frame)
}

async fn act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((id, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let session = &signed.session;
    let (reason, case) = (fields.get("reason").to_owned(), fields.get("case").to_owned());
    let done = match action.as_str() {
        "export" => match office.export_person(session, &id, &reason).await {
            Ok(sheet) => match office.take_out(session, &sheet, Some(&reason)).await {
                Ok(mark) => return page::sheet_file(sheet, "xlsx", "person", &mark),
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error),
        },
        "correct" => {
            let new = (fields.get("name"), fields.get("phone"));
            office.correct_person(session, &id, new, &reason).await
        }
        "erase" => {
            let dry_run = fields.get("sure") != "yes";
            match office.erase_person(Some(session), &id, &reason, dry_run).await {
                Ok(erasure) => {
                    let mut shown = Shown { fields, ..Shown::default() };
                    let told = if dry_run { &mut shown.would_go } else { &mut shown.went };
                    *told = Some(erasure);
                    return show_person(&office, &headers, &signed, &id, shown).await;
                }
                Err(error) => Err(error),
            }
        }
        "hold" => office.hold_case(session, &case, &reason).await,
        "release" => office.release_case(session, &case, &reason).await,
        _ => Err(CommandError::NotFound),
    };
    match done {
        Ok(()) => {
            let path = format!("/desk/people/{}", page::percent(&id));
            page::after(page::done_code(&action), &path, office.secure_cookies())
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let shown = Shown {
                status: page::status_of(&error),
                problem: Some(error.to_string()),
                fields,
                ..Shown::default()
            };
            show_person(&office, &headers, &signed, &id, shown).await
        }
    }
}
