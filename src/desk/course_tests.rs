//! What departments and the platform do to a case, rule by rule. The names are those of the
//! county's acceptance checks where there is one.

use jiff::civil::date;

use super::tests::{
    Desk, at, clerk, director, dispatch, dispatch_with, intake, rate, reply, villager,
};
use super::*;
use crate::calendar::Calendar;

fn of(department: &str) -> Actor {
    let department = Some(department.to_owned());
    Actor::Staff {
        name: "经办人".into(), role: "department".into(), department, at_machine: false
    }
}

fn text() -> String {
    "写明白的理由和情况，有十五个字以上".into()
}

fn at_department(category: &str, when: &str) -> Desk {
    let category = Some(category.to_owned());
    let mut desk = Desk::filed("2026-11-23 10:00", Intake { category, ..intake() });
    desk.give(when, &clerk(), dispatch("城管")).unwrap();
    desk
}

fn more() -> Command {
    Command::Supplement { text: "村东头第二家".into(), photos: vec![], voices: vec![] }
}

#[test]
fn return_reroute_and_hand_over_leave_the_promise_unchanged() {
    let mut desk = at_department("1101", "2026-11-23 11:00");
    let promised = desk.the_case().promised_at;
    let lead = of("城管");
    desk.give("2026-11-23 15:00", &lead, Command::AskReturn { basis: text() }).unwrap();
    desk.give("2026-11-23 16:00", &clerk(), dispatch("市场监管")).unwrap();
    assert_eq!(desk.last_notice().id, "rerouted");
    let lead = of("市场监管");
    desk.give("2026-11-24 09:00", &lead, Command::Accept).unwrap();
    let to = "商务".to_owned();
    let to = if desk.rules().departments.get(&to).is_some() { to } else { "住建".into() };
    desk.give("2026-11-24 09:10", &lead, Command::AskHandover { to: to.clone(), reason: text() })
        .unwrap();
    desk.refused(&of("教育"), dispatch("教育"), "不归您的单位办");
    desk.give("2026-11-24 10:00", &of(&to), dispatch(&to)).unwrap();
    let case = desk.the_case();
    assert_eq!((case.department, case.promised_at), (Some(to), promised));
    assert_eq!(case.round_due_at, promised);
}

#[test]
fn a_return_is_asked_in_time_with_its_basis_and_at_most_twice() {
    let ask = || Command::AskReturn { basis: text() };
    let refuse = || Command::RefuseReturn { reason: text() };
    let mut desk = at_department("1101", "2026-11-23 11:00");
    let lead = of("城管");
    desk.refused(&lead, Command::AskReturn { basis: " ".into() }, "退单依据是空的");
    desk.give("2026-11-24 17:30", &lead, ask()).unwrap();
    desk.refused(&lead, reply(), "请先定下退不退");
    desk.give("2026-11-25 09:00", &clerk(), refuse()).unwrap();
    assert_eq!(desk.the_case().state, State::Handling);
    assert!(desk.give("2026-11-25 09:01", &lead, ask()).is_err(), "the day is over");
    let refusal = desk.give("2026-11-25 09:01", &lead, ask()).unwrap_err();
    assert_eq!(refusal, Refusal::ReturnWindowOver("11月24日17:30".into()));
    desk.give("2026-11-25 10:00", &clerk(), dispatch("住建")).unwrap();
    let lead = of("住建");
    desk.give("2026-11-25 11:00", &lead, ask()).unwrap();
    // The second refusal is the director's, and for good.
    desk.refused(&clerk(), refuse(), "请交给：平台负责人");
    desk.give("2026-11-25 14:00", &director(), refuse()).unwrap();
    assert!(desk.the_case().course.appointed);
    desk.refused(&lead, ask(), "指定承办");
}

