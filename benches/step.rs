//! One step of a conversation, in microseconds: `cargo bench --bench step`.
//!
//! Beside each step stands what no step can do without: a copy of the conversation and the
//! plain copy of the message. Times of single steps are sorted; the median and the 99th of
//! a hundred are printed.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use bianmin::county::Places;
use bianmin::dialog::{self, Conversation, Env, Event, Medium, Script};
use bianmin::office::read_script;

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WARM_UP: usize = 2_000;
const STEPS: usize = 20_000;
const NOW: &str = "2026-11-23T10:00:00+08:00";

struct Bench {
    script: Script,
    places: Places,
}

impl Bench {
    fn env(&self) -> Env<'_> {
        Env {
            now: NOW.parse().expect("a time"),
            medium: Medium::Wechat,
            phone: None,
            places: &self.places,
            home: None,
            language: None,
            working: true,
        }
    }

    fn after(&self, texts: &[&str]) -> Conversation {
        let mut conversation = Conversation::default();
        for text in texts {
            let event = Event::Text((*text).to_owned());
            let turn = dialog::step(&self.script, &conversation, &event, &self.env());
            conversation = turn.expect("a turn").conversation;
        }
        conversation
    }

    /// Says what a step takes, and what its parts that nothing can spare take.
    fn measure(&self, name: &str, before: &[&str], text: &str) {
        let conversation = self.after(before);
        let event = Event::Text(text.to_owned());
        let env = self.env();
        let step = times(|| {
            black_box(dialog::step(&self.script, &conversation, &event, &env).expect("a turn"));
        });
        let bare = times(|| {
            black_box((black_box(&conversation).clone(), bianmin::zh::plain(black_box(text))));
        });
        println!(
            "{name:<28} median {:>7.1} µs   99 % {:>7.1} µs   baseline {:>5.1} µs",
            micros(step[STEPS / 2]),
            micros(step[STEPS * 99 / 100]),
            micros(bare[STEPS / 2]),
        );
    }
}

fn times(mut run: impl FnMut()) -> Vec<Duration> {
    for _ in 0..WARM_UP {
        run();
    }
    let mut found: Vec<Duration> = (0..STEPS)
        .map(|_| {
            let begin = Instant::now();
            run();
            begin.elapsed()
        })
        .collect();
    found.sort();
    found
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1_000.0
}

fn main() {
    // `cargo test --benches` asks for nothing to be measured.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = |name: &str| {
        fs::read_to_string(root.join("county").join(name)).expect("a table of the county")
    };
    let places =
        Places::parse(&table("places.csv"), &table("aliases.csv"), &table("neighbours.csv"))
            .expect("the places");
    let script = read_script(&root.join("dialogs")).expect("the dialogs");
    let bench = Bench { script, places };
    let asked = ["投诉", "大黑坨村", "1", "村口的灯灭了半个月，晚上看不见路", "没有", "跳过"];
    bench.measure("a plain answer", &asked, "张三");
    bench.measure("a menu of nine", &["投诉", "大黑坨村"], "3");
    bench.measure("a village, by its name", &["投诉"], "大黑坨村");
    bench.measure("a village, by ear", &["投诉"], "大黑陀");
    let intake = "投诉 我是大黑坨村的，我叫李四，村口路灯坏了半个月没人管，电话13912345678";
    bench.measure("an intake in one message", &[], intake);
}
