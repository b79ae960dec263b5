//! Which cases may be about the same thing: several people tell of one matter, or one person
//! comes with it again. Nothing is merged by itself; a clerk reads both texts.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::case::Case;
use super::event::Kind;
use super::state::{State, Step, transition};

/// What has ended longer ago is another time.
const ENDED_DAYS: i64 = 14;
/// Less in common, and she is not asked whether she means the same.
const ALIKE_MIN: u8 = 25;
/// The same person with the same kind of matter within this time: 重复诉求.
pub const REPEAT_DAYS: i64 = 30;
/// So many of one kind from one place within [`BURST_WITHIN`] are one event.
pub const BURST_MIN: usize = 5;
pub const BURST_WITHIN: SignedDuration = SignedDuration::from_mins(60);

/// Of the same kind, from the same village or against the same; open, or ended not long ago.
pub fn may_be_same(case: &Case, other: &Case, now: Timestamp) -> bool {
    let same = |one: &Option<String>, two: &Option<String>| one.is_some() && one == two;
    let ended = other.closed_at.unwrap_or(other.updated_at);
    let is_fresh = other.state.is_open()
        || now.duration_since(ended) <= SignedDuration::from_hours(24 * ENDED_DAYS);
    case.number != other.number
        && !matches!(other.state, State::Merged | State::Withdrawn | State::Rejected)
        && !case.confidential
        && !other.confidential
        && same(&case.category, &other.category)
        && (same(&case.place_code, &other.place_code) || same(&case.respondent, &other.respondent))
        && is_fresh
}

/// It had been told of before by the same person, who is the caller's to know.
pub fn is_repeat(earlier: &Case, category: Option<&str>, now: Timestamp) -> bool {
    category.is_some()
        && earlier.category.as_deref() == category
        && !matches!(earlier.state, State::Withdrawn | State::Rejected)
        && now.duration_since(earlier.received_at) <= SignedDuration::from_hours(24 * REPEAT_DAYS)
}

/// A neighbour may sign it instead of filing the same again.
pub fn takes_neighbours(case: &Case) -> bool {
    !case.confidential && case.kind != Kind::Report && case.parent.is_none()
}

/// She tells of what this case is about: the same kind from the same village, in words alike.
pub fn is_hers_too(case: &Case, (category, village): (&str, &str), text: &str) -> bool {
    takes_neighbours(case)
        && transition(Some(case.state), Step::CoSigned).is_some()
        && case.category.as_deref() == Some(category)
        && case.place_code.as_deref() == Some(village)
        && similarity(&case.text, text) >= ALIKE_MIN
}

/// Of the times at which they came, the earliest first.
pub fn is_burst(times: &[Timestamp]) -> bool {
    times.windows(BURST_MIN).any(|few| match few {
        [first, .., last] => last.duration_since(*first) <= BURST_WITHIN,
        _ => false,
    })
}

/// Another may go on under it.
pub fn takes_in(case: &Case) -> bool {
    super::platform::join(case, case.number).is_ok()
        && transition(Some(case.state), Step::Joined).is_some()
}

/// It may go on under another.
pub fn goes_under(case: &Case) -> bool {
    transition(Some(case.state), Step::Merged).is_some()
        && case.children.is_empty()
        && !case.confidential
}

/// How much two texts share, in per cent: pairs of neighbouring characters, twice the common
/// ones of all (Dice). Blanks and marks do not count.
pub fn similarity(one: &str, two: &str) -> u8 {
    let (one, two) = (pairs(one), pairs(two));
    let (all_one, all_two): (usize, usize) = (one.values().sum(), two.values().sum());
    if all_one + all_two == 0 {
        return 0;
    }
    let common: usize =
        one.iter().map(|(pair, n)| (*n).min(two.get(pair).copied().unwrap_or(0))).sum();
    u8::try_from(common * 200 / (all_one + all_two)).unwrap_or(100)
}

fn pairs(text: &str) -> HashMap<(char, char), usize> {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut found = HashMap::new();
    for pair in letters.windows(2) {
        *found.entry((pair[0], pair[1])).or_default() += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::tests::{Desk, at, clerk, dispatch, intake, rate, reply, villager};
    use crate::desk::{CaseNumber, CaseType, Grade, Intake};

    fn case(serial: u32, when: &str, change: fn(&mut Intake)) -> Desk {
        let number = CaseNumber::new(CaseType::Appeal, 2026, serial).unwrap();
        let mut intake = Intake { number, ..intake() };
        change(&mut intake);
        Desk::filed(when, intake)
    }

    #[test]
    fn texts_are_compared_by_their_neighbours() {
        let check = |one: &str, two: &str, least: u8, most: u8| {
            let found = similarity(one, two);
            assert!((least..=most).contains(&found), "{one} {two}: {found}");
            assert_eq!(found, similarity(two, one));
        };
        check("全村停水三天了", "全村停水三天了", 100, 100);
        check("全村停水三天了！", "我们村，停水三天了", 60, 90);
        check("全村停水三天了", "路灯不亮", 0, 0);
        check("水", "水", 0, 0);
        check("", "", 0, 0);
    }

    #[test]
    fn the_same_kind_from_the_same_village_and_not_long_ago() {
        let now = at("2026-11-24 10:00");
        let mine = case(1, "2026-11-24 09:00", |_| ()).the_case();
        let same = |other: &Desk| may_be_same(&mine, &other.the_case(), now);
        let other = || case(2, "2026-11-23 09:00", |_| ());
        assert!(same(&other()));
        assert!(!may_be_same(&mine, &mine, now));
        assert!(!same(&case(3, "2026-11-23 09:00", |i| i.category = Some("0501".into()))));
        assert!(!same(&case(3, "2026-11-23 09:00", |i| i.category = None)));
        assert!(!same(&case(3, "2026-11-23 09:00", |i| i.confidential = true)));
        let elsewhere = |i: &mut Intake| i.place_code = Some("130225102216".into());
        assert!(!same(&case(3, "2026-11-23 09:00", elsewhere)));
        // Against the same, wherever it is told of.
        let against = |i: &mut Intake| {
            i.place_code = Some("130225102216".into());
            i.respondent = Some("某某电器".into());
        };
        let (one, two) = (
            case(4, "2026-11-23 09:00", against),
            case(5, "2026-11-24 09:00", |i| {
                i.respondent = Some("某某电器".into());
            }),
        );
        assert!(may_be_same(&one.the_case(), &two.the_case(), now));
        // Ended: two weeks.
        let end = |desk: &mut Desk, when: &str| {
            desk.give(when, &clerk(), dispatch("城管")).unwrap();
            desk.give(when, &clerk(), reply()).unwrap();
            desk.give(when, &villager(), rate(Grade::Satisfied)).unwrap();
        };
        let mut ended = other();
        end(&mut ended, "2026-11-23 10:00");
        assert!(same(&ended));
        let mut long = case(6, "2026-11-02 09:00", |_| ());
        end(&mut long, "2026-11-10 09:59");
        assert!(!same(&long));
    }

    #[test]
    fn thirty_days_are_a_repetition() {
        let earlier = case(1, "2026-10-25 10:00", |_| ()).the_case();
        let (at_last, too_late) = (at("2026-11-24 10:00"), at("2026-11-24 10:01"));
        assert!(is_repeat(&earlier, Some("0301"), at_last));
        assert!(!is_repeat(&earlier, Some("0301"), too_late));
        assert!(!is_repeat(&earlier, Some("0501"), at_last));
        assert!(!is_repeat(&earlier, None, at_last));
    }
}
