//! 便民 Bianmin: a county's service counter on WeChat and SMS.
//!
//! The modules are floors that only look down (see ARCHITECTURE.md):
//! `cli` and `web` above `office` above `channel` and `store` above the pure
//! core: `dialog`, `desk`, then `meaning`, then `county` and `calendar`, then `zh`.
//! `tests/house.rs` holds the arrows to that.

pub mod calendar;
pub mod channel;
pub mod cli;
pub mod config;
pub mod county;
pub mod desk;
pub mod dialog;
pub mod meaning;
pub mod office;
pub mod shop;
pub mod store;
pub mod web;
pub mod zh;
