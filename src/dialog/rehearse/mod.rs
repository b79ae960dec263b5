//! The transcripts that stand in the files: what they say, and whether it comes true.

mod replay;
pub(in crate::dialog) mod transcript;

pub use replay::{TestReport, run_tests};
