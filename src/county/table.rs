//! Reading the tables of `county/`, and saying what is wrong with them.

use std::fmt;

/// What is wrong, where, and how to mend it, for the clerk who edits the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    pub file: String,
    /// From 1, the line with the names of the columns included; 0: the file as a whole.
    pub line: u64,
    pub column: Option<String>,
    pub message: String,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, " 第{}行", self.line)?;
        }
        if let Some(column) = &self.column {
            write!(f, "「{column}」列")?;
        }
        write!(f, "：{}", self.message)
    }
}

impl std::error::Error for TableError {}

/// One row, by the names of the columns.
pub(crate) struct Row<'a> {
    file: &'a str,
    pub line: u64,
    cells: Vec<(&'a str, String)>,
}

impl Row<'_> {
    /// Without surrounding blanks; empty when there is no such cell.
    pub fn get(&self, column: &str) -> &str {
        let cell = self.cells.iter().find(|(name, _)| *name == column);
        cell.map_or("", |(_, text)| text.as_str())
    }

    /// What is wrong with the cell of that column.
    pub fn wrong(&self, column: &str, message: String) -> TableError {
        TableError {
            file: self.file.to_owned(),
            line: self.line,
            column: Some(column.to_owned()),
            message,
        }
    }

    /// Several values in one cell, separated by `;` `；` `、` or `|`.
    pub fn list(&self, column: &str) -> Vec<String> {
        self.get(column)
            .split([';', '；', '、', '|'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

/// Reads a CSV table whose first line names `columns`; more columns are allowed.
/// A byte order mark and Windows line ends are fine. Every row that reads is handed to
/// `each`, which may add what is wrong with it.
pub(crate) fn read(
    file: &str,
    text: &str,
    columns: &[&str],
    errors: &mut Vec<TableError>,
    mut each: impl FnMut(&Row, &mut Vec<TableError>),
) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let wrong = |line: u64, column: Option<&str>, message: String| TableError {
        file: file.to_owned(),
        line,
        column: column.map(str::to_owned),
        message,
    };
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return errors.push(wrong(1, None, format!("读不懂（{error}）"))),
    };
    for column in columns {
        if !header.iter().any(|name| name == *column) {
            errors.push(wrong(1, Some(column), "第一行里没有这一列，请补上列名。".into()));
        }
    }
    if !errors.is_empty() {
        return;
    }
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let cells = header.iter().zip(record.iter());
                let cells = cells.map(|(name, cell)| (name, cell.to_owned())).collect();
                each(&Row { file, line, cells }, errors);
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let message = match error.kind() {
                    csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!(
                        "这一行有{len}格，应该是{expected_len}格。请看看是不是多了或少了逗号；格子里\
                         要写逗号时，请用双引号把整格括起来。"
                    ),
                    _ => format!("读不懂（{error}）"),
                };
                errors.push(wrong(line, None, message));
            }
        }
    }
}
