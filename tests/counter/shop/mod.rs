//! The shop: villagers and merchants on WeChat, the desk's pages, several store engines.

mod after_sale;
mod books;
mod looked_at;
mod machine;
pub mod market;
mod morning;
mod orders;
mod pages;
mod pay;
mod places;
mod rights;
mod rounds;
mod rules;
mod runs;
mod shelf;
mod sms;
mod transfer;
mod village;
