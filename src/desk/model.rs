//! Random commands by random people, against the rules written a second time as a table:
//! tests/fixtures/desk/transitions.txt.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::replace;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::tests::{Desk, at, dispatch_with, intake, rate, reply, villager};
use super::*;
use crate::county::TimeClass;

/// The lead while nobody has it, the one it is sent to next, a helper, one to hand it over to.
const LEADS: [&str; 2] = ["城管", "住建"];
const HELPER: &str = "水利";
const RECEIVER: &str = "交通";
/// The other platform that it came from.
const SYSTEM: &str = "数字城管";

fn parent() -> CaseNumber {
    CaseNumber::new(CaseType::Appeal, 2026, 4011).unwrap()
}

fn sorting(class: Option<TimeClass>, promise: bool) -> Sorting {
    Sorting { class, promise, reason: "路断了，车过不去".into() }
}

/// All that can be given, by its name in the table; `lead` is the department that has it.
fn commands(lead: Option<&str>) -> Vec<(&'static str, Command)> {
    let text = || "写明白的理由和情况，有十五个字以上".to_owned();
    let other = if lead == Some(LEADS[0]) { LEADS[1] } else { LEADS[0] };
    let call = |reached, solved| Command::CallBack {
        means: Means::Telephone,
        reached,
        solved,
        grade: None,
        note: text(),
    };
    vec![
        ("dispatch", dispatch_with(other, &[HELPER])),
        ("dispatch-again", dispatch_with(lead.unwrap_or(other), &[HELPER])),
        ("take-over", dispatch_with(RECEIVER, &[])),
        ("answer", Command::Answer { text: text(), basis: text() }),
        ("reject", Command::Reject { reason: Rejection::Court, instead: text() }),
        ("sort", Command::Sort(sorting(Some(TimeClass::D), false))),
        ("promise-anew", Command::Sort(sorting(None, true))),
        ("accept", Command::Accept),
        ("ask-return", Command::AskReturn { basis: text() }),
        ("refuse-return", Command::RefuseReturn { reason: text() }),
        ("ask-handover", Command::AskHandover { to: RECEIVER.into(), reason: text() }),
        ("decline-handover", Command::DeclineHandover { reason: text() }),
        ("progress", Command::Progress { text: "在路上".into() }),
        ("contact", Command::NoteContact { means: Means::Telephone, reached: true, note: text() }),
        (
            "agree-visit",
            Command::AgreeVisit {
                at: at("2026-03-20 09:00"),
                who: "张师傅".into(),
                note: String::new(),
            },
        ),
        ("cancel-visit", Command::CancelVisit { reason: text() }),
        ("note-visit", Command::NoteVisit { kept: true, note: String::new() }),
        ("help", Command::CoReply { department: Some(HELPER.into()), text: text() }),
        ("ask-info", Command::AskInfo { question: text() }),
        ("resume", Command::Resume { reason: Resumption::NotNeeded }),
        (
            "ask-extension",
            Command::AskExtension { days: 3, reason: text(), evidence: String::new() },
        ),
        ("grant-extension", Command::GrantExtension),
        ("refuse-extension", Command::RefuseExtension { reason: text() }),
        ("defer", Command::Defer { plan: text(), until: date(2026, 6, 1), consent: text() }),
        ("reply", reply()),
        (
            "attach",
            Command::Attach { file: Enclosed { id: "desk-1".into(), name: "现场照片".into() } },
        ),
        ("detach", Command::Detach { n: 1 }),
        ("pass-review", Command::PassReview),
        ("return-review", Command::ReturnReview { reason: text() }),
        ("good", rate(Grade::Satisfied)),
        ("bad", rate(Grade::Dissatisfied)),
        ("call-solved", call(true, Some(Solved::Yes))),
        ("call-unsolved", call(true, Some(Solved::No))),
        ("final", Command::FinalReply { text: text(), document: text() }),
        ("close", Command::Close { reason: text() }),
        ("urge", Command::Urge),
        (
            "supplement",
            Command::Supplement {
                text: "灯杆也歪了".into(),
                photos: Vec::new(),
                voices: Vec::new(),
            },
        ),
        ("withdraw", Command::Withdraw { reason: "自己修好了".into() }),
        ("merge", Command::Merge { parent: parent(), reason: text() }),
        ("unmerge", Command::Unmerge { reason: text() }),
        ("join", Command::Join { child: parent() }),
        ("part", Command::Part { child: parent() }),
        (
            "reply-as-parent",
            Command::ReplyAsParent {
                outcome: Outcome::Solved,
                text: text(),
                department: LEADS[0].into(),
                files: Vec::new(),
            },
        ),
        ("hide", Command::Hide { reason: text() }),
        ("ask-disclosure", Command::AskDisclosure { reason: text() }),
        ("grant-disclosure", Command::GrantDisclosure),
        ("refuse-disclosure", Command::RefuseDisclosure { reason: text() }),
        ("ask-exclusion", Command::AskExclusion { reason: text() }),
        ("approve-exclusion", Command::ApproveExclusion),
        ("refuse-exclusion", Command::RefuseExclusion { reason: text() }),
        ("remind", Command::Remind),
        ("note", Command::Note { text: text() }),
        ("sign", Command::Sign { text: text() }),
        ("redact", Command::Redact { text: "灭了半拉月".into(), photos: Vec::new() }),
        ("relocate", Command::Relocate { village: "胡家坨镇大黑坨村".into(), note: text() }),
        ("change-kind", Command::ChangeKind { kind: Kind::Complaint, reason: text() }),
        (
            "co-sign",
            Command::CoSign { person: "p9".into(), name: "李四".into(), phone: String::new() },
        ),
        ("breach", Command::Breach { limit: Breached::Handling }),
        (
            "supervise",
            Command::Supervise {
                callee: "王主任".into(),
                title: "办公室主任".into(),
                promise_at: at("2030-01-01 17:30"),
                note: text(),
            },
        ),
        ("breach-promise", Command::Breach { limit: Breached::Promise }),
        ("breach-uncalled", Command::Breach { limit: Breached::Uncalled }),
        ("breach-contact", Command::Breach { limit: Breached::Contact }),
        ("breach-intake", Command::Breach { limit: Breached::Intake }),
        ("breach-return", Command::Breach { limit: Breached::Return }),
        ("breach-extension", Command::Breach { limit: Breached::Extension }),
        ("breach-review", Command::Breach { limit: Breached::Review }),
        ("breach-again", Command::Breach { limit: Breached::Again }),
        ("breach-final", Command::Breach { limit: Breached::Final }),
        ("breach-plan", Command::Breach { limit: Breached::Plan }),
        ("slip", Command::SendSlip { demand: text(), days: 2 }),
        ("answer-slip", Command::AnswerSlip { text: text(), promise_at: at("2030-01-01 17:30") }),
        ("breach-slip", Command::Breach { limit: Breached::Slip }),
        ("direct", Command::Direct { text: text(), days: 2 }),
        ("answer-direction", Command::AnswerDirection { text: text() }),
        ("breach-direction", Command::Breach { limit: Breached::Direction }),
        ("warn", Command::Warn { last: false }),
        ("last-call", Command::Warn { last: true }),
        (
            "interview",
            Command::NoteInterview {
                interview: "城管-1".into(),
                held_at: at("2026-01-05 09:00"),
                measures: text(),
            },
        ),
        ("errand-take", Command::RunErrand { step: ErrandStep::TakenIn, text: text() }),
        ("errand-file", Command::RunErrand { step: ErrandStep::Filed, text: text() }),
        ("recompute", Command::Recompute),
        ("archive", Command::Archive),
    ]
}

