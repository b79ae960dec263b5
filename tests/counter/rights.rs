//! Who comes near what: the table of the county's rules, written a second time in
//! tests/fixtures/rights.txt, compared with the code's and tried cell by cell over HTTP.

use std::collections::BTreeMap;

use bianmin::desk::{Actor, Party};
use bianmin::office::{Access, MATRIX, Object, Only, Role, is_administrator};

use super::county::{Clerk, County, county, part};

const TABLE: &str = include_str!("../fixtures/rights.txt");
const NEAR_VILLAGE: &str = "130225102216";

type Row = BTreeMap<&'static str, &'static str>;

/// The rows by role; a cell by its column.
fn table() -> BTreeMap<&'static str, Row> {
    let mut lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let columns: Vec<&str> = lines.next().unwrap().split_whitespace().skip(1).collect();
    let row = |line: &'static str| {
        let mut cells = line.split_whitespace();
        let role = cells.next().unwrap();
        let cells: Row = columns.iter().copied().zip(cells).collect();
        assert_eq!(cells.len(), columns.len(), "{role}");
        (role, cells)
    };
    lines.map(row).collect()
}

#[test]
fn the_table_is_that_of_the_rules() {
    let table = table();
    assert_eq!(MATRIX.len(), Role::ALL.len(), "one row a role");
    assert_eq!(table.len(), Role::ALL.len());
    for role in Role::ALL {
        let row = &table[role.id()];
        assert_eq!(row.len(), Object::ALL.len());
        for object in Object::ALL {
            let grant = bianmin::office::grant(*role, *object);
            let written = match grant.only {
                Only::All => grant.access.id().to_owned(),
                only => format!("{}:{}", grant.access.id(), only.id()),
            };
            assert_eq!(written, row[object.id()], "{} {}", role.id(), object.id());
        }
    }
}

/// Settings, accounts and logs are three people's, and none of them sees a case.
#[test]
fn the_three_administrators_are_separate() {
    let keeps = [Object::Config, Object::Accounts, Object::Logs];
    for role in Role::ALL {
        let held = |object: &Object| bianmin::office::grant(*role, *object).access > Access::No;
        let administers = keeps.iter().filter(|object| held(object)).count();
        assert!(administers <= 1, "{role} holds two");
        assert_eq!(administers == 1, is_administrator(*role));
        let others = Object::ALL.iter().filter(|object| !keeps.contains(object));
        assert!(administers == 0 || !others.into_iter().any(held), "{role} sees more");
    }
}

/// What may happen to one case stands in the desk's own table; the two say the same.
#[test]
fn the_hands_on_a_case_are_those_of_the_table() {
    for role in Role::ALL {
        let actor = Actor::Staff {
            name: "某".into(),
            role: role.id().into(),
            department: None,
            at_machine: false,
        };
        let parties = actor.parties(None);
        for (object, only, party) in [
            (Object::Dispatch, Only::All, Party::Staff),
            (Object::Dispatch, Only::Direct, Party::Leader),
            (Object::Supervise, Only::All, Party::Supervisor),
        ] {
            let grant = bianmin::office::grant(*role, object);
            let acts = grant.access == Access::Write && grant.only == only;
            assert_eq!(parties.contains(&party), acts, "{role} {party}");
        }
    }
}

/// Cases that differ in what the table asks about.
struct Cases {
    /// Received, of her own village and township.
    near: String,
    /// The same, and somebody wants it hidden.
    near_hidden: String,
    /// With her department, of another village; her township helps.
    assigned: String,
    assigned_hidden: String,
    /// Another department's, of another village.
    foreign: String,
    /// The same, and late.
    late: String,
    /// The page of a villager.
    person: String,
}

