//! The forms under a case: each step that is open to somebody, in words, with what has to be
//! filled in. Which steps are open says the table of transitions; nothing here decides.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::desk::{
    self, Actor, Case, Command, ErrandStep, Grade, Means, Outcome, Party, Rejection, Resumption,
    Solved, Sorting, State, Step, Trips,
};

use crate::calendar::Limit;
use crate::county::{Contact, Replies, TimeClass};

use super::typed::{Typed, moment};
use super::views::{CaseForm, Choice, CommandError, FieldKind, FormField};

const TEXT_CHARS_MAX: usize = 2_000;
/// How a note begins of a department that did not answer the telephone.
pub(super) const MISSED: &str = "电话督办没打通：";
const LIAISON: &str = "联络员";

struct Form {
    action: &'static str,
    step: Step,
    title: &'static str,
    intro: &'static str,
    button: &'static str,
    /// The usual next step is shown first and in colour.
    is_main: bool,
    fields: &'static [Field],
    read: fn(&Typed) -> Result<Command, String>,
}

#[derive(Clone, Copy)]
struct Field {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: Kind,
    required: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Line,
    Text,
    Number(u8, u8),
    Day,
    Moment,
    Departments,
    Categories,
    Outcomes,
    Rejections,
    Means,
    Reached,
    Kept,
    Solved,
    Grades,
    Trips,
    Kinds,
    Classes,
    Promise,
}

const fn must(name: &'static str, label: &'static str, kind: Kind, hint: &'static str) -> Field {
    Field { name, label, hint, kind, required: true }
}

const fn may(name: &'static str, label: &'static str, kind: Kind, hint: &'static str) -> Field {
    Field { name, label, hint, kind, required: false }
}

const SORTING: [Field; 2] = [
    may("class", "时限类别", Kind::Classes, "原来的不对才选"),
    may("promise", "答应群众的时间", Kind::Promise, "不选就不变"),
];
const REASON: &[Field] = &[must("reason", "理由", Kind::Text, "")];
const REPLY: &str = "写清做了什么、结果怎样、还有问题找谁。至少15个字，群众会原样收到。";
const CONTACT: [Field; 2] =
    [must("means", "怎样联系", Kind::Means, ""), must("reached", "联系上了吗", Kind::Reached, "")];