const ACTORS: [&str; 15] = [
    "owner",
    "stranger",
    "agent",
    "clerk",
    "director",
    "supervisor",
    "lead",
    "head",
    "helper",
    "receiver",
    "other",
    "leader",
    "organisation",
    "source",
    "system",
];

fn actor(name: &str, lead: Option<&str>) -> Actor {
    let staff = |role: &str, department: Option<&str>| Actor::Staff {
        name: name.into(),
        role: role.into(),
        department: department.map(str::to_owned),
        at_machine: false,
    };
    match name {
        "owner" => villager(),
        "stranger" => Actor::Villager { person: "p2".into() },
        "lead" => staff("department", lead.or(Some(LEADS[0]))),
        "head" => staff("department_head", lead.or(Some(LEADS[0]))),
        "helper" => staff("department", Some(HELPER)),
        "receiver" => staff("department", Some(RECEIVER)),
        "other" => staff("department", Some("教育")),
        "source" => staff("source", Some(SYSTEM)),
        "system" => Actor::System,
        role => staff(role, None),
    }
}

type Row = (&'static str, &'static str, &'static str);

/// (state, actor, command) to (events, state after). A cell may hold several, by commas; `=` is
/// the same state; `*` are all but archived.
fn rules() -> BTreeMap<Row, (Vec<&'static str>, &'static str)> {
    let table = include_str!("../../tests/fixtures/desk/transitions.txt");
    let mut rules = BTreeMap::new();
    for line in table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [states, actors, command, events, to] = cells[..] else { panic!("{line}") };
        assert!(commands(None).iter().any(|(known, _)| *known == command), "{line}");
        for state in states.split(", ") {
            for actor in actors.split(", ") {
                assert!(ACTORS.contains(&actor), "{line}");
                let to = if to == "=" { state } else { to };
                let row = (events.split(' ').collect(), to);
                let double = rules.insert((state, actor, command), row);
                assert!(double.is_none(), "twice: {state} {actor} {command}");
            }
        }
    }
    rules
}

