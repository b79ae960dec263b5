//! Nodes of a file as what they must be: maps with known keys, texts, words, counts, times.
//! Nothing that is written is ignored.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use jiff::SignedDuration;

use crate::dialog::read::source::{Problems, did_you_mean};
use crate::dialog::read::yaml::{Node, Place, Tree};
use crate::dialog::script::condition::{self, Condition};
use crate::dialog::script::keywords::{id_among, zh};
use crate::dialog::script::shapes::{self, Shape};
use crate::dialog::script::words::{Path, Template, Words};
use crate::dialog::script::{Places, Tables};

/// WeChat takes 2,048; what is filled in needs room as well.
const TEXT_BYTES_MAX: usize = 1_500;

/// Reads nodes as what they must be, and says so when they are not.
pub(in crate::dialog) struct Reader<'p, 'f> {
    pub problems: &'p mut Problems<'f>,
    pub tables: &'p Tables,
    /// The language of its keywords, from the first one on.
    pub english: Option<bool>,
}

/// The entries of a map by the ids of their keys.
pub(in crate::dialog) struct Map<'n> {
    pub at: Place,
    entries: Vec<(&'static str, Place, &'n Node)>,
}

impl<'n> Map<'n> {
    pub fn get(&self, id: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(key, ..)| *key == id).map(|(_, _, node)| *node)
    }

    pub fn place(&self, id: &str) -> Place {
        self.entries.iter().find(|(key, ..)| *key == id).map_or(self.at, |(_, at, _)| *at)
    }

    pub fn has(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    pub fn places(&self) -> Places {
        self.entries.iter().map(|(id, _, node)| (*id, node.at)).collect()
    }
}

impl Reader<'_, '_> {
    pub fn wrong(&mut self, at: Place, code: &'static str, message: impl Into<String>) {
        self.problems.add(at, code, message);
    }

