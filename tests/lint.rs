//! `bianmin lint`: one small broken script for each check with exactly what is said about it,
//! the forms for programs, what is mended without judgement, and the county's own dialogs.
//!
//! `fixtures/lint/<CODE>/` is a folder of dialogs and `expected.txt` the report of it;
//! `UPDATE_EXPECTED=1` writes the latter anew. `_全局.append.yaml` stands for the good
//! `_全局.yaml` with these lines at its end, and has it reported on as well.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bianmin::dialog::{self, Format, Lint, Severity, SourceFile};
use bianmin::office::Tables;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn tables() -> Tables {
    Tables::read(&root().join("county")).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

fn update() -> bool {
    std::env::var_os("UPDATE_EXPECTED").is_some()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn fixture(code: &str) -> Vec<SourceFile> {
    let folder_path = root().join("tests/fixtures/lint").join(code);
    let read = |name: &str| fs::read_to_string(folder_path.join(name)).unwrap();
    let good = fs::read_to_string(root().join("tests/fixtures/dialogs/good/_全局.yaml")).unwrap();
    let mut files = vec![SourceFile { name: "_全局.yaml".into(), text: good }];
    for name in names(&folder_path) {
        match name.as_str() {
            "_全局.append.yaml" => files[0].text.push_str(&read(&name)),
            "expected.txt" | BEFORE => {}
            folder if !folder.contains('.') => {
                for name in names(&folder_path.join(folder)) {
                    let name = format!("{folder}/{name}");
                    files.push(SourceFile { text: read(&name), name });
                }
            }
            _ => files.push(SourceFile { text: read(&name), name }),
        }
    }
    files
}

/// In a fixture: the dialogs that are live, while three people are in each.
const BEFORE: &str = "旧";

/// What W7 says about a change of what is live.
fn change_of(code: &str, new: &[SourceFile]) -> Vec<dialog::Diagnostic> {
    let folder = root().join("tests/fixtures/lint").join(code).join(BEFORE);
    if !folder.exists() {
        return Vec::new();
    }
    let mut before = vec![new[0].clone()];
    for name in names(&folder) {
        before.push(SourceFile { text: fs::read_to_string(folder.join(&name)).unwrap(), name });
    }
    let load =
        |files: &[SourceFile]| dialog::load(files).unwrap_or_else(|found| panic!("{found:?}"));
    let people = ["lend", "greet"].map(|id| (id.to_owned(), 3)).into();
    dialog::running(&load(&before), &load(new), &people)
}

/// Without what is said about the good `_全局.yaml`, unless the fixture is about it.
fn lint_of(code: &str, tables: &Tables) -> Lint {
    let files = fixture(code);
    let mut lint = dialog::lint(&files, &tables.reader());
    let own = root().join("tests/fixtures/lint").join(code).join("_全局.append.yaml");
    if !own.exists() {
        lint.found.retain(|found| found.file != "_全局.yaml");
    }
    lint.found.extend(change_of(code, &files));
    lint
}

fn fixtures() -> Vec<String> {
    names(&root().join("tests/fixtures/lint"))
}

#[test]
fn each_check_says_what_it_found() {
    let tables = tables();
    let mut wrong = Vec::new();
    for name in fixtures() {
        let code = name.split('-').next().unwrap();
        let lint = lint_of(&name, &tables);
        if !lint.found.iter().any(|found| found.code == code) {
            wrong.push(format!("{name}: {code} was not said"));
        }
        let said = lint.write(Format::Text, "dialogs");
        let path = root().join("tests/fixtures/lint").join(&name).join("expected.txt");
        if update() {
            fs::write(&path, &said).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if said != expected {
            wrong.push(format!("{name}: expected\n{expected}\nfound\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Codes that stand in the sources of a folder.
fn codes_in(folder: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for name in names(&root().join(folder)) {
        let path = root().join(folder).join(&name);
        if path.is_dir() || name == "checks.rs" {
            continue;
        }
        let source = fs::read_to_string(path).unwrap();
        for (at, _) in source.match_indices('"') {
            let rest = &source[at + 1..];
            let code: String = rest.chars().take(4).collect();
            let is_code = code.starts_with(['E', 'W', 'I'])
                && code[1..].bytes().all(|b| b.is_ascii_digit())
                && code.len() == 4
                && rest[4..].starts_with('"');
            if is_code {
                codes.insert(code);
            }
        }
    }
    codes
}

#[test]
fn no_check_is_without_a_fixture_and_no_code_without_a_check() {
    let shown: BTreeSet<String> =
        fixtures().iter().map(|name| name.split('-').next().unwrap().to_owned()).collect();
    let mut own = codes_in("src/dialog/lint");
    assert!(own.len() > 25, "only {} codes were found", own.len());
    own.insert("W901".into());
    let missing: Vec<&String> = own.difference(&shown).collect();
    assert!(missing.is_empty(), "no fixture for {missing:?}");
    let stale: Vec<&String> = shown.difference(&own).collect();
    assert!(stale.is_empty(), "nothing says {stale:?} any more");
    let rooms = [
        codes_in("src/dialog/read"),
        codes_in("src/dialog/read/check"),
        codes_in("src/dialog/rehearse"),
        own,
    ];
    let all: BTreeSet<String> = rooms.into_iter().flatten().collect();
    let homeless: Vec<&String> =
        all.iter().filter(|code| *code != "W901" && dialog::check_of(code).is_none()).collect();
    assert!(homeless.is_empty(), "{homeless:?} belong to no check");
    let numbers: BTreeSet<&str> =
        all.iter().filter_map(|code| Some(dialog::check_of(code)?.number)).collect();
    let silent: Vec<&str> = dialog::CHECKS
        .iter()
        .map(|check| check.number)
        .filter(|number| !numbers.contains(number))
        .collect();
    assert!(silent.is_empty(), "nothing is said under {silent:?}");
}

#[test]
fn the_manual_has_the_table_of_checks() {
    let path = root().join("docs/lint.md");
    let mut manual = fs::read_to_string(&path).unwrap();
    if update() {
        let from = manual.find("| 检查 |").unwrap();
        let until = from + manual[from..].find("\n\n").unwrap() + 1;
        manual.replace_range(from..until, &dialog::check_table());
        fs::write(&path, &manual).unwrap();
    }
    assert!(
        manual.contains(&dialog::check_table()),
        "docs/lint.md should hold this table:\n{}",
        dialog::check_table()
    );
}

#[test]
fn the_mark_stands_below_the_character() {
    let lint = lint_of("W304", &tables());
    let text = lint.write(Format::Text, "dialogs");
    let lines: Vec<&str> = text.lines().collect();
    let column = |line: &str, mark: char| -> usize {
        let before = line.chars().take_while(|c| *c != mark);
        before.map(|c| unicode_width::UnicodeWidthChar::width(c).unwrap()).sum()
    };
    let at = lines.iter().position(|line| line.contains('^')).unwrap();
    assert_eq!(column(lines[at - 1], '你'), column(lines[at], '^'), "{text}");
}

#[test]
fn json_says_the_same_as_the_text() {
    let lint = lint_of("E805", &tables());
    let json: Value = serde_json::from_str(&lint.write(Format::Json, "dialogs")).unwrap();
    assert_eq!(json["errors"], lint.count(Severity::Error));
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings.len(), lint.found.len());
    let found = findings.iter().find(|found| found["code"] == "E805").unwrap();
    assert_eq!(found["check"], "E8");
    assert_eq!(found["severity"], "error");
    assert_eq!(found["file"], "dialogs/试.yaml");
    assert!(found["text"].as_str().unwrap().contains("【address】"));
    let valid = validator("tests/fixtures/lint-json.schema.json");
    valid(&json);
}

/// A JSON Schema in our tests, and the words of what does not keep to it.
fn validator(path: &str) -> impl Fn(&Value) {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    move |json: &Value| {
        let wrong: Vec<String> = validator
            .iter_errors(json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Against what SARIF 2.1.0 requires of the objects that we write, as a schema of our own:
/// the whole standard's has objects by the dozen that we never write.
#[test]
fn sarif_keeps_to_the_standard() {
    let tables = tables();
    let valid = validator("tests/fixtures/sarif-essential.schema.json");
    for name in fixtures() {
        let lint = lint_of(&name, &tables);
        let sarif: Value = serde_json::from_str(&lint.write(Format::Sarif, "dialogs")).unwrap();
        valid(&sarif);
        let run = &sarif["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), lint.found.len());
        // What the schema can not say: a rule is found under its number.
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
    }
}

/// What the county's clerks see: nothing that keeps it from going live, and few reminders.
#[test]
fn the_countys_own_dialogs_have_no_errors() {
    let files = bianmin::office::read_files(&root().join("dialogs")).unwrap();
    let errors = dialog::lint(&files, &tables().reader()).errors();
    assert!(errors.found.is_empty(), "{}", errors.write(Format::Text, "dialogs"));
}

#[test]
fn code_hosts_get_a_line_for_each_finding() {
    let lint = lint_of("W304", &tables());
    let text = lint.write(Format::Github, "dialogs");
    assert_eq!(text.lines().count(), lint.found.len());
    assert!(text.contains("::warning file=dialogs/试.yaml,line=8,col=8,title=W304::"), "{text}");
}

#[test]
fn what_needs_no_judgement_is_mended() {
    let folder = root().join("tests/fixtures/mend");
    let tables = tables();
    let good = fixture("W101").remove(0);
    let mut wrong = Vec::new();
    for name in names(&folder).iter().filter(|name| name.ends_with(".before.yaml")) {
        let after = folder.join(name.replace(".before.", ".after."));
        let file = |text: String| SourceFile { name: "试.yaml".into(), text };
        let before = file(fs::read_to_string(folder.join(name)).unwrap());
        let mended = dialog::mend(&before).unwrap();
        if update() {
            fs::write(&after, &mended).unwrap();
        }
        if mended != fs::read_to_string(&after).unwrap_or_default() {
            wrong.push(format!("{name}: found\n{mended}"));
        }
        assert_eq!(dialog::mend(&file(mended.clone())), None, "{name} is mended twice");
        // The mistakes were there, and a second run finds none of them.
        let typing = |text: String| -> Vec<String> {
            let lint = dialog::lint(&[good.clone(), file(text)], &tables.reader());
            let found = lint.found.into_iter().filter(|found| {
                found.file != good.name
                    && dialog::check_of(found.code).is_some_and(|check| check.number == "E1")
            });
            found.map(|found| found.to_string()).collect()
        };
        assert!(!typing(before.text).is_empty(), "{name}: nothing is wrong with it");
        assert_eq!(typing(mended), Vec::<String>::new(), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever stands in a file, mending it twice is mending it once, and no line is lost.
#[test]
fn mending_is_idempotent_on_all_broken_scripts() {
    let mut count = 0;
    let folder = root().join("tests/fixtures/dialogs");
    for name in names(&folder).iter().filter(|name| name.ends_with(".yaml")) {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let lines = text.lines().count();
        let file = SourceFile { name: name.clone(), text };
        let Some(text) = dialog::mend(&file) else { continue };
        count += 1;
        assert_eq!(text.lines().count(), lines, "{name}");
        let again = SourceFile { name: name.clone(), text };
        assert_eq!(dialog::mend(&again), None, "{name}");
    }
    assert!(count > 5, "only {count} were mended");
}
