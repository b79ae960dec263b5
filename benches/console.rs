//! How long the pages of the desk take at the real program when a county has kept its cases for ten
//! years, and how much memory open pages cost that listen for what is new.
//!
//! ```text
//! cargo bench --bench console                    1,000,000 cases (some 14 GB under target/, minutes)
//! cargo bench --bench console -- --cases 20000
//! cargo bench --bench console -- --cache-mb 512  memory for the store's cache, 64 MB without
//! ```
//!
//! Cases are made by the rules themselves and put on disk; then the `bianmin` binary is started over
//! them, people sign in as a browser does, and each page is loaded a hundred times over one
//! connection, from this process on the same machine. After that two hundred clerks, each signed in
//! by herself, keep a page open: what the program's memory is before and with them, and how soon the
//! last of them hears of a new case (the store is looked at every two seconds). The aim: 30 ms at
//! the median for each page; under 100 MB for the two hundred.

#[path = "support/county.rs"]
mod county;
#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bianmin::office::Role;
use jiff::Timestamp;
use tokio::task::JoinSet;

use county::{County, Times, number};
use program::{Server, start};

const TIMES: usize = 100;
const LISTENERS: usize = 200;
const AIM_MS: f64 = 30.0;
const AIM_MB: f64 = 100.0;
const PASSWORD: &str = "长城 长又长 啊";
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// With her one-time password.
struct Staff {
    name: String,
    password: String,
}

/// What is on disk for the program, and what of it is asked for.
struct Scene {
    folder: tempfile::TempDir,
    clerk: Staff,
    department: Staff,
    listeners: Vec<Staff>,
    cases: Vec<String>,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match runtime.block_on(measure(number("--cases", 1_000_000), number("--cache-mb", 64))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("console: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(many: usize, cache_mb: usize) -> Result<()> {
    let started = Instant::now();
    let scene = seeded(many, cache_mb).await?;
    println!("{many} cases, made in {:.0} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let program = serve(scene.folder.path(), cache_mb)?;
    println!("the program listens after {:.1} s\n", started.elapsed().as_secs_f64());
    pages(&program, &scene).await?;
    listeners(&program, &scene.listeners).await
}

async fn seeded(many: usize, cache_mb: usize) -> Result<Scene> {
    let county = County::seeded(many, cache_mb, Timestamp::now()).await;
    println!("{} MB on disk", county.disk_mb());
    let lead = county.departments.first().context("no department")?.clone();
    let add = async |name: String, role, of: Option<&str>| -> Result<Staff> {
        let password = county.office.add_staff(&name, role, of).await?;
        Ok(Staff { name, password })
    };
    let clerk = add("平台一号".into(), Role::Director, None).await?;
    let department = add("部门一号".into(), Role::Department, Some(&lead)).await?;
    let mut listeners = Vec::new();
    for n in 0..LISTENERS {
        listeners.push(add(format!("坐席{n}号"), Role::Clerk, None).await?);
    }
    let cases = county.some_cases.clone();
    Ok(Scene { folder: county.closed(), clerk, department, listeners, cases })
}

fn serve(data: &Path, cache_mb: usize) -> Result<Server> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (county, dialogs, config) =
        (root.join("county"), root.join("dialogs"), data.join("config.toml"));
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\ndata = {data:?}\nlog = \"warn\"\n\
         [county]\nfolder = {county:?}\ndialogs = {dialogs:?}\n[simulator]\nenabled = false\n\
         [store]\ncache_mb = {cache_mb}\n"
    );
    fs::write(&config, text)?;
    start(Command::new(env!("CARGO_BIN_EXE_bianmin")).arg("serve").arg("--config").arg(config))
}

/// Somebody's browser.
struct Browser {
    http: reqwest::Client,
    base: String,
    cookie: String,
}

impl Browser {
    /// With a password of her own.
    async fn sign_in(program: &Server, staff: &Staff) -> Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let base = format!("http://{}", program.address);
        let mut browser = Self { http, base, cookie: String::new() };
        let form = [("name", staff.name.as_str()), ("password", staff.password.as_str())];
        browser.post("/desk/sign-in", &form).await?;
        let page = browser.get("/desk/password").await?;
        let csrf = csrf_in(&page)?;
        let form = [
            ("csrf", csrf),
            ("old_password", staff.password.as_str()),
            ("new_password", PASSWORD),
            ("again_password", PASSWORD),
        ];
        browser.post("/desk/password", &form).await?;
        Ok(browser)
    }

    async fn open(&self, path: &str) -> Result<reqwest::Response> {
        let asked = self.http.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let answer = asked.send().await?;
        ensure!(answer.status().as_u16() == 200, "{path}: {}", answer.status());
        Ok(answer)
    }

