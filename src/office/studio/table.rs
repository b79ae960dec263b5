//! A table as a table: rows and cells instead of commas and quotes. What is written is read by
//! the same readers as a file that was edited otherwise.

use std::collections::BTreeMap;

use super::COUNTY;
use crate::office::Office;
use crate::office::table_files::is_example;
use crate::office::views::{CommandError, Session};

pub const ROWS_A_PAGE: usize = 40;
const CELL_CHARS_MAX: usize = 2_000;

/// Some rows of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableView {
    pub heads: Vec<String>,
    pub rows: Vec<TableRow>,
    /// What may stand in the column of codes, and its name; nothing where codes are made here.
    pub codes: Vec<(String, String)>,
    /// How many there are that fit what is looked for.
    pub count: usize,
    /// From 1.
    pub page: usize,
    pub pages: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// From 1, the row of the heads not counted.
    pub n: usize,
    /// In the file, as its readers tell it.
    pub line: usize,
    pub cells: Vec<String>,
}

/// What is done to a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableEdit {
    /// By the number of the row.
    pub changed: BTreeMap<usize, Vec<String>>,
    pub dropped: Vec<usize>,
    pub added: Vec<Vec<String>>,
}

impl Office {
    pub async fn draft_table(
        &self,
        session: &Session,
        id: &str,
        name: &str,
        (find, page): (&str, usize),
    ) -> Result<TableView, CommandError> {
        let text = self.draft_text(session, id, name).await?;
        let (heads, mut rows) = read(&text).map_err(CommandError::Refused)?;
        rows.retain(|row| find.is_empty() || row.cells.iter().any(|cell| cell.contains(find)));
        let (count, pages) = (rows.len(), rows.len().div_ceil(ROWS_A_PAGE).max(1));
        let page = page.clamp(1, pages);
        let rows = rows.into_iter().skip((page - 1) * ROWS_A_PAGE).take(ROWS_A_PAGE).collect();
        Ok(TableView { heads, rows, codes: self.codes_for(name), count, page, pages })
    }

    fn codes_for(&self, name: &str) -> Vec<(String, String)> {
        let tables = self.tables();
        let name = name.strip_prefix(COUNTY).unwrap_or_default();
        match name {
            "aliases.csv" => tables
                .places
                .iter()
                .map(|place| (place.code.clone(), format!("{}{}", place.township, place.name)))
                .collect(),
            "keywords.csv" | "leads.csv" => self.codes_of_kinds(),
            name if is_example(name) => self.codes_of_kinds(),
            _ => Vec::new(),
        }
    }

    fn codes_of_kinds(&self) -> Vec<(String, String)> {
        let tables = self.tables();
        tables.categories.iter().map(|kind| (kind.code.clone(), kind.name.clone())).collect()
    }

    pub async fn edit_draft_table(
        &self,
        session: &Session,
        id: &str,
        revision: u64,
        name: &str,
        edit: &TableEdit,
    ) -> Result<u64, CommandError> {
        let text = self.draft_text(session, id, name).await?;
        let text = edited(&text, edit).map_err(CommandError::Refused)?;
        self.save_draft(session, id, revision, name, &text).await
    }
}

fn read(text: &str) -> Result<(Vec<String>, Vec<TableRow>), String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let torn = |error: csv::Error| {
        let line = error.position().map_or(0, csv::Position::line);
        format!("第{line}行读不成表格。请点「当文字改」，看看是不是多了或少了引号。")
    };
    let heads: Vec<String> = reader.headers().map_err(torn)?.iter().map(str::to_owned).collect();
    let mut rows = Vec::new();
    for (n, record) in (1..).zip(reader.records()) {
        let record = record.map_err(torn)?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
        cells.resize(heads.len().max(cells.len()), String::new());
        rows.push(TableRow { n, line: usize::try_from(line).unwrap_or(0), cells });
    }
    Ok((heads, rows))
}

fn edited(text: &str, edit: &TableEdit) -> Result<String, String> {
    let (heads, rows) = read(text)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let known = rows.into_iter().filter(|row| !edit.dropped.contains(&row.n));
    let known = known.map(|row| edit.changed.get(&row.n).cloned().unwrap_or(row.cells));
    let is_empty = |row: &[String]| row.iter().all(String::is_empty);
    let added = edit.added.iter().filter(|row| !is_empty(row)).cloned();
    for row in std::iter::once(heads).chain(known).chain(added) {
        if let Some(long) = row.iter().find(|cell| cell.chars().count() > CELL_CHARS_MAX) {
            let start: String = long.chars().take(10).collect();
            return Err(format!("「{start}…」太长了，一格最多{CELL_CHARS_MAX}个字。"));
        }
        let row = row.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "));
        writer.write_record(row).map_err(|error| format!("没有写成（{error}）。"))?;
    }
    let bytes = writer.into_inner().map_err(|error| format!("没有写成（{error}）。"))?;
    String::from_utf8(bytes).map_err(|error| format!("没有写成（{error}）。"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "alias,code,note\n胡坨镇,1,\"平常,叫法\"\n胡坨,2,\n闫各庄,3,\n";

    fn row(cells: [&str; 3]) -> Vec<String> {
        cells.map(str::to_owned).into()
    }

    #[test]
    fn rows_are_changed_dropped_and_added_and_the_rest_stays() {
        let edit = TableEdit {
            changed: [(2, row(["胡坨", "9", "有\"引号\"，逗号,"]))].into(),
            dropped: vec![3],
            added: vec![row(["新 \n叫法", "4", ""]), row(["", "", ""])],
        };
        let text = edited(TEXT, &edit).unwrap();
        assert_eq!(
            text,
            "alias,code,note\n胡坨镇,1,\"平常,叫法\"\n胡坨,9,\"有\"\"引号\"\"，逗号,\"\n新 叫法,4,\n"
        );
        assert_eq!(edited(TEXT, &TableEdit::default()).unwrap(), TEXT);
        let (heads, rows) = read(TEXT).unwrap();
        assert_eq!((heads.len(), rows.len(), rows[1].line), (3, 3, 3));
        assert_eq!(rows[0].cells[2], "平常,叫法");
    }

    #[test]
    fn a_cell_has_its_limit() {
        let added = vec![row([&*"长".repeat(CELL_CHARS_MAX + 1), "", ""])];
        let edit = TableEdit { added, ..TableEdit::default() };
        assert!(edited(TEXT, &edit).unwrap_err().contains("太长了"));
    }
}
