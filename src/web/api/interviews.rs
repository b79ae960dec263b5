//! 约谈: the notices that call in heads of late departments, and each step of one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::{Known, Sent};
use super::problem::Failure;
use super::shapes::Moment;
use crate::desk::InterviewState;
use crate::office::{CommandError, InterviewView, Office, Once, Session, Typed, Worked};

#[derive(Debug, Serialize, JsonSchema)]
pub struct Interviews {
    /// The open ones, the oldest first, then those that ended last.
    pub interviews: Vec<Interview>,
}

/// A notice, with the late cases for which it is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Interview {
    /// `城管-1`
    pub id: String,
    pub title: String,
    /// The department's name.
    pub department: String,
    #[schemars(schema_with = "states")]
    pub state: &'static str,
    /// The state as staff read it.
    pub state_word: &'static str,
    pub is_open: bool,
    /// Goes with each step; grows by one with it.
    pub revision: u32,
    pub drafted_at: Moment,
    pub cases: Vec<LateCase>,
    pub minutes: Option<Minutes>,
    pub steps: Vec<Step>,
    /// What this key may do now.
    pub commands: Vec<Command>,
}

fn states(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let ids: Vec<_> = InterviewState::ALL.iter().map(|one| one.id()).collect();
    schemars::json_schema!({ "type": "string", "enum": ids })
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct LateCase {
    pub number: String,
    pub title: String,
    /// As it is said: `11月25日(周三)17:30`.
    pub due: String,
    /// The day that the department promised.
    pub promise: String,
    pub state_word: &'static str,
    /// It came on the list after the notice was approved.
    pub later: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Minutes {
    pub held: String,
    pub attendees: String,
    pub text: String,
    pub measures: String,
    pub deadline: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Step {
    pub at: Moment,
    pub by: String,
    pub word: &'static str,
    pub text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Command {
    /// The last part of the address.
    pub command: &'static str,
    pub title: &'static str,
    /// The names of its fields; all of them are needed.
    pub fields: Vec<&'static str>,
}

/// One step. Of the fields those that `commands` names for it.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepTaken {
    /// Of the notice as it was seen; if somebody was faster, nothing is done.
    pub revision: u32,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub text: String,
    /// Beijing's time: `2026-12-02T15:00`.
    #[serde(default)]
    pub held: String,
    #[serde(default)]
    pub attendees: String,
    #[serde(default)]
    pub minutes: String,
    #[serde(default)]
    pub measures: String,
    /// A day: `2026-12-10`.
    #[serde(default)]
    pub deadline: String,
    #[serde(default)]
    pub result: String,
}

/// What became of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StepDone {
    pub id: String,
    pub revision: u32,
    /// After it.
    #[schemars(schema_with = "states")]
    pub state: String,
}

pub async fn list(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
) -> Result<Json<Interviews>, Failure> {
    Ok(Json(all(&office, &caller.session).await?))
}

pub async fn one(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
    Path(id): Path<String>,
) -> Result<Json<Interview>, Failure> {
    Ok(Json(found(&office, &caller.session, &id).await?))
}

pub async fn step(
    State(office): State<Arc<Office>>,
    Path((id, action)): Path<(String, String)>,
    sent: Sent<StepTaken>,
) -> Result<Json<StepDone>, Failure> {
    let Sent { caller, body, once } = sent;
    let done = take(&office, &caller.session, (&id, &action), &body, Some(&once));
    let Worked { id, revision, state } = office.once(&once, done).await?;
    Ok(Json(StepDone { id, revision, state }))
}

/// Those that somebody sees.
pub async fn all(office: &Office, session: &Session) -> Result<Interviews, CommandError> {
    let all = office.interviews(session).await?;
    Ok(Interviews { interviews: all.into_iter().map(Interview::from).collect() })
}

pub async fn found(
    office: &Office,
    session: &Session,
    id: &str,
) -> Result<Interview, CommandError> {
    let found = office.interview(session, id).await?;
    found.map(Interview::from).ok_or(CommandError::NotFound)
}

pub async fn take(
    office: &Office,
    session: &Session,
    (id, action): (&str, &str),
    step: &StepTaken,
    once: Option<&Once>,
) -> Result<Worked, CommandError> {
    let typed = |name: &str| step.field(name);
    let typed = Typed(&typed);
    office.interview_command_once(session, id, step.revision, (action, &typed), once).await
}

impl StepTaken {
    fn field(&self, name: &str) -> String {
        let text = match name {
            "reason" => &self.reason,
            "text" => &self.text,
            "held" => &self.held,
            "attendees" => &self.attendees,
            "minutes" => &self.minutes,
            "measures" => &self.measures,
            "deadline" => &self.deadline,
            "result" => &self.result,
            _ => return String::new(),
        };
        text.clone()
    }
}

impl From<InterviewView> for Interview {
    fn from(view: InterviewView) -> Self {
        let cases = view.cases.into_iter().map(|late| LateCase {
            number: late.number,
            title: late.title,
            due: late.due,
            promise: late.promise,
            state_word: late.state,
            later: late.later,
        });
        let minutes = view.minutes.map(|minutes| Minutes {
            held: minutes.held,
            attendees: minutes.attendees,
            text: minutes.text,
            measures: minutes.measures,
            deadline: minutes.deadline,
        });
        let steps = view.steps.into_iter();
        let steps = steps.map(|(at, by, word, text)| Step { at: Moment(at), by, word, text });
        let commands = view.forms.into_iter().map(|form| Command {
            command: form.action,
            title: form.title,
            fields: form.fields.iter().map(|field| field.name).collect(),
        });
        Self {
            id: view.id,
            title: view.title,
            department: view.department,
            state: view.state_id,
            state_word: view.state,
            is_open: view.open,
            revision: view.revision,
            drafted_at: Moment(view.drafted_at),
            cases: cases.collect(),
            minutes,
            steps: steps.collect(),
            commands: commands.collect(),
        }
    }
}
