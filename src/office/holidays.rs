//! The yearly notice of days off and days worked instead, brought by a page of the desk: read,
//! shown against what is live, put live, and then the clocks that still run are reckoned anew.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use crate::calendar::{Changed, local_date};
use crate::county::words;
use crate::desk::{self, Actor, Case, Command};
use crate::store::{Changes, StoreError, keys, list_by_index};

use super::Office;
use super::county_live::CountyRefused;
use super::rights::Right;
use super::table_files::{HOURS, TableFiles};
use super::tables::Tables;
use super::views::{CommandError, Session};
use super::watched::write_beside;

const PAGE: usize = 200;
/// Looked at for "so many clocks will move".
const EXAMINED_MAX: usize = 10_000;
/// From this month on a next year that is not known is warned of.
const WARN_MONTH: i8 = 12;

words! {
    /// What becomes of the days of a known year that are not in the list.
    HolidayMode {
        /// They stay.
        Add "add" "补充",
        /// They go: the list is the whole notice.
        Replace "replace" "整年替换",
    }
}

/// One year's notice as it would be put live.
#[derive(Debug, Clone)]
pub struct HolidaysRead {
    pub year: i16,
    pub mode: HolidayMode,
    /// The whole year as it would be kept: JSON.
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
    /// Of the office; the newest first.
    pub hours: Vec<HoursView>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursView {
    pub from: Date,
    /// Monday first.
    pub weekdays: [bool; 7],
    /// `08:30-12:00`
    pub segments: Vec<String>,
    /// Those of today.
    pub is_now: bool,
}

/// Other hours of the office, from a day on that is still to come.
#[derive(Debug, Clone)]
pub struct HoursAsked {
    pub from: String,
    /// Monday first.
    pub weekdays: [bool; 7],
    /// `8:30-12:00 13:30-17:30`, as one types it.
    pub segments: String,
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
            hours: self.hours_seen(),
        })
    }

    fn hours_seen(&self) -> Vec<HoursView> {
        let today = local_date(self.clock.now());
        let tables = self.tables();
        let mut views: Vec<HoursView> = tables
            .calendar
            .hours_known()
            .map(|(from, weekdays, segments)| HoursView {
                from,
                weekdays,
                segments: segments
                    .iter()
                    .map(|(from, to)| {
                        format!("{}-{}", from.strftime("%H:%M"), to.strftime("%H:%M"))
                    })
                    .collect(),
                is_now: false,
            })
            .collect();
        if let Some(now) = views.iter_mut().find(|one| one.from <= today) {
            now.is_now = true;
        }
        views
    }

    /// Puts other hours of the office live; those that were to begin on the same day go. `version`
    /// as in [`Office::publish_holidays`], and so is the hint.
    pub async fn publish_hours(
        &self,
        session: &Session,
        asked: &HoursAsked,
        version: &str,
    ) -> Result<Option<String>, CommandError> {
        session.must(Right::Settings)?;
        let before = self.tables();
        if before.calendar.version() != version {
            return Err(CommandError::Changed);
        }
        let from = asked.from.trim().parse::<Date>().ok();
        let from = from.filter(|from| *from > local_date(self.clock.now()));
        let from = from.ok_or_else(|| {
            let text = "请选明天或以后的日子：已经答应群众的时间不改。";
            CommandError::Field("from", text.into())
        })?;
        let text = hours_with(before.files.text(HOURS), from, asked);
        let after = Tables::of(before.files.with_table(HOURS, &text))
            .map_err(|problems| CommandError::Field("segments", problems.join("")))?;
        self.publish_tables(after, &session.name).await.map_err(|error| match error {
            CountyRefused::Store(error) => error.into(),
            other => CommandError::Refused(other.to_string()),
        })?;
        tracing::info!(%from, by = session.name, "other hours of the office are live");
        Ok(self.keep_in_folder(HOURS, &text).err())
    }

    /// What would change, or one text for each mistake.
    pub async fn read_holidays(
        &self,
        session: &Session,
        text: &str,
        mode: HolidayMode,
    ) -> Result<HolidaysRead, Vec<String>> {
        session.must(Right::Settings).map_err(|error| vec![error.to_string()])?;
        let before = self.tables();
        let (year, mut rows) = rows_of(text).map_err(|problem| vec![problem])?;
        if mode == HolidayMode::Add {
            let known = before.files.text_of_year(year).map(rows_of_json).transpose();
            rows = added(known.map_err(|problem| vec![problem])?.unwrap_or_default(), rows);
        }
        let text = as_json(year, &rows);
        let after = with_year(&before.files, year, &text)?;
        let days = before.calendar.changes_to(&after.calendar).map(HolidayChanged::of).collect();
        let moved = self.clocks_moved(&after).await;
        let moved = moved.map_err(|error| vec![CommandError::from(error).to_string()])?;
        Ok(HolidaysRead { year, mode, text, days, moved })
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
        let (year, rows) = rows_of(text).map_err(|problem| refused(vec![problem]))?;
        let text = as_json(year, &rows);
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

/// The file with one row more, in place of one from the same day on.
fn hours_with(text: &str, from: Date, asked: &HoursAsked) -> String {
    const HEAD: &str = "[[hours]]";
    let is_same = |row: &&str| {
        let mut lines = row.lines().map(str::trim).filter(|line| line.starts_with("valid_from"));
        lines.any(|line| line.contains(&from.to_string()))
    };
    let mut parts = text.split(HEAD);
    let mut all = parts.next().unwrap_or_default().to_owned();
    for row in parts.filter(|row| !is_same(row)) {
        all.push_str(HEAD);
        all.push_str(row);
    }
    let weekdays: Vec<usize> =
        (1..).zip(asked.weekdays).filter(|day| day.1).map(|day| day.0).collect();
    let segments = tidy_segments(&asked.segments);
    let all = all.trim_end();
    format!(
        "{all}\n\n{HEAD}\nvalid_from = \"{from}\"\nweekdays = {weekdays:?}\nsegments = {segments:?}\n"
    )
}

/// `8：30－12：00、13:30-17:30` as the file wants it. What is no time stays, and is refused there.
fn tidy_segments(text: &str) -> Vec<String> {
    let plain: String = text
        .nfkc()
        .map(|c| match c {
            '–' | '—' | '~' | '至' | '到' => '-',
            '0'..='9' | ':' | '-' => c,
            _ if c.is_whitespace() || "，,、；;".contains(c) => ' ',
            _ => '?',
        })
        .collect();
    let time = |text: &str| if text.len() == 4 { format!("0{text}") } else { text.to_owned() };
    let part = |part: &str| part.split('-').map(time).collect::<Vec<_>>().join("-");
    plain.split_whitespace().map(part).collect()
}

fn with_year(files: &TableFiles, year: i16, text: &str) -> Result<Tables, Vec<String>> {
    Tables::of(files.with_year(year, text))
}

/// The year, and its days. They come as JSON of the shape of the shipped files, or one day a line:
/// `2027-01-01 休 元旦`, `2027-01-03 班 元旦`.
fn rows_of(text: &str) -> Result<(i16, Vec<Row>), String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let rows = if text.starts_with('{') { rows_of_json(text)? } else { rows_of_lines(text)? };
    match rows.iter().map(|(date, ..)| date.year()).max() {
        Some(year) => Ok((year, rows)),
        None => Err("里面一天都没有。请从国务院办公厅的通知抄，或下载这一年的文件。".into()),
    }
}

