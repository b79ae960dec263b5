//! How much waits in each queue of the one who looks.

use crate::desk::{Case, Queue, Whose};
use crate::store::{Range, StoreError, keys, list_by_index};

use super::Office;
use super::rights::Right;
use super::views::{CommandError, Session};

/// More than this is said to be more: nobody works off so many in a day.
const COUNTED_MAX: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueCount {
    pub queue: Queue,
    pub count: usize,
    /// There are more than were counted.
    pub more: bool,
}

impl Session {
    /// Whose queues somebody works off; `None`: nobody's.
    pub(super) fn queues_of(&self) -> Option<Whose<'_>> {
        if self.may(Right::Dispatch) || self.may(Right::Supervise) {
            return Some(Whose::Platform);
        }
        self.department.as_deref().filter(|_| self.is_handler()).map(Whose::Department)
    }

    /// The queues that are hers, in the order of the day.
    pub fn queues(&self) -> Vec<Queue> {
        match self.queues_of() {
            Some(Whose::Platform) if self.may(Right::Dispatch) => Queue::OF_PLATFORM.to_vec(),
            Some(Whose::Platform) => vec![Queue::Supervision],
            Some(Whose::Department(_)) => Queue::OF_DEPARTMENT.to_vec(),
            None => Vec::new(),
        }
    }
}

impl Office {
    pub async fn queue_counts(&self, session: &Session) -> Result<Vec<QueueCount>, CommandError> {
        let Some(whose) = session.queues_of() else { return Ok(Vec::new()) };
        let queues = session.queues();
        match whose {
            Whose::Department(_) => self.counts_of_department(&queues, whose).await,
            Whose::Platform => {
                let mut counts = Vec::with_capacity(queues.len());
                for queue in queues {
                    counts.push(self.count_of(queue, whose).await?);
                }
                Ok(counts)
            }
        }
        .map_err(CommandError::from)
    }

    async fn count_of(&self, queue: Queue, whose: Whose<'_>) -> Result<QueueCount, StoreError> {
        let range = self.queue_range(queue, whose);
        if queue.state().is_some() {
            // The index says it all: no case need be read.
            let entries = self.store.scan(range, COUNTED_MAX + 1).await?.len();
            let (count, more) = (entries.min(COUNTED_MAX), entries > COUNTED_MAX);
            return Ok(QueueCount { queue, count, more });
        }
        let cases = list_by_index::<Case>(&*self.store, range, COUNTED_MAX + 1).await?;
        let more = cases.len() > COUNTED_MAX;
        let held = cases.iter().take(COUNTED_MAX);
        let held = held.filter(|(_, case)| self.waits_in(Some(queue), Some(whose), &case.record));
        Ok(QueueCount { queue, count: held.count(), more })
    }

    /// All of a department's in one look at what it has open.
    async fn counts_of_department(
        &self,
        queues: &[Queue],
        whose: Whose<'_>,
    ) -> Result<Vec<QueueCount>, StoreError> {
        let range = self.queue_range(Queue::InHand, whose);
        let cases = list_by_index::<Case>(&*self.store, range, COUNTED_MAX + 1).await?;
        let more = cases.len() > COUNTED_MAX;
        let count = |queue: Queue| {
            let held = cases.iter().take(COUNTED_MAX);
            held.filter(|(_, case)| self.waits_in(Some(queue), Some(whose), &case.record)).count()
        };
        let counts =
            queues.iter().map(|queue| QueueCount { queue: *queue, count: count(*queue), more });
        Ok(counts.collect())
    }

    /// Where all that is in a queue stands, those due first before the others.
    pub(super) fn queue_range(&self, queue: Queue, whose: Whose<'_>) -> Range {
        match (whose, queue.state(), queue) {
            (Whose::Department(own), ..) => keys::open_cases_of_department(own),
            (_, Some(state), _) => keys::cases_in_state(state.id()),
            (_, None, Queue::CallBacks | Queue::Final) => {
                keys::cases_in_state(crate::desk::State::Replied.id())
            }
            (_, None, _) => keys::open_cases_due_before(self.clock.now()),
        }
    }

    pub(super) fn waits_in(
        &self,
        queue: Option<Queue>,
        whose: Option<Whose<'_>>,
        case: &Case,
    ) -> bool {
        let Some(queue) = queue else { return true };
        let now = self.clock.now();
        whose.is_some_and(|whose| queue.holds(case, whose, now, &self.tables().calendar))
    }
}
