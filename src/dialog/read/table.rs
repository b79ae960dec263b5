//! A table of `表/`, from CSV text to rows. The first line names the columns; what is wrong is
//! told by file, line and column.

use std::collections::HashSet;

use crate::dialog::read::source::{Problems, SourceFile};
use crate::dialog::script::table::{LABEL_COLUMNS, Row, Table, VALUE_COLUMNS, WORD_COLUMNS};

pub(in crate::dialog) const ROWS_MAX: usize = 5_000;
pub(in crate::dialog) const COLUMNS_MAX: usize = 40;
pub(in crate::dialog) const CELL_CHARACTERS_MAX: usize = 500;
/// A line of a menu.
pub(in crate::dialog) const LABEL_CHARACTERS_MAX: usize = 40;
/// A chosen row becomes a part of a conversation, which is small.
const ROW_BYTES_MAX: usize = 3_000;
/// One mistake is often made in every row.
const PROBLEMS_MAX: usize = 20;
const NAME_CHARACTERS_MAX: usize = 20;

/// `表/商品.csv` is the table 商品. `None` when nothing stands in it.
/// Brackets mean something in a translation; what is shown to people has none.
pub(in crate::dialog) fn read(
    file: &SourceFile,
    brackets: bool,
    problems: &mut Problems,
) -> Option<Table> {
    let text = file.text.trim_start_matches('\u{feff}');
    let stem = file.name.rsplit('/').next().unwrap_or_default();
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let mut reader = Reader { text, sheet: file.name.ends_with(".xlsx"), brackets, problems };
    let mut records = reader.records();
    if records.is_empty() {
        reader.problems.add((1, 1), "E601", "表是空的。第一行请写列名，例如：编号,名称。");
        return None;
    }
    let header = records.remove(0);
    reader.check_header(&header);
    let columns = header.cells;
    let find = |names: &[&str]| {
        names.iter().find_map(|name| columns.iter().position(|column| column == name))
    };
    let (value, label, words) = (find(&VALUE_COLUMNS), find(&LABEL_COLUMNS), find(&WORD_COLUMNS));
    let mut rows: Vec<Row> = Vec::new();
    let mut known = HashSet::new();
    let before = reader.problems.found.len();
    for record in records {
        if reader.problems.found.len() >= before + PROBLEMS_MAX {
            let message = "错处太多，后面的先不说了。请先改前面这些。";
            reader.problems.add_row((record.row, 1), record.line, "E606", message);
            break;
        }
        if !reader.check_record(&record, &columns) {
            continue;
        }
        for at in [value, label].into_iter().flatten() {
            if record.cells[at].is_empty() {
                let message = format!("「{}」不能空着。请填上，或删去这一行。", columns[at]);
                reader.wrong(&record, at, "E603", message);
            } else if record.cells[at].chars().count() > LABEL_CHARACTERS_MAX {
                let message =
                    format!("「{}」最多{LABEL_CHARACTERS_MAX}个字。请写短些。", columns[at]);
                reader.wrong(&record, at, "E604", message);
            }
        }
        let key = value.or(label).map_or("", |at| record.cells[at].as_str());
        if !key.is_empty() && !known.insert(key.to_owned()) {
            let at = value.or(label).unwrap_or(0);
            let message =
                format!("「{}」是「{key}」的前面已经有一行了。请改其中一个。", columns[at]);
            reader.wrong(&record, at, "E603", message);
        }
        let shown = label.map_or(key, |at| record.cells[at].as_str()).to_owned();
        let mut plain = vec![crate::zh::plain(&shown)];
        let more = words.map_or("", |at| record.cells[at].as_str());
        let separators = ['、', '，', ',', '；', ';', '|'];
        for word in more.split(separators).map(crate::zh::plain).filter(|word| !word.is_empty()) {
            if !plain.contains(&word) {
                plain.push(word);
            }
        }
        plain.retain(|word| !word.is_empty());
        rows.push(Row { value: key.to_owned(), label: shown, words: plain, cells: record.cells });
    }
    let (name, file) = (stem.to_owned(), file.name.clone());
    Some(Table { name, file, columns, has_labels: label.is_some(), rows })
}

struct Reader<'r, 'p> {
    text: &'r str,
    /// Rows of a workbook are counted as it counts them.
    sheet: bool,
    brackets: bool,
    problems: &'r mut Problems<'p>,
}

struct Record {
    /// As the clerk counts them, from 1.
    row: usize,
    /// The line of the text with which it begins, from 1.
    line: usize,
    cells: Vec<String>,
}