    async fn get(&self, path: &str) -> Result<String> {
        Ok(self.open(path).await?.text().await?)
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Result<()> {
        let asked = self.http.post(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let answer = asked.form(form).send().await?;
        let cookies = answer.headers().get_all("set-cookie").iter();
        let mut cookies = cookies.filter_map(|line| line.to_str().ok()?.split(';').next());
        if let Some(cookie) = cookies.rfind(|pair| pair.starts_with("desk=")) {
            self.cookie = cookie.to_owned();
        }
        let status = answer.status().as_u16();
        ensure!(status == 303, "{path}: {status} {}", answer.text().await?);
        Ok(())
    }
}

fn csrf_in(page: &str) -> Result<&str> {
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").context("no form")?;
    rest.split('"').next().context("no end")
}

async fn pages(program: &Server, scene: &Scene) -> Result<()> {
    let clerk = Browser::sign_in(program, &scene.clerk).await?;
    let department = Browser::sign_in(program, &scene.department).await?;
    let month = &bianmin::calendar::local_date(Timestamp::now()).to_string()[..7];
    let villages =
        "village=%E8%83%A1%E5%AE%B6%E5%9D%A8%E9%95%87%E5%A4%A7%E9%BB%91%E5%9D%A8%E6%9D%91";
    let case = |n: usize| format!("/desk/cases/{}", scene.cases[n % scene.cases.len()]);
    let same = |path: &str| {
        let path = path.to_owned();
        move |_: usize| path.clone()
    };
    let ledger = same(&format!("/desk/ledgers?kind=village&month={month}&{villages}"));
    let (all, late, found) = (same("/desk"), same("/desk?overdue=1"), same("/desk?search=第77回"));
    let (figures, tasks, new) = (same("/desk/figures"), same("/desk/tasks"), same("/desk/new"));
    let (interviews, ledgers) = (same("/desk/interviews"), same("/desk/ledgers"));
    let sheet = same(&format!("/desk/ledgers?kind=departments&month={month}"));
    type Path<'p> = &'p (dyn Fn(usize) -> String + Sync);
    let rows: [(&str, &Browser, Path); 13] = [
        ("all cases, the newest", &clerk, &all),
        ("all that is late", &clerk, &late),
        ("a word looked for", &clerk, &found),
        ("a case", &clerk, &case),
        ("what a department has", &department, &all),
        ("a case of the department's", &department, &same(&own_case(&department).await?)),
        ("the figures of the day", &clerk, &figures),
        ("telephone intake", &clerk, &new),
        ("calls to make", &clerk, &tasks),
        ("interviews", &clerk, &interviews),
        ("which ledger", &clerk, &ledgers),
        ("a village's ledger of this month", &clerk, &ledger),
        ("sheet of all departments (13 months)", &clerk, &sheet),
    ];
    println!("{:<38} {:>7} {:>9} {:>9} {:>9}", "", "KB", "p50 ms", "p99 ms", "worst ms");
    for (what, browser, path) in rows {
        let (mut times, mut bytes) = (Vec::new(), 0);
        for n in 0..TIMES {
            let path = path(n);
            let started = Instant::now();
            bytes = browser.get(&path).await?.len();
            times.push(started.elapsed());
        }
        let times = Times(times);
        let [middle, most, worst] = [50, 99, 100].map(|percent| times.at(percent));
        let over = if middle > AIM_MS { "  over the aim" } else { "" };
        println!("{what:<38} {:>7} {middle:>9.2} {most:>9.2} {worst:>9.2}{over}", bytes / 1024);
    }
    Ok(())
}

async fn own_case(department: &Browser) -> Result<String> {
    let list = department.get("/desk").await?;
    let (_, rest) = list.split_once("href=\"/desk/cases/").context("it has no case")?;
    Ok(format!("/desk/cases/{}", rest.split('"').next().unwrap_or_default()))
}

async fn listeners(program: &Server, staff: &[Staff]) -> Result<()> {
    let mut browsers = Vec::new();
    for one in staff {
        browsers.push(Browser::sign_in(program, one).await?);
    }
    let mb = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let before = mb(program.memory()?);
    let mut hearing = JoinSet::new();
    for browser in &browsers {
        let mut stream = browser.open("/desk/live").await?;
        hearing.spawn(async move {
            let mut heard = Vec::new();
            while let Some(part) = stream.chunk().await? {
                heard.extend_from_slice(&part);
                if heard.windows(11).any(|part| part == b"event: case") {
                    return Ok::<Instant, anyhow::Error>(Instant::now());
                }
            }
            anyhow::bail!("the stream has ended")
        });
    }
    let with = mb(program.memory()?);
    let filed = Instant::now();
    file(&mut browsers[0]).await?;
    let mut last = Duration::ZERO;
    while let Some(heard) = tokio::time::timeout(HEARD_WITHIN, hearing.join_next()).await? {
        last = last.max(heard??.duration_since(filed));
    }
    let over = if with - before > AIM_MB { "  over the aim" } else { "" };
    println!(
        "\n{LISTENERS} open pages: {before:.0} MB before, {with:.0} MB with them{over}; \
         all heard of a new case within {:.1} s",
        last.as_secs_f64()
    );
    Ok(())
}

async fn file(clerk: &mut Browser) -> Result<()> {
    let page = clerk.get("/desk/new").await?;
    let form = [
        ("csrf", csrf_in(&page)?),
        ("name", "李四"),
        ("phone", "13900000000"),
        ("village", "胡家坨镇大黑坨村"),
        ("category", "0501"),
        ("text", "垃圾堆在路边没人拉，已经一个多星期了。"),
    ];
    clerk.post("/desk/new", &form).await
}
