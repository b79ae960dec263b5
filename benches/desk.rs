//! How long the desk takes when a county has kept its cases for ten years: a page of a
//! department's queue, a case with its timeline, a month's ledger of a village, the figures of
//! the day; and what filing and dispatching cost, beside the same with a thousand cases in the
//! same run.
//!
//! ```text
//! cargo bench --bench desk                    1,000,000 cases (some 6 GB under target/, minutes)
//! cargo bench --bench desk -- --cases 50000
//! cargo bench --bench desk -- --cache-mb 512  memory for the store's cache, 64 MB without
//! ```
//!
//! The office and the store on disk, without HTTP. Cases are made by the rules themselves, each
//! received, dispatched, accepted, answered, rated, closed and put away at its time; the last
//! ones still run. No speed is demanded.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bianmin::config;
use bianmin::county::{CaseNumber, CaseType};
use bianmin::desk::{self, Actor, Case, Command, Grade, Intake, Outcome};
use bianmin::office::clock::Clock;
use bianmin::office::{
    CaseFilter, LedgerAsked, LedgerKind, Office, Owes, Parts, Role, Session, Tables, Told, Typed,
    read_script,
};
use bianmin::store::private_records::Sealed;
use bianmin::store::records::Counter;
use bianmin::store::{Batch, Changes, Engine, SledEngine, SledSettings};
use jiff::{SignedDuration, Timestamp, ToSpan};

const YEARS: i64 = 10;
const NOW: &str = "2026-11-25T02:00:00Z";
const FEW: usize = 1_000;
const REPLY: &str = "已经派人到现场修好了，以后有事请打平台电话，谢谢您的反映。";
/// Batches of the seed hold about as many keys as the store takes.
const CASES_A_BATCH: usize = 25;
const BATCHES_AT_ONCE: usize = 8;
const TIMES: usize = 200;

/// Stands still: what is measured is the desk's own time.
struct Fixed(Mutex<Timestamp>);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics here")
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, usual: usize| {
        let wanted = arguments.iter().skip_while(|argument| *argument != name).nth(1);
        wanted.map_or(usual, |count| {
            count.parse().unwrap_or_else(|_| panic!("{name} takes a number"))
        })
    };
    let (many, cache_mb) = (number("--cases", 1_000_000), number("--cache-mb", 64));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let few = County::seeded(FEW, cache_mb).await.measured().await;
        let start = Instant::now();
        let county = County::seeded(many, cache_mb).await;
        let made = start.elapsed().as_secs_f64();
        println!("{many} cases, made in {made:.0} s, {} MB on disk", county.disk_mb());
        let many_cases = format!("{many} p50");
        println!(
            "{:<34} {:>9} {many_cases:>12} {:>9} {:>9} {:>7}   in ms",
            "", "1000 p50", "p99", "worst", "ratio"
        );
        for ((what, few), (_, many)) in few.into_iter().zip(county.measured().await) {
            let ratio = many.at(50) / few.at(50);
            let [p50, p99, worst] = [50, 99, 100].map(|percent| many.at(percent));
            let few = few.at(50);
            println!("{what:<34} {few:>9.2} {p50:>12.2} {p99:>9.2} {worst:>9.2} {ratio:>7.2}");
        }
    });
}

struct Times(Vec<Duration>);

impl Times {
    fn at(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted[(sorted.len() - 1) * percent / 100].as_secs_f64() * 1e3
    }
}

/// What the cases are made from.
struct Seed {
    count: usize,
    now: Timestamp,
    tables: Tables,
    villages: Vec<String>,
}

impl Seed {
    fn received(&self, n: usize) -> Timestamp {
        let ago = YEARS * 365 * 86_400 * (self.count - n) as i64 / self.count as i64;
        self.now - SignedDuration::from_secs(ago)
    }

    fn batch(&self, numbers: &[(usize, CaseNumber)]) -> Batch {
        let mut changes = Changes::default();
        for (n, number) in numbers {
            let (mut case, events) = self.life_of(*n, *number);
            let number = case.number.digits();
            for (event, n) in events.iter().zip(1..) {
                let salts = [format!("{n:032x}"), format!("{n:032x}")];
                let sealed = Sealed::new(&number, n, event, &case.chain, salts);
                sealed.create(&mut changes).expect("it fits");
                case.chain = sealed.event.hash;
            }
            changes.create(&case).expect("it fits");
        }
        changes.into_batch()
    }

    fn life_of(&self, n: usize, number: CaseNumber) -> (Case, Vec<desk::CaseEvent>) {
        let tables = &self.tables;
        let village = &self.villages[n * 7 % self.villages.len()];
        let kinds = tables.categories.iter().count();
        let category = tables.categories.iter().nth(n * 11 % kinds).expect("it is in the table");
        let place = tables.places.get(village).expect("it is in the table");
        let intake = Intake {
            category: Some(category.code.clone()),
            place_code: Some(village.clone()),
            place_name: Some(format!("{}{}", place.township, place.name)),
            text: format!("村口的事第{n}回了，好些天没人管，请派人来看看。"),
            name: Some("张三".into()),
            phone: Some(format!("138{:08}", n % 50_000)),
            ..Intake::of(number, format!("p{}", n % 50_000), "wechat")
        };
        life(intake, &category.lead, self.received(n), self.now, &tables.rules())
    }
}

