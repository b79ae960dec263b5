//! Forgetting a person: what the county knows of her goes, what it did stays. First said, then
//! done; what is in the middle of being done when the program stops is gone on with when it is
//! ordered again.

use std::collections::BTreeSet;

use crate::desk::{Case, Depth, Listing, ListingCommand, erase};
use crate::store::interface_records::Delivery;
use crate::store::looks::{Hold, LookKind};
use crate::store::private_records::{Identity, Words};
use crate::store::records::{Contact, Done, Media, Outgoing, Person, StoredEvent, Task};
use crate::store::{Changes, Loaded, StoreError, keys, list, list_by_index, load};

use super::Office;
use super::clearing::{Pages, is_over};
use super::looks::Seen;
use super::rights::Right;
use super::views::{CommandError, Session};

const EXAMINED: usize = 200;
const EVENTS_MAX: usize = 1_000;
/// Each takes a few keys of a batch.
const AT_ONCE: usize = 100;
/// Somebody with more is many persons by mistake.
const CASES_MAX: usize = 500;

/// What goes, or went.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Erasure {
    /// As people read them.
    pub cases: Vec<String>,
    pub words: usize,
    pub media: usize,
    pub messages: usize,
    pub tasks: usize,
    pub listings: usize,
    pub addresses: usize,
}

impl std::fmt::Display for Erasure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cases, words, media, messages, tasks, listings, addresses } = self;
        write!(
            f,
            "{}件事的姓名、电话、住址，{words}条原话和答复，{media}个照片录音，{messages}条消息，\
             {tasks}件待办里的话，{listings}条供求信息，{addresses}个联系地址",
            cases.len()
        )
    }
}

impl Office {
    /// All that is personal of one person. `dry_run`: only says what would go.
    pub async fn erase_person(
        &self,
        by: Option<&Session>,
        person: &str,
        reason: &str,
        dry_run: bool,
    ) -> Result<Erasure, CommandError> {
        if let Some(session) = by {
            session.must(Right::Erase)?;
        }
        let person = self.person_behind(person).await?.ok_or(CommandError::NotFound)?;
        let ids: Vec<&String> =
            std::iter::once(&person.record.id).chain(&person.record.also).collect();
        let cases = self.filed_by_any(&ids).await?;
        for case in &cases {
            erase::may_erase(&case.record)
                .map_err(|refusal| CommandError::Refused(refusal.to_string()))?;
            if let Some(why) = self.held(&case.record).await? {
                return Err(CommandError::Refused(format!(
                    "{}{why}，现在不能清除。请先取消暂缓，或等它了结。",
                    case.record.number
                )));
            }
        }
        let mut addresses: BTreeSet<String> = BTreeSet::new();
        for id in &ids {
            if let Some(one) = load::<Person>(&*self.store, keys::person(id)).await? {
                addresses.extend(one.record.addresses.iter().cloned());
            }
        }
        let mut gone = Erasure {
            cases: cases.iter().map(|case| case.record.number.to_string()).collect(),
            addresses: addresses.len(),
            ..Erasure::default()
        };
        if !dry_run {
            let numbers = cases.iter().map(|case| case.record.number.digits()).collect();
            let seen = Seen { kind: LookKind::Erase, cases: numbers, reason };
            match by {
                Some(session) => self.note_look(session, seen).await?,
                None => self.keep_look(None, seen).await?,
            }
        }
        for case in &cases {
            self.erase_case(case, Depth::All, dry_run, &mut gone).await?;
        }
        let numbers: BTreeSet<String> =
            cases.iter().map(|case| case.record.number.digits()).collect();
        let hers = Hers { numbers, addresses, ids: ids.iter().map(|id| (*id).clone()).collect() };
        self.erase_tasks(&hers, dry_run, &mut gone).await?;
        self.erase_misheard(&hers, dry_run, &mut gone).await?;
        self.erase_letters(&hers, dry_run, &mut gone).await?;
        self.erase_listings(&hers, dry_run, &mut gone).await?;
        if !dry_run {
            self.erase_deliveries(&hers).await?;
            self.erase_addresses(&hers).await?;
        }
        Ok(gone)
    }

