//! One suite for every engine: what `store::Engine` promises.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bianmin::store::{
    Batch, Direction, Expect, Key, MemoryEngine, PostgresEngine, PostgresSettings, Range,
    SledEngine, SledSettings, Store, StoreError, Version,
};
use fake_wechat::postgres::Cluster;
use proptest::prelude::*;

/// Engines that live as long as the folder does.
async fn engines() -> Vec<(&'static str, Store, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let sled = SledEngine::open(&folder.path().join("store"), SledSettings::default()).unwrap();
    vec![
        ("memory", Arc::new(MemoryEngine::default()), None),
        ("sled", Arc::new(sled), Some(folder)),
        ("postgres", postgres().await, None),
    ]
}

async fn postgres() -> Store {
    let url = Cluster::shared().fresh().url();
    let settings = PostgresSettings { url, password: None, ca_file: None, connections: 8 };
    Arc::new(PostgresEngine::open(settings).await.unwrap())
}

fn key(text: &str) -> Key {
    text.as_bytes().to_vec()
}

fn put(keys: &[(&str, &str)]) -> Batch {
    Batch {
        put: keys.iter().map(|(k, v)| (key(k), v.as_bytes().to_vec())).collect(),
        ..Batch::default()
    }
}

fn all(direction: Direction) -> Range {
    Range { from: Bound::Unbounded, to: Bound::Unbounded, direction }
}

async fn read(store: &Store, k: &str) -> Option<(String, Version)> {
    let found = store.get_many(&[key(k)]).await.unwrap().remove(0)?;
    Some((String::from_utf8(found.value).unwrap(), found.version))
}

async fn scan(store: &Store, range: Range, limit: usize) -> Vec<String> {
    let found = store.scan(range, limit).await.unwrap();
    found.into_iter().map(|(k, _)| String::from_utf8(k).unwrap()).collect()
}

#[tokio::test]
async fn expectations() {
    for (name, store, _folder) in engines().await {
        let expecting = |expect: Expect, value: &str| Batch {
            expect: vec![(key("a"), expect)],
            ..put(&[("a", value)])
        };
        store.commit(expecting(Expect::Absent, "1")).await.unwrap();
        let again = store.commit(expecting(Expect::Absent, "2")).await;
        assert!(matches!(again, Err(StoreError::Conflict(k)) if k == "a"), "{name}");
        let (value, first) = read(&store, "a").await.unwrap();
        assert_eq!(value, "1", "{name}");
        store.commit(expecting(Expect::Version(first), "3")).await.unwrap();
        let stale = store.commit(expecting(Expect::Version(first), "4")).await;
        assert!(matches!(stale, Err(StoreError::Conflict(_))), "{name}");
        assert_eq!(read(&store, "a").await.unwrap().0, "3", "{name}");
    }
}

#[tokio::test]
async fn a_batch_is_whole_or_nothing() {
    for (name, store, _folder) in engines().await {
        store.commit(put(&[("a", "1"), ("b", "1")])).await.unwrap();
        let (_, version) = read(&store, "a").await.unwrap();
        let batch = Batch {
            expect: vec![
                (key("a"), Expect::Version(version)),
                (key("b"), Expect::Version(Version(9_999))),
            ],
            delete: vec![key("a")],
            ..put(&[("c", "2")])
        };
        assert!(store.commit(batch).await.is_err(), "{name}");
        assert_eq!(scan(&store, all(Direction::Forward), 10).await, ["a", "b"], "{name}");
    }
}

#[tokio::test]
async fn a_key_deleted_and_put_in_one_batch_is_put() {
    for (name, store, _folder) in engines().await {
        let batch = Batch { delete: vec![key("a")], ..put(&[("a", "1"), ("a", "2")]) };
        store.commit(batch).await.unwrap();
        assert_eq!(read(&store, "a").await.unwrap().0, "2", "{name}");
    }
}

/// Otherwise delete-and-put would fool an expectation.
#[tokio::test]
async fn versions_are_never_given_twice() {
    for (name, store, _folder) in engines().await {
        let mut seen = Vec::new();
        for _ in 0..5 {
            store.commit(put(&[("a", "same")])).await.unwrap();
            seen.push(read(&store, "a").await.unwrap().1);
            let delete = Batch { delete: vec![key("a")], ..Batch::default() };
            store.commit(delete).await.unwrap();
            assert_eq!(read(&store, "a").await, None, "{name}");
        }
        assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{name}: {seen:?}");
    }
}

