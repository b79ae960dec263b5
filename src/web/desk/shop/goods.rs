//! Goods: the list, the table that brings them, rounds, and the history of one article.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::{Visit, Wanted, asked};
use crate::office::shop::{ArticleView, GoodsPage, NewRound, Uploaded};
use crate::office::{CommandError, Office};
use crate::web::desk::page::{self, Frame};
use crate::web::desk::session::{Fields, Posted};
use crate::web::desk::tried::Tried;
use crate::web::desk::upload::Sent;
use crate::web::media;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/shop/goods", get(list))
        .route("/desk/shop/goods/{id}", get(one))
        .route("/desk/shop/goods/{id}/bring", post(bring))
        .route("/desk/shop/goods/{id}/pictures/{name}", get(picture))
        .route("/desk/shop/goods/{id}/pictures/{name}/remove", post(remove_picture))
        .route("/desk/shop/cycles", post(open_round))
}

pub fn upload_route() -> Router<Arc<Office>> {
    Router::new()
        .route("/desk/shop/goods/table", post(upload))
        .route("/desk/shop/goods/{id}/pictures", post(add_picture))
}

#[derive(Template)]
#[template(path = "desk/shop_goods.html")]
struct List {
    frame: Frame,
    search: String,
    list: GoodsPage,
    /// What became of a table.
    uploaded: Option<Uploaded>,
    problems: Vec<String>,
    tried: Tried,
}

async fn list(visit: Visit, wanted: Wanted) -> Response {
    show(&visit, &asked(wanted).search, StatusCode::OK, Ok(None), Tried::default()).await
}

async fn show(
    visit: &Visit,
    search: &str,
    status: StatusCode,
    became: Result<Option<Uploaded>, Vec<String>>,
    tried: Tried,
) -> Response {
    let list = match visit.office.goods(visit.session(), search).await {
        Ok(list) => list,
        Err(error) => return page::failed(&error),
    };
    let (uploaded, problems) = match became {
        Ok(uploaded) => (uploaded, Vec::new()),
        Err(problems) => (None, problems),
    };
    let search = search.to_owned();
    let page = List { frame: visit.frame(), search, list, uploaded, problems, tried };
    page::show(status, &page, &page.frame)
}

/// The table of goods, as a file.
async fn upload(Sent { signed: visit, upload }: Sent<Visit>) -> Response {
    let known = |name: &String| name.ends_with(".xlsx") || name.ends_with(".csv");
    let became = match upload.file.filter(|(name, _)| known(name)) {
        Some((name, bytes)) => visit.office.upload_goods(visit.session(), &name, &bytes).await,
        None => Err(vec!["请选一个 .xlsx 或 .csv 文件。".into()]),
    };
    let status = if became.is_ok() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    show(&visit, "", status, became.map(Some), Tried::default()).await
}

async fn open_round(Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let text = |name: &str| fields.get(name).to_owned();
    let new = NewRound {
        article: text("article"),
        closes_at: text("closes_at"),
        capacity: text("capacity"),
        least: text("least"),
        villages: text("villages"),
    };
    let done = visit.office.open_round(visit.session(), &new).await;
    match visit.after(done, "cycle", "/desk/shop/goods") {
        Ok(response) => response,
        Err(error) => {
            let tried = Tried::new("round", fields, &error);
            show(&visit, "", page::status_of(&error), Ok(None), tried).await
        }
    }
}

#[derive(Template)]
#[template(path = "desk/shop_article.html")]
struct One {
    frame: Frame,
    article: ArticleView,
    tried: Tried,
}

async fn one(visit: Visit, Path(id): Path<String>) -> Response {
    show_one(&visit, &id, StatusCode::OK, Tried::default()).await
}

async fn show_one(visit: &Visit, id: &str, status: StatusCode, tried: Tried) -> Response {
    match visit.office.article(visit.session(), id).await {
        Ok(Some(article)) => {
            let page = One { frame: visit.frame(), article, tried };
            page::show(status, &page, &page.frame)
        }
        Ok(None) => page::message(StatusCode::NOT_FOUND, "没有这样商品。"),
        Err(error) => page::failed(&error),
    }
}

async fn changed(
    visit: &Visit,
    id: &str,
    done: Result<(), CommandError>,
    fields: Fields,
) -> Response {
    let path = format!("/desk/shop/goods/{}", page::percent(id));
    match visit.after(done, "article", &path) {
        Ok(response) => response,
        Err(error) => {
            let tried = Tried::new("bring", fields, &error);
            show_one(visit, id, page::status_of(&error), tried).await
        }
    }
}

/// From one place to another.
async fn bring(
    Path(id): Path<String>,
    Posted { signed: visit, fields }: Posted<Visit>,
) -> Response {
    let way = (fields.get("from"), fields.get("to"));
    let (quantity, moved) = (fields.get("quantity"), fields.get("moved"));
    let moved = moved.parse().unwrap_or_default();
    let done = visit.office.bring_goods(visit.session(), &id, way, quantity, moved).await;
    changed(&visit, &id, done, fields).await
}

async fn add_picture(
    Path(id): Path<String>,
    Sent { signed: visit, upload }: Sent<Visit>,
) -> Response {
    let done = match upload.file {
        Some((_, bytes)) => visit.office.add_picture(visit.session(), &id, &bytes).await,
        None => Err(CommandError::Refused("请选一张照片。".into())),
    };
    changed(&visit, &id, done, Fields::default()).await
}

async fn picture(visit: Visit, Path((id, name)): Path<(String, String)>) -> Response {
    match visit.office.own_picture(visit.session(), &id, &name).await {
        Ok(Some(file)) => media::answer(file, "private, max-age=3600"),
        Ok(None) => page::message(StatusCode::NOT_FOUND, "没有这张照片。"),
        Err(error) => page::failed(&error),
    }
}

async fn remove_picture(
    Path((id, name)): Path<(String, String)>,
    Posted { signed: visit, .. }: Posted<Visit>,
) -> Response {
    let done = visit.office.remove_picture(visit.session(), &id, &name).await;
    changed(&visit, &id, done, Fields::default()).await
}
