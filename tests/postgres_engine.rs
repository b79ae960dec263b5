//! What only a database on the other side of a wire can do to the store: connections that are
//! cut, restarts, several programs that make the schema at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bianmin::store::backup::{export, import};
use bianmin::store::{
    Batch, Engine, Expect, Key, MemoryEngine, PostgresEngine, PostgresSettings, SledEngine,
    SledSettings, StoreError,
};
use fake_wechat::cutter::Cutter;
use fake_wechat::postgres::Cluster;

fn settings(url: String) -> PostgresSettings {
    PostgresSettings { url, password: None, ca_file: None, connections: 6 }
}

fn key(text: &str) -> Key {
    text.as_bytes().to_vec()
}

fn put(k: &str, value: &str) -> Batch {
    Batch { put: vec![(key(k), value.as_bytes().to_vec())], ..Batch::default() }
}

/// Adds one to a number, and leaves a mark of its own.
async fn count_up(store: &PostgresEngine, k: &str, mark: &str) -> Result<(), StoreError> {
    loop {
        let found = store.get_many(&[key(k)]).await?.remove(0);
        let (number, expect) = match found {
            Some(stored) => {
                let text = String::from_utf8(stored.value).unwrap();
                (text.parse::<u64>().unwrap(), Expect::Version(stored.version))
            }
            None => (0, Expect::Absent),
        };
        let mut batch = put(k, &(number + 1).to_string());
        batch.expect.push((key(k), expect));
        batch.put.push((key(mark), b"1".to_vec()));
        batch.expect.push((key(mark), Expect::Absent));
        match store.commit(batch).await {
            Err(StoreError::Conflict(k)) if k == mark => panic!("{mark} was written twice"),
            Err(StoreError::Conflict(_)) => {}
            done => return done,
        }
    }
}

async fn number(store: &PostgresEngine, k: &str) -> u64 {
    let found = store.get_many(&[key(k)]).await.unwrap().remove(0).unwrap();
    String::from_utf8(found.value).unwrap().parse().unwrap()
}

