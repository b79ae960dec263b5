//! The shop: villagers and merchants on WeChat, the desk's pages, several store engines.

mod books;
mod market;
mod morning;
mod orders;
mod pages;
mod pay;
mod rights;
mod rules;
mod sms;
mod village;
