//! Makes the tables and views, and brings older ones up to date. Several instances may do so
//! at once: the row of `schema_version` is their only lock, and making that one is harmless.

use std::time::Instant;

use tokio_postgres::Client;

use super::fault::{self, Fault};
use super::session::Sessions;
use super::views::{EDITION, VIEWS};
use super::{commit, statements};
use crate::store::StoreError;

/// The state of a database: how many migrations it has had, and which edition of the views.
#[derive(Debug, Clone, Copy)]
struct Found {
    version: i64,
    views: i64,
}

enum Trouble {
    Database(tokio_postgres::Error),
    TooNew(i64),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Trouble::Database(error)
    }
}

pub(super) async fn prepare(sessions: &Sessions, deadline: Instant) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let error = match attempt(sessions).await {
            Ok(()) => return Ok(()),
            Err(Trouble::TooNew(version)) => {
                return Err(StoreError::Unavailable(format!(
                    "the database is of schema {version}, made by a newer program; this one knows \
                     {}. Please start the newer program",
                    WANTED.version
                )));
            }
            Err(Trouble::Database(error)) => error,
        };
        // Two that make the first table at once: one of them hears of it in these ways.
        let made_elsewhere =
            error.code().is_some_and(|code| ["42P07", "42710", "XX000"].contains(&code.code()));
        if fault::read(&error) == Fault::Refused && !made_elsewhere || Instant::now() >= deadline {
            return Err(fault::unavailable(&error));
        }
        commit::pause(tries).await;
        tries += 1;
    }
}

const WANTED: Found = Found { version: statements::MIGRATIONS.len() as i64, views: EDITION };

async fn attempt(sessions: &Sessions) -> Result<(), Trouble> {
    let client = sessions.connect().await?;
    // A role that may not make tables can still run on one that is up to date.
    match read(&client, statements::SCHEMA_FOUND).await {
        Ok(found) if is_enough(found)? => return Ok(()),
        Ok(_) => {}
        Err(error) if error.code().is_some_and(|code| code.code() == "42P01") => {
            client.batch_execute(statements::SCHEMA_BEGIN).await?;
        }
        Err(error) => return Err(error.into()),
    }
    client.batch_execute("BEGIN").await?;
    let done = migrate(&client).await;
    client.batch_execute(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    done
}

async fn read(client: &Client, statement: &str) -> Result<Found, tokio_postgres::Error> {
    let row = client.query_one(statement, &[]).await?;
    Ok(Found { version: row.try_get(0)?, views: row.try_get(1)? })
}

/// Each migration leaves the program before it running, so that instances can be replaced one
/// after the other. Two steps are too many.
fn is_enough(found: Found) -> Result<bool, Trouble> {
    if found.version > WANTED.version + 1 {
        return Err(Trouble::TooNew(found.version));
    }
    if found.version > WANTED.version {
        tracing::warn!("a newer program has migrated the database; please replace this one soon");
    }
    Ok(found.version >= WANTED.version && found.views >= WANTED.views)
}

async fn migrate(client: &Client) -> Result<(), Trouble> {
    let found = read(client, statements::SCHEMA_LOCKED).await?;
    if is_enough(found)? {
        return Ok(());
    }
    let done = usize::try_from(found.version).unwrap_or_default();
    for migration in statements::MIGRATIONS.iter().skip(done) {
        client.batch_execute(migration).await?;
    }
    if found.views < WANTED.views {
        for view in VIEWS {
            client.batch_execute(&view.sql()).await?;
        }
    }
    let (version, views) = (found.version.max(WANTED.version), found.views.max(WANTED.views));
    client.execute(statements::SCHEMA_DONE, &[&version, &views]).await?;
    tracing::info!(from = found.version, to = version, "the database's schema is ready");
    Ok(())
}
