//! A case that a clerk writes down from a telephone call: who has no WeChat is told by SMS.

use fake_wechat::FakeSms;

use crate::county::{County, SMS_SECRET, VILLAGER, county, number_in};
use crate::sms_fallback::link;
use crate::sms_talk::{PHONE, dlr, modem, opened, report, write};

async fn call(county: &County, fields: &[(&str, &str)]) -> Result<String, String> {
    let mut clerk = county.clerk_again().await;
    clerk.csrf = clerk.csrf_of("/desk/new").await;
    let mut all = vec![
        ("text", "村口的路灯坏了半个月了"),
        ("village", "大黑坨村"),
        ("name", "李四"),
        ("phone", PHONE),
        ("told_by", "sms"),
    ];
    all.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    all.extend_from_slice(fields);
    let (status, text) = clerk.post("/desk/new", &all).await;
    county.settle().await;
    if status != 303 {
        return Err(text);
    }
    let list = clerk.get("/desk").await;
    let number = list.split("href=\"/desk/cases/").nth(1).unwrap().split('"').next().unwrap();
    Ok(number.to_owned())
}

async fn page(county: &County, number: &str) -> String {
    county.clerk_again().await.get(&format!("/desk/cases/{number}")).await
}

#[tokio::test]
async fn a_number_that_a_clerk_typed_gets_every_notice_by_sms() {
    let (mut county, fake) = opened().await;
    drop(county.clerk().await);
    let number = call(&county, &[]).await.unwrap();
    // Sent twice, it is one case.
    assert_eq!(call(&county, &[]).await.unwrap(), number);
    assert!(page(&county, &number).await.contains("来自</dt><dd>电话"));
    assert!(page(&county, &number).await.contains("下一条：短信（modem）"));
    county.pass(301).await;
    assert_eq!(fake.texts_to(PHONE).len(), 1);
    assert_eq!(number_in(&fake.last().text), number);
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(301).await;
    assert!(fake.last().text.contains("已交城管局办理"), "{}", fake.last().text);
    dlr(&county, &fake.last(), 1, "").await;
    assert!(page(&county, &number).await.contains("短信（modem） · <strong>已送到</strong> · 1条"));
    // She answers, and it is her case.
    let said = write(&county, &fake, PHONE, "2").await;
    assert_eq!(number_in(&said), number, "{said}");
}

#[tokio::test]
async fn whoever_wants_a_call_is_called() {
    let (mut county, fake) = opened().await;
    drop(county.clerk().await);
    let number = call(&county, &[("told_by", "phone")]).await.unwrap();
    county.pass(301).await;
    assert!(fake.taken().is_empty());
    assert_eq!(county.clerk_again().await.tasks("她要打电话告诉她").await.len(), 1);
    assert!(page(&county, &number).await.contains("她要打电话"));
}

#[tokio::test]
async fn who_is_known_by_that_number_keeps_her_cases_together() {
    let (mut county, fake) = opened().await;
    drop(county.clerk().await);
    let before = report(&county, &fake, PHONE).await;
    let number = call(&county, &[("text", "自来水停了三天")]).await.unwrap();
    assert_ne!(before, number);
    county.pass(301).await;
    for number in [&before, &number] {
        let said = write(&county, &fake, PHONE, &format!("查 {number}")).await;
        assert_eq!(number_in(&said), **number, "{said}");
    }
    // A number that is no longer hers by now: she says so, and a clerk is told.
    let said = write(&county, &fake, PHONE, "打错了").await;
    assert!(said.contains("不再往这个号码发了"), "{said}");
    let sent = fake.taken().len();
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(600).await;
    assert_eq!(fake.taken().len(), sent);
}

#[tokio::test]
async fn a_form_that_is_not_right_says_so_and_loses_nothing() {
    let (county, _fake) = opened().await;
    drop(county.clerk().await);
    for (field, value, part) in [
        ("phone", "1380013800", "位"),
        ("phone", "", "手机号"),
        ("village", "没有这个村庄", "没有找到“没有这个村庄”这个村"),
        ("text", " ", "请写她说的是什么事"),
        ("category", "no-such", "类别"),
    ] {
        let error = call(&county, &[(field, value)]).await.unwrap_err();
        assert!(
            error.contains("role=\"alert\"") && error.contains(part),
            "{field} {value}: {error}"
        );
        assert!(error.contains("value=\"李四\""), "what was typed is still there");
    }
    assert_eq!(county.health().await["details"]["cases"], 0);
}

/// She says by which way she wants to be told, and clerks see it.
#[tokio::test]
async fn her_own_choice_of_a_channel_comes_first() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let mut county = county().settings(&modem(&fake)).open().await;
    let number = county.report(VILLAGER).await;
    drop(county.clerk().await);
    assert!(county.say(VILLAGER, "短信通知").await.contains("还没有绑手机"));
    link(&county, &fake).await;
    assert!(page(&county, &number).await.contains("按她最近用的 · 下一条：微信"));
    assert!(county.say(VILLAGER, "短信通知").await.contains("发短信告诉您"));
    assert!(page(&county, &number).await.contains("她要短信 · 下一条：短信（modem）"));
    let before = (fake.taken().len(), county.inbox(VILLAGER).len());
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    county.pass(301).await;
    assert_eq!((fake.taken().len(), county.inbox(VILLAGER).len()), (before.0 + 1, before.1));
    assert!(county.say(VILLAGER, "微信通知").await.contains("用微信告诉您"));
    // Though she wrote by SMS last.
    county.pass(60).await;
    write(&county, &fake, PHONE, "2").await;
    let before = (fake.taken().len(), county.inbox(VILLAGER).len());
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "正在修")]).await;
    drop(clerk);
    county.pass(301).await;
    assert_eq!((fake.taken().len(), county.inbox(VILLAGER).len()), (before.0, before.1 + 1));
}