#[rustfmt::skip]
const FORMS: &[Form] = &[
    Form {
        action: "dispatch", step: Step::Dispatched, title: "派单", button: "派单", is_main: true,
        intro: "答应群众的时间不变。",
        fields: &[
            must("department", "承办单位", Kind::Departments, ""),
            may("helper", "协办单位", Kind::Departments, "没有就不选"),
            may("helper2", "第二个协办单位", Kind::Departments, "没有就不选"),
            may("category", "类别", Kind::Categories, "不对就改"),
            may("note", "给承办单位的话", Kind::Text, "可不写"),
            may("despite", "仍要派给它的理由", Kind::Line, "只在反映的就是这个单位时写"),
            SORTING[0], SORTING[1],
            may("reason", "改时限、重新答应的理由", Kind::Line, "改了才写"),
        ],
        read: |typed| {
            let helpers = ["helper", "helper2"].iter().filter_map(|name| typed.filled(name));
            Ok(Command::Dispatch {
                department: typed.text("department"),
                helpers: helpers.collect(),
                category: typed.filled("category"),
                note: typed.text("note"),
                despite: typed.text("despite"),
                sorting: sorting(typed)?,
            })
        },
    },
    Form {
        action: "accept", step: Step::Accepted, title: "签收", button: "签收", is_main: true,
        intro: "签收就是承办单位接下了这件事。半天不签收，算已经签收。",
        fields: &[], read: |_| Ok(Command::Accept),
    },
    Form {
        action: "pass_review", step: Step::Replied, title: "审核通过", button: "通过，发给群众", is_main: true,
        intro: "答复会以承办单位的名义发给群众。",
        fields: &[], read: |_| Ok(Command::PassReview),
    },
    Form {
        action: "return_review", step: Step::ReviewReturned, title: "退回修改", button: "退回", is_main: false,
        intro: "", fields: &[must("reason", "哪里要改", Kind::Text, "")],
        read: |typed| Ok(Command::ReturnReview { reason: typed.text("reason") }),
    },
    Form {
        action: "grant_extension", step: Step::ExtensionGranted, title: "同意延期", button: "同意", is_main: true,
        intro: "群众会收到新的时间和原因。",
        fields: &[], read: |_| Ok(Command::GrantExtension),
    },
    Form {
        action: "refuse_extension", step: Step::ExtensionRefused, title: "不同意延期", button: "不同意", is_main: false,
        intro: "", fields: REASON,
        read: |typed| Ok(Command::RefuseExtension { reason: typed.text("reason") }),
    },
    Form {
        action: "refuse_return", step: Step::ReturnRefused, title: "不同意退单", button: "不同意", is_main: false,
        intro: "同意的话，请派给另一个单位。", fields: REASON,
        read: |typed| Ok(Command::RefuseReturn { reason: typed.text("reason") }),
    },
    Form {
        action: "progress", step: Step::Progress, title: "记进展", button: "记下", is_main: false,
        intro: "", fields: &[must("text", "办到哪一步了", Kind::Text, "群众会收到这段话。")],
        read: |typed| Ok(Command::Progress { text: typed.text("text") }),
    },
    Form {
        action: "reply", step: Step::Replied, title: "答复群众", button: "答复", is_main: true,
        intro: "", fields: &[must("outcome", "结果", Kind::Outcomes, ""), must("text", "答复", Kind::Text, REPLY), may("visited", "哪天上门的", Kind::Moment, "去过才填"), may("trips", "群众跑了几趟", Kind::Trips, "为这件事到村外跑的，知道才选")],
        read: |typed| {
            let outcome = typed.word("outcome", Outcome::from_word, "请选一个办理结果。")?;
            let trips = typed.filled("trips").and_then(|word| Trips::from_word(&word));
            let visited_at = typed.filled("visited").map(|text| moment(&text).ok_or("请选上门的时间。"));
            let visited_at = visited_at.transpose()?;
            Ok(Command::Reply { outcome, text: typed.text("text"), trips, visited_at })
        },
    },
    Form {
        action: "detach", step: Step::Detached, title: "撤下附件", button: "撤下", is_main: false,
        intro: "拿错的附件，答复以前可以撤下。",
        fields: &[must("n", "第几个", Kind::Number(1, 6), "从上往下数")],
        read: |typed| {
            let n = typed.text("n").parse().map_err(|_| "请写第几个附件，例如 1。")?;
            Ok(Command::Detach { n })
        },
    },
    Form {
        action: "answer", step: Step::Answered, title: "直接答复", button: "答复", is_main: false,
        intro: "不用派单就能答的，如问政策。", fields: &[must("text", "答复", Kind::Text, REPLY), must("basis", "依据", Kind::Line, "哪份文件，问了谁")],
        read: |typed| Ok(Command::Answer { text: typed.text("text"), basis: typed.text("basis") }),
    },
    Form {
        action: "ask_info", step: Step::InfoAsked, title: "请群众补充", button: "去问", is_main: false,
        intro: "等群众回音的时候，办理时间先停着，最多5个工作日。",
        fields: &[must("question", "要补充什么", Kind::Text, "一次问清，群众会原样收到。")],
        read: |typed| Ok(Command::AskInfo { question: typed.text("question") }),
    },
    Form {
        action: "resume", step: Step::Resumed, title: "恢复计时", button: "恢复", is_main: false,
        intro: "不等了，接着办。",
        fields: &[], read: |_| Ok(Command::Resume { reason: Resumption::NotNeeded }),
    },
    Form {
        action: "contact", step: Step::Contacted, title: "记联系情况", button: "记下", is_main: false,
        intro: "第一次联系群众要在1个工作日内（紧急的2小时）。",
        fields: &[CONTACT[0], CONTACT[1], may("note", "说明", Kind::Text, "可不写")],
        read: |typed| {
            let (means, reached) = contact(typed)?;
            Ok(Command::NoteContact { means, reached, note: typed.text("note") })
        },
    },
    Form {
        action: "agree_visit", step: Step::VisitAgreed, title: "约上门", button: "约好了，告诉群众", is_main: false,
        intro: "先和群众商量好时间。改时间再约一次就行。", fields: &[must("at", "哪天几点", Kind::Moment, ""), must("who", "谁去", Kind::Line, "群众看得到，例如：城管局张师傅"), may("note", "说明", Kind::Text, "群众看不到，可不写")],
        read: |typed| {
            let at = moment(&typed.text("at")).ok_or("请选哪天几点上门。")?;
            Ok(Command::AgreeVisit { at, who: typed.text("who"), note: typed.text("note") })
        },
    },
    Form {
        action: "note_visit", step: Step::VisitNoted, title: "上门去过了", button: "记下", is_main: false,
        intro: "答复时写了哪天上门的，这里不用再记。", fields: &[must("kept", "见到没有", Kind::Kept, ""), may("note", "说明", Kind::Text, "没见上的写明为什么")],
        read: |typed| Ok(Command::NoteVisit { kept: typed.text("kept") == "yes", note: typed.text("note") }),
    },
    Form {
        action: "cancel_visit", step: Step::VisitCancelled, title: "取消上门", button: "取消，告诉群众", is_main: false,
        intro: "", fields: &[must("reason", "理由", Kind::Text, "群众看得到")],
        read: |typed| Ok(Command::CancelVisit { reason: typed.text("reason") }),
    },
    Form {
        action: "help", step: Step::CoReplied, title: "协办意见", button: "交给主办单位", is_main: false,
        intro: "只给主办单位看，不发给群众。", fields: &[may("department", "协办单位", Kind::Departments, "平台代写时才选"), must("text", "意见", Kind::Text, "")],
        read: |typed| Ok(Command::CoReply { department: typed.filled("department"), text: typed.text("text") }),
    },
    Form {
        action: "ask_extension", step: Step::ExtensionAsked, title: "申请延期", button: "申请", is_main: false,
        intro: "到期以前提，最多3次，由平台定。",
        fields: &[must("days", "延几个工作日", Kind::Number(1, 10), "一般最多3个，E类最多10个"), must("reason", "理由", Kind::Text, "同意了会告诉群众"), may("evidence", "依据", Kind::Line, "可不写")],
        read: |typed| {
            let days = typed.text("days").parse().map_err(|_| "请写延几个工作日，例如 3。")?;
            Ok(Command::AskExtension { days, reason: typed.text("reason"), evidence: typed.text("evidence") })
        },
    },
    Form {
        action: "ask_return", step: Step::ReturnAsked, title: "申请退单", button: "申请", is_main: false,
        intro: "派单后1个工作日内提，最多退两次。", fields: &[must("basis", "依据", Kind::Text, "哪条规定说不归本单位")],
        read: |typed| Ok(Command::AskReturn { basis: typed.text("basis") }),
    },
    Form {
        action: "ask_handover", step: Step::HandoverAsked, title: "申请流转", button: "申请", is_main: false,
        intro: "请另一个单位接着办；对方或平台同意了才算。",
        fields: &[must("department", "给哪个单位", Kind::Departments, ""), must("reason", "理由", Kind::Text, "")],
        read: |typed| Ok(Command::AskHandover { to: typed.text("department"), reason: typed.text("reason") }),
    },
    Form {
        action: "decline_handover", step: Step::HandoverDeclined, title: "不接流转", button: "不接", is_main: false,
        intro: "", fields: REASON,
        read: |typed| Ok(Command::DeclineHandover { reason: typed.text("reason") }),
    },
    Form {
        action: "defer", step: Step::Deferred, title: "列入计划", button: "列入计划", is_main: false,
        intro: "只用于E类的事。每30天要写一次进展。",
        fields: &[must("plan", "怎样安排", Kind::Text, "群众会原样收到，至少15个字。"), must("until", "哪天办好", Kind::Day, ""), may("consent", "承办单位谁同意的", Kind::Line, "单位负责人没在这页签字的，写明谁、哪份文件")],
        read: |typed| {
            let until: Date = typed.text("until").parse().map_err(|_| "请选一个日子。")?;
            Ok(Command::Defer { plan: typed.text("plan"), until, consent: typed.text("consent") })
        },
    },
    Form {
        action: "supervise", step: Step::Supervised, title: "电话督办", button: "记下", is_main: false,
        intro: "打给承办单位，问清哪天办完。群众会收到新的时间。",
        fields: &[must("callee", "接电话的人", Kind::Line, ""), must("title", "职务", Kind::Line, ""), must("promise", "答应什么时候办完", Kind::Moment, ""), may("note", "说明", Kind::Text, "可不写")],
        read: |typed| {
            let promise_at = promise(typed)?;
            Ok(Command::Supervise {
                callee: typed.text("callee"),
                title: typed.text("title"),
                promise_at,
                note: typed.text("note"),
            })
        },
    },
    Form {
        action: "call_missed", step: Step::Noted, title: "电话没打通", button: "记下", is_main: false,
        intro: "打不通也记一笔，督办单上会写。这件还要再打。",
        fields: &[must("who", "打给谁、哪个号码", Kind::Line, "例如：联络员王主任，办公室电话没人接")],
        read: |typed| Ok(Command::Note { text: format!("{MISSED}{}", typed.text("who")) }),
    },
    Form {
        action: "slip", step: Step::SlipSent, title: "发督办单", button: "发出", is_main: false,
        intro: "打过电话还没办完的，书面督办单位负责人。发出以后可以打印，单位收到短信。",
        fields: &[must("days", "几个工作日里书面答复", Kind::Number(1, 5), ""), must("demand", "要求", Kind::Text, "例如：说明没办完的原因，写清哪天办完")],
        read: |typed| {
            Ok(Command::SendSlip { demand: typed.text("demand"), days: answer_days(typed)? })
        },
    },
    Form {
        action: "answer_slip", step: Step::SlipAnswered, title: "书面答复督办单", button: "答复平台", is_main: false,
        intro: "给平台看。答应的新时间会告诉群众。",
        fields: &[must("text", "原因和措施", Kind::Text, "为什么没办完，怎么办"), must("promise", "答应什么时候办完", Kind::Moment, "")],
        read: |typed| {
            Ok(Command::AnswerSlip { text: typed.text("text"), promise_at: promise(typed)? })
        },
    },
    Form {
        action: "direct", step: Step::Directed, title: "批示", button: "批示", is_main: true,
        intro: "平台督促承办单位按时答复您。看不到是谁反映的。",
        fields: &[must("text", "批示", Kind::Text, "例如：请查清原因，报我"), must("days", "几个工作日里答复", Kind::Number(1, 10), "")],
        read: |typed| {
            Ok(Command::Direct { text: typed.text("text"), days: answer_days(typed)? })
        },
    },
    Form {
        action: "answer_direction", step: Step::DirectionAnswered, title: "答复批示", button: "答复领导", is_main: false,
        intro: "领导看得到，群众看不到。不要写群众的姓名电话。",
        fields: &[must("text", "答复", Kind::Text, "查到什么、怎么办、哪天办好")],
        read: |typed| Ok(Command::AnswerDirection { text: typed.text("text") }),
    },
    Form {
        action: "call_back", step: Step::CalledBack, title: "回访", button: "记下", is_main: false,
        intro: "每次办理最多回访3次。没解决、不满意的会重新办。",
        fields: &[CONTACT[0], CONTACT[1], may("solved", "解决了吗", Kind::Solved, "联系上了才选"), may("grade", "她满意吗", Kind::Grades, "她说了才选；评价过的不选"), may("note", "说明", Kind::Text, "没解决、不满意的，写明哪里")],
        read: |typed| {
            let (means, reached) = contact(typed)?;
            let solved = typed.filled("solved").and_then(|word| Solved::from_word(&word));
            let grade = typed.filled("grade").and_then(|word| Grade::from_word(&word));
            Ok(Command::CallBack { means, reached, solved, grade, note: typed.text("note") })
        },
    },
    Form {
        action: "errand_taken_in", step: Step::ErrandMoved, title: "代办：受理", button: "记下，告诉群众", is_main: false,
        intro: "收了证件原件要开收条；花的钱由群众出。", fields: &[must("text", "收了什么", Kind::Text, "例如：收下身份证、户口本原件，费用20元。群众会收到这段话。")],
        read: |typed| errand(ErrandStep::TakenIn, typed),
    },
    Form {
        action: "errand_handled", step: Step::ErrandMoved, title: "代办：办理", button: "记下，告诉群众", is_main: false,
        intro: "", fields: &[must("text", "办到哪了", Kind::Text, "群众会收到这段话。")],
        read: |typed| errand(ErrandStep::Handled, typed),
    },
    Form {
        action: "errand_delivered", step: Step::ErrandMoved, title: "代办：送达", button: "记下，告诉群众", is_main: false,
        intro: "", fields: &[must("text", "交了什么、退了什么", Kind::Text, "例如：社保卡交到本人手里，身份证、户口本退回。群众会收到这段话。")],
        read: |typed| errand(ErrandStep::Delivered, typed),
    },
    Form {
        action: "errand_filed", step: Step::ErrandKept, title: "代办：归档", button: "记下", is_main: false,
        intro: "", fields: &[may("text", "存在哪里", Kind::Line, "可不写")],
        read: |typed| errand(ErrandStep::Filed, typed),
    },
    Form {
        action: "errand_reported", step: Step::ErrandKept, title: "代办：上报", button: "记下", is_main: false,
        intro: "", fields: &[may("text", "报给谁", Kind::Line, "可不写")],
        read: |typed| errand(ErrandStep::Reported, typed),
    },
    Form {
        action: "errand_visited", step: Step::ErrandKept, title: "代办：回访", button: "记下", is_main: false,
        intro: "", fields: &[may("text", "群众怎么说", Kind::Text, "可不写")],
        read: |typed| errand(ErrandStep::Visited, typed),
    },
    Form {
        action: "final", step: Step::FinalReplied, title: "最终答复", button: "作最终答复", is_main: false,
        intro: "第二次答复群众还不满意时用。以后不再重办。",
        fields: &[must("text", "最终答复", Kind::Text, REPLY), must("document", "负责人签字的文件", Kind::Line, "文件名或编号")],
        read: |typed| Ok(Command::FinalReply { text: typed.text("text"), document: typed.text("document") }),
    },
    Form {
        action: "reject", step: Step::Rejected, title: "不予受理", button: "不予受理", is_main: false,
        intro: "", fields: &[must("reason", "理由", Kind::Rejections, ""), must("instead", "该找谁、怎么办", Kind::Text, "群众会原样收到")],
        read: |typed| {
            let reason = typed.word("reason", Rejection::from_word, "请选一个理由。")?;
            Ok(Command::Reject { reason, instead: typed.text("instead") })
        },
    },
    Form {
        action: "merge", step: Step::Merged, title: "并案", button: "并过去", is_main: false,
        intro: "和另一件是同一件事的，一起办。编号、答复和评价还是各是各的。",
        fields: &[must("parent", "并到哪一件", Kind::Line, "受理号"), must("reason", "理由", Kind::Text, "")],
        read: |typed| match desk::read_number(&typed.text("parent")) {
            desk::NumberRead::Whole(parent) => Ok(Command::Merge { parent, reason: typed.text("reason") }),
            _ => Err("受理号不对，请核对九位数字。".into()),
        },
    },
    Form {
        action: "unmerge", step: Step::Unmerged, title: "撤销并案", button: "撤销", is_main: false,
        intro: "这件事重新派单，时间还按原来答应的。", fields: REASON,
        read: |typed| Ok(Command::Unmerge { reason: typed.text("reason") }),
    },
    Form {
        action: "hide", step: Step::Hidden, title: "设为保密", button: "设为保密", is_main: false,
        intro: "承办单位看不到群众的姓名和电话。设了就不能取消。",
        fields: &[may("reason", "理由", Kind::Line, "可不写")],
        read: |typed| Ok(Command::Hide { reason: typed.text("reason") }),
    },
    Form {
        action: "ask_disclosure", step: Step::DisclosureAsked, title: "申请看诉求人信息", button: "申请", is_main: false,
        intro: "平台同意了，到答复为止可以看姓名电话，每次看都记下，群众查得到。",
        fields: &[must("reason", "为什么要知道是谁", Kind::Text, "例如：要上门，得知道是哪一家")],
        read: |typed| Ok(Command::AskDisclosure { reason: typed.text("reason") }),
    },
    Form {
        action: "grant_disclosure", step: Step::DisclosureGranted, title: "同意看诉求人信息", button: "同意", is_main: false,
        intro: "保密的事。能由平台转告的，请不要同意。", fields: &[], read: |_| Ok(Command::GrantDisclosure),
    },
    Form {
        action: "refuse_disclosure", step: Step::DisclosureRefused, title: "不同意看诉求人信息", button: "不同意", is_main: false,
        intro: "", fields: REASON,
        read: |typed| Ok(Command::RefuseDisclosure { reason: typed.text("reason") }),
    },
    Form {
        action: "ask_exclusion", step: Step::ExclusionAsked, title: "申请不计考核", button: "申请", is_main: false,
        intro: "平台两个人同意了，这一轮不算进单位的指标，表上另有一列。",
        fields: &[must("reason", "为什么不能拿它考核", Kind::Text, "例如：群众要求的事法律不许")],
        read: |typed| Ok(Command::AskExclusion { reason: typed.text("reason") }),
    },
    Form {
        action: "approve_exclusion", step: Step::ExclusionApproved, title: "同意不计考核", button: "同意", is_main: false,
        intro: "要两个人同意，第二个是平台负责人；申请的人不能同意。", fields: &[], read: |_| Ok(Command::ApproveExclusion),
    },
    Form {
        action: "refuse_exclusion", step: Step::ExclusionRefused, title: "不同意不计考核", button: "不同意", is_main: false,
        intro: "", fields: REASON,
        read: |typed| Ok(Command::RefuseExclusion { reason: typed.text("reason") }),
    },
    Form {
        action: "note", step: Step::Noted, title: "内部备注", button: "记下", is_main: false,
        intro: "", fields: &[must("text", "备注", Kind::Text, "群众看不到")],
        read: |typed| Ok(Command::Note { text: typed.text("text") }),
    },
    Form {
        action: "co_sign", step: Step::CoSigned, title: "加联名人", button: "加上", is_main: false,
        intro: "和她一起反映的人。有消息也告诉他。",
        fields: &[must("name", "姓名", Kind::Line, ""), may("phone", "手机号", Kind::Line, "没有就不填")],
        read: |typed| Ok(Command::CoSign { person: String::new(), name: typed.text("name"), phone: typed.text("phone") }),
    },
    Form {
        action: "sign", step: Step::Signed, title: "负责人签字", button: "签字", is_main: true,
        intro: "看过了，写一句怎么办。平台和本单位看得到，群众看不到。",
        fields: &[must("text", "意见", Kind::Text, "例如：已看，今天派人到现场")],
        read: |typed| Ok(Command::Sign { text: typed.text("text") }),
    },
    Form {
        action: "redact", step: Step::Redacted, title: "遮盖", button: "遮住", is_main: false,
        intro: "别人的名字、身份证号、银行卡号这些，打印、导出、给承办单位看的都遮住。原话留着，平台写明理由才能看。",
        fields: &[may("text", "要遮的词，一行一处", Kind::Text, "照原话写"), may("photos", "第几张照片", Kind::Line, "例如：1 3")],
        read: |typed| {
            let photos = typed.text("photos");
            let numbers = photos.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty());
            let numbers: Result<Vec<u8>, _> = numbers.map(str::parse).collect();
            let photos = numbers.map_err(|_| "请写第几张照片，例如：1 3。")?;
            Ok(Command::Redact { text: typed.text("text"), photos })
        },
    },
    Form {
        action: "relocate", step: Step::Relocated, title: "改地点", button: "改", is_main: false,
        intro: "说的是别的村时用。答应的时间和承办单位不变，要换单位请改派。",
        fields: &[must("village", "是哪个村", Kind::Line, "连乡镇一起写，例如：胡家坨镇大黑坨村"), may("note", "说明", Kind::Text, "可不写")],
        read: |typed| Ok(Command::Relocate { village: typed.text("village"), note: typed.text("note") }),
    },
    Form {
        action: "change_kind", step: Step::KindChanged, title: "改诉求类型", button: "改", is_main: false,
        intro: "举报、投诉要审核、要回访，台账也按它分。改成举报的一律保密，不能再改回不保密。",
        fields: &[must("kind", "诉求类型", Kind::Kinds, ""), must("reason", "理由", Kind::Line, "例如：她说是举报")],
        read: |typed| {
            let kind = typed.word("kind", desk::Kind::from_word, "请选一种诉求类型。")?;
            Ok(Command::ChangeKind { kind, reason: typed.text("reason") })
        },
    },
    Form {
        action: "sort", step: Step::Reclassified, title: "改时限类别", button: "改", is_main: false,
        intro: "类别猜错了、时限不对时用。不重新答应群众的，办理时间只会变短，不会变长。重新答应的，从现在按时限算，告诉群众。",
        fields: &[SORTING[0], SORTING[1], must("reason", "理由", Kind::Text, "重新答应的，群众会看到")],
        read: |typed| Ok(Command::Sort(sorting(typed)?)),
    },
    Form {
        action: "rate", step: Step::Rated, title: "代为评价", button: "记下", is_main: false,
        intro: "照她说的选。不满意的会重新办。",
        fields: &[must("grade", "她怎么说", Kind::Grades, ""), may("comment", "她的话", Kind::Text, "不满意的，写明哪里不满意")],
        read: |typed| {
            let grade = typed.word("grade", Grade::from_word, "请选满意不满意。")?;
            Ok(Command::Rate { grade, comment: typed.text("comment") })
        },
    },
    Form {
        action: "urge", step: Step::Urged, title: "代为催办", button: "催办", is_main: false,
        intro: "承办单位看得到。24小时可以催一次。", fields: &[], read: |_| Ok(Command::Urge),
    },
    Form {
        action: "supplement", step: Step::Supplemented, title: "补充", button: "补充", is_main: false,
        intro: "", fields: &[must("text", "补充什么", Kind::Text, "")],
        read: |typed| Ok(Command::Supplement { text: typed.text("text"), photos: Vec::new(), voices: Vec::new() }),
    },
    Form {
        action: "withdraw", step: Step::Withdrawn, title: "代为撤回", button: "撤回", is_main: false,
        intro: "只有她本人说不用办了才撤。", fields: &[must("reason", "她为什么不要办了", Kind::Text, "")],
        read: |typed| Ok(Command::Withdraw { reason: typed.text("reason") }),
    },
    Form {
        action: "close", step: Step::Closed, title: "办结", button: "办结", is_main: false,
        intro: "", fields: &[must("reason", "为什么现在办结", Kind::Text, "群众会原样收到")],
        read: |typed| Ok(Command::Close { reason: typed.text("reason") }),
    },
];