impl Reader<'_, '_> {
    /// All rows that hold something.
    fn records(&mut self) -> Vec<Record> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(self.text.as_bytes());
        let mut found = Vec::new();
        for (n, record) in reader.records().enumerate() {
            let Ok(record) = record else {
                self.problems.add((n + 1, 1), "E601", "这一行读不懂。请检查双引号。");
                continue;
            };
            let line = record.position().map_or(n + 1, |at| at.line() as usize);
            let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            if found.len() > ROWS_MAX {
                let message = format!("行太多，最多{ROWS_MAX}行。请分成几个表。");
                self.problems.add((line, 1), "E604", message);
                found.truncate(1);
                break;
            }
            found.push(Record { row: if self.sheet { n + 1 } else { line }, line, cells });
        }
        found
    }

    fn check_header(&mut self, header: &Record) {
        let mut known = HashSet::new();
        for (at, name) in header.cells.iter().enumerate() {
            let message = if name.is_empty() {
                "这一列没有名字。请在第一行写上列名，或删去这一列。".to_owned()
            } else if !known.insert(name) {
                format!("「{name}」这一列写了两次。请改掉一个列名。")
            } else if name.chars().count() > NAME_CHARACTERS_MAX
                || name.contains(['.', '．', '【', '】', '=', '＝', ' '])
            {
                format!("列名「{name}」不行。最多{NAME_CHARACTERS_MAX}个字，不要有空格和标点。")
            } else {
                continue;
            };
            self.wrong(header, at, "E601", message);
        }
        if header.cells.len() > COLUMNS_MAX {
            let message = format!("列太多，最多{COLUMNS_MAX}列。请删去用不着的。");
            self.wrong(header, COLUMNS_MAX, "E604", message);
        }
    }

    /// False when its cells can not be told apart.
    fn check_record(&mut self, record: &Record, columns: &[String]) -> bool {
        if record.cells.len() != columns.len() {
            let message = format!(
                "这一行有{}格，第一行有{}列。请看看是不是多了或少了逗号；格子里要写逗号时，\
                 请用双引号把整格括起来。",
                record.cells.len(),
                columns.len()
            );
            self.wrong(record, 0, "E602", message);
            return false;
        }
        for (at, cell) in record.cells.iter().enumerate() {
            let name = &columns[at];
            if cell.chars().count() > CELL_CHARACTERS_MAX {
                let message = format!("「{name}」太长，一格最多{CELL_CHARACTERS_MAX}个字。");
                self.wrong(record, at, "E604", message);
            } else if is_number_gone(cell) {
                let message = format!(
                    "「{name}」写成了「{cell}」，原来的数字已经丢了。请把这一列设成「文本」，\
                     再填一遍。"
                );
                self.wrong(record, at, "E605", message);
            } else if let Some(mark) =
                cell.chars().find(|c| !self.brackets && matches!(c, '【' | '】'))
            {
                let message = format!("「{name}」里不能有「{mark}」。请删去。");
                self.wrong(record, at, "E605", message);
            } else if cell.chars().any(|c| c.is_control() && c != '\n') || cell.starts_with("#N/A")
            {
                let message = format!("「{name}」这一格不对。请删去重填。");
                self.wrong(record, at, "E605", message);
            }
        }
        if record.cells.iter().map(String::len).sum::<usize>() > ROW_BYTES_MAX {
            let message = "这一行的字太多，一行一共最多1000个字。请写短些。";
            self.wrong(record, 0, "E604", message.into());
        }
        true
    }

    fn wrong(&mut self, record: &Record, cell: usize, code: &'static str, message: String) {
        let column = self.text.lines().nth(record.line - 1).map_or(1, |line| column(line, cell));
        self.problems.add_row((record.row, column), record.line, code, message);
    }
}

/// What a spreadsheet makes of a long number: 1.38E+10.
fn is_number_gone(cell: &str) -> bool {
    let Some((digits, power)) = cell.split_once(['E', 'e']) else { return false };
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    power.strip_prefix('+').is_some_and(|power| {
        !power.is_empty() && power.len() <= 3 && power.bytes().all(|b| b.is_ascii_digit())
    }) && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// Where the n-th cell of a line begins, in characters from 1.
fn column(line: &str, cell: usize) -> usize {
    let (mut commas, mut quoted) = (0, false);
    for (at, c) in line.chars().enumerate() {
        if commas == cell {
            return at + 1;
        }
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => commas += 1,
            _ => {}
        }
    }
    if commas == cell { line.chars().count() + 1 } else { 1 }
}
