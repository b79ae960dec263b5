//! 待办: what only a person can do.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::{Known, Sent};
use super::county::Nothing;
use super::problem::Failure;
use super::shapes::{Fine, Moment};
use crate::office::{CommandError, Office, Session, TaskView};

#[derive(Debug, Serialize, JsonSchema)]
pub struct Tasks {
    /// The oldest first, two hundred at most; names are masked.
    pub tasks: Vec<Task>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Task {
    pub id: String,
    /// `phone`, `handover`, `supervise` ...
    pub kind: &'static str,
    pub title: String,
    /// Why it is here.
    pub reason: String,
    pub opened_at: Moment,
    /// Whom it is about, or who is to be called.
    pub who: String,
    /// Only of one task: asking for it is a look, which is written down.
    pub phone: Option<String>,
    /// The number of the case, or order, that it is about.
    pub case: Option<String>,
    /// What is to be said, or what was said.
    pub lines: Vec<Line>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Line {
    pub at: Moment,
    pub from_villager: bool,
    pub text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finished {
    /// What came of it.
    pub note: String,
}

pub async fn list(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
) -> Result<Json<Tasks>, Failure> {
    Ok(Json(all(&office, &caller.session).await?))
}

pub async fn one(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
    Path(id): Path<String>,
) -> Result<Json<Task>, Failure> {
    Ok(Json(found(&office, &caller.session, &id).await?))
}

pub async fn finish(
    State(office): State<Arc<Office>>,
    Path(id): Path<String>,
    sent: Sent<Finished>,
) -> Result<Json<Fine>, Failure> {
    let Sent { caller, body, once } = sent;
    let done = office.finish_task_once(&caller.session, &id, &body.note, Some(&once));
    office.once(&once, done).await?;
    Ok(Json(Fine { done: true }))
}

/// The bot talks with her again.
pub async fn give_back(
    State(office): State<Arc<Office>>,
    Path(id): Path<String>,
    sent: Sent<Nothing>,
) -> Result<Json<Fine>, Failure> {
    let Sent { caller, once, .. } = sent;
    let done = office.give_back_once(&caller.session, &id, Some(&once));
    office.once(&once, done).await?;
    Ok(Json(Fine { done: true }))
}

pub async fn all(office: &Office, session: &Session) -> Result<Tasks, CommandError> {
    let all = office.tasks(session).await?;
    let tasks = all.into_iter().map(|task| Task { phone: None, ..Task::from(task) });
    Ok(Tasks { tasks: tasks.collect() })
}

/// The look at whom it is about is on disk.
pub async fn found(office: &Office, session: &Session, id: &str) -> Result<Task, CommandError> {
    let found = office.task(session, id).await?;
    found.map(Task::from).ok_or(CommandError::NotFound)
}

impl From<TaskView> for Task {
    fn from(view: TaskView) -> Self {
        let line = |line: crate::office::TaskLine| Line {
            at: Moment(line.at),
            from_villager: line.from_villager,
            text: line.text,
        };
        Self {
            id: view.id,
            kind: view.kind,
            title: view.title,
            reason: view.reason,
            opened_at: Moment(view.opened_at),
            who: view.who,
            phone: view.phone,
            case: view.case,
            lines: view.lines.into_iter().map(line).collect(),
        }
    }
}
