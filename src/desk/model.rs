//! Random commands by random people, against the rules written a second time as a table:
//! tests/fixtures/desk/transitions.txt.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::tests::{Desk, at, clerk, dispatch, intake, rate, reply, villager};
use super::*;

const COMMANDS: [&str; 11] = [
    "dispatch",
    "dispatch-again",
    "accept",
    "progress",
    "reply",
    "good",
    "bad",
    "close",
    "urge",
    "supplement",
    "withdraw",
];
const ACTORS: [&str; 4] = ["owner", "stranger", "staff", "system"];

/// (state, actor, command) to (events, state after).
fn rules() -> BTreeMap<[&'static str; 3], (Vec<&'static str>, &'static str)> {
    let table = include_str!("../../tests/fixtures/desk/transitions.txt");
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [state, actor, command, events, to] = cells[..] else { panic!("{line}") };
            assert!(ACTORS.contains(&actor) && COMMANDS.contains(&command), "{line}");
            ([state, actor, command], (events.split(' ').collect(), to))
        })
        .collect()
}

fn command(name: &str, department: Option<&str>) -> Command {
    match (name, department) {
        ("dispatch", Some("城管")) => dispatch("住建"),
        ("dispatch", _) => dispatch("城管"),
        ("dispatch-again", had) => dispatch(had.unwrap_or("城管")),
        ("accept", _) => Command::Accept,
        ("progress", _) => Command::Progress { text: "在路上".into() },
        ("reply", _) => reply(),
        ("good", _) => rate(Grade::Satisfied),
        ("bad", _) => rate(Grade::Dissatisfied),
        ("urge", _) => Command::Urge,
        ("supplement", _) => Command::Supplement {
            text: "灯杆也歪了".into(),
            photos: Vec::new(),
            voices: Vec::new(),
        },
        ("withdraw", _) => Command::Withdraw { reason: "自己修好了".into() },
        _ => Command::Close { reason: "写明理由".into() },
    }
}

fn actor(name: &str) -> Actor {
    match name {
        "owner" => villager(),
        "stranger" => Actor::Villager { person: "p2".into() },
        "staff" => clerk(),
        _ => Actor::System,
    }
}

/// Steps as the desk mostly sees them, so that long lives are walked too.
fn steps() -> impl Strategy<Value = Vec<(&'static str, &'static str, i64)>> {
    let likely = prop_oneof![
        Just(("dispatch", "staff")),
        Just(("reply", "staff")),
        Just(("accept", "system")),
        Just(("bad", "owner")),
    ];
    let any = (prop::sample::select(&COMMANDS), prop::sample::select(&ACTORS));
    prop::collection::vec(
        (prop_oneof![likely, any], -100i64..5_000).prop_map(|((c, a), minutes)| (c, a, minutes)),
        1..40,
    )
}

proptest! {
    #[test]
    fn no_step_leaves_the_table(steps in steps()) {
        let rules = rules();
        let mut desk = Desk::new();
        let mut now = at("2026-01-05 09:00");
        desk.give_at(now, &villager(), Command::File(Box::new(intake()))).unwrap();
        let filed = desk.case().unwrap();
        let (mut state, mut round) = ("received", 1);
        for (name, who, minutes) in steps {
            now += SignedDuration::from_mins(minutes);
            let before = desk.case().unwrap();
            let key = match (state, round) {
                ("replied", 1) => "replied1",
                ("replied", _) => "replied2",
                (other, _) => other,
            };
            let found =
                desk.give_at(now, &actor(who), command(name, before.department.as_deref()));
            let case = desk.case().unwrap();
            // What no table of states can say: how often.
            let often = (name == "urge"
                && before.urged_at.is_some_and(|last| now < last + SignedDuration::from_hours(24)))
                || (name == "supplement" && before.supplements >= 20)
                || (name == "withdraw" && before.round > 1);
            match rules.get(&[key, who, name]).filter(|_| !often) {
                Some((events, to)) => {
                    prop_assert_eq!(found.as_ref(), Ok(events), "{} {} {}", key, who, name);
                    round += u8::from(events.contains(&"reopened"));
                    state = to;
                }
                None => {
                    prop_assert!(found.is_err(), "{} {} {}: {:?}", key, who, name, found);
                    prop_assert_eq!(&case, &before);
                }
            }
            let shown = if state == "unhappy" { "replied" } else { state };
            prop_assert_eq!((case.state.id(), case.round), (shown, round));
            let events = u32::try_from(desk.events.len()).unwrap();
            prop_assert_eq!(case.revision, events, "no event is lost");
            prop_assert_eq!(case.promised_at, filed.promised_at);
            prop_assert_eq!((&case.text, &case.photos, &case.voices, &case.person),
                (&filed.text, &filed.photos, &filed.voices, &filed.person));
            prop_assert!(case.earlier.starts_with(&before.earlier), "figures stay");
            prop_assert!(case.round <= 2);
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
        let mut from = None;
        for (event, told) in desk.events.iter().zip(&desk.told) {
            let row = transition(from, event.change.step()).unwrap();
            let expect = row.told.filter(|id| *id != "received");
            prop_assert_eq!(told.as_ref().map(|notice| notice.id), expect);
            from = Some(row.to);
        }
    }
}

/// Each row of the table is walked at least once, so that none stands there untested.
#[test]
fn every_row_can_be_reached() {
    let rules = rules();
    let mut open = vec![(Vec::new(), "received", 1)];
    let mut seen = std::collections::BTreeSet::new();
    while let Some((path, state, round)) = open.pop() {
        let key = match (state, round) {
            ("replied", 1) => "replied1",
            ("replied", _) => "replied2",
            (other, _) => other,
        };
        for ([_, who, name], (events, to)) in rules.iter().filter(|(row, _)| row[0] == key) {
            // Once answered it is not hers to take back.
            if (*name == "withdraw" && round > 1) || !seen.insert((key, round, *who, *name)) {
                continue;
            }
            let mut path: Vec<(&str, &str)> = path.clone();
            path.push((who, name));
            let mut desk = Desk::new();
            let now = at("2026-01-05 09:00");
            desk.give_at(now, &villager(), Command::File(Box::new(intake()))).unwrap();
            for (n, (who, name)) in (1..).zip(&path) {
                let department = desk.case().unwrap().department;
                // She may ask for haste once a day.
                let now = now + SignedDuration::from_hours(25 * n);
                desk.give_at(now, &actor(who), command(name, department.as_deref())).unwrap();
            }
            open.push((path, to, round + u8::from(events.contains(&"reopened"))));
        }
    }
    let reached: std::collections::BTreeSet<_> =
        seen.into_iter().map(|(key, _, who, name)| [key, who, name]).collect();
    assert_eq!(reached, rules.into_keys().collect());
}
