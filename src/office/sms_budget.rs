//! What the short messages of a channel cost, in parts as carriers bill them: counted by day and
//! by month, before a message goes, and put right when the provider counts otherwise.
//!
//! On disk stands what has been set aside, in blocks, so that not every message writes; what is
//! left of a block goes back when the program stops. A crash counts at most one block too much.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::store::records::{Counter, Outgoing};
use crate::store::{Changes, Engine, StoreError, keys, load};

use super::{Office, beijing};

const ATTEMPTS_MAX: usize = 32;
/// At so many of a hundred of the budget somebody is told.
const WARNING: i64 = 80;
const BLOCK_MAX: i64 = 200;

/// One series: what is set aside on disk, and what of ours is not used yet. Below nothing when
/// the provider counted more than was set aside.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    aside: i64,
    left: i64,
}

impl Tally {
    fn used(self) -> i64 {
        self.aside - self.left
    }
}

#[derive(Default)]
pub(super) struct Budgets {
    tallies: Mutex<HashMap<String, Tally>>,
}

/// A day or a month of a channel, and what may be used of it; 0: no limit.
struct Budget {
    series: String,
    limit: i64,
}

fn budgets(channel: &str, limits: [u32; 2], at: Timestamp) -> [Budget; 2] {
    let day = beijing::civil(at).date().to_string();
    [(&day[..], limits[0]), (&day[..7], limits[1])].map(|(period, limit)| Budget {
        series: format!("sms-{channel}-{period}"),
        limit: limit.into(),
    })
}

impl Budgets {
    /// The series as far as it is known; from disk at its first use.
    async fn known(
        tallies: &mut HashMap<String, Tally>,
        store: &dyn Engine,
        series: &str,
    ) -> Result<Tally, StoreError> {
        if let Some(tally) = tallies.get(series) {
            return Ok(*tally);
        }
        let tally = Tally { aside: on_disk(store, series).await?, left: 0 };
        tallies.insert(series.to_owned(), tally);
        Ok(tally)
    }

    async fn used(&self, store: &dyn Engine, series: &str) -> Result<i64, StoreError> {
        let mut tallies = self.tallies.lock().await;
        Ok(Self::known(&mut tallies, store, series).await?.used())
    }

    /// Takes `count` from both, or from neither when one has no room. Gives what is used by
    /// then of each, with what was refused.
    async fn take(
        &self,
        store: &dyn Engine,
        budgets: &[Budget],
        count: i64,
        always: bool,
    ) -> Result<(bool, Vec<i64>), StoreError> {
        let mut tallies = self.tallies.lock().await;
        let mut used = Vec::new();
        let mut within = true;
        for Budget { series, limit } in budgets {
            let mut tally = Self::known(&mut tallies, store, series).await?;
            let need = count - tally.left;
            if need > 0 {
                let block = match limit {
                    0 => BLOCK_MAX,
                    limit => (limit / 50).clamp(1, BLOCK_MAX),
                };
                // By what all instances have set aside, so that together they stay below it.
                let (more, aside) = change(store, series, |aside| match limit {
                    0 => need.max(block),
                    _ if always => need.max(block.min(limit - aside)),
                    limit if aside + need > *limit => 0,
                    limit => need.max(block.min(limit - aside)),
                })
                .await?;
                tally = Tally { aside, left: tally.left + more };
                tallies.insert(series.clone(), tally);
            }
            let after = tally.used() + count;
            within &= *limit == 0 || (tally.left >= count && after <= *limit);
            used.push(after);
        }
        if !within && !always {
            return Ok((false, used));
        }
        for Budget { series, .. } in budgets {
            if let Some(tally) = tallies.get_mut(series) {
                tally.left -= count;
            }
        }
        Ok((within, used))
    }

