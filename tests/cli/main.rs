//! The real program, started as its operator would.

mod copies;
mod pictures;
mod program;
mod sms_logs;
mod start;
