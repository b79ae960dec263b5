//! Several instances on one PostgreSQL, each with its own lines, workers and clock: what one
//! did, the others know, and what must happen once happens once.

use std::collections::BTreeSet;
use std::time::Duration;

use bianmin::office::Role;
use bianmin::office::clock::Clock;
use bianmin::store::backup::{export, import};
use bianmin::store::{SledEngine, SledSettings, Store};
use fake_wechat::postgres::{Cluster, Fresh};
use fake_wechat::{CUSTOM_SEND, FakeSms, Fault, MEDIA_GET, STABLE_TOKEN};

use super::county::{County, SMS_SECRET, VILLAGER, county, media_in, number_in, postgres};
use super::seed;

const REPORT: &str = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000";
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;";

fn database() -> Fresh {
    Cluster::shared().fresh()
}

async fn store(database: &Fresh) -> Store {
    postgres(&database.url()).await
}

/// Two instances with one WeChat and the same time.
async fn two(settings: &str) -> (County, County) {
    let (first, second, _) = two_on(settings).await;
    (first, second)
}

pub async fn two_on(settings: &str) -> (County, County, Fresh) {
    let database = database();
    let first = county().settings(settings).store(store(&database).await).open().await;
    let second = county().settings(settings).store(store(&database).await);
    let second = second.open_beside(&first).await;
    (first, second, database)
}

/// All that is in the database, into an embedded store and back again, to the byte. Gives the
/// kinds of record that were there.
pub async fn comes_back_equal(database: &Fresh) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let sled = SledEngine::open(&folder.path().join("store"), SledSettings::default()).unwrap();
    let (mut first, mut second, mut third) = (Vec::new(), Vec::new(), Vec::new());
    export(&*store(database).await, &mut first).await.unwrap();
    import(&sled, &first[..]).await.unwrap();
    export(&sled, &mut second).await.unwrap();
    let back = store(&self::database()).await;
    import(&*back, &second[..]).await.unwrap();
    export(&*back, &mut third).await.unwrap();
    assert!(first == second && second == third, "not equal to the byte");
    let lines = String::from_utf8(first).unwrap();
    let keys = lines.lines().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        Some(line["key"].as_str()?.split('/').next()?.to_owned())
    });
    keys.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_to_both_at_once_take_effect_once() {
    let (first, second, database) = two_on("[limits]\nmessages_per_minute = 100\n").await;
    let mut numbers = Vec::new();
    for n in 0..6 {
        let who = format!("oTwice{n:023}");
        let villager = first.account.villager(&who);
        for text in [REPORT, "对", "2"] {
            let xml = villager.message("text", &format!("<Content>{text}</Content>"));
            let (urls, xml) = ([first.webhook(), second.webhook()], &xml);
            let (a, b, c) = tokio::join!(
                villager.deliver(&urls[0], xml),
                villager.deliver(&urls[1], xml),
                villager.deliver(&urls[n % 2], xml),
            );
            let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
            assert_eq!((a.text(), b.text()), (c.text(), c.text()), "{text}");
            // All but the first are asked whether it is the first one's.
            if a.text().contains("收到了，编号") {
                numbers.push(number_in(a.text()));
                break;
            }
        }
    }
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 6);
    let cases = format!("SELECT count(*) FROM {}.cases", database.name);
    assert_eq!(Cluster::shared().sql(&cases), "6");
}

#[tokio::test]
async fn the_access_token_is_fetched_by_one() {
    let (first, second) = two("").await;
    let number = first.report(VILLAGER).await;
    let mut clerk = first.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    drop(clerk);
    let mut clerk = second.clerk_again().await;
    clerk.act(&number, "accept", &[]).await;
    clerk.act(&number, "progress", &[("text", "车已经在路上了")]).await;
    assert_eq!(first.inbox(VILLAGER).len(), 2);
    assert_eq!(first.wechat.calls(STABLE_TOKEN).len(), 1);
    // Somebody outside has made a new one by force: the first who is refused finds it for all.
    first.wechat.void_tokens();
    clerk.act(&number, "progress", &[("text", "车已经到了")]).await;
    let mut clerk = first.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "正在装车")]).await;
    assert_eq!(first.inbox(VILLAGER).len(), 4);
    assert_eq!(first.wechat.calls(STABLE_TOKEN).len(), 2);
}

