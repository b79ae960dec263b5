//! The rules of the house (ARCHITECTURE.md): arrows point down, pure floors are pure,
//! files stay small, nothing unwraps, and the manual does not go stale.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Floors from the ground up. A module may use those on lower floors only.
const FLOORS: &[&[&str]] = &[
    &["zh"],
    &["county", "calendar"],
    &["meaning"],
    &["dialog", "desk", "shop"],
    &["config"],
    &["channel", "store"],
    &["office"],
    &["web"],
    &["cli"],
];
const PURE: &[&str] = &["zh", "county", "calendar", "meaning", "dialog", "desk", "shop", "channel"];
const LINES_MAX: usize = 800;

/// What a pure floor must not name: I/O, clock, randomness, threads, globals that change.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io",
    "Timestamp::now",
    "ZonedDateTime::now",
    "SystemTime",
    "Instant",
    "getrandom",
    "tokio::",
    "reqwest",
    "static mut",
    "println!",
    "eprintln!",
    "tracing::",
];

struct Source {
    path: PathBuf,
    module: String,
    /// Without its tests.
    text: String,
    whole: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let first = inside.iter().next().unwrap().to_string_lossy();
                let module = first.trim_end_matches(".rs").to_owned();
                let whole = fs::read_to_string(&path).unwrap();
                let text = whole.split("#[cfg(test)]\nmod ").next().unwrap().to_owned();
                found.push(Source { path: inside.to_owned(), module, text, whole });
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    leave_out_tests(&mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Files that their folder's mod.rs declares under `#[cfg(test)]`.
fn leave_out_tests(found: &mut [Source]) {
    let mut tests = Vec::new();
    for source in found.iter() {
        for part in source.whole.split("#[cfg(test)]\nmod ").skip(1) {
            if let Some((name, _)) = part.split_once(';')
                && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            {
                let folder = source.path.parent().unwrap();
                let stem = source.path.file_stem().unwrap();
                tests.push(folder.join(format!("{name}.rs")));
                tests.push(folder.join(stem).join(format!("{name}.rs")));
            }
        }
    }
    for source in found.iter_mut().filter(|source| tests.contains(&source.path)) {
        source.text.clear();
    }
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// Names that `use crate::...` and `crate::...` lead to.
fn arrows(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            for part in group.split(',') {
                if depth == 0 {
                    let name = part.trim().split(|c: char| !(c.is_alphanumeric() || c == '_'));
                    found.extend(name.take(1).filter(|n| !n.is_empty()).map(str::to_owned));
                }
                depth += part.matches('{').count() as i32 - part.matches('}').count() as i32;
                if depth < 0 {
                    break;
                }
            }
        } else {
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push(name);
        }
    }
    found
}

fn report(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn arrows_point_down() {
    let mut problems = Vec::new();
    for source in sources() {
        let Some(own) = floor(&source.module) else { continue };
        for name in arrows(&source.whole) {
            let Some(other) = floor(&name) else { continue };
            if name != source.module && other >= own {
                problems.push(format!(
                    "src/{}: {} (floor {}) must not use {name} (floor {})",
                    source.path.display(),
                    source.module,
                    own + 1,
                    other + 1
                ));
            }
        }
    }
    report(problems);
}

#[test]
fn every_module_has_a_floor() {
    let missing = sources()
        .iter()
        .filter(|source| !["lib", "main"].contains(&&*source.module))
        .filter(|source| floor(&source.module).is_none())
        .map(|source| format!("src/{} is on no floor", source.path.display()))
        .collect();
    report(missing);
}

#[test]
fn pure_floors_are_pure() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&&*source.module)) {
        for (n, line) in source.text.lines().enumerate() {
            // A cursor reads bytes that are there already.
            let code = line.split("//").next().unwrap_or_default().replace("std::io::Cursor", "");
            for word in IMPURE {
                if code.contains(word) {
                    let path = source.path.display();
                    problems.push(format!("src/{path}:{}: {word} in a pure floor", n + 1));
                }
            }
        }
    }
    report(problems);
}

/// Only the office commits; only the store knows sled, only the dialog YAML, only the
/// channel XML.
#[test]
fn each_thing_is_known_in_one_place() {
    let places: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("sled::", &["store"][..]),
        ("tokio_postgres", &["store"][..]),
        ("saphyr", &["dialog"][..]),
        ("quick_xml", &["channel"][..]),
        ("reqwest", &["office", "cli"][..]),
        (".commit(", &["office", "store"][..]),
        ("axum::", &["web", "cli"][..]),
    ]);
    let mut problems = Vec::new();
    for source in sources() {
        for (word, allowed) in &places {
            let code = |line: &str| line.split("//").next().is_some_and(|code| code.contains(word));
            if source.text.lines().any(code) && !allowed.contains(&&*source.module) {
                let path = source.path.display();
                problems.push(format!("src/{path}: {word} belongs to {}", allowed.join(", ")));
            }
        }
    }
    report(problems);
}

#[test]
fn nothing_unwraps_outside_tests() {
    let mut problems = Vec::new();
    for source in sources() {
        for (n, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for word in
                [".unwrap()", "todo!(", "unimplemented!(", "allow(dead_code)", "allow(unused"]
            {
                if code.contains(word) {
                    problems.push(format!("src/{}:{}: {word}", source.path.display(), n + 1));
                }
            }
        }
    }
    report(problems);
}

#[test]
fn files_are_rooms_not_halls() {
    let long = sources()
        .iter()
        .filter(|source| source.whole.lines().count() > LINES_MAX)
        .map(|source| format!("src/{}: over {LINES_MAX} lines", source.path.display()))
        .collect();
    report(long);
}

#[test]
fn files_are_named_for_the_thing_in_them() {
    let vague = ["util", "utils", "common", "helper", "helpers", "manager", "service", "core"];
    let found = sources()
        .iter()
        .filter(|source| {
            source
                .path
                .iter()
                .any(|part| vague.contains(&part.to_string_lossy().trim_end_matches(".rs")))
        })
        .map(|source| format!("src/{} says nothing", source.path.display()))
        .collect();
    report(found);
}

/// ARCHITECTURE.md has a line for each dependency, and none for what is not there.
#[test]
fn each_dependency_has_its_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let map = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let mut inside = false;
    let mut problems = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside
            && let Some((name, _)) = line.split_once('=')
            && !map.contains(&format!("`{}`", name.trim()))
        {
            problems.push(format!("ARCHITECTURE.md does not say what {} is for", name.trim()));
        }
    }
    report(problems);
}
