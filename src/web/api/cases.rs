//! Cases: the list, one, filing, and every command of the table of transitions.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asked::{Asked, Known, Sent};
use super::problem::{Code, Failure};
use super::shapes::{CaseLine, CasePage, Filing, Moment, Outcome, WholeCase};
use crate::desk::State as CaseState;
use crate::office::{CaseFilter, Office, Session, Typed, command_shapes};

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 200;
const SEARCH_CHARACTERS_MAX: usize = 60;
/// Behind the cursor's place in the list: of which list it is.
const LIST_MARK_CHARACTERS: usize = 8;

/// Which cases. What is not given does not matter.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// The id of a state.
    pub state: Option<String>,
    /// The id of a department: its own, and those it helps with.
    pub department: Option<String>,
    /// Those that are late.
    pub overdue: Option<bool>,
    /// 12 digits.
    pub village: Option<String>,
    /// The code of a kind of matter.
    pub category: Option<String>,
    /// A number, or words in the title, the text, the place.
    pub search: Option<String>,
    /// Received then or later.
    pub received_from: Option<Moment>,
    /// Received before.
    pub received_to: Option<Moment>,
    /// Changed then or later, those that changed first come first: to keep up with all of them.
    pub updated_from: Option<Moment>,
    /// 1 to 200; 50 if not given.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// How much of a case.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Look {
    /// Why the name and the telephone number are wanted; it is written down. Without it they are
    /// left out.
    pub identity_reason: Option<String>,
}

pub async fn list(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<CasePage>, Failure> {
    Ok(Json(page(&office, &caller.session, &wanted).await?))
}

/// A page of the cases that somebody sees.
pub async fn page(
    office: &Office,
    session: &Session,
    wanted: &Wanted,
) -> Result<CasePage, Failure> {
    let limit = wanted.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Code::BadRequest.with(format!("`limit` goes from 1 to {LIMIT_MAX}.")));
    }
    let (cases, next) = office.found_cases(session, &wanted.filter()?, limit).await?;
    Ok(CasePage {
        cases: cases.iter().map(|case| CaseLine::of(case, office)).collect(),
        next: next.map(|at| wanted.cursor_at(&at)),
    })
}

pub async fn one(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
    Path(number): Path<String>,
    Asked(look): Asked<Look>,
) -> Result<Json<WholeCase>, Failure> {
    let reason = look.identity_reason.as_deref();
    let file = office.case_file(&caller.session, &number, reason).await?;
    Ok(Json(WholeCase::of(file, &office)))
}

pub async fn file(
    State(office): State<Arc<Office>>,
    sent: Sent<Filing>,
) -> Result<Json<Outcome>, Failure> {
    let Sent { caller, body, once } = sent;
    let told = body.into();
    let filed = office.file_once(&caller.session, &told, Some(&once));
    Ok(Json(office.once(&once, filed).await?.into()))
}

pub async fn command(
    State(office): State<Arc<Office>>,
    Path((number, command)): Path<(String, String)>,
    sent: Sent<BTreeMap<String, Value>>,
) -> Result<Json<Outcome>, Failure> {
    let Sent { caller, body, once } = sent;
    let Some(shape) = command_shapes().into_iter().find(|shape| shape.action == command) else {
        return Err(Code::NotFound.with(format!("There is no command `{command}`.")));
    };
    let revision = body.get("revision").and_then(Value::as_u64);
    let Some(revision) = revision.and_then(|revision| u32::try_from(revision).ok()) else {
        return Err(
            Code::BadRequest.with("`revision` is missing: the one of the case as it was seen.")
        );
    };
    let mut fields = BTreeMap::new();
    for (name, value) in body.iter().filter(|(name, _)| *name != "revision") {
        if !shape.fields.iter().any(|field| field.name == name) {
            return Err(Code::BadRequest.with(format!("`{command}` has no field `{name}`.")));
        }
        fields.insert(name.as_str(), as_typed(name, value)?);
    }
    let typed = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let typed = Typed(&typed);
    let session = &caller.session;
    let done = office.case_command_once(session, &number, revision, &command, &typed, Some(&once));
    Ok(Json(office.once(&once, done).await?.into()))
}

/// As somebody would fill it in.
fn as_typed(name: &str, value: &Value) -> Result<String, Failure> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null => Ok(String::new()),
        _ => Err(Code::BadRequest.with(format!("`{name}` is a text or a number."))),
    }
}

impl Wanted {
    fn filter(&self) -> Result<CaseFilter, Failure> {
        let state = self.state.clone().filter(|text| !text.is_empty());
        if let Some(state) = state.as_deref().filter(|id| CaseState::from_word(id).is_none()) {
            return Err(Code::BadRequest.with(format!("There is no state `{state}`.")));
        }
        let search = self.search.as_deref().unwrap_or_default();
        if search.chars().count() > SEARCH_CHARACTERS_MAX {
            let most = SEARCH_CHARACTERS_MAX;
            return Err(Code::BadRequest.with(format!("`search` has over {most} characters.")));
        }
        let at = |moment: Option<Moment>| -> Option<Timestamp> { moment.map(|moment| moment.0) };
        Ok(CaseFilter {
            queue: None,
            state,
            department: self.department.clone(),
            overdue: self.overdue.unwrap_or_default(),
            search: self.search.clone(),
            village: self.village.clone(),
            category: self.category.clone(),
            received_from: at(self.received_from),
            received_to: at(self.received_to),
            updated_from: at(self.updated_from),
            after: self.cursor.as_deref().map(|cursor| self.place_in_list(cursor)).transpose()?,
            ..CaseFilter::default()
        })
    }

    /// The place in the list, with the mark of this list, so that it is not taken for another's.
    fn cursor_at(&self, at: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("{}{at}", self.mark()))
    }

    fn place_in_list(&self, cursor: &str) -> Result<String, Failure> {
        let bad = || Code::BadCursor.with("The cursor is not one of this list.");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
        let text = String::from_utf8(bytes).map_err(|_| bad())?;
        text.strip_prefix(&self.mark()).map(str::to_owned).ok_or_else(bad)
    }

    fn mark(&self) -> String {
        use sha2::Digest;
        let list = Self { limit: None, cursor: None, ..self.clone() };
        let text = serde_json::to_string(&list).unwrap_or_default();
        let digest = sha2::Sha256::digest(text);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        hex.chars().take(LIST_MARK_CHARACTERS).collect()
    }
}
