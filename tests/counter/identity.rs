//! Who she is stands apart: masked on every page, whole only for a reason, and each look is
//! written down.

use bianmin::office::Role;

use super::county::{Clerk, VILLAGER, county};

const NAME: &str = "张三";
const PHONE: &str = "13800138000";

#[tokio::test]
async fn a_page_is_masked_until_somebody_says_why() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let path = format!("/desk/cases/{number}");
    let page = clerk.get(&path).await;
    assert!(page.contains("张**") && page.contains("尾号8000"), "{page}");
    assert!(!page.contains(NAME) && !page.contains(PHONE), "{page}");

    for (reason, told) in [("", "请写为什么要看"), ("看", "请写为什么要看")] {
        let (status, page) = clerk.see(&number, reason).await;
        assert!(status == 422 && page.contains(told) && !page.contains(PHONE), "{status} {page}");
    }
    let (status, page) = clerk.see(&number, "打电话核实地址").await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains(NAME) && page.contains("tel:13800138000"), "{page}");
    assert!(!clerk.get(&path).await.contains(PHONE), "loaded again it is masked");
}

/// Check 12: every identity read appears in the view log.
#[tokio::test]
async fn every_look_is_in_the_log_and_she_is_told_by_whom() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    assert!(county.talk(VILLAGER, &["谁看过"]).await.contains("还没有人看过"));
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    assert_eq!(lead.see(&number, "联系她问在哪里").await.0, 200);
    assert_eq!(clerk.see(&number, "打电话核实地址").await.0, 200);
    assert_eq!(clerk.see(&number, "打电话核实地址").await.0, 200);

    let page = auditor.get("/desk/audit").await;
    let parts =
        ["城管经办", "联系她问在哪里", "管理员", "打电话核实地址", "看姓名电话", "127.0.0.1"];
    for part in parts {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches("打电话核实地址").count(), 1, "loaded again is no second look");
    assert!(!page.contains(PHONE) && !page.contains(NAME), "{page}");
    let of_case = format!("case={number}");
    for (query, seen, not) in [
        ("by=城管经办", "联系她问在哪里", "打电话核实地址"),
        ("kind=ledger", "没有", "打电话核实地址"),
        (of_case.as_str(), "打电话核实地址", "没有符合"),
        ("from=2026-11-24", "没有", "打电话核实地址"),
        ("to=2026-11-23", "打电话核实地址", "没有符合"),
    ] {
        let page = auditor.get(&format!("/desk/audit?{query}")).await;
        assert!(page.contains(seen) && !page.contains(not), "{query}: {page}");
    }
    assert_eq!(clerk.try_get("/desk/audit").await.0, 404, "not even the administrator");
    assert_eq!(auditor.try_get(&format!("/desk/cases/{number}")).await.0, 404);

    let said = county.talk(VILLAGER, &["谁看过"]).await;
    for part in ["11月23日", "县城市管理综合行政执法局", "联系她问在哪里", "平台负责人看姓名电话"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("城管经办"), "which clerk is the auditor's to know: {said}");
    let other = county.talk("oVillager00000000000000000002", &["谁看过"]).await;
    assert!(!other.contains("核实地址"), "{other}");
}

#[tokio::test]
async fn the_log_as_a_file_has_no_formula_in_it() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    assert_eq!(clerk.see(&number, "=HYPERLINK(\"http://x\")").await.0, 200);
    let (status, csv) = auditor.take_out("/desk/audit/file/csv", &[]).await;
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(status, 200);
    assert!(csv.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "{csv}");
    assert!(csv.contains("导出人：审计"), "{csv}");
    assert_eq!(clerk.take_out("/desk/audit/file/csv", &[]).await.0, 404);
}

