//! Wakes conversations: reminders and expiry. An alarm may fire early; it is then moved.

use std::sync::Arc;
use std::time::Duration;

use crate::dialog::Event;
use crate::store::records::Contact;
use crate::store::{StoreError, keys, list_by_index, load};

use super::Office;
use super::turn::Turn;

const PAGE: usize = 100;
const SLEEP_MAX: Duration = Duration::from_secs(30);
const CONFLICTS_MAX: usize = 20;

pub(super) async fn run(office: Arc<Office>) {
    loop {
        if office.wait_for_duty("alarms").await {
            return;
        }
        let sleep = match office.while_on_duty("alarms", office.wake_due()).await {
            Ok(0) => office.until_next_alarm().await,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(%error, "no conversation can be woken; trying again");
                Duration::from_secs(1)
            }
        };
        tokio::select! {
            () = office.bells.alarms.notified() => {}
            stopped = office.pause(office.nap(sleep)) => if stopped { return },
        }
    }
}

impl Office {
    async fn until_next_alarm(&self) -> Duration {
        let next = list_by_index::<Contact>(&*self.store, keys::all_alarms(), 1).await;
        let at = next.ok().and_then(|page| page.first().and_then(|(_, c)| c.record.alarm));
        match at {
            Some(at) => Duration::try_from(at.duration_since(self.clock.now()))
                .unwrap_or(Duration::from_millis(20))
                .min(SLEEP_MAX),
            None => SLEEP_MAX,
        }
    }

    /// Says how many were looked at.
    pub(super) async fn wake_due(&self) -> Result<usize, StoreError> {
        let due = keys::alarms_until(self.clock.now());
        let page = list_by_index::<Contact>(&*self.store, due, PAGE).await?;
        for (_, contact) in &page {
            match self.wake(&contact.record.address).await {
                Ok(()) => {}
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                // One that can not be woken does not keep the others asleep.
                Err(error) => tracing::error!(%error, "a conversation can not be woken"),
            }
        }
        Ok(page.len())
    }

    async fn wake(&self, address: &str) -> Result<(), StoreError> {
        let Some(_line) = self.lines.enter(address).await else { return Ok(()) };
        for _ in 0..CONFLICTS_MAX {
            let contact = load::<Contact>(&*self.store, keys::contact(address)).await?;
            let (Some(contact), Ok(to)) = (contact, address.parse()) else { return Ok(()) };
            let mut turn = Turn::new(self, Some(contact), &to);
            if turn.contact.alarm.is_none_or(|at| at > turn.now) {
                return Ok(());
            }
            turn.contact.alarm = None;
            let wanted = turn.contact.conversation.next_wake(&turn.script);
            if wanted.is_some_and(|at| at <= turn.now) {
                turn.converse(Event::Wake).await?;
            }
            let finished = turn.finish(None, false)?;
            match self.store.commit(finished.batch).await {
                Ok(()) => {
                    self.is_done(finished.bells, &finished.traces);
                    return Ok(());
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
