//! The ledgers of a month: what stands in them, who gets to see which, and as files.

use std::io::Cursor;

use bianmin::county::WeightTable;
use bianmin::office::{LedgerKind, Role};
use calamine::{Data, Reader, Xlsx};

use super::county::{Clerk, County, VILLAGER, county};

const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const CASES: &str = "kind=cases&month=2026-11";

pub async fn workbook(clerk: &Clerk<'_>, query: &str) -> Vec<Vec<String>> {
    read(clerk.download(&format!("/desk/ledgers/file/xlsx?{query}")).await)
}

const WITH_REASON: [(&str, &str); 3] =
    [("kind", "cases"), ("month", "2026-11"), ("reason", "核实地址")];

fn read((status, bytes): (u16, Vec<u8>)) -> Vec<Vec<String>> {
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    let page = book.worksheet_range(&name).unwrap();
    let text = |cell: &Data| match cell {
        Data::String(text) => text.clone(),
        Data::Empty => String::new(),
        other => panic!("every cell is text, not {other:?}"),
    };
    page.rows().map(|row| row.iter().map(text).collect()).collect()
}

/// Of the line whose number it is: the cell below that head.
fn cell<'t>(table: &'t [Vec<String>], number: &str, head: &str) -> &'t str {
    let column = table[2].iter().position(|name| name == head).expect(head);
    let digits = |text: &str| text.replace('-', "");
    let row = table[3..].iter().find(|row| row.iter().any(|cell| digits(cell) == number));
    &row.unwrap_or_else(|| panic!("{number}: {table:#?}"))[column]
}

/// Dispatched, answered and rated.
async fn answered(county: &County, clerk: &mut Clerk<'_>) -> String {
    let number = county.report(VILLAGER).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "accept", &[]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(county.say(VILLAGER, "满意").await.starts_with("谢谢您"));
    number
}

#[tokio::test]
async fn the_case_ledger_has_every_column_and_hides_the_middle_of_a_number() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = answered(&county, &mut clerk).await;
    let page = clerk.get(&format!("/desk/ledgers?{CASES}")).await;
    for part in [
        "受理办理台账",
        "2026年11月",
        "138****8000",
        "县城市管理综合行政执法局",
        "已解决",
        "存成 Excel",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("13800138000"), "{page}");

    let table = workbook(&clerk, CASES).await;
    assert_eq!(table[0][0], "受理办理台账");
    assert_eq!(table[2].len(), 36);
    for (head, expect) in [
        ("来源渠道", "微信"),
        ("乡镇(街道)", "胡家坨镇"),
        ("村(社区)", "大黑坨村"),
        ("诉求人", "张**"),
        ("联系电话", "138****8000"),
        ("办理结果(结论)", "已解决"),
        ("答复内容", REPLY),
        ("是否超期", "否"),
        ("满意度", "满意"),
        ("用时(工作日)", "0.0"),
    ] {
        assert_eq!(cell(&table, &number, head), expect, "{head}");
    }
    let last = table.last().unwrap();
    assert!(last[0].starts_with("导出人：管理员　2026-11-23"), "{last:?}");
    // With a reason the number is whole, and the reason stands on the sheet.
    let table = read(clerk.take_out("/desk/ledgers/file/xlsx", &WITH_REASON).await);
    assert_eq!(cell(&table, &number, "联系电话"), "13800138000");
    assert_eq!(cell(&table, &number, "诉求人"), "张三");
    assert!(table.last().unwrap()[0].contains("用途：核实地址"));
    // As text for programs of another kind.
    let (status, csv) = clerk.download(&format!("/desk/ledgers/file/csv?{CASES}")).await;
    let csv = String::from_utf8(csv).unwrap();
    assert!(status == 200 && csv.starts_with('\u{feff}') && csv.contains("138****8000"), "{csv}");
    assert!(csv.trim_end().ends_with("导出人：管理员　2026-11-23 10:00\""), "{csv}");
    let (_, old) = clerk.download(&format!("/desk/ledgers/file/gb18030?{CASES}")).await;
    let (old, _, was_wrong) = encoding_rs::GB18030.decode(&old);
    assert!(!was_wrong && csv == format!("\u{feff}{old}"), "the same for an old program: {old}");
    let table = workbook(&clerk, "kind=cases&month=2026-10").await;
    assert_eq!(table.len(), 5, "a month without cases: {table:?}");
}

