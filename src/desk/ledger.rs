//! The lines of the county's ledgers, column by column as they are kept on paper (国办 12345
//! practice; a village's service ledger). Times are Beijing's.

use jiff::Timestamp;

use super::case::Case;
use super::event::{Actor, CaseEvent, Change, Kind};
use super::interview::{Interview, InterviewStep, Minutes};
use super::limits::DAY_MINUTES;
use super::private::{NAMELESS, Veil, Who, mask_name};
use super::{Rules, Solved};
use crate::calendar::{Limit, local};
use crate::county::CaseType;
use crate::zh;

/// 受理办理台账: all that is known of a case.
#[rustfmt::skip]
pub const CASE_COLUMNS: [&str; 36] = [
    "序号", "工单编号", "受理时间", "来源渠道", "受理人/代办员", "乡镇(街道)", "村(社区)", "诉求人", "联系电话",
    "是否保密", "诉求类型", "一级类别", "二级类别", "诉求标题", "诉求内容", "被反映对象", "主办单位", "协办单位",
    "派单时间", "签收时间", "办理时限(工作日)", "到期时间", "延期次数/至", "办理结果(结论)", "答复内容", "答复时间",
    "答复方式", "是否超期", "督办次数", "回访时间", "是否解决", "满意度", "是否重办", "办结时间", "用时(工作日)", "备注",
];

/// 村级服务台账: what a village shop did for its villagers.
pub const VILLAGE_COLUMNS: [&str; 14] = [
    "序号",
    "日期",
    "姓名",
    "组/住址",
    "电话",
    "事项类别",
    "事项内容",
    "办理方式",
    "承办单位",
    "办理结果",
    "办结日期",
    "满意度",
    "代办员签字",
    "群众签字",
];

/// 督办清单: what is late, who was telephoned, and who was written to.
pub const OVERDUE_COLUMNS: [&str; 14] = [
    "序号",
    "工单编号",
    "诉求标题",
    "主办单位",
    "受理时间",
    "到期时间",
    "超期(工作时)",
    "督办次数",
    "最近督办",
    "接电话的人",
    "答应办完",
    "督办单(张)",
    "限期书面答复",
    "书面答复",
];

/// 约谈清单: each department that was to be called in.
pub const INTERVIEW_COLUMNS: [&str; 13] = [
    "序号",
    "约谈单",
    "单位",
    "列入时间",
    "件数",
    "工单编号",
    "现在",
    "提出人",
    "约谈时间",
    "参加人",
    "整改措施",
    "整改期限",
    "整改结果",
];

/// Of where she lives, where her number is masked.
const DOOR_CHARS_SHOWN: usize = 2;

/// How much of a person a line shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    Whole,
    /// `张**`, and `138****5678`.
    Masked,
    /// Neither her nor a word of what was said: what it is about, where, whose and by when.
    Anonymous,
}

/// Names that a case knows only by their ids.
pub struct Names<'n> {
    pub department: &'n (dyn Fn(&str) -> String + Sync),
    pub channel: &'n (dyn Fn(&str) -> String + Sync),
    /// Township and village of a place code.
    pub place: &'n (dyn Fn(&str) -> Option<(String, String)> + Sync),
}

/// Where somebody came as well.
fn answered_by(case: &Case, told_by: &str) -> String {
    let visited = case.course.visited_at.map(|_| "上门");
    let ways = visited.into_iter().chain([told_by]).filter(|way| !way.is_empty());
    ways.collect::<Vec<_>>().join("、")
}

