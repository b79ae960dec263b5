//! Every mistake that a script can have, with the words in which a clerk is told about it.
//!
//! `fixtures/dialogs/<CODE>[-name].yaml` is a broken script and `.expected` what is said about
//! it; `UPDATE_EXPECTED=1` writes the latter anew. Three things spare us long fixtures:
//! a line that ends in ` ×20` stands for twenty of them, `#### 名字.yaml` begins another file,
//! and a fixture whose name ends in 全局 is loaded without the good `_全局.yaml`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bianmin::dialog::{self, SourceFile};

const FIXTURES: &str = "tests/fixtures/dialogs";

fn files_of(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|known| known == extension)).collect();
    found.sort();
    found
}

/// Broken scripts, and tables that can not even be read.
fn fixtures() -> Vec<PathBuf> {
    ["yaml", "csv", "xlsx"].iter().flat_map(|kind| files_of(FIXTURES, kind)).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

fn good_globals() -> SourceFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FIXTURES).join("good/_全局.yaml");
    SourceFile { name: "_全局.yaml".into(), text: fs::read_to_string(path).unwrap() }
}

fn script_of(path: &Path) -> Vec<SourceFile> {
    let name = stem(path);
    let mut files = vec![SourceFile { name: format!("{name}.yaml"), text: String::new() }];
    for line in fs::read_to_string(path).unwrap().split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("#### ") {
            files.push(SourceFile { name: name.trim().to_owned(), text: String::new() });
            continue;
        }
        let text = &mut files.last_mut().unwrap().text;
        match line.trim_end().rsplit_once(" ×").map(|(line, times)| (line, times.parse())) {
            Some((line, Ok(times))) => text.push_str(&format!("{line}\n").repeat(times)),
            _ => text.push_str(line),
        }
    }
    if !name.ends_with("全局") {
        files.push(good_globals());
    }
    files
}

#[test]
fn a_script_without_mistakes_loads() {
    let dialog = "对话: ask_name\n名称: 问名字\n入口:\n  词: 问名字\n步骤:\n  - 说: 您好。\n";
    let files = [SourceFile { name: "好.yaml".into(), text: dialog.into() }, good_globals()];
    let found = dialog::load(&files).err().unwrap_or_default();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_mistake_is_told_where_what_and_how() {
    let update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut wrong = Vec::new();
    for path in fixtures() {
        let name = stem(&path);
        let found = if path.extension().is_some_and(|kind| kind == "yaml") {
            dialog::load(&script_of(&path)).err().unwrap_or_default()
        } else {
            let name = format!("表/{}", path.file_name().unwrap().to_str().unwrap());
            dialog::decode(&name, &fs::read(&path).unwrap()).err().into_iter().collect()
        };
        let code = name.split('-').next().unwrap();
        if !found.iter().any(|diagnostic| diagnostic.code == code) {
            wrong.push(format!("{name}: {code} was not said"));
        }
        let said: String = found.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
        let expected_path = path.with_extension("expected");
        if update {
            fs::write(&expected_path, &said).unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if said != expected {
            wrong.push(format!("{name}: expected\n{expected}found\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_mistake_is_without_a_fixture() {
    let shown: BTreeSet<String> =
        fixtures().iter().map(|path| stem(path).split('-').next().unwrap().to_owned()).collect();
    let mut codes = BTreeSet::new();
    let rooms = ["src/dialog/read", "src/dialog/read/check", "src/dialog/rehearse"];
    for path in rooms.iter().flat_map(|room| files_of(room, "rs")) {
        let source = fs::read_to_string(path).unwrap();
        for part in source.split("\"E").skip(1) {
            let code: String = part.chars().take_while(char::is_ascii_digit).collect();
            if code.len() == 3 && part[3..].starts_with('"') {
                codes.insert(format!("E{code}"));
            }
        }
    }
    assert!(codes.len() > 50, "only {} codes were found", codes.len());
    let missing: Vec<&String> = codes.difference(&shown).collect();
    assert!(missing.is_empty(), "no fixture for {missing:?}");
    let stale: Vec<&String> = shown.difference(&codes).collect();
    assert!(stale.is_empty(), "nothing says {stale:?} any more");
}