/// The name of a state in the table: what may follow an answer depends on the round and on
/// whether it was rated.
fn key(case: &Case) -> &'static str {
    match (case.state, case.round) {
        (State::Replied, 1) => "replied1",
        (State::Replied, _) if case.rating.is_none() => "replied2",
        (State::Replied, _) => "unhappy",
        (State::Handling, 2) => "handling2",
        (State::Dispatched, 2) => "dispatched2",
        (State::Redo, _) if case.department.is_none() => "redo0",
        (state, _) => state.id(),
    }
}

/// Refused for what no table of states can say: how often, how late, by whom before.
fn is_guard(refusal: &Refusal) -> bool {
    use Refusal as R;
    matches!(
        refusal,
        R::UrgedBefore { .. }
            | R::Supplemented(_)
            | R::NotToBeTakenBack(_)
            | R::ReturnsUsed(_)
            | R::ReturnWindowOver(_)
            | R::Appointed
            | R::HelpedBefore(_)
            | R::NotAHelper(_)
            | R::OverdueAlready(_)
            | R::ExtensionsUsed(_)
            | R::SecondPerson
            | R::PlanDay { .. }
            | R::VisitWhen { .. }
            | R::NoVisit
            | R::CalledBackEnough(_)
            | R::HiddenBefore
            | R::SignedBefore(_)
            | R::NotedBefore(_)
            | R::SamePlace(_)
            | R::SameKind(_)
            | R::SameClass(_)
            | R::PromisedEnough(_)
            | R::OnlyClassE
            | R::NotToBeMerged(_)
            | R::NotDispatched
            | R::NothingAsked(_)
            | R::NoFile(_)
            | R::TooMany { what: "附件", .. }
            | R::CallFirst(_)
            | R::NotConfidential
            | R::DisclosureAsked
            | R::ExclusionAsked
            | R::SlipOpen(_)
            | R::DirectionOpen(_)
            | R::NoDirection
            | R::CallBackFirst
            | R::NoSlip
            | R::NothingChanged
            | R::NotAnErrand
            | R::ErrandStep { .. }
            | R::SameDepartment(_)
            | R::Full(_)
    )
}

/// A department may say for one working day that it is not its matter.
fn window_is_over(case: &Case, now: Timestamp, desk: &Desk) -> bool {
    let since = case.dispatched_at.unwrap_or(case.round_started_at);
    let day = crate::calendar::Limit::WorkingDays(1);
    now.max(case.updated_at) > desk.rules().calendar.due(since, day)
}

/// What must have been refused.
fn is_out_of_bounds(name: &str, case: &Case, now: Timestamp, desk: &Desk) -> bool {
    match name {
        "ask-return" => window_is_over(case, now, desk) || case.course.returns >= 2,
        "merge" => !case.children.is_empty() || case.confidential,
        "join" => case.confidential || case.parent.is_some(),
        "decline-handover" => case.course.handover_to.is_none(),
        _ => false,
    }
}

