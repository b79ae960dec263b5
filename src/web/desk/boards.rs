//! Pages that show several cases at once in another order than the list: what many tell of, and
//! what is late by departments. And who looked at whose case it is.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::page::{self, Frame};
use super::session::SignedIn;
use crate::office::{BurstView, CommandError, HouseCalls, LateDepartment, LookView, Office};

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/bursts", get(bursts))
        .route("/desk/late", get(late))
        .route("/desk/visits", get(visits))
        .route("/desk/cases/{number}/looks", get(looks))
}

#[derive(Template)]
#[template(path = "desk/bursts.html")]
struct Bursts {
    frame: Frame,
    bursts: Vec<BurstView>,
}

impl Bursts {
    /// For the form that takes them all in.
    fn numbers(&self, burst: &BurstView) -> String {
        let numbers = burst.cases.iter().filter(|case| case.goes).map(|case| &*case.number);
        numbers.collect::<Vec<_>>().join(",")
    }
}

async fn bursts(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
) -> Response {
    match office.bursts(&signed.session).await {
        Ok(bursts) => {
            let page =
                Bursts { frame: Frame::new(&office, &signed.session, "cases", &headers), bursts };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

#[derive(Template)]
#[template(path = "desk/late.html")]
struct Late {
    frame: Frame,
    /// Of the ledger with what was done about it.
    month: String,
    departments: Vec<LateDepartment>,
}

impl Late {
    fn list(&self, department: &LateDepartment) -> String {
        format!("/desk?{}", page::query([("department", &*department.id), ("overdue", "1")]))
    }
}

async fn late(State(office): State<Arc<Office>>, headers: HeaderMap, signed: SignedIn) -> Response {
    match office.late_departments(&signed.session).await {
        Ok(departments) => {
            let frame = Frame::new(&office, &signed.session, "late", &headers);
            let page = Late { frame, month: office.this_month(), departments };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

#[derive(Template)]
#[template(path = "desk/visits.html")]
struct Visits {
    frame: Frame,
    list: HouseCalls,
}

/// `2026-11-24`; today when it is empty or no day.
#[derive(Default, Deserialize)]
#[serde(default)]
struct OfDay {
    day: String,
}

async fn visits(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    asked: Result<Query<OfDay>, QueryRejection>,
) -> Response {
    let Query(asked) = asked.unwrap_or_default();
    match office.house_calls(&signed.session, asked.day.trim().parse().ok()).await {
        Ok(list) => {
            let page =
                Visits { frame: Frame::new(&office, &signed.session, "visits", &headers), list };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

#[derive(Template)]
#[template(path = "desk/looks.html")]
struct Looks {
    frame: Frame,
    number: String,
    looks: Vec<LookView>,
}

async fn looks(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    signed: SignedIn,
    Path(number): Path<String>,
) -> Response {
    match office.looks_at_case(&signed.session, &number).await {
        Ok(Some(looks)) => {
            let frame = Frame::new(&office, &signed.session, "cases", &headers);
            let page = Looks { frame, number, looks };
            page::show(StatusCode::OK, &page, &page.frame)
        }
        Ok(None) => page::failed(&CommandError::NotFound),
        Err(error) => page::failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{self, HOSTILE, HOSTILE_SHOWN, check_page};
    use super::*;
    use crate::office::HouseCall;

    #[test]
    fn nothing_that_was_written_runs() {
        let at = sample::row().received_at;
        let burst = BurstView {
            title: HOSTILE.into(),
            village: "130225102216".into(),
            first_at: at,
            last_at: at,
            parent: Some(("126041273".into(), 4)),
            under: 1,
            cases: sample::case().alike,
        };
        let html = Bursts { frame: sample::frame(), bursts: vec![burst] }.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 2, "{html}");
        assert!(html.contains("name=\"children\" value=\"126041299\""), "{html}");
        let look = LookView {
            n: 1,
            at,
            by: HOSTILE.into(),
            role: "平台工作人员",
            department: String::new(),
            from: String::new(),
            kind: "看姓名电话",
            cases: Vec::new(),
            about: String::new(),
            reason: HOSTILE.into(),
        };
        let (frame, number) = (sample::frame(), "126041273".to_owned());
        let html = Looks { frame, number, looks: vec![look] }.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 2, "{html}");
        let call = |is_past| HouseCall {
            at,
            who: HOSTILE.into(),
            row: crate::office::CaseRow { title: HOSTILE.into(), ..sample::row() },
            is_past,
        };
        let day = jiff::civil::date(2026, 11, 25);
        let list = HouseCalls { day, calls: vec![call(false)], open: vec![call(true)] };
        let html = Visits { frame: sample::frame(), list }.render().unwrap();
        check_page(&html);
        assert_eq!(html.matches(HOSTILE_SHOWN).count(), 4, "{html}");
    }
}
