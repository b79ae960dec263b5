//! One person, two channels: a telephone is tied to a WeChat by a code that only its holder can
//! know. Of a code only its hash is stored; it lives ten minutes and works once.
//!
//! Nothing that is said tells whether a number is known here: the words are the same.

use jiff::SignedDuration;

use crate::county::Channel;
use crate::dialog::{Call, Fields, Value};
use crate::store::records::{Body, Contact, LinkCode, Outgoing, Person};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};
use crate::zh;

use super::notice_policy::forget_old;
use super::turn::Turn;
use super::{beijing, outbox, random, sms, sms_templates};

const CODE_LIVES: SignedDuration = SignedDuration::from_mins(10);
const MINUTES: &str = "10";
/// Of one number in a day.
const CODES_MAX: usize = 3;
/// Of all numbers in a day.
const ALL_CODES_MAX: u32 = 2_000;
/// Wrong codes of one villager within ten minutes.
const WRONG_MAX: u8 = 5;
/// Old codes that are cleared away whenever a new one is made.
const CLEARED: usize = 20;
/// No 0 O 1 I.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

type Outcome = Result<Result<Value, String>, StoreError>;

/// What the script asks about with `下一步`.
fn next(word: &str) -> Outcome {
    let fields = Fields::from([("next".to_owned(), Value::Text(word.to_owned()))]);
    Ok(Ok(Value::Record(fields)))
}

/// To be read from one screen and typed on another.
pub(super) fn new_code() -> String {
    random::bytes::<6>().map(|byte| char::from(LETTERS[usize::from(byte) % 32])).iter().collect()
}

fn hash(number: &str, whose: &str, code: &str) -> String {
    outbox::hash(&["link", number, whose, code])
}

