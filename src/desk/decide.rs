//! What a command does to a case: the events, or why not.

use jiff::Timestamp;

use crate::calendar::{Calendar, Limit};
use crate::county::{Categories, Departments, TimeClass};

use super::{
    Actor, Case, CaseEvent, Change, Grade, Intake, Outcome, State, Step, TRANSITIONS, Who,
};

const REPLY_CHARACTERS_MIN: usize = 15;
const TEXT_CHARACTERS_MAX: usize = 2_000;
const ROUNDS_MAX: usize = 2;
/// A second round has five working days.
const SECOND_ROUND: Limit = Limit::WorkingDays(5);
const TITLE_CHARACTERS: usize = 20;

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    File(Intake),
    Dispatch { department: String, category: Option<String>, note: String },
    Accept,
    Progress { text: String },
    Reply { outcome: Outcome, text: String },
    Rate { grade: Grade, comment: Option<String> },
    Close { reason: String },
}

/// The tables that decisions stand on.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub calendar: &'a Calendar,
    pub categories: &'a Categories,
    pub departments: &'a Departments,
}

/// Why not, and what to do instead; for clerks and villagers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("这件事现在是“{state}”，不能{step}。{instead}")]
    NotNow { state: &'static str, step: &'static str, instead: String },
    #[error("没有叫「{0}」的部门，请从列表里选。")]
    NoDepartment(String),
    #[error("没有编号是「{0}」的事项，请从列表里选。")]
    NoCategory(String),
    #[error("答复太短，请至少写{REPLY_CHARACTERS_MIN}个字，说清楚办了什么、结果怎样。")]
    ReplyTooShort,
    #[error("太长了，请写短一些（最多{TEXT_CHARACTERS_MAX}个字）。")]
    TooLong,
    #[error("请写清楚{0}。")]
    Missing(&'static str),
    #[error("不能替村民评价，要等她自己评。")]
    NotTheVillager,
    #[error("这一步要由工作人员来办。")]
    NotStaff,
    #[error("这件事已经登记过了。")]
    AlreadyFiled,
    #[error("没有这件事。")]
    NotFiled,
}

