//! Bytes of a file to text. Office programs in China save GB18030 as often as UTF-8, and many
//! clerks keep a table as a workbook: its first sheet becomes the CSV that it stands for.

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};

use crate::dialog::read::source::{Diagnostic, SourceFile};
use crate::dialog::read::table::{CELL_CHARACTERS_MAX, COLUMNS_MAX, ROWS_MAX};

const FILE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Where a sheet may have a forgotten cell without our caring.
const SHEETS_MAX: usize = 20;

/// `name` as the script calls it: `表/商品.xlsx`.
pub fn decode(name: &str, bytes: &[u8]) -> Result<SourceFile, Diagnostic> {
    let wrong = |line: usize, message: String| Diagnostic {
        file: name.to_owned(),
        line,
        column: usize::from(line > 0),
        code: "E600",
        message,
        line_text: String::new(),
    };
    if bytes.len() > FILE_BYTES_MAX {
        return Err(wrong(0, "文件太大，最多2MB，请分成几个文件。".into()));
    }
    let text = if name.ends_with(".xlsx") {
        workbook(bytes).map_err(|(row, message)| wrong(row, message))?
    } else {
        characters(bytes).ok_or_else(|| {
            let message = "文件里的字读不出来。请用记事本打开，另存为，编码选 UTF-8。";
            wrong(0, message.into())
        })?
    };
    Ok(SourceFile { name: name.to_owned(), text })
}

/// UTF-8, or UTF-16 with its mark, or GB18030.
fn characters(bytes: &[u8]) -> Option<String> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
        return text.map(|text| text.into_owned());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|text| text.into_owned())
}

/// The first sheet as CSV, one record a row. `Err` with the row, or 0.
fn workbook(bytes: &[u8]) -> Result<String, (usize, String)> {
    let unreadable = |error: calamine::XlsxError| {
        (0, format!("这个表打不开（{error}）。请用 WPS 或 Excel 打开，另存为 .xlsx。"))
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut sheets = book.sheet_names().into_iter().take(SHEETS_MAX);
    let Some(first) = sheets.next() else {
        return Err((0, "这个文件里一张表也没有。".into()));
    };
    let rows = sheet(&mut book, &first)?;
    for other in sheets {
        if !sheet(&mut book, &other)?.is_empty() {
            let message = format!(
                "第二张表「{other}」里也有内容，程序只看第一张「{first}」。请另存成一个文件。"
            );
            return Err((0, message));
        }
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for mut row in rows {
        row.resize(width, String::new());
        csv.write_record(&row).map_err(|error| (0, error.to_string()))?;
    }
    let bytes = csv.into_inner().map_err(|error| (0, error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| (0, error.to_string()))
}

/// Read cell by cell: a forgotten one far below must not fill the memory.
fn sheet(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Vec<String>>, (usize, String)> {
    let broken = |error: calamine::XlsxError| {
        (0, format!("表「{name}」读不出来（{error}）。请用 WPS 或 Excel 打开，另存为 .xlsx。"))
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut cells = book.worksheet_cells_reader(name).map_err(broken)?;
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let (row, column) = (row as usize, column as usize);
        let text = written(cell.get_value(), row, column)?;
        if text.trim().is_empty() {
            continue;
        }
        if row > ROWS_MAX {
            return Err((row + 1, format!("行太多，最多{ROWS_MAX}行。请删去后面的。")));
        }
        if column >= COLUMNS_MAX {
            return Err((row + 1, format!("列太多，最多{COLUMNS_MAX}列。请删去后面的。")));
        }
        if rows.len() <= row {
            rows.resize(row + 1, Vec::new());
        }
        if rows[row].len() <= column {
            rows[row].resize(column + 1, String::new());
        }
        rows[row][column] = text;
    }
    Ok(rows)
}

/// As people see it: 13800138000 and not 1.38E10, 2026-12-01 and not 46357.
fn written(value: &DataRef, row: usize, column: usize) -> Result<String, (usize, String)> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "是".into(),
        DataRef::Bool(false) => "否".into(),
        DataRef::DateTime(time) if time.is_datetime() => {
            let (year, month, day, hour, minute, ..) = time.to_ymd_hms_milli();
            match (hour, minute) {
                (0, 0) => format!("{year}-{month:02}-{day:02}"),
                _ if time.as_f64() < 1.0 => format!("{hour:02}:{minute:02}"),
                _ => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}"),
            }
        }
        DataRef::DateTime(time) => time.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => {
            let message = format!("第{}列的公式算不出来（{error}）。请改好公式。", column + 1);
            return Err((row + 1, message));
        }
    }
    .chars()
    .take(CELL_CHARACTERS_MAX + 1)
    .collect())
}
