//! A disk that is full or fails: nothing is acknowledged that is not kept, and after the
//! repair it goes on by itself.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bianmin::store::{Batch, Disk, Engine, SledEngine, SledSettings};

use super::county::{Clerk, VILLAGER, county};

#[derive(Default)]
struct Broken {
    full: AtomicBool,
    fails: AtomicBool,
}

struct Switched(Arc<Broken>);

impl Disk for Switched {
    fn free_bytes(&self, _folder: &Path) -> io::Result<u64> {
        Ok(if self.0.full.load(Ordering::SeqCst) { 1 } else { 1 << 40 })
    }

    fn sync(&self, data: &File) -> io::Result<()> {
        if self.0.fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is broken"));
        }
        data.sync_data()
    }
}

#[tokio::test]
async fn what_is_not_on_disk_is_not_acknowledged() {
    for kind in ["full", "fails"] {
        let folder = tempfile::tempdir().unwrap();
        let broken = Arc::new(Broken::default());
        let settings =
            SledSettings { disk: Arc::new(Switched(broken.clone())), ..SledSettings::default() };
        let store = Arc::new(SledEngine::open(folder.path(), settings).unwrap());
        let mut county = county().store(store).open().await;
        county.account.deliveries = 1;
        county.say(VILLAGER, "投诉").await;

        let switch = if kind == "full" { &broken.full } else { &broken.fails };
        switch.store(true, Ordering::SeqCst);
        let villager = county.account.villager(VILLAGER);
        let xml = villager.message("text", "<Content><![CDATA[大黑坨村]]></Content>");
        let refused = villager.deliver(&county.webhook(), &xml).await.unwrap_err();
        assert!(refused.contains("503"), "{kind}: {refused}");
        let health = county.health().await;
        assert_eq!(health["ok"], false, "{kind}: {health}");
        let (status, _) = ready(&county.base, &county.http).await;
        assert_eq!(status, 503, "{kind}");

        switch.store(false, Ordering::SeqCst);
        let mut answer = villager.deliver(&county.webhook(), &xml).await;
        for _ in 0..100 {
            if answer.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = villager.deliver(&county.webhook(), &xml).await;
        }
        let said = answer.unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert!(said.text().starts_with("请说说是什么事"), "{kind}: {said:?}");
        assert_eq!(county.health().await["ok"], true, "{kind}");
    }
}

