//! What is asked or found out, and then used by nothing.

use std::collections::BTreeSet;

use super::Findings;
use super::paths::texts;
use crate::dialog::script::actions::READ_COLUMNS;
use crate::dialog::script::table::{LABEL_COLUMNS, Table, VALUE_COLUMNS, WORD_COLUMNS};
use crate::dialog::script::{Default, Dialog, From, Kind, Script, StepKind, place_of};

pub(super) fn check(findings: &mut Findings, dialog: &Dialog) {
    let used = used(dialog);
    for step in &dialog.steps {
        match &step.kind {
            StepKind::Ask(question) if !used.contains(&question.slot) => {
                let message = format!(
                    "问了「{0}」，后面却没有用到：没有办、没有说、也没有条件看它。\
                     请用上，例如在后面的话里写【{0}】；用不着就不要问。",
                    question.slot
                );
                findings.add(&dialog.file, place_of(&step.places, "ask"), "", "W101", message);
            }
            StepKind::Call(call) => {
                let Some(result) = call.result.as_ref().filter(|id| !used.contains(*id)) else {
                    continue;
                };
                let message = format!(
                    "办完得到了「{result}」，村民却听不到。请在后面的「说」里用【{result}】告诉她；\
                     用不着就删去「得到」这一行。"
                );
                findings.add(&dialog.file, place_of(&step.places, "result"), "", "E814", message);
            }
            _ => {}
        }
    }
}

/// Tables that no question offers, and columns that nothing shows, compares or stores.
pub(super) fn tables(findings: &mut Findings, script: &Script) {
    let mut offered: BTreeSet<&str> = BTreeSet::new();
    let mut columns: BTreeSet<String> = BTreeSet::new();
    for dialog in script.dialogs.values() {
        for step in &dialog.steps {
            for (_, words) in texts(step) {
                let paths = words.wechat.paths().chain(words.sms.paths());
                columns.extend(paths.filter_map(|path| path.field.clone()));
            }
            if let Some(when) = &step.when {
                when.visit(&mut |path, _| columns.extend(path.field.clone()));
            }
            let StepKind::Ask(question) = &step.kind else { continue };
            let Kind::ChoiceFrom(pick) = &question.kind else { continue };
            if let Some(filter) = &pick.filter {
                filter.visit(&mut |path, _| {
                    columns.insert(path.slot.clone());
                    columns.extend(path.field.clone());
                });
            }
            match &pick.from {
                From::Table(table) => {
                    offered.insert(&table.name);
                }
                From::Column(table, column) => {
                    offered.insert(&table.name);
                    columns.insert(table.columns[*column].clone());
                }
                From::Rows { .. } => {}
            }
        }
    }
    for table in script.tables.values() {
        table_of(findings, table, offered.contains(table.name.as_str()), &columns);
    }
}

fn table_of(findings: &mut Findings, table: &Table, offered: bool, used: &BTreeSet<String>) {
    if !offered {
        let name = &table.name;
        let message =
            format!("没有一个对话用到表「{name}」。请在「选项表」里用它；用不着了就删去这个文件。");
        findings.add(&table.file, (1, 1), "", "W103", message);
        return;
    }
    let known = [&VALUE_COLUMNS[..], &LABEL_COLUMNS, &WORD_COLUMNS, &READ_COLUMNS].concat();
    for column in &table.columns {
        if !known.contains(&column.as_str()) && !used.contains(column) {
            let message = format!(
                "「{column}」这一列没有用到：没有话里写【….{column}】，「只列」也没有看它。\
                 请用上；只给自己看的也请想想要不要放在这里。"
            );
            findings.add(&table.file, (1, 1), column, "W102", message);
        }
    }
}

/// Slots that a later step says, sends, compares or offers.
fn used(dialog: &Dialog) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for step in &dialog.steps {
        let own = match &step.kind {
            StepKind::Ask(question) => question.slot.as_str(),
            _ => "",
        };
        let mut conditions: Vec<_> = step.when.iter().collect();
        if let StepKind::Ask(question) = &step.kind {
            if let Some(Default::Slot(path)) = &question.default {
                used.insert(path.slot.clone());
            }
            conditions.extend(question.not_allowed.iter().map(|(when, _)| when));
            if let Kind::ChoiceFrom(pick) = &question.kind {
                if let From::Rows { slot, .. } = &pick.from {
                    used.insert(slot.clone());
                }
                conditions.extend(&pick.filter);
            }
            if let Kind::Choice(choices) = &question.kind {
                conditions.extend(choices.iter().filter_map(|choice| choice.when.as_ref()));
            }
        }
        for condition in conditions {
            condition.visit(&mut |path, _| {
                if path.slot != own {
                    used.insert(path.slot.clone());
                }
            });
        }
        for (_, words) in texts(step) {
            let paths = words.wechat.paths().chain(words.sms.paths());
            used.extend(paths.map(|path| path.slot.clone()).filter(|slot| slot != own));
        }
        for formula in &step.compute {
            used.extend(formula.paths().into_iter().map(|path| path.slot.clone()));
        }
        match &step.kind {
            StepKind::Confirm(confirm) => used.extend(confirm.list.iter().cloned()),
            StepKind::Call(call) => {
                used.extend(call.action.inputs.iter().map(|(slot, _)| (*slot).to_owned()));
            }
            _ => {}
        }
    }
    used
}
