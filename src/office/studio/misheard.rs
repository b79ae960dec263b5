//! What the bot did not understand, or understood with so little trust that it had to ask:
//! kept without names, numbers and places, for a clerk to teach it from.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::local_date;
use crate::dialog::{Misheard, Outline, Trace};
use crate::office::looks::Noted;
use crate::office::rights::Right;
use crate::office::views::{CommandError, Session};
use crate::office::{Office, random};
use crate::store::looks::LookKind;
use crate::store::misheard::MisheardWords;
use crate::store::{Changes, Loaded, StoreError, keys, list, list_by_index, load};
use crate::zh;

/// On one instance: more teach nothing new, and a flood shall not fill the store.
const A_DAY_MAX: usize = 500;
const CHARS_MAX: usize = 200;
/// The newest are looked at.
const LOOKED_AT: usize = 1_000;
const AT_ONCE: usize = 200;

/// How many were kept today.
#[derive(Default)]
pub(in crate::office) struct MisheardToday(Mutex<(Date, usize)>);

impl MisheardToday {
    fn has_room(&self, now: Timestamp) -> bool {
        let mut today = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let date = local_date(now);
        if today.0 != date {
            *today = (date, 0);
        }
        today.1 += 1;
        today.1 <= A_DAY_MAX
    }
}

/// The same words at the same place, however often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisheardView {
    /// In addresses of pages.
    pub id: String,
    pub text: String,
    pub times: usize,
    pub last: Timestamp,
    /// Ids; empty: nothing was under way.
    pub dialog: String,
    pub step: String,
    /// 「反映问题」问“这件事在哪个村？”
    pub place: String,
    /// What it may have meant; empty: nobody could tell.
    pub taken: String,
}

impl Office {
    /// In the commit of the turn that did not understand.
    pub(in crate::office) fn keep_misheard(
        &self,
        changes: &mut Changes,
        address: &str,
        traces: &[Trace],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let misheard = traces.iter().filter_map(|trace| match trace {
            Trace::Misheard(one) => Some(one),
            _ => None,
        });
        for one in misheard {
            let Some(text) = self.without_persons(one) else { continue };
            if !self.misheard.has_room(now) {
                return Ok(());
            }
            let (dialog, step) =
                one.at.clone().map(|spot| (spot.dialog, spot.step)).unwrap_or_default();
            let (address, taken) = (address.to_owned(), one.taken.clone());
            let id = random::hex::<4>();
            // Its address on pages tells milliseconds.
            let at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
            changes.create(&MisheardWords { at, id, address, text, dialog, step, taken })?;
        }
        Ok(())
    }

    /// `None`: nothing is left that could be learnt from.
    fn without_persons(&self, one: &Misheard) -> Option<String> {
        if zh::name(&one.text, true).is_some() {
            return None;
        }
        let tables = self.tables();
        let reader = tables.reader();
        let text = match one.place {
            true => reader.anonymous_place(&one.text),
            false => reader.anonymous(&one.text),
        };
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text: String = text.chars().take(CHARS_MAX).collect();
        text.chars().any(char::is_alphanumeric).then_some(text)
    }

    /// Adds to the commit that hers go, the first ones. Says how many.
    pub(in crate::office) async fn forget_misheard(
        &self,
        changes: &mut Changes,
        address: &str,
    ) -> Result<usize, StoreError> {
        let hers = keys::all_misheard_from(address);
        let found = list_by_index::<MisheardWords>(&*self.store, hers, AT_ONCE).await?;
        found.iter().for_each(|(_, one)| changes.remove(one));
        Ok(found.len())
    }

    /// What was kept from these addresses, which are hers: a part of her data. Newest first.
    pub(in crate::office) async fn misheard_of(
        &self,
        addresses: &[String],
    ) -> Result<Vec<MisheardWords>, StoreError> {
        let mut all = Vec::new();
        for address in addresses {
            let hers = keys::newest_first(keys::all_misheard_from(address));
            let found = list_by_index::<MisheardWords>(&*self.store, hers, AT_ONCE).await?;
            all.extend(found.into_iter().map(|(_, one)| one.take().0));
        }
        all.sort_by_key(|one| std::cmp::Reverse(one.at));
        Ok(all)
    }

