//! Somebody tells of danger: it is filed without a question, and a clerk sees it above all else.

use jiff::{SignedDuration, Timestamp};

use crate::desk::{self, Actor, Case, CaseType, Command, Intake};
use crate::dialog::{Call, Value};
use crate::store::records::{Task, TaskKind};
use crate::store::{Loaded, StoreError, keys, list_by_index, load};

use super::actions::{Outcome, as_files, as_text};
use super::tasks;
use super::turn::Turn;
use super::understood::understood;

/// What she tells within this time is about the same danger.
const SAME: SignedDuration = SignedDuration::from_hours(2);
const EXAMINED: usize = 200;

impl Turn<'_> {
    pub async fn report_danger(&mut self, call: &Call) -> Outcome {
        let arg = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let label = match arg("danger") {
            Some(Value::Choice { label, .. }) => label.clone(),
            other => other.and_then(as_text).unwrap_or_default(),
        };
        let said = arg("opening").and_then(as_text).unwrap_or_default();
        let (place_code, place_name) = self.place(arg("village"));
        let person = self.person(None, None).await?;
        if let Some(before) = self.danger_of(&person).await? {
            return self.tell_more(&before, place_name, said).await;
        }
        let Some(number) = self.next_number(CaseType::Appeal).await? else {
            return Ok(Err(String::new()));
        };
        let intake = Intake {
            place_code,
            place_name,
            text: said.clone(),
            phone: self.phone_of(&person).await?,
            photos: arg("photos").map(as_files).unwrap_or_default(),
            voices: arg("voices").map(as_files).unwrap_or_default(),
            danger: Some(label.clone()),
            understood: understood(call),
            ..Intake::of(number, person, self.address.channel.id())
        };
        self.changes.create(&danger_task(&intake, &label, self.now))?;
        self.file(intake).await
    }

    /// Hers of the last hours that still runs.
    async fn danger_of(&self, person: &str) -> Result<Option<Loaded<Case>>, StoreError> {
        let own = list_by_index::<Case>(&*self.office.store, keys::cases_of(person), EXAMINED);
        let recent = |case: &Loaded<Case>| {
            let case = &case.record;
            case.danger && case.state.is_open() && self.now - SAME < case.received_at
        };
        Ok(own.await?.into_iter().rev().map(|(_, case)| case).find(recent))
    }

    async fn tell_more(
        &mut self,
        before: &Loaded<Case>,
        place: Option<String>,
        said: String,
    ) -> Outcome {
        let text = match place.filter(|_| before.record.place_name.is_none()) {
            Some(place) => format!("在{place}"),
            None => said,
        };
        let number = before.record.number.digits();
        if let Some(open) = load::<Task>(&*self.office.store, keys::task(&key(&number))).await?
            && open.record.done.is_none()
        {
            let mut task = open.record.clone();
            tasks::add_line(&mut task, tasks::line(self.now, true, &text));
            self.changes.replace(&open, &task)?;
        }
        let by = Actor::Villager { person: before.record.person.clone() };
        let more = Command::Supplement { text, photos: Vec::new(), voices: Vec::new() };
        let tables = self.office.tables();
        let rules = tables.rules();
        let case = match desk::decide(Some(&before.record), more, &by, self.now, &rules) {
            Ok(events) => self.office.add_events(&mut self.changes, Some(before), &events).await?,
            // It has been answered meanwhile; she has been told whom to call.
            Err(_) => before.record.clone(),
        };
        Ok(Ok(Value::Record(self.case_fields(&case))))
    }
}

/// For a clerk, above all else.
pub(super) fn danger_task(intake: &Intake, label: &str, now: Timestamp) -> Task {
    let number = intake.number.digits();
    let mut task = Task {
        id: key(&number),
        title: format!("紧急：{label}，请马上看"),
        reason: "已经请群众打110、119、120。请核实，联系有关部门".into(),
        who: "一位村民".into(),
        phone: intake.phone.clone(),
        case: Some(number),
        ..tasks::blank(TaskKind::Danger, now)
    };
    let place = intake.place_name.as_deref().unwrap_or("没有说在哪里");
    tasks::add_line(&mut task, tasks::line(now, true, &format!("{}（{place}）", intake.text)));
    task
}

fn key(number: &str) -> String {
    format!("danger-{number}")
}
