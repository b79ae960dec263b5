//! What the clerks' tables say about a matter, for somebody who answers by herself.

use super::Script;
use super::table::{Row, Table};
use super::words::Medium;
use crate::zh;

/// A row that a text is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub title: String,
    /// Of its kind of matter, in the county's table; may be empty.
    pub code: String,
    /// Column and cell, but those that only programs read.
    pub cells: Vec<(String, String)>,
}

/// A shorter word is in every second sentence.
const WORD_CHARS_MIN: usize = 2;
const CODE: &str = "类别编号";
const HIDDEN: [&str; 4] = ["编号", "名称", "别名", CODE];

impl Known {
    fn of(table: &Table, row: &Row) -> Self {
        let cells = || table.columns.iter().zip(&row.cells);
        let code = cells().find(|(name, _)| *name == CODE);
        let code = code.map(|(_, cell)| cell.clone()).unwrap_or_default();
        let shown =
            cells().filter(|(name, cell)| !cell.is_empty() && !HIDDEN.contains(&name.as_str()));
        let cells = shown.map(|(name, cell)| (name.clone(), cell.clone())).collect();
        Known { title: row.label.clone(), code, cells }
    }
}

impl Script {
    /// Rows of which the text holds the name or another word: at most `most`, those with the
    /// longest word first.
    pub fn known(&self, text: &str, most: usize) -> Vec<Known> {
        let text = zh::plain(text);
        let mut found: Vec<(usize, Known)> = Vec::new();
        for table in self.tables.values().filter(|table| table.has_labels) {
            for row in &table.rows {
                let held = row.words.iter().filter(|word| text.contains(word.as_str()));
                let longest = held.map(|word| word.chars().count()).max().unwrap_or(0);
                if longest >= WORD_CHARS_MIN {
                    found.push((longest, Known::of(table, row)));
                }
            }
        }
        found.sort_by_key(|(longest, _)| std::cmp::Reverse(*longest));
        found.into_iter().take(most).map(|(_, known)| known).collect()
    }
}

impl Script {
    /// All rows of these tables, those that there are.
    pub fn known_tables(&self, names: &[&str]) -> Vec<(String, Vec<Known>)> {
        let tables = names.iter().filter_map(|name| self.tables.get(*name));
        let rows = |table: &Table| table.rows.iter().map(|row| Known::of(table, row)).collect();
        tables.map(|table| (table.name.clone(), rows(table))).collect()
    }

    /// The short message of a notice, with the name of each value where it will stand.
    pub fn notice_shown(&self, id: &str) -> Option<String> {
        let notice = self.notice(id)?;
        Some(notice.words.of(Medium::Sms).fill(|path| Some(format!("〔{}〕", path.slot))))
    }
}
