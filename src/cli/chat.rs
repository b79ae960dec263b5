//! `bianmin chat`: the conversation in a terminal, in memory.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use jiff::Timestamp;

use crate::office::clock::ManualClock;
use crate::office::{Office, Parts, PhoneInput};
use crate::store::MemoryEngine;

use super::start;

const USER: &str = "terminal";
/// A picture of one white point, so that /photo has something to send.
const PHOTO: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\
\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

pub async fn run(config: &Path) -> anyhow::Result<ExitCode> {
    let mut config = start::read_config(config)?;
    let (tables, script) = start::read_county(&config)?;
    let media = std::env::temp_dir().join(format!("bianmin-chat-{}", std::process::id()));
    config.settings.server.data = media.clone();
    config.settings.simulator.enabled = true;
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let store = Arc::new(MemoryEngine::default());
    let office = Office::new(Parts { config, store, clock: clock.clone(), tables, script })
        .map_err(|error| anyhow!(error))?;
    let chat = Chat { office, clock };
    let ended = chat.talk().await;
    // Photos of a trial are not kept; a folder that was never made is fine too.
    let _ = std::fs::remove_dir_all(media);
    ended.map(|()| ExitCode::SUCCESS)
}

struct Chat {
    office: Arc<Office>,
    clock: Arc<ManualClock>,
}

impl Chat {
    async fn talk(&self) -> anyhow::Result<()> {
        println!(
            "（按回车发送；/photo 照片　/voice 语音　/location 地名　/menu 按钮　/wait 分钟　/quit 结束）"
        );
        let mut shown = 0;
        self.send(PhoneInput::Follow { scene: None }).await;
        shown = self.show(shown).await?;
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let input = match word {
                "" => continue,
                "/quit" => return Ok(()),
                "/photo" => PhoneInput::Photo(PHOTO.to_vec(), "image/gif".into()),
                "/voice" => PhoneInput::Voice(b"#!AMR\n".to_vec(), "audio/amr".into()),
                "/location" => {
                    PhoneInput::Location { latitude: 39.4, longitude: 118.9, label: rest.into() }
                }
                "/menu" => PhoneInput::Menu(rest.into()),
                "/follow" => PhoneInput::Follow { scene: None },
                "/unfollow" => PhoneInput::Unfollow,
                "/wait" => {
                    self.clock.advance(rest.parse::<i64>().unwrap_or(30).clamp(0, 43_200) * 60);
                    self.office.settle_all().await?;
                    shown = self.show(shown).await?;
                    continue;
                }
                _ => PhoneInput::Text(line.clone()),
            };
            self.send(input).await;
            self.office.settle_all().await?;
            shown = self.show(shown).await?;
        }
        Ok(())
    }

    async fn send(&self, input: PhoneInput) {
        if let Err(error) = self.office.phone_send(USER, input).await {
            println!("（{error}）");
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
