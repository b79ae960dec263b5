//! Departments with systems of their own are told what happens: in order, signed, at least once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bianmin::office::Role;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

use crate::county::{Builder, SMS_SECRET, VILLAGER, county, postgres};
use fake_wechat::postgres::Cluster;

/// A department's system: it checks each signature, and answers as it is told to.
#[derive(Clone, Default)]
struct System(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// What it answers next; then 200.
    answers: VecDeque<u16>,
    heard: Vec<(String, Value)>,
}

impl System {
    async fn start() -> (Self, String) {
        let system = Self::default();
        let router = Router::new().route("/hook", post(take)).with_state(system.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (system, url)
    }

    fn will_answer(&self, answers: impl IntoIterator<Item = u16>) {
        self.0.lock().unwrap().answers = answers.into_iter().collect();
    }

    /// All that came, the refused as well: id and event.
    fn heard(&self) -> Vec<(String, Value)> {
        self.0.lock().unwrap().heard.clone()
    }

    fn steps(&self) -> Vec<String> {
        let step =
            |(_, event): &(String, Value)| event["data"]["step"].as_str().unwrap().to_owned();
        self.heard().iter().map(step).collect()
    }
}

async fn take(State(system): State<System>, headers: HeaderMap, body: String) -> StatusCode {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, at) = (text("webhook-id"), text("webhook-timestamp"));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SMS_SECRET.as_bytes()).unwrap();
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(text("webhook-signature"), expected);
    assert!(text("content-type").starts_with("application/cloudevents+json"));
    let mut kept = system.0.lock().unwrap();
    kept.heard.push((id, serde_json::from_str(&body).unwrap()));
    StatusCode::from_u16(kept.answers.pop_front().unwrap_or(200)).unwrap()
}

fn with_webhook(url: &str, more: &str) -> Builder {
    county().settings(&format!(
        "[webhooks.chengguan]\ndepartment = \"城管\"\nurl = {url:?}\n\
         secret_env = \"SMS_HOOK\"\n{more}\n"
    ))
}

const INSIDE: &str = "allow_private = true";

