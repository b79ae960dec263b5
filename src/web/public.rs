//! For everybody, without signing in: report something, and see how far it is.
//!
//! There is no session, so there is nothing that a foreign page could misuse; all the same a form
//! must come from a page of ours. How much one address may do is limited in `office`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{self, DefaultBodyLimit, Form, Path};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::assets;
use super::desk;
use super::head::{Guest, Head};
use super::media;
use super::origin::{caller, from_our_page};
use crate::county::Life;
use crate::desk::{Grade, Kind};
use crate::dialog::Known;
use crate::office::{
    AnswerPage, CommandError, Filed, NeighbourCard, Office, Progress, Told, VillageTotal,
};

const BODY_BYTES_MAX: usize = 32 * 1024;
const TEXT_CHARS_MAX: usize = 2_000;
/// Fewer of a village might tell whose they are.
const FEW_BELOW: usize = 3;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/report", get(report_form).post(report))
        .route("/query", get(query_form).post(query))
        .route("/tell/{village}", get(tell))
        .route("/query/rate", post(rate))
        .route("/answer/{number}/{key}", get(answer))
        .route("/answer/{number}/{key}/{n}", get(answer_file))
        .route("/services", get(services))
        .route("/villages", get(villages))
        .route("/privacy", get(privacy))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

#[derive(Template)]
#[template(path = "public/report.html")]
struct Report {
    head: Head,
    told: Told,
    problem: Option<String>,
    done: Option<Filed>,
}

#[derive(Template)]
#[template(path = "public/query.html")]
struct Query {
    head: Head,
    number: String,
    /// As she typed it, for the form in which she rates.
    last_four: String,
    problem: Option<String>,
    found: Option<Progress>,
    thanks: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rated {
    number: String,
    last_four: String,
    grade: String,
    comment: String,
}

/// What is not in a form is empty; unknown fields are ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reported {
    text: String,
    kind: String,
    village: String,
    place: String,
    name: String,
    phone: String,
    confidential: String,
    /// No person sees this field: who fills it in is a program.
    website: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    number: String,
    last_four: String,
}

#[derive(Template)]
#[template(path = "public/tell.html")]
struct Tell {
    head: Head,
    card: NeighbourCard,
}

/// From the card of a village: its code.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shared {
    village: String,
}

async fn report_form(
    office: Guest,
    from: Result<extract::Query<Shared>, extract::rejection::QueryRejection>,
) -> Response {
    let village = from.map(|extract::Query(from)| from.village).unwrap_or_default();
    let village = office.neighbour_card(&village).map(|card| card.village).unwrap_or_default();
    show_report(&office, StatusCode::OK, Told { village, ..Told::default() }, None, None)
}

/// 告诉邻居: a page to forward, and a sheet for the door of the shop.
async fn tell(office: Guest, Path(village): Path<String>) -> Response {
    let Some(card) = office.neighbour_card(&village).filter(|_| office.public_pages()) else {
        return closed();
    };
    show(&office, StatusCode::OK, &Tell { head: office.head(), card })
}

#[derive(Template)]
#[template(path = "public/services.html")]
struct Services {
    head: Head,
    life: Option<Life>,
    groups: Vec<(String, Vec<Known>)>,
}

#[derive(Template)]
#[template(path = "public/villages.html")]
struct Villages {
    head: Head,
    month: String,
    rows: Vec<VillageTotal>,
    least: usize,
}

#[derive(Template)]
#[template(path = "public/privacy.html")]
struct Privacy {
    head: Head,
    ordinary: u32,
    consults: u32,
    talks: u32,
}

/// One of 衣食住行游购娱; anything else is all of them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    life: String,
}

/// What is to be brought, what it costs, where it is done.
async fn services(
    office: Guest,
    wanted: Result<extract::Query<Wanted>, extract::rejection::QueryRejection>,
) -> Response {
    let life = wanted.ok().and_then(|extract::Query(wanted)| Life::from_word(&wanted.life));
    let groups = office.services(life);
    show(&office, StatusCode::OK, &Services { head: office.head(), life, groups })
}

/// Sums of this month. A village with a few only is not told apart from its neighbours' people.
async fn villages(office: Guest) -> Response {
    match office.village_totals().await {
        Ok(totals) => {
            let (month, rows) = (totals.month.clone(), totals.rows.clone());
            let page = Villages { head: office.head(), month, rows, least: FEW_BELOW };
            show(&office, StatusCode::OK, &page)
        }
        Err(error) => desk::status_of(&error).into_response(),
    }
}

async fn privacy(office: Guest) -> Response {
    let (ordinary, consults, talks) = office.kept_days();
    let head = office.head();
    show(&office, StatusCode::OK, &Privacy { head, ordinary, consults, talks })
}

async fn report(
    office: Guest,
    extensions: Extensions,
    headers: HeaderMap,
    form: Result<Form<Reported>, axum::extract::rejection::FormRejection>,
) -> Response {
    if !office.public_pages() {
        return closed();
    }
    let fine = from_our_page(&headers);
    let Ok(Form(said)) = form else {
        let problem = "没有收全，请再填一次，写短一些。".to_owned();
        return show_report(&office, StatusCode::BAD_REQUEST, Told::default(), Some(problem), None);
    };
    let told = Told {
        name: said.name,
        phone: said.phone,
        kind: said.kind,
        village: said.village,
        place: said.place,
        text: said.text.replace("\r\n", "\n"),
        confidential: !said.confidential.is_empty(),
        ..Told::default()
    };
    let refused = |text: &str| CommandError::Refused(text.to_owned());
    let filed = if !fine {
        Err(refused("请在这一页上填，再提交。"))
    } else if !said.website.is_empty() {
        Err(refused("最后一格是防机器的，请空着再提交。"))
    } else if told.text.chars().count() > TEXT_CHARS_MAX {
        Err(refused("写得太长了，请缩到2000个字以内。"))
    } else {
        office.file_on_web(&told, from(&extensions, &headers, &office)).await
    };
    match filed {
        Ok(filed) => show_report(&office, StatusCode::OK, Told::default(), None, Some(filed)),
        Err(error) => {
            let status = if fine { desk::status_of(&error) } else { StatusCode::FORBIDDEN };
            show_report(&office, status, told, Some(error.to_string()), None)
        }
    }
}

