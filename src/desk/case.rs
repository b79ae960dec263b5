//! A case as it stands: the fold of its events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{Actor, CaseEvent, Change, Closing, Grade, Intake, Kind, Reply};
use super::number::CaseNumber;
use super::state::{State, Step, transition};
use crate::calendar::{Calendar, Limit};
use crate::county::TimeClass;

/// A department is warned when this much of its time is used, in per cent.
const AMBER_PERCENT: u8 = 80;

/// Everything but the timeline, which is the events themselves. The fields from `department`
/// to `rating` are the current round's; `earlier` keeps those of the rounds before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub number: CaseNumber,
    pub kind: Kind,
    pub category: Option<String>,
    pub place_code: Option<String>,
    pub place_name: Option<String>,
    pub place_note: String,
    /// Made from category and place, for lists and notices.
    pub title: String,
    /// The villager's own words.
    pub text: String,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub photos: Vec<String>,
    pub voices: Vec<String>,
    /// The opaque id of the person record.
    pub person: String,
    pub submitted_by: Actor,
    pub channel: String,
    pub received_at: Timestamp,
    /// What the villager was promised. Set once, at receipt.
    pub promised_at: Timestamp,
    pub calendar_version: String,
    pub time_class: TimeClass,
    pub state: State,
    /// From 1.
    pub round: u8,
    pub round_started_at: Timestamp,
    /// By when the villager shall be answered in this round; in the first, the promise.
    pub round_due_at: Timestamp,
    pub department: Option<String>,
    pub dispatched_at: Option<Timestamp>,
    /// The department's own limit.
    pub due_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub replied_at: Option<Timestamp>,
    pub reply: Option<Reply>,
    pub rating: Option<Grade>,
    pub rating_comment: String,
    pub earlier: Vec<Round>,
    pub closed_at: Option<Timestamp>,
    pub closing: Option<Closing>,
    pub updated_at: Timestamp,
    /// How often she asked for haste, and when last.
    #[serde(default)]
    pub urges: u32,
    #[serde(default)]
    pub urged_at: Option<Timestamp>,
    /// How often she added something; what it was stands in the events.
    #[serde(default)]
    pub supplements: u32,
    #[serde(default)]
    pub follows: Option<CaseNumber>,
    /// She told of danger.
    #[serde(default)]
    pub danger: bool,
    /// The number of events.
    pub revision: u32,
}

/// The figures of a round that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    pub round: u8,
    pub started_at: Timestamp,
    pub round_due_at: Timestamp,
    pub department: Option<String>,
    pub dispatched_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub replied_at: Option<Timestamp>,
    pub reply: Option<Reply>,
    pub rating: Option<Grade>,
    pub rating_comment: String,
}

/// How a case stands against its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    InTime,
    /// 80 % of the time is used.
    Amber,
    Overdue,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    #[error("there are no events: a case begins with `received`")]
    Empty,
    #[error("event {revision} is `{}`, which may not follow {}", .step.id(), .from.map_or("nothing", State::id))]
    Illegal { revision: u32, from: Option<State>, step: Step },
    #[error("event {revision} opens round {round} after round {before}")]
    Round { revision: u32, before: u8, round: u8 },
}

/// The case that these events make, the oldest first.
pub fn fold(events: &[CaseEvent]) -> Result<Case, FoldError> {
    let (first, rest) = events.split_first().ok_or(FoldError::Empty)?;
    let mut case = Case::receive(first)?;
    for event in rest {
        case.apply(event)?;
    }
    Ok(case)
}

impl Case {
    /// The case that its first event makes.
    pub fn receive(event: &CaseEvent) -> Result<Self, FoldError> {
        let Change::Received { intake, title, time_class, promised_at, calendar_version } =
            &event.change
        else {
            return Err(FoldError::Illegal { revision: 1, from: None, step: event.change.step() });
        };
        let Intake {
            number,
            kind,
            category,
            place_code,
            place_name,
            place_note,
            text,
            name,
            phone,
            photos,
            voices,
            person,
            channel,
            follows,
            danger,
        } = (**intake).clone();
        Ok(Self {
            number,
            kind,
            category,
            place_code,
            place_name,
            place_note,
            title: title.clone(),
            text,
            name,
            phone,
            photos,
            voices,
            person,
            submitted_by: event.by.clone(),
            channel,
            received_at: event.at,
            promised_at: *promised_at,
            calendar_version: calendar_version.clone(),
            time_class: *time_class,
            state: State::Received,
            round: 1,
            round_started_at: event.at,
            round_due_at: *promised_at,
            department: None,
            dispatched_at: None,
            due_at: None,
            accepted_at: None,
            replied_at: None,
            reply: None,
            rating: None,
            rating_comment: String::new(),
            earlier: Vec::new(),
            closed_at: None,
            closing: None,
            updated_at: event.at,
            urges: 0,
            urged_at: None,
            supplements: 0,
            follows,
            danger: danger.is_some(),
            revision: 1,
        })
    }

