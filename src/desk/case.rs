//! A case and its events. A case is the fold of its events; events are only ever added.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::county::TimeClass;

use super::{CaseNumber, State};

/// What a villager handed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intake {
    pub number: CaseNumber,
    /// Code of the kind of matter; `None` when nobody knows yet.
    pub category: Option<String>,
    pub place_code: Option<String>,
    pub place_name: Option<String>,
    pub place_note: Option<String>,
    /// Her own words, never edited.
    pub text: String,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Ids of media records.
    pub photos: Vec<String>,
    pub voices: Vec<String>,
    /// Who she is: the id of a person record, never an address.
    pub person: Option<String>,
    /// The id of the channel.
    pub channel: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseEvent {
    pub at: Timestamp,
    pub by: Actor,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    Villager { person: String },
    Staff { name: String, role: String },
    System,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Received {
        intake: Intake,
        title: String,
        time_class: TimeClass,
        promised_at: Timestamp,
        /// By which calendar the time was promised.
        calendar: String,
    },
    Dispatched {
        department: String,
        category: Option<String>,
        note: String,
    },
    Accepted,
    Progress {
        text: String,
    },
    Replied {
        outcome: Outcome,
        text: String,
    },
    Rated {
        grade: Grade,
        comment: Option<String>,
    },
    Reopened {
        round: u8,
        reason: String,
        due_at: Timestamp,
    },
    Closed {
        reason: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    Satisfied,
    Fair,
    Dissatisfied,
}

/// How a matter ended, from the closed list of the county's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Solved,
    PartlySolved,
    Explained,
    Planned,
    NoAuthority,
    Unreasonable,
    Unreachable,
}

impl Change {
    /// For the timeline.
    pub fn name(&self) -> &'static str {
        match self {
            Change::Received { .. } => "收到",
            Change::Dispatched { .. } => "派单",
            Change::Accepted => "签收",
            Change::Progress { .. } => "办理",
            Change::Replied { .. } => "答复",
            Change::Rated { .. } => "评价",
            Change::Reopened { .. } => "重办",
            Change::Closed { .. } => "办结",
        }
    }
}

impl CaseEvent {
    /// The notice in 通知.yaml that tells the villager; `None`: she is not told.
    pub fn notice(&self) -> Option<&'static str> {
        match &self.change {
            Change::Received { .. } => Some("received"),
            Change::Dispatched { .. } => Some("dispatched"),
            Change::Progress { .. } => Some("progress"),
            Change::Replied { .. } => Some("replied"),
            Change::Reopened { .. } => Some("redo"),
            Change::Closed { .. } => Some("closed"),
            Change::Accepted | Change::Rated { .. } => None,
        }
    }
}

/// One round from dispatch to rating; a finished one keeps its figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Round {
    pub dispatched_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub replied_at: Option<Timestamp>,
    /// When this round has to be answered.
    pub due_at: Timestamp,
    pub department: Option<String>,
    pub reply: Option<Reply>,
    pub rating: Option<Rating>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub outcome: Outcome,
    pub text: String,
    pub department: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    pub grade: Grade,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub number: CaseNumber,
    pub title: String,
    pub category: Option<String>,
    pub place_code: Option<String>,
    pub place_name: Option<String>,
    pub place_note: Option<String>,
    pub text: String,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub photos: Vec<String>,
    pub voices: Vec<String>,
    pub person: Option<String>,
    pub channel: String,
    pub received_at: Timestamp,
    /// Set once, at receipt; nothing moves it.
    pub promised_at: Timestamp,
    pub calendar: String,
    pub time_class: TimeClass,
    pub state: State,
    /// The department in charge now.
    pub department: Option<String>,
    /// The last is the current one.
    pub rounds: Vec<Round>,
    pub closed_at: Option<Timestamp>,
    /// The number of its events.
    pub revision: u32,
}

/// Events that can not have happened: the data is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {n} ({what}) does not fit a case that is {state}")]
pub struct FoldError {
    pub n: u32,
    pub what: &'static str,
    pub state: &'static str,
}

