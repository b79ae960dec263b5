//! A stop in good order, with others that go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fake_wechat::FakeWechat;
use fake_wechat::postgres::Cluster;

use super::process::{Instance, SECRET, account, settings};
use super::show::Records;
use super::villagers::World;

/// Who stops gives its work to another at once, and is gone within ten seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_hands_over() {
    let cluster = Cluster::shared();
    let database = cluster.fresh();
    let account = account();
    let home = tempfile::tempdir().unwrap();
    let nobody = fake_wechat::nobody().await;
    let start = |n: usize| {
        let folder = home.path().join(n.to_string());
        settings(&folder, &database.url(), &account, &nobody);
        Instance::start(&folder, &account).0
    };
    let mut first_one = start(0);
    let leases = format!(
        "SELECT count(*) FROM {}.entry WHERE k >= 'lease/' AND k < 'lease0'",
        database.name
    );
    let began = Instant::now();
    // Sending and what is not heard of, waking, fetching, the cases' clock.
    while cluster.sql(&leases).parse::<u32>().unwrap() < 5 {
        assert!(began.elapsed() < Duration::from_secs(20), "who is alone does everything");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let second_one = start(1);
    let sql = format!(
        "SELECT string_agg(DISTINCT convert_from(value, 'UTF8')::jsonb -> 'record' ->> 'holder', ' ') \
         FROM {}.entry WHERE k >= 'lease/' AND k < 'lease0'",
        database.name
    );
    let holders = async |other_than: &str| {
        let began = Instant::now();
        loop {
            let found = cluster.sql(&sql);
            if !found.is_empty() && !found.contains(' ') && found != other_than {
                return found;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{found} is not another one");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let first = holders("").await;
    let took = first_one.terminate();
    assert!(took < Duration::from_secs(10), "{took:?}");
    holders(&first).await;
    let ready = reqwest::get(format!("{}/ready", second_one.base)).await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
}

/// What is answered while one of two stops is there, once, and the other one has all the work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_no_message() {
    let cluster = Cluster::shared();
    let database = cluster.fresh();
    let account = account();
    let wechat = FakeWechat::start(&account.appid, SECRET).await;
    let home = tempfile::tempdir().unwrap();
    let start = |n: usize| {
        let folder = home.path().join(n.to_string());
        settings(&folder, &database.url(), &account, &wechat.url);
        Instance::start(&folder, &account).0
    };
    let (mut first, second) = (start(0), start(1));
    let bases = vec![first.base.clone(), second.base.clone()];
    let (filed, _nobody) = tokio::sync::mpsc::unbounded_channel();
    let world = Arc::new(World::new(account, wechat, bases, filed));
    let lives: Vec<_> = (0..12)
        .map(|n| format!("oStop{n:024}"))
        .map(|who| (who.clone(), tokio::spawn(world.clone().live(who))))
        .collect();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let took = tokio::task::spawn_blocking(move || first.terminate()).await.unwrap();
    assert!(took < Duration::from_secs(10), "{took:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.stop.store(true, Ordering::SeqCst);
    let mut told = BTreeMap::new();
    for (who, life) in lives {
        told.insert(who, life.await.unwrap());
    }
    let records = Records { cluster, database: &database };
    records.await_the_end().await;
    let cases = records.each_report_is_one_case(&told);
    println!("{cases} cases while one stopped, which took {took:?}");
    assert!(cases > 20, "{cases}");
    let unknown = records.rows("id", "messages WHERE status = 'unknown'");
    assert!(unknown.is_empty(), "it finished what it had in its hands: {unknown:?}");
}