/// Some refusals say something that can be looked up.
fn is_true(refusal: &Refusal, name: &str, case: &Case, now: Timestamp, desk: &Desk) -> bool {
    use Refusal as R;
    match (refusal, name) {
        (R::ReturnWindowOver(_), _) => window_is_over(case, now, desk),
        (R::NotToBeMerged(_), _) => is_out_of_bounds(name, case, now, desk),
        (R::NothingAsked(_), "decline-handover") => case.course.handover_to.is_none(),
        (R::NothingAsked(_), "help") => {
            case.course.helpers.iter().all(|helper| helper.replied_at.is_some())
        }
        (R::NothingAsked(_), "grant-disclosure" | "refuse-disclosure") => {
            case.course.disclosure.as_ref().is_none_or(|asked| asked.granted.is_some())
        }
        (R::NothingAsked(_), "approve-exclusion" | "refuse-exclusion") => {
            case.course.exclusion.as_ref().is_none_or(|asked| !asked.is_open())
        }
        // The clock has nothing to note.
        (R::NothingAsked(_), name) => name.starts_with("breach"),
        _ => true,
    }
}

/// Long lives: what the desk mostly does, with everything else in between.
fn steps() -> impl Strategy<Value = Vec<(usize, usize, i64)>> {
    let index = |name: &str| commands(None).iter().position(|(known, _)| *known == name).unwrap();
    let who = |name: &str| ACTORS.iter().position(|known| *known == name).unwrap();
    let likely = [
        ("dispatch", "clerk"),
        ("reply", "lead"),
        ("accept", "system"),
        ("pass-review", "director"),
        ("bad", "owner"),
        ("ask-return", "lead"),
        ("ask-info", "lead"),
        ("ask-extension", "lead"),
        ("grant-extension", "clerk"),
        ("ask-handover", "lead"),
        ("take-over", "receiver"),
        ("merge", "clerk"),
    ]
    .map(|(command, actor)| (index(command), who(actor)));
    let any = (0..commands(None).len(), 0..ACTORS.len());
    let one = prop_oneof![prop::sample::select(likely.to_vec()), any];
    prop::collection::vec((one, -100i64..3_000).prop_map(|((c, a), m)| (c, a, m)), 1..60)
}

/// Class E, so that it may be planned for later.
fn filed() -> Desk {
    filed_as(intake().number)
}

fn filed_as(number: CaseNumber) -> Desk {
    let mut desk = Desk::new();
    let source = Some(Source { system: SYSTEM.into(), id: "A-17".into() });
    let intake = Intake { number, category: Some("0401".into()), source, ..intake() };
    let now = at("2026-01-05 09:00");
    desk.give_at(now, &villager(), Command::File(Box::new(intake))).unwrap();
    desk
}

