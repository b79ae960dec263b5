//! HTTP: the channels' webhooks, the villager's phone, the clerk's desk, health.
//! Everything that happens, happens in `office`; here it gets its address and its look.

pub mod api;
mod assets;
mod desk;
mod doors;
mod goods;
mod head;
mod media;
mod messages;
mod open311;
mod origin;
mod pay;
mod phone;
mod public;
mod server;
mod sms;
mod terms;
mod webhooks;

use std::any::Any;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;

pub use doors::Doors;
pub use server::{Limits, serve};

use crate::office::Office;
use head::{Guest, Head};

/// All routes. A panic in one request becomes a 500 for that request only.
pub fn router(office: Arc<Office>) -> Router {
    let pages = Router::new()
        .route("/", get(home))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .merge(phone::routes())
        .merge(public::routes())
        .merge(head::routes())
        .merge(pay::routes())
        .merge(goods::routes())
        .merge(desk::routes())
        .merge(assets::routes())
        .layer(map_response(shielded));
    let pages = match office.api_open() {
        true => pages.merge(api::routes().merge(open311::routes()).layer(map_response(shielded))),
        false => pages,
    };
    Router::new()
        .merge(sms::routes())
        .merge(pages)
        .fallback(missing)
        .layer(CatchPanicLayer::custom(panicked))
        .merge(webhooks::routes())
        .with_state(office)
}

/// What a page of ours may do in a browser: nothing but show itself and load our own files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

async fn shielded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Assets and media have said how long they keep; all else is private and passing.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The payload is for the panic hook; here it is only said that this request ended so.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked; the others go on");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn missing() -> Response {
    shielded((StatusCode::NOT_FOUND, "没有这一页。\n").into_response()).await
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    head: Head,
    /// 反映问题 and 查进度 are open.
    is_open: bool,
    /// 群众的手机 may be tried.
    has_phone: bool,
}

async fn home(guest: Guest) -> Response {
    let (is_open, has_phone) = (guest.public_pages(), guest.simulates());
    match (Home { head: guest.head(), is_open, has_phone }).render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// For who watches the process. It answers, so it lives: what is wrong stands in it, and would
/// not be mended by starting it again. Who is not on this machine learns only whether all is well.
async fn health(
    State(office): State<Arc<Office>>,
    extensions: Extensions,
    headers: HeaderMap,
) -> Response {
    match origin::is_local(&extensions, &headers, &office) {
        true => Json(office.health().await).into_response(),
        false => Json(json!({ "ok": office.is_well() })).into_response(),
    }
}

/// For a load balancer: only yes or no.
async fn ready(State(office): State<Arc<Office>>) -> Response {
    match office.is_well() {
        true => "ready\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready: the store does not accept writes\n")
            .into_response(),
    }
}