/// The proxy cuts one request in fifteen, half of them after the server has got it. Whoever
/// is told "done" counted once; nobody's retry counts twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_told_from_a_lost_commit() {
    let cluster = Cluster::shared();
    let cutter = Cutter::start(cluster.port).await;
    let fresh = cluster.fresh();
    let store = PostgresEngine::open(settings(fresh.url_by(cutter.port))).await.unwrap();
    let store = Arc::new(store);
    cutter.cut_one_in(15);
    let workers: Vec<_> = (0..6)
        .map(|who| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..60 {
                    // Half of them on one key, where everybody meets.
                    let k = if n % 2 == 0 { "shared".into() } else { format!("own{who}") };
                    count_up(&store, &k, &format!("mark/{who}/{n}")).await.unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    cutter.cut_one_in(0);
    assert_eq!(number(&store, "shared").await, 6 * 30);
    for who in 0..6 {
        assert_eq!(number(&store, &format!("own{who}")).await, 30);
    }
    let (before, after) = cutter.cuts();
    assert!(before > 10 && after > 10, "{before} and {after} cuts say nothing");
    assert!(store.stats().looked_up > 10, "{:?}", store.stats());
}

/// A server that goes away and comes back, once in good order and once not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_database_is_waited_for() {
    let cluster = Arc::new(Cluster::start(&std::env::temp_dir(), false));
    let fresh = cluster.fresh();
    let store = Arc::new(PostgresEngine::open(settings(fresh.url())).await.unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..4)
        .map(|who| {
            let (store, stop) = (store.clone(), stop.clone());
            tokio::spawn(async move {
                let mut done = 0;
                while !stop.load(Ordering::SeqCst) {
                    count_up(&store, "n", &format!("mark/{who}/{done}")).await.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    for crash in [false, true] {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let cluster = cluster.clone();
        let again = move || {
            if crash { cluster.crash_and_start_after(Duration::ZERO) } else { cluster.restart() }
        };
        tokio::task::spawn_blocking(again).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::SeqCst);
    let mut total = 0;
    for worker in workers {
        total += worker.await.unwrap();
    }
    assert_eq!(number(&store, "n").await, total);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(store.stats().last_error, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_make_the_schema_at_once() {
    for _ in 0..5 {
        let fresh = Cluster::shared().fresh();
        let openers: Vec<_> =
            (0..6).map(|_| tokio::spawn(PostgresEngine::open(settings(fresh.url())))).collect();
        for (n, opener) in openers.into_iter().enumerate() {
            let store = opener.await.unwrap().unwrap_or_else(|error| panic!("{n}: {error}"));
            store.commit(put(&format!("k{n}"), "1")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_database_of_a_far_newer_program_is_left_alone() {
    let fresh = Cluster::shared().fresh();
    drop(PostgresEngine::open(settings(fresh.url())).await.unwrap());
    let table = format!("{}.schema_version", fresh.name);
    // The next one's migration leaves this program running.
    Cluster::shared().sql(&format!("UPDATE {table} SET version = version + 1"));
    drop(PostgresEngine::open(settings(fresh.url())).await.unwrap());
    Cluster::shared().sql(&format!("UPDATE {table} SET version = version + 1"));
    let refused = PostgresEngine::open(settings(fresh.url())).await.err().unwrap().to_string();
    assert!(refused.contains("newer program"), "{refused}");
}

#[tokio::test]
async fn what_is_wrong_with_the_address_is_said() {
    let fresh = Cluster::shared().fresh();
    let wrong = fresh.url().replace("/postgres?", "/nowhere?");
    let refused = PostgresEngine::open(settings(wrong)).await.err().unwrap().to_string();
    assert!(refused.contains("\"nowhere\" does not exist"), "{refused}");
}

/// From sled to PostgreSQL and back, and then to memory: the same lines to the byte.
#[tokio::test]
async fn an_export_is_equal_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let sled = SledEngine::open(&folder.path().join("a"), SledSettings::default()).unwrap();
    let awkward: [(&str, &[u8]); 8] = [
        ("case/1", br#"{"schema":1,"record":{"b":1,"a":1.0,"a":2,"z":"\u0000 \ud83d\ude00"}}"#),
        ("case/2", "{\"schema\":1,  \"record\":{\"名\":\"大黑坨村\"}}".as_bytes()),
        ("contact/simulator/demo/zhang", b"{}"),
        ("i/alarm/2026-11-24T00:00:00.000Z/x", b"contact/x"),
        ("i/empty", b""),
        ("raw/bytes", &[0, 159, 146, 150, 255]),
        ("raw/line", b"{\"a\":\n1}"),
        ("raw/quoted", b"\"text\""),
    ];
    for (k, value) in awkward {
        let batch = Batch { put: vec![(key(k), value.to_vec())], ..Batch::default() };
        sled.commit(batch).await.unwrap();
    }
    for n in 0..1_500 {
        sled.commit(put(&format!("many/{n:05}"), &format!("{{\"n\":{n}}}"))).await.unwrap();
    }
    let lines = async |store: &dyn Engine| {
        let mut out = Vec::new();
        export(store, &mut out).await.unwrap();
        out
    };
    let first = lines(&sled).await;
    let postgres = PostgresEngine::open(settings(Cluster::shared().fresh().url())).await.unwrap();
    import(&postgres, &first[..]).await.unwrap();
    let second = lines(&postgres).await;
    assert_eq!(second, first);
    let back = SledEngine::open(&folder.path().join("b"), SledSettings::default()).unwrap();
    import(&back, &second[..]).await.unwrap();
    assert_eq!(lines(&back).await, first);
    let memory = MemoryEngine::default();
    import(&memory, &second[..]).await.unwrap();
    assert_eq!(lines(&memory).await, first);
    let refused = import(&postgres, &first[..]).await.unwrap_err().to_string();
    assert!(refused.contains("records already"), "{refused}");
}
