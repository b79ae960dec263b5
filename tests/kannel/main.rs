//! Whole conversations through a real Kannel, on ports of its own: a modem's network is played
//! line by line (`smsc = fake`), and by HTTP where the network must refuse, delay or report late.
//!
//! Kannel comes from the distribution; `tests/all.sh` installs it.

mod exact;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::{Instant, sleep};

use bianmin::office::clock::SystemClock;
use bianmin::office::{Office, Parts, Tables, read_script};
use bianmin::store::{MemoryEngine, Store};
use bianmin::{config, web};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "smssecret0123456789abcdef";
const PHONE: &str = "13800138000";
const PATIENCE: Duration = Duration::from_secs(40);

fn free_ports<const N: usize>() -> [u16; N] {
    let sockets: Vec<_> =
        (0..N).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    std::array::from_fn(|n| sockets[n].local_addr().unwrap().port())
}

/// Waits until it is so; says what was waited for.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < end, "waited in vain: {what}");
        sleep(Duration::from_millis(30)).await;
    }
}

/// Both daemons, killed when dropped.
struct Kannel {
    folder: tempfile::TempDir,
    admin: u16,
    smsc: u16,
    sendsms: u16,
    netin: u16,
    bearerbox: Option<Child>,
    smsbox: Option<Child>,
    http: reqwest::Client,
}

