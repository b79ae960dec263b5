//! What the county's platform decides about a case, and what the clock notes down.

use jiff::Timestamp;
use jiff::civil::Date;

use super::case::Case;
use super::decide::{
    CO_SIGNERS_MAX, NAME_CHARS_MAX, NOTE_CHARS_MAX, ROUNDS_MAX, answer_text, at_most, not_allowed,
    required, written,
};
use super::event::{Actor, Breached, Change, Closing, Grade, Helper, Kind, Means, Solved};
use super::limits::{REDO_LIMIT, RETURNS_MAX, assignment_due, breach_due, help_due};
use super::refusal::Refusal;
use super::respondent;
use super::round_time::{Granted, RoundTime};
use super::state::{Party, State, Step};
use super::{Rules, alike};
use crate::calendar::{Limit, local_date};
use crate::county::{CaseNumber, Department, Found, Place, Scope};

const HELPERS_MAX: usize = 5;
/// All of them are told in one commit.
const CHILDREN_MAX: usize = 100;
const PLAN_DAYS_MAX: i32 = 365;
const VILLAGE_CHARS_MAX: usize = 40;

pub(super) struct Dispatch {
    pub department: String,
    pub helpers: Vec<String>,
    pub category: Option<String>,
    pub note: String,
    pub despite: String,
}

pub(super) fn dispatch(
    case: &Case,
    dispatch: Dispatch,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<Change>, Refusal> {
    let Dispatch { department, helpers, category, note, despite } = dispatch;
    let receiver = known(&department, rules)?;
    let sorted = match &category {
        Some(code) => {
            Some(rules.categories.get(code).ok_or_else(|| Refusal::UnknownCategory(code.clone()))?)
        }
        None => None,
    };
    let hides = sorted.filter(|sorted| sorted.is_confidential() && !case.confidential);
    let hidden =
        hides.map(|sorted| Change::Hidden { reason: format!("「{}」一律保密", sorted.name) });
    let handed_over = !matches!(case.state, State::Received | State::Redo);
    if handed_over && case.department.as_ref() == Some(&department) {
        return Err(Refusal::SameDepartment(receiver.short.clone()));
    }
    // A department takes what was offered to it, for itself and not for another.
    let parties = by.parties(Some(case));
    if !parties.contains(&Party::Staff) && case.course.handover_to.as_ref() != Some(&department) {
        return Err(not_allowed(Step::Dispatched, Party::Staff.word()));
    }
    at_most("派单说明", &note, NOTE_CHARS_MAX)?;
    at_most("仍要派给它的理由", &despite, NOTE_CHARS_MAX)?;
    respondent::may_have(case, receiver, &despite)?;
    let due_at = assignment_due(case.time_class, case.round_due_at, handed_over, now, rules);
    let helpers = helping(case, helpers, &department, (due_at, now), &despite, rules)?;
    let from = case.department.clone().filter(|_| handed_over);
    let sent = Change::Dispatched { department, from, due_at, category, note, despite, helpers };
    Ok(hidden.into_iter().chain([sent]).collect())
}

fn known<'r>(id: &str, rules: &Rules<'r>) -> Result<&'r Department, Refusal> {
    rules.departments.get(id).ok_or_else(|| Refusal::UnknownDepartment(id.to_owned()))
}

/// Those that help the lead, each with a time of its own before the lead's ends.
pub(super) fn helping(
    case: &Case,
    ids: Vec<String>,
    lead: &str,
    (due_at, now): (Timestamp, Timestamp),
    despite: &str,
    rules: &Rules,
) -> Result<Vec<Helper>, Refusal> {
    if ids.len() > HELPERS_MAX {
        return Err(Refusal::TooMany { what: "协办单位", count: ids.len(), max: HELPERS_MAX });
    }
    let mut helping: Vec<Helper> = Vec::new();
    for id in ids {
        let helper = known(&id, rules)?;
        if id == lead || helping.iter().any(|known| known.department == id) {
            return Err(Refusal::TwiceTheSame(helper.short.clone()));
        }
        respondent::may_have(case, helper, despite)?;
        helping.push(Helper { department: id, due_at: help_due(due_at, now, rules) });
    }
    Ok(helping)
}

