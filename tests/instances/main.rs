//! Several instances as processes on one PostgreSQL.

mod clerk;
mod process;
mod show;
mod stop;
mod villagers;
