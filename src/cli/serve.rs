//! `bianmin serve`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::office::clock::SystemClock;
use crate::office::{Office, Parts};
use crate::web;

use super::control::Control;
use super::{backup, case, county, dialogs, keys, log, privacy, shop, start, work};

/// With what the office's own work may take, 10 s at most from the signal to the end.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(6);

pub async fn run(config: &Path) -> anyhow::Result<ExitCode> {
    let config = start::read_config(config)?;
    let settings = config.settings.clone();
    log::start(&config);
    let (tables, script) = start::read_live_county(&config)?;
    let listener = TcpListener::bind(settings.server.listen).await.with_context(|| {
        format!(
            "{}: can not listen there. Is it already running? Please either stop the other \
             program or change server.listen in config.toml",
            settings.server.listen
        )
    })?;
    let address = listener.local_addr()?;
    let shutdown = CancellationToken::new();
    let limits = web::Limits {
        connections: settings.limits.connections,
        header: Duration::from_secs(settings.limits.header_seconds),
        body: Duration::from_secs(settings.limits.body_seconds),
        grace: REQUESTS_END_WITHIN,
        ..web::Limits::default()
    };
    // A database that is away is waited for; meanwhile it is said that this lives and is not ready.
    let doors = web::Doors::closed();
    let serving = tokio::spawn(web::serve(listener, doors.clone(), limits, shutdown.clone()));
    let opened = start::open_store(&config).await?;
    let store = opened.store();
    let parts = Parts { config, store, clock: Arc::new(SystemClock), tables, script };
    let office = Office::new(parts).map_err(|error| anyhow!(error))?;
    let first = office.first_staff().await?;
    office.note_settings(&settings.shared_sum()).await?;
    office.open_demo_shop().await.map_err(|problems| anyhow!(problems.join("\n")))?;
    let control = match opened {
        start::Opened::Embedded(store) => {
            let control = Control::open(&settings.server.data, address)?;
            let key = control.key();
            let routes = backup::router(key.clone(), store, &settings.server.data, office.clone())
                .merge(dialogs::router(key.clone(), office.clone()))
                .merge(county::router(key.clone(), office.clone()))
                .merge(shop::router(key.clone(), office.clone()))
                .merge(keys::router(key.clone(), office.clone()))
                .merge(case::router(key.clone(), office.clone()))
                .merge(work::router(key.clone(), office.clone()))
                .merge(privacy::router(key, office.clone()));
            Some((control, routes))
        }
        // The database makes its own copies.
        start::Opened::Postgres(_) => None,
    };
    office.adopt_county().await?;
    office.adopt_script().await?;
    office.start();
    let mut router = web::router(office.clone());
    if let Some((_, routes)) = &control {
        router = router.merge(routes.clone());
    }
    doors.open(router);

    let signal = signal()?;
    print!("{}", greeting(&settings, address, first));
    std::io::stdout().flush()?;

    tokio::spawn(async move {
        signal.await;
        tracing::info!("stopping: what runs is finished first");
        shutdown.cancel();
    });
    serving.await?;
    office.stop().await;
    if let Some((control, _)) = control {
        control.close();
    }
    Ok(ExitCode::SUCCESS)
}

/// Where everything is, and at the very first start who may come in.
fn greeting(settings: &Settings, address: SocketAddr, first: Vec<(String, String)>) -> String {
    let mut lines =
        vec![format!("便民 Bianmin {}　{}", env!("CARGO_PKG_VERSION"), settings.county.name)];
    if settings.simulator.enabled {
        lines.push(format!("  试用手机 phone   http://{address}/phone"));
    }
    lines.push(format!("  受理台   desk    http://{address}/desk"));
    lines.push(format!("  状态     health  http://{address}/health"));
    lines.extend(first.into_iter().map(|(name, password)| {
        format!("  第一次登录 first sign-in: {name}　一次性密码 one-time password: {password}")
    }));
    lines.join("\n") + "\n"
}

/// Ctrl-C or SIGTERM. Listens from the moment of the call, so that nobody who read where
/// the server is can be too early.
#[cfg(unix)]
fn signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
