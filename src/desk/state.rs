//! The states of a case, and what may follow what.

use serde::{Deserialize, Serialize};

use super::{Grade, Outcome};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Received,
    Dispatched,
    Handling,
    Replied,
    Redo,
    Closed,
}

/// Who does something to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Villager,
    Staff,
}

/// The steps of this table are all there are; `decide` adds the guards.
/// From, step, to, who. A villager's dissatisfaction leads to `Redo`, or stays `Replied` once
/// the rounds are used up: then staff closes.
pub const TRANSITIONS: &[(State, Step, State, Who)] = {
    use State::{Closed, Dispatched, Handling, Received, Redo, Replied};
    use Step::{Accept, Close, Dispatch, Progress, Rate, Reply};
    &[
        (Received, Dispatch, Dispatched, Who::Staff),
        (Dispatched, Dispatch, Dispatched, Who::Staff),
        (Handling, Dispatch, Dispatched, Who::Staff),
        (Redo, Dispatch, Dispatched, Who::Staff),
        (Dispatched, Accept, Handling, Who::Staff),
        (Redo, Accept, Handling, Who::Staff),
        (Dispatched, Progress, Handling, Who::Staff),
        (Handling, Progress, Handling, Who::Staff),
        (Redo, Progress, Handling, Who::Staff),
        (Received, Reply, Replied, Who::Staff),
        (Dispatched, Reply, Replied, Who::Staff),
        (Handling, Reply, Replied, Who::Staff),
        (Redo, Reply, Replied, Who::Staff),
        (Replied, Rate, Closed, Who::Villager),
        (Replied, Close, Closed, Who::Staff),
    ]
};

/// What can be done to a case that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Dispatch,
    Accept,
    Progress,
    Reply,
    Rate,
    Close,
}

impl Step {
    pub fn id(self) -> &'static str {
        match self {
            Step::Dispatch => "dispatch",
            Step::Accept => "accept",
            Step::Progress => "progress",
            Step::Reply => "reply",
            Step::Rate => "rate",
            Step::Close => "close",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Step::Dispatch => "派单",
            Step::Accept => "签收",
            Step::Progress => "记进展",
            Step::Reply => "答复",
            Step::Rate => "评价",
            Step::Close => "办结",
        }
    }
}

impl State {
    pub const ALL: [State; 6] = [
        State::Received,
        State::Dispatched,
        State::Handling,
        State::Replied,
        State::Redo,
        State::Closed,
    ];

    /// Stable: it is stored and stands in keys.
    pub fn id(self) -> &'static str {
        match self {
            State::Received => "received",
            State::Dispatched => "dispatched",
            State::Handling => "handling",
            State::Replied => "replied",
            State::Redo => "redo",
            State::Closed => "closed",
        }
    }

    /// For staff.
    pub fn name(self) -> &'static str {
        match self {
            State::Received => "待派单",
            State::Dispatched => "待签收",
            State::Handling => "办理中",
            State::Replied => "已答复待评价",
            State::Redo => "重办",
            State::Closed => "办结",
        }
    }

    /// For the villager.
    pub fn told(self) -> &'static str {
        match self {
            State::Received => "已收到",
            State::Dispatched => "已转到部门",
            State::Handling => "正在办理",
            State::Replied => "已答复，请评价",
            State::Redo => "正在重新办理",
            State::Closed => "已办结",
        }
    }

    /// Somebody still has to do something about it.
    pub fn is_open(self) -> bool {
        self != State::Closed
    }

    /// The time limit runs.
    pub fn is_running(self) -> bool {
        !matches!(self, State::Replied | State::Closed)
    }

    /// Where `step` leads, if the table has it.
    pub fn after(self, step: Step, who: Who) -> Option<State> {
        TRANSITIONS
            .iter()
            .find(|(from, done, _, by)| (*from, *done, *by) == (self, step, who))
            .map(|(_, _, to, _)| *to)
    }

    /// What staff may do now.
    pub fn staff_steps(self) -> Vec<Step> {
        TRANSITIONS
            .iter()
            .filter(|(from, _, _, by)| *from == self && *by == Who::Staff)
            .map(|(_, step, _, _)| *step)
            .collect()
    }
}

impl Grade {
    pub const ALL: [Grade; 3] = [Grade::Satisfied, Grade::Fair, Grade::Dissatisfied];

    pub fn id(self) -> &'static str {
        match self {
            Grade::Satisfied => "satisfied",
            Grade::Fair => "fair",
            Grade::Dissatisfied => "dissatisfied",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Grade::Satisfied => "满意",
            Grade::Fair => "基本满意",
            Grade::Dissatisfied => "不满意",
        }
    }

    /// By id, by name, or by the digit that the notice names (1, 2, 3).
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .zip(["1", "2", "3"])
            .find(|(grade, digit)| text == grade.id() || text == grade.name() || text == *digit)
            .map(|(grade, _)| grade)
    }
}

impl Outcome {
    pub const ALL: [Outcome; 7] = [
        Outcome::Solved,
        Outcome::PartlySolved,
        Outcome::Explained,
        Outcome::Planned,
        Outcome::NoAuthority,
        Outcome::Unreasonable,
        Outcome::Unreachable,
    ];

    pub fn id(self) -> &'static str {
        match self {
            Outcome::Solved => "solved",
            Outcome::PartlySolved => "partly_solved",
            Outcome::Explained => "explained",
            Outcome::Planned => "planned",
            Outcome::NoAuthority => "no_authority",
            Outcome::Unreasonable => "unreasonable",
            Outcome::Unreachable => "unreachable",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Outcome::Solved => "已解决",
            Outcome::PartlySolved => "部分解决",
            Outcome::Explained => "解释说明",
            Outcome::Planned => "列入计划",
            Outcome::NoAuthority => "无权办理",
            Outcome::Unreasonable => "诉求不合理",
            Outcome::Unreachable => "无法联系",
        }
    }

    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.id() == id)
    }
}