fn errand(step: ErrandStep, typed: &Typed) -> Result<Command, String> {
    Ok(Command::RunErrand { step, text: typed.text("text") })
}

fn sorting(typed: &Typed) -> Result<Sorting, String> {
    let class = typed.filled("class").map(|id| TimeClass::parse(&id).ok_or("请选一个时限类别。"));
    let promise = typed.text("promise") == "yes";
    Ok(Sorting { class: class.transpose()?, promise, reason: typed.text("reason") })
}

/// `C 5个工作日`
fn class_word(class: TimeClass) -> String {
    match desk::limit_of(class) {
        Limit::WorkingDays(days) => format!("{} {days}个工作日", class.id()),
        _ => format!("{} 24小时", class.id()),
    }
}

/// By when a department says that it is done.
fn promise(typed: &Typed) -> Result<Timestamp, String> {
    moment(&typed.text("promise")).ok_or_else(|| "请选答应办完的时间。".to_owned())
}

/// Within so many working days it answers.
fn answer_days(typed: &Typed) -> Result<u8, String> {
    typed.text("days").parse().map_err(|_| "请写几个工作日里答复，例如 3。".to_owned())
}

fn contact(typed: &Typed) -> Result<(Means, bool), String> {
    let means = typed.word("means", Means::from_word, "请选怎样联系的。")?;
    Ok((means, typed.text("reached") == "yes"))
}

