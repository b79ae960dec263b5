//! What only scripts do: what is new comes to open pages, the studio looks as one types, hot keys,
//! help while somebody telephones.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use bianmin::office::Role;
use fantoccini::wd::WindowHandle;
use serde_json::json;

use super::SEATS;
use super::browser::{Browser, MOMENT, PATIENCE, WIDTHS};
use super::county::{self, County, copy, county};
use super::inspect;
use super::scene;
use super::walk::Walk;

type Done = Result<(), String>;

const HOUR: i64 = 3_600;
/// Water is off: due around the clock, a day after it was told.
const WATER: &str = "0201";
const FLUSHED: &str = "村里停水两天了，水塔也空了";

/// In a browser of its own.
async fn walked(
    county: &County,
    names: BTreeMap<String, String>,
    steps: impl AsyncFnOnce(&mut Walk<'_>) -> Done,
) {
    let _seat = SEATS.acquire().await.unwrap();
    let browser = Browser::open(WIDTHS[0]).await;
    let mut walk = Walk::new(county, &browser, "scripts", names);
    let done = steps(&mut walk).await;
    if done.is_err() {
        let file = inspect::target().join("screenshots/scripts-failed.png");
        let _ = browser.picture(&file).await;
    }
    browser.close().await;
    done.unwrap_or_else(|problem| panic!("{problem}"));
}

#[tokio::test]
async fn what_is_new_amber_and_late_comes_to_every_open_page() {
    let county = county().open().await;
    walked(&county, BTreeMap::new(), news).await;
}

async fn news(walk: &mut Walk<'_>) -> Done {
    let county = walk.county;
    {
        let mut clerk = county.clerk().await;
        walk.go("as 小王 clerk").await?;
        let pages = two_lists(walk).await?;
        let number = clerk.file("13800138020", WATER, FLUSHED).await;
        told_to_all(walk, &pages, "刚才：新来1件", "停水").await?;
        clerk.act(&number, "dispatch", &[("department", "自来水")]).await;
        clerk.act(&number, "accept", &[]).await;
    }
    // Both have been at home over night.
    county.clock.advance(16 * HOUR);
    county.settle().await;
    county.office.tell_news().await.unwrap();
    walk.go("as 小王 clerk").await?;
    for (flag, said) in [("◔ 临期", "1件快到期"), ("⚠ 超期", "1件超期了")] {
        let pages = two_lists(walk).await?;
        walk.go(&format!("never {said}")).await?;
        until_listed(county, flag).await;
        told_to_all(walk, &pages, said, flag).await?;
    }
    Ok(())
}

/// The list in this window and in another one, both of which listen.
async fn two_lists(walk: &mut Walk<'_>) -> Result<[WindowHandle; 2], String> {
    let first = walk.browser.window().await?;
    walk.go("open /desk").await?;
    walk.mark().await?;
    let second = walk.browser.new_window().await?;
    walk.go("open /desk").await?;
    walk.mark().await?;
    listening(walk.county, 2).await?;
    Ok([first, second])
}

/// Each of them says so and has it in its list, without having been loaded anew. The second one
/// is closed.
async fn told_to_all(
    walk: &mut Walk<'_>,
    pages: &[WindowHandle; 2],
    said: &str,
    listed: &str,
) -> Done {
    walk.county.office.tell_news().await.map_err(|error| error.to_string())?;
    for page in pages {
        walk.browser.to_window(page).await?;
        walk.go(&format!("see {said}")).await?;
        walk.browser.until(&holds("#list tbody", listed)).await?;
        walk.stayed().await?;
    }
    walk.browser.page.close_window().await.map_err(|error| error.to_string())?;
    walk.browser.to_window(&pages[0]).await
}

/// Time passes until the list of somebody who loads it has the word.
async fn until_listed(county: &County, flag: &str) {
    let clerk = county.clerk_again().await;
    for _ in 0..20 {
        county.clock.advance(HOUR / 2);
        county.settle().await;
        if clerk.get("/desk").await.contains(flag) {
            return;
        }
    }
    panic!("nothing is {flag}");
}

async fn listening(county: &County, count: usize) -> Done {
    let last = Instant::now() + PATIENCE;
    while county.office.open_pages() != count {
        if Instant::now() > last {
            return Err(format!("{} pages listen, not {count}", county.office.open_pages()));
        }
        tokio::time::sleep(MOMENT).await;
    }
    Ok(())
}

/// A browser has six connections to one program: with seven streams the last page would never come.
#[tokio::test]
async fn a_page_that_nobody_sees_leaves_its_connection_to_others_and_looks_when_it_is_seen() {
    let county = county().open().await;
    walked(&county, BTreeMap::new(), hidden).await;
}

async fn hidden(walk: &mut Walk<'_>) -> Done {
    let (county, browser) = (walk.county, walk.browser);
    let mut clerk = county.clerk().await;
    walk.go("as 小王 clerk\nopen /desk").await?;
    walk.mark().await?;
    let first = browser.window().await?;
    for _ in 0..6 {
        listening(county, 1).await?;
        browser.hide().await?;
        listening(county, 0).await?;
        browser.new_window().await?;
        walk.go("open /desk").await?;
    }
    listening(county, 1).await?;
    clerk.file("13800138020", WATER, FLUSHED).await;
    county.office.tell_news().await.map_err(|error| error.to_string())?;
    walk.go("see 刚才：新来1件").await?;
    browser.to_window(&first).await?;
    browser.until(&format!("!({})", holds("#list", "停水"))).await?;
    browser.show().await?;
    browser.until(&holds("#list tbody", "停水")).await?;
    walk.stayed().await?;
    listening(county, 2).await
}

/// `part` of the page shows the text.
fn holds(part: &str, text: &str) -> String {
    let found = format!("document.querySelector({})", json!(part));
    format!("{found} && {found}.innerText.includes({})", json!(text))
}

#[tokio::test]
async fn hot_keys_go_where_they_say_and_none_is_taken_from_who_types() {
    let (county, names) = scene::open().await;
    walked(&county, names, keys).await;
}

async fn keys(walk: &mut Walk<'_>) -> Done {
    let row = |n: usize| {
        format!("document.activeElement === document.querySelectorAll('#list .number a')[{n}]")
    };
    walk.go("as 小王 clerk\nopen /desk").await?;
    for (key, becomes) in [
        ("j", row(0)),
        ("j", row(1)),
        ("j", row(2)),
        ("k", row(1)),
        ("?", "document.getElementById('keys').open".to_owned()),
        ("/", "document.activeElement.id === 'search'".to_owned()),
        // From here on she types.
        ("n", "document.getElementById('search').value === 'n'".to_owned()),
        ("?", "document.getElementById('search').value === 'n?'".to_owned()),
    ] {
        walk.type_key(key, 0, key).await?;
        walk.browser.until(&becomes).await.map_err(|problem| format!("{key}: {problem}"))?;
    }
    for (key, address) in [("n", "/desk/new"), ("g", "/desk")] {
        walk.browser.until(BLURRED).await?;
        walk.type_key(key, 0, key).await?;
        walk.browser.until(&format!("location.pathname === {}", json!(address))).await?;
        walk.browser.until("document.readyState === 'complete'").await?;
    }
    walk.go("open /desk/cases/{fresh}").await?;
    walk.type_key("a", 0, "a").await?;
    walk.browser.until("document.getElementById('acts').getBoundingClientRect().top < 10").await
}

/// Nothing has the focus, when it has been asked.
const BLURRED: &str = "document.activeElement.blur() || document.activeElement === document.body";

#[tokio::test]
async fn what_a_caller_says_is_looked_up_while_it_is_typed() {
    let (county, names) = scene::open().await;
    let auditor = county.staff("审计员", Role::Auditor, None).await;
    walked(&county, names, call).await;
    let log = auditor.get("/desk/audit?kind=search").await;
    let looks = log.split("<tr><td>").skip(1).filter(|row| row.contains("小王"));
    assert_eq!(looks.count(), 1, "once, not with every digit: {log}");
}

async fn call(walk: &mut Walk<'_>) -> Done {
    let browser = walk.browser;
    walk.go("as 小王 clerk\nopen /desk/new").await?;
    walk.mark().await?;
    walk.go("fill 她说的是什么事 = 我想给老母亲办低保要带什么").await?;
    browser.until(&holds("#help-known", "低保")).await?;
    browser.until(&format!("!({})", holds("#help-people", "张"))).await?;
    walk.go("fill 手机号 = 13800138001").await?;
    browser.until(&holds("#help-people", "路灯")).await?;
    browser.until(&holds("#help-people", "尾号8001")).await?;
    walk.go("fill 哪个村 = daheituo").await?;
    browser.until(&holds("#help-known", "大黑坨")).await?;
    let typed = "document.getElementById('text').value === '我想给老母亲办低保要带什么' && \
                 document.getElementById('village').value === 'daheituo'";
    browser.until(typed).await?;
    walk.stayed().await
}

const OLD: &str = "没有可以催的事。看全部，请回「查进度」。";
const NEW: &str = "现在没有要催的事。看全部，请回「查进度」。";
const OLD_SMS: &str = "没有可以催的事。回2查进度";
const NEW_SMS: &str = "没有要催的。回2查进度";

#[tokio::test]
async fn the_studio_marks_and_replays_as_one_types_until_another_person_publishes() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["dialogs", "county"] {
        copy(&root.join(name), &folder.path().join(name));
    }
    let (dialogs, tables) = (folder.path().join("dialogs"), folder.path().join("county"));
    let county = county().dialogs(&dialogs).folder(&tables).open().await;
    county.office.adopt_county().await.unwrap();
    county.office.adopt_script().await.unwrap();
    // As it is after the first looks of a program that has just started.
    for _ in 0..2 {
        county.office.look_at_dialogs().await;
    }
    walked(&county, BTreeMap::new(), studio).await;
    assert!(county.say(county::VILLAGER, "催办").await.contains(OLD), "it was taken back");
}

