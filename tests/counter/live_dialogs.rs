//! Dialogs that are changed while the office serves: what passes goes live, what does not is
//! told and changes nothing, and what is half saved is waited for.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bianmin::dialog;
use bianmin::office::{FolderStatus, Look, read_files};
use bianmin::store::{MemoryEngine, Store};
use fake_wechat::postgres::Cluster;

use super::county::{County, VILLAGER, copy, county, postgres};

const FILE: &str = "催办.yaml";
const OLD: &str = "没有可以催的事。";
const NEW: &str = "现在没有要催的事。";

struct Live {
    folder: tempfile::TempDir,
    county: County,
}

impl Live {
    /// With a copy of the shipped dialogs, looked at for the first time.
    async fn new() -> Self {
        Self::on(None).await
    }

    async fn on(store: Option<Store>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs");
        copy(&shipped, &folder.path().join("dialogs"));
        let mut builder = county().dialogs(&folder.path().join("dialogs"));
        if let Some(store) = store {
            builder = builder.store(store);
        }
        let live = Self { county: builder.open().await, folder };
        live.county.office.adopt_script().await.unwrap();
        assert_eq!(live.settled().await, Look::Same);
        live
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("dialogs").join(name)
    }

    fn edit(&self, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(FILE)).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(self.path(FILE), text.replace(old, new)).unwrap();
    }

    async fn look(&self) -> Look {
        self.county.office.look_at_dialogs().await
    }

    /// Two looks that see the same: the folder is quiet.
    async fn settled(&self) -> Look {
        assert_eq!(self.look().await, Look::Waiting);
        self.look().await
    }

    fn problems(&self) -> Vec<String> {
        self.county.office.dialogs_refused().map(|refused| refused.problems).unwrap_or_default()
    }

    async fn dialogs_health(&self) -> serde_json::Value {
        self.county.office.health().await.details["dialogs"].clone()
    }
}

#[tokio::test]
async fn a_change_that_passes_goes_live_in_the_middle_of_a_conversation() {
    let live = Live::new().await;
    live.county.say(VILLAGER, "投诉").await;
    live.edit(OLD, NEW);
    let Look::Live(hash) = live.settled().await else { panic!("{:?}", live.problems()) };
    assert_eq!(live.county.office.script().hash, hash);
    assert!(live.county.say(VILLAGER, "催办").await.starts_with(NEW));
    assert_eq!(live.look().await, Look::Same);
    let all = live.county.office.snapshots().await.unwrap();
    assert!(all.iter().any(|known| known.hash == hash && known.by == "dialogs/"), "{all:?}");
}

#[tokio::test]
async fn a_mistake_is_told_everywhere_and_the_old_stays_live() {
    let live = Live::new().await;
    let before = live.county.office.script().hash.clone();
    let clerk = live.county.clerk().await;
    assert!(!clerk.get("/desk").await.contains("没有上线"));
    live.edit("类型: 单选", "类型: 单选项");
    assert_eq!(live.settled().await, Look::Refused);
    // As lint prints it.
    let folder = live.path("");
    let lint = dialog::lint(&read_files(&folder).unwrap(), &live.county.office.tables().reader());
    let said = lint.write(dialog::Format::Text, &folder.display().to_string());
    let problems = live.problems();
    assert!(problems[0].contains("催办.yaml:") && problems[0].contains("单选"), "{problems:?}");
    assert!(said.contains(&problems[0]), "{said}");

    assert_eq!(live.county.office.script().hash, before);
    assert!(live.county.say(VILLAGER, "催办").await.starts_with(OLD));
    assert_eq!(live.dialogs_health().await, "refused");
    let health = live.county.office.health().await;
    assert!(health.problems.iter().any(|problem| problem.contains(FILE)), "{health:?}");
    assert!(health.ok, "villagers are served all the same");
    for path in ["/desk", "/desk/tasks"] {
        let page = clerk.get(path).await;
        assert!(page.contains("没有上线") && page.contains("/desk/dialogs"), "{page}");
    }
    let page = clerk.get("/desk/dialogs").await;
    assert!(page.contains("催办.yaml:") && page.contains("您是不是要写「单选」"), "{page}");

    live.edit("类型: 单选项", "类型: 单选");
    assert_eq!(live.settled().await, Look::Same);
    assert_eq!(live.problems(), Vec::<String>::new());
    assert_eq!(live.dialogs_health().await, "live");
    assert!(!clerk.get("/desk").await.contains("没有上线"));
}

