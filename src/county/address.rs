//! Where a person can be reached: one user of one account of one channel.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The kinds of line a message can come in by and go out on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    Wechat,
    Sms,
    /// The phone page that comes with the program: looks like WeChat, costs nothing.
    Simulator,
}

impl Channel {
    pub const ALL: [Channel; 3] = [Channel::Wechat, Channel::Sms, Channel::Simulator];

    /// The stable word that is stored and stands in keys.
    pub fn id(self) -> &'static str {
        match self {
            Channel::Wechat => "wechat",
            Channel::Sms => "sms",
            Channel::Simulator => "simulator",
        }
    }
}

/// `channel/account/user`, for example `wechat/main/oABC...`.
/// `account` is the name in `config.toml`; `user` is an openid or a phone number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    pub channel: Channel,
    pub account: String,
    pub user: String,
}

impl Address {
    pub fn new(channel: Channel, account: impl Into<String>, user: impl Into<String>) -> Self {
        Self { channel, account: account.into(), user: user.into() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.channel.id(), self.account, self.user)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not an address: {0:?}; expected channel/account/user")]
pub struct AddressError(String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || AddressError(text.to_owned());
        let mut parts = text.splitn(3, '/');
        let (channel, account, user) = match (parts.next(), parts.next(), parts.next()) {
            (Some(c), Some(a), Some(u)) if !a.is_empty() && !u.is_empty() => (c, a, u),
            _ => return Err(wrong()),
        };
        let channel = Channel::ALL.into_iter().find(|c| c.id() == channel).ok_or_else(wrong)?;
        Ok(Address::new(channel, account, user))
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
