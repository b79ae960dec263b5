//! An errand that an agent runs for somebody, in seven steps, one after the other. It is a case
//! like any other; these steps stand beside its states and change none of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::case::Case;
use super::decide::{NOTE_CHARS_MAX, written};
use super::event::Change;
use super::refusal::Refusal;
use crate::county::words;

words! {
    /// As village agents of the region work (Lulong county, 2014).
    ErrandStep {
        /// She has asked for it: the first event of the case.
        Entrusted "entrusted" "委托",
        /// Her papers were taken, against a receipt.
        TakenIn "taken_in" "受理",
        Handled "handled" "办理",
        /// Brought to her, and her papers given back.
        Delivered "delivered" "送达",
        Filed "filed" "归档",
        Reported "reported" "上报",
        Visited "visited" "回访",
    }
}

/// The steps that are behind it, in their order, and when each was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    pub done: Vec<(ErrandStep, Timestamp)>,
}

impl Errand {
    pub(super) fn entrusted(at: Timestamp) -> Self {
        Self { done: vec![(ErrandStep::Entrusted, at)] }
    }

    /// `None`: all seven are done.
    pub fn next(&self) -> Option<ErrandStep> {
        ErrandStep::ALL.get(self.done.len()).copied()
    }
}

/// `text` is what was taken, done, given back, or where it was reported.
pub(super) fn go_on(case: &Case, step: ErrandStep, text: String) -> Result<Change, Refusal> {
    let errand = case.errand.as_ref().ok_or(Refusal::NotAnErrand)?;
    match errand.next() {
        Some(next) if next == step => {}
        Some(next) => return Err(Refusal::ErrandStep { next }),
        None => return Err(Refusal::ErrandDone),
    }
    if is_told(step) {
        written(step.word(), &text, NOTE_CHARS_MAX)?;
        return Ok(Change::ErrandMoved { step, text });
    }
    super::decide::at_most(step.word(), &text, NOTE_CHARS_MAX)?;
    Ok(Change::ErrandKept { step, text })
}

/// What comes after the delivery is between the agent and the county.
pub(super) fn is_told(step: ErrandStep) -> bool {
    matches!(step, ErrandStep::TakenIn | ErrandStep::Handled | ErrandStep::Delivered)
}
