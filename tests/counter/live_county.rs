//! The county's tables and the common settings while the office serves: put live on one instance,
//! they are live on all; what does not load or does not fit is told and changes nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bianmin::config::Common;
use bianmin::office::{Look, Tables};
use bianmin::store::{MemoryEngine, Store};
use fake_wechat::postgres::Cluster;

use super::county::{County, VILLAGER, copy, county, postgres};

/// A village of the shipped tables, and one that is founded.
const VILLAGES: (&str, &str) = (",大黑坨村,", ",新黑坨村,");

struct Live {
    folder: tempfile::TempDir,
    county: County,
}

impl Live {
    async fn on(store: Store, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("county"), &folder.path().join("county"));
        Self::start(store, settings, folder, None).await
    }

    async fn start(
        store: Store,
        settings: &str,
        folder: tempfile::TempDir,
        beside: Option<&County>,
    ) -> Self {
        let builder =
            county().folder(&folder.path().join("county")).settings(settings).store(store);
        let county = match beside {
            Some(first) => builder.open_beside(first).await,
            None => builder.open().await,
        };
        county.office.adopt_county().await.unwrap();
        Self { county, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("county").join(name)
    }

    fn edit(&self, name: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(self.path(name), text.replace(old, new)).unwrap();
    }

    /// Two looks that see the same: the folder is quiet.
    async fn settled(&self) -> Look {
        assert_eq!(self.county.office.look_at_county().await, Look::Waiting);
        self.county.office.look_at_county().await
    }

    fn tables(&self) -> String {
        self.county.office.tables().hash.clone()
    }

    async fn problems(&self) -> String {
        self.county.health().await["problems"].to_string()
    }

    fn common(&self) -> Common {
        Common::clone(&self.county.office.common())
    }
}

async fn shared() -> (Store, Store) {
    let url = Cluster::shared().fresh().url();
    (postgres(&url).await, postgres(&url).await)
}

#[tokio::test]
async fn a_table_saved_on_one_instance_is_live_on_the_other() {
    let (one, two) = shared().await;
    let first = Live::on(one, "").await;
    let second = Live::start(two, "", tempfile_of(&first), Some(&first.county)).await;
    assert_eq!(first.county.office.look_at_county().await, Look::Same);
    assert!(!second.county.office.follow_county().await.unwrap());
    // A village that nobody knows.
    let asked = second.county.talk(VILLAGER, &["反映问题", "新黑坨村"]).await;
    assert!(!asked.contains("请说说是什么事"), "{asked}");

    first.edit("places.csv", VILLAGES.0, VILLAGES.1);
    assert!(matches!(first.settled().await, Look::Live(_)), "{}", first.problems().await);
    assert!(second.county.office.follow_county().await.unwrap());
    assert_eq!(second.tables(), first.tables());
    let health = second.county.health().await;
    assert_eq!(health["details"]["tables"], first.tables());
    let asked = second.county.talk(VILLAGER, &["取消", "反映问题", "新黑坨村"]).await;
    assert!(asked.contains("请说说是什么事"), "{asked}");
    assert!(!second.county.office.follow_county().await.unwrap(), "it is followed once");
    // Its own folder is older, nobody touched it, and it undoes nothing: not now, not at a start.
    assert_eq!(second.county.office.look_at_county().await, Look::Same);
}

/// A copy of its folder.
fn tempfile_of(live: &Live) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&live.path(""), &folder.path().join("county"));
    folder
}

#[tokio::test]
async fn settings_put_live_on_one_instance_hold_on_the_other() {
    let (one, two) = shared().await;
    let first = Live::on(one, "").await;
    let second = Live::start(two, "", tempfile_of(&first), Some(&first.county)).await;
    let mut common = first.common();
    (common.hotline, common.messages_per_minute) = ("0315-7654321".into(), 4);
    let tables = Tables::read(&first.path("")).unwrap();
    first.county.office.publish_county(tables, common, "管理员").await.unwrap();
    assert!(second.county.office.follow_county().await.unwrap());
    assert_eq!(second.common().hotline, "0315-7654321");
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(second.county.say(VILLAGER, "帮助").await);
    }
    assert!(answers[4].contains("太快"), "{answers:?}");
    assert_eq!(answers[5], "", "it is said once");
    let history = second.county.office.county_status("").await.unwrap();
    assert_eq!(history.versions.len(), 2);
    assert_eq!(history.live.unwrap().by, "管理员");
}

