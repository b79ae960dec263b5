//! `_全局.yaml`: commands, rules, the engine's own sentences, the account's menu.

use std::collections::HashSet;

use crate::dialog::read::reader::Reader;
use crate::dialog::read::source::did_you_mean;
use crate::dialog::read::yaml::{Node, Place, Tree};
use crate::dialog::script::keywords::{COMMANDS, PHRASES};
use crate::dialog::script::shapes;
use crate::dialog::script::words::Path;
use crate::dialog::script::{Command, GlobalCommand, MenuItem, Rules, Script, place_of};

/// WeChat's limits.
const COLUMNS_MAX: usize = 3;
const BUTTONS_MAX: usize = 5;

pub(in crate::dialog) fn read_globals(
    reader: &mut Reader,
    root: &Node,
    file: &str,
    script: &mut Script,
) {
    let Some(map) = reader.map(root, &shapes::GLOBALS_FILE) else { return };
    if !script.written.file.is_empty() {
        let message = format!("「通用」在 {} 里已经有了。请删去一个。", script.written.file);
        return reader.wrong(map.place("globals"), "E217", message);
    }
    script.written.file = file.to_owned();
    let Some(node) = map.get("globals") else { return };
    let Some(map) = reader.map(node, &shapes::GLOBALS) else { return };
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
        let columns = reader.list(node);
        for column in columns {
            script.menu.extend(read_column(reader, column));
        }
        if let Some(fourth) = columns.get(COLUMNS_MAX) {
            reader.wrong(fourth.at, "E219", "公众号菜单最多三个，请删去几个。");
        }
    }
}

/// A button of its own, or one that opens several.
fn read_column(reader: &mut Reader, node: &Node) -> Option<MenuItem> {
    let map = reader.map(node, &shapes::COLUMN)?;
    let name = map.get("name").map_or("", |node| reader.text(node)).to_owned();
    let key = map.get("key").map_or("", |node| reader.text(node)).to_owned();
    let mut items = Vec::new();
    match (map.get("items"), map.has("key")) {
        (Some(_), true) => {
            let message = "点开是「子菜单」，就没有自己的「键」。请删去一个。";
            reader.wrong(map.place("key"), "E201", message);
        }
        (None, false) => reader.wrong(map.at, "E202", "缺「键」。请补上一行「键: …」。"),
        (None, true) => {}
        (Some(node), false) => {
            let buttons = reader.list(node);
            if let Some(sixth) = buttons.get(BUTTONS_MAX) {
                reader.wrong(sixth.at, "E219", "一个「子菜单」最多五项，请删去几项。");
            }
            for node in buttons {
                let Some(map) = reader.map(node, &shapes::BUTTON) else { continue };
                let mut text = |id| map.get(id).map_or("", |node| reader.text(node)).to_owned();
                items.push(MenuItem { name: text("name"), key: text("key"), items: Vec::new() });
            }
        }
    }
    Some(MenuItem { name, key, items })
}

pub(in crate::dialog) fn command_id(command: Command) -> &'static str {
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
    let Some(map) = reader.map(node, &shapes::COMMAND) else { return true };
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
    let Some(map) = reader.map(node, &shapes::RULES) else { return };
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
    rules.remind_sms = map.get("remind_sms").is_some_and(|node| reader.yes_no(node));
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
