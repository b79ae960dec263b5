//! How much of a script its transcripts show: every question asked, every option chosen, every
//! ladder of 听不懂 climbed, every command for all dialogs said.

use std::collections::BTreeSet;
use std::fmt;

use crate::dialog::read::source::columns;
use crate::dialog::read::yaml::Place;
use crate::dialog::run::conversation::{Asked, Conversation};
use crate::dialog::run::event::{Effect, Env, Event};
use crate::dialog::run::understand::{self, Parsed};
use crate::dialog::script::value::{Answer, Value};
use crate::dialog::script::{Kind, Script, StepKind, place_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Question,
    Option,
    /// A sentence of 听不懂, by its place from 0.
    Ladder,
    Command,
}

impl Part {
    pub const ALL: [Part; 4] = [Part::Question, Part::Option, Part::Ladder, Part::Command];

    pub fn zh(self) -> &'static str {
        match self {
            Part::Question => "问题",
            Part::Option => "选项",
            Part::Ladder => "听不懂",
            Part::Command => "口令",
        }
    }
}

/// Names a part of the script: dialog, step, and value of an option or number of a rung.
type Key = (Part, String, String, String);

/// What one transcript showed.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(BTreeSet<Key>);

/// One thing that a transcript should show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    pub part: Part,
    /// Name of the dialog, or of the file for what holds everywhere.
    pub dialog: String,
    /// What clerks call it.
    pub what: String,
    pub shown: bool,
    pub(in crate::dialog) file: String,
    pub(in crate::dialog) at: Place,
    pub(in crate::dialog) key: (String, String, String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub all: Vec<Covered>,
}

impl Coverage {
    pub(super) fn of(script: &Script) -> Self {
        let mut all = Vec::new();
        for dialog in script.dialogs.values() {
            let mut add = |part, step: &str, value: &str, what: String, at| {
                all.push(Covered {
                    part,
                    dialog: dialog.name.clone(),
                    what,
                    shown: false,
                    file: dialog.file.clone(),
                    at,
                    key: (dialog.id.clone(), step.to_owned(), value.to_owned()),
                });
            };
            for step in &dialog.steps {
                let ladder = match &step.kind {
                    StepKind::Ask(question) => &question.not_understood,
                    StepKind::Confirm(confirm) => &confirm.not_understood,
                    _ => continue,
                };
                let id = step.id.as_str();
                let at = |key| place_of(&step.places, key);
                if let StepKind::Ask(question) = &step.kind {
                    // Only the confirmation could ask it again.
                    if question.unasked && !dialog.lists(&question.slot) {
                        continue;
                    }
                    add(Part::Question, id, "", id.to_owned(), at("ask"));
                    if let Kind::Choice(choices) = &question.kind {
                        for choice in choices {
                            let what = format!("{id} = {}", choice.label);
                            add(Part::Option, id, &choice.value, what, at("options"));
                        }
                    }
                }
                for n in 0..ladder.len() {
                    let what = format!("{id} 第{}句", n + 1);
                    add(Part::Ladder, id, &n.to_string(), what, at("not_understood"));
                }
            }
        }
        for (n, global) in script.commands.iter().enumerate() {
            let word = crate::dialog::script::keywords::COMMANDS
                .iter()
                .find(|(id, _)| *id == crate::dialog::read::globals::command_id(global.command));
            all.push(Covered {
                part: Part::Command,
                dialog: script.written.file.clone(),
                what: word.map_or("", |(_, zh)| zh).to_owned(),
                shown: false,
                file: script.written.file.clone(),
                at: (1, 1),
                key: (String::new(), n.to_string(), String::new()),
            });
        }
        Self { all }
    }

    pub(super) fn add(&mut self, seen: &Seen) {
        for one in &mut self.all {
            let (dialog, step, value) = one.key.clone();
            one.shown |= seen.0.contains(&(one.part, dialog, step, value));
        }
    }

    /// How many of `part` there are, and how many are shown.
    pub fn count(&self, part: Part) -> (usize, usize) {
        let of = self.all.iter().filter(|one| one.part == part);
        (of.clone().count(), of.filter(|one| one.shown).count())
    }

    /// Of everything together, in whole percent, rounded down.
    pub fn percent(&self) -> usize {
        let shown = self.all.iter().filter(|one| one.shown).count();
        (shown * 100).checked_div(self.all.len()).unwrap_or(100)
    }

