//! WeChat delivers again what was not answered in 5 s: the same reply, one effect.

use std::sync::Arc;
use std::time::Duration;

use bianmin::store::{
    Batch, Engine, Found, Key, MemoryEngine, Range, SledEngine, SledSettings, Stats, Store, Stored,
};

use super::county::{VILLAGER, county, number_in};

const REPORT: &str = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000";

#[tokio::test]
async fn three_deliveries_at_once_are_one_case_and_one_reply() {
    let county = county().open().await;
    county.talk(VILLAGER, &[REPORT]).await;
    let villager = county.account.villager(VILLAGER);
    let xml = villager.message("text", "<Content><![CDATA[对]]></Content>");
    let url = county.webhook();
    let (a, b, c) = tokio::join!(
        villager.deliver(&url, &xml),
        villager.deliver(&url, &xml),
        villager.deliver(&url, &xml)
    );
    let texts = [a, b, c].map(|answer| answer.unwrap().text().to_owned());
    let number = number_in(&texts[0]);
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    let later = villager.deliver(&url, &xml).await.unwrap();
    assert_eq!(later.text(), texts[0]);
    let details = county.health().await["details"].clone();
    assert_eq!((&details["cases"], &details["duplicates"]), (&1.into(), &3.into()), "{details}");
    let said = county.say(VILLAGER, "查进度").await;
    assert_eq!(number_in(&said), number);
    assert!(!said.contains("查哪一件"), "{said}");
}

#[tokio::test]
async fn an_event_has_no_message_id_and_is_known_by_its_second() {
    let county = county().open().await;
    let villager = county.account.villager(VILLAGER);
    let xml = villager.message(
        "event",
        "<Event><![CDATA[CLICK]]></Event><EventKey><![CDATA[APPEAL]]></EventKey>",
    );
    for _ in 0..3 {
        let answer = villager.deliver(&county.webhook(), &xml).await.unwrap();
        assert!(answer.text().starts_with("这件事在哪个村"), "{}", answer.text());
    }
    let details = county.health().await["details"].clone();
    assert_eq!(details["duplicates"], 2, "{details}");
    assert!(county.say(VILLAGER, "大黑坨村").await.starts_with("请说说是什么事"));
}

#[tokio::test]
async fn a_restart_forgets_no_reply() {
    let folder = tempfile::tempdir().unwrap();
    let open =
        || -> Store { Arc::new(SledEngine::open(folder.path(), SledSettings::default()).unwrap()) };
    let before = county().store(open()).open().await;
    before.talk(VILLAGER, &[REPORT]).await;
    let villager = before.account.villager(VILLAGER);
    let xml = villager.message("text", "<Content><![CDATA[对]]></Content>");
    let first = villager.deliver(&before.webhook(), &xml).await.unwrap();
    // The engine lets go of its folder with the last of its owners.
    drop(before);
    let store = loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if let Ok(engine) = SledEngine::open(folder.path(), SledSettings::default()) {
            break Arc::new(engine);
        }
    };
    let after = county().store(store).open().await;
    let villager = after.account.villager(VILLAGER);
    let again = villager.deliver(&after.webhook(), &xml).await.unwrap();
    assert_eq!(again.text(), first.text());
    assert_eq!(after.health().await["details"]["cases"], 0);
    let said = after.say(VILLAGER, "查进度").await;
    assert_eq!(number_in(&said), number_in(first.text()));
}

/// A proxy that held it back, or somebody who wrote it down: as long as its signature is fresh.
#[tokio::test]
async fn an_old_delivery_takes_no_effect_after_she_went_on() {
    let mut county = county().open().await;
    county.talk(VILLAGER, &[REPORT]).await;
    let xml = {
        let villager = county.account.villager(VILLAGER);
        let xml = villager.message("text", "<Content><![CDATA[对]]></Content>");
        villager.deliver(&county.webhook(), &xml).await.unwrap();
        xml
    };
    for n in 0..12 {
        county.pass(20).await;
        let review = county.say(VILLAGER, REPORT).await;
        assert!(review.contains("请您核对"), "{n}: {review}");
        county.talk(VILLAGER, &["取消", "是", "你好"]).await;
    }
    county.say(VILLAGER, REPORT).await;
    let villager = county.account.villager(VILLAGER);
    let again = villager.deliver(&county.webhook(), &xml).await.unwrap();
    assert_eq!(again.reply, None, "nobody waits for those words any more");
    let details = county.health().await["details"].clone();
    assert_eq!((&details["cases"], &details["duplicates"]), (&1.into(), &1.into()), "{details}");
}

#[tokio::test]
async fn she_is_told_again_that_it_was_too_fast() {
    let county = county().settings("[limits]\nmessages_per_minute = 3\n").open().await;
    county.talk(VILLAGER, &["你好", "你好", "你好"]).await;
    let villager = county.account.villager(VILLAGER);
    let xml = villager.message("text", "<Content><![CDATA[反映问题]]></Content>");
    for _ in 0..2 {
        let answer = villager.deliver(&county.webhook(), &xml).await.unwrap();
        assert!(answer.text().starts_with("您发得太快了"), "{}", answer.text());
    }
    let details = county.health().await["details"].clone();
    assert_eq!(details["duplicates"], 1, "{details}");
}

/// Takes its time before each commit.
struct Slow(MemoryEngine, Duration);

impl Engine for Slow {
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Found<'a, Vec<Option<Stored>>> {
        self.0.get_many(keys)
    }

    fn scan<'a>(&'a self, range: Range, limit: usize) -> Found<'a, Vec<(Key, Stored)>> {
        self.0.scan(range, limit)
    }

    fn commit<'a>(&'a self, batch: Batch) -> Found<'a, ()> {
        Box::pin(async move {
            tokio::time::sleep(self.1).await;
            self.0.commit(batch).await
        })
    }

    fn stats(&self) -> Stats {
        self.0.stats()
    }
}

#[tokio::test]
async fn a_reply_that_is_late_is_acknowledged_and_comes_as_a_message_of_its_own() {
    let store = Slow(MemoryEngine::default(), Duration::from_millis(4_700));
    let county = county().store(Arc::new(store)).open().await;
    let answer = county.try_say(VILLAGER, "投诉").await.unwrap();
    assert!(answer.reply.is_none(), "{answer:?}");
    county.settle().await;
    let inbox = county.inbox(VILLAGER);
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    assert!(inbox[0].starts_with("这件事在哪个村"), "{inbox:?}");
    assert_eq!(county.health().await["details"]["late"], 1);
}
