//! The few files that browsers load, inside the binary. Their addresses carry a hash of
//! their content, so a browser may keep them for ever and still never shows an old one.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    url: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |name, content_type, bytes: &'static [u8]| {
        let hash = Sha256::digest(bytes);
        let short: String = hash[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        Asset { name, content_type, bytes, url: format!("/assets/{short}/{name}") }
    };
    vec![
        asset("desk.css", "text/css; charset=utf-8", include_bytes!("../../assets/desk.css")),
        asset("phone.css", "text/css; charset=utf-8", include_bytes!("../../assets/phone.css")),
        asset(
            "phone.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../assets/phone.js"),
        ),
        asset("mark.svg", "image/svg+xml", include_bytes!("../../assets/mark.svg")),
    ]
});

/// The address of an asset, for templates.
pub fn url(name: &str) -> &'static str {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    &asset.expect("templates name only assets that are listed here").url
}

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{hash}/{name}", get(asset))
}

async fn asset(Path((hash, name)): Path<(String, String)>) -> Response {
    let wanted = format!("/assets/{hash}/{name}");
    match ASSETS.iter().find(|asset| asset.url == wanted) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
