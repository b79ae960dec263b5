//! The tables: the notices of each year as JSON (the shape of NateScarlet/holiday-cn), and
//! the office hours as TOML.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use serde::Deserialize;

use super::{Calendar, NamedDay, OfficeHours};

/// What is wrong with a table, and how to mend it, for the clerk who edits it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}：{message}", .line.map(|line| format!(" 第{line}行")).unwrap_or_default())]
pub struct CalendarProblem {
    pub file: String,
    pub line: Option<usize>,
    pub message: String,
}

#[derive(Deserialize)]
struct YearFile {
    year: i16,
    #[serde(default)]
    papers: Vec<String>,
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
    pub fn parse(
        years: &[(&str, &str)],
        office_hours: &str,
    ) -> Result<Self, Vec<CalendarProblem>> {
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
                Err(error) => problems.push(CalendarProblem {
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
        if problems.is_empty() { Ok(calendar) } else { Err(problems) }
    }

    fn add_year(&mut self, file: &str, year: YearFile, problems: &mut Vec<CalendarProblem>) {
        // An announced but still empty year is not known.
        if year.days.is_empty() {
            return;
        }
        if self.years.contains(&year.year) {
            problems.push(CalendarProblem {
                file: file.to_owned(),
                line: None,
                message: format!("{}年有两个文件，请只留一个。", year.year),
            });
        }
        self.years.push(year.year);
        self.years.sort_unstable();
        let notice = year.papers.first().and_then(|url| url.rsplit('/').next());
        self.version = format!(
            "{}{}{}:{}",
            self.version,
            if self.version.is_empty() { "" } else { " " },
            year.year,
            notice.unwrap_or("-").trim_end_matches(".htm"),
        );
        for row in year.days {
            self.named.insert(row.date, NamedDay { name: row.name, off: row.is_off_day });
        }
    }

    fn add_hours(&mut self, rows: &[HoursRow], problems: &mut Vec<CalendarProblem>) {
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

fn hours_problem(line: Option<usize>, message: String) -> CalendarProblem {
    CalendarProblem { file: "office-hours.toml".into(), line, message }
}

fn segment(text: &str) -> Option<(Time, Time)> {
    let (from, to) = text.split_once('-')?;
    let time = |text: &str| text.trim().parse::<Time>().ok();
    let (from, to) = (time(from)?, time(to)?);
    (from < to).then_some((from, to))
}
