//! A disk that is full or fails: nothing is acknowledged that is not kept, and after the
//! repair it goes on by itself.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bianmin::store::{Disk, SledEngine, SledSettings};

use super::county::{VILLAGER, county};

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
        assert!(said.text().starts_with("是哪方面的事"), "{kind}: {said:?}");
        assert_eq!(county.health().await["ok"], true, "{kind}");
    }
}

async fn ready(base: &str, http: &reqwest::Client) -> (u16, String) {
    let answer = http.get(format!("{base}/ready")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}
