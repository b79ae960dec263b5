//! The few files that browsers load, inside the binary. Their addresses carry a hash of
//! their content, so a browser may keep them for ever and still never shows an old one.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use sha2::{Digest, Sha256};

const SCOPE: header::HeaderName = header::HeaderName::from_static("service-worker-allowed");

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
        asset("live.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/live.js")),
        asset(
            "studio.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../assets/studio.js"),
        ),
        asset("desk.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/desk.js")),
        asset(
            "worker.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../assets/worker.js"),
        ),
        asset(
            "offline.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../assets/offline.js"),
        ),
        asset("pay.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/pay.js")),
        asset("mark.svg", "image/svg+xml", include_bytes!("../../assets/mark.svg")),
    ]
});

/// The address of an asset, for templates.
pub fn url(name: &str) -> &'static str {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    &asset.expect("templates name only assets that are listed here").url
}

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/assets/{hash}/{name}", get(asset))
        .route("/assets/desk.webmanifest", get(manifest))
}

/// What a telephone needs to put the desk beside its other programs.
async fn manifest() -> Response {
    let icon = json!({ "src": url("mark.svg"), "sizes": "any", "type": "image/svg+xml" });
    let manifest = json!({
        "name": "便民办事台",
        "short_name": "便民",
        "lang": "zh-CN",
        "id": "/desk",
        "start_url": "/desk",
        "scope": "/desk",
        "display": "standalone",
        "background_color": "#f3f6f4",
        "theme_color": "#0b5d4e",
        "icons": [icon],
    });
    ([(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string()).into_response()
}

async fn asset(Path((hash, name)): Path<(String, String)>) -> Response {
    let wanted = format!("/assets/{hash}/{name}");
    match ASSETS.iter().find(|asset| asset.url == wanted) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                // The worker looks after the desk, and lies beside it.
                (SCOPE, "/desk"),
            ];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lost brace would put all that follows into a block for the printer, say.
    #[test]
    fn every_block_of_a_style_sheet_is_closed() {
        for sheet in ASSETS.iter().filter(|asset| asset.content_type.starts_with("text/css")) {
            let (mut open, text) = (0, std::str::from_utf8(sheet.bytes).unwrap());
            for (n, line) in text.lines().enumerate() {
                let is_inside = line.is_empty() || line.starts_with([' ', '}']);
                assert!(open == 0 || is_inside, "{} line {}: {line}", sheet.name, n + 1);
                open += line.matches('{').count();
                open -= line.matches('}').count();
            }
            assert_eq!(open, 0, "{}", sheet.name);
        }
    }

    #[tokio::test]
    async fn an_asset_is_found_under_its_hash_only() {
        for known in ASSETS.iter() {
            assert!(!known.bytes.is_empty(), "{} is empty", known.name);
            let mut parts = url(known.name).split('/').skip(2).map(str::to_owned);
            let (hash, name) = (parts.next().unwrap(), parts.next().unwrap());
            let found = asset(Path((hash.clone(), name.clone()))).await;
            assert_eq!(found.status(), StatusCode::OK);
            assert_eq!(found.headers()[header::CONTENT_TYPE], known.content_type);
            let other = asset(Path((hash.replace(|_| true, "0"), name))).await;
            assert_eq!(other.status(), StatusCode::NOT_FOUND);
        }
    }
}
