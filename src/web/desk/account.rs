//! Signing in and out, and what is one's own: the password, and where one is signed in.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{
    COOKIE, Known, Newcomer, OpenForm, Posted, SignedIn, Visitor, cookie, owed_page, set_cookie,
};
use crate::office::{
    CommandError, Office, Owes, PASSWORD_CHARACTERS_MIN, SecondStepState, Session, SessionView,
    SignInError, is_told,
};
use crate::web::messages::Language;
use crate::web::origin::came_from;

const NAME_CHARS_MAX: usize = 64;
/// Longer ones would only cost hashing time.
const PASSWORD_BYTES_MAX: usize = 1024;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/sign-in", get(sign_in_page).post(sign_in))
        .route("/desk/sign-out", post(sign_out))
        .route("/desk/password", get(password_page).post(change_password))
        .route("/desk/language/{code}", get(choose_language))
        .route("/desk/size/{size}", get(choose_size))
        .route("/desk/me", get(me))
        .route("/desk/me/sessions", post(end_sessions))
        .route("/desk/me/wechat", post(bind_wechat))
        .route("/desk/me/wechat/drop", post(drop_wechat))
}

#[derive(Template)]
#[template(path = "desk/sign_in.html")]
struct SignIn {
    frame: Frame,
    name: String,
    /// What stands on the button of the single sign-on.
    outside: Option<String>,
    error: Option<String>,
}

async fn sign_in_page(State(office): State<Arc<Office>>, headers: HeaderMap) -> Response {
    if let Some(token) = cookie(&headers, COOKIE)
        && matches!(office.session(token).await, Ok(Some(_)))
    {
        return Redirect::to("/desk").into_response();
    }
    show_sign_in(&office, &headers, StatusCode::OK, "", None)
}

pub fn show_sign_in(
    office: &Office,
    headers: &HeaderMap,
    status: StatusCode,
    name: &str,
    error: Option<String>,
) -> Response {
    let frame = Frame::signed_out(office.county_name()).spoken_to(headers);
    let page = SignIn {
        frame,
        name: name.to_owned(),
        outside: office.oidc_name().map(str::to_owned),
        error,
    };
    page::show(status, &page, &page.frame)
}

async fn sign_in(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Visitor(browser): Visitor,
    OpenForm(fields): OpenForm,
) -> Response {
    let (name, password) = (fields.get("name"), fields.get("password"));
    let too_long = name.chars().count() > NAME_CHARS_MAX || password.len() > PASSWORD_BYTES_MAX;
    let answer = match too_long {
        true => Err(SignInError::Wrong),
        false => office.sign_in(name, password, &browser).await,
    };
    match answer {
        Ok(token) => entered(&office, &token).await,
        Err(error) => {
            let name = if too_long { "" } else { name };
            show_sign_in(&office, &headers, status_of(&error), name, Some(error.to_string()))
        }
    }
}

pub fn status_of(error: &SignInError) -> StatusCode {
    match error {
        SignInError::Wrong | SignInError::WrongCode => StatusCode::UNAUTHORIZED,
        SignInError::Locked(_) => StatusCode::TOO_MANY_REQUESTS,
        SignInError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        SignInError::Stopped
        | SignInError::Waits
        | SignInError::Unknown
        | SignInError::Outside(_) => StatusCode::FORBIDDEN,
    }
}

/// With the new cookie, on to what is still owed, or home.
pub async fn entered(office: &Office, token: &str) -> Response {
    let home = match office.session(token).await {
        Ok(Some(session)) => owed_page(session.owes).unwrap_or_else(|| page::home(&session)),
        _ => "/desk",
    };
    with_cookie(token, home, office.secure_cookies())
}

fn with_cookie(token: &str, path: &str, secure: bool) -> Response {
    ([(header::SET_COOKIE, set_cookie(COOKIE, token, secure))], Redirect::to(path)).into_response()
}

async fn sign_out(State(office): State<Arc<Office>>, posted: Posted<Newcomer>) -> Response {
    match office.sign_out(&posted.signed.0.token).await {
        Ok(()) => with_cookie("", "/desk/sign-in", office.secure_cookies()),
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
            must: session.owes == Owes::Password,
            least: PASSWORD_CHARACTERS_MIN,
            error,
        }
    }
}

async fn password_page(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Known(signed): Known,
) -> Response {
    let page = Password::new(&office, &signed.session, &headers, None);
    page::show(StatusCode::OK, &page, &page.frame)
}