#[tokio::test]
async fn the_rate_limit_holds_over_both() {
    let (first, second) = two("[limits]\nmessages_per_minute = 5\n").await;
    let mut said = Vec::new();
    for n in 0..8 {
        let county = if n % 2 == 0 { &first } else { &second };
        // One WeChat: its message ids are never given twice.
        let villager = first.account.villager(VILLAGER);
        let answer = villager.say(&county.webhook(), "帮助").await.unwrap();
        said.push(answer.text().to_owned());
    }
    assert!(said[..5].iter().all(|text| !text.is_empty() && *text != said[5]), "{said:#?}");
    assert!(!said[5].is_empty() && said[6].is_empty() && said[7].is_empty(), "{said:#?}");
}

#[tokio::test]
async fn the_rate_of_a_key_holds_over_both() {
    let (first, second) = two("[api]\nper_minute = 4\n").await;
    let program = first.program("调度程序", Role::Clerk, None).await;
    let mut heard = Vec::new();
    for n in 0..6 {
        let county = if n % 2 == 0 { &first } else { &second };
        let url = format!("{}/api/v1/me", county.base);
        let answer = county.http.get(url).bearer_auth(&program.token).send().await.unwrap();
        heard.push(answer.status().as_u16());
    }
    assert_eq!(heard, [200, 200, 200, 200, 429, 429]);
}

#[tokio::test]
async fn a_photo_that_one_fetched_is_shown_by_the_other() {
    let (first, second) = two("").await;
    let large: Vec<u8> = GIF.iter().copied().cycle().take(200_000).collect();
    first.wechat.add_media("photo-1", "image/gif", &large);
    first.talk(VILLAGER, &[REPORT]).await;
    let villager = first.account.villager(VILLAGER);
    villager.photo(&first.webhook(), "photo-1").await.unwrap();
    let number = number_in(&first.say(VILLAGER, "对").await);
    first.settle().await;
    let clerk = first.clerk().await;
    drop(clerk);
    let clerk = second.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    let url = format!("{}{}", second.base, media_in(&page));
    let answer = second.http.get(url).header("cookie", &clerk.cookie).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), large);
    assert_eq!(first.wechat.calls(MEDIA_GET).len(), 1);
}

#[tokio::test]
async fn the_phone_page_shows_what_came_in_elsewhere_even_with_a_slow_clock() {
    let (first, second) = two("").await;
    second.clock.advance(-5);
    let shown = async |county: &County, after: u64| -> Vec<(u64, String)> {
        let url = format!("{}/phone/zhang/messages?after={after}", county.base);
        let lines: serde_json::Value =
            county.http.get(url).send().await.unwrap().json().await.unwrap();
        let line = |line: &serde_json::Value| {
            (line["id"].as_u64().unwrap(), line["text"].as_str().unwrap().to_owned())
        };
        lines.as_array().unwrap().iter().map(line).collect()
    };
    let send = async |county: &County, text: &str| {
        let url = format!("{}/phone/zhang/send", county.base);
        let body = serde_json::json!({ "kind": "text", "text": text });
        let sent = county.http.post(url).json(&body).send().await.unwrap();
        assert!(sent.status().is_success(), "{}", sent.status());
    };
    send(&first, "投诉").await;
    let last = shown(&second, 0).await.last().unwrap().0;
    send(&second, "大黑坨村").await;
    let more = shown(&first, last).await;
    assert_eq!(more.len(), 2, "{more:?}");
    assert_eq!(more[0].1, "大黑坨村");
    assert!(more[1].1.starts_with("请说说是什么事"), "{more:?}");
}

