//! The villager's phone: a page that looks like a WeChat chat, for trying the bot.
//! What is typed there takes the same way as a message from WeChat.

use std::sync::Arc;

use askama::Template;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::{assets, media, origin};
use crate::office::{Office, PhoneError, PhoneInput, PhoneMenuItem};

const PHOTO_BYTES_MAX: usize = 10 * 1024 * 1024;
const VOICE_BYTES_MAX: usize = 2 * 1024 * 1024;
const JSON_BYTES_MAX: usize = 64 * 1024;
const USER_CHARS_MAX: usize = 32;

/// Invented people, so that several can be tried beside each other.
const VILLAGERS: &[(&str, &str, &str)] = &[
    ("zhang", "张大娘", "66岁，爱发语音"),
    ("li", "李大叔", "58岁，打字慢"),
    ("wang", "王婶", "村里的热心人"),
    ("zhao", "小赵", "在外打工，替爹妈问"),
];

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/phone", get(choose))
        .route("/phone/{user}", get(chat))
        .route("/phone/{user}/messages", get(messages))
        .route("/phone/{user}/send", post(send))
        .route("/phone/{user}/photo", post(photo))
        .route("/phone/{user}/voice", post(voice))
        .route("/phone/{user}/media/{id}", get(media_file))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
}

#[derive(Template)]
#[template(path = "phones.html")]
struct Choose {
    county: String,
    villagers: &'static [(&'static str, &'static str, &'static str)],
}

#[derive(Deserialize)]
struct Other {
    user: Option<String>,
}

async fn choose(State(office): State<Arc<Office>>, Query(other): Query<Other>) -> Response {
    if let Some(user) = other.user.map(|user| user.trim().to_owned()).filter(|user| is_user(user)) {
        return Redirect::to(&format!("/phone/{user}")).into_response();
    }
    shown(&Choose { county: office.county_name(), villagers: VILLAGERS })
}

#[derive(Template)]
#[template(path = "phone.html")]
struct Chat {
    county: String,
    user: String,
    name: String,
    menu: Vec<PhoneMenuItem>,
}

async fn chat(State(office): State<Arc<Office>>, Path(user): Path<String>) -> Response {
    if !is_user(&user) {
        return Redirect::to("/phone").into_response();
    }
    let known = VILLAGERS.iter().find(|(id, ..)| *id == user);
    let name = known.map_or(user.as_str(), |(_, name, _)| name).to_owned();
    shown(&Chat { county: office.county_name(), user, name, menu: office.phone_menu() })
}

