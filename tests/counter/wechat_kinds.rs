//! Photos, recordings, places, taps, and kinds that nobody knows yet.

use bianmin::office::Role;
use fake_wechat::{Fault, MEDIA_GET, cdata};

use super::county::{VILLAGER, county, media_in, number_in, part};

const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!";
const REPORT: &str = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000";

#[tokio::test]
async fn a_photo_is_fetched_kept_and_shown() {
    let mut county = county().open().await;
    county.wechat.add_media("photo-1", "image/gif", GIF);
    county.wechat.fail(MEDIA_GET, Fault::Status(502), Some(1));
    county.say(VILLAGER, REPORT).await;
    let photo = county.account.villager(VILLAGER).photo(&county.webhook(), "photo-1").await;
    let said = photo.unwrap().text().to_owned();
    assert!(said.starts_with("照片收到了。") && said.contains("请您核对"), "{said}");
    county.settle().await;
    county.pass(60).await;
    let number = number_in(&county.say(VILLAGER, "对").await);
    let clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    let photo = media_in(&page);
    let hash = part(&photo, "/media/", "?");
    let answer = county
        .http
        .get(format!("{}{photo}", county.base))
        .header("cookie", &clerk.cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "image/gif");
    assert_eq!(answer.bytes().await.unwrap(), GIF);
    let file = county.data.path().join("media").join(&hash[..2]).join(hash);
    assert_eq!(std::fs::read(file).unwrap(), GIF, "by content hash under data/media");
}

#[tokio::test]
async fn an_option_that_is_tapped_is_answered_like_its_number() {
    let plain = county().open().await;
    let menu = plain.say(VILLAGER, "菜单").await;
    assert!(menu.contains("\n2 查进度") && !menu.contains("bizmsgmenu"), "{menu}");
    let typed = plain.say(VILLAGER, "2").await;

    let service = county().account("kind = \"service\"\n").open().await;
    let menu = service.say(VILLAGER, "菜单").await;
    let link = "2 <a href=\"weixin://bizmsgmenu?msgmenucontent=查进度&msgmenuid=2\">查进度</a>";
    assert!(menu.contains(link), "{menu}");
    let tap = "<Content><![CDATA[查进度]]></Content><bizmsgmenuid>2</bizmsgmenuid>";
    let villager = service.account.villager(VILLAGER);
    let tapped = villager.push(&service.webhook(), "text", tap).await.unwrap();
    assert_eq!(tapped.text(), typed);
}

#[tokio::test]
async fn a_photo_before_anything_else_begins_a_report() {
    let county = county().open().await;
    county.wechat.add_media("photo-1", "image/gif", GIF);
    let photo = county.account.villager(VILLAGER).photo(&county.webhook(), "photo-1").await;
    let said = photo.unwrap().text().to_owned();
    assert!(said.contains("照片收到了") && said.contains("这件事在哪个村"), "{said}");
}

#[tokio::test]
async fn a_recording_without_words_gets_a_kind_answer_and_is_kept_for_the_clerk() {
    let county = county().open().await;
    county.wechat.add_media("voice-1", "audio/amr", b"#!AMR\nhello");
    let villager = county.account.villager(VILLAGER);
    let inner = "<MediaId><![CDATA[voice-1]]></MediaId><Format><![CDATA[amr]]></Format>\
                 <Recognition><![CDATA[]]></Recognition>";
    let answer = villager.push(&county.webhook(), "voice", inner).await.unwrap();
    assert!(answer.text().contains("请您再用字简单写一句"), "{answer:?}");
    county.settle().await;
    let clerk = county.clerk().await;
    let tasks = clerk.tasks("有语音要听").await;
    assert_eq!(tasks.len(), 1);
    let recording = media_in(&clerk.get(&tasks[0]).await);
    assert!(recording.contains("?task="), "{recording}");
    assert_eq!(clerk.get(&recording).await, "#!AMR\nhello");
    let own = county.staff("小王", Role::Department, Some("城管")).await;
    assert_eq!(own.try_get(&recording).await.0, 404);
}

#[tokio::test]
async fn a_recording_that_wechat_lost_is_said_to_be_lost() {
    let county = county().open().await;
    let inner = "<MediaId><![CDATA[gone]]></MediaId><Format><![CDATA[amr]]></Format>";
    county.account.villager(VILLAGER).push(&county.webhook(), "voice", inner).await.unwrap();
    county.settle().await;
    let clerk = county.clerk().await;
    let tasks = clerk.tasks("有语音要听").await;
    assert!(clerk.get(&tasks[0]).await.contains("没有取到"));
}

