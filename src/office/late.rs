//! What is late, by departments: for the organisation department, leaders and those who supervise.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::desk::Case;
use crate::store::{keys, list_by_index};

use super::Office;
use super::rights::Right;
use super::views::{CommandError, Session};

/// A county in which more is late has other worries than this page.
const EXAMINED: usize = 1_000;

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
    /// When the oldest of them was due.
    pub since: Timestamp,
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
            if case.replied_at.is_some() || !case.is_overdue(now) {
                continue;
            }
            let one = found.entry(id.clone()).or_insert_with(|| LateDepartment {
                name: self.department_name(&id),
                id,
                late: 0,
                called: 0,
                slips: 0,
                broken: 0,
                since: case.round_due_at,
                interviews: 0,
            });
            one.late += 1;
            one.called += usize::from(case.course.supervisions > 0);
            one.slips += usize::from(case.slips() > 0);
            one.broken += usize::from(case.course.promise_at.is_some_and(|until| until < now));
            one.since = one.since.min(case.round_due_at);
        }
        for interview in self.interviews(session).await? {
            if let Some(one) = found.values_mut().find(|one| one.name == interview.department) {
                one.interviews += 1;
            }
        }
        let mut all: Vec<LateDepartment> = found.into_values().collect();
        all.sort_by_key(|one| (std::cmp::Reverse(one.late), one.since));
        Ok(all)
    }
}
