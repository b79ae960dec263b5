//! How long the county keeps who somebody is: what is personal in a case goes some years after it
//! ended, a consultation's sooner, conversations after a year, the log of looks last of all.
//! Figures, ledgers and measures stay as they are (`desk::erase`).

use jiff::{SignedDuration, Timestamp};

use crate::desk::{Case, Depth, Kind, Listing};
use crate::dialog::Conversation;
use crate::shop::Order;
use crate::store::looks::{Look, LookHead, LookKind};
use crate::store::records::{Contact, Person, Task};
use crate::store::{Changes, StoreError, keys, list, list_by_index, load};

use super::Office;
use super::clearing::{Pages, Sweep, Swept};
use super::erase::Erasure;
use super::looks::{Noted, Seen};
use super::rights::Right;
use super::views::{CommandError, Session};

const PAGE: usize = 100;
const RETAINED: &str = "保存期满";

impl Office {
    /// What would go now, or what went.
    pub async fn retention(
        &self,
        session: Option<&Session>,
        dry_run: bool,
    ) -> Result<Swept, CommandError> {
        if let Some(session) = session {
            session.must(Right::Erase)?;
            if !dry_run {
                let noted = Noted::by(session, LookKind::Retain, "到期的个人信息", "现在清除");
                self.commit_noted(Changes::default(), noted).await?;
            }
        }
        Ok(self.sweep(dry_run).await?)
    }

    /// Of cases that ended long ago: who filed them, what was written, photos and recordings.
    pub(super) async fn clear_cases(&self, sweep: &mut Sweep) -> Result<(), StoreError> {
        let now = self.clock.now();
        let keep = self.common().keep.clone();
        let before = |days: u32| now - SignedDuration::from_hours(24 * i64::from(days));
        let (consults, cases) = (before(keep.consults_days), before(keep.cases_days));
        let mut range = keys::cases_to_clear_until(consults.max(cases));
        let mut cleared = Vec::new();
        loop {
            let page = list_by_index::<Case>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            for (_, case) in page {
                let is_consult = case.record.kind == Kind::Consult;
                let (kind, before) = match is_consult {
                    true => ("办结的咨询", consults),
                    false => ("办结的事项", cases),
                };
                let ended = case.record.ended_at();
                if ended >= before || self.is_gone_on_with(&case.record).await? {
                    continue;
                }
                let mut gone = Erasure::default();
                match self.erase_case(&case, Depth::All, sweep.dry_run, &mut gone).await {
                    // Somebody works on it just now.
                    Err(StoreError::Conflict(_)) => continue,
                    other => other?,
                }
                sweep.swept.add(kind, ended);
                cleared.push(case.record.number.digits());
            }
            if self.stop.is_cancelled() {
                break;
            }
        }
        if !sweep.dry_run && !cleared.is_empty() {
            self.blank_tasks_of(&cleared).await?;
            let seen = Seen { kind: LookKind::Retain, cases: cleared, reason: RETAINED };
            self.keep_look(None, seen).await?;
        }
        Ok(())
    }

    /// Held, or open matters hang on it.
    async fn is_gone_on_with(&self, case: &Case) -> Result<bool, StoreError> {
        if self.held(case).await?.is_some() {
            return Ok(true);
        }
        let hers = list_by_index::<Case>(&*self.store, keys::cases_of(&case.person), PAGE).await?;
        Ok(hers.iter().any(|(_, other)| {
            other.record.follows == Some(case.number) && other.record.state.is_open()
        }))
    }

    async fn blank_tasks_of(&self, cases: &[String]) -> Result<(), StoreError> {
        let mut pages = Pages::new(keys::all_tasks());
        while let Some(page) = pages.next::<Task>(self).await? {
            // Also one that nobody has done: there is nobody left to call.
            let is_theirs =
                |task: &Task| task.case.as_ref().is_some_and(|case| cases.contains(case));
            for before in page.iter().filter(|task| is_theirs(&task.record)) {
                let mut changes = Changes::default();
                changes.replace(before, &super::erase::blank(&before.record, self.clock.now()))?;
                self.commit_or_leave(changes).await?;
            }
        }
        Ok(())
    }

