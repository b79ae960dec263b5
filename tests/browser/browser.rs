//! A real Chromium, driven by its own WebDriver: one process of each for a walk, with a profile of
//! its own that goes when the walk is over.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::{WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// In pixels; the second is a telephone's.
pub const WIDTHS: [u32; 2] = [1280, 390];
pub const PHONE: u32 = WIDTHS[1];
/// What takes a moment takes much longer where two browsers and a compiler share two processors;
/// only what never comes waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);
pub const MOMENT: Duration = Duration::from_millis(50);
/// Its printing is a process of its own, which may not have started in time.
const PRINTS_MAX: usize = 5;
/// All that the page shows is there: letters and style sheets too.
const READY: &str = "document.readyState === 'complete' && document.fonts.status === 'loaded' \
     && [...document.querySelectorAll('link[rel=stylesheet]')].every(link => link.sheet)";
const FLAGS: [&str; 12] = [
    "--headless",
    // They would cover the edge of a picture.
    "--hide-scrollbars",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
    // Nothing but the program under test is there to be reached.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

pub struct Browser {
    pub page: Client,
    pub width: u32,
    driver: Driver,
    _profile: tempfile::TempDir,
}

/// With all that it has started.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

impl Browser {
    pub async fn open(width: u32) -> Self {
        let (driver, address) = driver();
        let profile = tempfile::tempdir().unwrap();
        let mut flags: Vec<String> = FLAGS.iter().map(ToString::to_string).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        flags.push(format!("--window-size={width},900"));
        let mut options = json!({ "args": flags });
        if width == PHONE {
            let metrics = json!({ "width": width, "height": 844, "pixelRatio": 1, "mobile": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let wanted = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": 180_000, "pageLoad": 180_000 },
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted.as_object().unwrap().clone());
        let page = builder.connect(&address).await.unwrap_or_else(|error| {
            panic!("Chromium does not start: {error}. tests/all.sh installs what it needs.")
        });
        Self { page, width, driver, _profile: profile }
    }

    /// No script of a page runs any more.
    pub async fn switch_scripts_off(&self) -> Result<(), String> {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await?;
        let probe = "data:text/html,<title>off</title><script>document.title='on'</script>";
        self.page.goto(probe).await.map_err(told)?;
        let title = self.page.title().await.map_err(told)?;
        if title == "off" { Ok(()) } else { Err("scripts run although they are off".into()) }
    }

    /// The whole page, as far as it goes.
    pub async fn picture(&self, file: &Path) -> Result<(), String> {
        let how = json!({ "format": "png", "captureBeyondViewport": true });
        let shot = self.devtools("Page.captureScreenshot", how).await?;
        std::fs::write(file, decoded(&shot["data"])).map_err(|error| error.to_string())
    }

    /// As its style sheet has it for paper.
    pub async fn print(&self, file: &Path) -> Result<(), String> {
        self.until(READY).await?;
        let how = json!({ "preferCSSPageSize": true, "printBackground": true });
        let mut printed = self.devtools("Page.printToPDF", how.clone()).await;
        for _ in 1..PRINTS_MAX {
            if !printed.as_ref().is_err_and(|error| error.contains("Printing failed")) {
                break;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
            printed = self.devtools("Page.printToPDF", how.clone()).await;
        }
        std::fs::write(file, decoded(&printed?["data"])).map_err(|error| error.to_string())
    }

    /// Waits until that holds of the page, as a script has it.
    pub async fn until(&self, condition: &str) -> Result<(), String> {
        let asked = format!("return Boolean({condition})");
        let last = Instant::now() + PATIENCE;
        loop {
            // Between two pages nothing can be asked.
            let found = self.page.execute(&asked, Vec::new()).await;
            if found.is_ok_and(|holds| holds == true) {
                return Ok(());
            }
            if Instant::now() > last {
                return Err(format!("after {PATIENCE:?} still not: {condition}"));
            }
            tokio::time::sleep(MOMENT).await;
        }
    }

    /// Of the window to which commands go.
    pub async fn window(&self) -> Result<WindowHandle, String> {
        self.page.window().await.map_err(told)
    }

    /// One more, to which commands go from now on.
    pub async fn new_window(&self) -> Result<WindowHandle, String> {
        let new = self.page.new_window(false).await.map_err(told)?.handle;
        self.to_window(&new).await?;
        Ok(new)
    }

    pub async fn to_window(&self, window: &WindowHandle) -> Result<(), String> {
        self.page.switch_to_window(window.clone()).await.map_err(told)
    }

    /// Nobody sees it any more.
    pub async fn hide(&self) -> Result<(), String> {
        self.page.minimize_window().await.map_err(told)?;
        self.until("document.hidden").await
    }

    pub async fn show(&self) -> Result<(), String> {
        self.page.set_window_size(self.width, 900).await.map_err(told)?;
        self.until("!document.hidden").await
    }

    /// What went wrong in the page since it was asked last; Chromium's own pages are not ours.
    pub async fn complaints(&self) -> Result<Vec<String>, String> {
        let asked = Asked { path: "se/log", body: json!({ "type": "browser" }) };
        let log = self.page.issue_cmd(asked).await.map_err(told)?;
        let lines = log.as_array().cloned().unwrap_or_default();
        let severe = lines.iter().filter(|line| line["level"] == "SEVERE");
        let told = severe.filter_map(|line| line["message"].as_str());
        Ok(told.filter(|line| !line.starts_with("chrome://")).map(str::to_owned).collect())
    }

    pub async fn devtools(&self, command: &str, how: Value) -> Result<Value, String> {
        let body = json!({ "cmd": command, "params": how });
        let asked = Asked { path: "goog/cdp/execute", body };
        self.page.issue_cmd(asked).await.map_err(|error| format!("{command}: {error}"))
    }

    pub async fn close(self) {
        let _ = self.page.close().await;
        drop(self.driver);
    }
}

fn told(error: fantoccini::error::CmdError) -> String {
    error.to_string()
}

fn decoded(data: &Value) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(data.as_str().unwrap()).unwrap()
}

/// It says on which free port it listens.
fn driver() -> (Driver, String) {
    let started = Command::new("chromedriver")
        .arg("--port=0")
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child =
        started.expect("no chromedriver. Please run tests/all.sh, which installs what it needs");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let driver = Driver(child);
    let port = lines.find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    // What it says later is read, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    let port = port.expect("chromedriver ended before it listened");
    (driver, format!("http://127.0.0.1:{port}"))
}

/// A command of Chromium's own that WebDriver carries.
#[derive(Debug)]
struct Asked {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Asked {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
