//! Keys of what other programs need: their own keys, what they have posted, and what is on its
//! way to them.

use std::ops::Bound;

use jiff::Timestamp;

use super::{Key, Range, below, key, newest_first, segment, time, until_under};

pub fn api_key(hash: &str) -> Key {
    key(&["api-key", &segment(hash)])
}

pub fn all_api_keys() -> Range {
    below(&["api-key"])
}

pub fn posted(id: &str) -> Key {
    key(&["posted", &segment(id)])
}

pub fn all_posted() -> Range {
    below(&["posted"])
}

pub fn export(id: &str) -> Key {
    key(&["export", &segment(id)])
}

pub fn all_exports() -> Range {
    below(&["export"])
}

pub fn export_waiting(at: Timestamp, id: &str) -> Key {
    key(&["i", "export-waiting", &time(at), &segment(id)])
}

/// The first that was asked for comes first.
pub fn exports_waiting() -> Range {
    below(&["i", "export-waiting"])
}

pub fn export_piece(id: &str, n: usize) -> Key {
    key(&["export-piece", &segment(id), &format!("{n:05}")])
}

pub fn export_pieces(id: &str) -> Range {
    below(&["export-piece", &segment(id)])
}

fn nth(n: u32) -> String {
    format!("{n:05}")
}

pub fn delivery(webhook: &str, case: &str, n: u32) -> Key {
    key(&["delivery", &segment(webhook), &segment(case), &nth(n)])
}

pub fn all_deliveries() -> Range {
    below(&["delivery"])
}

pub fn delivery_due(webhook: &str, at: Timestamp, case: &str, n: u32) -> Key {
    key(&["i", "delivery-due", &segment(webhook), &time(at), &segment(case), &nth(n)])
}

pub fn all_deliveries_due() -> Range {
    below(&["i", "delivery-due"])
}

pub fn all_deliveries_dead() -> Range {
    below(&["i", "delivery-dead"])
}

/// The rest of an index by webhooks, behind all entries of the one that `found` belongs to.
pub fn behind_webhook(index: &Range, found: &[u8]) -> Range {
    let of_webhook = found.split(|byte| *byte == b'/').take(3);
    let mut edge: Key = of_webhook.collect::<Vec<_>>().join(&b'/');
    edge.push(b'/' + 1);
    Range { from: Bound::Included(edge), ..index.clone() }
}

pub fn deliveries_due(webhook: &str) -> Range {
    below(&["i", "delivery-due", &segment(webhook)])
}

pub fn deliveries_due_until(webhook: &str, now: Timestamp) -> Range {
    until_under(&["i", "delivery-due", &segment(webhook)], now)
}

pub fn delivery_waiting(webhook: &str, case: &str, n: u32) -> Key {
    key(&["i", "delivery-waiting", &segment(webhook), &segment(case), &nth(n)])
}

/// Of one case, in the order of its events.
pub fn deliveries_waiting(webhook: &str, case: &str) -> Range {
    below(&["i", "delivery-waiting", &segment(webhook), &segment(case)])
}

pub fn delivery_dead(webhook: &str, at: Timestamp, case: &str, n: u32) -> Key {
    key(&["i", "delivery-dead", &segment(webhook), &time(at), &segment(case), &nth(n)])
}

/// The newest first.
pub fn deliveries_dead(webhook: &str) -> Range {
    newest_first(below(&["i", "delivery-dead", &segment(webhook)]))
}
