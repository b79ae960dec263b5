//! Events are chained: each one's hash covers the one before, so that none can be changed, taken
//! out or slipped in later without every hash after it being wrong.

use sha2::{Digest, Sha256};

use super::event::CaseEvent;

/// 64 hexadecimal digits: the hash of the event and of `before`, the hash of the one before it
/// (empty for the first).
pub fn link(before: &str, event: &CaseEvent) -> String {
    let mut sum = Sha256::new();
    sum.update(before.as_bytes());
    sum.update([b'\n']);
    // An event is plain data: writing it can not fail, and if it did, the hash would not match.
    sum.update(serde_json::to_vec(event).unwrap_or_default());
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The number, from 1, of the first event that is not what was chained: `stored` holds each event
/// with the hash that was stored beside it.
pub fn first_broken<'e>(
    stored: impl IntoIterator<Item = (&'e CaseEvent, &'e str)>,
) -> Option<usize> {
    let mut before = String::new();
    for (n, (event, hash)) in (1..).zip(stored) {
        before = link(&before, event);
        if before != hash {
            return Some(n);
        }
    }
    None
}
