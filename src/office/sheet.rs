//! A table for paper and for a table program: as Excel and WPS open it without a question.

use std::fmt::Write;

use rust_xlsxwriter::{Color, Format, FormatBorder, Workbook, Worksheet, XlsxError};
use unicode_width::UnicodeWidthStr;

use super::exports::Watermark;

/// In columns of one half-width character.
const WIDTH_MIN: usize = 6;
const WIDTH_MAX: usize = 60;
const PAPER_A4: u8 = 9;
/// The sheet that says who took the table out.
const MARK_SHEET: &str = "导出说明";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub title: &'static str,
    /// Time, place, how many.
    pub heading: String,
    pub columns: &'static [&'static str],
    pub rows: Vec<Vec<String>>,
    /// Sums, for the foot.
    pub foot: String,
}

impl Sheet {
    /// Keeps the first `most` lines; gives how many are not shown.
    pub fn leave_out_behind(&mut self, most: usize) -> usize {
        let left_out = self.rows.len().saturating_sub(most);
        self.rows.truncate(most);
        left_out
    }

    /// As a file, `xlsx`, `csv` or `gb18030` (a csv in that encoding); `None`: there is no such.
    pub fn bytes(
        mut self,
        format: &str,
        mark: &Watermark,
    ) -> Result<Option<(&'static str, Vec<u8>)>, XlsxError> {
        let marked = format!("{}　{mark}", self.foot);
        let bytes = match format {
            "csv" => {
                self.foot = marked;
                self.csv().into_bytes()
            }
            "gb18030" => {
                self.foot = marked;
                self.csv_gb18030()
            }
            "xlsx" => self.xlsx(mark)?,
            _ => return Ok(None),
        };
        Ok(Some((content_type(format), bytes)))
    }

    /// UTF-8 with its mark and Windows line ends.
    pub fn csv(&self) -> String {
        let mut text = String::from('\u{feff}');
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            for (n, cell) in cells.enumerate() {
                let comma = if n > 0 { "," } else { "" };
                // Writing into a String does not fail.
                let _ = write!(text, "{comma}{}", csv_cell(cell));
            }
            text.push_str("\r\n");
        };
        line(&mut [self.title, self.heading.as_str()].into_iter());
        line(&mut self.columns.iter().copied());
        for row in &self.rows {
            line(&mut row.iter().map(String::as_str));
        }
        line(&mut [self.foot.as_str()].into_iter());
        text
    }

    /// For old programs that know no UTF-8; the encoding has every character.
    pub fn csv_gb18030(&self) -> Vec<u8> {
        let text = self.csv();
        encoding_rs::GB18030.encode(text.trim_start_matches('\u{feff}')).0.into_owned()
    }

    /// Every cell is text, so that no number loses its zeros and none is a formula. One page of
    /// A4 wide, the head on every page; a second sheet says who took it out.
    pub fn xlsx(&self, mark: &Watermark) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let page = book.add_worksheet();
        page.set_name(self.title)?;
        let title = Format::new().set_bold().set_font_size(16);
        let cell = Format::new().set_num_format("@").set_border(FormatBorder::Thin).set_text_wrap();
        let head = cell.clone().set_bold().set_background_color(Color::RGB(0x00E8_F1EA));
        page.write_string_with_format(0, 0, self.title, &title)?;
        page.write_string(1, 0, &self.heading)?;
        for (column, name) in (0u16..).zip(self.columns) {
            page.write_string_with_format(2, column, *name, &head)?;
        }
        let mut last = 2;
        for (row, cells) in (3u32..).zip(&self.rows) {
            for (column, text) in (0u16..).zip(cells) {
                page.write_string_with_format(row, column, text, &cell)?;
            }
            last = row;
        }
        page.write_string(last + 1, 0, &self.foot)?;
        let line = mark.to_string();
        page.write_string(last + 2, 0, &line)?;
        for (column, width) in (0u16..).zip(self.widths()) {
            page.set_column_width(column, width)?;
        }
        page.set_freeze_panes(3, 0)?;
        if let Some(right) = u16::try_from(self.columns.len()).ok().and_then(|n| n.checked_sub(1)) {
            page.autofilter(2, 0, last, right)?;
        }
        page.set_repeat_rows(2, 2)?;
        page.set_landscape().set_paper_size(PAPER_A4).set_print_fit_to_pages(1, 0);
        page.set_footer(format!("&L{}&R第&P页，共&N页", line.replace('&', "&&")));
        self.add_mark(book.add_worksheet(), mark)?;
        book.save_to_buffer()
    }

    fn add_mark(&self, page: &mut Worksheet, mark: &Watermark) -> Result<(), XlsxError> {
        page.set_name(MARK_SHEET)?;
        let lines = [
            ("表格", self.title),
            ("内容", self.heading.as_str()),
            ("导出人", &mark.who),
            ("角色", mark.role),
            ("时间", &mark.when),
            ("用途", &mark.why),
        ];
        for (row, (name, text)) in (0u32..).zip(lines) {
            page.write_string(row, 0, name)?;
            page.write_string(row, 1, text)?;
        }
        page.set_column_width(1, 60)?;
        Ok(())
    }

    /// As wide as the widest line of a column, within reason.
    fn widths(&self) -> impl Iterator<Item = f64> {
        self.columns.iter().enumerate().map(|(n, name)| {
            let cells = self.rows.iter().filter_map(|row| row.get(n).map(|cell| cell.width()));
            let widest = cells.chain([name.width()]).max().unwrap_or(0) + 2;
            // No more than 60: it is exact.
            widest.clamp(WIDTH_MIN, WIDTH_MAX) as f64
        })
    }
}

