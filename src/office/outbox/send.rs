//! One message to its channel: where she can be reached, by which way, and the attempt.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::county::{Address, Channel};
use crate::dialog::Medium;
use crate::store::records::{Body, Contact, Outgoing, PhoneLine, SmsSent, Status, TaskKind, Try};
use crate::store::{Changes, Loaded, StoreError, keys, load};

use super::super::route::{Abilities, Route, Way, choose};
use super::super::{Office, notice_policy, window};
use super::{Outcome, is_notice};

/// A channel that has not answered by then may have taken the message or not.
const CARRIED_WITHIN: Duration = Duration::from_secs(20);
/// Found `Sending` for longer than this, whoever was sending it is dead. The difference is for
/// clocks that do not agree.
const SENDING_ENDS: SignedDuration = SignedDuration::from_secs(28);
const TRIES_MAX: usize = 20;
/// Of one person that are looked at.
const ADDRESSES_MAX: usize = 10;

impl Office {
    pub(super) async fn send(&self, id: &str) -> Result<(), StoreError> {
        let Some(before) = load::<Outgoing>(&*self.store, keys::outgoing(id)).await? else {
            return Ok(());
        };
        if before.record.status.is_final() {
            return self.nothing_was_heard(&before).await;
        }
        if before.record.status != Status::Waiting {
            return Ok(());
        }
        let now = self.clock.now();
        let mut found = self.where_she_is(&before.record).await?;
        let prefers = self.prefers(&before.record).await?;
        let (route, at) = self.route(&before.record, &found, prefers.as_deref(), now);
        let (address, contact) = match at {
            Some(at) => {
                let (address, contact) = found.swap_remove(at);
                (Some(address), Some(contact))
            }
            None => (None, None),
        };
        let mut message = before.record.clone();
        let mut changes = Changes::default();
        let mut segments = None;
        match (&route, &contact) {
            (Route::Sms(name), Some(contact)) => {
                if self.is_kept_back(&before, name, &contact.record, now).await? {
                    return Ok(());
                }
                if message.lane.as_ref() != Some(name) {
                    return self.move_to(&before, Some(name.clone())).await;
                }
                segments = self.room_for(&before, name, now).await?;
                if segments.is_none() {
                    return Ok(());
                }
            }
            (Route::Sms(_) | Route::Clerk(_) | Route::Simulator, _) => {}
            _ if message.lane.is_some() => return self.move_to(&before, None).await,
            _ => {}
        }
        match (&route, contact, address) {
            (Route::Clerk(why), ..) => {
                self.give_to_clerk(&mut changes, &mut message, TaskKind::Phone, why).await?;
                changes.replace(&before, &message)?;
                self.store.commit(changes.into_batch()).await
            }
            (Route::Simulator, _, Some(address)) => {
                changes.create(&PhoneLine {
                    user: address.user.clone(),
                    id: self.next_line_id(&address.user).await?,
                    from_villager: false,
                    text: self.words(&message, Medium::Wechat),
                    media: None,
                })?;
                message.status = Status::Delivered;
                message.tries.push(tried(now, &route, "已送到".into(), None));
                changes.replace(&before, &message)?;
                self.store.commit(changes.into_batch()).await
            }
            (_, Some(contact), Some(address)) => {
                let mut spent = contact.record.clone();
                let mut rest = Vec::new();
                if route == Route::CustomerService {
                    window::spend(&mut spent.window, now);
                    changes.replace(&contact, &spent)?;
                    rest = self.cut(&mut message);
                }
                if let Route::Sms(_) = route {
                    rest = self.cut_for_sms(&mut message);
                    if is_notice(&message) && message.address.is_none() {
                        let state = spent.sms.get_or_insert_default();
                        notice_policy::forget_old(state, now);
                        state.notices.push(SmsSent { at: now, case: message.case.clone() });
                        changes.replace(&contact, &spent)?;
                    }
                }
                message.status = Status::Sending;
                message.due_at = now + SENDING_ENDS;
                message.tries.truncate(TRIES_MAX - 1);
                message.tries.push(tried(now, &route, "正在发".into(), segments));
                changes.replace(&before, &message)?;
                for part in &rest {
                    changes.create(part)?;
                }
                self.store.commit(changes.into_batch()).await?;
                let carried = async {
                    match &route {
                        Route::Sms(name) => {
                            self.carry_sms(&address, name, &contact.record, &message).await
                        }
                        _ => self.carry(&address, &route, &message).await,
                    }
                };
                let outcome = tokio::time::timeout(CARRIED_WITHIN, carried).await;
                let why = "一直没有回答".to_owned();
                let outcome = outcome.unwrap_or(Outcome::Unknown { why });
                self.settle(&message.id, outcome).await
            }
            _ => Ok(()),
        }
    }