/// How the answer went, not how the matter had come.
#[tokio::test]
async fn the_ledger_says_by_which_way_she_was_told() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let by_wechat = answered(&county, &mut clerk).await;
    let by_phone = clerk.file("13900139000", "0409", "村口路灯坏了").await;
    clerk.act(&by_phone, "dispatch", &[("department", "城管")]).await;
    let reply = [("outcome", "solved"), ("text", REPLY), ("visited", "2026-11-23T10:30")];
    county.clock.advance(3_600);
    clerk.act(&by_phone, "reply", &reply).await;
    let way = async |clerk: &Clerk<'_>, number: &str| {
        cell(&workbook(clerk, CASES).await, number, "答复方式").to_owned()
    };
    assert_eq!(way(&clerk, &by_wechat).await, "微信");
    assert_eq!(way(&clerk, &by_phone).await, "上门", "nobody has telephoned yet");
    for task in clerk.tasks(REPLY).await {
        clerk.csrf = clerk.csrf_of(&task).await;
        let (status, page) = clerk.post(&format!("{task}/finish"), &[("note", "打通了")]).await;
        assert_eq!(status, 303, "{page}");
    }
    assert_eq!(way(&clerk, &by_phone).await, "上门、电话");
}

#[tokio::test]
async fn whose_a_confidential_case_is_no_ledger_tells() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = county.report(VILLAGER).await;
    clerk.act(&number, "hide", &[]).await;
    let file = "/desk/ledgers/file/xlsx";
    for table in [workbook(&clerk, CASES).await, read(clerk.take_out(file, &WITH_REASON).await)] {
        assert_eq!(cell(&table, &number, "诉求人"), "保密诉求人");
        assert_eq!(cell(&table, &number, "联系电话"), "");
    }
}

#[tokio::test]
async fn a_department_sees_its_own_lines_only() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let own = answered(&county, &mut clerk).await;
    let other = county.report("oVillager00000000000000000002").await;
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let table = workbook(&lead, CASES).await;
    cell(&table, &own, "诉求人");
    assert!(!table.iter().flatten().any(|cell| cell.replace('-', "") == other), "{table:#?}");
    let village = "kind=village&month=2026-11&village=大黑坨村";
    let (status, _) = lead.download(&format!("/desk/ledgers/file/xlsx?{village}")).await;
    assert_eq!(status, 404);
    let (status, _) = lead.take_out("/desk/ledgers/file/xlsx", &WITH_REASON).await;
    assert_eq!(status, 404, "out of curiosity");
    let page = lead.get("/desk/ledgers").await;
    assert!(!page.contains("村级服务台账") && !page.contains("完整电话"), "{page}");
    let nobody = county.nobody();
    let (status, _) = nobody.download(&format!("/desk/ledgers/file/csv?{CASES}")).await;
    assert_eq!(status, 303, "to the sign-in");
}

