//! One event into a conversation, from `step`.

mod advance;
mod begin;
mod busy;
mod choose;
mod commands;
pub(in crate::dialog) mod conversation;
pub(in crate::dialog) mod event;
mod menu;
mod rescue;
mod step;
mod sub;
mod typed;
mod understand;
pub(in crate::dialog) mod version;

pub use step::step;
