//! Each role walks from page to page as far as links lead, and then to every page that anybody
//! else has found. What opens must be hers by the table of rights; what the table keeps from her
//! is not there. The same for programs, over every path of the document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bianmin::office::Role;
use regex::Regex;
use serde_json::{Value, json};

use super::county::{Clerk, County, county, number_in, part};
use super::program::document;
use super::shop::market;

const TABLE: &str = include_str!("../fixtures/rights.txt");
const VILLAGE: &str = "130225102216";
/// In another township than [`VILLAGE`].
const FOREIGN_PLACE: &str = "毛庄镇毛庄村";
const FOREIGN_VILLAGE: &str = "130225109201";
const PHONE: &str = "13800138000";
const HOSTILE: &str =
    "=HYPERLINK(\"http://x\")<script>alert(1)</script><img src=x onerror=alert(2)>";
const PAGES_MAX: usize = 400;

type Row = BTreeMap<&'static str, &'static str>;

fn row_of(role: Role) -> Row {
    let mut lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let columns = lines.next().unwrap().split_whitespace().skip(1);
    let row = lines.find(|line| line.split_whitespace().next() == Some(role.id())).unwrap();
    columns.zip(row.split_whitespace().skip(1)).collect()
}

/// The pages below an address, and what the table has to say for them to open.
type Rule = (&'static str, fn(&Row) -> bool);

fn cell(row: &Row, column: &str) -> &'static str {
    row[column]
}

/// The longest beginning counts. A page that stands nowhere here fails the test: whoever adds one
/// says whose it is.
const RULES: &[Rule] = &[
    ("/desk", |_| true),
    ("/desk/cases/", |row| {
        ["filed", "village", "assigned", "cases"].iter().any(|one| cell(row, one) != "-")
    }),
    ("/desk/me", |_| true),
    ("/desk/password", |_| true),
    ("/desk/second", |_| true),
    ("/desk/understand", |_| true),
    ("/desk/understand/corrections.csv", |row| cell(row, "dispatch") == "w"),
    ("/desk/understand/places.csv", |row| cell(row, "dispatch") == "w"),
    ("/desk/new", |row| cell(row, "filed") != "-"),
    ("/desk/village", |row| cell(row, "village") == "w:village"),
    ("/desk/villagers", |row| cell(row, "village") == "w:village"),
    ("/desk/visits", |row| {
        ["filed", "village", "assigned", "cases"].iter().any(|one| cell(row, one) != "-")
    }),
    ("/desk/tasks", |row| cell(row, "dispatch") == "w" || cell(row, "supervise") == "w"),
    ("/desk/calls/supervision", |row| cell(row, "supervise") == "w"),
    ("/desk/calls/call_backs", |row| cell(row, "dispatch") == "w"),
    ("/desk/calls/head", |row| cell(row, "assigned") == "r:handled"),
    ("/desk/inbox", |row| cell(row, "dispatch") == "w" && cell(row, "orders") != "-"),
    ("/desk/bursts", |row| cell(row, "dispatch") == "w"),
    ("/desk/broadcast", |row| cell(row, "interview") == "w:approve"),
    ("/desk/late", |row| !["-", "w:answer"].contains(&cell(row, "interview"))),
    ("/desk/interviews", |row| cell(row, "interview") != "-"),
    ("/desk/figures", |row| cell(row, "reports") == "r"),
    ("/desk/exports", |row| ["r", "r:handled", "r:township"].contains(&cell(row, "reports"))),
    ("/desk/ledgers", |row| ["r", "r:handled", "r:township"].contains(&cell(row, "reports"))),
    ("/desk/shop", |row| {
        cell(row, "orders") != "-" || cell(row, "admit") != "-" || cell(row, "reports") == "r"
    }),
    ("/desk/listings", |row| cell(row, "dispatch") == "w"),
    ("/desk/people", |row| cell(row, "identity") == "w:logged" || cell(row, "erase") != "-"),
    ("/desk/county", |row| cell(row, "dispatch") == "w" || cell(row, "config") == "w"),
    ("/desk/dialogs", |row| cell(row, "dispatch") == "w" || cell(row, "config") == "w"),
    ("/desk/audit", |row| cell(row, "logs") == "r"),
    ("/desk/accounts", |row| cell(row, "accounts") == "w"),
    ("/desk/keys", |row| cell(row, "accounts") == "w"),
    ("/desk/system", |row| cell(row, "config") == "w"),
    ("/desk/system/keep", |row| cell(row, "config") == "w" || cell(row, "erase") != "-"),
    ("/desk/media/", |row| {
        ["filed", "village", "assigned", "cases"].iter().any(|one| cell(row, one) != "-")
    }),
    ("/desk/holidays", |row| cell(row, "config") == "w"),
];