/// The first instance dies with a message in the channel's hands. The second leaves it alone
/// as long as the first might still be at it, and then gives it to a clerk: it may have gone.
#[tokio::test]
async fn what_a_dead_instance_was_sending_is_taken_over_and_not_sent_again() {
    let database = database();
    let first = county().store(store(&database).await).open().await;
    let mut second = county().store(store(&database).await).open_beside(&first).await;
    let number = first.report(VILLAGER).await;
    first.wechat.fail(CUSTOM_SEND, Fault::Slow(Duration::from_secs(60)), Some(1));
    let mut clerk = first.clerk().await;
    let act = clerk.act(&number, "dispatch", &[("department", "城管")]);
    assert!(tokio::time::timeout(Duration::from_millis(1_500), act).await.is_err(), "it hangs");
    assert_eq!(first.inbox(VILLAGER).len(), 1, "it went, and nobody wrote that down");

    second.settle().await;
    let clerk = second.clerk_again().await;
    assert!(clerk.tasks("看看她收到没有").await.is_empty(), "its lease has not ended");
    drop(clerk);
    second.pass(30).await;
    let clerk = second.clerk_again().await;
    assert_eq!(clerk.tasks("看看她收到没有").await.len(), 1);
    assert_eq!(first.inbox(VILLAGER).len(), 1, "never sent by itself");
}

/// Both wake everybody whose time has come, and both look through all cases, at the same
/// moment: each villager hears once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_clock_does_is_done_once() {
    let (first, second, database) = two_on("").await;
    let who: Vec<String> = (0..6).map(|n| format!("oSlow{n:024}")).collect();
    for who in &who {
        first.say(who, "投诉").await;
    }
    let number = first.report(VILLAGER).await;
    let mut clerk = first.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    // Long enough for reminders, expiries, and for silence to count as acceptance.
    for _ in 0..36 {
        first.clock.advance(7_200);
        first.wechat.advance(7_200);
        second.clock.advance(7_200);
        tokio::join!(first.settle(), second.settle());
    }
    let reminded: Vec<usize> = who.iter().map(|who| first.inbox(who).len()).collect();
    assert!(reminded[0] > 0 && reminded.iter().all(|n| *n == reminded[0]), "{reminded:?}");
    for who in &who {
        let mut inbox = first.inbox(who);
        let all = inbox.len();
        inbox.dedup();
        assert_eq!(inbox.len(), all, "{who} heard something twice");
    }
    let accepted = format!(
        "SELECT count(*) FROM {}.case_events WHERE number = '{number}' AND type = 'accepted'",
        database.name
    );
    assert_eq!(Cluster::shared().sql(&accepted), "1");
}

#[tokio::test]
async fn a_script_put_live_on_one_is_live_on_the_other() {
    let (first, second) = two("").await;
    let folder = tempfile::tempdir().unwrap();
    let dialogs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs");
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg("-r").arg(dialogs).arg(folder.path()).status().unwrap().success());
    let file = folder.path().join("dialogs/反映问题.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("这件事在哪个村？"));
    std::fs::write(&file, text.replace("这件事在哪个村？", "请问是哪个村的事？")).unwrap();
    let script = bianmin::office::read_script(&folder.path().join("dialogs")).unwrap();

    assert!(!second.office.follow_script().await.unwrap());
    first.office.publish(script, "管理员", false).await.unwrap();
    assert!(second.office.follow_script().await.unwrap());
    let said = second.say(VILLAGER, "投诉").await;
    assert!(said.starts_with("请问是哪个村的事"), "{said}");
    assert!(!second.office.follow_script().await.unwrap(), "it is followed once");
}

/// A delivery may linger between the instances while she goes on writing.
#[tokio::test]
async fn a_delivery_that_lingered_takes_no_effect_after_many_messages() {
    let (first, second) = two("[limits]\nmessages_per_minute = 100\n").await;
    let villager = first.account.villager(VILLAGER);
    let xml = villager.message("text", "<Content>反映问题</Content>");
    let asked = villager.deliver(&first.webhook(), &xml).await.unwrap();
    assert!(asked.text().contains("哪个村"), "{}", asked.text());
    villager.say(&first.webhook(), "取消").await.unwrap();
    for _ in 0..80 {
        villager.say(&first.webhook(), "帮助").await.unwrap();
    }
    let again = villager.deliver(&second.webhook(), &xml).await.unwrap();
    assert_eq!(again.text(), "");
    let said = villager.say(&second.webhook(), "大黑坨村").await.unwrap();
    assert!(!said.text().contains("哪方面"), "{}", said.text());
    assert_eq!(second.health().await["details"]["duplicates"], 1);
}