pub fn content_type(format: &str) -> &'static str {
    match format {
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "gb18030" => "text/csv; charset=gb18030",
        _ => "text/csv; charset=utf-8",
    }
}

/// Table programs take the full-width signs for the same.
const FORMULA_BEGINS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Quoted, and never a formula.
fn csv_cell(text: &str) -> String {
    let guard = if text.starts_with(FORMULA_BEGINS) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};

    use super::*;

    fn sheet() -> Sheet {
        Sheet {
            title: "受理办理台账",
            heading: "2026年11月　全县　2件".into(),
            columns: &["工单编号", "联系电话", "诉求内容"],
            rows: vec![
                vec!["126-041-273".into(), "013800138000".into(), "=1+1".into()],
                vec!["126-041-281".into(), "".into(), "他说\"灯灭了\"，\n三天了".into()],
            ],
            foot: "共2件".into(),
        }
    }

    #[test]
    fn a_table_program_reads_what_was_written_and_computes_nothing() {
        let mark = Watermark {
            who: "王芳".into(),
            role: "平台工作人员",
            when: "2026-11-25 10:00".into(),
            why: "=核实".into(),
        };
        let bytes = sheet().xlsx(&mark).unwrap();
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        let page = book.worksheet_range("受理办理台账").unwrap();
        let cell = |row, column| page.get_value((row, column)).cloned().unwrap_or(Data::Empty);
        let text = |row, column| match cell(row, column) {
            Data::String(text) => text,
            Data::Empty => String::new(),
            other => panic!("not a text: {other:?}"),
        };
        assert_eq!(text(0, 0), "受理办理台账");
        assert_eq!(text(2, 1), "联系电话");
        assert_eq!([text(3, 0), text(3, 1), text(3, 2)], ["126-041-273", "013800138000", "=1+1"]);
        assert_eq!(text(4, 2), "他说\"灯灭了\"，\n三天了");
        assert_eq!(
            (text(5, 0), text(6, 0)),
            ("共2件".into(), "导出人：王芳　2026-11-25 10:00　用途：=核实".into())
        );
        let about = book.worksheet_range(MARK_SHEET).unwrap();
        let line = |row| about.get_value((row, 1)).cloned();
        assert_eq!(line(2), Some(Data::String("王芳".into())));
        assert_eq!(line(4), Some(Data::String("2026-11-25 10:00".into())));
        assert_eq!(line(5), Some(Data::String("=核实".into())));
        assert!(book.worksheet_formula(MARK_SHEET).unwrap().is_empty());
        assert!(book.worksheet_formula("受理办理台账").unwrap().is_empty());
    }

    #[test]
    fn a_csv_has_its_mark_its_line_ends_and_no_formula() {
        let text = sheet().csv();
        assert!(text.starts_with('\u{feff}'));
        assert!(text.contains("\"'=1+1\"\r\n") && text.contains("他说\"\"灯灭了\"\"，"), "{text}");
    }

    #[test]
    fn no_sign_begins_a_formula_in_any_width() {
        for sign in FORMULA_BEGINS {
            let cell = csv_cell(&format!("{sign}1+1"));
            assert!(cell.starts_with("\"'"), "{cell}");
        }
        assert_eq!(csv_cell("1+1"), "\"1+1\"");
    }

    #[test]
    fn an_old_program_reads_the_same_text() {
        let mut rare = sheet();
        // A name that GBK does not have.
        rare.rows[0][2] = "张𬱖㛃".into();
        let bytes = rare.csv_gb18030();
        let (text, _, was_wrong) = encoding_rs::GB18030.decode(&bytes);
        assert!(!was_wrong && bytes[0] == b'"', "no mark before the first cell");
        assert_eq!(format!("\u{feff}{text}"), rare.csv());
    }
}
