//! WeChat's accounts: the webhook on one side, the active API on the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::channel::wechat::{Account, Query, Refused as Unbelieved, Reply};
use crate::config::{Config, WechatAccount, WechatMode};
use crate::county::Address;

use super::clock::Clock;
use super::reception::Said;
use super::views::{Refused, WebhookAnswer};
use super::wechat_api::WechatApi;
use super::{Office, random};

/// One account: what believes a request, and what pushes.
pub(super) struct Line {
    account: Account,
    pub api: Option<WechatApi>,
}