/// A command as programs are told of it: what there is to fill in, whatever the case.
#[derive(Debug, Clone)]
pub struct CommandShape {
    pub action: &'static str,
    /// What it does, in the table of transitions.
    pub step: Step,
    pub title: &'static str,
    pub intro: &'static str,
    /// Departments and kinds of matter, which change, are lists without an entry.
    pub fields: Vec<FormField>,
}

/// All that may be done to a case by somebody, in the order of the forms.
pub fn command_shapes() -> Vec<CommandShape> {
    let shape = |form: &Form| CommandShape {
        action: form.action,
        step: form.step,
        title: form.title,
        intro: form.intro,
        fields: form.fields.iter().map(|field| field.with(field.kind.open(), "")).collect(),
    };
    FORMS.iter().map(shape).collect()
}

/// The name of the field of a form in which somebody writes most.
pub(super) fn words_field(action: &str) -> Option<&'static str> {
    let form = FORMS.iter().find(|form| form.action == action)?;
    let field = form.fields.iter().find(|field| matches!(field.kind, Kind::Text));
    field.map(|field| field.name)
}

/// The command that a form asks for, or what is missing in it.
pub(super) fn read(action: &str, typed: &Typed) -> Result<Command, CommandError> {
    let form = FORMS.iter().find(|form| form.action == action).ok_or(CommandError::NotFound)?;
    for field in form.fields {
        let text = typed.text(field.name);
        if field.required && text.is_empty() {
            let verb = if field.kind.is_chosen() { "选" } else { "写" };
            let text = format!("请{verb}{}。", field.label);
            return Err(CommandError::Field(field.name, text));
        }
        if text.chars().count() > TEXT_CHARS_MAX {
            let label = field.label;
            let text = format!("{label}写得太长了，请缩到{TEXT_CHARS_MAX}个字以内。");
            return Err(CommandError::Field(field.name, text));
        }
    }
    (form.read)(typed).map_err(CommandError::Refused)
}

