//! Who filed a case. It stands apart from the case; pages show it masked, and whole only to one
//! who may see it and has said why.

use crate::desk::{Case, Who};
use crate::store::looks::{Look, LookKind};
use crate::store::private_records::{Identity, Words};
use crate::store::records::StoredEvent;
use crate::store::{Loaded, StoreError, keys, list, load, load_many};

use super::Office;
use super::looks::Seen;
use super::rights::Sight;
use super::views::{CommandError, Session};

const EVENTS_MAX: usize = 1_000;

impl Office {
    /// For the program's own use, not for anybody's eyes.
    pub(super) async fn who(&self, case: &str) -> Result<Who, StoreError> {
        let identity = load::<Identity>(&*self.store, keys::identity(case)).await?;
        Ok(identity.map(|identity| identity.record.who()).unwrap_or_default())
    }

    /// One for each case, in the same order.
    pub(super) async fn who_of_all(&self, cases: &[Case]) -> Result<Vec<Who>, StoreError> {
        let mut found = Vec::with_capacity(cases.len());
        for part in cases.chunks(crate::store::SCAN_LIMIT_MAX) {
            let keys: Vec<_> =
                part.iter().map(|case| keys::identity(&case.number.digits())).collect();
            let loaded = load_many::<Identity>(&*self.store, &keys).await?;
            found.extend(loaded.into_iter().map(|one| one.map(|one| one.record.who())));
        }
        Ok(found.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// With what was written in them, without who she is.
    pub(super) async fn events(
        &self,
        number: &str,
    ) -> Result<Vec<Loaded<StoredEvent>>, StoreError> {
        let range = keys::events_of(number);
        let mut events = list::<StoredEvent>(&*self.store, range, EVENTS_MAX).await?;
        let words = list::<Words>(&*self.store, keys::words_of(number), EVENTS_MAX).await?;
        for event in &mut events {
            if let Ok(at) = words.binary_search_by_key(&event.record.n, |words| words.record.n) {
                crate::desk::private::put_back(&mut event.record.event, &words[at].record.texts);
            }
        }
        Ok(events)
    }

    /// Who filed it; the look is on disk before she sees it.
    pub(super) async fn look_at(
        &self,
        session: &Session,
        case: &Case,
        reason: &str,
    ) -> Result<Who, CommandError> {
        if !session.may_identify(case, self.is_overdue(case)) {
            return Err(CommandError::NotFound);
        }
        let number = case.number.digits();
        let before = |look: &Look| look.kind == LookKind::Identity && look.reason == reason.trim();
        if !self.has_just_looked(session, &number, before).await? {
            let seen = Seen { kind: LookKind::Identity, cases: vec![number.clone()], reason };
            self.note_look(session, seen).await?;
        }
        Ok(self.who(&number).await?)
    }
}

impl Session {
    /// May see whose it is, if she says why.
    pub(super) fn may_identify(&self, case: &Case, late: bool) -> bool {
        let disclosed = self.department.as_ref().is_some_and(|own| case.is_disclosed_to(own));
        match self.sight(case, late) {
            Sight::Whole => true,
            Sight::Masked => disclosed && self.is_handler(),
            Sight::Nothing => false,
        }
    }
}
