//! What must be refused, and what one bad neighbour may not do to the others.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fake_wechat::{Account, Mode, crypto};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::county::{County, VILLAGER, county};

async fn post(county: &County, query: &str, kind: &str, body: Vec<u8>) -> u16 {
    let url = format!("{}?{query}", county.webhook());
    let request = county.http.post(url).header("content-type", kind).body(body);
    request.send().await.unwrap().status().as_u16()
}

fn sealed(account: &Account, encrypted: &str) -> (String, Vec<u8>) {
    let (timestamp, nonce) = (account.now().to_string(), "1");
    let signature = crypto::signature(&[&account.token, &timestamp, nonce, encrypted]);
    let query =
        format!("timestamp={timestamp}&nonce={nonce}&encrypt_type=aes&msg_signature={signature}");
    let body = format!("<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>");
    (query, body.into_bytes())
}

#[tokio::test]
async fn bad_bodies_are_refused_and_change_nothing() {
    let county = county().open().await;
    let xml = county.account.villager(VILLAGER).message("text", "<Content>投诉</Content>");
    let (query, good) = county.account.delivery(VILLAGER, &xml);
    let plain = |body: &str| (query.clone(), body.as_bytes().to_vec());

    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">\
                  ]><xml><Encrypt>&b;</Encrypt></xml>";
    let mut stale = Account::new(Mode::Safe);
    stale.now = Some(county.account.now() - 3_600);
    let (stale_query, stale_body) = stale.delivery(VILLAGER, &xml);
    let mut foreign = Account::new(Mode::Safe);
    foreign.now = county.account.now;
    foreign.appid = "wx0000000000000000".into();
    let (foreign_query, foreign_body) = foreign.delivery(VILLAGER, &xml);
    let blocks =
        |bytes: &[u8]| STANDARD.encode(crypto::encrypt_blocks(&county.account.aes_key, bytes));
    let invalid_utf8 = {
        let random = [7u8; 16];
        let message = b"<xml><FromUserName>o1</FromUserName><Content>\xff\xfe</Content></xml>";
        let key = &county.account.aes_key;
        crypto::encrypt(key, &county.account.appid, &random, message)
    };
    for (name, (query, body), expect) in [
        ("empty", plain(""), 400),
        ("no XML", plain("hello"), 400),
        ("no Encrypt", plain(&xml), 403),
        ("billion laughs", plain(laughs), 400),
        ("bad base64", sealed(&county.account, "@@@@"), 400),
        ("truncated AES", sealed(&county.account, "AAAAAAAAAAAAAAAAAAAAAA=="), 400),
        ("not whole blocks", sealed(&county.account, &blocks(&[1; 32])[..20]), 400),
        ("padding of zeros", sealed(&county.account, &blocks(&[0; 32])), 400),
        ("length beyond the end", sealed(&county.account, &blocks(&[0xff; 64])), 400),
        ("invalid UTF-8", sealed(&county.account, &invalid_utf8), 400),
        ("foreign appid", (foreign_query, foreign_body.into_bytes()), 403),
        ("stale", (stale_query, stale_body.into_bytes()), 403),
        ("wrong signature", (query.replace("msg_signature=", "msg_signature=0"), good.into()), 403),
        ("no query", (String::new(), xml.clone().into_bytes()), 400),
    ] {
        let status = post(&county, &query, "text/xml", body).await;
        assert_eq!(status, expect, "{name}");
    }
    assert_eq!(post(&county, &query, "text/xml", vec![b'x'; 70_000]).await, 413);
    assert_eq!(post(&county, &query, "application/json", b"{}".to_vec()).await, 415);
    let unknown = county.http.post(format!("{}/wechat/other", county.base)).body("");
    assert_eq!(unknown.send().await.unwrap().status().as_u16(), 404);
    let details = county.health().await["details"].clone();
    assert_eq!((&details["messages"], &details["faults"]), (&0.into(), &0.into()), "{details}");
    assert!(details["refused"].as_u64().unwrap() >= 14, "{details}");
    assert!(county.say(VILLAGER, "投诉").await.starts_with("这件事在哪个村"));
}

#[tokio::test]
async fn two_thousand_half_headers_are_closed_and_disturb_nobody() {
    let county = county().open().await;
    let address = county.base.trim_start_matches("http://").to_owned();
    let began = Instant::now();
    let mut idle = Vec::new();
    for _ in 0..2_000 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(b"POST /wechat/main HTTP/1.1\r\nHost: x\r\n").await.unwrap();
        idle.push(stream);
    }
    let asked = Instant::now();
    assert!(county.say(VILLAGER, "投诉").await.starts_with("这件事在哪个村"));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    for mut stream in idle {
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest));
        // A reset is a close as well.
        let _ = closed.await.expect("the server closes it");
    }
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[tokio::test]
async fn who_floods_is_told_once_and_others_notice_nothing() {
    let county = county().settings("[limits]\nmessages_per_minute = 5\n").open().await;
    let mut told = 0;
    for n in 0..40 {
        let said = county.say(VILLAGER, &format!("消息{n}")).await;
        told += usize::from(said.contains("发得太快"));
    }
    assert_eq!(told, 1);
    let details = county.health().await["details"].clone();
    assert_eq!(details["flooded"], 35, "{details}");
    let other = "oVillager00000000000000000002";
    assert!(county.say(other, "投诉").await.starts_with("这件事在哪个村"));
}
