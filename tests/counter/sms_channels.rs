//! Channels beside each other: a deep queue of one delays no other, each shows how it is doing,
//! and what it bills is counted as it counts itself.

use std::time::Duration;

use fake_wechat::{FakeSms, SmsFault};
use jiff::Timestamp;
use serde_json::Value;

use crate::county::{County, SMS_SECRET, VILLAGER, county};
use crate::seed;
use crate::sms_clouds::{dispatch, linked, tencent};
use crate::sms_talk::{PHONE, deliver, dlr, modem, opened, report, write};

const QUEUE: usize = 2_000;
const PATIENCE: Duration = Duration::from_secs(15);

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = std::time::Instant::now() + PATIENCE;
    while !holds().await {
        assert!(std::time::Instant::now() < end, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn shown(county: &County, channel: &str) -> Value {
    county.health().await["details"]["outbox"]["channels"][channel].clone()
}

/// No clock is measured: the modem answers nobody, so whatever arrives did not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_short_messages_delay_neither_wechat_nor_another_channel_nor_an_answer() {
    let (modem_fake, other) = (FakeSms::start(SMS_SECRET).await, FakeSms::start(SMS_SECRET).await);
    let second = modem(&other).replace("sms.modem", "sms.second");
    let settings = format!(
        "[notices]\nquiet = \"\"\nmerge_minutes = 0\n[outbox]\nparallel = 8\n{}{second}",
        modem(&modem_fake)
    );
    let store = std::sync::Arc::new(bianmin::store::MemoryEngine::default());
    seed::notices(&*store, QUEUE, "2026-11-23T09:00:00+08:00".parse::<Timestamp>().unwrap()).await;
    let county = county().settings(&settings).store(store.clone()).open().await;
    let number = county.report(VILLAGER).await;
    drop(county.clerk().await);
    let gate = modem_fake.hold();
    county.office.start();
    until("the modem has all that it is given at once", async || modem_fake.taken().len() == 8)
        .await;
    // A notice by WeChat.
    let mut clerk = county.clerk_again().await;
    let fields = [("department", "城管")];
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("下一条：微信"), "{page}");
    let (status, text) = clerk.try_act(&number, "dispatch", &fields).await;
    assert_eq!(status, 303, "{text}");
    until("WeChat has it", async || !county.inbox(VILLAGER).is_empty()).await;
    assert_eq!(modem_fake.taken().len(), 8, "and the modem still has answered nobody");
    // An answer by another channel, and one by the same.
    let url = format!("{}/sms/second/{SMS_SECRET}", county.base);
    let query = [("id", "a"), ("from", PHONE), ("to", "1"), ("ts", "1"), ("text", "1")];
    assert_eq!(county.http.get(url).query(&query).send().await.unwrap().status(), 200);
    until("the other channel answers", async || other.taken().len() == 1).await;
    assert_eq!(deliver(&county, "b", "13900139000", "1").await, 200);
    until("the answer is not behind the notices", async || {
        !modem_fake.texts_to("13900139000").is_empty()
    })
    .await;
    assert_eq!(modem_fake.taken().len(), 9, "the eight, and the answer");
    let waiting = shown(&county, "sms/modem").await["waiting"].as_u64().unwrap();
    assert_eq!(usize::try_from(waiting).unwrap(), QUEUE + 1, "what is being sent counts");
    gate.open();
    until("the modem has them all", async || modem_fake.taken().len() == QUEUE + 1).await;
    county.office.stop().await;
    let mut ids: Vec<String> = modem_fake.taken().into_iter().map(|sms| sms.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), QUEUE + 1, "each once");
}

#[tokio::test]
async fn what_waits_for_a_channel_that_is_gone_finds_another() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let store: bianmin::store::Store = std::sync::Arc::new(bianmin::store::MemoryEngine::default());
    let mut before = county().settings(&modem(&fake)).store(store.clone()).open().await;
    let number = report(&before, &fake, PHONE).await;
    let mut clerk = before.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    assert_eq!(shown(&before, "sms/modem").await["waiting"], 1, "the five minutes");
    let sent = fake.taken().len();
    before.pass(60).await;
    // The same store, and the channel has another name now.
    let renamed = modem(&fake).replace("sms.modem", "sms.stick");
    let after = county().settings(&renamed).store(store).open_beside(&before).await;
    after.office.start();
    until("it has moved", async || shown(&after, "wechat").await["waiting"] == 1).await;
    after.clock.advance(301);
    after.settle().await;
    until("it is out", async || fake.taken().len() == sent + 1).await;
    after.office.stop().await;
}

