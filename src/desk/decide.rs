//! What follows from a command, or why not. Nothing is changed here: the caller stores the
//! events and folds them.

use jiff::Timestamp;

use super::Rules;
use super::case::Case;
use super::event::{Actor, CaseEvent, Change, Closing, Grade, Intake, Outcome};
use super::hers;
use super::limits::{REDO_LIMIT, UNSORTED, assignment_due, limit_of};
use super::refusal::Refusal;
use super::state::{Party, State, Step, transition};
use crate::county::TimeClass;

/// A case is answered anew at most this often; then staff close it.
pub const ROUNDS_MAX: u8 = 2;
/// Beyond this many events only answering, rating and closing go on.
pub const EVENTS_MAX: u32 = 200;
pub const REPLY_CHARS_MIN: usize = 15;
pub const TEXT_CHARS_MAX: usize = 5_000;
const REPLY_CHARS_MAX: usize = 2_000;
const NOTE_CHARS_MAX: usize = 1_000;
const NAME_CHARS_MAX: usize = 60;
const ID_CHARS_MAX: usize = 200;
const MEDIA_MAX: usize = 20;

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    File(Box<Intake>),
    /// To a department, the first time or again; `category` when the clerk knows better.
    Dispatch {
        department: String,
        category: Option<String>,
        note: String,
    },
    Accept,
    /// `text` is for the villager.
    Progress {
        text: String,
    },
    Reply {
        outcome: Outcome,
        text: String,
    },
    Rate {
        grade: Grade,
        comment: String,
    },
    /// By staff with a reason, or by the clock when the time to rate is over.
    Close {
        reason: String,
    },
    Urge,
    Supplement {
        text: String,
        photos: Vec<String>,
        voices: Vec<String>,
    },
    Withdraw {
        reason: String,
    },
}

impl Command {
    /// The step that it asks for.
    pub fn step(&self) -> Step {
        match self {
            Command::File(_) => Step::Received,
            Command::Dispatch { .. } => Step::Dispatched,
            Command::Accept => Step::Accepted,
            Command::Progress { .. } => Step::Progress,
            Command::Reply { .. } => Step::Replied,
            Command::Rate { .. } => Step::Rated,
            Command::Close { .. } => Step::Closed,
            Command::Urge => Step::Urged,
            Command::Supplement { .. } => Step::Supplemented,
            Command::Withdraw { .. } => Step::Withdrawn,
        }
    }
}

