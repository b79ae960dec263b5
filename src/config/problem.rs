//! One thing that is wrong in `config.toml`.

use std::fmt;
use std::ops::Range;

/// Where, what is wrong, and what to do. Lines and columns count from 1, columns in
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// The line itself.
    pub line_text: String,
    pub what: String,
    pub mend: String,
}

impl Problem {
    pub(super) fn at(
        file: &str,
        text: &str,
        span: Range<usize>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let start = span.start.min(text.len());
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let line_text = text.lines().nth(line - 1).unwrap_or_default().trim().to_owned();
        Self { file: file.into(), line, column, line_text, what: what.into(), mend: mend.into() }
    }
}

/// The file as it was read, without secrets: they never stand in it.
#[derive(Debug, Clone, Default)]
pub struct Source {
    pub file: String,
    pub text: String,
}

impl Source {
    /// A problem at `key = ` of `[section]`; at the section's head when there is no such line.
    pub fn problem(
        &self,
        section: &str,
        key: &str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Problem {
        Problem::at(&self.file, &self.text, place(&self.text, section, key), what, mend)
    }
}

/// Where `key = ` stands in `[section]`; plain values carry no span of their own.
pub(super) fn place(text: &str, section: &str, key: &str) -> Range<usize> {
    let (mut at, mut inside, mut head) = (0, false, 0..0);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let span = at..at + line.trim_end().len();
        if trimmed.starts_with('[') {
            inside = trimmed.starts_with(&format!("[{section}]"));
            if inside {
                head = span;
            }
        } else if inside && trimmed.split_once('=').is_some_and(|(name, _)| name.trim() == key) {
            return span;
        }
        at += line.len();
    }
    head
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} 第{}行第{}列：{}\n    {}\n    {}",
            self.file, self.line, self.column, self.what, self.line_text, self.mend
        )
    }
}
