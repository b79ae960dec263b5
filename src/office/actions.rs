//! What a dialog can have done. Decided at once on loaded records; the result goes back into
//! the conversation. Filing is here, what she does with a case that she has in `own_cases`.

use jiff::Timestamp;

use crate::calendar::spoken;
use crate::county::Channel;
use crate::desk::{self, Actor, Case, CaseNumber, CaseType, Command, Intake};
use crate::dialog::{Call, Fields, Value};
use crate::meaning::Intent;
use crate::store::StoreError;
use crate::store::records::Person;

use super::own_cases::Purpose;
use super::turn::Turn;
use super::understood::understood;
use super::{Office, beijing, random};

const REMARK_CHARACTERS_MAX: usize = 500;

/// `Err` is the answer "that can not be", in words for her.
pub(super) type Outcome = Result<Result<Value, String>, StoreError>;

impl Turn<'_> {
    pub async fn act(&mut self, call: &Call) -> Outcome {
        match call.action.as_str() {
            "send_link_code" => self.send_link_code(call).await,
            "make_link_code" => self.make_link_code().await,
            "link_phone" => self.link_phone(call).await,
            "link_by_code" => self.link_by_code(call).await,
            "unlink_phone" => self.unlink_phone().await,
            "bind_staff" => self.bind_staff(call).await,
            "create_case" => self.create_case(call).await,
            "cases_alike" => self.cases_alike(call).await,
            "sign_case" => self.sign_case(call).await,
            "lookup_case" => self.find_own(call, Purpose::Look).await,
            "cases_to_urge" => self.find_own(call, Purpose::Urge).await,
            "cases_to_supplement" => self.find_own(call, Purpose::Supplement).await,
            "cases_to_withdraw" => self.find_own(call, Purpose::Withdraw).await,
            "cases_to_rate" => self.find_own(call, Purpose::Rate).await,
            "cases_to_follow" => self.find_own(call, Purpose::Follow).await,
            "report_danger" => self.report_danger(call).await,
            "file_consult" => self.file_consult(call).await,
            "file_proxy" => self.file_proxy(call).await,
            "set_language" => self.set_language(call),
            "own_data" => self.own_data().await,
            "export_data" => self.export_data().await,
            "own_looks" => self.own_looks().await,
            "delete_data" => self.delete_data().await,
            "post_listing" => self.post_listing(call).await,
            "find_listings" => self.find_listings(call).await,
            "own_listings" => self.find_own_listings().await,
            "withdraw_listing" => self.withdraw_listing(call).await,
            "ask_for_listing" => self.ask_for_listing(call).await,
            "cases_to_hide" => self.find_own(call, Purpose::Hide).await,
            "hide_case" => self.hide_case(call).await,
            "urge_case" => self.urge_case(call).await,
            "supplement_case" => self.supplement_case(call).await,
            "withdraw_case" => self.withdraw_case(call).await,
            "rate_case" => self.rate_case(call).await,
            "follow_case" => self.follow_case(call).await,
            other => {
                if let Some(outcome) = Box::pin(self.act_in_shop(call)).await {
                    return outcome;
                }
                tracing::error!(action = other, "a dialog calls what the office does not know");
                Ok(Err(String::new()))
            }
        }
    }

    /// From here on she is spoken to in the language that she chose.
    fn set_language(&mut self, call: &Call) -> Outcome {
        let chosen = call.args.get("language").map(|answer| &answer.value);
        let Some(Value::Choice { label, .. }) = chosen else { return Ok(Err(String::new())) };
        let known = self.script.languages().any(|language| language == label);
        self.contact.language = known.then(|| label.clone());
        Ok(Ok(Value::Record(Fields::new())))
    }

    async fn create_case(&mut self, call: &Call) -> Outcome {
        let arg = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let text = |name: &str| arg(name).and_then(as_text);
        let (name, phone) = (text("name"), text("phone"));
        let person = self.person(name.clone(), phone.clone()).await?;
        let Some(number) = self.next_number(CaseType::Appeal).await? else {
            return Ok(Err(String::new()));
        };
        let (place_code, place_name) = self.place(arg("village"));
        let category = arg("category").and_then(as_choice);
        let known = |code: &String| self.office.tables().categories.get(code).is_some();
        let category = category.filter(known);
        let words = text("detail").unwrap_or_default();
        let opening = text("opening").unwrap_or_default();
        let tables = self.office.tables();
        let asks = tables.reader().intent(&words) == Intent::Consult;
        let sort = category.as_deref().and_then(|code| tables.categories.get(code));
        let kind = desk::kind_by_words(&[&opening, &words], sort, asks);
        let repeats = self.office.repeated(&person, category.as_deref(), self.now).await?;
        let mut photos = arg("photo").map(as_files).unwrap_or_default();
        photos.extend(arg("photos").map(as_files).unwrap_or_default());
        let mut said = call.args.values().map(|answer| &answer.raw).chain([&opening, &words]);
        let intake = Intake {
            kind,
            confidential: said.any(|said| said.contains("保密")),
            category,
            repeats,
            place_code,
            place_name,
            place_note: short(arg("place").and_then(as_place).unwrap_or_default()),
            text: words.clone(),
            name,
            phone,
            photos,
            voices: arg("voices").map(as_files).unwrap_or_default(),
            understood: understood(call),
            ..Intake::of(number, person, self.address.channel.id())
        };
        self.file(intake).await
    }

    /// Code and whole name of a village.
    pub fn place(&self, village: Option<&Value>) -> (Option<String>, Option<String>) {
        match village {
            Some(Value::Village { code, name }) => {
                let tables = self.office.tables();
                let place = tables.places.get(code);
                let whole = place.map(|place| format!("{}{}", place.township, place.name));
                (Some(code.clone()), Some(whole.unwrap_or_else(|| name.clone())))
            }
            other => (None, other.and_then(as_text)),
        }
    }

    /// Files it as hers.
    pub async fn file(&mut self, intake: Intake) -> Outcome {
        let by = Actor::Villager { person: intake.person.clone() };
        let tables = self.office.tables();
        let rules = tables.rules();
        let command = Command::File(Box::new(intake));
        let events = match desk::decide(None, command, &by, self.now, &rules) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        let case = self.office.add_events(&mut self.changes, None, &events).await?;
        // What she has not just been told in the conversation.
        for notice in self.office.notices_of(&case, &events, self.now) {
            self.changes.create(&notice)?;
            self.bells.outbox = true;
        }
        self.office.tell_of_work(&mut self.changes, &case, &events, self.now).await?;
        self.office.tell_staff(&mut self.changes, &case, &events, self.now).await?;
        self.office.counters.cases.add(1);
        Ok(Ok(Value::Record(self.case_fields(&case))))
    }

    pub async fn next_number(&self, kind: CaseType) -> Result<Option<CaseNumber>, StoreError> {
        self.office.number_of_case(kind, self.now).await
    }

    pub fn case_fields(&self, case: &Case) -> Fields {
        let tables = self.office.tables();
        let department = case
            .department
            .as_deref()
            .map(|id| tables.departments.get(id).map_or(id, |found| &found.short));
        let waits = case.state.is_open() && case.reply.is_none();
        let due = if waits { before(case.round_due_at) } else { String::new() };
        let files = self.office.files_told(case);
        let reply = case.reply.as_ref().map(|reply| format!("{}{files}", reply.text));
        [
            ("case_no", case.number.to_string()),
            ("title", case.title.clone()),
            ("promised", before(case.promised_at)),
            ("due", due),
            ("state", case.state.shown().to_owned()),
            ("department", department.unwrap_or_default().to_owned()),
            ("reply", reply.unwrap_or_default()),
            ("place", case.place_name.clone().unwrap_or_default()),
        ]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), Value::Text(text)))
        .collect()
    }

    /// The person behind this address, made on the first case.
    pub async fn person(
        &mut self,
        name: Option<String>,
        phone: Option<String>,
    ) -> Result<String, StoreError> {
        if let Some(id) = &self.contact.person
            && let Some(before) = self.office.person_behind(id).await?
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
            phone: phone.or_else(|| {
                (self.address.channel == Channel::Sms).then(|| self.address.user.clone())
            }),
            prefers: None,
            also: Vec::new(),
            merged_into: None,
        };
        self.changes.create(&person)?;
        self.contact.person = Some(person.id.clone());
        Ok(person.id)
    }

    /// What she gave before, or the number that she writes from.
    pub async fn phone_of(&self, person: &str) -> Result<Option<String>, StoreError> {
        if self.address.channel == Channel::Sms {
            return Ok(Some(self.address.user.clone()));
        }
        let person = self.office.person_behind(person).await?;
        Ok(person.and_then(|person| person.record.phone.clone()))
    }

    /// The person stays for her cases; this address no longer leads to her.
    pub async fn forget_address(&mut self, id: &str) -> Result<(), StoreError> {
        if let Some(before) = self.office.person_behind(id).await? {
            let mut person = before.record.clone();
            person.addresses.retain(|address| *address != self.contact.address);
            self.changes.replace(&before, &person)?;
        }
        Ok(())
    }
}