    /// What was said most often comes first.
    pub async fn misheard(&self, session: &Session) -> Result<Vec<MisheardView>, CommandError> {
        session.must(Right::Dialogs)?;
        let places = self.places_of_questions();
        let mut groups: BTreeMap<(String, String, String, String), MisheardView> = BTreeMap::new();
        for one in self.newest_misheard().await? {
            let view = view(&one.record, &places);
            let MisheardWords { dialog, step, text, taken, .. } = one.take().0;
            let group = groups.entry((dialog, step, text, taken));
            group.and_modify(|known| known.times += 1).or_insert(view);
        }
        let mut views: Vec<MisheardView> = groups.into_values().collect();
        views.sort_by_key(|view| std::cmp::Reverse((view.times, view.last)));
        Ok(views)
    }

    pub async fn misheard_one(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<MisheardView, CommandError> {
        let one = self.find_misheard(session, id).await?;
        Ok(view(&one, &self.places_of_questions()))
    }

    /// Nothing is to be learnt from these words.
    pub async fn drop_misheard(&self, session: &Session, id: &str) -> Result<(), CommandError> {
        let one = self.find_misheard(session, id).await?;
        let changes = self.without_the_same(&one).await?;
        let noted = Noted::by(session, LookKind::Draft, "没听懂的话", "不用教");
        match self.commit_noted(changes, noted).await {
            Err(StoreError::Conflict(_)) => Err(CommandError::Changed),
            done => Ok(done?),
        }
    }

    pub(super) async fn find_misheard(
        &self,
        session: &Session,
        id: &str,
    ) -> Result<Loaded<MisheardWords>, CommandError> {
        session.must(Right::Dialogs)?;
        let parsed = id
            .split_once('-')
            .and_then(|(at, id)| Some((Timestamp::from_millisecond(at.parse().ok()?).ok()?, id)));
        let (at, id) = parsed.ok_or(CommandError::NotFound)?;
        let found = load::<MisheardWords>(&*self.store, keys::misheard(at, id)).await?;
        found.ok_or(CommandError::NotFound)
    }

    /// The same words at the same place go.
    pub(super) async fn without_the_same(
        &self,
        one: &MisheardWords,
    ) -> Result<Changes, StoreError> {
        let is_same = |other: &MisheardWords| {
            (&other.text, &other.dialog, &other.step) == (&one.text, &one.dialog, &one.step)
        };
        let mut changes = Changes::default();
        let all = self.newest_misheard().await?;
        let same = all.iter().filter(|other| is_same(&other.record));
        same.take(AT_ONCE).for_each(|other| changes.remove(other));
        Ok(changes)
    }

    async fn newest_misheard(&self) -> Result<Vec<Loaded<MisheardWords>>, StoreError> {
        let all = keys::newest_first(keys::all_misheard());
        list::<MisheardWords>(&*self.store, all, LOOKED_AT).await
    }

    /// By dialog and step, in words.
    fn places_of_questions(&self) -> BTreeMap<(String, String), String> {
        let named = |outline: Outline| {
            let (dialog, name) = (outline.dialog, outline.name);
            outline.questions.into_iter().map(move |question| {
                let words: String = question.words.chars().take(20).collect();
                ((dialog.clone(), question.step), format!("「{name}」问“{words}”"))
            })
        };
        self.script().outlines().flat_map(named).collect()
    }
}

fn view(one: &MisheardWords, places: &BTreeMap<(String, String), String>) -> MisheardView {
    let place = match one.dialog.as_str() {
        "" => "没有在办事的时候",
        _ => places
            .get(&(one.dialog.clone(), one.step.clone()))
            .map_or("现在已经没有的一问", String::as_str),
    };
    MisheardView {
        id: format!("{}-{}", one.at.as_millisecond(), one.id),
        text: one.text.clone(),
        times: 1,
        last: one.at,
        dialog: one.dialog.clone(),
        step: one.step.clone(),
        place: place.to_owned(),
        taken: one.taken.clone(),
    }
}
