//! What clerks correct is learnt from: when a case is given another kind of matter at the desk,
//! what she wrote is kept for `bianmin train`, without anything that says who she is; when it
//! is given another village, her word for it is kept as a line for county/aliases.csv, which a
//! clerk puts there or not.

use jiff::Timestamp;

use crate::county::{Found, Place, Scope};
use crate::desk::{Case, CaseEvent, Change};
use crate::store::correction::{Correction, PlaceCorrection};
use crate::store::{Changes, Record as _, SCAN_LIMIT_MAX, StoreError, keys, list, load};

use super::Office;
use super::views::CommandError;

/// The oldest case numbers first; what a model of this size can learn from.
const EXPORTED_MAX: usize = 20_000;
/// A word for a village has so many characters.
const ALIAS_CHARS: std::ops::RangeInclusive<usize> = 2..=12;

impl Office {
    /// Adds the example to the commit that makes the correction.
    pub(super) async fn keep_correction(
        &self,
        changes: &mut Changes,
        before: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let given = events.iter().find_map(|event| match &event.change {
            Change::Dispatched { category, .. } => category.as_ref(),
            _ => None,
        });
        let Some(code) = given.filter(|code| before.category.as_ref() != Some(*code)) else {
            return Ok(());
        };
        let text = self.tables().reader().anonymous(&before.text);
        if !text.chars().any(char::is_alphanumeric) {
            return Ok(());
        }
        let case = before.number.digits();
        let known = load::<Correction>(&*self.store, keys::correction(&case)).await?;
        let was = match &known {
            Some(known) => known.record.was.clone(),
            None => before.category.clone(),
        };
        let correction = Correction { case, text, code: code.clone(), was, at: now };
        match &known {
            Some(known) => changes.replace(known, &correction),
            None => changes.create(&correction),
        }
    }

    /// Adds the word for the village to the commit that gives the case another one. Nothing is
    /// kept when her word is the name of a village: it was she who named another one.
    pub(super) async fn keep_place_correction(
        &self,
        changes: &mut Changes,
        before: &Case,
        events: &[CaseEvent],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let given = events.iter().find_map(|event| match &event.change {
            Change::Relocated { place_code, from, .. } => Some((place_code, from)),
            _ => None,
        });
        let Some((code, from)) = given else { return Ok(()) };
        let case = before.number.digits();
        let Some(said) = self.word_for_village(&case, &before.text).await? else { return Ok(()) };
        let known = load::<PlaceCorrection>(&*self.store, keys::place_correction(&case)).await?;
        let was = match &known {
            Some(known) => known.record.was.clone(),
            None => from.clone(),
        };
        let correction = PlaceCorrection { case, said, code: code.clone(), was, at: now };
        match &known {
            Some(known) => changes.replace(known, &correction),
            None => changes.create(&correction),
        }
    }

    /// How she called it: when she was asked, else somewhere in her words.
    async fn word_for_village(&self, case: &str, text: &str) -> Result<Option<String>, StoreError> {
        let first = self.events(case).await?.into_iter().next();
        let answered = first.and_then(|event| match event.record.event.change {
            Change::Received { intake, .. } => {
                intake.understood.into_iter().find(|one| one.what == "地点")?.said
            }
            _ => None,
        });
        let (text, scope) = match &answered {
            Some(said) => (said.as_str(), Scope::Answer),
            None => (text, Scope::Sentence),
        };
        let span = match self.tables().places.find(text, scope) {
            Found::One { span, .. } | Found::Several { span, .. } if !span.is_empty() => span,
            // What she was asked for is a name, known or not.
            _ if answered.is_some() => 0..text.len(),
            _ => return Ok(None),
        };
        let said = text[span].trim();
        let fits = ALIAS_CHARS.contains(&said.chars().count())
            && said.chars().all(crate::zh::is_han)
            && !self.tables().places.iter().any(|place| is_called(place, said));
        Ok(fits.then(|| said.to_owned()))
    }

    /// As lines of `county/aliases.csv`.
    pub async fn place_corrections(&self) -> Result<String, CommandError> {
        let mut text = "alias,code,note\n".to_owned();
        let tables = self.tables();
        let mut range = keys::place_corrections();
        let (mut count, mut seen) = (0, Vec::new());
        while count < EXPORTED_MAX {
            let kept = list::<PlaceCorrection>(&*self.store, range.clone(), SCAN_LIMIT_MAX).await?;
            let Some(last) = kept.last() else { break };
            range = keys::after(&range, &last.record.key());
            count += kept.len();
            for one in kept.into_iter().map(|kept| kept.record) {
                let line = (one.said.clone(), one.code.clone());
                let Some(place) = tables.places.get(&one.code) else { continue };
                if seen.contains(&line) || tables.places.iter().any(|p| is_called(p, &one.said)) {
                    continue;
                }
                let was = one.was.map(|was| format!("，机器人听成{was}")).unwrap_or_default();
                let place = format!("{}{}", place.township, place.name);
                text += &format!("{},{},说的是{place}{was}\n", line.0, line.1);
                seen.push(line);
            }
        }
        Ok(text)
    }

    /// As a file of `county/examples`.
    pub async fn corrections(&self) -> Result<String, CommandError> {
        let mut text = "code,text,source\n".to_owned();
        let mut range = keys::corrections();
        let mut count = 0;
        while count < EXPORTED_MAX {
            let kept = list::<Correction>(&*self.store, range.clone(), SCAN_LIMIT_MAX).await?;
            let Some(last) = kept.last() else { break };
            range = keys::after(&range, &last.record.key());
            count += kept.len();
            for one in kept.into_iter().map(|kept| kept.record) {
                // A kind that was abolished is no example.
                if self.tables().categories.get(&one.code).is_some() {
                    text += &format!("{},\"{}\",clerk\n", one.code, one.text.replace('"', "\"\""));
                }
            }
        }
        Ok(text)
    }
}

/// By its whole name, without 村, or by another name that the county knows.
fn is_called(place: &Place, said: &str) -> bool {
    let names = std::iter::once(&place.name).chain(&place.aliases);
    names.into_iter().any(|name| {
        let short = |name: &'_ str| name.trim_end_matches('村').to_owned();
        name == said || short(name) == short(said)
    })
}
