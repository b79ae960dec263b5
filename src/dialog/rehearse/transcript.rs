//! A conversation as clerks write it down, to be replayed: 村民：…, 系统：…, 〔办 …〕.

use jiff::SignedDuration;

use crate::dialog::read::lower_steps::unknown_action;
use crate::dialog::read::reader::{Reader, duration, wrong_duration};
use crate::dialog::read::source::did_you_mean;
use crate::dialog::read::yaml::{Node, Place, Tree};
use crate::dialog::script::actions::{action, field_id};
use crate::dialog::script::keywords::mark;
use crate::dialog::script::shapes;
use crate::dialog::script::value::{Fields, Value};
use crate::dialog::script::words::{Medium, Path};

const LINES_MAX: usize = 200;

#[derive(Clone, Debug)]
pub(in crate::dialog) struct Transcript {
    pub name: String,
    pub medium: Medium,
    pub language: Option<String>,
    /// Her number, by SMS.
    pub caller: Option<String>,
    pub stubs: Vec<Stub>,
    /// Each with its line in the file.
    pub lines: Vec<(usize, Line)>,
}

impl Transcript {
    /// With nothing in it yet.
    pub fn blank(medium: Medium) -> Self {
        let (name, caller, language) = (String::new(), None, None);
        Self { name, medium, caller, language, stubs: Vec::new(), lines: Vec::new() }
    }
}

impl Line {
    /// What is expected, not what happens.
    pub fn is_fact(&self) -> bool {
        matches!(
            self,
            Line::Bot(_)
                | Line::Holds(..)
                | Line::HoldsNot(_)
                | Line::Called(_)
                | Line::HandedOver
                | Line::Held
        )
    }

    /// Something that she does, or time that passes: what can be said again.
    pub fn is_done(&self) -> bool {
        matches!(
            self,
            Line::Villager(_)
                | Line::Photo
                | Line::Voice
                | Line::Location(_)
                | Line::Menu(_)
                | Line::Follow
                | Line::Passes(_)
                | Line::Office(_)
        )
    }
}

/// What a call gives in this transcript.
#[derive(Clone, Debug)]
pub(in crate::dialog) struct Stub {
    pub action: String,
    pub line: usize,
    pub outcome: Result<Value, String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialog) enum Line {
    Villager(String),
    /// The next message; `…` stands for anything.
    Bot(String),
    Photo,
    Voice,
    Location(String),
    Menu(String),
    Follow,
    /// The rating of a case is offered.
    Offer(String),
    Passes(SignedDuration),
    /// 上班 or 下班, from here on.
    Office(bool),
    Again,
    /// A new version of the dialog was put live at once.
    Updated,
    Takeover,
    Release,
    Holds(Path, String),
    HoldsNot(Path),
    Called(String),
    HandedOver,
    Held,
}

const ALL_MARKS: &str = "〔slot = 值〕〔没有 slot〕〔办 …〕〔转人工〕〔留给工作人员〕〔过 30分钟〕〔重复投递〕〔换新版〕\
〔菜单 KEY〕〔照片〕〔语音〕〔位置 村名〕〔关注〕〔评价邀请 编号〕〔下班〕〔上班〕〔工作人员接手〕〔工作人员交还〕";

pub(in crate::dialog) fn read(reader: &mut Reader, node: &Node) -> Option<Transcript> {
    let map = reader.map(node, &shapes::TEST)?;
    let name = map.get("name").map(|node| reader.text(node).to_owned())?;
    let medium = match map.get("channel").map(|node| (reader.text(node), node.at)) {
        None | Some(("微信" | "wechat", _)) => Medium::Wechat,
        Some(("短信" | "sms", _)) => Medium::Sms,
        Some((other, at)) => {
            reader.wrong(at, "E500", format!("「渠道」只能写 微信 或 短信，不能写「{other}」。"));
            return None;
        }
    };
    let caller = map.get("caller").map(|node| {
        let text = reader.text(node);
        if !text.is_empty() && crate::zh::phone(text).is_err() {
            reader.wrong(node.at, "E507", format!("「{text}」不是手机号。请写11位数字。"));
        }
        text.to_owned()
    });
    let language = map.get("language").map(|node| reader.text(node).to_owned());
    let stubs = map.get("stubs").map(|node| stubs(reader, node)).unwrap_or_default();
    let script = map.get("script")?;
    let lines = lines(reader, script, map.place("script"));
    Some(Transcript { name, medium, language, caller, stubs, lines })
}

