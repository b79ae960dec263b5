//! What is read and written, as JSON. The document is made from these types.

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::desk::{self, Actor, Standing, State, Step, TRANSITIONS};
use crate::office::{CaseFile, CaseForm, DeadLetter, Done, FieldKind, Office, Sheet, Told};

/// A moment: `2026-11-25T09:30:00Z`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub Timestamp);

impl JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// The ids of a closed list.
fn ids(all: &[&str]) -> Schema {
    json_schema!({ "type": "string", "enum": all })
}

fn states(_: &mut SchemaGenerator) -> Schema {
    ids(&State::ALL.iter().map(|one| one.id()).collect::<Vec<_>>())
}

fn steps(_: &mut SchemaGenerator) -> Schema {
    ids(&Step::ALL.iter().map(|one| one.id()).collect::<Vec<_>>())
}

/// A page of cases.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CasePage {
    pub cases: Vec<CaseLine>,
    /// The cursor of the next page; without it this was the last. A page may be short or empty and
    /// still have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A case in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaseLine {
    /// Nine digits.
    pub number: String,
    /// Goes with each command; grows by one with each event.
    pub revision: u32,
    pub title: String,
    /// What she wants: `help`, `complaint` ...
    pub kind: &'static str,
    /// As in /kinds.
    pub category: Option<String>,
    /// 12 digits, as in /places.
    pub place_code: Option<String>,
    pub place_name: Option<String>,
    #[schemars(schema_with = "states")]
    pub state: &'static str,
    /// The state as staff read it.
    pub state_word: &'static str,
    pub is_open: bool,
    /// As in /departments.
    pub department: Option<String>,
    /// U, A to E: how long it may take, as in /kinds.
    pub time_class: &'static str,
    /// From 1; the second one after an answer that did not content her.
    pub round: u8,
    pub received_at: Moment,
    pub updated_at: Moment,
    /// What she was promised.
    pub promised_at: Moment,
    /// By when she shall be answered in this round.
    pub due_at: Moment,
    pub overdue: bool,
    /// 80 % of the working time is used.
    pub amber: bool,
    pub confidential: bool,
    /// The other platform's own number.
    pub source: Option<SourceId>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct SourceId {
    pub system: String,
    pub id: String,
}

impl CaseLine {
    pub fn of(case: &desk::Case, office: &Office) -> Self {
        let standing = office.standing(case);
        Self {
            number: case.number.digits(),
            revision: case.revision,
            title: case.title.clone(),
            kind: case.kind.id(),
            category: case.category.clone(),
            place_code: case.place_code.clone(),
            place_name: case.place_name.clone(),
            state: case.state.id(),
            state_word: case.state.word(),
            is_open: case.state.is_open(),
            department: case.department.clone(),
            time_class: case.time_class.id(),
            round: case.round,
            received_at: Moment(case.received_at),
            updated_at: Moment(case.updated_at),
            promised_at: Moment(case.promised_at),
            due_at: Moment(case.round_due_at),
            overdue: standing == Standing::Overdue,
            amber: standing == Standing::Amber,
            confidential: case.confidential,
            source: case
                .source
                .clone()
                .map(|source| SourceId { system: source.system, id: source.id }),
        }
    }
}

