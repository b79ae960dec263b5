//! A stop in good order, with others that go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fake_wechat::FakeWechat;
use fake_wechat::postgres::Cluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
    let records = Records { sql: &|sql| cluster.sql(sql), schema: &database.name };
    records.await_the_end().await;
    let cases = records.each_report_is_one_case(&told);
    println!("{cases} cases while one stopped, which took {took:?}");
    assert!(cases > 20, "{cases}");
    let unknown = records.rows("id", "messages WHERE status = 'unknown'");
    assert!(unknown.is_empty(), "it finished what it had in its hands: {unknown:?}");
}

async fn status(base: &str, path: &str) -> Option<u16> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(1)).build().unwrap();
    let answer = http.get(format!("{base}{path}")).send().await.ok()?;
    Some(answer.status().as_u16())
}

async fn until_ready_is(base: &str, wanted: u16) {
    let began = Instant::now();
    while status(base, "/ready").await != Some(wanted) {
        assert!(began.elapsed() < Duration::from_secs(25), "/ready is not {wanted}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status(base, "/health").await, Some(200), "it lives all the same");
}

/// Started while its database is away, it lives and is not ready; then it is; it is not when
/// the database goes, and while it stops with a request in its hands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_lives_whether_or_not_it_is_ready() {
    let cluster = Arc::new(Cluster::start(&std::env::temp_dir(), false));
    let database = cluster.fresh();
    let account = Arc::new(account());
    let home = tempfile::tempdir().unwrap();
    let nobody = fake_wechat::nobody().await;
    let base = settings(home.path(), &database.url(), &account, &nobody);
    let away = |time: Duration| {
        let cluster = cluster.clone();
        tokio::task::spawn_blocking(move || cluster.crash_and_start_after(time))
    };
    let back = away(Duration::from_secs(4));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let started = tokio::task::spawn_blocking({
        let (folder, account) = (home.path().to_owned(), account.clone());
        move || Instance::start(&folder, &account).0
    });
    until_ready_is(&base, 503).await;
    let mut instance = started.await.unwrap();
    back.await.unwrap();
    until_ready_is(&base, 200).await;
    let back = away(Duration::from_secs(6));
    until_ready_is(&base, 503).await;
    back.await.unwrap();
    until_ready_is(&base, 200).await;

    // Half a request, and the signal.
    let mut half =
        tokio::net::TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap();
    let head = "POST /desk/sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\n";
    half.write_all(head.as_bytes()).await.unwrap();
    half.write_all(b"ab").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let ended = tokio::task::spawn_blocking(move || instance.terminate());
    until_ready_is(&base, 503).await;
    half.write_all(b"cd").await.unwrap();
    let mut answer = Vec::new();
    half.read_to_end(&mut answer).await.unwrap();
    // It was answered: nobody is called so.
    assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    let took = ended.await.unwrap();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(status(&base, "/health").await, None, "it is gone");
}
