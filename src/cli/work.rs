//! `bianmin interview`, `task` and `holidays`: what is worked on besides cases, from the terminal. The
//! same as by /api/v1, in the name of somebody who signs in at the desk.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use axum::Router;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use crate::office::{HolidayMode, Office, Session};
use crate::web::api::interviews::{self, Interview, StepTaken};
use crate::web::api::keeping::{self, HolidayPreview};
use crate::web::api::tasks::{self, Task};

use super::case::How;
use super::control::{self, Key};
use super::dialogs::{Answer, when};
use super::start;

const PATH: &str = "/control/work";

#[derive(Debug, Subcommand)]
pub enum InterviewCommand {
    /// All that you see: the open ones, then those that ended last
    List,
    /// One, with what may be done next
    Show { id: String },
    /// Propose it: 提出约谈
    Propose(Reason),
    /// Let it go out; another one than who proposed it: 批准
    Approve(Step),
    /// Give it back to who proposed it: 退回
    Return(Reason),
    /// The organisation department has it: 接收
    Receive(Step),
    /// The department says why and by when, in writing: 书面说明
    Answer {
        #[command(flatten)]
        step: Step,
        #[arg(long)]
        text: String,
    },
    /// It was held: 记录约谈
    Record {
        #[command(flatten)]
        step: Step,
        /// Beijing's time, like 2026-12-02T15:00
        #[arg(long)]
        held: String,
        #[arg(long)]
        attendees: String,
        #[arg(long)]
        minutes: String,
        /// What was agreed
        #[arg(long)]
        measures: String,
        /// A day, like 2026-12-10
        #[arg(long)]
        deadline: String,
    },
    /// What was agreed is done: 整改完成
    Settle {
        #[command(flatten)]
        step: Step,
        #[arg(long)]
        result: String,
    },
    /// It is not held after all: 不再约谈
    Drop(Reason),
}

#[derive(Debug, Args)]
pub struct Step {
    /// As `list` shows it, like 城管-1
    id: String,
    /// Of the notice as it was seen: if somebody was faster, nothing is done
    #[arg(long)]
    revision: Option<u32>,
}

#[derive(Debug, Args)]
pub struct Reason {
    #[command(flatten)]
    step: Step,
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Subcommand)]
pub enum TaskCommand {
    /// The open ones, the oldest first
    List,
    /// One, with whom to call: a look that is written down
    Show { id: String },
    /// It is done: 办完
    Finish {
        id: String,
        /// What came of it
        #[arg(long)]
        note: String,
    },
    /// The bot talks with her again: 交还给机器人
    GiveBack { id: String },
}

#[derive(Debug, Subcommand)]
pub enum HolidaysCommand {
    /// Which years are known
    Show,
    /// What a notice would change: 看要改哪些
    Preview(NoticeFile),
    /// Put it live: 上线
    Publish(NoticeFile),
}

#[derive(Debug, Args)]
pub struct NoticeFile {
    /// JSON of a year, or a day a line: 2027-01-01 休 元旦
    file: PathBuf,
    /// Where the year is known already: add, other days stay; or replace, they go
    #[arg(long, value_parser = ["add", "replace"])]
    mode: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    Interviews,
    Interview(String),
    Step { id: String, action: String, revision: Option<u32>, taken: Box<StepTaken> },
    Tasks,
    Task(String),
    Finish { id: String, note: String },
    GiveBack(String),
    Holidays,
    Notice { text: String, mode: String, live: bool },
}

#[derive(Serialize, Deserialize)]
struct Asked {
    name: String,
    json: bool,
    order: Order,
}

impl InterviewCommand {
    pub fn order(self) -> Order {
        let nothing = StepTaken::default;
        let (action, step, taken) = match self {
            Self::List => return Order::Interviews,
            Self::Show { id } => return Order::Interview(id),
            Self::Propose(Reason { step, reason }) => {
                ("propose", step, StepTaken { reason, ..nothing() })
            }
            Self::Approve(step) => ("approve", step, nothing()),
            Self::Return(Reason { step, reason }) => {
                ("return", step, StepTaken { reason, ..nothing() })
            }
            Self::Receive(step) => ("receive", step, nothing()),
            Self::Answer { step, text } => ("answer", step, StepTaken { text, ..nothing() }),
            Self::Record { step, held, attendees, minutes, measures, deadline } => {
                let taken = StepTaken { held, attendees, minutes, measures, deadline, ..nothing() };
                ("record", step, taken)
            }
            Self::Settle { step, result } => ("settle", step, StepTaken { result, ..nothing() }),
            Self::Drop(Reason { step, reason }) => {
                ("drop", step, StepTaken { reason, ..nothing() })
            }
        };
        let Step { id, revision } = step;
        Order::Step { id, action: action.to_owned(), revision, taken: Box::new(taken) }
    }
}

impl TaskCommand {
    pub fn order(self) -> Order {
        match self {
            Self::List => Order::Tasks,
            Self::Show { id } => Order::Task(id),
            Self::Finish { id, note } => Order::Finish { id, note },
            Self::GiveBack { id } => Order::GiveBack(id),
        }
    }
}

impl HolidaysCommand {
    pub fn order(self) -> anyhow::Result<Order> {
        let (NoticeFile { file, mode }, live) = match self {
            Self::Show => return Ok(Order::Holidays),
            Self::Preview(notice) => (notice, false),
            Self::Publish(notice) => (notice, true),
        };
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("{} 读不出来", file.display()))?;
        Ok(Order::Notice { text, mode, live })
    }
}

