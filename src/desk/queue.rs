//! The queues of a desk: what waits for whom. A case is in one because of how it stands, so
//! nothing is put in or taken out.

use jiff::Timestamp;

use super::case::Case;
use super::event::Grade;
use super::lateness::Standing;
use super::state::State;
use crate::calendar::Calendar;
use crate::county::words;

/// Nobody is called more often after one answer.
const CALLS_MAX: usize = 3;

words! {
    Queue {
        // Of the platform.
        Intake "intake" "待受理",
        Again "again" "重办待派",
        Returns "returns" "退单待审",
        Extensions "extensions" "延期待审",
        Reviews "reviews" "待审核",
        Supervision "supervision" "待督办",
        CallBacks "call_backs" "待回访",
        /// Of its director: not content with the last answer of a department.
        Final "final" "待最终答复",
        // Of a department.
        ToAccept "to_accept" "待签收",
        InHand "in_hand" "办理中",
        Soon "soon" "临期",
        Late "late" "超期",
        Helping "helping" "协办",
        Answered "answered" "已答复",
    }
}

/// Who looks at a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'d> {
    Platform,
    Department(&'d str),
}

impl Queue {
    pub const OF_PLATFORM: [Queue; 8] = [
        Queue::Intake,
        Queue::Again,
        Queue::Returns,
        Queue::Extensions,
        Queue::Reviews,
        Queue::Supervision,
        Queue::CallBacks,
        Queue::Final,
    ];
    pub const OF_DEPARTMENT: [Queue; 6] =
        [Queue::ToAccept, Queue::InHand, Queue::Soon, Queue::Late, Queue::Helping, Queue::Answered];

    pub fn is_of_platform(self) -> bool {
        Self::OF_PLATFORM.contains(&self)
    }

    /// All in this state are in it, and no others.
    pub fn state(self) -> Option<State> {
        match self {
            Queue::Intake => Some(State::Received),
            Queue::Again => Some(State::Redo),
            Queue::Returns => Some(State::ReturnAsked),
            Queue::Extensions => Some(State::ExtensionAsked),
            Queue::Reviews => Some(State::Reviewing),
            _ => None,
        }
    }

    pub fn holds(self, case: &Case, whose: Whose<'_>, now: Timestamp, calendar: &Calendar) -> bool {
        match whose {
            Whose::Platform => self.state().map_or_else(
                || match self {
                    Queue::Supervision => is_to_be_supervised(case, now),
                    Queue::CallBacks => is_to_be_called_back(case),
                    Queue::Final => case.is_disputed(),
                    _ => false,
                },
                |state| case.state == state,
            ),
            Whose::Department(own) => self.holds_of(case, own, now, calendar),
        }
    }

    fn holds_of(self, case: &Case, own: &str, now: Timestamp, calendar: &Calendar) -> bool {
        if self == Queue::Helping {
            let owes =
                |one: &super::course::Helping| one.department == own && one.replied_at.is_none();
            return is_worked_on(case) && case.course.helpers.iter().any(owes);
        }
        if case.department.as_deref() != Some(own) {
            return false;
        }
        match self {
            Queue::ToAccept => matches!(case.state, State::Dispatched | State::Redo),
            Queue::InHand => is_worked_on(case) && case.state != State::Dispatched,
            Queue::Soon => case.standing(now, calendar) == Standing::Amber,
            Queue::Late => case.is_late(now),
            Queue::Answered => matches!(case.state, State::Replied),
            _ => false,
        }
    }
}

/// The answer is still to come, and not from the platform.
fn is_worked_on(case: &Case) -> bool {
    matches!(
        case.state,
        State::Dispatched
            | State::ReturnAsked
            | State::Handling
            | State::NeedInfo
            | State::ExtensionAsked
            | State::Deferred
    )
}

/// A department is late with it, and no promise of a later day is running.
fn is_to_be_supervised(case: &Case, now: Timestamp) -> bool {
    let promised = case.course.promise_at.is_some_and(|until| now < until);
    case.department.is_some() && case.is_late(now) && !promised
}

/// Answered, and it must be asked whether it is so: she told of danger, complains or reports,
/// or she was not content. (County rules: not those who rated well.)
fn is_to_be_called_back(case: &Case) -> bool {
    let calls = &case.course.calls_back;
    let is_content = case.rating.is_some_and(Grade::is_content);
    let matters = case.danger || case.rating.is_some() || case.is_called_back();
    case.state == State::Replied
        && matters
        && !is_content
        && calls.len() < CALLS_MAX
        && !calls.iter().any(|call| call.solved.is_some())
}
