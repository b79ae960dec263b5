//! Many people who can be reached by SMS, and a notice for each.

use std::collections::BTreeMap;

use bianmin::county::{Address, Channel};
use bianmin::store::records::{Body, Contact, Outgoing, Person, SmsState, Status};
use bianmin::store::{Changes, Engine};
use jiff::Timestamp;

pub fn number(n: usize) -> String {
    format!("138{n:08}")
}

/// Written straight to the store: filing so many cases would be another test.
pub async fn notices(store: &dyn Engine, count: usize, now: Timestamp) {
    for from in (0..count).step_by(100) {
        let mut changes = Changes::default();
        for n in from..(from + 100).min(count) {
            let address = Address::new(Channel::Sms, "tel", number(n));
            let person = Person {
                id: format!("p{n}"),
                addresses: vec![address.to_string()],
                name: None,
                phone: None,
                prefers: None,
                also: Vec::new(),
                merged_into: None,
            };
            let mut contact = Contact::new(&address);
            contact.person = Some(person.id.clone());
            contact.sms = Some(SmsState { last_in: Some(now), ..SmsState::default() });
            let fields = [("number", format!("{n:09}")), ("due", "今天".into())];
            let fields = fields.map(|(name, value)| (name.to_owned(), value));
            changes.create(&person).unwrap();
            changes.create(&contact).unwrap();
            changes
                .create(&Outgoing {
                    id: format!("n{n}"),
                    person: Some(person.id),
                    address: None,
                    case: None,
                    must_arrive: true,
                    body: Body::Notice { kind: "received".into(), fields: BTreeMap::from(fields) },
                    status: Status::Waiting,
                    made_at: now,
                    due_at: now,
                    tries: Vec::new(),
                    message_id: None,
                    awaits: None,
                    only: None,
                    task: None,
                    lane: None,
                    asked: 0,
                })
                .unwrap();
        }
        store.commit(changes.into_batch()).await.unwrap();
    }
}