    async fn erase_misheard(
        &self,
        hers: &Hers,
        dry_run: bool,
        gone: &mut Erasure,
    ) -> Result<(), StoreError> {
        for address in &hers.addresses {
            loop {
                let mut changes = Changes::default();
                let found = self.forget_misheard(&mut changes, address).await?;
                gone.words += found;
                if found == 0 || dry_run || !self.commit_or_leave(changes).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Filed by her or by one whom she turned out to be; what she only signed is another's.
    async fn filed_by_any(&self, ids: &[&String]) -> Result<Vec<Loaded<Case>>, CommandError> {
        let mut found: Vec<Loaded<Case>> = Vec::new();
        for id in ids {
            let mut range = keys::cases_of(id);
            loop {
                let page = list_by_index::<Case>(&*self.store, range.clone(), EXAMINED).await?;
                let Some((last, _)) = page.last() else { break };
                range = keys::after(&range, last);
                let own = page.into_iter().map(|(_, case)| case);
                found.extend(own.filter(|case| case.record.person == **id));
                if found.len() > CASES_MAX {
                    return Err(CommandError::Refused(format!(
                        "她名下有{CASES_MAX}件以上的事，请先请管理员核对是不是几个人并成了一个。"
                    )));
                }
            }
        }
        Ok(found)
    }

    /// Why nothing of it is to go yet.
    pub(super) async fn held(&self, case: &Case) -> Result<Option<String>, StoreError> {
        let hold = load::<Hold>(&*self.store, keys::hold(&case.number.digits())).await?;
        if let Some(hold) = hold {
            return Ok(Some(format!("暂缓清除（{}）", hold.record.reason)));
        }
        if let Some(open) = self.open_interview_of(case).await? {
            return Ok(Some(format!("在没了结的约谈里（{open}）")));
        }
        for other in case.children.iter().chain(&case.parent) {
            let other = load::<Case>(&*self.store, keys::case(&other.digits())).await?;
            if let Some(other) = other.filter(|other| other.record.state.is_open()) {
                return Ok(Some(format!("并案的{}还在办", other.record.number)));
            }
        }
        Ok(None)
    }

    /// The case, who filed it, what was written, the photos, the messages about it.
    pub(super) async fn erase_case(
        &self,
        case: &Loaded<Case>,
        depth: Depth,
        dry_run: bool,
        gone: &mut Erasure,
    ) -> Result<(), StoreError> {
        let number = case.record.number.digits();
        let words = match depth {
            Depth::Identity => Vec::new(),
            Depth::All => list::<Words>(&*self.store, keys::words_of(&number), EVENTS_MAX).await?,
        };
        gone.words += words.len();
        let events =
            list::<StoredEvent>(&*self.store, keys::events_of(&number), EVENTS_MAX).await?;
        let media = events.iter().flat_map(|event| event.record.event.change.media());
        let media: BTreeSet<String> = media.cloned().collect();
        if !dry_run {
            let mut changes = Changes::default();
            changes.replace(case, &erase::without(&case.record, depth, self.clock.now()))?;
            if let Some(identity) = load::<Identity>(&*self.store, keys::identity(&number)).await? {
                changes.remove(&identity);
            }
            words.iter().for_each(|words| changes.remove(words));
            self.forget_corrections(&number, &mut changes).await?;
            self.store.commit(changes.into_batch()).await?;
        }
        if depth == Depth::All {
            for id in &media {
                let Some(media) = load::<Media>(&*self.store, keys::media(id)).await? else {
                    continue;
                };
                gone.media += 1;
                if !dry_run {
                    self.remove_media(&media).await?;
                }
            }
        }
        let mut range = keys::outgoing_of(&number);
        loop {
            let page = list_by_index::<Outgoing>(&*self.store, range.clone(), AT_ONCE).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            let page: Vec<_> = page.into_iter().map(|(_, message)| message).collect();
            gone.messages += page.len();
            if !dry_run {
                self.remove_all(&page).await?;
            }
        }
        Ok(())
    }

    /// Examples for the program that were made of her words.
    async fn forget_corrections(
        &self,
        number: &str,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        use crate::store::correction::{Correction, PlaceCorrection};
        if let Some(kind) = load::<Correction>(&*self.store, keys::correction(number)).await? {
            changes.remove(&kind);
        }
        let place = keys::place_correction(number);
        if let Some(place) = load::<PlaceCorrection>(&*self.store, place).await? {
            changes.remove(&place);
        }
        Ok(())
    }

    async fn remove_all<R: crate::store::Record>(
        &self,
        records: &[Loaded<R>],
    ) -> Result<(), StoreError> {
        for part in records.chunks(AT_ONCE) {
            let mut changes = Changes::default();
            part.iter().for_each(|record| changes.remove(record));
            self.store.commit(changes.into_batch()).await?;
        }
        Ok(())
    }

    async fn erase_tasks(
        &self,
        hers: &Hers,
        dry_run: bool,
        gone: &mut Erasure,
    ) -> Result<(), StoreError> {
        let mut pages = Pages::new(keys::all_tasks());
        while let Some(page) = pages.next::<Task>(self).await? {
            for before in page.iter().filter(|task| hers.is_of(&task.record)) {
                gone.tasks += 1;
                if !dry_run {
                    let mut changes = Changes::default();
                    changes.replace(before, &blank(&before.record, self.clock.now()))?;
                    self.store.commit(changes.into_batch()).await?;
                }
            }
        }
        Ok(())
    }

    /// Answers in conversations, which belong to no case.
    async fn erase_letters(
        &self,
        hers: &Hers,
        dry_run: bool,
        gone: &mut Erasure,
    ) -> Result<(), StoreError> {
        let mut pages = Pages::new(keys::all_outgoing());
        while let Some(page) = pages.next::<Outgoing>(self).await? {
            let to_her = |message: &Outgoing| {
                is_over(message.status)
                    && (message.address.as_ref().is_some_and(|to| hers.addresses.contains(to))
                        || message.person.as_ref().is_some_and(|to| hers.ids.contains(to)))
                    && message.case.as_ref().is_none_or(|case| !hers.numbers.contains(case))
            };
            let old: Vec<_> = page.into_iter().filter(|message| to_her(&message.record)).collect();
            gone.messages += old.len();
            if !dry_run {
                self.remove_all(&old).await?;
            }
        }
        Ok(())
    }

    /// What departments' own systems were sent holds what was written.
    async fn erase_deliveries(&self, hers: &Hers) -> Result<(), StoreError> {
        let mut pages = Pages::new(keys::all_deliveries());
        while let Some(page) = pages.next::<Delivery>(self).await? {
            let is_hers = |one: &Delivery| hers.numbers.contains(&one.case);
            let old: Vec<_> = page.into_iter().filter(|one| is_hers(&one.record)).collect();
            self.remove_all(&old).await?;
        }
        Ok(())
    }

    async fn erase_listings(
        &self,
        hers: &Hers,
        dry_run: bool,
        gone: &mut Erasure,
    ) -> Result<(), StoreError> {
        for id in &hers.ids {
            let found = list_by_index::<Listing>(&*self.store, keys::listings_of(id), EXAMINED);
            for (_, before) in found.await? {
                gone.listings += 1;
                if dry_run {
                    continue;
                }
                let withdraw = ListingCommand::Withdraw { person: id.clone() };
                let after = before.record.after(withdraw, self.clock.now());
                let mut after = after.unwrap_or_else(|_| before.record.clone());
                (after.name, after.phone) = (None, None);
                after.text.clear();
                let mut changes = Changes::default();
                changes.replace(&before, &after)?;
                self.store.commit(changes.into_batch()).await?;
            }
        }
        Ok(())
    }

    /// Of a number that wants no more messages, that is remembered, and nothing else.
    async fn erase_addresses(&self, hers: &Hers) -> Result<(), StoreError> {
        for address in &hers.addresses {
            let Some(before) = load::<Contact>(&*self.store, keys::contact(address)).await? else {
                continue;
            };
            let stopped = before.record.sms.as_ref().and_then(|sms| sms.stopped_at);
            let mut changes = Changes::default();
            match (stopped, address.parse()) {
                (Some(_), Ok(address)) => {
                    let mut contact = Contact::new(&address);
                    contact.sms.get_or_insert_default().stopped_at = stopped;
                    changes.replace(&before, &contact)?;
                }
                _ => changes.remove(&before),
            }
            self.store.commit(changes.into_batch()).await?;
        }
        for id in &hers.ids {
            let Some(before) = load::<Person>(&*self.store, keys::person(id)).await? else {
                continue;
            };
            let forgotten = Person {
                addresses: Vec::new(),
                name: None,
                phone: None,
                prefers: None,
                ..before.record.clone()
            };
            let mut changes = Changes::default();
            changes.replace(&before, &forgotten)?;
            self.store.commit(changes.into_batch()).await?;
        }
        Ok(())
    }
}

/// By what her traces are found.
struct Hers {
    numbers: BTreeSet<String>,
    addresses: BTreeSet<String>,
    ids: BTreeSet<String>,
}

impl Hers {
    fn is_of(&self, task: &Task) -> bool {
        task.case.as_ref().is_some_and(|case| self.numbers.contains(case))
            || task.address.as_ref().is_some_and(|address| self.addresses.contains(address))
            || task.person.as_ref().is_some_and(|person| self.ids.contains(person))
    }
}

/// That there was something to do stays.
pub(super) fn blank(task: &Task, now: jiff::Timestamp) -> Task {
    let note = "个人信息已清除".to_owned();
    let mut done = task.done.clone().unwrap_or(Done { at: now, by: "程序".into(), note });
    done.note = "个人信息已清除".into();
    Task {
        reason: String::new(),
        who: String::new(),
        phone: None,
        address: None,
        lines: Vec::new(),
        media: Vec::new(),
        done: Some(done),
        ..task.clone()
    }
}
