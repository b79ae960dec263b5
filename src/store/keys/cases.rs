//! Keys of cases, of what is learned from them, and of listings.

use jiff::Timestamp;

use super::{Key, Range, below, between, key, newest_first, segment, time, until};

pub fn case(number: &str) -> Key {
    key(&["case", &segment(number)])
}

pub fn case_by_receipt(at: Timestamp, number: &str) -> Key {
    key(&["i", "case-received", &time(at), number])
}

pub fn cases_by_receipt() -> Range {
    newest_first(below(&["i", "case-received"]))
}

/// Those received from `from` to before `to`, the first one first.
pub fn cases_received(from: Timestamp, to: Timestamp) -> Range {
    between(&["i", "case-received"], from, to)
}

pub fn case_by_village(village: &str, received: Timestamp, number: &str) -> Key {
    key(&["i", "case-village", &segment(village), &time(received), number])
}

pub fn cases_of_village(village: &str, from: Timestamp, to: Timestamp) -> Range {
    between(&["i", "case-village", &segment(village)], from, to)
}

pub fn case_by_state(state: &str, promised: Timestamp, number: &str) -> Key {
    key(&["i", "case-state", state, &time(promised), number])
}

/// Those due first come first.
pub fn cases_in_state(state: &str) -> Range {
    below(&["i", "case-state", &segment(state)])
}

/// A county's departments have years of ended cases and a few that run: these have a place of
/// their own, which sorts before the others'.
fn running(is_open: bool) -> &'static str {
    if is_open { "0" } else { "1" }
}

pub fn case_by_department(department: &str, is_open: bool, due: Timestamp, number: &str) -> Key {
    let department = segment(department);
    key(&["i", "case-department", &department, running(is_open), &time(due), number])
}

/// The open ones, those due first before the others; behind them what has ended.
pub fn cases_of_department(department: &str) -> Range {
    below(&["i", "case-department", &segment(department)])
}

/// Those due first come first.
pub fn open_cases_of_department(department: &str) -> Range {
    below(&["i", "case-department", &segment(department), running(true)])
}

/// Newest first.
pub fn ended_cases_of_department(department: &str) -> Range {
    newest_first(below(&["i", "case-department", &segment(department), running(false)]))
}

pub fn case_by_due(due: Timestamp, number: &str) -> Key {
    key(&["i", "case-open", &time(due), number])
}

/// Those due first come first.
pub fn open_cases() -> Range {
    below(&["i", "case-open"])
}

pub fn case_by_change(at: Timestamp, number: &str) -> Key {
    key(&["i", "case-changed", &time(at), number])
}

pub fn cases_changed_since(at: Timestamp) -> Range {
    between(&["i", "case-changed"], at, Timestamp::MAX)
}

pub fn case_visit(at: Timestamp, number: &str) -> Key {
    key(&["i", "case-visit", &time(at), number])
}

/// Where somebody is to come from `from` to before `to`, the first one first.
pub fn case_visits(from: Timestamp, to: Timestamp) -> Range {
    between(&["i", "case-visit"], from, to)
}

/// When the clock does something to it.
pub fn case_clock(at: Timestamp, number: &str) -> Key {
    key(&["i", "case-clock", &time(at), number])
}

pub fn cases_due_by(now: Timestamp) -> Range {
    until("case-clock", now)
}

pub fn case_by_person(person: &str, number: &str) -> Key {
    key(&["i", "case-person", &segment(person), number])
}

/// Newest first: numbers grow within a year, and the year stands in front.
pub fn cases_of(person: &str) -> Range {
    newest_first(below(&["i", "case-person", &segment(person)]))
}

pub fn listing(number: &str) -> Key {
    key(&["listing", &segment(number)])
}

pub fn listing_by_state(state: &str, changed: Timestamp, number: &str) -> Key {
    key(&["i", "listing-state", state, &time(changed), number])
}

/// Those that changed first come first.
pub fn listings_in_state(state: &str) -> Range {
    below(&["i", "listing-state", &segment(state)])
}

pub fn listing_shown(kind: &str, changed: Timestamp, number: &str) -> Key {
    key(&["i", "listing-shown", kind, &time(changed), number])
}

/// Newest first.
pub fn listings_shown(kind: &str) -> Range {
    newest_first(below(&["i", "listing-shown", &segment(kind)]))
}

pub fn listing_due(until: Timestamp, number: &str) -> Key {
    key(&["i", "listing-due", &time(until), number])
}

pub fn listings_due_until(now: Timestamp) -> Range {
    until("listing-due", now)
}

pub fn listing_by_person(person: &str, number: &str) -> Key {
    key(&["i", "listing-person", &segment(person), number])
}

/// Newest first, as cases.
pub fn listings_of(person: &str) -> Range {
    newest_first(below(&["i", "listing-person", &segment(person)]))
}

pub fn event(case: &str, n: u32) -> Key {
    key(&["event", &segment(case), &format!("{n:05}")])
}

pub fn events_of(case: &str) -> Range {
    below(&["event", &segment(case)])
}

pub fn all_events() -> Range {
    below(&["event"])
}

pub fn event_told(at: Timestamp, case: &str, n: u32) -> Key {
    key(&["i", "event-told", &time(at), case, &format!("{n:05}")])
}

/// Those from `from` to before `to`, the first one first.
pub fn events_told(from: Timestamp, to: Timestamp) -> Range {
    between(&["i", "event-told"], from, to)
}

pub fn correction(number: &str) -> Key {
    key(&["correction", &segment(number)])
}

pub fn corrections() -> Range {
    below(&["correction"])
}

pub fn place_correction(number: &str) -> Key {
    key(&["place-correction", &segment(number)])
}

pub fn place_corrections() -> Range {
    below(&["place-correction"])
}

pub fn case_of_source(system: &str, id: &str) -> Key {
    key(&["case-source", &segment(system), &segment(id)])
}

/// They sort by their number.
pub fn interview(department: &str, n: u32) -> Key {
    key(&["interview", &segment(department), &format!("{n:05}")])
}

pub fn interviews_of(department: &str) -> Range {
    below(&["interview", &segment(department)])
}

pub fn interview_by_draft(is_open: bool, at: Timestamp, department: &str, n: u32) -> Key {
    let n = format!("{n:05}");
    key(&["i", "interview", running(is_open), &time(at), &segment(department), &n])
}

/// The oldest first.
pub fn open_interviews() -> Range {
    below(&["i", "interview", running(true)])
}

/// The newest first.
pub fn ended_interviews() -> Range {
    newest_first(below(&["i", "interview", running(false)]))
}

/// Drafted within a time.
pub fn interviews_drafted(is_open: bool, from: Timestamp, to: Timestamp) -> Range {
    between(&["i", "interview", running(is_open)], from, to)
}

/// Those due first come first.
pub fn open_cases_due_before(at: Timestamp) -> Range {
    between(&["i", "case-open"], Timestamp::MIN, at)
}

/// The same of one department.
pub fn open_cases_of_department_due_before(department: &str, at: Timestamp) -> Range {
    between(&["i", "case-department", &segment(department), running(true)], Timestamp::MIN, at)
}