    /// Every contact at which she could be reached: the address itself, or all of the person's.
    pub(super) async fn where_she_is(
        &self,
        message: &Outgoing,
    ) -> Result<Vec<(Address, Loaded<Contact>)>, StoreError> {
        let addresses = match (&message.address, &message.person) {
            (Some(address), _) => vec![address.clone()],
            (None, Some(person)) => self
                .person_behind(person)
                .await?
                .map(|person| person.record.addresses.clone())
                .unwrap_or_default(),
            (None, None) => Vec::new(),
        };
        let mut found = Vec::new();
        for text in addresses.iter().take(ADDRESSES_MAX) {
            let contact = load::<Contact>(&*self.store, keys::contact(text)).await?;
            if let (Some(contact), Ok(address)) = (contact, text.parse()) {
                found.push((address, contact));
            }
        }
        Ok(found)
    }

    /// The channel by which she asked to be told. What answers her goes where she wrote from.
    pub(super) async fn prefers(&self, message: &Outgoing) -> Result<Option<String>, StoreError> {
        match (&message.person, &message.address) {
            (Some(id), None) => {
                let person = self.person_behind(id).await?;
                Ok(person.and_then(|person| person.record.prefers.clone()))
            }
            _ => Ok(None),
        }
    }

    /// The contact that the last attempt went to, or another one on the same channel.
    pub(in crate::office) async fn whom_by(
        &self,
        message: &Outgoing,
        channel: Channel,
    ) -> Result<(Option<Address>, Option<Loaded<Contact>>), StoreError> {
        let found = self.where_she_is(message).await?;
        let found = found.into_iter().find(|(address, _)| address.channel == channel);
        Ok(found.map_or((None, None), |(address, contact)| (Some(address), Some(contact))))
    }

    pub(super) fn route(
        &self,
        message: &Outgoing,
        found: &[(Address, Loaded<Contact>)],
        prefers: Option<&str>,
        now: Timestamp,
    ) -> (Route, Option<usize>) {
        let ways: Vec<Way<'_>> = found
            .iter()
            .map(|(address, contact)| Way {
                address,
                contact: &contact.record,
                abilities: Abilities {
                    sms: match address.channel {
                        Channel::Sms => self.sms_for(&contact.record, message, now),
                        _ => Err(String::new()),
                    },
                    ..self.abilities(Some(address), message)
                },
            })
            .collect();
        choose(message, &ways, prefers, now)
    }

    /// The way that it would go now.
    pub(in crate::office) async fn way_of(&self, message: &Outgoing) -> Result<Route, StoreError> {
        let found = self.where_she_is(message).await?;
        let prefers = self.prefers(message).await?;
        Ok(self.route(message, &found, prefers.as_deref(), self.clock.now()).0)
    }

    /// There is a way for it that is no telephone call.
    pub(in crate::office) async fn could_go(&self, message: &Outgoing) -> Result<bool, StoreError> {
        Ok(!matches!(self.way_of(message).await?, Route::Clerk(_)))
    }

    pub(super) fn abilities(&self, address: Option<&Address>, message: &Outgoing) -> Abilities {
        let account = address.and_then(|address| self.config.wechat.get(&address.account));
        let Some(account) = account else { return Abilities::default() };
        let id = |ids: &BTreeMap<String, String>| match &message.body {
            Body::Notice { kind, .. } => ids.get(kind).cloned(),
            Body::Text(_) => None,
        };
        Abilities {
            push: account.secret.is_some(),
            template: id(&account.settings.templates),
            subscription: id(&account.settings.subscriptions),
            sms: Err(String::new()),
        }
    }
}

fn tried(at: Timestamp, route: &Route, result: String, segments: Option<u32>) -> Try {
    Try { at, route: route.id(), refused: false, result, message_id: None, segments }
}
