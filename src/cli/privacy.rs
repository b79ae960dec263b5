//! `bianmin verify`, `retention` and `erase`: what is kept of people, and whether it is whole.
//!
//! A running server is asked to do it, because sled lets one process open a store.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use axum::Router;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::office::Office;

use super::control::{self, Key};
use super::dialogs::Answer;
use super::start;

const PATH: &str = "/control/privacy";

#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct RetentionOptions {
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct EraseOptions {
    /// The person's id, the last part of her page's address: /desk/people/ID
    person: String,
    /// Why; it is written down
    #[arg(long)]
    reason: String,
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Order {
    Verify,
    Retention(RetentionOptions),
    Erase(EraseOptions),
}

pub async fn run(config: &Path, order: Order) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let answer: Answer = control::ask_or_do(config, PATH, order, perform).await?;
    print!("{}", answer.text);
    Ok(if answer.done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a running server answers.
pub fn router(key: Key, office: Arc<Office>) -> Router {
    control::answers(PATH, key, office, perform)
}

async fn perform(office: Arc<Office>, order: Order) -> anyhow::Result<Answer> {
    match order {
        Order::Verify => verify(&office).await,
        Order::Retention(options) => retention(&office, options.dry_run).await,
        Order::Erase(options) => erase(&office, &options).await,
    }
}

async fn verify(office: &Office) -> anyhow::Result<Answer> {
    let found = office.verify().await?;
    let mut text = String::new();
    for broken in &found.broken {
        let _ = writeln!(text, "{broken}");
    }
    let (cases, events, looks) = (found.cases, found.events, found.looks);
    let _ = match found.broken.len() {
        0 => writeln!(text, "都对得上：{cases}件事，{events}条办理记录，{looks}条审计日志。"),
        count => writeln!(
            text,
            "有{count}处对不上。请先停用、保留现场，再用备份核对（docs/operations/backup.md）。"
        ),
    };
    Ok(Answer { text, done: found.broken.is_empty() })
}

async fn retention(office: &Office, dry_run: bool) -> anyhow::Result<Answer> {
    let swept = office.retention(None, dry_run).await?;
    let mut text = String::new();
    for (kind, year, count) in swept.rows() {
        let _ = writeln!(text, "{kind}　{year}年　{count}");
    }
    let (total, what) = (swept.total(), if dry_run { "会清掉" } else { "清掉了" });
    let _ = writeln!(text, "{what}{total}份，统计不变。");
    Ok(Answer { text, done: true })
}

async fn erase(office: &Office, options: &EraseOptions) -> anyhow::Result<Answer> {
    if options.reason.trim().chars().count() < 2 {
        bail!("请用 --reason 写明为什么清除，例如：--reason 本人要求");
    }
    let EraseOptions { person, reason, dry_run } = options;
    let gone = office.erase_person(None, person, reason, *dry_run).await?;
    let what = if *dry_run { "会清掉" } else { "清掉了" };
    Ok(Answer { text: format!("{what}：{gone}。统计不变。\n"), done: true })
}
