//! Requests to the active APIs, as paths and bodies, and what their answers say. Pure.
//!
//! Source: Tencent's 服务号 documentation of each API. An error is an HTTP 200 with
//! `errcode`; `errmsg` ends with a `rid` that Tencent's support asks for, so it is kept.

use serde_json::{Map, Value, json};

use super::errors::{self, Class};

pub const STABLE_TOKEN: &str = "/cgi-bin/stable_token";
pub const MEDIA_GET: &str = "/cgi-bin/media/get";
pub const MENU_CREATE: &str = "/cgi-bin/menu/create";
pub const QRCODE_CREATE: &str = "/cgi-bin/qrcode/create";

/// A message to one person, by one of the active routes. `to` is her openid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Customer-service text; at most `reply::TEXT_LIMIT` bytes.
    Text { to: String, text: String },
    /// Customer-service picture.
    Image { to: String, media: String },
    /// Customer-service text with items to tap: `(id, text)`.
    Choices { to: String, head: String, items: Vec<(String, String)>, tail: String },
    /// A template message, for followers. `key` is our idempotency key: the platform sends
    /// the same key to the same person once in ten minutes.
    Template {
        to: String,
        template: String,
        url: Option<String>,
        key: String,
        data: Vec<(String, String)>,
    },
    /// A subscription notice (订阅通知), one-time or long-term. `page` is a link.
    Subscription { to: String, template: String, page: Option<String>, data: Vec<(String, String)> },
}

impl Message {
    pub fn path(&self) -> &'static str {
        match self {
            Message::Text { .. } | Message::Image { .. } | Message::Choices { .. } => {
                "/cgi-bin/message/custom/send"
            }
            Message::Template { .. } => "/cgi-bin/message/template/send",
            Message::Subscription { .. } => "/cgi-bin/message/subscribe/bizsend",
        }
    }

    pub fn body(&self) -> String {
        let body = match self {
            Message::Text { to, text } => {
                json!({ "touser": to, "msgtype": "text", "text": { "content": text } })
            }
            Message::Image { to, media } => {
                json!({ "touser": to, "msgtype": "image", "image": { "media_id": media } })
            }
            Message::Choices { to, head, items, tail } => {
                let list: Vec<Value> = items
                    .iter()
                    .map(|(id, content)| json!({ "id": id, "content": content }))
                    .collect();
                let menu = json!({ "head_content": head, "list": list, "tail_content": tail });
                json!({ "touser": to, "msgtype": "msgmenu", "msgmenu": menu })
            }
            Message::Template { to, template, url, key, data } => {
                let mut body = json!({
                    "touser": to, "template_id": template,
                    "client_msg_id": client_msg_id(key), "data": fields(data),
                });
                if let Some(url) = url {
                    body["url"] = json!(url);
                }
                body
            }
            Message::Subscription { to, template, page, data } => {
                let mut body = json!({
                    "touser": to, "template_id": template, "data": fields(data),
                });
                if let Some(page) = page {
                    body["page"] = json!(page);
                }
                body
            }
        };
        // serde_json writes Chinese as it is: escaped as \u, the person would see the escapes.
        body.to_string()
    }
}

/// The platform takes 32 characters; a longer key goes as its digest.
fn client_msg_id(key: &str) -> String {
    if key.len() <= 32 && key.is_ascii() {
        return key.to_owned();
    }
    let digest = super::crypto::signature([key]);
    digest[..32].iter().map(|b| char::from(*b)).collect()
}

fn fields(data: &[(String, String)]) -> Value {
    let field =
        |(name, text): &(String, String)| (name.clone(), json!({ "value": cut_field(name, text) }));
    Value::Object(data.iter().map(field).collect::<Map<_, _>>())
}

/// The text of a template's field, cut to what its type takes: over it, the whole message
/// is refused (47003). `name` is the field's name, as `thing1`. A thing that is cut ends
/// in `…`; other types are only cut. Source: Tencent, 订阅消息参数值内容限制.
pub fn cut_field(name: &str, text: &str) -> String {
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let limit = match kind {
        "thing" | "const" => 20,
        "number" | "letter" | "character_string" => 32,
        "symbol" => 5,
        "phone_number" => 17,
        "car_number" => 8,
        "name" => 10,
        "phrase" => 5,
        _ => return text.to_owned(),
    };
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    match kind {
        "thing" => text.chars().take(limit - 1).chain(['…']).collect(),
        _ => text.chars().take(limit).collect(),
    }
}

/// The body of `STABLE_TOKEN`. `force` ends the life of the token that others may use.
pub fn token_request(appid: &str, secret: &str, force: bool) -> String {
    json!({
        "grant_type": "client_credential", "appid": appid, "secret": secret,
        "force_refresh": force,
    })
    .to_string()
}