    /// Takes the next event. On an error nothing is changed.
    pub fn apply(&mut self, event: &CaseEvent) -> Result<(), FoldError> {
        let (revision, from, step) = (self.revision + 1, self.state, event.change.step());
        let row = transition(Some(from), step).ok_or(FoldError::Illegal {
            revision,
            from: Some(from),
            step,
        })?;
        match &event.change {
            // No row leads here from a state: `transition` has refused it.
            Change::Received { .. } => {}
            Change::Dispatched { department, due_at, category, from: _, note: _ } => {
                self.department = Some(department.clone());
                self.dispatched_at = Some(event.at);
                self.due_at = Some(*due_at);
                self.accepted_at = None;
                if category.is_some() {
                    self.category = category.clone();
                }
            }
            Change::Accepted => self.accepted_at = Some(event.at),
            Change::Progress { .. } => {}
            Change::Replied { outcome, text } => {
                self.replied_at = Some(event.at);
                self.reply = Some(Reply {
                    outcome: *outcome,
                    text: text.clone(),
                    department: self.department.clone().unwrap_or_default(),
                });
            }
            Change::Rated { grade, comment } => {
                self.rating = Some(*grade);
                self.rating_comment = comment.clone();
            }
            Change::Reopened { round, reason: _, due_at } => {
                if *round != self.round.saturating_add(1) {
                    return Err(FoldError::Round { revision, before: self.round, round: *round });
                }
                self.begin_round(*round, event.at, *due_at);
            }
            Change::Closed { closing, reason: _ } => {
                self.closed_at = Some(event.at);
                self.closing = Some(*closing);
            }
            Change::Urged => {
                self.urges = self.urges.saturating_add(1);
                self.urged_at = Some(event.at);
            }
            Change::Supplemented { .. } => self.supplements = self.supplements.saturating_add(1),
            Change::Withdrawn { .. } => self.closed_at = Some(event.at),
        }
        self.state = row.to;
        self.updated_at = event.at;
        self.revision = revision;
        Ok(())
    }

    /// The same department has it again, until a clerk sends it elsewhere.
    fn begin_round(&mut self, round: u8, at: Timestamp, due_at: Timestamp) {
        self.earlier.push(Round {
            round: self.round,
            started_at: self.round_started_at,
            round_due_at: self.round_due_at,
            department: self.department.clone(),
            dispatched_at: self.dispatched_at.take(),
            due_at: self.due_at.take(),
            accepted_at: self.accepted_at.take(),
            replied_at: self.replied_at.take(),
            reply: self.reply.take(),
            rating: self.rating.take(),
            rating_comment: std::mem::take(&mut self.rating_comment),
        });
        self.round = round;
        self.round_started_at = at;
        self.round_due_at = due_at;
        self.due_at = Some(due_at);
    }

    /// Not answered, or answered too late, in this round.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.replied_at.or(self.closed_at).unwrap_or(now) > self.round_due_at
    }

    /// When 80 % of the round's time is used: of the office's time, or of all of it for class U.
    pub fn amber_at(&self, calendar: &Calendar) -> Timestamp {
        let (start, due) = (self.round_started_at, self.round_due_at);
        match super::limit_of(self.time_class) {
            Limit::Hours(_) if self.round == 1 => {
                let part = due.duration_since(start) / 100 * i32::from(AMBER_PERCENT);
                start.checked_add(part).unwrap_or(due)
            }
            _ => calendar.share(start, due, AMBER_PERCENT),
        }
    }

    pub fn standing(&self, now: Timestamp, calendar: &Calendar) -> Standing {
        let answered = self.replied_at.or(self.closed_at);
        if self.is_overdue(now) {
            Standing::Overdue
        } else if answered.is_none() && now >= self.amber_at(calendar) {
            Standing::Amber
        } else {
            Standing::InTime
        }
    }
}