#[tokio::test]
async fn the_department_sheet_counts_and_the_list_of_the_late_names_the_call() {
    let mut county = county().open().await;
    let (good, late) = {
        let mut clerk = county.clerk().await;
        let good = answered(&county, &mut clerk).await;
        let late = county.report("oVillager00000000000000000002").await;
        clerk.act(&late, "dispatch", &[("department", "城管")]).await;
        (good, late)
    };
    county.pass(6 * 24 * 3_600).await;
    let mut clerk = county.clerk_again().await;
    let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-12-02T17:30")];
    clerk.act(&late, "supervise", &call).await;
    assert_eq!(of_the_city(&clerk).await, ["2", "50.0%", "50.0%", "100.0%", "1", "—"]);
    let table = workbook(&clerk, "kind=overdue&month=2026-11").await;
    assert_eq!(cell(&table, &late, "接电话的人"), "王主任");
    assert_eq!(cell(&table, &late, "答应办完"), "2026-12-02 17:30");
    assert!(!table.iter().flatten().any(|cell| cell.replace('-', "") == good));
    // What was read once follows what is done since.
    clerk.act(&late, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert_eq!(of_the_city(&clerk).await, ["2", "50.0%", "100.0%", "100.0%", "1", "—"]);
}

/// Of its line on the sheet of the departments.
async fn of_the_city(clerk: &Clerk<'_>) -> Vec<String> {
    let table = workbook(clerk, "kind=departments&month=2026-11").await;
    let line = table[3..].iter().find(|row| row[1].contains("城市管理"));
    let line = line.unwrap_or_else(|| panic!("{table:#?}"));
    ["交办总量", "按时办结率", "办结率", "满意率", "督办次数", "排名"]
        .iter()
        .map(|head| table[2].iter().position(|name| name == head).unwrap())
        .map(|column| line[column].clone())
        .collect()
}

/// The county's rules: a township reports of its own villages. What somebody wants hidden is not
/// for it, nor is another township's.
#[tokio::test]
async fn a_township_has_the_ledgers_and_sums_of_its_own_villages() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let (near, far) = ("胡家坨镇大黑坨村", "毛庄镇毛庄村");
    let lamp = clerk.file_at(near, "13800138000", "0409", "村口路灯坏了").await;
    let hidden = clerk.file_at(near, "13900139000", "0409", "村主任占了我家的地").await;
    clerk.act(&hidden, "hide", &[]).await;
    let foreign = clerk.file_at(far, "13700137000", "0201", "停水两天了").await;
    let theirs = clerk.file_at(far, "13700137000", "0401", "村里的路不好走").await;
    clerk.act(&theirs, "dispatch", &[("department", "胡家坨镇")]).await;
    let answer = [("text", "村口的路灯明天就修好，修好了再打电话告诉您。"), ("basis", "路灯办法")];
    clerk.act(&lamp, "answer", &answer).await;
    let own = county.staff("镇上", Role::Township, Some("胡家坨镇")).await;
    let table = workbook(&own, "kind=village&month=2026-11&village=130225102216").await;
    assert_eq!(table.len(), 6, "three lines of head, one of a case, two of foot: {table:#?}");
    assert!(table.iter().flatten().any(|cell| cell.contains("路灯")), "{table:#?}");
    let table = workbook(&own, CASES).await;
    let has = |number: &String| table.iter().flatten().any(|one| one.replace('-', "") == *number);
    assert!(has(&lamp) && has(&theirs), "its villages', and what it handles: {table:#?}");
    assert!(!has(&hidden) && !has(&foreign), "{table:#?}");
    let totals = "kind=totals&month=2026-11";
    let table = workbook(&own, totals).await;
    assert_eq!(table[3], ["1", "胡家坨镇", "大黑坨村", "1", "0", "0", "1", "0", "0"]);
    assert_eq!(table.len(), 6, "one village: {table:#?}");
    let page = own.get(&format!("/desk/ledgers?{totals}")).await;
    assert!(page.contains("各村汇总表") && page.contains("value=\"130225102216\""), "{page}");
    assert!(!page.contains("毛庄村"), "{page}");
    for query in [
        "kind=village&month=2026-11&village=130225109201",
        "kind=cases&month=2026-11&village=130225109201",
        "kind=totals&month=2026-11&village=130225109201",
    ] {
        let (status, page) = own.try_get(&format!("/desk/ledgers?{query}")).await;
        assert_eq!(status, 404, "{query}: {page}");
    }
    let reason = [("kind", "cases"), ("month", "2026-11"), ("reason", "核实地址")];
    assert_eq!(own.take_out("/desk/ledgers/file/xlsx", &reason).await.0, 404);
    // All of them for the platform; none for a department.
    assert_eq!(workbook(&clerk, totals).await.len(), 7);
    let department = county.staff("小王", Role::Department, Some("城管")).await;
    assert_eq!(department.try_get(&format!("/desk/ledgers?{totals}")).await.0, 404);
    assert!(!department.get("/desk/ledgers").await.contains("各村汇总表"));
}

