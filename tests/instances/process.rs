//! One instance: the real program in a folder of its own, with its log kept there.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use fake_wechat::{Account, Mode};

pub const SECRET: &str = "the-app-secret";

pub struct Instance {
    folder: PathBuf,
    pub base: String,
    child: Child,
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Instance {
    /// Gives what it printed, too: the first of all says who may sign in.
    pub fn start(folder: &Path, account: &Account) -> (Self, String) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_bianmin"))
            .current_dir(folder)
            .env("TOKEN", &account.token)
            .env("KEY", &account.aes_key)
            .env("SECRET", SECRET)
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        let mut printed = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        // All of it comes with one write; who may sign in, if that is said, comes last.
        while !printed.contains("/health") || !out.buffer().is_empty() {
            if out.read_line(&mut printed).unwrap() == 0 {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                panic!("it did not start: {printed}{log}");
            }
        }
        let (_, rest) = printed.split_once("http://").unwrap();
        let base = format!("http://{}", rest.split('/').next().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).for_each(drop));
        (Self { folder: folder.to_owned(), base, child }, printed)
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn kill_and_start(&mut self, account: &Account) {
        self.kill();
        self.start_again(account);
    }

    /// In the same folder, on the same port.
    pub fn start_again(&mut self, account: &Account) {
        let folder = self.folder.clone();
        *self = Self::start(&folder, account).0;
    }

    /// SIGTERM; gives how long it took to end.
    pub fn terminate(&mut self) -> Duration {
        let asked = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "it ends well");
        asked.elapsed()
    }
}

/// A port of its own each, so that it is found again after a restart. Gives its address.
pub fn settings(folder: &Path, database: &str, account: &Account, api: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listen = format!("127.0.0.1:{}", free_port());
    let text = format!(
        "[server]\nlisten = {listen:?}\nlog = \"info\"\n\
         [county]\nfolder = {:?}\ndialogs = {:?}\n\
         [store]\npostgres = {database:?}\nconnections = 8\n\
         [limits]\nmessages_per_minute = 100\n\
         [simulator]\nenabled = false\n\
         [wechat.main]\nappid = {:?}\ntoken_env = \"TOKEN\"\naes_key_env = \"KEY\"\n\
         secret_env = \"SECRET\"\napi = {api:?}\n",
        root.join("county"),
        root.join("dialogs"),
        account.appid,
    );
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("config.toml"), text).unwrap();
    format!("http://{listen}")
}

/// Below those that the system gives to connections: one of them could have it while the
/// instance is down.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + (std::process::id() % 1_000) as u16 * 10;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::SeqCst);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Who delivers decides where each delivery goes.
pub fn account() -> Account {
    let mut account = Account::new(Mode::Safe);
    account.deliveries = 1;
    account
}