impl Drop for Kannel {
    fn drop(&mut self) {
        for child in [&mut self.smsbox, &mut self.bearerbox].into_iter().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Kannel {
    fn program(name: &str) -> PathBuf {
        let path = Path::new("/usr/sbin").join(name);
        assert!(path.exists(), "{name} is missing: run tests/all.sh, or apt-get install kannel");
        path
    }

    async fn start(app: u16, net: u16) -> Self {
        let [admin, boxes, smsc, sendsms, netin] = free_ports();
        let folder = tempfile::tempdir().unwrap();
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kannel/kannel.conf.in");
        let mut text = std::fs::read_to_string(template).unwrap();
        for (name, port) in [
            ("ADMIN", admin),
            ("BOX", boxes),
            ("SMSC", smsc),
            ("SENDSMS", sendsms),
            ("NETIN", netin),
            ("APP", app),
            ("NET", net),
        ] {
            text = text.replace(&format!("@{name}@"), &port.to_string());
        }
        text = text.replace("@SECRET@", SECRET).replace("@POSTED@", "modem");
        std::fs::write(folder.path().join("kannel.conf"), text).unwrap();
        let http = reqwest::Client::new();
        let (bearerbox, smsbox) = (None, None);
        let mut kannel = Self { folder, admin, smsc, sendsms, netin, bearerbox, smsbox, http };
        kannel.start_both().await;
        kannel
    }

    /// bearerbox first: smsbox goes away without it.
    async fn start_both(&mut self) {
        self.bearerbox = Some(self.spawn("bearerbox"));
        // Never by the network's own port: who connects there is the network.
        until("bearerbox answers", async || self.status().await.contains("FAKE[FAKE]")).await;
        self.smsbox = Some(self.spawn("smsbox"));
        until("smsbox answers", async || {
            let url = format!("http://127.0.0.1:{}/cgi-bin/sendsms", self.sendsms);
            self.status().await.contains("smsbox") && self.http.get(url).send().await.is_ok()
        })
        .await;
    }

    fn spawn(&self, name: &str) -> Child {
        let log = std::fs::File::create(self.folder.path().join(format!("{name}.out"))).unwrap();
        Command::new(Self::program(name))
            .args(["-v", "4", "kannel.conf"])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// As a power cut does it.
    fn kill(&mut self) {
        for child in [&mut self.smsbox, &mut self.bearerbox] {
            if let Some(mut child) = child.take() {
                child.kill().unwrap();
                child.wait().unwrap();
            }
        }
    }

    async fn status(&self) -> String {
        let url = format!("http://127.0.0.1:{}/status.txt?password=adminpw", self.admin);
        match self.http.get(url).send().await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// What the HTTP network tells Kannel: a message of hers, or a report.
    async fn net(&self, pairs: &[(&str, &str)]) {
        let url = format!("http://127.0.0.1:{}/", self.netin);
        let mut all = vec![("username", "net"), ("password", "netpw")];
        all.extend_from_slice(pairs);
        let answer = self.http.get(url).query(&all).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Bytes of a message of hers as UTF-16BE, perhaps a part of several.
    async fn net_raw(&self, from: &str, to: &str, bytes: &[u8], udh: Option<&str>) {
        let escaped: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        let udh = udh.map(|udh| format!("&udh={udh}")).unwrap_or_default();
        let url = format!(
            "http://127.0.0.1:{}/?username=net&password=netpw&from={from}&to={to}&coding=2\
             &text={escaped}{udh}",
            self.netin
        );
        assert!(self.http.get(url).send().await.unwrap().status().is_success());
    }
}

/// The telephone network at Kannel's fake port.
struct Network {
    write: OwnedWriteHalf,
    /// Number and text of what came out, parts joined.
    got: Arc<Mutex<Vec<(String, String)>>>,
    reader: tokio::task::JoinHandle<()>,
}

impl Drop for Network {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

fn undone(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        match (first, more) {
            (b'%', [a, b, after @ ..]) => {
                let digits = [*a, *b];
                let digits = std::str::from_utf8(&digits).unwrap();
                out.push(u8::from_str_radix(digits, 16).unwrap());
                rest = after;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(*first),
        }
    }
    out
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> =
        bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).expect("no character is cut in two")
}

fn bytes16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

impl Network {
    async fn connect(kannel: &Kannel) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", kannel.smsc)).await.unwrap();
        let (read, write) = stream.into_split();
        let got: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let reader = tokio::spawn({
            let got = got.clone();
            async move {
                let mut lines = BufReader::new(read).split(b'\n');
                let mut parts: Vec<(u8, Vec<u8>)> = Vec::new();
                while let Ok(Some(line)) = lines.next_segment().await {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    let words: Vec<&str> = line.splitn(4, ' ').collect();
                    let [_, to, kind, rest] = words[..] else { continue };
                    let text = match kind {
                        "ucs-2" => utf16(&undone(rest)),
                        "udh" => {
                            let (udh, data) = rest.split_once(" data ").unwrap();
                            let udh = undone(udh);
                            parts.push((udh[5], undone(data)));
                            if parts.len() < usize::from(udh[4]) {
                                continue;
                            }
                            parts.sort();
                            // Each part by itself is whole text: no emoji is torn.
                            parts.drain(..).map(|(_, data)| utf16(&data)).collect()
                        }
                        _ => rest.to_owned(),
                    };
                    got.lock().unwrap().push((to.to_owned(), text));
                }
            }
        });
        Self { write, got, reader }
    }

    /// She writes to `to`.
    async fn write(&mut self, from: &str, to: &str, text: &str) {
        let escaped: String = bytes16(text).iter().map(|byte| format!("%{byte:02X}")).collect();
        let line = format!("{from} {to} ucs2 {escaped}\n");
        self.write.write_all(line.as_bytes()).await.unwrap();
    }

    /// Nobody is there any more.
    async fn hang_up(&mut self) {
        self.reader.abort();
        self.write.shutdown().await.unwrap();
    }

    fn texts(&self) -> Vec<String> {
        self.got.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
    }

    /// The next answer behind `known` others.
    async fn answer(&self, known: usize) -> String {
        until("an answer by SMS", async || self.texts().len() > known).await;
        self.texts()[known].clone()
    }

    async fn say(&mut self, text: &str) -> String {
        let known = self.texts().len();
        self.write(&format!("+86{PHONE}"), "1069000012", text).await;
        self.answer(known).await
    }
}

/// The program as it runs, on a port that it can be taken from and given back.
struct App {
    office: Arc<Office>,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

impl App {
    /// The same store as before: a restart.
    async fn start(port: u16, kannel: &str, smsc: &str, store: Store, data: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\ndata = {data:?}\n[county]\n\
             folder = {:?}\ndialogs = {:?}\n[notices]\nquiet = \"\"\nmerge_minutes = 0\n\
             person_hour = 100\nperson_day = 100\ncase_day = 100\n\
             [sms.modem]\nprovider = \"kannel\"\napi = {kannel:?}\nusername = \"svc\"\n\
             password_env = \"P\"\npath_secret_env = \"S\"\nfrom = \"10690000\"\nsmsc = {smsc:?}\n\
             per_second = 100\n",
            root.join("county"),
            root.join("dialogs"),
        );
        let secrets = |_: &str| Some(SECRET.to_owned());
        let config = config::parse("config.toml", &text, &secrets).unwrap();
        let tables = Tables::read(&root.join("county")).unwrap();
        let script = read_script(&root.join("dialogs")).unwrap();
        let clock = Arc::new(SystemClock);
        let office = Office::new(Parts { config, store, clock, tables, script }).unwrap();
        office.start();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let stop = CancellationToken::new();
        let router = web::router(office.clone());
        let limits = web::Limits::default();
        let served = tokio::spawn(web::serve(listener, router, limits, stop.clone()));
        Self { office, stop, served }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.served.await.unwrap();
        self.office.stop().await;
    }
}

/// The network that Kannel reaches by HTTP: what it got, and what it says to it.
#[derive(Clone, Default)]
struct HttpNetwork {
    got: Arc<Mutex<Vec<String>>>,
    says: Arc<Mutex<String>>,
}

impl HttpNetwork {
    async fn start(&self) -> u16 {
        async fn take(State(net): State<HttpNetwork>, RawQuery(query): RawQuery) -> String {
            let query = query.unwrap_or_default();
            let text = query.split('&').find_map(|pair| pair.strip_prefix("text=")).unwrap();
            let mut got = net.got.lock().unwrap();
            got.push(utf16(&undone(text)));
            match net.says.lock().unwrap().as_str() {
                "" => format!("OK id=n{}", got.len()),
                said => said.to_owned(),
            }
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(take).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        port
    }

    fn texts(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }
}

/// Everything together, with Kannel's connection that messages go out by.
struct Scene {
    kannel: Kannel,
    network: Network,
    http_network: HttpNetwork,
    app: Option<App>,
    port: u16,
    smsc: &'static str,
    store: Store,
    data: tempfile::TempDir,
}

impl Scene {
    async fn open(smsc: &'static str) -> Self {
        // An error means that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let [port] = free_ports();
        let http_network = HttpNetwork::default();
        let net = http_network.start().await;
        let kannel = Kannel::start(port, net).await;
        let network = Network::connect(&kannel).await;
        until("the network is connected", async || {
            kannel.status().await.lines().any(|l| l.contains("FAKE[FAKE]") && l.contains("online"))
        })
        .await;
        let (store, data) = (Arc::new(MemoryEngine::default()), tempfile::tempdir().unwrap());
        let app = None;
        let mut scene = Self { kannel, network, http_network, app, port, smsc, store, data };
        scene.up().await;
        scene
    }

    async fn up(&mut self) {
        let api = format!("http://127.0.0.1:{}/cgi-bin/sendsms", self.kannel.sendsms);
        let app = App::start(self.port, &api, self.smsc, self.store.clone(), self.data.path());
        self.app = Some(app.await);
    }

    async fn down(&mut self) {
        self.app.take().unwrap().stop().await;
    }

    /// What the desk shows of messages: how many in each state.
    async fn counts(&self, wanted: &str) -> u64 {
        let url = format!("http://127.0.0.1:{}/health", self.port);
        let answer = self.kannel.http.get(url).send().await.unwrap();
        let health: serde_json::Value = answer.json().await.unwrap();
        health["details"][wanted].as_u64().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_by_sms_through_kannel_and_its_status() {
    let mut scene = Scene::open("FAKE").await;
    let network = &mut scene.network;
    // 上, 不 and 映 hold the bytes that Kannel's %a loses.
    let first = "大黑坨村反映：路上不通，路灯坏了半个月没人管，我叫张三";
    assert!(network.say(first).await.contains("请核对：1 大黑坨村；2 路灯"));
    let done = network.say("对").await;
    assert!(done.contains("已受理，编号"), "{done}");
    let status = network.say("2").await;
    assert!(status.contains("已收到"), "{status}");
    let number = |text: &str| text.chars().filter(char::is_ascii_digit).take(9).collect::<String>();
    assert_eq!(number(&status), number(&done));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_messages_both_ways_and_a_post() {
    let mut scene = Scene::open("FAKE").await;
    // 71 characters: two parts in, joined by Kannel.
    let long = format!("大黑坨村的垃圾堆在路边{}我叫李四", "没人拉".repeat(19));
    let long: String = long.chars().take(71).collect();
    assert_eq!(long.chars().count(), 71);
    let (head, tail) = (bytes16(&long[..long.char_indices().nth(67).unwrap().0]), {
        bytes16(&long[long.char_indices().nth(67).unwrap().0..])
    });
    let known = scene.network.texts().len();
    scene.kannel.net_raw(PHONE, "1069000012", &head, Some("%05%00%03%2A%02%01")).await;
    scene.kannel.net_raw(PHONE, "1069000012", &tail, Some("%05%00%03%2A%02%02")).await;
    let answer = scene.network.answer(known).await;
    assert!(answer.contains("请核对"), "{answer}");
    // Out: the whole text to be confirmed is longer than one message.
    let confirmed = scene.network.say("我叫张三").await;
    let shown: String = long.chars().take(20).collect();
    assert!(confirmed.chars().count() > 70 && confirmed.contains(&shown), "{confirmed}");
    // By POST.
    let known = scene.network.texts().len();
    scene.network.write("13900139000", "1069000177", "你好，请问").await;
    assert!(scene.network.answer(known).await.contains("回1反映问题"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emoji_that_was_split_in_two_loses_nothing_else() {
    let scene = Scene::open("FAKE").await;
    // Its second half comes as a message of its own; the first one's end is missing.
    let whole = bytes16("大黑坨村路灯坏了半个月没人管😀");
    let known = scene.network.texts().len();
    scene.kannel.net_raw(PHONE, "1069000012", &whole[..whole.len() - 2], None).await;
    assert!(scene.network.answer(known).await.contains("请核对"));
    let low = [&[0xDE, 0x00][..], &bytes16("我叫张三")].concat();
    let known = scene.network.texts().len();
    scene.kannel.net_raw(PHONE, "1069000012", &low, None).await;
    assert!(scene.network.answer(known).await.contains("4 张三"), "{:?}", scene.network.texts());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_is_down_for_a_while() {
    let mut scene = Scene::open("FAKE").await;
    assert!(scene.network.say("1").await.contains("在哪个村"));
    scene.down().await;
    let known = scene.network.texts().len();
    scene.network.write(PHONE, "1069000012", "小黑坨村").await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.network.texts().len(), known, "no English sentence goes to a villager");
    scene.up().await;
    assert!(scene.network.answer(known).await.contains("请写是什么事"));
    assert!(scene.network.say("垃圾没人拉").await.contains("请核对"));
    assert_eq!(scene.network.texts().len(), known + 2, "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kannel_is_killed() {
    let mut scene = Scene::open("FAKE").await;
    assert!(scene.network.say("1").await.contains("在哪个村"));
    let sent = scene.counts("sent").await;
    scene.kannel.kill();
    // What is to be sent meanwhile waits in our own outbox.
    let url = format!(
        "http://127.0.0.1:{}/sms/modem/{SECRET}?id=k1&from={PHONE}&to=1069000012&ts=1\
         &text=%E5%B0%8F%E9%BB%91%E5%9D%A8%E6%9D%91",
        scene.port
    );
    assert_eq!(scene.kannel.http.get(url).send().await.unwrap().status().as_u16(), 200);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(scene.counts("sent").await, sent);
    scene.kannel.start_both().await;
    scene.network = Network::connect(&scene.kannel).await;
    until("the answer arrives", async || !scene.network.texts().is_empty()).await;
    assert!(scene.network.texts()[0].contains("请写是什么事"), "{:?}", scene.network.texts());
    sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.network.texts().len(), 1, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_come_late_twice_and_in_the_wrong_order() {
    let mut scene = Scene::open("NET").await;
    scene.network.write(PHONE, "1069000012", "1").await;
    until("it is out", async || scene.http_network.texts().len() == 1).await;
    assert_eq!(scene.http_network.texts()[0], "在哪个村？请回村名");
    let delivered = async || scene.counts("delivered").await;
    // Kannel has to have read the network's answer.
    until("it counts as sent", async || scene.kannel.status().await.contains("sent 1 (0 queued)"))
        .await;
    // Buffered, delivered, and delivered again.
    for (mask, text) in [("4", "stat:ENROUTE"), ("1", "stat:DELIVRD"), ("1", "stat:DELIVRD")] {
        let pairs = [("to", PHONE), ("from", "1069000012"), ("dlr-mid", "n1"), ("dlr-mask", mask)];
        scene.kannel.net(&[&pairs[..], &[("text", text)]].concat()).await;
    }
    until("the report is here", async || delivered().await == 1).await;
    // The network refuses the next one: it goes no second time, and somebody is told.
    "REJECT 42".clone_into(&mut scene.http_network.says.lock().unwrap());
    scene.network.write(PHONE, "1069000012", "小黑坨村").await;
    until("the refusal is known", async || scene.counts("given_up").await == 1).await;
    assert_eq!(scene.http_network.texts().len(), 2);
}
