//! HTTP: the channels' webhooks, the villager's phone, the clerk's desk, health.
//! Everything that happens, happens in `office`; here it gets its address and its look.

mod assets;
mod desk;
mod media;
mod server;
mod webhooks;

use std::sync::Arc;

use axum::Router;

pub use server::{Limits, serve};

use crate::office::Office;

/// All routes. A panic in one request becomes a 500 for that request only.
pub fn router(office: Arc<Office>) -> Router {
    Router::new()
        .merge(webhooks::routes())
        .merge(desk::routes())
        .merge(assets::routes())
        .with_state(office)
}
