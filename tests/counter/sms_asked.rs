//! Providers that are asked what became of a message, and that are emptied of what waits there.

use fake_wechat::{FakeSms, Fate, SmsFault};
use serde_json::json;

use crate::county::{County, VILLAGER};
use crate::sms_clouds::{aliyun, dispatch, linked, tencent};
use crate::sms_talk::PHONE;

const ALIYUN: &str = "QuerySendDetails";
const TENCENT: &str = "PullSmsSendStatusByPhoneNumber";

async fn page(county: &County, number: &str) -> String {
    county.clerk_again().await.get(&format!("/desk/cases/{number}")).await
}

async fn progress(county: &mut County, number: &str, text: &str) {
    let mut clerk = county.clerk_again().await;
    clerk.act(number, "progress", &[("text", text)]).await;
    drop(clerk);
    county.pass(301).await;
}

/// The connection broke, and the provider had the message: it is asked, nothing goes twice.
async fn a_timeout_is_resolved_by_a_question(
    settings: fn(&FakeSms) -> String,
    question: &str,
    fate: Fate,
) {
    let fake = FakeSms::start(crate::county::SMS_SECRET).await;
    let (mut county, number) = linked(settings(&fake), &fake).await;
    fake.fail(SmsFault::Drop);
    dispatch(&mut county, &number).await;
    let sent = fake.taken().len();
    assert!(page(&county, &number).await.contains("不知道收到没有"));
    assert_eq!(fake.asked().len(), 0, "not at once: the receipt may be on its way");
    fake.becomes(&fake.last().id, fate.clone());
    county.pass(61).await;
    assert_eq!(fake.asked(), [question]);
    let shown = page(&county, &number).await;
    match fate {
        Fate::Delivered => assert!(shown.contains("已送到"), "{shown}"),
        _ => assert!(shown.contains("要打电话") && shown.contains("空号"), "{shown}"),
    }
    county.pass(48 * 3600).await;
    assert_eq!(fake.taken().len(), sent, "never a second time");
    assert_eq!(fake.asked().len(), 1, "what is known is not asked again");
    assert!(county.clerk_again().await.tasks("不知道她收到没有").await.is_empty());
    assert_eq!(fake.wrong(), Vec::<String>::new());
}

#[tokio::test]
async fn a_timeout_at_aliyun_that_was_delivered() {
    a_timeout_is_resolved_by_a_question(aliyun, ALIYUN, Fate::Delivered).await;
}

#[tokio::test]
async fn a_timeout_at_aliyun_to_a_number_that_is_gone() {
    a_timeout_is_resolved_by_a_question(aliyun, ALIYUN, Fate::Failed("MK:0001")).await;
}

#[tokio::test]
async fn a_timeout_at_tencent_that_was_delivered() {
    a_timeout_is_resolved_by_a_question(tencent, TENCENT, Fate::Delivered).await;
}

#[tokio::test]
async fn a_timeout_at_tencent_to_a_number_that_is_gone() {
    a_timeout_is_resolved_by_a_question(tencent, TENCENT, Fate::Failed("空号")).await;
}

#[tokio::test]
async fn a_message_that_the_provider_does_not_know_is_a_clerks_and_goes_no_second_time() {
    let fake = FakeSms::start(crate::county::SMS_SECRET).await;
    let (mut county, number) = linked(aliyun(&fake), &fake).await;
    fake.fail(SmsFault::Drop);
    dispatch(&mut county, &number).await;
    fake.becomes(&fake.last().id, Fate::NeverCame);
    let sent = fake.taken().len();
    // The question itself fails in every way: it is asked again in its time, three times.
    let throttled = json!({ "Code": "Throttling.User" }).to_string();
    fake.fail(SmsFault::Answer(400, throttled));
    county.pass(61).await;
    fake.fail(SmsFault::Drop);
    county.pass(3 * 60 + 1).await;
    assert!(county.clerk_again().await.tasks("不知道她收到没有").await.is_empty(), "not yet");
    county.pass(6 * 60 + 1).await;
    assert_eq!(county.clerk_again().await.tasks("不知道她收到没有").await.len(), 1);
    county.pass(48 * 3600).await;
    assert_eq!(fake.taken().len(), sent);
    // That it may not ask at all is said to somebody.
    fake.fail(SmsFault::Drop);
    progress(&mut county, &number, "快清完了").await;
    fake.fail(SmsFault::Answer(200, json!({ "Code": "isp.RAM_PERMISSION_DENY" }).to_string()));
    county.pass(61).await;
    let problems = county.health().await["problems"].to_string();
    assert!(problems.contains("查不了") && problems.contains("没有发短信的权限"), "{problems}");
}

