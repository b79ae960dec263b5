//! The conversational state machine. Pure: no clock, no I/O, no randomness.
//!
//! A script (the YAML files of `dialogs/`) and a conversation go in with an event;
//! the next conversation and what is to be said or done come out.
//! Nothing outside this module knows YAML; this module knows neither cases nor orders:
//! it asks for an action by name and takes the result as a value.

mod actions;
mod advance;
mod begin;
mod busy;
mod check;
mod commands;
mod condition;
mod conversation;
mod event;
mod keywords;
mod lower;
mod lower_steps;
mod notice;
mod replay;
mod script;
mod source;
mod step;
mod transcript;
mod understand;
mod value;
mod words;
mod yaml;
mod yaml_lines;

pub use conversation::{Conversation, Offer, summary};
pub use event::{Call, Effect, Env, Event, Fault, Gazetteer, PlaceFound, Turn};
pub use lower::load;
pub use notice::{render, template_data};
pub use replay::{TestReport, run_tests};
pub use script::{MenuItem, Notice, Script};
pub use source::{Diagnostic, SourceFile};
pub use step::step;
pub use value::{Answer, Fields, How, Value};
pub use words::Medium;
