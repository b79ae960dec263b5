//! WeChat Pay, APIv3, JSAPI: what is asked of it, what it answers and what it tells. Pure: the
//! time, random words and the bytes that came in are arguments.
//!
//! Every request is signed with the merchant's key; every answer and every notification is
//! signed by the platform, and what is told is encrypted besides. Nothing is believed that has
//! not been checked.

mod bill;
mod errors;
mod keys;
mod notice;
mod request;
mod signed;
mod trade;

pub use bill::{BillLine, read_bill};
pub use errors::{ApiError, Class, read_error};
pub use keys::{ApiKey, KeyProblem, MerchantKey, PlatformKeys};
pub use notice::{Notice, Told};
pub use request::{Call, Credentials, JsapiParameters, Prepay, Refund};
pub use signed::{Distrust, FRESH_SECONDS, Signed};
pub use trade::{RefundState, Refunded, Trade, TradeState, prepay_id, read_refund, read_trade};

#[cfg(test)]
mod tests;
