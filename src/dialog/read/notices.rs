//! `通知`: what a villager is told when something happened to her case.

use crate::dialog::read::reader::Reader;
use crate::dialog::read::source::did_you_mean;
use crate::dialog::read::yaml::{Node, Tree};
use crate::dialog::script::actions::{NOTICE_FIELDS, NOTICES};
use crate::dialog::script::shapes;
use crate::dialog::script::words::{Path, Template, Words};
use crate::dialog::script::{Notice, Script};

pub(in crate::dialog) fn read_notices(
    reader: &mut Reader,
    root: &Node,
    file: &str,
    script: &mut Script,
) {
    let Some(map) = reader.map(root, &shapes::NOTICES_FILE) else { return };
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
    let Some(map) = reader.map(node, &shapes::NOTICE) else { return };
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
