//! What was not delivered, for the one who keeps the channels: when, by which way, and why; not
//! to whom, and not what it says.

use jiff::Timestamp;

use crate::store::records::{Body, Outgoing, Task, TaskKind};
use crate::store::{keys, list_by_index, load};
use crate::zh;

use super::Office;
use super::rights::Right;
use super::views::{CommandError, Session};

const EXAMINED: usize = 1_000;
const SHOWN: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterView {
    /// Of the task that it became.
    pub id: String,
    pub at: Timestamp,
    /// The id of the notice; empty: somebody's own words.
    pub kind: String,
    /// Nobody knows whether it arrived; else it surely did not.
    pub is_unknown: bool,
    /// By which way it was tried last; empty: by none.
    pub route: String,
    pub tries: usize,
    pub why: String,
}

impl Office {
    /// The oldest first; and whether there are more.
    pub async fn undelivered(
        &self,
        session: &Session,
    ) -> Result<(Vec<LetterView>, bool), CommandError> {
        session.must(Right::Settings)?;
        let open = list_by_index::<Task>(&*self.store, keys::open_tasks(), EXAMINED).await?;
        let is_letter = |task: &Task| matches!(task.kind, TaskKind::Dead | TaskKind::Phone);
        let mut letters = Vec::new();
        for (_, task) in open.iter().filter(|(_, task)| is_letter(&task.record)) {
            let Some(id) = &task.record.outgoing else { continue };
            let Some(sent) = load::<Outgoing>(&*self.store, keys::outgoing(id)).await? else {
                continue;
            };
            if letters.len() == SHOWN {
                return Ok((letters, true));
            }
            letters.push(letter(&task.record, &sent.record));
        }
        Ok((letters, false))
    }

    /// All that the page shows; says how many.
    pub async fn resend_all(&self, session: &Session) -> Result<usize, CommandError> {
        let (letters, _) = self.undelivered(session).await?;
        let mut count = 0;
        for letter in &letters {
            match self.resend(session, &letter.id, None).await {
                Ok(()) => count += 1,
                // Somebody took it up meanwhile.
                Err(CommandError::Refused(_) | CommandError::Changed) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }

    pub async fn deliver_all_again(&self, session: &Session) -> Result<usize, CommandError> {
        session.must(Right::Settings)?;
        let mut count = 0;
        for dead in self.dead_letters(session).await? {
            match self.deliver_again(session, &dead.id).await {
                Ok(()) => count += 1,
                Err(CommandError::Refused(_) | CommandError::Changed) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }
}

fn letter(task: &Task, sent: &Outgoing) -> LetterView {
    let kind = match &sent.body {
        Body::Notice { kind, .. } => kind.clone(),
        _ => String::new(),
    };
    LetterView {
        id: task.id.clone(),
        at: task.opened_at,
        kind,
        is_unknown: task.kind == TaskKind::Dead,
        route: sent.tries.last().map(|tried| tried.route.clone()).unwrap_or_default(),
        tries: sent.tries.len(),
        why: zh::mask_phones(&task.reason),
    }
}
