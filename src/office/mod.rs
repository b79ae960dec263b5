//! The only place that does things.

mod stub;
pub use stub::*;
