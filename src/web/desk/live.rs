//! The stream that open pages listen to (server-sent events), so that new cases, amber and red show
//! without loading a page anew. Without scripts a list asks for itself again every two minutes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::time::{Instant, sleep_until};

use super::page;
use super::session::SignedIn;
use crate::office::{Listener, Office};

/// So often it is looked at whether she is still signed in.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(60);
/// A proxy on the way hears something before it gives up.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(15);

pub const PATH: &str = "/desk/live";

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route(PATH, get(live))
}

struct Page {
    office: Arc<Office>,
    signed: SignedIn,
    listener: Listener,
    look_at: Instant,
}

async fn live(State(office): State<Arc<Office>>, signed: SignedIn) -> Response {
    let listener = match office.listen().await {
        Ok(listener) => listener,
        Err(error) => return page::failed(&error),
    };
    let page = Page { office, signed, listener, look_at: Instant::now() + LOOKED_AT_EVERY };
    let events = futures_util::stream::unfold(page, |mut page| async {
        let event = page.next().await?;
        Some((Ok::<_, Infallible>(event), page))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE_EVERY)).into_response()
}

impl Page {
    /// `None`: signed out, or the program stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let news = tokio::select! {
                () = self.office.stopping() => return None,
                news = self.office.next_news(&mut self.listener, &self.signed.session) => news,
                () = sleep_until(self.look_at) => {
                    self.signed.session = self.office.session_left_alone(&self.signed.token).await.ok()??;
                    self.look_at = Instant::now() + LOOKED_AT_EVERY;
                    continue;
                }
            };
            return Event::default().event("cases").json_data(news).ok();
        }
    }
}
