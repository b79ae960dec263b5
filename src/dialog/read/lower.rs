//! From YAML to a `Script`, collecting every mistake of every file. Nothing that is written
//! is ignored: an unknown key, type or name is an error, and so is what is not built yet.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;

use jiff::SignedDuration;
use sha2::Digest;

use crate::dialog::read::check;
use crate::dialog::read::lower_steps;
use crate::dialog::read::source::{Diagnostic, Problems, SourceFile, did_you_mean};
use crate::dialog::read::yaml::{self, Node, Place, Tree};
use crate::dialog::rehearse::transcript;
use crate::dialog::script::actions::{NOTICE_FIELDS, NOTICES};
use crate::dialog::script::keywords::{COMMANDS, PHRASES, id_among, zh};
use crate::dialog::script::words::{Path, Template, Words};
use crate::dialog::script::{
    Command, Dialog, GlobalCommand, MenuItem, Notice, Places, Rules, Script, Written, place_of,
};

const GLOBALS: &str = "_全局.yaml";
const FILES_MAX: usize = 200;
/// WeChat takes 2,048; what is filled in needs room as well.
const TEXT_BYTES_MAX: usize = 1_500;

/// All files of `dialogs/`; `Err` holds all mistakes of all of them.
pub fn load(files: &[SourceFile]) -> Result<Script, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut script = Script {
        hash: hash(files),
        dialogs: BTreeMap::new(),
        entries: HashMap::new(),
        commands: Vec::new(),
        phrases: BTreeMap::new(),
        notices: BTreeMap::new(),
        rules: Rules {
            hand_over_after: 3,
            remind: Some(SignedDuration::from_mins(30)),
            remind_text: Words::default(),
            expire: SignedDuration::from_hours(24),
            sms_max: 3,
        },
        menu: Vec::new(),
        written: Written::default(),
    };
    for file in files.iter().take(FILES_MAX) {
        let mut problems = Problems::of(file);
        if let Some(root) = yaml::read(&file.text, &mut problems) {
            let mut reader = Reader { problems: &mut problems };
            match reader.keys(&root) {
                Some(keys) if keys.iter().any(|key| *key == "通用" || *key == "globals") => {
                    read_globals(&mut reader, &root, &file.name, &mut script);
                }
                Some(keys) if keys.iter().any(|key| *key == "通知" || *key == "notices") => {
                    read_notices(&mut reader, &root, &file.name, &mut script);
                }
                Some(_) => {
                    if let Some(dialog) = read_dialog(&mut reader, &root, &file.name) {
                        add_dialog(&mut reader, dialog, &mut script);
                    }
                }
                None => {}
            }
        }
        found.extend(problems.found);
    }
    if files.len() > FILES_MAX {
        found.push(about_all(format!("文件太多，最多{FILES_MAX}个。")));
    }
    if script.written.file.is_empty() {
        found.push(about_all(format!("缺少 {GLOBALS}。口令、规矩和机器人自己说的句子写在里面。")));
    }
    if found.is_empty() {
        found = check::script(&script, files);
    }
    if found.is_empty() { Ok(script) } else { Err(found) }
}

fn about_all(message: String) -> Diagnostic {
    Diagnostic {
        file: GLOBALS.into(),
        line: 0,
        column: 0,
        code: "E108",
        message,
        line_text: String::new(),
    }
}

