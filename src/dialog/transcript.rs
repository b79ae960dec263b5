//! A conversation as clerks write it down, to be replayed: 村民：…, 系统：…, 〔办 …〕.

use jiff::SignedDuration;

use super::actions::{action, field_id};
use super::lower::Reader;
use super::source::did_you_mean;
use super::value::{Fields, Value};
use super::words::{Medium, Path};
use super::yaml::{Node, Tree};

const LINES_MAX: usize = 200;

#[derive(Clone, Debug)]
pub(super) struct Transcript {
    pub name: String,
    pub medium: Medium,
    /// Her number, by SMS.
    pub caller: Option<String>,
    pub stubs: Vec<Stub>,
    /// Each with its line in the file.
    pub lines: Vec<(usize, Line)>,
}

/// What a call gives in this transcript.
#[derive(Clone, Debug)]
pub(super) struct Stub {
    pub action: String,
    pub line: usize,
    pub outcome: Result<Value, String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line {
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
    Again,
    Takeover,
    Release,
    Holds(Path, String),
    HoldsNot(Path),
    Called(String),
    HandedOver,
    Held,
}

const MARKS: &str = "〔slot = 值〕〔没有 slot〕〔办 …〕〔转人工〕〔留给工作人员〕〔过 30分钟〕〔重复投递〕\
〔菜单 KEY〕〔照片〕〔语音〕〔位置 村名〕〔关注〕〔评价邀请 编号〕〔工作人员接手〕〔工作人员交还〕";

pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Transcript> {
    let allowed = ["name", "channel", "caller", "stubs", "script"];
    let map = reader.map(node, &allowed, &["name", "script"])?;
    let name = map.get("name").map(|node| reader.text(node).to_owned())?;
    let medium = match map.get("channel").map(|node| (reader.text(node), node.at)) {
        None | Some(("微信" | "wechat", _)) => Medium::Wechat,
        Some(("短信" | "sms", _)) => Medium::Sms,
        Some((other, at)) => {
            reader.wrong(at, "E500", format!("「渠道」只能写 微信 或 短信，不能写「{other}」。"));
            return None;
        }
    };
    let caller = map.get("caller").map(|node| reader.text(node).to_owned());
    let stubs = map.get("stubs").map(|node| stubs(reader, node)).unwrap_or_default();
    let script = map.get("script")?;
    let lines = lines(reader, script);
    Some(Transcript { name, medium, caller, stubs, lines })
}

fn lines(reader: &mut Reader, node: &Node) -> Vec<(usize, Line)> {
    let text = match &node.value {
        Tree::Text(text) => text,
        _ => {
            reader.wrong(node.at, "E501", "「现场」写成「现场: |」，下面缩进，一行一句话。");
            return Vec::new();
        }
    };
    if text.lines().count() > LINES_MAX {
        reader.wrong(node.at, "E502", format!("太长了，最多{LINES_MAX}行，请分成几个测试。"));
    }
    let mut found = Vec::new();
    for (n, raw) in text.lines().take(LINES_MAX).enumerate() {
        let at = (node.at.0 + n, node.at.1);
        let line = raw.trim();
        if line.is_empty() {
            continue;
        }
        match one(line) {
            Ok(line) => found.push((at.0, line)),
            Err(message) => reader.wrong(at, "E503", message),
        }
    }
    if found.is_empty() {
        reader.wrong(node.at, "E504", "「现场」里一句话也没有。请写「村民：…」「系统：…」。");
    }
    found
}

fn one(line: &str) -> Result<Line, String> {
    if let Some(mark) = line.strip_prefix('〔').and_then(|rest| rest.strip_suffix('〕')) {
        return mark_line(mark.trim());
    }
    match line.split_once(['：', ':']) {
        Some(("村民", text)) => Ok(Line::Villager(text.trim().to_owned())),
        Some(("系统", text)) => Ok(Line::Bot(text.trim().to_owned())),
        _ => Err(format!("「{line}」看不懂。每行以「村民：」「系统：」或「〔」开头。")),
    }
}

fn mark_line(mark: &str) -> Result<Line, String> {
    let (word, rest) = mark.split_once(' ').map_or((mark, ""), |(word, rest)| (word, rest.trim()));
    let needs = |rest: &str| match rest {
        "" => Err(format!("「{word}」后面还要写一个词。")),
        rest => Ok(rest.to_owned()),
    };
    Ok(match word {
        "照片" => Line::Photo,
        "语音" => Line::Voice,
        "关注" => Line::Follow,
        "重复投递" => Line::Again,
        "转人工" => Line::HandedOver,
        "留给工作人员" => Line::Held,
        "工作人员接手" => Line::Takeover,
        "工作人员交还" => Line::Release,
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
        "过" => Line::Passes(duration(&needs(rest)?)?),
        _ => match mark.split_once(['=', '＝']) {
            Some((slot, value)) => Line::Holds(Path::parse(slot), value.trim().to_owned()),
            None => return Err(format!("没有「〔{mark}〕」。可以写：{MARKS}。")),
        },
    })
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let units = [("分钟", 60), ("小时", 3_600), ("天", 86_400)];
    let seconds = units.iter().find_map(|(unit, seconds)| {
        let number: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        (1..=1_000).contains(&number).then_some(number * seconds)
    });
    let wrong = || format!("「{text}」不对。请写成 30分钟、24小时 或 2天。");
    seconds.map(SignedDuration::from_secs).ok_or_else(wrong)
}

fn stubs(reader: &mut Reader, node: &Node) -> Vec<Stub> {
    let Tree::Map(entries) = &node.value else {
        reader.wrong(node.at, "E200", "这里应该是「lookup_case: …」这样的几行。");
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let Some(action) = action(&entry.key) else {
            let known = super::actions::ACTIONS.iter().map(|action| action.id);
            let hint = did_you_mean(&entry.key, known);
            reader.wrong(entry.at, "E312", format!("程序不会办「{}」。{hint}", entry.key));
            continue;
        };
        let outcome = match &entry.value.value {
            Tree::Text(text) if text.is_empty() && action.rows => Ok(Value::List(Vec::new())),
            Tree::Text(text) if text == "失败" => Err(String::new()),
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

fn fields(reader: &mut Reader, node: &Node, action: &'static super::actions::Action) -> Fields {
    let Tree::Map(entries) = &node.value else {
        reader.wrong(node.at, "E200", "这里应该是「编号: …」这样的几行。");
        return Fields::new();
    };
    let mut fields = Fields::new();
    for entry in entries {
        match field_id(action, &entry.key) {
            Some(id) => {
                fields.insert(id.to_owned(), Value::Text(reader.text(&entry.value).to_owned()));
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
