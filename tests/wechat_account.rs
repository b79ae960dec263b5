//! The way in and the way back of an account: published vectors, the three modes against
//! an independent sender, and what an attacker may try.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bianmin::channel::Content;
use bianmin::channel::wechat::account::MAX_BODY;
use bianmin::channel::wechat::crypto::{self, Key};
use bianmin::channel::wechat::{
    Account, AccountError, Mode, Opened, Query, Refused, Reply, Settings,
};
use fake_wechat::crypto as tencent;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

const NOW: i64 = 1_795_456_374;
const OTHER_KEY: &str = "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ9";

fn vectors() -> Value {
    serde_json::from_str(include_str!("fixtures/wechat/vectors.json")).unwrap()
}

fn field<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("{vector} has no {name}"))
}

fn hex(digits: [u8; 40]) -> String {
    String::from_utf8(digits.to_vec()).unwrap()
}

#[test]
fn vectors_sign() {
    let vectors = vectors();
    for kind in ["url_verify", "plain_post"] {
        for vector in vectors[kind].as_array().unwrap() {
            let parts = ["token", "timestamp", "nonce"].map(|name| field(vector, name));
            let signature = field(vector, "signature");
            assert_eq!(hex(crypto::signature(parts)), signature, "{vector}");
            assert!(crypto::is_signature(signature, parts));
            assert!(!crypto::is_signature(&signature[..39], parts));
            assert!(!crypto::is_signature("", parts));
        }
    }
    let signed = |v: &&Value| v.get("msg_signature").is_some();
    let aes = vectors["aes"].as_array().unwrap();
    assert_eq!(aes.iter().filter(signed).count(), 9);
    for vector in aes.iter().filter(signed) {
        let parts = ["token", "timestamp", "nonce", "encrypt"].map(|name| field(vector, name));
        assert_eq!(hex(crypto::signature(parts)), field(vector, "msg_signature"), "{vector}");
    }
}