/// No page of anybody tells who she is, but to one who asked: every role, every page that its
/// links lead to.
#[tokio::test]
async fn no_page_of_any_role_holds_her_name_or_number() {
    let county = county().open().await;
    let open = county.report(VILLAGER).await;
    let hidden = county.report("oVillager00000000000000000002").await;
    let mut clerk = county.clerk().await;
    clerk.act(&hidden, "hide", &[("reason", "她要求的")]).await;
    for number in [&open, &hidden] {
        let more = [("department", "城管"), ("helper", "水利"), ("note", "张三 13800138000")];
        clerk.act(number, "dispatch", &more).await;
        clerk.act(number, "note", &[("text", "电话13800138000，找张三")]).await;
    }
    let text = "张三家门口的垃圾还没清，电话13800138000";
    county.talk(VILLAGER, &[&format!("补充{open}"), text, "没有"]).await;
    let selling = "我要卖自家白菜两千斤，三毛一斤，大黑坨村，我叫张三，电话13800138000";
    for answer in ["给", "不给"] {
        county.talk("oVillager00000000000000000003", &[selling, answer, "对"]).await;
    }
    assert!(clerk.get("/desk/listings").await.contains("白菜"));
    let village = "130225102216";
    let mut seen = 0;
    for (role, of) in [
        (Role::Clerk, None),
        (Role::Director, None),
        (Role::DepartmentHead, Some("城管")),
        (Role::SystemAdmin, None),
        (Role::SecurityAdmin, None),
        (Role::Supervisor, None),
        (Role::Department, Some("城管")),
        (Role::Department, Some("水利")),
        (Role::Department, Some("教育")),
        (Role::Township, Some("胡家坨镇")),
        (Role::Agent, Some(village)),
        (Role::ShopClerk, Some(village)),
        (Role::Organisation, None),
        (Role::Leader, None),
        (Role::Operator, Some("供销社")),
        (Role::Source, None),
        (Role::Auditor, None),
    ] {
        let who = county.staff(&format!("另一位{role}{}", of.unwrap_or_default()), role, of).await;
        let (pages, found) = crawl(&who).await;
        assert!(pages > 2, "{role}: {pages} pages");
        assert_eq!(found, Vec::<String>::new(), "{role} {of:?}");
        seen += pages;
        let (status, _) = who.try_get(&format!("/desk/cases/{hidden}")).await;
        let near = matches!(role, Role::Agent | Role::Township);
        assert!(!near || status == 404, "{role} sees a confidential case of her village");
    }
    assert!(seen > 60, "{seen} pages");
}

/// The pages that links lead to from the desk's first one, and those that tell who she is.
async fn crawl(who: &Clerk<'_>) -> (usize, Vec<String>) {
    let mut todo = vec!["/desk".to_owned()];
    for path in [
        "/desk/ledgers?kind=cases&month=2026-11",
        "/desk/ledgers?kind=village&month=2026-11&village=大黑坨村",
        "/desk/ledgers?kind=overdue&month=2026-11",
        "/desk/ledgers/file/csv?kind=cases&month=2026-11",
        "/desk?search=张",
        "/desk/people",
    ] {
        todo.push(path.to_owned());
    }
    let mut done: Vec<String> = Vec::new();
    let mut found = Vec::new();
    while let Some(path) = todo.pop() {
        // A task is opened to call her: that is a look, and is written down.
        if done.contains(&path) || path.starts_with("/desk/tasks/") || done.len() > 300 {
            continue;
        }
        done.push(path.clone());
        let (status, page) = who.try_get(&path).await;
        if status == 200 && (page.contains(NAME) || page.contains(PHONE)) {
            found.push(format!("{path}: {page}"));
        }
        for link in page.split("href=\"/desk").skip(1) {
            let link = link.split(['"', '#']).next().unwrap().replace("&#38;", "&");
            if !link.contains("sign-out") {
                todo.push(format!("/desk{link}"));
            }
        }
    }
    (done.len(), found)
}

#[tokio::test]
async fn opening_a_task_is_a_look_with_the_task_as_its_reason() {
    let county = county().without_secret().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let list = clerk.get("/desk/tasks").await;
    assert!(list.contains("张**") && !list.contains(NAME), "{list}");
    assert!(!auditor.get("/desk/audit").await.contains("待办："));
    assert_eq!(clerk.tasks("tel:13800138000").await.len(), 1);
    let page = auditor.get(&format!("/desk/audit?case={number}")).await;
    assert!(page.contains("待办里看电话") && page.contains("待办："), "{page}");
}

#[tokio::test]
async fn a_ledger_with_whole_numbers_is_a_look_at_each_of_its_cases() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let clerk = county.clerk().await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let path = "/desk/ledgers/file/csv?kind=cases&month=2026-11";
    let (_, masked) = clerk.download(path).await;
    assert!(!String::from_utf8(masked).unwrap().contains(PHONE));
    assert!(!auditor.get("/desk/audit").await.contains("导出台账</td>"));
    let fields = [("kind", "cases"), ("month", "2026-11"), ("reason", "核实地址")];
    let (_, whole) = clerk.take_out("/desk/ledgers/file/csv", &fields).await;
    assert!(String::from_utf8(whole).unwrap().contains(PHONE));
    let page = auditor.get(&format!("/desk/audit?case={number}")).await;
    assert!(page.contains("导出台账") && page.contains("核实地址"), "{page}");
    let leader = county.staff("县长", Role::Leader, None).await;
    let (status, _) = leader.take_out("/desk/ledgers/file/csv", &fields).await;
    assert_eq!(status, 404, "who may read ledgers may not yet see who they are");
}

