//! Conditions, kinds and actions in words that need no key.

use crate::dialog::script::condition::{Condition, Operand, Sign};
use crate::dialog::script::keywords::TYPES;
use crate::dialog::script::words::Path;
use crate::dialog::script::{Dialog, Kind, StepKind};

/// `渠道 = 微信 且 在 category：0409、0401` as 在微信上，并且第2步是「路灯」或「村里的路」.
pub(super) fn condition(dialog: &Dialog, condition: &Condition) -> String {
    let inner = |part: &Condition| self::condition(dialog, part);
    match condition {
        Condition::And(parts) => parts.iter().map(inner).collect::<Vec<_>>().join("，并且"),
        Condition::Or(parts) => parts.iter().map(inner).collect::<Vec<_>>().join("；或者"),
        Condition::Not(part) => format!("不是这样：{}", inner(part)),
        Condition::Has(path) => format!("有{}", subject(dialog, path)),
        Condition::HasNot(path) => format!("没有{}", subject(dialog, path)),
        Condition::In(path, values) => {
            let labels: Vec<String> =
                values.iter().map(|value| format!("「{}」", label(dialog, path, value))).collect();
            format!("{}是{}", subject(dialog, path), labels.join("或"))
        }
        Condition::OfficeOpen(true) => "上班时间".into(),
        Condition::OfficeOpen(false) => "下班时间".into(),
        Condition::Compare(path, sign, operand) => {
            let right = match operand {
                Operand::Word(word) => format!("「{}」", label(dialog, path, word)),
                Operand::Slot(slot) => subject(dialog, slot),
            };
            let is = matches!(path.slot.as_str(), "渠道" | "channel");
            match (sign, is) {
                (Sign::Equal, true) => format!("在{}上", right.trim_matches(['「', '」'])),
                (Sign::NotEqual, true) => format!("不在{}上", right.trim_matches(['「', '」'])),
                (Sign::Equal, _) => format!("{}是{right}", subject(dialog, path)),
                (Sign::NotEqual, _) => format!("{}不是{right}", subject(dialog, path)),
                (Sign::More, _) => format!("{}大于{right}", subject(dialog, path)),
                (Sign::MoreOrEqual, _) => format!("{}不小于{right}", subject(dialog, path)),
                (Sign::Less, _) => format!("{}小于{right}", subject(dialog, path)),
                (Sign::LessOrEqual, _) => format!("{}不大于{right}", subject(dialog, path)),
            }
        }
    }
}

/// 第2步, where it was asked; else its name.
fn subject(dialog: &Dialog, path: &Path) -> String {
    let slot = path.slot.as_str();
    if matches!(slot, "时间" | "time") {
        return "时间".into();
    }
    let step = dialog.steps.iter().position(|step| match &step.kind {
        StepKind::Call(call) => call.result.as_deref() == Some(slot),
        _ => step.id == slot,
    });
    let whose = step.map_or_else(|| slot.to_owned(), |n| format!("第{}步", n + 1));
    match &path.field {
        Some(field) => format!("{whose}的「{field}」"),
        None if step.is_some() => format!("{whose}的答案"),
        None => whose,
    }
}

fn label<'a>(dialog: &'a Dialog, path: &Path, value: &'a str) -> &'a str {
    match dialog.question(&path.slot).map(|question| &question.kind) {
        Some(Kind::Choice(choices)) => choices
            .iter()
            .find(|choice| choice.value == value)
            .map_or(value, |choice| choice.label.as_str()),
        _ => value,
    }
}

pub(super) fn kind(kind: &Kind) -> &'static str {
    let id = match kind {
        Kind::Village => "village",
        Kind::Choice(_) | Kind::ChoiceFrom(_) => "choice",
        Kind::YesNo => "yes_no",
        Kind::Quantity { .. } => "quantity",
        Kind::Many { .. } => return "多选",
        Kind::Money { .. } => return "金额",
        Kind::Day => return "日期",
        Kind::Identity => return "身份证",
        Kind::Mobile => "mobile",
        Kind::PersonName => "person_name",
        Kind::ShortText => "short_text",
        Kind::LongText { .. } => "long_text",
        Kind::Photo => "photo",
        Kind::Location => "location",
        Kind::Matter => "matter",
    };
    TYPES.iter().find(|(known, _)| *known == id).map_or("", |(_, zh)| zh)
}

/// What an action is called at the counter; its id where it has no other name.
pub(super) fn action(id: &str) -> &str {
    match id {
        "create_case" => "立案（create_case）",
        "lookup_case" => "查本人的事（lookup_case）",
        "rate_case" => "记评价（rate_case）",
        "report_danger" => "报急事（report_danger）",
        id => id,
    }
}