/// What stood still before a merge stood still for good.
#[test]
fn a_pause_is_kept_over_merge_and_unmerge() {
    let mut desk = at_department("1101", "2026-11-23 11:00");
    let due = desk.the_case().round_due_at;
    let question = Command::AskInfo { question: "请问是哪一家？".into() };
    desk.give("2026-11-24 09:00", &of("城管"), question).unwrap();
    let parent = CaseNumber::new(CaseType::Appeal, 2026, 4011).unwrap();
    let merge = Command::Merge { parent, reason: text() };
    assert_eq!(desk.give("2026-11-26 09:00", &clerk(), merge).unwrap(), ["resumed", "merged"]);
    let unmerge = Command::Unmerge { reason: text() };
    desk.give("2026-11-26 10:00", &clerk(), unmerge).unwrap();
    let case = desk.the_case();
    assert_eq!(case.course.stops, [(at("2026-11-24 09:00"), at("2026-11-26 09:00"))]);
    assert!(case.round_due_at > due, "{}", case.round_due_at);
    // A new calendar finds the same time.
    let nothing = super::platform::recompute(&case, &desk.rules());
    assert!(nothing.is_err(), "{nothing:?}");
}

/// It can do nothing about its time, so nobody is told that it is late.
#[test]
fn what_goes_on_under_another_is_late_in_no_list() {
    let mut desk = at_department("1101", "2026-11-23 11:00");
    let parent = CaseNumber::new(CaseType::Appeal, 2026, 4011).unwrap();
    desk.give("2026-11-24 09:00", &clerk(), Command::Merge { parent, reason: text() }).unwrap();
    let (case, later) = (desk.the_case(), at("2027-01-05 09:00"));
    let rules = desk.rules();
    assert_eq!(case.standing(later, rules.calendar), Standing::InTime);
    assert!(!case.is_late(later) && !case.was_overdue(later));
    for (queue, whose) in [
        (Queue::Supervision, Whose::Platform),
        (Queue::Late, Whose::Department("城管")),
        (Queue::Soon, Whose::Department("城管")),
    ] {
        assert!(!queue.holds(&case, whose, later, rules.calendar), "{queue}");
    }
}

#[test]
fn need_info_pauses_to_the_minute_and_a_holiday_starts_counting_next_opening() {
    // By days: only whole working days that were lost move the day.
    let check = |category: &str, asked: &str, answered: &str, due: &str| {
        let mut desk = at_department(category, "2026-11-23 11:00");
        let question = Command::AskInfo { question: "请问是哪一家？".into() };
        desk.give(asked, &of("城管"), question).unwrap();
        assert_eq!(desk.last_notice().id, "need_info");
        assert_eq!(
            desk.give(answered, &villager(), more()),
            Ok(vec!["supplemented", "resumed"]),
            "{asked}"
        );
        let case = desk.the_case();
        assert_eq!((case.state, case.round_due_at), (State::Handling, at(due)), "{asked}");
        assert_eq!(case.course.stops, [(at(asked), at(answered))]);
    };
    check("1101", "2026-11-24 09:00", "2026-11-24 15:00", "2026-12-07 17:30");
    check("1101", "2026-11-24 08:30", "2026-11-26 09:00", "2026-12-09 17:30");
    check("1101", "2026-11-27 17:30", "2026-11-29 10:00", "2026-12-07 17:30");
    // Class U runs around the clock, and stands still to the minute.
    check("0204", "2026-11-23 11:30", "2026-11-23 12:07", "2026-11-24 10:37");
}

