//! The head of the pages for everybody: the county, its telephone, and how large the letters are.

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use super::desk;
use super::origin::came_from;
use crate::office::Office;

/// Set for those who want large letters.
const SIZE: &str = "size";
const LARGE: &str = "large";
const KEPT_SECONDS: u32 = 365 * 24 * 3_600;

pub struct Head {
    pub county: String,
    pub hotline: String,
    /// 长辈版
    pub large: bool,
}

/// Somebody at a page for everybody.
pub struct Guest {
    office: Arc<Office>,
    large: bool,
}

impl Guest {
    pub fn head(&self) -> Head {
        let (county, hotline) = (self.office.county_name(), self.office.hotline());
        Head { county, hotline, large: self.large }
    }
}

impl Deref for Guest {
    type Target = Office;

    fn deref(&self) -> &Office {
        &self.office
    }
}

impl FromRequestParts<Arc<Office>> for Guest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Arc<Office>,
    ) -> Result<Self, Self::Rejection> {
        let large = desk::cookie(&parts.headers, SIZE) == Some(LARGE);
        Ok(Self { office: office.clone(), large })
    }
}

pub fn routes() -> Router<Arc<Office>> {
    Router::new().route("/size/{size}", get(size))
}

/// Changes nothing but how large this browser shows the pages.
async fn size(
    State(office): State<Arc<Office>>,
    Path(size): Path<String>,
    headers: HeaderMap,
) -> Response {
    let size = if size == LARGE { LARGE } else { "plain" };
    let secure = if office.secure_cookies() { "; Secure" } else { "" };
    let kept =
        format!("{SIZE}={size}; Path=/; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Lax{secure}");
    let back = came_from(&headers, "/");
    ([(header::SET_COOKIE, kept)], Redirect::to(&back)).into_response()
}
