//! The real program, started as its operator would.

mod copies;
mod dialogs;
mod pictures;
mod program;
mod sms_logs;
mod start;
