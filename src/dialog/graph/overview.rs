//! All dialogs on one page: how one gets in, the dialog, what it has done.

use std::fmt::Write;

use super::svg::{LINE, escaped, folded, label, page};
use super::{entries, mermaid::quoted, told};
use crate::dialog::script::{Dialog, Script, StepKind};

const ROW_GAP: f64 = 14.0;
/// Left and width of the three columns.
const ENTRY: (f64, f64) = (20.0, 300.0);
const NAME: (f64, f64) = (370.0, 170.0);
const DOES: (f64, f64) = (590.0, 220.0);
const WIDTH: f64 = 830.0;

pub(super) fn svg(script: &Script) -> String {
    let mut body = String::new();
    for ((left, _), text) in [(ENTRY, "村民怎么走进来"), (NAME, "对话"), (DOES, "替她办什么")]
    {
        let _ = writeln!(body, "{}", label(left, 56.0, text, "start"));
    }
    let mut y = 66.0;
    for dialog in script.dialogs.values() {
        let fold = |lines: Vec<String>, wide: f64| -> Vec<String> {
            lines.iter().flat_map(|line| folded(line, wide - 20.0)).collect()
        };
        let ways = fold(ways_in(script, dialog), ENTRY.1);
        let name = fold(vec![dialog.name.clone(), size(dialog)], NAME.1);
        let does = fold(does(dialog), DOES.1);
        let rows = ways.len().max(name.len()).max(does.len()).max(1);
        let high = LINE * f64::from(u32::try_from(rows).unwrap_or(u32::MAX)) + 14.0;
        let middle = y + high / 2.0;
        for (from, to) in [(ENTRY, NAME), (NAME, DOES)] {
            let _ = writeln!(
                body,
                "<path d=\"M{} {middle}L{} {middle}\" stroke=\"#555\" marker-end=\"url(#a)\"/>",
                from.0 + from.1,
                to.0
            );
        }
        let columns = [
            (ENTRY, ways, "#e3f2e6", "#2e7d32"),
            (NAME, name, "#e8f0fe", "#1a56b0"),
            (DOES, does, "#fde7e1", "#b0451a"),
        ];
        for ((left, wide), lines, fill, edge) in columns {
            let _ = writeln!(
                body,
                "<rect x=\"{left}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" rx=\"6\" \
                 fill=\"{fill}\" stroke=\"{edge}\"/>"
            );
            let mut at = y + 20.0;
            for line in lines {
                let x = left + 10.0;
                let _ = writeln!(body, "<text x=\"{x}\" y=\"{at}\">{}</text>", escaped(&line));
                at += LINE;
            }
        }
        y += high + ROW_GAP;
    }
    page("全部对话", WIDTH, y + 20.0, &body)
}

pub(super) fn mermaid(script: &Script) -> String {
    let mut text = String::from("flowchart LR\n");
    for (n, dialog) in script.dialogs.values().enumerate() {
        let ways = quoted(&ways_in(script, dialog).join("<br>"));
        let does = quoted(&does(dialog).join("<br>"));
        let name = quoted(&dialog.name);
        let _ = writeln!(text, "  w{n}([\"{ways}\"]) --> d{n}[\"{name}\"] --> a{n}[[\"{does}\"]]");
    }
    text
}

fn size(dialog: &Dialog) -> String {
    format!("{}个问题，{}个测试", dialog.questions().count(), dialog.tests.len())
}

fn ways_in(script: &Script, dialog: &Dialog) -> Vec<String> {
    let mut ways = entries(dialog);
    let offered = script.notices.iter().filter(|(_, n)| n.offers() == Some(dialog.id.as_str()));
    ways.extend(offered.map(|(id, _)| format!("收到通知 {id} 以后")));
    if dialog.rescue {
        ways.push("话里有危险的词，抢先".into());
    }
    ways
}

fn does(dialog: &Dialog) -> Vec<String> {
    let mut does: Vec<String> = Vec::new();
    for step in &dialog.steps {
        if let StepKind::Call(call) = &step.kind {
            let what = told::action(call.action.id).to_owned();
            if !does.contains(&what) {
                does.push(what);
            }
        }
    }
    if does.is_empty() {
        does.push("只回答，不办事".into());
    }
    does
}
