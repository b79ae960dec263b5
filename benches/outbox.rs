//! How many notices a second leave the outbox by SMS, each written down before it is sent and
//! after it was taken, on disk both times: against a provider that takes all at once, and
//! beside it in the same run against one that is slow, one that fails in every way, and one
//! that takes so many a second and no more.
//!
//! ```text
//! cargo bench --bench outbox               10,000 notices
//! cargo bench --bench outbox -- --quick     1,000 notices
//! ```
//!
//! A fake of Kannel in the same process; the store is on the disk under `target/`. It ends with
//! an error if a notice is lost, went twice, or a rate limit was broken; no speed is demanded.

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bianmin::config;
use bianmin::office::clock::SystemClock;
use bianmin::office::{Office, Parts, Tables, read_script};
use bianmin::store::records::{Outgoing, Status};
use bianmin::store::{Engine, SledEngine, SledSettings, keys, load_many};
use fake_wechat::{FakeSms, SmsFault};
use jiff::Timestamp;

#[path = "../tests/counter/seed.rs"]
mod seed;

const SECRET: &str = "benchsecret0123456789";
/// What the provider with a limit takes in a second.
const LIMIT: u32 = 1_000;
const PATIENCE: Duration = Duration::from_secs(300);

struct Scene {
    name: &'static str,
    parallel: usize,
    per_second: u32,
    /// The fake refuses more than this in any second.
    refuses_above: Option<usize>,
    trouble: fn(usize) -> Option<SmsFault>,
}

fn no_trouble(_: usize) -> Option<SmsFault> {
    None
}

fn slow(_: usize) -> Option<SmsFault> {
    Some(SmsFault::Slow(Duration::from_millis(20)))
}

/// One of a hundred breaks off, three are asked to wait, one is refused, eight are slow.
fn failing(n: usize) -> Option<SmsFault> {
    match n % 100 {
        5 => Some(SmsFault::Drop),
        17 | 50 | 83 => Some(SmsFault::Answer(503, "Temporal failure, try again later.".into())),
        9 => Some(SmsFault::Answer(400, "denied by black-lists".into())),
        n if n % 12 == 3 => Some(SmsFault::Slow(Duration::from_millis(60))),
        _ => None,
    }
}

const SCENES: [Scene; 5] = {
    let at_once = Scene {
        name: "all at once",
        parallel: 64,
        per_second: 5_000,
        refuses_above: None,
        trouble: no_trouble,
    };
    [
        Scene { name: "one by one", parallel: 1, ..at_once },
        Scene { name: "slow, 20 ms", trouble: slow, ..at_once },
        Scene { name: "failing", trouble: failing, ..at_once },
        Scene {
            name: "1,000 a second",
            per_second: LIMIT,
            refuses_above: Some(LIMIT as usize + LIMIT as usize / 5),
            ..at_once
        },
        at_once,
    ]
};

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let count = if quick { 1_000 } else { 10_000 };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!(
        "{:<15} {:>8} {:>8} {:>9} {:>10} {:>6} {:>6} {:>8} {:>8} {:>8}",
        "provider",
        "notices",
        "seconds",
        "notices/s",
        "baseline",
        "sent",
        "phone",
        "unknown",
        "commits",
        "a sync"
    );
    // The baseline comes first.
    let mut baseline = None;
    for scene in SCENES.iter().rev() {
        match runtime.block_on(run(scene, count, &mut baseline)) {
            Ok(()) => {}
            Err(wrong) => {
                eprintln!("{}: {wrong}", scene.name);
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

async fn run(scene: &Scene, count: usize, baseline: &mut Option<f64>) -> Result<(), String> {
    let fake = FakeSms::start(SECRET).await;
    fake.fail_by(scene.trouble);
    if let Some(limit) = scene.refuses_above {
        fake.limit(limit);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target");
    let data = tempfile::tempdir_in(&folder).expect("a folder under target/");
    let text = format!(
        "[server]\ndata = {:?}\n[outbox]\nparallel = {}\n[notices]\nquiet = \"\"\n\
         merge_minutes = 0\n[sms.modem]\nprovider = \"kannel\"\nusername = \"svc\"\n\
         password_env = \"P\"\npath_secret_env = \"S\"\napi = \"{}/cgi-bin/sendsms\"\n\
         per_second = {}\n",
        data.path(),
        scene.parallel,
        fake.url,
        scene.per_second
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
    let mut seconds = 0.0;
    loop {
        // Looking costs as much as sending: only when it seems to be quiet.
        let calls = fake.calls();
        tokio::time::sleep(Duration::from_millis(50)).await;
        if fake.calls() != calls {
            seconds = start.elapsed().as_secs_f64();
        } else if calls >= count && open(&*store, count).await == 0 {
            break;
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("{} are still open", open(&*store, count).await));
        }
    }
    office.stop().await;
    let after = store.stats();
    let states = states(&*store, count).await;
    let mut copies: HashMap<String, usize> = HashMap::new();
    for sms in fake.taken() {
        *copies.entry(sms.id).or_default() += 1;
    }
    let of = |status: Status| states.values().filter(|found| **found == status).count();
    let (sent, phone, unknown) = (of(Status::Sent), of(Status::Phone), of(Status::Unknown));
    let rate = count as f64 / seconds;
    let commits = after.commits - before.commits;
    println!(
        "{:<15} {count:>8} {seconds:>8.2} {rate:>9.0} {:>9.0}% {sent:>6} {phone:>6} {unknown:>8} \
         {commits:>8} {:>8.1}",
        scene.name,
        100.0 * rate / *baseline.get_or_insert(rate),
        commits as f64 / (after.syncs - before.syncs).max(1) as f64
    );
    if copies.values().any(|copies| *copies > 1) {
        return Err("a notice went twice".into());
    }
    // A connection that breaks leaves doubt, which is a clerk's to settle; nothing else does.
    let went = |id: &String| copies.contains_key(id);
    let right = |(id, status): (&String, &Status)| match status {
        Status::Sent | Status::Unknown => went(id),
        Status::Phone => !went(id),
        _ => false,
    };
    if states.len() != count || !states.iter().all(right) {
        return Err("a notice was lost".into());
    }
    if fake.throttled() > 0 {
        return Err(format!("the limit was broken {} times", fake.throttled()));
    }
    Ok(())
}

async fn open(store: &dyn Engine, count: usize) -> usize {
    states(store, count).await.values().filter(|status| !status.is_final()).count()
}

async fn states(store: &dyn Engine, count: usize) -> HashMap<String, Status> {
    let mut states = HashMap::new();
    for from in (0..count).step_by(500) {
        let wanted: Vec<_> = (from..from + 500).map(|n| keys::outgoing(&format!("n{n}"))).collect();
        let found = load_many::<Outgoing>(store, &wanted).await.expect("the store reads");
        for message in found.into_iter().flatten() {
            states.insert(message.record.id.clone(), message.record.status);
        }
    }
    states
}
