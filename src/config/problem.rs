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

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} 第{}行第{}列：{}\n    {}\n    {}",
            self.file, self.line, self.column, self.what, self.line_text, self.mend
        )
    }
}
