//! How often one address may do something on the public pages within an hour, over all
//! instances. The address itself is not kept.

use std::net::IpAddr;

use jiff::SignedDuration;

use crate::store::interface_records::Visits;
use crate::store::{Changes, StoreError, keys, load};

use super::{Office, outbox};

const WINDOW: SignedDuration = SignedDuration::from_hours(1);
const CONFLICTS_MAX: usize = 20;

impl Office {
    /// Notes one more, unless it would be more than `most` within an hour.
    pub(super) async fn visit(
        &self,
        what: &str,
        from: IpAddr,
        most: u32,
    ) -> Result<bool, StoreError> {
        self.visit_of(what, whose(from), most).await
    }

    /// The same by who writes to us: an openid, a number.
    pub(super) async fn visit_by(
        &self,
        what: &str,
        address: &str,
        most: u32,
    ) -> Result<bool, StoreError> {
        self.visit_of(what, outbox::hash(&["sender", address]), most).await
    }

    async fn visit_of(&self, what: &str, whose: String, most: u32) -> Result<bool, StoreError> {
        for _ in 0..CONFLICTS_MAX {
            let now = self.clock.now();
            let before = load::<Visits>(&*self.store, keys::visits(what, &whose)).await?;
            let mut at = before.as_ref().map(|found| found.record.at.clone()).unwrap_or_default();
            at.retain(|one| now < *one + WINDOW);
            if at.len() >= most as usize {
                return Ok(false);
            }
            at.push(now);
            let after = Visits { what: what.to_owned(), whose: whose.clone(), at };
            let mut changes = Changes::default();
            match &before {
                Some(before) => changes.replace(before, &after)?,
                None => changes.create(&after)?,
            }
            match self.store.commit(changes.into_batch()).await {
                Err(StoreError::Conflict(_)) => continue,
                other => return other.map(|()| true),
            }
        }
        Ok(false)
    }

    /// There is room for one more.
    pub(super) async fn may_visit(
        &self,
        what: &str,
        from: IpAddr,
        most: u32,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let known = load::<Visits>(&*self.store, keys::visits(what, &whose(from))).await?;
        let recent = |visits: &Visits| visits.at.iter().filter(|at| now < **at + WINDOW).count();
        Ok(known.map_or(0, |known| recent(&known.record)) < most as usize)
    }

    pub(super) fn is_past(&self, visits: &Visits) -> bool {
        let now = self.clock.now();
        visits.at.iter().all(|at| *at + WINDOW <= now)
    }
}

/// One household has a whole /64 of IPv6.
fn whose(from: IpAddr) -> String {
    let text = match from.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("{:x?}", &v6.segments()[..4]),
    };
    outbox::hash(&["visitor", &text])
}