#[tokio::test]
async fn a_location_stands_in_the_case() {
    let county = county().open().await;
    let text = "大黑坨村路灯灭了半个月没人管，我叫张三，电话13800138000";
    let said = county.say(VILLAGER, text).await;
    assert!(said.starts_with("请您核对"), "{said}");
    let inner = format!(
        "<Location_X>39.428</Location_X><Location_Y>118.905</Location_Y><Scale>15</Scale>\
         <Label>{}</Label>",
        cdata("大黑坨村委会西侧")
    );
    let villager = county.account.villager(VILLAGER);
    let answer = villager.push(&county.webhook(), "location", &inner).await.unwrap();
    let said = answer.text();
    assert!(said.starts_with("位置收到了。") && said.contains("请您核对"), "{said}");
    let number = number_in(&county.say(VILLAGER, "对").await);
    let page = county.clerk().await.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("大黑坨村委会西侧") && page.contains("39.428"), "{page}");
}

#[tokio::test]
async fn follows_taps_and_scans() {
    let county = county().open().await;
    assert!(county.event(VILLAGER, "subscribe", "").await.contains("这里是便民服务"));
    let said = county.event(VILLAGER, "subscribe", "qrscene_village-130225102216").await;
    assert!(said.contains("这里是便民服务"), "{said}");
    assert!(county.event(VILLAGER, "CLICK", "STATUS").await.contains("没有查到您的事"));
    assert!(county.event(VILLAGER, "CLICK", "APPEAL").await.starts_with("这件事在哪个村"));
    assert!(county.event(VILLAGER, "CLICK", "HUMAN").await.contains("请工作人员看了"));
}

#[tokio::test]
async fn the_village_whose_code_she_scanned_is_one_word_away() {
    let county = county().open().await;
    county.event(VILLAGER, "subscribe", "qrscene_village-130225102216").await;
    let asked = county.say(VILLAGER, "反映问题").await;
    assert!(asked.starts_with("这件事在哪个村") && asked.contains("是「大黑坨村」的事"), "{asked}");
    assert!(county.say(VILLAGER, "是").await.starts_with("请说说是什么事"));
    let review = county.say(VILLAGER, "垃圾堆在路边十几天没人拉").await;
    assert!(review.contains("大黑坨村"), "{review}");

    // Who is away from home names another one; who followed long ago scans as well.
    let neighbour = "oVillager00000000000000000002";
    county.event(neighbour, "SCAN", "village-130225102216").await;
    assert!(county.say(neighbour, "反映问题").await.contains("是「大黑坨村」的事"));
    assert!(county.say(neighbour, "毛庄村").await.starts_with("请说说是什么事"));
    let review = county.say(neighbour, "垃圾堆在路边十几天没人拉").await;
    assert!(review.contains("毛庄村") && !review.contains("大黑坨村"), "{review}");

    // A code of no village, or of another program, is none.
    let third = "oVillager00000000000000000003";
    county.event(third, "SCAN", "village-999").await;
    assert!(!county.say(third, "反映问题").await.contains("的事，回「是」"));
}

