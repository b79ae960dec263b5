//! Messages on their way: route, send, retry, fall back, and at last a clerk.
//!
//! Before the channel is called, `Sending` is on disk. Found so after a crash, nobody
//! knows whether the message went: it is `Unknown`, a clerk sees it, and the program
//! never sends it again by itself. So nothing is sent twice.
//!
//! `lanes` says who waits behind whom, `send` takes one message to its channel, `settle` writes
//! down what became of it, `unheard` sees to those of which nothing was heard; `letters` makes
//! messages, and `words` gives them their text.

mod lanes;
mod letters;
mod send;
mod settle;
mod unheard;
mod words;

use std::time::Duration;

pub(super) use lanes::{Lane, run};
pub(super) use letters::{
    from_clerk, hash, late_reply, notice, reminder, to_department, to_staff, to_villager,
};
pub(super) use words::is_notice;

/// What the channel said to one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Sent {
        message_id: Option<String>,
        /// Parts that the provider of short messages counted.
        segments: Option<u32>,
    },
    /// Never this way.
    Refused { why: String, consequence: Consequence },
    /// Not sent; later perhaps.
    Later { why: String, after: Option<Duration> },
    /// The request went out, no answer came.
    Unknown { why: String },
    /// The message itself is wrong; a developer has to look.
    Broken { why: String },
}

/// What a refusal tells about her.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consequence {
    None,
    WindowClosed,
    /// She follows no more, or takes no messages: WeChat carries nothing to her.
    LeftUs,
    OptInUsed,
    /// The telephone number is out of use.
    NumberGone,
    /// She wants no short messages.
    Stopped,
}
