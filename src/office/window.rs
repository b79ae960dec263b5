//! When WeChat lets us write to her first: 5 messages in the 48 hours after a message of
//! hers, 3 in the minute after a tap, a follow or a scan (Tencent, customer-service
//! messages). A new message of hers starts the five again.

use jiff::{SignedDuration, Timestamp};

use crate::store::records::Window;

pub const AFTER_MESSAGE: SignedDuration = SignedDuration::from_hours(48);
pub const AFTER_TAP: SignedDuration = SignedDuration::from_secs(60);
pub const SENT_AFTER_MESSAGE_MAX: u8 = 5;
pub const SENT_AFTER_TAP_MAX: u8 = 3;

pub fn wrote(window: &mut Window, at: Timestamp) {
    window.wrote_at = Some(at);
    window.sent = 0;
}

pub fn tapped(window: &mut Window, at: Timestamp) {
    window.tapped_at = Some(at);
    window.sent_after_tap = 0;
}

/// What is left of the budgets at `now`: the minute's is spent first.
pub fn left(window: &Window, now: Timestamp) -> u8 {
    left_after_tap(window, now) + left_after_message(window, now)
}

fn left_after_tap(window: &Window, now: Timestamp) -> u8 {
    match window.tapped_at {
        Some(at) if now.duration_since(at) < AFTER_TAP => {
            SENT_AFTER_TAP_MAX.saturating_sub(window.sent_after_tap)
        }
        _ => 0,
    }
}

fn left_after_message(window: &Window, now: Timestamp) -> u8 {
    match window.wrote_at {
        Some(at) if now.duration_since(at) < AFTER_MESSAGE => {
            SENT_AFTER_MESSAGE_MAX.saturating_sub(window.sent)
        }
        _ => 0,
    }
}

/// Before a message is sent, so that a crash can only make us send too little.
pub fn spend(window: &mut Window, now: Timestamp) {
    if left_after_tap(window, now) > 0 {
        window.sent_after_tap += 1;
    } else {
        window.sent = window.sent.saturating_add(1).min(SENT_AFTER_MESSAGE_MAX);
    }
}

/// WeChat says that nothing more may be sent, whatever we counted.
pub fn close(window: &mut Window) {
    *window = Window::default();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + seconds).unwrap()
    }

    #[test]
    fn the_budgets_of_tencent() {
        let mut window = Window::default();
        assert_eq!(left(&window, at(0)), 0);
        wrote(&mut window, at(0));
        assert_eq!(left(&window, at(0)), 5);
        spend(&mut window, at(1));
        assert_eq!(left(&window, at(1)), 4);
        tapped(&mut window, at(10));
        assert_eq!(left(&window, at(69)), 7);
        assert_eq!(left(&window, at(70)), 4);
        spend(&mut window, at(20));
        assert_eq!((window.sent, window.sent_after_tap), (1, 1));
        assert_eq!(left(&window, at(48 * 3600 - 1)), 4);
        assert_eq!(left(&window, at(48 * 3600)), 0);
        for _ in 0..9 {
            spend(&mut window, at(100));
        }
        assert_eq!(left(&window, at(100)), 0);
        wrote(&mut window, at(200));
        assert_eq!(left(&window, at(200)), 5);
        close(&mut window);
        assert_eq!(left(&window, at(200)), 0);
    }
}
