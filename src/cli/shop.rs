//! `bianmin shop`: goods from a table.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Subcommand;
use serde::{Deserialize, Serialize};

use crate::office::Office;
use crate::office::shop::Uploaded;

use super::control::{self, Key};
use super::start;

const PATH: &str = "/control/shop/import";
const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The file in base64, and the rest of the order.
const ORDER_BYTES_MAX: usize = FILE_BYTES_MAX / 3 * 4 + 4 * 1024;

#[derive(Debug, Subcommand)]
pub enum ShopCommand {
    /// Put in a table of goods, .xlsx, .csv or .json: 传商品表
    ///
    /// The same as the upload at the desk. A table with a mistake changes nothing: every bad row
    /// is said with its row and column. With a program that serves it asks that one; otherwise
    /// it works on the stored data. Exit code 0: done; 1: mistakes.
    Import {
        file: PathBuf,
        /// Only say what would become of it
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Serialize, Deserialize)]
struct Order {
    name: String,
    /// In base64.
    table: String,
    dry_run: bool,
}

type Answer = Result<Uploaded, Vec<String>>;

pub async fn run(config: &Path, command: ShopCommand) -> anyhow::Result<ExitCode> {
    let ShopCommand::Import { file, dry_run } = command;
    let bytes = std::fs::read(&file).with_context(|| format!("{}：读不出来", file.display()))?;
    if bytes.len() > FILE_BYTES_MAX {
        bail!("{}：超过4MB，请分几次传。", file.display());
    }
    let name = file.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let name =
        name.filter(|name| [".xlsx", ".csv", ".json"].iter().any(|known| name.ends_with(known)));
    let Some(name) = name else {
        bail!("{}：请给 .xlsx、.csv 或 .json 文件。", file.display())
    };
    let config = start::read_config(config)?;
    let table = BASE64_STANDARD.encode(&bytes);
    let order = Order { name: name.clone(), table, dry_run };
    let asked = control::ask::<Answer>(&config.settings.server.data, PATH, &order).await?;
    let answer = match asked {
        Some(answer) => answer,
        None => start::open_office(config).await?.import_goods(&name, &bytes, dry_run).await,
    };
    match answer {
        Ok(Uploaded { new, changed, same }) => {
            let what = if dry_run { "会" } else { "已" };
            println!("{what}新增{new}种，{what}改{changed}种，没变{same}种。");
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            problems.iter().for_each(|problem| println!("{problem}"));
            println!("共{}处要改，一样也没有存。", problems.len());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What a running server answers.
pub fn router(key: Key, office: Arc<Office>) -> Router {
    Router::new()
        .route(PATH, post(import))
        .layer(DefaultBodyLimit::max(ORDER_BYTES_MAX))
        .with_state((key, office))
}

async fn import(
    State((key, office)): State<(Key, Arc<Office>)>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<Json<Answer>, (StatusCode, String)> {
    if !key.is_shown(&headers) {
        return Err((StatusCode::FORBIDDEN, "not for you".into()));
    }
    let bytes = BASE64_STANDARD.decode(&order.table);
    let bytes = bytes.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    Ok(Json(office.import_goods(&order.name, &bytes, order.dry_run).await))
}
