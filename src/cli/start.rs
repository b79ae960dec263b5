//! Reading what every subcommand needs, and saying what is wrong with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};

use crate::config::{self, Config};
use crate::dialog::Script;
use crate::office::clock::SystemClock;
use crate::office::{Office, Parts, Tables, check_dialogs, read_script};
use crate::store::{PostgresEngine, PostgresSettings, SledEngine, SledSettings, Store, backup};

pub fn read_config(path: &Path) -> anyhow::Result<Config> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        // Without a file all defaults hold, but a file that was asked for by name must be there.
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound && path == Path::new("config.toml") =>
        {
            String::new()
        }
        Err(error) => bail!("{}: can not be read ({error})", path.display()),
    };
    let secret = |name: &str| std::env::var(name).ok();
    Ok(config::parse(&path.display().to_string(), &text, &secret)?)
}

/// All mistakes of all files are said before it gives up.
pub fn read_county(config: &Config) -> anyhow::Result<(Tables, Script)> {
    let county = &config.settings.county;
    let tables = Tables::read(&county.folder);
    let script = read_script(&county.dialogs);
    match (tables, script) {
        (Ok(tables), Ok(script)) => match tables.misfits(&script) {
            misfits if misfits.is_empty() => Ok((tables, script)),
            misfits => bail!("{}\n共{}处要改。", misfits.join("\n\n"), misfits.len()),
        },
        (tables, script) => {
            let mut problems = tables.err().unwrap_or_default();
            problems.extend(script.err().unwrap_or_default());
            bail!("{}\n共{}处要改。", problems.join("\n\n"), problems.len())
        }
    }
}

/// The same with every check of the dialogs: what goes live must pass them.
pub fn read_live_county(config: &Config) -> anyhow::Result<(Tables, Script)> {
    let (tables, _) = read_county(config)?;
    match check_dialogs(&config.settings.county.dialogs, &tables) {
        Ok(script) => Ok((tables, script)),
        Err(problems) => bail!(
            "{}\n\n对话有{}处错误，没有启动。请照上面的改好再启动；\
             改的时候用「bianmin lint」看还剩几处，「bianmin lint --fix」先改掉不用动脑筋的。",
            problems.join("\n\n"),
            problems.len()
        ),
    }
}

/// On the stored data, while no server runs on it.
pub async fn open_office(config: Config) -> anyhow::Result<Arc<Office>> {
    let (tables, script) = read_county(&config)?;
    let store = open_store(&config).await?.store();
    let parts = Parts { config, store, clock: Arc::new(SystemClock), tables, script };
    Office::new(parts).map_err(|error| anyhow!(error))
}

pub fn store_folder(config: &Config) -> PathBuf {
    config.settings.server.data.join("store")
}

pub fn sled_settings(config: &Config) -> SledSettings {
    SledSettings {
        cache_bytes: config.settings.store.cache_mb * 1024 * 1024,
        reserve_bytes: config.settings.store.reserve_mb * 1024 * 1024,
        ..SledSettings::default()
    }
}

/// The store that config.toml names.
pub enum Opened {
    Embedded(Arc<SledEngine>),
    Postgres(Arc<PostgresEngine>),
}

impl Opened {
    pub fn store(&self) -> Store {
        match self {
            Opened::Embedded(store) => store.clone(),
            Opened::Postgres(store) => store.clone(),
        }
    }
}

pub fn is_embedded(config: &Config) -> bool {
    config.settings.store.postgres.is_empty()
}

pub async fn open_store(config: &Config) -> anyhow::Result<Opened> {
    let store = &config.settings.store;
    if is_embedded(config) {
        return Ok(Opened::Embedded(open_embedded(config)?));
    }
    let settings = PostgresSettings {
        url: store.postgres.clone(),
        password: config.store_password.clone(),
        ca_file: Some(store.ca_file.clone()).filter(|file| !file.as_os_str().is_empty()),
        connections: store.connections,
    };
    let engine = PostgresEngine::open(settings).await.with_context(|| {
        format!("{}: the database does not open. Please see docs/operations/", store.postgres)
    })?;
    Ok(Opened::Postgres(Arc::new(engine)))
}

pub fn open_embedded(config: &Config) -> anyhow::Result<Arc<SledEngine>> {
    let folder = store_folder(config);
    std::fs::create_dir_all(&config.settings.server.data)
        .with_context(|| format!("{}: can not be made", config.settings.server.data.display()))?;
    backup::mend(&folder)?;
    let engine = SledEngine::open(&folder, sled_settings(config))
        .with_context(|| format!("{}: the store does not open", folder.display()))?;
    Ok(Arc::new(engine))
}
