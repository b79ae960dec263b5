//! How long it takes to understand a message, and how much memory the tables take.
//!
//! `cargo bench --bench understand`. The baseline is what any program has to do with a message:
//! fold it into its matching copy.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use bianmin::office::Tables;
use bianmin::zh::Copy;
use jiff::civil::date;

const SHORT: &str = "大黑托村口那个路灯都灭了半拉月了没人管啊";
const LONG: &str = "你好同志，我是大黑坨村的王秀兰，电话一三八零零一三八零零零，想反映个事。\
俺们村从上礼拜三开始就停水了，到现在快一个礼拜了，家里有俩孩子还有个八十多岁的老人，吃水都得去三里地外头拉。\
我给村里打了好几回电话，都说快了快了，也没个准信。昨天下午来了两个人看了看井房，说是水泵烧了，得等配件。\
这大冷天的，牲口也没水喝，衣服也洗不了。麻烦你们给催一催，到底啥时候能修好，先给拉点水也行，谢谢你们了，辛苦大家了。";
const RUNS: usize = 20;
const TIMES: usize = 2_000;

/// The best run and the median one, in microseconds for one time. The best is what a machine does
/// that is at rest.
fn measure(mut work: impl FnMut()) -> (f64, f64) {
    work();
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..TIMES {
                work();
            }
            start.elapsed().as_secs_f64() * 1e6 / TIMES as f64
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    (runs[0], runs[RUNS / 2])
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("county");
    let tables = match Tables::read(&folder) {
        Ok(tables) => tables,
        Err(problems) => {
            eprintln!("{}", problems.join("\n"));
            std::process::exit(2);
        }
    };
    let reader = tables.reader();
    let today = date(2026, 11, 24);
    println!("{RUNS} runs of {TIMES}");
    for (what, text, limit) in [("short", SHORT, 30.0), ("long", LONG, 200.0)] {
        let characters = text.chars().count();
        let (copy, _) = measure(|| {
            black_box(Copy::of(black_box(text), usize::MAX));
        });
        let (best, median) = measure(|| {
            black_box(reader.understand(black_box(text), today));
        });
        println!(
            "{what}, {characters} characters: best {best:.1} µs, median {median:.1} µs (wanted: under {limit} µs); \
             the copy alone {copy:.1} µs"
        );
    }
    let megabytes = reader.table_bytes() as f64 / (1024.0 * 1024.0);
    println!("tables: {megabytes:.2} MB (wanted: under 20 MB)");
}
