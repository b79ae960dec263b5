//! Single sign-on: to the county's identity provider, and back.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::account::{entered, show_sign_in, status_of};
use super::page;
use super::session::{Visitor, cookie, set_cookie};
use crate::office::{Office, OidcAsked, OidcBack};

const COOKIE: &str = "desk_oidc";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/oidc", get(begin)).route("/desk/oidc/back", get(back))
}

async fn begin(State(office): State<Arc<Office>>, headers: HeaderMap) -> Response {
    if office.oidc_name().is_none() {
        return page::message(StatusCode::NOT_FOUND, "没有设统一登录。");
    }
    let asked = OidcAsked::new();
    match office.oidc_begin(&asked).await {
        Ok(url) => {
            let kept = set_cookie(COOKIE, &asked.to_cookie(), office.secure_cookies());
            ([(header::SET_COOKIE, kept)], Redirect::to(&url)).into_response()
        }
        Err(error) => {
            show_sign_in(&office, &headers, status_of(&error), "", Some(error.to_string()))
        }
    }
}

async fn back(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Visitor(browser): Visitor,
    given: Result<Query<OidcBack>, QueryRejection>,
) -> Response {
    let Query(given) = given.unwrap_or_default();
    let asked = cookie(&headers, COOKIE).and_then(OidcAsked::from_cookie);
    let mut response = match office.oidc_finish(asked, &given, &browser).await {
        Ok(token) => entered(&office, &token).await,
        Err(error) => {
            show_sign_in(&office, &headers, status_of(&error), "", Some(error.to_string()))
        }
    };
    // It serves once.
    let gone = set_cookie(COOKIE, "", office.secure_cookies());
    response.headers_mut().append(header::SET_COOKIE, gone);
    response
}
