//! The restricted YAML that clerks write: lists, maps and texts, nothing else.
//!
//! Raw lines are checked and mended first (a full-width colon behind a key, a wide blank
//! in the indentation), because a parser's own messages would help nobody.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::source::Problems;

pub(super) const FILE_BYTES_MAX: usize = 512 * 1024;
const DEPTH_MAX: usize = 12;
const NODES_MAX: usize = 50_000;

/// Line and column, from 1; columns in characters.
pub(super) type Place = (usize, usize);

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub at: Place,
    pub value: Tree,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    /// A key without a value is an empty text.
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub at: Place,
    pub value: Node,
}

/// `None` when the file is not to be read at all; why is among the problems.
pub(super) fn read(text: &str, problems: &mut Problems) -> Option<Node> {
    if text.len() > FILE_BYTES_MAX {
        problems.add((1, 1), "E100", "文件太大，最多512KB，请分成几个文件。");
        return None;
    }
    let mended = check_lines(text, problems)?;
    let mut builder = Builder { stack: Vec::new(), root: None, nodes: 0 };
    for event in Parser::new_from_str(&mended) {
        match event {
            Ok((event, span)) => {
                let at = (span.start.line(), span.start.col() + 1);
                if let Err(message) = builder.take(event, at) {
                    problems.add(at, "E101", message);
                    return None;
                }
            }
            Err(error) => {
                let mark = error.marker();
                problems.add(
                    (mark.line(), mark.col() + 1),
                    "E101",
                    "这里的写法不对。请检查这一行和上一行：缩进要对齐，「:」后面要空一格，\
                     文字里有「: 」或以「[{@*&%」开头时请用双引号括起来。",
                );
                return None;
            }
        }
    }
    let root = builder.root;
    if root.is_none() {
        problems.add((1, 1), "E102", "文件是空的。请写对话，或删去这个文件。");
    }
    root
}

/// The same lines with structure mended; `None` after a mistake that can not be mended.
fn check_lines(text: &str, problems: &mut Problems) -> Option<String> {
    let before = problems.found.len();
    let mut mended = String::with_capacity(text.len());
    // Lines deeper than this belong to a block of plain text.
    let mut block: Option<usize> = None;
    for (n, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line_number = n + 1;
        let line = mend_indentation(raw);
        let indent = line.len() - line.trim_start_matches(' ').len();
        let body = &line[indent..];
        if let Some(outer) = block {
            if body.is_empty() || indent > outer {
                mended.push_str(&line);
                mended.push('\n');
                continue;
            }
            block = None;
        }
        if line.contains('\t') {
            let column = line.chars().position(|c| c == '\t').unwrap_or(0) + 1;
            problems.add((line_number, column), "E103", "这里有制表符（Tab）。请改成空格。");
        }
        let line = mend_colon(&line, indent);
        let body = line[indent..].trim_end();
        check_value(body, indent, line_number, problems);
        if body.ends_with(": |") || body.ends_with(": >") || body.ends_with(": |-") {
            block = Some(indent + if body.starts_with("- ") { 2 } else { 0 });
        }
        mended.push_str(&line);
        mended.push('\n');
    }
    (problems.found.len() == before).then_some(mended)
}

/// Wide and hard blanks in front become as many plain ones as they are wide.
fn mend_indentation(line: &str) -> String {
    let mut mended = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next().filter(|c| matches!(c, ' ' | '\u{3000}' | '\u{a0}')) {
        mended.push_str(if c == '\u{3000}' { "  " } else { " " });
        rest = &rest[c.len_utf8()..];
    }
    mended.push_str(rest);
    mended
}

/// `问：村` and `问:村` become `问: 村`, where 问 is a keyword.
fn mend_colon(line: &str, indent: usize) -> String {
    let body = &line[indent..];
    let (dash, key_on) = match body.strip_prefix("- ") {
        Some(rest) => ("- ", rest.trim_start()),
        None => ("", body),
    };
    for colon in ['：', ':'] {
        if let Some((key, value)) = key_on.split_once(colon)
            && super::keywords::is_keyword(key.trim_end())
            && !(colon == ':' && (value.is_empty() || value.starts_with(' ')))
        {
            return format!("{}{dash}{}: {}", &line[..indent], key.trim_end(), value.trim_start());
        }
    }
    line.to_owned()
}

