//! A table of `表/`: rows that a question offers, and whose cells its texts show.

use crate::dialog::script::value::{Fields, Value};

/// Names of the column that is stored and sent on.
pub(in crate::dialog) const VALUE_COLUMNS: [&str; 4] = ["编号", "值", "id", "value"];
/// Names of the column that people see.
pub(in crate::dialog) const LABEL_COLUMNS: [&str; 6] =
    ["名称", "字", "标题", "name", "text", "title"];
/// Names of the column with other words for the same.
pub(in crate::dialog) const WORD_COLUMNS: [&str; 3] = ["别名", "词", "words"];

#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialog) struct Table {
    /// The name of the file without its ending: 商品.
    pub name: String,
    pub file: String,
    pub columns: Vec<String>,
    /// There is a column that people see; without it only single columns can be offered.
    pub has_labels: bool,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialog) struct Row {
    pub value: String,
    pub label: String,
    /// Plain copies of the label and of the other words.
    pub words: Vec<String>,
    /// As many as the table has columns.
    pub cells: Vec<String>,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    pub fn by_value(&self, value: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.value == value)
    }

    /// `None` for a column that there is not, and for an empty cell.
    pub fn cell(&self, row: &Row, column: &str) -> Option<Value> {
        let text = row.cells.get(self.column(column)?).filter(|text| !text.is_empty())?;
        Some(Value::Text(text.clone()))
    }

    /// The row as an answer: all cells that hold something.
    pub fn chosen(&self, row: &Row) -> Value {
        let cells = self.columns.iter().zip(&row.cells).filter(|(_, text)| !text.is_empty());
        let fields: Fields =
            cells.map(|(name, text)| (name.clone(), Value::Text(text.clone()))).collect();
        Value::Row { value: row.value.clone(), label: row.label.clone(), fields }
    }
}
