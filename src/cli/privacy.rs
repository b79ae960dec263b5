//! `bianmin verify`, `retention` and `erase`: what is kept of people, and whether it is whole.
//!
//! A running server is asked to do it, because sled lets one process open a store.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::office::clock::SystemClock;
use crate::office::{Office, Parts};

use super::control::{self, Key};
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

#[derive(Serialize, Deserialize)]
struct Answer {
    text: String,
    done: bool,
}

pub async fn run(config: &Path, order: Order) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let answer = match start::is_embedded(&config) {
        true => control::ask(&config.settings.server.data, PATH, &order).await?,
        false => None,
    };
    let answer: Answer = match answer {
        Some(answer) => answer,
        None => {
            let (tables, script) = start::read_county(&config)?;
            let store = start::open_store(&config).await?.store();
            let clock = Arc::new(SystemClock);
            let office = Office::new(Parts { config, store, clock, tables, script })
                .map_err(|error| anyhow!(error))?;
            perform(&office, order).await?
        }
    };
    print!("{}", answer.text);
    Ok(if answer.done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The server's side.
pub fn router(key: Key, office: Arc<Office>) -> Router {
    Router::new().route(PATH, post(serve)).with_state((key, office))
}

async fn serve(
    State((key, office)): State<(Key, Arc<Office>)>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<Json<Answer>, (StatusCode, String)> {
    if !key.is_shown(&headers) {
        return Err((StatusCode::FORBIDDEN, "not for you".into()));
    }
    let answer = perform(&office, order).await;
    answer.map(Json).map_err(|error| (StatusCode::CONFLICT, format!("{error:#}")))
}

async fn perform(office: &Office, order: Order) -> anyhow::Result<Answer> {
    match order {
        Order::Verify => verify(office).await,
        Order::Retention(options) => retention(office, options.dry_run).await,
        Order::Erase(options) => erase(office, &options).await,
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
        0 => writeln!(text, "都对得上：{cases}件事，{events}条办理记录，{looks}条查看记录。"),
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