#[tokio::test]
async fn a_test_that_fails_keeps_a_change_out() {
    let live = Live::new().await;
    live.edit("微信: 已经催了，编号", "微信: 催过了，编号");
    assert_eq!(live.settled().await, Look::Refused);
    let problems = live.problems();
    assert!(problems.iter().any(|problem| problem.contains("E815")), "{problems:?}");
}

#[tokio::test]
async fn what_is_still_being_saved_is_waited_for() {
    let live = Live::new().await;
    let whole = fs::read_to_string(live.path(FILE)).unwrap();
    let half: String = whole.chars().take(whole.chars().count() / 2).collect();
    fs::write(live.path(FILE), half).unwrap();
    assert_eq!(live.look().await, Look::Waiting);
    fs::write(live.path(FILE), whole.replace(OLD, NEW)).unwrap();
    // It changed since the last look: the half of it is never read.
    assert_eq!(live.look().await, Look::Waiting);
    assert!(matches!(live.look().await, Look::Live(_)), "{:?}", live.problems());
}

#[tokio::test]
async fn what_editors_put_beside_the_files_does_not_count() {
    let live = Live::new().await;
    for name in
        [".催办.yaml.swp", "4913", "催办.yaml~", "#催办.yaml#", ".#催办.yaml", "表/~$证件.xlsx"]
    {
        fs::write(live.path(name), "半").unwrap();
        assert_eq!(live.look().await, Look::Same, "{name}");
    }
    // Saved as the same: read once, and nothing follows.
    let text = fs::read_to_string(live.path(FILE)).unwrap();
    fs::write(live.path(FILE), text + " ").unwrap();
    live.edit("\n ", "\n");
    let before = live.county.office.snapshots().await.unwrap().len();
    live.look().await;
    live.look().await;
    assert!(live.county.office.snapshots().await.unwrap().len() <= before + 1);
}

