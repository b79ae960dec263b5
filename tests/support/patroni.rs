//! Three database servers under Patroni, with one etcd, as `docs/operations/patroni.md` sets them
//! up: Debian's packages, in a temporary folder, on free ports.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::postgres::{folder_of_programs, runner};

/// Its settings are run as they stand, but for the addresses, the folders and the passwords.
const GUIDE: &str = include_str!("../../docs/operations/patroni.md");

/// How long the three may take to find each other, or a new leader.
const AGREE_WITHIN: Duration = Duration::from_secs(90);

pub struct Patroni {
    folder: tempfile::TempDir,
    etcd: Child,
    nodes: Vec<Node>,
    http: reqwest::Client,
}

struct Node {
    name: String,
    /// Of its database, and of Patroni's own service.
    port: u16,
    api: u16,
    child: Child,
}

impl Drop for Patroni {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            kill_tree(self.folder.path(), node);
        }
        let _ = self.etcd.kill();
        let _ = self.etcd.wait();
    }
}

impl Patroni {
    /// `ports`: eight that are free.
    pub async fn start(ports: [u16; 8]) -> Self {
        crate::install_tls();
        let folder = tempfile::Builder::new().prefix("bianmin-patroni-").tempdir();
        let folder = folder.expect("a folder for the databases");
        runner(folder.path());
        let [client, peer, ports @ ..] = ports;
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let mut etcd = bound_to_us(Vec::new());
        etcd.arg("etcd").arg("--data-dir").arg(folder.path().join("etcd"));
        etcd.args(["--listen-client-urls", &url(client), "--advertise-client-urls", &url(client)]);
        etcd.args(["--listen-peer-urls", &url(peer), "--initial-advertise-peer-urls", &url(peer)]);
        etcd.args(["--initial-cluster", &format!("default={}", url(peer)), "--unsafe-no-fsync"]);
        let etcd = start(etcd, &folder.path().join("etcd.log"));
        let mut cluster = Self { folder, etcd, nodes: Vec::new(), http: reqwest::Client::new() };
        for (n, pair) in ports.chunks_exact(2).enumerate() {
            let (name, port, api) = (format!("db{}", n + 1), pair[0], pair[1]);
            let settings = cluster.settings(&name, [client, port, api]);
            std::fs::write(cluster.file(&name, "yml"), settings).expect("the settings");
            let child = cluster.start_node(&name);
            cluster.nodes.push(Node { name, port, api, child });
        }
        cluster.until_it_is_whole().await;
        cluster
    }

    fn settings(&self, name: &str, [etcd, port, api]: [u16; 3]) -> String {
        let (_, rest) = GUIDE.split_once("```yaml\n").expect("the guide's settings");
        let mut settings = rest.split("```").next().expect("their end").to_owned();
        let (folder, bin) = (self.folder.path().display(), folder_of_programs());
        let sockets = format!(
            "bin_dir: {}\n  pgpass: {folder}/{name}.pgpass\n  \
             parameters: {{ unix_socket_directories: {folder} }}",
            bin.display()
        );
        for (theirs, ours) in [
            ("name: db1", format!("name: {name}")),
            ("10.0.0.21:2379,10.0.0.22:2379,10.0.0.23:2379", format!("127.0.0.1:{etcd}")),
            ("10.0.0.21:8008", format!("127.0.0.1:{api}")),
            ("10.0.0.21:5432", format!("127.0.0.1:{port}")),
            ("10.0.0.0/24 scram-sha-256", "127.0.0.1/32 trust".to_owned()),
            ("/var/lib/postgresql/15/bianmin", format!("{folder}/{name}")),
            ("bin_dir: /usr/lib/postgresql/15/bin", sockets),
        ] {
            assert!(settings.contains(theirs), "the guide no longer says {theirs}");
            settings = settings.replace(theirs, &ours);
        }
        settings
    }

    fn file(&self, name: &str, ending: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.{ending}"))
    }

    fn start_node(&self, name: &str) -> Child {
        let mut patroni = bound_to_us(runner(self.folder.path()));
        patroni.arg("patroni").arg(self.file(name, "yml"));
        start(patroni, &self.file(name, "log"))
    }

    /// All three, as the program is told them.
    pub fn url(&self, schema: &str) -> String {
        let hosts: Vec<_> =
            self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        let options = format!("-c%20search_path%3D{schema}");
        let hosts = hosts.join(",");
        format!("postgres://postgres@{hosts}/postgres?sslmode=disable&options={options}")
    }

