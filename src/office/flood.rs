//! How many messages one sender may write in a minute, over all instances.
//!
//! It is reckoned from one time in her contact, which every message writes anyway: the moment
//! at which all that she wrote is worked off, at the allowed rate. Up to a minute ahead is
//! fine; a message that would go beyond it is too much.

use jiff::{SignedDuration, Timestamp};

const WINDOW: SignedDuration = SignedDuration::from_mins(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Fine,
    /// Too many, and she has not been told yet: she is, and `paced` is written.
    Tell,
    /// Too many, and she knows.
    Silence,
}

/// Changes `paced` unless it is silence.
pub fn check(paced: &mut Option<Timestamp>, now: Timestamp, per_minute: u32) -> Verdict {
    let each = each(per_minute);
    let full = now + WINDOW;
    let worked_off = paced.map_or(now, |at| at.max(now));
    if worked_off > full {
        return Verdict::Silence;
    }
    let next = worked_off + each;
    if next <= full {
        *paced = Some(next);
        return Verdict::Fine;
    }
    // Just beyond the minute: the mark that she was told, until it is inside again.
    *paced = Some(full + each);
    Verdict::Tell
}

/// The same for one who is only told how long to wait: when all that came is worked off, with
/// this one more.
pub fn admit(
    paced: Option<Timestamp>,
    now: Timestamp,
    per_minute: u32,
) -> Result<Timestamp, SignedDuration> {
    let next = paced.map_or(now, |at| at.max(now)) + each(per_minute);
    let beyond = next.duration_since(now + WINDOW);
    if beyond.is_positive() { Err(beyond) } else { Ok(next) }
}

fn each(per_minute: u32) -> SignedDuration {
    WINDOW / i32::try_from(per_minute.max(1)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + seconds).unwrap()
    }

    #[test]
    fn told_once_and_heard_again_when_it_is_worked_off() {
        use Verdict::{Fine, Silence, Tell};
        let mut paced = None;
        let heard: Vec<_> = (0..6).map(|_| check(&mut paced, at(0), 3)).collect();
        assert_eq!(heard, [Fine, Fine, Fine, Tell, Silence, Silence]);
        let heard: Vec<_> = [19, 40, 41, 60].map(|s| check(&mut paced, at(s), 3)).to_vec();
        assert_eq!(heard, [Silence, Fine, Tell, Silence]);
        assert_eq!(check(&mut paced, at(600), 3), Fine);
    }

    #[test]
    fn who_must_wait_is_told_how_long() {
        let mut paced = None;
        for _ in 0..3 {
            paced = Some(admit(paced, at(0), 3).unwrap());
        }
        assert_eq!(admit(paced, at(0), 3), Err(SignedDuration::from_secs(20)));
        assert_eq!(admit(paced, at(19), 3), Err(SignedDuration::from_secs(1)));
        assert_eq!(admit(paced, at(20), 3), Ok(at(80)));
    }

    #[test]
    fn a_steady_writer_is_never_too_much() {
        let mut paced = None;
        for n in 0..100 {
            assert_eq!(check(&mut paced, at(n * 3), 20), Verdict::Fine, "{n}");
        }
    }
}
