//! Orders a second with 10,000 articles on the shelf, each on disk before it is answered: spread
//! over all of them, and all for one; beside bare commits to the store of the same size in the
//! same run. And how long a search takes.
//!
//! ```text
//! cargo bench --bench shop
//! cargo bench --bench shop -- --articles 50000
//! ```
//!
//! Orders go the way of an agent's form: the goods are read from a sentence, priced from disk,
//! set aside, and committed with all that is told to whom. Wanted: half of what the bare commits
//! do, and searches under 1 ms.

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bianmin::config;
use bianmin::office::clock::ManualClock;
use bianmin::office::shop::CounterOrder;
use bianmin::office::{Office, Owes, Parts, Role, Session, Tables, read_script};
use bianmin::shop::{
    Document, DocumentKind, Fen, GoodsKinds, Merchant, MerchantKind, Shelf, Stage, Table, upload,
};
use bianmin::store::{
    Batch, Changes, Engine, Found, Key, Range, SledEngine, SledSettings, Stats, Stored,
};
use jiff::civil::date;

const MERCHANTS: usize = 20;
const AT_ONCE: usize = 64;
const ORDERS: usize = 4_000;
const SEARCHES: usize = 2_000;
const NOW: &str = "2026-11-24T02:00:00Z";

/// What a county sells, and what it is called besides.
const GOODS: [(&str, &str); 40] = [
    ("尿素", "氮肥"),
    ("复合肥", "三元肥"),
    ("磷酸二铵", "二铵"),
    ("有机肥", "羊粪肥"),
    ("玉米种", "苞谷种"),
    ("花生种", "长生果种"),
    ("地膜", "塑料膜"),
    ("喷雾器", "打药桶"),
    ("洗衣液", "洗衣水"),
    ("洗衣粉", "肥皂粉"),
    ("酱油", "生抽"),
    ("米醋", "陈醋"),
    ("面粉", "白面"),
    ("大米", "稻米"),
    ("花生油", "食用油"),
    ("挂面", "面条"),
    ("食盐", "盐巴"),
    ("白糖", "砂糖"),
    ("卫生纸", "手纸"),
    ("牙膏", "牙粉"),
    ("香皂", "胰子"),
    ("电饭锅", "电饭煲"),
    ("电磁炉", "电炉"),
    ("热水壶", "电水壶"),
    ("冰箱", "电冰箱"),
    ("洗衣机", "洗衣服的"),
    ("电视机", "彩电"),
    ("空调", "冷气"),
    ("电风扇", "风扇"),
    ("灯泡", "电灯"),
    ("插线板", "插座"),
    ("水桶", "塑料桶"),
    ("脸盆", "洗脸盆"),
    ("棉被", "被子"),
    ("床单", "褥单"),
    ("毛巾", "手巾"),
    ("胶鞋", "雨鞋"),
    ("手套", "劳保手套"),
    ("铁锹", "铁锨"),
    ("锄头", "薅锄"),
];
const BRANDS: &str =
    "长城丰收金穗绿洲大地阳光黄河青山红星东风顺利平安福满春雨秋实吉祥如意新月晨露海燕白鸽";

type Query = fn(usize) -> String;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let wanted = arguments.iter().skip_while(|argument| *argument != "--articles").nth(1);
    let articles = wanted.map_or(10_000, |count| count.parse().expect("--articles takes a number"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let start = Instant::now();
        let county = County::opened(articles).await;
        println!(
            "{articles} articles, put in by a table in {:.1} s",
            start.elapsed().as_secs_f64()
        );
        let spread = county.orders("over all articles", |n| n * 7_919 % articles).await;
        let one = county.orders("all for one article", |_| 0).await;
        let bare = county.bare_commits().await;
        println!("{:<34} {bare:>8.0} a second", "bare commits of the same size");
        println!("{:<34} {:>8.2}", "orders over bare commits", spread / bare);
        println!("{:<34} {:>8.2}", "orders for one over bare commits", one / bare);
        county.searches().await;
    });
}

struct County {
    office: Arc<Office>,
    store: Arc<Watched>,
    titles: Vec<String>,
    table: String,
    _data: tempfile::TempDir,
}