impl Turn<'_> {
    /// From WeChat: a code goes to the number that she gave.
    pub(super) async fn send_link_code(&mut self, call: &Call) -> Outcome {
        let given = call.args.get("phone").map(|answer| &answer.value);
        let Some(Value::Text(number)) = given else { return Ok(Err(String::new())) };
        let number = number.clone();
        let address = sms::address(&number);
        let key = keys::contact(&address.to_string());
        let before = load::<Contact>(&*self.office.store, key).await?;
        let blank = || Contact::new(&address);
        let mut contact = before.as_ref().map_or_else(blank, |before| before.record.clone());
        // What follows is the same for her, whether a code goes or not.
        if self.may_have_code(&mut contact).await? {
            let code = format!("{:06}", u32::from_le_bytes(random::bytes()) % 1_000_000);
            self.keep_code(hash(&number, &self.contact.address, &code), &number).await?;
            let fields = [("code", code), ("minutes", MINUTES.to_owned())];
            let message = Outgoing {
                must_arrive: false,
                address: Some(contact.address.clone()),
                body: Body::Notice {
                    kind: sms_templates::LINK_CODE.into(),
                    fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
                },
                ..outbox::from_clerk(&contact.address, "", self.now)
            };
            self.changes.create(&message)?;
            put(&mut self.changes, before.as_ref(), &contact)?;
            self.bells.outbox = true;
        }
        next("sent")
    }

    /// By SMS: a code that she writes on WeChat.
    pub(super) async fn make_link_code(&mut self) -> Outcome {
        if self.address.channel != Channel::Sms {
            return Ok(Err(String::new()));
        }
        let mut contact = self.contact.clone();
        if !self.may_have_code(&mut contact).await? {
            return Ok(Err("今天要的次数太多了，请明天再来。".into()));
        }
        self.contact = contact;
        let code = new_code();
        self.keep_code(hash("", "", &code), &self.address.user.clone()).await?;
        let fields = Fields::from([("code".to_owned(), Value::Text(code))]);
        Ok(Ok(Value::Record(fields)))
    }

    /// The code that came to the number she gave.
    pub(super) async fn link_phone(&mut self, call: &Call) -> Outcome {
        let text = |name: &str| match call.args.get(name).map(|answer| &answer.value) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let typed = ["code_3", "code_2", "code"].into_iter().find_map(text).unwrap_or_default();
        let code: String = zh::fold_digits(&typed).chars().filter(char::is_ascii_digit).collect();
        let number = text("phone").unwrap_or_default();
        let hash = hash(&number, &self.contact.address.clone(), &code);
        self.use_code(&hash).await
    }

    /// `绑定 K7Q4MX`, from a short message of ours.
    pub(super) async fn link_by_code(&mut self, call: &Call) -> Outcome {
        let opening = match call.args.get("opening").map(|answer| &answer.value) {
            Some(Value::Text(text)) => zh::plain(text).to_uppercase(),
            _ => String::new(),
        };
        let code: String = opening.chars().filter(char::is_ascii_alphanumeric).collect();
        self.use_code(&hash("", "", &code)).await
    }

    async fn use_code(&mut self, hash: &str) -> Outcome {
        if self.address.channel == Channel::Sms {
            return next("wrong");
        }
        let now = self.now;
        let (wrong, since) = match self.contact.wrong_codes {
            Some((wrong, since)) if now < since + CODE_LIVES => (wrong, since),
            _ => (0, now),
        };
        if wrong >= WRONG_MAX {
            return next("over");
        }
        let found = load::<LinkCode>(&*self.office.store, keys::link_code(hash)).await?;
        let Some(found) = found.filter(|found| found.record.until > now) else {
            self.contact.wrong_codes = Some((wrong + 1, since));
            return next(if wrong + 1 >= WRONG_MAX { "over" } else { "wrong" });
        };
        self.changes.remove(&found);
        self.contact.wrong_codes = None;
        self.join(&found.record.number).await?;
        next("linked")
    }

    /// She is one person from now on. Both histories stay: the other record points here.
    async fn join(&mut self, number: &str) -> Result<(), StoreError> {
        let office = self.office;
        let address = sms::address(number);
        let key = keys::contact(&address.to_string());
        let before = load::<Contact>(&*office.store, key).await?;
        let mut phone =
            before.as_ref().map_or_else(|| Contact::new(&address), |before| before.record.clone());
        let person = async |id: &Option<String>| match id {
            Some(id) => office.person_behind(id).await,
            None => Ok(None),
        };
        let (here, there) = (person(&self.contact.person).await?, person(&phone.person).await?);
        let mut kept = match (&here, &there) {
            (Some(here), _) => here.record.clone(),
            (None, Some(there)) => there.record.clone(),
            (None, None) => Person {
                id: random::hex::<8>(),
                addresses: Vec::new(),
                name: None,
                phone: Some(number.to_owned()),
                prefers: None,
                also: Vec::new(),
                merged_into: None,
            },
        };
        for reached in [&self.contact.address, &phone.address] {
            if !kept.addresses.contains(reached) {
                kept.addresses.push(reached.clone());
            }
        }
        if let (Some(here), Some(there)) = (&here, &there)
            && here.record.id != there.record.id
        {
            let other = &there.record;
            kept.name = kept.name.or(other.name.clone());
            kept.phone = kept.phone.or(other.phone.clone());
            kept.prefers = kept.prefers.or(other.prefers.clone());
            kept.also.push(other.id.clone());
            kept.also.extend(other.also.iter().cloned());
            let more = other.addresses.iter().filter(|one| !kept.addresses.contains(one));
            let more: Vec<String> = more.cloned().collect();
            kept.addresses.extend(more);
            let gone = Person { merged_into: Some(kept.id.clone()), ..other.clone() };
            self.changes.replace(there, &gone)?;
        }
        put(&mut self.changes, here.as_ref().or(there.as_ref()), &kept)?;
        self.contact.person = Some(kept.id.clone());
        phone.person = Some(kept.id.clone());
        let state = phone.sms.get_or_insert_default();
        state.last_ok = Some(self.now);
        state.gone_at = None;
        put(&mut self.changes, before.as_ref(), &phone)
    }

    /// Her telephones are no longer hers here; who was joined becomes a person of her own again.
    pub(super) async fn unlink_phone(&mut self) -> Outcome {
        let office = self.office;
        let Some(id) = self.contact.person.clone() else { return next("none") };
        let Some(before) = office.person_behind(&id).await? else { return next("none") };
        let mut person = before.record.clone();
        let is_phone = |address: &String| address.starts_with("sms/");
        let phones: Vec<String> =
            person.addresses.iter().filter(|a| is_phone(a)).cloned().collect();
        if phones.is_empty() || self.address.channel == Channel::Sms {
            return next("none");
        }
        person.addresses.retain(|address| !is_phone(address));
        let mut joined = Vec::new();
        for id in &before.record.also {
            joined.extend(load::<Person>(&*office.store, keys::person(id)).await?);
        }
        for address in &phones {
            let Some(contact) = load::<Contact>(&*office.store, keys::contact(address)).await?
            else {
                continue;
            };
            let own = joined.iter().find(|person| person.record.addresses.contains(address));
            let mut freed = contact.record.clone();
            freed.person = own.map(|own| own.record.id.clone());
            self.changes.replace(&contact, &freed)?;
            if let Some(own) = own {
                person.also.retain(|id| *id != own.record.id);
                let again = Person { merged_into: None, ..own.record.clone() };
                self.changes.replace(own, &again)?;
            }
        }
        self.changes.replace(&before, &person)?;
        next("unlinked")
    }

    /// Counts the code; `false` when there were enough.
    async fn may_have_code(&self, contact: &mut Contact) -> Result<bool, StoreError> {
        let state = contact.sms.get_or_insert_default();
        forget_old(state, self.now);
        if state.codes.len() >= CODES_MAX {
            return Ok(false);
        }
        let series = format!("link-{}", beijing::civil(self.now).date());
        if self.office.numbers.next(&*self.office.store, &series).await? > ALL_CODES_MAX {
            self.office.alarm("今天的绑定验证码发到上限了，请看看是不是有人捣乱");
            return Ok(false);
        }
        state.codes.push(self.now);
        Ok(true)
    }

    async fn keep_code(&mut self, hash: String, number: &str) -> Result<(), StoreError> {
        let old = keys::link_codes_until(self.now);
        for (_, code) in list_by_index::<LinkCode>(&*self.office.store, old, CLEARED).await? {
            self.changes.remove(&code);
        }
        let number = number.to_owned();
        self.changes.create(&LinkCode { hash, number, until: self.now + CODE_LIVES })
    }
}

fn put<R: crate::store::Record>(
    changes: &mut Changes,
    before: Option<&Loaded<R>>,
    record: &R,
) -> Result<(), StoreError> {
    match before {
        Some(before) => changes.replace(before, record),
        None => changes.create(record),
    }
}
