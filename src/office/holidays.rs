//! The yearly notice of days off and days worked instead, brought by a page of the desk: read,
//! shown against what is live, put live, and then the clocks that still run are reckoned anew.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use crate::calendar::{Changed, local_date};
use crate::desk::{self, Actor, Case, Command};
use crate::store::{Changes, StoreError, keys, list_by_index};

use super::Office;
use super::county_live::CountyRefused;
use super::rights::Right;
use super::table_files::TableFiles;
use super::tables::Tables;
use super::views::{CommandError, Session};
use super::watched::write_beside;

const PAGE: usize = 200;
/// Looked at for "so many clocks will move".
const EXAMINED_MAX: usize = 10_000;
/// From this month on a next year that is not known is warned of.
const WARN_MONTH: i8 = 12;

/// One year's notice as it would be put live.
#[derive(Debug, Clone)]
pub struct HolidaysRead {
    pub year: i16,
    /// As it is kept: JSON.
    pub text: String,
    pub days: Vec<HolidayChanged>,
    /// Open cases whose time would end on another day.
    pub moved: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayChanged {
    pub date: Date,
    pub name: String,
    pub before: &'static str,
    pub after: &'static str,
}

/// What is known.
#[derive(Debug, Clone)]
pub struct HolidaysStatus {
    /// Year, how many days off and how many worked instead.
    pub years: Vec<(i16, usize, usize)>,
    pub version: String,
    /// The year that is not known and should be.
    pub missing: Option<i16>,
}

/// The calendar by which the open cases were reckoned last.
#[derive(Default)]
pub(super) struct Reckoned(Mutex<String>);

impl Reckoned {
    fn begins(&self, version: &str) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *known, version.to_owned()) != version
    }

    fn again(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Office {
    /// The notice of this year, or from December on of the next one, is not in the tables.
    pub fn unsettled_year(&self) -> Option<i16> {
        let today = local_date(self.clock.now());
        let calendar = &self.tables().calendar;
        let next = (today.month() >= WARN_MONTH).then_some(today.year() + 1);
        [Some(today.year()), next].into_iter().flatten().find(|year| !calendar.knows_year(*year))
    }

    pub fn holidays(&self, session: &Session) -> Result<HolidaysStatus, CommandError> {
        session.must(Right::Settings)?;
        let tables = self.tables();
        let years = tables.calendar.years().map(|year| {
            let (off, worked) = tables.calendar.named_days(year);
            (year, off, worked)
        });
        Ok(HolidaysStatus {
            years: years.collect(),
            version: tables.calendar.version().to_owned(),
            missing: self.unsettled_year(),
        })
    }

    /// What would change, or one text for each mistake.
    pub async fn read_holidays(
        &self,
        session: &Session,
        text: &str,
    ) -> Result<HolidaysRead, Vec<String>> {
        session.must(Right::Settings).map_err(|error| vec![error.to_string()])?;
        let (year, text) = kept(text).map_err(|problem| vec![problem])?;
        let before = self.tables();
        let after = with_year(&before.files, year, &text)?;
        let days = before.calendar.changes_to(&after.calendar).map(HolidayChanged::of).collect();
        let moved = self.clocks_moved(&after).await;
        let moved = moved.map_err(|error| vec![CommandError::from(error).to_string()])?;
        Ok(HolidaysRead { year, text, days, moved })
    }

    /// `version`: of the calendar that the clerk saw. Gives a hint where the folder of this
    /// machine could not be brought up to date as well.
    pub async fn publish_holidays(
        &self,
        session: &Session,
        text: &str,
        version: &str,
    ) -> Result<Option<String>, CommandError> {
        session.must(Right::Settings)?;
        let before = self.tables();
        if before.calendar.version() != version {
            return Err(CommandError::Changed);
        }
        let refused = |problems: Vec<String>| CommandError::Refused(problems.join(""));
        let (year, text) = kept(text).map_err(|problem| refused(vec![problem]))?;
        let after = with_year(&before.files, year, &text).map_err(refused)?;
        let name = after.files.name_of_year(year);
        self.publish_tables(after, &session.name).await.map_err(|error| match error {
            CountyRefused::Store(error) => error.into(),
            other => CommandError::Refused(other.to_string()),
        })?;
        tracing::info!(year, by = session.name, "the notice of a year is live");
        Ok(self.keep_in_folder(&name, &text).err())
    }

    /// So that a start, or the next change of the folder, does not undo it.
    fn keep_in_folder(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.county_folder().join(name);
        write_beside(&path, text.as_bytes()).map_err(|error| {
            tracing::warn!(%error, path = %path.display(), "the folder could not be brought up to date");
            format!("已经上线。但是写不进 {}，请管理员把这个文件也放进去。", path.display())
        })
    }

    async fn clocks_moved(&self, after: &Tables) -> Result<usize, StoreError> {
        let (mut moved, mut examined) = (0, 0);
        let mut range = keys::open_cases();
        while examined < EXAMINED_MAX {
            let page = list_by_index::<Case>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            examined += page.len();
            let now = self.clock.now();
            moved += page.iter().filter(|(_, case)| is_moved(case, after, now)).count();
        }
        Ok(moved)
    }

    /// After a change of the calendar, once: open cases get their new times, with the old ones
    /// noted beside. Says how many.
    pub(super) async fn recompute_clocks(&self) -> Result<usize, StoreError> {
        let tables = self.tables();
        if !self.reckoned.begins(tables.calendar.version()) {
            return Ok(0);
        }
        let done = self.recompute_open(&tables).await;
        if done.is_err() {
            self.reckoned.again();
        }
        done
    }

    async fn recompute_open(&self, tables: &Tables) -> Result<usize, StoreError> {
        let mut moved = 0;
        let mut range = keys::open_cases();
        loop {
            let page = list_by_index::<Case>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(moved) };
            range = keys::after(&range, last);
            for (_, before) in page {
                let case = &before.record;
                if is_moved(case, tables, self.clock.now()) {
                    moved += usize::from(self.move_by_clock(case, Command::Recompute).await?);
                    continue;
                }
                // Shorter limits, as that of acceptance, end at other times too.
                let wakes_at = desk::next_by_clock(case, &tables.calendar).map(|(at, _)| at);
                if wakes_at != case.wakes_at {
                    let mut changes = Changes::default();
                    changes.replace(&before, &Case { wakes_at, ..case.clone() })?;
                    match self.store.commit(changes.into_batch()).await {
                        Err(StoreError::Conflict(_)) => {}
                        done => done?,
                    }
                }
            }
        }
    }
}

