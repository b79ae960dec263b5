//! What is left of the messages that WeChat lets us send first. A new message of hers starts
//! them again. How many there are is `channel::wechat::window`'s to know.

use jiff::{SignedDuration, Timestamp};

use crate::channel::Content;
use crate::channel::wechat::window::{AFTER_MESSAGE, AFTER_TAP, opened_by};
use crate::store::records::Window;

pub fn opened(window: &mut Window, content: &Content, at: Timestamp) {
    match opened_by(content) {
        Some(AFTER_MESSAGE) => wrote(window, at),
        Some(_) => tapped(window, at),
        None => {}
    }
}

pub fn wrote(window: &mut Window, at: Timestamp) {
    window.away = false;
    window.wrote_at = Some(at);
    window.sent = 0;
}

pub fn tapped(window: &mut Window, at: Timestamp) {
    window.away = false;
    window.tapped_at = Some(at);
    window.sent_after_tap = 0;
}

/// What is left of the budgets at `now`: the minute's is spent first.
pub fn left(window: &Window, now: Timestamp) -> u8 {
    left_after_tap(window, now) + left_after_message(window, now)
}

fn is_open(since: Timestamp, seconds: u32, now: Timestamp) -> bool {
    now.duration_since(since) < SignedDuration::from_secs(seconds.into())
}

fn left_after_tap(window: &Window, now: Timestamp) -> u8 {
    match window.tapped_at {
        Some(at) if is_open(at, AFTER_TAP.seconds, now) => {
            AFTER_TAP.messages.saturating_sub(window.sent_after_tap)
        }
        _ => 0,
    }
}

fn left_after_message(window: &Window, now: Timestamp) -> u8 {
    match window.wrote_at {
        Some(at) if is_open(at, AFTER_MESSAGE.seconds, now) => {
            AFTER_MESSAGE.messages.saturating_sub(window.sent)
        }
        _ => 0,
    }
}

/// Before a message is sent, so that a crash can only make us send too little.
pub fn spend(window: &mut Window, now: Timestamp) {
    if left_after_tap(window, now) > 0 {
        window.sent_after_tap += 1;
    } else {
        window.sent = window.sent.saturating_add(1).min(AFTER_MESSAGE.messages);
    }
}

/// What was spent at `at` did not go after all.
pub fn give_back(window: &mut Window, at: Timestamp) {
    let tapped = window.tapped_at.is_some_and(|tap| is_open(tap, AFTER_TAP.seconds, at));
    if tapped && window.sent_after_tap > 0 {
        window.sent_after_tap -= 1;
    } else {
        window.sent = window.sent.saturating_sub(1);
    }
}

/// WeChat says that nothing more may be sent, whatever we counted.
pub fn close(window: &mut Window) {
    *window = Window::default();
}

/// Nothing at all may be sent to her, templates neither.
pub fn left_us(window: &mut Window) {
    *window = Window { away: true, ..Window::default() };
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
        give_back(&mut window, at(20));
        give_back(&mut window, at(1));
        assert_eq!((window.sent, window.sent_after_tap), (0, 0));
        for _ in 0..9 {
            spend(&mut window, at(100));
        }
        assert_eq!(left(&window, at(100)), 0);
        wrote(&mut window, at(200));
        assert_eq!(left(&window, at(200)), 5);
        close(&mut window);
        assert_eq!(left(&window, at(200)), 0);
    }

    #[test]
    fn who_left_is_back_with_whatever_she_does() {
        let mut window = Window::default();
        wrote(&mut window, at(0));
        left_us(&mut window);
        assert!(window.away && left(&window, at(0)) == 0);
        tapped(&mut window, at(1));
        assert!(!window.away);
    }
}
