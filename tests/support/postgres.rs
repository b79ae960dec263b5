//! A PostgreSQL of the tests' own: Debian's server, in a temporary folder, on a Unix socket
//! and a free port. It ends, and its folder goes, when the process that started it ends,
//! however that happens.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

/// Stands between the test and the server: reads orders, and takes the end of its input for
/// the end of the test. `$1` is the folder; the rest of the line runs as who may run a server.
const KEEPER: &str = r#"
folder=$1; port=$2; shift 2
begin() {
  "$@" "$bin/postgres" -D "$folder/data" -k "$folder" -p "$port" \
    -c listen_addresses=127.0.0.1 -c max_connections=200 -c log_min_messages=fatal \
    $options >>"$folder/log" 2>&1 &
  server=$!
  n=0
  until "$bin/pg_isready" -q -h "$folder" -p "$port"; do
    n=$((n + 1)); [ $n -gt 600 ] && { cat "$folder/log" >&2; exit 1; }
    sleep 0.05
  done
  echo ready
}
begin "$@"
while read -r order; do
  case $order in
    stop) kill -INT "$(head -1 "$folder/data/postmaster.pid")"; wait $server; echo stopped ;;
    crash) kill -QUIT "$(head -1 "$folder/data/postmaster.pid")"; wait $server; echo stopped ;;
    start) begin "$@" ;;
  esac
done
kill -QUIT "$(head -1 "$folder/data/postmaster.pid")" 2>/dev/null
wait $server
rm -rf "$folder"
"#;

const DURABLE: &str = "-c shared_buffers=256MB -c max_wal_size=4GB";
const QUICK: &str = "-c fsync=off -c full_page_writes=off -c max_wal_size=1GB";

/// PEM.
pub struct Certificate {
    pub chain: String,
    pub key: String,
}

pub struct Cluster {
    folder: PathBuf,
    pub port: u16,
    keeper: Mutex<Keeper>,
}

struct Keeper {
    /// Held for its end.
    _child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Cluster {
    /// One for all tests of a process; what they write survives no crash of the machine.
    pub fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Cluster::start(&std::env::temp_dir(), false))
    }

    /// A new one below `place`; `durable` for measuring what a real one would do.
    pub fn start(place: &Path, durable: bool) -> Self {
        Self::begin(place, if durable { DURABLE } else { QUICK }, None)
    }

    /// One that speaks TLS too.
    pub fn start_with_tls(place: &Path, certificate: &Certificate) -> Self {
        Self::begin(place, &format!("{QUICK} -c ssl=on"), Some(certificate))
    }

    /// One that writes down every statement that it is sent; see `statements`.
    pub fn start_noting(place: &Path) -> Self {
        let noting = "-c log_min_messages=log -c log_statement=all -c log_line_prefix=@@";
        Self::begin(place, &format!("{QUICK} {noting}"), None)
    }

    /// Without their parameters, in the order in which they came, each on one line.
    pub fn statements(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.join("log")).expect("the server's log");
        let sent = log.split("@@").filter_map(|entry| {
            let entry = entry.strip_prefix("LOG:  ")?;
            let simple = entry.strip_prefix("statement: ");
            let executed = || entry.strip_prefix("execute ")?.split_once(": ").map(|(_, sql)| sql);
            simple.or_else(executed)
        });
        sent.map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    fn begin(place: &Path, options: &str, certificate: Option<&Certificate>) -> Self {
        let bin = folder_of_programs();
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::SeqCst);
        let folder = place.join(format!("bianmin-pg-{}-{serial}", std::process::id()));
        std::fs::create_dir(&folder).expect("a folder for the database");
        let runner = runner(&folder);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut initdb = as_runner(&runner, &bin.join("initdb"));
        initdb.arg("-D").arg(folder.join("data"));
        initdb.args(["-U", "bianmin", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]);
        let made = initdb.output().expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for (name, text) in certificate.iter().flat_map(|c| [("crt", &c.chain), ("key", &c.key)]) {
            let file = folder.join(format!("data/server.{name}"));
            std::fs::write(&file, text).expect("the data folder");
            // The server takes no key that others could read.
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&file, mode).expect("its mode");
            own(&runner, &file);
        }
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&folder).arg(port.to_string()).args(&runner);
        keeper.env("bin", &bin).env("options", options).stdin(Stdio::piped());
        let mut child = keeper.stdout(Stdio::piped()).spawn().expect("sh runs");
        let (orders, answers) = (child.stdin.take(), child.stdout.take());
        let mut keeper = Keeper {
            _child: child,
            orders: orders.expect("piped"),
            answers: BufReader::new(answers.expect("piped")),
        };
        keeper.wait_for("ready");
        Self { folder, port, keeper: Mutex::new(keeper) }
    }

    /// As after `systemctl stop` and `start`: sessions are ended, commits are finished.
    pub fn restart(&self) {
        self.order(&[("stop", "stopped"), ("start", "ready")]);
    }

    /// As after a power cut of the server alone: nothing is finished. It stays away for a time.
    pub fn crash_and_start_after(&self, away: Duration) {
        self.order(&[("crash", "stopped")]);
        std::thread::sleep(away);
        self.order(&[("start", "ready")]);
    }

    fn order(&self, orders: &[(&str, &str)]) {
        let mut keeper = self.keeper.lock().expect("no test panicked in here");
        for (order, answer) in orders {
            writeln!(keeper.orders, "{order}").expect("the keeper listens");
            keeper.wait_for(answer);
        }
    }

    /// A schema of its own, empty: what a test may take for a whole database.
    pub fn fresh(&self) -> Fresh {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let name = format!("t{}", SERIAL.fetch_add(1, Ordering::SeqCst));
        self.sql(&format!("CREATE SCHEMA {name}"));
        Fresh { name, socket: self.folder.clone(), port: self.port }
    }

    /// A command of PostgreSQL's, against this server whatever its `-h` says.
    pub fn run(&self, words: &[&str]) {
        let (program, words) = words.split_first().expect("a command");
        let mut command = Command::new(folder_of_programs().join(program));
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            command.arg(word);
            if *word == "-h" && rest.next().is_some() {
                command.arg(&self.folder).arg("-p").arg(self.port.to_string());
            }
        }
        let done = command.output().expect("it runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Runs it with psql; gives what it prints, without decoration.
    pub fn sql(&self, sql: &str) -> String {
        let (folder, port) = (self.folder.display().to_string(), self.port.to_string());
        psql(&["-U", "bianmin", "-h", &folder, "-p", &port, "-d", "postgres"], sql)
    }
}