/// An errand that was just asked for, and one of which the papers are back with her.
fn errands() -> [Desk; 2] {
    let asked = filed_as(CaseNumber::new(CaseType::Proxy, 2026, 12).unwrap());
    let mut brought = asked.clone();
    for step in [ErrandStep::TakenIn, ErrandStep::Handled, ErrandStep::Delivered] {
        let command = Command::RunErrand { step, text: "身份证原件".into() };
        brought.give_at(at("2026-01-05 09:00"), &actor("agent", None), command).unwrap();
    }
    [asked, brought]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn no_step_leaves_the_table(steps in steps(), kind in 0usize..3) {
        let rules = rules();
        let [asked, brought] = errands();
        let mut desk = vec![filed(), asked, brought].swap_remove(kind);
        let mut now = at("2026-01-05 09:00");
        let first = desk.the_case();
        for (command, who, minutes) in steps {
            now += SignedDuration::from_mins(minutes);
            let before = desk.the_case();
            let lead = before.department.clone();
            let (name, command) = commands(lead.as_deref()).swap_remove(command);
            let who = ACTORS[who];
            // Once it has taken over it is the lead.
            let who = if who == "receiver" && lead.as_deref() == Some(RECEIVER) { "lead" } else { who };
            let found = desk.give_at(now, &actor(who, lead.as_deref()), command);
            let case = desk.the_case();
            // What is looked at first goes the way of a second round.
            let from = match key(&before) {
                "handling" if name == "reply" && before.is_reviewed() => "handling2",
                "dispatched" if name == "reply" && before.is_reviewed() => "dispatched2",
                from => from,
            };
            let said = format!("{from} {who} {name}: {found:?}");
            match (rules.get(&(from, who, name)), found) {
                (Some((events, to)), Ok(found)) => {
                    prop_assert!(!is_out_of_bounds(name, &before, now, &desk), "{}", said);
                    prop_assert_eq!(&found, events, "{}", said);
                    let to = match (*to, case.round) {
                        ("handling", 2) => "handling2",
                        ("dispatched", 2) => "dispatched2",
                        ("replied1", 2) => "replied2",
                        ("handling2", 1) => "handling",
                        ("replied2", 1) => "replied1",
                        ("redo", _) if case.department.is_none() => "redo0",
                        (to, _) => to,
                    };
                    prop_assert_eq!(key(&case), to, "{}", said);
                }
                (Some(_), Err(refusal)) => {
                    // One who was not asked, or not to help, is a stranger to it.
                    let asked = (matches!(who, "receiver" | "helper")
                        || before.department.is_none())
                        && refusal == Refusal::NotYourDepartments;
                    prop_assert!(asked || is_guard(&refusal), "{}", said);
                    prop_assert!(is_true(&refusal, name, &before, now, &desk), "{}", said);
                    prop_assert_eq!(&case, &before);
                }
                (None, found) => {
                    prop_assert!(found.is_err(), "{}", said);
                    prop_assert_eq!(&case, &before);
                }
            }
            let anew = desk.events[before.revision as usize..]
                .iter()
                .any(|event| event.change.step() == Step::Promised);
            prop_assert_eq!(case.promised_at != before.promised_at, anew && case.round == 1,
                "the promise is made once, and another one only in so many words");
            prop_assert_eq!((&case.text, &case.photos, &case.voices, &case.person),
                (&first.text, &first.photos, &first.voices, &first.person));
            prop_assert!(case.earlier.starts_with(&before.earlier), "figures stay");
            if case.round == before.round {
                prop_assert!(case.course.breaches.starts_with(&before.course.breaches));
                prop_assert!(!before.is_overdue(now) || case.state != before.state
                    || case.is_overdue(now), "what is late stays late");
            }
            prop_assert!(case.round <= ROUNDS_MAX);
            // Nothing rots: it waits for somebody by name, who has a way on.
            if let Some(waits) = waits_for(&case) {
                let calendar = desk.rules().calendar;
                let on = |row: &Transition| row.from.contains(&case.state) && row.to.is_some()
                    && row.who.contains(&waits.party());
                prop_assert!(TRANSITIONS.iter().any(on), "{:?} in {}", waits, case.state);
                prop_assert!(waits != Waits::Clock || next_by_clock(&case, calendar).is_some());
            } else {
                prop_assert_eq!(case.state, State::Archived);
            }
            let mut followed = before;
            for event in &desk.events[followed.revision as usize..] {
                followed.apply(event).unwrap();
            }
            prop_assert_eq!(&followed, &case, "step by step is the same as all at once");
        }
        prop_assert!(desk.events.is_sorted_by_key(|event| event.at));
        let json = serde_json::to_string(&desk.events).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Vec<CaseEvent>>(&json).unwrap(), &desk.events);
        // Every notice is the one that the table of the code names.
        let (mut from, mut was_late) = (None, false);
        for (event, told) in desk.events.iter().zip(&desk.told) {
            let row = transition(from, event.change.step()).unwrap();
            let is_told = match &event.change {
                Change::Received { .. } => false,
                Change::Breached { limit: Breached::Handling, .. } => !replace(&mut was_late, true),
                Change::Breached { .. } => false,
                Change::Reopened { .. } => {
                    was_late = false;
                    true
                }
                _ => true,
            };
            let expect = row.told.filter(|_| is_told);
            prop_assert_eq!(told.as_ref().map(|notice| notice.id), expect);
            from = Some(from.map_or(State::Received, |state| row.after(state)));
        }
    }
}