impl Kind {
    fn is_chosen(self) -> bool {
        !matches!(self, Kind::Line | Kind::Text | Kind::Number(..))
    }

    /// What can be filled in, whatever the county and the case.
    fn open(self) -> FieldKind {
        let words = |all: Vec<(&str, &str)>| {
            let choice = |(id, label): (&str, &str)| Choice { id: id.into(), label: label.into() };
            FieldKind::Choice(all.into_iter().map(choice).collect())
        };
        match self {
            Kind::Line => FieldKind::Line,
            Kind::Text => FieldKind::Text,
            Kind::Number(min, max) => FieldKind::Number { min, max },
            Kind::Day => FieldKind::Day,
            Kind::Moment => FieldKind::Moment,
            Kind::Departments | Kind::Categories => FieldKind::Choice(Vec::new()),
            Kind::Outcomes => words(pairs(Outcome::ALL, |one| (one.id(), one.word()))),
            Kind::Rejections => words(pairs(Rejection::ALL, |one| (one.id(), one.word()))),
            Kind::Means => words(pairs(Means::ALL, |one| (one.id(), one.word()))),
            Kind::Solved => words(pairs(Solved::ALL, |one| (one.id(), one.word()))),
            Kind::Grades => words(pairs(Grade::ALL, |one| (one.id(), one.word()))),
            Kind::Trips => words(pairs(Trips::ALL, |one| (one.id(), one.word()))),
            Kind::Kinds => words(pairs(desk::Kind::ALL, |one| (one.id(), one.word()))),
            Kind::Promise => words(vec![("yes", "按时限重新答应，告诉群众")]),
            Kind::Classes => {
                let choice =
                    |class: &TimeClass| Choice { id: class.id().into(), label: class_word(*class) };
                FieldKind::Choice(TimeClass::ALL.iter().map(choice).collect())
            }
            Kind::Reached => words(vec![("yes", "联系上了"), ("no", "没联系上")]),
            Kind::Kept => words(vec![("yes", "见到了"), ("no", "没见上")]),
        }
    }
}

