//! What was found, as text for people, as JSON, as SARIF 2.1.0, and as the lines that code
//! hosts turn into remarks beside the code.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{CHECKS, Check, Lint, Severity, check_of};
use crate::dialog::read::source::{Diagnostic, columns};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
    Sarif,
    Github,
}

impl Lint {
    /// `folder`: what stands before the names of the files, for example `dialogs`.
    pub fn write(&self, format: Format, folder: &str) -> String {
        match format {
            Format::Text => self.text(folder),
            Format::Json => self.json(folder).to_string() + "\n",
            Format::Sarif => self.sarif(folder).to_string() + "\n",
            Format::Github => self.github(folder),
        }
    }

    /// Each finding as `Format::Text` has it.
    pub fn texts(&self, folder: &str) -> Vec<String> {
        self.found.iter().map(|found| shown(found, folder)).collect()
    }

    fn text(&self, folder: &str) -> String {
        let mut text = String::new();
        for found in self.texts(folder) {
            let _ = writeln!(text, "{found}\n");
        }
        let count = |severity| self.count(severity);
        let _ = write!(text, "查了{}个文件：", self.files);
        let counts = [
            (count(Severity::Error), "处错误，改好才能上线"),
            (count(Severity::Warning), "处提醒，请看一看"),
            (count(Severity::Hint), "条建议"),
        ];
        let said: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n}{what}")).collect();
        text.push_str(&if said.is_empty() { "没有问题".to_owned() } else { said.join("；") });
        if self.allowed > 0 {
            let _ = write!(text, "（另有{}处提醒注明了「不查」）", self.allowed);
        }
        text.push_str("。\n");
        text
    }

    fn json(&self, folder: &str) -> Value {
        let found: Vec<Value> = self
            .found
            .iter()
            .map(|found| {
                json!({
                    "file": path(folder, &found.file),
                    "line": found.line,
                    "column": found.column,
                    "code": found.code,
                    "check": check_of(found.code).map(|check| check.number),
                    "severity": level(found.code),
                    "message": found.message,
                    "text": found.line_text,
                })
            })
            .collect();
        json!({
            "version": 1,
            "files": self.files,
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "hints": self.count(Severity::Hint),
            "allowed": self.allowed,
            "findings": found,
        })
    }

    fn sarif(&self, folder: &str) -> Value {
        let mut codes: Vec<&str> = self.found.iter().map(|found| found.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let rules: Vec<Value> = codes
            .iter()
            .map(|code| {
                let check = check_of(code);
                json!({
                    "id": code,
                    "shortDescription": { "text": check.map_or("不查", |check| check.title) },
                    "defaultConfiguration": { "level": sarif_level(code) },
                    "properties": { "check": check.map(|check| check.number) },
                })
            })
            .collect();
        let results: Vec<Value> = self
            .found
            .iter()
            .map(|found| {
                let place = json!({
                    "artifactLocation": { "uri": uri(&path(folder, &found.file)) },
                    "region": {
                        "startLine": found.line.max(1),
                        "startColumn": found.column.max(1),
                        "snippet": { "text": found.line_text },
                    },
                });
                json!({
                    "ruleId": found.code,
                    "ruleIndex": codes.iter().position(|code| *code == found.code),
                    "level": sarif_level(found.code),
                    "message": { "text": found.message },
                    "locations": [{ "physicalLocation": place }],
                })
            })
            .collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "bianmin lint",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                }},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        })
    }

    fn github(&self, folder: &str) -> String {
        let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
        let lines = self.found.iter().map(|found| {
            let level = match Severity::of(found.code) {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Hint => "notice",
            };
            format!(
                "::{level} file={},line={},col={},title={}::{}\n",
                property(&path(folder, &found.file)),
                found.line.max(1),
                found.column.max(1),
                found.code,
                data(&found.message)
            )
        });
        lines.collect()
    }
}

/// `dialogs/反映问题.yaml:18:7: 错误[E311] …`, the line, and a mark below the character.
fn shown(found: &Diagnostic, folder: &str) -> String {
    let what = Severity::of(found.code).zh();
    let number = check_of(found.code).map_or(String::new(), |check| format!(" {}", check.number));
    let (code, message) = (found.code, &found.message);
    let file = path(folder, &found.file);
    if found.line == 0 {
        return format!("{file}: {what}[{code}{number}]\n  {message}");
    }
    let (line, column) = (found.line, found.column);
    let margin = line.to_string().len().max(3);
    let before: usize = found.line_text.chars().take(column.saturating_sub(1)).map(columns).sum();
    // A tab in the line would move the mark.
    let text = found.line_text.replace('\t', " ");
    let blank = "";
    format!(
        "{file}:{line}:{column}: {what}[{code}{number}]\n\
         {line:>margin$} │ {text}\n{blank:>margin$} │ {blank:before$}^\n  {message}"
    )
}

fn path(folder: &str, file: &str) -> String {
    match folder.trim_end_matches('/') {
        "" => file.to_owned(),
        folder => format!("{folder}/{file}"),
    }
}

fn level(code: &str) -> &'static str {
    match Severity::of(code) {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

fn sarif_level(code: &str) -> &'static str {
    match Severity::of(code) {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

/// RFC 3986: what is not plain ASCII is written in hexadecimal.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The table of checks as the manual prints it.
pub fn table() -> String {
    let row = |check: &Check| {
        format!("| {} | {} | {} |\n", check.number, check.title, check.codes.join(" "))
    };
    let rows: String = CHECKS.iter().map(row).collect();
    format!("| 检查 | 看什么 | 编码 |\n|---|---|---|\n{rows}")
}
