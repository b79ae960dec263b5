//! Signing in and out, and one's own password.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{COOKIE, Newcomer, OpenForm, Posted, cookie, set_cookie};
use crate::office::{CommandError, Office, Session, SignInError};

/// Shown beside the field; the office has the last word.
const PASSWORD_CHARS_MIN: usize = 8;
const NAME_CHARS_MAX: usize = 64;
/// Longer ones would only cost hashing time.
const PASSWORD_BYTES_MAX: usize = 1024;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/sign-in", get(sign_in_page).post(sign_in))
        .route("/desk/sign-out", post(sign_out))
        .route("/desk/password", get(password_page).post(change_password))
}

#[derive(Template)]
#[template(path = "desk/sign_in.html")]
struct SignIn {
    frame: Frame,
    name: String,
    error: Option<String>,
}

async fn sign_in_page(State(office): State<Arc<Office>>, headers: HeaderMap) -> Response {
    if let Some(token) = cookie(&headers, COOKIE)
        && matches!(office.session(token).await, Ok(Some(_)))
    {
        return Redirect::to("/desk").into_response();
    }
    let frame = Frame::signed_out(office.county_name());
    let page = SignIn { frame, name: String::new(), error: None };
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn sign_in(State(office): State<Arc<Office>>, OpenForm(fields): OpenForm) -> Response {
    let (name, password) = (fields.get("name"), fields.get("password"));
    let too_long = name.chars().count() > NAME_CHARS_MAX || password.len() > PASSWORD_BYTES_MAX;
    let answer =
        if too_long { Err(SignInError::Wrong) } else { office.sign_in(name, password).await };
    let error = match answer {
        Ok(token) => {
            let home = match office.session(&token).await {
                Ok(Some(session)) => page::home(&session),
                _ => "/desk",
            };
            return entered(&token, home, office.secure_cookies());
        }
        Err(error) => error,
    };
    let status = match error {
        SignInError::Wrong => StatusCode::UNAUTHORIZED,
        SignInError::Locked(_) => StatusCode::TOO_MANY_REQUESTS,
        SignInError::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    let name = if too_long { String::new() } else { name.to_owned() };
    let frame = Frame::signed_out(office.county_name());
    let page = SignIn { frame, name, error: Some(error.to_string()) };
    page::show(status, &page, &page.frame)
}

fn entered(token: &str, path: &str, secure: bool) -> Response {
    ([(header::SET_COOKIE, set_cookie(COOKIE, token, secure))], Redirect::to(path)).into_response()
}

async fn sign_out(State(office): State<Arc<Office>>, posted: Posted<Newcomer>) -> Response {
    match office.sign_out(&posted.signed.0.token).await {
        Ok(()) => entered("", "/desk/sign-in", office.secure_cookies()),
        Err(error) => page::failed(&error),
    }
}

#[derive(Template)]
#[template(path = "desk/password.html")]
struct Password {
    frame: Frame,
    name: String,
    role: &'static str,
    must: bool,
    least: usize,
    error: Option<String>,
}

impl Password {
    fn new(office: &Office, session: &Session, headers: &HeaderMap, error: Option<String>) -> Self {
        let role = session.role.word();
        Self {
            frame: Frame::new(office, session, "me", headers),
            name: session.name.clone(),
            role,
            must: session.must_change,
            least: PASSWORD_CHARS_MIN,
            error,
        }
    }
}

async fn password_page(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Newcomer(signed): Newcomer,
) -> Response {
    let page = Password::new(&office, &signed.session, &headers, None);
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn change_password(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<Newcomer>,
) -> Response {
    let session = &posted.signed.0.session;
    let fields = &posted.fields;
    let (old, new) = (fields.get("old_password"), fields.get("new_password"));
    let secure = office.secure_cookies();
    let done = if let Err(text) = acceptable(old, new, fields.get("again_password")) {
        Err(CommandError::Refused(text.to_owned()))
    } else {
        office.change_password(session, old, new).await
    };
    match done {
        Ok(token) => {
            let mut response = page::after("password", page::home(session), secure);
            response.headers_mut().append(header::SET_COOKIE, set_cookie(COOKIE, &token, secure));
            response
        }
        Err(error) => {
            let page = Password::new(&office, session, &headers, Some(error.to_string()));
            page::show(page::status_of(&error), &page, &page.frame)
        }
    }
}

fn acceptable(old: &str, new: &str, again: &str) -> Result<(), &'static str> {
    if old.len() > PASSWORD_BYTES_MAX || new.len() > PASSWORD_BYTES_MAX {
        return Err("密码太长了，请短一些。");
    }
    if new.chars().count() < PASSWORD_CHARS_MIN {
        return Err("新密码太短，至少8个字符。");
    }
    if new != again {
        return Err("两次写的新密码不一样，请再写一遍。");
    }
    if new == old {
        return Err("新密码和现在的一样，请换一个。");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, check_page};
    use super::*;

    #[test]
    fn the_pages_say_what_is_wrong_and_keep_the_name() {
        let error = Some(SignInError::Wrong.to_string());
        let page =
            SignIn { frame: Frame::signed_out("青禾县".into()), name: "王\"".into(), error };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains("名字或密码不对") && html.contains("value=\"王&#34;\""), "{html}");
        let page = Password {
            frame: sample::frame(),
            name: "王".into(),
            role: "办事员",
            must: true,
            least: PASSWORD_CHARS_MIN,
            error: None,
        };
        check_page(&page.render().unwrap());
    }

    #[test]
    fn a_new_password_is_checked_before_the_office_is_asked() {
        for (old, new, again, fine) in [
            ("once-only", "三个不相干的词语", "三个不相干的词语", true),
            ("once-only", "short", "short", false),
            ("once-only", "long enough", "long enougH", false),
            ("once-only", "once-only", "once-only", false),
            ("once-only", &"长".repeat(400), &"长".repeat(400), false),
        ] {
            assert_eq!(acceptable(old, new, again).is_ok(), fine, "{new}");
        }
    }
}
