//! `bianmin dialogs`: what is live, what was, and the way there and back.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use axum::Router;
use clap::Subcommand;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::office::clock::SystemClock;
use crate::office::{
    FolderStatus, Office, Parts, PublishError, Published, Tables, live_script, read_script,
};

use super::control::{self, Key};
use super::start;

const PATH: &str = "/control/dialogs";
/// Who did it, in the history.
const BY: &str = "bianmin dialogs";

#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum DialogsCommand {
    /// What is live, and what would become of the folder: 现在用的是哪一版
    Status,
    /// The versions to which there is a way back: 以前的版本
    History,
    /// Put the folder live, if it passes all checks and tests: 上线
    ///
    /// A program that serves does so by itself, some seconds after a file was saved; this is for
    /// a program that does not, and for --at-once.
    Publish {
        /// People under way get the new one at their next message; what they answered stays, as
        /// far as it still fits. Without it they finish by the version with which they began
        #[arg(long)]
        at_once: bool,
    },
    /// Put a version live again that was live before: 退回
    ///
    /// It stays live, over a restart too, until a file in the folder changes.
    Rollback {
        /// As `history` shows it, or its beginning
        hash: String,
        /// As with publish
        #[arg(long)]
        at_once: bool,
    },
}

/// What it came to: for the terminal, in Chinese.
#[derive(Serialize, Deserialize)]
pub(super) struct Answer {
    pub text: String,
    pub done: bool,
}

impl Answer {
    /// What was refused is no output.
    pub fn shown(&self) -> anyhow::Result<ExitCode> {
        match self.done {
            true => print!("{}", self.text),
            false => eprint!("{}", self.text),
        }
        Ok(if self.done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

pub async fn run(config: &Path, command: DialogsCommand) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let answer = match start::is_embedded(&config) {
        true => control::ask(&config.settings.server.data, PATH, &command).await?,
        // Who serves on a database looks there for what is live.
        false => None,
    };
    let answer: Answer = match answer {
        Some(answer) => answer,
        None => {
            let tables = Tables::read(&config.settings.county.folder)
                .map_err(|problems| anyhow!(problems.join("\n\n")))?;
            let store = start::open_store(&config).await?.store();
            let script = match live_script(&store).await? {
                Some(script) => script,
                None => read_script(&config.settings.county.dialogs)
                    .map_err(|problems| anyhow!(problems.join("\n\n")))?,
            };
            let clock = Arc::new(SystemClock);
            let office = Office::new(Parts { config, store, clock, tables, script })
                .map_err(|error| anyhow!(error))?;
            perform(office, command).await?
        }
    };
    print!("{}", answer.text);
    Ok(if answer.done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a running server answers.
pub fn router(key: Key, office: Arc<Office>) -> Router {
    control::answers(PATH, key, office, perform)
}

async fn perform(office: Arc<Office>, command: DialogsCommand) -> anyhow::Result<Answer> {
    match command {
        DialogsCommand::Status => status(&office).await,
        DialogsCommand::History => history(&office).await,
        DialogsCommand::Publish { at_once } => told(office.publish_folder(BY, at_once).await),
        DialogsCommand::Rollback { hash, at_once } => {
            let Some(snapshot) = office.find_snapshot(&hash).await? else {
                let text = format!(
                    "没有版本 {hash}，或者不止一个这样开头的。请看「bianmin dialogs history」。\n"
                );
                return Ok(Answer { text, done: false });
            };
            told(office.roll_back(&snapshot.hash, BY, at_once).await)
        }
    }
}

fn told(result: Result<Published, PublishError>) -> anyhow::Result<Answer> {
    match result {
        Ok(published) => {
            let mut text = format!("上线了：版本 {}。\n", published.hash);
            for lost in &published.re_asked {
                let _ = writeln!(text, "正在办的人里，{lost}。");
            }
            Ok(Answer { text, done: true })
        }
        Err(PublishError::Store(error)) => bail!(error),
        Err(PublishError::Blocked(problems)) => {
            Ok(Answer { text: refused(&problems), done: false })
        }
        Err(error) => Ok(Answer { text: format!("{error}\n"), done: false }),
    }
}

fn refused(problems: &[String]) -> String {
    format!("{}\n\n没有上线：{}处要改。\n", problems.join("\n\n"), problems.len())
}

async fn status(office: &Office) -> anyhow::Result<Answer> {
    let status = office.dialogs_status().await?;
    let mut text = match &status.live {
        None => "还没有上线过。启动程序，或者运行「bianmin dialogs publish」。\n".to_owned(),
        Some(live) => format!("现在用的版本：{}，{}{}。\n", live.hash, when(live.at), by(&live.by)),
    };
    match &status.folder {
        FolderStatus::Same => match &status.live {
            Some(live) if live.folder != live.hash => {
                text.push_str("是退回去的；文件夹里还是退回以前的，改了就会上线。\n");
            }
            _ => text.push_str("文件夹里的和它一样。\n"),
        },
        FolderStatus::Ready(noticed) => {
            text.push_str("文件夹里的改过了，检查和测试都通过，可以上线。\n");
            for sentence in noticed {
                let _ = writeln!(text, "{sentence}");
            }
        }
        FolderStatus::Refused(problems) => {
            text.push_str("文件夹里的改过了，还不能上线：\n\n");
            text.push_str(&refused(problems));
        }
    }
    Ok(Answer { text, done: !matches!(status.folder, FolderStatus::Refused(_)) })
}

async fn history(office: &Office) -> anyhow::Result<Answer> {
    let live = office.dialogs_status().await?.live;
    let mut text = String::new();
    for snapshot in office.snapshots().await? {
        let is_live = live.as_ref().is_some_and(|live| live.hash == snapshot.hash);
        let mark = if is_live { "*" } else { " " };
        let _ =
            writeln!(text, "{mark} {}　{}{}", snapshot.hash, when(snapshot.at), by(&snapshot.by));
    }
    if text.is_empty() {
        text.push_str("还没有上线过。\n");
    }
    Ok(Answer { text, done: true })
}

pub(super) fn by(who: &str) -> String {
    match who {
        "" => "，启动时上线".to_owned(),
        who => format!("，{who}"),
    }
}

/// 2026年11月25日 09:30, Beijing time.
pub(super) fn when(at: Timestamp) -> String {
    let at = Offset::constant(8).to_datetime(at);
    format!("{}年{}月{}日 {:02}:{:02}", at.year(), at.month(), at.day(), at.hour(), at.minute())
}
