//! What the county's keepers do by a program: the yearly notice of days off, and clearing away what
//! was kept long enough.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::{Known, Sent};
use super::county::Nothing;
use super::problem::{Code, Failure};
use crate::office::{CommandError, HolidayMode, HolidaysRead, Office, Session, Swept};

/// Which years are known.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Holidays {
    pub years: Vec<HolidayYear>,
    /// Of the calendar: goes with a notice that is put live.
    pub version: String,
    /// The year that is not known and should be.
    pub missing: Option<i16>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct HolidayYear {
    pub year: i16,
    /// Days off.
    pub off: usize,
    /// Worked instead.
    pub worked: usize,
}

/// A notice: the JSON of a year, or a day a line.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// `2027-01-01 休 元旦`, a line for each day; or the JSON file of a year.
    pub text: String,
    /// `add`: other days of the year stay as they are; `replace`: those that are not in it go.
    pub mode: String,
    /// `version` of the holidays as they were seen; needed to put it live.
    #[serde(default)]
    pub version: Option<String>,
}

/// What would change, and nothing has yet.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HolidayPreview {
    pub year: i16,
    pub mode: &'static str,
    pub days: Vec<HolidayDay>,
    /// Open cases whose time would end on another day.
    pub moved: usize,
    /// To be sent along when it is put live.
    pub version: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct HolidayDay {
    #[schemars(with = "String")]
    pub date: Date,
    pub name: String,
    /// 上班 or 休息.
    pub before: &'static str,
    pub after: &'static str,
}

/// It is live.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct HolidaysLive {
    pub year: i16,
    pub version: String,
    /// Where the folder of the machine could not be brought up to date as well.
    pub hint: Option<String>,
}

/// What was, or would be, cleared away: kinds of records, by the year that they are of.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Cleared {
    pub dry_run: bool,
    pub rows: Vec<ClearedRow>,
    pub total: usize,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClearedRow {
    pub kind: String,
    pub year: i16,
    pub count: usize,
}

pub async fn holidays(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
) -> Result<Json<Holidays>, Failure> {
    Ok(Json(known(&office, &caller.session)?))
}

pub async fn preview(
    State(office): State<Arc<Office>>,
    sent: Sent<Notice>,
) -> Result<Json<HolidayPreview>, Failure> {
    let Notice { text, mode, version: _ } = sent.body;
    let read = read(&office, &sent.caller.session, &text, of_word(&mode)?).await?;
    Ok(Json(HolidayPreview::of(read, &office)))
}

pub async fn publish(
    State(office): State<Arc<Office>>,
    sent: Sent<Notice>,
) -> Result<Json<HolidaysLive>, Failure> {
    let Sent { caller, body, once } = sent;
    let mode = of_word(&body.mode)?;
    let missing =
        || Code::BadRequest.with("`version` is missing: the one of /holidays as it was seen.");
    let version = body.version.as_deref().ok_or_else(missing)?;
    let done = put_live(&office, &caller.session, (&body.text, mode), version);
    Ok(Json(office.once(&once, done).await?))
}

/// What would go now.
pub async fn retention(
    State(office): State<Arc<Office>>,
    Known(caller): Known,
) -> Result<Json<Cleared>, Failure> {
    let swept = office.retention(Some(&caller.session), true).await?;
    Ok(Json(Cleared::of(&swept, true)))
}

pub async fn clear(
    State(office): State<Arc<Office>>,
    sent: Sent<Nothing>,
) -> Result<Json<Cleared>, Failure> {
    let Sent { caller, once, .. } = sent;
    let done = async {
        let swept = office.retention(Some(&caller.session), false).await?;
        Ok(Cleared::of(&swept, false))
    };
    Ok(Json(office.once(&once, done).await?))
}

fn of_word(mode: &str) -> Result<HolidayMode, Failure> {
    let wrong = || Code::BadRequest.with("`mode` is add or replace.");
    HolidayMode::from_word(mode).ok_or_else(wrong)
}

pub fn known(office: &Office, session: &Session) -> Result<Holidays, CommandError> {
    let status = office.holidays(session)?;
    let year = |(year, off, worked)| HolidayYear { year, off, worked };
    let years = status.years.into_iter().map(year).collect();
    Ok(Holidays { years, version: status.version, missing: status.missing })
}

pub async fn read(
    office: &Office,
    session: &Session,
    text: &str,
    mode: HolidayMode,
) -> Result<HolidaysRead, CommandError> {
    office.holidays(session)?;
    let read = office.read_holidays(session, text, mode).await;
    read.map_err(|problems| CommandError::Refused(problems.join("")))
}

/// `version`: of the calendar that was seen.
pub async fn put_live(
    office: &Office,
    session: &Session,
    (text, mode): (&str, HolidayMode),
    version: &str,
) -> Result<HolidaysLive, CommandError> {
    let read = read(office, session, text, mode).await?;
    let hint = office.publish_holidays(session, &read.text, version).await?;
    let version = office.tables().calendar.version().to_owned();
    Ok(HolidaysLive { year: read.year, version, hint })
}

impl HolidayPreview {
    pub fn of(read: HolidaysRead, office: &Office) -> Self {
        let days = read.days.into_iter().map(|day| HolidayDay {
            date: day.date,
            name: day.name,
            before: day.before,
            after: day.after,
        });
        Self {
            year: read.year,
            mode: read.mode.id(),
            days: days.collect(),
            moved: read.moved,
            version: office.tables().calendar.version().to_owned(),
        }
    }
}

impl Cleared {
    fn of(swept: &Swept, dry_run: bool) -> Self {
        let row = |(kind, year, count): (&str, i16, usize)| ClearedRow {
            kind: kind.to_owned(),
            year,
            count,
        };
        Self { dry_run, rows: swept.rows().map(row).collect(), total: swept.total() }
    }
}