/// The third time it is for good.
pub(super) fn refuse_return(
    case: &Case,
    reason: String,
    now: Timestamp,
    rules: &Rules,
) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    let appointed = case.course.returns >= RETURNS_MAX;
    let due = case.due_at.unwrap_or(case.round_due_at);
    let asked = case.course.return_asked_at.unwrap_or(now);
    let due_at = super::limits::after_stop(case, due, asked, now, rules);
    Ok(Change::ReturnRefused { reason, appointed, due_at })
}

/// One more who signs with her.
pub(super) fn co_sign(
    case: &Case,
    person: String,
    name: String,
    by: &Actor,
) -> Result<Change, Refusal> {
    if let Actor::Villager { person: own } = by
        && (*own != person || !alike::takes_neighbours(case))
    {
        return Err(Refusal::NotYours);
    }
    required("联名人", &person)?;
    at_most("联名人", &name, NAME_CHARS_MAX)?;
    if case.is_of(&person) {
        return Err(Refusal::SignedBefore(name));
    }
    if case.co_signers.len() >= CO_SIGNERS_MAX {
        let count = case.co_signers.len() + 1;
        return Err(Refusal::TooMany { what: "联名的人", count, max: CO_SIGNERS_MAX });
    }
    Ok(Change::CoSigned { person })
}

/// As it is shown: `胡家坨镇大黑坨村`.
pub fn whole(place: &Place) -> String {
    format!("{}{}", place.township, place.name)
}

/// The one village that somebody means, by its name as one writes it or by its 12 digits.
pub fn place_named<'r>(village: &str, rules: &Rules<'r>) -> Result<&'r Place, Refusal> {
    let village = village.trim();
    required("地点", village)?;
    at_most("地点", village, VILLAGE_CHARS_MAX)?;
    let several = |places: &[&Place]| Refusal::SeveralVillages {
        village: village.to_owned(),
        likely: places.iter().map(|place| whole(place)).collect::<Vec<_>>().join("、"),
    };
    if let Some(place) = rules.places.get(village) {
        return Ok(place);
    }
    match rules.places.find(village, Scope::Answer) {
        Found::One { place, sure: true, .. } => Ok(place),
        Found::One { place, others, .. } => {
            let all: Vec<&Place> = std::iter::once(place).chain(others).collect();
            Err(several(&all))
        }
        Found::Several { places, .. } => Err(several(&places)),
        Found::Outside { .. } | Found::None => Err(Refusal::UnknownVillage(village.to_owned())),
    }
}

pub(super) fn relocate(
    case: &Case,
    village: &str,
    note: String,
    rules: &Rules,
) -> Result<Change, Refusal> {
    at_most("说明", &note, NOTE_CHARS_MAX)?;
    let place = place_named(village, rules)?;
    let place_name = whole(place);
    if case.place_code.as_ref() == Some(&place.code) {
        return Err(Refusal::SamePlace(place_name));
    }
    let before = case.place_name.as_deref().unwrap_or_default();
    let matter = case.title.strip_prefix(before).unwrap_or(&case.title);
    Ok(Change::Relocated {
        title: format!("{place_name}{matter}"),
        place_code: place.code.clone(),
        place_name,
        from: case.place_name.clone(),
        note,
    })
}

pub(super) fn change_kind(case: &Case, kind: Kind, reason: String) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    if kind == case.kind {
        return Err(Refusal::SameKind(kind));
    }
    Ok(Change::KindChanged { kind, from: case.kind, reason })
}

pub(super) fn grant_extension(case: &Case, rules: &Rules) -> Result<Change, Refusal> {
    let Some(asked) = case.course.extensions.last() else {
        return Err(Refusal::NothingAsked("延期"));
    };
    let days = Limit::WorkingDays(u32::from(asked.days));
    Ok(Change::ExtensionGranted { round_due_at: rules.calendar.due(case.round_due_at, days) })
}

