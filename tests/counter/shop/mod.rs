//! The shop: villagers and merchants on WeChat, the desk's pages, several store engines.

mod books;
mod market;
mod orders;
mod pages;
mod rights;
mod village;