    /// What Patroni says of its members, from whichever of them answers.
    async fn members(&self) -> Vec<Value> {
        for node in &self.nodes {
            let url = format!("http://127.0.0.1:{}/cluster", node.api);
            let asked = self.http.get(url).timeout(Duration::from_secs(2)).send().await;
            if let Ok(answer) = asked
                && let Ok(mut cluster) = answer.json::<Value>().await
                && let Value::Array(members) = cluster["members"].take()
            {
                return members;
            }
        }
        Vec::new()
    }

    async fn leader(&self) -> Option<String> {
        let members = self.members().await;
        let leader = members.iter().find(|m| m["role"] == "leader" && m["state"] == "running")?;
        leader["name"].as_str().map(str::to_owned)
    }

    /// A leader, a standby that has all it has, and one more that follows.
    pub async fn until_it_is_whole(&self) {
        let began = Instant::now();
        loop {
            let members = self.members().await;
            let well = |role: &str| {
                let states = ["running", "streaming"].map(Value::from);
                members.iter().any(|m| m["role"] == role && states.contains(&m["state"]))
            };
            if well("leader") && well("sync_standby") && well("replica") {
                return;
            }
            assert!(began.elapsed() < AGREE_WITHIN, "{members:#?}{}", self.logs());
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    fn logs(&self) -> String {
        let read = |node: &Node| {
            let log = std::fs::read_to_string(self.file(&node.name, "log")).unwrap_or_default();
            let tail: Vec<_> = log.lines().rev().take(20).collect();
            format!("\n{}:\n{}", node.name, tail.into_iter().rev().collect::<Vec<_>>().join("\n"))
        };
        self.nodes.iter().map(read).collect()
    }

    /// SIGKILL to the leader's Patroni and its database, as when the machine loses its power.
    /// Gives its name, when another one leads.
    pub async fn kill_the_leader(&mut self) -> String {
        let leader = self.leader().await.expect("there is a leader");
        let node = self.nodes.iter_mut().find(|node| node.name == leader).expect("one of ours");
        kill_tree(self.folder.path(), node);
        self.until_another_leads(&leader).await;
        leader
    }

    async fn until_another_leads(&self, than: &str) {
        let began = Instant::now();
        while self.leader().await.is_none_or(|leader| leader == than) {
            assert!(began.elapsed() < AGREE_WITHIN, "no new leader{}", self.logs());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub fn start_again(&mut self, name: &str) {
        let child = self.start_node(name);
        self.nodes.iter_mut().find(|node| node.name == name).expect("one of ours").child = child;
    }

    /// As before work on the leader's machine: another one takes over in good order.
    pub async fn switch_over(&self) {
        let leader = self.leader().await.expect("there is a leader");
        let node = self.nodes.iter().find(|node| node.name == leader).expect("one of ours");
        let url = format!("http://127.0.0.1:{}/switchover", node.api);
        let answer = self.http.post(url).json(&json!({ "leader": leader })).send().await;
        let answer = answer.expect("Patroni answers");
        let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
        assert!(status.is_success(), "{status}: {text}");
        self.until_another_leads(&leader).await;
    }

    /// Runs it on the leader with psql; gives what it prints, without decoration.
    pub fn sql(&self, sql: &str) -> String {
        let hosts = ["127.0.0.1"; 3].join(",");
        let ports: Vec<_> = self.nodes.iter().map(|node| node.port.to_string()).collect();
        let leader = format!(
            "host={hosts} port={} user=postgres dbname=postgres target_session_attrs=read-write",
            ports.join(",")
        );
        crate::postgres::psql(&["-d", &leader], sql)
    }
}

/// It ends with the thread that starts it, however that happens. The runner comes first: who
/// becomes another user is forgotten about.
fn bound_to_us(runner: Vec<String>) -> Command {
    let bound = ["setpriv", "--pdeathsig", "TERM"].map(str::to_owned);
    let mut words = runner.into_iter().chain(bound);
    let mut command = Command::new(words.next().expect("at least the program"));
    command.args(words);
    command
}

fn start(mut command: Command, log: &Path) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log");
    let errors = log.try_clone().expect("the log twice");
    command.stdin(Stdio::null()).stdout(log).stderr(errors);
    command.spawn().expect("it is installed (tests/all.sh does it)")
}

/// Patroni first, so that it does not start the database again.
fn kill_tree(folder: &Path, node: &mut Node) {
    let _ = node.child.kill();
    let _ = node.child.wait();
    let pid = std::fs::read_to_string(folder.join(&node.name).join("postmaster.pid"));
    let Some(pid) = pid.ok().and_then(|text| text.lines().next().map(str::to_owned)) else {
        return;
    };
    // A process that has none left to write for goes by itself.
    let _ = Command::new("kill").args(["-KILL", &pid]).stderr(Stdio::null()).status();
}