async fn ready(base: &str, http: &reqwest::Client) -> (u16, String) {
    let answer = http.get(format!("{base}/ready")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The sync behind so many fails, once.
struct FailsOnce(Arc<AtomicIsize>);

impl Disk for FailsOnce {
    fn free_bytes(&self, _folder: &Path) -> io::Result<u64> {
        Ok(1 << 40)
    }

    fn sync(&self, data: &File) -> io::Result<()> {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 0 {
            return Err(io::Error::other("the disk is broken"));
        }
        data.sync_data()
    }
}

/// Each goes with its parent or not at all, and the same order again does the rest.
#[tokio::test]
async fn taking_in_is_gone_on_with_where_a_failing_disk_stopped_it() {
    let mut stopped_between = 0;
    for well in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let left = Arc::new(AtomicIsize::new(isize::MAX));
        let disk = Arc::new(FailsOnce(left.clone()));
        let settings = SledSettings { disk, ..SledSettings::default() };
        let store = Arc::new(SledEngine::open(folder.path(), settings).unwrap());
        let county = county().store(store).open().await;
        let mut numbers = Vec::new();
        for n in 0..4 {
            numbers.push(county.report(&format!("oVillager{n:020}")).await);
        }
        let (parent, children) = (numbers[0].clone(), numbers[1..].join(","));
        let mut clerk = county.clerk().await;
        left.store(well, Ordering::SeqCst);
        let order = [("children", children.as_str())];
        let (status, text) = clerk.try_act(&parent, "take_in", &order).await;
        assert!(matches!(status, 303 | 503), "{status}: {text}");
        while ready(&county.base, &county.http).await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        left.store(isize::MAX, Ordering::SeqCst);
        let inside = joined(&clerk, &numbers).await;
        stopped_between += usize::from(status == 503 && (1..3).contains(&inside));

        let mut clerk = county.clerk_again().await;
        let (status, text) = clerk.try_act(&parent, "take_in", &order).await;
        assert_eq!(status, 303, "{text}");
        assert_eq!(joined(&clerk, &numbers).await, 3);
        let page = clerk.get(&format!("/desk/cases/{parent}")).await;
        assert_eq!(page.matches("<strong>并入一件</strong>").count(), 3, "{page}");
    }
    assert!(stopped_between > 0, "no order was cut off in the middle");
}

/// How many of them the first one has under it; they say so themselves as well.
async fn joined(clerk: &Clerk<'_>, numbers: &[String]) -> usize {
    let parent = clerk.get(&format!("/desk/cases/{}", numbers[0])).await;
    let inside = parent.split_once("并进来的").map_or("", |(_, rest)| rest);
    let inside = inside.split("</div>").next().unwrap().to_owned();
    let mut count = 0;
    for number in &numbers[1..] {
        let child = clerk.get(&format!("/desk/cases/{number}")).await;
        let says_so = child.contains("<dt>并到</dt>");
        assert_eq!(says_so, inside.contains(number), "{number}: {inside}");
        count += usize::from(says_so);
    }
    count
}

/// A disk that takes its time: each sync waits to be told how it ends.
#[derive(Default)]
struct Slow {
    begun: AtomicUsize,
    ends: Mutex<Vec<bool>>,
    told: Condvar,
}

impl Slow {
    fn end(&self, well: bool) {
        self.ends.lock().unwrap().push(well);
        self.told.notify_all();
    }

    async fn until_begun(&self, syncs: usize) {
        while self.begun.load(Ordering::SeqCst) < syncs {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

struct Shared(Arc<Slow>);

impl Disk for Shared {
    fn free_bytes(&self, _folder: &Path) -> io::Result<u64> {
        Ok(1 << 40)
    }

    fn sync(&self, _data: &File) -> io::Result<()> {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        let ends = self.0.ends.lock().unwrap();
        let mut ends = self.0.told.wait_while(ends, |ends| ends.is_empty()).unwrap();
        if ends.remove(0) { Ok(()) } else { Err(io::Error::other("the disk is broken")) }
    }
}

async fn is_there(store: &SledEngine, key: &str) -> bool {
    let found = store.get_many(&[key.as_bytes().to_vec()]).await;
    found.is_ok_and(|found| found[0].is_some())
}

/// The second commit is applied while the first one is being synced, and stands or falls with
/// a sync that began after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_answered_only_after_a_sync_that_covers_it() {
    for well in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(Slow::default());
        let settings =
            SledSettings { disk: Arc::new(Shared(disk.clone())), ..SledSettings::default() };
        let store = Arc::new(SledEngine::open(folder.path(), settings).unwrap());
        let commit = |key: &str| {
            let put = vec![(key.as_bytes().to_vec(), b"1".to_vec())];
            let store = store.clone();
            tokio::spawn(async move { store.commit(Batch { put, ..Batch::default() }).await })
        };
        let first = commit("a");
        disk.until_begun(1).await;
        let second = commit("b");
        while !is_there(&store, "b").await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!first.is_finished() && !second.is_finished(), "nothing is on disk");
        disk.end(well);
        assert_eq!(first.await.unwrap().is_ok(), well);
        if well {
            disk.until_begun(2).await;
            assert!(!second.is_finished(), "its own sync is still under way");
            disk.end(true);
            second.await.unwrap().unwrap();
        } else {
            let error = second.await.unwrap().unwrap_err();
            assert!(error.to_string().contains("broken"), "{error}");
            assert!(!is_there(&store, "a").await, "nobody reads what may not be there");
            // It opens again by itself, with a sync, and goes on.
            disk.until_begun(2).await;
            disk.end(true);
            disk.end(true);
            while commit("c").await.unwrap().is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert!(is_there(&store, "c").await);
        }
    }
}

/// Commits that come one after the other do not keep it from being opened again.
#[tokio::test]
async fn it_opens_again_while_others_keep_trying() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(FailsOnce(Arc::new(AtomicIsize::new(0))));
    let settings = SledSettings { disk, ..SledSettings::default() };
    let store = SledEngine::open(folder.path(), settings).unwrap();
    let batch = || Batch { put: vec![(b"a".to_vec(), b"1".to_vec())], ..Batch::default() };
    store.commit(batch()).await.unwrap_err();
    let began = std::time::Instant::now();
    while store.commit(batch()).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "it stays closed");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
