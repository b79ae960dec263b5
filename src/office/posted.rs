//! What a program posts takes effect once: what it did is kept under its Idempotency-Key in the
//! same commit. The same again has the same answer, after a restart and at another instance too.

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::desk::Case;
use crate::store::interface_records::Posted;
use crate::store::{Changes, StoreError, keys, load};

use super::views::CommandError;
use super::{Office, outbox};

/// A program that asks again later than this has forgotten what it asked for.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One request, under the key by which it would be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    id: String,
    asked: String,
}

impl Once {
    /// `whose`: the id of who posts; `asked`: all of what is asked for.
    pub fn new(whose: &str, key: &str, asked: &str) -> Self {
        Self { id: outbox::hash(&[whose, key]), asked: outbox::hash(&["asked", asked]) }
    }

    /// The same for the same request, and for no other.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Into the commit that does it.
    pub(super) fn keep(
        &self,
        changes: &mut Changes,
        done: &impl Serialize,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let answer = serde_json::to_value(done).map_err(|error| StoreError::Corrupt {
            key: self.id.clone(),
            why: format!("not to be written: {error}"),
        })?;
        changes.create(&Posted { id: self.id.clone(), asked: self.asked.clone(), at: now, answer })
    }
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The digits of the case.
    pub number: String,
    pub revision: u32,
    /// The id of the state after it.
    pub state: String,
    /// It had been filed before; nothing was done.
    #[serde(default)]
    pub before: bool,
    /// Numbers to dial at once, if there is danger.
    #[serde(default)]
    pub call: Vec<String>,
}

/// What became of something that is no case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worked {
    pub id: String,
    pub revision: u32,
    /// The id of the state after it.
    pub state: String,
}

impl Done {
    pub(super) fn of(case: &Case) -> Self {
        Self {
            number: case.number.digits(),
            revision: case.revision,
            state: case.state.id().to_owned(),
            ..Self::default()
        }
    }
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum PostError {
    /// The key has been used for something else.
    #[error("这个 Idempotency-Key 已经用过，那一次的内容不一样。")]
    OtherContent,
    #[error(transparent)]
    Command(#[from] CommandError),
}

impl From<StoreError> for PostError {
    fn from(error: StoreError) -> Self {
        Self::Command(error.into())
    }
}

impl Office {
    /// Does `work`, which keeps its answer itself where it commits, or gives the answer of the
    /// first time. What was refused has not happened, and may be asked for again.
    pub async fn once<D, W>(&self, once: &Once, work: W) -> Result<D, PostError>
    where
        D: Serialize + DeserializeOwned + Send,
        W: Future<Output = Result<D, CommandError>> + Send,
    {
        if let Some(done) = self.answered(once).await? {
            return Ok(done);
        }
        let result = work.await;
        // Sent twice at the same moment: the one that came first has the answer.
        if let Some(done) = self.answered(once).await? {
            return Ok(done);
        }
        let done = result?;
        let mut changes = Changes::default();
        once.keep(&mut changes, &done, self.clock.now())?;
        match self.store.commit(changes.into_batch()).await {
            Ok(()) => Ok(done),
            Err(StoreError::Conflict(_)) => Ok(self.answered(once).await?.unwrap_or(done)),
            Err(error) => Err(error.into()),
        }
    }

    async fn answered<D: DeserializeOwned>(&self, once: &Once) -> Result<Option<D>, PostError> {
        let Some(posted) = load::<Posted>(&*self.store, keys::posted(&once.id)).await? else {
            return Ok(None);
        };
        if posted.record.asked != once.asked {
            return Err(PostError::OtherContent);
        }
        let done = serde_json::from_value(posted.record.answer.clone()).map_err(|error| {
            StoreError::Corrupt { key: once.id.clone(), why: error.to_string() }
        })?;
        Ok(Some(done))
    }

    pub(super) fn is_forgotten(&self, posted: &Posted) -> bool {
        posted.at + KEPT < self.clock.now()
    }
}