/// The numbers on the list.
fn listed(page: &str) -> Vec<String> {
    let links = page.split("href=\"/desk/cases/").skip(1);
    links.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

async fn filed(clerk: &mut Clerk<'_>, village: &str, text: &str) -> String {
    let before = listed(&clerk.get("/desk").await);
    clerk.csrf = clerk.csrf_of("/desk/new").await;
    let fields = [
        ("name", "张三"),
        ("phone", "13800138000"),
        ("village", village),
        ("category", "0409"),
        ("text", text),
    ];
    let (status, page) = clerk.post("/desk/new", &fields).await;
    assert_eq!(status, 303, "{page}");
    let after = listed(&clerk.get("/desk").await);
    after.into_iter().find(|number| !before.contains(number)).expect("a new one")
}

async fn cases(county: &mut County) -> Cases {
    const NEAR: &str = "胡家坨镇大黑坨村";
    const FAR: &str = "毛庄镇毛庄村";
    let late = {
        let mut clerk = county.clerk().await;
        let late = filed(&mut clerk, FAR, "水渠堵了十几天了").await;
        clerk.act(&late, "dispatch", &[("department", "水利")]).await;
        late
    };
    county.pass(30 * 24 * 3_600).await;
    let mut clerk = county.clerk_again().await;
    let near = filed(&mut clerk, NEAR, "路灯坏了半个月了").await;
    let near_hidden = filed(&mut clerk, NEAR, "村干部多占了宅基地").await;
    clerk.act(&near_hidden, "hide", &[("reason", "她要求的")]).await;
    let mut with = Vec::new();
    for (department, text) in
        [("城管", "垃圾没人拉"), ("城管", "店外占道经营"), ("水利", "机井坏了没人修")]
    {
        let number = filed(&mut clerk, FAR, text).await;
        let more = if department == "城管" { "胡家坨镇" } else { "" };
        let fields = [("department", department), ("helper", more)];
        clerk.act(&number, "dispatch", &fields).await;
        with.push(number);
    }
    clerk.act(&with[1], "hide", &[("reason", "她要求的")]).await;
    let merchant = [
        ("id", "M1"),
        ("name", "老李农资"),
        ("kind", "goods"),
        ("operator", "便民电商公司"),
        ("uscc", ""),
        ("contact", "老李"),
        ("phone", "13900139000"),
    ];
    clerk.csrf = clerk.csrf_of("/desk/shop/merchants").await;
    let (status, page) = clerk.post("/desk/shop/merchants", &merchant).await;
    assert_eq!(status, 303, "{page}");
    clerk.csrf = clerk.csrf_of("/desk/people").await;
    let asked = [("phone", "13800138000"), ("reason", "本人来电")];
    let (_, page) = clerk.post("/desk/people", &asked).await;
    let person = format!("/desk/people/{}", part(&page, "href=\"/desk/people/", "\""));
    let mut with = with.into_iter();
    let mut next = || with.next().unwrap();
    let (assigned, assigned_hidden, foreign) = (next(), next(), next());
    Cases { near, near_hidden, assigned, assigned_hidden, foreign, late, person }
}

fn of(role: Role) -> Option<&'static str> {
    match role {
        Role::Department | Role::DepartmentHead => Some("城管"),
        Role::Township => Some("胡家坨镇"),
        Role::Agent | Role::ShopClerk => Some(NEAR_VILLAGE),
        Role::Merchant => Some("M1"),
        Role::Operator => Some("便民电商公司"),
        _ => None,
    }
}

/// A form sent as from a page of hers.
async fn sent(who: &mut Clerk<'_>, path: &str, fields: &[(&str, &str)]) -> u16 {
    who.csrf = who.csrf_of("/desk/me").await;
    who.post(path, fields).await.0
}

#[tokio::test]
async fn every_cell_is_kept_by_the_pages() {
    let mut county = county().open().await;
    let cases = cases(&mut county).await;
    let table = table();
    for role in Role::ALL {
        let row = &table[role.id()];
        let mut who = county.staff(&format!("某{role}"), *role, of(*role)).await;
        for column in row.keys() {
            check_cell(&mut who, *role, column, row, &cases).await;
        }
        check_cases(&county, &mut who, *role, row, &cases).await;
    }
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{}", cases.near)).await;
    assert!(page.contains("待受理"), "nobody who may not has changed it: {page}");
    assert!(clerk.get(&format!("/desk/cases/{}", cases.foreign)).await.contains("待签收"));
}

