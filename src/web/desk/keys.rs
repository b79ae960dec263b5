//! 钥匙: by which other programs come in. Made, shown once, listed, taken back; for who keeps the accounts.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use crate::office::{CommandError, KeyView, Office, Role};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/keys", get(list).post(make))
        .route("/desk/keys/approve", post(approve))
        .route("/desk/keys/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "desk/keys.html")]
struct Page {
    frame: Frame,
    keys: Vec<KeyView>,
    roles: &'static [Role],
    /// Shown this once.
    made: Option<String>,
    problem: Option<String>,
    fields: Fields,
}

async fn list(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    show(&office, &headers, &signed, Shown::default()).await
}

#[derive(Default)]
struct Shown {
    status: StatusCode,
    made: Option<String>,
    problem: Option<String>,
    fields: Fields,
}

async fn show(office: &Office, headers: &HeaderMap, signed: &SignedIn, shown: Shown) -> Response {
    let keys = match office.api_keys(&signed.session).await {
        Ok(keys) => keys,
        Err(error) => return page::failed(&error),
    };
    let Shown { status, made, problem, fields } = shown;
    let frame = Frame::new(office, &signed.session, "keys", headers);
    let page = Page { frame, keys, roles: Role::ALL, made, problem, fields };
    page::show(status, &page, &page.frame)
}

async fn make(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let of = Some(fields.get("of").trim()).filter(|of| !of.is_empty());
    let made = match Role::from_word(fields.get("role")) {
        Some(role) => office.make_api_key(&signed.session, fields.get("name"), role, of).await,
        None => Err(CommandError::Refused("请选一个角色。".into())),
    };
    let shown = match made {
        Ok(key) => Shown { made: Some(key), ..Shown::default() },
        Err(CommandError::NotFound) => return page::failed(&CommandError::NotFound),
        Err(error) => Shown {
            status: page::status_of(&error),
            problem: Some(error.to_string()),
            fields,
            ..Shown::default()
        },
    };
    show(&office, &headers, &signed, shown).await
}

async fn approve(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let error = match office.approve_api_key(&signed.session, fields.get("id")).await {
        Ok(()) => return page::after("key_approved", "/desk/keys", office.secure_cookies()),
        Err(CommandError::NotFound) => return page::failed(&CommandError::NotFound),
        Err(error) => error,
    };
    let (status, problem) = (page::status_of(&error), Some(error.to_string()));
    show(&office, &headers, &signed, Shown { status, problem, ..Shown::default() }).await
}

async fn revoke(State(office): State<Arc<Office>>, posted: Posted<SignedIn>) -> Response {
    let Posted { signed, fields } = posted;
    match office.take_api_key_back(&signed.session, fields.get("id")).await {
        Ok(()) => page::after("key_revoked", "/desk/keys", office.secure_cookies()),
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    #[test]
    fn a_key_is_shown_when_it_was_made_and_what_was_typed_is_kept() {
        let key = KeyView {
            id: "bm_1a2b3c4d".into(),
            name: HOSTILE.into(),
            role: "来件平台",
            of: HOSTILE.into(),
            made_at: sample::at(),
            revoked_at: None,
            waits_for_second: Some(HOSTILE.into()),
            may_approve: true,
        };
        let gone =
            KeyView { id: "bm_00000000".into(), revoked_at: Some(sample::at()), ..key.clone() };
        let page = |made: Option<&str>, problem: Option<&str>| {
            let page = Page {
                frame: sample::frame(),
                keys: vec![key.clone(), gone.clone()],
                roles: Role::ALL,
                made: made.map(str::to_owned),
                problem: problem.map(str::to_owned),
                fields: Fields::from([("name", HOSTILE), ("role", "source")]),
            };
            let html = page.render().unwrap();
            check_page(&html);
            html
        };
        let html = page(None, Some("请写明是哪个来件平台的"));
        assert!(html.contains(HOSTILE_SHOWN) && html.contains("\"source\" selected"), "{html}");
        assert_eq!(html.matches("/desk/keys/approve").count(), 1, "{html}");
        assert_eq!(html.matches("/desk/keys/revoke").count(), 1, "the other one is gone: {html}");
        assert!(!html.contains("bm_secret") && page(Some("bm_secret"), None).contains("bm_secret"));
    }
}
