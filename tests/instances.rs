//! Three instances as processes on one PostgreSQL, under load, with everything that breaks:
//! an instance is killed every five seconds, the database is restarted twice, and a proxy
//! cuts connections in mid-commit. Every message takes effect once, every notice goes out
//! once, every number is given once.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fake_wechat::cutter::Cutter;
use fake_wechat::postgres::{Cluster, Fresh};
use fake_wechat::{Account, FakeWechat, Mode};

const VILLAGERS: usize = 12;
const LOAD: Duration = Duration::from_secs(60);
const KILL_EVERY: Duration = Duration::from_secs(5);
/// From the first delivery of a message to its answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
const SECRET: &str = "the-app-secret";
const PASSWORD: &str = "长城 长又长 啊";

struct Instance {
    folder: PathBuf,
    base: String,
    child: Child,
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Instance {
    /// Gives what it printed, too: the first of all says who may sign in.
    fn start(folder: &Path, account: &Account) -> (Self, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bianmin"))
            .current_dir(folder)
            .env("TOKEN", &account.token)
            .env("KEY", &account.aes_key)
            .env("SECRET", SECRET)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut printed = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        // All of it comes with one write; who may sign in, if that is said, comes last.
        while !printed.contains("/health") || !out.buffer().is_empty() {
            assert!(out.read_line(&mut printed).unwrap() > 0, "it did not start: {printed}");
        }
        let (_, rest) = printed.split_once("http://").unwrap();
        let base = format!("http://{}", rest.split('/').next().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).for_each(drop));
        (Self { folder: folder.to_owned(), base, child }, printed)
    }

    fn kill_and_start(&mut self, account: &Account) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let folder = self.folder.clone();
        *self = Self::start(&folder, account).0;
    }

    fn terminate(&mut self) -> Duration {
        let asked = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "it ends well");
        asked.elapsed()
    }
}

/// A port of its own each, so that it is found again after a restart.
fn settings(folder: &Path, database: &str, account: &Account, api: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = free.local_addr().unwrap().to_string();
    let text = format!(
        "[server]\nlisten = {listen:?}\nlog = \"error\"\n\
         [county]\nfolder = {:?}\ndialogs = {:?}\n\
         [store]\npostgres = {database:?}\nconnections = 8\n\
         [limits]\nmessages_per_minute = 100000\n\
         [simulator]\nenabled = false\n\
         [wechat.main]\nappid = {:?}\ntoken_env = \"TOKEN\"\naes_key_env = \"KEY\"\n\
         secret_env = \"SECRET\"\napi = {api:?}\n",
        root.join("county"),
        root.join("dialogs"),
        account.appid,
    );
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("config.toml"), text).unwrap();
}

fn account() -> Account {
    let mut account = Account::new(Mode::Safe);
    account.deliveries = 1;
    account
}

struct World {
    account: Account,
    wechat: FakeWechat,
    bases: Vec<String>,
    stop: AtomicBool,
    random: AtomicU64,
    longest_ms: AtomicU64,
    reports: AtomicU64,
    twins: AtomicU64,
}

