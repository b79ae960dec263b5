//! Supply and demand: what villagers advertise, the desk's check, putting people in touch,
//! and the end of a listing's time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::calendar::spoken;
use crate::desk::private::{mask_name, nameless};
use crate::desk::{
    CaseType, LISTINGS_MAX, Listing, ListingCommand, ListingKind, ListingState, Who,
};
use crate::dialog::{Call, Fields, Value};
use crate::store::looks::LookKind;
use crate::store::records::{Outgoing, Task, TaskKind};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index, load};
use crate::zh::{mask_phone, mask_phones};

use super::actions::{Outcome, as_choice, as_text};
use super::looks::{Noted, Seen};
use super::rights::Right;
use super::turn::Turn;
use super::views::{CommandError, ListingView, Session};
use super::{Office, outbox, tasks};

/// Shown to her in one go.
const SHOWN: usize = 9;
const EXAMINED: usize = 200;
const DESK_SHOWN: usize = 200;
const DUE_AT_ONCE: usize = 100;
const NOT_HERS: &str = "没有找到这条信息。回「我的信息」看您登的。";
const GONE: &str = "这条信息已经撤下了。回「供求」看别的。";

impl Turn<'_> {
    pub async fn post_listing(&mut self, call: &Call) -> Outcome {
        let arg = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let Some(kind) =
            arg("kind").and_then(as_choice).as_deref().and_then(ListingKind::from_word)
        else {
            return Ok(Err(String::new()));
        };
        let person = self.person(arg("name").and_then(as_text), arg("phone").and_then(as_text));
        let person = person.await?;
        let mine = self.own_listings(&person).await?;
        if mine.len() >= LISTINGS_MAX {
            return Ok(Err(format!(
                "您已经登了{LISTINGS_MAX}条，先撤下一条再登。回「我的信息」。"
            )));
        }
        let Some(number) = self.next_number(CaseType::Listing).await? else {
            return Ok(Err(String::new()));
        };
        let (place_code, place_name) = self.place(arg("village"));
        let listing = Listing {
            number,
            kind,
            text: arg("detail").and_then(as_text).unwrap_or_default().trim().to_owned(),
            place_code,
            place_name,
            name: arg("name").and_then(as_text),
            phone: arg("phone").and_then(as_text),
            phone_open: arg("open").and_then(as_choice).as_deref() == Some("open"),
            person,
            channel: self.address.channel.id().to_owned(),
            made_at: self.now,
            state: ListingState::Waiting,
            changed_at: self.now,
            shown_until: None,
            checked_by: None,
            reason: String::new(),
            revision: 1,
        };
        if let Err(refusal) = listing.check() {
            return Ok(Err(refusal.to_string()));
        }
        self.changes.create(&listing)?;
        Ok(Ok(Value::Record(fields(&listing))))
    }

    /// Newest first; those of her village before the others.
    pub async fn find_listings(&mut self, call: &Call) -> Outcome {
        let kind = call.args.get("kind").and_then(|answer| as_choice(&answer.value));
        let Some(kind) = kind.as_deref().and_then(ListingKind::from_word) else {
            return Ok(Err(String::new()));
        };
        let range = keys::listings_shown(kind.id());
        let mut found = list_by_index::<Listing>(&*self.office.store, range, EXAMINED).await?;
        found.retain(|(_, listing)| listing.is_shown(self.now));
        found.truncate(SHOWN);
        Ok(Ok(Value::List(found.iter().map(|(_, listing)| fields(&listing.record)).collect())))
    }

    pub async fn find_own_listings(&mut self) -> Outcome {
        let Some(person) = self.contact.person.clone() else {
            return Ok(Ok(Value::List(Vec::new())));
        };
        let mine = self.own_listings(&person).await?;
        Ok(Ok(Value::List(mine.iter().map(|listing| fields(&listing.record)).collect())))
    }

    pub async fn withdraw_listing(&mut self, call: &Call) -> Outcome {
        let Some(before) = self.listing_of(call).await? else { return Ok(Err(NOT_HERS.into())) };
        let person = self.contact.person.clone().unwrap_or_default();
        match before.record.after(ListingCommand::Withdraw { person }, self.now) {
            Ok(after) => {
                self.changes.replace(&before, &after)?;
                Ok(Ok(Value::Record(fields(&after))))
            }
            Err(refusal) => Ok(Err(refusal.to_string())),
        }
    }

    /// Somebody wants to get in touch with a writer who keeps her number to herself: a clerk
    /// calls her, and she decides.
    pub async fn ask_for_listing(&mut self, call: &Call) -> Outcome {
        let arg = |name: &str| call.args.get(name).map(|answer| &answer.value);
        let found = self.listing_of(call).await?.filter(|found| found.record.is_shown(self.now));
        let Some(found) = found else { return Ok(Err(GONE.into())) };
        let listing = &found.record;
        let phone = arg("phone").and_then(as_text).unwrap_or_default();
        let name = arg("name").and_then(as_text);
        let person = self.person(name.clone(), Some(phone.clone())).await?;
        // One task for one asker, however often she asks.
        let id = format!("listing-{}-{person}", listing.number.digits());
        let before = load::<Task>(&*self.office.store, keys::task(&id)).await?;
        let name = name.unwrap_or_else(|| "一位村民".into());
        let mut task = Task {
            id,
            title: "请给两边牵个线".into(),
            reason: format!(
                "{}，{}：{}",
                listing.number,
                listing.kind.word(),
                masked_text(listing)
            ),
            who: listing.name.clone().unwrap_or_else(|| "登信息的人".into()),
            phone: listing.phone.clone(),
            ..tasks::blank(TaskKind::Listing, self.now)
        };
        let asked = format!("{name}想联系您，电话{phone}。愿意的话，请您打给对方。");
        tasks::add_line(&mut task, tasks::line(self.now, true, &asked));
        match &before {
            Some(before) if before.record.done.is_none() => {}
            Some(before) => self.changes.replace(before, &task)?,
            None => self.changes.create(&task)?,
        }
        Ok(Ok(Value::Record(fields(listing))))
    }

    async fn listing_of(&self, call: &Call) -> Result<Option<Loaded<Listing>>, StoreError> {
        let told = call.args.get("listing").map(|answer| &answer.value);
        let number = told.and_then(super::actions::row_number);
        let Some(number) = number else { return Ok(None) };
        load::<Listing>(&*self.office.store, keys::listing(&number.digits())).await
    }

    /// Waiting or shown.
    async fn own_listings(&self, person: &str) -> Result<Vec<Loaded<Listing>>, StoreError> {
        let mine = keys::listings_of(person);
        let mine = list_by_index::<Listing>(&*self.office.store, mine, EXAMINED).await?;
        let mine = mine.into_iter().map(|(_, listing)| listing);
        Ok(mine.filter(|listing| !listing.record.state.is_over()).collect())
    }
}