struct County {
    office: Arc<Office>,
    store: Arc<SledEngine>,
    _data: tempfile::TempDir,
    /// By their codes, and as they are written.
    villages: Vec<String>,
    names: Vec<String>,
    departments: Vec<String>,
    some_cases: Vec<String>,
    count: usize,
}

impl County {
    async fn seeded(count: usize, cache_mb: usize) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let text = format!("[server]\ndata = {:?}\n", data.path());
        let cache_bytes = (cache_mb as u64) << 20;
        let settings = SledSettings { cache_bytes, ..SledSettings::default() };
        let store = SledEngine::open(&data.path().join("store"), settings).expect("a store");
        let store = Arc::new(store);
        let tables = Tables::read(&root.join("county")).expect("the county loads");
        let villages = tables.places.iter().map(|place| place.code.clone()).collect();
        let names = tables.places.iter().map(|place| format!("{}{}", place.township, place.name));
        let names = names.collect();
        let leads = tables.categories.iter().map(|category| category.lead.clone());
        let mut departments: Vec<String> = leads.collect();
        departments.sort();
        departments.dedup();
        let now: Timestamp = NOW.parse().expect("a time");
        let mut county = Self {
            office: Office::new(Parts {
                config: config::parse("config.toml", &text, &|_| None).expect("a configuration"),
                store: store.clone(),
                clock: Arc::new(Fixed(Mutex::new(now))),
                tables: Tables::read(&root.join("county")).expect("the county loads"),
                script: read_script(&root.join("dialogs")).expect("the script loads"),
            })
            .expect("the office opens"),
            store,
            _data: data,
            villages,
            names,
            departments,
            some_cases: Vec::new(),
            count,
        };
        county.seed(count, now, tables).await;
        county
    }

    /// Evenly over ten years, over all villages and kinds. Several batches are made and stored at
    /// the same time.
    async fn seed(&mut self, count: usize, now: Timestamp, tables: Tables) {
        let seed = Arc::new(Seed { count, now, tables, villages: self.villages.clone() });
        let mut serials = std::collections::HashMap::new();
        let mut under_way = tokio::task::JoinSet::new();
        for first in (0..count).step_by(CASES_A_BATCH) {
            let numbers: Vec<(usize, CaseNumber)> = (first..(first + CASES_A_BATCH).min(count))
                .map(|n| {
                    let kind = if n % 2 == 0 { CaseType::Appeal } else { CaseType::Proxy };
                    let year = bianmin::calendar::local_date(seed.received(n)).year();
                    let serial = serials.entry((year, n % 2)).or_insert(0_u32);
                    *serial += 1;
                    (n, CaseNumber::new(kind, year, *serial).expect("a number is free"))
                })
                .collect();
            let some = numbers.iter().filter(|(n, _)| n % (count / TIMES).max(1) == 0);
            self.some_cases.extend(some.map(|(_, number)| number.digits()));
            if under_way.len() == BATCHES_AT_ONCE {
                under_way.join_next().await.expect("one is under way").expect("it is stored");
            }
            let (seed, store) = (seed.clone(), self.store.clone());
            under_way.spawn(async move {
                let batch = tokio::task::spawn_blocking(move || seed.batch(&numbers));
                store.commit(batch.await.expect("it is made")).await.expect("it is stored");
            });
        }
        while let Some(done) = under_way.join_next().await {
            done.expect("it is stored");
        }
        // Numbers of new cases come after these.
        let mut changes = Changes::default();
        for ((year, odd), serial) in serials {
            let kind = if odd == 0 { CaseType::Appeal } else { CaseType::Proxy };
            let name = format!("case-{}-{}", kind.digit(), year % 100);
            changes.create(&Counter { name, next: serial + 1 }).expect("it fits");
        }
        self.store.commit(changes.into_batch()).await.expect("it is stored");
    }

    fn disk_mb(&self) -> u64 {
        self.store.stats().disk_bytes / 1_000_000
    }

    /// What is measured, by its name.
    async fn measured(&self) -> Vec<(&'static str, Times)> {
        let mut all = self.reads().await;
        all.extend(self.steps().await);
        all
    }

    async fn reads(&self) -> Vec<(&'static str, Times)> {
        let clerk = session(Role::Clerk, None);
        let mut times = [const { Vec::new() }; 5];
        for n in 0..TIMES {
            let department = &self.departments[n % self.departments.len()];
            let own = session(Role::Department, Some(department));
            let start = Instant::now();
            let page = self.office.cases(&own, &CaseFilter::default()).await.expect("a page");
            times[0].push(start.elapsed());
            assert!(!page.rows.is_empty(), "{department} has no cases");

            let start = Instant::now();
            let late = CaseFilter { overdue: true, ..CaseFilter::default() };
            self.office.cases(&clerk, &late).await.expect("a page");
            times[1].push(start.elapsed());

            let number = &self.some_cases[n % self.some_cases.len()];
            let start = Instant::now();
            let case = self.office.case(&clerk, number).await.expect("the store reads");
            times[2].push(start.elapsed());
            assert!(!case.expect("it is there").timeline.is_empty());

            let asked = LedgerAsked {
                kind: LedgerKind::Village,
                month: jiff::civil::date(2026, 10, 1),
                village: Some(self.villages[n % self.villages.len()].clone()),
                department: None,
                reason: None,
            };
            let start = Instant::now();
            self.office.ledger(&clerk, &asked).await.expect("a ledger");
            times[3].push(start.elapsed());

            let start = Instant::now();
            let figures = self.office.figures(&clerk).await.expect("figures");
            times[4].push(start.elapsed());
            assert!(figures.open > 0 || self.count <= FEW, "of so few none is new");
        }
        let [queue, late, case, ledger, mut figures] = times;
        let first = figures.remove(0);
        vec![
            ("a department's queue", Times(queue)),
            ("all that is late", Times(late)),
            ("a case with its timeline", Times(case)),
            ("a month's ledger of a village", Times(ledger)),
            ("the figures of the day", Times(figures)),
            ("  the first time after a start", Times(vec![first])),
        ]
    }

    /// What it takes to file a case and to dispatch it, each on disk.
    async fn steps(&self) -> [(&'static str, Times); 2] {
        let clerk = session(Role::Clerk, None);
        let (mut file, mut dispatch) = (Vec::new(), Vec::new());
        for n in 0..TIMES {
            let told = Told {
                name: "李四".into(),
                phone: format!("139{n:08}"),
                village: self.names[n % self.names.len()].clone(),
                category: "0501".into(),
                text: format!("垃圾堆在路边没人拉，这是第{n}次说了。"),
                ..Told::default()
            };
            let start = Instant::now();
            let number = self.office.file_for(&clerk, &told).await.expect("a number").number;
            file.push(start.elapsed());
            let case = self.office.case(&clerk, &number).await.expect("the store reads");
            let revision = case.expect("it is there").revision;
            let start = Instant::now();
            let text =
                |name: &str| if name == "department" { "城管".into() } else { String::new() };
            let typed = Typed(&text);
            let done =
                self.office.case_command(&clerk, &number, revision, "dispatch", &typed).await;
            done.expect("it is dispatched");
            dispatch.push(start.elapsed());
        }
        [("file a case", Times(file)), ("dispatch it", Times(dispatch))]
    }
}

