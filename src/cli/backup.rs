//! `backup`, `restore`, `compact`, `export`, `import`.
//!
//! While the server runs, the server makes the backup, because sled lets one process open a store.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::office::Office;
use crate::store::SledEngine;
use crate::store::backup::{self as copies, Manifest};

use super::control::{self, Key};
use super::start;

const PATH: &str = "/control/backup";

#[derive(Serialize, Deserialize)]
struct Order {
    folder: PathBuf,
}

struct Served {
    key: Key,
    store: Arc<SledEngine>,
    media: PathBuf,
    office: Arc<Office>,
}

/// The server's side.
pub fn router(key: Key, store: Arc<SledEngine>, data: &Path, office: Arc<Office>) -> Router {
    let served = Served { key, store, media: data.join("media"), office };
    Router::new().route(PATH, post(make)).with_state(Arc::new(served))
}

async fn make(
    State(served): State<Arc<Served>>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<Json<Manifest>, (StatusCode, String)> {
    if !served.key.is_shown(&headers) {
        return Err((StatusCode::FORBIDDEN, "not for you".into()));
    }
    match copy(&served.store, &served.media, &order.folder).await {
        Ok(manifest) => {
            let folder = order.folder.display().to_string();
            // The copy is there, whether or not the log takes the line about it.
            if let Err(error) = served.office.note_backup(&folder, manifest.records).await {
                tracing::warn!(%error, "the backup is not in the log");
            }
            Ok(Json(manifest))
        }
        Err(error) => Err((StatusCode::CONFLICT, format!("{error:#}"))),
    }
}

/// The store first: every file that it names is there when the files are copied after it.
async fn copy(store: &SledEngine, media: &Path, folder: &Path) -> anyhow::Result<Manifest> {
    let manifest = copies::backup(store, folder).await?;
    let (from, to) = (media.to_owned(), folder.join("media"));
    tokio::task::spawn_blocking(move || copy_media(&from, &to)).await??;
    Ok(manifest)
}

fn copy_media(from: &Path, to: &Path) -> anyhow::Result<()> {
    if !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_media(&source, &target)?;
        } else if source.extension().is_none() {
            fs::copy(&source, &target).with_context(|| target.display().to_string())?;
            File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}

pub async fn backup(config: &Path, folder: &Path) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    refuse_a_database(&config)?;
    let data = &config.settings.server.data;
    let folder = std::path::absolute(folder)?;
    let order = Order { folder: folder.clone() };
    let manifest = match control::ask(data, PATH, &order).await? {
        Some(manifest) => manifest,
        None => copy(&*start::open_embedded(&config)?, &data.join("media"), &folder).await?,
    };
    println!(
        "{}: {} records and {} changes. To use it: bianmin restore {}",
        folder.display(),
        manifest.records,
        manifest.changes,
        folder.display()
    );
    Ok(ExitCode::SUCCESS)
}

pub async fn restore(config: &Path, folder: &Path) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    refuse_a_database(&config)?;
    let data = &config.settings.server.data;
    fs::create_dir_all(data).with_context(|| data.display().to_string())?;
    let store = start::store_folder(&config);
    let manifest = copies::restore(folder, &store, start::sled_settings(&config)).await?;
    copy_media(&folder.join("media"), &data.join("media"))?;
    println!("{}: {} records are back.", store.display(), manifest.records);
    Ok(ExitCode::SUCCESS)
}

pub async fn compact(config: &Path) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    refuse_a_database(&config)?;
    let store = start::store_folder(&config);
    if !store.exists() {
        bail!("{}: there is no store to compact", store.display());
    }
    let (before, after) = copies::compact(&store, start::sled_settings(&config)).await?;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!("{}: {:.1} MiB before, {:.1} MiB after.", store.display(), mib(before), mib(after));
    Ok(ExitCode::SUCCESS)
}

pub async fn export(config: &Path, file: &Path) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    refuse_while_served(&config)?;
    let store = start::open_store(&config).await?.store();
    let count = if file == Path::new("-") {
        copies::export(&*store, std::io::stdout().lock()).await?
    } else {
        let out = File::create_new(file).with_context(|| {
            format!("{}: please name a file that does not exist yet", file.display())
        })?;
        let mut out = BufWriter::new(out);
        let count = copies::export(&*store, &mut out).await?;
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        count
    };
    eprintln!("{count} records");
    Ok(ExitCode::SUCCESS)
}

pub async fn import(config: &Path, file: &Path) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let input: Box<dyn BufRead + Send> = if file == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let input = File::open(file).with_context(|| file.display().to_string())?;
        Box::new(BufReader::new(input))
    };
    refuse_while_served(&config)?;
    let store = start::open_store(&config).await?.store();
    let count = copies::import(&*store, input).await?;
    eprintln!("{count} records");
    Ok(ExitCode::SUCCESS)
}

/// What a database does better itself.
fn refuse_a_database(config: &Config) -> anyhow::Result<()> {
    if !start::is_embedded(config) {
        bail!(
            "the store is a PostgreSQL, which has its own tools for this: pg_dump, pg_restore, \
             VACUUM. Please see docs/operations/backup.md"
        );
    }
    Ok(())
}

/// A clearer word than that of the lock. A database may be read and filled meanwhile.
fn refuse_while_served(config: &Config) -> anyhow::Result<()> {
    if !start::is_embedded(config) {
        return Ok(());
    }
    if let Some(address) = control::served_at(&config.settings.server.data) {
        bail!("the server runs on {address}. Please either stop it first or use `backup`");
    }
    Ok(())
}