/// `A00017` and a name that no other article has.
fn name(n: usize) -> (String, String) {
    let brands: Vec<char> = BRANDS.chars().collect();
    let (goods, n_brand) = (GOODS[n % GOODS.len()].0, n / GOODS.len());
    let (first, second) =
        (brands[n_brand % brands.len()], brands[n_brand / brands.len() % brands.len()]);
    (format!("A{n:05}"), format!("{first}{second}{goods}"))
}

impl County {
    async fn opened(articles: usize) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let text = format!("[server]\ndata = {:?}\n", data.path());
        let store = SledEngine::open(&data.path().join("store"), SledSettings::default());
        let store = Watched { inner: store.expect("a store"), last: Mutex::default() };
        let store = Arc::new(store);
        let office = Office::new(Parts {
            config: config::parse("config.toml", &text, &|_| None).expect("a configuration"),
            store: store.clone(),
            clock: Arc::new(ManualClock::new(NOW.parse().expect("a time"))),
            tables: Tables::read(&root.join("county")).expect("the county loads"),
            script: read_script(&root.join("dialogs")).expect("the script loads"),
        })
        .expect("the office opens");
        let mut changes = Changes::default();
        for n in 0..MERCHANTS {
            changes.create(&merchant(n)).expect("it fits");
        }
        store.commit(changes.into_batch()).await.expect("it is stored");
        let mut table = "编号,商家,类别,名称,单位,会员价,库存,最少,最多,规格,别名\n".to_owned();
        for n in 0..articles {
            let ((id, name), alias) = (name(n), GOODS[n % GOODS.len()].1);
            let of = n % MERCHANTS;
            table
                .push_str(&format!("{id},M{of:02},日用百货,{name},袋,10.5,100000,1,50,,{alias}\n"));
        }
        office.import_goods("goods.csv", table.as_bytes(), false).await.unwrap_or_else(|why| {
            panic!("{}", why.join("\n"));
        });
        let titles = (0..articles).map(|n| name(n).1).collect();
        Self { office, store, titles, table, _data: data }
    }

    /// Orders a second, `AT_ONCE` under way at the same time.
    async fn orders(&self, what: &str, article: impl Fn(usize) -> usize) -> f64 {
        let next = AtomicUsize::new(0);
        let session = session();
        let times = Mutex::new(Vec::new());
        let start = Instant::now();
        let work = (0..AT_ONCE).map(async |_| {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= ORDERS {
                    return;
                }
                let asked = CounterOrder {
                    goods: format!("{}2袋", self.titles[article(n)]),
                    village: "毛庄镇毛庄村".into(),
                    name: "肖奉安".into(),
                    phone: format!("138{n:08}"),
                    way: "pickup".into(),
                    // Two at 10.50.
                    shown: "2100".into(),
                    token: format!("{what}{n}"),
                    again: true,
                    ..CounterOrder::default()
                };
                let begun = Instant::now();
                self.office.order_at_counter(&session, &asked).await.expect("it is ordered");
                times.lock().expect("nobody panics here").push(begun.elapsed());
            }
        });
        futures_util::future::join_all(work).await;
        let rate = ORDERS as f64 / start.elapsed().as_secs_f64();
        let mut times = times.into_inner().expect("nobody panics here");
        times.sort();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        println!("{what:<34} {rate:>8.0} a second; p50 {:.1} ms, p99 {:.1} ms", at(50), at(99));
        rate
    }

    /// As many writes of the same sizes as an order has, without reading or deciding anything.
    async fn bare_commits(&self) -> f64 {
        let sizes = self.store.last.lock().expect("nobody panics here").clone();
        let bytes: usize = sizes.iter().sum();
        println!("an order is {} keys with {bytes} bytes", sizes.len());
        let next = AtomicUsize::new(0);
        let start = Instant::now();
        let work = (0..AT_ONCE).map(async |_| {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= ORDERS {
                    return;
                }
                let put = |(at, size): (usize, &usize)| {
                    (format!("bare/{n:08}/{at:02}").into_bytes(), vec![b'x'; *size])
                };
                let put = sizes.iter().enumerate().map(put).collect();
                let batch = Batch { put, ..Batch::default() };
                self.store.commit(batch).await.expect("it is stored");
            }
        });
        futures_util::future::join_all(work).await;
        ORDERS as f64 / start.elapsed().as_secs_f64()
    }

    /// The median of searches by name, by what it is called besides, by sound and by letters.
    async fn searches(&self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let kinds = std::fs::read_to_string(root.join("county/goods-kinds.csv")).expect("kinds");
        let kinds = GoodsKinds::parse(&Table::from_csv(&kinds).expect("a table")).expect("kinds");
        let merchants: Vec<Merchant> = (0..MERCHANTS).map(merchant).collect();
        let today = date(2026, 11, 24);
        let table = Table::from_csv(&self.table).expect("a table");
        let by_id = merchants.iter().map(|one| (one.id.clone(), one.clone())).collect();
        let none = |_: &str| std::collections::BTreeSet::new();
        let nowhere = |_: &str| None;
        let entries = upload::articles(&table, &by_id, &kinds, &none, &nowhere, today);
        let articles: Vec<_> =
            entries.expect("they are right").into_iter().map(|entry| entry.article).collect();
        let start = Instant::now();
        let shelf = Shelf::new(articles, merchants, kinds);
        println!("\nthe shelf, made anew: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
        let queries: [(&str, Query); 6] = [
            ("name", |n| name(n).1),
            ("part of a name", |n| GOODS[n % GOODS.len()].0.to_owned()),
            ("alias", |n| GOODS[n % GOODS.len()].1.to_owned()),
            ("pinyin", |n| ["niaosu", "fuhefei", "xiyiye", "dianfanguo"][n % 4].to_owned()),
            ("by ear", |n| ["鸟素", "福合肥", "西衣液", "店饭锅"][n % 4].to_owned()),
            ("a whole order", |n| format!("我要买3袋{}和2袋{}送到家", name(n).1, name(n + 1).1)),
        ];
        for (what, query) in queries {
            let mut times: Vec<Duration> = Vec::new();
            for n in 0..SEARCHES {
                let text = query(n * 31 % (shelf.len() - 1));
                let begun = Instant::now();
                let found = match what {
                    "a whole order" => shelf.read(black_box(&text), today).len(),
                    _ => shelf.search(black_box(&text), today, 9).len(),
                };
                times.push(begun.elapsed());
                assert!(found > 0, "{what}: nothing found for {text}");
            }
            times.sort();
            let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
            println!(
                "search, {what:<20} median {:.3} ms, p99 {:.3} ms (wanted: under 1 ms)",
                at(50),
                at(99)
            );
        }
    }
}