#[test]
fn without_an_answer_the_clock_runs_again_after_five_days() {
    let mut desk = at_department("1101", "2026-11-23 11:00");
    let question = Command::AskInfo { question: "请问是哪一家？".into() };
    desk.give("2026-11-24 09:00", &of("城管"), question).unwrap();
    let case = desk.the_case();
    assert!(!case.is_overdue(at("2027-01-01 09:00")), "it stands still");
    for (expect, state) in [
        ("2026-11-26 17:30", State::NeedInfo),
        ("2026-11-30 17:30", State::NeedInfo),
        ("2026-12-01 17:30", State::Handling),
    ] {
        let (when, command) = next_by_clock(&desk.the_case(), desk.rules().calendar).unwrap();
        assert_eq!(when, at(expect));
        desk.give_at(when, &Actor::System, command).unwrap();
        assert_eq!(desk.the_case().state, state);
    }
    // Not to be reached: three tries on two days, or it is no outcome.
    let unreachable = || Command::Reply {
        outcome: Outcome::Unreachable,
        text: text(),
        trips: None,
        visited_at: None,
    };
    let tried = |means| Command::NoteContact { means, reached: false, note: String::new() };
    for (when, means) in
        [("2026-12-02 09:00", Means::Telephone), ("2026-12-02 16:00", Means::Visit)]
    {
        desk.give(when, &of("城管"), tried(means)).unwrap();
    }
    let refusal = desk.give("2026-12-02 16:30", &of("城管"), unreachable()).unwrap_err();
    assert_eq!(refusal, Refusal::TriedTooLittle { tries: 2, min: 3 });
    desk.give("2026-12-03 09:00", &of("城管"), tried(Means::Agent)).unwrap();
    desk.give("2026-12-03 09:30", &of("城管"), unreachable()).unwrap();
}

#[test]
fn extensions_are_asked_in_time_granted_by_another_and_counted() {
    let ask = |days| Command::AskExtension { days, reason: text(), evidence: String::new() };
    let mut desk = at_department("0301", "2026-11-23 11:00");
    let lead = of("城管");
    let promised = desk.the_case().promised_at;
    desk.refused(&lead, ask(4), "请写1到3");
    desk.refused(&lead, ask(0), "请写1到3");
    for day in [24, 25, 26] {
        desk.give(&format!("2026-11-{day} 09:00"), &lead, ask(1)).unwrap();
        desk.give(&format!("2026-11-{day} 10:00"), &clerk(), Command::GrantExtension).unwrap();
        assert_eq!(desk.last_notice().id, "extended");
    }
    let case = desk.the_case();
    assert_eq!((case.round_due_at, case.promised_at), (at("2026-11-30 17:30"), promised));
    let refusal = desk.give("2026-11-27 09:00", &lead, ask(1)).unwrap_err();
    assert_eq!(refusal, Refusal::ExtensionsUsed(3));
    let mut late = at_department("0301", "2026-11-23 11:00");
    let refusal = late.give("2026-11-25 17:31", &lead, ask(1)).unwrap_err();
    assert_eq!(refusal, Refusal::OverdueAlready("11月25日17:30".into()));
    // The platform that asks for a department does not decide it itself.
    let mut own = at_department("0301", "2026-11-23 11:00");
    own.give("2026-11-24 09:00", &clerk(), ask(1)).unwrap();
    own.refused(&clerk(), Command::GrantExtension, "第二个人");
    own.give("2026-11-24 10:00", &director(), Command::GrantExtension).unwrap();
}

#[test]
fn the_overdue_flag_survives_an_extension_granted_later() {
    let mut desk = at_department("0301", "2026-11-23 11:00");
    let lead = of("城管");
    let ask = Command::AskExtension { days: 3, reason: text(), evidence: String::new() };
    desk.give("2026-11-25 17:00", &lead, ask).unwrap();
    let breach = Command::Breach { limit: Breached::Handling };
    desk.give("2026-11-25 17:31", &Actor::System, breach.clone()).unwrap();
    desk.give("2026-11-26 09:00", &clerk(), Command::GrantExtension).unwrap();
    let case = desk.the_case();
    assert_eq!(case.round_due_at, at("2026-11-30 17:30"));
    assert!(case.is_overdue(at("2026-11-26 09:01")), "frozen at the first breach");
    assert!(desk.give("2026-12-01 09:00", &Actor::System, breach).is_err(), "noted once");
    desk.give("2026-11-27 09:00", &lead, reply()).unwrap();
    assert!(desk.the_case().is_overdue(at("2026-11-27 09:01")));
}

