//! What one event does to everything, collected for one commit.
//!
//! The conversation steps, its calls are decided on loaded records, the results go back
//! into the conversation, until it rests.

use std::sync::Arc;

use jiff::Timestamp;

use crate::channel::{Content, Inbound, wechat};
use crate::config::WechatKind;
use crate::county::{Address, Channel};
use crate::dialog::{self, Effect, Env, Event, Medium, Script, Trace};
use crate::meaning::{Goods, Reader};
use crate::store::records::{Answered, Body, Contact, Media, MediaKind, Outgoing, Status};
use crate::store::{Batch, Before, Changes, Loaded, StoreError, keys, load};
use crate::zh;

use super::reception::Said;
use super::{Office, media, outbox, tasks, window};

/// A duplicate comes within 15 s; the rest is for slow networks.
const REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_secs(20);
/// So many of the last replies are given again; of the messages before them it is only known
/// that they were taken.
const REMEMBERED_MAX: usize = 6;
const REMEMBERED_BYTES_MAX: usize = 8 * 1024;
/// More than the usual rate limit lets through in the five minutes for which a signature is fresh,
/// and, where another instance may still be about to take up an old delivery, more than a minute
/// of the hundred to which `config` holds it there: what lingers must not take effect a second time.
/// SMS providers deliver again for hours.
const SEEN_MAX: usize = 120;
/// Before the code of a village, in what its QR code carries.
pub(super) const VILLAGE_SCENE: &str = "village-";
/// Calls and results of one event; a script that asks for more is broken.
const CALLS_MAX: usize = 16;

pub(super) struct Turn<'o> {
    pub office: &'o Office,
    pub now: Timestamp,
    pub script: Arc<Script>,
    before: Option<Before>,
    pub contact: Contact,
    pub address: Address,
    pub changes: Changes,
    pub texts: Vec<String>,
    /// Notices whose content she reads in the reply itself.
    pub told: Vec<Outgoing>,
    pub bells: Ring,
    /// What the dialog studio learns, once it is on disk.
    traces: Vec<Trace>,
    gone: bool,
    /// The answer goes back in the same response.
    inline: bool,
}

/// Who has new work after the commit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ring {
    pub outbox: bool,
    pub media: bool,
    pub alarms: bool,
}

pub(super) struct Finished {
    pub batch: Batch,
    pub said: Said,
    pub bells: Ring,
    pub traces: Vec<Trace>,
}

impl<'o> Turn<'o> {
    pub fn new(office: &'o Office, before: Option<Loaded<Contact>>, address: &Address) -> Self {
        let (contact, before) = match before.map(Loaded::take) {
            Some((contact, before)) => (contact, Some(before)),
            None => (Contact::new(address), None),
        };
        Self {
            office,
            now: office.clock.now(),
            script: office.script(),
            before,
            contact,
            address: address.clone(),
            changes: Changes::default(),
            texts: Vec::new(),
            told: Vec::new(),
            bells: Ring::default(),
            traces: Vec::new(),
            gone: false,
            inline: true,
        }
    }

    pub async fn take(&mut self, inbound: &Inbound) -> Result<(), StoreError> {
        window::opened(&mut self.contact.window, &inbound.content, self.now);
        if self.address.channel == Channel::Sms
            && let Content::Text(text) = &inbound.content
        {
            self.inline = inbound.via.as_ref().is_some_and(|via| via.inline);
            if Box::pin(self.by_sms(text, inbound.via.as_ref())).await? {
                return Ok(());
            }
        }
        if Box::pin(self.chooses_a_channel(inbound)).await? {
            return Ok(());
        }
        let event = match &inbound.content {
            Content::Text(text) => Event::Text(Box::pin(self.written_out(text)).await?),
            Content::Choice { text, .. } | Content::Scan { text, .. } => Event::Text(text.clone()),
            Content::Voice { media, text } => {
                let media = Box::pin(self.want(media, MediaKind::Voice)).await?;
                Event::Voice { media, text: text.clone() }
            }
            Content::Photo { media } => {
                Event::Photo { media: Box::pin(self.want(media, MediaKind::Photo)).await? }
            }
            Content::Video { media } => {
                Event::Photo { media: Box::pin(self.want(media, MediaKind::Video)).await? }
            }
            Content::Location { latitude, longitude, label } => {
                Event::Location { latitude: *latitude, longitude: *longitude, label: label.clone() }
            }
            Content::Link { title, .. } => Event::Unsupported(title.clone()),
            Content::Menu { key } => Event::Menu(key.clone()),
            Content::Follow { scene, new } => {
                if scene.is_some() {
                    self.contact.scene.clone_from(scene);
                }
                Event::Follow { scene: scene.clone(), new: *new }
            }
            Content::Unfollow => return Box::pin(self.leave()).await,
            Content::Consent { template, allowed } => {
                self.contact.subscribed.retain(|known| known != template);
                if *allowed && self.contact.subscribed.len() < 50 {
                    self.contact.subscribed.push(template.clone());
                }
                return Ok(());
            }
            Content::Receipt { message, delivered, detail } => {
                return Box::pin(self.receipt(message, *delivered, detail)).await;
            }
            Content::Noted { .. } | Content::Unknown { .. } => return Ok(()),
        };
        Box::pin(self.forget_what_was_answered()).await?;
        self.converse(event).await
    }

