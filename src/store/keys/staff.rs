//! Keys of those who sign in and of their work, and of those who come to the public pages.

use jiff::Timestamp;

use super::{Key, Range, below, key, segment, time};

pub fn task(id: &str) -> Key {
    key(&["task", &segment(id)])
}

pub fn all_tasks() -> Range {
    below(&["task"])
}

pub fn open_task(at: Timestamp, id: &str) -> Key {
    key(&["i", "task-open", &time(at), &segment(id)])
}

pub fn open_tasks() -> Range {
    below(&["i", "task-open"])
}

pub fn staff(name: &str) -> Key {
    key(&["staff", &segment(name)])
}

pub fn all_staff() -> Range {
    below(&["staff"])
}

/// `whom`: a department, or a village by its 12 digits; empty: the platform.
pub fn staff_told(whom: &str, name: &str) -> Key {
    key(&["i", "staff-told", &segment(whom), &segment(name)])
}

pub fn all_staff_told(whom: &str) -> Range {
    below(&["i", "staff-told", &segment(whom)])
}

pub fn staff_by_subject(subject: &str, name: &str) -> Key {
    key(&["i", "staff-subject", &segment(subject), &segment(name)])
}

pub fn staff_with_subject(subject: &str) -> Range {
    below(&["i", "staff-subject", &segment(subject)])
}

pub fn session(hash: &str) -> Key {
    key(&["session", &segment(hash)])
}

pub fn all_sessions() -> Range {
    below(&["session"])
}

pub fn session_by_staff(name: &str, hash: &str) -> Key {
    key(&["i", "session-staff", &segment(name), hash])
}

pub fn sessions_of(name: &str) -> Range {
    below(&["i", "session-staff", &segment(name)])
}

pub fn visits(what: &str, whose: &str) -> Key {
    key(&["visits", &segment(what), &segment(whose)])
}

pub fn all_visits() -> Range {
    below(&["visits"])
}
