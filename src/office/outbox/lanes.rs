//! Who waits behind whom. Each SMS channel has two queues of its own, one for answers and one
//! for notices, and each queue is worked off by itself: two thousand short messages that a
//! modem takes one a second hold up neither WeChat, nor another channel, nor the answer to a
//! villager who has just written.
//!
//! A message begins in the open lane, and moves when it is seen by which channel it goes. The
//! lane is a hint that stands on disk; what is sent how is decided when it is sent.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::store::records::{Outgoing, Status};
use crate::store::{Changes, Loaded, Range, StoreError, keys, list_by_index};

use super::super::Office;
use super::{Outcome, is_notice};

const PAGE: usize = 64;
/// Of those that are due, so many are looked at for answers, which go first.
const LOOKED_AT: usize = 4 * PAGE;
/// Sleep at most so long, in case a clock was moved.
const SLEEP_MAX: Duration = Duration::from_secs(30);
const STOPPED: &str = "发送时程序停了";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::office) enum Lane {
    /// WeChat, the trial phone, and all whose way is not known yet.
    Open,
    Sms {
        channel: String,
        answers: bool,
    },
    /// Short messages whose report has not come in its time.
    Unheard,
}

impl Lane {
    /// As it is leased.
    fn duty(&self) -> String {
        match self {
            Lane::Open => "outbox".into(),
            Lane::Sms { channel, answers: true } => format!("outbox-{channel}-answers"),
            Lane::Sms { channel, answers: false } => format!("outbox-{channel}-notices"),
            Lane::Unheard => "outbox-unheard".into(),
        }
    }

    pub fn all(&self) -> Range {
        match self {
            Lane::Open => keys::all_outgoing_due(),
            Lane::Sms { channel, answers } => keys::outgoing_lane(channel, *answers),
            Lane::Unheard => keys::all_outgoing_unheard(),
        }
    }

    fn due(&self, now: Timestamp) -> Range {
        match self {
            Lane::Open => keys::outgoing_due_until(now),
            Lane::Sms { channel, answers } => keys::outgoing_lane_until(channel, *answers, now),
            Lane::Unheard => keys::outgoing_unheard_until(now),
        }
    }
}

pub(in crate::office) async fn run(office: Arc<Office>) {
    while let Err(error) = office.recover_outbox().await {
        tracing::error!(%error, "the outbox can not read what was being sent; trying again");
        if office.pause(Duration::from_secs(1)).await {
            return;
        }
    }
    let lanes: Vec<(Lane, Notify)> =
        office.lanes().into_iter().map(|lane| (lane, Notify::new())).collect();
    let all = join_all(lanes.iter().map(|(lane, bell)| office.work_off(lane, bell)));
    let ring = async {
        loop {
            office.bells.outbox.notified().await;
            lanes.iter().for_each(|(_, bell)| bell.notify_one());
        }
    };
    tokio::select! {
        _ = all => {}
        () = ring => {}
    }
}

impl Office {
    pub(in crate::office) fn lanes(&self) -> Vec<Lane> {
        let mut lanes = vec![Lane::Open];
        for channel in self.sms.channels.keys() {
            let sms = |answers| Lane::Sms { channel: channel.clone(), answers };
            lanes.extend([sms(true), sms(false)]);
        }
        lanes.push(Lane::Unheard);
        lanes
    }

    async fn work_off(self: &Arc<Self>, lane: &Lane, bell: &Notify) {
        let duty = lane.duty();
        loop {
            if self.wait_for_duty(&duty).await {
                return;
            }
            let sleep = match self.while_on_duty(&duty, self.send_due_in(lane)).await {
                Ok(0) => self.until_next_in(lane).await,
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(%error, duty, "a queue of the outbox stands still; trying again");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = bell.notified() => {}
                stopped = self.pause(self.nap(sleep)) => if stopped { return },
            }
        }
    }

