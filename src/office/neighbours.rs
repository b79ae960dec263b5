//! What a villager is about to file may have been filed by a neighbour: she is asked whether she
//! would rather sign that. Signed, she hears what its writer hears; her own words go along.

use jiff::SignedDuration;

use crate::desk::{self, Actor, Case, Command, State};
use crate::dialog::{Call, Value};
use crate::store::{StoreError, keys, list_by_index, load};

use super::actions::{Outcome, as_choice, as_files, as_text, row_number, short};
use super::turn::Turn;

/// What is open and older is hardly the same.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 14);
const EXAMINED: usize = 60;
const GONE: &str = "这件事刚刚有了结果，不能再加人。请回「反映问题」单独说。";

impl Turn<'_> {
    /// The one most alike, or none: she is shown its kind and place, not whose it is.
    pub(super) async fn cases_alike(&mut self, call: &Call) -> Outcome {
        let arg = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let text = arg("detail").and_then(as_text).unwrap_or_default();
        let said = call.args.values().any(|answer| hides(&answer.raw)) || hides(&text);
        let (village, _) = self.place(arg("village"));
        let category = arg("category").and_then(as_choice);
        let none = || Ok(Ok(Value::List(Vec::new())));
        let (Some(village), Some(category), false) = (village, category, said) else {
            return none();
        };
        let end = self.now + SignedDuration::from_secs(1);
        let range = keys::cases_of_village(&village, self.now - LOOK_BACK, end);
        let range = keys::newest_first(range);
        let found = list_by_index::<Case>(&*self.office.store, range, EXAMINED).await?;
        let cases = found.into_iter().map(|(_, case)| case.record);
        let mut alike: Vec<Case> =
            cases.filter(|case| desk::is_hers_too(case, (&category, &village), &text)).collect();
        alike.sort_by_key(|case| std::cmp::Reverse(desk::similarity(&case.text, &text)));
        let Some(nearest) = alike.first() else { return none() };
        // What she has told of herself is not a neighbour's.
        if let Some(person) = &self.contact.person {
            for case in &alike {
                if self.office.is_hers(case, person).await? {
                    return none();
                }
            }
        }
        let mut fields = self.case_fields(nearest);
        let count = 1 + nearest.co_signers.len() + nearest.children.len();
        fields.insert("count".into(), Value::Text(count.to_string()));
        Ok(Ok(Value::List(vec![fields])))
    }

    pub(super) async fn sign_case(&mut self, call: &Call) -> Outcome {
        let arg = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let gone = || Ok(Err(GONE.to_owned()));
        let Some(number) = arg("case").and_then(row_number) else { return gone() };
        let found = load::<Case>(&*self.office.store, keys::case(&number.digits())).await?;
        let Some(before) = found else { return gone() };
        let name = arg("name").and_then(as_text);
        let person = self.person(name.clone(), arg("phone").and_then(as_text)).await?;
        let by = Actor::Villager { person: person.clone() };
        let name = name.unwrap_or_else(|| "您".into());
        let sign = Command::CoSign { person, name, phone: String::new() };
        let tables = self.office.tables();
        let rules = tables.rules();
        let mut events = match desk::decide(Some(&before.record), sign, &by, self.now, &rules) {
            Ok(events) => events,
            Err(desk::Refusal::SignedBefore(_)) => {
                return Ok(Ok(Value::Record(self.case_fields(&before.record))));
            }
            Err(_) => return gone(),
        };
        let mut signed = before.record.clone();
        for event in &events {
            signed.apply(event).map_err(|error| StoreError::Corrupt {
                key: "case".into(),
                why: error.to_string(),
            })?;
        }
        let text = short(arg("detail").and_then(as_text).unwrap_or_default());
        let photos = arg("photo").map(as_files).unwrap_or_default();
        let more = Command::Supplement { text: text.clone(), photos, voices: Vec::new() };
        // One that holds enough words already is signed all the same; a question that was asked of
        // its writer is not answered by hers.
        if signed.state != State::NeedInfo {
            let added = desk::decide(Some(&signed), more, &by, self.now, &rules);
            events.extend(added.unwrap_or_default());
        }
        let case = self.office.add_events(&mut self.changes, Some(&before), &events).await?;
        self.office.go_on_from(&mut self.changes, &case, &events, &by, self.now).await?;
        self.told.extend(self.office.notices_of(&case, &events, self.now));
        self.relay(&case, &format!("又有一户反映：{text}")).await?;
        Ok(Ok(Value::Record(self.case_fields(&case))))
    }
}

/// Such a case is her own, and nobody signs it.
fn hides(said: &str) -> bool {
    said.contains("保密") || said.contains("举报")
}
