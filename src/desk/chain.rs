//! Events are chained: each one's hash covers the one before, so that none can be changed, taken
//! out or slipped in later without every hash after it being wrong. Of the personal texts
//! (`private`) it covers a salted commitment: what was written can be proved while it is kept,
//! and nothing can be guessed from the commitment when it was taken away.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::event::CaseEvent;
use super::private::Texts;

/// 64 hexadecimal digits. `salt` stands beside the texts and goes with them.
pub fn commit(salt: &str, texts: &Texts) -> String {
    hash(salt, texts, &[])
}

/// 64 hexadecimal digits: the hash of the event without its personal texts, of their commitments,
/// and of `before`, the hash of the one before it (empty for the first). Any other record of an
/// append-only log is chained the same way.
pub fn link(before: &str, event: &impl Serialize, commitments: &[String]) -> String {
    hash(before, event, commitments)
}

fn hash(before: &str, what: &impl Serialize, commitments: &[String]) -> String {
    let mut sum = Sha256::new();
    sum.update(before.as_bytes());
    sum.update([b'\n']);
    // Plain data: writing it can not fail, and if it did, the hash would not match.
    sum.update(serde_json::to_vec(what).unwrap_or_default());
    for commitment in commitments {
        sum.update([b'\n']);
        sum.update(commitment.as_bytes());
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An event as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Linked<'e> {
    pub event: &'e CaseEvent,
    pub commitments: &'e [String],
    pub hash: &'e str,
}

/// The number, from 1, of the first event that is not what was chained.
pub fn first_broken<'e>(stored: impl IntoIterator<Item = Linked<'e>>) -> Option<usize> {
    let mut before = String::new();
    for (n, Linked { event, commitments, hash }) in (1..).zip(stored) {
        before = link(&before, event, commitments);
        if before != hash {
            return Some(n);
        }
    }
    None
}
