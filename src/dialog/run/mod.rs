//! One event into a conversation, from `step`.

mod advance;
mod begin;
mod busy;
pub(in crate::dialog) mod choose;
mod commands;
pub(in crate::dialog) mod conversation;
pub(in crate::dialog) mod event;
pub(in crate::dialog) mod menu;
mod rescue;
mod step;
mod sub;
pub(in crate::dialog) mod trace;
mod typed;
pub(in crate::dialog) mod understand;
pub(in crate::dialog) mod version;

pub use step::step;
