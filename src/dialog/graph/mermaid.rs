//! The picture as Mermaid, for pages that draw it themselves.

use std::fmt::Write;

use super::{Block, Shape};

pub(super) fn draw(blocks: &[Block]) -> String {
    let mut text = String::from("flowchart TD\n");
    for (n, block) in blocks.iter().enumerate() {
        let mut said = block.title.clone();
        for line in &block.lines {
            said.push_str("<br>");
            said.push_str(line);
        }
        let said = quoted(&said);
        let (open, close) = match block.kind {
            Shape::Begin | Shape::End => ("([", "])"),
            Shape::Ask => ("[/", "/]"),
            Shape::Call => ("[[", "]]"),
            Shape::Say | Shape::Confirm => ("[", "]"),
        };
        let _ = writeln!(text, "  n{n}{open}\"{said}\"{close}");
        if let Some(when) = &block.when {
            let _ = writeln!(text, "  c{n}{{\"{}\"}}", quoted(when));
            let _ = writeln!(text, "  c{n} -- 是 --> n{n}");
        }
    }
    // Where a step is entered: at its condition, if it has one.
    let entry = |n: usize| match blocks.get(n) {
        Some(block) if block.when.is_some() => format!("c{n}"),
        _ => format!("n{n}"),
    };
    for (n, block) in blocks.iter().enumerate() {
        if n + 1 == blocks.len() {
            break;
        }
        if !block.ends {
            let _ = writeln!(text, "  n{n} --> {}", entry(n + 1));
        }
        if block.when.is_some() {
            let _ = writeln!(text, "  c{n} -- 否 --> {}", entry(n + 1));
        }
    }
    text
}

pub(super) fn quoted(text: &str) -> String {
    text.replace('"', "#quot;")
}
