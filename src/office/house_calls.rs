//! 上门: who goes where on a day, for those who go and those who are asked about it.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::calendar::local_date;
use crate::desk::Case;
use crate::store::{keys, list_by_index};

use super::Office;
use super::figures::start_of;
use super::rights::Sight;
use super::views::{CaseRow, CommandError, Session};

const SHOWN_MAX: usize = 300;
/// What nobody has said the result of is shown for so many days.
const BACK_DAYS: i32 = 14;

#[derive(Debug, Clone)]
pub struct HouseCall {
    pub at: Timestamp,
    pub who: String,
    pub row: CaseRow,
    /// Its time is past, and nobody has said what came of it.
    pub is_past: bool,
}

#[derive(Debug, Clone)]
pub struct HouseCalls {
    pub day: Date,
    /// Of that day, in the order of the clock.
    pub calls: Vec<HouseCall>,
    /// Of the days before.
    pub open: Vec<HouseCall>,
}

impl Office {
    /// Those that somebody sees. `day`: today, if it is not given.
    pub async fn house_calls(
        &self,
        session: &Session,
        day: Option<Date>,
    ) -> Result<HouseCalls, CommandError> {
        if !session.is_handler() && !session.reads_cases() {
            return Err(CommandError::NotFound);
        }
        let now = self.clock.now();
        let day = day.unwrap_or_else(|| local_date(now));
        let (from, to) = (start_of(day), start_of(day.saturating_add(1.day())));
        let back = start_of(local_date(now).saturating_sub(BACK_DAYS.days()));
        Ok(HouseCalls {
            day,
            calls: self.calls_between(session, from, to).await?,
            open: self.calls_between(session, back, now.min(from)).await?,
        })
    }

    async fn calls_between(
        &self,
        session: &Session,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<HouseCall>, CommandError> {
        let range = keys::case_visits(from, to);
        let found = list_by_index::<Case>(&*self.store, range, SHOWN_MAX).await?;
        let seen = found.into_iter().map(|(_, case)| case.record).filter(|case| {
            let own =
                session.department.as_ref().is_none_or(|own| case.department.as_ref() == Some(own));
            own && session.sight(case, self.is_overdue(case)) > Sight::Nothing
        });
        let now = self.clock.now();
        let call = |case: Case| {
            let visit = case.course.visit.as_ref()?;
            let (at, who) = (visit.at, visit.who.clone());
            Some(HouseCall { at, who, row: self.case_row(&case), is_past: at < now })
        };
        Ok(seen.filter_map(call).collect())
    }
}
