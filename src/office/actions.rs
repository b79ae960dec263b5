//! What a dialog can have done: `create_case`, `lookup_case`, `rate_case`. Decided at once
//! on loaded records; the result goes back into the conversation.

use crate::county::Channel;
use crate::desk::{self, Actor, Case, Command, Grade, Intake, NumberRead};
use crate::dialog::{Answer, Call, Fields, Value};
use crate::store::records::Person;
use crate::store::{StoreError, keys, list_by_index, load};

use super::turn::Turn;
use super::{beijing, cases, random};

/// Shown to her in one list; more than nine do not fit a menu.
const OWN_CASES_SHOWN: usize = 9;
const OWN_CASES_EXAMINED: usize = 200;

/// `Err` is the answer "that can not be", in words for her.
type Outcome = Result<Result<Value, String>, StoreError>;

impl Turn<'_> {
    pub async fn act(&mut self, call: &Call) -> Outcome {
        match call.action.as_str() {
            "create_case" => self.create_case(call).await,
            "lookup_case" => self.lookup_case(call).await,
            "rate_case" => self.rate_case(call).await,
            other => {
                tracing::error!(action = other, "a dialog calls what the office does not know");
                Ok(Err(String::new()))
            }
        }
    }

    async fn create_case(&mut self, call: &Call) -> Outcome {
        let arg = |name: &str| call.args.get(name);
        let text = |name: &str| arg(name).and_then(as_text);
        let (name, phone) = (text("name"), text("phone"));
        let person = self.person(name.clone(), phone.clone()).await?;
        let year = beijing::civil(self.now).date().year();
        let series = format!("case-1-{}", year % 100);
        let serial = self.office.numbers.next(&*self.office.store, &series).await?;
        let Some(number) = desk::CaseNumber::new(1, year, serial) else {
            tracing::error!(serial, "the numbers of this year are used up");
            return Ok(Err(String::new()));
        };
        let place = arg("place").map(|answer| &answer.value);
        let (place_code, place_name) = match place {
            Some(Value::Place { code, name }) => (Some(code.clone()), Some(name.clone())),
            Some(other) => (None, Some(other.to_string())),
            None => (None, None),
        };
        let intake = Intake {
            number,
            category: arg("category").and_then(as_choice),
            place_code,
            place_name,
            place_note: text("place_note"),
            text: arg("text").map(|answer| answer.raw.clone()).unwrap_or_default(),
            name,
            phone,
            photos: arg("photos").map(as_list).unwrap_or_default(),
            voices: arg("voices").map(as_list).unwrap_or_default(),
            person: Some(person.clone()),
            channel: self.address.channel.id().to_owned(),
        };
        let by = Actor::Villager { person };
        let rules = self.office.tables.rules();
        let events = match desk::decide(None, Command::File(intake), &by, self.now, &rules) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        let case = cases::apply(&mut self.changes, None, None, &events)?;
        self.told.extend(self.office.notices_of(&case, &events, self.now));
        self.office.counters.cases.add(1);
        Ok(Ok(Value::Record(self.case_fields(&case))))
    }

    async fn lookup_case(&mut self, call: &Call) -> Outcome {
        let Some(person) = self.contact.person.clone() else {
            return Ok(Ok(Value::List(Vec::new())));
        };
        let mut own =
            list_by_index::<Case>(&*self.office.store, keys::cases_of(&person), OWN_CASES_EXAMINED)
                .await?;
        own.reverse();
        let asked = call.args.get("number").map(|answer| desk::read_number(&answer.raw));
        match asked {
            Some(NumberRead::Whole(number)) => own.retain(|(_, case)| case.number == number),
            Some(NumberRead::Tail(digits)) => {
                own.retain(|(_, case)| case.number.as_str().ends_with(&digits));
            }
            Some(NumberRead::WrongCheckDigit) => {
                return Ok(Err("编号不对，请再核对一下。回「我的」看您的全部。".into()));
            }
            Some(NumberRead::None) | None => {}
        }
        // Finished ones come after those that still run.
        own.sort_by_key(|(_, case)| !case.state.is_open());
        own.truncate(OWN_CASES_SHOWN);
        Ok(Ok(Value::List(own.iter().map(|(_, case)| self.case_fields(&case.record)).collect())))
    }

    async fn rate_case(&mut self, call: &Call) -> Outcome {
        let text = |name: &str| call.args.get(name).and_then(as_text);
        let number = text("case").or_else(|| text("number")).unwrap_or_default();
        let (Some(person), Some(grade)) = (
            self.contact.person.clone(),
            call.args.get("grade").and_then(as_choice).as_deref().and_then(Grade::from_id),
        ) else {
            return Ok(Err("没有找到要评价的事。".into()));
        };
        let Some(before) = load::<Case>(&*self.office.store, keys::case(&number)).await? else {
            return Ok(Err("没有找到要评价的事。".into()));
        };
        if before.record.person.as_ref() != Some(&person) {
            return Ok(Err("没有找到要评价的事。".into()));
        }
        let command = Command::Rate { grade, comment: text("comment") };
        let by = Actor::Villager { person };
        let rules = self.office.tables.rules();
        let events = match desk::decide(Some(&before.record), command, &by, self.now, &rules) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        let case = cases::apply(&mut self.changes, Some(&before), None, &events)?;
        self.told.extend(self.office.notices_of(&case, &events, self.now));
        let mut fields = self.case_fields(&case);
        let next = if case.state.is_open() { "redo" } else { "closed" };
        fields.insert("next".into(), Value::Text(next.into()));
        Ok(Ok(Value::Record(fields)))
    }

    fn case_fields(&self, case: &Case) -> Fields {
        let department = case
            .department
            .as_deref()
            .and_then(|id| self.office.tables.departments.get(id))
            .map(|department| department.name.clone());
        let due = if case.state.is_open() {
            beijing::before(case.promised_at)
        } else {
            String::new()
        };
        let reply = case.reply.as_ref().map(|reply| reply.text.clone());
        [
            ("case_no", case.number.to_string()),
            ("number", case.number.as_str().to_owned()),
            ("title", case.title.clone()),
            ("promised", beijing::before(case.promised_at)),
            ("due", due),
            ("state", case.state.told().to_owned()),
            ("department", department.unwrap_or_default()),
            ("reply", reply.unwrap_or_default()),
        ]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), Value::Text(text)))
        .collect()
    }

    /// The person behind this address, made on the first case.
    async fn person(
        &mut self,
        name: Option<String>,
        phone: Option<String>,
    ) -> Result<String, StoreError> {
        if let Some(id) = &self.contact.person
            && let Some(before) = load::<Person>(&*self.office.store, keys::person(id)).await?
        {
            let mut person = before.record.clone();
            person.name = name.or(person.name);
            person.phone = phone.or(person.phone);
            if person != before.record {
                self.changes.replace(&before, &person)?;
            }
            return Ok(person.id);
        }
        let person = Person {
            id: random::hex::<8>(),
            addresses: vec![self.contact.address.clone()],
            name,
            phone: phone
                .or_else(|| (self.address.channel == Channel::Sms).then(|| self.address.user.clone())),
        };
        self.changes.create(&person)?;
        self.contact.person = Some(person.id.clone());
        Ok(person.id)
    }

    /// The person stays for her cases; this address no longer leads to her.
    pub async fn forget_address(&mut self, id: &str) -> Result<(), StoreError> {
        if let Some(before) = load::<Person>(&*self.office.store, keys::person(id)).await? {
            let mut person = before.record.clone();
            person.addresses.retain(|address| *address != self.contact.address);
            self.changes.replace(&before, &person)?;
        }
        Ok(())
    }
}

fn as_text(answer: &Answer) -> Option<String> {
    let text = answer.value.to_string();
    (!text.trim().is_empty()).then_some(text)
}

/// The stored value of a choice, not its label.
fn as_choice(answer: &Answer) -> Option<String> {
    match &answer.value {
        Value::Choice { value, .. } => Some(value.clone()),
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn as_list(answer: &Answer) -> Vec<String> {
    match &answer.value {
        Value::Media(media) => media.clone(),
        _ => Vec::new(),
    }
}