/// Departments and kinds of matter to choose from, and what is suggested.
pub(super) struct Lists<'l> {
    pub rules: desk::Rules<'l>,
    pub departments: &'l [Choice],
    pub categories: &'l [Choice],
    pub suggested: Option<&'l str>,
    pub helpers: &'l [String],
    pub replies: &'l Replies,
    /// Of the department that has it: who is telephoned.
    pub liaison: Option<&'l Contact>,
}

/// The forms that are open to `by` now, those for the usual next step first.
pub(super) fn open(case: &Case, by: &Actor, now: Timestamp, lists: &Lists) -> Vec<CaseForm> {
    let parties = by.parties(Some(case));
    let next_errand = case.errand.as_ref().and_then(|errand| errand.next());
    let may = |form: &&Form| {
        let from = state_for(case, form.step);
        let answers = match form.action {
            "reply" => from == State::Handling,
            "pass_review" => from == State::Reviewing,
            "call_missed" => {
                case.department.is_some() && is_open_to(case, Step::Supervised, &parties)
            }
            "detach" => !case.course.files.is_empty(),
            // Nothing stands against the department: there is nothing to leave out.
            "ask_exclusion" => desk::may_matter(case),
            action => match action.strip_prefix("errand_") {
                Some(step) => next_errand.is_some_and(|next| next.id() == step),
                None => true,
            },
        };
        answers
            && is_open_to(case, form.step, &parties)
            && desk::guard(case, form.step, by, now, &lists.rules).is_ok()
    };
    let mut forms: Vec<&Form> = FORMS.iter().filter(may).collect();
    forms.sort_by_key(|form| !form.is_main);
    forms.into_iter().map(|form| form.shown(case, lists)).collect()
}

