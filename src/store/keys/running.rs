//! Keys of what the program needs to run: its tables and scripts, and what instances share.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Key, Range, below, key, segment, time};

pub fn counter(series: &str) -> Key {
    key(&["counter", &segment(series)])
}

pub fn snapshot(hash: &str) -> Key {
    key(&["snapshot", &segment(hash)])
}

pub fn all_snapshots() -> Range {
    below(&["snapshot"])
}

pub fn snapshot_part(hash: &str, n: u32) -> Key {
    key(&["snapshot-part", &segment(hash), &format!("{n:05}")])
}

pub fn live_script() -> Key {
    key(&["live-script"])
}

pub fn draft(id: &str) -> Key {
    key(&["draft", &segment(id)])
}

pub fn all_drafts() -> Range {
    below(&["draft"])
}

pub fn misheard(at: Timestamp, id: &str) -> Key {
    key(&["misheard", &time(at), &segment(id)])
}

pub fn all_misheard() -> Range {
    below(&["misheard"])
}

pub fn misheard_from(address: &str, at: Timestamp, id: &str) -> Key {
    key(&["i", "misheard-from", &segment(address), &time(at), &segment(id)])
}

pub fn all_misheard_from(address: &str) -> Range {
    below(&["i", "misheard-from", &segment(address)])
}

pub fn stops(day: Date) -> Key {
    key(&["stops", &day.to_string()])
}

/// The oldest first.
pub fn all_stops() -> Range {
    below(&["stops"])
}

pub fn county(hash: &str) -> Key {
    key(&["county", &segment(hash)])
}

pub fn all_counties() -> Range {
    below(&["county"])
}

pub fn live_county() -> Key {
    key(&["live-county"])
}

pub fn lease(name: &str) -> Key {
    key(&["lease", &segment(name)])
}

pub fn instance(id: &str) -> Key {
    key(&["instance", &segment(id)])
}

pub fn all_instances() -> Range {
    below(&["instance"])
}

pub fn pace(name: &str) -> Key {
    key(&["pace", &segment(name)])
}

pub fn progress(name: &str) -> Key {
    key(&["progress", &segment(name)])
}

pub fn wechat_token(account: &str) -> Key {
    key(&["wechat-token", &segment(account)])
}
