//! A clerk writes down what somebody tells on the telephone. Who has no WeChat is told by SMS
//! what becomes of it, at the number that she gave.

use jiff::{SignedDuration, Timestamp};

use crate::county::{CaseType, Found, Scope};
use crate::desk::{self, Case, CaseNumber, Command, Intake};
use crate::store::records::{Contact, Person};
use crate::store::{Changes, StoreError, keys, load};
use crate::zh;

use super::rights::Right;
use super::views::{CommandError, Session};
use super::{Office, cases, random, sms};

/// As desk rules call it.
const CHANNEL: &str = "telephone";
/// The same words of the same person within this time are the same call, sent twice.
const SAME_WITHIN: SignedDuration = SignedDuration::from_mins(10);
const EXAMINED: usize = 20;
const NAME_CHARACTERS_MAX: usize = 20;

/// What the clerk wrote down; all of it as text, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Called {
    pub name: String,
    pub phone: String,
    pub village: String,
    /// Where in the village.
    pub place: String,
    /// A code in categories.csv; empty: not known.
    pub category: String,
    pub text: String,
    /// How she wants to be told: `sms` or `phone`.
    pub told_by: String,
    pub confidential: bool,
}

impl Office {
    /// The number of the case.
    pub async fn file_by_telephone(
        &self,
        session: &Session,
        called: &Called,
    ) -> Result<String, CommandError> {
        session.must(Right::File)?;
        let refused = |text: &str| CommandError::Refused(text.to_owned());
        let phone = zh::phone(&called.phone).map_err(|error| refused(&format!("{error}。")))?;
        let text = called.text.trim();
        if text.is_empty() {
            return Err(refused("请写她说的是什么事。"));
        }
        let name = Some(called.name.trim().to_owned()).filter(|name| !name.is_empty());
        if name.as_ref().is_some_and(|name| name.chars().count() > NAME_CHARACTERS_MAX) {
            return Err(refused("姓名太长了，最多20个字。"));
        }
        let tables = self.tables();
        let place = match tables.places.find(&called.village, Scope::Answer) {
            Found::One { place, .. } => place,
            _ => return Err(refused("没有找到这个村，请连乡镇一起写。")),
        };
        let category = Some(called.category.clone()).filter(|code| !code.is_empty());
        let now = self.clock.now();
        let mut changes = Changes::default();
        let prefers = (called.told_by == "phone").then(|| "phone".to_owned());
        let person = self.caller(&mut changes, &phone, name.clone(), prefers, now).await?;
        if let Some(number) = self.same_call(&person, text, now).await? {
            return Ok(number.digits());
        }
        let number = self.number_of_case(CaseType::Appeal, now).await?;
        let number = number.ok_or_else(|| refused("今年的编号用完了，请告诉管理员。"))?;
        let intake = Intake {
            category,
            place_code: Some(place.code.clone()),
            place_name: Some(format!("{}{}", place.township, place.name)),
            place_note: called.place.trim().to_owned(),
            text: text.to_owned(),
            name,
            phone: Some(phone),
            confidential: called.confidential,
            ..Intake::of(number, person, CHANNEL)
        };
        let (command, by) = (Command::File(Box::new(intake)), session.actor());
        let events = desk::decide(None, command, &by, now, &tables.rules())
            .map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        let case = cases::apply(&mut changes, None, &events, &tables.calendar)?;
        for notice in self.notices_of(&case, &events, now) {
            changes.create(&notice)?;
        }
        self.store.commit(changes.into_batch()).await?;
        self.counters.cases.add(1);
        self.bells.outbox.notify_one();
        Ok(number.digits())
    }

    /// Whoever has that number: she is known by it, or will be from now on.
    async fn caller(
        &self,
        changes: &mut Changes,
        phone: &str,
        name: Option<String>,
        prefers: Option<String>,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let address = sms::address(phone);
        let before = load::<Contact>(&*self.store, keys::contact(&address.to_string())).await?;
        let mut contact =
            before.as_ref().map_or_else(|| Contact::new(&address), |found| found.record.clone());
        let known = match &contact.person {
            Some(id) => self.person_behind(id).await?,
            None => None,
        };
        let id = match &known {
            Some(before) => {
                let mut person = before.record.clone();
                person.name = name.or(person.name);
                person.prefers = prefers.or(person.prefers.filter(|way| way != "phone"));
                if person != before.record {
                    changes.replace(before, &person)?;
                }
                person.id
            }
            None => {
                let person = Person {
                    id: random::hex::<8>(),
                    addresses: vec![contact.address.clone()],
                    name,
                    phone: Some(phone.to_owned()),
                    prefers,
                    also: Vec::new(),
                    merged_into: None,
                };
                changes.create(&person)?;
                person.id
            }
        };
        contact.person = Some(id.clone());
        let state = contact.sms.get_or_insert_default();
        state.vouched_at = Some(now);
        state.gone_at = None;
        match &before {
            Some(before) => changes.replace(before, &contact)?,
            None => changes.create(&contact)?,
        }
        Ok(id)
    }

    async fn same_call(
        &self,
        person: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<Option<CaseNumber>, StoreError> {
        let own = self.cases_of(person, EXAMINED).await?;
        let same = |case: &Case| {
            case.channel == CHANNEL && case.text == text && now < case.received_at + SAME_WITHIN
        };
        Ok(own.into_iter().map(|(_, case)| case.record.clone()).find(same).map(|case| case.number))
    }
}
