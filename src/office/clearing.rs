//! What nobody needs any more is cleared away: messages that have arrived long ago, finished
//! tasks, ended sessions, photos and recordings that belong to nothing, and what is personal in
//! cases that ended long ago (`retention`). How long each is kept is `[keep]` in config.toml.
//! That there was a case, and all that statistics count, is never touched.
//!
//! It walks through the records a page at a time and never holds anything up: what changes
//! meanwhile is left for the next round.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::calendar::local_date;
use crate::shop::Article;
use crate::store::interface_records::{Delivery, DeliveryState, Posted, Visits};
use crate::store::misheard::MisheardWords;
use crate::store::records::{
    Media, MediaState, Outgoing, Status, StoredEvent, StoredSession, Task,
};
use crate::store::stops::StopsOfDay;
use crate::store::{Changes, Loaded, Range, Record, StoreError, keys, list, list_by_index};

use super::figures::start_of;
use super::{Office, media};

const EVERY: Duration = Duration::from_secs(24 * 3_600);
/// The start has more important things to do.
const FIRST_AFTER: Duration = Duration::from_secs(600);
const TRY_AGAIN: Duration = Duration::from_secs(600);
/// A record has a few indexes, and a batch at most 1,000 keys.
const PAGE: usize = 100;
/// Of counts in which nobody is: a year, and a month to compare it with.
const STOPS_DAYS: u32 = 400;
const BETWEEN_PAGES: Duration = Duration::from_millis(50);

pub(super) async fn run(office: Arc<Office>) {
    let mut wait = FIRST_AFTER;
    while !office.pause(wait).await {
        if office.wait_for_duty("clearing").await {
            return;
        }
        wait = match office.while_on_duty("clearing", office.clear_away()).await {
            Err(_) if office.stop.is_cancelled() => return,
            Ok(count) => {
                tracing::info!(count, "old records were cleared away");
                EVERY
            }
            Err(error) => {
                tracing::error!(%error, "old records can not be cleared away; trying again");
                TRY_AGAIN
            }
        };
    }
}

impl Office {
    /// Says how many records went.
    pub(super) async fn clear_away(&self) -> Result<usize, StoreError> {
        Ok(self.sweep(false).await?.total())
    }

    /// `dry_run`: only counts what would go.
    pub(super) async fn sweep(&self, dry_run: bool) -> Result<Swept, StoreError> {
        let now = self.clock.now();
        let keep = &self.common().keep;
        let before = |days: u32| now - SignedDuration::from_hours(24 * i64::from(days));
        let (messages, tasks) = (before(keep.messages_days), before(keep.tasks_days));
        let mut sweep = Sweep { dry_run, swept: Swept::default() };
        self.clear_cases(&mut sweep).await?;
        self.clear("发出的消息", keys::all_outgoing(), &mut sweep, |message: &Outgoing| {
            (message.made_at < messages && is_over(message.status)).then_some(message.made_at)
        })
        .await?;
        self.clear("办完的待办", keys::all_tasks(), &mut sweep, |task: &Task| {
            task.done.as_ref().map(|done| done.at).filter(|at| *at < tasks)
        })
        .await?;
        self.clear(
            "过期的登录",
            keys::all_sessions(),
            &mut sweep,
            |session: &StoredSession| Some(session.expires_at).filter(|at| *at <= now),
        )
        .await?;
        self.clear("程序的请求", keys::all_posted(), &mut sweep, |one: &Posted| {
            Some(one.at).filter(|_| self.is_forgotten(one))
        })
        .await?;
        self.clear(
            "发给单位系统的",
            keys::all_deliveries(),
            &mut sweep,
            |one: &Delivery| {
                let over = one.state != DeliveryState::Waiting && one.made_at < messages;
                over.then_some(one.made_at)
            },
        )
        .await?;
        self.clear("查询次数", keys::all_visits(), &mut sweep, |visits: &Visits| {
            visits.at.last().copied().filter(|_| self.is_past(visits))
        })
        .await?;
        let misheard = before(keep.misheard_days);
        self.clear("没听懂的话", keys::all_misheard(), &mut sweep, |one: &MisheardWords| {
            Some(one.at).filter(|at| *at < misheard)
        })
        .await?;
        self.clear("每一问的次数", keys::all_stops(), &mut sweep, |stops: &StopsOfDay| {
            Some(start_of(stops.day)).filter(|at| *at < before(STOPS_DAYS))
        })
        .await?;
        self.clear_exports(&mut sweep).await?;
        self.clear_media(before(keep.media_days), &mut sweep).await?;
        self.clear_conversations(before(keep.conversations_days), &mut sweep).await?;
        self.clear_persons(before(keep.conversations_days), &mut sweep).await?;
        self.clear_looks(before(keep.looks_days), &mut sweep).await?;
        Ok(sweep.swept)
    }

    /// `is_old` says of which time an old one is.
    async fn clear<R: Record>(
        &self,
        kind: &'static str,
        range: Range,
        sweep: &mut Sweep,
        is_old: impl Fn(&R) -> Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let mut pages = Pages::new(range);
        while let Some(page) = pages.next::<R>(self).await? {
            let old: Vec<_> =
                page.iter().filter_map(|record| Some((record, is_old(record)?))).collect();
            let mut changes = Changes::default();
            old.iter().for_each(|(record, _)| changes.remove(record));
            if !old.is_empty() && (sweep.dry_run || self.commit_or_leave(changes).await?) {
                old.iter().for_each(|(_, at)| sweep.swept.add(kind, *at));
            }
        }
        Ok(())
    }

