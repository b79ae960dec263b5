//! What a message says on the channel that carries it, and in how many pieces.

use crate::channel::wechat;
use crate::dialog::{self, Medium};
use crate::store::records::{Body, Outgoing, Status};
use crate::zh;

use super::super::Office;

pub(in crate::office) fn is_notice(message: &Outgoing) -> bool {
    matches!(message.body, Body::Notice { .. })
}

impl Office {
    pub(in crate::office) fn words(&self, message: &Outgoing, medium: Medium) -> String {
        match &message.body {
            Body::Text(text) => text.clone(),
            Body::Notice { kind, fields } => {
                let script = self.script();
                match script.notice(kind) {
                    Some(notice) => dialog::render(notice, medium, fields),
                    None => String::new(),
                }
            }
        }
    }

    /// A customer-service message holds 2,048 bytes; the rest are messages of their own.
    pub(super) fn cut(&self, message: &mut Outgoing) -> Vec<Outgoing> {
        let parts = wechat::reply::pack(&[self.words(message, Medium::Wechat)]);
        into_pieces(message, parts)
    }

    /// Words that do not fit into one short message become several; a notice is never cut.
    pub(super) fn cut_for_sms(&self, message: &mut Outgoing) -> Vec<Outgoing> {
        if is_notice(message) {
            return Vec::new();
        }
        let words = self.words(message, Medium::Sms);
        let most = self.common().notices.segments as usize;
        let parts = zh::split(&words, most).into_iter().map(str::to_owned).collect();
        into_pieces(message, parts)
    }
}

/// The message keeps the first piece; the others are messages behind it.
fn into_pieces(message: &mut Outgoing, parts: Vec<String>) -> Vec<Outgoing> {
    let mut parts = parts.into_iter();
    let head = parts.next().unwrap_or_default();
    let piece = |(n, text)| Outgoing {
        id: format!("{}-part{}", message.id, n + 2),
        body: Body::Text(text),
        tries: Vec::new(),
        status: Status::Waiting,
        message_id: None,
        ..message.clone()
    };
    let rest: Vec<Outgoing> = parts.enumerate().map(piece).collect();
    if !rest.is_empty() {
        message.body = Body::Text(head);
    }
    rest
}
