//! Several instances as processes on one PostgreSQL.

mod clerk;
mod patroni;
mod process;
mod proxy;
mod show;
mod stop;
mod villagers;

/// Held by the tests that load the machine: two at once would be measured against each other.
static LOADED: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