/// Instances with files of before start again while others have gone on.
#[tokio::test]
async fn a_start_with_older_files_follows_what_is_live() {
    let (one, two) = shared().await;
    let first = Live::on(one.clone(), "").await;
    let old = tempfile_of(&first);
    first.edit("places.csv", VILLAGES.0, VILLAGES.1);
    assert_eq!(first.county.office.look_at_county().await, Look::Waiting);
    assert!(matches!(first.county.office.look_at_county().await, Look::Live(_)));
    let mut common = first.common();
    common.media_mb = 5;
    let tables = Tables::read(&first.path("")).unwrap();
    first.county.office.publish_county(tables, common, "管理员").await.unwrap();

    let late = Live::start(two.clone(), "", old, Some(&first.county)).await;
    assert_eq!((late.tables(), late.common().media_mb), (first.tables(), 5));
    let said = late.problems().await;
    assert!(said.contains("county/ here is older") && said.contains("config.toml here"), "{said}");
    assert_eq!(late.county.office.look_at_county().await, Look::Same, "nobody touched it");
    assert!(!first.county.office.follow_county().await.unwrap());
    // Settings that nobody has seen yet are a change, and it reaches all.
    let newer = "[limits]\nmedia_mb = 7\n";
    let newer = Live::start(one, newer, tempfile_of(&first), Some(&first.county)).await;
    assert_eq!(newer.common().media_mb, 7);
    assert_eq!(newer.problems().await, "[]");
    assert!(first.county.office.follow_county().await.unwrap());
    assert_eq!(first.common().media_mb, 7);
    drop(two);
}

#[tokio::test]
async fn what_does_not_load_or_fit_is_told_and_changes_nothing() {
    let live = Live::on(Arc::new(MemoryEngine::default()), "").await;
    assert_eq!(live.county.office.look_at_county().await, Look::Same);
    let before = live.tables();
    // Not a kind of place.
    live.edit("places.csv", "大黑坨村,village", "大黑坨村,villlage");
    assert_eq!(live.settled().await, Look::Refused);
    let said = live.problems().await;
    assert!(said.contains("改过的表没有上线") && said.contains("places.csv"), "{said}");
    assert_eq!(live.tables(), before);
    assert_eq!(live.county.office.look_at_county().await, Look::Refused, "it is said until mended");
    live.edit("places.csv", "大黑坨村,villlage", "大黑坨村,village");
    assert_eq!(live.settled().await, Look::Same);
    assert_eq!(live.problems().await, "[]");
    // A kind of notice that the dialogs do not have.
    let mut common = live.common();
    common.notices.kinds.insert("nonsense".into(), Default::default());
    let tables = Tables::read(&live.path("")).unwrap();
    let refused = live.county.office.publish_county(tables, common, "管理员").await.unwrap_err();
    assert!(refused.to_string().contains("nonsense"), "{refused}");
    assert!(!live.common().notices.kinds.contains_key("nonsense"));
}

#[tokio::test]
async fn a_way_back_holds_over_a_restart_until_the_files_change() {
    let store: Store = Arc::new(MemoryEngine::default());
    let live = Live::on(store.clone(), "").await;
    assert_eq!(live.county.office.look_at_county().await, Look::Same);
    let (tables, first) = (live.tables(), live.county.office.county_status("").await.unwrap());
    let first = first.live.unwrap().hash;
    live.edit("places.csv", VILLAGES.0, VILLAGES.1);
    assert!(matches!(live.settled().await, Look::Live(_)));
    live.county.office.roll_back_county(&first, "管理员").await.unwrap();
    assert_eq!(
        (live.tables(), live.county.office.look_at_county().await),
        (tables.clone(), Look::Same)
    );
    let folder = tempfile_of(&live);
    drop(live);
    let again = Live::start(store, "", folder, None).await;
    assert_eq!(again.tables(), tables);
    assert_eq!(again.county.office.look_at_county().await, Look::Same);
    again.edit("places.csv", VILLAGES.1, ",老黑坨村,");
    assert!(matches!(again.settled().await, Look::Live(_)));
    let refused = again.county.office.roll_back_county("0", "管理员").await.unwrap_err();
    assert!(refused.to_string().contains("没有版本 0"), "{refused}");
}
