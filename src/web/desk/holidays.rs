//! 放假安排: which years are known, and a new notice: read, shown against what is live, put live.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{self, Posted, SignedIn};
use super::upload;
use crate::office::{CommandError, HolidaysRead, HolidaysStatus, Office};

/// Ten times what a year's notice takes.
const UPLOAD_BYTES_MAX: usize = 256 * 1024;

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/desk/holidays", get(list)).route("/desk/holidays/publish", post(publish))
}

pub fn upload_route() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/holidays/read", post(read))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
}

#[derive(Template)]
#[template(path = "desk/holidays.html")]
struct Page {
    frame: Frame,
    status: HolidaysStatus,
    read: Option<HolidaysRead>,
    problems: Vec<String>,
    /// What was typed.
    text: String,
}

async fn list(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    show(&office, &headers, &signed, StatusCode::OK, Ok(None), String::new())
}

fn show(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    code: StatusCode,
    read: Result<Option<HolidaysRead>, Vec<String>>,
    text: String,
) -> Response {
    let status = match office.holidays(&signed.session) {
        Ok(status) => status,
        Err(error) => return page::failed(&error),
    };
    let frame = Frame::new(office, &signed.session, "holidays", headers);
    let (read, problems) = match read {
        Ok(read) => (read, Vec::new()),
        Err(problems) => (None, problems),
    };
    let page = Page { frame, status, read, problems, text };
    page::show(code, &page, &page.frame)
}

async fn read(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(form) = upload::read(form).await else {
        let text = "文件没有收全，或者太大。请返回再传一次。";
        return page::message(StatusCode::BAD_REQUEST, text);
    };
    if !session::is_ours(&headers, &form.csrf, &signed) {
        return session::foreign();
    }
    let text = match form.file {
        Some((_, bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        None => form.text,
    };
    match office.read_holidays(&signed.session, &text).await {
        Ok(found) => show(&office, &headers, &signed, StatusCode::OK, Ok(Some(found)), text),
        Err(problems) => {
            let code = StatusCode::UNPROCESSABLE_ENTITY;
            show(&office, &headers, &signed, code, Err(problems), text)
        }
    }
}

async fn publish(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let (text, version) = (fields.get("text"), fields.get("version"));
    match office.publish_holidays(&signed.session, text, version).await {
        Ok(None) => page::after("holidays", "/desk/holidays", office.secure_cookies()),
        Ok(Some(hint)) => page::message(StatusCode::OK, &hint),
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Err(error) => {
            let code = page::status_of(&error);
            show(&office, &headers, &signed, code, Err(vec![error.to_string()]), text.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;
    use crate::office::HolidayChanged;

    #[test]
    fn what_would_change_is_shown_before_it_is_live() {
        let status = HolidaysStatus {
            years: vec![(2026, 33, 6)],
            version: "2026-b5bf433c".into(),
            missing: Some(2027),
        };
        let read = HolidaysRead {
            year: 2027,
            text: HOSTILE.into(),
            days: vec![HolidayChanged {
                date: jiff::civil::date(2027, 1, 1),
                name: HOSTILE.into(),
                before: "上班",
                after: "休息",
            }],
            moved: 3,
        };
        let page = Page {
            frame: sample::frame(),
            status: status.clone(),
            read: Some(read),
            problems: vec![],
            text: String::new(),
        };
        let html = page.render().unwrap();
        check_page(&html);
        for part in
            ["2027年", "未定", "2027-01-01", "3件", "name=\"version\" value=\"2026-b5bf433c\""]
        {
            assert!(html.contains(part), "{part}: {html}");
        }
        let page = Page {
            frame: sample::frame(),
            status,
            read: None,
            problems: vec!["第1行读不懂".into()],
            text: HOSTILE.into(),
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains("role=\"alert\"") && html.contains(HOSTILE_SHOWN), "{html}");
    }
}
