//! At which question of each dialog people stop. Counted in memory, written down each minute:
//! a turn does not wait for it, and what a crash loses is a minute of counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::local_date;
use crate::dialog::{Outline, Spot, Stop, Trace};
use crate::office::Office;
use crate::office::rights::Right;
use crate::office::views::{CommandError, Session};
use crate::store::stops::{QuestionCounts, StopCounts, StopsOfDay};
use crate::store::{Changes, StoreError, keys, list, load};

const WRITE_EVERY: Duration = Duration::from_secs(60);
const CONFLICTS_MAX: usize = 20;
/// Of all dialogs in a day; a record holds so many.
const QUESTIONS_MAX: usize = 400;
pub const DAYS_SHOWN: usize = 30;

/// What was counted and is not written down yet, by the day.
#[derive(Default)]
pub(in crate::office) struct Stops(Mutex<BTreeMap<Date, StopCounts>>);

impl Stops {
    pub fn count(&self, traces: &[Trace], now: Timestamp) {
        if traces.is_empty() {
            return;
        }
        let mut waiting = self.waiting();
        let counts = waiting.entry(local_date(now)).or_default();
        for trace in traces {
            let (spot, one) = match trace {
                Trace::Asked(spot) => (Some(spot), QuestionCounts { asked: 1, ..NONE }),
                Trace::Stopped(spot, Stop::Silent) => {
                    (Some(spot), QuestionCounts { silent: 1, ..NONE })
                }
                Trace::Stopped(spot, Stop::Cancelled) => {
                    (Some(spot), QuestionCounts { cancelled: 1, ..NONE })
                }
                Trace::Stopped(spot, Stop::HandedOver) => {
                    (Some(spot), QuestionCounts { handed_over: 1, ..NONE })
                }
                Trace::Misheard(one) => (
                    one.at.as_ref().filter(|_| trace.is_miss()),
                    QuestionCounts { misheard: 1, ..NONE },
                ),
            };
            if let Some(spot) = spot {
                add(counts, spot, one);
            }
        }
    }

    fn take(&self) -> Option<(Date, StopCounts)> {
        self.waiting().pop_first()
    }

    fn give_back(&self, day: Date, counts: &StopCounts) {
        merge(self.waiting().entry(day).or_default(), counts);
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<Date, StopCounts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const NONE: QuestionCounts =
    QuestionCounts { asked: 0, silent: 0, cancelled: 0, handed_over: 0, misheard: 0 };

fn add(counts: &mut StopCounts, spot: &Spot, one: QuestionCounts) {
    let known = counts.get(&spot.dialog).is_some_and(|steps| steps.contains_key(&spot.step));
    if known || counts.values().map(BTreeMap::len).sum::<usize>() < QUESTIONS_MAX {
        let steps = counts.entry(spot.dialog.clone()).or_default();
        steps.entry(spot.step.clone()).or_default().add(one);
    }
}

fn merge(counts: &mut StopCounts, more: &StopCounts) {
    for (dialog, steps) in more {
        for (step, one) in steps {
            add(counts, &Spot { dialog: dialog.clone(), step: step.clone() }, *one);
        }
    }
}

/// How one dialog went in the last thirty days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopsView {
    pub name: String,
    /// `dialogs/催办.yaml`
    pub file: String,
    pub questions: Vec<StopRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopRow {
    pub words: String,
    pub line: usize,
    pub counts: QuestionCounts,
}

impl StopRow {
    /// Of a hundred who were asked.
    pub fn percent(&self) -> u64 {
        (self.counts.stopped() * 100).checked_div(self.counts.asked).unwrap_or(0).min(100)
    }
}

impl StopsView {
    fn of(outline: Outline, counts: &StopCounts) -> Self {
        let own = counts.get(&outline.dialog);
        let count = |step: &str| own.and_then(|steps| steps.get(step)).copied();
        let questions = outline.questions.into_iter().map(|question| StopRow {
            counts: count(&question.step).unwrap_or_default(),
            words: question.words,
            line: question.line,
        });
        Self {
            name: outline.name,
            file: format!("{}{}", super::DIALOGS, outline.file),
            questions: questions.collect(),
        }
    }

    pub fn asked(&self) -> u64 {
        self.questions.iter().map(|row| row.counts.asked).sum()
    }

    fn stopped(&self) -> u64 {
        self.questions.iter().map(|row| row.counts.stopped()).sum()
    }
}

pub(in crate::office) async fn run(office: Arc<Office>) {
    while !office.pause(WRITE_EVERY).await {
        if let Err(error) = office.write_stops().await {
            tracing::warn!(%error, "counts of questions can not be written; trying again");
        }
    }
}

impl Office {
    /// Where most people stop comes first; dialogs of which nobody was asked anything are left
    /// out.
    pub async fn stops(&self, session: &Session) -> Result<Vec<StopsView>, CommandError> {
        let counts = self.stop_counts(session).await?;
        let script = self.script();
        let views = script.outlines().map(|outline| StopsView::of(outline, &counts));
        let mut views: Vec<StopsView> = views.filter(|view| view.asked() > 0).collect();
        views.sort_by_key(|view| std::cmp::Reverse((view.stopped(), view.asked())));
        Ok(views)
    }

    /// Of a dialog as it stands in a draft.
    pub async fn stops_of(
        &self,
        session: &Session,
        outline: Outline,
    ) -> Result<StopsView, CommandError> {
        Ok(StopsView::of(outline, &self.stop_counts(session).await?))
    }

    async fn stop_counts(&self, session: &Session) -> Result<StopCounts, CommandError> {
        session.must(Right::Dialogs)?;
        self.write_stops().await?;
        let days = keys::newest_first(keys::all_stops());
        let mut counts = StopCounts::new();
        for day in list::<StopsOfDay>(&*self.store, days, DAYS_SHOWN).await? {
            merge(&mut counts, &day.record.dialogs);
        }
        Ok(counts)
    }

    pub(in crate::office) async fn write_stops_at_the_end(&self) {
        if let Err(error) = self.write_stops().await {
            tracing::warn!(%error, "the last minute's counts of questions are lost");
        }
    }

    async fn write_stops(&self) -> Result<(), StoreError> {
        while let Some((day, counts)) = self.stops.take() {
            if let Err(error) = self.add_stops(day, &counts).await {
                self.stops.give_back(day, &counts);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Instances add to the same record.
    async fn add_stops(&self, day: Date, counts: &StopCounts) -> Result<(), StoreError> {
        let mut lost = Ok(());
        for _ in 0..CONFLICTS_MAX {
            let before = load::<StopsOfDay>(&*self.store, keys::stops(day)).await?;
            let known = before.as_ref().map(|before| before.record.dialogs.clone());
            let mut after = StopsOfDay { day, dialogs: known.unwrap_or_default() };
            merge(&mut after.dialogs, counts);
            let mut changes = Changes::default();
            match &before {
                Some(before) => changes.replace(before, &after)?,
                None => changes.create(&after)?,
            }
            lost = self.store.commit(changes.into_batch()).await;
            if !matches!(lost, Err(StoreError::Conflict(_))) {
                return lost;
            }
        }
        lost
    }
}