    /// Steps until the conversation rests. What a message seldom needs is boxed here and in
    /// `take`: a turn is moved several times, and would be ten times the size with all of it inside.
    pub async fn converse(&mut self, event: Event) -> Result<(), StoreError> {
        if !self.contact.conversation.missing(&self.script).is_empty() {
            self.script = Box::pin(self.office.script_for(&self.contact.conversation)).await?;
        }
        let mut next = Some(event);
        for _ in 0..CALLS_MAX {
            let Some(event) = next.take() else { return Ok(()) };
            let tables = self.office.tables();
            let on_sale = match self.may_order(&event) {
                true => Some(Box::pin(self.office.on_sale(self.now)).await?),
                false => None,
            };
            let goods = on_sale.as_ref().map(|on_sale| on_sale as &dyn Goods);
            let reader = Reader { goods, ..tables.reader() };
            let env = Env {
                now: self.now,
                medium: self.medium(),
                phone: (self.address.channel == Channel::Sms).then_some(&*self.address.user),
                places: &reader,
                home: self.scanned().and_then(|code| tables.places.get(code)),
                language: self.contact.language.as_deref(),
                working: tables.calendar.is_open(self.now),
            };
            let turn = match dialog::step(&self.script, &self.contact.conversation, &event, &env) {
                Ok(turn) => turn,
                // She did nothing: nothing is said, and what she is doing goes on.
                Err(fault) if matches!(event, Event::Offer(_)) => {
                    tracing::error!(%fault, "an offer could not be made");
                    return Ok(());
                }
                Err(fault) => return Box::pin(self.apologise(&fault)).await,
            };
            self.contact.conversation = turn.conversation;
            // The phone beside the desk is for trying: nothing is learnt from it.
            if self.address.channel != Channel::Simulator {
                self.traces.extend(turn.traces);
            }
            for effect in turn.effects {
                match effect {
                    Effect::Say(text) => self.texts.push(text),
                    Effect::Call(call) => {
                        let outcome = Box::pin(self.act(&call)).await?;
                        next = Some(Event::Result { call: call.id, outcome });
                    }
                    Effect::Handoff { reason, summary } => {
                        Box::pin(self.hand_over(&reason, &summary)).await?;
                    }
                    Effect::HeldForStaff { text, media } => {
                        Box::pin(self.hold(&text, media)).await?
                    }
                    Effect::Released => Box::pin(self.end_hand_over()).await?,
                }
            }
        }
        let fault = "the script calls without end";
        tracing::error!(fault);
        Box::pin(self.apologise(&fault)).await
    }

    /// Only then it is worth asking what is sold.
    fn may_order(&self, event: &Event) -> bool {
        let idle = !self.contact.conversation.is_busy();
        idle && matches!(event, Event::Text(text) if zh::quantity(text, false).is_some())
    }

    /// A script that can not go on: she hears so, and a person takes over.
    async fn apologise(
        &mut self,
        fault: &(dyn std::fmt::Display + Sync),
    ) -> Result<(), StoreError> {
        tracing::error!(%fault, "the dialog failed; a person takes over");
        self.office.counters.faults.add(1);
        let summary = dialog::summary(&self.contact.conversation, &self.script);
        self.contact.conversation = dialog::Conversation::with_person(self.now);
        self.texts.push(self.script.phrase("sorry"));
        self.hand_over("机器人出错了", &summary).await
    }

    /// The code of the village whose QR code she came by.
    fn scanned(&self) -> Option<&str> {
        self.contact.scene.as_deref()?.strip_prefix(VILLAGE_SCENE)
    }

    fn medium(&self) -> Medium {
        match self.address.channel {
            Channel::Sms => Medium::Sms,
            Channel::Wechat | Channel::Simulator => Medium::Wechat,
        }
    }

    /// The record that makes the fetcher fetch it; gives the id that cases refer to.
    async fn want(&mut self, media_id: &str, kind: MediaKind) -> Result<String, StoreError> {
        let id = media::id(&self.address, media_id);
        if self.address.channel == Channel::Wechat
            && load::<Media>(&*self.office.store, keys::media(&id)).await?.is_none()
        {
            self.changes.create(&media::wanted(&id, kind, self.now))?;
            self.bells.media = true;
        }
        Ok(id)
    }