async fn change_password(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Visitor(browser): Visitor,
    posted: Posted<Known>,
) -> Response {
    let session = &posted.signed.0.session;
    let fields = &posted.fields;
    let (old, new) = (fields.get("old_password"), fields.get("new_password"));
    let secure = office.secure_cookies();
    let done = match new == fields.get("again_password") {
        true => office.change_password(session, old, new, &browser).await,
        false => Err(CommandError::Refused("两次写的新密码不一样，请再写一遍。".to_owned())),
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

#[derive(Template)]
#[template(path = "desk/me.html")]
struct Me {
    frame: Frame,
    name: String,
    role: &'static str,
    second: SecondStepState,
    /// There is work that she could be told of on her WeChat.
    may_be_told: bool,
    has_wechat: bool,
    /// To be said to the official account; shown once.
    code: Option<String>,
    sessions: Vec<SessionView>,
    idle_minutes: u32,
}

impl Me {
    async fn read(
        office: &Office,
        signed: &SignedIn,
        headers: &HeaderMap,
        code: Option<String>,
    ) -> Result<Self, CommandError> {
        let session = &signed.session;
        Ok(Self {
            frame: Frame::new(office, session, "me", headers),
            name: session.name.clone(),
            role: session.role.word(),
            second: office.second_step_state(session).await?,
            may_be_told: is_told(session.role),
            has_wechat: office.has_wechat(session).await?,
            code,
            sessions: office.own_sessions(session, &signed.token).await?,
            idle_minutes: office.common().desk.idle_minutes,
        })
    }
}

async fn me(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    show_me(&office, &signed, &headers, None).await
}

async fn show_me(
    office: &Office,
    signed: &SignedIn,
    headers: &HeaderMap,
    code: Option<String>,
) -> Response {
    match Me::read(office, signed, headers, code).await {
        Ok(page) => page::show(StatusCode::OK, &page, &page.frame),
        Err(error) => page::failed(&error),
    }
}

async fn bind_wechat(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    match office.staff_code(&posted.signed.session).await {
        Ok(code) => show_me(&office, &posted.signed, &headers, Some(code)).await,
        Err(error) => page::failed(&error),
    }
}

async fn drop_wechat(State(office): State<Arc<Office>>, posted: Posted<SignedIn>) -> Response {
    match office.unbind_wechat(&posted.signed.session).await {
        Ok(()) => page::after("wechat_off", "/desk/me", office.secure_cookies()),
        Err(error) => page::failed(&error),
    }
}

/// For this browser; back to the page that asked.
async fn choose_language(
    State(office): State<Arc<Office>>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(language) = Language::from_code(&code) else {
        return page::message(StatusCode::NOT_FOUND, "没有这种语言。");
    };
    let kept = set_cookie(page::LANGUAGE, language.code(), office.secure_cookies());
    ([(header::SET_COOKIE, kept)], Redirect::to(&came_from(&headers, "/desk"))).into_response()
}

/// Large letters in this browser, or plain ones.
async fn choose_size(
    State(office): State<Arc<Office>>,
    Path(size): Path<String>,
    headers: HeaderMap,
) -> Response {
    let size = if size == page::LARGE { page::LARGE } else { "" };
    let kept = set_cookie(page::SIZE, size, office.secure_cookies());
    ([(header::SET_COOKIE, kept)], Redirect::to(&came_from(&headers, "/desk"))).into_response()
}

/// One of them by its id, or all but this one.
async fn end_sessions(State(office): State<Arc<Office>>, posted: Posted<SignedIn>) -> Response {
    let Posted { signed, fields } = posted;
    let id = fields.filled("id");
    match office.end_own_sessions(&signed.session, id.as_deref(), &signed.token).await {
        Ok(()) => page::after("sessions", "/desk/me", office.secure_cookies()),
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, check_page};
    use super::*;

    #[test]
    fn the_pages_say_what_is_wrong_and_keep_the_name() {
        let error = Some(SignInError::Wrong.to_string());
        let page = SignIn {
            frame: Frame::signed_out("青禾县".into()),
            name: "王\"".into(),
            outside: Some("统一登录".into()),
            error,
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains("名字或密码不对") && html.contains("value=\"王&#34;\""), "{html}");
        let page = Password {
            frame: sample::frame(),
            name: "王".into(),
            role: "办事员",
            must: true,
            least: PASSWORD_CHARACTERS_MIN,
            error: None,
        };
        check_page(&page.render().unwrap());
        let session = SessionView {
            id: "0123456789abcdef".into(),
            began_at: sample::at(),
            seen_at: sample::at(),
            device: sample::HOSTILE.into(),
            from: "10.0.0.1".into(),
            is_this: false,
        };
        let page = Me {
            frame: sample::frame(),
            name: "王".into(),
            role: "办事员",
            second: SecondStepState { is_on: true, needed: false, recovery_left: 3 },
            may_be_told: true,
            has_wechat: false,
            code: Some("ABC234".into()),
            sessions: vec![session],
            idle_minutes: 30,
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains(sample::HOSTILE_SHOWN), "{html}");
    }
}
