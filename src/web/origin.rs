//! Where a request comes from: whether one of our own pages sent it, and from which address.

use std::net::IpAddr;

use axum::http::{Extensions, HeaderMap};

use super::server::Peer;
use crate::office::Office;

/// The address of who called, behind proxies of ours.
pub fn caller(extensions: &Extensions, headers: &HeaderMap, office: &Office) -> Option<IpAddr> {
    extensions.get::<Peer>().map(|peer| behind_proxies(peer.0, headers, office))
}

/// The nearest address that is none of our own proxies.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, office: &Office) -> IpAddr {
    let proxies = office.proxies();
    if !proxies.contains(&peer.to_canonical()) {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").into_iter();
    let listed: Vec<IpAddr> = forwarded
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|one| one.trim().parse().ok())
        .collect();
    listed.into_iter().rev().find(|one| !proxies.contains(one)).unwrap_or(peer)
}

/// The page of ours below `root` that the browser says it comes from; nothing of another site.
pub fn came_from(headers: &HeaderMap, root: &str) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let path = text("referer").zip(text("host")).and_then(|(from, host)| {
        let (_, rest) = from.split_once("://")?;
        rest.strip_prefix(host)
    });
    let plain = |path: &&str| path.starts_with(root) && !path.starts_with("//") && path.is_ascii();
    path.filter(plain).unwrap_or(root).to_owned()
}

/// It was sent by somebody on this machine, and not handed on by a proxy on it.
pub fn is_local(extensions: &Extensions, headers: &HeaderMap, office: &Office) -> bool {
    let handed_on = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];
    !handed_on.iter().any(|name| headers.contains_key(*name))
        && caller(extensions, headers, office).is_some_and(|from| from.to_canonical().is_loopback())
}

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
