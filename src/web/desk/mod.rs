//! The clerk's desk: pages that work without a script.

mod account;
mod accounts;
mod audit;
mod boards;
mod broadcast;
mod bulletin;
mod calls;
mod case_files;
mod cases;
mod charts;
mod counted;
mod county;
mod dialogs;
mod draft_table;
mod drafts;
mod editor;
mod exports;
mod figures;
mod holidays;
mod inbox;
mod interviews;
mod keeping;
mod keys;
mod ledgers;
mod letters;
mod listings;
mod live;
mod misheard;
mod new;
mod oidc;
mod page;
mod papers;
mod people;
mod printed;
#[cfg(test)]
mod sample;
mod sayings;
mod second;
mod session;
mod shop;
mod stops;
mod system;
mod tasks;
mod tried;
mod understand;
mod upload;
mod village;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use crate::office::Office;
use crate::web::media;
pub use exports::answer as export_answer;
pub use page::{case_number, percent, sheet_file, status_of};
pub use session::cookie;

pub fn routes() -> Router<Arc<Office>> {
    Router::new()
        .merge(account::routes())
        .merge(accounts::routes())
        .merge(second::routes())
        .merge(oidc::routes())
        .merge(audit::routes())
        .merge(boards::routes())
        .merge(broadcast::routes())
        .merge(calls::routes())
        .merge(cases::routes())
        .merge(papers::routes())
        .merge(printed::routes())
        .merge(new::routes())
        .merge(tasks::routes())
        .merge(people::routes())
        .merge(figures::routes())
        .merge(bulletin::routes())
        .merge(counted::routes())
        .merge(inbox::routes())
        .merge(interviews::routes())
        .merge(keys::routes())
        .merge(ledgers::routes())
        .merge(exports::routes())
        .merge(shop::routes())
        .merge(listings::routes())
        .merge(live::routes())
        .merge(understand::routes())
        .merge(dialogs::routes())
        .merge(drafts::routes())
        .merge(misheard::routes())
        .merge(stops::routes())
        .merge(holidays::routes())
        .merge(village::routes())
        .merge(system::routes())
        .merge(keeping::routes())
        .merge(letters::routes())
        .merge(county::routes())
        .route("/desk/media/{hash}", get(media_file))
        .layer(DefaultBodyLimit::max(session::FORM_BYTES_MAX))
        .merge(shop::upload_route())
        .merge(holidays::upload_route())
        .merge(editor::routes())
        .merge(sayings::routes())
        .merge(draft_table::routes())
        .merge(case_files::upload_route())
        .layer(middleware::from_fn(page::spoken))
}

/// Of which case or task a file is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Of {
    case: String,
    task: String,
}

/// What a villager sent, or what goes with an answer: for those who see the case or the task. It is
/// kept nowhere on its way, so that nobody sees it without a line in the log.
async fn media_file(
    State(office): State<Arc<Office>>,
    signed: session::SignedIn,
    Path(hash): Path<String>,
    of: Result<Query<Of>, QueryRejection>,
) -> Response {
    let Query(of) = of.unwrap_or_default();
    let found = match of.task.is_empty() {
        true => office.case_media(&signed.session, &of.case, &hash).await,
        false => office.task_media(&signed.session, &of.task, &hash).await,
    };
    match found {
        Ok(Some(file)) => media::answer(file, "no-store"),
        Ok(None) => page::message(StatusCode::NOT_FOUND, "没有这个文件。"),
        Err(error) => page::failed(&error),
    }
}
