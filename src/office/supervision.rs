//! A department that is late is telephoned: a task for the platform, made in the commit that notes
//! the lateness, and done only by the call that is written down on the case. The platform may write
//! as well (`desk::Slip`). When the promise is not kept, or the slip not answered, the case goes on
//! the notice of an interview (`interviews`).

use jiff::Timestamp;

use crate::calendar::{Limit, spoken};
use crate::desk::private::Veil;
use crate::desk::{Actor, Breached, Case, CaseEvent, Change};
use crate::store::records::{Task, TaskKind};
use crate::store::{Changes, StoreError, keys, load};

use super::follow_up::end;
use super::{Office, tasks};

/// Within this the platform has telephoned: half a day.
const CALL_LIMIT: Limit = Limit::WorkingMinutes(240);

impl Office {
    /// Opens the task when a limit was passed, and ends it with the call or with the answer.
    pub(super) async fn supervise(
        &self,
        changes: &mut Changes,
        case: &Case,
        events: &[CaseEvent],
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let late = |event: &CaseEvent| {
            matches!(
                &event.change,
                Change::Breached { limit: Breached::Handling, department: Some(_), .. }
            )
        };
        let broken = |event: &CaseEvent| {
            matches!(
                event.change,
                Change::Breached { limit: Breached::Promise | Breached::Slip, .. }
            )
        };
        let uncalled = |event: &CaseEvent| {
            matches!(event.change, Change::Breached { limit: Breached::Uncalled, .. })
        };
        if events.iter().any(broken) {
            self.list_for_interview(changes, case, now).await?;
        }
        if events.iter().any(uncalled) {
            changes.create(&self.uncalled(case, now))?;
        }
        self.end_uncalled(changes, case, events, by, now).await?;
        let id = task_id(case);
        let open = load::<Task>(&*self.store, keys::task(&id)).await?;
        if events.iter().any(late) && open.is_none() {
            changes.create(&self.call(case, id, now).await?)?;
        } else if let Some(before) = open.filter(|task| task.record.done.is_none())
            && let Some(event) = events.iter().find(|event| done(event))
        {
            end(changes, &before, event, by, now)?;
        }
        Ok(())
    }

    /// Nobody has telephoned: that is for the director, who is not the one that did not.
    fn uncalled(&self, case: &Case, now: Timestamp) -> Task {
        let number = case.number.digits();
        let department = self.department_name(case.department.as_deref().unwrap_or_default());
        Task {
            id: uncalled_id(case),
            title: format!("没有督办：{} {}", tasks::shown(&number), case.title),
            reason: format!(
                "{department}超期满2个工作日，平台还没有打电话，也没有发督办单。\
                 请平台负责人问清原因，今天就打，或发督办单"
            ),
            who: "平台负责人".to_owned(),
            case: Some(number),
            ..tasks::blank(TaskKind::Supervise, now)
        }
    }

    async fn end_uncalled(
        &self,
        changes: &mut Changes,
        case: &Case,
        events: &[CaseEvent],
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let ends =
            |event: &&CaseEvent| done(event) || matches!(event.change, Change::SlipSent { .. });
        let Some(event) = events.iter().find(ends) else { return Ok(()) };
        // It may have gone to another department with the very event.
        for late in 1..=late_times(case) {
            let id = uncalled_nth(case, late);
            let open = load::<Task>(&*self.store, keys::task(&id)).await?;
            if let Some(before) = open.filter(|task| task.record.done.is_none()) {
                end(changes, &before, event, by, now)?;
            }
        }
        Ok(())
    }

    async fn call(&self, case: &Case, id: String, now: Timestamp) -> Result<Task, StoreError> {
        let who = self.who(&case.number.digits()).await?;
        let department = case.department.as_deref().unwrap_or_default();
        let tables = self.tables();
        let found = tables.departments.get(department);
        let number = case.number.digits();
        let until = spoken(tables.calendar.due(now, CALL_LIMIT));
        let mut task = Task {
            id,
            title: format!("电话督办：{} {}", tasks::shown(&number), case.title),
            reason: format!(
                "到期没有办完。请在{until}前打电话，问清哪天办完，记在事项页的「电话督办」里"
            ),
            who: found.map_or(department, |found| &found.name).to_owned(),
            phone: found.map(|found| found.phone.clone()).filter(|phone| !phone.is_empty()),
            case: Some(number),
            ..tasks::blank(TaskKind::Supervise, now)
        };
        let said = Veil::of(case, &who).over(&case.text);
        tasks::add_line(&mut task, tasks::line(now, true, &said));
        Ok(task)
    }
}

/// What ends a call that is to be made.
fn done(event: &CaseEvent) -> bool {
    matches!(
        event.change,
        Change::Supervised { .. }
            | Change::Dispatched { .. }
            | Change::Replied { .. }
            | Change::Withdrawn { .. }
            | Change::Merged { .. }
    )
}

/// One a round and department.
fn task_id(case: &Case) -> String {
    format!("supervise-{}-{}-{}", case.number.digits(), case.round, late_times(case))
}

fn uncalled_id(case: &Case) -> String {
    uncalled_nth(case, late_times(case))
}

fn uncalled_nth(case: &Case, late: usize) -> String {
    format!("uncalled-{}-{}-{late}", case.number.digits(), case.round)
}

fn late_times(case: &Case) -> usize {
    let breaches = case.course.breaches.iter();
    breaches.filter(|breach| breach.limit == Breached::Handling).count()
}
