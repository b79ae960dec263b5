//! What happens within one round besides sending and answering: helpers, returns, extensions,
//! pauses, calls. A new round begins with an empty one; the old one stays with its round.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::direction::Direction;
use super::disclosure::Disclosure;
use super::event::{Breached, Enclosed, Means, Outcome, Solved, Trips};
use super::exclusion::Exclusion;
use super::held::Held;
use super::slip::Slip;
use super::visit::Visit;
use crate::county::TimeClass;

fn is_none_yet(count: &u8) -> bool {
    *count == 0
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Course {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub helpers: Vec<Helping>,
    /// How often it was asked to be taken back; counted over departments.
    pub returns: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_asked_at: Option<Timestamp>,
    /// The platform's director has decided who has it.
    pub appointed: bool,
    /// To which department the lead wants to give it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handover_to: Option<String>,
    /// Those that had it before, the first one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Reclassed>,
    /// When she was promised a new time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
    /// Times at which the clock stood still and runs again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<(Timestamp, Timestamp)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// What shall go with the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Enclosed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted: Option<Submitted>,
    /// When the department handed in what the platform then passed: that time counts for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_in_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls_back: Vec<CallBack>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Breach>,
    /// How often the platform has telephoned or written to the department about it.
    pub supervisions: u8,
    /// How many of these were slips.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub slips: u8,
    /// The last one of the department that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slip: Option<Slip>,
    /// How often she was reminded of what she is asked now.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub reminded: u8,
    /// Whether this round counts for the department that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusion: Option<Exclusion>,
    /// Whether the department that has it may know whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<Disclosure>,
    /// By when the department that has it promised to be done, on the telephone or in writing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promise_at: Option<Timestamp>,
    /// From when on what it promises has an end: the first call, or its answer to the first slip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called_at: Option<Timestamp>,
    /// The platform's director has taken the word of the department for that day.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub promise_is_taken: bool,
    /// The head of the department that has it has looked at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Timestamp>,
    /// Not content with the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disputed_at: Option<Timestamp>,
    /// The end of the time of which the department was told that most is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warned_of: Option<Timestamp>,
    /// And of which it was told once more shortly before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_called_of: Option<Timestamp>,
    /// Interviews of the department's head about it, by their ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interviews: Vec<String>,
    /// What a leader wrote last, over all rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trips: Option<Trips>,
    /// When somebody of the department came, as it says with its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visited_at: Option<Timestamp>,
    /// When somebody is to come, as it was agreed with her.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<Visit>,
    /// Accepted by the clock: nobody said so in time.
    pub accepted_silently: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noted_plan_at: Option<Timestamp>,
}

/// The class from then on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reclassed {
    pub at: Timestamp,
    pub from: TimeClass,
    pub to: TimeClass,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Helping {
    pub department: String,
    pub due_at: Timestamp,
    pub replied_at: Option<Timestamp>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    pub asked_at: Timestamp,
    /// Who asked may not grant it.
    pub asked_by: Option<String>,
    /// Working days.
    pub days: u8,
    pub reason: String,
    /// `None`: not decided yet.
    pub granted: Option<bool>,
}

/// The clock stands still.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    pub at: Timestamp,
    /// What she was asked, or what is planned.
    pub why: String,
    /// Of a plan: its day.
    pub until: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub at: Timestamp,
    pub means: Means,
    pub reached: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submitted {
    pub at: Timestamp,
    /// Who wrote it may not pass it.
    pub by: Option<String>,
    pub outcome: Outcome,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallBack {
    pub at: Timestamp,
    pub means: Means,
    pub reached: bool,
    pub solved: Option<Solved>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    pub limit: Breached,
    pub department: Option<String>,
    pub due_at: Timestamp,
    pub at: Timestamp,
}

impl Course {
    /// A visit speaks for itself: she was reached.
    pub fn visited(&mut self, at: Option<Timestamp>) {
        if let Some(at) = at.filter(|at| self.visited_at != Some(*at)) {
            self.visited_at = Some(at);
            self.contacts.push(Contact { at, means: Means::Visit, reached: true });
        }
    }

    pub fn first_contact(&self) -> Option<Timestamp> {
        self.contacts.iter().find(|contact| contact.reached).map(|contact| contact.at)
    }

    /// One that nobody has decided when the case leaves the department.
    pub fn refuse_open_extension(&mut self) {
        if let Some(open) = self.extensions.last_mut().filter(|one| one.granted.is_none()) {
            open.granted = Some(false);
        }
    }

    pub fn is_excluded(&self) -> bool {
        self.exclusion.as_ref().is_some_and(Exclusion::is_granted)
    }

    pub fn decide_disclosure(&mut self, granted: bool) {
        if let Some(open) = &mut self.disclosure {
            open.granted = Some(granted);
        }
    }

    pub fn has_breached(&self, limit: Breached) -> bool {
        self.breaches.iter().any(|breach| breach.limit == limit)
    }

    pub fn has_breached_by(&self, limit: Breached, department: &str) -> bool {
        let by = |one: &Breach| one.department.as_deref() == Some(department);
        self.breaches.iter().any(|breach| breach.limit == limit && by(breach))
    }

    /// Noted already, of a time that ended at `due_at`? A department answers for its own time only,
    /// so what its predecessor was late with is noted apart; and what is to be done again and again
    /// is missed anew each time.
    pub fn is_noted(&self, limit: Breached, department: Option<&str>, due_at: Timestamp) -> bool {
        if limit == Breached::Direction {
            return self.direction.as_ref().is_some_and(|direction| direction.is_late);
        }
        // It outlives the round.
        if limit == Breached::Direction {
            return self.direction.as_ref().is_some_and(|direction| direction.is_late);
        }
        use Breached::{Contact, Handling, Intake, Promise, Slip};
        let own = matches!(limit, Contact | Handling | Promise | Slip);
        let once = matches!(limit, Contact | Handling | Intake);
        self.breaches.iter().any(|one| {
            one.limit == limit
                && (!own || one.department.as_deref() == department)
                && (once || one.due_at >= due_at)
        })
    }

    /// Of the time that ends then.
    pub fn is_warned(&self, last: bool, due_at: Timestamp) -> bool {
        let of = if last { self.last_called_of } else { self.warned_of };
        of == Some(due_at)
    }

    /// The department that had it has it no more: what it was told and promised was its own.
    pub fn leave_department(&mut self) {
        self.helpers.clear();
        self.files.clear();
        self.handover_to = None;
        self.visit = None;
        self.promise_at = None;
        self.called_at = None;
        self.promise_is_taken = false;
        self.signed_at = None;
        self.slip = None;
        self.disclosure = None;
        self.exclusion = None;
        self.warned_of = None;
        self.last_called_of = None;
    }

    pub fn extensions_granted(&self) -> usize {
        self.extensions.iter().filter(|one| one.granted == Some(true)).count()
    }
}
