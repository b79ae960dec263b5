//! One person with WeChat and a telephone: which way a message goes, what happens when it
//! does not arrive, and that it never goes twice.

use fake_wechat::{CUSTOM_SEND, FakeSms, Fault, SmsFault, TEMPLATE_SEND};

use crate::county::{County, SMS_SECRET, VILLAGER, county, number_in};
use crate::sms_talk::{PHONE, dlr, modem, opened, report, write};

/// She has a case on WeChat, and her telephone is linked.
async fn linked(account: &str) -> (County, FakeSms, String) {
    let fake = FakeSms::start(SMS_SECRET).await;
    let county = county().settings(&modem(&fake)).account(account).open().await;
    county.wechat.add_template("T1");
    let number = county.report(VILLAGER).await;
    link(&county, &fake).await;
    (county, fake, number)
}

pub async fn link(county: &County, fake: &FakeSms) {
    county.say(VILLAGER, "绑定手机").await;
    let before = fake.taken().len();
    county.say(VILLAGER, PHONE).await;
    county.settle().await;
    let code = code_in(&fake.taken()[before].text);
    let said = county.say(VILLAGER, &code).await;
    assert!(said.contains("绑好了"), "{said}");
}

/// The six digits of a one-time code.
pub fn code_in(text: &str) -> String {
    let mut runs = text.split(|c: char| !c.is_ascii_digit());
    runs.find(|run| run.len() == 6).unwrap_or_else(|| panic!("no code: {text}")).into()
}

async fn dispatch(county: &County, number: &str) {
    let mut clerk = county.clerk().await;
    clerk.act(number, "dispatch", &[("department", "城管")]).await;
}

const TEMPLATE: &str = "[wechat.main.templates]\ndispatched = \"T1\"\n";

#[tokio::test]
async fn a_push_refused_with_45015_arrives_by_sms_exactly_once() {
    let (mut county, fake, number) = linked("").await;
    county.wechat.fail(CUSTOM_SEND, Fault::Error(45015), None);
    let before = fake.taken().len();
    dispatch(&county, &number).await;
    county.pass(301).await;
    county.pass(301).await;
    let news = &fake.taken()[before..];
    assert_eq!(news.len(), 1, "{news:?}");
    assert!(news[0].text.contains("已交城管局办理"), "{}", news[0].text);
    assert_eq!(county.wechat.calls(CUSTOM_SEND).len(), 1, "not tried again on WeChat");
    // The network repeats itself, and contradicts itself.
    for status in [8, 1, 8, 1, 2, 16] {
        dlr(&county, &news[0], status, "x").await;
    }
    county.pass(24 * 3600).await;
    assert_eq!(fake.taken().len(), before + 1);
    let page = county.clerk_again().await.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("已送到"), "{page}");
}

#[tokio::test]
async fn accepted_but_never_delivered_arrives_by_sms_after_its_time() {
    let (mut county, fake, number) = linked(TEMPLATE).await;
    county.pass(49 * 3600).await;
    let before = fake.taken().len();
    dispatch(&county, &number).await;
    assert_eq!(county.wechat.calls(TEMPLATE_SEND).len(), 1);
    county.pass(119 * 60).await;
    assert_eq!(fake.taken().len(), before, "WeChat has two hours");
    county.pass(120).await;
    assert_eq!(fake.taken().len(), before + 1);
    // The report comes after all: nothing more goes out, on any channel.
    receipt(&county, "success").await;
    county.pass(24 * 3600).await;
    receipt(&county, "success").await;
    county.pass(24 * 3600).await;
    let told = fake.taken().iter().filter(|sms| sms.text.contains("已交城管局办理")).count();
    assert_eq!(told, 1);
    assert_eq!(county.wechat.calls(TEMPLATE_SEND).len(), 1);
    assert_eq!(county.wechat.calls(CUSTOM_SEND).len(), 0);
}

async fn receipt(county: &County, status: &str) {
    let id = county.wechat.last_message_id();
    let inner = format!("<MsgID>{id}</MsgID><Status>{}</Status>", fake_wechat::cdata(status));
    let villager = county.account.villager(VILLAGER);
    villager.event(&county.webhook(), "TEMPLATESENDJOBFINISH", &inner).await.unwrap();
    county.settle().await;
}