/// Work that nobody has accepted yet is accepted along with it.
fn state_for(case: &Case, step: Step) -> State {
    match case.state {
        State::Dispatched | State::Redo if desk::accepts_along(step) => State::Handling,
        state => state,
    }
}

fn is_open_to(case: &Case, step: Step, parties: &[Party]) -> bool {
    let row = desk::transition(Some(state_for(case, step)), step);
    row.is_some_and(|row| row.who.iter().any(|who| parties.contains(who)))
}

/// A file needs a form of its own.
pub(super) fn may_attach(case: &Case, by: &Actor) -> bool {
    case.department.is_some() && is_open_to(case, Step::Attached, &by.parties(Some(case)))
}

impl Form {
    /// She is told of the step, in words that are typed here.
    fn reaches_her(&self) -> bool {
        let told = |row: &desk::Transition| row.step == self.step && row.told.is_some();
        let typed = self.fields.iter().any(|field| matches!(field.kind, Kind::Text));
        typed && desk::TRANSITIONS.iter().any(told)
    }

    fn shown(&self, case: &Case, lists: &Lists) -> CaseForm {
        let again = self.action == "dispatch" && case.department.is_some();
        let word = |first: &str| if again { "改派".to_owned() } else { first.to_owned() };
        CaseForm {
            action: self.action,
            title: word(self.title),
            intro: self.intro,
            button: word(self.button),
            is_main: self.is_main && !again,
            previews: self.reaches_her(),
            canned: lists
                .replies
                .offered(self.action, case.category.as_deref())
                .into_iter()
                .map(|(n, one)| Choice { id: n.to_string(), label: one.title.clone() })
                .collect(),
            fields: self.fields.iter().map(|field| field.shown(self, case, lists)).collect(),
        }
    }
}

