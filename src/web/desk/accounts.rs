//! Who may sign in, and as what: for the security administrator.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use super::tried::Tried;
use crate::office::{AccountPage, AccountView, CommandError, Office, Role, Session};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/accounts", get(all).post(make))
        .route("/desk/accounts/{name}", get(one))
        .route("/desk/accounts/{name}/{action}", post(act))
}

/// A one-time password, said once on the page after it was made.
struct Made {
    name: String,
    password: String,
}

#[derive(Template)]
#[template(path = "desk/accounts.html")]
struct All {
    frame: Frame,
    accounts: Vec<AccountView>,
    roles: &'static [Role],
    made: Option<Made>,
    tried: Tried,
}

#[derive(Template)]
#[template(path = "desk/account.html")]
struct One {
    frame: Frame,
    shown: AccountPage,
    roles: &'static [Role],
    /// There is a single sign-on.
    outside: bool,
    made: Option<Made>,
    tried: Tried,
}

async fn all(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    show_all(&office, &headers, &signed, StatusCode::OK, None, Tried::default()).await
}

async fn show_all(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    status: StatusCode,
    made: Option<Made>,
    tried: Tried,
) -> Response {
    let accounts = match office.accounts(&signed.session).await {
        Ok(accounts) => accounts,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "accounts", headers);
    let page = All { frame, accounts, roles: Role::ALL, made, tried };
    page::show(status, &page, &page.frame)
}

fn role(fields: &Fields) -> Result<Role, CommandError> {
    let role = Role::from_word(fields.get("role"));
    role.ok_or_else(|| CommandError::Field("role", "请选一个角色。".into()))
}

async fn make(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let name = fields.get("name").trim().to_owned();
    let of = fields.filled("of");
    let done = match role(&fields) {
        Ok(role) => office.make_account(&signed.session, &name, role, of.as_deref()).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(password) => {
            let made = Some(Made { name, password });
            show_all(&office, &headers, &signed, StatusCode::OK, made, Tried::default()).await
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let tried = Tried::new("new", fields, &error);
            show_all(&office, &headers, &signed, page::status_of(&error), None, tried).await
        }
    }
}

async fn one(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(name): Path<String>,
) -> Response {
    show_one(&office, &headers, &signed, &name, (StatusCode::OK, Tried::default()), None).await
}

async fn show_one(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    name: &str,
    (status, tried): (StatusCode, Tried),
    made: Option<Made>,
) -> Response {
    let found = match office.account(&signed.session, name).await {
        Ok(found) => found,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "accounts", headers);
    let shown = One {
        frame,
        shown: found,
        roles: Role::ALL,
        outside: office.oidc_name().is_some(),
        made,
        tried,
    };
    page::show(status, &shown, &shown.frame)
}

async fn act(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Path((name, action)): Path<(String, String)>,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let session = &signed.session;
    let done = match action.as_str() {
        "password" => office.reset_account(session, &name).await.map(Some),
        _ => perform(&office, session, &name, &action, &fields).await.map(|()| None),
    };
    match done {
        Ok(None) => {
            let path = format!("/desk/accounts/{}", page::percent(&name));
            page::after("account", &path, office.secure_cookies())
        }
        Ok(Some(password)) => {
            let made = Some(Made { name: name.clone(), password });
            let nothing = (StatusCode::OK, Tried::default());
            show_one(&office, &headers, &signed, &name, nothing, made).await
        }
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let tried = (page::status_of(&error), Tried::new(&action, fields, &error));
            show_one(&office, &headers, &signed, &name, tried, None).await
        }
    }
}

async fn perform(
    office: &Office,
    session: &Session,
    name: &str,
    action: &str,
    fields: &Fields,
) -> Result<(), CommandError> {
    let of = fields.filled("of");
    match action {
        "role" => office.change_role(session, name, role(fields)?, of.as_deref()).await,
        "approve" => office.approve_account(session, name).await,
        "stop" => office.stop_account(session, name, true).await,
        "open" => office.stop_account(session, name, false).await,
        "subject" => office.set_subject(session, name, fields.get("subject")).await,
        "second" => office.clear_second_step(session, name).await,
        "sessions" => office.end_sessions_of(session, name, fields.filled("id").as_deref()).await,
        _ => Err(CommandError::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;

    fn account() -> AccountView {
        AccountView {
            name: HOSTILE.into(),
            role: "平台工作人员",
            role_id: "clerk",
            of: String::new(),
            of_id: String::new(),
            is_own: false,
            is_administrator: false,
            stopped: true,
            waits_for_second: Some(HOSTILE.into()),
            is_new: true,
            locked_until: Some(sample::at()),
            has_second_step: true,
            subject: HOSTILE.into(),
        }
    }

    #[test]
    fn names_stand_as_they_are() {
        let made = Some(Made { name: HOSTILE.into(), password: "abcd-efgh".into() });
        let error = CommandError::Field("of", "请写明是哪个村（12位代码）的。".into());
        let tried = Tried::new("new", Fields::from([("name", HOSTILE)]), &error);
        let page = All {
            frame: sample::frame(),
            accounts: vec![account()],
            roles: Role::ALL,
            made,
            tried,
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains(HOSTILE_SHOWN) && html.contains("abcd-efgh"), "{html}");
        assert!(html.contains("id=\"of-error\"") && html.contains("aria-invalid"), "{html}");
        let shown = AccountPage { account: account(), sessions: vec![], may_approve: true };
        let frame = sample::frame();
        let (roles, tried) = (Role::ALL, Tried::default());
        let html = One { frame, shown, roles, outside: true, made: None, tried };
        let html = html.render().unwrap();
        check_page(&html);
        assert!(html.contains(HOSTILE_SHOWN) && html.contains("批准"), "{html}");
    }
}
