//! The time class of a case corrected by the platform, and a new time promised to her. Each has its
//! reason, and neither follows from the other: a class alone makes a time shorter, never longer.

use jiff::Timestamp;

use super::Rules;
use super::case::Case;
use super::command::Sorting;
use super::decide::{NOTE_CHARS_MAX, not_allowed, written};
use super::event::{Actor, CaseEvent, Change};
use super::refusal::Refusal;
use super::round_time::RoundTime;
use super::state::{Party, Step};
use crate::calendar::spoken;
use crate::county::TimeClass;

/// Of one round.
const PROMISES_MAX: usize = 2;

pub(super) fn sort(
    case: &Case,
    sorting: Sorting,
    now: Timestamp,
    rules: &Rules,
) -> Result<Vec<Change>, Refusal> {
    let Sorting { class, promise, reason } = sorting;
    written("理由", &reason, NOTE_CHARS_MAX)?;
    let class = class.filter(|class| !(promise && *class == case.time_class));
    if class.is_none_or(|class| class == case.time_class) && !promise {
        return Err(Refusal::SameClass(case.time_class));
    }
    let mut changes: Vec<Change> = class
        .map(|class| reclassify(case, class, reason.clone(), now, rules))
        .into_iter()
        .collect();
    if promise {
        changes.push(promise_anew(case, class, reason, now, rules)?);
    }
    Ok(changes)
}

/// What is corrected along with sending it to a department, and the case after that.
pub(super) fn at_dispatch(
    case: &Case,
    sorting: Sorting,
    by: &Actor,
    now: Timestamp,
    rules: &Rules,
) -> Result<(Vec<Change>, Case), Refusal> {
    let asked = sorting.promise || sorting.class.is_some_and(|class| class != case.time_class);
    if !asked {
        return Ok((Vec::new(), case.clone()));
    }
    if !by.parties(Some(case)).contains(&Party::Staff) {
        return Err(not_allowed(Step::Reclassified, Party::Staff.word()));
    }
    let changes = sort(case, sorting, now, rules)?;
    let mut sorted = case.clone();
    for change in &changes {
        let event = CaseEvent { at: now, by: by.clone(), change: change.clone() };
        // It stays where it is, so what may follow is the same.
        sorted.apply(&event).map_err(|_| Refusal::NothingChanged)?;
    }
    Ok((changes, sorted))
}

fn reclassify(
    case: &Case,
    class: TimeClass,
    reason: String,
    now: Timestamp,
    rules: &Rules,
) -> Change {
    let before = case.round_due_at;
    let due = before.min(RoundTime::of(case).by_class(class, now, rules.calendar));
    Change::Reclassified {
        class,
        from: case.time_class,
        reason,
        round_due_before: before,
        round_due_at: due,
        due_at: case.due_at.map(|own| if own == before { due } else { own }),
    }
}