fn rule(path: &str) -> fn(&Row) -> bool {
    let path = path.split(['?', '#']).next().unwrap();
    let below = |rule: &&Rule| {
        let (start, _) = rule;
        path == *start
            || (*start != "/desk"
                && path.starts_with(start.trim_end_matches('/'))
                && path[start.trim_end_matches('/').len()..].starts_with('/'))
    };
    let found = RULES.iter().filter(below).max_by_key(|(start, _)| start.len());
    found.unwrap_or_else(|| panic!("whose page is {path}? Please add it to RULES.")).1
}

fn of(role: Role) -> Option<&'static str> {
    match role {
        Role::Department | Role::DepartmentHead => Some("城管"),
        Role::Township => Some("胡家坨镇"),
        Role::Agent | Role::ShopClerk => Some(VILLAGE),
        Role::Merchant => Some("M1"),
        Role::Operator => Some("便民电商公司"),
        Role::Source => Some("数字城管"),
        _ => None,
    }
}

/// Links of a page to other pages of the desk; those that change the browser's own look are not
/// followed.
fn links(page: &str) -> Vec<String> {
    let found = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let desk = found.filter(|path| path.starts_with("/desk"));
    let plain =
        desk.filter(|path| !path.starts_with("/desk/language") && !path.starts_with("/desk/size"));
    plain
        .map(|path| path.replace("&#38;", "&").replace("&amp;", "&"))
        .map(|path| path.split('#').next().unwrap().to_owned())
        .collect()
}

/// All that can be reached by following links.
async fn walk(who: &Clerk<'_>, role: Role) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec!["/desk".to_owned(), "/desk/me".to_owned()];
    while let Some(path) = open.pop() {
        if seen.len() >= PAGES_MAX || !seen.insert(path.clone()) {
            continue;
        }
        let (status, page) = who.try_get(&path).await;
        assert!(
            [200, 303].contains(&status),
            "{role}: {path} is linked and answers {status}: {page}"
        );
        check_page(role, &path, &page);
        open.extend(links(&page));
    }
    seen
}

/// Nothing that somebody wrote runs, and nobody's number is there unasked.
fn check_page(role: Role, path: &str, page: &str) {
    assert!(may_show(role, path) || !page.contains(PHONE), "{role} {path}: {page}");
    // A file of a table is text, whatever stands in it.
    if ["/file/", ".csv", ".xlsx", ".docx"].iter().any(|end| path.contains(end)) {
        return;
    }
    assert_eq!(what_runs(page), None, "{role} {path}: {page}");
}

/// A tag of the page that runs something of its own: text that only looks like one is no tag.
fn what_runs(page: &str) -> Option<&str> {
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<[a-zA-Z][^>]*>").unwrap());
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""[^"]*""#).unwrap());
    static HANDLER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)\son[a-z]+\s*=").unwrap());
    static ADDRESS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?i)(href|src|action)=["']?\s*javascript:"#).unwrap());
    TAG.find_iter(page).map(|tag| tag.as_str()).find(|tag| {
        let bare = QUOTED.replace_all(tag, "");
        HANDLER.is_match(&bare)
            || ADDRESS.is_match(tag)
            || (tag.starts_with("<script") && !tag.starts_with("<script src=\"/assets/"))
            || tag.starts_with("<img src=x")
    })
}

#[test]
fn what_would_run_is_found() {
    for wrong in [
        HOSTILE,
        "<p onclick=alert(1)>",
        "<a title=\"x\" onmouseover='x()'>",
        "<a href=\"javascript:alert(1)\">",
        "<button formaction=\" javascript:x\">",
        "<script>x</script>",
    ] {
        assert!(what_runs(wrong).is_some(), "{wrong}");
    }
    for fine in [
        "&#60;img src=x onerror=alert(2)&#62;",
        "<input value=\"&#60;img src=x onerror=alert(2)&#62;\">",
        "<script src=\"/assets/1/desk.js\" defer></script>",
    ] {
        assert_eq!(what_runs(fine), None);
    }
}

