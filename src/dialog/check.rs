//! What only shows when all files are read: names that nothing fills, words that two things
//! claim. Each is said where it stands.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::{Action, field_id};
use super::condition::Condition;
use super::script::{Dialog, Kind, Script, StepKind};
use super::source::{Diagnostic, Problems, SourceFile, did_you_mean};
use super::words::{Path, Words};

pub(super) fn script(script: &Script, files: &[SourceFile]) -> Vec<Diagnostic> {
    let mut check = Check { script, files, found: Vec::new() };
    check.shared_words();
    check.menu();
    for dialog in script.dialogs.values() {
        check.dialog(dialog);
    }
    for notice in script.notices.values() {
        if let Some(id) = &notice.offers
            && !script.dialogs.contains_key(id)
        {
            let hint = did_you_mean(id, script.dialogs.keys().map(String::as_str));
            check.wrong("通知", id, "E401", format!("没有对话「{id}」。{hint}"));
        }
    }
    check.found
}

struct Check<'a> {
    script: &'a Script,
    files: &'a [SourceFile],
    found: Vec<Diagnostic>,
}

/// What a slot holds, as far as its fields matter.
#[derive(Clone, Copy)]
enum Holds {
    Answer,
    Result(&'static Action),
    /// One row of such a result.
    Row(&'static Action),
    Anything,
}

impl Check<'_> {
    /// `of`: the id of a dialog, or a key of the file's first level. The line is the first
    /// one there that holds `text`.
    fn wrong(&mut self, of: &str, text: &str, code: &'static str, message: String) {
        let heads = |file: &&SourceFile| {
            let ends = |line: &str| {
                line.split_once([':', '：']).is_some_and(|(key, value)| {
                    key.trim() == of
                        || (["对话", "dialog"].contains(&key.trim()) && value.trim() == of)
                })
            };
            file.text.lines().any(ends)
        };
        let Some(file) = self.files.iter().find(heads).or(self.files.first()) else { return };
        let place = file.text.lines().enumerate().find_map(|(n, line)| {
            let at = line.find(text)?;
            (!line.trim_start().starts_with('#')).then(|| (n + 1, line[..at].chars().count() + 1))
        });
        let mut problems = Problems::of(file);
        problems.add(place.unwrap_or((1, 1)), code, message);
        self.found.append(&mut problems.found);
    }

    /// A word that two things claim would go to one of them in silence.
    fn shared_words(&mut self) {
        let script = self.script;
        for global in &script.commands {
            for word in &global.words {
                if let Some(id) = script.entries.get(word) {
                    let message =
                        format!("「{word}」是全县通用的口令，不能再当入口词。请删去这个词。");
                    self.wrong(id, word, "E402", message);
                }
                for dialog in script.dialogs.values() {
                    let skips = dialog.questions().any(|question| question.skip.contains(word));
                    let chosen = dialog.questions().any(|question| {
                        matches!(&question.kind, Kind::Choice(choices)
                            if choices.iter().any(|choice| choice.words.contains(word)))
                    });
                    if skips || chosen {
                        let message =
                            format!("「{word}」是全县通用的口令，说了轮不到这里。请删去这个词。");
                        self.wrong(&dialog.id, word, "E402", message);
                    }
                }
            }
        }
        let mut digits: BTreeMap<&str, &str> = BTreeMap::new();
        let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
        for global in &script.commands {
            if let Some(sms) = &global.sms {
                digits.insert(sms, "口令");
            }
        }
        for dialog in script.dialogs.values() {
            if let Some(sms) = &dialog.sms
                && digits.insert(sms, &dialog.id).is_some()
            {
                let message = format!("短信「{sms}」已经有别的用处。请换一个数字。");
                self.wrong(&dialog.id, "短信", "E403", message);
            }
            if let Some(key) = &dialog.menu_key
                && keys.insert(key, &dialog.id).is_some()
            {
                let message = format!("菜单键「{key}」别的对话已经用了。请换一个。");
                self.wrong(&dialog.id, key, "E403", message);
            }
        }
    }

    fn menu(&mut self) {
        let commands = ["CANCEL", "BACK", "HELP", "HUMAN", "REPEAT"];
        for item in &self.script.menu {
            let keys: Vec<&str> = self
                .script
                .dialogs
                .values()
                .filter_map(|dialog| dialog.menu_key.as_deref())
                .collect();
            if !keys.contains(&item.key.as_str()) && !commands.contains(&item.key.as_str()) {
                let hint = did_you_mean(&item.key, keys.iter().copied().chain(commands));
                let message = format!(
                    "没有一个对话的「菜单键」是 {}。{hint}可以写：{}、{}。",
                    item.key,
                    keys.join("、"),
                    commands.join("、")
                );
                self.wrong("通用", &item.key, "E404", message);
            }
        }
    }

    fn dialog(&mut self, dialog: &Dialog) {
        let slots = slots(dialog, self.is_offered(dialog));
        for step in &dialog.steps {
            if let Some(when) = &step.when {
                self.condition(dialog, &slots, when);
            }
            match &step.kind {
                StepKind::Ask(question) => {
                    self.words(dialog, &slots, &question.words);
                    for words in &question.not_understood {
                        self.words(dialog, &slots, words);
                    }
                    for (when, words) in &question.not_allowed {
                        self.condition(dialog, &slots, when);
                        self.words(dialog, &slots, words);
                    }
                    if let Kind::ChoiceFrom(slot) = &question.kind
                        && !matches!(slots.get(slot.as_str()), Some(Holds::Result(a)) if a.rows)
                    {
                        let message = format!(
                            "「选项表」要写前面一个「办」的「得到」，并且它得到的是几行。「{slot}」不是。"
                        );
                        self.wrong(&dialog.id, slot, "E405", message);
                    }
                }
                StepKind::Say { words, .. } => self.words(dialog, &slots, words),
                StepKind::Confirm(confirm) => {
                    let mut known = slots.clone();
                    known.insert("清单", Holds::Answer);
                    self.words(dialog, &known, &confirm.words);
                    for words in &confirm.not_understood {
                        self.words(dialog, &known, words);
                    }
                    for slot in &confirm.list {
                        if dialog.question(slot).is_none() {
                            let questions =
                                dialog.questions().map(|question| question.slot.as_str());
                            let hint = did_you_mean(slot, questions);
                            let message = format!("「列出」里的「{slot}」没有问过。{hint}");
                            self.wrong(&dialog.id, slot, "E406", message);
                        }
                    }
                }
                StepKind::Call(call) => {
                    self.words(dialog, &slots, &call.failure);
                    for (input, required) in call.action.inputs {
                        if *required && !slots.contains_key(input) {
                            let message = format!(
                                "要办 {}，前面得先问到 {input}。请补上「- 问: {input}」。",
                                call.action.id
                            );
                            self.wrong(&dialog.id, call.action.id, "E407", message);
                        }
                    }
                }
            }
        }
    }

    fn is_offered(&self, dialog: &Dialog) -> bool {
        self.script.notices.values().any(|notice| notice.offers.as_ref() == Some(&dialog.id))
    }

    fn words(&mut self, dialog: &Dialog, slots: &BTreeMap<&str, Holds>, words: &Words) {
        let paths: BTreeSet<(&str, Option<&str>)> = words
            .wechat
            .paths()
            .chain(words.sms.paths())
            .map(|path| (path.slot.as_str(), path.field.as_deref()))
            .collect();
        for (slot, field) in paths {
            let path = Path { slot: slot.to_owned(), field: field.map(str::to_owned) };
            self.path(dialog, slots, &path, &format!("【{slot}"));
        }
    }

    fn path(&mut self, dialog: &Dialog, slots: &BTreeMap<&str, Holds>, path: &Path, text: &str) {
        let Some(holds) = slots.get(path.slot.as_str()) else {
            let hint = did_you_mean(&path.slot, slots.keys().copied());
            let message = format!("这个对话里没有「{}」。{hint}", path.slot);
            return self.wrong(&dialog.id, text, "E408", message);
        };
        let Some(field) = &path.field else { return };
        let action = match holds {
            Holds::Result(action) | Holds::Row(action) => action,
            Holds::Anything => return,
            Holds::Answer => {
                let message = format!("「{}」后面不能再加「.{field}」。请删去。", path.slot);
                return self.wrong(&dialog.id, text, "E409", message);
            }
        };
        let counts = field == "个数" || field == "count";
        let is_row = matches!(holds, Holds::Row(_));
        let all_rows = matches!(holds, Holds::Result(action) if action.rows);
        let known = field_id(action, field).is_some() && !(counts && is_row);
        if !known || (all_rows && !counts) {
            let words: Vec<&str> = match all_rows {
                true => vec!["个数"],
                false => action.outputs.iter().map(|(_, zh)| *zh).collect(),
            };
            let hint = did_you_mean(field, words.iter().copied());
            let message =
                format!("「{}」没有「{field}」。{hint}可以写：{}。", path.slot, words.join("、"));
            self.wrong(&dialog.id, text, "E409", message);
        }
    }

    fn condition(&mut self, dialog: &Dialog, slots: &BTreeMap<&str, Holds>, when: &Condition) {
        let mut parts: Vec<(Path, Option<String>)> = Vec::new();
        when.visit(&mut |path, value| parts.push((path.clone(), value.map(str::to_owned))));
        for (path, value) in parts {
            let slot = path.slot.as_str();
            let impossible = |known: &[&str], value: &str| {
                let hint = did_you_mean(value, known.iter().copied());
                format!("「{slot}」不会是「{value}」。{hint}可以是：{}。", known.join("、"))
            };
            match (slot, value) {
                ("渠道" | "channel", Some(value)) => {
                    if !["微信", "短信"].contains(&value.as_str()) {
                        let message = impossible(&["微信", "短信"], &value);
                        self.wrong(&dialog.id, &value, "E410", message);
                    }
                }
                ("渠道" | "channel" | "时间" | "time", _) => {}
                (_, value) => {
                    self.path(dialog, slots, &path, slot);
                    let kind = dialog.question(slot).map(|question| &question.kind);
                    if let (Some(Kind::Choice(choices)), Some(value)) = (kind, value)
                        && !choices.iter().any(|c| c.value == value || c.label == value)
                    {
                        let known: Vec<&str> = choices.iter().map(|c| c.value.as_str()).collect();
                        let message = impossible(&known, &value);
                        self.wrong(&dialog.id, &value, "E410", message);
                    }
                }
            }
        }
    }
}

fn slots(dialog: &Dialog, offered: bool) -> BTreeMap<&str, Holds> {
    let mut slots = BTreeMap::new();
    for step in &dialog.steps {
        if let StepKind::Call(call) = &step.kind
            && let Some(result) = &call.result
        {
            slots.insert(result.as_str(), Holds::Result(call.action));
        }
    }
    for question in dialog.questions() {
        let holds = match &question.kind {
            Kind::ChoiceFrom(rows) => match slots.get(rows.as_str()) {
                Some(Holds::Result(action)) => Holds::Row(action),
                _ => Holds::Anything,
            },
            _ => Holds::Answer,
        };
        slots.insert(question.slot.as_str(), holds);
    }
    if offered {
        slots.entry("case").or_insert(Holds::Answer);
    }
    slots
}