#[tokio::test]
async fn a_report_in_time_keeps_the_sms_from_going() {
    let (mut county, fake, number) = linked(TEMPLATE).await;
    county.pass(49 * 3600).await;
    let before = fake.taken().len();
    dispatch(&county, &number).await;
    receipt(&county, "success").await;
    county.pass(24 * 3600).await;
    assert_eq!(fake.taken().len(), before);
}

#[tokio::test]
async fn a_late_report_stops_an_sms_that_waits_for_the_morning() {
    let (mut county, fake, number) = linked(TEMPLATE).await;
    // Monday ten o'clock, and then Wednesday half past eight in the evening.
    county.pass(58 * 3600 + 1800).await;
    let before = fake.taken().len();
    dispatch(&county, &number).await;
    county.pass(2 * 3600 + 60).await;
    assert_eq!(fake.taken().len(), before, "it is night");
    receipt(&county, "success").await;
    county.pass(24 * 3600).await;
    assert_eq!(fake.taken().len(), before);
}

#[tokio::test]
async fn held_at_night_and_sent_in_the_morning() {
    let (mut county, fake) = opened().await;
    let number = report(&county, &fake, PHONE).await;
    county.pass(12 * 3600).await;
    let before = fake.taken().len();
    dispatch(&county, &number).await;
    county.pass(9 * 3600).await;
    assert_eq!(fake.taken().len(), before, "seven in the morning");
    county.pass(3600 + 1201).await;
    assert_eq!(fake.taken().len(), before + 1);
    // What she asks at night is answered at night.
    county.pass(15 * 3600).await;
    assert!(write(&county, &fake, PHONE, "2").await.contains("在办"));
}

#[tokio::test]
async fn a_timeout_is_not_sent_again_and_the_network_tells() {
    let (mut county, fake) = opened().await;
    let number = report(&county, &fake, PHONE).await;
    dispatch(&county, &number).await;
    fake.fail(SmsFault::Drop);
    county.pass(301).await;
    let sent = fake.taken().len();
    county.pass(300).await;
    assert_eq!(fake.taken().len(), sent, "nobody knows, so nobody sends");
    assert!(county.clerk_again().await.tasks("不知道她收到没有").await.is_empty(), "ten minutes");
    let sms = fake.last();
    dlr(&county, &sms, 8, "ACK/").await;
    county.pass(600).await;
    assert!(county.clerk_again().await.tasks("不知道她收到没有").await.is_empty(), "it went");
    dlr(&county, &sms, 1, "").await;
    // And the same without a word from the network: a clerk looks.
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "正在清理")]).await;
    drop(clerk);
    fake.fail(SmsFault::Drop);
    county.pass(301).await;
    county.pass(601).await;
    let clerk = county.clerk_again().await;
    assert_eq!(clerk.tasks("不知道她收到没有").await.len(), 1);
    drop(clerk);
    assert_eq!(fake.taken().len(), sent + 1);
    // The late report is still believed, and the clerk has nothing to do any more.
    dlr(&county, &fake.last(), 1, "").await;
    assert!(county.clerk_again().await.tasks("不知道她收到没有").await.is_empty());
}

#[tokio::test]
async fn what_surely_did_not_go_is_tried_again() {
    let (mut county, fake) = opened().await;
    fake.fail(SmsFault::Answer(503, "Temporal failure, try again later.".into()));
    assert_eq!(write(&county, &fake, PHONE, "1").await, "");
    county.pass(5).await;
    assert_eq!(fake.texts_to(PHONE), ["在哪个村？请回村名"]);
    county.pass(3600).await;
    assert_eq!(fake.taken().len(), 1);
}