/// Were each to keep the rate by itself, the provider would be sent twice as much.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rate_of_short_messages_holds_over_both() {
    const PER_SECOND: usize = 40;
    let fake = FakeSms::start(SMS_SECRET).await;
    fake.limit(PER_SECOND + PER_SECOND / 4);
    let sms = format!(
        "[notices]\nquiet = \"\"\nmerge_minutes = 0\n[outbox]\nparallel = 16\n\
         [sms.modem]\nprovider = \"kannel\"\nusername = \"svc\"\npassword_env = \"SMS_P\"\n\
         path_secret_env = \"SMS_S\"\napi = \"{}/cgi-bin/sendsms\"\nper_second = {PER_SECOND}\n",
        fake.url
    );
    let (first, second, database) = two_on(&sms).await;
    seed::notices(&*store(&database).await, 120, first.clock.now()).await;
    // Whoever has the lease sends; here both do, as when one has lost it and goes on.
    tokio::join!(first.settle(), second.settle());
    // What queued for too long is due some seconds later, by a clock that stands still.
    for _ in 0..10 {
        if fake.taken().len() < 120 {
            first.clock.advance(5);
            second.clock.advance(5);
            tokio::join!(first.settle(), second.settle());
        }
    }
    let mut taken: Vec<String> = fake.taken().into_iter().map(|sms| sms.to).collect();
    taken.sort();
    taken.dedup();
    assert_eq!((fake.taken().len(), taken.len(), fake.throttled()), (120, 120, 0));
    let kinds = comes_back_equal(&database).await;
    assert!(["contact", "outgoing", "pace", "person"].iter().all(|kind| kinds.contains(*kind)));
}

/// Tables and common settings reach all (`live_county`); the rest is read at a start.
#[tokio::test]
async fn an_instance_with_other_tables_or_settings_is_told_from_the_rest() {
    let (first, same, database) = two_on("").await;
    let problems = async |county: &County| county.health().await["problems"].to_string();
    first.office.look_around().await.unwrap();
    same.office.look_around().await.unwrap();
    first.office.look_around().await.unwrap();
    assert_eq!((problems(&first).await, problems(&same).await), ("[]".into(), "[]".into()));
    let other = county().settings("[limits]\nbody_seconds = 20\n").store(store(&database).await);
    let other = other.tables(|tables| tables.hash = "0".into()).open_beside(&first).await;
    other.office.look_around().await.unwrap();
    let said = problems(&other).await;
    assert!(said.contains("other tables") && said.contains("another config.toml"), "{said}");
    same.office.look_around().await.unwrap();
    assert!(problems(&same).await.contains("other tables"));
    // It is gone.
    other.office.stop().await;
    drop(other);
    same.clock.advance(60);
    same.office.look_around().await.unwrap();
    assert_eq!(problems(&same).await, "[]");
}

/// Both send at once, each from what it knew of the budget when it began.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_of_short_messages_holds_over_both() {
    let fake = FakeSms::start(SMS_SECRET).await;
    for limit in ["day_segments = 50", "month_segments = 50"] {
        let sent = fake.taken().len();
        let sms = format!(
            "[notices]\nquiet = \"\"\nmerge_minutes = 0\n[outbox]\nparallel = 16\n\
             [sms.modem]\nprovider = \"kannel\"\nusername = \"svc\"\npassword_env = \"SMS_P\"\n\
             path_secret_env = \"SMS_S\"\napi = \"{}/cgi-bin/sendsms\"\nper_second = 200\n{limit}\n",
            fake.url
        );
        let (first, second, database) = two_on(&sms).await;
        seed::notices(&*store(&database).await, 120, first.clock.now()).await;
        for _ in 0..10 {
            tokio::join!(first.settle(), second.settle());
            first.clock.advance(5);
            second.clock.advance(5);
        }
        let taken = &fake.taken()[sent..];
        let parts: usize = taken.iter().map(|sms| bianmin::zh::segments(&sms.text)).sum();
        // All of it is spoken for, also for what both had in their hands and one of them sent.
        let aside = format!(
            "SELECT convert_from(value, 'UTF8')::jsonb -> 'record' -> 'next' FROM {}.entry \
             WHERE k >= 'counter/sms-' AND k < 'counter/sms.' ORDER BY 1 LIMIT 1",
            database.name
        );
        assert!(parts > 10 && parts <= 50, "{limit}: {parts} parts");
        assert_eq!(Cluster::shared().sql(&aside), "51", "{limit}");
    }
}
