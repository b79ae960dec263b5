//! What was written last, kept beside sled: whoever wrote a moment ago writes again. A read of it
//! walks no tree, and does not wait while a batch is applied, which locks out all of sled's
//! readers. Only the writer puts something in, so nothing in it is ever older than sled.

use std::collections::HashMap;

use sled::IVec;

use super::Key;

/// Of keys and values; most of the values are sled's own, shared with it.
const BYTES_MAX: usize = 32 << 20;
/// What a place costs beside its bytes.
const PLACE_BYTES: usize = 96;

/// Each as sled has it, version and all. `None`: deleted.
pub(super) type Writes = HashMap<Key, Option<IVec>>;

#[derive(Default)]
pub(super) struct Hot {
    writes: Writes,
    bytes: usize,
}

impl Hot {
    /// `None`: sled has to be asked.
    pub fn get(&self, key: &[u8]) -> Option<Option<&IVec>> {
        self.writes.get(key).map(Option::as_ref)
    }

    /// When it is full it begins anew: what is written again is soon here again.
    pub fn take(&mut self, writes: Writes) {
        if self.bytes > BYTES_MAX {
            self.forget();
        }
        for (key, value) in writes {
            self.bytes += size(&key, &value);
            if let Some(old) = self.writes.get(&key) {
                self.bytes -= size(&key, old);
            }
            self.writes.insert(key, value);
        }
    }

    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

fn size(key: &[u8], value: &Option<IVec>) -> usize {
    PLACE_BYTES + key.len() + value.as_ref().map_or(0, |value| value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(n: usize, bytes: usize) -> Writes {
        Writes::from([(n.to_be_bytes().to_vec(), Some(IVec::from(vec![b'x'; bytes])))])
    }

    #[test]
    fn it_knows_what_was_written_and_what_was_deleted() {
        let mut hot = Hot::default();
        assert_eq!(hot.get(b"a"), None);
        hot.take(Writes::from([(b"a".to_vec(), Some(IVec::from(b"1"))), (b"b".to_vec(), None)]));
        assert_eq!(hot.get(b"a"), Some(Some(&IVec::from(b"1"))));
        assert_eq!(hot.get(b"b"), Some(None));
        hot.take(Writes::from([(b"a".to_vec(), None)]));
        assert_eq!(hot.get(b"a"), Some(None));
        hot.forget();
        assert_eq!(hot.get(b"a"), None);
    }

    #[test]
    fn it_stays_within_its_limit() {
        let mut hot = Hot::default();
        for n in 0..3_000 {
            hot.take(writes(n % 2_000, 60_000));
            let held: usize = hot.writes.iter().map(|(key, value)| size(key, value)).sum();
            assert_eq!(held, hot.bytes);
            assert!(held <= BYTES_MAX + 60_200, "{held}");
            assert!(hot.get(&(n % 2_000).to_be_bytes()).is_some(), "the newest is there");
        }
    }
}
