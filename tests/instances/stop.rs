//! A stop in good order, with others that go on.

use std::time::{Duration, Instant};

use fake_wechat::postgres::Cluster;

use super::process::{Instance, account, settings};

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
    while cluster.sql(&leases) != "4" {
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
