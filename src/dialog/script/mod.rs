//! A script: all dialogs, commands, sentences and notices, checked and ready to be run.

pub(in crate::dialog) mod actions;
pub(in crate::dialog) mod condition;
pub(in crate::dialog) mod formula;
pub(in crate::dialog) mod keywords;
pub(in crate::dialog) mod known;
pub(in crate::dialog) mod outline;
pub(in crate::dialog) mod shapes;
pub(in crate::dialog) mod snapshot;
pub(in crate::dialog) mod table;
pub(in crate::dialog) mod texts;
pub(in crate::dialog) mod value;
pub(in crate::dialog) mod words;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::SignedDuration;
use regex::Regex;

use crate::dialog::read::source::SourceFile;
use crate::dialog::read::yaml::Place;
use crate::dialog::rehearse::transcript::Transcript;
use crate::dialog::script::actions::Action;
use crate::dialog::script::condition::Condition;
use crate::dialog::script::formula::Formula;
use crate::dialog::script::table::Table;
use crate::dialog::script::words::{Medium, Path, Template, Words};
use crate::meaning::Intent;

/// Lines of a menu; of a longer one the last line leads on.
pub(in crate::dialog) const PAGE: usize = 9;

#[derive(Clone, Debug)]
pub struct Script {
    /// Of all files together: two scripts with the same hash say the same.
    pub hash: String,
    pub(in crate::dialog) dialogs: BTreeMap<String, Arc<Dialog>>,
    /// Entry words of all dialogs, plain, to the dialog's id.
    pub(in crate::dialog) entries: HashMap<String, String>,
    pub(in crate::dialog) commands: Vec<GlobalCommand>,
    pub(in crate::dialog) phrases: BTreeMap<&'static str, Words>,
    pub(in crate::dialog) notices: BTreeMap<String, Notice>,
    pub(in crate::dialog) rules: Rules,
    pub(in crate::dialog) menu: Vec<MenuItem>,
    pub(in crate::dialog) tables: Tables,
    pub(in crate::dialog) written: Written,
    /// Of what makes a conversation: ids, types, order, conditions, options, actions.
    pub structure_hash: String,
    /// Of all the rest: what is said.
    pub text_hash: String,
    /// What it was read from.
    pub(in crate::dialog) files: Arc<[SourceFile]>,
    /// The same script in other languages, by their names.
    pub(in crate::dialog) languages: BTreeMap<String, Arc<Script>>,
    pub(in crate::dialog) stale: Vec<StaleTranslation>,
    pub(in crate::dialog) orphans: Vec<OrphanTranslation>,
    /// Of each file of translations, keys without a row.
    pub(in crate::dialog) untranslated: Vec<(String, Vec<String>)>,
    /// Snapshots by which conversations still run, the newest first.
    pub(in crate::dialog) older: Vec<Arc<Script>>,
    /// Conversations of other versions are carried over at their next event.
    pub(in crate::dialog) at_once: bool,
}

/// By their names.
pub(in crate::dialog) type Tables = BTreeMap<String, Arc<Table>>;

/// Where the parts of `_全局.yaml` stand, for what is said about all files together.
#[derive(Clone, Debug, Default)]
pub(in crate::dialog) struct Written {
    pub file: String,
    pub menu: Place,
    pub notices: Option<String>,
}

/// The keys of a map, and where the value of each begins.
pub(in crate::dialog) type Places = Vec<(&'static str, Place)>;

/// The first place if the key is not there.
pub(in crate::dialog) fn place_of(places: &Places, id: &str) -> Place {
    let found = places.iter().find(|(key, _)| *key == id).or(places.first());
    found.map_or((1, 1), |(_, at)| *at)
}

/// A button of the account's menu: what it sends, or what opens above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuItem {
    pub name: String,
    /// Empty where it opens `items`.
    pub key: String,
    pub items: Vec<MenuItem>,
}

