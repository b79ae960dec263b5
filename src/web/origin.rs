//! Whether a request that changes something was sent by one of our own pages.

use axum::http::HeaderMap;

/// Browsers say where a form comes from. Old ones say nothing; then the token decides alone.
pub fn from_our_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Also right behind a proxy that changes the host; sent over https and on localhost.
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, from)| from == host)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_form_from_elsewhere_is_known() {
        let check = |pairs: &[(&'static str, &'static str)], expect: bool| {
            let header = |(name, value): &(&'static str, &'static str)| {
                (name.parse().unwrap(), HeaderValue::from_static(value))
            };
            let headers: HeaderMap = pairs.iter().map(header).collect();
            assert_eq!(from_our_page(&headers), expect, "{pairs:?}");
        };
        check(&[], true);
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "none")], true);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[("sec-fetch-site", "same-site")], false);
        check(
            &[("sec-fetch-site", "same-origin"), ("host", "inner"), ("origin", "https://a.cn")],
            true,
        );
        check(&[("sec-fetch-site", "cross-site"), ("host", "b"), ("origin", "http://b")], false);
        check(&[("host", "a.cn:8080"), ("origin", "http://a.cn:8080")], true);
        check(&[("host", "a.cn"), ("origin", "http://a.cn.evil.example")], false);
        check(&[("host", "a.cn"), ("origin", "null")], false);
    }
}