/// A button of the account's menu. At most 3 with at most 5 each; names of 16 and 60 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Button {
    Click { name: String, key: String },
    Link { name: String, url: String },
    Group { name: String, buttons: Vec<Button> },
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MenuError {
    #[error("菜单最多 3 个一级菜单，每个最多 5 个子菜单，且至少有一个")]
    Count,
    #[error(
        "菜单名称“{0}”为空或过长：一级最多 16 字节（5 个汉字），子菜单最多 60 字节（20 个汉字）"
    )]
    Name(String),
    #[error("菜单“{0}”的 key 为空或超过 128 字节，或网址为空或超过 1024 字节")]
    Target(String),
    #[error("菜单“{0}”不能再含一层子菜单")]
    Depth(String),
}

/// The body of `MENU_CREATE`.
pub fn menu_request(buttons: &[Button]) -> Result<String, MenuError> {
    if !(1..=3).contains(&buttons.len()) {
        return Err(MenuError::Count);
    }
    let buttons: Result<Vec<Value>, MenuError> = buttons.iter().map(|b| button(b, 16)).collect();
    Ok(json!({ "button": buttons? }).to_string())
}

fn button(button: &Button, name_limit: usize) -> Result<Value, MenuError> {
    let (Button::Click { name, .. } | Button::Link { name, .. } | Button::Group { name, .. }) =
        button;
    if !(1..=name_limit).contains(&name.len()) {
        return Err(MenuError::Name(name.clone()));
    }
    let target = |text: &str, limit| match (1..=limit).contains(&text.len()) {
        true => Ok(()),
        false => Err(MenuError::Target(name.clone())),
    };
    match button {
        Button::Click { key, .. } => {
            target(key, 128)?;
            Ok(json!({ "type": "click", "name": name, "key": key }))
        }
        Button::Link { url, .. } => {
            target(url, 1024)?;
            Ok(json!({ "type": "view", "name": name, "url": url }))
        }
        Button::Group { .. } if name_limit > 16 => Err(MenuError::Depth(name.clone())),
        Button::Group { buttons, .. } => {
            if !(1..=5).contains(&buttons.len()) {
                return Err(MenuError::Count);
            }
            let inner: Result<Vec<Value>, MenuError> =
                buttons.iter().map(|b| self::button(b, 60)).collect();
            Ok(json!({ "name": name, "sub_button": inner? }))
        }
    }
}

/// Where the picture of a QR code with this ticket is.
pub fn qrcode_picture(ticket: &str) -> String {
    let ticket = percent_encoding::utf8_percent_encode(ticket, percent_encoding::NON_ALPHANUMERIC);
    format!("https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket={ticket}")
}

/// The body of `QRCODE_CREATE`: a code that carries `scene` (1 to 64 characters), for
/// `seconds` (at most 30 days) or, without, for ever (100,000 an account in all).
pub fn qrcode_request(scene: &str, seconds: Option<u32>) -> String {
    let info = json!({ "scene": { "scene_str": scene } });
    match seconds {
        Some(seconds) => json!({
            "expire_seconds": seconds.min(30 * 86_400),
            "action_name": "QR_STR_SCENE", "action_info": info,
        }),
        None => json!({ "action_name": "QR_LIMIT_STR_SCENE", "action_info": info }),
    }
    .to_string()
}

/// An answer with an `errcode` that is not 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("微信回了错误{code}：{message}")]
pub struct ApiError {
    pub code: i64,
    pub class: Class,
    /// `errmsg` with its rid, at most 300 characters.
    pub message: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Ok(Value),
    Error(ApiError),
    /// Not a JSON object: a proxy or a page of some network in between answered.
    NotJson,
}

/// Reads the body of an HTTP 200.
pub fn read_answer(body: &[u8]) -> Answer {
    let Ok(Value::Object(object)) = serde_json::from_slice::<Value>(body) else {
        return Answer::NotJson;
    };
    match object.get("errcode").and_then(Value::as_i64).unwrap_or(0) {
        0 => Answer::Ok(Value::Object(object)),
        code => {
            let message = object.get("errmsg").and_then(Value::as_str).unwrap_or_default();
            let message = message.chars().take(300).collect();
            Answer::Error(ApiError { code, class: errors::classify(code), message })
        }
    }
}