fn check_value(body: &str, indent: usize, line: usize, problems: &mut Problems) {
    let mut rest = body;
    while let Some(inner) = rest.strip_prefix("- ") {
        rest = inner.trim_start();
    }
    if rest.starts_with('#') {
        return;
    }
    let (value, offset) = match rest.split_once(": ") {
        Some((key, value)) if !key.starts_with(['"', '\'']) => (value.trim_start(), key.len() + 2),
        _ => (rest, 0),
    };
    if value.starts_with(['"', '\'']) {
        return;
    }
    let start = indent + (body.len() - rest.len()) + offset;
    let column = |at: usize| {
        let all = " ".repeat(indent) + body;
        all.get(..at.min(all.len())).map_or(at, |head| head.chars().count()) + 1
    };
    match value.chars().next() {
        Some(c @ ('[' | '{')) => problems.add(
            (line, column(start)),
            "E104",
            format!("不要用「{c}」写列表。几个词请用顿号隔开，例如：路、修路、坑；要原样显示请加双引号。"),
        ),
        Some(c @ ('&' | '*' | '!')) => problems.add(
            (line, column(start)),
            "E105",
            format!("文字不能用「{c}」开头。请用双引号把这段文字括起来。"),
        ),
        _ => {}
    }
    // " #" starts a comment: what follows would be lost in silence, unless it looks like one.
    if let Some(at) = value.find(" #")
        && !value[at + 2..].starts_with(' ')
        && !value[at + 2..].is_empty()
    {
        problems.add(
            (line, column(start + at + 1)),
            "E106",
            "「#」后面的字会被当成注释丢掉。要原样显示请用双引号把整段括起来；真是注释请在 # 后空一格。",
        );
    }
    if body == "---" || body == "..." {
        problems.add((line, 1), "E107", "一个文件只写一个对话，请删去这一行。");
    }
}

struct Builder {
    stack: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
}

enum Open {
    List(Place, Vec<Node>),
    Map(Place, Vec<Entry>, Option<(String, Place)>),
}

impl Builder {
    fn take(&mut self, event: Event, at: Place) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err("文件里的内容太多，请分成几个文件。".into());
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if anchor != 0 || tag.is_some() {
                    return Err("不支持「&」「!」的写法。请直接写文字。".into());
                }
                let text = text.into_owned();
                let text =
                    if style == ScalarStyle::Plain && text == "~" { String::new() } else { text };
                self.add(Node { at, value: Tree::Text(text) })
            }
            Event::SequenceStart(..) => self.open(Open::List(at, Vec::new())),
            Event::MappingStart(..) => self.open(Open::Map(at, Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.stack.pop() {
                    Some(Open::List(at, items)) => Node { at, value: Tree::List(items) },
                    Some(Open::Map(at, entries, _)) => Node { at, value: Tree::Map(entries) },
                    None => return Err("结构不对。".into()),
                };
                self.add(node)
            }
            Event::Alias(_) => Err("不支持「*」的写法。请直接写文字。".into()),
            _ => Ok(()),
        }
    }

    fn open(&mut self, open: Open) -> Result<(), String> {
        if self.stack.len() >= DEPTH_MAX {
            return Err("缩进的层数太多，请检查前面的空格。".into());
        }
        if let Some(Open::Map(_, _, None)) = self.stack.last() {
            return Err("这里应该是一个名字。".into());
        }
        self.stack.push(open);
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<(), String> {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, entries, key)) => match key.take() {
                Some((name, place)) => entries.push(Entry { key: name, at: place, value: node }),
                None => match node.value {
                    Tree::Text(name) => {
                        if entries.iter().any(|entry| entry.key == name) {
                            return Err(format!("「{name}」写了两次，请删去一个。"));
                        }
                        *key = Some((name, node.at));
                    }
                    _ => return Err("这里应该是一个名字。".into()),
                },
            },
        }
        Ok(())
    }
}
