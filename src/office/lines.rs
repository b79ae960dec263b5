//! One message of one sender at a time; others do not wait.
//!
//! A retried delivery that arrives while the first is still running waits here, and then
//! finds the reply of the first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turnstile, OwnedMutexGuard};

/// More messages of one sender than this do not wait: they are refused.
pub const WAITING_MAX: usize = 16;
const SHARDS: usize = 64;

type Shard = Mutex<HashMap<String, Arc<Turnstile<()>>>>;

pub struct Lines {
    shards: [Shard; SHARDS],
}

impl Default for Lines {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Shard::default()) }
    }
}

/// Her turn, until it is dropped.
pub struct Turn<'a> {
    lines: &'a Lines,
    who: String,
    turnstile: Option<OwnedMutexGuard<()>>,
}

impl Lines {
    fn shard(&self, who: &str) -> &Shard {
        let sum = who
            .bytes()
            .fold(0u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        &self.shards[(sum >> 32) as usize % SHARDS]
    }

    /// `None` when too many of hers wait already.
    pub async fn enter(&self, who: &str) -> Option<Turn<'_>> {
        let turnstile = {
            let mut shard = self.shard(who).lock().unwrap_or_else(PoisonError::into_inner);
            match shard.get(who) {
                Some(turnstile) if Arc::strong_count(turnstile) > WAITING_MAX => return None,
                Some(turnstile) => turnstile.clone(),
                None => shard.entry(who.to_owned()).or_default().clone(),
            }
        };
        let guard = turnstile.lock_owned().await;
        Some(Turn { lines: self, who: who.to_owned(), turnstile: Some(guard) })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut shard = self.lines.shard(&self.who).lock().unwrap_or_else(PoisonError::into_inner);
        self.turnstile = None;
        // Ours is dropped, so a count of one is the map's own: nobody waits.
        if shard.get(&self.who).is_some_and(|turnstile| Arc::strong_count(turnstile) == 1) {
            shard.remove(&self.who);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_at_a_time_and_nothing_is_left_behind() {
        let lines = Arc::new(Lines::default());
        let inside = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let (lines, inside) = (lines.clone(), inside.clone());
                tokio::spawn(async move {
                    let _turn = lines.enter(&format!("v{}", n % 20)).await.expect("room");
                    if n % 20 == 7 {
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        tokio::task::yield_now().await;
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
        assert!(lines.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }

    #[tokio::test]
    async fn a_flood_does_not_wait_for_ever() {
        let lines = Lines::default();
        let first = lines.enter("v").await;
        let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| Box::pin(lines.enter("v"))).collect();
        for line in &mut waiting {
            let poll = futures_util::poll!(line.as_mut());
            assert!(poll.is_pending() || matches!(poll, std::task::Poll::Ready(None)));
        }
        assert!(lines.enter("v").await.is_none());
        assert!(lines.enter("other").await.is_some());
        drop(first);
    }
}
