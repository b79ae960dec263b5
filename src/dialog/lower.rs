//! From YAML to a `Script`, collecting every mistake of every file. Nothing that is written
//! is ignored: an unknown key, type or name is an error, and so is what is not built yet.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::SignedDuration;
use sha2::Digest;

use super::check;
use super::keywords::{COMMANDS, PHRASES, id_among, zh};
use super::lower_steps;
use super::script::{Command, Dialog, GlobalCommand, MenuItem, Notice, Rules, Script};
use super::source::{Diagnostic, Problems, SourceFile, did_you_mean};
use super::transcript;
use super::words::{Template, Words};
use super::yaml::{self, Node, Place, Tree};

const GLOBALS: &str = "_全局.yaml";
const FILES_MAX: usize = 200;

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
        },
        menu: Vec::new(),
    };
    let mut globals = false;
    for file in files.iter().take(FILES_MAX) {
        let mut problems = Problems::of(file);
        if let Some(root) = yaml::read(&file.text, &mut problems) {
            let mut reader = Reader { problems: &mut problems };
            match reader.keys(&root) {
                Some(keys) if keys.iter().any(|key| *key == "通用" || *key == "globals") => {
                    globals = true;
                    read_globals(&mut reader, &root, &mut script);
                }
                Some(keys) if keys.iter().any(|key| *key == "通知" || *key == "notices") => {
                    read_notices(&mut reader, &root, &mut script);
                }
                Some(_) => {
                    if let Some((dialog, words)) = read_dialog(&mut reader, &root) {
                        add_dialog(&mut reader, root.at, dialog, words, &mut script);
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
    if !globals {
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
        line: 1,
        column: 1,
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
pub(super) struct Reader<'p, 'f> {
    pub problems: &'p mut Problems<'f>,
}

/// The entries of a map by the ids of their keys.
pub(super) struct Map<'n> {
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
                Some(id) => map.entries.push((id, entry.at, &entry.value)),
                None => {
                    let words: Vec<&str> = allowed.iter().map(|id| zh(id)).collect();
                    let hint = did_you_mean(&entry.key, words.iter().copied());
                    let message = format!(
                        "不认识「{}」。{hint}这里可以写：{}。",
                        entry.key,
                        words.join("、")
                    );
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

    pub fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Tree::List(items) => items,
            Tree::Text(text) if text.is_empty() => &[],
            _ => {
                self.wrong(node.at, "E203", "这里应该是几行，每行以「- 」开头。");
                &[]
            }
        }
    }

    pub fn text<'n>(&mut self, node: &'n Node) -> &'n str {
        match &node.value {
            Tree::Text(text) => text.trim(),
            _ => {
                self.wrong(node.at, "E204", "这里应该是一句话。");
                ""
            }
        }
    }

    /// `路、修路、坑`
    pub fn words(&mut self, node: &Node) -> Vec<String> {
        let text = self.text(node);
        let separators = ['、', '，', ',', '；', ';', '|'];
        let parts = text.split(separators).map(str::trim).filter(|part| !part.is_empty());
        let words: Vec<String> = parts.map(str::to_owned).collect();
        if words.is_empty() {
            self.wrong(node.at, "E205", "这里要写几个词，用顿号隔开。");
        }
        words
    }

    pub fn yes_no(&mut self, node: &Node) -> bool {
        match self.text(node) {
            "是" | "true" | "yes" => true,
            "否" | "false" | "no" => false,
            _ => {
                self.wrong(node.at, "E206", "这里只能写 是 或 否。");
                false
            }
        }
    }

    pub fn count(&mut self, node: &Node, unit: &str) -> Option<i64> {
        let text = self.text(node);
        let digits = text.trim_end_matches(unit).trim();
        let number = digits.parse().ok().filter(|n| (0..=1_000_000).contains(n));
        if number.is_none() {
            self.wrong(node.at, "E207", format!("「{text}」不是数。请写数字，例如 3{unit}。"));
        }
        number
    }

    /// `30分钟`, `24小时`, `2天`
    pub fn duration(&mut self, node: &Node) -> Option<SignedDuration> {
        let text = self.text(node);
        let units = [("分钟", 60), ("小时", 3_600), ("天", 86_400)];
        let found = units.iter().find_map(|(unit, seconds)| {
            let number: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
            (1..=1_000).contains(&number).then(|| SignedDuration::from_secs(number * seconds))
        });
        if found.is_none() {
            let message = format!("「{text}」不对。请写成 30分钟、24小时 或 2天。");
            self.wrong(node.at, "E208", message);
        }
        found
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
        if text.is_empty() {
            self.wrong(node.at, "E209", "这里要写一句话，不能空着。");
        }
        if text.len() > 2_000 {
            self.wrong(node.at, "E210", "太长了，微信一条最多600来个字，请写短一些。");
        }
        Template::parse(text).unwrap_or_else(|message| {
            self.wrong(node.at, "E211", message);
            Template::default()
        })
    }

    /// A stored name: lower-case English letters, digits and `_`.
    pub fn id(&mut self, node: &Node) -> String {
        let text = self.text(node);
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

struct EntryWords {
    words: Vec<(String, Place)>,
}

fn read_dialog(reader: &mut Reader, root: &Node) -> Option<(Dialog, EntryWords)> {
    let allowed = [
        "dialog", "name", "owner", "entry", "intake", "side", "steps", "tests", "rules", "upgrade",
    ];
    let map = reader.map(root, &allowed, &["dialog", "name", "steps"])?;
    reader.refuse_later(&map, &["rules", "upgrade"]);
    let mut dialog = Dialog {
        id: map.get("dialog").map(|node| reader.id(node))?,
        name: map.get("name").map(|node| reader.text(node).to_owned())?,
        menu_key: None,
        sms: None,
        pattern: None,
        intake: map.get("intake").is_some_and(|node| reader.yes_no(node)),
        side: map.get("side").is_some_and(|node| reader.yes_no(node)),
        steps: Vec::new(),
        tests: Vec::new(),
    };
    if let Some(owner) = map.get("owner") {
        reader.text(owner);
    }
    let mut entry_words = EntryWords { words: Vec::new() };
    if let Some(node) = map.get("entry")
        && let Some(entry) = reader.map(node, &["words", "menu_key", "sms", "pattern"], &[])
    {
        if let Some(node) = entry.get("words") {
            let words = reader.words(node);
            entry_words.words = words.into_iter().map(|word| (word, node.at)).collect();
        }
        dialog.menu_key = entry.get("menu_key").map(|node| reader.text(node).to_owned());
        dialog.sms = entry.get("sms").map(|node| reader.text(node).to_owned());
        dialog.pattern = entry.get("pattern").and_then(|node| reader.pattern(node));
    }
    if let Some(node) = map.get("steps") {
        dialog.steps = lower_steps::steps(reader, node);
        if dialog.steps.is_empty() {
            reader.wrong(node.at, "E215", "一步也没有。请至少写一个「- 问」或「- 说」。");
        }
    }
    if let Some(node) = map.get("tests") {
        for test in reader.list(node) {
            dialog.tests.extend(transcript::read(reader, test));
        }
    }
    Some((dialog, entry_words))
}

fn add_dialog(
    reader: &mut Reader,
    at: Place,
    dialog: Dialog,
    entry: EntryWords,
    script: &mut Script,
) {
    for (word, at) in entry.words {
        let plain = crate::zh::plain(&word);
        if let Some(other) = script.entries.insert(plain, dialog.id.clone())
            && other != dialog.id
        {
            let message = format!("「{word}」已经是对话 {other} 的入口词了。请改掉一个。");
            reader.wrong(at, "E216", message);
        }
    }
    if let Some(other) = script.dialogs.get(&dialog.id) {
        let message = format!("对话「{}」已经有了（{}）。请换个名字。", dialog.id, other.name);
        reader.wrong(at, "E217", message);
    }
    script.dialogs.insert(dialog.id.clone(), dialog);
}

fn read_globals(reader: &mut Reader, root: &Node, script: &mut Script) {
    let Some(map) = reader.map(root, &["globals"], &["globals"]) else { return };
    let Some(node) = map.get("globals") else { return };
    let all = ["commands", "rules", "phrases", "menu"];
    let Some(map) = reader.map(node, &all, &["commands", "phrases"]) else { return };
    if let Some(node) = map.get("commands") {
        for item in reader.list(node) {
            read_command(reader, item, script);
        }
        for (id, word) in COMMANDS {
            if !script.commands.iter().any(|global| command_id(global.command) == *id) {
                reader.wrong(
                    node.at,
                    "E218",
                    format!("缺口令「{word}」。请补上「- 口令: {word}」。"),
                );
            }
        }
    }
    if let Some(node) = map.get("rules") {
        read_rules(reader, node, &mut script.rules);
    }
    if let Some(node) = map.get("phrases") {
        read_phrases(reader, node, script);
    }
    if let Some(node) = map.get("menu") {
        for item in reader.list(node) {
            let Some(item) = reader.map(item, &["name", "key"], &["name", "key"]) else { continue };
            let mut text = |id| item.get(id).map_or("", |node| reader.text(node)).to_owned();
            script.menu.push(MenuItem { name: text("name"), key: text("key") });
        }
        if script.menu.len() > 3 {
            reader.wrong(node.at, "E219", "公众号菜单最多三个，请删去几个。");
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

fn read_command(reader: &mut Reader, node: &Node, script: &mut Script) {
    let allowed = ["command", "words", "sms", "say"];
    let Some(map) = reader.map(node, &allowed, &["command", "words"]) else { return };
    let Some(name) = map.get("command") else { return };
    let word = reader.text(name);
    let known = COMMANDS.iter().find(|(id, zh)| *id == word || *zh == word);
    let command = match known.map(|(id, _)| *id) {
        Some("cancel") => Command::Cancel,
        Some("back") => Command::Back,
        Some("help") => Command::Help,
        Some("human") => Command::Human,
        Some("repeat") => Command::Repeat,
        _ => {
            let hint = did_you_mean(word, COMMANDS.iter().map(|(_, zh)| *zh));
            reader.wrong(name.at, "E220", format!("没有「{word}」这个口令。{hint}"));
            return;
        }
    };
    let words = map.get("words").map(|node| reader.words(node)).unwrap_or_default();
    let global = GlobalCommand {
        command,
        words: words.iter().map(|word| crate::zh::plain(word)).collect(),
        sms: map.get("sms").map(|node| reader.text(node).to_owned()),
        say: map.get("say").map(|node| reader.sentence(node)),
    };
    let must_say = matches!(command, Command::Cancel | Command::Help | Command::Human);
    if must_say && global.say.is_none() {
        reader.wrong(node.at, "E202", "缺「说」。请补上一行「说: …」。");
    }
    script.commands.push(global);
}

fn read_rules(reader: &mut Reader, node: &Node, rules: &mut Rules) {
    let allowed = ["hand_over_after", "remind", "remind_text", "expire", "sms_max"];
    let Some(map) = reader.map(node, &allowed, &["remind_text"]) else { return };
    if let Some(count) = map.get("hand_over_after").and_then(|node| reader.count(node, "次")) {
        rules.hand_over_after = count.clamp(1, 10) as u8;
    }
    if let Some(node) = map.get("remind") {
        rules.remind = reader.duration(node);
    }
    if let Some(node) = map.get("remind_text") {
        rules.remind_text = reader.sentence(node);
    }
    if let Some(expire) = map.get("expire").and_then(|node| reader.duration(node)) {
        rules.expire = expire;
    }
    if let Some(node) = map.get("sms_max") {
        reader.count(node, "条");
    }
}

fn read_phrases(reader: &mut Reader, node: &Node, script: &mut Script) {
    let Tree::Map(entries) = &node.value else {
        reader.wrong(node.at, "E200", "这里应该是「欢迎: …」这样的几行。");
        return;
    };
    for entry in entries {
        let known = PHRASES.iter().find(|(id, zh, _)| *id == entry.key || *zh == entry.key);
        let Some((id, _, names)) = known else {
            let hint = did_you_mean(&entry.key, PHRASES.iter().map(|(_, zh, _)| *zh));
            reader.wrong(entry.at, "E221", format!("没有「{}」这个句子。{hint}", entry.key));
            continue;
        };
        let words = reader.sentence(&entry.value);
        for path in words.wechat.paths().chain(words.sms.paths()) {
            if !names.contains(&path.slot.as_str()) {
                let message = match names {
                    [] => format!("这一句里不能有【{}】。请删去。", path.slot),
                    names => format!("这一句里只能有【{}】。", names.join("】【")),
                };
                reader.wrong(entry.value.at, "E222", message);
            }
        }
        script.phrases.insert(id, words);
    }
    let missing: HashSet<&str> = PHRASES
        .iter()
        .filter(|(id, ..)| !script.phrases.contains_key(id))
        .map(|(_, zh, _)| *zh)
        .collect();
    for (_, word, _) in PHRASES.iter().filter(|(_, zh, _)| missing.contains(zh)) {
        reader.wrong(node.at, "E223", format!("缺句子「{word}」。请补上一行「{word}: …」。"));
    }
}

fn read_notices(reader: &mut Reader, root: &Node, script: &mut Script) {
    let Some(map) = reader.map(root, &["notices"], &["notices"]) else { return };
    let Some(node) = map.get("notices") else { return };
    for item in reader.list(node) {
        let allowed = ["notice", "say", "template", "offers"];
        let Some(map) = reader.map(item, &allowed, &["notice", "say"]) else { continue };
        let (Some(name), Some(say)) = (map.get("notice"), map.get("say")) else { continue };
        let id = reader.id(name);
        let mut notice = Notice {
            words: reader.sentence(say),
            template: Vec::new(),
            offers: map.get("offers").map(|node| reader.id(node)),
        };
        let mut paths: Vec<_> =
            notice.words.wechat.paths().chain(notice.words.sms.paths()).cloned().collect();
        if let Some(node) = map.get("template") {
            match &node.value {
                Tree::Map(entries) => {
                    for entry in entries {
                        let template = reader.template(&entry.value);
                        paths.extend(template.paths().cloned());
                        notice.template.push((entry.key.clone(), template));
                    }
                }
                _ => reader.wrong(node.at, "E200", "这里应该是「thing1: …」这样的几行。"),
            }
        }
        for path in paths {
            let known = super::actions::NOTICE_FIELDS;
            if !known.iter().any(|(id, zh)| *id == path.slot || *zh == path.slot) {
                let hint = did_you_mean(&path.slot, known.iter().map(|(_, zh)| *zh));
                let message = format!("通知里没有【{}】。{hint}", path.slot);
                reader.wrong(say.at, "E224", message);
            }
        }
        if script.notices.insert(id.clone(), notice).is_some() {
            reader.wrong(name.at, "E217", format!("通知「{id}」写了两次，请删去一个。"));
        }
    }
}
