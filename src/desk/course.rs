//! What happens within one round besides sending and answering: helpers, returns, extensions,
//! pauses, calls. A new round begins with an empty one; the old one stays with its round.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{Breached, Means, Outcome, Solved};

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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
    /// Times at which the clock stood still and runs again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<(Timestamp, Timestamp)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted: Option<Submitted>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls_back: Vec<CallBack>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Breach>,
    /// How often the platform has telephoned about it.
    pub supervisions: u8,
    /// By when the department that has it promised on the telephone to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promise_at: Option<Timestamp>,
    /// The end of the time of which the department was told that most is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warned_of: Option<Timestamp>,
    /// Interviews of the department's head about it, by their ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interviews: Vec<String>,
    /// Accepted by the clock: nobody said so in time.
    pub accepted_silently: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noted_plan_at: Option<Timestamp>,
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
    pub fn first_contact(&self) -> Option<Timestamp> {
        self.contacts.iter().find(|contact| contact.reached).map(|contact| contact.at)
    }

    /// One that nobody has decided when the case leaves the department.
    pub fn refuse_open_extension(&mut self) {
        if let Some(open) = self.extensions.last_mut().filter(|one| one.granted.is_none()) {
            open.granted = Some(false);
        }
    }

    pub fn has_breached(&self, limit: Breached) -> bool {
        self.breaches.iter().any(|breach| breach.limit == limit)
    }

    /// Noted already? A department answers for its own time only, so what its predecessor was
    /// late with is noted apart.
    pub fn is_noted(&self, limit: Breached, department: Option<&str>) -> bool {
        let own = matches!(limit, Breached::Handling | Breached::Promise);
        self.breaches
            .iter()
            .any(|one| one.limit == limit && (!own || one.department.as_deref() == department))
    }

    pub fn extensions_granted(&self) -> usize {
        self.extensions.iter().filter(|one| one.granted == Some(true)).count()
    }
}
