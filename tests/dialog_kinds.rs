//! Scripts that show what the language can do, each a folder of `fixtures/scripts` with the
//! transcripts that must come true. The sentences of the engine are those of the fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use bianmin::county::Places;
use bianmin::dialog::{self, SourceFile};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn files_of(folder: &Path, prefix: &str) -> Vec<SourceFile> {
    let mut files = Vec::new();
    for path in entries(folder) {
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            files.extend(files_of(&path, &format!("{name}/")));
        } else {
            files.push(dialog::decode(&name, &fs::read(&path).unwrap()).unwrap());
        }
    }
    files
}

#[test]
fn every_script_does_what_its_transcripts_say() {
    let table = |name: &str| fs::read_to_string(root().join(format!("county/{name}.csv"))).unwrap();
    let places = Places::parse(&table("places"), &table("aliases"), &table("neighbours")).unwrap();
    let globals = files_of(&root().join("tests/fixtures/dialogs/good"), "");
    let mut failures = Vec::new();
    let folders = entries(&root().join("tests/fixtures/scripts"));
    for folder in &folders {
        let files = [globals.clone(), files_of(folder, "")].concat();
        match dialog::load(&files) {
            Ok(script) => {
                let report = dialog::run_tests(&script, &places);
                if !report.passed() || report.run == 0 {
                    failures.push(format!("{}: {report}", folder.display()));
                }
            }
            Err(found) => failures.extend(found.iter().map(ToString::to_string)),
        }
    }
    assert!(failures.is_empty() && !folders.is_empty(), "{}", failures.join("\n"));
}
