//! The program in a folder of its own, and a server that ends with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

pub struct Home {
    folder: tempfile::TempDir,
}

pub struct Server {
    pub child: Child,
    pub base: String,
    /// What it printed at the start.
    pub printed: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Home {
    /// With the shipped county and dialogs, and any free port.
    pub fn new() -> Self {
        // An error means that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let home = Self { folder: tempfile::tempdir().unwrap() };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["county", "dialogs"] {
            copy(&root.join(name), &home.path(name));
        }
        home.write("config.toml", "[server]\nlisten = \"127.0.0.1:0\"\nlog = \"error\"\n");
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, text.replacen(from, to, 1));
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bianmin"));
        command.current_dir(self.folder.path()).args(args).env_remove("RUST_BACKTRACE");
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    pub fn run_with_env(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        self.command(args).envs(env.iter().copied()).stdin(Stdio::null()).output().unwrap()
    }

    pub fn run_with(&self, args: &[&str], input: &str) -> Output {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that refuses does not read to the end.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// It must work; gives what it printed.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let said = said(&output);
        assert!(output.status.success(), "{args:?}: {said}");
        said
    }

    /// It must refuse; gives what it said.
    pub fn refused(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let said = said(&output);
        assert!(!output.status.success(), "{args:?} went well: {said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }

    pub fn serve(&self) -> Server {
        self.start(&[], Stdio::piped())
    }

    /// What it logs is in the file `log` when it has ended.
    pub fn serve_logging(&self, env: &[(&str, &str)]) -> Server {
        self.start(env, std::fs::File::create(self.path("log")).unwrap().into())
    }

    fn start(&self, env: &[(&str, &str)], log: Stdio) -> Server {
        let mut command = self.command(&["serve"]);
        command.envs(env.iter().copied()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let (mut printed, mut base) = (String::new(), String::new());
        // The clerk's line, if there is one, comes in the same write.
        while base.is_empty() {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap() == 0 {
                let mut why = String::new();
                if let Some(mut log) = child.stderr.take() {
                    log.read_to_string(&mut why).unwrap();
                }
                panic!("it did not start: {printed}{why}");
            }
            if let Some(at) = line.find("http://").filter(|_| line.contains("/health")) {
                base = line[at..].trim().trim_end_matches("/health").to_owned();
            }
            printed.push_str(&line);
        }
        if !lines.buffer().is_empty() {
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            printed.push_str(&line);
        }
        Server { child, base, printed }
    }

    /// All records, one a line.
    pub fn export(&self) -> String {
        let output = self.run(&["export", "-"]);
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Server {
    /// By the trial phone; gives the last thing that the bot said.
    pub async fn say(&self, who: &str, text: &str) -> String {
        self.try_say(who, text).await.unwrap()
    }

    pub async fn try_say(&self, who: &str, text: &str) -> Result<String, String> {
        let http = reqwest::Client::new();
        let url = format!("{}/phone/{who}", self.base);
        let body = serde_json::json!({"kind": "text", "text": text});
        let answer = http.post(format!("{url}/send")).json(&body).send().await;
        let answer = answer.map_err(|error| error.to_string())?;
        if !answer.status().is_success() {
            return Err(answer.status().to_string());
        }
        Ok(self.heard(who).await.pop().unwrap_or_default())
    }

    pub async fn heard(&self, who: &str) -> Vec<String> {
        let url = format!("{}/phone/{who}/messages?after=0", self.base);
        let messages: Vec<Value> = reqwest::get(url).await.unwrap().json().await.unwrap();
        let bot = messages.iter().filter(|message| message["from"] == "bot");
        bot.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn report(&self, who: &str) -> String {
        self.say(who, "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000").await;
        let mut said = self.say(who, "对").await;
        if said.contains("单独办") {
            said = self.say(who, "2").await;
        }
        let at = said.find("编号").unwrap_or_else(|| panic!("{said}")) + "编号".len();
        said[at..at + 11].to_owned()
    }

    /// SIGTERM; gives the exit code.
    pub fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        for _ in 0..500 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("it did not end within 10 s");
    }
}
