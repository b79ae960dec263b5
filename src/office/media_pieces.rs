//! Photos and recordings in a store that several instances share: the one that fetched a file
//! has it in its folder, the others find it here, in pieces that a value can hold. A file is
//! known by the SHA-256 of its bytes, so what comes together wrong is not taken for it.

use std::ops::Bound;

use sha2::Digest;

use crate::store::{Batch, Direction, Range, StoreError, keys};

use super::{Office, random};

const PIECE: usize = 60 * 1024;
/// Pieces in one commit, and in one look.
const AT_ONCE: usize = 16;

impl Office {
    /// Done before anything refers to the file. Where one is alone, its folder is enough.
    pub(super) async fn share_file(&self, hash: &str, bytes: &[u8]) -> Result<(), StoreError> {
        if !self.store.is_shared() {
            return Ok(());
        }
        let pieces: Vec<_> = bytes.chunks(PIECE).enumerate().collect();
        for some in pieces.chunks(AT_ONCE) {
            let put = some.iter().map(|(n, piece)| (keys::file_piece(hash, *n), piece.to_vec()));
            self.store.commit(Batch { put: put.collect(), ..Batch::default() }).await?;
        }
        Ok(())
    }

    pub(super) async fn shared_file(&self, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.store.is_shared() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let mut range = keys::file_pieces(hash);
        loop {
            let page = self.store.scan(range.clone(), AT_ONCE).await?;
            let Some((last, _)) = page.last() else { break };
            range = Range {
                from: Bound::Excluded(last.clone()),
                direction: Direction::Forward,
                ..range
            };
            page.iter().for_each(|(_, piece)| bytes.extend_from_slice(&piece.value));
        }
        let is_whole = random::to_hex(&sha2::Sha256::digest(&bytes)) == hash;
        Ok(is_whole.then_some(bytes))
    }
}