#[tokio::test]
async fn a_folder_that_is_gone_changes_nothing() {
    let live = Live::new().await;
    let (folder, away) = (live.path(""), live.folder.path().join("away"));
    fs::rename(&folder, &away).unwrap();
    assert_eq!(live.settled().await, Look::Refused);
    assert!(live.problems()[0].contains("打不开这个文件夹"), "{:?}", live.problems());
    assert!(live.county.say(VILLAGER, "催办").await.starts_with(OLD));
    fs::create_dir(&folder).unwrap();
    // What it does not find is said, and nothing is taken for a script without dialogs.
    live.look().await;
    live.look().await;
    assert!(!live.problems().is_empty());
    fs::remove_dir(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    assert_eq!(live.settled().await, Look::Same);
    assert_eq!(live.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_live_on_one_instance_is_live_on_the_other() {
    let store: Store = Arc::new(MemoryEngine::default());
    let one = Live::on(Some(store.clone())).await;
    let two = Live::on(Some(store)).await;
    one.edit(OLD, NEW);
    let Look::Live(hash) = one.settled().await else { panic!("{:?}", one.problems()) };
    assert!(two.county.office.follow_script().await.unwrap());
    assert_eq!(two.county.office.script().hash, hash);
    // Its own folder gets the same file a little later.
    two.edit(OLD, NEW);
    assert_eq!(two.settled().await, Look::Same);
    assert_eq!(two.county.office.snapshots().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_way_back_holds_until_the_folder_changes() {
    let live = Live::new().await;
    let first = live.county.office.script().hash.clone();
    live.edit(OLD, NEW);
    assert!(matches!(live.settled().await, Look::Live(_)), "{:?}", live.problems());
    live.county.office.roll_back(&first, "管理员", false).await.unwrap();
    assert_eq!(live.look().await, Look::Same);
    assert!(live.county.say(VILLAGER, "催办").await.starts_with(OLD));
    assert!(matches!(
        live.county.office.dialogs_status().await.unwrap().folder,
        FolderStatus::Same
    ));
    live.edit(NEW, "眼下没有要催的事。");
    assert!(matches!(live.settled().await, Look::Live(_)), "{:?}", live.problems());
    assert!(live.county.say(VILLAGER, "催办").await.starts_with("眼下"));
}

/// What publishing refuses, a start does not put live either.
#[tokio::test]
async fn a_start_keeps_what_was_live_when_the_folder_would_lose_answers() {
    let store: Store = Arc::new(MemoryEngine::default());
    let before = Live::on(Some(store.clone())).await;
    let old = before.county.office.script().hash.clone();
    before.county.office.stop().await;
    let folder = before.path("");
    let text = fs::read_to_string(before.path("反映问题.yaml")).unwrap();
    let from = text.find("  - 问: phone\n").unwrap();
    let to = from + 5 + text[from + 4..].find("\n  - ").unwrap();
    let text = format!("{}{}", &text[..from], &text[to..]).replace("、phone", "");
    let tests = text.find("\n测试:").unwrap();
    fs::write(before.path("反映问题.yaml"), &text[..tests]).unwrap();
    let after = county().store(store).dialogs(&folder).open().await;
    assert_ne!(after.office.script().hash, old);
    after.office.adopt_script().await.unwrap();
    assert_eq!(after.office.script().hash, old);
    let refused = after.office.dialogs_refused().unwrap();
    assert!(refused.problems[0].contains("「phone」"), "{refused:?}");
}

/// A machine that was off while a change went live, and whose folder nobody brought up to date.
#[tokio::test]
async fn a_start_with_an_older_folder_follows_where_the_store_is_shared() {
    let url = Cluster::shared().fresh().url();
    let live = Live::on(Some(postgres(&url).await)).await;
    let old = live.county.office.script().hash.clone();
    let older = tempfile::tempdir().unwrap();
    copy(&live.path(""), older.path());
    live.edit(OLD, NEW);
    let Look::Live(new) = live.settled().await else { panic!("{:?}", live.problems()) };
    let late = county().store(postgres(&url).await).dialogs(older.path()).open().await;
    assert_eq!(late.office.script().hash, old);
    late.office.adopt_script().await.unwrap();
    assert_eq!(late.office.script().hash, new);
    let refused = late.office.dialogs_refused().unwrap();
    assert!(refused.problems[0].contains("比现在上线的旧"), "{refused:?}");
    // Nobody touches it: it undoes nothing later either.
    late.office.look_at_dialogs().await;
    assert_eq!(late.office.look_at_dialogs().await, Look::Refused);
    assert!(!live.county.office.follow_script().await.unwrap());
    // On a machine of its own the folder is what counts.
    let alone = Live::on(Some(Arc::new(MemoryEngine::default()))).await;
    let back = fs::read_to_string(alone.path(FILE)).unwrap();
    alone.edit(OLD, NEW);
    assert!(matches!(alone.settled().await, Look::Live(_)), "{:?}", alone.problems());
    alone.county.office.stop().await;
    fs::write(alone.path(FILE), back).unwrap();
    let store = alone.county.store.clone();
    let again = county().store(store).dialogs(&alone.path("")).open().await;
    again.office.adopt_script().await.unwrap();
    assert_eq!(again.office.script().hash, old);
}
