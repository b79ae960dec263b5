//! 放假和上班时间: which years are known, and a new notice: read, shown against what is live, put live.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::page::{self, Frame};
use super::session::{Fields, Posted, SignedIn};
use super::upload::Sent;
use crate::office::{
    CommandError, HolidayMode, HolidaysRead, HolidaysStatus, HoursAsked, HoursView, Office,
};

/// Ten times what a year's notice takes.
const UPLOAD_BYTES_MAX: usize = 256 * 1024;
/// Monday first.
const WEEKDAYS: [&str; 7] =
    ["hours.d1", "hours.d2", "hours.d3", "hours.d4", "hours.d5", "hours.d6", "hours.d7"];

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/holidays", get(list))
        .route("/desk/holidays/publish", post(publish))
        .route("/desk/holidays/hours", post(hours))
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
    /// What was typed, and chosen.
    text: String,
    mode: HolidayMode,
    hours: Fields,
    /// What is wrong with the hours: the name of the field, and why.
    wrong: Option<(&'static str, String)>,
}

impl Page {
    fn days(&self, hours: &HoursView) -> String {
        let days = hours.weekdays.iter().zip(WEEKDAYS).filter(|(is_worked, _)| **is_worked);
        days.map(|(_, key)| self.frame.say(key)).collect::<Vec<_>>().join(" ")
    }

    fn weekdays(&self) -> impl Iterator<Item = (usize, &'static str)> {
        (1..).zip(WEEKDAYS)
    }

    fn is_ticked(&self, day: &usize) -> bool {
        match self.wrong {
            Some(_) => !self.hours.get(&format!("day-{day}")).is_empty(),
            None => *day <= 5,
        }
    }

    fn problem(&self, field: &str) -> &str {
        let wrong = self.wrong.as_ref().filter(|(name, _)| *name == field);
        wrong.map_or("", |(_, text)| text)
    }
}

async fn list(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    let new = (String::new(), HolidayMode::Add);
    show(&office, &headers, &signed, StatusCode::OK, Ok(None), new)
}

fn show(
    office: &Office,
    headers: &HeaderMap,
    signed: &SignedIn,
    code: StatusCode,
    read: Result<Option<HolidaysRead>, Vec<String>>,
    (text, mode): (String, HolidayMode),
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
    let (hours, wrong) = (Fields::default(), None);
    let page = Page { frame, status, read, problems, text, mode, hours, wrong };
    page::show(code, &page, &page.frame)
}

async fn hours(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    posted: Posted<SignedIn>,
) -> Response {
    let Posted { signed, fields } = posted;
    let asked = HoursAsked {
        from: fields.get("from").to_owned(),
        weekdays: std::array::from_fn(|n| !fields.get(&format!("day-{}", n + 1)).is_empty()),
        segments: fields.get("segments").to_owned(),
    };
    match office.publish_hours(&signed.session, &asked, fields.get("version")).await {
        Ok(None) => page::after("hours", "/desk/holidays", office.secure_cookies()),
        Ok(Some(hint)) => page::message(StatusCode::OK, &hint),
        Err(CommandError::Field(field, why)) => {
            let status = match office.holidays(&signed.session) {
                Ok(status) => status,
                Err(error) => return page::failed(&error),
            };
            let frame = Frame::new(&office, &signed.session, "holidays", &headers);
            let (read, problems, text) = (None, Vec::new(), String::new());
            let (wrong, mode) = (Some((field, why)), HolidayMode::Add);
            let page = Page { frame, status, read, problems, text, mode, hours: fields, wrong };
            page::show(StatusCode::UNPROCESSABLE_ENTITY, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn read(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Sent { signed, upload }: Sent<SignedIn>,
) -> Response {
    // What is not chosen takes nothing away.
    let mode = HolidayMode::from_word(&upload.mode).unwrap_or(HolidayMode::Add);
    let text = match upload.file {
        Some((_, bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        None => upload.text,
    };
    let tried = (text, mode);
    match office.read_holidays(&signed.session, &tried.0, mode).await {
        Ok(found) => show(&office, &headers, &signed, StatusCode::OK, Ok(Some(found)), tried),
        Err(problems) => {
            let code = StatusCode::UNPROCESSABLE_ENTITY;
            show(&office, &headers, &signed, code, Err(problems), tried)
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
            let tried = (text.to_owned(), HolidayMode::Add);
            show(&office, &headers, &signed, code, Err(vec![error.to_string()]), tried)
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
            hours: vec![HoursView {
                from: jiff::civil::date(2020, 1, 1),
                weekdays: [true, true, true, true, true, false, false],
                segments: vec!["08:30-12:00".into()],
                is_now: true,
            }],
        };
        let read = HolidaysRead {
            year: 2027,
            mode: HolidayMode::Replace,
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
            hours: Fields::default(),
            wrong: None,
            mode: HolidayMode::Add,
        };
        let html = page.render().unwrap();
        check_page(&html);
        for part in [
            "2027年",
            "未定",
            "2027-01-01",
            "3件",
            "整年替换",
            "name=\"version\" value=\"2026-b5bf433c\"",
            "周一 周二 周三 周四 周五",
            "08:30-12:00",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let page = Page {
            frame: sample::frame(),
            status,
            read: None,
            problems: vec!["第1行读不懂".into()],
            text: HOSTILE.into(),
            hours: [("from", HOSTILE)].into(),
            wrong: Some(("from", HOSTILE.into())),
            mode: HolidayMode::Add,
        };
        let html = page.render().unwrap();
        check_page(&html);
        assert!(html.contains("role=\"alert\"") && html.contains(HOSTILE_SHOWN), "{html}");
    }
}
