//! What is personal in a case, apart from it: who she is, and what was written. Each event holds
//! a commitment to its texts, so these records can go and the chain of events stays whole.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::private::{self, Texts};
use crate::desk::{CaseEvent, Who, chain};

use super::records::StoredEvent;
use super::{Changes, Key, Record, StoreError, keys};

/// Who filed a case. Reading it for somebody's eyes is a look, and is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The digits.
    pub case: String,
    pub salt: String,
    /// As she gave them; never changed, so that the commitment holds.
    pub texts: Texts,
    /// The newest last: what a clerk put right, and who.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<Corrected>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
    pub name: Option<String>,
    pub phone: Option<String>,
}

impl Identity {
    /// As it is known now.
    pub fn who(&self) -> Who {
        let given = Who::of(&self.texts);
        match self.corrected.last() {
            Some(Corrected { name, phone, .. }) => {
                Who { name: name.clone(), phone: phone.clone(), ..given }
            }
            None => given,
        }
    }
}

impl Record for Identity {
    const KIND: &'static str = "identity";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::identity(&self.case)
    }

    fn indexes(&self) -> Vec<Key> {
        let phone = self.who().phone;
        phone.map(|phone| keys::identity_by_phone(&phone, &self.case)).into_iter().collect()
    }
}

/// What was written in one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The digits.
    pub case: String,
    pub n: u32,
    pub salt: String,
    pub texts: Texts,
}

impl Record for Words {
    const KIND: &'static str = "words";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::words(&self.case, self.n)
    }
}

/// An event as it goes to disk.
pub struct Sealed {
    pub event: StoredEvent,
    pub identity: Option<Identity>,
    pub words: Option<Words>,
}

impl Sealed {
    /// `before`: the hash of the event before it. Of two salts, so that who she is can go while
    /// her words stay.
    pub fn new(case: &str, n: u32, event: &CaseEvent, before: &str, salts: [String; 2]) -> Self {
        let mut event = event.clone();
        let apart = private::take_out(&mut event);
        let [salt, other] = salts;
        let some = |texts: Texts| Some(texts).filter(|texts| !texts.is_empty());
        let case = || case.to_owned();
        let identity = some(apart.identity);
        let identity =
            identity.map(|texts| Identity { case: case(), salt, texts, corrected: Vec::new() });
        let words = some(apart.words).map(|texts| Words { case: case(), n, salt: other, texts });
        let commitments = [
            identity.as_ref().map(|one| chain::commit(&one.salt, &one.texts)),
            words.as_ref().map(|one| chain::commit(&one.salt, &one.texts)),
        ];
        let commitments: Vec<String> = commitments.into_iter().flatten().collect();
        let hash = chain::link(before, &event, &commitments);
        Self { event: StoredEvent { case: case(), n, event, commitments, hash }, identity, words }
    }

    pub fn create(&self, changes: &mut Changes) -> Result<(), StoreError> {
        changes.create(&self.event)?;
        if let Some(identity) = &self.identity {
            changes.create(identity)?;
        }
        self.words.as_ref().map_or(Ok(()), |words| changes.create(words))
    }
}
