//! The second step of signing in: the number at each sign-in, and how a telephone is taken up.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::account::status_of;
use super::page::{self, Frame};
use super::session::{Known, Newcomer, Posted, SignedIn, owed_page};
use crate::office::{CommandError, Office, Owes, SecondStepOffer};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/code", get(code_page).post(enter_code))
        .route("/desk/second", get(offer_page).post(take))
        .route("/desk/second/drop", post(drop_it))
}

#[derive(Template)]
#[template(path = "desk/code.html")]
struct Code {
    frame: Frame,
    name: String,
    error: Option<String>,
}

impl Code {
    fn new(office: &Office, signed: &SignedIn, headers: &HeaderMap, error: Option<String>) -> Self {
        let frame = Frame::new(office, &signed.session, "", headers).at_the_door();
        Self { frame, name: signed.session.name.clone(), error }
    }
}

async fn code_page(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Newcomer(signed): Newcomer,
) -> Response {
    if signed.session.owes != Owes::Code {
        return Redirect::to("/desk").into_response();
    }
    let page = Code::new(&office, &signed, &headers, None);
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn enter_code(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<Newcomer>,
) -> Response {
    let Posted { signed: Newcomer(signed), fields } = posted;
    if signed.session.owes != Owes::Code {
        return Redirect::to("/desk").into_response();
    }
    match office.enter_code(&signed.session, &signed.token, fields.get("code")).await {
        Ok(()) => {
            let next = match office.session(&signed.token).await {
                Ok(Some(session)) => owed_page(session.owes).unwrap_or(page::home(&session)),
                _ => "/desk",
            };
            Redirect::to(next).into_response()
        }
        Err(error) => {
            let page = Code::new(&office, &signed, &headers, Some(error.to_string()));
            page::show(status_of(&error), &page, &page.frame)
        }
    }
}

#[derive(Template)]
#[template(path = "desk/second.html")]
struct Offer {
    frame: Frame,
    offer: SecondStepOffer,
    must: bool,
    error: Option<String>,
}

async fn offer_page(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Known(signed): Known,
) -> Response {
    show_offer(&office, &headers, &signed, None).await
}

async fn show_offer(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    error: Option<CommandError>,
) -> Response {
    // A one-time password is changed first.
    if signed.session.owes == Owes::Password {
        return Redirect::to("/desk/password").into_response();
    }
    let offer = match office.offer_second_step(&signed.session, &signed.token).await {
        Ok(offer) => offer,
        Err(error) => return page::failed(&error),
    };
    let must = signed.session.owes == Owes::SecondStep;
    let frame = Frame::new(office, &signed.session, "me", headers);
    let frame = if must { frame.at_the_door() } else { frame };
    let status = error.as_ref().map_or(StatusCode::OK, page::status_of);
    let page = Offer { frame, offer, must, error: error.map(|error| error.to_string()) };
    page::show(status, &page, &page.frame)
}

#[derive(Template)]
#[template(path = "desk/second_codes.html")]
struct Codes {
    frame: Frame,
    codes: Vec<String>,
}

async fn take(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<Known>,
) -> Response {
    let Posted { signed: Known(signed), fields } = posted;
    let (code, password) = (fields.get("code"), fields.get("password"));
    match office.take_second_step(&signed.session, &signed.token, code, password).await {
        Ok(codes) => {
            let frame = Frame::new(&office, &signed.session, "me", &headers);
            let page = Codes { frame, codes };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => show_offer(&office, &headers, &signed, Some(error)).await,
    }
}

async fn drop_it(State(office): State<Arc<Office>>, posted: Posted<SignedIn>) -> Response {
    let Posted { signed, fields } = posted;
    match office.drop_second_step(&signed.session, fields.get("password")).await {
        Ok(()) => page::after("second_off", "/desk/me", office.secure_cookies()),
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, check_page};
    use super::*;

    #[test]
    fn the_pages_are_whole() {
        let (frame, name) = (sample::frame(), "王".to_owned());
        check_page(&Code { frame, name, error: Some("数字不对".into()) }.render().unwrap());
        let offer = SecondStepOffer {
            picture: "<svg viewBox=\"0 0 9 9\"></svg>".into(),
            secret: "GEZD GNBV".into(),
            needs_password: true,
        };
        let page = Offer { frame: sample::frame(), offer, must: true, error: None };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains("<svg viewBox") && html.contains("GEZD GNBV"), "{html}");
        let codes = vec!["abcd-efgh-jkmn".to_owned()];
        let html = Codes { frame: sample::frame(), codes }.render().unwrap();
        check_page(&html);
        assert!(html.contains("abcd-efgh-jkmn"), "{html}");
    }
}