/// Where she who has to call finds the number: on the page of a task and of an order, each a look
/// in the log; at the counter for what has come; and of a wish, its merchant, as she has agreed.
fn may_show(role: Role, path: &str) -> bool {
    let counter = matches!(role, Role::Agent | Role::ShopClerk);
    is_task(path)
        || (is_order(path) && (role == Role::Director || counter))
        || (path == "/desk/shop/leads" && matches!(role, Role::Merchant | Role::Operator))
}

fn is_task(path: &str) -> bool {
    path.strip_prefix("/desk/tasks/").is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

fn is_order(path: &str) -> bool {
    path.strip_prefix("/desk/shop/orders/").is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

struct Seeded {
    near: String,
    foreign: String,
    order: String,
}

async fn seeded(county: &mut County) -> Seeded {
    let mut clerk = county.clerk().await;
    let near = clerk.file(PHONE, "0409", HOSTILE).await;
    let foreign = clerk.file_at(FOREIGN_PLACE, "13900139000", "0409", "机井坏了没人修").await;
    clerk.act(&foreign, "dispatch", &[("department", "水利")]).await;
    let photo = b"\x89PNG\r\n\x1a\n-what-she-sent";
    for (number, village) in [(&near, VILLAGE), (&foreign, FOREIGN_VILLAGE)] {
        let agent = county.staff(&format!("传照片的{village}"), Role::Agent, Some(village)).await;
        let (status, page) = county.add_photo(&agent, number, "她拍的", photo).await;
        assert_eq!(status, 303, "{page}");
    }
    market::open(county, &mut clerk).await;
    let order = her_trade(county).await;
    for action in ["confirm", "pack"] {
        market::step(&mut clerk, &order, action, &[]).await;
    }
    market::step(&mut clerk, &order, "send", &[("run", "一号车")]).await;
    market::step(&mut clerk, &order, "arrive", &[]).await;
    let asked = clerk.tasks("王五想联系您").await;
    assert_eq!(asked.len(), 1, "a task of a listing");
    Seeded { near, foreign, order }
}

/// What one villager has in the shop and among the listings: gives the number of her order.
async fn her_trade(county: &County) -> String {
    let wish = "我要买2袋尿素，我是大黑坨村的，我叫张三";
    let said = county.talk("oCrawl000000000000000000001", &[wish, "自己取", PHONE, "确认"]).await;
    let order = number_in(&said);
    let selling = format!("我要卖自家白菜两千斤，三毛一斤，大黑坨村，我叫张三，电话{PHONE}");
    for (who, answer) in
        [("oCrawl000000000000000000002", "给"), ("oCrawl000000000000000000003", "不给")]
    {
        let said = county.talk(who, &[&selling, answer, "对"]).await;
        assert!(said.contains("收到了，编号626"), "{said}");
    }
    let mut clerk = county.clerk_again().await;
    clerk.csrf = clerk.csrf_of("/desk/listings").await;
    let page = clerk.get("/desk/listings").await;
    let closed = page.split("<article").find(|one| one.contains("号码不给别人看")).unwrap();
    let number = part(closed, "id=\"listing-", "\"");
    let path = format!("/desk/listings/{number}/show");
    assert_eq!(clerk.post(&path, &[("revision", "1")]).await.0, 303);
    let asked = ["供求", "1", "1", "王五", "13900139001"];
    let said = county.talk("oCrawl000000000000000000004", &asked).await;
    assert!(said.contains("转给工作人员了"), "{said}");
    order
}

#[tokio::test]
async fn no_role_comes_further_than_the_table_says() {
    let mut county = county().open().await;
    let seeded = seeded(&mut county).await;
    let mut all = BTreeSet::from([
        format!("/desk/cases/{}", seeded.near),
        format!("/desk/cases/{}", seeded.foreign),
    ]);
    let mut walkers = Vec::new();
    for role in Role::ALL {
        let who = county.staff(&format!("走{role}"), *role, of(*role)).await;
        all.extend(walk(&who, *role).await);
        walkers.push((*role, who));
    }
    assert!(all.len() > 40, "{all:?}");
    for sort in ["/media/", "/desk/listings", "/desk/shop/leads", "/desk/shop/orders/"] {
        assert!(all.iter().any(|path| path.contains(sort)), "{sort}: {all:?}");
    }
    let mut hostile = 0;
    for (role, who) in &walkers {
        let row = row_of(*role);
        for path in &all {
            let (status, page) = who.try_get(path).await;
            if status == 200 {
                assert!(rule(path)(&row), "{role} opens {path}: {page}");
                check_page(*role, path, &page);
                hostile += usize::from(page.contains("&#60;img src=x onerror"));
            } else {
                assert!([303, 404, 422].contains(&status), "{role} {path}: {status} {page}");
            }
            // What she sent is seen by who sees her case.
            if let Some((_, case)) = path.split_once("?case=") {
                let of_case = who.try_get(&format!("/desk/cases/{case}")).await.0;
                assert_eq!(status, if of_case == 200 { 200 } else { 404 }, "{role} {path}");
            }
        }
    }
    assert!(hostile > 3, "nobody was shown what might have run");
    let auditor = walkers.iter().find(|(role, _)| *role == Role::Auditor).unwrap();
    assert!(all.iter().any(|path| is_task(path)));
    let of_order = format!("/desk/audit?kind=order&by=走平台负责人&case={}", seeded.order);
    let log = auditor.1.get(&of_order).await;
    assert_eq!(log.matches("看订单电话</td>").count(), 1, "{log}");
    for role in [Role::Clerk, Role::Director, Role::Supervisor] {
        let log = auditor.1.get(&format!("/desk/audit?kind=task&by=走{role}")).await;
        assert!(log.contains(&format!("<td>走{role} ")), "{role} looked unseen: {log}");
    }
    // Another department's, and nobody's of those who administer.
    let apart = [Role::Department, Role::SystemAdmin, Role::SecurityAdmin, Role::Auditor];
    for (role, who) in walkers.iter().filter(|(role, _)| apart.contains(role)) {
        let (status, _) = who.try_get(&format!("/desk/cases/{}", seeded.foreign)).await;
        assert_eq!(status, 404, "{role}");
    }
}

/// The addresses to which forms of a page are sent, and whether with a file.
fn actions(page: &str) -> Vec<(String, bool)> {
    let mut all = Vec::new();
    for form in page.split("<form").skip(1) {
        let head = form.split('>').next().unwrap();
        let body = form.split("</form>").next().unwrap();
        if !head.contains("method=\"post\"") {
            continue;
        }
        let with_file = head.contains("multipart/form-data");
        all.push((part(form, "action=\"", "\""), with_file));
        all.extend(
            body.split("formaction=\"")
                .skip(1)
                .map(|at| (at.split('"').next().unwrap(), with_file)),
        );
    }
    let clean = all
        .into_iter()
        .map(|(action, file)| (action.replace("&#38;", "&").replace("&amp;", "&"), file));
    clean.filter(|(action, _)| action.starts_with("/desk") && action != "/desk/sign-out").collect()
}

/// Sent as the page would, with that token and from that place.
async fn sent(who: &Clerk<'_>, url: &str, with_file: bool, csrf: &str, site: &str) -> u16 {
    let request = reqwest::Client::new().post(url).header("cookie", &who.cookie);
    let request = request.header("sec-fetch-site", site);
    let csrf = csrf.to_owned();
    let request = match with_file {
        false => request.form(&[("csrf", &*csrf), ("revision", "1")]),
        true => {
            let file = || reqwest::multipart::Part::bytes(b"id,name\n".to_vec()).file_name("a.csv");
            let form = reqwest::multipart::Form::new().text("csrf", csrf).text("revision", "1");
            request.multipart(form.part("table", file()).part("photo", file()))
        }
    };
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn forms_without_a_token_or_from_elsewhere_do_nothing() {
    let mut county = county().open().await;
    let seeded = seeded(&mut county).await;
    let (mut tried, mut with_files) = (BTreeSet::new(), 0);
    for role in Role::ALL {
        let mut who = county.staff(&format!("填{role}"), *role, of(*role)).await;
        let mut forms = BTreeSet::new();
        for path in walk(&who, *role).await {
            forms.extend(actions(&who.try_get(&path).await.1));
        }
        assert!(!forms.is_empty(), "{role}");
        who.csrf = who.csrf_of("/desk/me").await;
        for (action, with_file) in forms {
            if !tried.insert((sort_of(&action), *role)) {
                continue;
            }
            with_files += usize::from(with_file);
            let url = format!("{}{action}", county.base);
            for (csrf, site) in
                [("", "same-origin"), ("0000", "same-origin"), (who.csrf.as_str(), "cross-site")]
            {
                let status = sent(&who, &url, with_file, csrf, site).await;
                assert_eq!(status, 403, "{role} {action} {csrf:?} {site}");
            }
        }
    }
    let actions: BTreeSet<_> = tried.iter().map(|(action, _)| action).collect();
    assert!(actions.len() > 60 && with_files > 4, "{with_files} {actions:?}");
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{}", seeded.near)).await;
    assert!(page.contains("待受理"), "{page}");
}

/// An address without the numbers of what it is about.
fn sort_of(action: &str) -> String {
    let path = action.split('?').next().unwrap();
    let part = |part: &str| match part.contains(|c: char| c.is_ascii_digit() || c == '%') {
        true => "#".to_owned(),
        false => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn what_is_put_into_an_address_stays_text() {
    let mut county = county().open().await;
    let seeded = seeded(&mut county).await;
    let clerk = county.clerk_again().await;
    for path in [
        "/desk/media/..%2f..%2f..%2fetc%2fpasswd?case=126000016",
        "/desk/media/%2e%2e?task=1",
        "/assets/..%2f..%2fconfig.toml/desk.css",
        "/assets/%00/desk.css",
        "/desk/cases/..%2f..%2fetc",
        "/desk/cases/%00",
        "/desk/tasks/..%2f..",
        "/desk/people/%2e%2e%2f",
        "/desk/language/en%0d%0aset-cookie:%20desk=x",
        "/desk/ledgers/file/csv%0d%0aa:b?kind=cases&month=2026-11",
    ] {
        let url = format!("{}{path}", county.base);
        let answer = county.http.get(url).header("cookie", &clerk.cookie).send().await.unwrap();
        let status = answer.status().as_u16();
        assert!([400, 404, 422].contains(&status), "{path}: {status}");
        assert!(answer.headers().get("a").is_none(), "{path}");
        let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
        assert!(!cookies.iter().any(|line| line.to_str().unwrap().contains("desk=x")), "{path}");
        assert!(!answer.text().await.unwrap().contains("root:"), "{path}");
    }
    let path = "/desk/ledgers/file/csv?kind=cases&month=2026-11";
    let (status, csv) = clerk.download(path).await;
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(status, 200, "{csv}");
    assert!(csv.contains("\"'=HYPERLINK("), "{csv}");
    assert!(!csv.contains(PHONE), "{csv}");
    // The line end ends up in no header.
    let (status, _) =
        clerk.download("/desk/ledgers/file/csv?kind=cases&month=2026-11%0d%0aa:b").await;
    assert!([200, 422].contains(&status), "{status}");
    let page = clerk.get(&format!("/desk/cases/{}", seeded.near)).await;
    assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
}

/// Every operation of the document, by every role that may have a key, with the number of a case
/// of another department: what is answered names nobody, and without a key there is nothing.
#[tokio::test]
async fn no_program_comes_further_either() {
    let mut county = county().open().await;
    let seeded = seeded(&mut county).await;
    let revision = revision_of(&mut county, &seeded.foreign).await;
    let paths = document()["paths"].as_object().unwrap();
    let filled = |path: &str| {
        let parts = path.split('/').map(|one| match one {
            "{number}" => seeded.foreign.clone(),
            one if one.starts_with('{') => "1".to_owned(),
            one => one.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    };
    let mut tried = 0;
    for role in [
        Role::Department,
        Role::Township,
        Role::Agent,
        Role::ShopClerk,
        Role::Merchant,
        Role::Organisation,
        Role::Leader,
        Role::SystemAdmin,
        Role::Source,
    ] {
        let token = county.office.add_api_key(&format!("爬{role}"), role, of(role)).await.unwrap();
        for (path, operations) in paths {
            for (method, operation) in writes_and_reads(operations) {
                let url = format!("{}{}", county.base, filled(path));
                let request = asked(&county, method, &url, operation, revision);
                let nobody = request.try_clone().unwrap().send().await.unwrap().status().as_u16();
                let answer = request.bearer_auth(&token).send().await.unwrap();
                let status = answer.status().as_u16();
                let body = answer.text().await.unwrap();
                assert!(status < 500, "{role} {method} {path}: {status} {body}");
                assert!(
                    !body.contains(PHONE) && !body.contains("13900139000"),
                    "{role} {method} {path}: {body}"
                );
                if path.contains("{number}") && path.starts_with("/api/v1/cases") {
                    assert_eq!(status, 404, "{role} {method} {path}: {body}");
                    assert_eq!(nobody, 401, "{method} {path}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
    let after = revision_of(&mut county, &seeded.foreign).await;
    assert_eq!(after, revision, "nobody did anything to it");
    // What was sent is well said: one who sees the case is not told that she may not, or that it
    // can not be read.
    let token = county.office.add_api_key("看得见的", Role::Director, None).await.unwrap();
    for (path, operations) in paths.iter().filter(|(path, _)| path.contains("{number}/")) {
        for (method, operation) in writes_and_reads(operations) {
            let revision = revision_of(&mut county, &seeded.foreign).await;
            let url = format!("{}{}", county.base, filled(path));
            let request = asked(&county, method, &url, operation, revision);
            let answer = request.bearer_auth(&token).send().await.unwrap();
            let status = answer.status().as_u16();
            let body = answer.text().await.unwrap();
            assert!([200, 409, 422].contains(&status), "{method} {path}: {status} {body}");
        }
    }
}

fn writes_and_reads(operations: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = operations.as_object().unwrap().iter();
    let known = ["get", "post", "put", "delete"];
    all.map(|(method, one)| (method.as_str(), one))
        .filter(move |(method, _)| known.contains(method))
}

async fn revision_of(county: &mut County, number: &str) -> u64 {
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    part(&page, "name=\"revision\" value=\"", "\"").parse().unwrap()
}

/// With all that the document asks for, so that only the rights are in the way.
fn asked(
    county: &County,
    method: &str,
    url: &str,
    operation: &Value,
    revision: u64,
) -> reqwest::RequestBuilder {
    static SENT: AtomicU32 = AtomicU32::new(0);
    let request = county.http.request(method.to_uppercase().parse().unwrap(), url);
    if method == "get" {
        return request;
    }
    let key = format!("crawl-{}", SENT.fetch_add(1, Ordering::Relaxed));
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let body = sample("", schema, revision).to_string();
    let request = request.header("idempotency-key", key).header("content-type", "application/json");
    request.body(if schema.is_null() { "{}".to_owned() } else { body })
}

/// Something that fits this part of the document.
fn sample(name: &str, schema: &Value, revision: u64) -> Value {
    if let Some(place) = schema["$ref"].as_str() {
        let whole = document().pointer(place.trim_start_matches('#')).expect(place);
        return sample(name, whole, revision);
    }
    if let Some(one) = schema["enum"].as_array().and_then(|all| all.first()) {
        return one.clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match (name, kind, schema["format"].as_str()) {
        ("revision", ..) => json!(revision),
        ("department" | "helper", ..) => json!("城管"),
        ("helper2", ..) => json!("住建"),
        ("category", ..) => json!("0409"),
        ("village", ..) => json!("胡家坨镇大黑坨村"),
        (_, Some("object"), _) => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields.map(|(name, field)| (name.clone(), sample(name, field, revision))).collect()
        }
        (_, Some("integer"), _) => schema["minimum"].as_u64().unwrap_or(1).into(),
        (_, Some("boolean"), _) => json!(true),
        (_, Some("array"), _) => json!([]),
        (_, _, Some("date")) => json!("2026-11-30"),
        (_, _, Some("date-time")) => json!("2026-11-30T10:00:00+08:00"),
        _ => json!("已经看过现场，三天里办好，办好了就告诉您。"),
    }
}