#[tokio::test]
async fn whose_a_listing_is_stands_in_the_log_before_it_is_seen() {
    let county = county().open().await;
    let selling = "我要卖自家白菜两千斤，三毛一斤，大黑坨村，我叫张三，电话13800138000";
    let said = county.talk(VILLAGER, &[selling, "给", "对"]).await;
    let number = super::county::number_in(&said);
    let mut clerk = county.clerk().await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let page = clerk.get("/desk/listings").await;
    assert!(page.contains("张**") && page.contains("138****8000"), "{page}");
    assert!(!page.contains(NAME) && !page.contains(PHONE), "{page}");
    clerk.csrf = clerk.csrf_of("/desk/listings").await;
    let path = format!("/desk/listings/{number}/identity");
    let (status, page) = clerk.post(&path, &[("reason", "")]).await;
    assert!(status == 422 && page.contains("请写为什么要看") && !page.contains(PHONE), "{page}");
    let (status, page) = clerk.post(&path, &[("reason", "问价钱写错没有")]).await;
    assert!(status == 200 && page.contains("tel:13800138000") && page.contains(NAME), "{page}");
    let log = auditor.get(&format!("/desk/audit?case={number}")).await;
    assert!(log.contains("问价钱写错没有") && log.contains("看姓名电话"), "{log}");
    assert!(!clerk.get("/desk/listings").await.contains(PHONE), "loaded again it is masked");
    let mut own = county.staff("小王", Role::Department, Some("城管")).await;
    own.csrf = own.csrf_of("/desk/me").await;
    assert_eq!(own.post(&path, &[("reason", "问价钱写错没有")]).await.0, 404);
}

/// The director at an order, and whoever opens the page of a person.
#[tokio::test]
async fn what_is_opened_to_be_worked_on_is_a_look() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    super::shop::market::open(&county, &mut clerk).await;
    let her = "我要买2袋尿素，我是毛庄村的，我叫张三";
    let said = county.talk(VILLAGER, &[her, "自己取", PHONE, "确认"]).await;
    let order = super::county::number_in(&said);
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let of_order = format!("/desk/audit?kind=order&case={order}");
    assert!(!auditor.get(&of_order).await.contains("看订单电话</td>"));
    let page = clerk.get(&format!("/desk/shop/orders/{order}")).await;
    assert!(page.contains(PHONE), "{page}");
    clerk.get(&format!("/desk/shop/orders/{order}")).await;
    let log = auditor.get(&of_order).await;
    assert_eq!(log.matches("看订单电话</td>").count(), 1, "{log}");
    // Who only looks on reads neither name nor number.
    let reader = county.staff("值班员", Role::Clerk, None).await;
    for path in ["/desk/shop", "/desk/shop/day", &format!("/desk/shop/orders/{order}")] {
        let page = reader.get(path).await;
        assert!(page.contains(&order) || page.contains("尿素"), "{path}: {page}");
        assert!(!page.contains(NAME) && !page.contains(PHONE), "{path}: {page}");
    }
    let number = county.report(VILLAGER).await;
    clerk.csrf = clerk.csrf_of("/desk/people").await;
    let fields = [("phone", PHONE), ("reason", "本人来电")];
    let (_, page) = clerk.post("/desk/people", &fields).await;
    let at = page.find("/desk/people/").unwrap_or_else(|| panic!("{page}"));
    let person = page[at..].split('"').next().unwrap().to_owned();
    reader.get(&person).await;
    let log = auditor.get(&format!("/desk/audit?case={number}&by=值班员")).await;
    assert!(log.contains("看这个人的事项"), "{log}");
}

/// A hit would tell her that what she can not read is there.
#[tokio::test]
async fn nobody_finds_what_is_masked_for_her() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let text = "张三家门口路灯坏了，电话13800138000，赵大爷也摔了";
    let number = clerk.file(PHONE, "0409", text).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "redact", &[("text", "赵大爷")]).await;
    clerk.act(&number, "hide", &[]).await;
    let row = format!("/desk/cases/{number}\"");
    for (role, of) in
        [(Role::Department, "城管"), (Role::DepartmentHead, "城管"), (Role::Clerk, "")]
    {
        let of = Some(of).filter(|of| !of.is_empty());
        let who = county.staff(&format!("找的{role}"), role, of).await;
        assert!(who.get("/desk?search=路灯坏了").await.contains(&row), "{role}");
        for hidden in [NAME, PHONE, "8000，", "赵大爷"] {
            let found = who.get(&format!("/desk?search={hidden}")).await.contains(&row);
            assert_eq!(found, role == Role::Clerk, "{role} {hidden}");
        }
    }
    let program = county.program("城管系统", Role::Department, Some("城管")).await;
    let found = program.get(&format!("/cases?search={PHONE}")).await;
    assert!(found.status == 400 || !found.body.to_string().contains(&number), "{}", found.body);
}
