//! What it takes to file a case and to dispatch it does not grow with the cases that there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bianmin::office::{Owes, Role, Session, Told, Typed};
use bianmin::store::{Batch, Engine, Found, Key, MemoryEngine, Range, Stats, Stored};

use super::county::{County, county};

const HOUR: i64 = 3_600;

/// Counts what is asked of the store.
#[derive(Default)]
struct Counting {
    inner: MemoryEngine,
    asked: AtomicUsize,
    scans: AtomicUsize,
    entries: AtomicUsize,
    written: AtomicUsize,
}

impl Engine for Counting {
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Found<'a, Vec<Option<Stored>>> {
        self.asked.fetch_add(keys.len(), Ordering::SeqCst);
        self.inner.get_many(keys)
    }

    fn scan<'a>(&'a self, range: Range, limit: usize) -> Found<'a, Vec<(Key, Stored)>> {
        self.scans.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let found = self.inner.scan(range, limit).await?;
            self.entries.fetch_add(found.len(), Ordering::SeqCst);
            Ok(found)
        })
    }

    fn commit<'a>(&'a self, batch: Batch) -> Found<'a, ()> {
        self.written.fetch_add(batch.put.len() + batch.delete.len(), Ordering::SeqCst);
        self.inner.commit(batch)
    }

    fn stats(&self) -> Stats {
        self.inner.stats()
    }
}

impl Counting {
    /// Keys that were read, scans, entries that they gave, keys that were written; since the last time.
    fn taken(&self) -> [usize; 4] {
        [&self.asked, &self.scans, &self.entries, &self.written]
            .map(|count| count.swap(0, Ordering::SeqCst))
    }
}

fn clerk() -> Session {
    Session {
        name: "平台一号".into(),
        role: Role::Clerk,
        department: None,
        village: None,
        merchant: None,
        from: String::new(),
        csrf: String::new(),
        owes: Owes::Nothing,
    }
}

async fn file(county: &County, n: usize) -> String {
    let told = Told {
        name: "李四".into(),
        phone: format!("139{n:08}"),
        village: "胡家坨镇大黑坨村".into(),
        category: "0501".into(),
        text: format!("垃圾堆在路边没人拉，这是第{n}次说了。"),
        ..Told::default()
    };
    county.office.file_for(&clerk(), &told).await.expect("it is filed").number
}

async fn dispatch(county: &County, number: &str) {
    let text = |name: &str| if name == "department" { "城管".into() } else { String::new() };
    let done = county.office.case_command(&clerk(), number, 1, "dispatch", &Typed(&text)).await;
    done.expect("it is dispatched");
}

#[tokio::test]
async fn it_does_not_grow_with_the_cases_that_there_are() {
    let store = Arc::new(Counting::default());
    let county = county().store(store.clone()).open().await;
    // The first one leases a block of numbers, which the next nineteen use.
    let mut costs = Vec::new();
    for n in 0..402 {
        county.clock.advance(HOUR);
        if ![1, 401].contains(&n) {
            dispatch(&county, &file(&county, n).await).await;
            continue;
        }
        store.taken();
        let number = file(&county, n).await;
        let filed = store.taken();
        dispatch(&county, &number).await;
        costs.push((filed, store.taken()));
    }
    assert_eq!(costs[0], costs[1], "keys read, scans, entries, keys written");
    let (filed, dispatched) = costs[0];
    println!("filing {filed:?}, dispatching {dispatched:?}");
}
