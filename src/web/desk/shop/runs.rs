//! Delivery runs: what is ready for which village, the vehicles of a day, and who took in what.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::{Visit, Wanted, asked, tried};
use crate::office::shop::{NewRun, RunSent, RunsPage};
use crate::office::{CommandError, Office};
use crate::web::desk::page::{self, Frame};
use crate::web::desk::session::{Fields, Posted};
use crate::web::desk::tried::Tried;

const PATH: &str = "/desk/shop/runs";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route(PATH, get(list).post(send)).route("/desk/shop/runs/arrived", post(arrived))
}

#[derive(Template)]
#[template(path = "desk/shop_runs.html")]
struct Page {
    frame: Frame,
    runs: RunsPage,
    new: NewRun,
    sent: Option<RunSent>,
    tried: Tried,
}

async fn list(visit: Visit, wanted: Wanted) -> Response {
    let new = NewRun { day: asked(wanted).day, ..NewRun::default() };
    show(&visit, new, Ok(None)).await
}

async fn show(
    visit: &Visit,
    new: NewRun,
    became: Result<Option<RunSent>, CommandError>,
) -> Response {
    match visit.office.runs(visit.session(), new.day.trim().parse().ok()).await {
        Ok(runs) => {
            let (status, tried) = tried(became.as_ref().err());
            let sent = became.ok().flatten();
            let page = Page { frame: visit.frame(), runs, new, sent, tried };
            page::show(status, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

/// Each village has a field for its place in the order; one without a place is not driven to.
fn stops(fields: &Fields) -> Vec<String> {
    let place = |(village, place): (&str, &str)| Some((place.parse().ok()?, village.to_owned()));
    let mut places: Vec<(u16, String)> =
        fields.beginning("stop-").into_iter().filter_map(place).collect();
    places.sort();
    places.into_iter().map(|(_, village)| village).collect()
}

async fn send(Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let text = |name: &str| fields.get(name).to_owned();
    let new = NewRun {
        day: text("day"),
        vehicle: text("vehicle"),
        driver: text("driver"),
        phone: text("phone"),
        villages: stops(&fields),
    };
    let sent = visit.office.send_run(visit.session(), &new).await;
    match sent {
        Err(CommandError::NotFound) => page::failed(&CommandError::NotFound),
        Ok(sent) if sent.behind.is_empty() => {
            let path = format!("{PATH}?day={}", page::percent(&new.day));
            page::after("run", &path, visit.office.secure_cookies())
        }
        became => show(&visit, new, became.map(Some)).await,
    }
}

async fn arrived(Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let (day, name, village) = (fields.get("day"), fields.get("name"), fields.get("village"));
    let done = visit.office.run_arrived(visit.session(), day, name, village).await.map(drop);
    // A counter has a page of its own.
    let back = match visit.session().may(crate::office::Right::HandOut) {
        true => "/desk/shop/day".to_owned(),
        false => format!("{PATH}?day={}", page::percent(day)),
    };
    match visit.after(done, "arrived", &back) {
        Ok(response) => response,
        Err(error) => page::message(StatusCode::CONFLICT, &error.to_string()),
    }
}