/// What the clock has to do by then, one after the other, as the office does it.
fn let_the_clock_run(desk: &mut Desk, until: Timestamp) -> Result<(), TestCaseError> {
    for _ in 0..CLOCK_STEPS_MAX {
        let case = desk.the_case();
        let next = next_by_clock(&case, desk.rules().calendar);
        let Some((at, command)) = next.filter(|(at, _)| *at <= until) else { return Ok(()) };
        let said = format!("{} {command:?}", case.state);
        let done = desk.give_at(at, &Actor::System, command);
        prop_assert!(done.is_ok(), "the clock wants what the rules forbid: {}: {:?}", said, done);
        let after = desk.the_case();
        prop_assert_eq!(after.promised_at, case.promised_at);
        if after.round == case.round {
            prop_assert!(after.course.breaches.starts_with(&case.course.breaches), "{}", said);
        }
    }
    prop_assert!(false, "the clock turns in a circle: {:?}", desk.the_case());
    Ok(())
}

/// A year of plans with their notes has fewer.
const CLOCK_STEPS_MAX: usize = 60;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    /// Weeks of work by anybody, the clock going on meanwhile, and then a year in which nobody
    /// does anything: it ends, or somebody with a name is behind with it.
    #[test]
    fn every_case_ends_or_waits_for_somebody_by_name(steps in steps(), kind in 0usize..3) {
        let [asked, brought] = errands();
        let mut desk = vec![filed(), asked, brought].swap_remove(kind);
        let mut now = at("2026-01-05 09:00");
        for (command, who, minutes) in steps {
            now += SignedDuration::from_mins(minutes.max(0));
            let_the_clock_run(&mut desk, now)?;
            let lead = desk.the_case().department;
            let (_, command) = commands(lead.as_deref()).swap_remove(command);
            // Most are refused; what is not is in the table, as the other test says.
            let _ = desk.give_at(now, &actor(ACTORS[who], lead.as_deref()), command);
            let case = desk.the_case();
            let next = next_by_clock(&case, desk.rules().calendar);
            let runs = case.state.is_open() && !case.state.stands_still()
                && case.replied_at.is_none() && case.state != State::Merged;
            // While the platform reads an answer, it is the platform that may be late.
            let whose = match case.state {
                State::Reviewing => Breached::Review,
                State::ReturnAsked => Breached::Return,
                _ => Breached::Handling,
            };
            let noted = limit_due(&case, whose, desk.rules().calendar)
                .is_some_and(|due| case.course.is_noted(whose, case.department.as_deref(), due));
            prop_assert!(!runs || noted || next.is_some(), "its clock is lost: {:?}", case);
        }
        let end = now + SignedDuration::from_hours(24 * 365);
        let_the_clock_run(&mut desk, end)?;
        // The case above it ends without an answer: it goes on by itself, and waits for no parent.
        if let Some(Waits::Parent(number)) = waits_for(&desk.the_case()) {
            prop_assert_eq!(number, parent());
            let alone = Command::Unmerge { reason: "主件没有答复就结束了".into() };
            prop_assert!(desk.give_at(end, &Actor::System, alone).is_ok());
        }
        let end = end + SignedDuration::from_hours(24 * 365);
        let_the_clock_run(&mut desk, end)?;
        let case = desk.the_case();
        match waits_for(&case) {
            None => prop_assert_eq!(case.state, State::Archived),
            Some(Waits::Department(id)) => {
                prop_assert!(desk.rules().departments.get(id).is_some());
                // And it is known to be late.
                prop_assert!(case.is_overdue(end), "{:?}", case);
            }
            // It lies in a queue of theirs, and that it lies there too long is written down: of a
            // call back that it is to be made is all there is.
            Some(waits @ (Waits::Platform | Waits::Director)) => {
                let calendar = desk.rules().calendar;
                let lies = |queue: &Queue| queue.holds(&case, Whose::Platform, end, calendar);
                let queue = Queue::OF_PLATFORM.into_iter().find(lies);
                prop_assert!(queue.is_some(), "in no queue: {:?}", case);
                prop_assert_eq!(queue == Some(Queue::Final), waits == Waits::Director);
                let is_noted = case.course.breaches.iter().any(|one| one.limit.is_of_platform());
                prop_assert!(is_noted || queue == Some(Queue::CallBacks), "{:?}", case);
            }
            Some(waits) => prop_assert!(false, "it waits for {:?} in {}", waits, case.state),
        }
    }
}

