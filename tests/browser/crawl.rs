//! Every page to which a link leads, as each role, on a telephone. A sort of page that one role
//! has seen is not looked at again for the next one.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value;

use super::browser::{Browser, PHONE};
use super::inspect;
use super::scene;
use super::walk::Walk;
use super::{SEATS, WALKS, text_of};

/// Of one role: there are fewer.
const PAGES_MAX: usize = 200;
const LINKS: &str =
    "return [...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))";

#[tokio::test]
async fn every_page_that_a_link_leads_to_keeps_the_rules() {
    let _seat = SEATS.acquire().await.unwrap();
    let (county, names) = scene::open().await;
    let browser = Browser::open(PHONE).await;
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    let mut walk = Walk::new(&county, &browser, "crawl", names);
    let everybody: BTreeSet<String> =
        WALKS.iter().filter_map(|name| signing_in(&text_of(name))).collect();
    for who in everybody {
        if let Err(problem) = walk.go(&who).await {
            wrong.push(problem);
            continue;
        }
        let found = crawl(&browser, &county.base, &mut seen).await;
        wrong.extend(found.into_iter().map(|problem| format!("{who}: {problem}")));
        let last = browser.page.goto(&format!("{}/desk/me", county.base)).await;
        last.unwrap();
        wrong.extend(walk.go("out").await.err());
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.len() > 60, "{} sorts of pages: {seen:#?}", seen.len());
}

fn signing_in(text: &str) -> Option<String> {
    text.lines().find(|line| line.starts_with("as ")).map(str::to_owned)
}

/// From the page that is open; gives what is wrong.
async fn crawl(browser: &Browser, base: &str, seen: &mut BTreeSet<String>) -> Vec<String> {
    let (mut wrong, mut own) = (Vec::new(), BTreeSet::new());
    let mut waiting: VecDeque<String> = links(browser).await.into();
    while let Some(path) = waiting.pop_front() {
        let sort = sort_of(&path);
        if own.len() == PAGES_MAX || !own.insert(sort.clone()) {
            continue;
        }
        if let Err(error) = browser.page.goto(&format!("{base}{path}")).await {
            wrong.push(format!("{path}: {error}"));
            continue;
        }
        if seen.insert(sort) {
            wrong.extend(inspect::page(browser, &path).await.err());
        }
        waiting.extend(links(browser).await);
    }
    wrong
}

/// Pages of the desk, no files.
async fn links(browser: &Browser) -> Vec<String> {
    let found = browser.page.execute(LINKS, Vec::new()).await.unwrap_or_default();
    let is_page = |path: &&str| {
        // In another language nobody finds her way out.
        let leads_away = path.starts_with("/desk/language");
        let is_file = path.contains("/file/") || path.contains("/register/");
        path.starts_with("/desk")
            && !leads_away
            && !is_file
            && !path.split('?').next().unwrap().contains('.')
    };
    let paths = found.as_array().into_iter().flatten().filter_map(Value::as_str);
    paths.filter(is_page).map(str::to_owned).collect()
}

/// `/desk/cases/#`; of a query the names, and which kind of table.
fn sort_of(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.split('#').next().unwrap_or_default();
    let part = |part: &str| {
        if part.contains(|c: char| c.is_ascii_digit() || c == '%') { "#" } else { part }.to_owned()
    };
    let path: Vec<String> = path.split('/').map(part).collect();
    let name = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        if name == "kind" { pair.to_owned() } else { name.to_owned() }
    };
    let names: BTreeSet<String> = query.split('&').map(name).collect();
    format!("{}?{}", path.join("/"), names.into_iter().collect::<Vec<_>>().join("&"))
}
