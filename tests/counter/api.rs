//! The API: what programs with a key can do, and what they are told when they can not.

use std::collections::BTreeSet;

use bianmin::desk::{Party, Step, TRANSITIONS};
use bianmin::office::{Role, command_shapes};
use serde_json::{Value, json};

use crate::county::{VILLAGER, county};
use crate::instances::two_on;
use crate::program::{VILLAGE, document, operation};

const TEXT: &str = "村口的路灯坏了半个月了";
const REPLY: &str = "灯已经换好，线路也查过了，有问题请打城管电话。";

fn filing() -> Value {
    json!({ "text": TEXT, "village": VILLAGE, "name": "李四", "phone": "13800138001" })
}

#[tokio::test]
async fn a_case_goes_from_filing_to_the_answer_by_programs_alone() {
    let county = county().open().await;
    let platform = county.program("调度程序", Role::Clerk, None).await;
    let source = county.program("城管平台", Role::Source, Some("数字城管")).await;
    let department = county.program("城管系统", Role::Department, Some("城管")).await;

    let mut told = filing();
    told["source_id"] = json!("SZCG-2026-1");
    told["category"] = json!("0409");
    let filed = source.post("/cases", told.clone()).await.fine();
    assert_eq!((&filed["before"], &filed["state"]), (&json!(false), &json!("received")));
    let number = filed["number"].as_str().unwrap();
    // The other platform's own number again is the same case, also from another key of it.
    let again = county.program("城管平台", Role::Source, Some("数字城管")).await;
    let again = again.post("/cases", told).await.fine();
    assert_eq!((&again["before"], &again["number"]), (&json!(true), &filed["number"]));

    // Nobody has given it to the department yet: it is not there for it.
    assert_eq!(department.get(&format!("/cases/{number}")).await.code(), "not_found");
    let seen = platform.case(number).await;
    assert_eq!(seen["source"], json!({ "system": "数字城管", "id": "SZCG-2026-1" }));
    assert_eq!(seen["filed_by"]["role"], json!("source"));
    let dispatch = json!({ "department": "城管", "helper": "住建" });
    let done = platform.act(number, "dispatch", dispatch).await.fine();
    assert_eq!(done["state"], json!("dispatched"));
    let done = department.act(number, "accept", json!({})).await.fine();
    assert_eq!(done["state"], json!("handling"));
    let refused =
        department.act(number, "reply", json!({ "outcome": "solved", "text": "好" })).await;
    assert_eq!((refused.status, refused.code()), (422, "refused"));
    assert!(refused.body["detail"].as_str().unwrap().contains("至少写15个字"), "{}", refused.body);
    let reply = json!({ "outcome": "solved", "text": REPLY });
    let done = department.act(number, "reply", reply).await.fine();
    assert_eq!(done["state"], json!("replied"));

    let case = source.case(number).await;
    assert_eq!(case["reply"]["text"], json!(REPLY));
    let steps: Vec<&str> = case["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["step"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["received", "dispatched", "accepted", "replied"]);
    assert_eq!(case["timeline"][1]["change"]["department"], json!("城管"));
}

/// The platforms that the county has joined, each with numbers of its own, which another one may have
/// given too.
#[tokio::test]
async fn four_platforms_file_under_their_own_numbers() {
    let county = county().open().await;
    let clerk = county.clerk().await;
    let mut numbers = BTreeSet::new();
    for system in ["数字城管中心", "交警指挥中心", "电子政务中心", "农村信息综合服务平台"]
    {
        let program = county.program(&format!("{system}接口"), Role::Source, Some(system)).await;
        let mut told = filing();
        told["source_id"] = json!("A-17");
        told["heard_at"] = json!("2026-11-22T08:00:00Z");
        let first = program.post("/cases", told.clone()).await.fine();
        let again = program.post("/cases", told).await.fine();
        assert_eq!(first["number"], again["number"]);
        let number = first["number"].as_str().unwrap();
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        for part in [&*format!("其他平台（{system} A-17）"), "11月22日16:00说的"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        numbers.insert(number.to_owned());
    }
    assert_eq!(numbers.len(), 4);
}

#[tokio::test]
async fn keys_are_shown_once_and_can_be_revoked() {
    let county = county().open().await;
    let mut program = county.program("调度程序", Role::Clerk, None).await;
    let me = program.get("/me").await.fine();
    assert_eq!((&me["name"], &me["role"]), (&json!("调度程序"), &json!("clerk")));
    assert!(me["rights"].as_array().unwrap().contains(&json!("dispatch")));
    let id = me["key"].as_str().unwrap().to_owned();
    assert!(program.token.starts_with(&id) && program.token.len() > id.len() + 40);
    county.office.revoke_api_key(&id).await.unwrap();
    let answer = program.get("/me").await;
    assert_eq!((answer.status, answer.code()), (401, "no_key"));
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    for wrong in ["", "bm_", "nonsense"] {
        program.token = wrong.into();
        assert_eq!(program.get("/me").await.status, 401, "{wrong:?}");
    }
    // What is done in a name is one's only.
    county.clerk().await;
    let taken = county.office.add_api_key("管理员", Role::Clerk, None).await.unwrap_err();
    assert!(taken.to_string().contains("另起一个名字"), "{taken}");
    county.program("甲", Role::Clerk, None).await;
    let other = county.office.add_api_key("甲", Role::Director, None).await.unwrap_err();
    assert!(other.to_string().contains("角色或单位不一样"), "{other}");
    let staff = county.office.add_staff("甲", Role::Clerk, None).await.unwrap_err();
    assert!(staff.to_string().contains("一把钥匙的名字"), "{staff}");
}

#[tokio::test]
async fn who_it_is_is_told_only_with_a_reason_and_a_right() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let platform = county.program("调度程序", Role::Clerk, None).await;
    let department = county.program("城管系统", Role::Department, Some("城管")).await;
    let agent = county.program("毛庄代办", Role::Agent, Some(VILLAGE)).await;
    platform.act(&number, "dispatch", json!({ "department": "城管" })).await.fine();
    let whole = |reason: &str| format!("/cases/{number}?identity_reason={reason}");
    for program in [&platform, &department] {
        let case = program.case(&number).await;
        assert_eq!(case["appellant"], Value::Null);
        for hidden in ["张三", "13800138000"] {
            let mut case = case.clone();
            // Her own words are hers, whatever she wrote into them.
            case["text"] = json!("");
            assert!(!case.to_string().contains(hidden), "{hidden}: {case:#}");
        }
        assert_eq!(program.get(&whole("")).await.code(), "refused");
        let case = program.get(&whole("上门前联系")).await.fine();
        assert_eq!(case["appellant"], json!({ "name": "张三", "phone": "13800138000" }));
    }
    assert_eq!(agent.get(&whole("上门前联系")).await.code(), "refused");
    // A list never says it.
    let list = platform.get("/cases").await.fine();
    assert!(!list.to_string().contains("13800138000"), "{list}");
    // Made confidential, it is the platform's alone.
    platform.act(&number, "hide", json!({})).await.fine();
    assert_eq!(department.get(&whole("上门前联系")).await.code(), "refused");
    assert_eq!(agent.get(&format!("/cases/{number}")).await.code(), "not_found");
    platform.get(&whole("回访")).await.fine();
}

#[tokio::test]
async fn a_list_is_paged_by_a_cursor_of_its_own() {
    let mut county = county().open().await;
    let mut numbers = Vec::new();
    {
        let agent = county.office.add_api_key("代办", Role::Agent, Some(VILLAGE)).await.unwrap();
        for n in 0..5 {
            let mut told = filing();
            told["text"] = json!(format!("{TEXT}，第{n}盏"));
            told["authorised"] = json!("本人来店里说的");
            let filed = county.with_key(&agent).post("/cases", told).await.fine();
            numbers.push(filed["number"].as_str().unwrap().to_owned());
            county.pass(60).await;
        }
    }
    let platform = county.program("调度程序", Role::Clerk, None).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = platform.get(&format!("/cases?limit=2{cursor}")).await.fine();
        let cases = page["cases"].as_array().unwrap();
        assert!(cases.len() <= 2);
        seen.extend(cases.iter().map(|case| case["number"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    numbers.reverse();
    assert_eq!(seen, numbers, "newest first, none twice, none left out");
    // It is of this list, and of no other.
    let other = platform.get(&format!("/cases?limit=2&state=received{cursor}")).await;
    assert_eq!(other.code(), "bad_cursor");
    assert_eq!(platform.get("/cases?cursor=nonsense").await.code(), "bad_cursor");
    for (query, count) in [
        (format!("village={VILLAGE}"), 5),
        ("village=130225109201".into(), 0),
        ("state=received".into(), 5),
        ("state=closed".into(), 0),
        ("search=%E7%AC%AC3%E7%9B%8F".into(), 1),
        ("department=%E5%9F%8E%E7%AE%A1".into(), 0),
        ("overdue=true".into(), 0),
        ("category=0409".into(), 0),
        ("received_from=2026-11-23T10:02:00%2B08:00".into(), 3),
        ("received_to=2026-11-23T10:02:00%2B08:00".into(), 2),
        ("updated_from=2026-11-23T02:04:00Z".into(), 1),
    ] {
        let page = platform.get(&format!("/cases?{query}")).await.fine();
        assert_eq!(page["cases"].as_array().unwrap().len(), count, "{query}");
    }
    for wrong in ["limit=0", "limit=201", "state=gone", "colour=red", "received_from=yesterday"] {
        assert_eq!(platform.get(&format!("/cases?{wrong}")).await.code(), "bad_request", "{wrong}");
    }
}

#[tokio::test]
async fn the_same_post_has_the_same_answer_after_a_restart_and_elsewhere() {
    let (first, second, _database) = two_on("").await;
    let source = first.program("城管平台", Role::Clerk, None).await;
    let elsewhere = second.with_key(&source.token);
    let filed = source.post_as("one", "/cases", &filing()).await.fine();
    assert_eq!(elsewhere.post_as("one", "/cases", &filing()).await.fine(), filed);
    let mut other = filing();
    other["text"] = json!("井盖没了");
    let answer = elsewhere.post_as("one", "/cases", &other).await;
    assert_eq!((answer.status, answer.code()), (422, "other_content"));
    // A command that has gone on since is answered as it was then.
    let number = filed["number"].as_str().unwrap();
    let path = format!("/cases/{number}/dispatch");
    let body = json!({ "revision": 1, "department": "城管" });
    let done = source.post_as("two", &path, &body).await.fine();
    source.act(number, "progress", json!({ "text": "车在路上" })).await.fine();
    assert_eq!(elsewhere.post_as("two", &path, &body).await.fine(), done);
    // At the same moment, on both: it happens once.
    let body = json!({ "text": "沟堵了，水排不出去", "village": VILLAGE, "phone": "13800138001" });
    let (a, b) = tokio::join!(
        source.post_as("three", "/cases", &body),
        elsewhere.post_as("three", "/cases", &body),
    );
    assert_eq!(a.fine(), b.fine());
    // Another program's key of the same name is another one.
    let stranger = second.program("别家", Role::Clerk, None).await;
    let mut told = filing();
    told["text"] = json!("树倒了");
    assert_ne!(stranger.post_as("one", "/cases", &told).await.fine()["number"], filed["number"]);
    // What was refused has not happened: the same key may be used again.
    let wrong = json!({ "text": "", "village": VILLAGE, "phone": "13800138001" });
    assert_eq!(source.post_as("four", "/cases", &wrong).await.status, 422);
    source
        .post_as(
            "four",
            "/cases",
            &json!({ "text": "路上有坑", "village": VILLAGE, "phone": "13800138001" }),
        )
        .await
        .fine();
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let platform = county.program("调度程序", Role::Clerk, None).await;
    let path = format!("/cases/{number}/dispatch");
    for (body, code) in [
        (json!({ "department": "城管" }), "bad_request"),
        (json!({ "revision": 1, "department": "城管", "colour": "red" }), "bad_request"),
        (json!({ "revision": 1, "department": ["城管"] }), "bad_request"),
        (json!({ "revision": 1 }), "refused"),
        (json!({ "revision": 1, "department": "月亮局" }), "refused"),
        (json!({ "revision": 7, "department": "城管" }), "changed"),
    ] {
        let answer = platform.post(&path, body.clone()).await;
        assert_eq!(answer.code(), code, "{body}: {}", answer.body);
        assert!(!answer.body["mend"].as_str().unwrap().is_empty());
    }
    let burn = platform.post(&format!("/cases/{number}/burn"), json!({ "revision": 1 })).await;
    assert_eq!(burn.code(), "not_found");
    // Without an Idempotency-Key, as no JSON, too large.
    let url = format!("{}/api/v1{path}", county.base);
    let post = || county.http.post(&url).bearer_auth(&platform.token);
    let code = async |request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        body["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code(post().body("{}")).await, "no_idempotency_key");
    let keyed = || post().header("idempotency-key", "k");
    assert_eq!(code(keyed().body("revision=1")).await, "not_json");
    let json = || keyed().header("content-type", "application/json");
    assert_eq!(code(json().body("{")).await, "bad_request");
    assert_eq!(code(json().body("a".repeat(70_000))).await, "too_large");
    let put = county.http.put(&url).bearer_auth(&platform.token);
    assert_eq!(code(put).await, "wrong_method");
    let away = county.http.get(format!("{}/api/v1/moon", county.base));
    assert_eq!(code(away).await, "not_found");
}

#[tokio::test]
async fn a_key_is_not_used_too_fast() {
    let county = county().settings("[api]\nper_minute = 3\n").open().await;
    let platform = county.program("调度程序", Role::Clerk, None).await;
    let other = county.program("别的程序", Role::Clerk, None).await;
    for _ in 0..3 {
        platform.get("/me").await.fine();
    }
    let answer = platform.get("/me").await;
    assert_eq!((answer.status, answer.code()), (429, "too_many"));
    assert_eq!(answer.headers["retry-after"], "20");
    other.get("/me").await.fine();
    county.clock.advance(20);
    platform.get("/me").await.fine();
}

#[tokio::test]
async fn the_county_is_told_in_tables_figures_and_ledgers() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let platform = county.program("调度程序", Role::Clerk, None).await;
    let has = |all: &Value, name: &str, value: &str| {
        all.as_array().unwrap().iter().any(|one| one[name] == json!(value))
    };
    let departments = platform.get("/departments").await.fine();
    assert!(has(&departments["departments"], "id", "城管"));
    assert!(has(&platform.get("/kinds").await.fine()["kinds"], "code", "0409"));
    assert!(has(&platform.get("/places").await.fine()["places"], "code", VILLAGE));
    let figures = platform.get("/figures").await.fine();
    assert_eq!((&figures["open"], &figures["received_today"]), (&json!(1), &json!(1)));
    let ledger = platform.get("/ledgers/cases?month=2026-11").await.fine();
    assert!(ledger["rows"][0].to_string().contains("138****8000"), "{ledger}");
    let whole = "/ledgers/cases?month=2026-11&identity_reason=%E6%A0%B8%E5%AF%B9";
    assert!(platform.get(whole).await.fine()["rows"][0].to_string().contains("13800138000"));
    let csv = platform.get("/ledgers/cases?month=2026-11&format=csv").await.fine();
    assert!(csv.as_str().unwrap().contains("导出人：调度程序"), "{csv}");
    for wrong in ["/ledgers/cases?month=x", "/ledgers/cases?month=2026-11&format=pdf"] {
        assert_eq!(platform.get(wrong).await.code(), "bad_request");
    }
    assert_eq!(platform.get("/ledgers/moon?month=2026-11").await.code(), "not_found");
    // A department sees its own line, a source none of it.
    let department = county.program("城管系统", Role::Department, Some("城管")).await;
    assert_eq!(department.get("/figures").await.code(), "not_found");
    department.get("/ledgers/departments?month=2026-11").await.fine();
    let source = county.program("城管平台", Role::Source, Some("数字城管")).await;
    assert_eq!(source.get("/ledgers/cases?month=2026-11").await.code(), "not_found");
    assert_eq!(source.get(&format!("/cases/{number}")).await.code(), "not_found");
    assert_eq!(source.get("/cases").await.fine()["cases"], json!([]));
}

/// The table is the only list of what may happen: what somebody may do is a command, and no
/// command is for anything else.
#[tokio::test]
async fn every_step_of_the_table_is_a_command() {
    let shapes = command_shapes();
    // What follows from another command, or begins a case, or brings a file along.
    let follows = [
        Step::Received,
        Step::Submitted,
        Step::Reopened,
        Step::Joined,
        Step::Parted,
        Step::Interviewed,
        Step::Attached,
        Step::Promised,
    ];
    for row in TRANSITIONS {
        let by_clock = row.who.iter().all(|who| *who == Party::System);
        let is_command = shapes.iter().any(|shape| shape.step == row.step);
        assert!(by_clock || follows.contains(&row.step) || is_command, "{:?}", row.step);
    }
    let county = county().open().await;
    let program = county.program("调度程序", Role::Clerk, None).await;
    let told = program.get("/transitions").await.fine();
    assert_eq!(told["transitions"].as_array().unwrap().len(), TRANSITIONS.len());
}

#[tokio::test]
async fn each_address_of_the_document_is_there() {
    let county = county().open().await;
    let served: Value = county
        .http
        .get(format!("{}/api/v1/openapi.json", county.base))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(&served, document());
    let mut count = 0;
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            count += 1;
            let url = format!("{}{}", county.base, path.replace(['{', '}'], ""));
            let method: reqwest::Method = method.to_uppercase().parse().unwrap();
            let answer = county.http.request(method.clone(), &url).send().await.unwrap();
            let open = methods[&*method.as_str().to_lowercase()].get("security").is_some();
            let status = if open { 200 } else { 401 };
            assert_eq!(answer.status(), status, "{method} {path} is there, and wants a key");
        }
    }
    assert_eq!(count, 29 + command_shapes().len());
    // And nothing else is there: no other method at these addresses, no other address in the code.
    for (path, methods) in document()["paths"].as_object().unwrap() {
        let url = format!("{}{}", county.base, path.replace(['{', '}'], ""));
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if methods.get(method.to_lowercase()).is_none() {
                let asked =
                    county.http.request(method.parse().unwrap(), &url).send().await.unwrap();
                assert_eq!(asked.status(), 405, "{method} {path} is not in the document");
            }
        }
    }
    assert_eq!(operation("get", "/cases?limit=1").unwrap().0, "/api/v1/cases");
}

/// Written anew by `UPDATE_EXPECTED=1`.
#[test]
fn the_document_that_is_checked_in_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let text = serde_json::to_string_pretty(document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == text, "docs/openapi.json is old: run this test with UPDATE_EXPECTED=1");
}
