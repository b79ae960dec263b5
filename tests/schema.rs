//! The JSON Schema that editors read: it is kept in `dialogs/`, every file names it, and every
//! file keeps to it.

use std::fs;
use std::path::Path;

use bianmin::dialog::{self, Lang};
use bianmin::office::read_files;
use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

const NAME: &str = "对话.schema.json";

fn dialogs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs")
}

/// YAML as an editor reads it; every scalar is a text.
fn json(text: &str) -> Value {
    enum Open {
        List(Vec<Value>),
        Map(Map<String, Value>, Option<String>),
    }
    let mut stack: Vec<Open> = Vec::new();
    let mut root = Value::Null;
    for event in Parser::new_from_str(text) {
        let done = match event.unwrap().0 {
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::SequenceStart(..) => {
                stack.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                stack.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop().unwrap() {
                Open::List(items) => Value::Array(items),
                Open::Map(entries, _) => Value::Object(entries),
            },
            _ => continue,
        };
        match stack.last_mut() {
            None => root = done,
            Some(Open::List(items)) => items.push(done),
            Some(Open::Map(entries, key)) => match key.take() {
                None => *key = Some(done.as_str().unwrap().to_owned()),
                Some(key) => {
                    entries.insert(key, done);
                }
            },
        }
    }
    root
}

fn validator(lang: Lang) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&dialog::schema(lang)).unwrap();
    jsonschema::draft7::meta::validate(&schema).unwrap_or_else(|error| panic!("{error}"));
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn the_kept_schema_is_the_one_that_the_program_writes() {
    let path = dialogs().join(NAME);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, dialog::schema(Lang::Zh)).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(kept == dialog::schema(Lang::Zh), "write it anew: bianmin schema > dialogs/{NAME}");
}

#[test]
fn the_countys_files_name_the_schema_and_keep_to_it() {
    let validator = validator(Lang::Zh);
    let mut count = 0;
    for file in read_files(&dialogs()).unwrap().iter().filter(|file| file.name.ends_with(".yaml")) {
        count += 1;
        let first = file.text.lines().next().unwrap();
        assert_eq!(first, format!("# yaml-language-server: $schema={NAME}"), "{}", file.name);
        let wrong: Vec<String> = validator
            .iter_errors(&json(&file.text))
            .map(|error| format!("{}: {}", error.instance_path(), error))
            .collect();
        assert!(wrong.is_empty(), "{}: {}", file.name, wrong.join("\n"));
    }
    assert!(count >= 5, "only {count} files were looked at");
}

fn yaml_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|kind| kind == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What the loader reads in our other tests, an editor must not underline.
#[test]
fn what_the_loader_reads_is_valid() {
    let (zh, en) = (validator(Lang::Zh), validator(Lang::En));
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut count = 0;
    for folder in ["scripts", "dialogs/good"] {
        for path in yaml_files(&fixtures.join(folder)) {
            count += 1;
            let text = fs::read_to_string(&path).unwrap();
            let validator =
                if text.contains("步骤:") || text.contains("通用:") { &zh } else { &en };
            let wrong: Vec<String> =
                validator.iter_errors(&json(&text)).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{}: {}", path.display(), wrong.join("\n"));
        }
    }
    assert!(count > 5, "only {count} files were looked at");
}

/// What the loader says under these codes is about keys and words that the schema knows too.
#[test]
fn what_the_loader_refuses_an_editor_underlines() {
    const CODES: [&str; 13] = [
        "E200", "E201", "E202", "E203", "E204", "E206", "E220", "E221", "E223", "E225", "E306",
        "E312", "E500",
    ];
    /// Which command has a text of its own, and which button opens others.
    const NOT_TOLD: [&str; 2] = ["E201-口令-全局", "E201-子菜单-全局"];
    let zh = validator(Lang::Zh);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dialogs");
    let mut seen = std::collections::BTreeSet::new();
    for path in yaml_files(&folder) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let code = name.split('-').next().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        if !CODES.contains(&code) || NOT_TOLD.contains(&name) || text.contains("#### ") {
            continue;
        }
        seen.insert(code.to_owned());
        assert!(!zh.is_valid(&json(&text)), "{name} is refused by the loader only");
    }
    assert_eq!(seen.len(), CODES.len(), "{seen:?}");
}

#[test]
fn mistakes_are_seen_in_either_language() {
    let zh = validator(Lang::Zh);
    let en = validator(Lang::En);
    let good = "对话: a\n名称: 甲\n步骤:\n  - 问: b\n    类型: 村庄\n    说: 在哪个村？\n";
    assert!(zh.is_valid(&json(good)));
    assert!(!en.is_valid(&json(good)));
    let english =
        "dialog: a\nname: 甲\nsteps:\n  - ask: b\n    type: village\n    say: 在哪个村？\n";
    assert!(en.is_valid(&json(english)));
    for (right, wrong) in [
        ("类型: 村庄", "类型: 村子"),
        ("类型: 村庄", "类形: 村庄"),
        ("名称: 甲\n", ""),
        ("  - 问: b\n    类型", "  - 类型"),
        ("类型: 村庄", "类型: 村庄\n    至少: 3字"),
        ("步骤:", "规矩:\n  短信最多几条: 3\n步骤:"),
        ("步骤:", "入口:\n  词语: 报名\n步骤:"),
        ("步骤:", "测试:\n  - 名称: 好\n    渠道: 电话\n    现场: 村民：好\n步骤:"),
        ("步骤:\n", "步骤:\n  - 办: 立案\n    失败: 办不了。\n"),
        ("步骤:\n", "步骤:\n  - 去: b\n    说: 走。\n"),
        ("说: 在哪个村？", "说:\n      微信: 在哪个村？"),
    ] {
        assert!(!zh.is_valid(&json(&good.replace(right, wrong))), "{wrong}");
    }
}
