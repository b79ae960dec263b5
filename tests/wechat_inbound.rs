//! Every kind of message and event of WeChat: a file `fixtures/wechat/inbound/<name>.xml`
//! and a line here that says what it must become.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use bianmin::channel::wechat::{Refused, inbound};

const SECOND: &str = "1714112445";

/// Name, then for every fact: what follows `SECOND` in its key, and its content.
const EXPECT: &[(&str, &[(&str, &str)])] = &[
    ("text", &[("/24542012345678901", r#"Text("王庄村口路灯坏了")"#)]),
    ("text-article", &[("/24542012345678901", r#"Text("好")"#)]),
    ("text-plain-entities", &[("/24542012345678901", r#"Text(" a<b> &A市 ")"#)]),
    (
        "text-cdata-end",
        &[("/24542012345678901", r#"Text("x]]></Content><MsgType>event</MsgType>")"#)],
    ),
    ("text-empty", &[("/24542012345678901", r#"Text("")"#)]),
    ("text-unsupported", &[("/24542012345678901", r#"Unknown { kind: "unsupported" }"#)]),
    ("text-msgmenu", &[("/24542012345678901", r#"Choice { id: "101", text: "满意" }"#)]),
    ("text-no-msgid", &[("/text/好/", r#"Text("好")"#)]),
    ("reordered-bom", &[("/9", r#"Text("好")"#)]),
    ("image", &[("/24542012345678901", r#"Photo { media: "media-1" }"#)]),
    ("image-no-media", &[("/24542012345678901", r#"Unknown { kind: "image" }"#)]),
    ("voice", &[("/24542012345678901", r#"Voice { media: "media-2", text: None }"#)]),
    (
        "voice-recognition",
        &[("/24542012345678901", r#"Voice { media: "media-2", text: Some("路灯坏了") }"#)],
    ),
    ("video", &[("/24542012345678901", r#"Video { media: "media-3" }"#)]),
    ("shortvideo", &[("/24542012345678901", r#"Video { media: "media-4" }"#)]),
    (
        "location",
        &[(
            "/24542012345678901",
            r#"Location { latitude: 31.352859, longitude: 118.43313, label: "王庄村 12 号" }"#,
        )],
    ),
    ("location-broken", &[("/24542012345678901", r#"Unknown { kind: "location" }"#)]),
    ("link", &[("/24542012345678901", r#"Link { title: "通知", url: "https://example.cn/1" }"#)]),
    ("kind-unknown", &[("/24542012345678901", r#"Unknown { kind: "miniprogrampage" }"#)]),
    ("subscribe", &[("/subscribe//", "Follow { scene: None, new: true }")]),
    (
        "subscribe-scene",
        &[(
            "/subscribe/qrscene_v:liuhe-3/TICKET1",
            r#"Follow { scene: Some("v:liuhe-3"), new: true }"#,
        )],
    ),
    ("unsubscribe", &[("/unsubscribe//", "Unfollow")]),
    ("scan", &[("/scan/v:liuhe-3/TICKET1", r#"Follow { scene: Some("v:liuhe-3"), new: false }"#)]),
    ("event-location", &[("/location//", r#"Noted { kind: "location" }"#)]),
    ("click", &[("/click/反映问题/", r#"Menu { key: "反映问题" }"#)]),
    ("view", &[("/view/#f0a3ca7aec8a82f4773d0130f052170d02d35176/", r#"Noted { kind: "view" }"#)]),
    (
        "view-miniprogram",
        &[(
            "/view_miniprogram/#a0b913f532b846d0d7fd82f298d9219d83bdf9e3/",
            r#"Noted { kind: "view_miniprogram" }"#,
        )],
    ),
    (
        "scancode-waitmsg",
        &[("/scancode_waitmsg/scan/102-837-465", r#"Scan { key: "scan", text: "102-837-465" }"#)],
    ),
    ("scancode-push", &[("/scancode_push/scan/1", r#"Scan { key: "scan", text: "1" }"#)]),
    ("pic_sysphoto", &[("/pic_sysphoto/photo/", r#"Noted { kind: "pic_sysphoto" }"#)]),
    (
        "pic_photo_or_album",
        &[("/pic_photo_or_album/photo/", r#"Noted { kind: "pic_photo_or_album" }"#)],
    ),
    ("pic_weixin", &[("/pic_weixin/photo/", r#"Noted { kind: "pic_weixin" }"#)]),
    ("location_select", &[("/location_select/where/", r#"Noted { kind: "location_select" }"#)]),
    (
        "template-success",
        &[(
            "/templatesendjobfinish//200163836",
            r#"Receipt { message: "200163836", delivered: true, detail: "success" }"#,
        )],
    ),
    (
        "template-blocked",
        &[(
            "/templatesendjobfinish//200163836",
            r#"Receipt { message: "200163836", delivered: false, detail: "failed:user block" }"#,
        )],
    ),
    (
        "template-failed",
        &[(
            "/templatesendjobfinish//200163836",
            r#"Receipt { message: "200163836", delivered: false, detail: "failed: system failed" }"#,
        )],
    ),
    (
        "subscribe_msg_popup_event",
        &[
            (
                "/subscribe_msg_popup_event///tpl-1//accept",
                r#"Consent { template: "tpl-1", allowed: true }"#,
            ),
            (
                "/subscribe_msg_popup_event///tpl-2//reject",
                r#"Consent { template: "tpl-2", allowed: false }"#,
            ),
        ],
    ),
    (
        "subscribe_msg_change_event",
        &[(
            "/subscribe_msg_change_event///tpl-1//reject",
            r#"Consent { template: "tpl-1", allowed: false }"#,
        )],
    ),
    (
        "subscribe_msg_sent_event",
        &[
            (
                "/subscribe_msg_sent_event///tpl-1/1700827132819554304/",
                r#"Receipt { message: "1700827132819554304", delivered: true, detail: "success" }"#,
            ),
            (
                "/subscribe_msg_sent_event///tpl-1/1700827132819554305/",
                r#"Receipt { message: "1700827132819554305", delivered: false, detail: "user refuse" }"#,
            ),
        ],
    ),
    (
        "subscribe_msg_empty",
        &[("/subscribe_msg_popup_event//", r#"Noted { kind: "subscribe_msg_popup_event" }"#)],
    ),
    ("kf_create_session", &[("/kf_create_session//", r#"Noted { kind: "kf_create_session" }"#)]),
    ("kf_close_session", &[("/kf_close_session//", r#"Noted { kind: "kf_close_session" }"#)]),
    ("kf_switch_session", &[("/kf_switch_session//", r#"Noted { kind: "kf_switch_session" }"#)]),
    ("user_info_modified", &[("/user_info_modified//", r#"Noted { kind: "user_info_modified" }"#)]),
    ("user_authorization_revoke", &[("/user_authorization_revoke//", r#"Unfollow"#)]),
    ("event-unknown", &[("/debug_demo//", r#"Unknown { kind: "debug_demo" }"#)]),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wechat/inbound")
}

#[test]
fn every_kind_becomes_what_it_says() {
    for (name, expect) in EXPECT {
        let body = fs::read(folder().join(format!("{name}.xml"))).unwrap();
        let push = inbound::parse(&body, "main").unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(push.to, "gh_97417a04a28d", "{name}");
        let facts: Vec<_> = push
            .facts
            .iter()
            .map(|fact| {
                assert_eq!(fact.from.to_string(), "wechat/main/o9AgO5Kd5ggOC-bXrbNODIiE3bGY");
                assert_eq!(fact.at.as_second(), 1_714_112_445, "{name}");
                (fact.key.clone(), format!("{:?}", fact.content))
            })
            .collect();
        let expect: Vec<_> = expect
            .iter()
            .map(|(key, content)| (format!("{SECOND}{key}"), (*content).to_owned()))
            .collect();
        assert_eq!(facts, expect, "{name}");
    }
}

#[test]
fn every_file_has_its_line() {
    let files: BTreeSet<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let lines: BTreeSet<_> = EXPECT.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, lines);
}

#[test]
fn a_push_that_names_nobody_is_refused() {
    let whole = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName>\
                 <CreateTime>1</CreateTime><MsgType>text</MsgType><Content>a</Content></xml>";
    assert!(inbound::parse(whole.as_bytes(), "main").is_ok());
    for (find, replace, field) in [
        ("<FromUserName>o1</FromUserName>", "", "FromUserName"),
        ("o1", "", "FromUserName"),
        ("o1", "o/../1", "FromUserName"),
        ("o1", "村", "FromUserName"),
        ("gh_1", " ", "ToUserName"),
        (">1<", "><", "CreateTime"),
        (">1<", ">yesterday<", "CreateTime"),
        (">1<", ">99999999999999999<", "CreateTime"),
        ("<MsgType>text</MsgType>", "", "MsgType"),
        ("<MsgType>text</MsgType>", "<MsgType>text</MsgType><MsgType>event</MsgType>", "MsgType"),
        ("<FromUserName>", "<FromUserName>o2</FromUserName><FromUserName>", "FromUserName"),
    ] {
        let xml = whole.replace(find, replace);
        let refused = inbound::parse(xml.as_bytes(), "main").map(|push| push.from);
        assert_eq!(refused, Err(Refused::BadField(field)), "{xml}");
    }
}
