//! The XML of one push to `Inbound`. Pure.
//!
//! One push is one fact, but for `subscribe_msg_*` events, which may carry several: each
//! becomes an `Inbound` of its own, with its own key. Kinds that nobody acts on become
//! `Noted`, kinds that nobody knows `Unknown`: a push is refused only when it can not be
//! told who sent it when.
//!
//! Source: Tencent, 接收普通消息, 接收事件推送, 订阅通知. Event names are compared without
//! case and fields may be absent, empty or reordered, because they are in practice.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::crypto;
use super::envelope;
use super::refused::Refused;
use crate::channel::{Content, Inbound};
use crate::county::{Address, Channel};

/// What arrives as text when a person sends a kind that the platform does not pass on.
/// Source: CowAgent, channel/wechatmp/passive_reply.py.
const UNSUPPORTED: &str = "【收到不支持的消息类型";

/// A push, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// The account's original id (`gh_...`): the sender of the reply.
    pub to: String,
    pub from: String,
    /// At least one.
    pub facts: Vec<Inbound>,
}

type Text<'a> = Option<Cow<'a, str>>;

/// The fields that are used, of all kinds.
#[derive(Default)]
struct Fields<'a> {
    to: Text<'a>,
    from: Text<'a>,
    created: Text<'a>,
    kind: Text<'a>,
    message_id: Text<'a>,
    content: Text<'a>,
    menu_item: Text<'a>,
    media: Text<'a>,
    recognition: Text<'a>,
    latitude: Text<'a>,
    longitude: Text<'a>,
    label: Text<'a>,
    title: Text<'a>,
    url: Text<'a>,
    event: Text<'a>,
    event_key: Text<'a>,
    ticket: Text<'a>,
    status: Text<'a>,
    scan_result: Text<'a>,
    items: Vec<Item<'a>>,
}

/// One `<List>` of a `subscribe_msg_*` event.
#[derive(Default)]
struct Item<'a> {
    template: Text<'a>,
    consent: Text<'a>,
    message_id: Text<'a>,
    error_code: Text<'a>,
    error_status: Text<'a>,
}

/// `account` is our name for the account, for the sender's `Address`.
pub fn parse(body: &[u8], account: &str) -> Result<Push, Refused> {
    let fields = read(body)?;
    let from = openid(&fields.from).ok_or(Refused::BadField("FromUserName"))?;
    let to = openid(&fields.to).ok_or(Refused::BadField("ToUserName"))?;
    let at = trimmed(&fields.created)
        .parse()
        .ok()
        .and_then(|second| Timestamp::from_second(second).ok())
        .ok_or(Refused::BadField("CreateTime"))?;
    let kind = trimmed(&fields.kind);
    if kind.is_empty() {
        return Err(Refused::BadField("MsgType"));
    }

    let address = Address::new(Channel::Wechat, account, from);
    let mut key = at.as_second().to_string();
    let mut facts = Vec::new();
    if kind.eq_ignore_ascii_case("event") {
        let event = trimmed(&fields.event).to_ascii_lowercase();
        for part in [&*event, trimmed(&fields.event_key), fields.occurrence()] {
            push_part(&mut key, part);
        }
        for item in fields.items.iter().filter(|item| item.template.is_some()) {
            let mut key = key.clone();
            for part in [&item.template, &item.message_id, &item.consent] {
                push_part(&mut key, trimmed(part));
            }
            if let Some(content) = item.content(&event) {
                facts.push(Inbound { key, from: address.clone(), at, content, via: None });
            }
        }
        if facts.is_empty() {
            facts.push(Inbound { key, from: address, at, content: fields.event(event), via: None });
        }
    } else {
        match trimmed(&fields.message_id) {
            "" => {
                push_part(&mut key, kind);
                push_part(&mut key, fields.content.as_deref().unwrap_or_default());
                push_part(&mut key, trimmed(&fields.media));
            }
            id => push_part(&mut key, id),
        }
        facts.push(Inbound { key, from: address, at, content: fields.message(kind), via: None });
    }
    Ok(Push { to: to.to_owned(), from: from.to_owned(), facts })
}

fn read(body: &[u8]) -> Result<Fields<'_>, Refused> {
    let mut fields = Fields::default();
    let mut item = Item::default();
    envelope::walk(body, "message", |depth, name, text| {
        let Some(text) = text else {
            if (depth, name) == (2, "List") {
                fields.items.push(std::mem::take(&mut item));
            }
            return Ok(());
        };
        let (name, slot) = match (depth, name) {
            (1, "ToUserName") => ("ToUserName", &mut fields.to),
            (1, "FromUserName") => ("FromUserName", &mut fields.from),
            (1, "CreateTime") => ("CreateTime", &mut fields.created),
            (1, "MsgType") => ("MsgType", &mut fields.kind),
            (1, "MsgId" | "MsgID") => ("MsgId", &mut fields.message_id),
            (1, "Content") => ("Content", &mut fields.content),
            (1, "bizmsgmenuid") => ("bizmsgmenuid", &mut fields.menu_item),
            (1, "MediaId") => ("MediaId", &mut fields.media),
            (1, "Recognition") => ("Recognition", &mut fields.recognition),
            (1, "Location_X") => ("Location_X", &mut fields.latitude),
            (1, "Location_Y") => ("Location_Y", &mut fields.longitude),
            (1, "Label") => ("Label", &mut fields.label),
            (1, "Title") => ("Title", &mut fields.title),
            (1, "Url") => ("Url", &mut fields.url),
            (1, "Event") => ("Event", &mut fields.event),
            (1, "EventKey") => ("EventKey", &mut fields.event_key),
            (1, "Ticket") => ("Ticket", &mut fields.ticket),
            (1, "Status") => ("Status", &mut fields.status),
            (2, "ScanResult") => ("ScanResult", &mut fields.scan_result),
            (3, "TemplateId") => ("TemplateId", &mut item.template),
            (3, "SubscribeStatusString") => ("SubscribeStatusString", &mut item.consent),
            (3, "MsgID" | "MsgId") => ("MsgID", &mut item.message_id),
            (3, "ErrorCode") => ("ErrorCode", &mut item.error_code),
            (3, "ErrorStatus") => ("ErrorStatus", &mut item.error_status),
            _ => return Ok(()),
        };
        // Two senders or two contents: one of them is not WeChat's.
        match slot.replace(text) {
            Some(_) => Err(Refused::BadField(name)),
            None => Ok(()),
        }
    })?;
    Ok(fields)
}

