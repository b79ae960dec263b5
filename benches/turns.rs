//! How many turns a second the real program does, beside a bare axum handler on the same machine.
//!
//! ```text
//! cargo bench --bench turns               5 s a window
//! cargo bench --bench turns -- --quick    1 s a window
//! cargo bench --bench turns -- --store postgres    one to three instances on one PostgreSQL
//! ```
//!
//! It starts the `bianmin` binary with one safe-mode account and the store on the disk under
//! `target/`, lets many villagers begin 反映问题, and then has them answer the first question
//! and take the answer back, for ever: each message is decrypted, changes the conversation, is
//! on disk (fsync) before its reply goes out, and gets an encrypted reply. Beside it runs a bare
//! axum handler (this same file, started again with `--echo`) that gets the same requests from
//! the same client over as many connections and sends back their bodies.
//!
//! How to read the table, one line for each number of keep-alive connections:
//!
//! - `turns/s`, `p50`, `p99`: of the program. The client runs on the same machine and is in them.
//! - `cpu us`: time of all processors that the program used for one turn.
//! - `echo/s`, `cpu us`: the same of the bare handler. `ratio` is `turns/s` to `echo/s`.
//! - `turns/fsync`, `fsync/s`: from `/health`. One fsync carries all turns that waited for it;
//!   at one connection each turn waits for its own, and the disk is all that is measured.
//!
//! Messages are sealed before each window and replies opened after it, every one. No speed is
//! demanded, but a reply that is missing or wrong ends the run with an error.

#[path = "turns/postgres.rs"]
mod postgres;
#[path = "support/program.rs"]
mod program;

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use axum::serve::ListenerExt;
use fake_wechat::{Account, Mode, cdata};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

use program::{Server, start};

/// The program's own allocator, so that the bare handler has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: [usize; 3] = [1, 64, 256];
/// So many that nobody writes more in a minute than a person would.
const VILLAGERS: usize = 20_000;
const OPENING: Line = Line { say: "反映问题", hear: "这件事在哪个村" };
const CYCLE: [Line; 2] = [
    Line { say: "大黑坨村", hear: "请说说是什么事" },
    Line { say: "上一步", hear: "原来填的是：大黑坨村" },
];

/// What she writes, and what must be in the reply.
#[derive(Clone, Copy)]
struct Line {
    say: &'static str,
    hear: &'static str,
}

