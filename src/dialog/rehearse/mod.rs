//! The transcripts that stand in the files: what they say, whether it comes true, how much of
//! the script they show, and which ones could be added.

mod chat;
pub(in crate::dialog) mod coverage;
mod record;
mod replay;
mod report;
pub(in crate::dialog) mod suggest;
pub(in crate::dialog) mod transcript;

pub use chat::{CHAT_LINES_MAX, Exchange, chat, into_tests, way_to, with_expected, written_test};
pub use coverage::{Coverage, Part};
pub use record::{Did, record};
pub use replay::run_tests;
pub use report::{Failure, TestReport, Wrong};
