//! What Open311 shows: cases that somebody follows, without what would say whose they are. A
//! confidential one is there for who has filed it and for nobody else.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::calendar::spoken;
use crate::county::{Found, Point, Scope};
use crate::desk::{self, Case, CaseEvent, Change, Command, Outcome, Rejection, State};
use crate::store::interface_records::SourceCase;
use crate::store::records::StoredEvent;
use crate::store::{StoreError, keys, list_by_index, load};

use super::posted::{Done, Once};
use super::rights::Sight;
use super::views::{CommandError, Session};
use super::{Office, case_file};

/// GeoReport v2: at most 90 days or the first 1,000.
const SPAN: SignedDuration = SignedDuration::from_hours(24 * 90);
pub const REQUESTS_MAX: usize = 1_000;
pub const UPDATES_MAX: usize = 1_000;
const PAGE: usize = 200;
/// Looked at for one answer; who wants more asks for a shorter time.
const EXAMINED_MAX: usize = 20_000;
const TOO_MUCH: &str =
    "这段时间里的事太多，一次看不完。请用 start_date 和 end_date 把时间缩短再问。";
/// In metres: a point further away from every village is none's.
const NEAR: f64 = 5_000.0;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FollowAsked {
    /// Digits; with these all else does not count.
    pub numbers: Vec<String>,
    /// Codes of kinds of matter; empty: all.
    pub categories: Vec<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub open: Option<bool>,
    /// Of updates: so many at most, the first ones.
    pub most: Option<usize>,
}

/// A case as it is followed.
#[derive(Debug, Clone)]
pub struct Followed {
    /// Without whose it is.
    pub case: Case,
    /// Her words without names and numbers; only for a key that sees the case.
    pub description: Option<String>,
    /// Where in the village, as the one who asks has told it; nobody else is.
    pub place_note: String,
    is_own: bool,
}

/// Something that happened and is told outside.
#[derive(Debug, Clone)]
pub struct CaseUpdate {
    /// The digits.
    pub number: String,
    pub n: u32,
    pub at: Timestamp,
    /// After it.
    pub state: State,
    pub outcome: Option<Outcome>,
    pub rejection: Option<Rejection>,
    /// `None`: only for those with a key.
    pub text: Option<String>,
}

