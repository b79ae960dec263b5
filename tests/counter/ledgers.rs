//! The ledgers of a month: what stands in them, who gets to see which, and as files.

use std::io::Cursor;

use bianmin::county::WeightTable;
use bianmin::office::{LedgerKind, Role};
use calamine::{Data, Reader, Xlsx};

use super::county::{Clerk, County, VILLAGER, county};

const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const CASES: &str = "kind=cases&month=2026-11";

pub async fn workbook(clerk: &Clerk<'_>, query: &str) -> Vec<Vec<String>> {
    let path = format!("/desk/ledgers/file/xlsx?{query}");
    let (status, bytes) = clerk.download(&path).await;
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
    let table = workbook(&clerk, &format!("{CASES}&reason=核实地址")).await;
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

#[tokio::test]
async fn whose_a_confidential_case_is_no_ledger_tells() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = county.report(VILLAGER).await;
    clerk.act(&number, "hide", &[]).await;
    for query in [CASES.to_owned(), format!("{CASES}&reason=核实")] {
        let table = workbook(&clerk, &query).await;
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
    for query in
        [format!("{CASES}&reason=好奇"), "kind=village&month=2026-11&village=大黑坨村".into()]
    {
        let (status, _) = lead.download(&format!("/desk/ledgers/file/xlsx?{query}")).await;
        assert_eq!(status, 404, "{query}");
    }
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

/// One by one they open what is late only; what the county did in a month they read whole.
#[tokio::test]
async fn leaders_read_a_ledger_with_what_is_on_time() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
    for role in [Role::Leader, Role::Organisation] {
        let who = county.staff(&format!("看{role}"), role, None).await;
        assert_eq!(cell(&workbook(&who, CASES).await, &number, "诉求内容"), "村口路灯坏了");
        assert_eq!(who.try_get(&format!("/desk/cases/{number}")).await.0, 404);
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
