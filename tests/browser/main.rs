//! Everybody's day at the desk in a real browser, from signing in to signing out, on a PC and on
//! a telephone. What they do stands in `walks/`, a file each; `walk.rs` says how to read it.
//! Pictures of the pages are kept in `target/screenshots`.

mod browser;
#[allow(dead_code, reason = "the counter's tests use all of it")]
#[path = "../counter/county.rs"]
mod county;
mod crawl;
mod inspect;
#[allow(dead_code, reason = "the counter's tests use all of it")]
#[path = "../counter/shop/market.rs"]
mod market;
mod office_program;
mod offline;
mod paper;
mod scene;
mod scripts;
mod walk;

use std::path::Path;

use bianmin::office::Role;

use browser::{Browser, WIDTHS};
use walk::Walk;

/// Each walks on two machines at most at once: a browser needs half a gigabyte.
static SEATS: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);

macro_rules! walks {
    ($($name:ident)+) => {
        const WALKS: &[&str] = &[$(stringify!($name)),+];

        $(#[tokio::test]
        async fn $name() {
            walk_at_both_widths(stringify!($name)).await;
        })+
    };
}

walks! {
    clerk director supervisor department department_head township agent shop_clerk organisation
    leader merchant operator source system_admin security_admin auditor villager phone without_scripts
}

/// What stands in the file of a walk.
fn text_of(name: &str) -> String {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/browser/walks/{name}.txt"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

async fn walk_at_both_widths(name: &str) {
    let text = text_of(name);
    let _seat = SEATS.acquire().await.unwrap();
    for width in WIDTHS {
        let (county, names) = scene::open().await;
        let browser = Browser::open(width).await;
        let walked = Walk::new(&county, &browser, name, names).go(&text).await;
        browser.close().await;
        if let Err(problem) = walked {
            panic!("{problem}");
        }
    }
}

#[test]
fn everybody_who_signs_in_has_a_walk() {
    for role in Role::ALL {
        let text = text_of(role.id());
        assert!(text.contains(&format!(" {}", role.id())), "she walks as another: {role}");
        assert!(text.lines().any(|line| line == "out"), "she does not sign out: {role}");
        assert!(WALKS.contains(&role.id()), "nobody walks it: {role}");
    }
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/walks"));
    assert_eq!(files.unwrap().count(), WALKS.len(), "a file that nobody walks");
}
