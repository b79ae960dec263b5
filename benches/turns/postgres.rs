//! The same turns with the store on a PostgreSQL: one, two and three instances, beside what
//! the database can do at all.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fake_wechat::postgres::{Cluster, Fresh};
use fake_wechat::{Account, Mode};
use tokio::task::LocalSet;
use tokio_postgres::{Client, NoTls};

use super::{After, County, Server, VILLAGERS, drive, file_system, health, start_program};

const CONNECTIONS: usize = 64;
/// Of those that send bare commits, the number that gets most of them through counts.
const CLIENTS: [usize; 3] = [8, 16, 32];

pub fn measure(quick: bool) -> Result<()> {
    let window = Duration::from_secs(if quick { 1 } else { 5 });
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    println!("file system {}", file_system(folder.path())?);
    // Below /tmp: its user must be able to get there.
    let cluster = Cluster::start(&std::env::temp_dir(), true);
    println!("{}", cluster.sql("SELECT version()"));
    let database = cluster.fresh();
    let mut county = County::new(Account::new(Mode::Safe));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let first = programs(folder.path(), &county.account, &database, 1)?;
        let queues = county.queues(CONNECTIONS, VILLAGERS.div_ceil(CONNECTIONS));
        county.check(drive(&addresses(&first), queues, Duration::MAX, After::Keep).await?)?;
        drop(first);
        let sizes = format!(
            "SELECT round(avg(length(value))) FROM {}.entry WHERE k >= 'contact/' AND k < 'contact0'",
            database.name
        );
        let bytes: usize = cluster.sql(&sizes).parse()?;
        let limit = limit(&cluster, &database, bytes, window).await?;
        println!("the database alone: {limit:.0} single-statement commits/s of {bytes} bytes\n");
        println!("instances  turns/s  p50 ms  p99 ms  cpu us | of the limit | conflicts");
        for count in 1..=3 {
            let programs = programs(folder.path(), &county.account, &database, count)?;
            let addresses = addresses(&programs);
            let queues = county.queues(CONNECTIONS, 20_000 / CONNECTIONS);
            let warm = drive(&addresses, queues, window / 5, After::Keep).await?;
            let wanted = warm.per_second() * window.as_secs_f64() * 1.5;
            county.check(warm)?;
            let queues = county.queues(CONNECTIONS, wanted as usize / CONNECTIONS + 50);
            let cpu = cpu(&programs)?;
            let turns = drive(&addresses, queues, window, After::Keep).await?;
            let cpu = self::cpu(&programs)? - cpu;
            let mut conflicts = 0;
            for address in &addresses {
                let health = health(*address).await?;
                conflicts += health.number("/conflicts");
                for name in ["/duplicates", "/refused", "/flooded", "/late", "/faults"] {
                    ensure!(health.number(name) == 0, "{} of {name}", health.number(name));
                }
            }
            println!(
                "{count:>9}  {} | {:>12.2} | {conflicts:>9}",
                turns.columns(cpu),
                turns.per_second() / limit
            );
            county.check(turns)?;
        }
        Ok(())
    })
}

fn addresses(programs: &[Server]) -> Vec<std::net::SocketAddr> {
    programs.iter().map(|program| program.address).collect()
}

fn cpu(programs: &[Server]) -> Result<Duration> {
    programs.iter().map(Server::cpu).sum()
}

fn programs(
    folder: &Path,
    account: &Account,
    database: &Fresh,
    count: usize,
) -> Result<Vec<Server>> {
    let store = format!("[store]\npostgres = {:?}\nconnections = 16\n", database.url());
    (0..count)
        .map(|n| {
            let own = folder.join(format!("instance{n}"));
            std::fs::create_dir_all(&own)?;
            start_program(&own, account, &store)
        })
        .collect()
}

/// Each client replaces one row of the same size after the other, each of them a statement
/// and a commit of its own.
async fn limit(cluster: &Cluster, database: &Fresh, bytes: usize, window: Duration) -> Result<f64> {
    let table = format!("{}.bare", database.name);
    cluster.sql(&format!(
        "CREATE TABLE {table} (k bytea PRIMARY KEY, version bigint NOT NULL, value bytea NOT NULL); \
         INSERT INTO {table} SELECT convert_to('contact/' || n, 'UTF8'), 0, \
         convert_to(repeat('x', {bytes}), 'UTF8') FROM generate_series(0, {}) AS n",
        VILLAGERS - 1
    ));
    let mut best: f64 = 0.0;
    for clients in CLIENTS {
        let over = Rc::new(Cell::new(false));
        let start = Instant::now();
        let mut tasks = Vec::new();
        for client in 0..clients {
            let connection = connect(&database.url()).await?;
            let (over, table) = (over.clone(), table.clone());
            tasks.push(tokio::task::spawn_local(async move {
                let sql =
                    format!("UPDATE {table} SET version = version + 1, value = $2 WHERE k = $1");
                let statement = connection.prepare(&sql).await?;
                let mut done = 0_u64;
                for n in (client..).step_by(clients) {
                    let value = vec![b'a' + (n % 26) as u8; bytes];
                    let key = format!("contact/{}", n % VILLAGERS).into_bytes();
                    done += connection.execute(&statement, &[&key, &value]).await?;
                    if start.elapsed() >= window {
                        over.set(true);
                    }
                    if over.get() {
                        break;
                    }
                }
                Ok::<_, tokio_postgres::Error>(done)
            }));
        }
        let mut done = 0;
        for task in tasks {
            done += task.await??;
        }
        best = best.max(done as f64 / start.elapsed().as_secs_f64());
    }
    Ok(best)
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("the database")?;
    // Ends with its client.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}
