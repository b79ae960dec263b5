//! From YAML to a `Script`, collecting every mistake of every file. Nothing that is written
//! is ignored: an unknown key, type or name is an error, and so is what is not built yet.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::SignedDuration;
use sha2::Digest;

use crate::dialog::read::reader::Reader;
use crate::dialog::read::source::{Diagnostic, Problems, SourceFile};
use crate::dialog::read::yaml::{self, Node, Tree};
use crate::dialog::read::{check, globals, lower_steps, notices, table, translation};
use crate::dialog::rehearse::transcript;
use crate::dialog::script::keywords::{INTENTS, TABLE_FOLDERS, TRANSLATION_FOLDERS};
use crate::dialog::script::shapes;
use crate::dialog::script::words::Words;
use crate::dialog::script::{Dialog, OwnRules, Rules, Script, Tables, Upgrade, Written, place_of};

const GLOBALS: &str = "_全局.yaml";
const FILES_MAX: usize = 200;

/// All files of `dialogs/`; `Err` holds all mistakes of all of them.
pub fn load(files: &[SourceFile]) -> Result<Script, Vec<Diagnostic>> {
    let (mut script, mut found) = read_all(files);
    if found.is_empty() {
        found = check::script(&script, files);
    }
    if found.is_empty() {
        seal(&mut script, files, &mut found);
    }
    if found.is_empty() { Ok(script) } else { Err(found) }
}

