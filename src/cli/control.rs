//! How a subcommand asks the running server to do something: over its own address, with a token
//! that only who can read `data/` knows. Sled lets one process open a store.

use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::config::Config;
use crate::office::{Office, random};

use super::start;

const TOKEN_FILE: &str = "control.token";
const TOKEN_HEADER: &str = "x-bianmin-control";

/// Where the running server listens, and what it wants to hear.
#[derive(Serialize, Deserialize)]
struct Token {
    address: SocketAddr,
    token: String,
}

/// The server's side. The token changes with every start.
pub struct Control {
    file: PathBuf,
    key: Key,
}

/// What a request must show.
#[derive(Clone)]
pub struct Key(Arc<str>);

impl Control {
    pub fn open(data: &Path, address: SocketAddr) -> anyhow::Result<Self> {
        let file = data.join(TOKEN_FILE);
        let token = random::hex::<32>();
        let text = serde_json::to_string(&Token { address, token: token.clone() })?;
        write_private(&file, &text).with_context(|| file.display().to_string())?;
        Ok(Self { file, key: Key(token.into()) })
    }

    pub fn key(&self) -> Key {
        self.key.clone()
    }

    pub fn close(&self) {
        // A token that stays behind opens nothing: the next start makes a new one.
        let _ = fs::remove_file(&self.file);
    }
}

impl Key {
    pub fn is_shown(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(TOKEN_HEADER).map_or(&b""[..], |value| value.as_bytes());
        given.ct_eq(self.0.as_bytes()).into()
    }
}

/// What the server does when it is asked so.
pub fn answers<O, T, F>(
    path: &str,
    key: Key,
    office: Arc<Office>,
    work: fn(Arc<Office>, O) -> F,
) -> Router
where
    O: DeserializeOwned + Send + 'static,
    T: Serialize,
    F: Future<Output = anyhow::Result<T>> + Send + 'static,
{
    let take = async move |headers: HeaderMap, Json(order): Json<O>| {
        if !key.is_shown(&headers) {
            return Err((StatusCode::FORBIDDEN, "not for you".to_owned()));
        }
        let answer = work(office, order).await;
        answer.map(Json).map_err(|error| (StatusCode::CONFLICT, format!("{error:#}")))
    };
    Router::new().route(path, post(take))
}

/// Asks the server that runs on this data; where none does, does it here.
pub async fn ask_or_do<O, T, F>(
    config: Config,
    path: &str,
    order: O,
    work: fn(Arc<Office>, O) -> F,
) -> anyhow::Result<T>
where
    O: Serialize,
    T: DeserializeOwned,
    F: Future<Output = anyhow::Result<T>>,
{
    // Who serves on a database looks there for what was done.
    if start::is_embedded(&config)
        && let Some(answer) = ask(&config.settings.server.data, path, &order).await?
    {
        return Ok(answer);
    }
    work(start::open_office(config).await?, order).await
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

fn token(data: &Path) -> Option<Token> {
    let text = fs::read_to_string(data.join(TOKEN_FILE)).ok()?;
    serde_json::from_str(&text).ok()
}

/// Where a server runs on this data.
pub fn served_at(data: &Path) -> Option<SocketAddr> {
    let address = token(data)?.address;
    std::net::TcpStream::connect(address).ok().map(|_| address)
}

/// `None`: no server runs on this data.
pub async fn ask<T: DeserializeOwned>(
    data: &Path,
    path: &str,
    order: &impl Serialize,
) -> anyhow::Result<Option<T>> {
    let Some(Token { address, token }) = token(data) else { return Ok(None) };
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("http://{address}{path}");
    match client.post(url).header(TOKEN_HEADER, token).json(order).send().await {
        Ok(answer) if answer.status().is_success() => Ok(Some(answer.json().await?)),
        Ok(answer) => bail!("the server did not do it: {}", answer.text().await?),
        // It was killed and left its token behind.
        Err(error) if error.is_connect() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
