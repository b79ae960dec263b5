//! What the clock does to cases when nobody does anything: silence is acceptance, what is late is
//! noted, an answer that nobody rates is closed, what has ended is put away. Listings end too.

use std::sync::Arc;
use std::time::Duration;

use crate::desk::{self, Actor, Case, Command, State};
use crate::store::{StoreError, keys, list_by_index, load};

use super::Office;

const EVERY: Duration = Duration::from_secs(60);
const PAGE: usize = 200;

pub(super) async fn run(office: Arc<Office>) {
    loop {
        if office.wait_for_duty("deadlines").await {
            return;
        }
        if let Err(error) = office.while_on_duty("deadlines", office.recompute_clocks()).await {
            tracing::error!(%error, "clocks can not be reckoned anew; trying again");
        }
        if let Err(error) = office.while_on_duty("deadlines", office.pass_deadlines()).await {
            tracing::error!(%error, "cases can not be moved by the clock; trying again");
        }
        if let Err(error) = office.while_on_duty("deadlines", office.find_bursts()).await {
            tracing::error!(%error, "many about the same can not be found; trying again");
        }
        if let Err(error) = office.while_on_duty("deadlines", office.tell_the_morning()).await {
            tracing::error!(%error, "departments can not be told what is due; trying again");
        }
        if let Err(error) = office.while_on_duty("deadlines", office.expire_listings()).await {
            tracing::error!(%error, "listings can not be ended; trying again");
        }
        if office.while_on_duty("deadlines", office.pause(EVERY)).await {
            return;
        }
    }
}

impl Office {
    /// Says how many cases were moved.
    pub(super) async fn pass_deadlines(&self) -> Result<usize, StoreError> {
        let mut moved = 0;
        let mut range = keys::cases_due_by(self.clock.now());
        loop {
            let page = list_by_index::<Case>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            range = keys::after(&range, last);
            for (_, case) in page {
                moved += usize::from(self.pass_deadline(&case.record).await?);
            }
        }
        Ok(moved + self.answer_merged().await?)
    }

    /// What goes on under another case hears what that was answered, or goes on by itself when
    /// that ended without an answer. Few wait so at any time.
    async fn answer_merged(&self) -> Result<usize, StoreError> {
        let mut moved = 0;
        let mut range = keys::cases_in_state(State::Merged.id());
        loop {
            let page = list_by_index::<Case>(&*self.store, range.clone(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(moved) };
            range = keys::after(&range, last);
            for (_, child) in page {
                let Some(parent) = child.record.parent else { continue };
                let parent = load::<Case>(&*self.store, keys::case(&parent.digits())).await?;
                let Some(next) = parent.and_then(|parent| after_parent(&parent.record)) else {
                    continue;
                };
                moved += usize::from(self.move_by_clock(&child.record, next).await?);
            }
        }
    }

    async fn pass_deadline(&self, case: &Case) -> Result<bool, StoreError> {
        let next = desk::next_by_clock(case, &self.tables().calendar);
        let Some((_, command)) = next.filter(|(at, _)| *at <= self.clock.now()) else {
            return Ok(false);
        };
        if matches!(command, Command::Archive) && self.has_open_child(case).await? {
            return Ok(false);
        }
        self.move_by_clock(case, command).await
    }

    /// What goes on under it is still looked up beside it.
    async fn has_open_child(&self, case: &Case) -> Result<bool, StoreError> {
        for number in &case.children {
            let child = load::<Case>(&*self.store, keys::case(&number.digits())).await?;
            let is_its = |child: &Case| child.parent == Some(case.number) && child.state.is_open();
            if child.is_some_and(|child| is_its(&child.record)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) async fn move_by_clock(
        &self,
        case: &Case,
        command: Command,
    ) -> Result<bool, StoreError> {
        let number = case.number.digits();
        match self.step_case(&number, case.revision, command, &Actor::System).await {
            Ok(()) => Ok(true),
            // Somebody was faster: it is looked at again with the next round.
            Err(super::CommandError::Changed | super::CommandError::NotFound) => Ok(false),
            Err(super::CommandError::Refused(why) | super::CommandError::Field(_, why)) => {
                tracing::error!(number, why, "the clock wants what the rules forbid");
                Ok(false)
            }
            Err(super::CommandError::Unavailable) => {
                Err(StoreError::Unavailable("a case could not be moved".into()))
            }
        }
    }
}

/// What becomes of a case that goes on under this one.
fn after_parent(parent: &Case) -> Option<Command> {
    match &parent.reply {
        Some(reply) => Some(Command::ReplyAsParent {
            outcome: reply.outcome,
            text: reply.text.clone(),
            department: reply.department.clone(),
            files: reply.files.clone(),
        }),
        None if parent.state.is_open() => None,
        None => {
            Some(Command::Unmerge { reason: "主件没有答复就结束了，单独办".into() })
        }
    }
}
