//! Cases: what may happen to one, and by when. Pure; knows neither the villager's
//! conversation nor the store.

mod case;
mod decide;
mod number;
mod state;
#[cfg(test)]
mod tests;

pub use case::{
    Actor, Case, CaseEvent, Change, FoldError, Grade, Intake, Outcome, Rating, Reply, Round, fold,
};
pub use decide::{Command, Refusal, Rules, decide, limit};
pub use number::{CaseNumber, NotACaseNumber, NumberRead, read_number};
pub use state::{State, Step, TRANSITIONS, Who};
