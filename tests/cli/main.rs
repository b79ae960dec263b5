//! The real program, started as its operator would.

mod copies;
mod program;
mod start;