/// A case with all that happened to it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WholeCase {
    #[serde(flatten)]
    pub line: CaseLine,
    /// Her own words.
    pub text: String,
    pub place_note: String,
    pub channel: String,
    /// Who typed it.
    pub filed_by: Who,
    /// Only with `identity_reason`, where the key may know it.
    pub appellant: Option<Appellant>,
    /// How many sign with her.
    pub co_signers: usize,
    /// Against whom or what.
    pub respondent: Option<String>,
    pub department_due_at: Option<Moment>,
    /// When somebody is to come to her, as it was agreed.
    pub visit: Option<Visit>,
    pub helpers: Vec<Helper>,
    pub reply: Option<Reply>,
    pub rating: Option<&'static str>,
    pub rating_comment: String,
    /// Rounds before this one.
    pub earlier: Vec<EarlierRound>,
    pub urges: u32,
    pub supplements: u32,
    /// How often the department was telephoned because it was late.
    pub supervisions: u32,
    pub closed_at: Option<Moment>,
    pub closing: Option<&'static str>,
    /// The closed case that it goes on with.
    pub follows: Option<String>,
    /// The case under which it goes on.
    pub parent: Option<String>,
    pub children: Vec<String>,
    pub timeline: Vec<Event>,
    /// What this key may do now.
    pub commands: Vec<OpenCommand>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Appellant {
    pub name: Option<String>,
    pub phone: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Visit {
    pub at: Moment,
    /// Who comes.
    pub who: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Helper {
    pub department: String,
    pub due_at: Moment,
    pub replied_at: Option<Moment>,
    pub text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    pub outcome: &'static str,
    pub text: String,
    pub department: String,
    /// What the photos and papers are that went with it.
    pub files: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct EarlierRound {
    pub round: u8,
    pub started_at: Moment,
    pub due_at: Moment,
    pub department: Option<String>,
    pub replied_at: Option<Moment>,
    pub reply: Option<Reply>,
    pub rating: Option<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Who {
    /// `villager`, `staff` or `system`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub name: Option<String>,
    pub role: Option<String>,
    pub department: Option<String>,
    /// In that name, by somebody at the machine itself (`bianmin case`).
    pub at_machine: bool,
}

/// Something that happened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Event {
    /// From 1, without gaps.
    pub n: usize,
    pub at: Moment,
    pub by: Who,
    #[schemars(schema_with = "steps")]
    pub step: &'static str,
    /// The step as staff read it.
    pub word: &'static str,
    /// What stands beside it in the timeline.
    pub detail: String,
    /// All of it, as it is stored; of the first one only what it led to.
    pub change: Value,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenCommand {
    /// The last part of its address.
    pub command: &'static str,
    pub title: String,
    pub fields: Vec<Field>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub required: bool,
    /// The ids to choose from; empty: it is written.
    pub choices: Vec<String>,
}

impl WholeCase {
    pub fn of(file: CaseFile, office: &Office) -> Self {
        let CaseFile { case, events, details, identity, who: hers, commands } = file;
        let appellant =
            identity.then(|| Appellant { name: hers.name.clone(), phone: hers.phone.clone() });
        let events = events.iter().zip(details).zip(1..);
        Self {
            line: CaseLine::of(&case, office),
            filed_by: who(&case.submitted_by),
            appellant,
            co_signers: case.co_signers.len(),
            department_due_at: case.due_at.map(Moment),
            visit: case.course.visit.as_ref().map(visit),
            helpers: case.course.helpers.iter().map(helper).collect(),
            reply: case.reply.as_ref().map(reply),
            rating: case.rating.map(|grade| grade.id()),
            earlier: case.earlier.iter().map(earlier).collect(),
            urges: case.urges,
            supplements: case.supplements,
            supervisions: u32::from(case.course.supervisions),
            closed_at: case.closed_at.map(Moment),
            closing: case.closing.map(|closing| closing.id()),
            follows: case.follows.map(|number| number.digits()),
            parent: case.parent.map(|number| number.digits()),
            children: case.children.iter().map(|number| number.digits()).collect(),
            timeline: events.map(|((one, detail), n)| event(n, one, detail)).collect(),
            commands: commands.into_iter().map(OpenCommand::of).collect(),
            text: case.text,
            place_note: hers.place_note,
            channel: case.channel,
            respondent: case.respondent,
            rating_comment: case.rating_comment,
        }
    }
}

fn who(by: &Actor) -> Who {
    let nobody = |kind| Who { kind, name: None, role: None, department: None, at_machine: false };
    match by {
        Actor::Villager { .. } => nobody("villager"),
        Actor::Staff { name, role, department, at_machine } => Who {
            kind: "staff",
            name: Some(name.clone()),
            role: Some(role.clone()),
            department: department.clone(),
            at_machine: *at_machine,
        },
        Actor::System => nobody("system"),
    }
}

fn visit(visit: &desk::Visit) -> Visit {
    Visit { at: Moment(visit.at), who: visit.who.clone() }
}

fn helper(helper: &desk::Helping) -> Helper {
    Helper {
        department: helper.department.clone(),
        due_at: Moment(helper.due_at),
        replied_at: helper.replied_at.map(Moment),
        text: helper.text.clone(),
    }
}

fn reply(reply: &desk::Reply) -> Reply {
    Reply {
        outcome: reply.outcome.id(),
        text: reply.text.clone(),
        department: reply.department.clone(),
        files: reply.files.iter().map(|file| file.name.clone()).collect(),
    }
}

fn earlier(round: &desk::Round) -> EarlierRound {
    EarlierRound {
        round: round.round,
        started_at: Moment(round.started_at),
        due_at: Moment(round.round_due_at),
        department: round.department.clone(),
        replied_at: round.replied_at.map(Moment),
        reply: round.reply.as_ref().map(reply),
        rating: round.rating.map(|grade| grade.id()),
    }
}

fn event(n: usize, event: &desk::CaseEvent, detail: String) -> Event {
    let step = event.change.step();
    let mut change = serde_json::to_value(&event.change).unwrap_or_default();
    // It stands in the case.
    if let Some(first) = change.as_object_mut() {
        first.remove("intake");
    }
    Event {
        n,
        at: Moment(event.at),
        by: who(&event.by),
        step: step.id(),
        word: step.word(),
        detail,
        change,
    }
}

impl OpenCommand {
    fn of(form: CaseForm) -> Self {
        let field = |field: crate::office::FormField| Field {
            name: field.name,
            label: field.label,
            required: field.required,
            choices: match field.kind {
                FieldKind::Choice(all) => all.into_iter().map(|one| one.id).collect(),
                _ => Vec::new(),
            },
        };
        Self {
            command: form.action,
            title: form.title,
            fields: form.fields.into_iter().map(field).collect(),
        }
    }
}

/// What somebody has told, to be filed for her.
#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filing {
    /// Her own words; needed.
    pub text: String,
    /// A village or community: its name as one writes it, with the township where there are
    /// several, or its 12 digits; needed.
    pub village: String,
    /// Where in the village.
    pub place: String,
    /// As in /kinds; empty: not known.
    pub category: String,
    /// `consult`, `help`, `complaint`, `report`, `suggestion` or `praise`; empty: help.
    pub kind: String,
    pub name: String,
    pub phone: String,
    /// Against whom or what.
    pub respondent: String,
    /// How she wants to be told: `sms` or `phone`.
    pub told_by: String,
    pub confidential: bool,
    /// How she let somebody speak for her; an agent has to say it.
    pub authorised: String,
    /// Those who sign with her.
    pub co_signers: Vec<Signer>,
    /// The number that another platform gave it; the same again is the same case. A key of the role
    /// `source` has to say it.
    pub source_id: String,
    /// When she told it, where it stood on paper until now: RFC 3339; empty: just now.
    pub heard_at: String,
    /// The number of the recording of the call.
    pub recording: String,
    /// With a key of the platform: she stood at its counter and did not telephone; she may have no
    /// number.
    pub walk_in: bool,
}

#[derive(Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Signer {
    pub name: String,
    pub phone: String,
}

impl From<Filing> for Told {
    fn from(filing: Filing) -> Self {
        // One a line, as people write them.
        let line = |one: &Signer| format!("{} {}", one.name, one.phone).replace('\n', " ");
        let signers: Vec<String> = filing.co_signers.iter().map(line).collect();
        Told {
            name: filing.name,
            phone: filing.phone,
            village: filing.village,
            place: filing.place,
            category: filing.category,
            kind: filing.kind,
            text: filing.text,
            respondent: filing.respondent,
            told_by: filing.told_by,
            confidential: filing.confidential,
            authorised: filing.authorised,
            co_signers: signers.join("\n"),
            source_id: filing.source_id,
            heard_at: filing.heard_at,
            recording: filing.recording,
            walk_in: filing.walk_in,
            ..Told::default()
        }
    }
}

/// What was done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Outcome {
    pub number: String,
    pub revision: u32,
    #[schemars(schema_with = "states")]
    pub state: String,
    /// It had been filed before; nothing was done.
    pub before: bool,
    /// Numbers to dial at once, because there is danger.
    pub call: Vec<String>,
}

impl From<Done> for Outcome {
    fn from(done: Done) -> Self {
        Self {
            number: done.number,
            revision: done.revision,
            state: done.state,
            before: done.before,
            call: done.call,
        }
    }
}

/// Whose key it is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Me {
    pub key: String,
    pub name: String,
    pub role: &'static str,
    /// Of a source the name of its system.
    pub department: Option<String>,
    pub village: Option<String>,
    pub merchant: Option<String>,
    pub rights: Vec<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Departments {
    pub departments: Vec<Department>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Department {
    pub id: String,
    pub name: String,
    pub short: String,
    /// `department`, `township`, `company` or `party`.
    pub kind: String,
    pub phone: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Kinds {
    pub kinds: Vec<Kind>,
}

/// A kind of matter.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Kind {
    pub code: String,
    pub group: String,
    pub name: String,
    /// The department that leads.
    pub lead: String,
    pub lead_alternatives: Vec<String>,
    pub co_handlers: Vec<String>,
    /// U: 24 hours; A to E: 1, 2, 5, 10, 15 working days.
    pub time_class: &'static str,
    pub flags: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Places {
    pub places: Vec<Place>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Place {
    /// 12 digits.
    pub code: String,
    pub township: String,
    pub name: String,
    pub aliases: Vec<String>,
}

/// The table of what may follow what.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Transitions {
    pub transitions: Vec<Transition>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Transition {
    /// Empty: there is no case yet.
    pub from: Vec<&'static str>,
    #[schemars(schema_with = "steps")]
    pub step: &'static str,
    /// Null: the state stays.
    pub to: Option<&'static str>,
    pub who: Vec<&'static str>,
    /// On what condition, in Chinese.
    pub guard: &'static str,
    /// The notice to the villager.
    pub told: Option<&'static str>,
}

impl Transitions {
    pub fn all() -> Self {
        let row = |row: &desk::Transition| Transition {
            from: row.from.iter().map(|state| state.id()).collect(),
            step: row.step.id(),
            to: row.to.map(State::id),
            who: row.who.iter().map(|party| party.id()).collect(),
            guard: row.guard,
            told: row.told,
        };
        Self { transitions: TRANSITIONS.iter().map(row).collect() }
    }
}

/// A ledger: what is printed, as it is printed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ledger {
    pub title: &'static str,
    pub heading: String,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    pub foot: String,
}

impl From<Sheet> for Ledger {
    fn from(sheet: Sheet) -> Self {
        let Sheet { title, heading, columns, rows, foot } = sheet;
        Self { title, heading, columns: columns.to_vec(), rows, foot }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Deliveries {
    pub deliveries: Vec<Dead>,
}

/// An event that a department's system did not take for a day.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Dead {
    pub id: String,
    pub webhook: String,
    pub department: String,
    /// The number of the case.
    pub number: String,
    pub n: u32,
    pub made_at: Moment,
    pub tries: u32,
    /// What was answered last.
    pub said: String,
}

impl From<DeadLetter> for Dead {
    fn from(dead: DeadLetter) -> Self {
        Self {
            id: dead.id,
            webhook: dead.webhook,
            department: dead.department,
            number: dead.case,
            n: dead.n,
            made_at: Moment(dead.made_at),
            tries: dead.tries,
            said: dead.said,
        }
    }
}

/// Nothing more is to be said.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fine {
    pub done: bool,
}