#[tokio::test]
async fn each_channel_shows_how_it_is_doing() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let settings = format!("{}day_segments = 50\n", modem(&fake));
    let mut county = county().settings(&settings).open().await;
    drop(county.clerk().await);
    let fresh = shown(&county, "sms/modem").await;
    assert_eq!(fresh["reachable"], Value::Null, "nobody has tried");
    assert_eq!(fresh["segments"]["day"], 0);
    let number = report(&county, &fake, PHONE).await;
    let sent = fake.taken().len();
    let parts: usize = fake.taken().iter().map(|sms| bianmin::zh::segments(&sms.text)).sum();
    dlr(&county, &fake.last(), 1, "").await;
    let after = shown(&county, "sms/modem").await;
    assert_eq!((&after["sent"], &after["delivered"]), (&Value::from(sent), &Value::from(1)));
    assert_eq!(after["segments"]["day"], parts);
    assert_eq!(after["segments"]["day_budget"], 50);
    assert_eq!(after["segments"]["month_budget"], Value::Null);
    assert_eq!(after["reachable"], true);
    assert_eq!(after["last_success"], county.clock_text());
    // A notice waits its five minutes, and the oldest says since when.
    let since = county.clock_text();
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    let waits = shown(&county, "sms/modem").await;
    assert_eq!((&waits["waiting"], &waits["oldest_waiting"]), (&1.into(), &since.into()));
    // It is refused: a dead letter, a call to make, and no parts that were billed.
    fake.fail(SmsFault::Answer(400, "denied by black-lists".into()));
    county.pass(301).await;
    let refused = shown(&county, "sms/modem").await;
    assert_eq!((&refused["failed"], &refused["dead_letters"]), (&1.into(), &1.into()));
    assert_eq!(refused["waiting"], 0);
    assert_eq!(refused["segments"]["day"], parts, "what was not taken is not billed");
    let outbox = county.health().await["details"]["outbox"].clone();
    assert_eq!(outbox["open_letters"]["phone"], 1);
    // The connection breaks: nobody answers there, and why.
    fake.fail(SmsFault::Drop);
    write(&county, &fake, PHONE, "帮助").await;
    let silent = shown(&county, "sms/modem").await;
    assert_eq!((&silent["reachable"], &silent["unknown"]), (&false.into(), &1.into()));
    assert!(!silent["trouble"].to_string().contains(PHONE), "{silent}");
    assert_eq!(county.health().await["details"]["outbox"]["unheard"], 1);
    assert_eq!(shown(&county, "wechat").await["sent"], 0);
}

#[tokio::test]
async fn the_provider_counts_otherwise_and_the_budget_follows() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let settings = tencent(&fake).replace("per_second", "day_segments = 10\nper_second");
    let (mut county, number) = linked(settings, &fake).await;
    dispatch(&mut county, &number).await;
    county.pass(24 * 3_600).await;
    let used = async |county: &County| shown(county, "sms/cloud").await["segments"]["day"].clone();
    let before = used(&county).await.as_u64().unwrap();
    assert_eq!(before, 0, "a new day");
    let progress = async |county: &mut County, text: &str| {
        let mut clerk = county.clerk_again().await;
        clerk.act(&number, "progress", &[("text", text)]).await;
        drop(clerk);
        county.pass(1_900).await;
    };
    progress(&mut county, "一").await;
    assert_eq!(used(&county).await, 1, "one by our own count");
    fake.counts(3);
    progress(&mut county, "二").await;
    assert_eq!(used(&county).await, 4, "three by the provider's");
    let page = county.clerk_again().await.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains(" · 3条") && page.contains(" · 1条"), "{page}");
    // The budget stops where the provider's bill does.
    fake.counts(6);
    progress(&mut county, "三").await;
    assert_eq!(used(&county).await, 10);
    let sent = fake.taken().len();
    county.pass(24 * 3_600).await;
    progress(&mut county, "四").await;
    assert_eq!(fake.taken().len(), sent + 1, "a new day");
}