impl Office {
    /// Those that wait for a look, the oldest first, then those that are shown. Whose they are is
    /// masked.
    pub async fn listings(&self, session: &Session) -> Result<Vec<ListingView>, CommandError> {
        session.must(Right::Dispatch)?;
        let mut views = Vec::new();
        for state in [ListingState::Waiting, ListingState::Shown] {
            let range = keys::listings_in_state(state.id());
            let found = list_by_index::<Listing>(&*self.store, range, DESK_SHOWN).await?;
            views.extend(found.into_iter().map(|(_, listing)| view(&listing.record)));
        }
        Ok(views)
    }

    /// The same with name and number of one of them, for who has said why.
    pub async fn listings_with_identity(
        &self,
        session: &Session,
        number: &str,
        reason: &str,
    ) -> Result<Vec<ListingView>, CommandError> {
        session.must(Right::Identity)?;
        let mut views = self.listings(session).await?;
        let wanted = views.iter_mut().find(|view| view.number == number);
        let wanted = wanted.ok_or(CommandError::NotFound)?;
        let listing = load::<Listing>(&*self.store, keys::listing(number)).await?;
        let listing = listing.ok_or(CommandError::NotFound)?;
        let seen = Seen { kind: LookKind::Identity, cases: vec![number.to_owned()], reason };
        self.note_look(session, seen).await?;
        wanted.name.clone_from(&listing.record.name);
        wanted.phone.clone_from(&listing.record.phone);
        wanted.text.clone_from(&listing.record.text);
        wanted.identified = true;
        Ok(views)
    }

