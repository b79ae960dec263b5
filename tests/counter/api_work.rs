//! What programs do besides cases: interviews, tasks, holidays, retention.

use bianmin::office::Role;
use serde_json::{Value, json};

use super::county::{VILLAGER, county};
use super::holidays::folder;
use super::interviews::promised_and_late;
use super::program::Program;

const DAY: i64 = 24 * 3_600;
/// 城管-1, percent-encoded.
const NOTICE: &str = "/interviews/%E5%9F%8E%E7%AE%A1-1";

async fn step(program: &Program<'_>, step: &str, mut fields: Value) -> Value {
    let revision = program.get(NOTICE).await.fine()["revision"].clone();
    fields["revision"] = revision;
    program.post(&format!("{NOTICE}/{step}"), fields).await.fine()
}

#[tokio::test]
async fn an_interview_goes_from_draft_to_minutes_by_programs() {
    let mut county = county().open().await;
    promised_and_late(&mut county, &[VILLAGER]).await;
    county.pass(5 * DAY).await;
    let supervisor = county.program("督办程序", Role::Supervisor, None).await;
    let director = county.program("平台程序", Role::Director, None).await;
    let bureau = county.program("组织部程序", Role::Organisation, None).await;
    let lead = county.program("城管系统", Role::Department, Some("城管")).await;
    let source = county.program("城管平台", Role::Source, Some("数字城管")).await;
    assert_eq!(source.get("/interviews").await.code(), "not_found");
    assert_eq!(lead.get(NOTICE).await.code(), "not_found", "before it is approved");
    let all = supervisor.get("/interviews").await.fine();
    assert_eq!(all["interviews"][0]["id"], "城管-1");
    assert_eq!(all["interviews"][0]["commands"][0]["command"], "propose");

    let done =
        step(&supervisor, "propose", json!({ "reason": "打过电话，答应的日子也过了" })).await;
    assert_eq!(done["state"], "proposed");
    // Who proposed it does not approve it, and nobody takes what is not hers.
    let path = format!("{NOTICE}/approve");
    let body = json!({ "revision": done["revision"] });
    assert_eq!(supervisor.post(&path, body.clone()).await.status, 422);
    // Sent twice it is done once, with one answer.
    let first = director.post_as("i-1", &path, &body).await.fine();
    assert_eq!(director.post_as("i-1", &path, &body).await.fine(), first);
    assert_eq!(director.post_as("i-2", &path, &body).await.code(), "changed");
    assert_eq!(step(&bureau, "receive", json!({})).await["state"], "received");
    step(&lead, "answer", json!({ "text": "车坏了，周五前清完。" })).await;
    let minutes = json!({
        "held": "2026-12-01T09:00", "attendees": "张局长", "minutes": "说明了情况。",
        "measures": "每天清运", "deadline": "2026-12-10",
    });
    assert_eq!(step(&bureau, "record", minutes).await["state"], "held");
    let whole = director.get(NOTICE).await.fine();
    assert_eq!(whole["minutes"]["attendees"], "张局长");
    assert_eq!(whole["cases"].as_array().unwrap().len(), 1);
    assert_eq!(director.get("/interviews/城管-9").await.code(), "not_found");
}

