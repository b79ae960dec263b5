//! The conversational state machine. Pure: no clock, no I/O, no randomness.
//!
//! A script (the YAML files of `dialogs/`) and a conversation go in with an event;
//! the next conversation and what is to be said or done come out.
//! Nothing outside this module knows YAML; this module knows neither cases nor orders:
//! it asks for an action by name and takes the result as a value.

mod graph;
mod lint;
mod notice;
mod read;
mod rehearse;
mod run;
mod schema;
mod script;

pub use graph::{Picture, dialogs, graph, graph_all};
pub use lint::{CHECKS, Check, Format, Lint, Severity, check_of, check_table, lint, mend, running};
pub use notice::{render, template_data};
pub use read::one_word_more::{with_entry_word, with_option_word};
pub use read::sayings::{SAYING_CHARS_MAX, Saying, sayings, with_saying};
pub use read::source::{Diagnostic, SourceFile};
pub use read::{decode, hash, load};
pub use rehearse::{
    CHAT_LINES_MAX, Coverage, Did, Exchange, Failure, Part, TestReport, Wrong, chat, into_tests,
    record, run_tests, way_to, with_expected, written_test,
};
pub use run::conversation::{Conversation, Offer, summary};
pub use run::event::{Call, Effect, Env, Event, Fault, Gazetteer, KindFound, PlaceFound, Turn};
pub use run::step;
pub use run::trace::{Misheard, Spot, Stop, Trace};
pub use run::version::lost_answers;
pub use schema::{Lang, schema};
pub use script::keywords::FOLDERS;
pub use script::known::Known;
pub use script::outline::{Outline, OutlineQuestion};
pub use script::value::{Answer, Fields, How, Value};
pub use script::words::{Medium, decimal};
pub use script::{MenuItem, Notice, Script, StaleTranslation};
