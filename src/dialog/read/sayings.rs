//! The sentences of a file and its lists of words, one by one, for people who change what is
//! said or listened for and nothing else. Each stands on a line of its own; a new one takes its
//! place, and all else stays as it is.

use crate::dialog::read::source::{Problems, SourceFile};
use crate::dialog::read::yaml::{self, Node, Place, Tree};

pub const SAYING_CHARS_MAX: usize = 1_000;
/// What stands below one of these is said, or listened for.
const SAID: [&str; 16] = [
    "字",
    "text",
    "词",
    "words",
    "说",
    "say",
    "听不懂",
    "not_understood",
    "不合规",
    "not_allowed",
    "失败",
    "failure",
    "句子",
    "phrases",
    "催问说",
    "remind_text",
];
/// They only hold the rest together.
const FRAMES: [&str; 6] = ["步骤", "steps", "通用", "global", "通知", "notices"];
const TESTS: [&str; 2] = ["测试", "tests"];
/// A condition is no sentence.
const NOT_SAID: [&str; 4] = ["当", "when", "到此为止", "end"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying {
    pub line: usize,
    /// Where it is said: 问「village」 · 说 · 微信
    pub label: String,
    pub text: String,
}

/// Nothing where the file does not read.
pub fn sayings(text: &str) -> Vec<Saying> {
    let mut found = Vec::new();
    if let Some(root) = root_of(text) {
        let lines: Vec<&str> = text.lines().collect();
        walk(&root, &mut Vec::new(), false, &lines, &mut found);
    }
    found
}

fn root_of(text: &str) -> Option<Node> {
    let file = SourceFile { name: String::new(), text: text.to_owned() };
    yaml::read(text, &mut Problems::of(&file))
}

fn walk(node: &Node, path: &mut Vec<String>, said: bool, lines: &[&str], found: &mut Vec<Saying>) {
    match &node.value {
        Tree::Text(text) if said && !node.block && !text.is_empty() => {
            if written_at(lines, node.at, text).is_some() {
                let label = path.iter().filter(|part| !FRAMES.contains(&part.as_str()));
                let label = label.map(String::as_str).collect::<Vec<_>>().join(" · ");
                found.push(Saying { line: node.at.0, label, text: text.clone() });
            }
        }
        Tree::Text(_) => {}
        Tree::List(items) => {
            for (n, item) in items.iter().enumerate() {
                let named = name_of(item);
                path.push(named.unwrap_or_else(|| format!("第{}句", n + 1)));
                walk(item, path, said, lines, found);
                path.pop();
            }
        }
        Tree::Map(entries) => {
            let entries = entries.iter().filter(|entry| {
                let key = entry.key.as_str();
                !TESTS.contains(&key) && !NOT_SAID.contains(&key)
            });
            for entry in entries {
                let is_said = said || SAID.contains(&entry.key.as_str());
                path.push(entry.key.clone());
                walk(&entry.value, path, is_said, lines, found);
                path.pop();
            }
        }
    }
}

/// 问「village」, by the first line of an item.
fn name_of(item: &Node) -> Option<String> {
    let Tree::Map(entries) = &item.value else { return None };
    let first = entries.first()?;
    match &first.value.value {
        Tree::Text(name) if !SAID.contains(&first.key.as_str()) => {
            Some(format!("{}「{name}」", first.key))
        }
        _ => None,
    }
}

/// The bytes of its line that hold it, with its quotes.
fn written_at(lines: &[&str], (line, column): Place, text: &str) -> Option<std::ops::Range<usize>> {
    let written = lines.get(line.checked_sub(1)?)?;
    let at = written.char_indices().nth(column.checked_sub(1)?)?.0;
    let quoted = [text.to_owned(), in_quotes(text), format!("'{text}'")];
    let found = quoted.iter().find(|form| written[at..].starts_with(form.as_str()))?;
    let end = at + found.len();
    let rest = written[end..].trim_start();
    (rest.is_empty() || rest.starts_with('#')).then_some(at..end)
}

/// The file with another sentence on that line. `Err` says why not.
pub fn with_saying(text: &str, line: usize, new: &str) -> Result<String, String> {
    let new = new.split_whitespace().collect::<Vec<_>>().join(" ");
    if new.is_empty() {
        return Err("说的话不能空。要整句不要，请点「当文字改」。".into());
    }
    if new.chars().count() > SAYING_CHARS_MAX {
        return Err(format!("一句话最多{SAYING_CHARS_MAX}个字。"));
    }
    let gone = || "这一句已经不在原来的地方了，请刷新这一页再改。".to_owned();
    let root = root_of(text).ok_or_else(gone)?;
    let (at, old) = find(&root, line).ok_or_else(gone)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let all: Vec<&str> = text.lines().collect();
    let range = written_at(&all, at, old).ok_or_else(gone)?;
    lines[line - 1].replace_range(range, &scalar(&new));
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// The last text that begins on the line: what stands before it is a key.
fn find(node: &Node, line: usize) -> Option<(Place, &str)> {
    match &node.value {
        Tree::Text(text) => (node.at.0 == line && !node.block).then_some((node.at, text)),
        Tree::List(items) => items.iter().rev().find_map(|item| find(item, line)),
        Tree::Map(entries) => entries.iter().rev().find_map(|entry| find(&entry.value, line)),
    }
}

/// As YAML has it: in quotes where it could be read as something else.
fn scalar(text: &str) -> String {
    let odd = text.starts_with(|c: char| c.is_ascii_punctuation() && c != '(' && c != '.')
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text == "~";
    match odd {
        true => in_quotes(text),
        false => text.to_owned(),
    }
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
对话: x
名称: 试
步骤:
  - 问: name
    当: a = 1
    说:
      微信: 您叫什么？   # 客气些
      短信: \"叫什么\"
    听不懂:
      - 请再说一遍。
  - 说: 好了。
测试:
  - 名称: 一
    现场: |
      系统：您叫什么？
";

    #[test]
    fn each_sentence_has_its_place_and_only_that_changes() {
        let found: Vec<(usize, String, String)> =
            sayings(TEXT).into_iter().map(|one| (one.line, one.label, one.text)).collect();
        let expect = [
            (7, "问「name」 · 说 · 微信", "您叫什么？"),
            (8, "问「name」 · 说 · 短信", "叫什么"),
            (10, "问「name」 · 听不懂 · 第1句", "请再说一遍。"),
            (11, "第2句 · 说", "好了。"),
        ];
        assert_eq!(found, expect.map(|(n, a, b)| (n, a.to_owned(), b.to_owned())));
        let changed = with_saying(TEXT, 7, " 怎么\n称呼您？ ").unwrap();
        assert_eq!(changed, TEXT.replace("微信: 您叫什么？ ", "微信: 怎么 称呼您？ "));
        let changed = with_saying(TEXT, 8, "叫: 什么").unwrap();
        assert_eq!(changed, TEXT.replace("\"叫什么\"", "\"叫: 什么\""));
        let changed = with_saying(TEXT, 11, "\"好\" #了").unwrap();
        assert!(changed.contains("  - 说: \"\\\"好\\\" #了\"\n"), "{changed}");
        assert_eq!(sayings(&changed)[3].text, "\"好\" #了");
    }

    #[test]
    fn what_can_not_be_says_why() {
        for (line, new) in [(7, " "), (99, "好"), (14, "好"), (7, &*"长".repeat(1_001))] {
            assert!(with_saying(TEXT, line, new).is_err(), "{line} {new}");
        }
        assert!(sayings("坏: [\n").is_empty());
    }

    /// What the shipped files say can be changed here.
    #[test]
    fn the_greeting_of_the_county_is_among_them() {
        let text = include_str!("../../../dialogs/_全局.yaml");
        let found = sayings(text);
        let greeting = found.iter().find(|one| one.label.ends_with("句子 · 欢迎 · 微信")).unwrap();
        assert!(greeting.text.starts_with("您好，这里是便民服务"), "{greeting:?}");
        for one in &found {
            assert_eq!(with_saying(text, one.line, &one.text).unwrap().trim_end(), text.trim_end());
        }
    }
}
