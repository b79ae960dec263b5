//! The states of a case and the one table of what may follow what, who may do it, on what
//! condition, and what the villager is told. `decide`, the fold, the notices and the pages read it.

use super::event::Change;
use crate::county::words;

words! {
    State {
        Received "received" "待受理",
        Dispatched "dispatched" "待签收",
        /// The department says that it is not its matter; the platform decides.
        ReturnAsked "return_asked" "退单待审",
        Handling "handling" "办理中",
        /// The clock stands still until the villager has answered.
        NeedInfo "need_info" "待补充",
        ExtensionAsked "extension_asked" "延期待审",
        /// Planned for a later date; the clock stands still.
        Deferred "deferred" "挂账",
        /// The answer waits for the platform.
        Reviewing "reviewing" "待审核",
        /// Answered; the villager's rating is awaited.
        Replied "replied" "已答复待评价",
        /// Not content: the same department again, or another one.
        Redo "redo" "重办",
        Closed "closed" "办结",
        /// The last word after two rounds; other ways of law are named.
        Final "final" "最终答复",
        Rejected "rejected" "不予受理",
        /// Goes on under another case; hears the same.
        Merged "merged" "已并案",
        /// By herself, before there was an answer.
        Withdrawn "withdrawn" "已撤回",
        Archived "archived" "已归档",
    }
}

impl State {
    /// What the villager is shown.
    pub fn shown(self) -> &'static str {
        match self {
            State::Received => "已收到",
            State::Dispatched | State::ReturnAsked => "已转办",
            State::Handling | State::ExtensionAsked | State::Reviewing => "办理中",
            State::NeedInfo => "等您补充",
            State::Deferred => "已列入计划",
            State::Replied => "已答复，请评价",
            State::Redo => "重新办理",
            State::Closed => "已办结",
            State::Final => "已最终答复",
            State::Rejected => "没有受理",
            State::Merged => "和别的事一起办",
            State::Withdrawn => "您已撤回",
            State::Archived => "已办结",
        }
    }

    /// Somebody has still to do something.
    pub fn is_open(self) -> bool {
        !ENDED.contains(&self) && self != State::Archived
    }

    /// The time that was promised does not run.
    pub fn stands_still(self) -> bool {
        matches!(self, State::NeedInfo | State::Deferred)
    }
}

words! {
    /// The kinds of [`Change`], without what they carry.
    Step {
        Received "received" "收到",
        Answered "answered" "直接答复",
        Rejected "rejected" "不予受理",
        Dispatched "dispatched" "派单",
        Accepted "accepted" "签收",
        ReturnAsked "return_asked" "申请退单",
        ReturnRefused "return_refused" "不同意退单",
        HandoverAsked "handover_asked" "申请流转",
        HandoverDeclined "handover_declined" "不接流转",
        Progress "progress" "办理",
        Contacted "contacted" "联系群众",
        VisitAgreed "visit_agreed" "约上门",
        VisitCancelled "visit_cancelled" "取消上门",
        VisitNoted "visit_noted" "记上门",
        CoReplied "co_replied" "协办意见",
        InfoAsked "info_asked" "请群众补充",
        Resumed "resumed" "恢复计时",
        ExtensionAsked "extension_asked" "申请延期",
        ExtensionGranted "extension_granted" "同意延期",
        ExtensionRefused "extension_refused" "不同意延期",
        Deferred "deferred" "挂账",
        Submitted "submitted" "提交审核",
        ReviewReturned "review_returned" "退回修改",
        Attached "attached" "加附件",
        Detached "detached" "撤下附件",
        Replied "replied" "答复",
        Rated "rated" "评价",
        CalledBack "called_back" "回访",
        Reopened "reopened" "重办",
        FinalReplied "final_replied" "最终答复",
        Closed "closed" "办结",
        Urged "urged" "催办",
        Supplemented "supplemented" "补充",
        Withdrawn "withdrawn" "撤回",
        Merged "merged" "并案",
        Unmerged "unmerged" "撤销并案",
        Joined "joined" "并入一件",
        Parted "parted" "撤走一件",
        Hidden "hidden" "设为保密",
        DisclosureAsked "disclosure_asked" "申请看诉求人信息",
        DisclosureGranted "disclosure_granted" "同意看诉求人信息",
        DisclosureRefused "disclosure_refused" "不同意看诉求人信息",
        ExclusionAsked "exclusion_asked" "申请不计考核",
        ExclusionApproved "exclusion_approved" "同意不计考核",
        ExclusionRefused "exclusion_refused" "不同意不计考核",
        /// She is asked once more.
        Reminded "reminded" "提醒群众",
        Noted "noted" "备注",
        Signed "signed" "负责人签字",
        Redacted "redacted" "遮盖",
        Relocated "relocated" "改地点",
        KindChanged "kind_changed" "改诉求类型",
        Reclassified "reclassified" "改时限类别",
        Promised "promised" "重新答应时间",
        CoSigned "co_signed" "加联名人",
        Breached "breached" "到时未办",
        Supervised "supervised" "督办",
        SlipSent "slip_sent" "发督办单",
        SlipAnswered "slip_answered" "书面答复督办单",
        Directed "directed" "批示",
        DirectionAnswered "direction_answered" "答复批示",
        Warned "warned" "临期提醒",
        Interviewed "interviewed" "约谈",
        Recomputed "recomputed" "重算时限",
        ErrandMoved "errand_moved" "代办进度",
        ErrandKept "errand_kept" "代办记录",
        Archived "archived" "归档",
    }
}