/// One by one they open what is late only. What the county did in a month they read as lines of
/// which nobody is one, and in which nobody has said anything.
#[tokio::test]
async fn leaders_read_what_was_done_and_neither_for_whom_nor_what_was_said() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = clerk.file("13800138000", "0409", "村口路灯坏了，我叫张三").await;
    let hidden = clerk.file("13900139000", "0409", "村主任占了我家的地").await;
    clerk.act(&hidden, "hide", &[]).await;
    for one in [&number, &hidden] {
        clerk
            .act(
                one,
                "answer",
                &[
                    ("text", "张三家门口的路灯明天就修好，修好了再打电话告诉您。"),
                    ("basis", "路灯办法"),
                ],
            )
            .await;
    }
    for role in [Role::Leader, Role::Organisation] {
        let who = county.staff(&format!("看{role}"), role, None).await;
        let table = workbook(&who, CASES).await;
        for one in [&number, &hidden] {
            for head in ["诉求内容", "答复内容", "联系电话", "受理人/代办员", "被反映对象"]
            {
                assert_eq!(cell(&table, one, head), "", "{role} {head}");
            }
            assert_eq!(cell(&table, one, "乡镇(街道)"), "胡家坨镇");
            assert_ne!(cell(&table, one, "到期时间"), "");
        }
        assert_eq!(cell(&table, &number, "村(社区)"), "大黑坨村");
        for (head, expect) in [("诉求人", "保密诉求人"), ("村(社区)", ""), ("诉求标题", "")]
        {
            assert_eq!(cell(&table, &hidden, head), expect, "{role} {head}");
        }
        let village = "kind=village&month=2026-11&village=大黑坨村";
        let table = workbook(&who, village).await;
        assert_eq!(
            table.len(),
            3 + 1 + 2,
            "what is confidential is no line of a village: {table:#?}"
        );
        let csv = format!("/desk/ledgers/file/csv?{village}");
        for file in
            ["/desk/ledgers?kind=cases&month=2026-11", &format!("/desk/ledgers?{village}"), &csv]
        {
            let text = who.get(file).await;
            for word in ["路灯坏了", "占了", "明天就修好", "张**", "张三", "138****", "8000"]
            {
                assert!(!text.contains(word), "{role} {word} {file}: {text}");
            }
        }
        assert_eq!(who.try_get(&format!("/desk/cases/{number}")).await.0, 404);
    }
    // A program of theirs reads no more.
    let program = county.program("领导看板", Role::Leader, None).await;
    let ledger = program.get("/ledgers/cases?month=2026-11").await.fine().to_string();
    assert!(ledger.contains("胡家坨镇") && !ledger.contains("路灯坏了"), "{ledger}");
    assert!(!ledger.contains("138****"), "{ledger}");
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let log = auditor.get("/desk/audit?kind=sheet&by=领导看板").await;
    assert!(log.contains("受理办理台账，2行"), "as JSON it is taken out too: {log}");
}

