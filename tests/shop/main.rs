//! The shop through its public routes: villagers and merchants on WeChat, the desk's pages,
//! several store engines. Each file is a subject.

#[path = "../counter/county.rs"]
mod county;
mod market;
mod orders;
mod pages;