/// The pages and forms that stand for one column.
async fn check_cell(who: &mut Clerk<'_>, role: Role, column: &str, row: &Row, cases: &Cases) {
    let cell = row[column];
    let opens = |open: bool| if open { 200 } else { 404 };
    let mut pages: Vec<(&str, bool)> = Vec::new();
    match column {
        "filed" => pages.push(("/desk/new", cell != "-")),
        "interview" => pages.push(("/desk/interviews", cell != "-")),
        "reports" => {
            pages.push(("/desk/figures", cell == "r"));
            pages.push(("/desk/ledgers", ["r", "r:handled", "r:township"].contains(&cell)));
            pages.push(("/desk/shop/reports", !["-", "r:handled", "r:township"].contains(&cell)));
        }
        "orders" => {
            pages.push(("/desk/shop", !["-", "r:sums"].contains(&cell)));
            pages.push(("/desk/shop/new", ["w", "w:pick_up"].contains(&cell)));
        }
        "config" => pages.push(("/desk/holidays", cell == "w")),
        "accounts" => pages.push(("/desk/accounts", cell == "w")),
        "logs" => pages.push(("/desk/audit", cell == "r")),
        "dispatch" => pages.push(("/desk/listings", cell == "w")),
        "supervise" => {
            let platform = row["dispatch"] == "w" || cell == "w";
            pages.push(("/desk/tasks", platform));
        }
        _ => {}
    }
    for (path, open) in pages {
        let (status, page) = who.try_get(path).await;
        assert_eq!(status, opens(open), "{role} {path}: {page}");
    }
    match column {
        "admit" => {
            // Refused for what is missing, or not there at all.
            let own = [("id", "M2"), ("operator", "便民电商公司")];
            let others = [("id", "M2"), ("operator", "别家")];
            let open = |may: bool| if may { 422 } else { 404 };
            let may_own = ["w", "w:propose"].contains(&cell);
            assert_eq!(sent(who, "/desk/shop/merchants", &own).await, open(may_own), "{role}");
            assert_eq!(
                sent(who, "/desk/shop/merchants", &others).await,
                open(cell == "w"),
                "{role}"
            );
            let step = [("revision", "1"), ("step", "nonsense"), ("basis", "看过")];
            let status = sent(who, "/desk/shop/merchants/M1/step", &step).await;
            assert_eq!(status, open(cell == "w"), "{role}");
        }
        "erase" => {
            let path = format!("{}/erase", cases.person);
            let status = sent(who, &path, &[("reason", "本人要求")]).await;
            // She has cases that are still open: that is said to who may clear at all.
            assert_eq!(status, if cell == "-" { 404 } else { 422 }, "{role}");
        }
        "config" => {
            let given = [("version", "x"), ("text", "2027-01-01 休 元旦")];
            let status = sent(who, "/desk/holidays/publish", &given).await;
            assert_eq!(status, if cell == "w" { 409 } else { 404 }, "{role}");
        }
        "accounts" => {
            let new = [("name", "新人"), ("role", "nonsense")];
            let status = sent(who, "/desk/accounts", &new).await;
            assert_eq!(status, if cell == "w" { 422 } else { 404 }, "{role}");
            let name = "/desk/accounts/%E7%AE%A1%E7%90%86%E5%91%98/stop";
            if cell != "w" {
                assert_eq!(sent(who, name, &[]).await, 404, "{role}");
            }
        }
        "orders" if cell == "r" => {
            let asked = [("goods", "尿素1袋"), ("village", "毛庄村"), ("name", "张三")];
            assert_eq!(sent(who, "/desk/shop/new", &asked).await, 404, "{role} only looks");
        }
        _ => {}
    }
}