fn is_moved(case: &Case, tables: &Tables, now: Timestamp) -> bool {
    case.calendar_version != tables.calendar.version()
        && desk::decide(Some(case), Command::Recompute, &Actor::System, now, &tables.rules())
            .is_ok()
}

impl HolidayChanged {
    fn of(changed: Changed<'_>) -> Self {
        let word = |working: bool| if working { "上班" } else { "休息" };
        let Changed { date, before, after } = changed;
        let name = after.name.or(before.name).unwrap_or_default().to_owned();
        Self { date, name, before: word(before.working), after: word(after.working) }
    }
}

fn with_year(files: &TableFiles, year: i16, text: &str) -> Result<Tables, Vec<String>> {
    Tables::of(files.with_year(year, text))
}

/// The year, and the notice as JSON of the shape of the shipped files. It may come as such, or
/// one day a line: `2027-01-01 休 元旦`, `2027-01-03 班 元旦`.
fn kept(text: &str) -> Result<(i16, String), String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let rows = if text.starts_with('{') { rows_of_json(text)? } else { rows_of_lines(text)? };
    let Some(year) = rows.iter().map(|(date, ..)| date.year()).max() else {
        return Err("里面一天都没有。请从国务院办公厅的通知抄，或下载这一年的文件。".into());
    };
    let days: Vec<_> = rows
        .iter()
        .map(|(date, off, name)| json!({ "name": name, "date": date.to_string(), "isOffDay": off }))
        .collect();
    Ok((year, format!("{:#}\n", json!({ "year": year, "days": days }))))
}

type Row = (Date, bool, String);

#[derive(serde::Deserialize)]
struct Notice {
    days: Vec<NoticeDay>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct NoticeDay {
    name: String,
    date: Date,
    is_off_day: bool,
}

fn rows_of_json(text: &str) -> Result<Vec<Row>, String> {
    let notice: Notice = serde_json::from_str(text).map_err(|error| {
        format!("第{}行读不懂（{error}）。请重新下载这一年的文件。", error.line())
    })?;
    Ok(notice.days.into_iter().map(|day| (day.date, day.is_off_day, day.name)).collect())
}

fn rows_of_lines(text: &str) -> Result<Vec<Row>, String> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            let mut words = line.split_whitespace();
            let date = words.next().and_then(|word| word.parse::<Date>().ok());
            let off = match words.next() {
                Some("休") => Some(true),
                Some("班") => Some(false),
                _ => None,
            };
            match (date, off) {
                (Some(date), Some(off)) => {
                    Ok((date, off, words.next().unwrap_or("调休").to_owned()))
                }
                _ => Err(format!(
                    "第{n}行「{}」读不懂。请写成 2027-01-01 休 元旦，或 2027-01-03 班 元旦。",
                    line.trim()
                )),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Calendar;

    #[test]
    fn a_notice_comes_as_a_file_or_line_by_line() {
        let lines = "2027-01-01 休 元旦\n\n2027-01-03　班　元旦\n2026-12-31 休 元旦";
        let (year, json) = kept(lines).unwrap();
        assert_eq!(year, 2027);
        assert_eq!(kept(&json).unwrap(), (year, json.clone()), "what is kept reads as it is");
        assert!(Calendar::parse(&[("a.json", &json)], HOURS).unwrap().knows_year(2027));
        for (text, told) in [
            ("", "一天都没有"),
            ("{\"year\":2027,\"days\":[]}", "一天都没有"),
            ("{\"year\":2027,\n\"days\":[{}]}", "第2行读不懂"),
            ("2027-01-01 元旦", "第1行「2027-01-01 元旦」读不懂"),
            ("2027-02-30 休 春节", "读不懂"),
        ] {
            let problem = kept(text).unwrap_err();
            assert!(problem.contains(told), "{text}: {problem}");
        }
    }

    const HOURS: &str = include_str!("../../county/calendar/office-hours.toml");
}
