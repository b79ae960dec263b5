//! What the real program writes to its log while short messages come and go.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fake_wechat::{FakeSms, SmsFault};

use super::program::Home;

const PASSWORD: &str = "pass/word+of kannel";
const PATH: &str = "pathsecret0123456789";
const PHONES: [&str; 2] = ["13800138000", "13912345678"];

/// No secret, as it is or as it stands in a URL, and no whole number, at the finest level.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_and_no_whole_phone_number_in_any_log_line() {
    let fake = FakeSms::start(PASSWORD).await;
    let home = Home::new();
    home.write(
        "config.toml",
        format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nlog = \"trace\"\n[sms.modem]\n\
             provider = \"kannel\"\nusername = \"svc\"\npassword_env = \"KANNEL_PASSWORD\"\n\
             path_secret_env = \"KANNEL_PATH\"\napi = \"{}/cgi-bin/sendsms\"\n",
            fake.url
        ),
    );
    let log = std::fs::File::create(home.path("log")).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_bianmin"))
        .current_dir(home.path(""))
        .arg("serve")
        .env("KANNEL_PASSWORD", PASSWORD)
        .env("KANNEL_PATH", PATH)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut printed = String::new();
    let mut stdout = child.stdout.take().unwrap();
    let mut buffer = [0; 1024];
    while !printed.contains("/health") {
        let read = stdout.read(&mut buffer).unwrap();
        assert!(read > 0, "it did not start: {printed}");
        printed.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    let base = printed.split("http://").nth(1).unwrap().split('/').next().unwrap();
    let base = format!("http://{base}");
    let http = reqwest::Client::new();
    let get = async |path: String| {
        http.get(format!("{base}{path}")).send().await.unwrap().status().as_u16()
    };
    // The first answers fail in every way there is.
    fake.fail(SmsFault::Answer(503, "Temporal failure".into()));
    fake.fail(SmsFault::Drop);
    fake.fail(SmsFault::Answer(400, format!("denied {}", PHONES[0])));
    for (n, phone) in PHONES.iter().enumerate() {
        for text in ["1", "2", "0", "TD"] {
            let query = format!("?id={n}{text}&from=%2B86{phone}&to=10690000&ts=1&text={text}");
            assert_eq!(get(format!("/sms/modem/{PATH}{query}")).await, 200);
        }
        assert_eq!(get(format!("/sms/modem/{PATH}x?from={phone}&text=1")).await, 404);
        assert_eq!(get(format!("/sms/{PATH}/{phone}?from={phone}&text=1")).await, 404);
        assert_eq!(get(format!("/sms/modem/{PATH}?to={phone}&text=1")).await, 400);
        assert_eq!(get(format!("/sms/modem/{PATH}?id=s&from=106{phone}&text=1")).await, 200);
        assert_eq!(get(format!("/sms/modem/{PATH}?msg={phone}&d=1")).await, 200);
    }
    let end = Instant::now() + Duration::from_secs(20);
    while fake.taken().is_empty() && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!fake.taken().is_empty(), "something was sent: {:?}", fake.wrong());
    tokio::time::sleep(Duration::from_millis(500)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let log = std::fs::read_to_string(home.path("log")).unwrap();
    assert!(log.lines().count() > 20, "the log is on: {log}");
    let escaped = ["pass%2Fword%2Bof%20kannel", "pass%2Fword%2Bof+kannel", "word+of"];
    for forbidden in PHONES.iter().chain(&[PASSWORD, PATH]).chain(&escaped) {
        let line = log.lines().find(|line| line.contains(forbidden));
        assert_eq!(line, None, "the log holds {forbidden}");
    }
    assert!(log.contains("138****8000"), "numbers are there, masked");
}
