//! One access token for all instances: one of them fetches it, the others find it in the
//! store. Only who made the conditional write may ask the platform, so that it hears one
//! request, and a token made by force is made once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use crate::store::records::SharedToken;
use crate::store::{Changes, Loaded, Store, StoreError, keys, load};

/// Longer than the request for a token takes.
const FETCHED_WITHIN: SignedDuration = SignedDuration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(200);
const LOOKS_MAX: u32 = 100;
/// With less left than this it is fetched anew.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_secs(120);
/// Tencent: force_refresh 20 times a day, 30 s apart; over all instances.
const FORCE_APART: SignedDuration = SignedDuration::from_secs(30);
const FORCE_A_DAY: usize = 20;

pub(super) struct SharedTokens {
    store: Store,
    account: String,
}

/// What to do instead of asking at once.
pub(super) enum Shared {
    /// Another instance has fetched it; with the seconds that it lives.
    Token(SecretString, i64),
    /// The platform may be asked, and then `fetched` or `failed` must be told.
    Ask(Box<Loaded<SharedToken>>),
    /// Nobody may ask by force now.
    NotNow,
}

impl SharedTokens {
    pub fn new(store: Store, account: String) -> Self {
        Self { store, account }
    }

    async fn load(&self) -> Result<Option<Loaded<SharedToken>>, StoreError> {
        load(&*self.store, keys::wechat_token(&self.account)).await
    }

    /// `refused` is what the platform has just refused; `now` gives the time.
    pub async fn look(
        &self,
        refused: Option<&SecretString>,
        force: bool,
        now: impl Fn() -> Timestamp,
    ) -> Result<Shared, StoreError> {
        for _ in 0..LOOKS_MAX {
            let at = now();
            let found = self.load().await?;
            let mut next = match &found {
                Some(found) => found.record.clone(),
                None => SharedToken::new(&self.account),
            };
            let is_refused = refused.is_some_and(|token| token.expose_secret() == next.token);
            if !next.token.is_empty() && !is_refused && at + RENEW_BEFORE < next.ends_at {
                let lives = next.ends_at.duration_since(at).as_secs();
                return Ok(Shared::Token(next.token.into(), lives));
            }
            if next.asking_until.is_some_and(|until| at < until) {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            if force {
                next.forced.retain(|forced| at.duration_since(*forced).as_hours() < 24);
                let last = next.forced.last();
                let is_too_soon = last.is_some_and(|last| at < *last + FORCE_APART);
                if is_too_soon || next.forced.len() >= FORCE_A_DAY {
                    return Ok(Shared::NotNow);
                }
                next.forced.push(at);
            }
            next.asking_until = Some(at + FETCHED_WITHIN);
            if self.put(found.as_ref(), &next).await?
                && let Some(mine) = self.load().await?
            {
                return Ok(Shared::Ask(Box::new(mine)));
            }
        }
        Err(StoreError::Unavailable("another instance fetches the token for too long".into()))
    }

    pub async fn fetched(
        &self,
        mine: &Loaded<SharedToken>,
        token: &SecretString,
        ends_at: Timestamp,
    ) -> Result<(), StoreError> {
        let token = token.expose_secret().to_owned();
        let next = SharedToken { token, ends_at, asking_until: None, ..mine.record.clone() };
        // When somebody thought that we were dead and asked too, hers is as good.
        self.put(Some(mine), &next).await.map(drop)
    }

    pub async fn failed(&self, mine: &Loaded<SharedToken>) -> Result<(), StoreError> {
        let next = SharedToken { asking_until: None, ..mine.record.clone() };
        self.put(Some(mine), &next).await.map(drop)
    }

    /// False when another instance wrote it first.
    async fn put(
        &self,
        before: Option<&Loaded<SharedToken>>,
        next: &SharedToken,
    ) -> Result<bool, StoreError> {
        let mut changes = Changes::default();
        match before {
            Some(before) => changes.replace(before, next)?,
            None => changes.create(next)?,
        }
        match self.store.commit(changes.into_batch()).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
