//! `backup`, `restore`, `compact`, `export`, `import`.
//!
//! Sled lets one process open a store. While the server runs, the server makes the backup:
//! it is asked over its own address, with a token that only who can read `data/` knows.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::config::Config;
use crate::office::random;
use crate::store::SledEngine;
use crate::store::backup::{self as copies, Manifest};

use super::start;

const TOKEN_FILE: &str = "control.token";
const TOKEN_HEADER: &str = "x-bianmin-control";
const PATH: &str = "/control/backup";

/// Where the running server listens, and what it wants to hear.
#[derive(Serialize, Deserialize)]
struct Token {
    address: SocketAddr,
    token: String,
}

#[derive(Serialize, Deserialize)]
struct Order {
    folder: PathBuf,
}

/// The server's side. The token changes with every start.
pub struct Control {
    file: PathBuf,
    shared: Arc<Shared>,
}

struct Shared {
    token: String,
    store: Arc<SledEngine>,
    media: PathBuf,
}

impl Control {
    pub fn open(data: &Path, address: SocketAddr, store: Arc<SledEngine>) -> anyhow::Result<Self> {
        let file = data.join(TOKEN_FILE);
        let token = random::hex::<32>();
        let text = serde_json::to_string(&Token { address, token: token.clone() })?;
        write_private(&file, &text).with_context(|| file.display().to_string())?;
        Ok(Self { file, shared: Arc::new(Shared { token, store, media: data.join("media") }) })
    }

    pub fn router(&self) -> Router {
        Router::new().route(PATH, post(make)).with_state(self.shared.clone())
    }

    pub fn close(&self) {
        // A token that stays behind opens nothing: the next start makes a new one.
        let _ = fs::remove_file(&self.file);
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}

async fn make(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<Json<Manifest>, (StatusCode, String)> {
    let given = headers.get(TOKEN_HEADER).map_or(&b""[..], |value| value.as_bytes());
    if !bool::from(given.ct_eq(shared.token.as_bytes())) {
        return Err((StatusCode::FORBIDDEN, "not for you".into()));
    }
    match copy(&shared.store, &shared.media, &order.folder).await {
        Ok(manifest) => Ok(Json(manifest)),
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
    let manifest = match ask_the_server(data, &folder).await? {
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

/// `None`: no server runs on this data.
async fn ask_the_server(data: &Path, folder: &Path) -> anyhow::Result<Option<Manifest>> {
    let Ok(text) = fs::read_to_string(data.join(TOKEN_FILE)) else { return Ok(None) };
    let Ok(Token { address, token }) = serde_json::from_str(&text) else { return Ok(None) };
    let client = reqwest::Client::builder().no_proxy().build()?;
    let order = Order { folder: folder.to_owned() };
    let url = format!("http://{address}{PATH}");
    match client.post(url).header(TOKEN_HEADER, token).json(&order).send().await {
        Ok(answer) if answer.status().is_success() => Ok(Some(answer.json().await?)),
        Ok(answer) => bail!("the server did not make it: {}", answer.text().await?),
        // It was killed and left its token behind.
        Err(error) if error.is_connect() => Ok(None),
        Err(error) => Err(error.into()),
    }
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
    let file = config.settings.server.data.join(TOKEN_FILE);
    let Ok(text) = fs::read_to_string(file) else { return Ok(()) };
    let Ok(Token { address, .. }) = serde_json::from_str(&text) else { return Ok(()) };
    if std::net::TcpStream::connect(address).is_ok() {
        bail!("the server runs on {address}. Please either stop it first or use `backup`");
    }
    Ok(())
}
