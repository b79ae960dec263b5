//! The states of a case and the one table of what may follow what, who may do it, on what
//! condition, and what the villager is told. `decide`, the fold, the notices and the pages read it.

use super::event::Change;
use super::words::words;

words! {
    State {
        Received "received" "待受理",
        Dispatched "dispatched" "待签收",
        Handling "handling" "办理中",
        /// Answered; the villager's rating is awaited.
        Replied "replied" "已答复待评价",
        /// Not content: the same department again, or another one.
        Redo "redo" "重办",
        Closed "closed" "办结",
        /// By herself, before there was an answer.
        Withdrawn "withdrawn" "已撤回",
    }
}

impl State {
    /// What the villager is shown.
    pub fn shown(self) -> &'static str {
        match self {
            State::Received => "已收到",
            State::Dispatched => "已转办",
            State::Handling => "办理中",
            State::Replied => "已答复，请评价",
            State::Redo => "重新办理",
            State::Closed => "已办结",
            State::Withdrawn => "您已撤回",
        }
    }

    pub fn is_open(self) -> bool {
        !matches!(self, State::Closed | State::Withdrawn)
    }
}

words! {
    /// The kinds of [`Change`], without what they carry.
    Step {
        Received "received" "收到",
        Dispatched "dispatched" "派单",
        Accepted "accepted" "签收",
        Progress "progress" "办理",
        Replied "replied" "答复",
        Rated "rated" "评价",
        Reopened "reopened" "重办",
        Closed "closed" "办结",
        Urged "urged" "催办",
        Supplemented "supplemented" "补充",
        Withdrawn "withdrawn" "撤回",
    }
}

impl Change {
    pub fn step(&self) -> Step {
        match self {
            Change::Received { .. } => Step::Received,
            Change::Dispatched { .. } => Step::Dispatched,
            Change::Accepted => Step::Accepted,
            Change::Progress { .. } => Step::Progress,
            Change::Replied { .. } => Step::Replied,
            Change::Rated { .. } => Step::Rated,
            Change::Reopened { .. } => Step::Reopened,
            Change::Closed { .. } => Step::Closed,
            Change::Urged => Step::Urged,
            Change::Supplemented { .. } => Step::Supplemented,
            Change::Withdrawn { .. } => Step::Withdrawn,
        }
    }
}

words! {
    /// Who may take a step.
    Party {
        /// The villager whose case it is, nobody else's.
        Owner "owner" "本人",
        Staff "staff" "工作人员",
        /// The clock.
        System "system" "系统",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// `None`: there is no case yet.
    pub from: Option<State>,
    pub step: Step,
    pub to: State,
    pub who: &'static [Party],
    /// The condition, for the manual; the code of it is in `decide`.
    pub guard: &'static str,
    /// The id of the notice to the villager.
    pub told: Option<&'static str>,
}

const OWNER: &[Party] = &[Party::Owner];
const STAFF: &[Party] = &[Party::Staff];
const FILERS: &[Party] = &[Party::Owner, Party::Staff];
/// Silence is acceptance: the clock may accept for a department.
const ACCEPTERS: &[Party] = &[Party::Staff, Party::System];
const ALL: &[Party] = &[Party::Owner, Party::Staff, Party::System];

const URGE: &str = "还没答复；24小时一次";
const ADD: &str = "还没答复；有文字、照片或语音；最多20次";
const TAKE_BACK: &str = "还没答复过；不是举报；不关安全";

const fn row(
    from: State,
    step: Step,
    to: State,
    who: &'static [Party],
    guard: &'static str,
    told: Option<&'static str>,
) -> Transition {
    Transition { from: Some(from), step, to, who, guard, told }
}

use State as S;

#[rustfmt::skip]
pub const TRANSITIONS: [Transition; 24] = [
    Transition {
        from: None, step: Step::Received, to: S::Received, who: FILERS,
        guard: "有文字、照片或语音；类别在目录里",
        told: Some("received"),
    },
    row(S::Received, Step::Dispatched, S::Dispatched, STAFF, "部门在名单里", Some("dispatched")),
    row(S::Dispatched, Step::Dispatched, S::Dispatched, STAFF, "换一个部门；承诺时间不变", Some("rerouted")),
    row(S::Handling, Step::Dispatched, S::Dispatched, STAFF, "换一个部门；承诺时间不变", Some("rerouted")),
    row(S::Redo, Step::Dispatched, S::Dispatched, STAFF, "部门在名单里，可以是原部门", Some("dispatched")),
    row(S::Dispatched, Step::Accepted, S::Handling, ACCEPTERS, "工作人员签收；到时未签收视同签收", None),
    row(S::Redo, Step::Accepted, S::Handling, ACCEPTERS, "工作人员签收；到时未签收视同签收", None),
    row(S::Handling, Step::Progress, S::Handling, STAFF, "没签收的一并签收", Some("progress")),
    row(S::Handling, Step::Replied, S::Replied, STAFF, "没签收的一并签收；结果在名单里；至少15个字", Some("replied")),
    row(S::Replied, Step::Rated, S::Replied, OWNER, "每轮一次", None),
    row(S::Replied, Step::Reopened, S::Redo, OWNER, "不满意，且不超过两轮", Some("redo")),
    row(S::Replied, Step::Closed, S::Closed, ALL, "满意或基本满意；到期未评价；工作人员写明理由", Some("closed")),
    row(S::Received, Step::Closed, S::Closed, STAFF, "不属于受理范围等，写明理由", Some("closed")),
    row(S::Received, Step::Urged, S::Received, OWNER, URGE, None),
    row(S::Dispatched, Step::Urged, S::Dispatched, OWNER, URGE, None),
    row(S::Handling, Step::Urged, S::Handling, OWNER, URGE, None),
    row(S::Redo, Step::Urged, S::Redo, OWNER, URGE, None),
    row(S::Received, Step::Supplemented, S::Received, OWNER, ADD, None),
    row(S::Dispatched, Step::Supplemented, S::Dispatched, OWNER, ADD, None),
    row(S::Handling, Step::Supplemented, S::Handling, OWNER, ADD, None),
    row(S::Redo, Step::Supplemented, S::Redo, OWNER, ADD, None),
    row(S::Received, Step::Withdrawn, S::Withdrawn, OWNER, TAKE_BACK, None),
    row(S::Dispatched, Step::Withdrawn, S::Withdrawn, OWNER, TAKE_BACK, None),
    row(S::Handling, Step::Withdrawn, S::Withdrawn, OWNER, TAKE_BACK, None),
];

/// The row for this step from that state; `None` when it may not follow.
pub fn transition(from: Option<State>, step: Step) -> Option<&'static Transition> {
    TRANSITIONS.iter().find(|row| row.from == from && row.step == step)
}
