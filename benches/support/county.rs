//! A county that has kept its cases for ten years. They are made by the rules themselves, each
//! received, dispatched, accepted, answered, rated, closed and put away at its time; the last ones
//! still run.
#![allow(dead_code, reason = "not every bench asks for all of it")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bianmin::config;
use bianmin::county::{CaseNumber, CaseType};
use bianmin::desk::{self, Actor, Case, Command, Grade, Intake, Outcome, Sorting};
use bianmin::office::clock::Clock;
use bianmin::office::{Office, Parts, Tables, read_script};
use bianmin::store::private_records::Sealed;
use bianmin::store::records::Counter;
use bianmin::store::{Batch, Changes, Engine, SledEngine, SledSettings};
use jiff::{SignedDuration, Timestamp, ToSpan};

const YEARS: i64 = 10;
const REPLY: &str = "已经派人到现场修好了，以后有事请打平台电话，谢谢您的反映。";
/// Batches of the seed hold about as many keys as the store takes.
const CASES_A_BATCH: usize = 25;
const BATCHES_AT_ONCE: usize = 8;
const SOME: usize = 200;

/// Stands still: what is measured is the desk's own time.
struct Fixed(Mutex<Timestamp>);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics here")
    }
}

/// The number behind `name` on the command line, or the usual one.
pub fn number(name: &str, usual: usize) -> usize {
    let wanted = std::env::args().skip_while(|argument| *argument != name).nth(1);
    wanted.map_or(usual, |count| count.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}

/// How long each time took.
pub struct Times(pub Vec<Duration>);

impl Times {
    pub fn at(&self, percent: usize) -> f64 {
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

/// An office over a store on disk that holds cases of ten years.
pub struct County {
    pub office: Arc<Office>,
    pub store: Arc<SledEngine>,
    data: tempfile::TempDir,
    /// By their codes, and as they are written.
    pub villages: Vec<String>,
    pub names: Vec<String>,
    pub departments: Vec<String>,
    pub some_cases: Vec<String>,
    pub count: usize,
}

impl County {
    /// The last of them are of `now`, at which its clock stands.
    pub async fn seeded(count: usize, cache_mb: usize, now: Timestamp) -> Self {
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
            data,
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
            let some = numbers.iter().filter(|(n, _)| n % (count / SOME).max(1) == 0);
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

    pub fn disk_mb(&self) -> u64 {
        self.store.stats().disk_bytes / 1_000_000
    }

    /// Its folder; the store in it is closed.
    pub fn closed(self) -> tempfile::TempDir {
        let Self { office, store, data, .. } = self;
        drop(office);
        drop(Arc::into_inner(store).expect("the office has let go of it"));
        data
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
        sorting: Sorting::default(),
    };
    let answer = Command::Reply {
        outcome: Outcome::Solved,
        text: REPLY.into(),
        trips: None,
        visited_at: None,
    };
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
