//! One message in, one commit, one answer.
//!
//! Nothing is acknowledged before it is on disk. A reply that is not ready within
//! `REPLY_WITHIN` goes out as a message of its own, and the request is answered without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::channel::{Content, Inbound};
use crate::store::records::{Answered, Contact};
use crate::store::{StoreError, keys, load};

use super::flood::{self, Verdict};
use super::seen_through::{Panicked, SeenThrough};
use super::turn::Turn;
use super::{Office, outbox};

/// WeChat drops the connection after 5 s and delivers again.
pub const REPLY_WITHIN: Duration = Duration::from_millis(4_500);
/// By then WeChat has given up all three deliveries.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);
const CONFLICTS_MAX: usize = 20;
/// Where several instances share the store. With the 15 s over which WeChat delivers, and
/// clocks that differ, less than `turn::REMEMBERED_BY_ALL`.
const TAKEN_UP_WITHIN: Duration = Duration::from_secs(20);

/// What to answer in the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Reply(String),
    /// The answer follows as a message of its own.
    Later,
    Nothing,
}

impl From<&Answered> for Said {
    fn from(answered: &Answered) -> Self {
        if answered.later {
            Said::Later
        } else if answered.said.is_empty() {
            Said::Nothing
        } else {
            Said::Reply(answered.said.clone())
        }
    }
}

/// `None`: the message is new.
fn said_before(contact: &Contact, key: &str) -> Option<Said> {
    match contact.recent.iter().find(|answered| answered.key == key) {
        Some(answered) => Some(answered.into()),
        None => contact.seen.has(key).then_some(Said::Nothing),
    }
}

impl Office {
    /// Takes one thing that somebody did, on whatever channel. `Err`: nothing is kept, and
    /// the channel has to deliver again.
    pub async fn receive(self: &Arc<Self>, inbound: Inbound) -> Result<Said, StoreError> {
        match &inbound.content {
            Content::Noted { .. } => {
                self.counters.noted.add(1);
                return Ok(Said::Nothing);
            }
            Content::Unknown { kind } => {
                self.counters.unknown.add(1);
                tracing::info!(kind, "a kind of message that is not known: acknowledged");
                return Ok(Said::Nothing);
            }
            _ => self.counters.messages.add(1),
        }
        let late = Arc::new(AtomicBool::new(false));
        let mut turn = SeenThrough::new({
            let (office, late) = (self.clone(), late.clone());
            async move { office.take(&inbound, &late).await }
        });
        let done = match tokio::time::timeout(REPLY_WITHIN, &mut turn).await {
            Ok(done) => done,
            Err(_) => {
                late.store(true, Ordering::SeqCst);
                self.counters.late.add(1);
                tokio::time::timeout(GIVE_UP_AFTER, turn)
                    .await
                    .map_err(|_| StoreError::Unavailable("no answer from the store".into()))?
            }
        };
        done.unwrap_or_else(|Panicked| {
            tracing::error!("a turn panicked; nothing of it was stored");
            Err(StoreError::Unavailable("the turn failed".into()))
        })
    }

    async fn take(&self, inbound: &Inbound, late: &AtomicBool) -> Result<Said, StoreError> {
        let began = Instant::now();
        let address = inbound.from.to_string();
        let Some(_line) = self.lines.enter(&address).await else {
            self.counters.flooded.add(1);
            return Err(StoreError::Unavailable("too many of one sender wait".into()));
        };
        // What is no talk is never too much: a farewell, a receipt.
        let talks = !matches!(
            inbound.content,
            Content::Unfollow | Content::Receipt { .. } | Content::Consent { .. }
        );
        let mut tries = self.losers.tries();
        loop {
            let contact = load::<Contact>(&*self.store, keys::contact(&address)).await?;
            // So long after it came, another instance may have answered it and, with her next
            // messages, forgotten it.
            if self.store.is_shared() && began.elapsed() > TAKEN_UP_WITHIN {
                return Err(StoreError::Unavailable("the store was away for too long".into()));
            }
            if let Some(said) = contact.as_ref().and_then(|known| said_before(known, &inbound.key))
            {
                self.counters.duplicates.add(1);
                return Ok(said);
            }
            let mut turn = Turn::new(self, contact, &inbound.from);
            let per_minute = self.common().messages_per_minute;
            let verdict = match talks {
                true => flood::check(&mut turn.contact.paced, turn.now, per_minute),
                false => Verdict::Fine,
            };
            if verdict != Verdict::Fine {
                self.counters.flooded.add(1);
            }
            match verdict {
                Verdict::Fine => turn.take(inbound).await?,
                Verdict::Silence => return Ok(Said::Nothing),
                Verdict::Tell => turn.texts.push(turn.script.phrase("too_fast")),
            }
            let was_late = late.load(Ordering::SeqCst);
            let finished = turn.finish(Some(&inbound.key), was_late)?;
            match self.store.commit(finished.batch).await {
                Ok(()) => {}
                Err(StoreError::Conflict(key)) => {
                    self.counters.conflicts.add(1);
                    if tries.again().await {
                        continue;
                    }
                    return Err(StoreError::Conflict(key));
                }
                Err(error) => return Err(error),
            }
            drop(tries);
            self.is_done(finished.bells, &finished.traces);
            if !was_late && late.load(Ordering::SeqCst) {
                Box::pin(self.send_later(&address, &inbound.key)).await?;
                return Ok(Said::Later);
            }
            return Ok(finished.said);
        }
    }

    /// The commit took so long that the request is over: the reply becomes a message.
    async fn send_later(&self, address: &str, key: &str) -> Result<(), StoreError> {
        for _ in 0..CONFLICTS_MAX {
            let contact = load::<Contact>(&*self.store, keys::contact(address)).await?;
            let Some(before) = contact else { return Ok(()) };
            let mut contact = before.record.clone();
            let answered = contact.recent.iter_mut().find(|answered| answered.key == key);
            let Some(answered) = answered.filter(|answered| !answered.said.is_empty()) else {
                return Ok(());
            };
            answered.later = true;
            let text = answered.said.clone();
            let mut changes = crate::store::Changes::default();
            changes.create(&outbox::late_reply(address, key, 0, text, self.clock.now()))?;
            changes.replace(&before, &contact)?;
            match self.store.commit(changes.into_batch()).await {
                Ok(()) => {
                    self.bells.outbox.notify_one();
                    return Ok(());
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
