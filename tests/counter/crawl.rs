//! Each role walks from page to page as far as links lead, and then to every page that anybody
//! else has found. What opens must be hers by the table of rights; what the table keeps from her
//! is not there. The same for programs, over every path of the document.

use std::collections::{BTreeMap, BTreeSet};

use bianmin::office::Role;

use super::county::{Clerk, County, county, part};
use super::program::document;

const TABLE: &str = include_str!("../fixtures/rights.txt");
const VILLAGE: &str = "130225102216";
/// In another township than [`VILLAGE`].
const FOREIGN_PLACE: &str = "毛庄镇毛庄村";
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
    ("/desk/ledgers", |row| ["r", "r:handled"].contains(&cell(row, "reports"))),
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
    ("/desk/holidays", |row| cell(row, "config") == "w"),
    ("/desk/media/", |row| cell(row, "cases") != "-" || cell(row, "filed") != "-"),
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
    assert!(shows_whom_to_call(path) || !page.contains(PHONE), "{role} {path}: {page}");
    // A file of a table is text, whatever stands in it.
    if ["/file/", ".csv", ".xlsx", ".docx"].iter().any(|end| path.contains(end)) {
        return;
    }
    assert!(!page.contains("<script>") && !page.contains("<img src=x"), "{role} {path}: {page}");
    for forbidden in [" onclick=", " onerror=alert", "javascript:"] {
        assert!(
            !page.contains(forbidden) || page.contains("&#60;img"),
            "{role} {path}: {forbidden}"
        );
    }
}

/// Whom to call stands on the page of a task; the look is in the log all the same.
fn shows_whom_to_call(path: &str) -> bool {
    path.strip_prefix("/desk/tasks/").is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

struct Seeded {
    near: String,
    foreign: String,
}

async fn seeded(county: &mut County) -> Seeded {
    let mut clerk = county.clerk().await;
    let near = clerk.file(PHONE, "0409", HOSTILE).await;
    let foreign = clerk.file_at(FOREIGN_PLACE, "13900139000", "0409", "机井坏了没人修").await;
    clerk.act(&foreign, "dispatch", &[("department", "水利")]).await;
    let merchant = [
        ("id", "M1"),
        ("name", "老李农资"),
        ("kind", "goods"),
        ("operator", "便民电商公司"),
        ("uscc", ""),
        ("contact", "老李"),
        ("phone", "13700137000"),
    ];
    clerk.csrf = clerk.csrf_of("/desk/shop/merchants").await;
    let (status, page) = clerk.post("/desk/shop/merchants", &merchant).await;
    assert_eq!(status, 303, "{page}");
    Seeded { near, foreign }
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
    for (role, who) in &walkers {
        let row = row_of(*role);
        for path in &all {
            let (status, page) = who.try_get(path).await;
            if status == 200 {
                assert!(rule(path)(&row), "{role} opens {path}: {page}");
                check_page(*role, path, &page);
            } else {
                assert!([303, 404, 422].contains(&status), "{role} {path}: {status} {page}");
            }
        }
    }
    let auditor = walkers.iter().find(|(role, _)| *role == Role::Auditor).unwrap();
    assert!(all.iter().any(|path| shows_whom_to_call(path)));
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

/// The addresses to which forms of a page are sent.
fn actions(page: &str) -> Vec<String> {
    let forms = page
        .split("<form")
        .skip(1)
        .filter(|form| form.split('>').next().unwrap().contains("method=\"post\""));
    let action = |form: &str| part(form, "action=\"", "\"").replace("&#38;", "&");
    forms
        .map(action)
        .filter(|action| action.starts_with("/desk") && action != "/desk/sign-out")
        .collect()
}

#[tokio::test]
async fn forms_without_a_token_or_from_elsewhere_do_nothing() {
    let mut county = county().open().await;
    let seeded = seeded(&mut county).await;
    let mut tried = BTreeSet::new();
    for role in [Role::Director, Role::SecurityAdmin, Role::SystemAdmin] {
        let mut who = county.staff(&format!("填{role}"), role, None).await;
        let mut forms = BTreeSet::new();
        for path in walk(&who, role).await {
            forms.extend(actions(&who.try_get(&path).await.1));
        }
        who.csrf = who.csrf_of("/desk/me").await;
        for action in forms {
            let url = format!("{}{action}", county.base);
            let send = |csrf: &str, site: &str| {
                let request = county.http.post(&url).header("cookie", &who.cookie);
                request
                    .header("sec-fetch-site", site)
                    .form(&[("csrf", csrf), ("revision", "1")])
                    .send()
            };
            for (csrf, site) in
                [("", "same-origin"), ("0000", "same-origin"), (who.csrf.as_str(), "cross-site")]
            {
                let answer = send(csrf, site).await.unwrap();
                let status = answer.status().as_u16();
                // Forms with a file are read as such, and refuse all else.
                assert!([400, 403, 415].contains(&status), "{role} {action} {site}: {status}");
            }
            tried.insert(action);
        }
    }
    assert!(tried.len() > 25, "{tried:?}");
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{}", seeded.near)).await;
    assert!(page.contains("待受理"), "{page}");
}

#[tokio::test]
async fn what_is_put_into_an_address_stays_text() {
    let mut county = county().open().await;
    let seeded = seeded(&mut county).await;
    let clerk = county.clerk_again().await;
    for path in [
        "/desk/media/..%2f..%2f..%2fetc%2fpasswd",
        "/desk/media/%2e%2e",
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
            for method in operations
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| ["get", "post", "put", "delete"].contains(&key.as_str()))
            {
                let url = format!("{}{}", county.base, filled(path));
                let request = county.http.request(method.to_uppercase().parse().unwrap(), &url);
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
                    assert!(status >= 400, "{role} {method} {path}: {status} {body}");
                    assert_eq!(nobody, 401, "{method} {path}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
}
