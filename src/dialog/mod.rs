//! The conversational state machine. Pure: no clock, no I/O, no randomness.
//!
//! A script (the YAML files of `dialogs/`) and a conversation go in with an event;
//! the next conversation and what is to be said or done come out.
//! Nothing outside this module knows YAML; this module knows neither cases nor orders:
//! it asks for an action by name and takes the result as a value.

mod value;

pub use value::{Answer, Fields, How, Value};