/// One line of the case ledger; `n` from 1, `told_by` the way on which the answer went.
pub fn case_line(
    n: usize,
    (case, told_by): (&Case, &str),
    (who, identity): (&Who, Identity),
    names: &Names,
    rules: &Rules,
    now: Timestamp,
) -> Vec<String> {
    let (name, phone) = person(case, who, identity);
    let category = case.category.as_deref().and_then(|code| rules.categories.get(code));
    let department = |id: &Option<String>| id.as_deref().map(names.department).unwrap_or_default();
    let (township, village) = place(case, names);
    let is_anonymous = identity == Identity::Anonymous;
    // A small village has few who would write what nobody may know.
    let is_placeless = is_anonymous && case.confidential;
    let of_place = |text: String| if is_placeless { String::new() } else { text };
    let called = case.course.calls_back.iter().rev().find(|call| call.reached);
    let solved = called.and_then(|call| call.solved).map_or("", Solved::word);
    let extended = case.course.extensions_granted();
    let extension = match extended {
        0 => String::new(),
        times => format!("{times}次，至{}", local(case.round_due_at)),
    };
    let limit = match super::limit_of(case.time_class) {
        Limit::WorkingDays(days) => days.to_string(),
        _ => "24小时".to_owned(),
    };
    let ours = |text: &str| match identity {
        Identity::Anonymous => String::new(),
        Identity::Whole if !case.confidential => Veil::thin(case).over_ours(text),
        _ => Veil::of(case, who).over_ours(text),
    };
    let yes = |is: bool| if is { "是" } else { "否" }.to_owned();
    let helpers = case.course.helpers.iter().map(|helper| (names.department)(&helper.department));
    vec![
        n.to_string(),
        case.number.to_string(),
        local(case.received_at),
        (names.channel)(&case.channel),
        if is_anonymous { String::new() } else { taken_by(case) },
        township,
        of_place(village),
        name,
        phone,
        yes(case.confidential),
        case.kind.word().to_owned(),
        category.map(|category| category.group.clone()).unwrap_or_default(),
        category.map(|category| category.name.clone()).unwrap_or_default(),
        of_place(case.title.clone()),
        words(case, who, identity),
        ours(case.respondent.as_deref().unwrap_or_default()),
        department(&case.department),
        helpers.collect::<Vec<_>>().join("、"),
        time(case.dispatched_at),
        time(case.accepted_at),
        limit,
        local(case.round_due_at),
        extension,
        case.reply.as_ref().map(|reply| reply.outcome.word().to_owned()).unwrap_or_default(),
        ours(case.reply.as_ref().map_or("", |reply| &reply.text)),
        time(case.replied_at),
        answered_by(case, told_by),
        yes(case.was_overdue(now)),
        supervised(case).to_string(),
        time(called.map(|call| call.at)),
        solved.to_owned(),
        grade(case),
        yes(case.round > 1),
        time(case.closed_at),
        used(case, rules),
        remarks(case),
    ]
}

fn remarks(case: &Case) -> String {
    let follows = case.follows.map(|number| format!("续办{number}"));
    let heard = case.heard_at.map(|at| format!("{}说的，后来登记", local(at)));
    follows.into_iter().chain(heard).collect::<Vec<_>>().join("；")
}

/// One line of a village's ledger; the two signatures stay empty.
pub fn village_line(
    n: usize,
    case: &Case,
    (who, identity): (&Who, Identity),
    names: &Names,
    rules: &Rules,
) -> Vec<String> {
    let (name, phone) = person(case, who, identity);
    let category = case.category.as_deref().and_then(|code| rules.categories.get(code));
    let way = match (case.number.kind(), case.department.is_some()) {
        (CaseType::Proxy, _) => "代办",
        (_, true) => "转办",
        (_, false) if case.kind == Kind::Consult || case.replied_at.is_some() => "咨询",
        // Nobody has taken it up yet.
        (_, false) => "",
    };
    let result = match &case.reply {
        Some(reply) => reply.outcome.word(),
        None => case.state.word(),
    };
    vec![
        n.to_string(),
        local(case.heard_at.unwrap_or(case.received_at)).chars().take(10).collect(),
        name,
        door(case, who, identity),
        phone,
        category.map(|category| category.ledger.clone()).unwrap_or_default(),
        words(case, who, identity),
        way.to_owned(),
        case.department.as_deref().map(names.department).unwrap_or_default(),
        result.to_owned(),
        time(case.closed_at).chars().take(10).collect(),
        grade(case),
        String::new(),
        String::new(),
    ]
}

/// What came in a month, what was done in it, whenever it came, and what was open at its end: the
/// same however late it is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthSums {
    pub received: usize,
    pub done: usize,
    pub open: usize,
}

impl MonthSums {
    /// `ended`: when it was over, and whether it was done then, not only taken back or refused.
    pub fn count(
        &mut self,
        (from, to): (Timestamp, Timestamp),
        received: Timestamp,
        ended: Option<(Timestamp, bool)>,
    ) {
        let holds = |at: Timestamp| from <= at && at < to;
        self.received += usize::from(holds(received));
        self.done += usize::from(ended.is_some_and(|(at, done)| done && holds(at)));
        self.open += usize::from(received < to && ended.is_none_or(|(at, _)| at >= to));
    }