fn as_json(year: i16, rows: &[Row]) -> String {
    let day = |(date, off, name): &Row| json!({ "name": name, "date": date.to_string(), "isOffDay": off });
    let days: Vec<_> = rows.iter().map(day).collect();
    format!("{:#}\n", json!({ "year": year, "days": days }))
}

/// What is named in both is as the new list says.
fn added(known: Vec<Row>, new: Vec<Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = known
        .into_iter()
        .filter(|(date, ..)| !new.iter().any(|(named, ..)| named == date))
        .collect();
    rows.extend(new);
    rows.sort_by_key(|(date, ..)| *date);
    rows
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
        let (year, rows) = rows_of(lines).unwrap();
        assert_eq!(year, 2027);
        let json = as_json(year, &rows);
        assert_eq!(rows_of(&json).unwrap(), (year, rows), "what is kept reads as it is");
        assert!(Calendar::parse(&[("a.json", &json)], HOURS).unwrap().knows_year(2027));
        for (text, told) in [
            ("", "一天都没有"),
            ("{\"year\":2027,\"days\":[]}", "一天都没有"),
            ("{\"year\":2027,\n\"days\":[{}]}", "第2行读不懂"),
            ("2027-01-01 元旦", "第1行「2027-01-01 元旦」读不懂"),
            ("2027-02-30 休 春节", "读不懂"),
        ] {
            let problem = rows_of(text).unwrap_err();
            assert!(problem.contains(told), "{text}: {problem}");
        }
    }

    #[test]
    fn a_row_of_hours_takes_the_place_of_one_from_the_same_day() {
        let asked = |segments: &str| HoursAsked {
            from: String::new(),
            weekdays: [true, true, true, true, true, true, false],
            segments: segments.into(),
        };
        let from = jiff::civil::date(2027, 5, 1);
        let once = hours_with(HOURS, from, &asked("8：00－12：00、14:30到18:00"));
        assert!(once.contains("segments = [\"08:00-12:00\", \"14:30-18:00\"]"), "{once}");
        assert!(once.starts_with(HOURS.trim_end()), "what was there stays: {once}");
        let twice = hours_with(&once, from, &asked("9:00-12:00"));
        assert_eq!(twice.matches("[[hours]]").count(), 2, "{twice}");
        assert!(!twice.contains("14:30"), "{twice}");
        let days = Calendar::parse(&[], &twice).unwrap();
        let newest = days.hours_known().next().unwrap();
        assert_eq!((newest.0, newest.1[5], newest.2.len()), (from, true, 1));
        for wrong in ["", "早上", "12:00-8:00", "8:00", "8:00-12:00 11:00-13:00", "\"]\nx=1"] {
            assert!(
                Calendar::parse(&[], &hours_with(HOURS, from, &asked(wrong))).is_err(),
                "{wrong}"
            );
        }
    }

    const HOURS: &str = include_str!("../../county/calendar/office-hours.toml");
}