impl MenuItem {
    /// Itself, or those above it.
    pub fn buttons(&self) -> &[MenuItem] {
        if self.items.is_empty() { std::slice::from_ref(self) } else { &self.items }
    }
}

#[derive(Clone, Debug)]
pub(in crate::dialog) struct Rules {
    pub hand_over_after: u8,
    pub remind: Option<SignedDuration>,
    pub remind_text: Words,
    pub expire: SignedDuration,
    /// A reminder by SMS costs money and confuses: only where somebody wants it.
    pub remind_sms: bool,
    /// Messages of 67 characters that one text by SMS may take.
    pub sms_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialog) enum Command {
    Cancel,
    Back,
    Help,
    Human,
    Repeat,
}

#[derive(Clone, Debug)]
pub(in crate::dialog) struct GlobalCommand {
    pub command: Command,
    /// Plain copies; the whole message has to be one of them.
    pub words: HashSet<String>,
    /// Only on SMS.
    pub sms: Option<String>,
    pub say: Option<Words>,
}

#[derive(Clone, Debug)]
pub(in crate::dialog) struct Dialog {
    pub id: String,
    pub name: String,
    pub file: String,
    pub places: Places,
    /// As they are written.
    pub words: Vec<String>,
    pub menu_key: Option<String>,
    pub sms: Option<String>,
    pub pattern: Option<Regex>,
    /// Messages about one of these begin it, without an entry word.
    pub intents: Vec<Intent>,
    /// The first sentence may answer several questions.
    pub intake: bool,
    /// Answers something and goes back to what was asked before.
    pub side: bool,
    /// What its options name stands in a message: everything else waits.
    pub rescue: bool,
    /// With one of these in the message it is not meant.
    pub unless: Vec<String>,
    pub steps: Vec<Step>,
    pub tests: Vec<Transcript>,
    /// Instead of those of the whole county.
    pub rules: OwnRules,
    /// What becomes of answers to another version.
    pub upgrade: Upgrade,
    /// The hash of its structure, with that of the dialogs that it calls.
    pub structure: String,
}

/// 规矩 of one dialog.
#[derive(Clone, Debug, Default)]
pub(in crate::dialog) struct OwnRules {
    pub hand_over_after: Option<u8>,
    pub remind: Option<SignedDuration>,
    pub expire: Option<SignedDuration>,
}

/// A row of a translation whose original was changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleTranslation {
    pub file: String,
    pub line: usize,
    pub key: String,
    /// What the script says now.
    pub original: String,
    /// What 原文校验 should say.
    pub mark: String,
}

/// A row of a translation whose key no text has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialog) struct OrphanTranslation {
    pub file: String,
    pub line: usize,
    pub key: String,
    /// Which key may be meant; or nothing.
    pub hint: String,
}

/// 升级: answers under an old name, and answers that do not count any more.
#[derive(Clone, Debug, Default)]
pub(in crate::dialog) struct Upgrade {
    pub rename: Vec<(String, String)>,
    pub discard: Vec<String>,
}

impl Dialog {
    pub fn question(&self, slot: &str) -> Option<&Question> {
        self.questions().find(|question| question.slot == slot)
    }

    pub fn calls(&self, action: &str) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(&step.kind, StepKind::Call(call) if call.action.id == action))
    }

    /// A question, or another dialog whose answers come back under this name.
    pub fn asks(&self, slot: &str) -> bool {
        self.steps.iter().any(|step| {
            step.id == slot && matches!(step.kind, StepKind::Ask(_) | StepKind::Sub { .. })
        })
    }

    pub fn takes_photos(&self) -> bool {
        self.questions().any(|question| matches!(question.kind, Kind::Photo))
    }

    /// What it asks first is answered in her own words.
    pub fn begins_freely(&self) -> bool {
        let first = self.questions().next();
        first.is_some_and(|first| matches!(first.kind, Kind::ShortText | Kind::LongText { .. }))
    }

    /// A confirmation reads the answer back.
    pub fn lists(&self, slot: &str) -> bool {
        self.steps.iter().any(|step| match &step.kind {
            StepKind::Confirm(confirm) => confirm.list.iter().any(|listed| listed == slot),
            _ => false,
        })
    }

    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Ask(question) => Some(&**question),
            _ => None,
        })
    }
}