impl Field {
    fn shown(&self, form: &Form, case: &Case, lists: &Lists) -> FormField {
        let mut value = String::new();
        let kind = match self.kind {
            Kind::Departments => {
                let helper = |n: usize| lists.helpers.get(n).map_or("", String::as_str);
                value = match (form.action, self.name) {
                    ("dispatch", "department") => lists.suggested.unwrap_or_default(),
                    ("dispatch", "helper") => helper(0),
                    ("dispatch", "helper2") => helper(1),
                    _ => "",
                }
                .to_owned();
                let mark = |choice: &Choice| match choice.id == value {
                    true => {
                        Choice { label: format!("{}（建议）", choice.label), ..choice.clone() }
                    }
                    false => choice.clone(),
                };
                FieldKind::Choice(lists.departments.iter().map(mark).collect())
            }
            Kind::Categories => {
                value = case.category.clone().unwrap_or_default();
                FieldKind::Choice(lists.categories.to_vec())
            }
            kind => {
                let liaison = lists.liaison.filter(|one| !one.name.is_empty());
                if let ("supervise", Some(liaison)) = (form.action, liaison) {
                    value = match self.name {
                        "callee" => liaison.name.clone(),
                        "title" => LIAISON.to_owned(),
                        _ => value,
                    };
                }
                kind.open()
            }
        };
        self.with(kind, &value)
    }

    fn with(&self, kind: FieldKind, value: &str) -> FormField {
        FormField {
            name: self.name,
            label: self.label,
            hint: self.hint,
            kind,
            required: self.required,
            value: value.to_owned(),
        }
    }
}

fn pairs<W: Copy>(
    all: &[W],
    of: fn(W) -> (&'static str, &'static str),
) -> Vec<(&'static str, &'static str)> {
    all.iter().map(|one| of(*one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(action: &str, fields: &[(&str, &str)], expect: Result<(), &str>) {
        let of = |name: &str| {
            fields.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text).to_owned()
        };
        match (read(action, &Typed(&of)), expect) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (got, expect) => panic!("{action}: {got:?}, not {expect:?}"),
        }
    }

    #[test]
    fn a_form_becomes_a_command_or_says_what_is_missing() {
        let long = "长".repeat(TEXT_CHARS_MAX + 1);
        check("accept", &[], Ok(()));
        check("dispatch", &[("department", "城管")], Ok(()));
        check("dispatch", &[], Err("请选承办单位"));
        check("dispatch", &[("department", "城管"), ("note", &long)], Err("2000"));
        check("progress", &[("text", " ")], Err("请写办到哪一步了"));
        check("reply", &[("outcome", "solved"), ("text", "修好了")], Ok(()));
        check("reply", &[("outcome", "gone"), ("text", "修好了")], Err("请选一个办理结果"));
        check("reply", &[("text", "修好了")], Err("请选结果"));
        check("ask_extension", &[("days", "三"), ("reason", "要勘测")], Err("例如 3"));
        check("defer", &[("plan", "修"), ("until", "明年")], Err("请选一个日子"));
        let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-27T17:30")];
        check("supervise", &call, Ok(()));
        check("supervise", &call[..2], Err("请选答应什么时候办完"));
        check("burn", &[], Err("没有找到"));
    }

    #[test]
    fn every_form_is_for_a_step_of_the_table() {
        for form in FORMS {
            assert!(desk::TRANSITIONS.iter().any(|row| row.step == form.step), "{}", form.action);
        }
    }
}