#[test]
fn helpers_answer_the_lead_a_day_ahead_and_their_lateness_is_theirs() {
    let mut desk =
        Desk::filed("2026-11-23 10:00", Intake { category: Some("1101".into()), ..intake() });
    desk.give("2026-11-23 11:00", &clerk(), dispatch_with("城管", &["水利", "住建"])).unwrap();
    let helper = |desk: &Desk, n: usize| desk.the_case().course.helpers[n].clone();
    assert_eq!(helper(&desk, 0).due_at, at("2026-12-04 17:30"));
    desk.refused(&clerk(), dispatch_with("教育", &["水利", "水利"]), "选了两次");
    desk.refused(&clerk(), dispatch_with("教育", &["教育"]), "选了两次");
    let help = |text: &str| Command::CoReply { department: None, text: text.into() };
    desk.give("2026-11-24 09:00", &of("水利"), help("水管不归我们管")).unwrap();
    desk.refused(&of("水利"), help("再说一句"), "已经写过协办意见");
    desk.refused(&of("水利"), reply(), "请交给：主办单位");
    assert_eq!(helper(&desk, 0).replied_at, Some(at("2026-11-24 09:00")));
    desk.give("2026-12-07 16:00", &of("城管"), reply()).unwrap();
    assert!(!desk.the_case().is_overdue(at("2026-12-08 09:00")), "the lead was in time");
    assert_eq!(helper(&desk, 1).replied_at, None);
}

#[test]
fn an_answer_of_a_flagged_kind_is_seen_by_a_second_person() {
    let report = Intake { kind: Kind::Report, ..intake() };
    let mut desk = Desk::filed("2026-11-23 10:00", report);
    desk.give("2026-11-23 11:00", &clerk(), dispatch("城管")).unwrap();
    assert_eq!(
        desk.give("2026-11-24 09:00", &of("城管"), reply()),
        Ok(vec!["accepted", "submitted"])
    );
    assert_eq!(desk.told.last(), Some(&None), "she hears nothing yet");
    let back = Command::ReturnReview { reason: "请写明什么时候修".into() };
    desk.give("2026-11-24 10:00", &clerk(), back).unwrap();
    desk.give("2026-11-24 11:00", &of("城管"), reply()).unwrap();
    desk.refused(&of("城管"), Command::PassReview, "请交给：平台");
    desk.give("2026-11-24 14:00", &clerk(), Command::PassReview).unwrap();
    assert_eq!((desk.last_notice().id, desk.the_case().state), ("replied", State::Replied));
}

#[test]
fn a_plan_is_made_for_class_e_by_the_director_and_comes_back_on_its_day() {
    let plan =
        |until| Command::Defer {
            plan: text(), until, consent: "局长同意，见会议纪要".into()
        };
    let mut desk = at_department("0301", "2026-11-23 11:00");
    desk.give("2026-11-23 12:00", &of("城管"), Command::Accept).unwrap();
    desk.refused(&director(), plan(date(2027, 3, 1)), "只有E类");
    let mut desk = at_department("0401", "2026-11-23 11:00");
    desk.give("2026-11-23 12:00", &of("城管"), Command::Accept).unwrap();
    desk.refused(&clerk(), plan(date(2027, 3, 1)), "请交给：平台负责人");
    desk.refused(&director(), plan(date(2026, 11, 24)), "明天以后");
    let alone = Command::Defer { plan: text(), until: date(2027, 3, 1), consent: " ".into() };
    desk.refused(&director(), alone, "要承办单位负责人同意");
    desk.give("2026-11-24 09:00", &director(), plan(date(2027, 3, 1))).unwrap();
    assert_eq!(desk.last_notice().fields["due"], "3月1日17:30前");
    let calendar = desk.rules().calendar.clone();
    // A word every thirty days.
    let (when, command) = next_by_clock(&desk.the_case(), &calendar).unwrap();
    assert_eq!(
        (when, command),
        (at("2026-12-24 09:00:01"), Command::Breach { limit: Breached::Plan })
    );
    desk.give("2026-12-20 09:00", &of("城管"), Command::Progress { text: "已经招标".into() })
        .unwrap();
    let (when, _) = next_by_clock(&desk.the_case(), &calendar).unwrap();
    assert_eq!(when, at("2027-01-19 09:00:01"));
    desk.give("2027-03-01 17:30", &Actor::System, Command::Resume { reason: Resumption::PlanDue })
        .unwrap();
    assert_eq!(desk.the_case().round_due_at, at("2027-03-02 17:30"));
}