async fn studio(walk: &mut Walk<'_>) -> Done {
    let browser = walk.browser;
    walk.go("as 小王 clerk\nopen /desk/dialogs\npress 催办\nfollow 当文字改").await?;
    walk.mark().await?;
    // A word that is wrong, and right again: its line is marked, and no longer.
    let line = "document.getElementById('text').value.split('\\n').findIndex(line => line.includes('得道'))";
    let marked =
        format!("document.getElementById('gutter').children[{line}]?.className === 'error'");
    retype(browser, "得到: cases", "得道: cases").await?;
    browser.until(&marked).await?;
    browser.until(&holds("#marks", "得道")).await?;
    retype(browser, "得道: cases", "得到: cases").await?;
    browser.until(&holds("#count", "这个文件没有问题。")).await?;
    browser.until("!document.querySelector('#gutter .error')").await?;
    // What was said is said once more by the changed text, on both channels.
    walk.go("fill 村民说 = 催办\ntap 发").await?;
    browser.until(&holds("#talk", OLD)).await?;
    retype(browser, OLD, NEW).await?;
    browser.until(&holds("#talk", NEW)).await?;
    browser.until("document.querySelectorAll('#talk .us').length === 1").await?;
    walk.go("fill 从哪里来 = 短信").await?;
    browser.until(&holds("#talk", OLD_SMS)).await?;
    browser.until(&holds("#talk", "1条短信")).await?;
    retype(browser, OLD_SMS, NEW_SMS).await?;
    browser.until(&holds("#talk", NEW_SMS)).await?;
    walk.stayed().await?;
    let tests = "没有可以催的事。回2查进度";
    retype(browser, tests, NEW_SMS).await?;
    walk.go("press 存草稿\nsee 草稿已存好").await?;
    walk.go("follow 催办\nsee 和现在上线的差在哪里").await?;
    walk.go("fill 改了什么，为什么 = 话短些\npress 请人核对\nsee 要另一个同事来点\nout").await?;
    walk.go("as 李核对 clerk\nopen /desk/dialogs\nfollow 催办\nsee 话短些").await?;
    walk.go("press 核对过了，上线\nsee 核对过的已上线").await?;
    let said = walk.county.say(county::VILLAGER, "催办").await;
    if !said.contains(NEW) {
        return Err(format!("it is not live: {said}"));
    }
    walk.go("follow 看差别、退回\nsee 会变的\npress 退回到这一版\nsee 已退回到以前的版本\nout")
        .await
}

/// Over the first `old` in the text, as an input method types.
async fn retype(browser: &Browser, old: &str, new: &str) -> Done {
    let caret = "const text = document.getElementById('text'); \
                 const at = text.value.indexOf(arguments[0]); text.focus(); \
                 text.setSelectionRange(at, at + arguments[0].length); return at >= 0";
    let found = browser.page.execute(caret, vec![json!(old)]).await;
    if !found.is_ok_and(|found| found == true) {
        return Err(format!("{old} does not stand in the text"));
    }
    browser.devtools("Input.insertText", json!({ "text": new })).await.map(drop)
}
