//! Each step: what it speaks of must be known by then, what it offers or calls must be there.

use std::collections::BTreeSet;

use super::Check;
use super::names::{Holds, Known, slots};
use crate::dialog::read::source::did_you_mean;
use crate::dialog::read::yaml::Place;
use crate::dialog::script::words::Path;
use crate::dialog::script::{Dialog, From, Kind, Pick, Question, Step, StepKind, place_of};

/// A dialog in a dialog in a dialog.
const SUBS_DEEP: usize = 3;

impl Check<'_> {
    pub(super) fn dialog(&mut self, dialog: &Dialog) {
        let all = slots(self.script, dialog, self.is_offered(dialog));
        let mut known = Known { before: BTreeSet::new(), all };
        if known.all.contains_key("case") && dialog.question("case").is_none() {
            known.before.insert("case");
        }
        for step in &dialog.steps {
            let at = |key| place_of(&step.places, key);
            if let Some(when) = &step.when {
                self.condition(dialog, &known, when, at("when"));
            }
            for formula in &step.compute {
                for path in formula.paths() {
                    let slot = path.slot.as_str();
                    if known.all.contains_key(slot) && !known.before.contains(slot) {
                        let message = format!("「{slot}」后面才问到，这里还算不了。请换个地方。");
                        self.wrong(&dialog.file, at("compute"), slot, "E414", message);
                    } else {
                        self.path(dialog, &known, path, at("compute"), slot);
                    }
                }
                known.before.insert(&formula.name);
            }
            match &step.kind {
                StepKind::Ask(question) => {
                    self.words(dialog, &known, &question.words, at("say"));
                    match &question.kind {
                        Kind::ChoiceFrom(pick) => self.pick(dialog, &known, step, pick),
                        Kind::Choice(choices) | Kind::Many { choices, .. } => {
                            for when in choices.iter().filter_map(|choice| choice.when.as_ref()) {
                                self.condition(dialog, &known, when, at("options"));
                            }
                        }
                        _ => {}
                    }
                    known.before.insert(&question.slot);
                    self.in_vain(dialog, step, question);
                    for words in &question.not_understood {
                        self.words(dialog, &known, words, at("not_understood"));
                    }
                    for (when, words) in &question.not_allowed {
                        self.condition(dialog, &known, when, at("not_allowed"));
                        self.words(dialog, &known, words, at("not_allowed"));
                    }
                }
                StepKind::Say { words, .. } => self.words(dialog, &known, words, at("say")),
                StepKind::Confirm(confirm) => {
                    let before = known.before.clone();
                    let all = known.all.clone();
                    known.before.extend(["清单", "list"]);
                    known.all.extend([("清单", Holds::Answer), ("list", Holds::Answer)]);
                    self.words(dialog, &known, &confirm.words, at("say"));
                    (known.before, known.all) = (before, all);
                    for words in &confirm.not_understood {
                        self.words(dialog, &known, words, at("not_understood"));
                    }
                    for slot in &confirm.list {
                        let asked = dialog.asks(slot);
                        if !(asked && known.before.contains(slot.as_str())) {
                            let hint = did_you_mean(slot, known.before.iter().copied());
                            let message = format!("「列出」里的「{slot}」前面没有问过。{hint}");
                            self.wrong(&dialog.file, at("list"), slot, "E406", message);
                        }
                    }
                }
                StepKind::Call(call) => {
                    self.words(dialog, &known, &call.failure, at("failure"));
                    for (input, required) in call.action.inputs {
                        let within = |name: &&str| match known.all.get(*name) {
                            Some(Holds::Sub(sub)) => sub.asks(input),
                            _ => false,
                        };
                        let told = known.before.contains(input) || known.before.iter().any(within);
                        if *required && !told {
                            let message = format!(
                                "要办 {}，前面得先问到 {input}。请补上「- 问: {input}」。",
                                call.action.id
                            );
                            self.wrong(&dialog.file, at("call"), call.action.id, "E407", message);
                        }
                    }
                    known.before.extend(call.result.as_deref());
                }
                StepKind::Go(_) => {}
                StepKind::Sub { dialog: sub, result } => {
                    self.sub(dialog, sub, at("sub"));
                    known.before.insert(result);
                }
            }
        }
    }

    /// It must be there, and never lead back here.
    fn sub(&mut self, dialog: &Dialog, sub: &str, at: Place) {
        let script = self.script;
        let Some(first) = script.dialog(sub) else {
            let hint = did_you_mean(sub, script.dialogs.keys().map(String::as_str));
            let message = format!("没有对话「{sub}」。{hint}");
            return self.wrong(&dialog.file, at, sub, "E401", message);
        };
        let mut level = vec![first];
        for _ in 0..SUBS_DEEP {
            if level.is_empty() {
                return;
            }
            let inner = level.iter().flat_map(|dialog| dialog.steps.iter());
            level = inner
                .filter_map(|step| match &step.kind {
                    StepKind::Sub { dialog, .. } => script.dialog(dialog),
                    _ => None,
                })
                .collect();
        }
        if !level.is_empty() {
            let message = format!("「{sub}」里面又调来调去，最多{SUBS_DEEP}层。请改掉一处。");
            self.wrong(&dialog.file, at, sub, "E415", message);
        }
    }

    /// What a question offers must be there, and what 只列 compares must be known.
    fn pick(&mut self, dialog: &Dialog, known: &Known, step: &Step, pick: &Pick) {
        let at = |key| place_of(&step.places, key);
        let mut columns: Vec<&str> = Vec::new();
        match &pick.from {
            From::Table(table) | From::Column(table, _) => {
                columns.extend(table.columns.iter().map(String::as_str));
            }
            From::Rows { slot, .. } => {
                let rows = match known.all.get(slot.as_str()) {
                    Some(Holds::Result(action)) if action.rows => Some(action),
                    _ => None,
                };
                let Some(action) = rows.filter(|_| known.before.contains(slot.as_str())) else {
                    let hint = did_you_mean(slot, self.script.tables.keys().map(String::as_str));
                    let message = format!(
                        "「选项表」写「表」文件夹里的一个表，或者前面一个「办」的「得到」，并且它\
                         得到的是几行。「{slot}」都不是。{hint}"
                    );
                    return self.wrong(&dialog.file, at("options_from"), slot, "E405", message);
                };
                columns.extend(action.outputs.iter().flat_map(|(id, zh)| [*id, *zh]));
            }
        }
        let mut paths: Vec<Path> = Vec::new();
        if let Some(filter) = &pick.filter {
            filter.visit(&mut |path, _| paths.push(path.clone()));
        }
        for path in paths {
            let slot = path.slot.as_str();
            let is_column = path.field.is_none() && columns.contains(&slot);
            if is_column || matches!(slot, "渠道" | "channel" | "时间" | "time") {
                continue;
            }
            if known.before.contains(slot) {
                self.path(dialog, known, &path, at("filter"), slot);
            } else if known.all.contains_key(slot) {
                let message = format!("「{slot}」后面才问到，这里还是空的。请换个地方。");
                self.wrong(&dialog.file, at("filter"), slot, "E414", message);
            } else {
                let hint = did_you_mean(slot, columns.iter().copied());
                let message = format!("没有「{slot}」这一列，也没有问过它。{hint}");
                self.wrong(&dialog.file, at("filter"), slot, "E408", message);
            }
        }
    }

    /// A sentence that can not be reached before a person takes over, a reminder that comes
    /// after the end.
    fn in_vain(&mut self, dialog: &Dialog, step: &Step, question: &Question) {
        let limit = question
            .hand_over_after
            .or(dialog.rules.hand_over_after)
            .unwrap_or(self.script.rules.hand_over_after);
        let rungs = question.not_understood.len();
        if rungs > usize::from(limit) {
            let message = format!(
                "写了{rungs}句，可是{limit}次听不懂就转人工，后面的说不到。最多写{limit}句。"
            );
            let at = place_of(&step.places, "not_understood");
            self.wrong(&dialog.file, at, "", "E413", message);
        }
        if question
            .remind
            .is_some_and(|remind| remind >= dialog.rules.expire.unwrap_or(self.script.rules.expire))
        {
            let message = "还没催问就过期了，永远不会催。请把「催问」写短些。";
            let at = place_of(&step.places, "remind");
            self.wrong(&dialog.file, at, "", "E230", message.into());
        }
    }
}