#[test]
fn a_merged_child_gets_its_own_reply_and_rating() {
    let parent = CaseNumber::new(CaseType::Appeal, 2026, 4011).unwrap();
    let mut desk = at_department("0301", "2026-11-23 11:00");
    desk.give("2026-11-23 12:00", &clerk(), Command::Merge { parent, reason: text() }).unwrap();
    assert_eq!(desk.last_notice().fields["parent"], parent.to_string());
    assert_eq!(
        next_by_clock(&desk.the_case(), desk.rules().calendar),
        None,
        "its parent's clock runs"
    );
    let answer = Command::ReplyAsParent {
        outcome: Outcome::Solved,
        text: text(),
        department: "广电网络".into(),
        files: Vec::new(),
    };
    desk.give("2026-11-24 09:00", &Actor::System, answer).unwrap();
    assert_eq!(desk.last_notice().id, "replied");
    assert_eq!(desk.the_case().reply.unwrap().department, "广电网络");
    desk.give("2026-11-24 10:00", &villager(), rate(Grade::Fair)).unwrap();
    assert_eq!(desk.the_case().state, State::Closed);
    let mut hidden = at_department("0301", "2026-11-23 11:00");
    hidden.give("2026-11-23 11:30", &villager(), Command::Hide { reason: String::new() }).unwrap();
    hidden.refused(&clerk(), Command::Merge { parent, reason: text() }, "它是保密的");
}

#[test]
fn the_last_word_is_the_directors_after_two_rounds() {
    let last = || Command::FinalReply { text: text(), document: "答复书1号".into() };
    let mut desk = at_department("0301", "2026-11-23 11:00");
    desk.give("2026-11-24 09:00", &of("城管"), reply()).unwrap();
    desk.refused(&director(), last(), "第二次答复");
    let call = |solved| Command::CallBack {
        means: Means::Telephone,
        reached: true,
        solved: Some(solved),
        grade: None,
        note: "还是不亮".into(),
    };
    assert_eq!(
        desk.give("2026-11-24 16:30", &clerk(), call(Solved::No)),
        Ok(vec!["called_back", "reopened"])
    );
    desk.give("2026-11-25 09:00", &clerk(), reply()).unwrap();
    desk.give("2026-11-25 10:00", &villager(), rate(Grade::Dissatisfied)).unwrap();
    desk.give("2026-11-25 11:00", &director(), last()).unwrap();
    let case = desk.the_case();
    assert_eq!((case.state, case.closing), (State::Final, Some(Closing::Final)));
    assert_eq!(case.earlier[0].course.calls_back.len(), 1);
}

#[test]
fn a_calendar_amendment_recomputes_only_open_clocks_and_logs_old_and_new() {
    let mut desk = at_department("1101", "2026-11-23 11:00");
    let amended = r#"{"year":2026,"papers":[],"days":[
        {"name":"运动会","date":"2026-12-01","isOffDay":true}]}"#;
    let hours = include_str!("../../county/calendar/office-hours.toml");
    let calendar = Calendar::parse(&[("2026.json", amended)], hours).unwrap();
    let shipped = desk.clone();
    let rules = Rules { calendar: &calendar, ..shipped.rules() };
    let give = |case: &Case| {
        decide(Some(case), Command::Recompute, &Actor::System, case.updated_at, &rules)
    };
    let events = give(&desk.the_case()).unwrap();
    let [CaseEvent { change: Change::Recomputed { round_due_before, round_due_at, .. }, .. }] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(
        (*round_due_before, *round_due_at),
        (at("2026-12-07 17:30"), at("2026-12-08 17:30"))
    );
    let mut case = desk.the_case();
    case.apply(&events[0]).unwrap();
    assert_eq!((case.round_due_at, case.due_at), (*round_due_at, Some(*round_due_at)));
    assert_eq!(case.promised_at, at("2026-12-07 17:30"), "what was said stays said");
    assert_eq!(give(&case), Err(Refusal::NothingChanged));
    desk.give("2026-11-24 09:00", &of("城管"), reply()).unwrap();
    assert!(matches!(give(&desk.the_case()), Err(Refusal::NotNow { .. })), "answered");
}

