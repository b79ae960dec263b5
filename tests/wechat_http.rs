//! The fake sender over HTTP: that it delivers as WeChat does, and that it takes no answer
//! that WeChat would not take. The program's own webhook has its tests elsewhere.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use bianmin::channel::Content;
use bianmin::channel::wechat::{Account, Mode, Query, Reply, Settings};
use fake_wechat::crypto as tencent;
use jiff::Timestamp;

/// A webhook that answers texts with the same text, after scripted delays.
struct Webhook {
    account: Account,
    delays: Mutex<VecDeque<Duration>>,
    keys: Mutex<Vec<String>>,
}

async fn verify(State(hook): State<Arc<Webhook>>, RawQuery(query): RawQuery) -> String {
    let query = query.unwrap();
    hook.account.verify_url(&Query::parse(&query), Timestamp::now()).unwrap().to_owned()
}

async fn receive(
    State(hook): State<Arc<Webhook>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<String, StatusCode> {
    let query = query.unwrap();
    let opened = hook
        .account
        .open(&Query::parse(&query), &body, Timestamp::now())
        .map_err(|refused| StatusCode::from_u16(refused.status()).unwrap())?;
    hook.keys.lock().unwrap().push(opened.facts[0].key.clone());
    let delay = hook.delays.lock().unwrap().pop_front().unwrap_or_default();
    tokio::time::sleep(delay).await;
    let reply = match &opened.facts[0].content {
        Content::Text(text) => Reply::Text(text.clone()),
        _ => Reply::Success,
    };
    Ok(hook.account.seal(&opened.back, &reply, Timestamp::now(), [7; 16]))
}

async fn serve(theirs: &fake_wechat::Account, mode: Mode) -> (String, Arc<Webhook>) {
    let account = Account::new(Settings {
        name: "main".to_owned(),
        appid: theirs.appid.clone(),
        original_id: None,
        token: theirs.token.clone().into(),
        aes_key: Some(theirs.aes_key.clone().into()),
        previous_aes_key: None,
        mode,
        freshness_s: 60,
    })
    .unwrap();
    let hook = Arc::new(Webhook { account, delays: Mutex::default(), keys: Mutex::default() });
    let router = Router::new().route("/w", get(verify).post(receive)).with_state(Arc::clone(&hook));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/w", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, hook)
}

#[tokio::test]
async fn a_villager_is_answered_in_every_mode() {
    for (theirs, mode) in [
        (fake_wechat::Mode::Plain, Mode::Plain),
        (fake_wechat::Mode::Compatible, Mode::Compatible),
        (fake_wechat::Mode::Safe, Mode::Safe),
    ] {
        let theirs = fake_wechat::Account::new(theirs);
        let (url, hook) = serve(&theirs, mode).await;
        theirs.verify(&url).await.unwrap();
        let villager = theirs.villager("oOne");
        let answer = villager.say(&url, "路灯]]>坏了").await.unwrap();
        assert_eq!((answer.text(), answer.deliveries), ("路灯]]>坏了", 1), "{mode:?}");
        assert_eq!(villager.photo(&url, "m1").await.unwrap().reply, None);
        let key = format!("<EventKey>{}</EventKey>", fake_wechat::cdata("report"));
        assert_eq!(villager.event(&url, "CLICK", &key).await.unwrap().reply, None);
        assert_eq!(hook.keys.lock().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn what_is_not_answered_in_time_comes_again_with_the_same_key() {
    let late = Duration::from_secs(10);
    for (delays, expect) in [(vec![], Some(1)), (vec![late; 2], Some(3)), (vec![late; 3], None)] {
        let mut theirs = fake_wechat::Account::new(fake_wechat::Mode::Safe);
        theirs.patience = Duration::from_millis(400);
        let (url, hook) = serve(&theirs, Mode::Safe).await;
        hook.delays.lock().unwrap().extend(delays);
        let answer = theirs.villager("oOne").say(&url, "好").await;
        assert_eq!(answer.map(|answer| answer.deliveries).ok(), expect);
        let mut keys = hook.keys.lock().unwrap().clone();
        assert_eq!(keys.len(), expect.unwrap_or(3) as usize);
        keys.dedup();
        assert_eq!(keys.len(), 1);
    }
}

#[tokio::test]
async fn a_stranger_is_refused() {
    let mut theirs = fake_wechat::Account::new(fake_wechat::Mode::Safe);
    let (url, _) = serve(&theirs, Mode::Safe).await;
    theirs.token = "another".to_owned();
    let refused = theirs.villager("oOne").say(&url, "好").await.unwrap_err();
    assert!(refused.contains("403"), "{refused}");
}

#[test]
fn the_sender_takes_only_what_wechat_takes() {
    let theirs = fake_wechat::Account::new(fake_wechat::Mode::Safe);
    let now = theirs.now().to_string();
    let inner = |to: &str, created: &str, rest: &str| {
        format!(
            "<xml><ToUserName>{to}</ToUserName><FromUserName>{}</FromUserName>\
             <CreateTime>{created}</CreateTime>{rest}</xml>",
            theirs.original_id
        )
    };
    let text = "<MsgType>text</MsgType><Content>a</Content>";
    let seal = |xml: &str, appid: &str, time: &str, token: &str| {
        let encrypt = tencent::encrypt(&theirs.aes_key, appid, &[7; 16], xml.as_bytes());
        let signature = tencent::signature(&[token, time, "n", &encrypt]);
        format!(
            "<xml><Encrypt>{encrypt}</Encrypt><MsgSignature>{signature}</MsgSignature>\
             <TimeStamp>{time}</TimeStamp><Nonce>n</Nonce></xml>"
        )
    };
    let sealed = |xml: &str| seal(xml, &theirs.appid, &now, &theirs.token);
    let good = inner("oOne", &now, text);
    let milliseconds = format!("{now}000");
    let long = format!("<MsgType>text</MsgType><Content>{}</Content>", "a".repeat(2049));
    for (what, body, is_taken) in [
        ("a right one", sealed(&good), true),
        ("success", "success".to_owned(), true),
        ("nothing", String::new(), true),
        ("JSON", "{}".to_owned(), false),
        ("not sealed", good.clone(), false),
        ("another appid", seal(&good, "wx0", &now, &theirs.token), false),
        ("another token", seal(&good, &theirs.appid, &now, "BBBBB"), false),
        ("milliseconds", seal(&good, &theirs.appid, &milliseconds, &theirs.token), false),
        ("milliseconds inside", sealed(&inner("oOne", &milliseconds, text)), false),
        ("another person", sealed(&inner("oTwo", &now, text)), false),
        ("a second MsgType", sealed(&inner("oOne", &now, &format!("{text}{text}"))), false),
        ("an unknown element", sealed(&inner("oOne", &now, &format!("{text}<A>1</A>"))), false),
        ("no content", sealed(&inner("oOne", &now, "<MsgType>text</MsgType>")), false),
        ("a long text", sealed(&inner("oOne", &now, &long)), false),
        ("broken XML", sealed(&good.replace("</Content>", "")), false),
    ] {
        assert_eq!(theirs.read("oOne", &body).is_ok(), is_taken, "{what}");
    }
}