/// What goes on beside the states, one thing at a time: they do not touch each other.
fn aside(case: &Case) -> Option<String> {
    let course = &case.course;
    let exclusion = course.exclusion.as_ref().map(|one| format!("{:?}", one.asked_by));
    let disclosure = course.disclosure.as_ref().map(|one| format!("{:?}", one.granted));
    let disputed = course.disputed_at.map(|_| "disputed".to_owned());
    let breached = |id: &str| course.has_breached_by(Breached::Handling, id);
    let late = case.department.as_deref().is_some_and(breached);
    let slip = course.slip.as_ref();
    let slip = slip.map(|one| format!("slip {} {late}", one.answered_at.is_some()));
    let late = late.then(|| format!("late {}", course.promise_at.is_some()));
    let direction =
        course.direction.as_ref().map(|one| format!("direction {}", one.answered_at.is_some()));
    let hidden = case.confidential.then(|| "hidden".to_owned());
    let files = (!course.files.is_empty()).then(|| "files".to_owned());
    let visit = case.course.visit.is_some().then(|| "visit".to_owned());
    let joined = (!case.children.is_empty()).then(|| "joined".to_owned());
    let aside = exclusion.or(disclosure).or(slip).or(direction).or(hidden).or(files);
    aside.or(disputed).or(late).or(joined).or(visit)
}

/// Each row of the table is walked at least once, so that none stands there untested.
#[test]
fn every_row_can_be_reached() {
    let rules = rules();
    let mut missing: BTreeSet<Row> = rules.keys().copied().collect();
    let mut open = Vec::from(errands());
    open.push(filed());
    let mut seen = BTreeSet::new();
    while let Some(desk) = open.pop() {
        let case = desk.the_case();
        let lead = case.department.as_deref();
        // An hour a step keeps the returns in time; a day that urging is allowed again.
        for hours in [1, 25] {
            let now = desk.events.last().unwrap().at + SignedDuration::from_hours(hours);
            for (name, command) in commands(lead) {
                for who in ACTORS {
                    if who == "receiver" && lead == Some(RECEIVER) {
                        continue;
                    }
                    let row = (key(&case), who, name);
                    if !rules.contains_key(&row) {
                        continue;
                    }
                    let mut next = desk.clone();
                    if next.give_at(now, &actor(who, lead), command.clone()).is_err() {
                        continue;
                    }
                    missing.remove(&row);
                    let after = next.the_case();
                    let course = &after.course;
                    // What an errand can do does not hang on how it came to where it stands.
                    let errand = after.errand.as_ref().map(|errand| errand.done.len());
                    let aside = aside(&after);
                    let history = (errand.is_none() && aside.is_none()).then(|| {
                        (
                            course.handover_to.is_some(),
                            course.promise_at.is_some(),
                            course.returns,
                            course.submitted.as_ref().and_then(|answer| answer.by.clone()),
                            course.extensions.last().and_then(|one| one.asked_by.clone()),
                        )
                    });
                    let place = (
                        key(&after),
                        after.round,
                        after.department.is_some(),
                        errand,
                        history,
                        aside,
                    );
                    if seen.insert(place) {
                        open.push(next);
                    }
                }
            }
        }
    }
    // The calendar does not change in this test.
    missing.retain(|(_, _, command)| *command != "recompute");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The table of the code and the table of the manual name the same steps.
#[test]
fn every_transition_of_the_code_is_in_the_table() {
    let rules = rules();
    let steps: BTreeSet<&str> =
        rules.values().flat_map(|(events, _)| events.iter().copied()).collect();
    for row in TRANSITIONS.iter().filter(|row| !row.from.is_empty()) {
        assert!(steps.contains(row.step.id()), "no row shows {}", row.step.id());
    }
}
