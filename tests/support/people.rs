//! Who may be sent what: followers, windows, budgets, consents, and their inboxes.

use std::collections::HashMap;

use axum::response::Response;
use serde_json::{Value, json};

use crate::{State, error, ok};

#[derive(Clone, Debug, Default)]
pub struct Person {
    pub follows: bool,
    /// Its end, and the customer-service messages left in it.
    pub window: Option<(i64, u32)>,
    /// Messages left, by template.
    pub consents: HashMap<String, u32>,
    /// `client_msg_id`, when, the message's id.
    pub keys: Vec<(String, i64, u64)>,
    pub inbox: Vec<Value>,
}

impl State {
    pub(crate) fn custom_send(&mut self, body: &Value) -> Response {
        let now = self.now;
        if let Some(code) = self.wrong_content(body) {
            return error(code, "invalid message");
        }
        let Some(person) = self.person(body) else { return error(40003, "invalid openid") };
        match &mut person.window {
            Some((end, _)) if now > *end => return error(45015, "response out of time limit"),
            None => return error(45015, "response out of time limit"),
            Some(_) if !person.follows => return error(45015, "subscription is canceled"),
            Some((_, 0)) => return error(45047, "out of response count limit"),
            Some((_, left)) => *left -= 1,
        }
        person.inbox.push(body.clone());
        ok(json!({}))
    }

    fn wrong_content(&self, body: &Value) -> Option<i64> {
        match body["msgtype"].as_str() {
            Some("text") => match body["text"]["content"].as_str().map(str::len) {
                None | Some(0) => Some(44004),
                Some(1..=2048) => None,
                Some(_) => Some(45002),
            },
            Some("image") => {
                let id = body["image"]["media_id"].as_str().unwrap_or_default();
                (!self.media.contains_key(id)).then_some(40007)
            }
            Some("msgmenu") => {
                let is_empty = body["msgmenu"]["list"].as_array().is_none_or(Vec::is_empty);
                is_empty.then_some(44004)
            }
            _ => Some(40008),
        }
    }

    pub(crate) fn template_send(&mut self, body: &Value) -> Response {
        if let Some(code) = self.wrong_template(body) {
            return error(code, "argument invalid");
        }
        let (now, id) = (self.now, self.next_message());
        let Some(person) = self.person(body) else { return error(40003, "invalid openid") };
        if !person.follows {
            return error(43004, "require subscribe");
        }
        if let Some(key) = body["client_msg_id"].as_str() {
            let earlier = person.keys.iter().find(|(k, at, _)| k == key && now - at < 600);
            if let Some((_, _, id)) = earlier {
                return ok(json!({ "msgid": id }));
            }
            person.keys.push((key.to_owned(), now, id));
        }
        person.inbox.push(body.clone());
        ok(json!({ "msgid": id }))
    }

    pub(crate) fn bizsend(&mut self, body: &Value) -> Response {
        if let Some(code) = self.wrong_template(body) {
            return error(code, "argument invalid");
        }
        let template = body["template_id"].as_str().unwrap_or_default().to_owned();
        let Some(person) = self.person(body) else { return error(40003, "invalid openid") };
        match person.consents.get_mut(&template) {
            Some(left) if *left > 0 => *left -= 1,
            _ => return error(43101, "user refuse to accept the msg"),
        }
        person.inbox.push(body.clone());
        ok(json!({}))
    }

    /// The template must exist, and each field hold what its type takes.
    fn wrong_template(&self, body: &Value) -> Option<i64> {
        let template = body["template_id"].as_str().unwrap_or_default();
        if !self.templates.iter().any(|known| known == template) {
            return Some(40037);
        }
        let Some(data) = body["data"].as_object() else { return Some(47003) };
        let is_wrong = |(name, field): (&String, &Value)| {
            let text = field["value"].as_str().unwrap_or_default();
            let limit = match name.trim_end_matches(char::is_numeric) {
                "thing" => 20,
                "name" => 10,
                "phrase" => 5,
                "phone_number" => 17,
                _ => 32,
            };
            text.is_empty() || text.chars().count() > limit
        };
        data.iter().any(is_wrong).then_some(47003)
    }

    fn next_message(&mut self) -> u64 {
        self.serial += 1;
        message_id(self.serial)
    }

    fn person(&mut self, body: &Value) -> Option<&mut Person> {
        self.people.get_mut(body["touser"].as_str()?)
    }
}

/// As large as Tencent's, so that it can not be taken for anything else.
pub(crate) fn message_id(serial: u64) -> u64 {
    200_228_000 + serial
}