pub async fn run(config: &Path, how: How, order: Order) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let asked = Asked { name: how.in_name_of, json: how.json, order };
    let answer: Answer = control::ask_or_do(config, PATH, asked, perform).await?;
    answer.shown()
}

/// What a running server answers.
pub fn router(key: Key, office: Arc<Office>) -> Router {
    control::answers(PATH, key, office, perform)
}

async fn perform(office: Arc<Office>, asked: Asked) -> anyhow::Result<Answer> {
    let session = super::case::session_of(&office, &asked.name).await?;
    match done(&office, &session, asked.order, asked.json).await {
        Ok(text) => Ok(Answer { text, done: true }),
        Err(error) => Ok(Answer { text: format!("{error:#}\n"), done: false }),
    }
}

async fn done(
    office: &Office,
    session: &Session,
    order: Order,
    json: bool,
) -> anyhow::Result<String> {
    match order {
        Order::Interviews => {
            let all = interviews::all(office, session).await?;
            shown(&all, json, |all| all.interviews.iter().map(interview_line).collect())
        }
        Order::Interview(id) => {
            let one = interviews::found(office, session, &id).await?;
            shown(&one, json, interview)
        }
        Order::Step { id, action, revision, mut taken } => {
            taken.revision = match revision {
                Some(revision) => revision,
                None => interviews::found(office, session, &id).await?.revision,
            };
            office.note_at_machine(session, &id, &action).await?;
            interviews::take(office, session, (&id, &action), &taken, None).await?;
            let one = interviews::found(office, session, &id).await?;
            shown(&one, json, interview)
        }
        Order::Tasks => {
            let all = tasks::all(office, session).await?;
            shown(&all, json, |all| all.tasks.iter().map(task_line).collect())
        }
        Order::Task(id) => shown(&tasks::found(office, session, &id).await?, json, task),
        Order::Finish { id, note } => {
            office.note_at_machine(session, &id, "办完").await?;
            office.finish_task(session, &id, &note).await?;
            Ok(format!("{id}　办完了\n"))
        }
        Order::GiveBack(id) => {
            office.note_at_machine(session, &id, "交还").await?;
            office.give_back(session, &id).await?;
            Ok(format!("{id}　交还给机器人了\n"))
        }
        Order::Holidays => shown(&keeping::known(office, session)?, json, |known| {
            let year = |one: &keeping::HolidayYear| {
                format!("{}年　放假{}天　调休上班{}天\n", one.year, one.off, one.worked)
            };
            known.years.iter().map(year).collect()
        }),
        Order::Notice { text, mode, live } => {
            notice(office, session, &text, &mode, live, json).await
        }
    }
}

async fn notice(
    office: &Office,
    session: &Session,
    text: &str,
    mode: &str,
    live: bool,
    json: bool,
) -> anyhow::Result<String> {
    let mode = HolidayMode::from_word(mode).ok_or_else(|| anyhow!("--mode 写 add 或 replace。"))?;
    let read = keeping::read(office, session, text, mode).await?;
    let preview = HolidayPreview::of(read, office);
    if !live {
        return shown(&preview, json, changes);
    }
    office.note_at_machine(session, &preview.year.to_string(), "放假安排上线").await?;
    let version = preview.version.clone();
    let done = keeping::put_live(office, session, (text, mode), &version).await?;
    shown(&done, json, |done| {
        let hint = done.hint.as_deref().map(|hint| format!("{hint}\n")).unwrap_or_default();
        format!("{}{}年上线了\n{hint}", changes(&preview), done.year)
    })
}

/// As JSON, or for the eye.
fn shown<T: Serialize>(
    value: &T,
    json: bool,
    plain: impl FnOnce(&T) -> String,
) -> anyhow::Result<String> {
    if json { Ok(serde_json::to_string_pretty(value)? + "\n") } else { Ok(plain(value)) }
}

fn interview_line(one: &Interview) -> String {
    let (id, state, department) = (&one.id, one.state_word, &one.department);
    format!("{id}\t{state}\t{department}\t{}件\n", one.cases.len())
}

fn interview(one: &Interview) -> String {
    let mut text = format!("{}　{}　{}\n", one.title, one.state_word, one.department);
    for late in &one.cases {
        let _ = writeln!(text, "  {}　{}　{}", late.number, late.state_word, late.title);
    }
    for step in &one.steps {
        let at = when(step.at.0);
        let _ = writeln!(text, "  {at}　{}　{}　{}", step.by, step.word, step.text);
    }
    let names: Vec<&str> = one.commands.iter().map(|one| one.command).collect();
    let _ = writeln!(text, "现在能办：{}", names.join(" "));
    text
}

fn task_line(one: &Task) -> String {
    format!("{}\t{}\t{}\t{}\n", one.id, one.kind, when(one.opened_at.0), one.title)
}

fn task(one: &Task) -> String {
    let phone = one.phone.as_deref().unwrap_or("没有电话");
    let mut text = format!("{}　{}\n{}　{phone}\n", one.title, one.reason, one.who);
    for line in &one.lines {
        let _ = writeln!(text, "  {}　{}", when(line.at.0), line.text);
    }
    text
}

fn changes(preview: &HolidayPreview) -> String {
    let mut text = String::new();
    for day in &preview.days {
        let _ = writeln!(text, "{}　{}　{} → {}", day.date, day.name, day.before, day.after);
    }
    let (year, days, moved) = (preview.year, preview.days.len(), preview.moved);
    let _ = writeln!(text, "{year}年要改{days}天，{moved}件的期限跟着变");
    text
}
