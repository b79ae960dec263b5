//! Two instances as processes on one PostgreSQL, and a stop in good order.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fake_wechat::postgres::Cluster;
use fake_wechat::{Account, Mode};

const SECRET: &str = "the-app-secret";

struct Instance {
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
    fn start(folder: &Path, account: &Account) -> Self {
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
        Self { base, child }
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
        Instance::start(&folder, &account)
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
