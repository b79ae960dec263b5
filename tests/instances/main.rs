//! Several instances as processes on one PostgreSQL.

mod clerk;
mod process;
mod proxy;
mod show;
mod stop;
mod villagers;