#[tokio::test]
async fn a_departments_system_hears_what_happens_to_its_cases_and_nothing_else() {
    let (system, url) = System::start().await;
    let county = with_webhook(&url, INSIDE).open().await;
    let number = county.report(VILLAGER).await;
    let platform = county.program("调度程序", Role::Clerk, None).await;
    county.settle().await;
    assert!(system.heard().is_empty(), "it has no part in the case yet");
    platform.act(&number, "dispatch", json!({ "department": "城管" })).await.fine();
    platform.act(&number, "accept", json!({})).await.fine();
    county.settle().await;
    platform.act(&number, "progress", json!({ "text": "车已经在路上了" })).await.fine();
    // It is told that it has lost the case, and no more.
    platform.act(&number, "dispatch", json!({ "department": "住建" })).await.fine();
    platform.act(&number, "accept", json!({})).await.fine();
    county.settle().await;
    assert_eq!(system.steps(), ["dispatched", "accepted", "progress", "dispatched"]);
    let (id, event) = system.heard().swap_remove(2);
    assert_eq!(id, format!("chengguan-{number}-4"));
    for (name, value) in [
        ("specversion", json!("1.0")),
        ("id", json!(format!("{number}-4"))),
        ("type", json!("bianmin.case.progress")),
        ("subject", json!(number)),
        ("source", json!("/api/v1/cases")),
        ("datacontenttype", json!("application/json")),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    event["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(event["data"]["detail"], json!("车已经在路上了"));
    assert_eq!(event["data"]["parties"], json!(["lead"]));
    let all = format!("{:?}", system.heard());
    assert!(!all.contains("13800138000") && !all.contains("张三"), "{all}");
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_in_order_under_the_same_id() {
    let (system, url) = System::start().await;
    let mut county = with_webhook(&url, INSIDE).open().await;
    let number = county.report(VILLAGER).await;
    let platform = county.office.add_api_key("调度程序", Role::Clerk, None).await.unwrap();
    system.will_answer([500]);
    county
        .with_key(&platform)
        .act(&number, "dispatch", json!({ "department": "城管" }))
        .await
        .fine();
    county.settle().await;
    county.with_key(&platform).act(&number, "accept", json!({})).await.fine();
    county.settle().await;
    assert_eq!(system.steps(), ["dispatched"], "the next waits behind it");
    county.pass(6).await;
    assert_eq!(system.steps(), ["dispatched", "dispatched", "accepted"]);
    let heard = system.heard();
    assert_eq!(heard[0], heard[1], "the same id, the same event");
    // A redirect is followed nowhere.
    system.will_answer([302]);
    county.with_key(&platform).act(&number, "progress", json!({ "text": "正在装车" })).await.fine();
    county.settle().await;
    assert_eq!(system.heard().len(), 4);
    county.pass(6).await;
    assert_eq!(system.steps().pop().unwrap(), "progress");
    assert_eq!(system.heard().len(), 5);
}

#[tokio::test]
async fn after_a_day_it_is_given_up_and_listed_and_can_be_sent_again() {
    let (system, url) = System::start().await;
    let mut county = with_webhook(&url, INSIDE).open().await;
    let number = county.report(VILLAGER).await;
    let platform = county.office.add_api_key("调度程序", Role::Clerk, None).await.unwrap();
    let keeper = county.office.add_api_key("管理程序", Role::SystemAdmin, None).await.unwrap();
    let source =
        county.office.add_api_key("城管平台", Role::Source, Some("数字城管")).await.unwrap();
    system.will_answer([500; 200]);
    county
        .with_key(&platform)
        .act(&number, "dispatch", json!({ "department": "城管" }))
        .await
        .fine();
    for _ in 0..26 {
        county.pass(3_600).await;
    }
    let tries = || system.heard().iter().filter(|(id, _)| id.ends_with("-2")).count();
    let until_then = tries();
    assert!((20..60).contains(&until_then), "{until_then}");
    county.pass(7_200).await;
    assert_eq!(tries(), until_then, "not a day longer");
    let dead = county.with_key(&keeper).get("/deliveries").await.fine();
    let first = &dead["deliveries"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&first["number"], &first["said"]), (&json!(number), &json!("对方答 500")));
    assert_eq!(county.with_key(&source).get("/deliveries").await.code(), "not_found");
    let health = county.health().await;
    assert!(health["problems"].to_string().contains("[webhooks.chengguan]"), "{health}");
    system.will_answer([]);
    let again = format!("/deliveries/{}/again", first["id"].as_str().unwrap());
    assert_eq!(county.with_key(&source).post(&again, json!({})).await.code(), "not_found");
    county.with_key(&keeper).post(&again, json!({})).await.fine();
    county.settle().await;
    assert_eq!(tries(), until_then + 1);
    let left = county.with_key(&keeper).get("/deliveries").await.fine();
    assert!(!left.to_string().contains(first["id"].as_str().unwrap()), "{left}");
}

#[tokio::test]
async fn what_waits_for_a_webhook_that_was_taken_out_is_given_up_and_said() {
    let (system, url) = System::start().await;
    let first = with_webhook(&url, INSIDE).open().await;
    let number = first.report(VILLAGER).await;
    let admin = first.office.add_api_key("管理程序", Role::SystemAdmin, None).await.unwrap();
    let platform = first.program("调度程序", Role::Clerk, None).await;
    system.will_answer([500; 10]);
    platform.act(&number, "dispatch", json!({ "department": "城管" })).await.fine();
    first.settle().await;
    let tried = system.heard().len();
    assert!(tried > 0 && export(&first).await.contains("\"waiting\""));

    let second = county().store(first.store.clone()).open_beside(&first).await;
    second.settle().await;
    let stored = export(&second).await;
    assert!(stored.contains("\"dead\"") && !stored.contains("\"waiting\""), "{stored}");
    let health = second.health().await;
    assert!(health["problems"].to_string().contains("[webhooks.chengguan] 不在"), "{health}");
    let dead = second.with_key(&admin).get("/deliveries").await.fine();
    let one = &dead["deliveries"][0];
    assert_eq!((&one["number"], &one["webhook"]), (&json!(number), &json!("chengguan")), "{dead}");
    let again = format!("/deliveries/{}/again", one["id"].as_str().unwrap());
    assert_eq!(second.with_key(&admin).post(&again, json!({})).await.code(), "refused");
    // Who has another department learns nothing of it.
    let other = second.program("住建系统", Role::Department, Some("住建")).await;
    let theirs = other.get("/deliveries").await.fine();
    assert_eq!(theirs["deliveries"], json!([]), "{theirs}");

    // Written back, it can be sent.
    system.will_answer([]);
    let third = with_webhook(&url, INSIDE).store(first.store.clone()).open_beside(&second).await;
    third.with_key(&admin).post(&again, json!({})).await.fine();
    third.settle().await;
    assert_eq!(system.heard().len(), tried + 1);
}

/// It said yes, and we crashed before it was noted down.
#[tokio::test]
async fn a_crash_behind_the_yes_sends_it_again() {
    let (system, url) = System::start().await;
    let database = Cluster::shared().fresh();
    let first = with_webhook(&url, INSIDE).store(postgres(&database.url()).await).open().await;
    let number = first.report(VILLAGER).await;
    let platform = first.program("调度程序", Role::Clerk, None).await;
    platform.act(&number, "dispatch", json!({ "department": "城管" })).await.fine();
    // As it was on disk at that moment.
    let folder = tempfile::tempdir().unwrap();
    let before = bianmin::store::SledEngine::open(
        &folder.path().join("store"),
        bianmin::store::SledSettings::default(),
    )
    .unwrap();
    let mut records = Vec::new();
    let store = postgres(&database.url()).await;
    bianmin::store::backup::export(&*store, &mut records).await.unwrap();
    bianmin::store::backup::import(&before, &records[..]).await.unwrap();
    first.settle().await;
    assert_eq!(system.steps(), ["dispatched"]);
    let second = with_webhook(&url, INSIDE).store(Arc::new(before)).open_beside(&first).await;
    second.settle().await;
    let heard = system.heard();
    assert_eq!((heard.len(), &heard[0]), (2, &heard[1]), "the same id tells it is the same");
}

#[tokio::test]
async fn two_instances_send_it_once() {
    let (system, url) = System::start().await;
    let database = Cluster::shared().fresh();
    let first = with_webhook(&url, INSIDE).store(postgres(&database.url()).await).open().await;
    let second = with_webhook(&url, INSIDE).store(postgres(&database.url()).await);
    let second = second.open_beside(&first).await;
    first.office.start();
    second.office.start();
    let number = first.report(VILLAGER).await;
    let platform = second.program("调度程序", Role::Clerk, None).await;
    platform.act(&number, "dispatch", json!({ "department": "城管" })).await.fine();
    platform.act(&number, "accept", json!({})).await.fine();
    for _ in 0..100 {
        if system.heard().len() >= 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(system.steps(), ["dispatched", "accepted"]);
}

/// What stands in the settings must not lead into our own network.
#[tokio::test]
async fn a_private_address_is_not_called_unless_that_was_said() {
    let (system, url) = System::start().await;
    let port = url.split(':').nth(2).unwrap().split('/').next().unwrap();
    for host in ["localhost", "127.0.0.1"] {
        let county = with_webhook(&format!("https://{host}:{port}/hook"), "").open().await;
        let number = county.report(VILLAGER).await;
        let platform = county.program("调度程序", Role::Clerk, None).await;
        platform.act(&number, "dispatch", json!({ "department": "城管" })).await.fine();
        county.settle().await;
        let records = export(&county).await;
        assert!(records.contains("内网地址"), "{host}: {records}");
    }
    assert!(system.heard().is_empty());
}

/// The deliveries as they are stored.
async fn export(county: &crate::county::County) -> String {
    let mut bytes = Vec::new();
    bianmin::store::backup::export(&*county.store, &mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    text.lines().filter(|line| line.contains("\"delivery/")).collect::<Vec<_>>().join("\n")
}