pub(super) fn defer(
    case: &Case,
    (plan, until, consent): (String, Date, String),
    now: Timestamp,
    rules: &Rules,
) -> Result<Change, Refusal> {
    answer_text(&plan)?;
    let days = (until - local_date(now)).get_days();
    if !(1..=PLAN_DAYS_MAX).contains(&days) {
        return Err(Refusal::PlanDay { days: PLAN_DAYS_MAX });
    }
    at_most("谁同意的", &consent, NOTE_CHARS_MAX)?;
    if case.course.signed_at.is_none() && consent.trim().is_empty() {
        return Err(Refusal::HeadFirst);
    }
    Ok(Change::Deferred { plan, until: rules.calendar.close_of_business(until), consent })
}

pub(super) fn pass_review(case: &Case) -> Result<Change, Refusal> {
    let Some(submitted) = &case.course.submitted else {
        return Err(Refusal::NothingAsked("审核"));
    };
    let (outcome, text) = (submitted.outcome, submitted.text.clone());
    let files = case.course.files.clone();
    let (trips, visited_at) = (None, None);
    Ok(Change::Replied { outcome, text, department: None, trips, visited_at, files })
}

pub(super) fn return_review(case: &Case, reason: String, now: Timestamp, rules: &Rules) -> Change {
    let since = case.course.submitted.as_ref().map_or(now, |submitted| submitted.at);
    // To the minute: it is the department's own day that moves, not what was promised.
    let limit = match case.limit_of_round() {
        Limit::WorkingDays(_) => Limit::WorkingMinutes(0),
        limit => limit,
    };
    let due_at = rules.calendar.paused(case.own_due_at(), limit, since, now);
    Change::ReviewReturned { reason, due_at: Some(due_at) }
}

/// Means, reached and note.
type CallBack = (Means, bool, String);

