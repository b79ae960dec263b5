//! Cases: what may happen to one, who may do it, and by when. Pure: the time, the number and
//! the tables come in as arguments, and nothing here knows the store or what the bot says.
//!
//! A case is the fold of its events, and events are only ever added. A [`Command`] is decided
//! against the case as it is: [`decide`] gives the events that follow, or a [`Refusal`] that
//! says what to do instead. [`TRANSITIONS`] is the one table of what may follow what.

mod alike;
mod assignment;
mod case;
pub mod chain;
mod command;
mod course;
mod decide;
mod direction;
mod disclosure;
mod enclosure;
pub mod erase;
mod errand;
mod event;
mod event_words;
mod exclusion;
pub mod figures;
mod guard;
mod handler;
mod held;
mod hers;
mod interview;
mod kind;
mod lateness;
pub mod ledger;
mod limits;
mod listing;
pub mod measures;
mod mediation;
mod notice;
mod platform;
pub mod private;
mod queue;
mod reading;
mod redaction;
mod refusal;
mod respondent;
mod round_time;
mod slip;
mod sorting;
mod state;
mod suggestion;
mod verbs;
mod visit;
mod waiting;

pub use crate::county::{CaseNumber, CaseType, NumberError, damm};
pub use alike::{
    BURST_MIN, BURST_WITHIN, REPEAT_DAYS, goes_under, is_burst, is_hers_too, is_repeat,
    may_be_same, similarity, takes_in,
};
pub use case::{Case, FoldError, Round, TELEPHONE, fold};
pub use command::{Command, Sorting};
pub use course::{Breach, CallBack, Contact, Course, Extension, Helping, Stop};
pub use decide::{EVENTS_MAX, REPLY_CHARS_MIN, ROUNDS_MAX, TEXT_CHARS_MAX, accepts_along, decide};
pub use disclosure::Disclosure;
pub use erase::{Depth, Erased};
pub use errand::{Errand, ErrandStep};
pub use event::{
    Actor, Breached, CaseEvent, Change, Closing, Enclosed, Grade, Heard, Helper, Intake, Kind,
    Means, Outcome, Rejection, Reply, Resumption, Role, Solved, Source, Trips, Understood,
};
pub use exclusion::{Exclusion, may_matter};
pub use guard::guard;
pub use held::Held;
pub use hers::{FOLLOW_DAYS, may_follow};
pub use interview::{
    INTERVIEW_STEPS, Interview, InterviewCommand, InterviewDone, InterviewHand, InterviewRow,
    InterviewState, InterviewStep, LateCase, Minutes, interview_row,
};
pub use kind::kind_by_words;
pub use lateness::Standing;
pub use limits::{
    REDO_LIMIT, accept_due, asked_until, breach_due as limit_due, limit_of, next_by_clock,
};
pub use listing::{
    LISTING_CHARS_MAX, LISTINGS_MAX, Listing, ListingCommand, ListingKind, ListingState,
};
pub use mediation::{Mediation, mediation};
pub use notice::{Notice, for_signers, notice};
pub use platform::{place_named, whole};
pub use private::Who;
pub use queue::{Queue, Whose};
pub use reading::{NumberRead, find_number, read_number};
pub use refusal::Refusal;
pub use slip::{SLIP_DAYS, Slip};
pub use state::{Party, State, Step, TRANSITIONS, Transition, is_told, transition};
pub use suggestion::{Suggestion, suggestion};
pub use verbs::{Named, Ordered, Verb, read_order};
pub use visit::Visit;
pub use waiting::{Waits, waits_for};

use crate::calendar::Calendar;
use crate::county::{Categories, Departments, Leads, Places};

/// The tables that a decision looks into.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    pub calendar: &'a Calendar,
    pub categories: &'a Categories,
    pub departments: &'a Departments,
    pub places: &'a Places,
    pub leads: &'a Leads,
}

#[cfg(test)]
mod course_tests;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
