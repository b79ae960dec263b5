//! 我的村民: those of an agent's village who came with something, and how far it is. What is
//! confidential is not for her.

use jiff::SignedDuration;

use crate::desk::Case;
use crate::desk::private::mask_name;
use crate::store::{keys, list_by_index};
use crate::zh;

use super::Office;
use super::rights::Right;
use super::views::{CaseRow, CommandError, Session};

const LOOK_BACK_DAYS: i64 = 365;
/// A village has a few hundred people.
const EXAMINED: usize = 500;

#[derive(Debug, Clone)]
pub struct Villager {
    /// Masked, as is the number.
    pub name: String,
    pub phone: String,
    /// The newest first.
    pub cases: Vec<CaseRow>,
}

impl Office {
    /// Who came last comes first.
    pub async fn villagers(&self, session: &Session) -> Result<Vec<Villager>, CommandError> {
        session.must(Right::OwnVillage)?;
        let village = session.village.as_deref().ok_or(CommandError::NotFound)?;
        let now = self.clock.now();
        let since = now - SignedDuration::from_hours(LOOK_BACK_DAYS * 24);
        let range = keys::cases_of_village(village, since, now + SignedDuration::from_secs(1));
        let range = keys::newest_first(range);
        let mut found: Vec<(String, Villager)> = Vec::new();
        for (_, case) in list_by_index::<Case>(&*self.store, range, EXAMINED).await? {
            let case = case.record;
            if !self.sees(session, &case) {
                continue;
            }
            let row = self.case_row(&case);
            match found.iter_mut().find(|(person, _)| *person == case.person) {
                Some((_, known)) => known.cases.push(row),
                None => {
                    let who = self.who(&row.number).await?;
                    let name = who.name.as_deref().map(mask_name).unwrap_or_default();
                    let phone = who.phone.as_deref().map(zh::mask_phone).unwrap_or_default();
                    found.push((case.person, Villager { name, phone, cases: vec![row] }));
                }
            }
        }
        Ok(found.into_iter().map(|(_, one)| one).collect())
    }
}
