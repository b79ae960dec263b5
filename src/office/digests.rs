//! What departments and the platform are told: that most of a case's time is used, that the
//! platform has written to them, and every working morning what is due. A department whose telephone in departments.csv is a
//! mobile gets a short message; everybody finds the same on the pages.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, time};
use jiff::{Timestamp, ToSpan};

use crate::calendar::{local_date, spoken};
use crate::desk::{Breached, Case, CaseEvent, Change};
use crate::store::records::{Contact, Done, Outgoing, Task, TaskKind};
use crate::store::{Changes, StoreError, keys, list_by_index, load};
use crate::zh;

use super::views::{CommandError, Session};
use super::{Office, beijing, outbox, sms, tasks};

const MORNING: Time = time(8, 30, 0, 0);
const PAGE: usize = 500;
/// Of one department, named in the morning's list.
const NAMED_MAX: usize = 5;

/// What a department has to do today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DueToday {
    pub today: usize,
    pub overdue: usize,
}

#[derive(Default)]
struct Morning {
    due: DueToday,
    numbers: Vec<String>,
}

impl Morning {
    fn said(&self) -> String {
        let DueToday { today, overdue } = self.due;
        let rest = (today + overdue).saturating_sub(self.numbers.len());
        let more = if rest == 0 { String::new() } else { format!("等{}件", today + overdue) };
        format!("今天到期{today}件，超期{overdue}件：{}{more}", self.numbers.join("、"))
    }
}

impl Office {
    /// The department that has it is told that most of the time is used, or what the platform wrote.
    pub(super) async fn write_of_events(
        &self,
        changes: &mut Changes,
        case: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(department) = &case.department else { return Ok(()) };
        let matter = format!("{}「{}」", case.number, case.title);
        let written = events.iter().find_map(|event| match event.change {
            Change::Warned { due_at, last: false } => {
                Some(("amber", format!("{matter}时间用了八成，请在{}前答复群众。", spoken(due_at))))
            }
            Change::Warned { due_at, last: true } => Some((
                "last",
                format!("{matter}再有半天就到期，请在{}前答复群众。", spoken(due_at)),
            )),
            Change::Directed { answer_by, .. } => Some((
                "directed",
                format!("领导批示：{matter}，请在{}前答复批示。", spoken(answer_by)),
            )),
            Change::Breached { limit: Breached::Handling, .. } => {
                Some(("late", format!("{matter}超期了，请马上答复群众。")))
            }
            Change::SlipSent { answer_by, .. } => Some((
                "slip",
                format!("督办单：{matter}超期了，请在{}前书面答复平台。", spoken(answer_by)),
            )),
            _ => None,
        });
        let Some((kind, text)) = written else { return Ok(()) };
        let id = format!("{}-{kind}-{}", case.number.digits(), case.revision);
        self.write_to_department(changes, department, id, text, now).await.map(drop)
    }

    /// At that time, or later. Says whether it has a telephone that can read.
    pub(super) async fn write_to_department(
        &self,
        changes: &mut Changes,
        department: &str,
        id: String,
        text: String,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let tables = self.tables();
        let phone = tables.departments.get(department).map(|found| found.phone.clone());
        match phone.map(|phone| zh::phone(&phone)) {
            Some(Ok(mobile)) => self.write_to_phone(changes, &mobile, id, text, at).await,
            _ => Ok(false),
        }
    }

    pub(super) async fn write_to_phone(
        &self,
        changes: &mut Changes,
        mobile: &str,
        id: String,
        text: String,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        if self.sms.channels.is_empty() {
            return Ok(false);
        }
        let address = sms::address(mobile);
        let key = keys::contact(&address.to_string());
        if load::<Contact>(&*self.store, key).await?.is_none() {
            changes.create(&Contact::new(&address))?;
        }
        let letter = outbox::to_department(id, &address.to_string(), text, self.clock.now());
        changes.create(&Outgoing { due_at: at, ..letter })?;
        Ok(true)
    }