impl Change {
    pub fn step(&self) -> Step {
        match self {
            Change::Received { .. } => Step::Received,
            Change::Answered { .. } => Step::Answered,
            Change::Rejected { .. } => Step::Rejected,
            Change::Dispatched { .. } => Step::Dispatched,
            Change::Accepted => Step::Accepted,
            Change::ReturnAsked { .. } => Step::ReturnAsked,
            Change::ReturnRefused { .. } => Step::ReturnRefused,
            Change::HandoverAsked { .. } => Step::HandoverAsked,
            Change::HandoverDeclined { .. } => Step::HandoverDeclined,
            Change::Progress { .. } => Step::Progress,
            Change::Contacted { .. } => Step::Contacted,
            Change::VisitAgreed { .. } => Step::VisitAgreed,
            Change::VisitCancelled { .. } => Step::VisitCancelled,
            Change::VisitNoted { .. } => Step::VisitNoted,
            Change::CoReplied { .. } => Step::CoReplied,
            Change::InfoAsked { .. } => Step::InfoAsked,
            Change::Resumed { .. } => Step::Resumed,
            Change::ExtensionAsked { .. } => Step::ExtensionAsked,
            Change::ExtensionGranted { .. } => Step::ExtensionGranted,
            Change::ExtensionRefused { .. } => Step::ExtensionRefused,
            Change::Deferred { .. } => Step::Deferred,
            Change::Submitted { .. } => Step::Submitted,
            Change::ReviewReturned { .. } => Step::ReviewReturned,
            Change::Attached { .. } => Step::Attached,
            Change::Detached { .. } => Step::Detached,
            Change::Replied { .. } => Step::Replied,
            Change::Rated { .. } => Step::Rated,
            Change::CalledBack { .. } => Step::CalledBack,
            Change::Reopened { .. } => Step::Reopened,
            Change::FinalReplied { .. } => Step::FinalReplied,
            Change::Closed { .. } => Step::Closed,
            Change::Urged => Step::Urged,
            Change::Supplemented { .. } => Step::Supplemented,
            Change::Withdrawn { .. } => Step::Withdrawn,
            Change::Merged { .. } => Step::Merged,
            Change::Unmerged { .. } => Step::Unmerged,
            Change::Joined { .. } => Step::Joined,
            Change::Parted { .. } => Step::Parted,
            Change::Hidden { .. } => Step::Hidden,
            Change::DisclosureAsked { .. } => Step::DisclosureAsked,
            Change::DisclosureGranted => Step::DisclosureGranted,
            Change::DisclosureRefused { .. } => Step::DisclosureRefused,
            Change::ExclusionAsked { .. } => Step::ExclusionAsked,
            Change::ExclusionApproved => Step::ExclusionApproved,
            Change::ExclusionRefused { .. } => Step::ExclusionRefused,
            Change::Reminded => Step::Reminded,
            Change::Noted { .. } => Step::Noted,
            Change::Signed { .. } => Step::Signed,
            Change::Redacted { .. } => Step::Redacted,
            Change::Relocated { .. } => Step::Relocated,
            Change::KindChanged { .. } => Step::KindChanged,
            Change::Reclassified { .. } => Step::Reclassified,
            Change::Promised { .. } => Step::Promised,
            Change::CoSigned { .. } => Step::CoSigned,
            Change::Breached { .. } => Step::Breached,
            Change::Supervised { .. } => Step::Supervised,
            Change::SlipSent { .. } => Step::SlipSent,
            Change::SlipAnswered { .. } => Step::SlipAnswered,
            Change::Directed { .. } => Step::Directed,
            Change::DirectionAnswered { .. } => Step::DirectionAnswered,
            Change::Warned { .. } => Step::Warned,
            Change::Interviewed { .. } => Step::Interviewed,
            Change::Recomputed { .. } => Step::Recomputed,
            Change::ErrandMoved { .. } => Step::ErrandMoved,
            Change::ErrandKept { .. } => Step::ErrandKept,
            Change::Archived => Step::Archived,
        }
    }
}