#[tokio::test]
async fn scans_are_in_byte_order_within_their_bounds() {
    for (name, store, _folder) in engines().await {
        store.commit(put(&[("b", ""), ("a", ""), ("aa", ""), ("é", ""), ("c", "")])).await.unwrap();
        let range = |from: Bound<&str>, to: Bound<&str>, direction| Range {
            from: from.map(key),
            to: to.map(key),
            direction,
        };
        use Bound::{Excluded, Included, Unbounded};
        use Direction::{Backward, Forward};
        for (from, to, direction, limit, expect) in [
            (Unbounded, Unbounded, Forward, 9, vec!["a", "aa", "b", "c", "é"]),
            (Unbounded, Unbounded, Backward, 9, vec!["é", "c", "b", "aa", "a"]),
            (Unbounded, Unbounded, Forward, 2, vec!["a", "aa"]),
            (Unbounded, Unbounded, Backward, 2, vec!["é", "c"]),
            (Unbounded, Unbounded, Forward, 0, vec![]),
            (Included("aa"), Included("c"), Forward, 9, vec!["aa", "b", "c"]),
            (Excluded("aa"), Excluded("c"), Forward, 9, vec!["b"]),
            (Excluded("aa"), Included("c"), Backward, 1, vec!["c"]),
            (Included("c"), Included("a"), Forward, 9, vec![]),
            (Excluded("a"), Excluded("a"), Forward, 9, vec![]),
            (Included("a"), Included("a"), Forward, 9, vec!["a"]),
            (Included("x"), Unbounded, Forward, 9, vec!["é"]),
        ] {
            let found = scan(&store, range(from, to, direction), limit).await;
            assert_eq!(found, expect, "{name} {from:?} {to:?} {direction:?}");
        }
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_changes_nothing() {
    for (name, store, _folder) in engines().await {
        let value = |n: usize| Batch { put: vec![(key("a"), vec![b'x'; n])], ..Batch::default() };
        store.commit(value(64 * 1024)).await.unwrap();
        let many: Vec<_> = (0..1_001).map(|n| (key(&format!("k{n}")), Vec::new())).collect();
        for batch in [
            value(64 * 1024 + 1),
            Batch { put: vec![(vec![b'k'; 513], Vec::new())], ..Batch::default() },
            Batch { put: many, ..Batch::default() },
        ] {
            let refused = store.commit(batch).await;
            assert!(matches!(refused, Err(StoreError::TooLarge { .. })), "{name}: {refused:?}");
        }
        // Absence alone leaves nothing that two commits could meet at.
        let absent = Batch { expect: vec![(key("b"), Expect::Absent)], ..Batch::default() };
        assert!(store.commit(absent).await.is_err(), "{name}");
        for bad in ["", "\0sequence", "\n"] {
            assert!(store.commit(put(&[(bad, "1")])).await.is_err(), "{name}: {bad:?}");
        }
        assert_eq!(scan(&store, all(Direction::Forward), 9).await, ["a"], "{name}");
    }
}

/// Eight writers on one key: of those who read the same version exactly one wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_writers_one_wins() {
    for (name, store, _folder) in engines().await {
        store.commit(put(&[("n", "0")])).await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut won = 0;
                    while won < 25 {
                        let (value, version) = read(&store, "n").await.unwrap();
                        let next = (value.parse::<u32>().unwrap() + 1).to_string();
                        let batch = Batch {
                            expect: vec![(key("n"), Expect::Version(version))],
                            ..put(&[("n", &next)])
                        };
                        match store.commit(batch).await {
                            Ok(()) => won += 1,
                            Err(StoreError::Conflict(_)) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(read(&store, "n").await.unwrap().0, "200", "{name}");
        assert!(store.stats().conflicts > 0 || name == "memory", "{name} was not contended");
    }
}

/// Eight that want to be the first under each of 40 keys: exactly one is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_creators_one_wins() {
    for (name, store, _folder) in engines().await {
        let tasks: Vec<_> = (0..8)
            .map(|who| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut won = Vec::new();
                    for n in 0..40 {
                        // The two keys in an order that differs: none may wait for the other.
                        let (a, b) = (format!("a{n}"), format!("b{n}"));
                        let pair = if who % 2 == 0 { [&a, &b] } else { [&b, &a] };
                        let value = who.to_string();
                        let batch = Batch {
                            expect: pair.iter().map(|k| (key(k), Expect::Absent)).collect(),
                            ..put(&pair.map(|k| (k.as_str(), value.as_str())))
                        };
                        match store.commit(batch).await {
                            Ok(()) => won.push((n, value)),
                            Err(StoreError::Conflict(_)) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                    won
                })
            })
            .collect();
        let mut winners = BTreeMap::new();
        for task in tasks {
            for (n, who) in task.await.unwrap() {
                assert_eq!(winners.insert(n, who), None, "{name}: two created {n}");
            }
        }
        for n in 0..40 {
            let (a, b) =
                (read(&store, &format!("a{n}")).await, read(&store, &format!("b{n}")).await);
            let who = a.unwrap().0;
            assert_eq!(
                (Some(&who), who.as_str()),
                (winners.get(&n), b.unwrap().0.as_str()),
                "{name}"
            );
        }
    }
}

/// Sums move between accounts, several at a time and in any order, and nothing may hang. Where
/// a group of reads is one look (sled's is not), what is read adds up at any time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moves_is_neither_made_nor_lost() {
    const ACCOUNTS: u64 = 6;
    for (name, store, _folder) in engines().await {
        for n in 0..ACCOUNTS {
            store.commit(put(&[(&format!("m{n}"), "100")])).await.unwrap();
        }
        let tasks: Vec<_> = (0..6u64)
            .map(|who| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut done = 0;
                    for n in 0.. {
                        if done == 20 {
                            break;
                        }
                        let from = (who * 7 + n * 5) % ACCOUNTS;
                        let to = (from + 1 + n % (ACCOUNTS - 1)) % ACCOUNTS;
                        let pair = [from, to].map(|n| key(&format!("m{n}")));
                        let found = store.get_many(&pair).await.unwrap();
                        let mut batch = Batch::default();
                        for (k, (stored, by)) in pair.iter().zip(found.into_iter().zip([-1, 1])) {
                            let stored = stored.unwrap();
                            let sum: i64 =
                                String::from_utf8(stored.value).unwrap().parse().unwrap();
                            batch.expect.push((k.clone(), Expect::Version(stored.version)));
                            batch.put.push((k.clone(), (sum + by).to_string().into_bytes()));
                        }
                        match store.commit(batch).await {
                            Ok(()) => done += 1,
                            Err(StoreError::Conflict(_)) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                })
            })
            .collect();
        let all: Vec<Key> = (0..ACCOUNTS).map(|n| key(&format!("m{n}"))).collect();
        let sum = async || -> i64 {
            let found = store.get_many(&all).await.unwrap();
            let number = |stored: Option<bianmin::store::Stored>| -> i64 {
                String::from_utf8(stored.unwrap().value).unwrap().parse().unwrap()
            };
            found.into_iter().map(number).sum()
        };
        while !tasks.iter().all(tokio::task::JoinHandle::is_finished) {
            assert!(name == "sled" || sum().await == 600, "{name}");
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(sum().await, 600, "{name}");
    }
}

