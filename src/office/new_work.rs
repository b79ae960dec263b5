//! New work reaches those who have to do it: a short message where a department's telephone is a
//! mobile, WeChat where somebody there has bound it (`staff_wechat`), else the platform telephones.
//! What can not wait is told at once, and to the platform's duty telephone; all else in office hours.

use jiff::Timestamp;

use crate::calendar::{Limit, spoken};
use crate::county::TimeClass;
use crate::desk::{Actor, Breached, Case, CaseEvent, Change};
use crate::store::records::{Staff, Task, TaskKind};
use crate::store::{Changes, StoreError, keys, list_by_index, load};
use crate::zh;

use super::follow_up::end;
use super::{Office, tasks};

impl Office {
    pub(super) async fn tell_of_work(
        &self,
        changes: &mut Changes,
        case: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let number = case.number.digits();
        let at = if case.time_class == TimeClass::U { now } else { self.in_office_hours(now) };
        for (n, event) in events.iter().enumerate() {
            for (k, (department, text)) in work(case, event).into_iter().enumerate() {
                let id = format!("{number}-work-{}-{n}-{k}", case.revision);
                let said = text.clone();
                let written = self.write_to_department(changes, &department, id, said, at).await?;
                if !written && !self.has_bound_wechat(&department).await? {
                    self.have_it_telephoned(changes, case, &department, &text, now).await?;
                }
            }
            if let Some(text) = self.for_the_duty(case, event) {
                let id = format!("{number}-duty-{}-{n}", case.revision);
                self.write_to_duty(changes, id, &text, now).await?;
            }
            match (&event.change, &case.department) {
                (Change::Accepted, Some(department))
                    if event.by == Actor::System && case.time_class == TimeClass::U =>
                {
                    let text = format!("{}半小时没有人签收。", matter(case));
                    self.have_it_telephoned(changes, case, department, &text, now).await?;
                }
                // It has seen it.
                (Change::Accepted, Some(department)) if event.by != Actor::System => {
                    for id in [task_of(department), task_of(&number)] {
                        if let Some(open) = load::<Task>(&*self.store, keys::task(&id)).await?
                            && open.record.done.is_none()
                        {
                            end(changes, &open, event, &event.by, now)?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn in_office_hours(&self, now: Timestamp) -> Timestamp {
        let tables = self.tables();
        let calendar = &tables.calendar;
        if calendar.is_open(now) { now } else { calendar.due(now, Limit::WorkingMinutes(1)) }
    }

    async fn has_bound_wechat(&self, department: &str) -> Result<bool, StoreError> {
        let bound = list_by_index::<Staff>(&*self.store, keys::all_staff_told(department), 1);
        Ok(!bound.await?.is_empty())
    }

    /// One open task a department, however much it is sent; what can not wait has its own.
    async fn have_it_telephoned(
        &self,
        changes: &mut Changes,
        case: &Case,
        department: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tables = self.tables();
        let found = tables.departments.get(department);
        let number = case.number.digits();
        let is_urgent = case.time_class == TimeClass::U;
        let id = task_of(if is_urgent { &number } else { department });
        let before = load::<Task>(&*self.store, keys::task(&id)).await?;
        let open = before.as_ref().filter(|task| task.record.done.is_none());
        let short = found.map_or(department, |found| &found.short);
        let mut task = match open {
            Some(task) => task.record.clone(),
            None => Task {
                id,
                title: match is_urgent {
                    true => format!("紧急，请打电话给{short}：{}", case.title),
                    false => format!("请打电话告诉{short}：有要办的事"),
                },
                reason: "这个单位没有登记手机号，也没有人绑微信，短信和微信都到不了".into(),
                who: found.map_or(department, |found| &found.name).to_owned(),
                phone: found.map(|found| found.phone.clone()).filter(|phone| !phone.is_empty()),
                case: is_urgent.then_some(number),
                ..tasks::blank(TaskKind::Relay, now)
            },
        };
        tasks::add_line(&mut task, tasks::line(now, false, text));
        match &before {
            Some(before) => changes.replace(before, &task),
            None => changes.create(&task),
        }
    }

    /// What the platform's duty telephone is told, at any hour.
    fn for_the_duty(&self, case: &Case, event: &CaseEvent) -> Option<String> {
        let matter = matter(case);
        match &event.change {
            Change::Received { intake, .. } if intake.danger.is_some() => {
                Some(format!("{matter}，请马上看。"))
            }
            Change::Breached { limit: Breached::Intake, .. } => {
                Some(format!("{matter}到时还没有派单，请马上派。"))
            }
            Change::Accepted if event.by == Actor::System && case.time_class == TimeClass::U => {
                let department = self.department_name(case.department.as_deref()?);
                Some(format!("{matter}半小时没有人签收，请马上打电话给{department}。"))
            }
            _ => None,
        }
    }

    async fn write_to_duty(
        &self,
        changes: &mut Changes,
        id: String,
        text: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let phone = self.common().desk.duty_phone.clone();
        let Ok(mobile) = zh::phone(&phone) else { return Ok(()) };
        self.write_to_phone(changes, &mobile, id, text.to_owned(), now).await.map(drop)
    }
}

fn matter(case: &Case) -> String {
    format!("{}「{}」", case.number, case.title)
}

/// By departments, in words that need no name of a villager.
fn work(case: &Case, event: &CaseEvent) -> Vec<(String, String)> {
    let matter = matter(case);
    match &event.change {
        Change::Dispatched { department, due_at, helpers, .. } => {
            let own = matches!(
                &event.by, Actor::Staff { department: Some(own), .. } if own == department
            );
            let text = format!("{matter}派给你们单位，请在{}前答复群众。", spoken(*due_at));
            // What it took over it knows.
            let lead = (!own).then(|| (department.clone(), text));
            let help = |helper: &crate::desk::Helper| {
                let until = spoken(helper.due_at);
                let text = format!("{matter}请你们单位协办，在{until}前给主办单位意见。");
                (helper.department.clone(), text)
            };
            lead.into_iter().chain(helpers.iter().map(help)).collect()
        }
        Change::Reopened { due_at, .. } => {
            let text = format!("群众不满意，{matter}要重办，请在{}前再答复。", spoken(*due_at));
            case.department.iter().map(|department| (department.clone(), text.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// Of a department, or of a case that can not wait.
fn task_of(whose: &str) -> String {
    format!("new-work-{whose}")
}