#[tokio::test]
async fn switched_off_is_tried_once_more_and_no_such_number_never() {
    let (mut county, fake) = opened().await;
    let number = report(&county, &fake, PHONE).await;
    dispatch(&county, &number).await;
    county.pass(301).await;
    let first = fake.last();
    dlr(&county, &first, 2, "stat:EXPIRED").await;
    county.pass(3 * 3600).await;
    let sent = fake.taken().len();
    county.pass(3601).await;
    assert_eq!(fake.taken().len(), sent + 1, "four hours later");
    dlr(&county, &fake.last(), 2, "stat:EXPIRED").await;
    county.pass(12 * 3600).await;
    assert_eq!(fake.taken().len(), sent + 1, "and then a clerk phones");
    let clerk = county.clerk_again().await;
    assert_eq!(clerk.tasks("打电话告诉她").await.len(), 1);
    drop(clerk);
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "正在清理")]).await;
    drop(clerk);
    county.pass(301).await;
    let sent = fake.taken().len();
    dlr(&county, &fake.last(), 2, "err:001").await;
    county.pass(24 * 3600).await;
    assert_eq!(fake.taken().len(), sent);
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "快清完了")]).await;
    drop(clerk);
    county.pass(301).await;
    assert_eq!(fake.taken().len(), sent, "the number is no longer hers");
}

#[tokio::test]
async fn a_dead_letter_can_be_sent_again_or_the_other_way_or_told_by_telephone() {
    let (mut county, fake, number) = linked("").await;
    county.wechat.fail(CUSTOM_SEND, Fault::Drop, Some(1));
    dispatch(&county, &number).await;
    let mut clerk = county.clerk_again().await;
    let tasks = clerk.tasks("看看她收到没有").await;
    assert_eq!(tasks.len(), 1);
    let page = clerk.get(&tasks[0]).await;
    assert!(page.contains("/sms\"") && page.contains("/resend\"") && page.contains("/finish\""));
    clerk.csrf = clerk.csrf_of(&tasks[0]).await;
    let before = fake.taken().len();
    let (status, text) = clerk.post(&format!("{}/sms", tasks[0]), &[]).await;
    assert_eq!(status, 303, "{text}");
    drop(clerk);
    county.settle().await;
    assert_eq!(fake.taken().len(), before + 1);
    assert!(fake.last().text.contains("已交城管局办理"));
    let clerk = county.clerk_again().await;
    assert!(clerk.tasks("看看她收到没有").await.is_empty());
    drop(clerk);
    county.pass(3600).await;
    assert_eq!(fake.taken().len(), before + 1);
}

#[tokio::test]
async fn the_same_person_sees_it_on_wechat_after_linking() {
    let (county, fake) = opened().await;
    let number = report(&county, &fake, PHONE).await;
    assert!(county.say(VILLAGER, "查进度").await.contains("没有查到"));
    link(&county, &fake).await;
    let said = county.say(VILLAGER, "查进度").await;
    assert_eq!(number_in(&said), number);
    // And what is filed on WeChat is seen by SMS.
    let other = county.report(VILLAGER).await;
    let said = write(&county, &fake, PHONE, &format!("查 {other}")).await;
    assert_eq!(number_in(&said), other, "{said}");
}

#[tokio::test]
async fn a_budget_that_is_used_up_stops_all_but_the_urgent() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let settings = format!("{}day_segments = 3\n", modem(&fake));
    let mut county = county().settings(&settings).open().await;
    for _ in 0..2 {
        assert_ne!(write(&county, &fake, PHONE, "帮助").await, "");
    }
    assert_eq!(county.health().await["problems"].to_string(), "[]");
    assert_ne!(write(&county, &fake, PHONE, "帮助").await, "");
    assert!(county.health().await["problems"].to_string().contains("八成"));
    assert_eq!(write(&county, &fake, PHONE, "帮助").await, "");
    assert!(county.health().await["problems"].to_string().contains("用完"));
    assert_eq!(county.clerk().await.tasks("短信预算用完了").await.len(), 1);
    link(&county, &fake).await;
    county.pass(24 * 3600).await;
    assert_ne!(write(&county, &fake, PHONE, "帮助").await, "", "a new day");
}

#[tokio::test]
async fn an_answer_that_is_too_long_for_sms_is_told_by_telephone() {
    let (mut county, fake) = opened().await;
    let number = report(&county, &fake, PHONE).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let text = "垃圾已经全部清走，以后每三天来拉一次。".repeat(20);
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", &text)]).await;
    drop(clerk);
    let before = fake.taken().len();
    county.pass(301).await;
    assert_eq!(fake.taken().len(), before, "neither cut nor sent");
    assert_eq!(county.clerk_again().await.tasks("太长了").await.len(), 1);
}