#[tokio::test]
async fn what_was_taken_and_never_reported_on_is_asked_about_and_then_left_alone() {
    let fake = FakeSms::start(crate::county::SMS_SECRET).await;
    // That her time is over is told in another way: here one message is followed.
    let settings = aliyun(&fake) + "\n[notices.kinds]\noverdue = { sms = false }\n";
    let (mut county, number) = linked(settings, &fake).await;
    dispatch(&mut county, &number).await;
    let sent = fake.taken().len();
    let asked = async |county: &mut County, seconds: i64| {
        let before = fake.asked().len();
        county.pass(seconds).await;
        fake.asked().len() - before
    };
    assert_eq!(asked(&mut county, 9 * 60).await, 0, "a receipt has ten minutes");
    assert_eq!(asked(&mut county, 61).await, 1);
    assert_eq!(asked(&mut county, 3_600).await, 1);
    assert_eq!(asked(&mut county, 6 * 3_600).await, 1);
    assert!(page(&county, &number).await.contains("已发出"));
    // The phone was off for a day.
    fake.becomes(&fake.last().id, Fate::Delivered);
    assert_eq!(asked(&mut county, 24 * 3_600).await, 1);
    assert!(page(&county, &number).await.contains("已送到"));
    // Another one is never heard of: four questions, and no end of them.
    progress(&mut county, &number, "正在清理").await;
    assert_eq!(asked(&mut county, 5 * 24 * 3_600).await, 1);
    for _ in 0..10 {
        county.pass(30 * 3_600).await;
    }
    assert_eq!(fake.asked().len(), 8);
    assert_eq!(fake.taken().len(), sent + 1);
    assert!(
        county.clerk_again().await.tasks("不知道").await.is_empty(),
        "no call for a missing receipt"
    );
}

#[tokio::test]
async fn reports_and_replies_are_pulled_where_no_call_comes() {
    let fake = FakeSms::start(crate::county::SMS_SECRET).await;
    let settings = tencent(&fake).replace("per_second", "pull = true\nper_second");
    let (mut county, number) = linked(settings, &fake).await;
    dispatch(&mut county, &number).await;
    let sms = fake.last();
    fake.becomes(&sms.id, Fate::Delivered);
    county.pass(61).await;
    assert!(page(&county, &number).await.contains("已送到"));
    // Her TD, pulled twice because somebody else has called it in as well.
    let at = county.clock_now();
    fake.replied(PHONE, "TD", at);
    county.pass(61).await;
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "正在清理")]).await;
    drop(clerk);
    let sent = fake.taken().len();
    county.pass(301).await;
    assert_eq!(fake.taken().len(), sent, "she wants no more");
    assert_eq!(county.clerk_again().await.tasks("打电话告诉她").await.len(), 1);
    // Two hundred and fifty at once come in pages of a hundred.
    for n in 0..250 {
        fake.replied(&format!("139{n:08}"), "1", at);
    }
    let before = fake.asked().len();
    let heard = county.health().await["details"]["messages"].as_u64().unwrap();
    county.pass(61).await;
    let pages = fake.asked()[before..].iter().filter(|a| *a == "PullSmsReplyStatus").count();
    assert_eq!(pages, 4, "three with something, one empty");
    assert_eq!(county.health().await["details"]["messages"].as_u64().unwrap(), heard + 250);
    // The account is not opened for it: somebody is told, and it goes on trying.
    let closed = json!({ "Response": { "Error":
        { "Code": "UnauthorizedOperation.SmsSdkAppIdVerifyFail" } } });
    fake.fail(SmsFault::Answer(200, closed.to_string()));
    county.pass(61).await;
    assert!(county.health().await["problems"].to_string().contains("查不了"));
    fake.replied("13811112222", "1", at + 5);
    county.pass(61).await;
    assert_eq!(county.health().await["details"]["messages"].as_u64().unwrap(), heard + 251);
    assert!(county.say(VILLAGER, "查进度").await.contains(&number[6..]));
}