#[derive(Clone, Debug)]
pub(in crate::dialog) struct Step {
    /// The slot of a question; for others their `标`, or what they are and their place.
    pub id: String,
    pub places: Places,
    pub when: Option<Condition>,
    /// Computed anew whenever the step is reached.
    pub compute: Vec<Formula>,
    pub kind: StepKind,
}

#[derive(Clone, Debug)]
pub(in crate::dialog) enum StepKind {
    Ask(Box<Question>),
    Say {
        words: Words,
        end: bool,
    },
    Confirm(Confirm),
    Call(CallStep),
    /// On with another step of the same dialog.
    Go(String),
    /// Another dialog in between; its answers come back under one name.
    Sub {
        dialog: String,
        result: String,
    },
}

#[derive(Clone, Debug)]
pub(in crate::dialog) struct Question {
    pub slot: String,
    pub kind: Kind,
    pub words: Words,
    pub not_understood: Vec<Words>,
    pub not_allowed: Vec<(Condition, Words)>,
    /// Plain copies of the words that leave it unanswered.
    pub skip: HashSet<String>,
    pub default: Option<Default>,
    /// What was understood is shown to her before it counts.
    pub echo: bool,
    pub remind: Option<SignedDuration>,
    pub hand_over_after: Option<u8>,
    pub not_ahead: bool,
    /// Taken when she says it, never asked; at the confirmation she may add it.
    pub unasked: bool,
}

#[derive(Clone, Debug)]
pub(in crate::dialog) enum Kind {
    Village,
    Choice(Vec<Choice>),
    /// Options that do not stand in the dialog.
    ChoiceFrom(Pick),
    YesNo,
    /// Bounds in thousandths.
    Quantity {
        min: Option<i64>,
        max: Option<i64>,
    },
    /// Several of a few options.
    Many {
        choices: Vec<Choice>,
        min: usize,
        max: usize,
    },
    /// Bounds in fen.
    Money {
        min: Option<i64>,
        max: Option<i64>,
    },
    Day,
    Identity,
    Mobile,
    PersonName,
    ShortText,
    LongText {
        at_least: usize,
    },
    Photo,
    Location,
    /// One of the county's kinds of matter, found in what she wrote or chosen among the likeliest.
    Matter,
}

/// What an answer is when she is not asked.
#[derive(Clone, Debug)]
pub(in crate::dialog) enum Default {
    /// The number that she writes from.
    Caller,
    Slot(Path),
    /// As she would write it.
    Words(String),
}

impl Question {
    /// `默认: 只有一个`: the only row that is left needs not be chosen.
    pub fn takes_the_only(&self) -> bool {
        matches!(&self.default, Some(Default::Words(words)) if words == "只有一个")
    }
}

#[derive(Clone, Debug)]
pub(in crate::dialog) struct Pick {
    pub from: From,
    /// Over the columns of the rows, and over slots.
    pub filter: Option<Condition>,
}

#[derive(Clone, Debug)]
pub(in crate::dialog) enum From {
    /// What a call gave: the slot that holds it, and which fields of a row are stored and seen.
    Rows {
        slot: String,
        value: &'static str,
        label: &'static str,
    },
    Table(Arc<Table>),
    /// The different texts of one column, in their order.
    Column(Arc<Table>, usize),
}

#[derive(Clone, Debug)]
pub(in crate::dialog) struct Choice {
    pub when: Option<Condition>,
    pub value: String,
    pub label: String,
    /// Plain copies; those of two characters or more also count inside a sentence.
    pub words: Vec<String>,
    pub pattern: Option<Regex>,
}

