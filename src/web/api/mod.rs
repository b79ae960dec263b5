//! `/api/v1`: all of the desk for programs. Who may do what is decided below, in `office`; what may
//! be done to a case is read from the table of transitions; the routes and the document are made
//! from one list.

mod asked;
mod cases;
mod county;
mod document;
mod exports;
mod figures;
mod goods;
pub mod interviews;
pub mod keeping;
mod problem;
mod shapes;
pub mod tasks;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post, put};
use axum::{Json, Router};
use serde_json::Value;

pub use asked::known;
pub use cases::{Wanted, page};
pub use problem::Failure;
pub use shapes::{CaseLine, Filing, Moment, Outcome, Signer, WholeCase};

use crate::office::Office;
use document::{SchemaOf, Told, schema_of};
use problem::Code;

const BASE: &str = "/api/v1";
const BODY_BYTES_MAX: usize = 64 * 1024;

type Operation = (Told, MethodRouter<Arc<Office>>);

pub fn routes() -> Router<Arc<Office>> {
    let mut router = Router::new();
    for (told, handler) in operations() {
        router = router.route(told.path, handler);
    }
    let router = router
        .method_not_allowed_fallback(async || {
            Code::WrongMethod.with("This address is not asked so.")
        })
        .fallback(async || Code::NotFound.with("There is no such address."))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    Router::new().nest(BASE, router)
}

/// The OpenAPI document.
pub fn document() -> Value {
    let told: Vec<Told> = operations().into_iter().map(|(told, _)| told).collect();
    document::document(&told)
}

async fn openapi() -> Json<Value> {
    Json(document())
}

fn reads(
    path: &'static str,
    id: &'static str,
    about: &'static str,
    answer: SchemaOf,
    handler: MethodRouter<Arc<Office>>,
) -> Operation {
    let told = Told {
        method: "get",
        path,
        id,
        about,
        query: None,
        body: None,
        answer,
        failures: &[404],
        waits: false,
        is_open: false,
    };
    (told, handler)
}

/// Without a key.
fn open((told, handler): Operation) -> Operation {
    (Told { is_open: true, failures: &[], ..told }, handler)
}

/// It is done behind the answer.
fn waits((told, handler): Operation) -> Operation {
    (Told { waits: true, ..told }, handler)
}

fn asks(query: SchemaOf, (told, handler): Operation) -> Operation {
    (Told { query: Some(query), failures: &[400, 404, 422], ..told }, handler)
}

fn does(
    path: &'static str,
    id: &'static str,
    about: &'static str,
    (body, answer): (Option<SchemaOf>, SchemaOf),
    handler: MethodRouter<Arc<Office>>,
) -> Operation {
    let failures = &[400, 404, 409, 413, 415, 422];
    let told = Told {
        method: "post",
        path,
        id,
        about,
        query: None,
        body,
        answer,
        failures,
        waits: false,
        is_open: false,
    };
    (told, handler)
}

/// Puts a whole list in place; the same again changes nothing, so it needs no Idempotency-Key.
fn puts(
    path: &'static str,
    id: &'static str,
    about: &'static str,
    (body, answer): (SchemaOf, SchemaOf),
    handler: MethodRouter<Arc<Office>>,
) -> Operation {
    let (told, handler) = does(path, id, about, (Some(body), answer), handler);
    (Told { method: "put", ..told }, handler)
}