fn promise_anew(
    case: &Case,
    class: Option<TimeClass>,
    reason: String,
    now: Timestamp,
    rules: &Rules,
) -> Result<Change, Refusal> {
    if case.is_overdue(now) {
        return Err(Refusal::OverdueAlready(spoken(case.round_due_at)));
    }
    if case.course.promises.len() >= PROMISES_MAX {
        return Err(Refusal::PromisedEnough(PROMISES_MAX));
    }
    let limit = super::limits::limit_in(case.round, class.unwrap_or(case.time_class));
    let promised_at = rules.calendar.due(now, limit);
    Ok(Change::Promised { promised_at, before: case.round_due_at, reason })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, at, clerk, dispatch, dispatch_with, intake, reply};
    use super::*;
    use crate::desk::{Command, Intake};

    fn sorting(class: Option<TimeClass>, promise: bool) -> Sorting {
        Sorting { class, promise, reason: "照片上是电线冒火花".into() }
    }

    fn filed(category: Option<&str>) -> Desk {
        let category = category.map(str::to_owned);
        Desk::filed("2026-11-23 10:00", Intake { category, ..intake() })
    }

    /// What nobody could sort is class C; in truth a line sparks.
    #[test]
    fn a_graver_class_makes_the_time_shorter_and_the_promise_stays() {
        let mut desk = filed(None);
        let promised = desk.the_case().promised_at;
        assert_eq!(promised, at("2026-11-30 17:30"));
        let Command::Dispatch { department, helpers, category, note, despite, .. } =
            dispatch("供电")
        else {
            panic!("it dispatches")
        };
        let sorting = sorting(Some(TimeClass::U), false);
        let sent = Command::Dispatch { department, helpers, category, note, despite, sorting };
        let events = desk.give("2026-11-23 10:10", &clerk(), sent).unwrap();
        assert_eq!(events, ["reclassified", "dispatched"]);
        let case = desk.the_case();
        assert_eq!((case.time_class, case.promised_at), (TimeClass::U, promised));
        // From the correction on it has its 24 hours.
        assert_eq!(case.own_due_at(), at("2026-11-24 10:10"));
        let [.., reclassified, _] = &desk.events[..] else { panic!("two events") };
        let Change::Reclassified { from, round_due_before, round_due_at, .. } =
            &reclassified.change
        else {
            panic!("{reclassified:?}")
        };
        assert_eq!((*from, *round_due_before), (TimeClass::C, promised));
        assert_eq!(*round_due_at, at("2026-11-24 10:10"));
        assert!(desk.told[1].is_none(), "her promise is as it was");
    }

    /// 宅基地 that was taken for anything: class E needs its days, and its plans.
    #[test]
    fn a_longer_class_gives_no_day_without_a_new_promise_of_which_she_is_told() {
        let mut desk = filed(None);
        desk.give("2026-11-23 10:20", &clerk(), dispatch("农业农村")).unwrap();
        let first = desk.the_case().promised_at;
        let longer = Command::Sort(sorting(Some(TimeClass::E), false));
        assert_eq!(desk.give("2026-11-24 09:00", &clerk(), longer), Ok(vec!["reclassified"]));
        let case = desk.the_case();
        assert_eq!((case.round_due_at, case.promised_at), (first, first));
        let anew = Command::Sort(sorting(None, true));
        assert_eq!(desk.give("2026-11-24 09:10", &clerk(), anew.clone()), Ok(vec!["promised"]));
        let case = desk.the_case();
        let due = at("2026-12-15 17:30");
        assert_eq!((case.round_due_at, case.promised_at, case.own_due_at()), (due, due, due));
        let told = desk.last_notice();
        assert_eq!((told.id, told.fields["due"].as_str()), ("promised", "12月15日17:30前"));
        assert_eq!(told.fields["reason"], "照片上是电线冒火花");
        // A new calendar moves it from where it was promised.
        assert_eq!(
            RoundTime::of(&case)
                .ends(desk.rules().calendar, super::super::round_time::Granted::Counts),
            due
        );
        desk.give("2026-11-25 09:00", &clerk(), anew.clone()).unwrap();
        desk.refused_at("2026-11-26 09:00", &clerk(), anew, "已经重新答应过2次");
    }

    #[test]
    fn it_needs_a_reason_another_class_and_the_platform() {
        let mut desk = filed(Some("0301"));
        desk.give("2026-11-23 10:20", &clerk(), dispatch_with("广电网络", &[])).unwrap();
        let bare = Sorting { reason: " ".into(), ..sorting(Some(TimeClass::C), false) };
        desk.refused(&clerk(), Command::Sort(bare), "理由是空的");
        let same = Command::Sort(sorting(Some(TimeClass::B), false));
        desk.refused(&clerk(), same, "已经是B类");
        desk.refused(&clerk(), Command::Sort(sorting(None, false)), "已经是B类");
        let lead = Actor::Staff {
            name: "经办人".into(),
            role: "department".into(),
            department: Some("广电网络".into()),
            at_machine: false,
        };
        let other = || Command::Sort(sorting(Some(TimeClass::C), false));
        desk.refused(&lead, other(), "请交给：平台");
        // Too late for another promise, never for the class.
        let anew = Command::Sort(sorting(None, true));
        desk.refused_at("2026-11-26 09:00", &clerk(), anew, "11月25日17:30就到期了");
        desk.give("2026-11-26 09:00", &clerk(), other()).unwrap();
        assert_eq!(desk.the_case().round_due_at, at("2026-11-25 17:30"));
        desk.give("2026-11-26 09:10", &lead, reply()).unwrap();
        desk.refused_at("2026-11-26 09:20", &clerk(), other(), "已经答复");
    }
}
