//! Samples that village shops ask for and show.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::{Visit, Wanted, asked, told};
use crate::office::shop::SamplesPage;
use crate::office::{CommandError, Office};
use crate::web::desk::page::{self, Frame};
use crate::web::desk::session::Posted;

const PATH: &str = "/desk/shop/samples";

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .route(PATH, get(list).post(ask))
        .route("/desk/shop/samples/answer", axum::routing::post(answer))
}

#[derive(Template)]
#[template(path = "desk/shop_samples.html")]
struct Page {
    frame: Frame,
    samples: SamplesPage,
    /// The article to be asked for.
    article: String,
    problem: Option<String>,
}

async fn list(visit: Visit, wanted: Wanted) -> Response {
    show(&visit, asked(wanted).search, None).await
}

async fn show(visit: &Visit, article: String, error: Option<CommandError>) -> Response {
    match visit.office.samples(visit.session()).await {
        Ok(samples) => {
            let (status, problem) = told(error.as_ref());
            let page = Page { frame: visit.frame(), samples, article, problem };
            page::show(status, &page, &page.frame)
        }
        Err(error) => page::failed(&error),
    }
}

async fn ask(Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let article = fields.get("article");
    let done = visit.office.ask_sample(visit.session(), article, fields.get("note")).await;
    match visit.after(done, "sample", PATH) {
        Ok(response) => response,
        Err(error) => show(&visit, article.to_owned(), Some(error)).await,
    }
}

async fn answer(Posted { signed: visit, fields }: Posted<Visit>) -> Response {
    let which = (fields.get("village"), fields.get("article"));
    let (office, session) = (&visit.office, visit.session());
    let done = match fields.get("answer") {
        "take_back" => office.take_sample_back(session, which).await,
        answer => {
            office.answer_sample(session, which, answer == "send", fields.get("reason")).await
        }
    };
    match visit.after(done, "sample", PATH) {
        Ok(response) => response,
        Err(error) => show(&visit, String::new(), Some(error)).await,
    }
}
