use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn holds(range: &Range, key: &Key) -> bool {
    let Bound::Included(from) = &range.from else { panic!("a lower bound") };
    let Bound::Excluded(to) = &range.to else { panic!("an upper bound") };
    from <= key && key < to
}

#[test]
fn times_sort_as_text() {
    let early = alarm(at("2026-11-24T02:03:46Z"), "b");
    let late = alarm(at("2026-11-24T02:03:46.1Z"), "a");
    assert!(early < late, "{}", text(&early));
    assert!(text(&early).contains("T02:03:46.000Z/"), "{}", text(&early));
}

#[test]
fn what_is_due_ends_with_now() {
    let now = at("2026-11-24T02:03:46.123Z");
    let due = alarms_until(now);
    assert!(holds(&due, &alarm(at("2026-11-24T02:03:46.123Z"), "sms/modem/139")));
    assert!(holds(&due, &alarm(at("2025-01-01T00:00:00Z"), "x")));
    assert!(!holds(&due, &alarm(at("2026-11-24T02:03:46.124Z"), "sms/modem/139")));
    assert!(!holds(&due, &outgoing_due(at("2025-01-01T00:00:00Z"), "x")));
}

#[test]
fn a_name_can_not_imitate_a_path() {
    let range = sessions_of("a");
    assert!(holds(&range, &session_by_staff("a", "h")));
    for name in ["a/b", "a%2Fb", "ab", "A", ""] {
        assert!(!holds(&range, &session_by_staff(name, "h")), "{name}");
    }
    assert_ne!(staff("a/b"), staff("a%2Fb"));
}

#[test]
fn a_foreign_cursor_changes_nothing() {
    let range = cases_in_state("received");
    assert_eq!(after_text(&range, "staff/admin"), range);
    let inside = text(&case_by_state("received", at("2026-11-24T00:00:00Z"), "126000016"));
    assert_ne!(after_text(&range, &inside), range);
}
