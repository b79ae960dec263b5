//! What is late, by departments: for the organisation department, leaders and those who supervise.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::desk::{Case, Interview, InterviewState};
use crate::store::{keys, list_by_index};

use super::Office;
use super::rights::Right;
use super::views::{CommandError, Session};

/// A county in which more is late has other worries than this page.
const EXAMINED: usize = 1_000;
/// Whoever was called in so often within a year is shown though nothing is late today.
const REPEATED: usize = 2;
const LOOK_BACK_DAYS: i64 = 365;

#[derive(Debug, Clone)]
pub struct LateDepartment {
    /// In departments.csv.
    pub id: String,
    pub name: String,
    /// Its cases that are open and late.
    pub late: usize,
    /// Of those: telephoned about, and written to.
    pub called: usize,
    pub slips: usize,
    /// Of those: the day that was promised on the telephone is over as well.
    pub broken: usize,
    /// When the oldest of them was due; `None`: nothing is late now.
    pub since: Option<Timestamp>,
    /// How often its head was, or is to be, called in.
    pub interviews: usize,
}

impl Office {
    /// The one with most first.
    pub async fn late_departments(
        &self,
        session: &Session,
    ) -> Result<Vec<LateDepartment>, CommandError> {
        session.must(Right::ReadInterviews)?;
        let now = self.clock.now();
        let range = keys::open_cases_due_before(now);
        let mut found: BTreeMap<String, LateDepartment> = BTreeMap::new();
        for (_, case) in list_by_index::<Case>(&*self.store, range, EXAMINED).await? {
            let case = case.record;
            let Some(id) = case.department.clone() else { continue };
            if !case.is_late(now) {
                continue;
            }
            let one = found.entry(id.clone()).or_insert_with(|| self.late_department(id));
            one.late += 1;
            one.called += usize::from(case.course.supervisions > 0);
            one.slips += usize::from(case.slips() > 0);
            one.broken += usize::from(case.course.promise_at.is_some_and(|until| until < now));
            let since = case.late_from();
            one.since = Some(one.since.map_or(since, |first| first.min(since)));
        }
        for (id, count) in self.interviews_by_department().await? {
            if count >= REPEATED || found.contains_key(&id) {
                let one = found.entry(id.clone()).or_insert_with(|| self.late_department(id));
                one.interviews = count;
            }
        }
        let mut all: Vec<LateDepartment> = found.into_values().collect();
        all.sort_by_key(|one| {
            (std::cmp::Reverse(one.late), std::cmp::Reverse(one.interviews), one.since)
        });
        Ok(all)
    }

    /// Nothing is late there yet.
    fn late_department(&self, id: String) -> LateDepartment {
        LateDepartment {
            name: self.department_name(&id),
            id,
            late: 0,
            called: 0,
            slips: 0,
            broken: 0,
            since: None,
            interviews: 0,
        }
    }

    /// Of the last year, also those that ended.
    async fn interviews_by_department(&self) -> Result<BTreeMap<String, usize>, CommandError> {
        let now = self.clock.now();
        let since = now - SignedDuration::from_hours(LOOK_BACK_DAYS * 24);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for is_open in [true, false] {
            let range =
                keys::interviews_drafted(is_open, since, now + SignedDuration::from_secs(1));
            let found = list_by_index::<Interview>(&*self.store, range, EXAMINED).await?;
            for (_, interview) in found {
                // Of one that was dropped nobody was called in.
                if interview.record.state != InterviewState::Dropped {
                    *counts.entry(interview.record.department).or_default() += 1;
                }
            }
        }
        Ok(counts)
    }
}
