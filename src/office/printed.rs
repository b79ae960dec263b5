//! What goes on paper says who printed it, when, and for which time. Looking at a sheet on the screen
//! counts nothing.

use sha2::{Digest, Sha256};

use crate::calendar::spoken;
use crate::store::records::Counter;
use crate::store::{StoreError, keys, load};

use super::Office;
use super::numbers::one_more;
use super::views::{CommandError, Session};

/// At the foot of a sheet.
#[derive(Debug, Clone, Default)]
pub struct PrintMark {
    /// The address of the sheet.
    pub paper: String,
    /// That this sheet was shown to this browser: nothing else is counted.
    pub proof: String,
    pub by: String,
    pub at: String,
    /// For which time it is printed, if it is printed now.
    pub n: u32,
}

impl Office {
    pub async fn print_mark(
        &self,
        session: &Session,
        paper: &str,
    ) -> Result<PrintMark, StoreError> {
        let counter = load::<Counter>(&*self.store, keys::counter(&series(paper))).await?;
        Ok(PrintMark {
            paper: paper.to_owned(),
            proof: proof(session, paper),
            by: session.name.clone(),
            at: spoken(self.clock.now()),
            n: counter.map_or(1, |counter| counter.record.next),
        })
    }

    /// It was printed once more.
    pub async fn note_print(
        &self,
        session: &Session,
        paper: &str,
        given: &str,
    ) -> Result<u32, CommandError> {
        if given != proof(session, paper) {
            return Err(CommandError::NotFound);
        }
        Ok(one_more(&*self.store, &series(paper)).await?)
    }
}

fn series(paper: &str) -> String {
    format!("print-{}", short_hash(&[paper]))
}

fn proof(session: &Session, paper: &str) -> String {
    short_hash(&[&session.csrf, paper])
}

fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