impl Keeper {
    fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the keeper answers");
        assert_eq!(line.trim(), word, "the database did not do as it was told");
    }
}

/// Where a test finds its own empty database.
#[derive(Debug, Clone)]
pub struct Fresh {
    pub name: String,
    socket: PathBuf,
    port: u16,
}

impl Fresh {
    /// Over the socket.
    pub fn url(&self) -> String {
        let host = self.socket.display().to_string().replace('/', "%2F");
        self.at(&format!("{host}:{}", self.port))
    }

    /// Over TCP, by way of somebody who listens on `port`.
    pub fn url_by(&self, port: u16) -> String {
        self.at(&format!("127.0.0.1:{port}"))
    }

    fn at(&self, host: &str) -> String {
        self.url_at(host, "sslmode=disable")
    }

    /// `mode` is what the URL says of TLS; it may be empty.
    pub fn url_at(&self, host: &str, mode: &str) -> String {
        let and = if mode.is_empty() { "" } else { "&" };
        let options = format!("-c%20search_path%3D{}", self.name);
        format!("postgres://bianmin@{host}/postgres?{mode}{and}options={options}")
    }
}

/// `server`: the options that say which one.
pub(crate) fn psql(server: &[&str], sql: &str) -> String {
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]).args(server);
    let done = psql.args(["-c", sql]).output().expect("psql runs");
    assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8").trim_end().to_owned()
}

/// The newest of Debian's, or those on the PATH.
pub(crate) fn folder_of_programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    folders.retain(|folder| folder.join("initdb").exists());
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = || std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    folders.pop().or_else(on_path).expect("PostgreSQL is installed (tests/all.sh does it)")
}

/// A server refuses to run as root: then it runs as Debian's `postgres`, who gets the folder.
pub(crate) fn runner(folder: &Path) -> Vec<String> {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    if id.stdout.trim_ascii() != b"0" {
        return Vec::new();
    }
    chown(folder);
    ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"].map(str::to_owned).to_vec()
}

fn chown(path: &Path) {
    let done = Command::new("chown").arg("postgres").arg(path).status().expect("chown runs");
    assert!(done.success(), "there is no user postgres");
}

/// What is not root's to run is not root's to own.
fn own(runner: &[String], path: &Path) {
    if !runner.is_empty() {
        chown(path);
    }
}

fn as_runner(runner: &[String], program: &Path) -> Command {
    let mut words = runner.iter().map(std::ffi::OsString::from).chain([program.into()]);
    let mut command = Command::new(words.next().expect("at least the program"));
    command.args(words);
    command
}
