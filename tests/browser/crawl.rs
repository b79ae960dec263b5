//! Every page to which a link leads, as each role, on a telephone. The links are followed without
//! the browser; it opens one page of each sort, as the first role that comes to it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use regex::Regex;

use super::browser::{Browser, PHONE};
use super::county::Clerk;
use super::inspect;
use super::scene;
use super::walk::Walk;
use super::{SEATS, WALKS, text_of};

/// Of one role: there are fewer.
const PAGES_MAX: usize = 200;

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
        let clerk = walk.signed_in().expect("somebody has signed in");
        let (pages, lost) = reached(clerk).await;
        wrong.extend(lost.into_iter().map(|path| format!("{who}: {path} leads nowhere")));
        for (sort, path) in pages {
            if seen.insert(sort) {
                let url = format!("{}{path}", county.base);
                let opened = browser.page.goto(&url).await.map_err(|error| error.to_string());
                let found = match opened {
                    Ok(()) => inspect::page(&browser, &path).await,
                    Err(error) => Err(format!("{path}: {error}")),
                };
                wrong.extend(found.err().map(|problem| format!("{who}: {problem}")));
            }
        }
        let last = browser.page.goto(&format!("{}/desk/me", county.base)).await;
        last.unwrap();
        wrong.extend(walk.go("out").await.err());
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.len() >= 72, "{} sorts of pages: {seen:#?}", seen.len());
}

fn signing_in(text: &str) -> Option<String> {
    text.lines().find(|line| line.starts_with("as ")).map(str::to_owned)
}

/// By its sort an address of each page that links lead to from where she begins, and those that
/// are not there.
async fn reached(clerk: &Clerk<'_>) -> (BTreeMap<String, String>, Vec<String>) {
    let (mut pages, mut lost) = (BTreeMap::new(), Vec::new());
    let mut waiting = VecDeque::from(["/desk".to_owned(), "/desk/me".to_owned()]);
    while let Some(path) = waiting.pop_front() {
        let sort = sort_of(&path);
        if pages.len() == PAGES_MAX || pages.contains_key(&sort) {
            continue;
        }
        let (status, html) = clerk.try_get(&path).await;
        if status >= 400 {
            lost.push(path.clone());
        }
        waiting.extend(links(&html));
        pages.insert(sort, path);
    }
    (pages, lost)
}

/// Pages of the desk, no files.
fn links(html: &str) -> Vec<String> {
    let link = Regex::new(r#"<a [^>]*?href="([^"]+)""#).unwrap();
    let is_page = |path: &String| {
        // In another language nobody finds her way out.
        let leads_away = path.starts_with("/desk/language") || path.starts_with("/desk/size");
        let is_file = path.contains("/file/") || path.contains("/register/");
        path.starts_with("/desk")
            && !leads_away
            && !is_file
            && !path.split('?').next().unwrap().contains('.')
    };
    let plain = |text: &str| text.replace("&#38;", "&").replace("&amp;", "&");
    link.captures_iter(html).map(|found| plain(&found[1])).filter(is_page).collect()
}

/// `/desk/cases/#`, and which kind of table: what else a query asks for makes no other page.
fn sort_of(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.split('#').next().unwrap_or_default();
    let path = path.split('#').next().unwrap_or_default();
    let part = |part: &str| {
        if part.contains(|c: char| c.is_ascii_digit() || c == '%') { "#" } else { part }.to_owned()
    };
    let path: Vec<String> = path.split('/').map(part).collect();
    let kind = query.split('&').find(|pair| pair.starts_with("kind="));
    format!("{}?{}", path.join("/"), kind.unwrap_or_default())
}