/// A link is opened by whoever is made to press it: nothing whole comes by one, and nothing is
/// written in her name.
#[tokio::test]
async fn no_link_brings_whole_numbers_or_writes_a_reason() {
    let county = county().open().await;
    county.report(VILLAGER).await;
    let clerk = county.clerk().await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let link = format!("/desk/ledgers/file/csv?{CASES}&reason=核实地址");
    let (status, csv) = clerk.download(&link).await;
    let csv = String::from_utf8(csv).unwrap();
    assert!(status == 200 && !csv.contains("13800138000") && !csv.contains("核实地址"), "{csv}");
    let log = auditor.get("/desk/audit").await;
    assert!(!log.contains("核实地址") && !log.contains("导出台账</td>"), "{log}");
    for path in [
        "/desk/shop/sheets.csv?kind=picking&day=2026-11-24",
        "/desk/shop/sheets.xlsx?kind=picking&day=2026-11-24",
        "/desk/shop/register/csv",
        "/desk/audit/file/csv",
    ] {
        assert_eq!(clerk.try_get(path).await.0, 405, "{path}");
    }
    for (path, fields) in [
        ("/desk/ledgers/file/csv", &WITH_REASON[..]),
        ("/desk/shop/sheets.csv?kind=picking&day=2026-11-24", &[]),
        ("/desk/shop/register/csv", &[]),
    ] {
        let url = format!("{}{path}", county.base);
        let mut form = vec![("csrf", "0000")];
        form.extend_from_slice(fields);
        let request = county.http.post(url).header("cookie", &clerk.cookie).form(&form);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 403, "{path}");
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told() {
    let county = county().open().await;
    let clerk = county.clerk().await;
    for (query, told) in [
        ("kind=all&month=2026-11", "请选一种台账"),
        ("kind=cases&month=十一月", "月份请写成 2026-11"),
        ("kind=village&month=2026-11", "请写是哪个村的台账"),
        ("kind=village&month=2026-11&village=月亮村", "没有这个村"),
    ] {
        let (status, page) = clerk.try_get(&format!("/desk/ledgers?{query}")).await;
        assert!(status == 422 && page.contains(told), "{query}: {status} {page}");
    }
    let (status, _) = clerk.download(&format!("/desk/ledgers/file/pdf?{CASES}")).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn each_ledger_has_the_columns_of_the_paper_in_a_workbook_and_as_text() {
    let county = county().open().await;
    let clerk = county.clerk().await;
    let columns = include_str!("../fixtures/desk/ledger_columns.txt");
    let mut kinds = 0;
    for line in columns.lines().filter(|line| !line.starts_with('#')) {
        let (kind, columns) = line.split_once(": ").unwrap();
        let expect: Vec<&str> = columns.split(' ').filter(|word| *word != "+").collect();
        let village = if kind == "village" { "&village=大黑坨村" } else { "" };
        let query = format!("kind={kind}&month=2026-11{village}");
        assert_eq!(workbook(&clerk, &query).await[2], expect, "{kind}");
        let (status, csv) = clerk.download(&format!("/desk/ledgers/file/csv?{query}")).await;
        let csv = String::from_utf8(csv).unwrap();
        let heads = csv.split("\r\n").nth(1).unwrap();
        let heads: Vec<&str> = heads.split(',').map(|cell| cell.trim_matches('"')).collect();
        assert_eq!((status, heads), (200, expect), "{kind}: {csv}");
        kinds += 1;
    }
    assert_eq!(kinds, LedgerKind::ALL.len());
}

#[tokio::test]
async fn new_weights_leave_the_months_before_as_they_were() {
    let changed = |tables: &mut bianmin::office::Tables| {
        let text = "from,response,solved,content,ranked_min\n2026-12-01,50,30,20,1\n";
        tables.weights = WeightTable::parse(text).unwrap();
    };
    let county = county().tables(changed).open().await;
    let clerk = county.clerk().await;
    for (month, foot) in [
        ("2026-11", "响应率占20%，解决率占40%，满意率占40%；不到5件的不排名"),
        ("2026-12", "响应率占50%，解决率占30%，满意率占20%；不到1件的不排名"),
    ] {
        let page = clerk.get(&format!("/desk/ledgers?kind=departments&month={month}")).await;
        assert!(page.contains(foot), "{month}: {page}");
    }
    let keeper = county.keeper().await;
    let table = keeper.get("/desk/county/weights").await;
    assert!(table.contains("2026-12-01") && table.contains("50%"), "{table}");
}