#[test]
fn the_chain_breaks_where_an_event_was_changed() {
    let mut desk = at_department("0301", "2026-11-23 11:00");
    desk.give("2026-11-24 09:00", &of("城管"), reply()).unwrap();
    let mut stored = Vec::new();
    let mut before = String::new();
    for event in &desk.events {
        let mut bare = event.clone();
        let words = private::take_out(&mut bare).words;
        let commitments = vec![chain::commit("salt", &words)];
        before = chain::link(&before, &bare, &commitments);
        stored.push((bare, commitments, before.clone()));
    }
    let check = |stored: &[(CaseEvent, Vec<String>, String)]| {
        chain::first_broken(stored.iter().map(|(event, commitments, hash)| chain::Linked {
            event,
            commitments,
            hash,
        }))
    };
    assert_eq!(check(&stored), None);
    let mut changed = stored.clone();
    changed[1].0.at = at("2026-11-23 11:01");
    assert_eq!(check(&changed), Some(2));
    let mut reworded = stored.clone();
    reworded[0].1[0] = chain::commit("salt", &private::Texts::new());
    assert_eq!(check(&reworded), Some(1));
    let mut shorter = stored.clone();
    shorter.remove(1);
    assert_eq!(check(&shorter), Some(2));
}

#[test]
fn she_is_reminded_of_a_question_twice_and_of_a_rating_once() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    let question = Command::AskInfo { question: "门牌号是多少？".into() };
    desk.give("2026-11-23 11:00", &clerk(), question).unwrap();
    let next = |desk: &mut Desk| {
        let (at, command) = next_by_clock(&desk.the_case(), desk.rules().calendar).unwrap();
        desk.give_at(at, &Actor::System, command).unwrap();
        (desk.events.last().unwrap().change.step(), at)
    };
    assert_eq!(next(&mut desk), (Step::Reminded, at("2026-11-25 17:30")));
    let told = desk.last_notice();
    assert_eq!((told.id, told.fields["text"].as_str()), ("need_info", "门牌号是多少？"));
    assert_eq!(next(&mut desk), (Step::Reminded, at("2026-11-27 17:30")));
    assert_eq!(next(&mut desk), (Step::Resumed, at("2026-11-30 17:30")));
    desk.give("2026-12-01 09:00", &clerk(), reply()).unwrap();
    let first = desk.last_notice().fields["text"].clone();
    assert_eq!(next(&mut desk), (Step::Reminded, at("2026-12-03 09:00")));
    let told = desk.last_notice();
    assert_eq!((told.id, &told.fields["text"]), ("replied", &first));
    assert_eq!(next(&mut desk), (Step::Closed, at("2026-12-08 09:00")));
}

