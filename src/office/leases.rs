//! Who does what happens without being asked, when several instances share one store.
//!
//! Each kind of work (sending, waking, fetching, the cases' clock) is leased by one instance
//! at a time, by a conditional write with an end. An instance that dies is followed by another
//! when its lease has ended; one that stops gives its leases back.
//!
//! A lease keeps instances out of each other's way and messages in their order. It is not what
//! keeps a message from being sent twice: that are the conditional writes on the message
//! itself. So a clock that is some seconds off, or a machine that stood still and goes on after
//! its lease has ended, does no harm.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;

use crate::store::records::Lease;
use crate::store::{Changes, StoreError, keys, load};

use super::{Office, random};

/// As short as clocks allow that are some seconds apart: so long everything waits when its
/// holder dies.
const LASTS: SignedDuration = SignedDuration::from_secs(6);
/// Renewed when less than this is left.
const RENEWED_AT: SignedDuration = SignedDuration::from_secs(4);
const RENEW_EVERY: Duration = Duration::from_secs(2);
/// How often those look who do not have it; and how often who has it looks for work that
/// another instance has made.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(super) struct Leases {
    /// This instance, since its start.
    holder: String,
    held: Mutex<Vec<String>>,
}

impl Leases {
    pub fn new() -> Self {
        Self { holder: random::hex::<8>(), held: Mutex::default() }
    }

    pub fn holder(&self) -> &str {
        &self.holder
    }

    fn note(&self, name: &str, holds: bool) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let had = held.iter().any(|other| other == name);
        if had != holds {
            tracing::info!(name, holds, "who does this work has changed");
        }
        held.retain(|other| other != name);
        if holds {
            held.push(name.to_owned());
        }
    }

    fn take_all(&self) -> Vec<String> {
        std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Office {
    /// Waits until `name` is this instance's to do. True when the program stops meanwhile.
    pub(super) async fn wait_for_duty(&self, name: &str) -> bool {
        loop {
            match self.hold(name).await {
                Ok(true) => return self.stop.is_cancelled(),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, name, "no lease can be had; trying again"),
            }
            if self.pause(LOOK_EVERY).await {
                return true;
            }
        }
    }

    /// Takes or renews the lease. Whoever is alone has every one.
    pub(super) async fn hold(&self, name: &str) -> Result<bool, StoreError> {
        if !self.store.is_shared() {
            return Ok(true);
        }
        let holds = self.try_to_hold(name).await?;
        self.leases.note(name, holds);
        Ok(holds)
    }

    async fn try_to_hold(&self, name: &str) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let me = &self.leases.holder;
        let found = load::<Lease>(&*self.store, keys::lease(name)).await?;
        if let Some(lease) = &found {
            let is_mine = lease.holder == *me;
            if !is_mine && now < lease.until {
                return Ok(false);
            }
            if is_mine && now < lease.until - RENEWED_AT {
                return Ok(true);
            }
        }
        let next = Lease { name: name.to_owned(), holder: me.clone(), until: now + LASTS };
        let mut changes = Changes::default();
        match &found {
            Some(lease) => changes.replace(lease, &next)?,
            None => changes.create(&next)?,
        }
        match self.store.commit(changes.into_batch()).await {
            Ok(()) => Ok(true),
            // Another one was faster.
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Does `work`, and renews the lease as long as it takes.
    pub(super) async fn while_on_duty<T>(&self, name: &str, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(RENEW_EVERY) => {
                    if let Err(error) = self.hold(name).await {
                        tracing::warn!(%error, name, "a lease could not be renewed");
                    }
                }
            }
        }
    }

    /// So that another instance need not wait for their end.
    pub(super) async fn give_leases_back(&self) {
        for name in self.leases.take_all() {
            if let Err(error) = self.give_lease_back(&name).await {
                tracing::info!(%error, name, "a lease was not given back; it ends by itself");
            }
        }
    }

    async fn give_lease_back(&self, name: &str) -> Result<(), StoreError> {
        let Some(lease) = load::<Lease>(&*self.store, keys::lease(name)).await? else {
            return Ok(());
        };
        if lease.holder != self.leases.holder {
            return Ok(());
        }
        let mut changes = Changes::default();
        changes.remove(&lease);
        self.store.commit(changes.into_batch()).await
    }

    /// How long a worker may sleep that expects nothing before `sleep`: the work may come
    /// from another instance, whose bell is not heard here.
    pub(super) fn nap(&self, sleep: Duration) -> Duration {
        if self.store.is_shared() { sleep.min(LOOK_EVERY) } else { sleep }
    }
}
