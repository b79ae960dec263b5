//! What is not about one case: the county's tables, its figures and ledgers, the key itself, and
//! what a department's system did not take.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::asked::{Asked, Known, Sent};
use super::figures::DayFigures;
use super::problem::{Code, Failure};
use super::shapes::{
    Deliveries, Department, Departments, Fine, Kind, Kinds, Ledger, Me, Place, Places, Transitions,
};
use crate::office::{CommandError, LedgerAsked, LedgerKind, Office, Right, TOO_LARGE};
use crate::web::desk::sheet_file;

const REASON_CHARACTERS_MAX: usize = 60;

/// Which month, and of what.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Month {
    /// `2026-11`; needed.
    pub month: String,
    /// A name or 12 digits; needed for the village's ledger.
    pub village: Option<String>,
    pub department: Option<String>,
    /// Why whole telephone numbers are wanted; it is written down. Without it they are masked.
    pub identity_reason: Option<String>,
    /// `json`, or `csv`, `gb18030` (the same for old programs) or `xlsx` for a table program.
    pub format: Option<String>,
}

pub async fn figures(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
) -> Result<Json<DayFigures>, Failure> {
    let figures = office.figures(&caller.session).await?;
    Ok(Json(DayFigures::from(&*figures)))
}

pub async fn ledger(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
    Path(id): Path<String>,
    Asked(month): Asked<Month>,
) -> Result<Response, Failure> {
    let asked = month_asked(&id, &month)?;
    let format = month.format.as_deref().unwrap_or("json");
    if !["json", "csv", "gb18030", "xlsx"].contains(&format) {
        return Err(Code::BadRequest.with("`format` is json, csv, gb18030 or xlsx."));
    }
    let sheet = office.ledger(&caller.session, &asked).await.map_err(|error| {
        match error.field() == Some(TOO_LARGE) {
            true => Code::Refused.with(format!("{error} It can be made with POST /exports.")),
            false => error.into(),
        }
    })?;
    let mark = office.take_out(&caller.session, &sheet, asked.reason.as_deref()).await;
    let mark = mark.map_err(CommandError::from)?;
    Ok(match format {
        "json" => Json(Ledger::from(sheet)).into_response(),
        format => sheet_file(sheet, format, &format!("{id}-{}", month.month.trim()), &mark),
    })
}

/// Which ledger is meant.
pub fn month_asked(id: &str, month: &Month) -> Result<LedgerAsked, Failure> {
    let kind = LedgerKind::from_id(id);
    let kind = kind.ok_or_else(|| Code::NotFound.with(format!("There is no ledger `{id}`.")))?;
    let day = format!("{}-01", month.month.trim()).parse();
    let day = day.map_err(|_| Code::BadRequest.with("`month` is like 2026-11."))?;
    let reason = month.identity_reason.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if reason.is_some_and(|reason| reason.chars().count() > REASON_CHARACTERS_MAX) {
        let most = REASON_CHARACTERS_MAX;
        return Err(Code::BadRequest.with(format!("`identity_reason` has over {most} characters.")));
    }
    Ok(LedgerAsked {
        kind,
        month: day,
        village: month.village.clone(),
        department: month.department.clone(),
        reason: reason.map(str::to_owned),
    })
}

pub async fn departments(State(office): State<Arc<Office>>, _: Known) -> Json<Departments> {
    let tables = office.tables();
    let department = |one: &crate::county::Department| Department {
        id: one.id.clone(),
        name: one.name.clone(),
        short: one.short.clone(),
        kind: one.kind.clone(),
        phone: one.phone.clone(),
    };
    Json(Departments { departments: tables.departments.iter().map(department).collect() })
}

pub async fn kinds(State(office): State<Arc<Office>>, _: Known) -> Json<Kinds> {
    let tables = office.tables();
    let kind = |one: &crate::county::Category| Kind {
        code: one.code.clone(),
        group: one.group.clone(),
        name: one.name.clone(),
        lead: one.lead.clone(),
        lead_alternatives: one.lead_alternatives.clone(),
        co_handlers: one.co_handlers.clone(),
        time_class: one.time_class.id(),
        flags: one.flags.clone(),
    };
    Json(Kinds { kinds: tables.categories.iter().map(kind).collect() })
}

pub async fn places(State(office): State<Arc<Office>>, _: Known) -> Json<Places> {
    let tables = office.tables();
    let place = |one: &crate::county::Place| Place {
        code: one.code.clone(),
        township: one.township.clone(),
        name: one.name.clone(),
        aliases: one.aliases.clone(),
    };
    Json(Places { places: tables.places.iter().map(place).collect() })
}

pub async fn transitions(_: Known) -> Json<Transitions> {
    Json(Transitions::all())
}

pub async fn me(Known(caller): Known) -> Json<Me> {
    let session = caller.session;
    Json(Me {
        rights: Right::ALL.iter().filter(|one| session.may(**one)).map(|one| one.id()).collect(),
        key: caller.key,
        role: session.role.id(),
        name: session.name,
        department: session.department,
        village: session.village,
        merchant: session.merchant,
    })
}

pub async fn deliveries(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
) -> Result<Json<Deliveries>, Failure> {
    let dead = office.dead_letters(&caller.session).await?;
    Ok(Json(Deliveries { deliveries: dead.into_iter().map(Into::into).collect() }))
}

/// Done twice it is done once, whatever the Idempotency-Key.
pub async fn deliver_again(
    State(office): State<Arc<Office>>,
    Path(id): Path<String>,
    sent: Sent<Nothing>,
) -> Result<Json<Fine>, Failure> {
    office.deliver_again(&sent.caller.session, &id).await?;
    Ok(Json(Fine { done: true }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}