/// As much of a script as can be read, and what is wrong with each file by itself.
pub(in crate::dialog) fn read_all(files: &[SourceFile]) -> (Script, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let is_translation =
        |file: &&SourceFile| TRANSLATION_FOLDERS.iter().any(|folder| file.name.starts_with(folder));
    let is_table =
        |file: &&SourceFile| TABLE_FOLDERS.iter().any(|folder| file.name.starts_with(folder));
    let tables = read_tables(files.iter().take(FILES_MAX).filter(is_table), &mut found);
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
            remind_sms: false,
            sms_max: 3,
        },
        menu: Vec::new(),
        tables: Tables::new(),
        written: Written::default(),
        structure_hash: String::new(),
        text_hash: String::new(),
        files: files.into(),
        languages: BTreeMap::new(),
        stale: Vec::new(),
        orphans: Vec::new(),
        untranslated: Vec::new(),
        older: Vec::new(),
        at_once: false,
    };
    for file in files.iter().take(FILES_MAX).filter(|file| !is_table(file) && !is_translation(file))
    {
        let mut problems = Problems::of(file);
        if let Some(root) = yaml::read(&file.text, &mut problems) {
            let mut reader = Reader { problems: &mut problems, tables: &tables, english: None };
            match reader.keys(&root) {
                Some(keys) if keys.iter().any(|key| *key == "通用" || *key == "globals") => {
                    globals::read_globals(&mut reader, &root, &file.name, &mut script);
                }
                Some(keys) if keys.iter().any(|key| *key == "通知" || *key == "notices") => {
                    notices::read_notices(&mut reader, &root, &file.name, &mut script);
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
    script.tables = tables;
    (script, found)
}

/// What needs a script that was read and checked: translations, and the hashes of versions.
fn seal(script: &mut Script, files: &[SourceFile], found: &mut Vec<Diagnostic>) {
    let is_translation =
        |file: &&SourceFile| TRANSLATION_FOLDERS.iter().any(|folder| file.name.starts_with(folder));
    script.seal();
    for file in files.iter().take(FILES_MAX).filter(is_translation) {
        let mut problems = Problems::of(file);
        if let Some(found) = translation::read(file, script, &mut problems) {
            script.stale.extend(found.stale);
            script.orphans.extend(found.orphans);
            if !found.missing.is_empty() {
                script.untranslated.push((file.name.clone(), found.missing));
            }
            script.languages.insert(found.language, found.spoken);
        }
        found.extend(problems.found);
    }
}

fn read_tables<'f>(
    files: impl Iterator<Item = &'f SourceFile>,
    found: &mut Vec<Diagnostic>,
) -> Tables {
    let mut tables = Tables::new();
    for file in files {
        let mut problems = Problems::of(file);
        if let Some(table) = table::read(file, false, &mut problems) {
            if let Some(other) = tables.get(&table.name) {
                let message =
                    format!("表「{}」在 {} 里已经有了。请改一个名字。", table.name, other.file);
                problems.add((1, 1), "E607", message);
            }
            tables.insert(table.name.clone(), Arc::new(table));
        }
        found.extend(problems.found);
    }
    tables
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

/// Of a script that would be read from these files.
pub fn hash(files: &[SourceFile]) -> String {
    let mut sum = sha2::Sha256::new();
    for file in files {
        sum.update(file.name.as_bytes());
        sum.update([0]);
        sum.update(file.text.as_bytes());
        sum.update([0]);
    }
    sum.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn read_dialog(reader: &mut Reader, root: &Node, file: &str) -> Option<Dialog> {
    let map = reader.map(root, &shapes::DIALOG_FILE)?;
    let mut dialog = Dialog {
        id: map.get("dialog").map(|node| reader.id(node)).unwrap_or_default(),
        name: map.get("name").map(|node| reader.text(node).to_owned()).unwrap_or_default(),
        file: file.to_owned(),
        places: map.places(),
        words: Vec::new(),
        menu_key: None,
        sms: None,
        pattern: None,
        intents: Vec::new(),
        intake: map.get("intake").is_some_and(|node| reader.yes_no(node)),
        side: map.get("side").is_some_and(|node| reader.yes_no(node)),
        rescue: map.get("rescue").is_some_and(|node| reader.yes_no(node)),
        unless: map.get("unless").map(|node| reader.words(node)).unwrap_or_default(),
        steps: Vec::new(),
        tests: Vec::new(),
        rules: map.get("rules").map(|node| own_rules(reader, node)).unwrap_or_default(),
        upgrade: map.get("upgrade").map(|node| upgrade(reader, node)).unwrap_or_default(),
        structure: String::new(),
    };
    if !dialog.unless.is_empty() && !dialog.rescue {
        let message = "「不算」只能和「抢先: 是」一起写。请删去这一行。";
        reader.wrong(map.place("unless"), "E201", message);
    }
    if let Some(owner) = map.get("owner") {
        reader.text(owner);
    }
    if let Some(node) = map.get("entry")
        && let Some(entry) = reader.map(node, &shapes::ENTRY)
    {
        dialog.words = entry.get("words").map(|node| reader.words(node)).unwrap_or_default();
        dialog.menu_key = entry.get("menu_key").map(|node| reader.text(node).to_owned());
        dialog.sms = entry.get("sms").map(|node| reader.digit(node));
        dialog.pattern = entry.get("pattern").and_then(|node| reader.pattern(node));
        if let Some(node) = entry.get("intents") {
            for word in reader.words(node) {
                match INTENTS.iter().find(|(_, known)| *known == word) {
                    Some((intent, _)) => dialog.intents.push(*intent),
                    None => {
                        let all: Vec<&str> = INTENTS.iter().map(|(_, known)| *known).collect();
                        let message =
                            format!("没有「{word}」这个意图。可以写：{}。", all.join("、"));
                        reader.wrong(node.at, "E307", message);
                    }
                }
            }
        }
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

fn own_rules(reader: &mut Reader, node: &Node) -> OwnRules {
    let Some(map) = reader.map(node, &shapes::OWN_RULES) else { return OwnRules::default() };
    let hand_over_after =
        map.get("hand_over_after").and_then(|node| reader.count(node, "次", 1..=10));
    let remind = map.get("remind").and_then(|node| reader.duration(node));
    let expire = map.get("expire").and_then(|node| reader.duration(node));
    OwnRules { hand_over_after, remind, expire }
}

/// `改名: place→spot、old→new`, `丢弃: wage、card`
fn upgrade(reader: &mut Reader, node: &Node) -> Upgrade {
    let Some(map) = reader.map(node, &shapes::UPGRADE) else {
        return Upgrade::default();
    };
    let mut found = Upgrade::default();
    if let Some(node) = map.get("rename") {
        for pair in reader.words(node) {
            let names = pair.split_once('→').or_else(|| pair.split_once("->"));
            let names = names.map(|(from, to)| (from.trim().to_owned(), to.trim().to_owned()));
            match names.filter(|(from, to)| !from.is_empty() && !to.is_empty()) {
                Some(names) => found.rename.push(names),
                None => {
                    let at = reader.problems.find(node.at, &pair);
                    let message = format!("「{pair}」不对。请写成 旧名字→新名字。");
                    reader.wrong(at, "E232", message);
                }
            }
        }
    }
    if let Some(node) = map.get("discard") {
        found.discard = reader.words(node);
    }
    found
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
    script.dialogs.insert(dialog.id.clone(), Arc::new(dialog));
}