fn merchant(n: usize) -> Merchant {
    Merchant {
        id: format!("M{n:02}"),
        operator: "便民电商公司".into(),
        name: format!("第{n}家百货"),
        kind: MerchantKind::Goods,
        uscc: String::new(),
        contact: "老李".into(),
        phone: format!("139{n:08}"),
        stage: Stage::Member,
        stage_ends: None,
        documents: vec![Document {
            kind: DocumentKind::Licence,
            number: "91130225".into(),
            valid_to: date(2030, 1, 1),
        }],
        reviews: Vec::new(),
        upheld: Vec::new(),
        deposit: Fen::ZERO,
        grade: None,
        addresses: Vec::new(),
        pass: String::new(),
        revision: 1,
    }
}

/// The store, which remembers how large the last batch was.
struct Watched {
    inner: SledEngine,
    last: Mutex<Vec<usize>>,
}

impl Engine for Watched {
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Found<'a, Vec<Option<Stored>>> {
        self.inner.get_many(keys)
    }

    fn scan<'a>(&'a self, range: Range, limit: usize) -> Found<'a, Vec<(Key, Stored)>> {
        self.inner.scan(range, limit)
    }

    fn commit<'a>(&'a self, batch: Batch) -> Found<'a, ()> {
        let sizes = batch.put.iter().map(|(_, value)| value.len()).collect();
        *self.last.lock().expect("nobody panics here") = sizes;
        self.inner.commit(batch)
    }

    fn stats(&self) -> Stats {
        self.inner.stats()
    }
}

fn session() -> Session {
    Session {
        name: "平台一号".into(),
        role: Role::Director,
        department: None,
        village: None,
        merchant: None,
        from: String::new(),
        csrf: String::new(),
        owes: Owes::Nothing,
    }
}