    /// Every working morning, once. Says whether it was done now.
    pub(super) async fn tell_the_morning(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let today = local_date(now);
        let is_time =
            beijing::civil(now).time() >= MORNING && self.tables().calendar.is_working_day(today);
        if !is_time || !self.mornings.begins(today) {
            return Ok(0);
        }
        let id = format!("morning-{today}");
        if load::<Task>(&*self.store, keys::task(&id)).await?.is_some() {
            return Ok(0);
        }
        let mornings = match self.mornings_of_departments(today, now).await {
            Ok(mornings) => mornings,
            Err(error) => {
                self.mornings.again();
                return Err(error);
            }
        };
        let mut changes = Changes::default();
        self.end_last_morning(&mut changes, now).await?;
        if !mornings.is_empty() {
            changes.create(&self.morning_task(id, &mornings, now))?;
        }
        for (department, morning) in &mornings {
            let id = format!("{department}-morning-{today}");
            self.write_to_department(&mut changes, department, id, morning.said(), now).await?;
        }
        match self.store.commit(changes.into_batch()).await {
            // Somebody finished yesterday's at the same moment: with the next round.
            Err(StoreError::Conflict(_)) => {
                self.mornings.again();
                Ok(0)
            }
            done => done.map(|()| mornings.len()),
        }
    }

    /// By department; what nobody has yet under an empty name.
    async fn mornings_of_departments(
        &self,
        today: Date,
        now: Timestamp,
    ) -> Result<BTreeMap<String, Morning>, StoreError> {
        let mut found: BTreeMap<String, Morning> = BTreeMap::new();
        let mut range = keys::open_cases_due_before(midnight(today));
        loop {
            let page = list_by_index::<Case>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(found) };
            range = keys::after(&range, last);
            for (_, case) in page {
                let case = &case.record;
                let Some(late) = is_late(case, now) else { continue };
                let morning = found.entry(case.department.clone().unwrap_or_default()).or_default();
                morning.due.count(late);
                if morning.numbers.len() < NAMED_MAX {
                    morning.numbers.push(case.number.to_string());
                }
            }
        }
    }

    /// Yesterday's list is of no more use.
    async fn end_last_morning(
        &self,
        changes: &mut Changes,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for (_, before) in list_by_index::<Task>(&*self.store, keys::open_tasks(), PAGE).await? {
            if before.record.kind == TaskKind::Morning {
                let mut task = before.record.clone();
                let note = "又过了一天".into();
                task.done = Some(Done { at: now, by: "系统".into(), note });
                changes.replace(&before, &task)?;
            }
        }
        Ok(())
    }

    fn morning_task(
        &self,
        id: String,
        mornings: &BTreeMap<String, Morning>,
        now: Timestamp,
    ) -> Task {
        let mut all = DueToday::default();
        let mut task = Task { id, ..tasks::blank(TaskKind::Morning, now) };
        for (department, morning) in mornings {
            all.today += morning.due.today;
            all.overdue += morning.due.overdue;
            let name = match department.as_str() {
                "" => "还没派单的".to_owned(),
                id => self.department_name(id),
            };
            let text = format!("{name}：{}", morning.said());
            tasks::add_line(&mut task, tasks::line(now, true, &text));
        }
        task.title = format!("早报：今天到期{}件，超期{}件", all.today, all.overdue);
        task.reason = "今天要到期的和已经超期的，按承办单位列在下面".into();
        task.who = format!("{}个单位", mornings.len());
        task
    }

    /// What stands at the head of a department's list; `None` for all others.
    pub async fn due_today(&self, session: &Session) -> Result<Option<DueToday>, CommandError> {
        let own = session.department.as_ref();
        let Some(department) = own.filter(|_| session.is_handler()) else { return Ok(None) };
        let now = self.clock.now();
        let range =
            keys::open_cases_of_department_due_before(department, midnight(local_date(now)));
        let mut due = DueToday::default();
        for (_, case) in list_by_index::<Case>(&*self.store, range, PAGE).await? {
            let leads = case.record.department.as_ref() == Some(department);
            if let Some(late) = is_late(&case.record, now).filter(|_| leads) {
                due.count(late);
            }
        }
        Ok(Some(due))
    }
}

impl DueToday {
    fn count(&mut self, late: bool) {
        let to = if late { &mut self.overdue } else { &mut self.today };
        *to += 1;
    }
}

/// `None`: answered, or its time stands still.
fn is_late(case: &Case, now: Timestamp) -> Option<bool> {
    let runs = case.replied_at.is_none() && !case.state.stands_still();
    runs.then(|| case.is_overdue(now))
}

/// The end of that day.
fn midnight(day: Date) -> Timestamp {
    beijing::instant(day.saturating_add(1.day()).at(0, 0, 0, 0))
}

/// The day of which the morning was told; the store knows it too, so that a start tells nothing
/// twice.
#[derive(Default)]
pub(super) struct Mornings(std::sync::Mutex<Option<Date>>);

impl Mornings {
    fn begins(&self, today: Date) -> bool {
        let mut told = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.replace(today) != Some(today)
    }

    fn again(&self) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }
}