    /// False: somebody changed one of them meanwhile.
    pub(super) async fn commit_or_leave(&self, changes: Changes) -> Result<bool, StoreError> {
        match self.store.commit(changes.into_batch()).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Those that no case and no task refers to. What is younger may belong to a conversation
    /// that is still under way, which is why `media_days` has a lower limit.
    async fn clear_media(&self, before: Timestamp, sweep: &mut Sweep) -> Result<(), StoreError> {
        let is_old = |media: &Media| {
            media.came_at < before && !matches!(media.state, MediaState::Wanted { .. })
        };
        let mut in_use = None;
        let mut pages = Pages::new(keys::all_media());
        while let Some(page) = pages.next::<Media>(self).await? {
            for media in page.iter().filter(|media| is_old(media)) {
                if in_use.is_none() {
                    in_use = Some(self.media_in_use().await?);
                }
                let is_used = in_use.as_ref().is_none_or(|ids| ids.contains(&media.record.id));
                if !is_used && (sweep.dry_run || self.remove_media(media).await?) {
                    sweep.swept.add("没用到的照片录音", media.record.came_at);
                }
            }
        }
        Ok(())
    }

    async fn media_in_use(&self) -> Result<Ids, StoreError> {
        let mut ids = Ids::default();
        let mut pages = Pages::new(keys::all_events());
        while let Some(page) = pages.next::<StoredEvent>(self).await? {
            page.iter().for_each(|event| ids.extend(event.record.event.change.media()));
        }
        let mut pages = Pages::new(keys::all_tasks());
        while let Some(page) = pages.next::<Task>(self).await? {
            page.iter().for_each(|task| ids.extend(&task.record.media));
        }
        let mut pages = Pages::new(keys::all_articles());
        while let Some(page) = pages.next::<Article>(self).await? {
            page.iter().for_each(|article| ids.extend(&article.record.pictures));
        }
        Ok(ids)
    }

    /// The file first: without its record nobody would find it any more.
    pub(super) async fn remove_media(&self, before: &Loaded<Media>) -> Result<bool, StoreError> {
        let _nobody_keeps = self.media_files.write().await;
        if let MediaState::Kept { hash, .. } = &before.record.state {
            let same = keys::media_of_hash(hash);
            let same = list_by_index::<Media>(&*self.store, same, 2).await?;
            if same.len() == 1
                && let Err(error) =
                    tokio::fs::remove_file(media::file(&self.media_folder, hash)).await
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::error!(%error, hash, "an old file can not be removed");
                return Ok(false);
            }
        }
        let mut changes = Changes::default();
        changes.remove(before);
        self.commit_or_leave(changes).await
    }
}

/// Nothing more will become of it, and no clerk has to look at it.
pub(super) fn is_over(status: Status) -> bool {
    match status {
        Status::Sent | Status::Delivered | Status::Settled | Status::Replied | Status::Merged => {
            true
        }
        Status::Waiting | Status::Sending | Status::Unknown | Status::Phone => false,
    }
}

/// What went in a round, or would go: by kind and by the year that it is of.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Swept(BTreeMap<(&'static str, i16), usize>);

impl Swept {
    pub(super) fn add(&mut self, kind: &'static str, at: Timestamp) {
        *self.0.entry((kind, local_date(at).year())).or_default() += 1;
    }

    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// Kind, year, how many.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, i16, usize)> {
        self.0.iter().map(|((kind, year), count)| (*kind, *year, *count))
    }
}

pub(super) struct Sweep {
    pub dry_run: bool,
    pub swept: Swept,
}

/// Walks through a range of records with a pause behind each full page.
pub(super) struct Pages {
    range: Range,
    is_over: bool,
}

impl Pages {
    pub fn new(range: Range) -> Self {
        Self { range, is_over: false }
    }

    /// `None`: that was all. A walk that is broken off because the program stops is an error:
    /// what was seen until then is not all.
    pub async fn next<R: Record>(
        &mut self,
        office: &Office,
    ) -> Result<Option<Vec<Loaded<R>>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let page = list::<R>(&*office.store, self.range.clone(), PAGE).await?;
        self.is_over = page.len() < PAGE;
        if let Some(last) = page.last() {
            self.range = keys::after(&self.range, &last.record.key());
        }
        if !self.is_over && office.pause(BETWEEN_PAGES).await {
            return Err(StoreError::Unavailable("the program stops".into()));
        }
        Ok(Some(page))
    }
}

/// Ids by their hashes, because there may be hundreds of thousands. Two that look alike only
/// mean that something is kept for longer.
#[derive(Default)]
struct Ids {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl Ids {
    fn extend<'a>(&mut self, ids: impl IntoIterator<Item = &'a String>) {
        self.hashes.extend(ids.into_iter().map(|id| self.hasher.hash_one(id)));
    }

    fn contains(&self, id: &String) -> bool {
        self.hashes.contains(&self.hasher.hash_one(id))
    }
}