#[test]
fn who_is_called_back_may_say_what_she_thinks() {
    let call = |solved, grade| Command::CallBack {
        means: Means::Telephone,
        reached: true,
        solved: Some(solved),
        grade: Some(grade),
        note: "灯还一闪一闪".into(),
    };
    let mut content = at_department("0301", "2026-11-23 11:00");
    content.give("2026-11-24 09:00", &of("城管"), reply()).unwrap();
    let mut not_content = content.clone();
    let said = content.give("2026-11-24 10:00", &clerk(), call(Solved::Yes, Grade::VerySatisfied));
    assert_eq!(said, Ok(vec!["called_back", "closed"]));
    let case = content.the_case();
    assert_eq!((case.rating, case.closing), (Some(Grade::VerySatisfied), Some(Closing::Rated)));
    let grade = Grade::VeryDissatisfied;
    let said = not_content.give("2026-11-24 10:00", &clerk(), call(Solved::Partly, grade));
    assert_eq!(said, Ok(vec!["called_back", "reopened"]));
    assert_eq!(not_content.the_case().earlier[0].rating, Some(grade));
    // The second time it waits for the director's last word.
    not_content.give("2026-11-25 09:00", &clerk(), reply()).unwrap();
    let said = not_content.give("2026-11-25 10:00", &clerk(), call(Solved::No, grade));
    assert_eq!(said, Ok(vec!["called_back"]));
    not_content.refused(&clerk(), call(Solved::Yes, Grade::Fair), "评价过了");
}

#[test]
fn who_came_by_telephone_is_called_twice_before_silence_ends_her_case() {
    let call = |reached, solved| Command::CallBack {
        means: Means::Telephone,
        reached,
        solved,
        grade: None,
        note: String::new(),
    };
    let answered = |change: fn(&mut Intake)| {
        let mut intake = intake();
        change(&mut intake);
        let mut desk = Desk::filed("2026-11-23 10:00", intake);
        desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
        desk.give("2026-11-24 10:00", &clerk(), reply()).unwrap();
        if desk.the_case().state == State::Reviewing {
            desk.give("2026-11-24 10:00", &director(), Command::PassReview).unwrap();
        }
        desk.give("2026-11-26 10:00", &Actor::System, Command::Remind).unwrap();
        desk
    };
    let closes = |desk: &Desk| {
        next_by_clock(&desk.the_case(), desk.rules().calendar)
            .filter(|(_, command)| matches!(command, Command::Close { .. }))
            .map(|(at, _)| at)
    };
    let silence = Some(at("2026-12-01 10:00"));
    assert_eq!(closes(&answered(|_| {})), silence, "she can read a message");
    for change in [
        |intake: &mut Intake| intake.channel = TELEPHONE.into(),
        |intake: &mut Intake| intake.kind = Kind::Complaint,
        |intake: &mut Intake| intake.kind = Kind::Report,
    ] {
        let mut desk = answered(change);
        assert_eq!((closes(&desk), waits_for(&desk.the_case())), (None, Some(Waits::Platform)));
        let close = Command::Close { reason: "7天内没有评价".into() };
        for by in [Actor::System, clerk()] {
            desk.refused_at("2026-12-02 10:00", &by, close.clone(), "请先回访两次");
        }
        desk.give("2026-12-02 10:00", &clerk(), call(false, None)).unwrap();
        assert_eq!(closes(&desk), None, "once is not enough");
        desk.give("2026-12-03 10:00", &clerk(), call(false, None)).unwrap();
        assert_eq!(closes(&desk), silence);
        desk.give("2026-12-03 10:01", &Actor::System, close).unwrap();
        assert_eq!(desk.the_case().closing, Some(Closing::Unrated));
    }
    let mut reached = answered(|intake| intake.channel = TELEPHONE.into());
    reached.give("2026-11-27 10:00", &clerk(), call(true, Some(Solved::Yes))).unwrap();
    assert_eq!(closes(&reached), silence, "who was reached need not be called again");
}

