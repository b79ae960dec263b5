//! Which messages of somebody were taken: a fingerprint of the key of each, so that an old delivery
//! takes no effect a second time. Six bytes each: of a hundred and twenty keys, a new one looks
//! like a known one once in two million million messages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Characters of one fingerprint: base64 of six bytes, without padding.
const WIDTH: usize = 8;

/// One after the other in one text, the oldest first: most turns carry it along unread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seen(String);

impl Seen {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, key: &str) -> bool {
        !self.0.is_empty() && self.find(fingerprint(key)).is_some()
    }

    /// The oldest beyond `most` go.
    pub fn add(&mut self, key: &str, most: usize) {
        let new = fingerprint(key);
        if self.find(new).is_none() {
            self.0.extend(new.map(char::from));
        }
        let over = (self.0.len() / WIDTH).saturating_sub(most) * WIDTH;
        self.0.drain(..over);
    }

    fn find(&self, wanted: [u8; WIDTH]) -> Option<usize> {
        let (all, _) = self.0.as_bytes().as_chunks();
        all.iter().position(|known| *known == wanted)
    }
}

fn fingerprint(key: &str) -> [u8; WIDTH] {
    let mut text = [0; WIDTH];
    let hash = Sha256::digest(key);
    STANDARD.encode_slice(&hash[..6], &mut text).expect("six bytes are eight letters");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_known_until_as_many_came_after_it() {
        let mut seen = Seen::default();
        assert!(!seen.has("1"));
        for n in 0..200 {
            seen.add(&n.to_string(), 40);
            for known in 0..200 {
                let is_kept = known <= n && known + 40 > n;
                assert_eq!(seen.has(&known.to_string()), is_kept, "{known} after {n}");
            }
        }
        assert_eq!(seen.0.len(), 40 * WIDTH);
    }

    #[test]
    fn the_same_key_takes_one_place_and_reads_back() {
        let mut seen = Seen::default();
        seen.add("1764000000/id", 3);
        seen.add("1764000000/id", 3);
        assert_eq!(seen.0.len(), WIDTH);
        let json = serde_json::to_string(&seen).unwrap();
        assert_eq!(serde_json::from_str::<Seen>(&json).unwrap(), seen);
    }

    /// Whatever an older program or a hand left there.
    #[test]
    fn a_text_of_another_width_is_no_fault() {
        let mut seen = Seen("abc".into());
        assert!(!seen.has("1"));
        seen.add("1", 2);
        seen.add("2", 2);
        seen.add("3", 2);
        assert!(seen.0.len() <= 3 + 2 * WIDTH);
    }
}
