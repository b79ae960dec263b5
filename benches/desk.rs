//! How long the desk takes when a county has kept its cases for ten years: a page of a
//! department's queue, a case with its timeline, a month's ledger of a village, the figures of
//! the day; and what filing and dispatching cost, beside the same with a thousand cases in the
//! same run.
//!
//! ```text
//! cargo bench --bench desk                    1,000,000 cases (some 6 GB under target/, minutes)
//! cargo bench --bench desk -- --cases 50000
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
    CaseFilter, LedgerAsked, LedgerKind, Office, Parts, Role, Session, Tables, Told, Typed,
    read_script,
};
use bianmin::store::private_records::Sealed;
use bianmin::store::{Changes, Engine, SledEngine, SledSettings};
use jiff::{SignedDuration, Timestamp, ToSpan};

const YEARS: i64 = 10;
const NOW: &str = "2026-11-25T02:00:00Z";
const FEW: usize = 1_000;
const REPLY: &str = "已经派人到现场修好了，以后有事请打平台电话，谢谢您的反映。";
/// Batches of the seed hold about as many keys as the store takes.
const CASES_A_BATCH: usize = 25;
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
    let wanted = arguments.iter().skip_while(|argument| *argument != "--cases").nth(1);
    let many = wanted.map_or(1_000_000, |count| count.parse().expect("--cases takes a number"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let few = County::seeded(FEW).await;
        let (file_few, dispatch_few) = few.steps().await;
        drop(few);
        let start = Instant::now();
        let county = County::seeded(many).await;
        let made = start.elapsed().as_secs_f64();
        println!("{many} cases, made in {made:.0} s, {} MB on disk", county.disk_mb());
        println!("{:<34} {:>9} {:>9} {:>9}", "", "p50 ms", "p99 ms", "worst ms");
        county.reads().await;
        let (file, dispatch) = county.steps().await;
        println!("\n{:<34} {:>9} {:>9} {:>9}", "p50 ms with", FEW, many, "ratio");
        ratio("file a case", file_few, file);
        ratio("dispatch it", dispatch_few, dispatch);
    });
}

fn ratio(what: &str, few: Times, many: Times) {
    let (few, many) = (few.at(50), many.at(50));
    println!("{what:<34} {few:>9.2} {many:>9.2} {:>9.2}", many / few);
}

struct Times(Vec<Duration>);

impl Times {
    fn at(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted[(sorted.len() - 1) * percent / 100].as_secs_f64() * 1e3
    }

    fn print(&self, what: &str) {
        println!("{what:<34} {:>9.2} {:>9.2} {:>9.2}", self.at(50), self.at(99), self.at(100));
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
}

impl County {
    async fn seeded(count: usize) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let text = format!("[server]\ndata = {:?}\n", data.path());
        let settings = SledSettings::default();
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
        };
        county.seed(count, now, &tables).await;
        county
    }

    /// Evenly over ten years, over all villages and kinds.
    async fn seed(&mut self, count: usize, now: Timestamp, tables: &Tables) {
        let rules = tables.rules();
        let kinds: Vec<_> = tables.categories.iter().collect();
        let mut serials = std::collections::HashMap::new();
        let span = YEARS * 365 * 86_400;
        let mut changes = Changes::default();
        for n in 0..count {
            let ago = span * (count - n) as i64 / count as i64;
            let received = now - SignedDuration::from_secs(ago);
            let kind = if n % 2 == 0 { CaseType::Appeal } else { CaseType::Proxy };
            let year = bianmin::calendar::local_date(received).year();
            let serial = serials.entry((year, n % 2)).or_insert(0_u32);
            *serial += 1;
            let number = CaseNumber::new(kind, year, *serial).expect("a number is free");
            let village = &self.villages[n * 7 % self.villages.len()];
            let category = kinds[n * 11 % kinds.len()];
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
            let (case, events) = life(intake, &category.lead, received, now, &rules);
            if n % (count / TIMES).max(1) == 0 {
                self.some_cases.push(case.number.digits());
            }
            let number = case.number.digits();
            let mut case = case;
            for (event, n) in events.iter().zip(1..) {
                let salts = [format!("{n:032x}"), format!("{n:032x}")];
                let sealed = Sealed::new(&number, n, event, &case.chain, salts);
                sealed.create(&mut changes).expect("it fits");
                case.chain = sealed.event.hash;
            }
            changes.create(&case).expect("it fits");
            if n % CASES_A_BATCH == CASES_A_BATCH - 1 || n + 1 == count {
                let batch = std::mem::take(&mut changes).into_batch();
                self.store.commit(batch).await.expect("it is stored");
            }
        }
    }

    fn disk_mb(&self) -> u64 {
        self.store.stats().disk_bytes / 1_000_000
    }

    async fn reads(&self) {
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
            assert!(figures.open > 0);
        }
        let [queue, late, case, ledger, figures] = times.map(Times);
        queue.print("a department's queue");
        late.print("all that is late");
        case.print("a case with its timeline");
        ledger.print("a month's ledger of a village");
        let first = figures.0[0].as_secs_f64() * 1e3;
        Times(figures.0[1..].to_vec()).print("the figures of the day");
        println!("{:<34} {first:>9.2}", "  the first time after a start");
    }

    /// What it takes to file a case and to dispatch it, each on disk.
    async fn steps(&self) -> (Times, Times) {
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
            let start = Instant::now();
            let text =
                |name: &str| if name == "department" { "城管".into() } else { String::new() };
            let typed = Typed(&text);
            let done = self.office.case_command(&clerk, &number, 1, "dispatch", &typed).await;
            done.expect("it is dispatched");
            dispatch.push(start.elapsed());
        }
        (Times(file), Times(dispatch))
    }
}

fn session(role: Role, department: Option<&str>) -> Session {
    Session {
        name: "平台一号".into(),
        role,
        department: department.map(str::to_owned),
        village: None,
        merchant: None,
        csrf: String::new(),
        must_change: false,
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
    };
    let answer = Command::Reply { outcome: Outcome::Solved, text: REPLY.into() };
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
