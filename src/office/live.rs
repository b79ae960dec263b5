//! What happens to cases, told to the pages that are open. One look at the store for all of them
//! every two seconds, and only while somebody listens; so they also hear what happened at another
//! instance. Who listens is told of what she may see, and only how much it is.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, Notify, broadcast};

use crate::desk::{Breached, Case, CaseNumber, Change, EVENTS_MAX};
use crate::store::records::StoredEvent;
use crate::store::{StoreError, keys, list, list_by_index};

use super::Office;
use super::rights::Sight;
use super::views::{CommandError, Session};

const EVERY: Duration = Duration::from_secs(2);
/// Open pages of one instance.
const LISTENERS_MAX: usize = 1_000;
/// Looks that a slow listener may be behind; then she is told that something changed.
const BEHIND_MAX: usize = 16;
/// Cases of one look; what is over comes with the next.
const CASES_MAX: usize = 500;
/// A commit may come to light so long after the time that it says: clocks of instances differ.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);

/// How many cases. Each counts once, for the gravest of what happened to it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct News {
    /// Just received.
    pub new: usize,
    /// Most of their time is used.
    pub amber: usize,
    pub overdue: usize,
    pub changed: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Changed,
    New,
    Amber,
    Overdue,
}

struct Happened {
    case: Case,
    what: What,
}

pub(super) struct Live {
    told: broadcast::Sender<Arc<Vec<Happened>>>,
    listeners: Arc<AtomicUsize>,
    arrived: Notify,
    looked: Mutex<Looked>,
}

#[derive(Default)]
struct Looked {
    until: Option<Timestamp>,
    /// Their last event that was told.
    seen: HashMap<CaseNumber, (u32, Timestamp)>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            told: broadcast::Sender::new(BEHIND_MAX),
            listeners: Arc::default(),
            arrived: Notify::new(),
            looked: Mutex::default(),
        }
    }
}

/// One open page.
pub struct Listener {
    heard: broadcast::Receiver<Arc<Vec<Happened>>>,
    listeners: Arc<AtomicUsize>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.listeners.fetch_sub(1, Ordering::SeqCst);
    }
}

pub(super) async fn run(office: Arc<Office>) {
    loop {
        if office.live.told.receiver_count() == 0 {
            office.live.looked.lock().await.until = None;
            tokio::select! {
                () = office.stop.cancelled() => return,
                () = office.live.arrived.notified() => {}
            }
        }
        if let Err(error) = office.tell_news().await {
            tracing::warn!(%error, "what is new can not be read; trying again");
        }
        if office.pause(EVERY).await {
            return;
        }
    }
}

impl Office {
    /// `Unavailable`: too many pages are open.
    pub async fn listen(&self) -> Result<Listener, CommandError> {
        let live = &self.live;
        if live.listeners.fetch_add(1, Ordering::SeqCst) >= LISTENERS_MAX {
            live.listeners.fetch_sub(1, Ordering::SeqCst);
            return Err(CommandError::Unavailable);
        }
        let heard = live.told.subscribe();
        let listener = Listener { heard, listeners: live.listeners.clone() };
        live.looked.lock().await.until.get_or_insert(self.clock.now());
        live.arrived.notify_one();
        Ok(listener)
    }

    /// How many listen.
    pub fn open_pages(&self) -> usize {
        self.live.listeners.load(Ordering::SeqCst)
    }

    /// The next that she may see.
    pub async fn next_news(&self, listener: &mut Listener, session: &Session) -> News {
        loop {
            let happened = match listener.heard.recv().await {
                Ok(happened) => happened,
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    return News { changed: 1, ..News::default() };
                }
                // The sender lives as long as the office.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            };
            let news = self.news_for(&happened, session);
            if news != News::default() {
                return news;
            }
        }
    }

    fn news_for(&self, happened: &[Happened], session: &Session) -> News {
        let mut news = News::default();
        for one in happened {
            if session.sight(&one.case, self.is_overdue(&one.case)) == Sight::Nothing {
                continue;
            }
            let count = match one.what {
                What::New => &mut news.new,
                What::Amber => &mut news.amber,
                What::Overdue => &mut news.overdue,
                What::Changed => &mut news.changed,
            };
            *count += 1;
        }
        news
    }

    /// One look at what changed since the last one, for all who listen. Says how many cases.
    pub async fn tell_news(&self) -> Result<usize, StoreError> {
        let mut looked = self.live.looked.lock().await;
        let now = self.clock.now();
        let since = *looked.until.get_or_insert(now) - OVERLAP;
        let range = keys::cases_changed_since(since);
        let mut happened = Vec::new();
        for (_, case) in list_by_index::<Case>(&*self.store, range, CASES_MAX).await? {
            let case = case.record;
            let seen = looked.seen.get(&case.number).map(|(revision, _)| *revision);
            if seen.is_some_and(|seen| seen >= case.revision) {
                continue;
            }
            if let Some(what) = self.gravest(&case, seen, since).await? {
                looked.seen.insert(case.number, (case.revision, case.updated_at));
                happened.push(Happened { case, what });
            }
        }
        looked.until = Some(now);
        looked.seen.retain(|_, (_, at)| *at >= now - OVERLAP - OVERLAP);
        let count = happened.len();
        if count > 0 {
            // Nobody listens any more: nobody is told.
            let _ = self.live.told.send(Arc::new(happened));
        }
        Ok(count)
    }

    /// Of its events after the `seen`-th that are not older than `since`.
    async fn gravest(
        &self,
        case: &Case,
        seen: Option<u32>,
        since: Timestamp,
    ) -> Result<Option<What>, StoreError> {
        let range = keys::events_of(&case.number.digits());
        let events = list::<StoredEvent>(&*self.store, range, EVENTS_MAX as usize).await?;
        let events = events.iter().map(|event| &event.record);
        let new = events.filter(|event| event.n > seen.unwrap_or(0) && event.event.at >= since);
        let what = new.map(|event| match &event.event.change {
            Change::Received { .. } => What::New,
            Change::Warned { .. } => What::Amber,
            Change::Breached { limit: Breached::Handling, .. } => What::Overdue,
            _ => What::Changed,
        });
        Ok(what.max())
    }
}