    /// Unfollowed: what ties the openid to a person goes, the cases stay.
    async fn leave(&mut self) -> Result<(), StoreError> {
        self.gone = true;
        if let Some(id) = self.contact.person.clone() {
            self.forget_address(&id).await?;
        }
        self.office.forget_misheard(&mut self.changes, &self.contact.address).await?;
        if let Some(task) = self.contact.hand_over.clone() {
            tasks::villager_left(self, &task).await?;
        }
        Ok(())
    }

    /// What the reply is, what is remembered, when she is looked at again.
    pub fn finish(mut self, key: Option<&str>, late: bool) -> Result<Finished, StoreError> {
        if self.gone {
            if let Some(before) = &self.before {
                self.changes.remove_taken(before);
            }
            return Ok(self.done(Said::Nothing));
        }
        let text = self.texts.join("\n\n");
        let mut said = Said::Nothing;
        match key {
            Some(key) => {
                let later = (late || !self.inline) && !text.is_empty();
                if !text.is_empty()
                    && let Some(state) = &mut self.contact.sms
                {
                    state.answered.push(self.now);
                }
                let mut parts = match self.address.channel {
                    Channel::Wechat => {
                        self.link_menu();
                        wechat::reply::pack(&self.texts)
                    }
                    Channel::Sms | Channel::Simulator => vec![text.clone()],
                };
                let now_text =
                    if later || parts.is_empty() { String::new() } else { parts.remove(0) };
                for (n, part) in parts.into_iter().enumerate() {
                    let mut message =
                        outbox::late_reply(&self.contact.address, key, n + 1, part, self.now);
                    message.lane = self.lane_of(&message);
                    self.changes.create(&message)?;
                    self.bells.outbox = true;
                }
                let answered =
                    Answered { key: key.to_owned(), at: self.now, said: now_text, later };
                said = (&answered).into();
                self.contact.recent.push(answered);
            }
            None if !text.is_empty() => {
                let message = outbox::reminder(&self.contact.address, text.clone(), self.now);
                self.changes.create(&message)?;
                self.bells.outbox = true;
            }
            None => {}
        }
        for mut notice in std::mem::take(&mut self.told) {
            notice.status = Status::Replied;
            notice.body = Body::Text(text.clone());
            self.changes.create(&notice)?;
        }
        self.forget_old();
        self.set_alarm();
        self.office.keep_misheard(&mut self.changes, &self.contact.address, &self.traces)?;
        match &self.before {
            Some(before) => self.changes.replace_taken(before, &self.contact)?,
            None => self.changes.create(&self.contact)?,
        }
        Ok(self.done(said))
    }

    /// Where the account's kind allows it, the items of the menu that she sees can be tapped.
    fn link_menu(&mut self) {
        let account = self.office.config.wechat.get(&self.address.account);
        let kind = account.and_then(|account| account.settings.kind);
        if kind == Some(WechatKind::Service)
            && let Some(last) = self.texts.last_mut()
        {
            let labels: Vec<&str> = self.contact.conversation.offered().collect();
            *last = wechat::reply::with_links(last, &labels);
        }
    }

    /// What answers by SMS goes straight into that channel's queue.
    fn lane_of(&self, message: &Outgoing) -> Option<String> {
        match self.address.channel {
            Channel::Sms => self.office.sms_for(&self.contact, message, self.now).ok(),
            Channel::Wechat | Channel::Simulator => None,
        }
    }

    /// What it changes beyond a reply, for a commit that holds more.
    pub fn into_changes(mut self) -> Result<Changes, StoreError> {
        self.set_alarm();
        match &self.before {
            Some(before) => self.changes.replace_taken(before, &self.contact)?,
            None => self.changes.create(&self.contact)?,
        }
        Ok(self.changes)
    }

    fn done(self, said: Said) -> Finished {
        let Self { changes, bells, traces, .. } = self;
        Finished { batch: changes.into_batch(), said, bells, traces }
    }

    /// The newest reply stays, whatever its age and size.
    fn forget_old(&mut self) {
        let Contact { recent, seen, .. } = &mut self.contact;
        let old = self.now - REMEMBERED;
        let mut bytes = 0;
        let newest = recent.iter().rev().enumerate().take_while(|(n, answered)| {
            bytes += answered.key.len() + answered.said.len() + 80;
            *n == 0 || *n < REMEMBERED_MAX && answered.at >= old && bytes <= REMEMBERED_BYTES_MAX
        });
        let kept = newest.count();
        for forgotten in recent.drain(..recent.len() - kept) {
            seen.add(&forgotten.key, SEEN_MAX);
        }
    }

    /// An entry that is too early does no harm (it is moved when it fires), so most turns
    /// leave it alone.
    fn set_alarm(&mut self) {
        let Some(wake) = self.contact.conversation.next_wake(&self.script) else { return };
        if self.contact.alarm.is_none_or(|alarm| alarm > wake) {
            self.contact.alarm = Some(wake);
            self.bells.alarms = true;
        }
    }
}