    /// After a start. What was in the channel's hands may have gone, unless another instance
    /// is about to find out; and what waits for a channel that is no longer there looks for
    /// another way.
    pub(in crate::office) async fn recover_outbox(&self) -> Result<(), StoreError> {
        let alone = !self.store.is_shared();
        for all in [keys::all_outgoing_due(), keys::all_outgoing_lanes()] {
            let mut from = all;
            loop {
                let page = list_by_index::<Outgoing>(&*self.store, from.clone(), PAGE).await?;
                let Some((last, _)) = page.last() else { break };
                from = keys::after(&from, last);
                for (_, message) in page {
                    let known = |channel| self.sms.channels.contains_key(channel);
                    if alone && message.record.status == Status::Sending {
                        let outcome = Outcome::Unknown { why: STOPPED.into() };
                        self.settle(&message.record.id, outcome).await?;
                    } else if !message.record.lane.as_ref().is_none_or(known) {
                        self.move_to(&message, None).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Into the queue of an SMS channel, or back into the open one.
    pub(super) async fn move_to(
        &self,
        before: &Loaded<Outgoing>,
        lane: Option<String>,
    ) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        changes.replace(before, &Outgoing { lane, ..before.record.clone() })?;
        match self.store.commit(changes.into_batch()).await {
            // Somebody else moved it meanwhile; it is looked at again.
            Ok(()) | Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
        self.bells.outbox.notify_one();
        Ok(())
    }

    async fn until_next_in(&self, lane: &Lane) -> Duration {
        let next = list_by_index::<Outgoing>(&*self.store, lane.all(), PAGE).await;
        let due = |(_, message): (_, Loaded<Outgoing>)| match message.record.status {
            Status::Waiting | Status::Sending => Some(message.record.due_at),
            _ => message.record.awaits,
        };
        let mut next = next.ok().and_then(|page| page.into_iter().find_map(due));
        if *lane == Lane::Unheard {
            next = next.into_iter().chain(self.next_fetch()).min();
        }
        match next {
            Some(at) => {
                let wait = at.duration_since(self.clock.now());
                Duration::try_from(wait).unwrap_or(Duration::from_millis(20)).min(SLEEP_MAX)
            }
            None => SLEEP_MAX,
        }
    }

    /// One round of every lane, for those who set the clock; says how many were looked at.
    pub(in crate::office) async fn send_due(self: &Arc<Self>) -> Result<usize, StoreError> {
        let mut count = 0;
        for lane in self.lanes() {
            count += self.send_due_in(&lane).await?;
        }
        Ok(count)
    }

    /// Sends what is due in a lane, one page of it. Those to one person go in order; answers go
    /// before notices: she waits for them, and notices could use up her window.
    async fn send_due_in(self: &Arc<Self>, lane: &Lane) -> Result<usize, StoreError> {
        let mut count = match lane {
            Lane::Open => self.match_receipts().await?,
            Lane::Sms { .. } => 0,
            Lane::Unheard => self.fetch_waiting().await?,
        };
        let due = lane.due(self.clock.now());
        let mut page = list_by_index::<Outgoing>(&*self.store, due, LOOKED_AT).await?;
        page.sort_by_key(|(_, message)| is_notice(&message.record));
        page.truncate(PAGE);
        let mut queues: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
        for (_, message) in page {
            count += 1;
            // Its lease has ended: whoever was sending it is dead.
            if message.record.status == Status::Sending {
                let outcome = Outcome::Unknown { why: STOPPED.into() };
                self.settle(&message.record.id, outcome).await?;
                continue;
            }
            let to = message.record.person.clone().or_else(|| message.record.address.clone());
            let queue = queues.entry((is_notice(&message.record), to.unwrap_or_default()));
            queue.or_default().push(message.record.id.clone());
        }
        let results: Vec<Result<(), StoreError>> = stream::iter(queues.into_values())
            .map(|ids| async move {
                for id in ids {
                    match self.send(&id).await {
                        // Somebody else moved it meanwhile; it is looked at again.
                        Ok(()) | Err(StoreError::Conflict(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(())
            })
            .buffer_unordered(self.common().outbox.parallel)
            .collect()
            .await;
        results.into_iter().collect::<Result<(), _>>()?;
        Ok(count)
    }
}
