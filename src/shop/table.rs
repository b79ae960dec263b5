//! A table that somebody uploaded: cells as text, and every mistake with its row and column.

use std::fmt;

use serde_json::Value;

pub const ROWS_MAX: usize = 20_000;
pub const COLUMNS_MAX: usize = 100;
pub const CELL_CHARS_MAX: usize = 2_000;

/// What is wrong, where, and how to mend it, for the one who keeps the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// As the program that shows the table counts: the heading is row 1. 0: the whole table.
    pub row: usize,
    pub column: String,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.row > 0 {
            write!(f, "第{}行", self.row)?;
        }
        if !self.column.is_empty() {
            write!(f, "「{}」列", self.column)?;
        }
        if self.row > 0 || !self.column.is_empty() {
            f.write_str("：")?;
        }
        f.write_str(&self.what)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Table {
    heading: Vec<String>,
    /// Row number and cells; rows without a cell are left out.
    rows: Vec<(usize, Vec<String>)>,
}

#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub number: usize,
    heading: &'a [String],
    cells: &'a [String],
}

impl Table {
    /// `rows`: all of them, the heading first.
    pub fn new(rows: Vec<Vec<String>>) -> Result<Self, Problem> {
        let whole = |what: String| Problem { row: 0, column: String::new(), what };
        if rows.len() > ROWS_MAX + 1 {
            return Err(whole(format!("表太长，最多{ROWS_MAX}行。请分几次传。")));
        }
        let mut rows = rows.into_iter().enumerate().map(|(n, cells)| (n + 1, cells));
        let Some((_, heading)) = rows.next() else {
            return Err(whole("表是空的。请用带表头的模板。".into()));
        };
        if heading.len() > COLUMNS_MAX {
            return Err(whole(format!("列太多，最多{COLUMNS_MAX}列。")));
        }
        let heading: Vec<String> = heading.iter().map(|name| name.trim().to_owned()).collect();
        let rows: Vec<_> = rows
            .map(|(n, cells)| (n, cells.iter().map(|cell| cell.trim().to_owned()).collect()))
            .filter(|(_, cells): &(usize, Vec<String>)| cells.iter().any(|cell| !cell.is_empty()))
            .collect();
        Ok(Self { heading, rows })
    }

    /// From CSV text; a byte order mark is fine.
    pub fn from_csv(text: &str) -> Result<Self, Problem> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows: Vec<Vec<String>> = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| Problem {
                row: rows.len() + 1,
                column: String::new(),
                what: format!("这一行读不出来（{error}）。请看引号是不是成对。"),
            })?;
            // Blank lines are no records, but they are lines: the reader begins before them.
            let line = record.position().map_or(0, |at| {
                let rest = text.as_bytes().get(at.byte() as usize..).unwrap_or_default();
                let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
                at.line() as usize + blank.filter(|byte| **byte == b'\n').count()
            });
            while rows.len() + 1 < line && rows.len() <= ROWS_MAX {
                rows.push(Vec::new());
            }
            rows.push(record.iter().map(str::to_owned).collect());
        }
        Self::new(rows)
    }

    /// From JSON: a list of objects, each a row, with the columns' names as keys. A row counts
    /// by its place in the list, from 1.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Problem> {
        let whole = |what: String| Problem { row: 0, column: String::new(), what };
        let objects: Vec<serde_json::Map<String, Value>> =
            serde_json::from_slice(bytes).map_err(|error| {
                whole(format!("要写成一列对象，例如 [{{\"编号\":\"A1\"}}]（{error}）。"))
            })?;
        if objects.len() > ROWS_MAX {
            return Err(whole(format!("表太长，最多{ROWS_MAX}行。请分几次传。")));
        }
        let mut heading: Vec<String> = Vec::new();
        for name in objects.iter().flat_map(|object| object.keys()) {
            if !heading.contains(name) {
                heading.push(name.clone());
            }
            if heading.len() > COLUMNS_MAX {
                return Err(whole(format!("列太多，最多{COLUMNS_MAX}列。")));
            }
        }
        let mut rows = Vec::new();
        for (number, object) in (1..).zip(&objects) {
            let mut cells = Vec::new();
            for name in &heading {
                let cell = match object.get(name) {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.trim().to_owned(),
                    Some(Value::Number(number)) => number.to_string(),
                    Some(Value::Bool(yes)) => if *yes { "是" } else { "否" }.to_owned(),
                    Some(Value::Array(_) | Value::Object(_)) => {
                        let what = "要写文字、数字或是否；几个词用顿号隔开。".to_owned();
                        return Err(Problem { row: number, column: name.clone(), what });
                    }
                };
                cells.push(cell);
            }
            rows.push((number, cells));
        }
        Ok(Self { heading, rows })
    }

    /// One problem for each column that must be there and is not.
    pub fn missing(&self, columns: &[&str]) -> Vec<Problem> {
        let lacking = columns.iter().filter(|column| !self.has(column));
        lacking
            .map(|column| Problem {
                row: 1,
                column: (*column).to_owned(),
                what: "表头里没有这一列，请加上。".into(),
            })
            .collect()
    }

    pub fn has(&self, column: &str) -> bool {
        self.heading.iter().any(|name| name == column)
    }

    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(number, cells)| Row {
            number: *number,
            heading: &self.heading,
            cells,
        })
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<'a> Row<'a> {
    /// Empty when there is no such cell.
    pub fn get(&self, column: &str) -> &'a str {
        let at = self.heading.iter().position(|name| name == column);
        at.and_then(|at| self.cells.get(at)).map_or("", |cell| cell.as_str())
    }

    /// Several words in one cell.
    pub fn list(&self, column: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let parts = self.get(column).split(['、', ';', '；', '|', '，']);
        parts.map(str::trim).filter(|part| !part.is_empty())
    }

    pub fn problem(&self, column: &str, what: String) -> Problem {
        Problem { row: self.number, column: column.to_owned(), what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_as_json_too() {
        let json = r#"[{"编号":"A1","会员价":105.5,"称重":false},{"编号":" A2 ","别名":null}]"#;
        let table = Table::from_json(json.as_bytes()).unwrap();
        let rows: Vec<Row> = table.rows().collect();
        assert_eq!((rows[0].get("编号"), rows[0].get("会员价")), ("A1", "105.5"));
        assert_eq!(
            (rows[0].get("称重"), rows[1].get("编号"), rows[1].get("别名")),
            ("否", "A2", "")
        );
        assert_eq!(rows[1].problem("会员价", "空".into()).to_string(), "第2行「会员价」列：空");
        let check = |json: &str, part: &str| {
            let problem = Table::from_json(json.as_bytes()).unwrap_err().to_string();
            assert!(problem.contains(part), "{json}: {problem}");
        };
        check("{}", "一列对象");
        check("[1]", "一列对象");
        check("", "一列对象");
        check(r#"[{"编号":"A1"},{"别名":["a","b"]}]"#, "第2行「别名」列");
    }
}
