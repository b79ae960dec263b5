//! How fast a provider is sent short messages, over all instances.
//!
//! Each process keeps the rate by itself (`governor`); where several share the store, a record
//! says until when the rate is spoken for, and who sends takes a tenth of a second of it at a
//! time. So a provider that is sent ten a second costs ten small commits a second at most.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::store::shared_records::Pace;
use crate::store::{Changes, Engine, StoreError, keys, load};

const BLOCKS_A_SECOND: u32 = 10;
/// Nobody queues longer; what is spoken for beyond it was written by a clock that is wrong.
const AHEAD_MAX: SignedDuration = SignedDuration::from_secs(3);
const AGAIN_MAX: usize = 20;

#[derive(Default)]
pub(super) struct Paces(Mutex<HashMap<String, Block>>);

/// A part of the rate that is this instance's.
#[derive(Clone, Copy)]
struct Block {
    left: u32,
    /// What is not used by then is lost: saved up, it would come on top of what others send.
    ends: Timestamp,
}

impl Paces {
    /// Returns when one more message may go to the provider `name`.
    pub async fn turn(
        &self,
        store: &dyn Engine,
        name: &str,
        per_second: u32,
    ) -> Result<(), StoreError> {
        let mut blocks = self.0.lock().await;
        // Of the machine, as the rate of one process is: a clock that a test holds still would
        // never come to its turn.
        let now = Timestamp::now();
        if let Some(block) = blocks.get_mut(name)
            && block.left > 0
            && now < block.ends
        {
            block.left -= 1;
            return Ok(());
        }
        let per_second = per_second.max(1);
        let size = (per_second / BLOCKS_A_SECOND).max(1);
        let lasts = SignedDuration::from_secs(1) * i32::try_from(size).unwrap_or(1)
            / i32::try_from(per_second).unwrap_or(i32::MAX);
        let begins = speak_for(store, name, lasts).await?;
        let wait = Duration::try_from(begins.duration_since(Timestamp::now())).unwrap_or_default();
        tokio::time::sleep(wait).await;
        blocks.insert(name.to_owned(), Block { left: size - 1, ends: begins + lasts });
        Ok(())
    }
}

/// Gives the moment at which the part begins.
async fn speak_for(
    store: &dyn Engine,
    name: &str,
    lasts: SignedDuration,
) -> Result<Timestamp, StoreError> {
    for _ in 0..AGAIN_MAX {
        let now = Timestamp::now();
        let found = load::<Pace>(store, keys::pace(name)).await?;
        let taken = found.as_ref().map_or(now, |pace| pace.record.until);
        let begins = if taken > now + AHEAD_MAX { now } else { taken.max(now) };
        let next = Pace { name: name.to_owned(), until: begins + lasts };
        let mut changes = Changes::default();
        match &found {
            Some(before) => changes.replace(before, &next)?,
            None => changes.create(&next)?,
        }
        match store.commit(changes.into_batch()).await {
            Ok(()) => return Ok(begins),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Unavailable(format!("{AGAIN_MAX} conflicts in a row over a rate")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryEngine;

    /// Two that know of each other by the store alone.
    #[tokio::test]
    async fn two_share_one_rate() {
        let store = MemoryEngine::default();
        let (here, there) = (Paces::default(), Paces::default());
        let began = std::time::Instant::now();
        let turns = async |paces: &Paces, most: usize| {
            for _ in 0..most {
                paces.turn(&store, "modem", 100).await.unwrap();
            }
        };
        tokio::join!(turns(&here, 40), turns(&there, 40));
        // 80 turns at a hundred a second; the first ten are for nothing.
        assert!(began.elapsed() >= Duration::from_millis(650), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_wrong_clock_stops_nobody() {
        let store = MemoryEngine::default();
        let far = Timestamp::now() + SignedDuration::from_hours(1);
        let mut changes = Changes::default();
        changes.create(&Pace { name: "modem".into(), until: far }).unwrap();
        store.commit(changes.into_batch()).await.unwrap();
        Paces::default().turn(&store, "modem", 10).await.unwrap();
        let now = load::<Pace>(&store, keys::pace("modem")).await.unwrap().unwrap();
        assert!(now.record.until < far);
    }
}