#[tokio::test]
async fn the_address_of_the_account_is_verified() {
    let county = county().open().await;
    county.account.verify(&county.webhook()).await.unwrap();
    let http = &county.http;
    let forged = format!("{}?signature=00&timestamp=1&nonce=2&echostr=x", county.webhook());
    assert_eq!(http.get(forged).send().await.unwrap().status(), 403);
    assert_eq!(http.get(county.webhook()).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn unknown_kinds_are_acknowledged_and_counted() {
    let county = county().open().await;
    let villager = county.account.villager(VILLAGER);
    for (kind, inner) in [
        ("hologram", "<Content>x</Content>"),
        ("event", "<Event><![CDATA[brand_new_event]]></Event>"),
        ("event", "<Event><![CDATA[VIEW]]></Event><EventKey><![CDATA[https://x]]></EventKey>"),
    ] {
        let answer = villager.push(&county.webhook(), kind, inner).await.unwrap();
        assert_eq!((answer.deliveries, answer.reply), (1, None), "{kind} {inner}");
    }
    let details = county.health().await["details"].clone();
    assert_eq!((&details["unknown"], &details["noted"]), (&2.into(), &1.into()), "{details}");
}

#[tokio::test]
async fn markup_in_her_words_stays_her_words() {
    let county = county().open().await;
    let text = "路灯坏了]]><script>alert(1)</script>&amp; <b>很黑</b>，已经五天";
    let said = county.talk(VILLAGER, &["投诉", "大黑坨村", text, "我叫张三"]).await;
    assert!(said.contains(text), "{said}");
    let number = number_in(&county.say(VILLAGER, "对").await);
    let page = county.clerk().await.get(&format!("/desk/cases/{number}")).await;
    assert!(!page.contains("<script>"), "{page}");
    assert!(page.contains("]]&#62;&#60;script&#62;"), "{page}");
}

#[tokio::test]
async fn what_became_of_a_template_message_comes_back_as_an_event() {
    for (status, shown) in [("success", "已送到"), ("failed:user block", "要打电话")] {
        let lines = "[wechat.main.templates]\ndispatched = \"T1\"";
        let mut county = county().account(lines).open().await;
        county.wechat.add_template("T1");
        let number = county.report(VILLAGER).await;
        county.pass(49 * 3600).await;
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let inner = format!(
            "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>{}</MsgID><Status>{status}</Status>",
            county.wechat.last_message_id()
        );
        let villager = county.account.villager(VILLAGER);
        villager.push(&county.webhook(), "event", &inner).await.unwrap();
        county.settle().await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        assert!(page.contains(shown), "{status}: {page}");
    }
}

/// Tencent's servers may be faster than our disk.
#[tokio::test]
async fn a_receipt_that_overtakes_our_own_note_is_not_lost() {
    for (status, shown) in [("success", "已送到"), ("failed:user block", "要打电话")] {
        let lines = "[wechat.main.templates]\ndispatched = \"T1\"";
        let mut county = county().account(lines).open().await;
        county.wechat.add_template("T1");
        let number = county.report(VILLAGER).await;
        county.pass(49 * 3600).await;
        let mut clerk = county.clerk().await;
        // A token may be fetched before, which takes a number too.
        let next = county.wechat.last_message_id() + 1;
        for id in [next, next, next + 1] {
            let inner = format!(
                "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>{id}</MsgID><Status>{status}</Status>"
            );
            let villager = county.account.villager(VILLAGER);
            villager.push(&county.webhook(), "event", &inner).await.unwrap();
        }
        county.settle().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        assert!(page.contains(shown), "{status}: {page}");
    }
}

#[tokio::test]
async fn a_subscription_message_goes_to_who_allowed_it_and_only_once() {
    let lines = "[wechat.main.subscriptions]\ndispatched = \"S1\"\nprogress = \"S1\"";
    let mut county = county().account(lines).open().await;
    let number = county.report(VILLAGER).await;
    county.wechat.add_template("S1");
    county.wechat.consent(VILLAGER, "S1", 1);
    let inner = "<Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent><List>\
                 <TemplateId>S1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString>\
                 <PopupScene>2</PopupScene></List></SubscribeMsgPopupEvent>";
    county.account.villager(VILLAGER).push(&county.webhook(), "event", inner).await.unwrap();
    county.pass(49 * 3600).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let page = clerk.get("/desk/tasks").await;
    assert_eq!(county.wechat.calls(fake_wechat::BIZSEND).len(), 1, "{page}");
    assert_eq!(county.inbox(VILLAGER).len(), 1);
    clerk.act(&number, "progress", &[("text", "车已经在路上了")]).await;
    assert_eq!(county.inbox(VILLAGER).len(), 1, "one permission, one message");
    assert_eq!(clerk.tasks("车已经在路上了").await.len(), 1);
}

#[tokio::test]
async fn who_takes_back_her_consent_is_forgotten() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    county.event(VILLAGER, "user_authorization_revoke", "").await;
    assert!(county.say(VILLAGER, "查进度").await.contains("没有查到您的事"));
    let page = county.clerk().await.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("垃圾堆在路边"), "the case stays");
}

#[tokio::test]
async fn several_accounts_each_at_its_own_path() {
    let west = "[wechat.west]\nappid = \"wx1111111111111111\"\noriginal_id = \"gh_111111111111\"\n\
                token_env = \"TOKEN\"\naes_key_env = \"KEY\"";
    let county = county().account(west).open().await;
    let mut account = fake_wechat::Account::new(fake_wechat::Mode::Safe);
    account.now = county.account.now;
    account.appid = "wx1111111111111111".into();
    account.original_id = "gh_111111111111".into();
    let url = format!("{}/wechat/west", county.base);
    let answer = account.villager(VILLAGER).say(&url, "投诉").await.unwrap();
    assert!(answer.text().starts_with("这件事在哪个村"));
    // The same openid on another account is somebody else.
    assert!(county.say(VILLAGER, "大黑坨").await.contains("没听懂"), "no dialog runs there");
    let refused = account.villager(VILLAGER).say(&county.webhook(), "投诉").await.unwrap_err();
    assert!(refused.contains("403"), "{refused}");
}
