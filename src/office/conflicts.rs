//! Commits that another one came before. Whoever loses stands in line with the others who lost, and
//! tries again alone: of a hundred orders for one article at the same moment, each gets its turn
//! instead of most of them losing again and again. Other instances are not in the line.

use tokio::sync::{Mutex, MutexGuard};

/// Tries before somebody is told that it does not work just now.
pub(super) const TRIES_MAX: usize = 20;

#[derive(Default)]
pub(super) struct Losers(Mutex<()>);

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
}

impl Tries<'_> {
    /// After a conflict: whether to try again, when it is our turn.
    pub async fn again(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left > 0 && self.turn.is_none() {
            self.turn = Some(self.losers.0.lock().await);
        }
        self.left > 0
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
        assert!(losers.0.try_lock().is_ok());
    }
}