impl Fields<'_> {
    /// What tells two equal events of one second apart: an id of a message or a QR ticket,
    /// else what was scanned.
    fn occurrence(&self) -> &str {
        [&self.message_id, &self.ticket, &self.scan_result]
            .into_iter()
            .map(trimmed)
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }

    fn message(&self, kind: &str) -> Content {
        let media = owned(&self.media);
        let unknown = || Content::Unknown { kind: name(kind) };
        match kind.to_ascii_lowercase().as_str() {
            "text" => self.text(),
            "image" | "voice" | "video" | "shortvideo" if media.is_empty() => unknown(),
            "image" => Content::Photo { media },
            "voice" => {
                let text = Some(owned(&self.recognition)).filter(|text| !text.is_empty());
                Content::Voice { media, text }
            }
            "video" | "shortvideo" => Content::Video { media },
            "location" => match (degrees(&self.latitude, 90.0), degrees(&self.longitude, 180.0)) {
                (Some(latitude), Some(longitude)) => {
                    Content::Location { latitude, longitude, label: owned(&self.label) }
                }
                _ => unknown(),
            },
            "link" => Content::Link { title: owned(&self.title), url: owned(&self.url) },
            _ => unknown(),
        }
    }

    fn text(&self) -> Content {
        let text = self.content.as_deref().unwrap_or_default();
        let item = owned(&self.menu_item);
        if text.starts_with(UNSUPPORTED) {
            Content::Unknown { kind: "unsupported".to_owned() }
        } else if item.is_empty() {
            Content::Text(text.to_owned())
        } else {
            Content::Choice { id: item, text: text.to_owned() }
        }
    }

    /// `event` is the event's name in lower case.
    fn event(&self, event: String) -> Content {
        let key = owned(&self.event_key);
        match event.as_str() {
            "subscribe" => {
                let scene = key.strip_prefix("qrscene_").filter(|scene| !scene.is_empty());
                Content::Follow { scene: scene.map(str::to_owned), new: true }
            }
            "scan" => Content::Follow { scene: Some(key).filter(|k| !k.is_empty()), new: false },
            "unsubscribe" | "user_authorization_revoke" => Content::Unfollow,
            "click" => Content::Menu { key },
            "scancode_push" | "scancode_waitmsg" => {
                Content::Scan { key, text: owned(&self.scan_result) }
            }
            "templatesendjobfinish" => {
                let detail = owned(&self.status);
                let delivered = detail.starts_with("success");
                Content::Receipt { message: owned(&self.message_id), delivered, detail }
            }
            // What these point at (photos, a place) follows as messages of their own.
            "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" | "location_select" => {
                Content::Noted { kind: event }
            }
            "location"
            | "view"
            | "view_miniprogram"
            | "subscribe_msg_popup_event"
            | "subscribe_msg_change_event"
            | "subscribe_msg_sent_event"
            | "kf_create_session"
            | "kf_close_session"
            | "kf_switch_session"
            | "user_info_modified" => Content::Noted { kind: event },
            _ => Content::Unknown { kind: name(&event) },
        }
    }
}

impl Item<'_> {
    fn content(&self, event: &str) -> Option<Content> {
        let template = owned(&self.template);
        match event {
            "subscribe_msg_popup_event" | "subscribe_msg_change_event" => {
                let allowed = trimmed(&self.consent) == "accept";
                Some(Content::Consent { template, allowed })
            }
            "subscribe_msg_sent_event" => Some(Content::Receipt {
                message: owned(&self.message_id),
                delivered: trimmed(&self.error_code) == "0",
                detail: owned(&self.error_status),
            }),
            _ => None,
        }
    }
}

fn trimmed<'a>(field: &'a Text<'_>) -> &'a str {
    field.as_deref().unwrap_or_default().trim()
}

fn owned(field: &Text<'_>) -> String {
    trimmed(field).to_owned()
}

/// An openid or original id. It goes into keys of the store, so its characters are checked.
fn openid<'a>(field: &'a Text<'_>) -> Option<&'a str> {
    let text = trimmed(field);
    let is_id = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    ((1..=64).contains(&text.len()) && text.bytes().all(is_id)).then_some(text)
}

fn degrees(field: &Text<'_>, limit: f64) -> Option<f64> {
    trimmed(field).parse().ok().filter(|value: &f64| value.abs() <= limit)
}

/// The name of an unknown kind, short enough for a log line.
fn name(kind: &str) -> String {
    kind.chars().take(64).collect()
}

/// Appends `/part`; what is long or could be taken for two parts goes in as its SHA-1.
fn push_part(key: &mut String, part: &str) {
    key.push('/');
    if part.len() <= 64 && !part.contains(['/', '#']) {
        key.push_str(part);
    } else {
        key.push('#');
        for digit in crypto::signature([part]) {
            let _ = key.write_char(char::from(digit));
        }
    }
}