    pub fn count_case(&mut self, span: (Timestamp, Timestamp), case: &Case) {
        let over = (!case.state.is_open()).then(|| (case.ended_at(), case.closing.is_some()));
        self.count(span, case.received_at, over);
    }
}

impl std::fmt::Display for MonthSums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { received, done, open } = self;
        write!(f, "本月受理{received}件　办结{done}件　在办{open}件")
    }
}

/// `None`: it is not late.
pub fn overdue_line(
    n: usize,
    case: &Case,
    events: &[CaseEvent],
    names: &Names,
    rules: &Rules,
    now: Timestamp,
) -> Option<Vec<String>> {
    // A round that is over stays on the list, whatever came after it.
    let (department, due, until) = match case.late_round() {
        _ if case.is_overdue(now) => (&case.department, case.round_due_at, case.replied_at),
        Some(round) => (&round.department, round.round_due_at, round.replied_at),
        None => return None,
    };
    let minutes = rules.calendar.working_minutes(due, until.unwrap_or(now));
    let calls = events.iter().rev().find_map(|event| match &event.change {
        Change::Supervised { callee, .. } => Some((local(event.at), callee.clone())),
        _ => None,
    });
    let (called, callee) = calls.unwrap_or_default();
    let promise = events.iter().rev().find_map(|event| match &event.change {
        Change::Supervised { promise_at, .. } | Change::SlipAnswered { promise_at, .. } => {
            Some(*promise_at)
        }
        _ => None,
    });
    let slip = case.course.slip.as_ref();
    let answered = match slip.map(|slip| slip.answered_at) {
        None => String::new(),
        Some(None) => "未答复".to_owned(),
        Some(Some(at)) => local(at),
    };
    Some(vec![
        n.to_string(),
        case.number.to_string(),
        case.title.clone(),
        department.as_deref().map(names.department).unwrap_or_default(),
        local(case.received_at),
        local(due),
        format!("{}.{}", minutes / 60, minutes % 60 / 6),
        supervised(case).to_string(),
        called,
        callee,
        time(promise),
        case.slips().to_string(),
        time(slip.map(|slip| slip.answer_by)),
        answered,
    ])
}

pub fn interview_line(n: usize, interview: &Interview, names: &Names) -> Vec<String> {
    let numbers: Vec<String> = interview.cases.iter().map(|case| case.number.to_string()).collect();
    let minutes = interview.minutes.as_ref();
    let of = |part: fn(&Minutes) -> String| minutes.map(part).unwrap_or_default();
    vec![
        n.to_string(),
        interview.title(),
        (names.department)(&interview.department),
        local(interview.drafted_at),
        interview.cases.len().to_string(),
        numbers.join("、"),
        interview.state.to_string(),
        interview.proposed_by.clone().unwrap_or_default(),
        of(|minutes| local(minutes.held_at)),
        of(|minutes| minutes.attendees.clone()),
        of(|minutes| minutes.measures.clone()),
        of(|minutes| minutes.deadline.to_string()),
        interview.last(InterviewStep::Settled).map(|done| done.text.clone()).unwrap_or_default(),
    ]
}

/// Over all rounds.
fn supervised(case: &Case) -> u32 {
    let earlier = case.earlier.iter().map(|round| u32::from(round.course.supervisions));
    earlier.sum::<u32>() + u32::from(case.course.supervisions)
}

/// Her own words, which may hold names and numbers as well.
fn words(case: &Case, who: &Who, identity: Identity) -> String {
    match identity {
        Identity::Anonymous => String::new(),
        Identity::Whole if !case.confidential => Veil::thin(case).over(&case.text),
        _ => Veil::of(case, who).over(&case.text),
    }
}

/// A confidential case names nobody, whoever looks.
fn person(case: &Case, who: &Who, identity: Identity) -> (String, String) {
    if case.confidential {
        return (NAMELESS.to_owned(), String::new());
    }
    let (name, phone) = (who.name.as_deref(), who.phone.as_deref());
    let name = masked_name(name.unwrap_or_default(), identity);
    (name, masked_phone(phone.unwrap_or_default(), identity))
}

fn door(case: &Case, who: &Who, identity: Identity) -> String {
    if case.confidential { String::new() } else { masked_door(&who.place_note, identity) }
}

pub fn masked_name(name: &str, identity: Identity) -> String {
    masked(name, identity, mask_name)
}

