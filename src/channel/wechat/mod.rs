//! WeChat official accounts (公众号, 服务号): bytes to `Inbound` and replies to bytes,
//! requests to the active APIs and what their answers mean. Pure: no network, no clock,
//! no randomness; those live in `office::wechat_api` and `web`.
//!
//! `account` is the way in: it checks, decrypts and parses a POST and seals the reply.
//! Facts are Tencent's documentation for 服务号 unless another source is named.

pub mod account;
pub mod api;
pub mod crypto;
pub mod envelope;
pub mod errors;
pub mod inbound;
pub mod query;
pub mod refused;
pub mod reply;
pub mod window;

pub use account::{Account, AccountError, Mode, Opened, ReturnPath, Settings};
pub use query::Query;
pub use refused::Refused;
pub use reply::Reply;