/// Which cases are there, whose they are, and what may be done with them.
async fn check_cases(county: &County, who: &mut Clerk<'_>, role: Role, row: &Row, cases: &Cases) {
    let all = ["r", "w"].contains(&row["cases"]);
    let handles = all || row["assigned"].ends_with(":handled");
    let village = all || row["village"].contains(':');
    let late = all || row["cases"] == "r:late";
    let logged = row["identity"] == "w:logged";
    let handled = row["identity"] == "w:handled";
    for (number, seen, identified) in [
        (&cases.near, village, logged),
        (&cases.near_hidden, all, logged),
        (&cases.assigned, handles, logged || handled),
        (&cases.assigned_hidden, handles, logged),
        (&cases.foreign, all, logged),
        (&cases.late, late, logged),
    ] {
        let path = format!("/desk/cases/{number}");
        let (status, page) = who.try_get(&path).await;
        assert_eq!(status, if seen { 200 } else { 404 }, "{role} {number}: {page}");
        assert!(!page.contains("13800138000"), "{role}: masked until somebody says why");
        let status = sent(who, &format!("{path}/identity"), &[("reason", "核实地址")]).await;
        assert_eq!(status, if identified { 200 } else { 404 }, "{role} whose is {number}");
        let is_listed = listed(&who.get("/desk").await).contains(number);
        assert_eq!(is_listed, seen, "{role} list {number}");
        if seen {
            let has = |form: &str| page.contains(&format!("action=\"{path}/{form}\""));
            if number == &cases.near {
                assert_eq!(has("dispatch"), row["dispatch"] == "w", "{role}");
            }
            if number == &cases.late {
                assert_eq!(has("supervise"), row["supervise"] == "w", "{role}");
                assert_eq!(has("direct"), row["dispatch"] == "w:direct", "{role}");
            }
            if number == &cases.assigned {
                let handles = row["assigned"] == "w:handled";
                let leads = handles && role == Role::Department;
                assert_eq!(has("accept"), leads || row["dispatch"] == "w", "{role}");
                let helps = handles && role == Role::Township;
                assert_eq!(has("help"), helps || row["dispatch"] == "w", "{role}");
            }
        }
    }
    for (number, action, may) in [
        (&cases.near, "dispatch", row["dispatch"] == "w"),
        (&cases.late, "supervise", row["supervise"] == "w"),
        (&cases.foreign, "accept", row["dispatch"] == "w"),
    ] {
        if !may {
            let fields = [
                ("revision", "1"),
                ("department", "水利"),
                ("callee", "王主任"),
                ("title", "主任"),
                ("promise_at", "2030-01-01T17:30"),
                ("note", ""),
            ];
            let status = sent(who, &format!("/desk/cases/{number}/{action}"), &fields).await;
            assert!([404, 409, 422].contains(&status), "{role} {action}: {status}");
        }
    }
    same_by_a_key(county, role, cases, (village, handles, late, all)).await;
}

/// A program with the role of a person comes as far, and no farther.
async fn same_by_a_key(
    county: &County,
    role: Role,
    cases: &Cases,
    (village, handles, late, all): (bool, bool, bool, bool),
) {
    if [Role::SecurityAdmin, Role::Auditor].contains(&role) {
        let error = county.office.add_api_key("程序", role, None).await.unwrap_err();
        assert!(error.to_string().contains("不能发钥匙"), "{error}");
        return;
    }
    let of = if role == Role::Source { Some("数字城管") } else { of(role) };
    let program = county.program(&format!("{role}的程序"), role, of).await;
    for (number, seen) in [
        (&cases.near, village),
        (&cases.assigned, handles),
        (&cases.late, late),
        (&cases.foreign, all),
    ] {
        let answer = program.get(&format!("/cases/{number}")).await;
        assert_eq!(answer.status, if seen { 200 } else { 404 }, "{role} {number} by a key");
    }
}

#[tokio::test]
async fn who_belongs_nowhere_is_not_taken() {
    let county = county().open().await;
    for (role, of, text) in [
        (Role::Department, None, "请写明是哪个承办单位的。"),
        (Role::DepartmentHead, None, "请写明是哪个承办单位的。"),
        (Role::Township, Some("月亮镇"), "名单里没有部门“月亮镇”。"),
        (Role::Agent, None, "请写明是哪个村"),
        (Role::Agent, Some("130225109999"), "名单里没有村“130225109999”。"),
        (Role::Merchant, Some("m9"), "没有商家“m9”。"),
        (Role::Clerk, Some("城管"), "这个角色不写属于哪里。"),
        (Role::SecurityAdmin, Some("城管"), "这个角色不写属于哪里。"),
    ] {
        let error = county.office.add_staff("新人", role, of).await.unwrap_err().to_string();
        assert!(error.contains(text), "{role}: {error}");
    }
}
