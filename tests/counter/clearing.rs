//! Old records are cleared away after the days of `[keep]`; what belongs to a case stays,
//! however old it is.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use bianmin::store::{MemoryEngine, Range, Store, keys};

use super::county::{County, VILLAGER, county, media_in, number_in};

const OTHER: &str = "oVillager00000000000000000002";
const DAY: i64 = 24 * 3600;
const REPORT: &str = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000";

async fn kept(store: &Store, range: Range) -> BTreeSet<String> {
    let found = store.scan(range, 1000).await.unwrap();
    found.iter().map(|(key, _)| keys::text(key)).collect()
}

fn files(county: &County) -> usize {
    let inside = |folder: &Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    inside(&county.data.path().join("media")).map(|folder| inside(&folder.path()).count()).sum()
}

/// A case with a photo, its notice, a photo of nobody's, a recording for a clerk, a task.
async fn busy_day(county: &County) -> String {
    for name in ["of-the-case", "of-nobody", "twice-the-same", "to-hear"] {
        let bytes = if name == "twice-the-same" { "of-nobody" } else { name };
        county.wechat.add_media(name, "image/gif", bytes.as_bytes());
    }
    let (she, other) = (county.account.villager(VILLAGER), county.account.villager(OTHER));
    county.say(VILLAGER, REPORT).await;
    she.photo(&county.webhook(), "of-the-case").await.unwrap();
    let number = number_in(&county.say(VILLAGER, "对").await);
    for name in ["of-nobody", "twice-the-same"] {
        other.photo(&county.webhook(), name).await.unwrap();
    }
    let inner = "<MediaId>to-hear</MediaId><Format>amr</Format>";
    other.push(&county.webhook(), "voice", inner).await.unwrap();
    county.settle().await;
    number
}

#[tokio::test]
async fn what_nobody_needs_goes_and_cases_stay() {
    let store: Store = Arc::new(MemoryEngine::default());
    let lines = "[keep]\nmessages_days = 60\ntasks_days = 70\nmedia_days = 80\n";
    let mut county = county().store(store.clone()).settings(lines).open().await;
    let number = busy_day(&county).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let tasks = clerk.tasks("有语音要听").await;
        clerk.csrf = clerk.csrf_of(&tasks[0]).await;
        let done = clerk.post(&format!("{}/finish", tasks[0]), &[("note", "听过了")]).await;
        assert_eq!(done.0, 303, "{}", done.1);
    }
    let events = kept(&store, keys::all_events()).await;
    let messages = kept(&store, keys::all_outgoing()).await;
    let tasks = kept(&store, keys::all_tasks()).await;
    // And the department, which nothing else reaches, is to be telephoned.
    assert!(!messages.is_empty() && tasks.len() == 2, "{messages:?} {tasks:?}");
    assert_eq!((files(&county), kept(&store, keys::all_media()).await.len()), (3, 4));
    assert_eq!(kept(&store, keys::all_sessions()).await.len(), 1);

    county.pass(59 * DAY).await;
    assert!(kept(&store, keys::all_sessions()).await.is_empty(), "a session ends by itself");
    assert!(kept(&store, keys::all_outgoing()).await.is_superset(&messages));
    county.pass(2 * DAY).await;
    assert!(kept(&store, keys::all_outgoing()).await.is_disjoint(&messages));
    assert!(kept(&store, keys::all_tasks()).await.is_superset(&tasks));
    county.pass(10 * DAY).await;
    // What is still to be done stays.
    let open = tasks.iter().filter(|task| task.contains("new-work"));
    let left = kept(&store, keys::all_tasks()).await;
    assert_eq!(left.intersection(&tasks).count(), open.count());
    assert_eq!(files(&county), 3);
    county.pass(10 * DAY).await;
    assert_eq!((files(&county), kept(&store, keys::all_media()).await.len()), (1, 1));

    county.pass(2_000 * DAY).await;
    assert!(kept(&store, keys::all_events()).await.is_superset(&events));
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert_eq!(clerk.get(&media_in(&page)).await, "of-the-case");
}

#[tokio::test]
async fn what_a_clerk_still_has_to_do_is_not_cleared_away() {
    let store: Store = Arc::new(MemoryEngine::default());
    let mut county = county().store(store.clone()).without_secret().open().await;
    let number = busy_day(&county).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    }
    let messages = kept(&store, keys::all_outgoing()).await;
    let tasks = kept(&store, keys::all_tasks()).await;
    assert!(messages.len() == 1 && tasks.len() == 3, "{messages:?} {tasks:?}");
    county.pass(800 * DAY).await;
    assert!(kept(&store, keys::all_outgoing()).await.is_superset(&messages));
    assert!(kept(&store, keys::all_tasks()).await.is_superset(&tasks));
}