#[tokio::test]
async fn tasks_are_listed_masked_looked_at_and_finished_once() {
    let county = county().open().await;
    county.talk(VILLAGER, &["人工"]).await;
    let clerk = county.clerk().await;
    let number = {
        let mut clerk = county.staff("值班", Role::Clerk, None).await;
        let number = clerk.file("13900139000", "0409", "村口路灯坏了，我叫李四").await;
        let reply = [("text", "明天就去修，修好了再告诉您一声。"), ("basis", "路灯办法")];
        clerk.act(&number, "answer", &reply).await;
        number
    };
    let platform = county.program("调度程序", Role::Clerk, None).await;
    let department = county.program("城管系统", Role::Department, Some("城管")).await;
    assert_eq!(department.get("/tasks").await.code(), "not_found");
    let all = platform.get("/tasks").await.fine();
    assert!(!all.to_string().contains("13900139000"), "{all}");
    let of = |kind: &str| -> String {
        let tasks = all["tasks"].as_array().unwrap();
        let task =
            tasks.iter().find(|task| task["kind"] == kind).unwrap_or_else(|| panic!("{all}"));
        task["id"].as_str().unwrap().to_owned()
    };
    let phone = of("phone");
    let one = platform.get(&format!("/tasks/{phone}")).await.fine();
    assert_eq!((&one["phone"], &one["case"]), (&json!("13900139000"), &json!(number)));
    let auditor = county.staff("审计", Role::Auditor, None).await;
    assert!(
        auditor.get("/desk/audit?by=调度程序").await.contains("待办："),
        "the look is written down"
    );
    let path = format!("/tasks/{phone}/finish");
    let note = json!({ "note": "打通了，她知道了" });
    platform.post_as("t-1", &path, &note).await.fine();
    platform.post_as("t-1", &path, &note).await.fine();
    assert_eq!(platform.post_as("t-2", &path, &note).await.code(), "refused");
    assert_eq!(department.post(&path, note).await.code(), "not_found");
    let talk = of("handover");
    platform.post(&format!("/tasks/{talk}/give_back"), json!({})).await.fine();
    county.settle().await;
    assert!(county.inbox(VILLAGER).last().unwrap().contains("机器人"));
    assert!(clerk.tasks("有人要和您说话").await.is_empty());
}

#[tokio::test]
async fn a_notice_of_days_off_is_looked_at_and_then_put_live() {
    let folder = folder();
    let county = county().folder(folder.path()).open().await;
    county.office.adopt_county().await.unwrap();
    let keeper = county.program("历法程序", Role::SystemAdmin, None).await;
    let clerk = county.program("调度程序", Role::Clerk, None).await;
    assert_eq!(clerk.get("/holidays").await.code(), "not_found");
    let known = keeper.get("/holidays").await.fine();
    let text = "2026-12-31 休 大雪";
    let preview = async |mode: &str| {
        let body = json!({ "text": text, "mode": mode });
        keeper.post("/holidays/preview", body).await.fine()["days"].as_array().unwrap().len()
    };
    assert_eq!(preview("add").await, 1);
    assert!(preview("replace").await >= 15);
    let wrong = json!({ "text": text, "mode": "some" });
    assert_eq!(keeper.post("/holidays/preview", wrong).await.code(), "bad_request");
    let body = json!({ "text": text, "mode": "add", "version": known["version"] });
    assert_eq!(clerk.post("/holidays", body.clone()).await.code(), "not_found");
    let live = keeper.post_as("h-1", "/holidays", &body).await.fine();
    assert_eq!(live["year"], 2026);
    assert_eq!(keeper.post_as("h-1", "/holidays", &body).await.fine(), live);
    assert_eq!(keeper.post_as("h-2", "/holidays", &body).await.code(), "changed");
    assert_eq!(keeper.get("/holidays").await.fine()["version"], live["version"]);
}

#[tokio::test]
async fn what_was_kept_long_enough_is_counted_and_then_cleared() {
    let county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        let number = county.report(VILLAGER).await;
        let why = [("reason", "empty"), ("instead", "她说不用办了。")];
        clerk.act(&number, "reject", &why).await;
    }
    let director = county.program("平台程序", Role::Director, None).await;
    let clerk = county.program("调度程序", Role::Clerk, None).await;
    assert_eq!(clerk.get("/retention").await.code(), "not_found");
    assert_eq!(clerk.post("/retention", json!({})).await.code(), "not_found");
    county.clock.advance(4 * 366 * DAY);
    let would = director.get("/retention").await.fine();
    assert!(would["rows"].to_string().contains("办结的事项"), "{would}");
    let went = director.post_as("r-1", "/retention", &json!({})).await.fine();
    assert_eq!(went["dry_run"], false);
    assert!(went["rows"].to_string().contains("办结的事项"), "{went}");
    assert_eq!(director.post_as("r-1", "/retention", &json!({})).await.fine(), went);
    assert!(!director.get("/retention").await.fine()["rows"].to_string().contains("办结的事项"));
}