#[rustfmt::skip]
fn operations() -> Vec<Operation> {
    use shapes as s;
    vec![
        asks(schema_of::<cases::Wanted>, reads("/cases", "cases", "List cases", schema_of::<s::CasePage>, get(cases::list))),
        does("/cases", "file", "File a case for somebody", (Some(schema_of::<s::Filing>), schema_of::<s::Outcome>), post(cases::file)),
        asks(schema_of::<cases::Look>, reads("/cases/{number}", "case", "One case with its timeline", schema_of::<s::WholeCase>, get(cases::one))),
        does("/cases/{number}/{command}", "command", "Do something to a case", (None, schema_of::<s::Outcome>), post(cases::command)),
        reads("/figures", "figures", "The figures of the day", schema_of::<figures::DayFigures>, get(county::figures)),
        asks(schema_of::<county::Month>, reads("/ledgers/{kind}", "ledger", "A ledger: cases, village, departments, overdue, interviews or totals", schema_of::<s::Ledger>, get(county::ledger))),
        waits(does("/exports", "export", "Have a ledger made that is too large for one answer: 202, then look after it", (Some(schema_of::<exports::ExportAsked>), schema_of::<exports::Export>), post(exports::ask))),
        waits(reads("/exports/{id}", "export_state", "Whether it is made: 202 until then; for the key that asked, and for a day", schema_of::<exports::Export>, get(exports::one))),
        reads("/exports/{id}/file", "export_file", "The file, once it is ready", schema_of::<Value>, get(exports::file)),
        reads("/departments", "departments", "Departments", schema_of::<s::Departments>, get(county::departments)),
        reads("/kinds", "kinds", "Kinds of matter", schema_of::<s::Kinds>, get(county::kinds)),
        reads("/places", "places", "Villages and communities", schema_of::<s::Places>, get(county::places)),
        reads("/transitions", "transitions", "What may follow what, and by whom", schema_of::<s::Transitions>, get(county::transitions)),
        open(reads("/openapi.json", "document", "This document", schema_of::<Value>, get(openapi))),
        reads("/me", "me", "Whose key it is and what it may do", schema_of::<s::Me>, get(county::me)),
        puts("/goods", "put_goods", "Put goods on the shelf, or change them", (schema_of::<goods::Goods>, schema_of::<goods::GoodsPut>), put(goods::put).layer(DefaultBodyLimit::max(goods::BODY_BYTES_MAX))),
        reads("/interviews", "interviews", "Notices that call in heads of late departments", schema_of::<interviews::Interviews>, get(interviews::list)),
        reads("/interviews/{id}", "interview", "One notice, with what may be done next", schema_of::<interviews::Interview>, get(interviews::one)),
        does("/interviews/{id}/{step}", "interview_step", "Propose, approve, return, receive, answer, record, settle or drop a notice", (Some(schema_of::<interviews::StepTaken>), schema_of::<interviews::StepDone>), post(interviews::step)),
        reads("/tasks", "tasks", "What only a person can do", schema_of::<tasks::Tasks>, get(tasks::list)),
        reads("/tasks/{id}", "task", "One of them, with whom to call: a look that is written down", schema_of::<tasks::Task>, get(tasks::one)),
        does("/tasks/{id}/finish", "task_finish", "Say what came of it", (Some(schema_of::<tasks::Finished>), schema_of::<s::Fine>), post(tasks::finish)),
        does("/tasks/{id}/give_back", "task_give_back", "Give a conversation back to the bot", (None, schema_of::<s::Fine>), post(tasks::give_back)),
        reads("/holidays", "holidays", "Which years' days off are known", schema_of::<keeping::Holidays>, get(keeping::holidays)),
        does("/holidays", "holidays_publish", "Put a notice of days off live", (Some(schema_of::<keeping::Notice>), schema_of::<keeping::HolidaysLive>), post(keeping::publish)),
        does("/holidays/preview", "holidays_preview", "What a notice would change", (Some(schema_of::<keeping::Notice>), schema_of::<keeping::HolidayPreview>), post(keeping::preview)),
        reads("/retention", "retention", "What was kept long enough and would go", schema_of::<keeping::Cleared>, get(keeping::retention)),
        does("/retention", "retention_run", "Clear it away", (None, schema_of::<keeping::Cleared>), post(keeping::clear)),
        reads("/deliveries", "deliveries", "Events that a department's system did not take", schema_of::<s::Deliveries>, get(county::deliveries)),
        does("/deliveries/{id}/again", "deliver_again", "Send it once more", (None, schema_of::<s::Fine>), post(county::deliver_again)),
    ]
}
