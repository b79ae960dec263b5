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
//! The office and the store on disk, without HTTP. No speed is demanded.

#[path = "support/county.rs"]
mod county;

use std::time::Instant;

use bianmin::office::{CaseFilter, LedgerAsked, LedgerKind, Owes, Role, Session, Told, Typed};
use jiff::Timestamp;

use county::{County, Times, number};

const NOW: &str = "2026-11-25T02:00:00Z";
const FEW: usize = 1_000;
const TIMES: usize = 200;

fn main() {
    let (many, cache_mb) = (number("--cases", 1_000_000), number("--cache-mb", 64));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let now: Timestamp = NOW.parse().expect("a time");
        let few = measured(&County::seeded(FEW, cache_mb, now).await).await;
        let start = Instant::now();
        let county = County::seeded(many, cache_mb, now).await;
        let made = start.elapsed().as_secs_f64();
        println!("{many} cases, made in {made:.0} s, {} MB on disk", county.disk_mb());
        let many_cases = format!("{many} p50");
        println!(
            "{:<34} {:>9} {many_cases:>12} {:>9} {:>9} {:>7}   in ms",
            "", "1000 p50", "p99", "worst", "ratio"
        );
        for ((what, few), (_, many)) in few.into_iter().zip(measured(&county).await) {
            let ratio = many.at(50) / few.at(50);
            let [p50, p99, worst] = [50, 99, 100].map(|percent| many.at(percent));
            let few = few.at(50);
            println!("{what:<34} {few:>9.2} {p50:>12.2} {p99:>9.2} {worst:>9.2} {ratio:>7.2}");
        }
    });
}

/// What is measured, by its name.
async fn measured(county: &County) -> Vec<(&'static str, Times)> {
    let mut all = reads(county).await;
    all.extend(steps(county).await);
    all
}

async fn reads(county: &County) -> Vec<(&'static str, Times)> {
    let clerk = session(Role::Clerk, None);
    let mut times = [const { Vec::new() }; 5];
    for n in 0..TIMES {
        let department = &county.departments[n % county.departments.len()];
        let own = session(Role::Department, Some(department));
        let start = Instant::now();
        let page = county.office.cases(&own, &CaseFilter::default()).await.expect("a page");
        times[0].push(start.elapsed());
        assert!(!page.rows.is_empty(), "{department} has no cases");

        let start = Instant::now();
        let late = CaseFilter { overdue: true, ..CaseFilter::default() };
        county.office.cases(&clerk, &late).await.expect("a page");
        times[1].push(start.elapsed());

        let number = &county.some_cases[n % county.some_cases.len()];
        let start = Instant::now();
        let case = county.office.case(&clerk, number).await.expect("the store reads");
        times[2].push(start.elapsed());
        assert!(!case.expect("it is there").timeline.is_empty());

        let asked = LedgerAsked {
            kind: LedgerKind::Village,
            month: jiff::civil::date(2026, 10, 1),
            village: Some(county.villages[n % county.villages.len()].clone()),
            department: None,
            reason: None,
        };
        let start = Instant::now();
        county.office.ledger(&clerk, &asked).await.expect("a ledger");
        times[3].push(start.elapsed());

        let start = Instant::now();
        let figures = county.office.figures(&clerk).await.expect("figures");
        times[4].push(start.elapsed());
        assert!(figures.open > 0 || county.count <= FEW, "of so few none is new");
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
async fn steps(county: &County) -> [(&'static str, Times); 2] {
    let clerk = session(Role::Clerk, None);
    let (mut file, mut dispatch) = (Vec::new(), Vec::new());
    for n in 0..TIMES {
        let told = Told {
            name: "李四".into(),
            phone: format!("139{n:08}"),
            village: county.names[n % county.names.len()].clone(),
            category: "0501".into(),
            text: format!("垃圾堆在路边没人拉，这是第{n}次说了。"),
            ..Told::default()
        };
        let start = Instant::now();
        let number = county.office.file_for(&clerk, &told).await.expect("a number").number;
        file.push(start.elapsed());
        let case = county.office.case(&clerk, &number).await.expect("the store reads");
        let revision = case.expect("it is there").revision;
        let start = Instant::now();
        let text = |name: &str| if name == "department" { "城管".into() } else { String::new() };
        let typed = Typed(&text);
        let done = county.office.case_command(&clerk, &number, revision, "dispatch", &typed).await;
        done.expect("it is dispatched");
        dispatch.push(start.elapsed());
    }
    [("file a case", Times(file)), ("dispatch it", Times(dispatch))]
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