#[test]
fn vectors_decrypt_and_encrypt() {
    let vectors = vectors();
    let aes = vectors["aes"].as_array().unwrap();
    assert_eq!(aes.len(), 11);
    for vector in aes {
        let (name, plain) = (field(vector, "name"), field(vector, "plaintext"));
        let (encrypted, appid) = (field(vector, "encrypt"), field(vector, "appid"));
        let key = Key::new(field(vector, "encoding_aes_key")).unwrap();
        let opened = key.open(encrypted, appid).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(std::str::from_utf8(opened.message()), Ok(plain), "{name}");
        let random = field(vector, "random").as_bytes().try_into().unwrap();
        assert_eq!(key.seal(plain.as_bytes(), appid, random), encrypted, "{name}");
        let foreign = key.open(encrypted, "wx0").map(|_| ());
        assert_eq!(foreign, Err(Refused::ForeignAppid), "{name}");
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn tencents(mode: Mode) -> fake_wechat::Account {
    let mut account = fake_wechat::Account::new(match mode {
        Mode::Plain => fake_wechat::Mode::Plain,
        Mode::Compatible => fake_wechat::Mode::Compatible,
        Mode::Safe => fake_wechat::Mode::Safe,
    });
    account.now = Some(NOW);
    account
}

fn settings(theirs: &fake_wechat::Account, mode: Mode) -> Settings {
    Settings {
        name: "main".to_owned(),
        appid: theirs.appid.clone(),
        original_id: Some(theirs.original_id.clone()),
        token: theirs.token.clone().into(),
        aes_key: (mode != Mode::Plain).then(|| theirs.aes_key.clone().into()),
        previous_aes_key: None,
        mode,
        freshness_s: 300,
    }
}

fn ours(theirs: &fake_wechat::Account, mode: Mode) -> Account {
    Account::new(settings(theirs, mode)).unwrap()
}

fn open(account: &Account, (query, body): &(String, String)) -> Result<Opened, Refused> {
    account.open(&Query::parse(query), body.as_bytes(), at(NOW))
}

fn text_xml(theirs: &fake_wechat::Account, text: &str) -> String {
    let inner = format!("<Content>{}</Content>", fake_wechat::cdata(text));
    theirs.villager("oOne").message("text", &inner)
}

/// A text goes in and the same text comes back, through an independent sender.
fn echo(mode: Mode, text: &str) {
    let theirs = tencents(mode);
    let account = ours(&theirs, mode);
    let opened = open(&account, &theirs.delivery("oOne", &text_xml(&theirs, text))).unwrap();
    assert_eq!(opened.facts.len(), 1);
    assert_eq!(opened.facts[0].content, Content::Text(text.to_owned()));
    let reply = Reply::Text(text.to_owned());
    let sealed = account.seal(&opened.back, &reply, at(NOW), *b"0123456789abcdef");
    let read = theirs.read("oOne", &sealed).unwrap().unwrap();
    assert_eq!(read.content.as_deref(), Some(text), "{mode:?}");
}

const MODES: [Mode; 3] = [Mode::Plain, Mode::Compatible, Mode::Safe];

#[test]
fn any_markup_comes_back_as_it_went_in() {
    for text in [
        "路灯坏了",
        "]]>",
        "]]]]>>",
        "a]]><MsgType>event</MsgType><Content>b",
        "<![CDATA[x]]>",
        "&lt;&#65;&amp;",
        "</Content></xml><!-- ",
        "<?xml version='1.0'?><!DOCTYPE a>",
        "👨‍👩‍👧 \u{202e}䶮 é",
        "第一行\n  第二行\t",
    ] {
        MODES.iter().for_each(|mode| echo(*mode, text));
    }
}

#[test]
fn every_kind_of_reply_is_read_by_the_other_side() {
    let s = str::to_owned;
    for mode in MODES {
        let theirs = tencents(mode);
        let account = ours(&theirs, mode);
        let opened = open(&account, &theirs.delivery("oOne", &text_xml(&theirs, "a"))).unwrap();
        let read = |reply: Reply| {
            let body = account.seal(&opened.back, &reply, at(NOW), [7; 16]);
            theirs.read("oOne", &body).unwrap()
        };
        assert_eq!(read(Reply::Success), None);
        let image = read(Reply::Image { media: s("m]]>1") }).unwrap();
        assert_eq!(image.image.unwrap().media_id, "m]]>1");
        let news =
            Reply::News { title: s("标题"), description: s("d"), picture: s("p"), url: s("u") };
        assert_eq!(read(news).unwrap().articles.unwrap().item[0].title, "标题");
        let transfer = read(Reply::TransferToStaff { account: Some(s("k@gh")) }).unwrap();
        assert_eq!(transfer.trans_info.unwrap().kf_account, "k@gh");
        let long = read(Reply::Text("市".repeat(1000))).unwrap();
        assert_eq!(long.content.unwrap().len(), 2046);
    }
}

#[test]
fn the_address_is_verified() {
    let vectors = vectors();
    let vector = &vectors["url_verify"][0];
    let theirs = tencents(Mode::Safe);
    let account = ours(&theirs, Mode::Safe);
    let [timestamp, nonce, echostr, signature] =
        ["timestamp", "nonce", "echostr", "signature"].map(|name| field(vector, name));
    let query = Query {
        signature: Cow::Borrowed(signature),
        timestamp: Cow::Borrowed(timestamp),
        nonce: Cow::Borrowed(nonce),
        echostr: Cow::Borrowed(echostr),
        ..Query::default()
    };
    let then = at(timestamp.parse().unwrap());
    assert_eq!(account.verify_url(&query, then), Ok(echostr));
    type Change = fn(&mut Query);
    let changes: [(Change, Refused); 7] = [
        (|q| q.signature = "".into(), Refused::MissingParameter("signature")),
        (|q| q.timestamp = "".into(), Refused::MissingParameter("timestamp")),
        (|q| q.nonce = "".into(), Refused::MissingParameter("nonce")),
        (|q| q.echostr = "".into(), Refused::MissingParameter("echostr")),
        (|q| q.echostr = "<script>".into(), Refused::BadField("echostr")),
        (|q| q.nonce = "1".into(), Refused::BadSignature("signature")),
        (|q| q.signature.to_mut().make_ascii_uppercase(), Refused::BadSignature("signature")),
    ];
    for (change, expect) in changes {
        let mut query = query.clone();
        change(&mut query);
        assert_eq!(account.verify_url(&query, then), Err(expect));
    }
    assert_eq!(account.verify_url(&query, at(NOW)), Err(Refused::Stale));
}

#[test]
fn a_message_is_fresh_within_the_window() {
    let theirs = tencents(Mode::Safe);
    let delivery = theirs.delivery("oOne", &text_xml(&theirs, "a"));
    for (freshness_s, off, expect) in [
        (300, 0, Ok(())),
        (300, 300, Ok(())),
        (300, 301, Err(Refused::Stale)),
        (300, -300, Ok(())),
        (300, -301, Err(Refused::Stale)),
        (0, 99_999_999, Ok(())),
    ] {
        let settings = Settings { freshness_s, ..settings(&theirs, Mode::Safe) };
        let account = Account::new(settings).unwrap();
        let query = Query::parse(&delivery.0);
        let opened = account.open(&query, delivery.1.as_bytes(), at(NOW + off)).map(|_| ());
        assert_eq!(opened, expect, "{freshness_s} {off}");
    }
}

#[test]
fn what_each_mode_takes() {
    // Ours, theirs, what comes of it.
    for (our_mode, their_mode, expect) in [
        (Mode::Plain, Mode::Plain, Ok(())),
        (Mode::Plain, Mode::Compatible, Ok(())),
        (Mode::Plain, Mode::Safe, Err(Refused::Encrypted)),
        (Mode::Compatible, Mode::Plain, Ok(())),
        (Mode::Compatible, Mode::Compatible, Ok(())),
        (Mode::Compatible, Mode::Safe, Ok(())),
        (Mode::Safe, Mode::Plain, Err(Refused::NotEncrypted)),
        (Mode::Safe, Mode::Compatible, Ok(())),
        (Mode::Safe, Mode::Safe, Ok(())),
    ] {
        let theirs = tencents(their_mode);
        let delivery = theirs.delivery("oOne", &text_xml(&theirs, "a"));
        let opened = open(&ours(&theirs, our_mode), &delivery);
        assert_eq!(
            opened.as_ref().map(|_| ()).map_err(|e| *e),
            expect,
            "{our_mode:?} {their_mode:?}"
        );
        if let Ok(opened) = opened {
            let account = ours(&theirs, our_mode);
            let body = account.seal(&opened.back, &Reply::Text("好".to_owned()), at(NOW), [7; 16]);
            assert_eq!(theirs.read("oOne", &body).unwrap().unwrap().content.unwrap(), "好");
        }
    }
}

#[test]
fn in_compatible_mode_only_the_signed_fields_count() {
    let theirs = tencents(Mode::Compatible);
    let (query, body) = theirs.delivery("oOne", &text_xml(&theirs, "真"));
    let forged = (query, body.replacen("真", "假", 1));
    let opened = open(&ours(&theirs, Mode::Compatible), &forged).unwrap();
    assert_eq!(opened.facts[0].content, Content::Text("真".to_owned()));
}

#[test]
fn the_previous_key_still_opens_and_then_seals() {
    let theirs = tencents(Mode::Safe);
    let delivery = theirs.delivery("oOne", &text_xml(&theirs, "a"));
    let keys = |current: &str, previous: Option<&str>| {
        let previous_aes_key = previous.map(Into::into);
        let aes_key = Some(current.into());
        Account::new(Settings { aes_key, previous_aes_key, ..settings(&theirs, Mode::Safe) })
            .unwrap()
    };
    let account = keys(OTHER_KEY, Some(&theirs.aes_key));
    let opened = open(&account, &delivery).unwrap();
    let body = account.seal(&opened.back, &Reply::Text("好".to_owned()), at(NOW), [7; 16]);
    assert!(theirs.read("oOne", &body).is_ok());
    let refused = open(&keys(OTHER_KEY, None), &delivery).unwrap_err();
    assert!(matches!(refused, Refused::BadCiphertext(_)), "{refused}");
}

/// A safe-mode delivery of this `<Encrypt>`, signed correctly.
fn signed(theirs: &fake_wechat::Account, encrypted: &str) -> (String, String) {
    let timestamp = NOW.to_string();
    let signature = tencent::signature(&[&theirs.token, &timestamp, "1", encrypted]);
    let query = format!("timestamp={timestamp}&nonce=1&encrypt_type=aes&msg_signature={signature}");
    (query, format!("<xml><Encrypt>{encrypted}</Encrypt></xml>"))
}

#[test]
fn ciphertexts_that_are_wrong_inside_a_right_signature() {
    let theirs = tencents(Mode::Safe);
    let account = ours(&theirs, Mode::Safe);
    let blocks = |plain: &[u8]| STANDARD.encode(tencent::encrypt_blocks(&theirs.aes_key, plain));
    let whole = tencent::encrypt(&theirs.aes_key, &theirs.appid, &[7; 16], b"<xml><A>1</A></xml>");
    let raw = STANDARD.decode(&whole).unwrap();
    let head = |length: u32, rest: &[u8]| {
        let mut plain = [&[7; 16][..], &length.to_be_bytes(), rest].concat();
        let pad = 32 - plain.len() % 32;
        plain.resize(plain.len() + pad, pad as u8);
        blocks(&plain)
    };
    let foreign = tencent::encrypt(&theirs.aes_key, "wx0", &[7; 16], b"<xml></xml>");
    let not_utf8 = tencent::encrypt(&theirs.aes_key, &theirs.appid, &[7; 16], b"<xml>\xff</xml>");
    let bomb = b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]><xml><Content>&a;</Content></xml>";
    let bomb = tencent::encrypt(&theirs.aes_key, &theirs.appid, &[7; 16], bomb);
    let bad = Refused::BadCiphertext;
    for (what, encrypted, expect) in [
        ("not base64", "!!!!".to_owned(), Refused::BadBase64),
        ("base64 cut short", whole[..whole.len() - 3].to_owned(), Refused::BadBase64),
        (
            "one byte short",
            STANDARD.encode(&raw[..raw.len() - 1]),
            bad("not a multiple of the block"),
        ),
        ("padding 0", blocks(&[0; 32]), bad("wrong padding")),
        ("padding 33", blocks(&[33; 64]), bad("wrong padding")),
        ("padding longer than all", blocks(&[32; 16]), bad("wrong padding")),
        ("nothing but padding", blocks(&[32; 32]), bad("shorter than its head")),
        ("length beyond the end", head(1000, b"abc"), bad("message is longer than what was sent")),
        ("length of 4 GB", head(u32::MAX, b"abc"), bad("message is longer than what was sent")),
        ("length too short", head(1, b"abcwxba5fad812f8e6fb9"), Refused::ForeignAppid),
        ("no appid", head(3, b"abc"), Refused::ForeignAppid),
        ("foreign appid", foreign, Refused::ForeignAppid),
        ("not UTF-8", not_utf8, Refused::NotUtf8("message")),
        ("entity bomb", bomb, Refused::DocumentType),
        ("no sender", whole.clone(), Refused::BadField("FromUserName")),
    ] {
        assert_eq!(open(&account, &signed(&theirs, &encrypted)), Err(expect), "{what}");
    }
}

#[test]
fn requests_that_are_not_wechats() {
    let theirs = tencents(Mode::Safe);
    let account = ours(&theirs, Mode::Safe);
    let (query, body) = theirs.delivery("oOne", &text_xml(&theirs, "a"));
    assert!(open(&account, &(query.clone(), body.clone())).is_ok());
    let nested = format!("<xml>{}</xml>", "<a>".repeat(8000));
    let attributes: String = (0..5000).map(|i| format!(" a{i}=''")).collect();
    let wide = format!("<xml><Encrypt{attributes}>x</Encrypt></xml>");
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><xml><Encrypt>&a;</Encrypt></xml>";
    let twice = body.replace("</xml>", "<Encrypt>x</Encrypt></xml>");
    for (what, query, body, expect) in [
        ("nothing", "", "", Refused::MissingParameter("timestamp")),
        ("no body", &query, "", Refused::MalformedXml("it ends too early")),
        ("JSON", &query, "{\"Encrypt\":\"x\"}", Refused::MalformedXml("it ends too early")),
        ("not encrypted", &query, &text_xml(&theirs, "a"), Refused::NotEncrypted),
        ("empty Encrypt", &query, "<xml><Encrypt> </Encrypt></xml>", Refused::NotEncrypted),
        ("Encrypt twice", &query, &twice, Refused::BadField("Encrypt")),
        ("another body", &query, &wide, Refused::BadSignature("msg_signature")),
        ("nested", &query, &nested, Refused::MalformedXml("nested too deep")),
        ("entity bomb", &query, bomb, Refused::DocumentType),
        ("over the limit", &query, &"x".repeat(MAX_BODY + 1), Refused::TooLarge(MAX_BODY)),
        (
            "no msg_signature",
            &query.replace("msg_signature", "other"),
            &body,
            Refused::MissingParameter("msg_signature"),
        ),
        (
            "only the plain signature",
            &query.replace("msg_signature=", "msg_signature=0"),
            &body,
            Refused::BadSignature("msg_signature"),
        ),
        (
            "another nonce",
            &query.replace("nonce=", "nonce=1"),
            &body,
            Refused::BadSignature("msg_signature"),
        ),
        (
            "a timestamp that is none",
            &query.replace("timestamp=", "timestamp=x"),
            &body,
            Refused::BadField("timestamp"),
        ),
    ] {
        let refused = open(&account, &(query.to_owned(), body.to_owned())).unwrap_err();
        assert_eq!(refused, expect, "{what}");
        assert!((400..500).contains(&refused.status()), "{what}");
        assert!(!refused.label().is_empty());
    }
    let invalid = account.open(&Query::parse(&query), b"<xml>\xff\xfe</xml>", at(NOW));
    assert_eq!(invalid, Err(Refused::NotUtf8("body")));
}

#[test]
fn a_message_to_another_account_is_refused() {
    for mode in MODES {
        let theirs = tencents(mode);
        let delivery = theirs.delivery("oOne", &text_xml(&theirs, "a"));
        let original_id = Some("gh_other".to_owned());
        let account = Account::new(Settings { original_id, ..settings(&theirs, mode) }).unwrap();
        assert_eq!(open(&account, &delivery), Err(Refused::ForeignAccount), "{mode:?}");
    }
}

#[test]
fn settings_that_can_not_work() {
    let theirs = tencents(Mode::Safe);
    let whole = || settings(&theirs, Mode::Safe);
    for (settings, expect) in [
        (Settings { appid: String::new(), ..whole() }, AccountError::Appid),
        (Settings { token: "ab".into(), ..whole() }, AccountError::Token),
        (Settings { token: "a b c".into(), ..whole() }, AccountError::Token),
        (Settings { token: "a".repeat(33).into(), ..whole() }, AccountError::Token),
        (Settings { aes_key: None, ..whole() }, AccountError::KeyMissing(Mode::Safe)),
        (
            Settings { aes_key: Some("short".into()), ..whole() },
            AccountError::Key(crypto::KeyError),
        ),
        (
            Settings { previous_aes_key: Some("short".into()), ..whole() },
            AccountError::PreviousKey(crypto::KeyError),
        ),
    ] {
        assert_eq!(Account::new(settings).err(), Some(expect));
    }
    let shown = format!("{:?}", Account::new(whole()).unwrap());
    assert!(!shown.contains(&theirs.token) && !shown.contains(&theirs.aes_key), "{shown}");
}

#[test]
fn every_delivery_of_a_message_has_one_key() {
    let theirs = tencents(Mode::Safe);
    let account = ours(&theirs, Mode::Safe);
    let (first, second) = (text_xml(&theirs, "a"), text_xml(&theirs, "a"));
    let key =
        |xml: &str| open(&account, &theirs.delivery("oOne", xml)).unwrap().facts[0].key.clone();
    assert_eq!(key(&first), key(&first));
    assert_ne!(key(&first), key(&second));
}

proptest! {
    #[test]
    fn any_text_comes_back(text in "[^\\p{Cc}\u{fffe}\u{ffff}\r]{1,400}") {
        MODES.iter().for_each(|mode| echo(*mode, &text));
    }

    #[test]
    fn any_length_is_understood_by_both_sides(message in prop::collection::vec(any::<u8>(), 0..400)) {
        let theirs = tencents(Mode::Safe);
        let key = Key::new(&theirs.aes_key).unwrap();
        let sealed = key.seal(&message, &theirs.appid, [9; 16]);
        let read = tencent::decrypt(&theirs.aes_key, &theirs.appid, &sealed);
        prop_assert_eq!(read.as_ref(), Ok(&message));
        let sealed = tencent::encrypt(&theirs.aes_key, &theirs.appid, &[9; 16], &message);
        let opened = key.open(&sealed, &theirs.appid).unwrap();
        prop_assert_eq!(opened.message(), &message);
    }

    #[test]
    fn no_bytes_make_it_panic(query in "[ -~]{0,200}", body in prop::collection::vec(any::<u8>(), 0..2000)) {
        for mode in MODES {
            let account = ours(&tencents(mode), mode);
            prop_assert!(account.open(&Query::parse(&query), &body, at(NOW)).is_err());
        }
    }

    #[test]
    fn no_ciphertext_makes_it_panic(plain in prop::collection::vec(any::<u8>(), 0..30)) {
        let theirs = tencents(Mode::Safe);
        let plain: Vec<u8> = plain.iter().flat_map(|b| [*b; 16]).collect();
        let encrypted = STANDARD.encode(tencent::encrypt_blocks(&theirs.aes_key, &plain));
        let refused = open(&ours(&theirs, Mode::Safe), &signed(&theirs, &encrypted));
        prop_assert!(refused.is_err());
    }
}