    /// Where nobody has written for so long, what was said is forgotten; the way to her stays.
    pub(super) async fn clear_conversations(
        &self,
        before: Timestamp,
        sweep: &mut Sweep,
    ) -> Result<(), StoreError> {
        let mut pages = Pages::new(keys::all_contacts());
        while let Some(page) = pages.next::<Contact>(self).await? {
            for contact in &page {
                let last = contact.record.last_wrote();
                let said = contact.record.conversation != Conversation::default()
                    || !contact.record.recent.is_empty();
                let Some(last) = last.filter(|last| *last < before && said) else { continue };
                if contact.record.hand_over.is_some() {
                    continue;
                }
                let mut changes = Changes::default();
                let silent = Contact {
                    conversation: Conversation::default(),
                    recent: Vec::new(),
                    alarm: None,
                    ..contact.record.clone()
                };
                changes.replace(contact, &silent)?;
                if sweep.dry_run || self.commit_or_leave(changes).await? {
                    sweep.swept.add("很久以前的对话", last);
                }
            }
        }
        Ok(())
    }

    /// Whose last case was cleared, and who has not written for so long, is forgotten whole: her
    /// name and number, and the way to her.
    pub(super) async fn clear_persons(
        &self,
        before: Timestamp,
        sweep: &mut Sweep,
    ) -> Result<(), StoreError> {
        let mut pages = Pages::new(keys::all_persons());
        while let Some(page) = pages.next::<Person>(self).await? {
            for person in &page {
                let Some(last) = self.last_of(&person.record, before).await? else { continue };
                let gone = self.erase_person(None, &person.record.id, RETAINED, sweep.dry_run);
                match gone.await {
                    Ok(_) => sweep.swept.add("不再来的人", last),
                    Err(CommandError::Unavailable) => {
                        return Err(StoreError::Unavailable(
                            "a person could not be cleared".into(),
                        ));
                    }
                    // Held, or somebody works on it just now.
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    /// When the last of her cases ended; `None` where something still needs to know who she is.
    async fn last_of(
        &self,
        person: &Person,
        before: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let is_known =
            person.name.is_some() || person.phone.is_some() || !person.addresses.is_empty();
        if person.merged_into.is_some() || !is_known {
            return Ok(None);
        }
        let mut last = None;
        for id in std::iter::once(&person.id).chain(&person.also) {
            for (_, case) in list_by_index::<Case>(&*self.store, keys::cases_of(id), PAGE).await? {
                if case.record.erased.is_none_or(|erased| erased.depth != Depth::All) {
                    return Ok(None);
                }
                last = last.max(Some(case.record.ended_at()));
            }
            let orders = list_by_index::<Order>(&*self.store, keys::orders_of(id), 1).await?;
            let listings = list_by_index::<Listing>(&*self.store, keys::listings_of(id), 1).await?;
            if !orders.is_empty() || !listings.is_empty() {
                return Ok(None);
            }
        }
        for address in &person.addresses {
            let contact = load::<Contact>(&*self.store, keys::contact(address)).await?;
            if contact.and_then(|contact| contact.record.last_wrote()) >= Some(before) {
                return Ok(None);
            }
        }
        Ok(last)
    }

    /// The oldest first, one behind the other: the chain begins later, and is still one.
    pub(super) async fn clear_looks(
        &self,
        before: Timestamp,
        sweep: &mut Sweep,
    ) -> Result<(), StoreError> {
        let mut range = keys::all_looks();
        loop {
            let page = list::<Look>(&*self.store, range.clone(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            range = keys::after(&range, &keys::look(last.record.n));
            for look in page {
                if look.record.at >= before {
                    return Ok(());
                }
                if !sweep.dry_run {
                    let Some(head) = load::<LookHead>(&*self.store, keys::look_head()).await?
                    else {
                        return Ok(());
                    };
                    let mut after = head.record.clone();
                    (after.cleared, after.cleared_hash) = (look.record.n, look.record.hash.clone());
                    let mut changes = Changes::default();
                    changes.remove(&look);
                    changes.replace(&head, &after)?;
                    if !self.commit_or_leave(changes).await? {
                        return Ok(());
                    }
                }
                sweep.swept.add("审计日志", look.record.at);
            }
        }
    }
}
