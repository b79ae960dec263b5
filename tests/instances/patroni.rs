//! Two instances on the database that `docs/operations/patroni.md` sets up, while its leader dies
//! and another one is made the leader on purpose.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fake_wechat::FakeWechat;
use fake_wechat::patroni::Patroni;

use super::process::{Instance, SECRET, account, free_port, settings};
use super::show::{Records, looked_up};
use super::villagers::World;

const VILLAGERS: usize = 20;
const SCHEMA: &str = "county";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_leader_takes_over_and_everything_happens_once() {
    let _alone = super::LOADED.lock().await;
    let mut patroni = Patroni::start(std::array::from_fn(|_| free_port())).await;
    patroni.sql(&format!("CREATE SCHEMA {SCHEMA}"));
    let account = account();
    let wechat = FakeWechat::start(&account.appid, SECRET).await;
    let home = tempfile::tempdir().unwrap();
    let start = |n: usize| {
        let folder = home.path().join(n.to_string());
        settings(&folder, &patroni.url(SCHEMA), &account, &wechat.url);
        Instance::start(&folder, &account).0
    };
    let mut instances: Vec<_> = (0..2).map(start).collect();
    let bases = instances.iter().map(|instance| instance.base.clone()).collect();
    let (filed, _nobody) = tokio::sync::mpsc::unbounded_channel();
    let world = Arc::new(World::new(account, wechat, bases, filed));
    let lives: Vec<_> = (0..VILLAGERS)
        .map(|n| format!("oPatroni{n:020}"))
        .map(|who| (who.clone(), tokio::spawn(world.clone().live(who))))
        .collect();

    let while_all_is_well = Duration::from_secs(5);
    tokio::time::sleep(while_all_is_well).await;
    let began = Instant::now();
    let dead = patroni.kill_the_leader().await;
    let new_leader = began.elapsed();
    tokio::time::sleep(while_all_is_well).await;
    let longest = world.longest.answer.swap(0, Ordering::SeqCst);
    patroni.start_again(&dead);
    patroni.until_it_is_whole().await;
    let began = Instant::now();
    patroni.switch_over().await;
    let switched = began.elapsed();
    tokio::time::sleep(while_all_is_well).await;
    world.stop.store(true, Ordering::SeqCst);
    let mut told = BTreeMap::new();
    for (who, life) in lives {
        told.insert(who, life.await.unwrap());
    }

    let records = Records { sql: &|sql| patroni.sql(sql), schema: SCHEMA };
    records.await_the_end().await;
    let cases = records.each_report_is_one_case(&told);
    let messages = world.counts.messages.load(Ordering::SeqCst);
    let looked_up = looked_up(home.path());
    println!(
        "{messages} messages, each delivered twice at once, {cases} cases, {looked_up} commits \
         looked up\n\
         the leader killed: another one led after {new_leader:.1?}, the longest wait for an \
         answer {longest} ms\n\
         switched over: in {switched:.1?}, the longest wait {} ms",
        world.longest.answer.load(Ordering::SeqCst),
    );
    assert!(cases > 40, "{cases}");
    for instance in &mut instances {
        let took = instance.terminate();
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}