impl Office {
    /// Newest first. `caller`: whose key it is; `None`: anybody.
    pub async fn followed(
        &self,
        caller: Option<&Session>,
        asked: &FollowAsked,
    ) -> Result<Vec<Followed>, CommandError> {
        let mut found = Vec::new();
        if !asked.numbers.is_empty() {
            for number in asked.numbers.iter().take(REQUESTS_MAX) {
                let case = load::<Case>(&*self.store, keys::case(number)).await?;
                found.extend(case.and_then(|case| self.as_followed(caller, case.record)));
            }
            return self.with_places(found).await;
        }
        let (from, to) = self.span(asked);
        let wanted = |case: &Case| {
            asked.open.is_none_or(|open| case.state.is_open() == open)
                && (asked.categories.is_empty()
                    || case.category.as_ref().is_some_and(|code| asked.categories.contains(code)))
        };
        let mut range = keys::newest_first(keys::cases_received(from, to));
        for _ in 0..EXAMINED_MAX / PAGE {
            let page = list_by_index::<Case>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return self.with_places(found).await };
            range = keys::after(&range, last);
            for (_, case) in page.into_iter().filter(|(_, case)| wanted(&case.record)) {
                found.extend(self.as_followed(caller, case.record));
                if found.len() == REQUESTS_MAX {
                    return self.with_places(found).await;
                }
            }
        }
        Err(CommandError::Refused(TOO_MUCH.into()))
    }

    async fn with_places(&self, mut found: Vec<Followed>) -> Result<Vec<Followed>, CommandError> {
        let own = found.iter().filter(|one| one.is_own).map(|one| one.case.clone());
        let whose = self.who_of_all(&own.collect::<Vec<_>>()).await?;
        for (one, who) in found.iter_mut().filter(|one| one.is_own).zip(whose) {
            one.place_note = who.place_note;
        }
        Ok(found)
    }

    fn span(&self, asked: &FollowAsked) -> (Timestamp, Timestamp) {
        let now = self.clock.now() + SignedDuration::from_secs(1);
        match (asked.from, asked.to) {
            (Some(from), to) => {
                (from, to.unwrap_or(now).min(from.saturating_add(SPAN).unwrap_or(now)))
            }
            (None, Some(to)) => (to.saturating_sub(SPAN).unwrap_or(to), to),
            (None, None) => (now.saturating_sub(SPAN).unwrap_or(now), now),
        }
    }

    /// `None`: it is not there for the one who asks.
    fn as_followed(&self, caller: Option<&Session>, mut case: Case) -> Option<Followed> {
        let sight = caller.map_or(Sight::Nothing, |who| who.sight(&case, self.is_overdue(&case)));
        let is_own = caller.is_some_and(|who| who.has_filed(&case));
        let is_public = self.config.settings.api.open311_public;
        let is_seen = match case.confidential {
            true => is_own,
            false => sight > Sight::Nothing || is_public,
        };
        if !is_seen {
            return None;
        }
        let description = (sight > Sight::Nothing)
            .then(|| self.tables().reader().anonymous(&case.text))
            .filter(|text| !text.is_empty());
        case_file::hide(&mut case);
        Some(Followed { case, description, place_note: String::new(), is_own })
    }

    /// What happened from a moment on, the first first: what she was told, and how it ended.
    pub async fn updates(
        &self,
        caller: Option<&Session>,
        asked: &FollowAsked,
    ) -> Result<Vec<CaseUpdate>, CommandError> {
        let (from, to) = self.span(asked);
        let most = asked.most.unwrap_or(UPDATES_MAX).min(UPDATES_MAX);
        let mut updates = Vec::new();
        if !asked.numbers.is_empty() {
            let (from, to) = (asked.from.unwrap_or(Timestamp::MIN), asked.to.unwrap_or(to));
            for followed in self.followed(caller, asked).await? {
                let all = self.updates_of(&followed).await?;
                updates.extend(all.into_values().filter(|one| one.at >= from && one.at < to));
            }
            return Ok(updates);
        }
        // By their own time, so that who goes on from the last one that she got misses none.
        let mut of_cases: HashMap<String, BTreeMap<u32, CaseUpdate>> = HashMap::new();
        let mut range = keys::events_told(from, to);
        for _ in 0..EXAMINED_MAX / PAGE {
            let page = list_by_index::<StoredEvent>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(updates) };
            range = keys::after(&range, last);
            for StoredEvent { case, n, .. } in page.into_iter().map(|(_, event)| event.record) {
                if !of_cases.contains_key(&case) {
                    let all = self.updates_shown(caller, &case).await?;
                    of_cases.insert(case.clone(), all);
                }
                updates.extend(of_cases.get_mut(&case).and_then(|all| all.remove(&n)));
                if updates.len() >= most {
                    return Ok(updates);
                }
            }
        }
        match updates.is_empty() {
            true => Err(CommandError::Refused(TOO_MUCH.into())),
            false => Ok(updates),
        }
    }

    /// None of a case that is not there for the one who asks.
    async fn updates_shown(
        &self,
        caller: Option<&Session>,
        number: &str,
    ) -> Result<BTreeMap<u32, CaseUpdate>, StoreError> {
        let case = load::<Case>(&*self.store, keys::case(number)).await?;
        match case.and_then(|case| self.as_followed(caller, case.record)) {
            Some(followed) => self.updates_of(&followed).await,
            None => Ok(BTreeMap::new()),
        }
    }

    /// All that is told of a case, by the numbers of the events.
    async fn updates_of(
        &self,
        followed: &Followed,
    ) -> Result<BTreeMap<u32, CaseUpdate>, StoreError> {
        let number = followed.case.number.digits();
        let events = self.events(&number).await?;
        let mut updates = BTreeMap::new();
        let mut case: Option<Case> = None;
        for event in events.iter().map(|one| &one.record) {
            let after = match case {
                None => Case::receive(&event.event),
                Some(mut before) => before.apply(&event.event).map(|()| before),
            };
            let after = after.map_err(|error| StoreError::Corrupt {
                key: number.clone(),
                why: error.to_string(),
            })?;
            let CaseEvent { at, change, by: _ } = &event.event;
            if desk::is_told(change.step()) && !is_within(change) {
                let update = CaseUpdate {
                    number: number.clone(),
                    n: event.n,
                    at: *at,
                    state: after.state,
                    outcome: after.reply.as_ref().map(|reply| reply.outcome),
                    rejection: match change {
                        Change::Rejected { reason, .. } => Some(*reason),
                        _ => None,
                    },
                    text: followed.description.as_ref().map(|_| self.told_outside(change)),
                };
                updates.insert(event.n, update);
            }
            case = Some(after);
        }
        Ok(updates)
    }

    /// In words for everybody: nothing of what is said within the house.
    fn told_outside(&self, change: &Change) -> String {
        let text = match change {
            Change::Dispatched { department, .. } => {
                let tables = self.tables();
                let found = tables.departments.get(department);
                format!("已转{}办理", found.map_or(department, |found| &found.short))
            }
            Change::Answered { text, .. }
            | Change::Replied { text, .. }
            | Change::FinalReplied { text, .. }
            | Change::Progress { text }
            | Change::InfoAsked { question: text }
            | Change::Deferred { plan: text, .. }
            | Change::ErrandMoved { text, .. } => text.clone(),
            Change::Rejected { reason, instead } => format!("{reason}。{instead}"),
            Change::ExtensionGranted { round_due_at } => format!("延到{}", spoken(*round_due_at)),
            other => other.step().word().to_owned(),
        };
        self.tables().reader().anonymous(&text)
    }

    /// The case that a platform's own number became, or that has this number.
    pub async fn number_of_token(
        &self,
        session: &Session,
        token: &str,
    ) -> Result<Option<String>, CommandError> {
        let system = session.department.as_deref().unwrap_or_default();
        let known = load::<SourceCase>(&*self.store, keys::case_of_source(system, token)).await?;
        let number = known.map_or_else(|| token.to_owned(), |known| known.record.case.clone());
        let asked = FollowAsked { numbers: vec![number], ..FollowAsked::default() };
        let found = self.followed(Some(session), &asked).await?;
        Ok(found.first().map(|one| one.case.number.digits()))
    }

    /// The village that an address names; `None`: it names none, or it could be several.
    pub fn village_in(&self, address: &str) -> Option<String> {
        match self.tables().places.find(address, Scope::Sentence) {
            Found::One { place, sure: true, .. } => Some(place.code.clone()),
            _ => None,
        }
    }

    /// The village in which a point lies, as far as the county's table says where villages are.
    pub fn village_at(&self, point: Point) -> Option<String> {
        let tables = self.tables();
        let (place, away) = tables.places.nearest(point)?;
        (away <= NEAR).then(|| place.code.clone())
    }

    /// Whether the county's table says where its villages are.
    pub fn knows_points(&self) -> bool {
        self.tables().places.iter().any(|place| place.point.is_some())
    }

    /// More that the other platform has to say.
    pub async fn supplement(
        &self,
        session: &Session,
        number: &str,
        text: &str,
        once: &Once,
    ) -> Result<Done, CommandError> {
        let revision = self.case_file(session, number, None).await?.case.revision;
        let (photos, voices) = (Vec::new(), Vec::new());
        let more = Command::Supplement { text: text.to_owned(), photos, voices };
        self.step_case_once(number, revision, more, &session.actor(), Some(once)).await
    }
}

/// Which of its own times an office has missed nobody outside is told, but that of the answer.
fn is_within(change: &Change) -> bool {
    matches!(change, Change::Breached { limit, .. } if *limit != desk::Breached::Handling)
}