#[derive(Clone, Debug)]
pub(in crate::dialog) struct Confirm {
    pub words: Words,
    pub list: Vec<String>,
    pub not_understood: Vec<Words>,
    /// Plain copies: if there are any, only these say yes, as whole messages. For what costs
    /// money: a stray 好 or 1 must not buy.
    pub literal: HashSet<String>,
}

#[derive(Clone, Debug)]
pub(in crate::dialog) struct CallStep {
    pub action: &'static Action,
    pub result: Option<String>,
    pub failure: Words,
}

/// A message that something which happened sends to the villager.
#[derive(Clone, Debug)]
pub struct Notice {
    pub(in crate::dialog) words: Words,
    pub(in crate::dialog) template: Vec<(String, Template)>,
    pub(in crate::dialog) offers: Option<String>,
    pub(in crate::dialog) file: String,
    pub(in crate::dialog) places: Places,
}

impl Notice {
    /// The dialog that an answer to this notice may start.
    pub fn offers(&self) -> Option<&str> {
        self.offers.as_deref()
    }
}

impl Script {
    pub fn notice_kinds(&self) -> impl Iterator<Item = &str> {
        self.notices.keys().map(String::as_str)
    }

    pub fn notice(&self, id: &str) -> Option<&Notice> {
        self.notices.get(id)
    }

    /// These columns of each row of a table of `表/`; empty where there is nothing.
    pub fn cells<const N: usize>(&self, table: &str, columns: [&str; N]) -> Vec<[&str; N]> {
        let Some(table) = self.tables.get(table) else { return Vec::new() };
        let at = columns.map(|name| table.column(name));
        let mut rows = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            rows.push(at.map(|at| at.and_then(|at| row.cells.get(at)).map_or("", String::as_str)));
        }
        rows
    }

    /// Options of `slot` in dialogs that have `action` done: what is stored, what is shown.
    pub fn options(&self, action: &str, slot: &str) -> Vec<(&str, &str)> {
        let calls = |dialog: &&Dialog| {
            dialog
                .steps
                .iter()
                .any(|step| matches!(&step.kind, StepKind::Call(call) if call.action.id == action))
        };
        let questions = self.each_dialog().filter(calls).filter_map(|d| d.question(slot));
        questions
            .flat_map(|question| match &question.kind {
                Kind::Choice(choices) => choices.as_slice(),
                _ => &[],
            })
            .map(|choice| (choice.value.as_str(), choice.label.as_str()))
            .collect()
    }

    /// Rows of translations that have to be looked at.
    pub fn stale_translations(&self) -> &[StaleTranslation] {
        &self.stale
    }

    /// Languages other than the one in which it is written.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.keys().map(String::as_str)
    }

    /// The script as it speaks to somebody who wants this language.
    pub(in crate::dialog) fn in_language(&self, language: Option<&str>) -> &Script {
        language.and_then(|name| self.languages.get(name)).map_or(self, |script| script)
    }

    pub(in crate::dialog) fn dialog(&self, id: &str) -> Option<&Dialog> {
        self.dialogs.get(id).map(|dialog| &**dialog)
    }

    pub(in crate::dialog) fn each_dialog(&self) -> impl Iterator<Item = &Dialog> {
        self.dialogs.values().map(|dialog| &**dialog)
    }

    pub fn menu(&self) -> &[MenuItem] {
        &self.menu
    }

    /// A sentence of the engine itself, as WeChat gets it; empty for an unknown name.
    pub fn phrase(&self, name: &str) -> String {
        self.phrase_for(name, Medium::Wechat, |_| None)
    }

    pub(in crate::dialog) fn phrase_for(
        &self,
        name: &str,
        medium: Medium,
        value: impl Fn(&str) -> Option<String>,
    ) -> String {
        let words = self.phrases.get(name);
        words.map_or_else(String::new, |words| words.of(medium).fill(|path| value(&path.slot)))
    }

    pub(in crate::dialog) fn command(&self, command: Command) -> Option<&GlobalCommand> {
        self.commands.iter().find(|global| global.command == command)
    }
}
