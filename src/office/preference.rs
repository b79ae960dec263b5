//! She says by which way she wants to be told what becomes of her matters.

use crate::channel::{Content, Inbound};
use crate::county::Channel;
use crate::store::StoreError;
use crate::store::records::Person;
use crate::zh;

use super::random;
use super::turn::Turn;

/// What she may write, as the whole message, and what is noted.
const WORDS: [(&str, &[&str]); 3] = [
    ("sms", &["短信通知", "用短信通知", "短信通知我", "用短信通知我", "发短信通知我"]),
    ("wechat", &["微信通知", "用微信通知", "微信通知我", "用微信通知我"]),
    ("phone", &["电话通知", "打电话通知", "电话通知我", "打电话通知我"]),
];

/// As a clerk reads it.
pub(super) fn shown(prefers: Option<&str>) -> &'static str {
    match prefers {
        Some("sms") => "她要短信",
        Some("wechat") => "她要微信",
        Some("phone") => "她要打电话",
        _ => "她没有说，按她最近用的",
    }
}

impl Turn<'_> {
    /// `true`: it was that, and there is nothing more to be done with the message.
    pub async fn chooses_a_channel(&mut self, inbound: &Inbound) -> Result<bool, StoreError> {
        let Content::Text(text) = &inbound.content else { return Ok(false) };
        let word = zh::plain(text);
        let wanted = WORDS.iter().find(|(_, words)| words.contains(&word.as_str()));
        let Some((wanted, _)) = wanted else { return Ok(false) };
        if self.contact.conversation.is_with_person() {
            return Ok(false);
        }
        let known = match &self.contact.person {
            Some(id) => self.office.person_behind(id).await?,
            None => None,
        };
        let addresses = match &known {
            Some(person) => person.record.addresses.clone(),
            None => vec![self.contact.address.clone()],
        };
        let reached = |channels: &[Channel]| {
            addresses.iter().any(|one| channels.iter().any(|c| one.starts_with(c.id())))
        };
        let (able, missing) = match *wanted {
            "sms" => {
                (reached(&[Channel::Sms]), "您还没有绑手机。回「绑定手机」，以后就能发短信告诉您。")
            }
            "wechat" => (
                reached(&[Channel::Wechat, Channel::Simulator]),
                "您还没有绑微信。回「绑定」要一个码，以后就能用微信告诉您。",
            ),
            _ => (true, ""),
        };
        if !able {
            self.texts.push(missing.into());
            return Ok(true);
        }
        let prefers = Some((*wanted).to_owned());
        match &known {
            Some(before) => {
                self.changes.replace(before, &Person { prefers, ..before.record.clone() })?;
            }
            None => {
                let person = Person {
                    id: random::hex::<8>(),
                    addresses,
                    name: None,
                    phone: None,
                    prefers,
                    also: Vec::new(),
                    merged_into: None,
                };
                self.changes.create(&person)?;
                self.contact.person = Some(person.id);
            }
        }
        let by = match *wanted {
            "sms" => "发短信",
            "wechat" => "用微信",
            _ => "打电话",
        };
        self.texts.push(format!("好的，以后有消息{by}告诉您。"));
        Ok(true)
    }
}