    pub fn keys<'n>(&mut self, node: &'n Node) -> Option<Vec<&'n str>> {
        match &node.value {
            Tree::Map(entries) => Some(entries.iter().map(|entry| entry.key.as_str()).collect()),
            _ => {
                self.wrong(node.at, "E200", "文件开头应该是「对话: 名字」这样的一行。");
                None
            }
        }
    }

    /// A map that has no other keys than those of its shape, and all that are required.
    pub fn map<'n>(&mut self, node: &'n Node, shape: &Shape) -> Option<Map<'n>> {
        self.map_of(node, shape.ids(), shape.required)
    }

    /// The same where what is required depends on what is written.
    pub fn map_of<'n>(
        &mut self,
        node: &'n Node,
        allowed: impl Iterator<Item = &'static str> + Clone,
        required: &[&'static str],
    ) -> Option<Map<'n>> {
        let Tree::Map(entries) = &node.value else {
            let example = required.first().copied().or(allowed.clone().next()).map_or("", zh);
            self.wrong(node.at, "E200", format!("这里应该是「{example}: …」这样的几行。"));
            return None;
        };
        let mut map = Map { at: node.at, entries: Vec::new() };
        for entry in entries {
            match id_among(&entry.key, allowed.clone()) {
                Some(id) if map.has(id) => {
                    let message = format!("「{}」（{id}）前面已经写过了。请删去一个。", zh(id));
                    self.wrong(entry.at, "E217", message);
                }
                Some(id) => {
                    self.one_language(&entry.key, id, entry.at);
                    map.entries.push((id, entry.at, &entry.value));
                }
                None => {
                    let words: Vec<&str> = allowed.clone().map(zh).collect();
                    let hint = did_you_mean(&entry.key, words.iter().copied());
                    let all = match words.len() {
                        ..=12 => format!("这里可以写：{}。", words.join("、")),
                        _ if hint.is_empty() => "请删去，或者照着别的对话改。".into(),
                        _ => String::new(),
                    };
                    let message = format!("不认识「{}」。{hint}{all}", entry.key);
                    self.wrong(entry.at, "E201", message);
                }
            }
        }
        for id in required {
            if !map.has(id) {
                self.wrong(
                    node.at,
                    "E202",
                    format!("缺「{}」。请补上一行「{}: …」。", zh(id), zh(id)),
                );
            }
        }
        Some(map)
    }

    /// A file has its keywords in one language.
    fn one_language(&mut self, key: &str, id: &str, at: Place) {
        let english = key == id;
        if *self.english.get_or_insert(english) != english {
            let other = if english { zh(id) } else { id };
            let message = format!(
                "「{key}」和前面的写法不是一种语言。一个文件里请只用一种，这里写「{other}」。"
            );
            self.wrong(at, "E231", message);
        }
    }

    /// At least one item.
    pub fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Tree::List(items) => items,
            _ => {
                self.wrong(node.at, "E203", "这里应该是几行，每行以「- 」开头。");
                &[]
            }
        }
    }

    /// What is written, even if it is nothing.
    pub fn raw<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let Tree::Text(text) = &node.value else {
            self.wrong(node.at, "E204", "这里只能写一句话，和「:」写在同一行。");
            return None;
        };
        Some(text.trim())
    }

    pub fn text<'n>(&mut self, node: &'n Node) -> &'n str {
        let text = self.raw(node);
        if text == Some("") {
            self.wrong(node.at, "E209", "这里不能空着。请写上，或者删去这一行。");
        }
        text.unwrap_or_default()
    }

    /// `路、修路、坑`
    pub fn words(&mut self, node: &Node) -> Vec<String> {
        let Some(text) = self.raw(node) else { return Vec::new() };
        let separators = ['、', '，', ',', '；', ';', '|'];
        let parts = text.split(separators).map(str::trim).filter(|part| !part.is_empty());
        let mut words: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        for word in parts {
            let plain = crate::zh::plain(word);
            if !known.insert(plain) {
                let message = format!("「{word}」写了两次（标点和语气词不算）。请删去一个。");
                let first = self.problems.find(node.at, word);
                let again = self.problems.find((first.0, first.1 + 1), word);
                self.wrong(again, "E229", message);
            }
            words.push(word.to_owned());
        }
        if words.is_empty() {
            self.wrong(node.at, "E205", "这里要写几个词，用顿号隔开。");
        }
        words
    }

    pub fn yes_no(&mut self, node: &Node) -> bool {
        match self.raw(node) {
            Some("是" | "true" | "yes") => return true,
            Some("否" | "false" | "no") | None => {}
            Some(_) => self.wrong(node.at, "E206", "这里只能写 是 或 否。"),
        }
        false
    }

    pub fn count(&mut self, node: &Node, unit: &str, range: RangeInclusive<u8>) -> Option<u8> {
        let text = self.raw(node)?;
        let digits = text.strip_suffix(unit).unwrap_or(text).trim();
        let number = digits.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = range.into_inner();
            let example = 3.clamp(least, most);
            let message =
                format!("「{text}」不对。请写{least}到{most}的数字，例如 {example}{unit}。");
            self.wrong(node.at, "E207", message);
        }
        number
    }

    /// `30分钟`, `24小时`, `2天`
    pub fn duration(&mut self, node: &Node) -> Option<SignedDuration> {
        let text = self.raw(node)?;
        let found = duration(text);
        if found.is_none() {
            self.wrong(node.at, "E208", wrong_duration(text));
        }
        found
    }

    /// The digit that stands for something on a telephone.
    pub fn digit(&mut self, node: &Node) -> String {
        let text = self.text(node);
        if text.len() > 2 || !text.bytes().all(|b| b.is_ascii_digit()) {
            let message = format!("「{text}」不对。请写一个数字，例如 3，村民发短信回这个数字。");
            self.wrong(node.at, "E228", message);
        }
        text.to_owned()
    }

    /// Only these names may stand in brackets.
    pub fn only_names(
        &mut self,
        node: &Node,
        words: &Words,
        code: &'static str,
        wrong: impl Fn(&Path) -> Option<String>,
    ) {
        let mut said = HashSet::new();
        for path in words.wechat.paths().chain(words.sms.paths()) {
            if let Some(message) = wrong(path)
                && said.insert(path.to_string())
            {
                self.wrong(self.problems.find(node.at, &format!("【{path}")), code, message);
            }
        }
    }

    /// One text for all channels, or one each.
    pub fn sentence(&mut self, node: &Node) -> Words {
        if let Tree::Text(_) = &node.value {
            let template = self.template(node);
            return Words { wechat: template.clone(), sms: template };
        }
        let Some(map) = self.map(node, &shapes::BOTH_CHANNELS) else {
            return Words::default();
        };
        let mut variant = |id| map.get(id).map(|node| self.template(node)).unwrap_or_default();
        Words { wechat: variant("wechat"), sms: variant("sms") }
    }

    pub fn template(&mut self, node: &Node) -> Template {
        let text = self.text(node);
        if text.len() > TEXT_BYTES_MAX {
            self.wrong(node.at, "E210", "太长了，一句最多500个字，请写短一些。");
        }
        Template::parse(text).unwrap_or_else(|(from, message)| {
            let line = from.lines().next().unwrap_or_default();
            self.wrong(self.problems.find(node.at, line), "E211", message);
            Template::default()
        })
    }

    /// A stored name: lower-case English letters, digits and `_`.
    pub fn id(&mut self, node: &Node) -> String {
        let text = self.text(node);
        if text.is_empty() {
            return String::new();
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let first = text.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        if !first || text.len() > 40 || !text.chars().all(plain) {
            let message = format!(
                "「{text}」是存数据用的名字，只能用小写英文字母、数字和下划线，例如 village。"
            );
            self.wrong(node.at, "E212", message);
        }
        text.to_owned()
    }

    pub fn condition(&mut self, node: &Node) -> Option<Condition> {
        let read = condition::parse(self.text(node));
        read.map_err(|message| self.wrong(node.at, "E304", format!("条件写得不对：{message}"))).ok()
    }

    pub fn pattern(&mut self, node: &Node) -> Option<regex::Regex> {
        let text = self.text(node);
        if text.is_empty() {
            return None;
        }
        match regex::RegexBuilder::new(text).size_limit(200_000).build() {
            Ok(pattern) if pattern.is_match("") => {
                self.wrong(node.at, "E213", "这个样式连空话都能对上，请写得具体一些。");
                None
            }
            Ok(pattern) => Some(pattern),
            Err(_) => {
                self.wrong(node.at, "E213", "样式写得不对。不会写样式就用「词」。");
                None
            }
        }
    }
}

/// `30分钟`, `24小时`, `2天`
pub(in crate::dialog) fn duration(text: &str) -> Option<SignedDuration> {
    let units = [
        ("分钟", 60),
        ("小时", 3_600),
        ("天", 86_400),
        ("minutes", 60),
        ("hours", 3_600),
        ("days", 86_400),
    ];
    units.iter().find_map(|(unit, seconds)| {
        let number: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        (1..=1_000).contains(&number).then(|| SignedDuration::from_secs(number * seconds))
    })
}

pub(in crate::dialog) fn wrong_duration(text: &str) -> String {
    format!("「{text}」不对。请写成 30分钟、24小时 或 2天。")
}