words! {
    /// Who may take a step: what somebody is to this one case.
    Party {
        /// The villager whose case it is, nobody else's.
        Owner "owner" "本人",
        /// Who signed with her: she adds to it and asks for haste, and ends nothing that is not hers.
        Signer "signer" "一起反映的人",
        /// Any other villager: she may sign, and learns nothing else.
        Neighbour "neighbour" "邻居",
        /// Who sits in the village shop and speaks for those who can not.
        Agent "agent" "代办员",
        /// Another platform of the county, with numbers of its own.
        Source "source" "来件平台",
        /// A department or township before which somebody stands and tells it.
        Counter "counter" "登记窗口",
        Staff "staff" "平台",
        Director "director" "平台负责人",
        /// Telephones departments that are late.
        Supervisor "supervisor" "督办员",
        /// The department that has it.
        Lead "lead" "主办单位",
        /// The head of the department that has it.
        Head "head" "承办单位负责人",
        /// One that helps.
        Co "co" "协办单位",
        /// The one to which the lead wants to hand it over.
        Receiver "receiver" "接办单位",
        /// Calls in the heads of departments that stay late.
        Organisation "organisation" "组织部",
        /// Reads what is late, without names, and writes on it.
        Leader "leader" "领导",
        /// The clock.
        System "system" "系统",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Empty: there is no case yet.
    pub from: &'static [State],
    pub step: Step,
    /// `None`: the state stays.
    pub to: Option<State>,
    pub who: &'static [Party],
    /// The condition, for the manual; the code of it is in `decide`.
    pub guard: &'static str,
    /// The id of the notice to the villager.
    pub told: Option<&'static str>,
}

use Party as P;
use State as S;

/// One list behind the other; `N` is the length of both.
const fn joined<const N: usize>(first: &[State], second: &[State]) -> [State; N] {
    assert!(first.len() + second.len() == N);
    let mut all = [S::Archived; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { second[at - first.len()] };
        at += 1;
    }
    all
}

const ENDED: &[State] = &[S::Closed, S::Final, S::Rejected, S::Withdrawn];
const UNANSWERED: &[State] = &[
    S::Received,
    S::Dispatched,
    S::ReturnAsked,
    S::Handling,
    S::NeedInfo,
    S::ExtensionAsked,
    S::Deferred,
    S::Reviewing,
    S::Redo,
];
const OPEN: &[State] = &joined::<11>(UNANSWERED, &[S::Replied, S::Merged]);
const NOT_ARCHIVED: &[State] = &joined::<15>(OPEN, ENDED);
/// An errand may be answered and closed before the last of its steps.
const RUN: &[State] = &joined::<12>(UNANSWERED, &[S::Replied, S::Closed, S::Final]);
/// Its time runs, and the answer is still to come.
const RUNNING: &[State] =
    &[S::Received, S::Dispatched, S::ReturnAsked, S::Handling, S::ExtensionAsked, S::Redo];
/// Before the answer of the first round is on its way.
const YOUNG: &[State] =
    &[S::Received, S::Dispatched, S::ReturnAsked, S::Handling, S::NeedInfo, S::ExtensionAsked];
const WITH_DEPARTMENT: &[State] =
    &[S::Dispatched, S::ReturnAsked, S::Handling, S::NeedInfo, S::ExtensionAsked, S::Deferred];
/// While somebody may be on her way to her.
const VISITED: &[State] =
    &[S::ReturnAsked, S::Handling, S::NeedInfo, S::ExtensionAsked, S::Deferred, S::Reviewing];
/// Some department has it, or has answered.
const LED: &[State] = &joined::<9>(WITH_DEPARTMENT, &[S::Reviewing, S::Redo, S::Replied]);

const HERS: &[Party] = &[P::Owner, P::Agent];
const STAFF: &[Party] = &[P::Staff];
const DIRECTOR: &[Party] = &[P::Director];
/// A department without a terminal telephones; the platform types it.
const LEAD: &[Party] = &[P::Lead, P::Staff];
const CLOCK: &[Party] = &[P::System];

const fn row(
    from: &'static [State],
    step: Step,
    to: Option<State>,
    who: &'static [Party],
    guard: &'static str,
    told: Option<&'static str>,
) -> Transition {
    Transition { from, step, to, who, guard, told }
}

#[rustfmt::skip]
pub const TRANSITIONS: &[Transition] = &[
    row(&[], Step::Received, Some(S::Received), &[P::Owner, P::Agent, P::Staff, P::Source, P::Counter], "有文字、照片或语音；类别在目录里", Some("received")),
    row(&[S::Received], Step::Answered, Some(S::Replied), &[P::Staff, P::Agent], "写明依据；至少15个字", Some("replied")),
    row(&[S::Received], Step::Rejected, Some(S::Rejected), STAFF, "理由在名单里；写明该找谁", Some("rejected")),
    row(&[S::Received], Step::Dispatched, Some(S::Dispatched), &[P::Staff, P::System], "部门在名单里；系统只派标了 auto、不用人看的", Some("dispatched")),
    row(&[S::Redo], Step::Dispatched, Some(S::Dispatched), STAFF, "部门在名单里；可以是原部门", Some("dispatched")),
    row(&[S::Dispatched, S::ReturnAsked, S::ExtensionAsked], Step::Dispatched, Some(S::Dispatched), STAFF, "换一个部门；答应的时间不变", Some("rerouted")),
    row(&[S::Handling], Step::Dispatched, Some(S::Dispatched), &[P::Staff, P::Receiver], "换一个部门，或对方同意接办；答应的时间不变", Some("rerouted")),
    row(&[S::Dispatched, S::Redo], Step::Accepted, Some(S::Handling), &[P::Lead, P::Staff, P::System], "到时未签收视同签收", None),
    row(&[S::Dispatched, S::Handling], Step::ReturnAsked, Some(S::ReturnAsked), LEAD, "派单后1个工作日内；写明依据；最多退两次", None),
    row(&[S::ReturnAsked], Step::ReturnRefused, Some(S::Handling), STAFF, "写明理由；第三次由平台负责人指定承办", None),
    row(&[S::Handling], Step::HandoverAsked, None, LEAD, "写明给谁、为什么", None),
    row(&[S::Handling], Step::HandoverDeclined, None, &[P::Receiver, P::Staff], "写明理由", None),
    row(&[S::Handling, S::Deferred], Step::Progress, None, LEAD, "没签收的一并签收", Some("progress")),
    row(WITH_DEPARTMENT, Step::Contacted, None, &[P::Lead, P::Staff, P::Agent], "写明怎样联系、联系上没有", None),
    row(&[S::Handling, S::NeedInfo, S::ExtensionAsked, S::Deferred], Step::VisitAgreed, None, LEAD, "没签收的一并签收；写明几点、谁去；约过的换成新的", Some("visit")),
    row(VISITED, Step::VisitCancelled, None, LEAD, "有约好的上门；写明理由", Some("visit_off")),
    row(VISITED, Step::VisitNoted, None, LEAD, "有约好的上门；没见上的写明为什么", None),
    row(WITH_DEPARTMENT, Step::CoReplied, None, &[P::Co, P::Staff], "是协办单位；只答一次", None),
    row(&[S::Handling], Step::InfoAsked, Some(S::NeedInfo), &[P::Lead, P::Staff, P::Agent], "没有过期；问清要补什么", Some("need_info")),
    row(&[S::NeedInfo, S::Deferred], Step::Resumed, Some(S::Handling), &[P::Owner, P::Agent, P::Lead, P::Staff, P::System], "补充来了，或等了5个工作日", None),
    row(&[S::Handling], Step::ExtensionAsked, Some(S::ExtensionAsked), LEAD, "没有过期；最多3次；每次最多3个工作日（E类10个）", None),
    row(&[S::ExtensionAsked], Step::ExtensionGranted, Some(S::Handling), STAFF, "申请的人不能自己批", Some("extended")),
    row(&[S::ExtensionAsked], Step::ExtensionRefused, Some(S::Handling), STAFF, "写明理由", None),
    row(&[S::Handling], Step::Deferred, Some(S::Deferred), DIRECTOR, "E类；没有过期；承办单位负责人签了字，或写明谁同意；写明计划和日子", Some("deferred")),
    row(&[S::Handling], Step::Submitted, Some(S::Reviewing), LEAD, "举报、重办、保密、多人反映的要审核", None),
    row(&[S::Handling], Step::Attached, None, LEAD, "没签收的一并签收；照片或PDF；写明是什么；最多6个，随答复给群众", None),
    row(&[S::Handling], Step::Detached, None, LEAD, "还没答复；有那一个附件", None),
    row(&[S::Reviewing], Step::ReviewReturned, Some(S::Handling), STAFF, "写明哪里要改", None),
    row(&[S::Handling], Step::Replied, Some(S::Replied), LEAD, "没签收的一并签收；结果在名单里；至少15个字", Some("replied")),
    row(&[S::Reviewing], Step::Replied, Some(S::Replied), STAFF, "审核的人不是写的人", Some("replied")),
    row(&[S::Merged], Step::Replied, Some(S::Replied), CLOCK, "主件答复了", Some("replied")),
    row(&[S::Replied], Step::Rated, None, HERS, "每轮一次；代她评不满意的，写明哪里", None),
    row(&[S::Replied], Step::CalledBack, None, &[P::Staff, P::Agent], "每轮最多3次", None),
    row(&[S::Replied], Step::Reopened, Some(S::Redo), &[P::Owner, P::Agent, P::Staff], "不满意或没解决，且不超过两轮", Some("redo")),
    row(&[S::Replied], Step::FinalReplied, Some(S::Final), DIRECTOR, "第二轮；有负责人签字的文件；写明还能走哪条路", Some("final")),
    row(&[S::Replied], Step::Closed, Some(S::Closed), &[P::Owner, P::Agent, P::Staff, P::System], "满意或基本满意；到期未评价；电话来的、紧急的、投诉举报要先回访过两次；平台写明理由，两轮还不满意的由平台负责人办结", Some("closed")),
    row(UNANSWERED, Step::Urged, None, &[P::Owner, P::Signer, P::Agent], "还没答复；24小时一次", None),
    row(UNANSWERED, Step::Supplemented, None, &[P::Owner, P::Signer, P::Agent, P::Source], "还没答复；有文字、照片或语音；最多20次", None),
    row(YOUNG, Step::Withdrawn, Some(S::Withdrawn), HERS, "还没答复过；不是举报；不关安全", None),
    row(&[S::Received, S::Dispatched, S::ReturnAsked, S::Handling, S::NeedInfo, S::ExtensionAsked, S::Redo], Step::Merged, Some(S::Merged), STAFF, "同一件事；主件还在办；保密的不并", Some("merged")),
    row(&[S::Merged], Step::Unmerged, Some(S::Received), &[P::Staff, P::System], "写明理由；主件没有答复就结束了的，由系统撤；重新派单", Some("unmerged")),
    row(OPEN, Step::Joined, None, STAFF, "另一件并到这一件", None),
    row(NOT_ARCHIVED, Step::Parted, None, &[P::Staff, P::System], "并进来的那件撤销了并案", None),
    row(NOT_ARCHIVED, Step::Hidden, None, &[P::Owner, P::Agent, P::Staff], "只能设上，不能取消", None),
    row(UNANSWERED, Step::DisclosureAsked, None, &[P::Lead], "是保密的；写明为什么要知道是谁", None),
    row(UNANSWERED, Step::DisclosureGranted, None, STAFF, "有人申请；同意的人不是申请的人；看到答复为止，每次看都记下", None),
    row(UNANSWERED, Step::DisclosureRefused, None, STAFF, "有人申请；写明理由", None),
    row(NOT_ARCHIVED, Step::ExclusionAsked, None, LEAD, "派过单；写明为什么不能拿它考核", None),
    row(NOT_ARCHIVED, Step::ExclusionApproved, None, STAFF, "有人申请；两个别的人同意，第二个是平台负责人", None),
    row(NOT_ARCHIVED, Step::ExclusionRefused, None, STAFF, "有人申请；不是申请的人；写明理由", None),
    row(&[S::NeedInfo], Step::Reminded, None, CLOCK, "第2、第4个工作日还没补充", Some("need_info")),
    row(&[S::Replied], Step::Reminded, None, CLOCK, "答复2天还没评价；一次", Some("replied")),
    row(NOT_ARCHIVED, Step::Noted, None, &[P::Staff, P::Supervisor, P::Lead, P::Co, P::Agent], "群众看不到", None),
    row(LED, Step::Signed, None, &[P::Head], "写明意见", None),
    row(NOT_ARCHIVED, Step::Redacted, None, STAFF, "写明遮什么；原话留着，平台写明理由可以看", None),
    row(UNANSWERED, Step::Relocated, None, LEAD, "村在名单里，和原来的不一样；答应的时间和承办单位不变", None),
    row(OPEN, Step::KindChanged, None, STAFF, "和原来的不一样；写明理由；改成举报的一律保密", None),
    row(RUNNING, Step::Reclassified, None, STAFF, "和原来的不一样；写明理由；不另外答应群众的，时间只短不长", None),
    row(RUNNING, Step::Promised, None, STAFF, "没有过期；写明理由；一轮最多2次；按时限类别从当时算起", Some("promised")),
    row(UNANSWERED, Step::CoSigned, None, &[P::Agent, P::Staff, P::Source, P::Neighbour], "还没答复；不是本人，没有加过；最多100人；邻居只加自己，保密的不加", Some("received")),
    row(NOT_ARCHIVED, Step::Breached, None, CLOCK, "到时没有办；记下就不改；答复以后只剩批示的答复；答复的时间过了，每轮告诉她一次", Some("overdue")),
    row(UNANSWERED, Step::Supervised, None, &[P::Supervisor], "写明找了谁、答应哪天", Some("supervised")),
    row(UNANSWERED, Step::SlipSent, None, &[P::Supervisor], "打过电话，或超期满2个工作日；上一张答复了；限1到5个工作日书面答复", None),
    row(NOT_ARCHIVED, Step::Directed, None, &[P::Leader], "上一条批示答复了；限1到10个工作日答复", None),
    row(NOT_ARCHIVED, Step::DirectionAnswered, None, LEAD, "有等着答复的批示；没派单的由平台答复", None),
    row(UNANSWERED, Step::SlipAnswered, None, &[P::Lead, P::Head, P::Supervisor], "有等着答复的督办单；写明原因、措施、答应哪天", Some("supervised")),
    row(&[S::Dispatched, S::Handling, S::ExtensionAsked, S::Redo], Step::Warned, None, CLOCK, "时间用了八成；时间长的到期前半天再一次；一个期限各提醒一次", None),
    row(NOT_ARCHIVED, Step::Interviewed, None, &[P::Organisation], "约谈单上有这件；一次约谈记一次", None),
    row(UNANSWERED, Step::Recomputed, None, CLOCK, "放假安排改了；新旧都记下", None),
    row(RUN, Step::ErrandMoved, None, &[P::Agent, P::Staff, P::Lead], "是代办的事；一步接一步；写明收了、办了、交了什么", Some("errand")),
    row(RUN, Step::ErrandKept, None, &[P::Agent, P::Staff, P::Lead], "是代办的事；送达以后", None),
    row(ENDED, Step::Archived, Some(S::Archived), CLOCK, "办结30天", None),
];

impl Transition {
    /// The state after it.
    pub fn after(&self, from: State) -> State {
        self.to.unwrap_or(from)
    }

    fn leads_from(&self, from: Option<State>) -> bool {
        from.map_or(self.from.is_empty(), |from| self.from.contains(&from))
    }
}

/// What older programs allowed and wrote: nobody may do it any more, and it still reads.
const FORMER: &[(State, Step, State)] = &[(State::Received, Step::Closed, State::Closed)];

/// Where a step that was once taken led.
pub(super) fn led_to(from: State, step: Step) -> Option<State> {
    let former = || FORMER.iter().find(|(before, taken, _)| (*before, *taken) == (from, step));
    match transition(Some(from), step) {
        Some(row) => Some(row.after(from)),
        None => former().map(|(_, _, after)| *after),
    }
}

/// She is told of it, or it ends the case: what everybody hears who follows it.
pub fn is_told(step: Step) -> bool {
    let ends = |row: &Transition| row.to.is_some_and(|to| ENDED.contains(&to));
    TRANSITIONS.iter().any(|row| row.step == step && (row.told.is_some() || ends(row)))
}

/// The row for this step from that state; `None` when it may not follow.
pub fn transition(from: Option<State>, step: Step) -> Option<&'static Transition> {
    TRANSITIONS.iter().find(|row| row.step == step && row.leads_from(from))
}