fn hash(files: &[SourceFile]) -> String {
    let mut sum = sha2::Sha256::new();
    for file in files {
        sum.update(file.name.as_bytes());
        sum.update([0]);
        sum.update(file.text.as_bytes());
        sum.update([0]);
    }
    sum.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Reads nodes as what they must be, and says so when they are not.
pub(in crate::dialog) struct Reader<'p, 'f> {
    pub problems: &'p mut Problems<'f>,
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

    fn keys<'n>(&mut self, node: &'n Node) -> Option<Vec<&'n str>> {
        match &node.value {
            Tree::Map(entries) => Some(entries.iter().map(|entry| entry.key.as_str()).collect()),
            _ => {
                self.wrong(node.at, "E200", "文件开头应该是「对话: 名字」这样的一行。");
                None
            }
        }
    }

    /// A map that has no other keys than `allowed`, and all of `required`.
    pub fn map<'n>(
        &mut self,
        node: &'n Node,
        allowed: &[&'static str],
        required: &[&'static str],
    ) -> Option<Map<'n>> {
        let Tree::Map(entries) = &node.value else {
            let example = required.first().or(allowed.first()).map_or("", |id| zh(id));
            self.wrong(node.at, "E200", format!("这里应该是「{example}: …」这样的几行。"));
            return None;
        };
        let mut map = Map { at: node.at, entries: Vec::new() };
        for entry in entries {
            match id_among(&entry.key, allowed) {
                Some(id) if map.has(id) => {
                    let message = format!("「{}」（{id}）前面已经写过了。请删去一个。", zh(id));
                    self.wrong(entry.at, "E217", message);
                }
                Some(id) => map.entries.push((id, entry.at, &entry.value)),
                None => {
                    let words: Vec<&str> = allowed.iter().map(|id| zh(id)).collect();
                    let hint = did_you_mean(&entry.key, words.iter().copied());
                    let all = match allowed.len() {
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
    fn only_names(
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
        let Some(map) = self.map(node, &["wechat", "sms"], &["wechat", "sms"]) else {
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

    fn refuse_later(&mut self, map: &Map, ids: &[&'static str]) {
        for id in ids {
            if map.has(id) {
                let message = format!("「{}」还不能用，请先删去这一行。", zh(id));
                self.wrong(map.place(id), "E214", message);
            }
        }
    }
}

fn read_dialog(reader: &mut Reader, root: &Node, file: &str) -> Option<Dialog> {
    let allowed = [
        "dialog", "name", "owner", "entry", "intake", "side", "rescue", "unless", "steps", "tests",
        "rules", "upgrade",
    ];
    let map = reader.map(root, &allowed, &["dialog", "name", "steps"])?;
    reader.refuse_later(&map, &["rules", "upgrade"]);
    let mut dialog = Dialog {
        id: map.get("dialog").map(|node| reader.id(node)).unwrap_or_default(),
        name: map.get("name").map(|node| reader.text(node).to_owned()).unwrap_or_default(),
        file: file.to_owned(),
        places: map.places(),
        words: Vec::new(),
        menu_key: None,
        sms: None,
        pattern: None,
        intake: map.get("intake").is_some_and(|node| reader.yes_no(node)),
        side: map.get("side").is_some_and(|node| reader.yes_no(node)),
        rescue: map.get("rescue").is_some_and(|node| reader.yes_no(node)),
        unless: map.get("unless").map(|node| reader.words(node)).unwrap_or_default(),
        steps: Vec::new(),
        tests: Vec::new(),
    };
    if !dialog.unless.is_empty() && !dialog.rescue {
        let message = "「不算」只能和「抢先: 是」一起写。请删去这一行。";
        reader.wrong(map.place("unless"), "E201", message);
    }
    if let Some(owner) = map.get("owner") {
        reader.text(owner);
    }
    if let Some(node) = map.get("entry")
        && let Some(entry) = reader.map(node, &["words", "menu_key", "sms", "pattern"], &[])
    {
        dialog.words = entry.get("words").map(|node| reader.words(node)).unwrap_or_default();
        dialog.menu_key = entry.get("menu_key").map(|node| reader.text(node).to_owned());
        dialog.sms = entry.get("sms").map(|node| reader.digit(node));
        dialog.pattern = entry.get("pattern").and_then(|node| reader.pattern(node));
        dialog.places.extend(entry.places());
    }
    if let Some(node) = map.get("steps") {
        match &node.value {
            Tree::List(_) => dialog.steps = lower_steps::steps(reader, node),
            _ => reader.wrong(node.at, "E215", "这里要写几步，每步以「- 问」「- 说」这样开头。"),
        }
    }
    if let Some(node) = map.get("tests") {
        let mut names = HashSet::new();
        for item in reader.list(node) {
            let Some(test) = transcript::read(reader, item) else { continue };
            if !names.insert(test.name.clone()) {
                let message = format!("测试「{}」写了两次，请改一个名字。", test.name);
                reader.wrong(item.at, "E217", message);
            }
            dialog.tests.push(test);
        }
    }
    Some(dialog)
}

fn add_dialog(reader: &mut Reader, dialog: Dialog, script: &mut Script) {
    for word in &dialog.words {
        if let Some(other) = script.entries.insert(crate::zh::plain(word), dialog.id.clone())
            && other != dialog.id
        {
            let at = reader.problems.find(place_of(&dialog.places, "words"), word);
            let message = format!("「{word}」已经是对话 {other} 的入口词了。请改掉一个。");
            reader.wrong(at, "E216", message);
        }
    }
    if let Some(other) = script.dialogs.get(&dialog.id).filter(|_| !dialog.id.is_empty()) {
        let message = format!("对话「{}」在 {} 里已经有了。请换个名字。", dialog.id, other.file);
        reader.wrong(place_of(&dialog.places, "dialog"), "E217", message);
    }
    script.dialogs.insert(dialog.id.clone(), dialog);
}

fn read_globals(reader: &mut Reader, root: &Node, file: &str, script: &mut Script) {
    let Some(map) = reader.map(root, &["globals"], &["globals"]) else { return };
    if !script.written.file.is_empty() {
        let message = format!("「通用」在 {} 里已经有了。请删去一个。", script.written.file);
        return reader.wrong(map.place("globals"), "E217", message);
    }
    script.written.file = file.to_owned();
    let Some(node) = map.get("globals") else { return };
    let all = ["commands", "rules", "phrases", "menu"];
    let Some(map) = reader.map(node, &all, &["commands", "phrases"]) else { return };
    if let Some(node) = map.get("commands") {
        let items = reader.list(node);
        let all_known =
            items.iter().filter(|item| !read_command(reader, item, script)).count() == 0;
        // A name that was mistaken may be the one that is missing.
        for (id, word) in COMMANDS.iter().filter(|_| all_known) {
            if !script.commands.iter().any(|global| command_id(global.command) == *id) {
                let message = format!("缺口令「{word}」。请补上「- 口令: {word}」。");
                reader.wrong(map.place("commands"), "E218", message);
            }
        }
    }
    if let Some(node) = map.get("rules") {
        read_rules(reader, node, &mut script.rules);
    }
    if let Some(node) = map.get("phrases") {
        read_phrases(reader, node, map.place("phrases"), script);
    }
    if let Some(node) = map.get("menu") {
        script.written.menu = node.at;
        let items = reader.list(node);
        for item in items {
            let Some(item) = reader.map(item, &["name", "key"], &["name", "key"]) else { continue };
            let mut text = |id| item.get(id).map_or("", |node| reader.text(node)).to_owned();
            script.menu.push(MenuItem { name: text("name"), key: text("key") });
        }
        if let Some(fourth) = items.get(3) {
            reader.wrong(fourth.at, "E219", "公众号菜单最多三个，请删去几个。");
        }
    }
}

fn command_id(command: Command) -> &'static str {
    match command {
        Command::Cancel => "cancel",
        Command::Back => "back",
        Command::Help => "help",
        Command::Human => "human",
        Command::Repeat => "repeat",
    }
}

/// False when it is none that is known.
fn read_command(reader: &mut Reader, node: &Node, script: &mut Script) -> bool {
    let allowed = ["command", "words", "sms", "say"];
    let Some(map) = reader.map(node, &allowed, &["command", "words"]) else { return true };
    let Some(name) = map.get("command") else { return false };
    let word = reader.text(name);
    let known = COMMANDS.iter().find(|(id, zh)| *id == word || *zh == word);
    let command = match known.map(|(id, _)| *id) {
        Some("cancel") => Command::Cancel,
        Some("back") => Command::Back,
        Some("help") => Command::Help,
        Some("human") => Command::Human,
        Some("repeat") => Command::Repeat,
        _ => {
            let all: Vec<&str> = COMMANDS.iter().map(|(_, zh)| *zh).collect();
            let hint = did_you_mean(word, all.iter().copied());
            let message = format!("没有「{word}」这个口令。{hint}可以写：{}。", all.join("、"));
            reader.wrong(name.at, "E220", message);
            return false;
        }
    };
    if script.command(command).is_some() {
        reader.wrong(name.at, "E217", format!("口令「{word}」写了两次，请删去一个。"));
    }
    let mut words = HashSet::new();
    if let Some(node) = map.get("words") {
        for word in reader.words(node) {
            let plain = crate::zh::plain(&word);
            if script.commands.iter().any(|other| other.words.contains(&plain)) {
                let message = format!("「{word}」前面的口令已经用了，轮不到这里。请删去一个。");
                reader.wrong(reader.problems.find(node.at, &word), "E402", message);
            }
            words.insert(plain);
        }
    }
    let sms = map.get("sms").map(|node| reader.digit(node));
    if sms.is_some() && script.commands.iter().any(|other| other.sms == sms) {
        let message = "这个数字前面的口令已经用了。请换一个数字。";
        reader.wrong(place_of(&map.places(), "sms"), "E403", message);
    }
    let say = map.get("say").map(|node| {
        let say = reader.sentence(node);
        reader.only_names(node, &say, "E222", |path| Some(no_name(path)));
        say
    });
    let must_say = matches!(command, Command::Cancel | Command::Help | Command::Human);
    if must_say != say.is_some() {
        match map.get("say") {
            None => reader.wrong(node.at, "E202", "缺「说」。请补上一行「说: …」。"),
            Some(_) => {
                let message = format!("口令「{word}」没有自己的话，请删去「说」这一行。");
                reader.wrong(map.place("say"), "E201", message);
            }
        }
    }
    script.commands.push(GlobalCommand { command, words, sms, say });
    true
}

fn no_name(path: &Path) -> String {
    format!("这一句里不能有【{path}】。请删去。")
}

fn read_rules(reader: &mut Reader, node: &Node, rules: &mut Rules) {
    let allowed = ["hand_over_after", "remind", "remind_text", "expire", "sms_max"];
    let Some(map) = reader.map(node, &allowed, &["remind_text"]) else { return };
    if let Some(count) =
        map.get("hand_over_after").and_then(|node| reader.count(node, "次", 1..=10))
    {
        rules.hand_over_after = count;
    }
    if let Some(node) = map.get("remind") {
        rules.remind = reader.duration(node);
    }
    if let Some(node) = map.get("remind_text") {
        rules.remind_text = reader.sentence(node);
        reader.only_names(node, &rules.remind_text, "E222", |path| Some(no_name(path)));
    }
    if let Some(expire) = map.get("expire").and_then(|node| reader.duration(node)) {
        rules.expire = expire;
    }
    if rules.remind.is_some_and(|remind| remind >= rules.expire) {
        let message = "还没催问就过期了，永远不会催。请把「催问」写短些，或把「过期」写长些。";
        reader.wrong(place_of(&map.places(), "remind"), "E230", message);
    }
    if let Some(count) = map.get("sms_max").and_then(|node| reader.count(node, "条", 1..=9)) {
        rules.sms_max = usize::from(count);
    }
}

fn read_phrases(reader: &mut Reader, node: &Node, at: Place, script: &mut Script) {
    let Tree::Map(entries) = &node.value else {
        reader.wrong(node.at, "E200", "这里应该是「欢迎: …」这样的几行。");
        return;
    };
    let mut all_known = true;
    for entry in entries {
        let known = PHRASES.iter().find(|(id, zh, _)| *id == entry.key || *zh == entry.key);
        let Some((id, zh, names)) = known else {
            let hint = did_you_mean(&entry.key, PHRASES.iter().map(|(_, zh, _)| *zh));
            let message = format!("没有「{}」这个句子。{hint}用不着就请删去。", entry.key);
            reader.wrong(entry.at, "E221", message);
            all_known = false;
            continue;
        };
        let words = reader.sentence(&entry.value);
        reader.only_names(&entry.value, &words, "E222", |path| {
            let known = path.field.is_none() && names.contains(&path.slot.as_str());
            (!known).then(|| match names {
                [] => no_name(path),
                names => format!("不认识【{path}】。这一句里只能有【{}】。", names.join("】【")),
            })
        });
        if script.phrases.insert(id, words).is_some() {
            reader.wrong(entry.at, "E217", format!("句子「{zh}」写了两次，请删去一个。"));
        }
    }
    for (id, word, _) in PHRASES.iter().filter(|_| all_known) {
        if !script.phrases.contains_key(id) {
            reader.wrong(at, "E223", format!("缺句子「{word}」。请补上一行「{word}: …」。"));
        }
    }
}

fn read_notices(reader: &mut Reader, root: &Node, file: &str, script: &mut Script) {
    let Some(map) = reader.map(root, &["notices"], &["notices"]) else { return };
    let Some(node) = map.get("notices") else { return };
    if let Some(other) = script.written.notices.replace(file.to_owned()) {
        let message = format!("「通知」在 {other} 里已经有了。请写在一个文件里。");
        return reader.wrong(map.place("notices"), "E217", message);
    }
    let before = reader.problems.found.len();
    for item in reader.list(node) {
        read_notice(reader, item, file, script);
    }
    let missing: Vec<&str> =
        NOTICES.iter().filter(|id| !script.notices.contains_key(**id)).copied().collect();
    if !missing.is_empty() && reader.problems.found.len() == before {
        let message = format!("缺通知：{}。请补上，不然村民收到的是空话。", missing.join("、"));
        reader.wrong(map.place("notices"), "E227", message);
    }
}

fn read_notice(reader: &mut Reader, node: &Node, file: &str, script: &mut Script) {
    let allowed = ["notice", "say", "template", "offers"];
    let Some(map) = reader.map(node, &allowed, &["notice", "say"]) else { return };
    let (Some(name), Some(say)) = (map.get("notice"), map.get("say")) else { return };
    let id = reader.text(name).to_owned();
    if !NOTICES.contains(&id.as_str()) {
        let hint = did_you_mean(&id, NOTICES.iter().copied());
        let message = format!("没有「{id}」这个通知。{hint}可以写：{}。", NOTICES.join("、"));
        reader.wrong(name.at, "E226", message);
    }
    let unknown = |path: &Path| {
        let known = |(id, zh): &(&str, &str)| *id == path.slot || *zh == path.slot;
        let words = NOTICE_FIELDS.iter().map(|(_, zh)| *zh);
        (path.field.is_some() || !NOTICE_FIELDS.iter().any(known)).then(|| {
            let hint = did_you_mean(&path.slot, words.clone());
            let all = words.collect::<Vec<_>>().join("】【");
            format!("通知里没有【{path}】。{hint}可以写：【{all}】。")
        })
    };
    let words = reader.sentence(say);
    reader.only_names(say, &words, "E224", unknown);
    let mut template = Vec::new();
    match map.get("template").map(|node| (&node.value, node.at)) {
        Some((Tree::Map(entries), _)) => {
            for entry in entries {
                if !is_grid(&entry.key) {
                    let message = format!(
                        "「{}」不是模板的格子。请照公众号后台的关键词写，例如 thing1。",
                        entry.key
                    );
                    reader.wrong(entry.at, "E225", message);
                }
                let filled = reader.template(&entry.value);
                let both = Words { wechat: filled.clone(), sms: Template::default() };
                reader.only_names(&entry.value, &both, "E224", unknown);
                template.push((entry.key.clone(), filled));
            }
        }
        Some((_, at)) => reader.wrong(at, "E200", "这里应该是「thing1: …」这样的几行。"),
        None => {}
    }
    let notice = Notice {
        words,
        template,
        offers: map.get("offers").map(|node| reader.id(node)),
        file: file.to_owned(),
        places: map.places(),
    };
    if script.notices.insert(id.clone(), notice).is_some() {
        reader.wrong(name.at, "E217", format!("通知「{id}」写了两次，请删去一个。"));
    }
}

/// `thing1`, `character_string2`
fn is_grid(key: &str) -> bool {
    let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
    name.len() < key.len()
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// `30分钟`, `24小时`, `2天`
pub(in crate::dialog) fn duration(text: &str) -> Option<SignedDuration> {
    let units = [("分钟", 60), ("小时", 3_600), ("天", 86_400)];
    units.iter().find_map(|(unit, seconds)| {
        let number: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        (1..=1_000).contains(&number).then(|| SignedDuration::from_secs(number * seconds))
    })
}

pub(in crate::dialog) fn wrong_duration(text: &str) -> String {
    format!("「{text}」不对。请写成 30分钟、24小时 或 2天。")
}
