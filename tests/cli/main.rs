//! The real program, started as its operator would.

mod case;
mod copies;
mod dialogs;
mod menu;
mod pictures;
mod privacy;
mod program;
mod record;
mod shop;
mod sms_logs;
mod start;
mod wechat_logs;
