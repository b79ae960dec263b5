//! Calls to addresses that somebody wrote into the settings: never into our own network unless
//! that was said, and never on to where the other side points.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    All,
    Public,
}

const PRIVATE: &str = "内网地址，不发；要发请在设置里写 allow_private = true";

/// A client that asks for names itself, so that what was looked at is what is called.
pub fn client(
    addresses: Addresses,
    connect: Duration,
    total: Duration,
) -> reqwest::Result<reqwest::Client> {
    // An error means that a provider is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .connect_timeout(connect)
        .timeout(total)
        .redirect(reqwest::redirect::Policy::none());
    match addresses {
        Addresses::All => client.build(),
        Addresses::Public => client.no_proxy().dns_resolver(Arc::new(PublicOnly)).build(),
    }
}

/// An address that stands in the URL itself is asked of nobody.
pub fn refuse_private(url: &Url) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) if !is_public(address) => Err(PRIVATE.into()),
        _ => Ok(()),
    }
}

/// In a few words, without the address, which may hold a secret.
pub fn why(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        if source.to_string() == PRIVATE {
            return PRIVATE.into();
        }
        cause = source;
    }
    match error {
        error if error.is_timeout() => "一直没有回答".into(),
        error if error.is_connect() => format!("连不上（{cause}）"),
        _ => format!("没有发成（{cause}）"),
    }
}

struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|one| is_public(one.ip())).collect();
            if public.is_empty() {
                return Err(PRIVATE.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Reached by everybody: not this machine, not a private network, none of the reserved ones.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let reserved = a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !(reserved
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

/// Of the global range, and not one that leads to an IPv4 address by the side.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global = a & 0xe000 == 0x2000;
    // 6to4, Teredo and the one for documentation.
    global && a != 0x2002 && !(a == 0x2001 && (b == 0 || b == 0xdb8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_everybody_reaches_are_public() {
        for (address, expect) in [
            ("8.8.8.8", true),
            ("203.208.40.1", true),
            ("2400:3200::1", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("::ffff:127.0.0.1", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expect, "{address}");
        }
    }

    #[test]
    fn an_address_in_the_url_is_looked_at() {
        for url in
            ["https://127.0.0.1/x", "https://[::1]:8080/", "https://0x7f.1/", "https://10.0.0.1"]
        {
            assert!(refuse_private(&url.parse().unwrap()).is_err(), "{url}");
        }
        for url in ["https://8.8.8.8/", "https://a.example/"] {
            assert!(refuse_private(&url.parse().unwrap()).is_ok(), "{url}");
        }
    }
}