fn session(role: Role, department: Option<&str>) -> Session {
    Session {
        name: "平台一号".into(),
        role,
        department: department.map(str::to_owned),
        village: None,
        merchant: None,
        from: String::new(),
        csrf: String::new(),
        owes: Owes::Nothing,
    }
}

/// As it goes when all goes well, as far as it has got by `now`. One of fifty is answered late.
fn life(
    intake: Intake,
    lead: &str,
    received: Timestamp,
    now: Timestamp,
    rules: &desk::Rules,
) -> (Case, Vec<desk::CaseEvent>) {
    let clerk = Actor::clerk("平台一号");
    let villager = Actor::Villager { person: intake.person.clone() };
    let slow = intake.number.serial().is_multiple_of(50);
    let errand = intake.number.kind() == CaseType::Proxy;
    let mut events = Vec::new();
    let file = Command::File(Box::new(intake));
    events.extend(desk::decide(None, file, &villager, received, rules).expect("it is filed"));
    let mut case = desk::fold(&events).expect("it folds");
    let dispatch = Command::Dispatch {
        department: lead.to_owned(),
        helpers: Vec::new(),
        category: None,
        note: String::new(),
        despite: String::new(),
    };
    let answer = Command::Reply { outcome: Outcome::Solved, text: REPLY.into(), trips: None };
    let rate = Command::Rate { grade: Grade::Satisfied, comment: String::new() };
    let days = |days: i64| days * 24 * 60;
    let steps = [
        (40, clerk.clone(), dispatch),
        (90, clerk.clone(), Command::Accept),
        (days(if slow { 40 } else { 2 }), clerk, answer),
        (days(if slow { 41 } else { 3 }), villager, rate),
        (days(if slow { 80 } else { 40 }), Actor::System, Command::Archive),
    ];
    for (minutes, by, command) in steps {
        let at = received + minutes.minutes();
        if at > now {
            break;
        }
        match desk::decide(Some(&case), command, &by, at, rules) {
            Ok(next) => {
                for event in &next {
                    case.apply(event).expect("it follows");
                }
                events.extend(next);
            }
            // An errand is put away by its own steps.
            Err(_) if errand => break,
            Err(refusal) => panic!("{refusal}"),
        }
    }
    case.wakes_at = desk::next_by_clock(&case, rules.calendar).map(|(at, _)| at);
    (case, events)
}
