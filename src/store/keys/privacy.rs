//! Keys of what is personal, and of who looked at it.

use jiff::Timestamp;

use super::{Key, Range, below, key, newest_first, segment, time, until};

pub fn identity(case: &str) -> Key {
    key(&["identity", &segment(case)])
}

pub fn identity_by_phone(phone: &str, case: &str) -> Key {
    key(&["i", "identity-phone", &segment(phone), &segment(case)])
}

pub fn identities_with_phone(phone: &str) -> Range {
    below(&["i", "identity-phone", &segment(phone)])
}

pub fn words(case: &str, n: u32) -> Key {
    key(&["words", &segment(case), &format!("{n:05}")])
}

pub fn words_of(case: &str) -> Range {
    below(&["words", &segment(case)])
}

pub fn person_by_phone(phone: &str, id: &str) -> Key {
    key(&["i", "person-phone", &segment(phone), &segment(id)])
}

pub fn persons_with_phone(phone: &str) -> Range {
    below(&["i", "person-phone", &segment(phone)])
}

pub fn look(n: u64) -> Key {
    key(&["look", &format!("{n:012}")])
}

/// The oldest first.
pub fn all_looks() -> Range {
    below(&["look"])
}

pub fn look_by_case(case: &str, n: u64) -> Key {
    key(&["i", "look-case", &segment(case), &format!("{n:012}")])
}

/// The newest first.
pub fn looks_at(case: &str) -> Range {
    newest_first(below(&["i", "look-case", &segment(case)]))
}

pub fn look_head() -> Key {
    key(&["look-head"])
}

pub fn keep_round() -> Key {
    key(&["keep-round"])
}

pub fn copies() -> Key {
    key(&["copies"])
}

pub fn hold(case: &str) -> Key {
    key(&["hold", &segment(case)])
}

pub fn all_holds() -> Range {
    below(&["hold"])
}

pub fn case_to_clear(ended: Timestamp, number: &str) -> Key {
    key(&["i", "case-clear", &time(ended), number])
}

/// What is personal in them is still kept.
pub fn cases_to_clear_until(now: Timestamp) -> Range {
    until("case-clear", now)
}

pub fn all_persons() -> Range {
    below(&["person"])
}

pub fn all_contacts() -> Range {
    below(&["contact"])
}

/// In the order of their numbers.
pub fn all_cases() -> Range {
    below(&["case"])
}