/// "Not solved", and not content, opens a second round; content ends it.
pub(super) fn call_back(
    case: &Case,
    (means, reached, note): CallBack,
    (solved, grade): (Option<Solved>, Option<Grade>),
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<Change>, Refusal> {
    at_most("说明", &note, NOTE_CHARS_MAX)?;
    if reached != solved.is_some() || (grade.is_some() && !reached) {
        return Err(Refusal::Missing { what: "有没有解决（联系上了才填）" });
    }
    if let (Some(before), Some(_)) = (case.rating, grade) {
        return Err(Refusal::AlreadyRated(before));
    }
    let mut changes =
        vec![Change::CalledBack { means, reached, solved, grade, note: note.clone() }];
    let content = grade.map(Grade::is_content);
    let is_bad = solved == Some(Solved::No) || content == Some(false);
    match grade {
        _ if is_bad && case.round < ROUNDS_MAX => {
            required("没解决或不满意的原因", &note)?;
            let due_at = rules.calendar.due(now, REDO_LIMIT);
            changes.push(Change::Reopened { round: case.round + 1, reason: note, due_at });
        }
        Some(grade) if !is_bad => {
            let reason = grade.word().to_owned();
            changes.push(Change::Closed { closing: Closing::Rated, reason });
        }
        _ => {}
    }
    Ok(changes)
}

pub(super) fn final_reply(text: String, document: String) -> Result<Change, Refusal> {
    answer_text(&text)?;
    written("负责人签字的文件", &document, NOTE_CHARS_MAX)?;
    Ok(Change::FinalReplied { text, document })
}

pub(super) fn close(case: &Case, reason: String, by: &Actor) -> Result<Change, Refusal> {
    let parties = by.parties(Some(case));
    let is_staff = parties.contains(&Party::Staff);
    let closing = if parties.contains(&Party::System) {
        match case.rating {
            None if case.waits_for_call() => return Err(Refusal::CallBackFirst),
            None => Closing::Unrated,
            Some(before) => return Err(Refusal::AlreadyRated(before)),
        }
    } else if !is_staff {
        return Err(not_allowed(Step::Closed, Party::Staff.word()));
    } else {
        Closing::Staff
    };
    if is_staff {
        required("办结理由", &reason)?;
    }
    at_most("办结理由", &reason, NOTE_CHARS_MAX)?;
    Ok(Change::Closed { closing, reason })
}

pub(super) fn merge(case: &Case, parent: CaseNumber, reason: String) -> Result<Change, Refusal> {
    written("理由", &reason, NOTE_CHARS_MAX)?;
    if parent == case.number {
        return Err(Refusal::NotToBeMerged("它自己就是主件"));
    }
    Ok(Change::Merged { parent, reason })
}

pub(super) fn join(case: &Case, child: CaseNumber) -> Result<Change, Refusal> {
    if case.confidential {
        return Err(Refusal::NotToBeMerged("主件是保密的"));
    }
    if case.parent.is_some() || case.state == State::Replied {
        return Err(Refusal::NotToBeMerged("主件已经答复，或并到了别处"));
    }
    if case.children.len() >= CHILDREN_MAX {
        let count = case.children.len() + 1;
        return Err(Refusal::TooMany { what: "并案", count, max: CHILDREN_MAX });
    }
    Ok(Change::Joined { child })
}

pub(super) fn part(case: &Case, child: CaseNumber) -> Result<Change, Refusal> {
    match case.children.contains(&child) {
        true => Ok(Change::Parted { child }),
        false => Err(Refusal::NothingChanged),
    }
}

pub(super) fn breach(case: &Case, limit: Breached, rules: &Rules) -> Result<Change, Refusal> {
    let due_at = breach_due(case, limit, rules.calendar).ok_or(Refusal::NothingAsked("这一步"))?;
    if case.course.is_noted(limit, case.department.as_deref(), due_at) {
        return Err(Refusal::NotedBefore(limit));
    }
    let department = case.department.clone().filter(|_| !limit.is_of_platform());
    Ok(Change::Breached { limit, department, due_at })
}

/// Callee, title, promise and note.
type Call = (String, String, Timestamp, String);

pub(super) fn supervise(
    (callee, title, promise_at, note): Call,
    now: Timestamp,
) -> Result<Change, Refusal> {
    written("接电话的人", &callee, 60)?;
    written("职务", &title, 60)?;
    at_most("说明", &note, NOTE_CHARS_MAX)?;
    if promise_at <= now {
        return Err(Refusal::PromiseInThePast);
    }
    Ok(Change::Supervised { callee, title, promise_at, note })
}

pub(super) fn remind(case: &Case) -> Result<Change, Refusal> {
    let most = super::limits::reminders_of(case).len();
    match usize::from(case.course.reminded) < most {
        true => Ok(Change::Reminded),
        false => Err(Refusal::NothingChanged),
    }
}

pub(super) fn warn(case: &Case, last: bool) -> Result<Change, Refusal> {
    if case.department.is_none() {
        return Err(Refusal::NotDispatched);
    }
    if case.course.is_warned(last, case.round_due_at) {
        return Err(Refusal::NothingChanged);
    }
    Ok(Change::Warned { due_at: case.round_due_at, last })
}

pub(super) fn note_interview(
    case: &Case,
    interview: String,
    held_at: Timestamp,
    measures: String,
) -> Result<Change, Refusal> {
    written("约谈单", &interview, NAME_CHARS_MAX)?;
    written("整改措施", &measures, NOTE_CHARS_MAX)?;
    if case.course.interviews.contains(&interview) {
        return Err(Refusal::NothingChanged);
    }
    Ok(Change::Interviewed { interview, held_at, measures })
}

/// With the calendar as it is now; the promise that was made to her stays as it was said.
pub(super) fn recompute(case: &Case, rules: &Rules) -> Result<Change, Refusal> {
    let due = RoundTime::of(case).ends(rules.calendar, Granted::Counts);
    // The day of a plan was named, not counted.
    if due == case.round_due_at || case.course.noted_plan_at.is_some() {
        return Err(Refusal::NothingChanged);
    }
    let own =
        case.due_at.map(|before| if before == case.round_due_at { due } else { before.max(due) });
    Ok(Change::Recomputed {
        calendar_version: rules.calendar.version().to_owned(),
        round_due_before: case.round_due_at,
        round_due_at: due,
        due_at: own,
    })
}
