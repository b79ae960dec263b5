//! `bianmin case`: cases from the terminal. Besides seeing and filing, its subcommands are those
//! of the table of transitions, with the fields of their forms.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use axum::Router;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::desk::{NumberRead, read_number};
use crate::office::{CommandShape, FieldKind, FormField, Office, Session, Typed, command_shapes};
use crate::web::api::{self, Filing, Outcome, Wanted, WholeCase};

use super::control::{self, Key};
use super::dialogs::{Answer, when};
use super::start;

const PATH: &str = "/control/case";

#[derive(Debug, Args)]
pub struct How {
    /// In whose name: somebody who signs in at the desk
    #[arg(long = "as", value_name = "NAME", default_value = "平台负责人", global = true)]
    pub(super) in_name_of: String,
    /// As JSON, the same as /api/v1 gives
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum CaseCommand {
    List(Wanted),
    Show {
        number: String,
        identity_reason: Option<String>,
    },
    File(Filing),
    /// One of the table; without a revision on the case as it is.
    Do {
        number: String,
        action: String,
        revision: Option<u32>,
        fields: BTreeMap<String, String>,
    },
}

#[derive(Debug, Args)]
struct List {
    /// The id of a state, for example handling
    #[arg(long)]
    state: Option<String>,
    /// The id in departments.csv
    #[arg(long)]
    department: Option<String>,
    /// Only those that are late
    #[arg(long)]
    overdue: bool,
    /// 12 digits
    #[arg(long)]
    village: Option<String>,
    /// The code of a kind of matter
    #[arg(long)]
    category: Option<String>,
    /// A number, or words in the title, the text, the place
    #[arg(long)]
    search: Option<String>,
    /// 1 to 200
    #[arg(long, default_value_t = 30)]
    limit: usize,
    /// The next page: what the page before ended with
    #[arg(long)]
    cursor: Option<String>,
}

#[derive(Debug, Args)]
struct Show {
    /// Nine digits, with or without hyphens
    number: String,
    /// Also the name and the telephone number; why they are wanted is written down
    #[arg(long, value_name = "WHY")]
    identity_reason: Option<String>,
}

#[derive(Debug, Args)]
struct File {
    /// Her own words
    #[arg(long)]
    text: String,
    /// The village: its name, with the township where there are several, or 12 digits
    #[arg(long)]
    village: String,
    /// Where in the village
    #[arg(long, default_value = "")]
    place: String,
    /// The code of a kind of matter
    #[arg(long, default_value = "")]
    category: String,
    /// What she wants: consult, help, complaint, report, suggestion, praise
    #[arg(long, default_value = "")]
    kind: String,
    #[arg(long, default_value = "")]
    name: String,
    #[arg(long, default_value = "")]
    phone: String,
    /// Against whom
    #[arg(long, default_value = "")]
    respondent: String,
    /// Nobody but the platform learns whose it is
    #[arg(long)]
    confidential: bool,
    /// How she let somebody speak for her
    #[arg(long, default_value = "")]
    authorised: String,
    /// The number that another platform gave it
    #[arg(long, default_value = "")]
    source_id: String,
    /// When she told it, where it stood on paper until now
    #[arg(long, default_value = "")]
    heard_at: String,
    /// The number of the recording of the call
    #[arg(long, default_value = "")]
    recording: String,
}

impl From<List> for Wanted {
    fn from(list: List) -> Self {
        Self {
            state: list.state,
            department: list.department,
            overdue: Some(list.overdue),
            village: list.village,
            category: list.category,
            search: list.search,
            limit: Some(list.limit),
            cursor: list.cursor,
            ..Self::default()
        }
    }
}

impl From<File> for Filing {
    fn from(file: File) -> Self {
        Self {
            text: file.text,
            village: file.village,
            place: file.place,
            category: file.category,
            kind: file.kind,
            name: file.name,
            phone: file.phone,
            respondent: file.respondent,
            confidential: file.confidential,
            authorised: file.authorised,
            source_id: file.source_id,
            heard_at: file.heard_at,
            recording: file.recording,
            ..Self::default()
        }
    }
}

impl FromArgMatches for CaseCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        match name {
            "list" => Ok(Self::List(List::from_arg_matches(matches)?.into())),
            "show" => {
                let Show { number, identity_reason } = Show::from_arg_matches(matches)?;
                Ok(Self::Show { number, identity_reason })
            }
            "file" => Ok(Self::File(File::from_arg_matches(matches)?.into())),
            action => {
                let shapes = command_shapes();
                let shape = shapes.iter().find(|shape| shape.action == action);
                let shape = shape.ok_or_else(missing)?;
                let given = |field: &FormField| {
                    let text = matches.get_one::<String>(field.name)?.clone();
                    Some((field.name.to_owned(), text))
                };
                Ok(Self::Do {
                    number: matches.get_one::<String>("number").cloned().unwrap_or_default(),
                    revision: matches.get_one::<u32>("revision").copied(),
                    fields: shape.fields.iter().filter_map(given).collect(),
                    action: action.to_owned(),
                })
            }
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for CaseCommand {
    fn augment_subcommands(command: Command) -> Command {
        let list = List::augment_args(Command::new("list").about("List cases: 看名单"));
        let show = Show::augment_args(
            Command::new("show")
                .about("One case with its timeline, and what may be done next: 看一件"),
        );
        let file =
            File::augment_args(Command::new("file").about("File a case for somebody: 代为登记"));
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            // One of the table is called so.
            .disable_help_subcommand(true)
            .subcommands([list, show, file])
            .subcommands(command_shapes().iter().map(subcommand))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        ["list", "show", "file"].contains(&name)
            || command_shapes().iter().any(|shape| shape.action == name)
    }
}

/// From the form in which people fill it in.
fn subcommand(shape: &CommandShape) -> Command {
    let revision = Arg::new("revision")
        .long("revision")
        .value_parser(clap::value_parser!(u32))
        .help("Of the case as it was seen: if somebody was faster, nothing is done");
    let number = Arg::new("number").required(true).help("Nine digits, with or without hyphens");
    Command::new(shape.action)
        .about(shape.title)
        .long_about(format!("{}\n\n{}", shape.title, shape.intro))
        .arg(number)
        .args(shape.fields.iter().map(option))
        .arg(revision)
}

fn option(field: &FormField) -> Arg {
    let ids: Vec<&str> = match &field.kind {
        FieldKind::Choice(all) => all.iter().map(|one| one.id.as_str()).collect(),
        _ => Vec::new(),
    };
    let choices = if ids.is_empty() { String::new() } else { format!("[{}]", ids.join(", ")) };
    let about = [field.label, field.hint, &choices].join(" ");
    Arg::new(field.name).long(field.name).required(field.required).help(about.trim().to_owned())
}

#[derive(Serialize, Deserialize)]
struct Order {
    name: String,
    json: bool,
    command: CaseCommand,
}

pub async fn run(config: &Path, how: How, command: CaseCommand) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let order = Order { name: how.in_name_of, json: how.json, command };
    let answer: Answer = control::ask_or_do(config, PATH, order, perform).await?;
    answer.shown()
}

/// What a running server answers.
pub fn router(key: Key, office: Arc<Office>) -> Router {
    control::answers(PATH, key, office, perform)
}

async fn perform(office: Arc<Office>, order: Order) -> anyhow::Result<Answer> {
    let session = session_of(&office, &order.name).await?;
    match done(&office, &session, order.command, order.json).await {
        Ok(text) => Ok(Answer { text, done: true }),
        Err(error) => Ok(Answer { text: format!("{error:#}\n"), done: false }),
    }
}

pub(super) async fn session_of(office: &Office, name: &str) -> anyhow::Result<Session> {
    let found = office.session_of(name).await?;
    found.ok_or_else(|| {
        anyhow!(
            "没有叫「{name}」的工作人员。请用 --as 写一个能登录受理台的名字，名单见 bianmin staff list。"
        )
    })
}

async fn done(
    office: &Office,
    session: &Session,
    command: CaseCommand,
    json: bool,
) -> anyhow::Result<String> {
    let whole = |value: Value| serde_json::to_string_pretty(&value).map(|text| text + "\n");
    match command {
        CaseCommand::List(wanted) => {
            let page = api::page(office, session, &wanted).await?;
            let value = serde_json::to_value(&page)?;
            if json { Ok(whole(value)?) } else { lines(&value) }
        }
        CaseCommand::Show { number, identity_reason } => {
            let reason = identity_reason.as_deref();
            let file = office.case_file(session, &digits(&number)?, reason).await?;
            let value = serde_json::to_value(WholeCase::of(file, office))?;
            if json { Ok(whole(value)?) } else { shown(&value) }
        }
        CaseCommand::File(filing) => {
            office.note_at_machine(session, "", "登记").await?;
            let done = office.file_once(session, &filing.into(), None).await?;
            let (number, before) = (done.number.clone(), done.before);
            if json {
                return Ok(whole(serde_json::to_value(Outcome::from(done))?)?);
            }
            let before = if before { "（以前登记过）" } else { "" };
            Ok(format!("编号 {number}{before}\n"))
        }
        CaseCommand::Do { number, action, revision, fields } => {
            let number = digits(&number)?;
            let revision = match revision {
                Some(revision) => revision,
                None => office.case_file(session, &number, None).await?.case.revision,
            };
            office.note_at_machine(session, &number, &action).await?;
            let typed = |name: &str| fields.get(name).cloned().unwrap_or_default();
            let typed = Typed(&typed);
            let done =
                office.case_command_once(session, &number, revision, &action, &typed, None).await?;
            let state = done.state.clone();
            if json {
                return Ok(whole(serde_json::to_value(Outcome::from(done))?)?);
            }
            Ok(format!("{number}　已办：{action}，现在是 {state}\n"))
        }
    }
}

fn digits(number: &str) -> anyhow::Result<String> {
    match read_number(number) {
        NumberRead::Whole(number) => Ok(number.digits()),
        _ => Err(anyhow!("「{number}」不是编号。编号是九位数字，请核对。")),
    }
}

/// A table without lines, for the eye and for `cut`.
fn lines(page: &Value) -> anyhow::Result<String> {
    let mut text = String::new();
    for case in page["cases"].as_array().into_iter().flatten() {
        let word = |name: &str| case[name].as_str().unwrap_or("-").to_owned();
        let late = if case["overdue"] == true { "\t超期" } else { "" };
        let due = word("due_at").parse().map(when).unwrap_or_default();
        let (number, state, department) = (word("number"), word("state_word"), word("department"));
        writeln!(text, "{number}\t{state}\t{department}\t{due}\t{}{late}", word("title"))?;
    }
    if let Some(next) = page["next"].as_str() {
        writeln!(text, "还有，接着看：--cursor {next}")?;
    }
    Ok(text)
}

fn shown(case: &Value) -> anyhow::Result<String> {
    let mut text = String::new();
    let word = |name: &str| case[name].as_str().unwrap_or("-").to_owned();
    writeln!(text, "{}　{}　{}", word("number"), word("state_word"), word("title"))?;
    writeln!(text, "{}", word("text"))?;
    if let Some(who) = case["appellant"].as_object() {
        let of = |name: &str| who[name].as_str().unwrap_or("没有留").to_owned();
        writeln!(text, "诉求人：{}　电话：{}", of("name"), of("phone"))?;
    }
    for event in case["timeline"].as_array().into_iter().flatten() {
        let word = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let at = word("at").parse().map(when).unwrap_or_default();
        let who = event["by"]["name"].as_str().unwrap_or("-");
        let here = if event["by"]["at_machine"] == true { "（命令行）" } else { "" };
        writeln!(text, "  {at}　{who}{here}　{}　{}", word("word"), word("detail"))?;
    }
    let commands = case["commands"].as_array().into_iter().flatten();
    let names: Vec<&str> = commands.filter_map(|one| one["command"].as_str()).collect();
    writeln!(text, "现在能办：{}", names.join(" "))?;
    Ok(text)
}