pub fn masked_phone(phone: &str, identity: Identity) -> String {
    masked(phone, identity, zh::mask_phone)
}

/// Where she lives is as much hers as her number.
pub fn masked_door(door: &str, identity: Identity) -> String {
    masked(door, identity, |door| {
        let shown: String = door.chars().take(DOOR_CHARS_SHOWN).collect();
        format!("{shown}**")
    })
}

fn masked(text: &str, identity: Identity, mask: impl Fn(&str) -> String) -> String {
    match identity {
        _ if text.is_empty() => String::new(),
        Identity::Whole => text.to_owned(),
        Identity::Masked => mask(text),
        Identity::Anonymous => String::new(),
    }
}

fn place(case: &Case, names: &Names) -> (String, String) {
    let known = case.place_code.as_deref().and_then(names.place);
    known.unwrap_or_else(|| (String::new(), case.place_name.clone().unwrap_or_default()))
}

fn taken_by(case: &Case) -> String {
    match &case.submitted_by {
        Actor::Staff { name, .. } => name.clone(),
        _ => "本人".to_owned(),
    }
}

fn grade(case: &Case) -> String {
    match (case.replied_at, case.rating) {
        (_, Some(grade)) => grade.word().to_owned(),
        (Some(_), None) => "未评价".to_owned(),
        (None, None) => String::new(),
    }
}

/// Working days from receipt to the answer, to a tenth.
fn used(case: &Case, rules: &Rules) -> String {
    let Some(at) = case.replied_at else { return String::new() };
    let minutes = rules.calendar.working_minutes(case.received_at, at);
    let tenths = minutes * 10 / i64::from(DAY_MINUTES);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn time(at: Option<Timestamp>) -> String {
    at.map(local).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, at, clerk, dispatch, intake};
    use super::*;
    use crate::desk::Intake;

    fn line(desk: &Desk, identity: Identity) -> Vec<String> {
        let who = Who { place_note: "村西头三号".into(), ..Who::default() };
        let names = Names {
            department: &|id: &str| id.to_owned(),
            channel: &|id: &str| id.to_owned(),
            place: &|_: &str| None,
        };
        village_line(1, &desk.the_case(), (&who, identity), &names, &desk.rules())
    }

    fn cell<'l>(line: &'l [String], head: &str) -> &'l str {
        &line[VILLAGE_COLUMNS.iter().position(|one| *one == head).unwrap()]
    }

    #[test]
    fn where_she_lives_is_masked_as_her_number_is() {
        let desk = Desk::filed("2026-11-23 10:00", intake());
        assert_eq!(cell(&line(&desk, Identity::Masked), "组/住址"), "村西**");
        assert_eq!(cell(&line(&desk, Identity::Whole), "组/住址"), "村西头三号");
        let hidden = Intake { confidential: true, ..intake() };
        let desk = Desk::filed("2026-11-23 10:00", hidden);
        assert_eq!(cell(&line(&desk, Identity::Whole), "组/住址"), "");
    }

    #[test]
    fn a_question_is_one_and_a_fresh_case_is_nothing_yet() {
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        assert_eq!(cell(&line(&desk, Identity::Masked), "办理方式"), "");
        desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
        assert_eq!(cell(&line(&desk, Identity::Masked), "办理方式"), "转办");
        let asked = Desk::filed("2026-11-23 10:00", Intake { kind: Kind::Consult, ..intake() });
        assert_eq!(cell(&line(&asked, Identity::Masked), "办理方式"), "咨询");
    }

    /// September's that was closed in October is October's, and what she took back is nobody's.
    #[test]
    fn a_foot_counts_what_was_done_within_the_month_whenever_it_is_printed() {
        let october = (at("2026-10-01 00:00"), at("2026-11-01 00:00"));
        let mut sums = MonthSums::default();
        let ended = |when: &str, done: bool| Some((at(when), done));
        sums.count(october, at("2026-09-28 10:00"), ended("2026-10-08 10:00", true));
        sums.count(october, at("2026-10-09 10:00"), ended("2026-10-10 10:00", false));
        sums.count(october, at("2026-10-20 10:00"), ended("2026-11-02 10:00", true));
        sums.count(october, at("2026-09-20 10:00"), None);
        sums.count(october, at("2026-11-01 10:00"), None);
        assert_eq!(sums.to_string(), "本月受理2件　办结1件　在办2件");
    }
}