/// Two keys are always written together; no scan may see one without the other... of a
/// single commit each key is whole, and what was there before the scan is in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scans_while_others_write() {
    for (name, store, _folder) in engines().await {
        let fixed: Vec<String> = (0..50).map(|n| format!("f{n:03}")).collect();
        for k in &fixed {
            store.commit(put(&[(k, "x")])).await.unwrap();
        }
        let writer = tokio::spawn({
            let store = store.clone();
            async move {
                for n in 0..300 {
                    let k = format!("f{:03}x", n % 50);
                    let batch = match n % 3 {
                        2 => Batch { delete: vec![key(&k)], ..Batch::default() },
                        _ => put(&[(&k, "moving")]),
                    };
                    store.commit(batch).await.unwrap();
                }
            }
        });
        while !writer.is_finished() {
            let found = scan(&store, all(Direction::Forward), 1_000).await;
            assert!(found.is_sorted(), "{name}");
            let kept = found.iter().filter(|k| k.len() == 4).count();
            assert_eq!(kept, 50, "{name}: a key that nobody touched was missed");
            tokio::task::yield_now().await;
        }
        writer.await.unwrap();
    }
}

#[tokio::test]
async fn sled_keeps_everything_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open =
        || -> Store { Arc::new(SledEngine::open(folder.path(), SledSettings::default()).unwrap()) };
    let store = open();
    store.commit(put(&[("a", "1"), ("b", "2")])).await.unwrap();
    let before = read(&store, "a").await.unwrap();
    drop(store);
    let store = open();
    assert_eq!(read(&store, "a").await.unwrap(), before);
    store.commit(put(&[("b", "3")])).await.unwrap();
    assert!(read(&store, "b").await.unwrap().1 > before.1);
}