fn main() -> ExitCode {
    let is_given = |flag: &str| std::env::args().any(|argument| argument == flag);
    let done = match (is_given("--echo"), is_given("postgres")) {
        (true, _) => echo(),
        (_, true) => postgres::measure(is_given("--quick")),
        _ => measure(is_given("--quick")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("turns: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(quick: bool) -> Result<()> {
    let window = Duration::from_secs(if quick { 1 } else { 5 });
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    println!("file system {}, {}", file_system(folder.path())?, raw_fsyncs(folder.path(), window)?);
    let account = Account::new(Mode::Safe);
    let program = start_program(folder.path(), &account, "")?;
    let bare = start(Command::new(std::env::current_exe()?).arg("--echo"))?;
    let mut county = County::new(account);
    // One thread: the program needs the rest of the machine.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let started = Instant::now();
        let queues = county.queues(64, VILLAGERS.div_ceil(64));
        county.check(drive(&[program.address], queues, Duration::MAX, After::Keep).await?)?;
        ensure!(county.villagers.iter().all(|villager| villager.turns > 0), "not all have begun");
        println!("{VILLAGERS} villagers began in {:.1} s\n", started.elapsed().as_secs_f64());
        println!(
            "connections  turns/s  p50 ms  p99 ms  cpu us |  echo/s  p50 ms  p99 ms  cpu us | \
             ratio | fsync/s  turns/fsync"
        );
        for connections in CONNECTIONS {
            // The warm-up says how many messages the window will need.
            let queues = county.queues(connections, 20_000 / connections);
            let warm = drive(&[program.address], queues, window / 5, After::Keep).await?;
            let wanted = warm.per_second() * window.as_secs_f64() * 1.5;
            county.check(warm)?;

            let queues = county.queues(connections, wanted as usize / connections + 50);
            let bodies = queues.clone();
            let (before, cpu) = (health(program.address).await?, program.cpu()?);
            let turns = drive(&[program.address], queues, window, After::Keep).await?;
            let (after, cpu) = (health(program.address).await?, program.cpu()? - cpu);
            let counted = |name: &str| after.number(name) - before.number(name);
            let syncs = counted("/store/syncs");
            ensure!(
                counted("/messages") == turns.count() && counted("/store/commits") == turns.count(),
                "{} messages, {} commits and {} replies",
                counted("/messages"),
                counted("/store/commits"),
                turns.count(),
            );

            drive(&[bare.address], bodies.clone(), window / 5, After::Compare).await?;
            let bare_cpu = bare.cpu()?;
            let echoes = drive(&[bare.address], bodies, window, After::Compare).await?;
            let bare_cpu = bare.cpu()? - bare_cpu;

            println!(
                "{connections:>11}  {}  | {}  | {:>5.2} | {:>7.0}  {:>11.1}",
                turns.columns(cpu),
                echoes.columns(bare_cpu),
                turns.per_second() / echoes.per_second(),
                syncs as f64 / turns.took.as_secs_f64(),
                turns.count() as f64 / syncs as f64,
            );
            county.check(turns)?;
        }
        let end = health(program.address).await?;
        for name in ["/duplicates", "/refused", "/flooded", "/late", "/conflicts", "/faults"] {
            ensure!(end.number(name) == 0, "{} of {name}", end.number(name));
        }
        println!(
            "\nall {} replies right; peak memory of the program {} MB; its store {} MB",
            end.number("/messages"),
            program.peak_memory()? >> 20,
            end.number("/store/disk_bytes") >> 20,
        );
        Ok(())
    })
}

/// All who write, and how far each has come.
struct County {
    account: Account,
    villagers: Vec<Villager>,
}

struct Villager {
    openid: String,
    turns: usize,
}

/// One message, ready for the wire, and what it is about.
#[derive(Clone)]
struct Sealed {
    request: Bytes,
    body_at: usize,
    villager: usize,
    hear: &'static str,
}

impl County {
    fn new(account: Account) -> Self {
        let villager = |n| Villager { openid: format!("oBench{n:022}"), turns: 0 };
        Self { account, villagers: (0..VILLAGERS).map(villager).collect() }
    }

    /// Messages for each connection, in the order in which they must go. Everybody writes over
    /// one connection only, so that hers do not overtake each other.
    fn queues(&self, connections: usize, length: usize) -> Vec<Vec<Sealed>> {
        let queue = |first: usize| {
            let hers = (first..VILLAGERS).step_by(connections);
            let rounds = 0..length.div_ceil(hers.len());
            let all = rounds.flat_map(|round| hers.clone().map(move |villager| (villager, round)));
            all.take(length).map(|(villager, round)| self.seal(villager, round)).collect()
        };
        (0..connections).map(queue).collect()
    }

    /// The message that `villager` writes `ahead` turns from now.
    fn seal(&self, villager: usize, ahead: usize) -> Sealed {
        let Villager { openid, turns } = &self.villagers[villager];
        let line = match turns + ahead {
            0 => OPENING,
            turn => CYCLE[(turn - 1) % CYCLE.len()],
        };
        let inner = format!("<Content>{}</Content>", cdata(line.say));
        let message = self.account.villager(openid).message("text", &inner);
        let (query, body) = self.account.delivery(openid, &message);
        let head = format!(
            "POST /wechat/main?{query} HTTP/1.1\r\nhost: localhost\r\n\
             content-type: text/xml\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let body_at = head.len();
        Sealed { request: (head + &body).into(), body_at, villager, hear: line.hear }
    }

    /// Opens every reply as WeChat does.
    fn check(&mut self, window: Window) -> Result<()> {
        for Answer { sealed, body, .. } in window.answers {
            let villager = &mut self.villagers[sealed.villager];
            let body = std::str::from_utf8(&body)?;
            let reply = self.account.read(&villager.openid, body).map_err(anyhow::Error::msg)?;
            let text = reply.and_then(|reply| reply.content).unwrap_or_default();
            ensure!(text.contains(sealed.hear), "{text:?} instead of {:?}", sealed.hear);
            villager.turns += 1;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum After {
    /// Every reply is kept for `County::check`; a queue is sent once.
    Keep,
    /// Every reply must be the body that was sent; a queue is sent round and round.
    Compare,
}

struct Answer {
    sealed: Sealed,
    body: Vec<u8>,
    took: Duration,
}

struct Window {
    answers: Vec<Answer>,
    took: Duration,
}

impl Window {
    fn count(&self) -> u64 {
        self.answers.len() as u64
    }

    fn per_second(&self) -> f64 {
        self.count() as f64 / self.took.as_secs_f64()
    }

    fn columns(&self, cpu: Duration) -> String {
        let mut times: Vec<Duration> = self.answers.iter().map(|answer| answer.took).collect();
        times.sort_unstable();
        let quantile = |part: f64| {
            let time = times.get((times.len() as f64 * part) as usize);
            time.copied().unwrap_or_default().as_secs_f64() * 1000.0
        };
        let cpu = cpu.as_secs_f64() * 1e6 / self.count() as f64;
        let (rate, p50, p99) = (self.per_second(), quantile(0.5), quantile(0.99));
        format!("{rate:>7.0}  {p50:>6.2}  {p99:>6.2}  {cpu:>6.1}")
    }
}

/// Sends each queue over a connection of its own, one request after the other, until the time
/// is up or its queue is empty.
async fn drive(
    addresses: &[SocketAddr],
    queues: Vec<Vec<Sealed>>,
    time: Duration,
    after: After,
) -> Result<Window> {
    let mut lines = Vec::with_capacity(queues.len());
    for (queue, address) in queues.into_iter().zip(addresses.iter().cycle()) {
        lines.push((Connection::open(*address).await?, queue));
    }
    let over = Rc::new(Cell::new(false));
    let start = Instant::now();
    let senders: Vec<_> = lines
        .into_iter()
        .map(|(connection, queue)| {
            let over = over.clone();
            tokio::task::spawn_local(async move {
                let until = |now: Instant| now.duration_since(start) >= time;
                send_all(connection, queue, after, &over, until).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for sender in senders {
        answers.extend(sender.await??);
    }
    Ok(Window { answers, took: start.elapsed() })
}

async fn send_all(
    mut connection: Connection,
    queue: Vec<Sealed>,
    after: After,
    over: &Cell<bool>,
    is_late: impl Fn(Instant) -> bool,
) -> Result<Vec<Answer>> {
    let mut answers = Vec::with_capacity(queue.len());
    let mut begin = Instant::now();
    loop {
        for sealed in &queue {
            if over.get() {
                return Ok(answers);
            }
            let body = connection.exchange(&sealed.request).await?;
            let end = Instant::now();
            let body = match after {
                After::Keep => body.to_vec(),
                After::Compare => {
                    ensure!(body == &sealed.request[sealed.body_at..], "a wrong echo");
                    Vec::new()
                }
            };
            answers.push(Answer { sealed: sealed.clone(), body, took: end - begin });
            begin = end;
            if is_late(end) {
                over.set(true);
            }
        }
        if after == After::Keep {
            return Ok(answers);
        }
    }
}

/// HTTP/1.1, kept alive, as little of it as two servers that we know need.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8192) })
    }

    /// The body of the answer.
    async fn exchange(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed before the answer");
            }
            let Some(head) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let (head, start) = (std::str::from_utf8(&self.buffer[..head])?, head + 4);
            ensure!(head.starts_with("HTTP/1.1 200 "), "answered {head:?}");
            let length = head.split("content-length: ").nth(1).context("no content-length")?;
            let length: usize = length.lines().next().unwrap_or_default().parse()?;
            if self.buffer.len() >= start + length {
                return Ok(&self.buffer[start..start + length]);
            }
        }
    }
}

/// `details` of `/health`.
struct Health(serde_json::Value);

impl Health {
    fn number(&self, pointer: &str) -> u64 {
        self.0.pointer(pointer).and_then(serde_json::Value::as_u64).unwrap_or(u64::MAX)
    }
}

async fn health(address: SocketAddr) -> Result<Health> {
    let mut connection = Connection::open(address).await?;
    let body = connection.exchange(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
    let mut health: serde_json::Value = serde_json::from_slice(body)?;
    ensure!(health["ok"] == true, "not well: {health}");
    Ok(Health(health["details"].take()))
}

/// `settings` are more lines of config.toml.
fn start_program(folder: &Path, account: &Account, settings: &str) -> Result<Server> {
    let config = folder.join("config.toml");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (county, dialogs, data) = (root.join("county"), root.join("dialogs"), folder.join("data"));
    // More is not allowed where instances share a store, and nobody here writes so much.
    let per_minute = if settings.contains("postgres") { 100 } else { 100_000 };
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\ndata = {data:?}\nlog = \"warn\"\n\
         [county]\nfolder = {county:?}\ndialogs = {dialogs:?}\n\
         [limits]\nmessages_per_minute = {per_minute}\n\
         [simulator]\nenabled = false\n{settings}\
         [wechat.main]\nappid = {:?}\noriginal_id = {:?}\nmode = \"safe\"\n\
         token_env = \"BENCH_TOKEN\"\naes_key_env = \"BENCH_AES_KEY\"\n",
        account.appid, account.original_id,
    );
    fs::write(&config, text)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_bianmin"));
    command.arg("serve").arg("--config").arg(config);
    command.env("BENCH_TOKEN", &account.token).env("BENCH_AES_KEY", &account.aes_key);
    start(&mut command)
}

/// The other side: what axum does with nothing to do.
fn echo() -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}/", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let router = Router::new().route("/wechat/main", post(|body: Bytes| async { body }));
        axum::serve(listener, router).await?;
        Ok(())
    })
}

/// What the folder is on, as the kernel names it.
fn file_system(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize()?;
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let kinds = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (at, kind) = (words.next()?, words.next()?);
        folder.starts_with(at).then_some((at.len(), kind))
    });
    let kind = kinds.max_by_key(|(length, _)| *length).context("no file system")?.1;
    ensure!(kind != "tmpfs", "the store must be on a disk, not in memory");
    Ok(kind.to_owned())
}

/// How often a single file there can be made durable, with nothing else going on.
fn raw_fsyncs(folder: &Path, window: Duration) -> Result<String> {
    let mut file = fs::File::create(folder.join("fsync"))?;
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < window / 5 {
        file.write_all(&[b'x'; 1024])?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    Ok(format!("{rate:.0} fsync/s of 1 KB appended"))
}