/// The events that follow from `command`, at least one. Their time is `now`, or that of the
/// last event where the clock went back.
pub fn decide(
    case: Option<&Case>,
    command: Command,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<CaseEvent>, Refusal> {
    let now = case.map_or(now, |case| now.max(case.updated_at));
    let changes = match (case, command) {
        (None, Command::File(intake)) => vec![file(*intake, by, now, rules)?],
        (Some(_), Command::File(_)) => return Err(Refusal::NumberTaken),
        (None, _) => return Err(Refusal::NoCase),
        (Some(case), command) => follow(case, command, by, now, rules)?,
    };
    let event = |change| CaseEvent { at: now, by: by.clone(), change };
    Ok(changes.into_iter().map(event).collect())
}

fn file(intake: Intake, by: &Actor, now: Timestamp, rules: &Rules) -> Result<Change, Refusal> {
    allowed(None, Step::Received, by)?;
    if matches!(by, Actor::Villager { person } if *person != intake.person) {
        return Err(Refusal::NotYours);
    }
    check_intake(&intake)?;
    let category = match &intake.category {
        Some(code) => {
            Some(rules.categories.get(code).ok_or_else(|| Refusal::UnknownCategory(code.clone()))?)
        }
        None => None,
    };
    let mut time_class = category.map_or(UNSORTED, |category| category.time_class);
    let mut matter = category.map_or(intake.kind.word(), |category| &category.name).to_owned();
    if let Some(danger) = &intake.danger {
        time_class = TimeClass::U;
        matter = format!("紧急：{danger}");
    }
    Ok(Change::Received {
        title: format!("{}{matter}", intake.place_name.as_deref().unwrap_or_default()),
        time_class,
        promised_at: rules.calendar.due(now, limit_of(time_class)),
        calendar_version: rules.calendar.version().to_owned(),
        intake: Box::new(intake),
    })
}

fn check_intake(intake: &Intake) -> Result<(), Refusal> {
    if intake.text.trim().is_empty() && intake.photos.is_empty() && intake.voices.is_empty() {
        return Err(Refusal::Empty);
    }
    required("反映人", &intake.person)?;
    required("来源渠道", &intake.channel)?;
    at_most("内容", &intake.text, TEXT_CHARS_MAX)?;
    at_most("地点说明", &intake.place_note, NOTE_CHARS_MAX)?;
    at_most("反映人", &intake.person, ID_CHARS_MAX)?;
    at_most("来源渠道", &intake.channel, NAME_CHARS_MAX)?;
    for (what, text) in [
        ("姓名", &intake.name),
        ("电话", &intake.phone),
        ("地点", &intake.place_name),
        ("险情", &intake.danger),
    ] {
        at_most(what, text.as_deref().unwrap_or_default(), NAME_CHARS_MAX)?;
    }
    if let Some(code) = &intake.place_code
        && (code.len() != 12 || !code.bytes().all(|byte| byte.is_ascii_digit()))
    {
        let mend = "地点代码是12位数字，请从村庄名单里选。";
        return Err(Refusal::Malformed { what: "地点代码", value: code.clone(), mend });
    }
    check_media(&intake.photos, &intake.voices)
}

fn check_media(photos: &[String], voices: &[String]) -> Result<(), Refusal> {
    for (what, media) in [("照片", photos), ("语音", voices)] {
        if media.len() > MEDIA_MAX {
            return Err(Refusal::TooMany { what, count: media.len(), max: MEDIA_MAX });
        }
        media.iter().try_for_each(|id| at_most(what, id, ID_CHARS_MAX))?;
    }
    Ok(())
}

fn follow(
    case: &Case,
    command: Command,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<Change>, Refusal> {
    let step = command.step();
    // What is not hers she learns nothing about.
    if matches!(by, Actor::Villager { person } if *person != case.person) {
        return Err(Refusal::NotYours);
    }
    // A department that works on a case or answers it has accepted it.
    let accepts = matches!(step, Step::Progress | Step::Replied)
        && matches!(case.state, State::Dispatched | State::Redo);
    let state = if accepts { State::Handling } else { case.state };
    if transition(Some(state), step).is_none() {
        if let Some(refusal) = hers::too_late(case.state, step) {
            return Err(refusal);
        }
        return Err(Refusal::NotNow { state: case.state, step, mend: mend(case.state, step) });
    }
    allowed(Some(state), step, by)?;
    let grows = [Step::Dispatched, Step::Progress, Step::Urged, Step::Supplemented];
    if case.revision >= EVENTS_MAX && grows.contains(&step) {
        return Err(Refusal::Full(EVENTS_MAX));
    }
    let mut changes = Vec::new();
    if accepts {
        changes.push(Change::Accepted);
    }
    match command {
        // `decide` has answered it.
        Command::File(_) => return Err(Refusal::NumberTaken),
        Command::Dispatch { department, category, note } => {
            changes.push(dispatch(case, department, category, note, now, rules)?);
        }
        Command::Accept => changes.push(Change::Accepted),
        Command::Progress { text } => {
            required("进展", &text)?;
            at_most("进展", &text, NOTE_CHARS_MAX)?;
            changes.push(Change::Progress { text });
        }
        Command::Reply { outcome, text } => {
            let chars = text.chars().filter(|c| !c.is_whitespace()).count();
            if chars < REPLY_CHARS_MIN {
                return Err(Refusal::TooShort { what: "答复", chars, min: REPLY_CHARS_MIN });
            }
            at_most("答复", &text, REPLY_CHARS_MAX)?;
            changes.push(Change::Replied { outcome, text });
        }
        Command::Rate { grade, comment } => changes.extend(rate(case, grade, comment, now, rules)?),
        Command::Close { reason } => changes.push(close(case, reason, by)?),
        Command::Urge => changes.push(hers::urge(case, now)?),
        Command::Supplement { text, photos, voices } => {
            check_media(&photos, &voices)?;
            at_most("补充", &text, NOTE_CHARS_MAX)?;
            changes.push(hers::supplement(case, text, photos, voices)?);
        }
        Command::Withdraw { reason } => {
            at_most("撤回的原因", &reason, NOTE_CHARS_MAX)?;
            changes.push(hers::withdraw(case, reason)?);
        }
    }
    Ok(changes)
}

fn dispatch(
    case: &Case,
    department: String,
    category: Option<String>,
    note: String,
    now: Timestamp,
    rules: &Rules,
) -> Result<Change, Refusal> {
    let Some(receiver) = rules.departments.get(&department) else {
        return Err(Refusal::UnknownDepartment(department));
    };
    if let Some(code) = category.as_deref().filter(|code| rules.categories.get(code).is_none()) {
        return Err(Refusal::UnknownCategory(code.to_owned()));
    }
    let handed_over = matches!(case.state, State::Dispatched | State::Handling);
    if handed_over && case.department.as_ref() == Some(&department) {
        return Err(Refusal::SameDepartment(receiver.short.clone()));
    }
    at_most("派单说明", &note, NOTE_CHARS_MAX)?;
    let due_at = assignment_due(case.time_class, case.round_due_at, handed_over, now, rules);
    let from = case.department.clone().filter(|_| handed_over);
    Ok(Change::Dispatched { department, from, due_at, category, note })
}

fn rate(
    case: &Case,
    grade: Grade,
    comment: String,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<Change>, Refusal> {
    if let Some(before) = case.rating {
        return Err(Refusal::AlreadyRated(before));
    }
    at_most("评价", &comment, NOTE_CHARS_MAX)?;
    let rated = Change::Rated { grade, comment: comment.clone() };
    let next = if grade.is_content() {
        Change::Closed { closing: Closing::Rated, reason: grade.word().to_owned() }
    } else if case.round < ROUNDS_MAX {
        let due_at = rules.calendar.due(now, REDO_LIMIT);
        Change::Reopened { round: case.round + 1, reason: comment, due_at }
    } else {
        return Ok(vec![rated]);
    };
    Ok(vec![rated, next])
}

fn close(case: &Case, reason: String, by: &Actor) -> Result<Change, Refusal> {
    let closing = match by.party() {
        Party::System => match case.rating {
            None => Closing::Unrated,
            Some(before) => return Err(Refusal::AlreadyRated(before)),
        },
        Party::Owner => return Err(not_allowed(Step::Closed, "工作人员")),
        Party::Staff if case.rating.is_some() => Closing::Final,
        Party::Staff => Closing::Staff,
    };
    if by.party() == Party::Staff {
        required("办结理由", &reason)?;
    }
    at_most("办结理由", &reason, NOTE_CHARS_MAX)?;
    Ok(Change::Closed { closing, reason })
}

/// May this kind of actor take the step from that state?
fn allowed(from: Option<State>, step: Step, by: &Actor) -> Result<(), Refusal> {
    match transition(from, step) {
        Some(row) if !row.who.contains(&by.party()) => {
            let who: Vec<&str> = row.who.iter().map(|party| party.word()).collect();
            Err(not_allowed(step, &who.join("、")))
        }
        _ => Ok(()),
    }
}

fn not_allowed(step: Step, who: &str) -> Refusal {
    Refusal::NotAllowed { step, who: who.to_owned() }
}

/// What to do instead.
fn mend(state: State, step: Step) -> &'static str {
    match (state, step) {
        (State::Closed, _) => "问题又出现时，请再反映一次，我们给一个新编号。",
        (State::Withdrawn, _) => "群众撤回了。要办的话，请她再反映一次。",
        (State::Received, _) => "请先派单。",
        (State::Dispatched | State::Handling | State::Redo, Step::Rated) => "答复以后再请您评价。",
        (State::Dispatched | State::Handling | State::Redo, Step::Closed) => "请先答复，再办结。",
        (State::Handling, Step::Accepted) => "已经签收了，请办理和答复。",
        (State::Replied, _) => "已经答复，请等待评价，或写明理由办结。",
        _ => "请刷新页面，看看现在到了哪一步。",
    }
}

fn required(what: &'static str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() { Err(Refusal::Missing { what }) } else { Ok(()) }
}

fn at_most(what: &'static str, text: &str, max: usize) -> Result<(), Refusal> {
    let chars = text.chars().count();
    if chars > max { Err(Refusal::TooLong { what, chars, max }) } else { Ok(()) }
}
