//! `bianmin menu`: the buttons below the official account, made from 菜单 of the dialogs.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};

use crate::channel::wechat::api::{self, Button};
use crate::channel::wechat::errors;
use crate::office::wechat_api::CallError;
use crate::office::{account_menu, push_menu};

use super::start;

#[derive(Debug, Subcommand)]
pub enum MenuCommand {
    /// Give WeChat the menu: 把菜单放到公众号上
    ///
    /// Phones show the new one within five minutes, or when the account is followed anew.
    Push(PushOptions),
}

#[derive(Debug, Args)]
pub struct PushOptions {
    /// Only show it, and what WeChat would be sent
    #[arg(long)]
    dry_run: bool,

    /// NAME of [wechat.NAME] in config.toml. Without it, all that have a secret
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
}

pub async fn run(config: &Path, command: MenuCommand) -> anyhow::Result<ExitCode> {
    let MenuCommand::Push(options) = command;
    let config = start::read_config(config)?;
    let (_, script) = start::read_live_county(&config)?;
    let menu = account_menu(&script);
    let body = api::menu_request(&menu)
        .map_err(|error| anyhow!("{error}。请改 _全局.yaml 的「菜单」。"))?;
    print!("{}", drawn(&menu));
    if options.dry_run {
        println!("\n{body}");
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = |name: &&String| options.account.as_ref().is_none_or(|wanted| wanted == *name);
    let accounts: Vec<&String> = config.wechat.keys().filter(chosen).collect();
    if accounts.is_empty() {
        bail!("config.toml 里没有这个公众号。请写 [wechat.名字]，或者改「--account」。");
    }
    let mut all = true;
    for name in accounts {
        let said = match push_menu(&config, name, &body).await {
            Ok(()) => "放上去了，手机上五分钟以内看得到。".to_owned(),
            Err(error) => {
                all = false;
                why(&error, "放上去")
            }
        };
        println!("{name}：{said}");
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `done`: what should have become of it.
pub(super) fn why(error: &CallError, done: &str) -> String {
    match error {
        CallError::Refused(refused) => format!(
            "没有{done}。{}。（微信说：{} {}）",
            errors::advice(refused.code),
            refused.code,
            refused.message
        ),
        CallError::Later { reason, .. } => {
            format!("没有{done}，连不上微信或者它正忙，请过一会儿再试。（{reason}）")
        }
        CallError::Unknown(reason) => format!(
            "不知道{done}没有，微信没有回话。请过五分钟看一看，没有就再来一次。（{reason}）"
        ),
        CallError::TooLarge(_) => format!("没有{done}，微信回的话太长。"),
    }
}

/// A column of the menu a paragraph.
fn drawn(menu: &[Button]) -> String {
    let mut text = String::new();
    for button in menu {
        match button {
            Button::Group { name, buttons } => {
                let _ = writeln!(text, "{name}");
                for button in buttons {
                    if let Button::Click { name, key } = button {
                        let _ = writeln!(text, "  {name}（{key}）");
                    }
                }
            }
            Button::Click { name, key } => {
                let _ = writeln!(text, "{name}（{key}）");
            }
            Button::Link { name, url } => {
                let _ = writeln!(text, "{name}（{url}）");
            }
        }
    }
    text
}