    /// With `refuse`, its reason, it is not shown, or no longer.
    pub async fn check_listing(
        &self,
        session: &Session,
        number: &str,
        revision: u32,
        refuse: Option<&str>,
    ) -> Result<(), CommandError> {
        session.must(Right::Dispatch)?;
        let before = load::<Listing>(&*self.store, keys::listing(number))
            .await?
            .ok_or(CommandError::NotFound)?;
        if before.record.revision != revision {
            return Err(CommandError::Changed);
        }
        let by = session.name.clone();
        let command = match refuse {
            Some(reason) => ListingCommand::Refuse { by, reason: reason.trim().to_owned() },
            None => ListingCommand::Show { by },
        };
        let now = self.clock.now();
        let after = before.record.after(command, now);
        let after = after.map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
        let mut changes = Changes::default();
        changes.replace(&before, &after)?;
        changes.create(&notice(&after, now))?;
        let told = format!("{} {}", after.state.word(), refuse.unwrap_or_default());
        let noted = Noted::by(session, LookKind::Listing, &after.number.to_string(), told.trim());
        self.commit_noted(changes, noted).await?;
        self.bells.outbox.notify_one();
        Ok(())
    }

    /// Says how many listings came to the end of their time.
    pub(super) async fn expire_listings(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let range = keys::listings_due_until(now);
        let due = list_by_index::<Listing>(&*self.store, range, DUE_AT_ONCE).await?;
        let mut ended = 0;
        for (_, before) in due {
            let Ok(after) = before.record.after(ListingCommand::Expire, now) else { continue };
            let mut changes = Changes::default();
            changes.replace(&before, &after)?;
            changes.create(&notice(&after, now))?;
            match self.store.commit(changes.into_batch()).await {
                Ok(()) => ended += 1,
                // Taken back at the same moment.
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if ended > 0 {
            self.bells.outbox.notify_one();
        }
        Ok(ended)
    }
}

/// Tells its writer what became of it.
fn notice(listing: &Listing, now: Timestamp) -> Outgoing {
    let (number, due) = (listing.number.to_string(), due(listing));
    let fields = [
        ("number", number),
        ("title", title(listing)),
        ("due", due),
        ("reason", listing.reason.clone()),
        ("state", listing.state.word().to_owned()),
    ];
    let fields: BTreeMap<String, String> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let kind = match listing.state {
        ListingState::Shown => "listing_shown",
        ListingState::Refused => "listing_refused",
        _ => "listing_over",
    };
    let person = Some(listing.person.clone());
    let mut message =
        outbox::notice(&listing.number.digits(), listing.revision, kind, fields, person, now);
    message.case = None;
    // That its time is over is not worth a call.
    message.must_arrive = listing.state != ListingState::Expired;
    message
}

fn title(listing: &Listing) -> String {
    format!("{}：{}", listing.kind.word(), listing.text)
}

fn due(listing: &Listing) -> String {
    listing.shown_until.map(spoken).unwrap_or_default()
}

fn fields(listing: &Listing) -> Fields {
    let phone = listing.open_phone().unwrap_or_default();
    [
        ("case_no", listing.number.to_string()),
        ("title", listing.public_text()),
        ("kind", listing.kind.word().to_owned()),
        ("state", listing.state.word().to_owned()),
        ("place", listing.place_name.clone().unwrap_or_default()),
        ("phone", phone.to_owned()),
        ("name", listing.name.clone().unwrap_or_default()),
        ("due", due(listing)),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| (name.to_owned(), Value::Text(text)))
    .collect()
}

/// Without her name or any number, for lists.
fn masked_text(listing: &Listing) -> String {
    let (name, phone) = (listing.name.clone(), listing.phone.clone());
    mask_phones(&nameless(&listing.text, &Who { name, phone, ..Who::default() }))
}

fn view(listing: &Listing) -> ListingView {
    ListingView {
        number: listing.number.digits(),
        kind: listing.kind.word(),
        text: masked_text(listing),
        place: listing.place_name.clone().unwrap_or_default(),
        name: listing.name.as_deref().map(mask_name),
        phone: listing.phone.as_deref().map(mask_phone),
        identified: false,
        phone_open: listing.phone_open,
        made_at: listing.made_at,
        waiting: listing.state == ListingState::Waiting,
        shown_until: listing.shown_until,
        checked_by: listing.checked_by.clone(),
        revision: listing.revision,
    }
}
