//! A picture of a dialog: from top to bottom, what only happens under a condition to the side.

mod mermaid;
mod overview;
mod svg;
mod told;

use crate::dialog::script::words::{Template, Words};
use crate::dialog::script::{Dialog, From, Kind, Script, Step, StepKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    Svg,
    Mermaid,
}

/// What a box says.
struct Block {
    kind: Shape,
    /// 问 村庄
    title: String,
    lines: Vec<String>,
    /// Under which it happens, in Chinese.
    when: Option<String>,
    ends: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Begin,
    Ask,
    Say,
    Confirm,
    Call,
    End,
}

/// One dialog, by its id or its name; `None` when there is none.
pub fn graph(script: &Script, dialog: &str, picture: Picture) -> Option<String> {
    let found = script.dialogs.values().find(|known| known.id == dialog || known.name == dialog)?;
    let blocks = blocks(found);
    Some(match picture {
        Picture::Svg => svg::draw(&found.name, &blocks),
        Picture::Mermaid => mermaid::draw(&blocks),
    })
}

/// All dialogs: how one gets in, and what each has done.
pub fn graph_all(script: &Script, picture: Picture) -> String {
    match picture {
        Picture::Svg => overview::svg(script),
        Picture::Mermaid => overview::mermaid(script),
    }
}

/// Ids and names, in the order of the ids.
pub fn dialogs(script: &Script) -> Vec<(&str, &str)> {
    script.dialogs.values().map(|dialog| (dialog.id.as_str(), dialog.name.as_str())).collect()
}

fn blocks(dialog: &Dialog) -> Vec<Block> {
    let mut blocks = vec![Block {
        kind: Shape::Begin,
        title: dialog.name.clone(),
        lines: entries(dialog),
        when: None,
        ends: false,
    }];
    blocks.extend(dialog.steps.iter().enumerate().map(|(n, step)| block(dialog, n, step)));
    let last_ends = dialog.steps.last().is_some_and(|step| {
        step.when.is_none() && matches!(step.kind, StepKind::Say { end: true, .. })
    });
    if !last_ends {
        blocks.push(Block {
            kind: Shape::End,
            title: "结束".into(),
            lines: Vec::new(),
            when: None,
            ends: false,
        });
    }
    blocks
}

/// How a villager gets in.
fn entries(dialog: &Dialog) -> Vec<String> {
    let mut lines = Vec::new();
    if !dialog.words.is_empty() {
        lines.push(format!("说：{}", dialog.words.join("、")));
    }
    if let Some(key) = &dialog.menu_key {
        lines.push(format!("菜单：{key}"));
    }
    if let Some(digit) = &dialog.sms {
        lines.push(format!("短信：回 {digit}"));
    }
    if dialog.pattern.is_some() {
        lines.push("话里对得上样式".into());
    }
    if dialog.intake {
        lines.push("一句话说全了，后面不再问".into());
    }
    lines
}

fn block(dialog: &Dialog, n: usize, step: &Step) -> Block {
    let when = step.when.as_ref().map(|when| told::condition(dialog, when));
    let number = n + 1;
    let (kind, title, lines, ends) = match &step.kind {
        StepKind::Ask(question) => {
            let mut lines = vec![said(&question.words)];
            match &question.kind {
                Kind::Choice(choices) => {
                    let labels: Vec<String> = choices
                        .iter()
                        .enumerate()
                        .map(|(n, choice)| format!("{} {}", n + 1, choice.label))
                        .collect();
                    lines.push(labels.join("　"));
                }
                Kind::ChoiceFrom(pick) => lines.push(match &pick.from {
                    From::Rows { slot, .. } => format!("选项：前面得到的 {slot}"),
                    From::Table(table) => format!("选项：表「{}」", table.name),
                    From::Column(table, column) => {
                        format!("选项：表「{}」的「{}」", table.name, table.columns[*column])
                    }
                }),
                _ => {}
            }
            if !question.skip.is_empty() {
                lines.push("可以跳过".into());
            }
            if question.unasked {
                lines.push("不问，她说了就收下".into());
            }
            let title = format!("{number} 问 {}（{}）", told::kind(&question.kind), question.slot);
            (Shape::Ask, title, lines, false)
        }
        StepKind::Say { words, end } => {
            (Shape::Say, format!("{number} 说"), vec![said(words)], *end)
        }
        StepKind::Confirm(confirm) => {
            let lines = vec![format!("列出：{}", confirm.list.join("、"))];
            (Shape::Confirm, format!("{number} 核对"), lines, false)
        }
        StepKind::Call(call) => {
            let mut lines = Vec::new();
            if let Some(result) = &call.result {
                lines.push(format!("得到：{result}"));
            }
            lines.push(format!("办不成：{}", said(&call.failure)));
            let what = told::action(call.action.id);
            (Shape::Call, format!("{number} 办 {what}"), lines, false)
        }
        StepKind::Go(target) => {
            let at = dialog.steps.iter().position(|step| step.id == *target);
            let to = at.map_or_else(|| target.clone(), |n| format!("第{}步", n + 1));
            (Shape::Say, format!("{number} 去{to}"), Vec::new(), false)
        }
        StepKind::Sub { dialog, .. } => {
            (Shape::Call, format!("{number} 走一遍对话「{dialog}」"), Vec::new(), false)
        }
    };
    Block { kind, title, lines, when, ends }
}

/// As WeChat gets it; the SMS says the same in fewer words.
fn said(words: &Words) -> String {
    plain(&words.wechat)
}

fn plain(template: &Template) -> String {
    let text = template.fill(|path| Some(format!("【{path}】")));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