#[tokio::test]
async fn a_second_process_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let _first = SledEngine::open(folder.path(), SledSettings::default()).unwrap();
    let second = SledEngine::open(folder.path(), SledSettings::default());
    let error = second.err().expect("two at once").to_string();
    assert!(error.contains("already running"), "{error}");
}

/// sled 0.34 fails on a half-written snapshot with `Corruption { at: None }`.
#[tokio::test]
async fn a_broken_snapshot_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store: Store = Arc::new(SledEngine::open(folder.path(), SledSettings::default()).unwrap());
    for n in 0..200 {
        store.commit(put(&[(&format!("k{n:04}"), "value")])).await.unwrap();
    }
    drop(store);
    for name in ["snap.00000000000FFFFF", "snap.0000000000000001.generating"] {
        std::fs::write(folder.path().join(name), b"half").unwrap();
    }
    let store: Store = Arc::new(SledEngine::open(folder.path(), SledSettings::default()).unwrap());
    assert_eq!(scan(&store, all(Direction::Forward), 1_000).await.len(), 200);
    assert!(!folder.path().join("snap.0000000000000001.generating").exists());
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Delete(u8),
    PutIfAbsent(u8, u8),
    PutIfCurrent(u8, u8),
    PutIfStale(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let k = 0u8..6;
    prop::collection::vec(
        prop_oneof![
            (k.clone(), any::<u8>()).prop_map(|(k, v)| Step::Put(k, v)),
            k.clone().prop_map(Step::Delete),
            (k.clone(), any::<u8>()).prop_map(|(k, v)| Step::PutIfAbsent(k, v)),
            (k.clone(), any::<u8>()).prop_map(|(k, v)| Step::PutIfCurrent(k, v)),
            k.prop_map(Step::PutIfStale),
        ],
        1..40,
    )
}

/// Every engine does what a plain map does.
async fn follow(name: &str, store: &Store, steps: &[Step]) {
    let mut model: BTreeMap<Key, Vec<u8>> = BTreeMap::new();
    for step in steps {
        let name_of = |k: &u8| key(&format!("k{k}"));
        let (k, value, expect) = match step {
            Step::Put(k, v) => (k, Some(*v), None),
            Step::Delete(k) => (k, None, None),
            Step::PutIfAbsent(k, v) => (k, Some(*v), Some(Expect::Absent)),
            Step::PutIfCurrent(k, v) => {
                let found = store.get_many(&[name_of(k)]).await.unwrap().remove(0);
                let current = found.map_or(Expect::Absent, |s| Expect::Version(s.version));
                (k, Some(*v), Some(current))
            }
            Step::PutIfStale(k) => (k, Some(0), Some(Expect::Version(Version(u64::MAX)))),
        };
        let mut batch = Batch::default();
        batch.expect.extend(expect.map(|expect| (name_of(k), expect)));
        match value {
            Some(value) => batch.put.push((name_of(k), vec![value])),
            None => batch.delete.push(name_of(k)),
        }
        let allowed = match step {
            Step::PutIfAbsent(..) => !model.contains_key(&name_of(k)),
            Step::PutIfStale(_) => false,
            _ => true,
        };
        let done = store.commit(batch).await;
        assert_eq!(done.is_ok(), allowed, "{name}: {step:?} {done:?}");
        if allowed {
            match value {
                Some(value) => model.insert(name_of(k), vec![value]),
                None => model.remove(&name_of(k)),
            };
        }
        let found = store.scan(all(Direction::Forward), 100).await.unwrap();
        let found: BTreeMap<Key, Vec<u8>> =
            found.into_iter().map(|(k, stored)| (k, stored.value)).collect();
        assert_eq!(found, model, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn engines_do_what_a_map_does(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for (name, store, _folder) in engines().await {
                follow(name, &store, &steps).await;
            }
        });
    }
}
