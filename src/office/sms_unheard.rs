//! Providers that are asked: what became of one message, and what waits there for us where no
//! call of theirs reaches us. What they tell goes the same way as what they call in.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::channel::sms::{About, Class, Fact, HttpRequest, Report, advice};
use crate::county::Channel;
use crate::store::records::Outgoing;
use crate::store::{Loaded, StoreError, keys, load};

use super::Office;
use super::sms_carry::theirs;

const FETCH_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Of one request, while it goes on telling something.
const FETCHES_MAX: usize = 20;
const KEEP_AGAIN: Duration = Duration::from_millis(500);

impl Office {
    pub(super) fn can_be_asked(&self, channel: &str) -> bool {
        let found = self.sms.channels.get(channel);
        found.is_some_and(|channel| channel.provider.capabilities().can_be_asked)
    }

    /// Asks the provider what became of a message. `true`: it told something that was not known.
    pub(super) async fn ask_about(
        &self,
        name: &str,
        before: &Loaded<Outgoing>,
    ) -> Result<bool, StoreError> {
        let message = &before.record;
        let (address, _) = self.whom_by(message, Channel::Sms).await?;
        let (Some(address), Some(last), Some(channel)) =
            (address, message.tries.last(), self.sms.channels.get(name))
        else {
            return Ok(false);
        };
        let id = last.message_id.as_deref().and_then(|id| id.strip_prefix(&theirs(name, "")));
        let about = About { ours: &message.id, theirs: id, to: &address.user, sent_at: last.at };
        let Some(request) = channel.provider.inquire(&about, &self.stamp()) else {
            return Ok(false);
        };
        let Some(facts) = self.told(name, request).await else { return Ok(false) };
        let is_ours = |report: &Report| match &report.ours {
            Some(ours) => *ours == message.id,
            None => report.theirs.is_some() && report.theirs.as_deref() == id,
        };
        for fact in facts {
            if let Fact::Report(report) = fact
                && is_ours(&report)
            {
                self.sms_report(name, &report).await?;
            }
        }
        let after = load::<Outgoing>(&*self.store, keys::outgoing(&message.id)).await?;
        Ok(after.is_none_or(|after| after.record != *message))
    }

    /// What the provider says to a question; `None`: nothing, and it is asked again in its time.
    async fn told(&self, name: &str, request: HttpRequest) -> Option<Vec<Fact>> {
        let channel = self.sms.channels.get(name)?;
        let response = self.ask(name, request).await.ok()?;
        match channel.provider.told(&response) {
            Ok(facts) => Some(facts),
            Err(refusal) => {
                tracing::warn!(name, code = refusal.code, "the provider does not tell");
                if matches!(refusal.class, Class::ChannelDown | Class::Settings) {
                    let why = advice(&refusal.code).unwrap_or("短信平台不回答查询");
                    self.alarm(&format!("短信通道 {name} 查不了：{why}（{}）", refusal.code));
                }
                None
            }
        }
    }

    /// When something is fetched next from a provider.
    pub(super) fn next_fetch(&self) -> Option<Timestamp> {
        let stamp = self.stamp();
        let fetching = |channel: &&super::sms::Channel| !channel.provider.fetch(&stamp).is_empty();
        let at = |channel: &super::sms::Channel| {
            *channel.fetched_at.lock().unwrap_or_else(PoisonError::into_inner)
        };
        self.sms.channels.values().filter(fetching).map(at).min()
    }

    /// Fetches what waits at the providers, if it is time. Says how much it was.
    pub(super) async fn fetch_waiting(self: &Arc<Self>) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let mut count = 0;
        for (name, channel) in &self.sms.channels {
            {
                let mut next = channel.fetched_at.lock().unwrap_or_else(PoisonError::into_inner);
                if *next > now {
                    continue;
                }
                *next = now + FETCH_EVERY;
            }
            let requests = channel.provider.fetch(&self.stamp()).len();
            for which in 0..requests {
                for _ in 0..FETCHES_MAX {
                    // Each request is signed anew.
                    let request = channel.provider.fetch(&self.stamp()).swap_remove(which);
                    let facts = self.told(name, request).await.unwrap_or_default();
                    if facts.is_empty() {
                        break;
                    }
                    count += facts.len();
                    for fact in facts {
                        self.keep_fetched(name, fact).await?;
                    }
                }
            }
        }
        Ok(count)
    }

    /// The provider gives it out once: it is tried until it is on disk.
    async fn keep_fetched(self: &Arc<Self>, name: &str, fact: Fact) -> Result<(), StoreError> {
        loop {
            match self.sms_fact(name, fact.clone(), false).await {
                Ok(_) => return Ok(()),
                Err(error) => {
                    tracing::error!(name, %error, "what was fetched is not on disk yet");
                    if self.pause(KEEP_AGAIN).await {
                        return Err(error);
                    }
                }
            }
        }
    }
}
