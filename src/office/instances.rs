//! The instances that share the store know of each other, so that one which was given other
//! tables or another configuration than the rest is told from the rest.
//!
//! Dialogs that are put live on one reach all by themselves (`snapshots`), and so do the tables
//! and the common settings (`county_live`). What in `config.toml` needs a restart is a matter of
//! each machine: here is said when it differs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;

use crate::store::shared_records::Instance;
use crate::store::{Changes, StoreError, keys, list, load};

use super::Office;

const TELL_EVERY: Duration = Duration::from_secs(10);
/// Who has said nothing for so long is not there any more.
const LIVES: SignedDuration = SignedDuration::from_secs(45);
const INSTANCES_MAX: usize = 100;

/// What is different elsewhere, for the health page.
#[derive(Default)]
pub(super) struct Others(Mutex<Vec<String>>);

impl Others {
    pub fn problems(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(super) async fn run(office: Arc<Office>) {
    if !office.store.is_shared() {
        return;
    }
    loop {
        if let Err(error) = office.look_around().await {
            tracing::warn!(%error, "the other instances can not be looked at");
        }
        if office.pause(TELL_EVERY).await {
            break;
        }
    }
    if let Err(error) = office.take_leave().await {
        tracing::info!(%error, "this instance is taken for alive for some seconds more");
    }
}

impl Office {
    /// Says that this instance is there, and notes how the others differ from it.
    pub async fn look_around(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let me = Instance {
            id: self.leases.holder().to_owned(),
            listen: self.config.settings.server.listen.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            tables: self.tables().hash.clone(),
            settings: self.config.settings.shared_sum(),
            at: now,
        };
        let mut changes = Changes::default();
        let mut problems = Vec::new();
        let mut known = None;
        for other in list::<Instance>(&*self.store, keys::all_instances(), INSTANCES_MAX).await? {
            if other.record.id == me.id {
                known = Some(other);
            } else if other.record.at + LIVES < now {
                changes.remove(&other);
            } else {
                problems.extend(me.differences(&other.record));
            }
        }
        match &known {
            Some(before) => changes.replace(before, &me)?,
            None => changes.create(&me)?,
        }
        *self.others.0.lock().unwrap_or_else(PoisonError::into_inner) = problems;
        match self.store.commit(changes.into_batch()).await {
            // Another one took the same dead one away.
            Err(StoreError::Conflict(_)) => Ok(()),
            done => done,
        }
    }

    async fn take_leave(&self) -> Result<(), StoreError> {
        let me = load::<Instance>(&*self.store, keys::instance(self.leases.holder())).await?;
        let Some(me) = me else { return Ok(()) };
        let mut changes = Changes::default();
        changes.remove(&me);
        self.store.commit(changes.into_batch()).await
    }
}

impl Instance {
    fn differences(&self, other: &Self) -> Vec<String> {
        let there = &other.listen;
        let mut found = Vec::new();
        if self.tables != other.tables {
            found.push(format!(
                "the instance at {there} has other tables than this one and has not followed; \
                 please look at its health page"
            ));
        }
        if self.settings != other.settings {
            found.push(format!(
                "the instance at {there} was started with another config.toml than this one, in \
                 what needs a restart ([wechat], [sms], [simulator], public_url, connections and \
                 seconds of [limits]); please give both the same and start them again"
            ));
        }
        if self.version != other.version {
            found.push(format!(
                "the instance at {there} is version {}, this one {}; please finish the upgrade",
                other.version, self.version
            ));
        }
        found
    }
}