#[test]
fn that_her_time_is_over_she_is_told_once_a_round() {
    let mut desk = at_department("0301", "2026-11-23 11:00");
    let late = |limit| Command::Breach { limit };
    desk.give("2026-11-25 11:01", &Actor::System, late(Breached::Contact)).unwrap();
    assert_eq!(desk.told.last(), Some(&None), "that is the department's matter");
    desk.give("2026-11-25 17:31", &Actor::System, late(Breached::Handling)).unwrap();
    let told = desk.last_notice();
    assert_eq!((told.id, &*told.fields["number"]), ("overdue", "126-041-273"));
    // The next department is late by itself, and she has heard it.
    desk.give("2026-11-26 09:00", &clerk(), dispatch("住建")).unwrap();
    desk.give("2026-11-27 17:31", &Actor::System, late(Breached::Handling)).unwrap();
    assert_eq!(desk.told.last(), Some(&None));
    desk.give("2026-11-28 09:00", &of("住建"), reply()).unwrap();
    desk.give("2026-11-28 10:00", &villager(), rate(Grade::Dissatisfied)).unwrap();
    desk.give("2026-12-05 10:00", &Actor::System, late(Breached::Handling)).unwrap();
    assert_eq!(desk.last_notice().id, "overdue");
}

#[test]
fn that_one_department_was_silent_is_not_the_next_ones() {
    let mut desk = at_department("0301", "2026-11-23 11:00");
    desk.give("2026-11-23 16:30", &Actor::System, Command::Accept).unwrap();
    assert!(desk.the_case().course.accepted_silently);
    desk.give("2026-11-23 16:40", &clerk(), dispatch("住建")).unwrap();
    let back = Command::AskReturn { basis: text() };
    desk.give("2026-11-23 16:50", &of("住建"), back).unwrap();
    assert!(!desk.the_case().course.accepted_silently);
}

#[test]
fn a_question_that_she_answered_is_the_first_contact() {
    let mut desk = at_department("0301", "2026-11-23 11:00");
    let ask = || Command::AskInfo { question: "村东还是村西？".into() };
    desk.give("2026-11-23 15:00", &of("城管"), ask()).unwrap();
    let mut silent = desk.clone();
    desk.give("2026-11-23 16:00", &villager(), more()).unwrap();
    assert_eq!(desk.the_case().course.first_contact(), Some(at("2026-11-23 16:00")));
    // While she is asked, the time to speak with her stands still.
    let due = |desk: &Desk| limit_due(&desk.the_case(), Breached::Contact, desk.rules().calendar);
    let before = due(&at_department("0301", "2026-11-23 11:00"));
    let resume = Command::Resume { reason: Resumption::NoAnswer };
    silent.give("2026-11-25 15:00", &Actor::System, resume).unwrap();
    assert_eq!(before, Some(at("2026-11-24 17:30")));
    assert!(due(&silent) > Some(at("2026-11-25 15:00")), "{:?}", due(&silent));
}

#[test]
fn who_has_not_accepted_for_two_hours_is_shown_so() {
    let mut desk = Desk::filed("2026-11-23 10:00", intake());
    desk.give("2026-11-23 10:20", &clerk(), dispatch("广电网络")).unwrap();
    let standing = |desk: &Desk, when| desk.the_case().standing(at(when), desk.rules().calendar);
    assert_eq!(standing(&desk, "2026-11-23 13:49"), Standing::InTime, "lunch does not count");
    assert_eq!(standing(&desk, "2026-11-23 14:20"), Standing::Amber);
    desk.give("2026-11-23 14:30", &clerk(), Command::Accept).unwrap();
    assert_eq!(standing(&desk, "2026-11-23 14:31"), Standing::InTime);
}

#[test]
fn who_came_to_her_says_when_and_has_spoken_with_her() {
    let mut desk = at_department("0301", "2026-11-23 11:00");
    let reply = |visited: &str| Command::Reply {
        outcome: Outcome::Solved,
        text: text(),
        trips: None,
        visited_at: Some(at(visited)),
    };
    desk.refused(&of("城管"), reply("2026-11-22 09:00"), "上门的时间不对");
    desk.refused(&of("城管"), reply("2026-11-25 09:00"), "上门的时间不对");
    desk.give("2026-11-24 10:00", &of("城管"), reply("2026-11-24 09:00")).unwrap();
    let course = desk.the_case().course;
    assert_eq!(course.visited_at, Some(at("2026-11-24 09:00")));
    assert_eq!(course.first_contact(), course.visited_at, "it counts as the first contact");
}