/// A case from all of its events.
pub fn fold(events: &[CaseEvent]) -> Result<Case, FoldError> {
    let misfit = |what| FoldError { n: 1, what, state: "not there yet" };
    let first = events.first().ok_or(misfit("nothing"))?;
    let Change::Received { intake, title, time_class, promised_at, calendar } = &first.change
    else {
        return Err(misfit(first.change.name()));
    };
    let intake = intake.clone();
    let mut case = Case {
        number: intake.number,
        title: title.clone(),
        category: intake.category,
        place_code: intake.place_code,
        place_name: intake.place_name,
        place_note: intake.place_note,
        text: intake.text,
        name: intake.name,
        phone: intake.phone,
        photos: intake.photos,
        voices: intake.voices,
        person: intake.person,
        channel: intake.channel,
        received_at: first.at,
        promised_at: *promised_at,
        calendar: calendar.clone(),
        time_class: *time_class,
        state: State::Received,
        department: None,
        rounds: vec![Round { due_at: *promised_at, ..Round::default() }],
        closed_at: None,
        revision: 1,
    };
    for event in &events[1..] {
        case.apply(event)?;
    }
    Ok(case)
}

impl Case {
    pub fn round(&self) -> &Round {
        self.rounds.last().expect("a case begins with its first round")
    }

    fn round_mut(&mut self) -> &mut Round {
        self.rounds.last_mut().expect("a case begins with its first round")
    }

    pub fn reply(&self) -> Option<&Reply> {
        self.rounds.iter().rev().find_map(|round| round.reply.as_ref())
    }

    pub fn rating(&self) -> Option<&Rating> {
        self.rounds.iter().rev().find_map(|round| round.rating.as_ref())
    }

    /// When it has to be answered: the promise, or in a later round that round's limit.
    pub fn due_at(&self) -> Timestamp {
        self.round().due_at
    }

    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state.is_running() && now > self.due_at()
    }

    /// The next event.
    pub fn apply(&mut self, event: &CaseEvent) -> Result<(), FoldError> {
        let at = event.at;
        let state = match (&event.change, self.state) {
            (Change::Dispatched { department, category, .. }, state) if state.is_running() => {
                let round = self.round_mut();
                round.dispatched_at = Some(at);
                round.accepted_at = None;
                round.department = Some(department.clone());
                self.department = Some(department.clone());
                if category.is_some() {
                    self.category.clone_from(category);
                }
                State::Dispatched
            }
            (Change::Accepted, State::Dispatched | State::Redo) => {
                self.round_mut().accepted_at = Some(at);
                State::Handling
            }
            (Change::Progress { .. }, State::Dispatched | State::Handling | State::Redo) => {
                let round = self.round_mut();
                round.accepted_at = round.accepted_at.or(Some(at));
                State::Handling
            }
            (Change::Replied { outcome, text }, state) if state.is_running() => {
                let department = self.department.clone();
                let reply = Reply { outcome: *outcome, text: text.clone(), department };
                let round = self.round_mut();
                round.replied_at = Some(at);
                round.reply = Some(reply);
                State::Replied
            }
            (Change::Rated { grade, comment }, State::Replied) => {
                let rating = Rating { grade: *grade, comment: comment.clone() };
                self.round_mut().rating = Some(rating);
                State::Replied
            }
            (Change::Reopened { round, due_at, .. }, State::Replied)
                if usize::from(*round) == self.rounds.len() + 1 =>
            {
                let department = self.department.clone();
                self.rounds.push(Round { due_at: *due_at, department, ..Round::default() });
                State::Redo
            }
            (Change::Closed { .. }, State::Replied) => {
                self.closed_at = Some(at);
                State::Closed
            }
            (change, state) => {
                let n = self.revision + 1;
                return Err(FoldError { n, what: change.name(), state: state.id() });
            }
        };
        self.state = state;
        self.revision += 1;
        Ok(())
    }
}
