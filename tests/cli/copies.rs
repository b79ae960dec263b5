//! backup, restore, compact, export, import.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bianmin::store::{Batch, Engine, SledEngine, SledSettings};
use fake_wechat::postgres::Cluster;

use super::program::{Home, said};

const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_while_messages_come_holds_all_that_was_answered_before() {
    let (home, fresh) = (Home::new(), Home::new());
    let server = Arc::new(home.serve());
    let number = server.report("zhang").await;
    let photo = reqwest::Client::new()
        .post(format!("{}/phone/zhang/photo", server.base))
        .header("content-type", "image/gif")
        .body(GIF)
        .send()
        .await
        .unwrap();
    assert!(photo.status().is_success(), "{}", photo.status());
    let stop = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..4)
        .map(|n| {
            let (server, stop) = (server.clone(), stop.clone());
            tokio::spawn(async move {
                let (who, mut count) = (format!("busy{n}"), 0);
                while !stop.load(Ordering::SeqCst) {
                    // A refusal is the limit for one sender.
                    count += usize::from(server.try_say(&who, "投诉").await.is_ok());
                }
                count
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let folder = home.path("copy");
    let printed = tokio::task::block_in_place(|| home.done(&["backup", text(&folder)]));
    assert!(printed.contains("records"), "{printed}");
    stop.store(true, Ordering::SeqCst);
    for task in busy {
        assert!(task.await.unwrap() > 0);
    }

    fresh.done(&["restore", text(&folder)]);
    let restored = fresh.serve();
    let said = restored.say("zhang", "查进度").await;
    assert!(said.contains(&number) || restored.heard("zhang").await.concat().contains(&number));
    assert!(restored.printed.lines().all(|line| !line.contains("password")), "staff came along");
    let kept = walk(&fresh.path("data/media"));
    assert!(kept.iter().any(|file| std::fs::read(file).unwrap() == GIF), "{kept:?}");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn the_token_of_the_running_server_is_private_and_goes_with_it() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let server = home.serve();
    let file = home.path("data/control.token");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let http = reqwest::Client::new();
    let url = format!("{}/control/backup", server.base);
    let order = serde_json::json!({"folder": home.path("stolen")});
    for token in ["", "0000"] {
        let request = http.post(&url).header("x-bianmin-control", token).json(&order);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 403);
    }
    assert_eq!(http.get(&url).send().await.unwrap().status().as_u16(), 405);
    assert!(!home.path("stolen").exists());
    assert!(home.refused(&["export", "-"]).contains("stop it first"));
    assert_eq!(server.stop(), Some(0));
    assert!(!file.exists());
}

#[tokio::test]
async fn restore_refuses_what_would_lose_something() {
    let home = Home::new();
    let server = home.serve();
    server.report("zhang").await;
    assert_eq!(server.stop(), Some(0));
    let folder = home.path("copy");
    home.done(&["backup", text(&folder)]);
    assert!(home.refused(&["backup", text(&folder)]).contains("copy"), "never over another one");
    let refusal = home.refused(&["restore", text(&folder)]);
    assert!(refusal.contains("please"), "{refusal}");

    for (name, damage) in [
        ("records.jsonl", "flip"),
        ("records.jsonl", "cut"),
        ("manifest.json", "remove"),
        ("changes.jsonl", "remove"),
    ] {
        let fresh = Home::new();
        let damaged = fresh.path("copy");
        std::fs::create_dir(&damaged).unwrap();
        for file in ["records.jsonl", "changes.jsonl", "manifest.json"] {
            std::fs::copy(folder.join(file), damaged.join(file)).unwrap();
        }
        let victim = damaged.join(name);
        let mut bytes = std::fs::read(&victim).unwrap();
        match damage {
            "flip" => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                std::fs::write(&victim, bytes).unwrap();
            }
            "cut" => std::fs::write(&victim, &bytes[..bytes.len() / 2]).unwrap(),
            _ => std::fs::remove_file(&victim).unwrap(),
        }
        let refusal = fresh.refused(&["restore", text(&damaged)]);
        assert!(
            refusal.contains(name) || refusal.contains("damaged"),
            "{damage} {name}: {refusal}"
        );
        assert!(!fresh.path("data/store").exists(), "{damage} {name}: nothing is left behind");
        // And a good one still goes in.
        fresh.done(&["restore", text(&folder)]);
    }
}

#[tokio::test]
async fn export_and_import_move_every_record() {
    let home = Home::new();
    let server = home.serve();
    server.report("zhang").await;
    server.report("li").await;
    assert_eq!(server.stop(), Some(0));
    let before = home.export();
    assert!(before.lines().count() > 10);
    let fresh = Home::new();
    let output = fresh.run_with(&["import", "-"], &before);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fresh.export(), before);
    let again = fresh.run_with(&["import", "-"], &before);
    assert!(said(&again).contains("empty"), "{}", said(&again));

    let elsewhere = Home::new();
    let database = Cluster::shared().fresh();
    let settings =
        format!("[server]\nlisten = \"127.0.0.1:0\"\n[store]\npostgres = {:?}\n", database.url());
    elsewhere.write("config.toml", settings);
    let output = elsewhere.run_with(&["import", "-"], &before);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(elsewhere.export(), before, "another engine holds the same");

    let third = Home::new();
    let broken: Vec<&str> = before
        .lines()
        .enumerate()
        .map(|(n, line)| if n == 4 { "{nonsense" } else { line })
        .collect();
    let refusal = said(&third.run_with(&["import", "-"], &broken.join("\n")));
    assert!(refusal.contains("line 5"), "{refusal}");
    assert_eq!(third.export(), "", "nothing half-imported");
}

#[tokio::test]
async fn compact_gives_space_back_and_survives_a_kill_at_any_moment() {
    let home = Home::new();
    home.edit("config.toml", "[server]", "[limits]\nmessages_per_minute = 100000\n[server]");
    let server = home.serve();
    server.report("zhang").await;
    for n in 0..40 {
        server.say(&format!("busy{}", n % 8), "投诉").await;
    }
    assert_eq!(server.stop(), Some(0));
    let before = home.export();
    // What was deleted: sled's file does not shrink.
    let junk = |n: u32| format!("junk/{n:02}").into_bytes();
    let store = SledEngine::open(&home.path("data/store"), SledSettings::default()).unwrap();
    for n in 0..60 {
        let put = vec![(junk(n), vec![b'x'; 60_000])];
        store.commit(Batch { put, ..Batch::default() }).await.unwrap();
    }
    drop(store);
    let store = SledEngine::open(&home.path("data/store"), SledSettings::default()).unwrap();
    let delete = (0..60).map(junk).collect();
    store.commit(Batch { delete, ..Batch::default() }).await.unwrap();
    drop(store);
    assert_eq!(home.export(), before);
    let size = |home: &Home| std::fs::metadata(home.path("data/store/db")).unwrap().len();
    let large = size(&home);
    for n in 0..10 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bianmin"))
            .current_dir(home.path("."))
            .arg("compact")
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(8 * n));
        let _ = child.kill();
        child.wait().unwrap();
        assert_eq!(home.export(), before, "round {n}");
    }
    home.done(&["compact"]);
    assert_eq!(home.export(), before);
    assert!(size(&home) < large / 2, "{large} before, {} after", size(&home));
}