/// The id under which a receipt will come, from the answer to a `Message`.
pub fn message_id(answer: &Value) -> Option<String> {
    match answer.get("msgid")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn bodies_are_as_documented_and_in_plain_chinese() {
        let data = vec![(s("thing1"), s("路灯")), (s("phrase2"), s("已经办理完结"))];
        for (message, expect) in [
            (
                Message::Text { to: s("o1"), text: s("好\"\n😀") },
                r#"{"touser":"o1","msgtype":"text","text":{"content":"好\"\n😀"}}"#,
            ),
            (
                Message::Image { to: s("o1"), media: s("m1") },
                r#"{"touser":"o1","msgtype":"image","image":{"media_id":"m1"}}"#,
            ),
            (
                Message::Choices {
                    to: s("o1"),
                    head: s("满意吗"),
                    items: vec![(s("101"), s("满意")), (s("102"), s("不满意"))],
                    tail: s("谢谢"),
                },
                concat!(
                    r#"{"touser":"o1","msgtype":"msgmenu","msgmenu":{"head_content":"满意吗","#,
                    r#""list":[{"id":"101","content":"满意"},{"id":"102","content":"不满意"}],"#,
                    r#""tail_content":"谢谢"}}"#
                ),
            ),
            (
                Message::Template {
                    to: s("o1"),
                    template: s("t1"),
                    url: Some(s("https://a.cn")),
                    key: s("c1/2"),
                    data: data.clone(),
                },
                concat!(
                    r#"{"touser":"o1","template_id":"t1","client_msg_id":"c1/2","#,
                    r#""data":{"thing1":{"value":"路灯"},"phrase2":{"value":"已经办理完"}},"#,
                    r#""url":"https://a.cn"}"#
                ),
            ),
            (
                Message::Subscription { to: s("o1"), template: s("t1"), page: None, data },
                concat!(
                    r#"{"touser":"o1","template_id":"t1","#,
                    r#""data":{"thing1":{"value":"路灯"},"phrase2":{"value":"已经办理完"}}}"#
                ),
            ),
        ] {
            assert_eq!(message.body(), expect);
        }
        assert_eq!(
            qrcode_request("v:liuhe-3", Some(9_999_999)),
            concat!(
                r#"{"expire_seconds":2592000,"action_name":"QR_STR_SCENE","#,
                r#""action_info":{"scene":{"scene_str":"v:liuhe-3"}}}"#
            )
        );
    }

    #[test]
    fn a_long_idempotency_key_stays_distinct() {
        let long = |end: char| format!("{}{end}", "k".repeat(40));
        let (a, b) = (client_msg_id(&long('a')), client_msg_id(&long('b')));
        assert_eq!((a.len(), b.len()), (32, 32));
        assert_ne!(a, b);
    }

    #[test]
    fn fields_are_cut_to_their_type() {
        let twenty = "二十个字二十个字二十个字二十个字二十个字";
        for (name, text, expect) in [
            ("thing1", twenty, twenty),
            ("thing12", &format!("{twenty}多"), "二十个字二十个字二十个字二十个字二十个…"),
            ("phrase3", "正在办理之中", "正在办理之"),
            ("name1", "阿卜杜拉阿卜杜拉阿卜杜拉", "阿卜杜拉阿卜杜拉阿卜"),
            ("phone_number4", "0553-1234567-890123", "0553-1234567-8901"),
            ("symbol5", "ABCDEF", "ABCDE"),
            (
                "time2",
                "2026年11月24日 10:00 至 2026年11月25日",
                "2026年11月24日 10:00 至 2026年11月25日",
            ),
        ] {
            assert_eq!(cut_field(name, text), expect, "{name}");
        }
    }

    #[test]
    fn menus_keep_to_the_limits() {
        let click = |name: &str| Button::Click { name: s(name), key: s("k") };
        let group = |buttons| Button::Group { name: s("办事"), buttons };
        for (buttons, expect) in [
            (
                vec![click("反映问题"), group(vec![click("六个字的名称")])],
                Ok(concat!(
                    r#"{"button":[{"type":"click","name":"反映问题","key":"k"},"#,
                    r#"{"name":"办事","sub_button":[{"type":"click","name":"六个字的名称","key":"k"}]}]}"#
                )),
            ),
            (vec![], Err(MenuError::Count)),
            (vec![click("a"); 4], Err(MenuError::Count)),
            (vec![group(vec![click("a"); 6])], Err(MenuError::Count)),
            (vec![click("六个字的名称")], Err(MenuError::Name(s("六个字的名称")))),
            (vec![group(vec![group(vec![])])], Err(MenuError::Depth(s("办事")))),
            (vec![Button::Link { name: s("网"), url: s("") }], Err(MenuError::Target(s("网")))),
        ] {
            assert_eq!(menu_request(&buttons), expect.map(s));
        }
    }

    #[test]
    fn answers_are_told_apart() {
        let error = |code, message: &str| {
            Answer::Error(ApiError { code, class: errors::classify(code), message: s(message) })
        };
        for (body, expect) in [
            (r#"{"errcode":0,"errmsg":"ok","msgid":7}"#, None),
            (r#"{"access_token":"t","expires_in":7200}"#, None),
            (
                r#"{"errcode":45015,"errmsg":"response out of time limit rid: 1-2"}"#,
                Some(error(45015, "response out of time limit rid: 1-2")),
            ),
            (r#"{"errcode":-1}"#, Some(error(-1, ""))),
            ("<html>", Some(Answer::NotJson)),
            ("[]", Some(Answer::NotJson)),
            ("", Some(Answer::NotJson)),
        ] {
            let answer = read_answer(body.as_bytes());
            match expect {
                Some(expect) => assert_eq!(answer, expect, "{body}"),
                None => assert!(matches!(answer, Answer::Ok(_)), "{body}"),
            }
        }
        for (body, expect) in [
            (r#"{"msgid":200228332}"#, Some("200228332")),
            (r#"{"msgid":"2002283320000000000"}"#, Some("2002283320000000000")),
            (r#"{"errcode":0}"#, None),
        ] {
            let value: Value = serde_json::from_str(body).unwrap();
            assert_eq!(message_id(&value).as_deref(), expect, "{body}");
        }
    }
}
