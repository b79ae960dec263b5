//! How many messages one sender may write in a minute.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Forgotten senders are swept out when this many are known.
const SENDERS_MAX: usize = 100_000;

pub struct Flood {
    limiter: DefaultKeyedRateLimiter<String>,
    /// Those who have been told already, until they are within the limit again.
    told: Mutex<HashSet<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Fine,
    /// Too many, and she has not been told yet.
    Tell,
    /// Too many, and she knows.
    Silence,
}

impl Flood {
    pub fn new(per_minute: u32) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        Self { limiter: RateLimiter::keyed(Quota::per_minute(per_minute)), told: Mutex::default() }
    }

    pub fn check(&self, who: &String) -> Verdict {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if self.limiter.check_key(who).is_ok() {
            if !told.is_empty() {
                told.remove(who);
            }
            if self.limiter.len() > SENDERS_MAX {
                self.limiter.retain_recent();
            }
            return Verdict::Fine;
        }
        if told.len() > SENDERS_MAX {
            told.clear();
        }
        if told.insert(who.clone()) { Verdict::Tell } else { Verdict::Silence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_once_and_others_unaffected() {
        let flood = Flood::new(3);
        let (noisy, quiet) = ("noisy".to_owned(), "quiet".to_owned());
        let heard: Vec<_> = (0..6).map(|_| flood.check(&noisy)).collect();
        use Verdict::{Fine, Silence, Tell};
        assert_eq!(heard, [Fine, Fine, Fine, Tell, Silence, Silence]);
        assert_eq!(flood.check(&quiet), Fine);
    }
}
