//! How long, and how often, a person may be written to after what she did. Pure.
//!
//! Source: Tencent, 客服消息 (5 in 48 h after a message, 3 in 1 min after a tap, a follow
//! or a scan; a tap on a menu message counts as a tap).

use crate::channel::Content;

/// Customer-service messages that may go out: so many, within so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub messages: u8,
    pub seconds: u32,
}

pub const AFTER_MESSAGE: Window = Window { messages: 5, seconds: 48 * 3600 };
pub const AFTER_TAP: Window = Window { messages: 3, seconds: 60 };

/// The window that `content` opens, from the moment it happened. `None`: it opens none,
/// and an open one stays as it is (`Unfollow` closes it).
pub fn opened_by(content: &Content) -> Option<Window> {
    match content {
        Content::Text(_)
        | Content::Voice { .. }
        | Content::Photo { .. }
        | Content::Video { .. }
        | Content::Location { .. }
        | Content::Link { .. } => Some(AFTER_MESSAGE),
        Content::Menu { .. }
        | Content::Choice { .. }
        | Content::Scan { .. }
        | Content::Follow { .. } => Some(AFTER_TAP),
        Content::Unfollow
        | Content::Receipt { .. }
        | Content::Consent { .. }
        | Content::Noted { .. }
        | Content::Unknown { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_opens_its_window() {
        let key = || "k".to_owned();
        for (content, expect) in [
            (Content::Text(key()), Some((5, 172_800))),
            (Content::Photo { media: key() }, Some((5, 172_800))),
            (Content::Menu { key: key() }, Some((3, 60))),
            (Content::Choice { id: key(), text: key() }, Some((3, 60))),
            (Content::Follow { scene: None, new: true }, Some((3, 60))),
            (Content::Unfollow, None),
            (Content::Noted { kind: key() }, None),
        ] {
            let window = opened_by(&content).map(|w| (w.messages, w.seconds));
            assert_eq!(window, expect, "{content:?}");
        }
    }
}
