//! How many notices a second leave the outbox by SMS, each written down before it is sent and
//! after it was taken, on disk both times.
//!
//! ```text
//! cargo bench --bench outbox               10,000 notices
//! cargo bench --bench outbox -- --quick     1,000 notices
//! ```
//!
//! A fake of Kannel in the same process takes every message at once; the store is on the disk
//! under `target/`. One line for each number of messages that are sent at the same time. It
//! ends with an error if a notice is missing or went twice; no speed is demanded.

use std::collections::HashSet;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bianmin::config;
use bianmin::office::clock::SystemClock;
use bianmin::office::{Office, Parts, Tables, read_script};
use bianmin::store::{Engine, SledEngine, SledSettings};
use fake_wechat::FakeSms;
use jiff::Timestamp;

#[path = "../tests/counter/seed.rs"]
mod seed;

const SECRET: &str = "benchsecret0123456789";

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let count = if quick { 1_000 } else { 10_000 };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("parallel  notices  seconds  notices/s  commits  commits/fsync");
    for parallel in [1, 8, 64] {
        if !runtime.block_on(run(parallel, count)) {
            eprintln!("a notice is missing or went twice");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

async fn run(parallel: usize, count: usize) -> bool {
    let fake = FakeSms::start(SECRET).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target");
    let data = tempfile::tempdir_in(&folder).expect("a folder under target/");
    let text = format!(
        "[server]\ndata = {:?}\n[outbox]\nparallel = {parallel}\n[notices]\nquiet = \"\"\n\
         merge_minutes = 0\n[sms.modem]\nprovider = \"kannel\"\nusername = \"svc\"\n\
         password_env = \"P\"\npath_secret_env = \"S\"\napi = \"{}/cgi-bin/sendsms\"\n\
         per_second = 5000\n",
        data.path(),
        fake.url
    );
    let config = config::parse("config.toml", &text, &|_| Some(SECRET.to_owned()));
    let settings = SledSettings::default();
    let store = Arc::new(SledEngine::open(&data.path().join("store"), settings).expect("a store"));
    seed::notices(&*store, count, Timestamp::now()).await;
    let before = store.stats();
    let office = Office::new(Parts {
        config: config.expect("the configuration is right"),
        store: store.clone(),
        clock: Arc::new(SystemClock),
        tables: Tables::read(&root.join("county")).expect("the county loads"),
        script: read_script(&root.join("dialogs")).expect("the script loads"),
    })
    .expect("the office opens");
    let start = Instant::now();
    office.start();
    while fake.taken().len() < count && start.elapsed() < Duration::from_secs(300) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let seconds = start.elapsed().as_secs_f64();
    office.stop().await;
    let after = store.stats();
    let taken = fake.taken();
    let commits = after.commits - before.commits;
    let syncs = (after.syncs - before.syncs).max(1);
    println!(
        "{parallel:>8} {count:>8} {seconds:>8.2} {:>10.0} {commits:>8} {:>14.1}",
        count as f64 / seconds,
        commits as f64 / syncs as f64
    );
    let different: HashSet<&String> = taken.iter().map(|sms| &sms.id).collect();
    taken.len() == count && different.len() == count
}