#[tokio::test]
async fn a_receipt_that_counts_otherwise_puts_the_budget_right_once() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let (mut county, number) = linked(crate::sms_clouds::aliyun(&fake), &fake).await;
    dispatch(&mut county, &number).await;
    let used = async || shown(&county, "sms/cloud").await["segments"]["day"].as_u64().unwrap();
    let before = used().await;
    let sms = fake.last();
    let receipt = |success: bool, size: &str| {
        serde_json::json!([{ "phone_number": PHONE, "success": success, "err_code": "X",
            "biz_id": sms.theirs, "out_id": sms.id, "sms_size": size }])
    };
    for _ in 0..3 {
        crate::sms_clouds::call(&county, receipt(true, "2")).await;
    }
    assert_eq!(used().await, before + 1, "once, however often it is told");
}

/// Aliyun bills what a carrier delivered.
#[tokio::test]
async fn what_aliyun_did_not_deliver_costs_nothing() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let (mut county, number) = linked(crate::sms_clouds::aliyun(&fake), &fake).await;
    let used = async |county: &County| shown(county, "sms/cloud").await["segments"]["day"].clone();
    let before = used(&county).await;
    dispatch(&mut county, &number).await;
    assert_ne!(used(&county).await, before);
    let sms = fake.last();
    let failed = serde_json::json!([{ "phone_number": PHONE, "success": false,
        "err_code": "MK:0001", "biz_id": sms.theirs, "out_id": sms.id }]);
    crate::sms_clouds::call(&county, failed).await;
    assert_eq!(used(&county).await, before);
}

#[tokio::test]
async fn a_stop_in_good_order_forgets_no_part_and_counts_none_twice() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let store: bianmin::store::Store = std::sync::Arc::new(bianmin::store::MemoryEngine::default());
    let first = county().settings(&modem(&fake)).store(store.clone()).open().await;
    report(&first, &fake, PHONE).await;
    let used = shown(&first, "sms/modem").await["segments"]["day"].clone();
    first.office.stop().await;
    let second = county().settings(&modem(&fake)).store(store).open_beside(&first).await;
    assert_eq!(shown(&second, "sms/modem").await["segments"]["day"], used);
}

#[tokio::test]
async fn a_dead_letter_goes_again_the_same_way_or_is_marked_as_phoned() {
    let (mut county, fake) = opened().await;
    let number = report(&county, &fake, PHONE).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    let lost = async |county: &mut County| {
        fake.fail(SmsFault::Drop);
        county.pass(301).await;
        county.pass(601).await;
        let mut clerk = county.clerk_again().await;
        let task = clerk.tasks("不知道她收到没有").await.remove(0);
        clerk.csrf = clerk.csrf_of(&task).await;
        (task, clerk.csrf.clone(), clerk.cookie.clone())
    };
    let post = async |county: &County,
                      (task, csrf, cookie): &(String, String, String),
                      action: &str,
                      note: &str| {
        let mut clerk = county.nobody();
        (clerk.csrf, clerk.cookie) = (csrf.clone(), cookie.clone());
        let (status, text) = clerk.post(&format!("{task}/{action}"), &[("note", note)]).await;
        assert_eq!(status, 303, "{text}");
    };
    let letter = lost(&mut county).await;
    let sent = fake.taken().len();
    post(&county, &letter, "resend", "").await;
    county.settle().await;
    assert_eq!(fake.taken().len(), sent + 1, "by a clerk's will");
    assert!(fake.last().text.contains("已交城管局办理"));
    let page = county.clerk_again().await.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("短信（modem） · <strong>已发出</strong>"), "{page}");
    county.pass(3_600).await;
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "正在清理")]).await;
    drop(clerk);
    let letter = lost(&mut county).await;
    let sent = fake.taken().len();
    post(&county, &letter, "finish", "已打电话告诉她").await;
    county.pass(48 * 3_600).await;
    assert_eq!(fake.taken().len(), sent);
    let page = county.clerk_again().await.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("已由工作人员处理"), "{page}");
    assert!(county.clerk_again().await.tasks("不知道她收到没有").await.is_empty());
}
