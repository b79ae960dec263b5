//! Keys of people, of what they wrote, and of what goes out to them.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{Key, Range, after, below, key, newest_first, segment, time, until, until_under};

pub fn contact(address: &str) -> Key {
    key(&["contact", address])
}

pub fn alarm(at: Timestamp, address: &str) -> Key {
    key(&["i", "alarm", &time(at), address])
}

pub fn all_alarms() -> Range {
    below(&["i", "alarm"])
}

pub fn alarms_until(now: Timestamp) -> Range {
    until("alarm", now)
}

pub fn person(id: &str) -> Key {
    key(&["person", &segment(id)])
}

pub fn outgoing(id: &str) -> Key {
    key(&["outgoing", &segment(id)])
}

pub fn all_outgoing() -> Range {
    below(&["outgoing"])
}

pub fn outgoing_due(at: Timestamp, id: &str) -> Key {
    key(&["i", "outgoing-due", &time(at), &segment(id)])
}

pub fn all_outgoing_due() -> Range {
    below(&["i", "outgoing-due"])
}

pub fn outgoing_due_until(now: Timestamp) -> Range {
    until("outgoing-due", now)
}

/// What goes by one SMS channel: answers to her are not behind notices.
fn lane<'a>(channel: &'a str, answers: bool) -> [Cow<'a, str>; 4] {
    let kind = if answers { "answers" } else { "notices" };
    ["i".into(), "outgoing-lane".into(), segment(channel), kind.into()]
}

pub fn outgoing_in_lane(channel: &str, answers: bool, at: Timestamp, id: &str) -> Key {
    let [i, kind, channel, which] = lane(channel, answers);
    key(&[&i, &kind, &channel, &which, &time(at), &segment(id)])
}

pub fn all_outgoing_lanes() -> Range {
    below(&["i", "outgoing-lane"])
}

pub fn outgoing_lane(channel: &str, answers: bool) -> Range {
    let [i, kind, channel, which] = lane(channel, answers);
    below(&[&i, &kind, &channel, &which])
}

pub fn outgoing_lane_until(channel: &str, answers: bool, now: Timestamp) -> Range {
    let [i, kind, channel, which] = lane(channel, answers);
    until_under(&[&i, &kind, &channel, &which], now)
}

/// It went by SMS, and nobody has said what became of it.
pub fn outgoing_unheard(at: Timestamp, id: &str) -> Key {
    key(&["i", "outgoing-unheard", &time(at), &segment(id)])
}

pub fn all_outgoing_unheard() -> Range {
    below(&["i", "outgoing-unheard"])
}

pub fn outgoing_unheard_until(now: Timestamp) -> Range {
    until("outgoing-unheard", now)
}

pub fn outgoing_by_case(case: &str, at: Timestamp, id: &str) -> Key {
    key(&["i", "outgoing-case", &segment(case), &time(at), &segment(id)])
}

pub fn outgoing_of(case: &str) -> Range {
    below(&["i", "outgoing-case", &segment(case)])
}

pub fn outgoing_by_message(message: &str, id: &str) -> Key {
    key(&["i", "outgoing-message", &segment(message), &segment(id)])
}

pub fn outgoing_of_message(message: &str) -> Range {
    below(&["i", "outgoing-message", &segment(message)])
}

pub fn receipt(message: &str) -> Key {
    key(&["receipt", &segment(message)])
}

pub fn all_receipts() -> Range {
    below(&["receipt"])
}

pub fn media(id: &str) -> Key {
    key(&["media", &segment(id)])
}

pub fn all_media() -> Range {
    below(&["media"])
}

pub fn media_due(at: Timestamp, id: &str) -> Key {
    key(&["i", "media-due", &time(at), &segment(id)])
}

pub fn all_media_due() -> Range {
    below(&["i", "media-due"])
}

pub fn media_due_until(now: Timestamp) -> Range {
    until("media-due", now)
}

pub fn media_by_hash(hash: &str, id: &str) -> Key {
    key(&["i", "media-hash", &segment(hash), &segment(id)])
}

pub fn media_of_hash(hash: &str) -> Range {
    below(&["i", "media-hash", &segment(hash)])
}

pub fn file_piece(hash: &str, n: usize) -> Key {
    key(&["file", &segment(hash), &format!("{n:05}")])
}

pub fn file_pieces(hash: &str) -> Range {
    below(&["file", &segment(hash)])
}

pub fn link_code(hash: &str) -> Key {
    key(&["link", &segment(hash)])
}

pub fn link_code_until(at: Timestamp, hash: &str) -> Key {
    key(&["i", "link-until", &time(at), &segment(hash)])
}

/// Those that are worth nothing any more.
pub fn link_codes_until(now: Timestamp) -> Range {
    until("link-until", now)
}

pub fn phone_line(user: &str, id: u64) -> Key {
    key(&["phone", &segment(user), &format!("{id:017}")])
}

/// Oldest first above `id`; with 0 the newest first.
pub fn phone_lines_after(user: &str, id: u64) -> Range {
    let all = below(&["phone", &segment(user)]);
    match id {
        0 => newest_first(all),
        id => after(&all, &phone_line(user, id)),
    }
}