    /// `more` parts than were counted; fewer when it is below nothing.
    async fn correct(&self, store: &dyn Engine, series: &str, more: i64) -> Result<(), StoreError> {
        let mut tallies = self.tallies.lock().await;
        let mut tally = Self::known(&mut tallies, store, series).await?;
        tally.left -= more;
        if tally.left < 0 {
            let more = -tally.left;
            let (_, aside) = change(store, series, |_| more).await?;
            tally = Tally { aside, left: 0 };
        }
        tallies.insert(series.to_owned(), tally);
        Ok(())
    }

    async fn give_back(&self, store: &dyn Engine) -> Result<(), StoreError> {
        let mut tallies = self.tallies.lock().await;
        for (series, tally) in tallies.drain().filter(|(_, tally)| tally.left > 0) {
            change(store, &series, |_| -tally.left).await?;
        }
        Ok(())
    }
}

/// `next` is one more than what has been set aside.
async fn on_disk(store: &dyn Engine, series: &str) -> Result<i64, StoreError> {
    let counter = load::<Counter>(store, keys::counter(series)).await?;
    Ok(counter.map_or(0, |counter| i64::from(counter.record.next) - 1))
}

/// Sets so much more aside as `more` says of what is aside already, by all instances. Gives how
/// much that was, and what is aside then.
async fn change(
    store: &dyn Engine,
    series: &str,
    more: impl Fn(i64) -> i64,
) -> Result<(i64, i64), StoreError> {
    for _ in 0..ATTEMPTS_MAX {
        let before = load::<Counter>(store, keys::counter(series)).await?;
        let aside = before.as_ref().map_or(0, |counter| i64::from(counter.record.next) - 1);
        let more = more(aside);
        if more == 0 {
            return Ok((0, aside));
        }
        let aside = (aside + more).max(0);
        let next = u32::try_from(aside + 1).unwrap_or(u32::MAX);
        let counter = Counter { name: series.into(), next };
        let mut changes = Changes::default();
        match &before {
            Some(before) => changes.replace(before, &counter)?,
            None => changes.create(&counter)?,
        }
        match store.commit(changes.into_batch()).await {
            Ok(()) => return Ok((more, aside)),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Unavailable(format!("the parts of {series} could not be counted")))
}

/// A channel counted otherwise than we did: when the attempt was, and how many parts more.
pub(super) struct Differs {
    channel: String,
    at: Timestamp,
    more: i64,
}

impl Office {
    fn budgets_of(&self, channel: &str, at: Timestamp) -> [Budget; 2] {
        let settings = self.sms.channels.get(channel).map(|found| &found.settings.settings);
        let limits = settings.map_or([0, 0], |own| [own.day_segments, own.month_segments]);
        budgets(channel, limits, at)
    }

    /// Counts what is about to be sent. `false`: the budget has no room, and nothing was counted.
    pub(super) async fn within_budget(
        &self,
        channel: &str,
        segments: u32,
        urgent: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let budgets = self.budgets_of(channel, now);
        let taken = self.budgets.take(&*self.store, &budgets, segments.into(), urgent);
        let (within, used) = taken.await?;
        for (Budget { limit, .. }, used) in budgets.iter().zip(used) {
            if *limit > 0 && used * 100 >= limit * WARNING {
                self.alarm(&format!("短信通道 {channel} 的预算{limit}条用了八成以上"));
            }
            if *limit > 0 && used > *limit {
                self.alarm(&format!("短信通道 {channel} 的预算{limit}条用完了，只发紧急的"));
            }
        }
        Ok(within || urgent)
    }

    /// Notes what the provider counted for an attempt; gives what has to be put right.
    pub(super) fn bill(
        &self,
        message: &mut Outgoing,
        attempt: usize,
        counted: Option<u32>,
    ) -> Option<Differs> {
        let tried = message.tries.get_mut(attempt)?;
        let channel = tried.route.strip_prefix("sms/")?.to_owned();
        let (before, counted) = (tried.segments?, counted?);
        tried.segments = Some(counted);
        let more = i64::from(counted) - i64::from(before);
        (more != 0).then_some(Differs { channel, at: tried.at, more })
    }

    /// Once what was noted is on disk: a provider that repeats itself changes nothing more.
    pub(super) async fn correct(&self, differs: Option<Differs>) -> Result<(), StoreError> {
        let Some(Differs { channel, at, more }) = differs else { return Ok(()) };
        tracing::debug!(channel, more, "the provider counts other parts than we did");
        for Budget { series, .. } in self.budgets_of(&channel, at) {
            self.budgets.correct(&*self.store, &series, more).await?;
        }
        Ok(())
    }

    /// When the program stops.
    pub(super) async fn give_segments_back(&self) {
        if let Err(error) = self.budgets.give_back(&*self.store).await {
            tracing::info!(%error, "what was set aside of a budget counts as used");
        }
    }

    pub(super) async fn segments_shown(
        &self,
        channel: &str,
        now: Timestamp,
    ) -> Result<Value, StoreError> {
        let [day, month] = self.budgets_of(channel, now);
        let used = async |budget: &Budget| self.budgets.used(&*self.store, &budget.series).await;
        let limit = |budget: &Budget| (budget.limit > 0).then_some(budget.limit);
        Ok(json!({
            "day": used(&day).await?,
            "day_budget": limit(&day),
            "month": used(&month).await?,
            "month_budget": limit(&month),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryEngine;

    fn budget(limit: i64) -> [Budget; 1] {
        [Budget { series: "s".into(), limit }]
    }

    #[tokio::test]
    async fn what_is_used_survives_a_stop_and_a_crash_counts_a_block() {
        let store = MemoryEngine::default();
        let first = Budgets::default();
        for n in 1..=3 {
            let taken = first.take(&store, &budget(1_000), 2, false).await.unwrap();
            assert_eq!(taken, (true, vec![2 * n]));
        }
        first.correct(&store, "s", -1).await.unwrap();
        assert_eq!(first.used(&store, "s").await.unwrap(), 5);
        first.correct(&store, "s", 40).await.unwrap();
        assert_eq!(first.used(&store, "s").await.unwrap(), 45);
        let crashed = Budgets::default();
        let found = crashed.used(&store, "s").await.unwrap();
        assert!((45..=65).contains(&found), "{found}");
        first.give_back(&store).await.unwrap();
        assert_eq!(Budgets::default().used(&store, "s").await.unwrap(), 45);
    }

    /// What two set aside at the same time is never more than there is, whatever each of them
    /// saw at its first use.
    #[tokio::test]
    async fn two_instances_share_one_budget() {
        for limit in [1, 7, 60, 1_000] {
            let store = MemoryEngine::default();
            let both = [Budgets::default(), Budgets::default()];
            let mut sent = 0;
            // Neither gives up at the first no: the other may have given something back.
            for n in 0..(2 * limit + 10) {
                let one = &both[(n % 2) as usize];
                sent += i64::from(one.take(&store, &budget(limit), 1, false).await.unwrap().0);
            }
            assert!(sent <= limit && sent > limit - 2 * (limit / 50) - 1, "{sent} of {limit}");
            for one in &both {
                one.give_back(&store).await.unwrap();
            }
            assert_eq!(Budgets::default().used(&store, "s").await.unwrap(), sent);
        }
    }

    #[tokio::test]
    async fn what_has_no_room_takes_nothing_unless_it_is_urgent() {
        let store = MemoryEngine::default();
        let budgets = Budgets::default();
        assert!(budgets.take(&store, &budget(3), 3, false).await.unwrap().0);
        assert_eq!(budgets.take(&store, &budget(3), 1, false).await.unwrap(), (false, vec![4]));
        assert_eq!(budgets.used(&store, "s").await.unwrap(), 3);
        assert_eq!(budgets.take(&store, &budget(3), 1, true).await.unwrap(), (false, vec![4]));
        assert_eq!(budgets.used(&store, "s").await.unwrap(), 4);
        // The provider took one of them for less: there is room again.
        budgets.correct(&store, "s", -2).await.unwrap();
        assert!(budgets.take(&store, &budget(3), 1, false).await.unwrap().0);
    }
}
