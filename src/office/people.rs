//! Who is behind an address: persons who turned out to be one, and their cases.

use crate::desk::Case;
use crate::store::records::Person;
use crate::store::{Key, Loaded, StoreError, keys, list_by_index, load};

use super::Office;
use super::turn::Turn;

/// Of merges behind each other; more is a circle.
const MERGES_MAX: usize = 8;

impl Office {
    /// The person, or who she turned out to be.
    pub(super) async fn person_behind(
        &self,
        id: &str,
    ) -> Result<Option<Loaded<Person>>, StoreError> {
        let mut id = id.to_owned();
        for _ in 0..MERGES_MAX {
            let Some(person) = load::<Person>(&*self.store, keys::person(&id)).await? else {
                return Ok(None);
            };
            match &person.record.merged_into {
                Some(into) => id = into.clone(),
                None => return Ok(Some(person)),
            }
        }
        tracing::error!(id, "persons are merged in a circle");
        Ok(None)
    }

    /// The cases of all that she was, newest first.
    pub(super) async fn cases_of(
        &self,
        person: &str,
        limit: usize,
    ) -> Result<Vec<(Key, Loaded<Case>)>, StoreError> {
        let mut found = Vec::new();
        for id in self.ids_of(person).await? {
            found.extend(list_by_index::<Case>(&*self.store, keys::cases_of(&id), limit).await?);
        }
        found.sort_by_key(|(_, case)| std::cmp::Reverse(case.record.received_at));
        found.truncate(limit);
        Ok(found)
    }

    /// Of her own record, and of those that turned out to be hers.
    pub(super) async fn ids_of(&self, person: &str) -> Result<Vec<String>, StoreError> {
        let Some(person) = self.person_behind(person).await? else { return Ok(Vec::new()) };
        let Person { id, also, .. } = &person.record;
        Ok(std::iter::once(id).chain(also).cloned().collect())
    }

    /// The case is hers, or was filed or signed by one whom she turned out to be.
    pub(super) async fn is_hers(&self, case: &Case, person: &str) -> Result<bool, StoreError> {
        Ok(self.hers_as(case, person).await?.is_some())
    }

    /// By which id she stands in the case, as the one who filed it rather than one who signed.
    pub(super) async fn hers_as(
        &self,
        case: &Case,
        person: &str,
    ) -> Result<Option<String>, StoreError> {
        let who = self.person_behind(person).await?;
        for id in std::iter::once(&case.person).chain(&case.co_signers) {
            if id == person {
                return Ok(Some(id.clone()));
            }
            let Some(who) = &who else { continue };
            let whose = self.person_behind(id).await?;
            if whose.is_some_and(|whose| whose.record.id == who.record.id) {
                return Ok(Some(id.clone()));
            }
        }
        Ok(None)
    }
}

impl Turn<'_> {
    pub async fn resolve_person(&self) -> Result<Option<Person>, StoreError> {
        let Some(id) = &self.contact.person else { return Ok(None) };
        Ok(self.office.person_behind(id).await?.map(|person| person.record.clone()))
    }
}
