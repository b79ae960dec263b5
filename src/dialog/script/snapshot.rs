//! Two hashes of a script: of what makes a conversation, and of what is only said. And what
//! a new version may not do to an old one in silence.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use sha2::Digest;

use crate::dialog::read::source::SourceFile;
use crate::dialog::script::{Choice, Dialog, From, Kind, Script, StepKind};

/// Snapshots that are held beside the current one; more are loaded again when needed.
const OLDER_MAX: usize = 8;

pub(in crate::dialog) fn short_hash(text: &str) -> String {
    let sum = sha2::Sha256::digest(text.as_bytes());
    sum.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Ids, types, order, conditions, options, actions; nothing that is only said.
fn structure(dialog: &Dialog) -> String {
    let mut text = format!("{}\n", dialog.id);
    let options = |text: &mut String, choices: &[Choice]| {
        for choice in choices {
            let _ = writeln!(text, " - {} {:?}", choice.value, choice.when);
        }
    };
    for step in &dialog.steps {
        let _ = write!(text, "{} {:?} {:?} ", step.id, step.when, step.compute);
        match &step.kind {
            StepKind::Ask(question) => {
                match &question.kind {
                    Kind::Choice(choices) => {
                        text.push_str("choice\n");
                        options(&mut text, choices);
                    }
                    Kind::Many { choices, .. } => {
                        text.push_str("many\n");
                        options(&mut text, choices);
                    }
                    Kind::ChoiceFrom(pick) => {
                        let from = match &pick.from {
                            From::Rows { slot, .. } => slot.clone(),
                            From::Table(table) => format!("{} {:?}", table.name, table.columns),
                            From::Column(table, at) => {
                                format!("{}.{}", table.name, table.columns[*at])
                            }
                        };
                        let _ = write!(text, "from {from} {:?}", pick.filter);
                    }
                    kind => {
                        let name = format!("{kind:?}");
                        text.push_str(name.split([' ', '{']).next().unwrap_or_default());
                    }
                }
                for (when, _) in &question.not_allowed {
                    let _ = write!(text, " not {when:?}");
                }
                if question.unasked {
                    text.push_str(" unasked");
                }
            }
            StepKind::Say { end, .. } => {
                let _ = write!(text, "say {end}");
            }
            StepKind::Confirm(confirm) => {
                let _ = write!(text, "confirm {:?}", confirm.list);
            }
            StepKind::Call(call) => {
                let _ = write!(text, "call {} {:?}", call.action.id, call.result);
            }
            StepKind::Go(target) => {
                let _ = write!(text, "go {target}");
            }
            StepKind::Sub { dialog, result } => {
                let _ = write!(text, "sub {dialog} {result}");
            }
        }
        text.push('\n');
    }
    text
}

impl Script {
    /// The hashes, when all of it is read.
    pub(in crate::dialog) fn seal(&mut self) {
        let own: BTreeMap<String, String> =
            self.dialogs.iter().map(|(id, dialog)| (id.clone(), structure(dialog))).collect();
        let calls: BTreeMap<String, Vec<String>> =
            self.dialogs.iter().map(|(id, dialog)| (id.clone(), subs(dialog))).collect();
        let mut all = String::new();
        for (id, dialog) in &mut self.dialogs {
            let mut whole = own[id].clone();
            // Calls go three deep at most.
            let mut level = calls[id].clone();
            for _ in 0..3 {
                level.iter().filter_map(|sub| own.get(sub)).for_each(|part| whole.push_str(part));
                level = level.iter().filter_map(|sub| calls.get(sub)).flatten().cloned().collect();
            }
            let dialog = Arc::make_mut(dialog);
            dialog.structure = short_hash(&whole);
            all.push_str(&dialog.structure);
        }
        self.structure_hash = short_hash(&all);
        self.text_hash = short_hash(&format!("{}{}", self.hash, self.structure_hash));
    }

    /// What it was read from, to be kept as a snapshot.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Id and name of the dialog that stands in the file.
    pub fn of_file(&self, file: &str) -> Option<(&str, &str)> {
        let found = self.dialogs.values().find(|dialog| dialog.file == file)?;
        Some((found.id.as_str(), found.name.as_str()))
    }

    /// The same script, holding another snapshot by which conversations still run.
    pub fn holding(&self, old: Arc<Script>) -> Script {
        let mut script = self.clone();
        script.older.retain(|known| known.hash != old.hash);
        script.older.insert(0, old);
        script.older.truncate(OLDER_MAX);
        script
    }

    /// This script in the place of `before`, whose conversations finish by it, or are carried
    /// over at their next event.
    pub fn succeeding(mut self, before: &Script, at_once: bool) -> Script {
        self.at_once = at_once;
        self.older.clone_from(&before.older);
        let mut before = before.clone();
        before.older.clear();
        self.holding(Arc::new(before))
    }

    /// The same, as it was put live at once before the program was started again.
    pub fn at_once(mut self, at_once: bool) -> Script {
        self.at_once = at_once;
        self
    }

    /// What keeps `new` from being put live over this one, unless 升级 says what becomes of
    /// the answers: a sentence each.
    pub fn blocks(&self, new: &Script) -> Vec<String> {
        let mut found = Vec::new();
        for (id, old) in &self.dialogs {
            let Some(new) = new.dialogs.get(id) else { continue };
            let told = |slot: &str| {
                new.upgrade.discard.iter().any(|known| known == slot)
                    || new.upgrade.rename.iter().any(|(from, _)| from == slot)
            };
            for question in old.questions().filter(|question| !told(&question.slot)) {
                let slot = &question.slot;
                let name = &new.name;
                let file = &new.file;
                let mend =
                    format!("请在「升级」里写「丢弃: {slot}」，或者「改名: {slot}→新名字」。");
                let Some(now) = new.question(slot) else {
                    if old.uses(slot) {
                        found.push(format!(
                            "{file}：「{name}」删去了「{slot}」，可是办事要用它。{mend}"
                        ));
                    }
                    continue;
                };
                if !question.kind.is_like(&now.kind) {
                    found.push(format!("{file}：「{name}」里「{slot}」的类型变了。{mend}"));
                    continue;
                }
                if let (Some(old), Some(new)) = (question.kind.choices(), now.kind.choices()) {
                    let gone = old.iter().find(|c| !new.iter().any(|n| n.value == c.value));
                    if let Some(gone) = gone {
                        found.push(format!(
                            "{file}：「{name}」里「{slot}」的选项「{}」（{}）没有了。{mend}",
                            gone.label, gone.value
                        ));
                    }
                }
            }
        }
        found
    }
}

impl Kind {
    fn choices(&self) -> Option<&[Choice]> {
        match self {
            Kind::Choice(choices) | Kind::Many { choices, .. } => Some(choices),
            _ => None,
        }
    }
}

impl Dialog {
    /// An action takes the answer.
    fn uses(&self, slot: &str) -> bool {
        self.steps.iter().any(|step| {
            matches!(&step.kind, StepKind::Call(call)
                if call.action.inputs.iter().any(|(input, _)| *input == slot))
        })
    }
}

fn subs(dialog: &Dialog) -> Vec<String> {
    let subs = dialog.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Sub { dialog, .. } => Some(dialog.clone()),
        _ => None,
    });
    subs.collect()
}
