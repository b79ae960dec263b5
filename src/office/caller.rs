//! What helps while a villager is on the telephone: what she came with before, the villages that
//! she may mean, and what the county's own tables say about her matter.

use crate::dialog::Known;

use super::Office;
use super::intake::Told;
use super::personal::PersonView;
use super::rights::Right;
use super::views::{Choice, CommandError, Session};

const PLACES_SHOWN: usize = 12;
const ANSWERS_SHOWN: usize = 3;
/// Stands in the log of looks, which she may read.
const WHY: &str = "登记来电，查以前的事";

#[derive(Debug, Clone, Default)]
pub struct CallerHelp {
    /// Who has this number, and her cases, masked.
    pub people: Vec<PersonView>,
    pub places: Vec<Choice>,
    pub answers: Vec<Known>,
}

impl Office {
    /// Whose number it is, only for those who may look it up; the look is written down.
    pub async fn caller_help(
        &self,
        session: &Session,
        told: &Told,
    ) -> Result<CallerHelp, CommandError> {
        session.must(Right::File)?;
        let mut people = Vec::new();
        if session.may(Right::Identity) && session.may(Right::Cases) && !told.phone.is_empty() {
            for id in self.find_people(session, &told.phone, WHY).await? {
                people.push(self.person_view(session, &id).await?);
            }
        }
        let tables = self.tables();
        let places = tables.places.suggest(&told.village, PLACES_SHOWN).into_iter();
        let place = |place: &crate::county::Place| Choice {
            id: place.code.clone(),
            label: crate::desk::whole(place),
        };
        let answers = self.script().known(&told.text, ANSWERS_SHOWN);
        Ok(CallerHelp { people, places: places.map(place).collect(), answers })
    }
}
