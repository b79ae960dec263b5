//! What a case asks of the platform by itself, and when that is done: somebody to be called back
//! before silence ends it, and what a leader wrote, until it is answered.

use jiff::Timestamp;

use crate::calendar::spoken;
use crate::desk::private::Veil;
use crate::desk::{Actor, Breached, Case, CaseEvent, Change};
use crate::store::records::{Done, Task, TaskKind};
use crate::store::{Changes, Loaded, StoreError, keys, load};

use super::{Office, tasks};

impl Office {
    pub(super) async fn follow_up(
        &self,
        changes: &mut Changes,
        case: &Case,
        events: &[CaseEvent],
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let asked = |event: &&CaseEvent| matches!(event.change, Change::Reminded);
        let heard = |event: &&CaseEvent| {
            matches!(
                event.change,
                Change::CalledBack { .. } | Change::Rated { .. } | Change::Closed { .. }
            )
        };
        if case.waits_for_call() && events.iter().any(|event| asked(&event)) {
            let id = call_id(case, case.round);
            if load::<Task>(&*self.store, keys::task(&id)).await?.is_none() {
                changes.create(&self.call_back(case, id, now).await?)?;
            }
        } else if let Some(event) = events.iter().find(heard).filter(|_| !case.waits_for_call()) {
            self.end_task(changes, &call_id(case, round_before(case, events)), event, by, now)
                .await?;
        }
        for event in events {
            match &event.change {
                Change::Directed { n, text, answer_by } => {
                    let id = direction_id(case, *n);
                    changes.create(&self.direction(case, id, (text, *answer_by), now).await?)?;
                }
                Change::DirectionAnswered { n, .. } => {
                    self.end_task(changes, &direction_id(case, *n), event, by, now).await?;
                }
                Change::Breached { limit: Breached::Direction, .. } => {
                    self.say_late(changes, case, now).await?;
                }
                // Nobody can answer it any more; that it was late stands on the case.
                Change::Archived => {
                    if let Some(open) = case.open_direction() {
                        let id = direction_id(case, open.n);
                        self.end_task(changes, &id, event, by, now).await?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The platform's task says that the department has not answered its leader in time.
    async fn say_late(
        &self,
        changes: &mut Changes,
        case: &Case,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(direction) = case.open_direction() else { return Ok(()) };
        let key = keys::task(&direction_id(case, direction.n));
        let Some(before) = load::<Task>(&*self.store, key).await? else { return Ok(()) };
        let by = spoken(direction.answer_by);
        let mut task = Task {
            title: format!("超期 {}", before.record.title),
            reason: format!("{by}前没有答复批示。请打电话催承办单位，再告诉领导"),
            ..before.record.clone()
        };
        tasks::add_line(&mut task, tasks::line(now, false, "到期没有答复批示。"));
        changes.replace(&before, &task)
    }

    async fn end_task(
        &self,
        changes: &mut Changes,
        id: &str,
        event: &CaseEvent,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match load::<Task>(&*self.store, keys::task(id)).await? {
            Some(open) if open.record.done.is_none() => end(changes, &open, event, by, now),
            _ => Ok(()),
        }
    }

    async fn call_back(&self, case: &Case, id: String, now: Timestamp) -> Result<Task, StoreError> {
        let number = case.number.digits();
        let who = self.who(&number).await?;
        let mut task = Task {
            id,
            title: format!("回访：{} {}", tasks::shown(&number), case.title),
            reason: match case.unreachable {
                true => "她没有电话。请她村里的代办员问问解决了没有，记在事项页的「回访」里",
                false => "答复了还没评价。请打电话问问解决了没有，记在事项页的「回访」里",
            }
            .into(),
            who: who.name.clone().unwrap_or_else(|| tasks::NOBODY.into()),
            phone: who.phone.clone(),
            case: Some(number),
            ..tasks::blank(TaskKind::CallBack, now)
        };
        let reply = case.reply.as_ref().map_or("", |reply| reply.text.as_str());
        tasks::add_line(&mut task, tasks::line(now, false, reply));
        Ok(task)
    }

    async fn direction(
        &self,
        case: &Case,
        id: String,
        (text, answer_by): (&str, Timestamp),
        now: Timestamp,
    ) -> Result<Task, StoreError> {
        let number = case.number.digits();
        let who = self.who(&number).await?;
        let tables = self.tables();
        let found = case.department.as_deref().and_then(|id| tables.departments.get(id));
        let mut task = Task {
            id,
            title: format!("领导批示：{} {}", tasks::shown(&number), case.title),
            reason: format!("请督促承办单位在{}前答复批示", spoken(answer_by)),
            who: found.map_or("平台", |found| &found.name).to_owned(),
            phone: found.map(|found| found.phone.clone()).filter(|phone| !phone.is_empty()),
            case: Some(number),
            ..tasks::blank(TaskKind::Direct, now)
        };
        let said = Veil::of(case, &who).over_ours(text);
        tasks::add_line(&mut task, tasks::line(now, false, &said));
        Ok(task)
    }
}

/// What was written down on the case has ended it.
pub(super) fn end(
    changes: &mut Changes,
    before: &Loaded<Task>,
    event: &CaseEvent,
    by: &Actor,
    now: Timestamp,
) -> Result<(), StoreError> {
    let by = by.name().unwrap_or("系统").to_owned();
    let note = event.change.step().word().to_owned();
    let task = Task { done: Some(Done { at: now, by, note }), ..before.record.clone() };
    changes.replace(before, &task)
}

/// The round in which they happened: a new one may have begun with the last of them.
fn round_before(case: &Case, events: &[CaseEvent]) -> u8 {
    let begun = events.iter().any(|event| matches!(event.change, Change::Reopened { .. }));
    case.round - u8::from(begun)
}

/// One a round.
fn call_id(case: &Case, round: u8) -> String {
    format!("call-back-{}-{round}", case.number.digits())
}

fn direction_id(case: &Case, n: u8) -> String {
    format!("direct-{}-{n}", case.number.digits())
}
