//! What a request meets while the program starts, serves and stops.
//!
//! `/health` is for who watches the process: it answers 200 as long as it can answer at all.
//! `/ready` is for who sends it messages: yes only while it serves and its store takes writes.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::Notify;
use tower::ServiceExt;

/// A message that comes while the program starts waits for it, but not longer than WeChat does.
const STARTS_WITHIN: Duration = Duration::from_millis(4_500);

#[derive(Clone)]
pub struct Doors {
    starting: Router,
    stopping: Router,
    open: Arc<Open>,
}

#[derive(Default)]
struct Open {
    router: OnceLock<Router>,
    bell: Notify,
}

impl Open {
    async fn router(&self) -> Router {
        loop {
            let rung = self.bell.notified();
            if let Some(router) = self.router.get() {
                return router.clone();
            }
            rung.await;
        }
    }
}

/// All of it is there from the beginning.
impl From<Router> for Doors {
    fn from(router: Router) -> Self {
        let doors = Self::closed();
        doors.open(router);
        doors
    }
}

impl Doors {
    /// Nothing is served yet but health and readiness.
    pub fn closed() -> Self {
        let open = Arc::new(Open::default());
        let opened = open.clone();
        let wait = move |request: Request| {
            let opened = opened.clone();
            async move {
                match tokio::time::timeout(STARTS_WITHIN, opened.router()).await {
                    Ok(router) => {
                        router.oneshot(request).await.unwrap_or_else(|never| match never {})
                    }
                    Err(_) => away(),
                }
            }
        };
        Self {
            starting: apart("starting").fallback(wait),
            stopping: apart("stopping").fallback(|| async { away() }),
            open,
        }
    }

    /// From now on this answers. Only the first call counts.
    pub fn open(&self, router: Router) {
        let _ = self.open.router.set(router);
        self.open.bell.notify_waiters();
    }

    pub(super) fn while_serving(&self) -> &Router {
        self.open.router.get().unwrap_or(&self.starting)
    }

    pub(super) fn while_stopping(&self) -> &Router {
        &self.stopping
    }
}

fn away() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response()
}

/// It lives, and takes no messages.
fn apart(why: &'static str) -> Router {
    let health = move || async move {
        Json(json!({ "ok": true, "problems": [], "details": { "phase": why } }))
    };
    let ready =
        move || async move { (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")) };
    Router::new().route("/health", get(health)).route("/ready", get(ready))
}
