//! The page on which she pays an order in WeChat, and the door by which WeChat Pay tells.
//!
//! Who holds the link sees one order and may pay it: there is no session and nothing else to
//! misuse. It stands under one path, so that the merchant's page can allow just that.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::assets;
use super::desk;
use super::head::{Guest, Head};
use super::origin::from_our_page;
use crate::channel::wechat_pay::Signed;
use crate::office::shop::{NOTIFY_PATH, NotBelieved, PAGE_PATH, PayPage};
use crate::office::{CommandError, Office};

/// A notification is under 4 KB.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// WeChat's old clients talk with their pages through an address of their own in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; frame-src weixin: weixinping:; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'none'";

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route(PAGE_PATH, get(page).post(start))
        .route(NOTIFY_PATH, post(told))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// Which order, and the token of its link.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Link {
    o: String,
    t: String,
}

#[derive(Template)]
#[template(path = "public/pay.html")]
struct Page {
    head: Head,
    page: PayPage,
}

async fn page(office: Guest, Query(link): Query<Link>) -> Response {
    let page = match office.pay_page(&link.o, &link.t).await {
        Ok(page) => page,
        Err(error) => return (desk::status_of(&error), error.to_string()).into_response(),
    };
    match (Page { head: office.head(), page }).render() {
        Ok(html) => {
            let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            ([policy], Html(html)).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What WeChat's window wants to know, or why not.
async fn start(
    State(office): State<Arc<Office>>,
    headers: HeaderMap,
    Form(link): Form<Link>,
) -> Response {
    let started = match from_our_page(&headers) {
        true => office.start_payment(&link.o, &link.t).await,
        false => Err(CommandError::NotFound),
    };
    match started {
        Ok(parameters) => Json(parameters).into_response(),
        Err(error) => {
            (desk::status_of(&error), Json(json!({ "said": error.to_string() }))).into_response()
        }
    }
}

async fn told(State(office): State<Arc<Office>>, headers: HeaderMap, body: Bytes) -> Response {
    let of = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let signed = Signed {
        timestamp: of("wechatpay-timestamp"),
        nonce: of("wechatpay-nonce"),
        serial: of("wechatpay-serial"),
        signature: of("wechatpay-signature"),
        body: &body,
    };
    let (status, message) = match office.wechat_pay_told(&signed).await {
        Ok(()) => return StatusCode::NO_CONTENT.into_response(),
        Err(NotBelieved::Refused) => (StatusCode::BAD_REQUEST, "not believed"),
        Err(NotBelieved::Unavailable) => (StatusCode::SERVICE_UNAVAILABLE, "tell again"),
    };
    (status, Json(json!({ "code": "FAIL", "message": message }))).into_response()
}
