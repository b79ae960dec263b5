//! Ten thousand notices against channels that are slow, fail, and count.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bianmin::config;
use bianmin::office::clock::SystemClock;
use bianmin::office::{Office, Parts, Tables, read_script};
use bianmin::store::records::{Outgoing, Status};
use bianmin::store::{Engine, MemoryEngine, keys, load_many};
use fake_wechat::{FakeSms, SmsFault};
use jiff::Timestamp;

use crate::county::SMS_SECRET;
use crate::seed;

const NOTICES: usize = 10_000;
const PER_SECOND: usize = 500;
/// In any second; the network between us may press a few requests together.
const TAKEN_PER_SECOND: usize = PER_SECOND + PER_SECOND / 5;

fn trouble(n: usize) -> Option<SmsFault> {
    match n {
        n if n % 97 == 5 => Some(SmsFault::Drop),
        n if n % 31 == 7 => {
            Some(SmsFault::Answer(503, "Temporal failure, try again later.".into()))
        }
        n if n % 101 == 9 => Some(SmsFault::Answer(400, "denied by black-lists".into())),
        n if n % 13 == 3 => Some(SmsFault::Slow(Duration::from_millis(60))),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_notices_each_delivered_once_or_in_the_dead_letters() {
    let fake = FakeSms::start(SMS_SECRET).await;
    fake.limit(TAKEN_PER_SECOND);
    fake.fail_by(trouble);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = tempfile::tempdir().unwrap();
    let text = format!(
        "[server]\ndata = {:?}\n[outbox]\nparallel = 64\n[notices]\nquiet = \"\"\n\
         merge_minutes = 0\n[sms.modem]\nprovider = \"kannel\"\nusername = \"svc\"\n\
         password_env = \"P\"\npath_secret_env = \"S\"\napi = \"{}/cgi-bin/sendsms\"\n\
         per_second = {PER_SECOND}\n",
        data.path(),
        fake.url
    );
    let config = config::parse("config.toml", &text, &|_| Some(SMS_SECRET.to_owned())).unwrap();
    let store = Arc::new(MemoryEngine::default());
    seed::notices(&*store, NOTICES, Timestamp::now()).await;
    let office = Office::new(Parts {
        config,
        store: store.clone(),
        clock: Arc::new(SystemClock),
        tables: Tables::read(&root.join("county")).unwrap(),
        script: read_script(&root.join("dialogs")).unwrap(),
    })
    .unwrap();
    office.start();
    let mut left = NOTICES;
    while left > 0 {
        // Looking costs as much as sending: only when it seems to be quiet.
        let before = fake.calls();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        if fake.calls() == before {
            left = states(&*store).await.values().filter(|status| !status.is_final()).count();
        }
    }
    office.stop().await;

    let mut copies: HashMap<String, usize> = HashMap::new();
    for sms in fake.taken() {
        *copies.entry(sms.id).or_default() += 1;
    }
    assert_eq!(copies.values().filter(|count| **count > 1).count(), 0, "none twice");
    let states = states(&*store).await;
    assert_eq!(states.len(), NOTICES, "none lost");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (id, status) in &states {
        *counts.entry(format!("{status:?}")).or_default() += 1;
        let went = copies.contains_key(id);
        // A broken connection leaves doubt, and doubt is for a clerk to settle.
        let expected = match status {
            Status::Sent | Status::Unknown => true,
            Status::Phone => false,
            other => panic!("{id} is {other:?}"),
        };
        assert_eq!(went, expected, "{id} {status:?}");
    }
    let (phone, unknown) = (counts["Phone"], counts["Unknown"]);
    assert!(phone > 50 && unknown > 50, "the faults were there: {counts:?}");
    assert_eq!(copies.len() + phone, NOTICES, "{counts:?}");
    assert_eq!(fake.throttled(), 0, "the rate limit was kept");
    assert_eq!(fake.wrong(), Vec::<String>::new());
}

async fn states(store: &dyn Engine) -> BTreeMap<String, Status> {
    let mut states = BTreeMap::new();
    for from in (0..NOTICES).step_by(500) {
        let wanted: Vec<_> = (from..from + 500).map(|n| keys::outgoing(&format!("n{n}"))).collect();
        for message in load_many::<Outgoing>(store, &wanted).await.unwrap().into_iter().flatten() {
            states.insert(message.record.id.clone(), message.record.status);
        }
    }
    states
}