fn shown(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// It becomes part of an address, of keys and of file names.
fn is_user(user: &str) -> bool {
    (1..=USER_CHARS_MAX).contains(&user.len())
        && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn messages(
    State(office): State<Arc<Office>>,
    Path(user): Path<String>,
    Query(After { after }): Query<After>,
) -> Response {
    if !is_user(&user) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match office.phone_messages(&user, after).await {
        Ok(messages) => Json(messages).into_response(),
        Err(error) => failed(&error),
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Sent {
    Text { text: String },
    Location { latitude: f64, longitude: f64, label: String },
    Menu { key: String },
    Follow { scene: Option<String> },
    Unfollow {},
}

impl Sent {
    fn input(self) -> Result<PhoneInput, PhoneError> {
        Ok(match self {
            Sent::Text { text } if text.trim().is_empty() => {
                return Err(PhoneError::Bad("写点什么再发。".to_owned()));
            }
            Sent::Text { text } => PhoneInput::Text(text),
            Sent::Location { latitude, longitude, .. }
                if latitude.abs() > 90.0 || longitude.abs() > 180.0 =>
            {
                return Err(PhoneError::Bad("没有这个位置：纬度到90，经度到180。".to_owned()));
            }
            Sent::Location { latitude, longitude, label } => {
                PhoneInput::Location { latitude, longitude, label }
            }
            Sent::Menu { key } => PhoneInput::Menu(key),
            Sent::Follow { scene } => PhoneInput::Follow { scene },
            Sent::Unfollow {} => PhoneInput::Unfollow,
        })
    }
}

async fn send(
    State(office): State<Arc<Office>>,
    Path(user): Path<String>,
    headers: HeaderMap,
    sent: Result<Json<Sent>, JsonRejection>,
) -> Response {
    let input = async {
        let unread = |_| PhoneError::Bad("没有看懂，请刷新这一页再发。".to_owned());
        sent.map_err(unread)?.0.input()
    };
    pass_on(&office, &user, &headers, input).await
}

async fn photo(
    State(office): State<Arc<Office>>,
    Path(user): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let input = async {
        let (bytes, kind) = upload(&headers, body, "image/", PHOTO_BYTES_MAX).await?;
        Ok(PhoneInput::Photo(bytes, kind))
    };
    pass_on(&office, &user, &headers, input).await
}

async fn voice(
    State(office): State<Arc<Office>>,
    Path(user): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let input = async {
        let (bytes, kind) = upload(&headers, body, "audio/", VOICE_BYTES_MAX).await?;
        Ok(PhoneInput::Voice(bytes, kind))
    };
    pass_on(&office, &user, &headers, input).await
}

async fn upload(
    headers: &HeaderMap,
    body: Body,
    wanted: &str,
    bytes_max: usize,
) -> Result<(Vec<u8>, String), PhoneError> {
    let bad = |text: String| PhoneError::Bad(text);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.starts_with(wanted) {
        let text = if wanted == "image/" { "只能发照片。" } else { "只能发录音。" };
        return Err(bad(text.to_owned()));
    }
    let megabytes = bytes_max / 1024 / 1024;
    let too_large = |_| bad(format!("没有收全，或超过{megabytes}兆。请换一个小些的再发。"));
    let bytes = to_bytes(body, bytes_max).await.map_err(too_large)?;
    if bytes.is_empty() {
        return Err(bad("是空的，请再发一次。".to_owned()));
    }
    Ok((bytes.into(), kind.to_owned()))
}

/// `input` is read only when the request is one of ours.
async fn pass_on(
    office: &Arc<Office>,
    user: &str,
    headers: &HeaderMap,
    input: impl Future<Output = Result<PhoneInput, PhoneError>>,
) -> Response {
    if !is_user(user) || !origin::from_our_page(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let sent = match input.await {
        Ok(input) => office.phone_send(user, input).await,
        Err(error) => Err(error),
    };
    match sent {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &PhoneError) -> Response {
    let status = match error {
        PhoneError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        PhoneError::TooFast => StatusCode::TOO_MANY_REQUESTS,
        PhoneError::Bad(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(json!({ "error": error.to_string() }))).into_response()
}

async fn media_file(
    State(office): State<Arc<Office>>,
    Path((user, id)): Path<(String, String)>,
) -> Response {
    if !is_user(&user) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match office.phone_media(&user, &id).await {
        Ok(Some(file)) => media::answer(file, "private, max-age=3600"),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_hold_nothing_that_the_policy_blocks() {
        let check = |html: String, parts: &[&str]| {
            for forbidden in ["<style", " style=", " onclick=", "http:", "https:", "<b>"] {
                assert!(!html.contains(forbidden), "{forbidden} in\n{html}");
            }
            assert_eq!(
                html.matches("<script").count(),
                html.matches("<script src=\"/assets/").count()
            );
            for part in parts {
                assert!(html.contains(part), "no {part} in\n{html}");
            }
        };
        let item =
            |name: &str| PhoneMenuItem { name: name.into(), key: "a\"b".into(), items: Vec::new() };
        let (county, user) = ("青禾<b>县".to_owned(), "zhang".to_owned());
        let column = PhoneMenuItem { items: vec![item("我的订单")], ..item("我的") };
        let menu = vec![item("反映问题"), item("查进度"), column];
        let chat = Chat { county: county.clone(), user, name: "张大娘".into(), menu };
        check(
            chat.render().unwrap(),
            &[
                "data-user=\"zhang\"",
                "data-initial=\"张\"",
                "data-key=\"a&#34;b\">反映问题<",
                "<summary>我的</summary>",
                ">我的订单</button>",
            ],
        );
        let choose = Choose { county, villagers: VILLAGERS };
        check(choose.render().unwrap(), &["/phone/zhang", "张大娘"]);
    }

    #[test]
    fn a_user_is_a_short_plain_word() {
        for (user, expect) in [
            ("zhang", true),
            ("u-1_B", true),
            ("", false),
            ("a/b", false),
            ("..", false),
            ("张大娘", false),
            (&"x".repeat(33), false),
        ] {
            assert_eq!(is_user(user), expect, "{user}");
        }
    }

    #[test]
    fn what_the_page_sends_is_understood_or_refused() {
        let check = |json: &str, expect: bool| {
            let sent = serde_json::from_str::<Sent>(json);
            assert_eq!(sent.is_ok_and(|sent| sent.input().is_ok()), expect, "{json}");
        };
        check(r#"{"kind":"text","text":"路灯不亮"}"#, true);
        check(r#"{"kind":"text","text":" \n"}"#, false);
        check(r#"{"kind":"text"}"#, false);
        check(r#"{"kind":"menu","key":"report"}"#, true);
        check(r#"{"kind":"follow","scene":null}"#, true);
        check(r#"{"kind":"follow"}"#, true);
        check(r#"{"kind":"unfollow"}"#, true);
        check(r#"{"kind":"location","latitude":38.1,"longitude":114.2,"label":"村口"}"#, true);
        check(r#"{"kind":"location","latitude":91,"longitude":0,"label":""}"#, false);
        check(r#"{"kind":"other"}"#, false);
        check("[]", false);
    }
}
