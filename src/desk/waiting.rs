//! For whom a case waits. Nothing lies about that nobody has to do something about.

use super::case::Case;
use super::state::{Party, State};
use crate::county::CaseNumber;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits<'c> {
    /// The platform's clerks.
    Platform,
    Director,
    /// By its id.
    Department(&'c str),
    /// Herself; after some days the clock goes on without her.
    Villager,
    /// What the other case is answered.
    Parent(CaseNumber),
    /// It is over, and will be put away.
    Clock,
}

impl Waits<'_> {
    /// Who takes the next step, as the table of transitions calls them.
    pub fn party(self) -> Party {
        match self {
            Waits::Platform => Party::Staff,
            Waits::Director => Party::Director,
            Waits::Department(_) => Party::Lead,
            Waits::Villager => Party::Owner,
            Waits::Parent(_) | Waits::Clock => Party::System,
        }
    }
}

/// `None`: it is put away.
pub fn waits_for(case: &Case) -> Option<Waits<'_>> {
    let department = case.department.as_deref().map_or(Waits::Platform, Waits::Department);
    Some(match case.state {
        State::Received | State::ReturnAsked | State::ExtensionAsked | State::Reviewing => {
            Waits::Platform
        }
        State::Dispatched | State::Handling | State::Deferred | State::Redo => department,
        State::NeedInfo => Waits::Villager,
        State::Replied if case.is_disputed() => Waits::Director,
        State::Replied if case.waits_for_call() => Waits::Platform,
        State::Replied => Waits::Villager,
        State::Merged => Waits::Parent(case.parent?),
        State::Closed | State::Final | State::Rejected | State::Withdrawn => Waits::Clock,
        State::Archived => return None,
    })
}
