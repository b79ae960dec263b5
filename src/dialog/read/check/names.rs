//! Names in texts and conditions: what each holds where it stands, and what it can be compared
//! with.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::dialog::read::source::did_you_mean;
use crate::dialog::read::yaml::Place;
use crate::dialog::script::actions::{Action, field_id};
use crate::dialog::script::condition::{Condition, Sign, read_day};
use crate::dialog::script::table::Table;
use crate::dialog::script::words::{Path, Words};
use crate::dialog::script::{Dialog, From, Kind, Script, StepKind};

/// What a slot holds, as far as its fields matter.
#[derive(Clone, Copy)]
pub(super) enum Holds<'a> {
    Answer,
    Result(&'static Action),
    /// One row of such a result.
    Row(&'static Action),
    /// What another dialog asked.
    Sub(&'a Dialog),
    /// One row of a table.
    TableRow(&'a Table),
    Anything,
}

/// What a step may speak of.
pub(super) struct Known<'a> {
    pub all: BTreeMap<&'a str, Holds<'a>>,
    /// What is told or found out when the step is reached.
    pub before: BTreeSet<&'a str>,
}

impl Check<'_> {
    pub(super) fn words(&mut self, dialog: &Dialog, known: &Known, words: &Words, at: Place) {
        let mut said = BTreeSet::new();
        for path in words.wechat.paths().chain(words.sms.paths()) {
            if !said.insert(path.to_string()) {
                continue;
            }
            let text = format!("【{path}");
            let slot = path.slot.as_str();
            if known.all.contains_key(slot) && !known.before.contains(slot) {
                let message = format!("「{slot}」后面才问到，说这一句的时候还是空的。请换个地方。");
                self.wrong(&dialog.file, at, &text, "E414", message);
            } else {
                self.path(dialog, known, path, at, &text);
            }
        }
        self.length(&dialog.file, at, words);
    }

    pub(super) fn path(
        &mut self,
        dialog: &Dialog,
        known: &Known,
        path: &Path,
        at: Place,
        text: &str,
    ) {
        let Some(holds) = known.all.get(path.slot.as_str()) else {
            let hint = did_you_mean(&path.slot, known.all.keys().copied());
            let message = format!("这个对话里没有「{}」。{hint}", path.slot);
            return self.wrong(&dialog.file, at, text, "E408", message);
        };
        let Some(field) = &path.field else { return };
        let action = match holds {
            Holds::Result(action) | Holds::Row(action) => action,
            Holds::Anything => return,
            Holds::Sub(sub) => {
                let inner = slots(self.script, sub, false);
                if !inner.contains_key(field.as_str()) {
                    let hint = did_you_mean(field, inner.keys().copied());
                    let message = format!("对话「{}」里没有「{field}」。{hint}", sub.name);
                    self.wrong(&dialog.file, at, text, "E409", message);
                }
                return;
            }
            Holds::TableRow(table) if table.column(field).is_some() => return,
            Holds::TableRow(table) => {
                let hint = did_you_mean(field, table.columns.iter().map(String::as_str));
                let message = format!(
                    "表「{}」没有「{field}」这一列。{hint}可以写：{}。",
                    table.name,
                    table.columns.join("、")
                );
                return self.wrong(&dialog.file, at, text, "E409", message);
            }
            Holds::Answer => {
                let message = format!("「{}」后面不能再加「.{field}」。请删去。", path.slot);
                return self.wrong(&dialog.file, at, text, "E409", message);
            }
        };
        let counts = field == "个数" || field == "count";
        let is_row = matches!(holds, Holds::Row(_));
        let all_rows = matches!(holds, Holds::Result(action) if action.rows);
        let is_field = field_id(action, field).is_some() && !(counts && is_row);
        if !is_field || (all_rows && !counts) {
            let words: Vec<&str> = match all_rows {
                true => vec!["个数"],
                false => action.outputs.iter().map(|(_, zh)| *zh).collect(),
            };
            let hint = did_you_mean(field, words.iter().copied());
            let message =
                format!("「{}」没有「{field}」。{hint}可以写：{}。", path.slot, words.join("、"));
            self.wrong(&dialog.file, at, text, "E409", message);
        }
    }

    pub(super) fn condition(
        &mut self,
        dialog: &Dialog,
        known: &Known,
        when: &Condition,
        at: Place,
    ) {
        let mut parts: Vec<(Path, Option<(Sign, String)>)> = Vec::new();
        when.visit(&mut |path, value| {
            parts.push((path.clone(), value.map(|(sign, value)| (sign, value.to_owned()))));
        });
        for (path, value) in parts {
            let slot = path.slot.as_str();
            let of_all = matches!(slot, "渠道" | "channel" | "时间" | "time" | "今天" | "today");
            if !of_all {
                self.path(dialog, known, &path, at, slot);
                if !known.all.contains_key(slot) {
                    continue;
                }
            } else if let Some(field) = &path.field {
                let message = format!("「{slot}」后面不能再加「.{field}」。请删去。");
                self.wrong(&dialog.file, at, slot, "E409", message);
                continue;
            }
            if let Some((sign, value)) = value
                && let Some(message) = never(dialog, known, &path, sign, &value)
            {
                self.wrong(&dialog.file, at, &value, "E410", message);
            }
        }
    }
}

/// Why a comparison could not hold, whatever she says.
fn never(dialog: &Dialog, known: &Known, path: &Path, sign: Sign, value: &str) -> Option<String> {
    let slot = path.slot.as_str();
    let equals = matches!(sign, Sign::Equal | Sign::NotEqual);
    let one_of = |all: &[&str]| {
        if !equals {
            return Some(format!("「{slot}」不能比大小，只能写 = 或 ≠。"));
        }
        let hint = did_you_mean(value, all.iter().copied());
        let message = format!("「{slot}」不会是「{value}」。{hint}可以是：{}。", all.join("、"));
        (!all.contains(&value)).then_some(message)
    };
    match slot {
        "渠道" | "channel" => return one_of(&["微信", "短信"]),
        "时间" | "time" => {
            let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            let written = value.split_once(':').is_some_and(|(h, m)| digits(h) && digits(m));
            return (!written).then(|| format!("「{value}」不对。时间请写成 08:30 或 17:00。"));
        }
        _ => {}
    }
    if path.field.is_none()
        && let Some(Holds::Result(action)) = known.all.get(slot)
    {
        let field = if action.rows { "个数" } else { "编号" };
        return Some(format!(
            "「{slot}」是办完得到的一整份，要写比哪一样，例如「{slot}.{field}」。"
        ));
    }
    if path.field.is_some() {
        return None;
    }
    match &dialog.question(slot)?.kind {
        Kind::Choice(choices) | Kind::Many { choices, .. } => {
            if equals && choices.iter().any(|choice| choice.label == value) {
                return None;
            }
            one_of(&choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>())
        }
        Kind::YesNo if equals && ["yes", "no"].contains(&value) => None,
        Kind::YesNo => one_of(&["是", "否"]),
        Kind::Quantity { .. } | Kind::Money { .. } if crate::zh::number(value).is_none() => {
            Some(format!("「{slot}」是数，不会是「{value}」。请写数字。"))
        }
        Kind::Quantity { .. } | Kind::Money { .. } => None,
        Kind::Day if ["今天", "today"].contains(&value) || read_day(value).is_some() => None,
        Kind::Day => Some(format!("「{slot}」是日期，请写成 今天 或 2026-11-25。")),
        _ if !equals => Some(format!("「{slot}」不是数，不能比大小，只能写 = 或 ≠。")),
        _ => None,
    }
}

pub(super) fn slots<'a>(
    script: &'a Script,
    dialog: &'a Dialog,
    offered: bool,
) -> BTreeMap<&'a str, Holds<'a>> {
    let mut slots = BTreeMap::new();
    for step in &dialog.steps {
        for formula in &step.compute {
            slots.insert(formula.name.as_str(), Holds::Answer);
        }
        if let StepKind::Sub { dialog, result } = &step.kind {
            let holds = script.dialog(dialog).map_or(Holds::Anything, Holds::Sub);
            slots.insert(result.as_str(), holds);
        }
        if let StepKind::Call(call) = &step.kind
            && let Some(result) = &call.result
        {
            slots.insert(result.as_str(), Holds::Result(call.action));
        }
    }
    for question in dialog.questions() {
        let holds = match &question.kind {
            Kind::ChoiceFrom(pick) => match &pick.from {
                From::Table(table) => Holds::TableRow(table),
                From::Column(..) => Holds::Answer,
                From::Rows { slot, .. } => match slots.get(slot.as_str()) {
                    Some(Holds::Result(action)) => Holds::Row(action),
                    _ => Holds::Anything,
                },
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
