//! Short messages that must not go now: put off, merged into a later one, or told by telephone.

use jiff::Timestamp;

use crate::dialog::Medium;
use crate::store::records::{Body, Contact, Outgoing, SmsState, Status, TaskKind};
use crate::store::{Changes, Loaded, StoreError, keys, list_by_index};
use crate::zh;

use super::notice_policy::{self, Gate};
use super::outbox::is_notice;
use super::{Office, random};

/// Of one case that are looked at.
const NOTICES_MAX: usize = 200;

impl Office {
    /// A short message that must not go now: it is put off, merged, or given to a clerk.
    pub(super) async fn is_kept_back(
        &self,
        before: &Loaded<Outgoing>,
        name: &str,
        contact: &Contact,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut message = before.record.clone();
        let policy = &self.common().notices;
        let mut changes = Changes::default();
        let lane = Some(name.to_owned());
        let put_off = |due_at| Outgoing { due_at, lane, ..before.record.clone() };
        if let Body::Notice { kind, .. } = &message.body {
            let kind = policy.kind(kind);
            let notice = notice_policy::Notice {
                case: message.case.as_deref(),
                made_at: message.made_at,
                kind: &kind,
                jitter: random::bytes::<1>()[0],
            };
            let blank = SmsState::default();
            let state = contact.sms.as_ref().unwrap_or(&blank);
            let quiet = policy.quiet_hours().unwrap_or_default();
            // A clerk who says "by SMS, now" has looked at the clock herself.
            // And what she has just asked for is no notice in this sense.
            let gate = match message.only.as_ref().or(message.address.as_ref()) {
                Some(_) => Gate::Go,
                None => notice_policy::gate(notice, state, policy, quiet, now),
            };
            match gate {
                Gate::Go if kind.merge && self.is_overtaken(&message).await? => {
                    message.status = Status::Merged;
                }
                Gate::Go if self.is_too_long(&message, name) => {
                    let why = "太长了，短信发不下";
                    self.give_to_clerk(&mut changes, &mut message, TaskKind::Phone, why).await?;
                }
                Gate::Go => {}
                Gate::Hold(until) => message = put_off(until),
                Gate::Phone(why) => {
                    self.give_to_clerk(&mut changes, &mut message, TaskKind::Phone, &why).await?;
                }
            }
        }
        if message == before.record {
            return Ok(false);
        }
        changes.replace(before, &message)?;
        self.store.commit(changes.into_batch()).await?;
        Ok(true)
    }

    /// Parts that are counted for it, once the channel has room and the budget too. `None`: it
    /// has been put off, or given to a clerk.
    pub(super) async fn room_for(
        &self,
        before: &Loaded<Outgoing>,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<u32>, StoreError> {
        let mut message = before.record.clone();
        let mut changes = Changes::default();
        if let Some(until) = self.sms_wait(name, message.is_answer(), now).await {
            message.due_at = until;
        } else {
            let urgent = match &message.body {
                Body::Notice { kind, .. } => self.common().notices.kind(kind).urgent,
                Body::Text(_) => false,
            };
            let segments = self.segments_of(name, &message);
            if self.within_budget(name, segments, urgent, now).await? {
                return Ok(Some(segments));
            }
            let why = "短信预算用完了";
            self.give_to_clerk(&mut changes, &mut message, TaskKind::Phone, why).await?;
        }
        changes.replace(before, &message)?;
        self.store.commit(changes.into_batch()).await?;
        Ok(None)
    }

    fn is_too_long(&self, message: &Outgoing, name: &str) -> bool {
        let channel = self.sms.channels.get(name);
        let free_text = channel.is_some_and(|c| c.provider.capabilities().free_text);
        let most = self.common().notices.segments as usize;
        free_text && zh::segments(&self.words(message, Medium::Sms)) > most
    }

    /// A later notice of the same case is on its way to her.
    async fn is_overtaken(&self, message: &Outgoing) -> Result<bool, StoreError> {
        let Some(case) = &message.case else { return Ok(false) };
        let range = keys::outgoing_of(case);
        let all = list_by_index::<Outgoing>(&*self.store, range, NOTICES_MAX).await?;
        Ok(all.iter().any(|(_, other)| {
            let other = &other.record;
            other.status == Status::Waiting
                && other.person == message.person
                && is_notice(other)
                && (other.made_at, &other.id) > (message.made_at, &message.id)
        }))
    }
}