    pub fn missing(&self) -> impl Iterator<Item = &Covered> {
        self.all.iter().filter(|one| !one.shown)
    }
}

/// One line a dialog, and what is missing below it.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = self.all.iter().map(|one| one.dialog.as_str()).collect();
        names.dedup();
        let wide = names.iter().map(|name| width(name)).max().unwrap_or_default().max(4);
        write!(f, "{}", padded("对话", wide))?;
        for part in Part::ALL {
            write!(f, "  {}", padded(part.zh(), 8))?;
        }
        writeln!(f)?;
        for name in &names {
            write!(f, "{}", padded(name, wide))?;
            for part in Part::ALL {
                let of = self.all.iter().filter(|one| one.dialog == *name && one.part == part);
                let (all, shown) = (of.clone().count(), of.filter(|one| one.shown).count());
                let cell = if all == 0 { "—".to_owned() } else { format!("{shown}/{all}") };
                write!(f, "  {}", padded(&cell, 8))?;
            }
            writeln!(f)?;
        }
        let missing: Vec<&Covered> = self.missing().collect();
        if !missing.is_empty() {
            writeln!(f, "还没有测到：")?;
        }
        for part in Part::ALL {
            for name in &names {
                let of = missing.iter().filter(|one| one.part == part && one.dialog == *name);
                let what: Vec<&str> = of.map(|one| one.what.as_str()).collect();
                if !what.is_empty() {
                    writeln!(f, "  {name} {}：{}", part.zh(), what.join("、"))?;
                }
            }
        }
        write!(f, "测到了{}%。", self.percent())
    }
}

pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

pub(super) fn padded(text: &str, wide: usize) -> String {
    format!("{text}{}", " ".repeat(wide.saturating_sub(width(text))))
}

impl Seen {
    fn note(&mut self, part: Part, dialog: &str, step: &str, value: &str) {
        self.0.insert((part, dialog.to_owned(), step.to_owned(), value.to_owned()));
    }

    /// What the event says, before the step takes it: a dialog that ends with it is gone after.
    pub fn before(&mut self, script: &Script, now: &Conversation, event: &Event, env: &Env) {
        let Event::Text(text) = event else {
            if let Event::Menu(key) = event {
                let word = key.to_ascii_lowercase();
                let found = script.commands.iter().position(|global| {
                    crate::dialog::read::globals::command_id(global.command) == word
                });
                if let Some(n) = found {
                    self.note(Part::Command, "", &n.to_string(), "");
                }
            }
            return;
        };
        let copy = crate::zh::plain(text);
        let said = script.commands.iter().position(|global| {
            global.words.contains(&copy) || global.sms.as_deref() == Some(copy.as_str())
        });
        if let Some(n) = said {
            self.note(Part::Command, "", &n.to_string(), "");
        }
        let Some(frame) = &now.active else { return };
        let Some(asked) = &frame.asked else { return };
        let dialog = script.dialogs.get(&frame.dialog);
        if let Some(question) = dialog.and_then(|dialog| dialog.question(&asked.step))
            && let Parsed::Answer(answer) = understand::parse(question, frame, asked, text, env)
        {
            self.chosen(&frame.dialog, &asked.step, &answer);
        }
    }

    pub fn after(&mut self, now: &Conversation, effects: &[Effect]) {
        let frames = [&now.active, &now.parked];
        for frame in frames.into_iter().flatten() {
            for (slot, answer) in &frame.answers {
                self.chosen(&frame.dialog, slot, answer);
            }
            let Some(Asked { step, misses, .. }) = &frame.asked else { continue };
            self.note(Part::Question, &frame.dialog, step, "");
            // Halves: two make a miss.
            for rung in 0..misses.div_ceil(2) {
                self.note(Part::Ladder, &frame.dialog, step, &rung.to_string());
            }
        }
        for effect in effects {
            if let Effect::Call(call) = effect {
                for (slot, answer) in &call.args {
                    self.chosen(&call.dialog, slot, answer);
                }
            }
        }
    }

    /// An answer that came with another sentence shows its question as well.
    fn chosen(&mut self, dialog: &str, slot: &str, answer: &Answer) {
        self.note(Part::Question, dialog, slot, "");
        if let Value::Choice { value, .. } = &answer.value {
            self.note(Part::Option, dialog, slot, value);
        }
    }
}
