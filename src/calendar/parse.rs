//! The tables: the notices of each year as JSON (the shape of NateScarlet/holiday-cn), and
//! the office hours as TOML.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Calendar, NamedDay, OfficeHours};

/// More named days than any notice has; a longer list is another file.
const DAYS_PER_YEAR_MAX: usize = 120;

/// What is wrong with a table, and how to mend it, for the clerk who edits it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}：{message}", .line.map(|line| format!(" 第{line}行")).unwrap_or_default())]
pub struct Problem {
    pub file: String,
    pub line: Option<usize>,
    pub message: String,
}

#[derive(Deserialize)]
struct YearFile {
    year: i16,
    days: Vec<DayRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DayRow {
    name: String,
    date: Date,
    is_off_day: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursFile {
    hours: Vec<HoursRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursRow {
    valid_from: String,
    weekdays: Vec<u8>,
    segments: Vec<String>,
}

impl Calendar {
    /// `years` are (file name, text). A file's year is its notice's: days of late December
    /// may stand in the next year's file.
    pub fn parse(years: &[(&str, &str)], office_hours: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut calendar = Self {
            named: BTreeMap::new(),
            years: Vec::new(),
            hours: Vec::new(),
            version: String::new(),
        };
        for (file, text) in years {
            match serde_json::from_str::<YearFile>(text) {
                Ok(year) => calendar.add_year(file, year, &mut problems),
                Err(error) => problems.push(Problem {
                    file: (*file).to_owned(),
                    line: Some(error.line()),
                    message: format!("读不懂（{error}）。请重新下载这一年的文件。"),
                }),
            }
        }
        match toml::from_str::<HoursFile>(office_hours) {
            Ok(file) => calendar.add_hours(&file.hours, &mut problems),
            Err(error) => {
                let start = error.span().map_or(0, |span| span.start);
                let before = office_hours.get(..start).unwrap_or_default();
                problems.push(hours_problem(
                    Some(before.matches('\n').count() + 1),
                    format!("读不懂（{}）。请对照原来的样子改。", error.message()),
                ));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        calendar.years.sort_unstable();
        calendar.version = calendar.fingerprint();
        Ok(calendar)
    }

    /// The last settled year and a hash of what the tables say: layout and links do not count.
    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for (date, day) in &self.named {
            hash.update(format!("{date} {}\n", day.off));
        }
        for year in &self.years {
            hash.update(format!("{year}\n"));
        }
        for hours in &self.hours {
            let OfficeHours { valid_from, weekdays, segments } = hours;
            hash.update(format!("{valid_from} {weekdays:?} {segments:?}\n"));
        }
        let hex: String = hash.finalize()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{hex}", self.years.last().copied().unwrap_or_default())
    }

    fn add_year(&mut self, file: &str, year: YearFile, problems: &mut Vec<Problem>) {
        // An announced but still empty year is not known.
        if year.days.is_empty() {
            return;
        }
        if self.years.contains(&year.year) {
            problems.push(Problem {
                file: file.to_owned(),
                line: None,
                message: format!("{}年有两个文件，请只留一个。", year.year),
            });
        }
        self.years.push(year.year);
        let mut wrong = |message: String| {
            problems.push(Problem { file: file.to_owned(), line: None, message });
        };
        if year.days.len() > DAYS_PER_YEAR_MAX {
            return wrong(format!(
                "列了{}天，最多{DAYS_PER_YEAR_MAX}天。请重新下载这一年的文件。",
                year.days.len()
            ));
        }
        for row in year.days {
            let (date, off) = (row.date, row.is_off_day);
            let december_before = date.month() == 12 && date.year() + 1 == year.year;
            if date.year() != year.year && !december_before {
                let year = year.year;
                wrong(format!("{date} 不是{year}年的日子，请删掉这一天，或写进那一年的文件。"));
            }
            let day = NamedDay { name: row.name, off };
            if self.named.insert(date, day).is_some_and(|before| before.off != off) {
                wrong(format!("{date} 又写了一次，一处放假一处上班，请改成一样或删掉一处。"));
            }
        }
    }

    fn add_hours(&mut self, rows: &[HoursRow], problems: &mut Vec<Problem>) {
        for row in rows {
            let mut weekdays = [false; 7];
            for day in &row.weekdays {
                match day {
                    1..=7 => weekdays[usize::from(*day) - 1] = true,
                    other => problems.push(hours_problem(
                        None,
                        format!("weekdays 里的 {other} 不对，请写1（星期一）到7（星期日）。"),
                    )),
                }
            }
            if !weekdays.contains(&true) {
                problems.push(hours_problem(None, "weekdays 里一天都没有，请至少写一天。".into()));
            }
            let valid_from = row.valid_from.parse::<Date>().unwrap_or_else(|_| {
                let wrong = &row.valid_from;
                problems.push(hours_problem(
                    None,
                    format!("valid_from「{wrong}」不是日期，请写成 2026-01-01 的样子。"),
                ));
                Date::MIN
            });
            let mut segments: Vec<(Time, Time)> = Vec::new();
            for text in &row.segments {
                let last = segments.last().map(|(_, to)| *to);
                match segment(text) {
                    Some((from, to)) if last.is_none_or(|last| last <= from) => {
                        segments.push((from, to));
                    }
                    Some(_) => problems.push(hours_problem(
                        None,
                        format!("segments「{text}」和前一段重叠，请按先后写，不要重叠。"),
                    )),
                    None => problems.push(hours_problem(
                        None,
                        format!("segments「{text}」不对，请写成 08:30-12:00 的样子。"),
                    )),
                }
            }
            if segments.is_empty() {
                problems.push(hours_problem(None, "segments 里一段都没有，请至少写一段。".into()));
            }
            self.hours.push(OfficeHours { valid_from, weekdays, segments });
        }
        self.hours.sort_by_key(|hours| std::cmp::Reverse(hours.valid_from));
        if self.hours.is_empty() {
            problems.push(hours_problem(None, "没有上班时间，请写一节 [[hours]]。".into()));
        }
    }
}

fn hours_problem(line: Option<usize>, message: String) -> Problem {
    Problem { file: "office-hours.toml".into(), line, message }
}

fn segment(text: &str) -> Option<(Time, Time)> {
    let (from, to) = text.split_once('-')?;
    let time = |text: &str| text.trim().parse::<Time>().ok();
    let (from, to) = (time(from)?, time(to)?);
    (from < to).then_some((from, to))
}