impl World {
    fn random(&self, below: usize) -> usize {
        let seed = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mixed = (seed ^ (seed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 33) as usize % below
    }

    /// To one instance after the other until one answers, as the load balancer and WeChat do.
    async fn deliver(&self, who: &str, xml: &str, first: usize) -> String {
        let began = Instant::now();
        let mut at = first;
        loop {
            let url = format!("{}/wechat/main", self.bases[at % self.bases.len()]);
            let error = match self.account.villager(who).deliver(&url, xml).await {
                Ok(answer) => {
                    let took = began.elapsed().as_millis() as u64;
                    self.longest_ms.fetch_max(took, Ordering::SeqCst);
                    return answer.text().to_owned();
                }
                Err(error) => error,
            };
            assert!(began.elapsed() < ANSWERED_WITHIN, "{who}: not answered: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
            at = self.random(self.bases.len());
        }
    }

    /// Twice at once, at different instances. She goes on when one has answered; the other
    /// delivery may linger and must not take effect later.
    async fn say(self: &Arc<Self>, who: &str, text: &str) -> String {
        self.wechat.follow(who);
        self.wechat.wrote(who);
        let xml = self.account.villager(who).message("text", &format!("<Content>{text}</Content>"));
        let first = self.random(self.bases.len());
        let twin = tokio::spawn({
            let (world, who, xml) = (self.clone(), who.to_owned(), xml.clone());
            async move { world.deliver(&who, &xml, first + 1).await }
        });
        let mut twin = std::pin::pin!(twin);
        tokio::select! {
            said = self.deliver(who, &xml, first) => {
                if let Some(Ok(other)) = futures_util::FutureExt::now_or_never(&mut twin) {
                    self.same(&said, &other);
                }
                said
            }
            other = &mut twin => other.unwrap(),
        }
    }

    /// An answer that was late is empty here and comes as a message of its own.
    fn same(&self, a: &str, b: &str) {
        self.twins.fetch_add(1, Ordering::SeqCst);
        assert!(a == b || a.is_empty() || b.is_empty(), "{a}\nis not\n{b}");
    }

    /// Reports one thing after the other; gives the numbers that she was told.
    async fn live(self: Arc<Self>, who: String) -> Vec<String> {
        let mut numbers = Vec::new();
        while !self.stop.load(Ordering::SeqCst) {
            let day = numbers.len() + 2;
            let report = format!("大黑坨村的垃圾堆在路边{day}天没人拉，我叫张三，电话13800138000");
            for text in [report.as_str(), "没有", "对"] {
                let said = self.say(&who, text).await;
                if text == "对" {
                    self.reports.fetch_add(1, Ordering::SeqCst);
                    numbers.push(self.number(&who, said, &numbers).await);
                }
            }
        }
        numbers
    }

    /// From the answer, or from the message that came instead of it.
    async fn number(&self, who: &str, said: String, known: &[String]) -> String {
        let pattern = regex::Regex::new(r"收到了，编号(\d{3}-\d{3}-\d{3})").unwrap();
        let began = Instant::now();
        let mut texts = vec![said];
        loop {
            for text in &texts {
                if let Some(found) = pattern.captures(text)
                    && !known.iter().any(|number| *number == found[1])
                {
                    return found[1].to_owned();
                }
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{who} got no number: {texts:#?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
            let text =
                |m: serde_json::Value| m["text"]["content"].as_str().unwrap_or_default().to_owned();
            texts = self.wechat.inbox(who).into_iter().map(text).collect();
        }
    }
}

/// A browser that goes to whatever instance answers; what it is signed in with is in the store.
struct Clerk {
    http: reqwest::Client,
    bases: Vec<String>,
    cookie: String,
}

impl Clerk {
    fn new(bases: &[String]) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        Self { http, bases: bases.to_vec(), cookie: String::new() }
    }

    /// Until an instance takes it; a form that was taken before is refused by its revision.
    async fn ask(&mut self, path: &str, form: Option<&[(&str, &str)]>) -> (u16, String) {
        for n in 0..600 {
            let url = format!("{}{path}", self.bases[n % self.bases.len()]);
            let request = match form {
                Some(form) => self.http.post(url).form(form),
                None => self.http.get(url),
            };
            if let Ok(answer) = request.header("cookie", &self.cookie).send().await {
                let status = answer.status().as_u16();
                for line in answer.headers().get_all("set-cookie") {
                    let pair = line.to_str().unwrap().split(';').next().unwrap();
                    if pair.starts_with("desk=") {
                        self.cookie = pair.to_owned();
                    }
                }
                if let Ok(text) = answer.text().await
                    && status < 500
                {
                    return (status, text);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no instance answers {path}");
    }

    async fn sign_in(&mut self, name: &str, password: &str) {
        let form = [("name", name), ("password", password)];
        assert_eq!(self.ask("/desk/sign-in", Some(&form)).await.0, 303);
        let (_, page) = self.ask("/desk/password", None).await;
        let csrf = field(&page, "csrf");
        let form = [
            ("csrf", csrf.as_str()),
            ("old_password", password),
            ("new_password", PASSWORD),
            ("again_password", PASSWORD),
        ];
        assert_eq!(self.ask("/desk/password", Some(&form)).await.0, 303);
    }

    async fn dispatch(&mut self, number: &str) {
        let path = format!("/desk/cases/{}", number.replace('-', ""));
        let (status, page) = self.ask(&path, None).await;
        assert_eq!(status, 200, "{number}: {page}");
        let (csrf, revision) = (field(&page, "csrf"), field(&page, "revision"));
        let form =
            [("csrf", csrf.as_str()), ("revision", revision.as_str()), ("department", "城管")];
        self.ask(&format!("{path}/dispatch"), Some(&form)).await;
    }

    /// The open tasks about messages of which nobody knows whether they went.
    async fn doubtful(&mut self) -> String {
        self.ask("/desk/tasks", None).await.1
    }
}

fn field(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&mark).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_breaks_everything_happens_once() {
    let cluster = Arc::new(Cluster::start(&std::env::temp_dir(), false));
    let cutter = Cutter::start(cluster.port).await;
    let database = cluster.fresh();
    let account = account();
    let wechat = FakeWechat::start(&account.appid, SECRET).await;
    let home = tempfile::tempdir().unwrap();
    let (mut instances, mut printed) = (Vec::new(), String::new());
    for n in 0..3 {
        let folder = home.path().join(n.to_string());
        settings(&folder, &database.url_by(cutter.port), &account, &wechat.url);
        let (instance, said) = Instance::start(&folder, &account);
        printed.push_str(&said);
        instances.push(instance);
    }
    let bases: Vec<String> = instances.iter().map(|instance| instance.base.clone()).collect();
    let mut clerk = Clerk::new(&bases);
    let (_, first) = printed.split_once("first clerk: ").expect("the first says who comes in");
    let (name, first) = first.split_once('　').unwrap();
    let password = first.lines().next().unwrap().rsplit(' ').next().unwrap();
    clerk.sign_in(name, password).await;

    let world = Arc::new(World {
        account,
        wechat,
        bases,
        stop: AtomicBool::new(false),
        random: AtomicU64::new(7),
        longest_ms: AtomicU64::new(0),
        reports: AtomicU64::new(0),
        twins: AtomicU64::new(0),
    });
    let who: Vec<String> = (0..VILLAGERS).map(|n| format!("oShow{n:024}")).collect();
    let lives: Vec<_> =
        who.iter().map(|who| tokio::spawn(world.clone().live(who.clone()))).collect();
    cutter.cut_one_in(400);

    // In a thread of its own: killing and starting blocks.
    let world_of_kills = world.clone();
    let restarted = cluster.clone();
    let kills = std::thread::spawn(move || {
        let (began, mut kills) = (Instant::now(), 0);
        while began.elapsed() < LOAD {
            std::thread::sleep(KILL_EVERY);
            let n = kills % instances.len();
            instances[n].kill_and_start(&world_of_kills.account);
            kills += 1;
            match kills {
                4 => restarted.restart(),
                8 => restarted.crash_and_start(),
                _ => {}
            }
        }
        world_of_kills.stop.store(true, Ordering::SeqCst);
        (instances, kills)
    });
    let mut told = BTreeMap::new();
    for (who, life) in who.iter().zip(lives) {
        told.insert(who.clone(), life.await.unwrap());
    }
    let (mut instances, kills) =
        tokio::task::spawn_blocking(|| kills.join().unwrap()).await.unwrap();

    // A dispatch for each case, and so a notice, while instances go on dying.
    let stop = Arc::new(AtomicBool::new(false));
    let notices = std::thread::spawn({
        let (stop, world) = (stop.clone(), world.clone());
        move || {
            for n in 0.. {
                for _ in 0..20 {
                    std::thread::sleep(KILL_EVERY / 20);
                    if stop.load(Ordering::SeqCst) {
                        return instances;
                    }
                }
                let n = n % instances.len();
                instances[n].kill_and_start(&world.account);
            }
            instances
        }
    });
    for who in &who {
        world.wechat.wrote(who);
    }
    // Five messages fit into her window.
    let dispatched: Vec<(&String, &String)> = told
        .iter()
        .flat_map(|(who, numbers)| numbers.iter().take(4).map(move |n| (who, n)))
        .collect();
    for (_, number) in &dispatched {
        clerk.dispatch(number).await;
    }
    stop.store(true, Ordering::SeqCst);
    let mut instances = tokio::task::spawn_blocking(|| notices.join().unwrap()).await.unwrap();
    cutter.cut_one_in(0);

    let table = format!("{}.cases", database.name);
    let mut numbers: Vec<&String> = told.values().flatten().collect();
    let reports = world.reports.load(Ordering::SeqCst);
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len() as u64, reports, "each report got a number of its own");
    let cases: u64 = cluster.sql(&format!("SELECT count(*) FROM {table}")).parse().unwrap();
    assert_eq!(cases, reports, "each report is one case");
    let longest = world.longest_ms.load(Ordering::SeqCst);
    let (before, after) = cutter.cuts();
    println!(
        "{reports} cases from {VILLAGERS} villagers, {kills} kills, 2 restarts of the database, \
         {before} connections cut before a request and {after} after it; the longest wait for \
         an answer was {longest} ms"
    );
    assert!(reports > 50 && before + after > 20, "too little happened to say anything");
    await_notices(&world, &database, &cluster, &dispatched, &mut clerk).await;
    for instance in &mut instances {
        let took = instance.terminate();
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

/// Each notice reached her once, or nobody knows (its instance was killed while it had the
/// message in its hands) and a clerk has a task. None came twice.
async fn await_notices(
    world: &World,
    database: &Fresh,
    cluster: &Cluster,
    dispatched: &[(&String, &String)],
    clerk: &mut Clerk,
) {
    let open = format!(
        "SELECT count(*) FROM {}.messages WHERE status IN ('waiting', 'sending')",
        database.name
    );
    let began = Instant::now();
    while cluster.sql(&open) != "0" {
        assert!(began.elapsed() < Duration::from_secs(60), "messages are left unsent");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let mut unknown = 0;
    for (who, number) in dispatched {
        let inbox = world.wechat.inbox(who);
        let is_it = |m: &&serde_json::Value| {
            let text = m["text"]["content"].as_str().unwrap_or_default();
            text.contains(number.as_str()) && text.contains("已交给")
        };
        match inbox.iter().filter(is_it).count() {
            1 => {}
            0 => {
                let tasks = clerk.doubtful().await;
                assert!(tasks.contains(number.as_str()), "{number} was lost: {inbox:#?}");
                unknown += 1;
            }
            n => panic!("{number} was told {n} times"),
        }
    }
    println!("{} notices, {unknown} of them with a clerk", dispatched.len());
    assert!(unknown * 4 <= dispatched.len(), "{unknown} of {}", dispatched.len());
}

/// Who stops gives its work to another at once, and is gone within ten seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_hands_over() {
    let cluster = Cluster::shared();
    let database = cluster.fresh();
    let account = account();
    let home = tempfile::tempdir().unwrap();
    let nobody = fake_wechat::nobody().await;
    let start = |n: usize| {
        let folder = home.path().join(n.to_string());
        settings(&folder, &database.url(), &account, &nobody);
        Instance::start(&folder, &account).0
    };
    let mut first_one = start(0);
    let leases = format!(
        "SELECT count(*) FROM {}.entry WHERE k >= 'lease/' AND k < 'lease0'",
        database.name
    );
    let began = Instant::now();
    while cluster.sql(&leases) != "4" {
        assert!(began.elapsed() < Duration::from_secs(20), "who is alone does everything");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let second_one = start(1);
    let sql = format!(
        "SELECT string_agg(DISTINCT convert_from(value, 'UTF8')::jsonb -> 'record' ->> 'holder', ' ') \
         FROM {}.entry WHERE k >= 'lease/' AND k < 'lease0'",
        database.name
    );
    let holders = async |other_than: &str| {
        let began = Instant::now();
        loop {
            let found = cluster.sql(&sql);
            if !found.is_empty() && !found.contains(' ') && found != other_than {
                return found;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{found} is not another one");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let first = holders("").await;
    let took = first_one.terminate();
    assert!(took < Duration::from_secs(10), "{took:?}");
    holders(&first).await;
    let ready = reqwest::get(format!("{}/ready", second_one.base)).await.unwrap();
    assert_eq!(ready.status().as_u16(), 200);
}
