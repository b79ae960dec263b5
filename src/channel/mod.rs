//! Bytes to `Inbound`, messages to bytes. One folder a provider; parse and format
//! are pure. Nothing above this floor knows XML.

pub mod sms;
pub mod wechat;
pub mod wechat_pay;

use jiff::Timestamp;

use crate::county::Address;

/// One thing that somebody did on a channel: wrote, tapped, followed, left.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// Equal for every delivery of the same thing, different for different things of one
    /// sender; of two senders (WxJava issue 333) it may be the same.
    pub key: String,
    pub from: Address,
    /// When the channel says it happened; whole seconds on WeChat.
    pub at: Timestamp,
    pub content: Content,
    /// How a short message came: the answer goes back the same way.
    pub via: Option<Via>,
}

/// The channel of config.toml, and the number that she wrote to.
#[derive(Clone, Debug, PartialEq)]
pub struct Via {
    pub account: String,
    pub dialled: Option<String>,
    /// The answer goes back in the same response.
    pub inline: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Text(String),
    /// `text` is the channel's own transcript where it has one; WeChat no longer does.
    Voice {
        media: String,
        text: Option<String>,
    },
    Photo {
        media: String,
    },
    Video {
        media: String,
    },
    Location {
        latitude: f64,
        longitude: f64,
        label: String,
    },
    Link {
        title: String,
        url: String,
    },
    /// A tap on an item of the account's menu.
    Menu {
        key: String,
    },
    /// A tap on an item of a menu message of ours; `text` is what the item says.
    Choice {
        id: String,
        text: String,
    },
    /// A menu item that scans: `text` is what the QR code or barcode holds.
    Scan {
        key: String,
        text: String,
    },
    /// Followed the account or, already following, scanned a QR code of ours.
    Follow {
        scene: Option<String>,
        new: bool,
    },
    Unfollow,
    /// The channel tells what became of a message that we sent earlier.
    Receipt {
        message: String,
        delivered: bool,
        detail: String,
    },
    /// The person allowed or refused messages of a template.
    Consent {
        template: String,
        allowed: bool,
    },
    /// Tells nothing we act on (a tap on a link of the menu, a position report):
    /// acknowledged and counted, never answered.
    Noted {
        kind: String,
    },
    /// A kind that this program does not know: acknowledged, logged and counted.
    Unknown {
        kind: String,
    },
}
