//! `bianmin county`: which tables and common settings are live, what was, and the way there and
//! back.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use axum::Router;
use clap::Subcommand;
use serde::{Deserialize, Serialize};

use crate::config::Common;
use crate::office::clock::SystemClock;
use crate::office::{CountyRefused, Office, Parts, Tables, live_script, read_script};

use super::control::{self, Key};
use super::dialogs::{Answer, by, when};
use super::start;

const PATH: &str = "/control/county";
/// Who did it, in the history.
const BY: &str = "bianmin county";

#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum CountyCommand {
    /// What is live, and whether the folder and the file are the same: 现在用的是哪一版
    Status,
    /// The versions to which there is a way back: 以前的版本
    History,
    /// Put the folder county/ and the common settings of config.toml live: 上线
    Publish,
    /// Put a version live again that was live before: 退回
    ///
    /// It stays live, over a restart too, until the folder or the file changes.
    Rollback {
        /// As `history` shows it, or its beginning
        hash: String,
    },
}

/// With what the file of who asks says, which may be newer than that of who serves.
#[derive(Serialize, Deserialize)]
struct Order {
    command: CountyCommand,
    common: Common,
    /// The sum of what in it needs a restart.
    at_start: String,
}

pub async fn run(config: &Path, command: CountyCommand) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let (common, at_start) = (config.settings.common(), config.settings.shared_sum());
    let order = Order { command, common, at_start };
    let answer = match start::is_embedded(&config) {
        true => control::ask(&config.settings.server.data, PATH, &order).await?,
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
            perform(office, order).await?
        }
    };
    print!("{}", answer.text);
    Ok(if answer.done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a running server answers.
pub fn router(key: Key, office: Arc<Office>) -> Router {
    control::answers(PATH, key, office, perform)
}

async fn perform(office: Arc<Office>, order: Order) -> anyhow::Result<Answer> {
    let folder = || Tables::read(office.county_folder());
    match order.command {
        CountyCommand::Status => status(&office, folder(), &order.common).await,
        CountyCommand::History => history(&office).await,
        CountyCommand::Publish => {
            let tables = match folder() {
                Ok(tables) => tables,
                Err(problems) => return told(Err(CountyRefused::Problems(problems))),
            };
            let done = office.publish_county(tables, order.common, BY).await;
            let mut answer = told(done)?;
            let status = office.county_status(&order.at_start).await?;
            for place in status.to_restart {
                let _ = writeln!(
                    answer.text,
                    "config.toml 里还有要重启才生效的改动（[wechat]、[sms]、[simulator]、public_url、\
                     连接数和秒数），{place} 上的程序还没有用上。"
                );
            }
            Ok(answer)
        }
        CountyCommand::Rollback { hash } => {
            let status = office.county_status(&order.at_start).await?;
            let mut found = status.versions.iter().filter(|one| one.hash.starts_with(&hash));
            let (Some(version), None) = (found.next(), found.next()) else {
                let text = format!(
                    "没有版本 {hash}，或者不止一个这样开头的。请看「bianmin county history」。\n"
                );
                return Ok(Answer { text, done: false });
            };
            let done = office.roll_back_county(&version.hash, BY).await;
            told(done.map(|()| version.hash.clone()))
        }
    }
}

fn told(result: Result<String, CountyRefused>) -> anyhow::Result<Answer> {
    match result {
        Ok(hash) => Ok(Answer { text: format!("上线了：版本 {hash}。\n"), done: true }),
        Err(CountyRefused::Store(error)) => Err(error.into()),
        Err(CountyRefused::Problems(problems)) => {
            Ok(Answer { text: refused(&problems), done: false })
        }
        Err(error) => Ok(Answer { text: format!("{error}\n"), done: false }),
    }
}

fn refused(problems: &[String]) -> String {
    format!("{}\n\n没有上线：{}处要改。\n", problems.join("\n\n"), problems.len())
}

async fn status(
    office: &Office,
    folder: Result<Tables, Vec<String>>,
    common: &Common,
) -> anyhow::Result<Answer> {
    let status = office.county_status("").await?;
    let Some(live) = status.live else {
        let text = "还没有上线过。启动程序，或者运行「bianmin county publish」。\n".to_owned();
        return Ok(Answer { text, done: true });
    };
    let mut text = format!("现在用的版本：{}，{}{}。\n", live.hash, when(live.at), by(&live.by));
    let tables = match folder {
        Ok(tables) => tables,
        Err(problems) => {
            text.push_str("文件夹里的表改过了，还不能上线：\n\n");
            text.push_str(&refused(&problems));
            return Ok(Answer { text, done: false });
        }
    };
    let same = |is_same: bool, what: &str| match is_same {
        true => format!("{what}和上线的时候一样。\n"),
        false => format!("{what}改过了，还没有上线。运行「bianmin county publish」就上线。\n"),
    };
    text.push_str(&same(tables.hash == live.folder, "文件夹里的表"));
    text.push_str(&same(common.sum() == live.file, "config.toml 里共用的设置"));
    Ok(Answer { text, done: true })
}

async fn history(office: &Office) -> anyhow::Result<Answer> {
    let status = office.county_status("").await?;
    let mut text = String::new();
    for version in &status.versions {
        let is_live = status.live.as_ref().is_some_and(|live| live.hash == version.hash);
        let mark = if is_live { "*" } else { " " };
        let _ = writeln!(
            text,
            "{mark} {}　表 {}　{}{}",
            version.hash,
            version.tables,
            when(version.at),
            by(&version.by)
        );
    }
    if text.is_empty() {
        text.push_str("还没有上线过。\n");
    }
    Ok(Answer { text, done: true })
}
