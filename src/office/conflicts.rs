//! Commits that another one came before. Whoever loses stands in line with the others who lost, and
//! tries again alone: of a hundred orders for one article at the same moment, each gets its turn
//! instead of most of them losing again and again. Who loses even so is starving: until she is
//! through, those who come new to such work stand in line at once. Other instances are not in it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

/// Tries before somebody is told that it does not work just now.
pub(super) const TRIES_MAX: usize = 20;
/// Then she tries without her turn: who is before her may wait for a slow disk.
const WAIT_MAX: Duration = Duration::from_secs(2);

#[derive(Default)]
pub(super) struct Losers {
    line: Mutex<()>,
    starving: AtomicBool,
}

/// One piece of work that is begun again after each conflict.
pub(super) struct Tries<'a> {
    losers: &'a Losers,
    turn: Option<MutexGuard<'a, ()>>,
    left: usize,
}

impl Losers {
    pub fn tries(&self) -> Tries<'_> {
        Tries { losers: self, turn: None, left: TRIES_MAX }
    }

    /// For work that many do at once on the same records.
    pub async fn tries_behind_the_starving(&self) -> Tries<'_> {
        let mut tries = self.tries();
        if self.starving.load(Ordering::SeqCst) {
            tries.turn = timeout(WAIT_MAX, self.line.lock()).await.ok();
        }
        tries
    }
}

impl Tries<'_> {
    /// After a conflict: whether to try again, when it is our turn.
    pub async fn again(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        match self.turn {
            Some(_) => self.losers.starving.store(true, Ordering::SeqCst),
            None if self.left > 0 => {
                self.turn = timeout(WAIT_MAX, self.losers.line.lock()).await.ok();
            }
            None => {}
        }
        self.left > 0
    }
}

impl Drop for Tries<'_> {
    fn drop(&mut self) {
        if self.turn.is_some() {
            self.losers.starving.store(false, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Two hundred who count one number up by reading it, waiting, and writing it if it is still
    /// the same.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn everybody_comes_through() {
        let (losers, number) = (Losers::default(), AtomicU64::new(0));
        let count = async || {
            let mut tries = losers.tries();
            loop {
                let seen = number.load(Ordering::SeqCst);
                tokio::time::sleep(std::time::Duration::from_micros(50)).await;
                let written =
                    number.compare_exchange(seen, seen + 1, Ordering::SeqCst, Ordering::SeqCst);
                if written.is_ok() || !tries.again().await {
                    return written.is_ok();
                }
            }
        };
        let all = futures_util::future::join_all((0..200).map(|_| count())).await;
        assert!(all.iter().all(|done| *done));
        assert_eq!(number.load(Ordering::SeqCst), 200);
    }

    /// One task takes all of them by turns: who has just won begins anew before the one in line is
    /// heard, and is always faster.
    #[tokio::test]
    async fn who_comes_again_at_once_starves_nobody() {
        let (losers, number) = (Losers::default(), AtomicU64::new(0));
        let work = async |quick: bool| {
            for _ in 0..500 {
                let mut tries = losers.tries_behind_the_starving().await;
                loop {
                    let seen = number.load(Ordering::SeqCst);
                    for _ in 0..if quick { 1 } else { 3 } {
                        tokio::task::yield_now().await;
                    }
                    let written =
                        number.compare_exchange(seen, seen + 1, Ordering::SeqCst, Ordering::SeqCst);
                    if written.is_ok() {
                        break;
                    }
                    assert!(tries.again().await, "starved");
                }
            }
        };
        tokio::join!(work(true), work(false), work(true));
        assert_eq!(number.load(Ordering::SeqCst), 1_500);
    }

    #[tokio::test]
    async fn nobody_waits_for_ever_either() {
        let losers = Losers::default();
        let held = losers.line.lock().await;
        let mut tries = losers.tries();
        assert!(tries.again().await && tries.turn.is_none(), "without her turn");
        drop(held);
        assert!(tries.again().await && tries.turn.is_some());
    }

    #[tokio::test]
    async fn nobody_tries_for_ever() {
        let losers = Losers::default();
        let mut tries = losers.tries();
        let mut count = 1;
        while tries.again().await {
            count += 1;
        }
        assert_eq!(count, TRIES_MAX);
        drop(tries);
        assert!(losers.line.try_lock().is_ok() && !losers.starving.load(Ordering::SeqCst));
    }
}