/// Pure: the same case, command and time give the same events.
pub fn decide(
    case: Option<&Case>,
    command: Command,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<CaseEvent>, Refusal> {
    let (case, command) = match (case, command) {
        (None, Command::File(intake)) => {
            let change = receive(intake, now, rules)?;
            return Ok(vec![event(now, by, change)]);
        }
        (Some(_), Command::File(_)) => return Err(Refusal::AlreadyFiled),
        (None, _) => return Err(Refusal::NotFiled),
        (Some(case), command) => (case, command),
    };
    allowed(case, &command, by)?;
    let changes = match command {
        Command::File(_) => return Err(Refusal::AlreadyFiled),
        Command::Dispatch { department, category, note } => {
            if rules.departments.get(&department).is_none() {
                return Err(Refusal::NoDepartment(department));
            }
            if let Some(code) = &category
                && rules.categories.get(code).is_none()
            {
                return Err(Refusal::NoCategory(code.clone()));
            }
            vec![Change::Dispatched { department, category, note: short(note)? }]
        }
        Command::Accept => vec![Change::Accepted],
        Command::Progress { text } => {
            let text = short(text)?;
            if text.is_empty() {
                return Err(Refusal::Missing("办到哪一步了"));
            }
            vec![Change::Progress { text }]
        }
        Command::Reply { outcome, text } => {
            let text = short(text)?;
            if text.chars().filter(|c| !c.is_whitespace()).count() < REPLY_CHARACTERS_MIN {
                return Err(Refusal::ReplyTooShort);
            }
            vec![Change::Replied { outcome, text }]
        }
        Command::Rate { grade, comment } => rate(case, grade, comment, now, rules)?,
        Command::Close { reason } => {
            let reason = short(reason)?;
            if reason.is_empty() {
                return Err(Refusal::Missing("为什么办结"));
            }
            vec![Change::Closed { reason }]
        }
    };
    Ok(changes.into_iter().map(|change| event(now, by, change)).collect())
}

fn event(at: Timestamp, by: &Actor, change: Change) -> CaseEvent {
    CaseEvent { at, by: by.clone(), change }
}

fn short(text: String) -> Result<String, Refusal> {
    let text = text.trim().to_owned();
    if text.chars().count() > TEXT_CHARACTERS_MAX { Err(Refusal::TooLong) } else { Ok(text) }
}

fn allowed(case: &Case, command: &Command, by: &Actor) -> Result<(), Refusal> {
    let step = match command {
        Command::File(_) => return Err(Refusal::AlreadyFiled),
        Command::Dispatch { .. } => Step::Dispatch,
        Command::Accept => Step::Accept,
        Command::Progress { .. } => Step::Progress,
        Command::Reply { .. } => Step::Reply,
        Command::Rate { .. } => Step::Rate,
        Command::Close { .. } => Step::Close,
    };
    let who = match by {
        Actor::Villager { person } if case.person.as_ref() == Some(person) => Who::Villager,
        Actor::Villager { .. } => return Err(Refusal::NotFiled),
        Actor::Staff { .. } | Actor::System => Who::Staff,
    };
    let meant_for = TRANSITIONS.iter().find(|(_, done, ..)| *done == step).map(|row| row.3);
    match (meant_for, who) {
        (Some(Who::Villager), Who::Staff) => return Err(Refusal::NotTheVillager),
        (Some(Who::Staff), Who::Villager) => return Err(Refusal::NotStaff),
        _ => {}
    }
    if case.state.after(step, who).is_some() {
        return Ok(());
    }
    let instead: Vec<&str> = case.state.staff_steps().into_iter().map(Step::name).collect();
    let instead = match (who, instead.as_slice()) {
        (Who::Staff, [_, ..]) => format!("现在可以：{}。", instead.join("、")),
        _ => String::new(),
    };
    Err(Refusal::NotNow { state: case.state.name(), step: step.name(), instead })
}

fn receive(mut intake: Intake, now: Timestamp, rules: &Rules) -> Result<Change, Refusal> {
    intake.text = short(intake.text)?;
    if intake.text.is_empty() && intake.photos.is_empty() && intake.voices.is_empty() {
        return Err(Refusal::Missing("是什么事"));
    }
    let category = match &intake.category {
        Some(code) => {
            Some(rules.categories.get(code).ok_or_else(|| Refusal::NoCategory(code.clone()))?)
        }
        None => None,
    };
    // A matter that nobody has sorted yet gets the middle class.
    let time_class = category.map_or(TimeClass::C, |category| category.time_class);
    let what = match category {
        Some(category) => category.name.clone(),
        None => intake.text.chars().take(TITLE_CHARACTERS).collect(),
    };
    let title = match &intake.place_name {
        Some(place) => format!("{place} {what}"),
        None => what,
    };
    Ok(Change::Received {
        title,
        time_class,
        promised_at: rules.calendar.due(now, limit(time_class)),
        calendar: rules.calendar.version().to_owned(),
        intake,
    })
}

/// The classes of the county's rules.
pub fn limit(class: TimeClass) -> Limit {
    match class {
        TimeClass::U => Limit::Hours(24),
        TimeClass::A => Limit::WorkingDays(1),
        TimeClass::B => Limit::WorkingDays(2),
        TimeClass::C => Limit::WorkingDays(5),
        TimeClass::D => Limit::WorkingDays(10),
        TimeClass::E => Limit::WorkingDays(15),
    }
}

fn rate(
    case: &Case,
    grade: Grade,
    comment: Option<String>,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<Change>, Refusal> {
    if case.round().rating.is_some() {
        return Err(Refusal::NotNow {
            state: case.state.name(),
            step: Step::Rate.name(),
            instead: "您已经评过了。".into(),
        });
    }
    let comment = comment.map(short).transpose()?.filter(|text| !text.is_empty());
    let rated = Change::Rated { grade, comment: comment.clone() };
    Ok(match grade {
        Grade::Satisfied | Grade::Fair => {
            vec![rated, Change::Closed { reason: format!("村民评价：{}", grade.name()) }]
        }
        Grade::Dissatisfied if case.rounds.len() < ROUNDS_MAX => {
            let reopened = Change::Reopened {
                round: case.rounds.len() as u8 + 1,
                reason: comment.unwrap_or_else(|| "村民不满意".into()),
                due_at: rules.calendar.due(now, SECOND_ROUND),
            };
            vec![rated, reopened]
        }
        // The rounds are used up: staff explains and closes.
        Grade::Dissatisfied => vec![rated],
    })
}

impl Case {
    /// Ids of what staff may do now.
    pub fn actions(&self) -> Vec<&'static str> {
        self.state.staff_steps().into_iter().map(Step::id).collect()
    }
}

impl State {
    /// The villager may rate it.
    pub fn awaits_rating(self) -> bool {
        self == State::Replied
    }
}
