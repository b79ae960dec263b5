//! What is live, while the program serves and while it does not: a folder that is changed, a
//! start that is refused, `bianmin dialogs`.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::program::{Home, Server, said};

const FILE: &str = "dialogs/催办.yaml";
const OLD: &str = "没有可以催的事。";
const NEW: &str = "现在没有要催的事。";

async fn health(server: &Server) -> Value {
    let answer = reqwest::get(format!("{}/health", server.base)).await.unwrap();
    answer.json().await.unwrap()
}

/// Looks until it is so: the folder is looked at every two seconds.
async fn until(server: &Server, what: &str, holds: impl Fn(&Value) -> bool) {
    let from = Instant::now();
    loop {
        let health = health(server).await;
        if holds(&health) {
            return;
        }
        assert!(from.elapsed() < Duration::from_secs(120), "{what}: {health}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn live(home: &Home) -> String {
    let status = home.done(&["dialogs", "status"]);
    let hash = status.strip_prefix("现在用的版本：").unwrap_or_else(|| panic!("{status}"));
    hash[..12].to_owned()
}

#[tokio::test]
async fn a_changed_folder_goes_live_when_it_passes() {
    let home = Home::new();
    let server = home.serve();
    let first = live(&home);
    assert_eq!(health(&server).await["details"]["script"], first.as_str());
    server.say("zhang", "催办").await;

    home.edit(FILE, "类型: 单选", "类型: 单项");
    until(&server, "refused", |health| health["details"]["dialogs"] == "refused").await;
    let problems = health(&server).await["problems"].to_string();
    assert!(problems.contains("催办.yaml") && problems.contains("单选"), "{problems}");
    assert!(server.say("zhang", "催办").await.starts_with(OLD));
    let status = said(&home.run(&["dialogs", "status"]));
    assert!(status.contains("还不能上线") && status.contains("E306"), "{status}");

    home.edit(FILE, "类型: 单项", "类型: 单选");
    home.edit(FILE, OLD, NEW);
    until(&server, "live", |health| health["details"]["dialogs"] == "live").await;
    until(&server, "new", |health| health["details"]["script"] != first.as_str()).await;
    assert!(server.say("zhang", "催办").await.starts_with(NEW));

    // The way back, while it serves.
    let second = live(&home);
    let history = home.done(&["dialogs", "history"]);
    assert!(history.contains(&format!("* {second}")), "{history}");
    assert!(history.contains(&format!("  {first}")), "{history}");
    home.done(&["dialogs", "rollback", &first[..6]]);
    assert_eq!(live(&home), first);
    assert!(server.say("zhang", "催办").await.starts_with(OLD));
    assert_eq!(server.stop(), Some(0));

    // It holds over a restart.
    let server = home.serve();
    assert!(server.say("zhang", "催办").await.starts_with(OLD));
    home.done(&["dialogs", "publish"]);
    assert!(server.say("zhang", "催办").await.starts_with(NEW));
}

#[test]
fn what_is_live_is_changed_while_nobody_serves() {
    let home = Home::new();
    let status = home.done(&["dialogs", "status"]);
    assert!(status.contains("还没有上线过"), "{status}");
    home.done(&["dialogs", "publish"]);
    let first = live(&home);
    assert!(home.done(&["dialogs", "status"]).contains("文件夹里的和它一样"));

    home.edit(FILE, OLD, NEW);
    let status = home.done(&["dialogs", "status"]);
    assert!(status.contains("可以上线"), "{status}");
    home.done(&["dialogs", "publish"]);
    let second = live(&home);
    assert_ne!(first, second);
    home.done(&["dialogs", "rollback", &first]);
    let status = home.done(&["dialogs", "status"]);
    assert!(status.contains(&first) && status.contains("退回"), "{status}");
    assert!(home.refused(&["dialogs", "rollback", "ffffff"]).contains("没有版本 ffffff"));

    home.edit(FILE, "类型: 单选", "类型: 单项");
    let refused = home.refused(&["dialogs", "publish"]);
    assert!(refused.contains("没有上线：") && refused.contains("E306"), "{refused}");
    assert_eq!(said(&home.run(&["dialogs", "history"])).lines().count(), 2);
}

/// The same text as `bianmin lint` has, and how to go on.
#[test]
fn a_start_on_errors_of_lint_is_refused() {
    let home = Home::new();
    home.edit(FILE, "微信: 已经催了，编号", "微信: 催过了，编号");
    let lint = said(&home.run(&["lint"]));
    let refused = home.refused(&["serve"]);
    let first = refused.split("\n\n").next().unwrap();
    assert!(first.contains("催办.yaml") && first.contains("E815"), "{refused}");
    assert!(lint.contains(first), "{lint}\n---\n{refused}");
    assert!(refused.contains("没有启动") && refused.contains("bianmin lint"), "{refused}");
}
