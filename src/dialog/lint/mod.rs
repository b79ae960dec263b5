//! All checks of a script before it goes live: those of the loader, and those that need to know
//! how a conversation would run. Pure: files and the county's tables in, findings out.

mod allowed;
mod checks;
mod covered;
mod lengths;
mod mend;
mod options;
mod paths;
mod patterns;
mod report;
mod running;
mod spare;
mod translated;
mod typing;
mod ways;
mod wording;

use crate::dialog::read::check;
use crate::dialog::read::lower::{load, read_all};
use crate::dialog::read::source::{Diagnostic, Problems, SourceFile};
use crate::dialog::read::yaml::Place;
use crate::meaning::Reader;

pub use checks::{CHECKS, Check, Severity, check_of};
pub use mend::mend;
pub use report::{Format, table as check_table};
pub use running::running;

/// What was found in all files, ordered by file and line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lint {
    pub found: Vec<Diagnostic>,
    /// Warnings that a remark in the file allows.
    pub allowed: usize,
    pub files: usize,
}

impl Lint {
    pub fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|found| Severity::of(found.code) == severity).count()
    }

    /// Only what stops publishing.
    pub fn errors(mut self) -> Self {
        self.found.retain(|found| Severity::of(found.code) == Severity::Error);
        self
    }

    /// Nothing that stops publishing.
    pub fn passed(&self) -> bool {
        self.count(Severity::Error) == 0
    }
}

/// Every check over every file. A file that does not read is reported and the others are
/// looked at all the same; what only shows when all are there waits until all read.
pub fn lint(files: &[SourceFile], reader: &Reader<'_>) -> Lint {
    let (script, found) = read_all(files);
    let mut findings = Findings { files, found };
    let broken: Vec<String> = findings.found.iter().map(|wrong| wrong.file.clone()).collect();
    if broken.is_empty() {
        findings.found = check::script(&script, files);
    }
    let all_read = findings.found.is_empty();
    typing::check(&mut findings);
    let mut sound = script.clone();
    sound.dialogs.retain(|_, dialog| !broken.contains(&dialog.file));
    for dialog in sound.dialogs.values() {
        ways::check(&mut findings, dialog, &sound);
        options::check(&mut findings, dialog, &sound);
        patterns::check(&mut findings, dialog);
        spare::check(&mut findings, dialog);
    }
    if broken.is_empty() {
        spare::tables(&mut findings, &sound);
    }
    lengths::check(&mut findings, &sound, reader);
    wording::check(&mut findings, &sound);
    // The transcripts run into other dialogs and into the sentences of all.
    if all_read {
        match load(files) {
            Ok(script) => {
                translated::check(&mut findings, &script);
                covered::check(&mut findings, &script, reader);
            }
            Err(found) => findings.found.extend(found),
        }
    }
    let mut found = findings.found;
    found.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.file.clone(), d.line, d.column, d.code);
        key(a).cmp(&key(b))
    });
    found.dedup();
    let (found, allowed) = allowed::sift(files, found);
    Lint { found, allowed, files: files.len() }
}

/// Collects what the checks say, each at a place in a file.
struct Findings<'a> {
    files: &'a [SourceFile],
    found: Vec<Diagnostic>,
}

impl Findings<'_> {
    /// At the first `text` at or behind `from`.
    fn add(&mut self, file: &str, from: Place, text: &str, code: &'static str, message: String) {
        let Some(file) = self.files.iter().find(|known| known.name == file) else { return };
        let mut problems = Problems::of(file);
        let first = text.lines().next().unwrap_or_default();
        let at = problems.find(from, first);
        problems.add(at, code, message);
        self.found.append(&mut problems.found);
    }
}
