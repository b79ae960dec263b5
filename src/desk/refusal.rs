//! Why a command is not carried out, in words for the one who gave it.

use super::state::{State, Step};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("没有这个编号的事项。请核对编号，或查看全部事项。")]
    NoCase,
    #[error("这个编号已经用过。请换一个编号再提交，内容没有丢。")]
    NumberTaken,
    #[error("这不是您的事项。请用反映问题时的手机或微信来办。")]
    NotYours,
    #[error("这一步（{}）不能由您来做。请交给：{}。", .step, .who)]
    NotAllowed { step: Step, who: String },
    #[error("现在是“{}”，不能{}。{}", .state, .step, .mend)]
    NotNow { state: State, step: Step, mend: &'static str },
    #[error("目录里没有类别“{0}”。请从类别名单里选，或先不填类别。")]
    UnknownCategory(String),
    #[error("名单里没有部门“{0}”。请从部门名单里选。")]
    UnknownDepartment(String),
    #[error("已经在{0}了。请选另一个部门，或等它答复。")]
    SameDepartment(String),
    #[error("没有找到“{0}”这个村。请写村的全名，连乡镇一起写，例如 胡家坨镇大黑坨村。")]
    UnknownVillage(String),
    #[error("“{village}”说不准是哪个村：{likely}。请连乡镇一起写全名。")]
    SeveralVillages { village: String, likely: String },
    #[error("地点已经是{0}了。")]
    SamePlace(String),
    #[error("已经是{0}了。请另选一种，或不改。")]
    SameKind(super::Kind),
    #[error("时限已经是{}类了。请另选一类，或不改。", .0.id())]
    SameClass(crate::county::TimeClass),
    #[error("这一轮已经重新答应过{0}次，不能再改。请尽快答复，或申请延期。")]
    PromisedEnough(usize),
    #[error("内容是空的。请写一句话，或发一张照片、一段语音。")]
    Empty,
    #[error("{what}是空的。请写上{what}。")]
    Missing { what: &'static str },
    #[error("{what}太短，只有{chars}个字。请至少写{min}个字，把情况和结果说清楚。")]
    TooShort { what: &'static str, chars: usize, min: usize },
    #[error("{what}太长，有{chars}个字，最多{max}个字。请缩短或分开写。")]
    TooLong { what: &'static str, chars: usize, max: usize },
    #[error("{what}太多，有{count}个，最多{max}个。请挑最要紧的。")]
    TooMany { what: &'static str, count: usize, max: usize },
    #[error("{what}“{value}”不对。{mend}")]
    Malformed { what: &'static str, value: String, mend: &'static str },
    #[error("这一轮已经评价过了（{0}）。工作人员会看到您的评价。")]
    AlreadyRated(super::Grade),
    #[error("这件事的记录已满{0}条，不能再转派、记进展、催办或补充。请答复或办结。")]
    Full(u32),
    /// For the villager: her case has gone on without her.
    #[error("这件事{now}，{cannot}。{mend}")]
    TooLate { now: &'static str, cannot: &'static str, mend: &'static str },
    #[error("她说的时间不对。请写最近{days}天里已经过去的时间，刚说的就空着。")]
    HeardWhen { days: i64 },
    #[error("已经催过了，{next}以后可以再催。部门看得到。")]
    UrgedBefore { next: String },
    #[error("已经补充了{0}次，记不下了。有急事请回「人工」。")]
    Supplemented(u32),
    #[error("这条信息{0}，不能再动了。请看看最新情况。")]
    ListingIs(super::ListingState),
    #[error("{0}，不能撤回。要说什么，请回「人工」。")]
    NotToBeTakenBack(&'static str),
    #[error("这件事办结{0}天了。请再反映一次，回「反映问题」。")]
    LongClosed(i64),
    #[error("这件事不归您的单位办。请看「我的事项」里有的。")]
    NotYourDepartments,
    #[error("还没有派单。请先派给一个部门。")]
    NotDispatched,
    #[error("这件事是指定承办的，不能再退。请办理，有困难请写进展。")]
    Appointed,
    #[error("已经退过{0}次，不能再退。请办理，或请平台负责人定。")]
    ReturnsUsed(u8),
    #[error("退单只能在{0}以前提。请办理，或申请流转给别的单位。")]
    ReturnWindowOver(String),
    #[error("没有人申请{0}。请刷新页面。")]
    NothingAsked(&'static str),
    #[error("{0}不是这件事的协办单位。请在协办单位里选。")]
    NotAHelper(String),
    #[error("{0}已经写过协办意见了。要补充，请写备注。")]
    HelpedBefore(String),
    #[error("{0}选了两次。请去掉一个。")]
    TwiceTheSame(String),
    #[error("{0}就到期了，过期以后不能停表，也不能延期。请尽快答复。")]
    OverdueAlready(String),
    #[error("延期{days}个工作日不行。请写1到{max}。")]
    ExtensionDays { days: u8, max: u8 },
    #[error("已经延期{0}次，不能再延。请尽快答复。")]
    ExtensionsUsed(usize),
    #[error("这一步要第二个人来做。请换一个人。")]
    SecondPerson,
    #[error("只有E类的事可以列入计划。请办理，或申请延期。")]
    OnlyClassE,
    #[error("列入计划要承办单位负责人同意。请他在事项页签字，或写明谁同意、哪份文件。")]
    HeadFirst,
    #[error("计划的日子不对。请写明天以后、{days}天以内的一天。")]
    PlanDay { days: i32 },
    #[error("联系不上要试{min}次、在两天以上，现在记了{tries}次。请再试，并请代办员找一找。")]
    TriedTooLittle { tries: usize, min: usize },
    #[error("已经回访{0}次了，不用再打。")]
    CalledBackEnough(usize),
    #[error("第二次答复群众还不满意，才能作最终答复。现在请按评价办。")]
    NotTheLastRound,
    #[error("不能并案：{0}。请分开办。")]
    NotToBeMerged(&'static str),
    #[error("{0}已经在这件事里了。")]
    SignedBefore(String),
    #[error("反映的就是{0}，不能派给它。请派给它的上级或纪委监委；一定要派给它，请写明理由。")]
    AgainstItself(String),
    #[error("这件事没有设保密。要看姓名电话，请写明为什么，直接看。")]
    NotConfidential,
    #[error("已经申请过了。请等平台定，或看平台怎么定的。")]
    DisclosureAsked,
    #[error("已经申请过不计考核了。请看平台怎么定的。")]
    ExclusionAsked,
    #[error("已经是保密的了。")]
    HiddenBefore,
    #[error("“{0}”到时未办，已经记下了。")]
    NotedBefore(super::Breached),
    #[error("答应的时间已经过了。请写一个以后的时间。")]
    PromiseInThePast,
    #[error("请先打电话督办，记下对方答应哪天。电话打不通的，{0}以后再发督办单。")]
    CallFirst(String),
    #[error("上一张督办单还等着书面答复（{0}到期）。请等到那时，或先催它答复。")]
    SlipOpen(String),
    #[error("督办单限{days}个工作日答复不行。请写1到{max}。")]
    SlipDays { days: u8, max: u8 },
    #[error("没有等着书面答复的督办单。请刷新页面；要告诉群众办到哪了，请写进展。")]
    NoSlip,
    #[error("请先回访两次，记下打通没有；群众说了满意不满意，就能办结。")]
    CallBackFirst,
    #[error("上一条批示还等着答复（{0}到期）。请等到那时。")]
    DirectionOpen(String),
    #[error("批示限{days}个工作日答复不行。请写1到{max}。")]
    DirectionDays { days: u8, max: u8 },
    #[error("没有等着答复的批示。请刷新页面。")]
    NoDirection,
    #[error("这不是代办的事。要告诉群众办到哪了，请写进展。")]
    NotAnErrand,
    #[error("代办要一步接一步，下一步是“{next}”。请先记这一步。")]
    ErrandStep { next: super::ErrandStep },
    #[error("代办的七步都记完了。")]
    ErrandDone,
    #[error("{0}还在办，个人信息不能清除，不然找不到人。请先办结。")]
    StillOpen(crate::county::CaseNumber),
    #[error("上门的时间不对。请写收到以后、现在以前的时间，没去就空着。")]
    VisitedWhen,
    #[error("上门的时间不对。请写以后{days}天以内的一个时间。")]
    VisitWhen { days: i64 },
    #[error("没有约好的上门。请刷新页面；要上门，请先约时间。")]
    NoVisit,
    #[error("没有第{0}个附件。请刷新页面，看看有几个。")]
    NoFile(u8),
    #[error("没有变，已经记下了。")]
    NothingChanged,
    #[error("这张约谈单现在是“{0}”，这一步不能做。请刷新页面，看看到了哪一步。")]
    InterviewIs(super::InterviewState),
    #[error("约谈的这一步（{step}）不能由您来做。请交给：{who}。")]
    InterviewHand { step: super::InterviewStep, who: super::InterviewHand },
    #[error("约谈的时间还没有到。请谈过以后再记。")]
    HeldLater,
    #[error("整改期限不对。请写今天到{days}天以内的一天。")]
    Deadline { days: i32 },
}
