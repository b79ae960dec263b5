//! The restricted YAML that clerks write: lists, maps and texts, nothing else.
//!
//! Raw lines are checked and mended first (`yaml_lines`).

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::dialog::read::source::Problems;
use crate::dialog::read::yaml_lines;

pub(in crate::dialog) const FILE_BYTES_MAX: usize = 512 * 1024;
const DEPTH_MAX: usize = 12;
const NODES_MAX: usize = 50_000;

/// Line and column, from 1; columns in characters.
pub(in crate::dialog) type Place = (usize, usize);

#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialog) struct Node {
    pub at: Place,
    pub value: Tree,
    /// A text that was written as a block below `|`.
    pub block: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialog) enum Tree {
    /// A key without a value is an empty text.
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialog) struct Entry {
    pub key: String,
    pub at: Place,
    pub value: Node,
}

/// `None` when the file is not to be read at all; why is among the problems.
pub(in crate::dialog) fn read(text: &str, problems: &mut Problems) -> Option<Node> {
    if text.len() > FILE_BYTES_MAX {
        problems.add((1, 1), "E100", "文件太大，最多512KB，请分成几个文件。");
        return None;
    }
    let mended = yaml_lines::check(text, problems)?;
    let mut builder = Builder { stack: Vec::new(), root: None, nodes: 0 };
    for event in Parser::new_from_str(&mended.text) {
        let (at, wrong) = match event {
            Ok((event, span)) => {
                let at = mended.written((span.start.line(), span.start.col() + 1));
                (at, builder.take(event, at).err())
            }
            // The parser's own words would help nobody.
            Err(error) => {
                let mark = error.marker();
                let message = "这里的写法不对。请看这一行和上一行：缩进要对齐，「:」后面要空一格；\
                               文字里有「: 」或以「@%`,」这样的符号开头，请用双引号括起来。";
                (mended.written((mark.line(), mark.col() + 1)), Some(message.to_owned()))
            }
        };
        if let Some(message) = wrong {
            problems.add(at, "E101", message);
            return None;
        }
    }
    let root = builder.root;
    if root.is_none() {
        problems.add((1, 1), "E102", "文件是空的。请写对话，或删去这个文件。");
    }
    root
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
                self.add(Node { at, value: Tree::Text(text), block: style == ScalarStyle::Literal })
            }
            Event::SequenceStart(..) => self.open(Open::List(at, Vec::new())),
            Event::MappingStart(..) => self.open(Open::Map(at, Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.stack.pop() {
                    Some(Open::List(at, items)) => {
                        Node { at, value: Tree::List(items), block: false }
                    }
                    Some(Open::Map(at, entries, _)) => {
                        Node { at, value: Tree::Map(entries), block: false }
                    }
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
            None if self.root.is_some() => {
                return Err("一个文件只写一个对话，请删去后面的。".into());
            }
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
