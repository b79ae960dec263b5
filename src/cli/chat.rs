//! `bianmin chat`: the conversation in a terminal, in memory.

use std::cell::RefCell;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use clap::Args;
use jiff::Timestamp;

use crate::dialog::{self, Did};
use crate::office::clock::ManualClock;
use crate::office::{Office, Parts, PhoneInput};
use crate::store::MemoryEngine;

use super::start;

const USER: &str = "terminal";
/// A picture of one white point, so that /photo has something to send.
const PHOTO: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\
\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

#[derive(Debug, Args)]
pub struct ChatOptions {
    /// Write the conversation as a transcript: below 测试 of the dialog in this file, or into a
    /// new file. What the program would do is played with fixed results, so that
    /// `bianmin test` passes
    #[arg(long, value_name = "FILE.yaml")]
    record: Option<PathBuf>,
}

pub async fn run(config: &Path, options: &ChatOptions) -> anyhow::Result<ExitCode> {
    if let Some(file) = &options.record {
        // Better before the conversation than behind it.
        with_test(file, "").map_err(|error| anyhow!(error))?;
    }
    let mut config = start::read_config(config)?;
    let (tables, script) = start::read_county(&config)?;
    let media = std::env::temp_dir().join(format!("bianmin-chat-{}", std::process::id()));
    config.settings.server.data = media.clone();
    config.settings.simulator.enabled = true;
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let store = Arc::new(MemoryEngine::default());
    let office = Office::new(Parts { config, store, clock: clock.clone(), tables, script })
        .map_err(|error| anyhow!(error))?;
    office.open_demo_shop().await.map_err(|problems| anyhow!(problems.join("\n")))?;
    let chat = Chat { office, clock, did: RefCell::default() };
    let ended = chat.talk().await;
    // Photos of a trial are not kept; a folder that was never made is fine too.
    let _ = std::fs::remove_dir_all(media);
    ended?;
    if let Some(file) = &options.record {
        chat.write(file)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The text of `file` with one more test at its end; `Err` says why that can not be.
fn with_test(file: &Path, test: &str) -> Result<String, String> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(format!(
                "# 把下面几行（「测试:」除外）粘到对话文件的「测试:」下面。\n测试:\n{test}"
            ));
        }
        Err(error) => return Err(format!("{}：读不出来（{error}）。", file.display())),
    };
    let is_key = |line: &&str| !line.is_empty() && !line.starts_with([' ', '#', '-']);
    let last = text.lines().rfind(is_key).unwrap_or_default();
    let tests = |line: &str| line.starts_with("测试:") || line.starts_with("tests:");
    let end = if text.ends_with('\n') { "" } else { "\n" };
    if tests(last) {
        Ok(format!("{text}{end}\n{test}"))
    } else if text.lines().any(tests) {
        Err(format!(
            "{}：「测试:」要放在文件的最后，录下的才接得上。请先挪到最后。",
            file.display()
        ))
    } else {
        Ok(format!("{text}{end}\n测试:\n{test}"))
    }
}

struct Chat {
    office: Arc<Office>,
    clock: Arc<ManualClock>,
    /// What is recorded.
    did: RefCell<Vec<Did>>,
}

impl Chat {
    fn write(&self, file: &Path) -> anyhow::Result<()> {
        let did = self.did.borrow();
        let script = self.office.script();
        let lines = dialog::record(&script, &self.office.tables().reader(), &did)
            .map_err(|error| anyhow!("录不下来：{error}"))?;
        if lines.is_empty() {
            println!("（一句话也没有说，没有录。）");
            return Ok(());
        }
        let now = Timestamp::now().strftime("%m%d-%H%M%S");
        let mut test = format!("  - 名称: 录的对话 {now}\n    渠道: 微信\n    现场: |\n");
        for line in &lines {
            test.push_str(&format!("      {line}\n"));
        }
        let text = with_test(file, &test).map_err(|error| anyhow!(error))?;
        if let Err(error) = std::fs::write(file, text) {
            bail!("{}：写不进去（{error}）。", file.display());
        }
        println!(
            "（录在 {}，一共{}行。请改一个名称，再运行 bianmin test。）",
            file.display(),
            lines.len()
        );
        Ok(())
    }

    async fn talk(&self) -> anyhow::Result<()> {
        println!(
            "（按回车发送；/photo 照片　/voice 语音　/location 地名　/menu 按钮　/wait 分钟　/quit 结束）"
        );
        let mut shown = 0;
        self.send(PhoneInput::Follow { scene: None }, Some(Did::Follow)).await;
        shown = self.show(shown).await?;
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let (input, did) = match word {
                "" => continue,
                "/quit" => return Ok(()),
                "/photo" => {
                    (PhoneInput::Photo(PHOTO.to_vec(), "image/gif".into()), Some(Did::Photo))
                }
                "/voice" => {
                    (PhoneInput::Voice(b"#!AMR\n".to_vec(), "audio/amr".into()), Some(Did::Voice))
                }
                "/location" => {
                    let input = PhoneInput::Location {
                        latitude: 39.4,
                        longitude: 118.9,
                        label: rest.into(),
                    };
                    (input, Some(Did::Location(rest.into())))
                }
                "/menu" => (PhoneInput::Menu(rest.into()), Some(Did::Menu(rest.into()))),
                "/follow" => (PhoneInput::Follow { scene: None }, Some(Did::Follow)),
                "/unfollow" => (PhoneInput::Unfollow, None),
                "/wait" => {
                    let minutes = rest.parse::<u32>().unwrap_or(30).clamp(1, 43_200);
                    self.did.borrow_mut().push(Did::Waited(minutes));
                    self.clock.advance(i64::from(minutes) * 60);
                    self.office.settle_all().await?;
                    shown = self.show(shown).await?;
                    continue;
                }
                _ => (PhoneInput::Text(line.clone()), Some(Did::Said(line.clone()))),
            };
            self.send(input, did).await;
            self.office.settle_all().await?;
            shown = self.show(shown).await?;
        }
        Ok(())
    }

    async fn send(&self, input: PhoneInput, did: Option<Did>) {
        match self.office.phone_send(USER, input).await {
            Ok(()) => self.did.borrow_mut().extend(did),
            Err(error) => println!("（{error}）"),
        }
    }

    /// What the bot said since `shown`.
    async fn show(&self, shown: u64) -> anyhow::Result<u64> {
        let messages = self.office.phone_messages(USER, shown.max(1)).await?;
        for message in messages.iter().filter(|message| message.from == "bot") {
            for line in message.text.lines() {
                println!("  {line}");
            }
            println!();
        }
        std::io::stdout().flush()?;
        Ok(messages.last().map_or(shown, |message| message.id))
    }
}