fn lines(reader: &mut Reader, node: &Node, key: Place) -> Vec<(usize, Line)> {
    let text = match &node.value {
        Tree::Text(text) if node.block => text,
        _ => {
            reader.wrong(key, "E501", "「现场」写成「现场: |」，下面缩进，一行一句话。");
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    let mut all_clear = true;
    for (n, raw) in text.lines().enumerate() {
        let line = raw.trim();
        // The block begins on the line below its key.
        let at = (key.0 + n + 1, 1);
        if n == LINES_MAX {
            let message = format!("太长了，最多{LINES_MAX}行，请分成几个测试。");
            reader.wrong(reader.problems.find(at, line), "E502", message);
            break;
        }
        if line.is_empty() {
            continue;
        }
        match one(line) {
            Ok(line) => found.push((at.0, line)),
            Err(message) => {
                reader.wrong(reader.problems.find(at, line), "E503", message);
                all_clear = false;
            }
        }
    }
    if found.is_empty() && all_clear {
        reader.wrong(key, "E504", "「现场」里一句话也没有。请写「村民：…」「系统：…」。");
    }
    found
}

pub(in crate::dialog) fn one(line: &str) -> Result<Line, String> {
    if let Some(written) = line.strip_prefix('〔').and_then(|rest| rest.strip_suffix('〕')) {
        return mark_line(written.trim());
    }
    match line.split_once(['：', ':']).map(|(who, text)| (mark(who.trim()), text)) {
        Some(("村民", text)) => Ok(Line::Villager(text.trim().to_owned())),
        Some(("系统", text)) => Ok(Line::Bot(text.trim().to_owned())),
        _ => Err(format!("「{line}」看不懂。每行以「村民：」「系统：」或「〔」开头。")),
    }
}

fn mark_line(written: &str) -> Result<Line, String> {
    let (word, rest) =
        written.split_once(' ').map_or((written, ""), |(word, rest)| (word, rest.trim()));
    let word = mark(word);
    let needs = |rest: &str| match rest {
        "" => Err(format!("「{word}」后面还要写一个词。")),
        rest => Ok(rest.to_owned()),
    };
    let alone = [
        "照片",
        "语音",
        "关注",
        "重复投递",
        "换新版",
        "转人工",
        "留给工作人员",
        "工作人员接手",
        "工作人员交还",
        "上班",
        "下班",
    ];
    if alone.contains(&word) && !rest.is_empty() {
        return Err(format!("「{word}」后面不用写别的。请写成〔{word}〕。"));
    }
    Ok(match word {
        "照片" => Line::Photo,
        "语音" => Line::Voice,
        "关注" => Line::Follow,
        "重复投递" => Line::Again,
        "换新版" => Line::Updated,
        "转人工" => Line::HandedOver,
        "留给工作人员" => Line::Held,
        "工作人员接手" => Line::Takeover,
        "工作人员交还" => Line::Release,
        "上班" => Line::Office(true),
        "下班" => Line::Office(false),
        "位置" => Line::Location(needs(rest)?),
        "菜单" => Line::Menu(needs(rest)?),
        "评价邀请" => Line::Offer(needs(rest)?),
        "没有" => Line::HoldsNot(Path::parse(&needs(rest)?)),
        "办" => {
            let id = needs(rest)?;
            if action(&id).is_none() {
                return Err(format!("程序不会办「{id}」。"));
            }
            Line::Called(id)
        }
        "过" => {
            let time = needs(rest)?;
            Line::Passes(duration(&time).ok_or_else(|| wrong_duration(&time))?)
        }
        _ => match written.split_once(['=', '＝']) {
            Some((slot, value)) => Line::Holds(Path::parse(slot), value.trim().to_owned()),
            None => return Err(format!("没有「〔{written}〕」。可以写：{ALL_MARKS}。")),
        },
    })
}

fn stubs(reader: &mut Reader, node: &Node) -> Vec<Stub> {
    let Tree::Map(entries) = &node.value else {
        reader.wrong(node.at, "E200", "这里应该是「lookup_case: …」这样的几行。");
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let Some(action) = action(&entry.key) else {
            reader.wrong(entry.at, "E312", unknown_action(&entry.key));
            continue;
        };
        let outcome = match &entry.value.value {
            Tree::Text(text) if text.is_empty() && action.rows => Ok(Value::List(Vec::new())),
            Tree::Text(text) if text == "失败" || text == "failure" => Err(String::new()),
            Tree::Text(text) if !text.is_empty() => Err(text.clone()),
            Tree::List(rows) if action.rows => {
                Ok(Value::List(rows.iter().map(|row| fields(reader, row, action)).collect()))
            }
            Tree::Map(_) if !action.rows => Ok(Value::Record(fields(reader, &entry.value, action))),
            _ => {
                let message = match action.rows {
                    true => "这里应该是几行「- 编号: …」，或者空着（一行也没有）。",
                    false => "这里应该是「编号: …」这样的几行，或者「失败」。",
                };
                reader.wrong(entry.at, "E505", message);
                continue;
            }
        };
        found.push(Stub { action: entry.key.clone(), line: entry.at.0, outcome });
    }
    found
}

fn fields(
    reader: &mut Reader,
    node: &Node,
    action: &'static crate::dialog::script::actions::Action,
) -> Fields {
    let Tree::Map(entries) = &node.value else {
        reader.wrong(node.at, "E200", "这里应该是「编号: …」这样的几行。");
        return Fields::new();
    };
    let mut fields = Fields::new();
    for entry in entries {
        match field_id(action, &entry.key) {
            Some(id) => {
                let value = Value::Text(reader.text(&entry.value).to_owned());
                if fields.insert(id.to_owned(), value).is_some() {
                    let message = format!("「{}」写了两次，请删去一个。", entry.key);
                    reader.wrong(entry.at, "E217", message);
                }
            }
            None => {
                let words: Vec<&str> = action.outputs.iter().map(|(_, zh)| *zh).collect();
                let hint = did_you_mean(&entry.key, words.iter().copied());
                let message = format!(
                    "{} 不会得到「{}」。{hint}可以写：{}。",
                    action.id,
                    entry.key,
                    words.join("、")
                );
                reader.wrong(entry.at, "E506", message);
            }
        }
    }
    fields
}