impl Office {
    /// `None`: the year's numbers are used up.
    pub(super) async fn number_of_case(
        &self,
        kind: CaseType,
        now: Timestamp,
    ) -> Result<Option<CaseNumber>, StoreError> {
        let year = beijing::civil(now).date().year();
        let series = format!("case-{}-{}", kind.digit(), year % 100);
        let serial = self.numbers.next(&*self.store, &series).await?;
        let number = CaseNumber::new(kind, year, serial);
        Ok(number.inspect_err(|error| tracing::error!(%error, "no number is left")).ok())
    }
}

/// `11月25日17点前`
fn before(at: Timestamp) -> String {
    format!("{}前", spoken(at))
}

/// Of a remark; the desk refuses longer ones, and she could not know.
pub(super) fn short(text: String) -> String {
    text.chars().take(REMARK_CHARACTERS_MAX).collect()
}

pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The number of a case or listing: of a row that she chose, or as digits.
pub(super) fn row_number(value: &Value) -> Option<CaseNumber> {
    let told = match value {
        Value::Row { value, .. } => value.clone(),
        other => as_text(other)?,
    };
    match desk::read_number(&told) {
        desk::NumberRead::Whole(number) => Some(number),
        _ => None,
    }
}

/// The stored value of a choice, not its label.
pub(super) fn as_choice(value: &Value) -> Option<String> {
    match value {
        Value::Choice { value, .. } | Value::Row { value, .. } => Some(value.clone()),
        other => as_text(other),
    }
}

pub(super) fn as_files(value: &Value) -> Vec<String> {
    match value {
        Value::Files(files) => files.clone(),
        _ => Vec::new(),
    }
}

/// Where in the village: her words, or the point that she sent.
pub(super) fn as_place(value: &Value) -> Option<String> {
    match value {
        Value::Point { latitude, longitude, label } => {
            let degrees = |millionths: &i64| *millionths as f64 / 1e6;
            Some(format!("{label}（{:.6}, {:.6}）", degrees(latitude), degrees(longitude)))
        }
        other => as_text(other),
    }
}
