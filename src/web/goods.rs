//! An article for everybody: what it costs, where it comes from, and its pictures.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::head::{Guest, Head};
use super::{assets, media};
use crate::office::Office;
use crate::office::shop::PublicArticle;

/// A picture of an article is another one under another address.
const CACHE: &str = "private, max-age=3600";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/goods/{id}", get(show)).route("/goods/{id}/{name}", get(picture))
}

#[derive(Template)]
#[template(path = "public/goods.html")]
struct Page {
    head: Head,
    article: PublicArticle,
}

async fn show(office: Guest, Path(id): Path<String>) -> Response {
    let article = match office.public_article(&id).await {
        Ok(Some(article)) => article,
        Ok(None) => {
            return (StatusCode::NOT_FOUND, "现在没有这样东西卖。\n").into_response();
        }
        Err(error) => return away(&error),
    };
    match (Page { head: office.head(), article }).render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn picture(
    State(office): State<Arc<Office>>,
    Path((id, name)): Path<(String, String)>,
) -> Response {
    match office.picture(&id, &name).await {
        Ok(Some(file)) => media::answer(file, CACHE),
        Ok(None) => (StatusCode::NOT_FOUND, "没有这张照片。\n").into_response(),
        Err(error) => away(&error),
    }
}

fn away(error: &impl std::fmt::Display) -> Response {
    tracing::error!(%error, "an article can not be shown");
    (StatusCode::SERVICE_UNAVAILABLE, "现在看不了，请过一会儿再试。\n").into_response()
}
