//! The only place that does things: reception, outbox, timers, staff commands.

pub mod clock;
pub mod wechat_api;
pub mod wechat_token;
