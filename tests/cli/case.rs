//! Cases and keys from the terminal, beside a server and without one.

use serde_json::Value;

use super::program::Home;

const REPLY: &str = "灯已经换好，线路也查过了，有问题请打城管电话。";

fn file(home: &Home, text: &str) -> String {
    let args = ["case", "file", "--text", text, "--village", "胡家坨镇大黑坨村", "--name", "李四"];
    let said = home.done(&[&args[..], &["--phone", "13800138001", "--json"]].concat());
    let filed: Value = serde_json::from_str(&said).unwrap();
    filed["number"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_case_is_filed_dispatched_and_answered_from_the_terminal() {
    let home = Home::new();
    // The first start makes the first clerk.
    drop(home.serve());
    for beside_a_server in [false, true] {
        let server = beside_a_server.then(|| home.serve());
        let number = file(&home, &format!("路灯坏了半个月了，{beside_a_server}"));
        let said = home.done(&["case", "list", "--state", "received"]);
        assert!(said.contains(&number) && said.contains("待受理"), "{said}");
        home.done(&["case", "dispatch", &number, "--department", "城管"]);
        home.done(&["case", "accept", &number]);
        let said = home.refused(&["case", "reply", &number, "--outcome", "solved", "--text", "好"]);
        assert!(said.contains("至少写15个字"), "{said}");
        home.done(&["case", "reply", &number, "--outcome", "solved", "--text", REPLY]);
        let said = home.done(&["case", "show", &number]);
        for part in ["路灯坏了半个月了", "派单", "签收", REPLY, "现在能办：", "call_back"]
        {
            assert!(said.contains(part), "no {part} in {said}");
        }
        assert!(!said.contains("13800138001"), "{said}");
        let said = home.done(&["case", "show", &number, "--identity-reason", "回访"]);
        assert!(said.contains("李四") && said.contains("13800138001"), "{said}");
        let case: Value =
            serde_json::from_str(&home.done(&["case", "show", &number, "--json"])).unwrap();
        assert_eq!(case["state"], "replied");
        let said = home.refused(&["case", "note", &number, "--text", "x", "--revision", "1"]);
        assert!(said.contains("刚刚有人动过"), "{said}");
        drop(server);
    }
    let said = home.refused(&["case", "list", "--as", "没有这个人"]);
    assert!(said.contains("staff list"), "{said}");
    let said = home.refused(&["case", "show", "12"]);
    assert!(said.contains("九位数字"), "{said}");
}

/// In anybody's name without a password: so the timeline, the page and the log say that it was done here.
#[test]
fn what_is_done_at_the_machine_says_so() {
    let home = Home::new();
    drop(home.serve());
    let number = file(&home, "路灯坏了半个月了");
    home.done(&["case", "dispatch", &number, "--department", "城管"]);
    let said = home.done(&["case", "show", &number]);
    assert_eq!(said.matches("平台负责人（命令行）").count(), 2, "{said}");
    let case: Value =
        serde_json::from_str(&home.done(&["case", "show", &number, "--json"])).unwrap();
    assert_eq!(case["filed_by"]["at_machine"], true);
    let log = home.path("log.jsonl");
    home.done(&["export", log.to_str().unwrap()]);
    let log = std::fs::read_to_string(log).unwrap();
    let noted =
        |what: &str| log.lines().any(|line| line.contains("\"machine\"") && line.contains(what));
    assert!(noted("登记") && noted("dispatch"), "{log}");
}

#[test]
fn two_about_the_same_are_merged_and_taken_apart_again() {
    let home = Home::new();
    drop(home.serve());
    let parent = file(&home, "村口路灯坏了半个月了");
    let child = file(&home, "路灯不亮，天黑看不见路");
    let said = home.refused(&["case", "merge", &child, "--parent", &child, "--reason", "同一盏"]);
    assert!(said.contains("它自己就是主件"), "{said}");
    home.done(&["case", "merge", &child, "--parent", &parent, "--reason", "同一盏"]);
    let of = |number: &str| -> Value {
        serde_json::from_str(&home.done(&["case", "show", number, "--json"])).unwrap()
    };
    assert_eq!(of(&child)["parent"], Value::from(parent.as_str()));
    assert_eq!(of(&parent)["children"][0], Value::from(child.as_str()));
    home.done(&["case", "unmerge", &child, "--reason", "是两盏"]);
    assert_eq!(of(&child)["state"], "received");
    home.done(&["case", "sort", &child, "--class", "E", "--reason", "要重新架线"]);
    assert_eq!(of(&child)["time_class"], "E");
}

#[test]
fn the_help_tells_each_command_and_its_fields() {
    let home = Home::new();
    let said = home.done(&["case", "--help"]);
    for command in ["list", "show", "file", "dispatch", "ask_extension", "call_back", "withdraw"] {
        assert!(said.contains(command), "no {command} in {said}");
    }
    let said = home.done(&["case", "reply", "--help"]);
    for part in ["--outcome", "partly_solved", "至少15个字", "--revision"] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    let said = home.refused(&["case", "reply", "126000017", "--text", REPLY]);
    assert!(said.contains("--outcome"), "{said}");
}

#[tokio::test]
async fn a_key_is_printed_once_and_opens_nothing_when_it_is_revoked() {
    let home = Home::new();
    let server = home.serve();
    let said =
        home.done(&["staff", "key", "add", "城管平台", "--role", "source", "--of", "数字城管"]);
    let key = said.split_whitespace().last().unwrap().to_owned();
    let status = async |base: &str| {
        let url = format!("{base}/api/v1/me");
        reqwest::Client::new().get(url).bearer_auth(&key).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&server.base).await, 200);
    let said = home.done(&["staff", "key", "list"]);
    assert!(said.contains("城管平台　source 数字城管") && !said.contains(&key), "{said}");
    let id = said.split('　').next().unwrap();
    home.done(&["staff", "key", "revoke", id]);
    assert_eq!(status(&server.base).await, 401);
    drop(server);
    assert!(home.done(&["staff", "key", "list"]).contains("已收回"));
    assert!(!home.export().contains(&key), "only its hash is stored");
    let said = home.refused(&["staff", "key", "add", "没有单位", "--role", "source"]);
    assert!(said.contains("哪个来件平台"), "{said}");
    let said = home.refused(&["staff", "key", "revoke", "bm_00000000"]);
    assert!(said.contains("没有找到"), "{said}");
}
