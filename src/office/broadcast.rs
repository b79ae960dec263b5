//! 群发通知: one text to all of a village who have come with something in the last year (the water
//! is cut off tomorrow). Seen before it goes, by the director only, the same text once a day. Who
//! wants no messages gets none, and nobody is telephoned.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use jiff::SignedDuration;

use crate::calendar::local_date;
use crate::desk;
use crate::dialog::Medium;
use crate::store::looks::LookKind;
use crate::store::records::Outgoing;
use crate::store::{Changes, keys, load};
use crate::zh;

use super::looks::Noted;
use super::rights::Right;
use super::route::Route;
use super::views::{CommandError, Session};
use super::{Office, outbox};

const TEXT_CHARACTERS: RangeInclusive<usize> = 5..=120;
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 365);
/// More people than a village has.
const PEOPLE_MAX: usize = 500;
const AT_ONCE: usize = 100;

/// What would go to whom.
#[derive(Debug, Clone, Default)]
pub struct BroadcastPlan {
    /// With its township.
    pub village: String,
    /// How many by which way.
    pub ways: BTreeMap<String, usize>,
    pub unreachable: usize,
    pub sms: String,
    /// Of each short message, as it is billed.
    pub segments: usize,
}

impl Office {
    pub async fn plan_broadcast(
        &self,
        session: &Session,
        village: &str,
        text: &str,
    ) -> Result<BroadcastPlan, CommandError> {
        let (village, letters) = self.letters_to(session, village, text).await?;
        let mut plan = BroadcastPlan { village, ..BroadcastPlan::default() };
        for letter in &letters {
            match self.way_of(letter).await? {
                Route::Clerk(_) => plan.unreachable += 1,
                way => *plan.ways.entry(Route::shown(&way.id())).or_default() += 1,
            }
        }
        if let Some(letter) = letters.first() {
            plan.sms = self.words(letter, Medium::Sms);
            plan.segments = zh::segments(&plan.sms).max(1);
        }
        Ok(plan)
    }

    /// Gives to how many.
    pub async fn broadcast(
        &self,
        session: &Session,
        village: &str,
        text: &str,
    ) -> Result<usize, CommandError> {
        let (village, letters) = self.letters_to(session, village, text).await?;
        let count = letters.len();
        let mut noted =
            Some(Noted::by(session, LookKind::Broadcast, &format!("{village}，{count}人"), text));
        for some in letters.chunks(AT_ONCE) {
            let mut changes = Changes::default();
            for letter in some {
                changes.create(letter)?;
            }
            match noted.take() {
                Some(noted) => self.commit_noted(changes, noted).await?,
                None => self.store.commit(changes.into_batch()).await?,
            }
        }
        self.bells.outbox.notify_one();
        Ok(count)
    }

    /// The village's whole name, and one message for each of its people.
    async fn letters_to(
        &self,
        session: &Session,
        village: &str,
        text: &str,
    ) -> Result<(String, Vec<Outgoing>), CommandError> {
        session.must(Right::Broadcast)?;
        let tables = self.tables();
        let place = desk::place_named(village, &tables.rules())
            .map_err(|refusal| CommandError::Field("village", refusal.to_string()))?;
        let text = text.trim();
        let (least, most) = (TEXT_CHARACTERS.start(), TEXT_CHARACTERS.end());
        if !TEXT_CHARACTERS.contains(&text.chars().count()) {
            return Err(CommandError::Field("text", format!("请写{least}到{most}个字。")));
        }
        let now = self.clock.now();
        let people = self.people_of(&place.code).await?;
        if people.is_empty() {
            let text = "这个村一年里没有人来过，没有可以发的号码。";
            return Err(CommandError::Field("village", text.to_owned()));
        }
        let day = local_date(now).to_string();
        let sum = outbox::hash(&[&place.code, text, &day]);
        let fields = BTreeMap::from([
            ("text".to_owned(), text.to_owned()),
            ("title".to_owned(), desk::whole(place)),
        ]);
        let letter = |person: &String| {
            let id = format!("broadcast-{sum}-{person}");
            outbox::to_villager(id, person, "broadcast", fields.clone(), now)
        };
        let letters: Vec<Outgoing> = people.iter().map(letter).collect();
        for letter in &letters {
            if load::<Outgoing>(&*self.store, keys::outgoing(&letter.id)).await?.is_some() {
                let text = "这段话今天已经发给这个村了。要再发，请改一改。";
                return Err(CommandError::Field("text", text.to_owned()));
            }
        }
        Ok((desk::whole(place), letters))
    }

    /// Their ids; who wants to stay hidden is not among them.
    async fn people_of(&self, village: &str) -> Result<BTreeSet<String>, CommandError> {
        let now = self.clock.now();
        let end = now + SignedDuration::from_secs(1);
        let range = keys::newest_first(keys::cases_of_village(village, now - LOOK_BACK, end));
        let mut said = BTreeSet::new();
        self.each_case(range, |case| {
            if !case.confidential && said.len() < PEOPLE_MAX {
                said.insert(case.person.clone());
                said.extend(case.co_signers.iter().cloned());
            }
            Ok(())
        })
        .await?;
        let mut people = BTreeSet::new();
        for id in said {
            if let Some(person) = self.person_behind(&id).await? {
                people.insert(person.record.id.clone());
            }
        }
        Ok(people)
    }
}