fn show_report(
    office: &Guest,
    status: StatusCode,
    told: Told,
    problem: Option<String>,
    done: Option<Filed>,
) -> Response {
    show(office, status, &Report { head: office.head(), told, problem, done })
}

#[derive(Template)]
#[template(path = "public/answer.html")]
struct Answer {
    head: Head,
    /// Of this page.
    path: String,
    answer: AnswerPage,
}

/// What a department sent with its answer, by the link in her message.
async fn answer(
    office: Guest,
    extensions: Extensions,
    headers: HeaderMap,
    Path((number, key)): Path<(String, String)>,
) -> Response {
    if !office.public_pages() {
        return closed();
    }
    let from = from(&extensions, &headers, &office);
    match office.answer_page(&number, &key, from).await {
        Ok(Some(answer)) => {
            let path = format!("/answer/{}/{}", desk::percent(&number), desk::percent(&key));
            show(&office, StatusCode::OK, &Answer { head: office.head(), path, answer })
        }
        Ok(None) => closed(),
        Err(error) => desk::status_of(&error).into_response(),
    }
}

async fn answer_file(
    office: Guest,
    extensions: Extensions,
    headers: HeaderMap,
    Path((number, key, n)): Path<(String, String, usize)>,
) -> Response {
    if !office.public_pages() {
        return closed();
    }
    let from = from(&extensions, &headers, &office);
    match office.answer_file(&number, &key, n, from).await {
        Ok(Some(file)) => media::answer(file, "no-store"),
        Ok(None) => closed(),
        Err(error) => desk::status_of(&error).into_response(),
    }
}

async fn query_form(office: Guest) -> Response {
    show_query(&office, StatusCode::OK, Asked::default(), Ok(None), false)
}

async fn query(
    office: Guest,
    extensions: Extensions,
    headers: HeaderMap,
    form: Result<Form<Asked>, axum::extract::rejection::FormRejection>,
) -> Response {
    if !office.public_pages() {
        return closed();
    }
    let asked = form.map(|Form(asked)| asked).unwrap_or_default();
    if !from_our_page(&headers) {
        let problem = Err("请在这一页上填，再查。".to_owned());
        return show_query(&office, StatusCode::FORBIDDEN, asked, problem, false);
    }
    let from = from(&extensions, &headers, &office);
    show_progress(&office, asked, from, false).await
}

async fn show_progress(office: &Guest, asked: Asked, from: IpAddr, thanks: bool) -> Response {
    match office.progress_of(&asked.number, &asked.last_four, from).await {
        Ok(found) => show_query(office, StatusCode::OK, asked, Ok(Some(found)), thanks),
        Err(error) => {
            let status = desk::status_of(&error);
            show_query(office, status, asked, Err(error.to_string()), false)
        }
    }
}

async fn rate(
    office: Guest,
    extensions: Extensions,
    headers: HeaderMap,
    form: Result<Form<Rated>, axum::extract::rejection::FormRejection>,
) -> Response {
    if !office.public_pages() {
        return closed();
    }
    let said = form.map(|Form(said)| said).unwrap_or_default();
    let Rated { number, last_four, grade, comment } = said;
    let asked = Asked { number, last_four };
    let fine = from_our_page(&headers);
    let from = from(&extensions, &headers, &office);
    let rated = if !fine {
        Err(CommandError::Refused("请在这一页上填，再评价。".to_owned()))
    } else if comment.chars().count() > TEXT_CHARS_MAX {
        Err(CommandError::Refused("写得太长了，请缩到2000个字以内。".to_owned()))
    } else {
        office.rate_on_web((&asked.number, &asked.last_four), &grade, &comment, from).await
    };
    match rated {
        Ok(()) => show_progress(&office, asked, from, true).await,
        Err(error) => {
            let status = if fine { desk::status_of(&error) } else { StatusCode::FORBIDDEN };
            show_query(&office, status, asked, Err(error.to_string()), false)
        }
    }
}

fn show_query(
    office: &Guest,
    status: StatusCode,
    asked: Asked,
    found: Result<Option<Progress>, String>,
    thanks: bool,
) -> Response {
    let head = office.head();
    let Asked { number, last_four } = asked;
    let (found, problem) = found.map_or_else(|text| (None, Some(text)), |found| (found, None));
    show(office, status, &Query { head, number, last_four, problem, found, thanks })
}

fn show(office: &Guest, status: StatusCode, page: &impl Template) -> Response {
    if !office.public_pages() {
        return closed();
    }
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn closed() -> Response {
    (StatusCode::NOT_FOUND, "没有这一页。\n").into_response()
}

/// Without a known address all share one.
fn from(extensions: &Extensions, headers: &HeaderMap, office: &Office) -> IpAddr {
    caller(extensions, headers, office).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}
