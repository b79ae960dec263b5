//! Reports of a month and the nightly look at the books: every figure against the orders and
//! payments that it is made of.

use std::io::Cursor;

use bianmin::office::Role;
use calamine::{Data, Reader, Xlsx};

use super::market::{self, open, step, try_step};
use crate::county::{Clerk, County, county};

async fn placed(clerk: &mut Clerk<'_>, goods: &str, village: &str) -> String {
    let fields = [
        ("token", goods),
        ("goods", goods),
        ("village", village),
        ("name", "肖奉安"),
        ("phone", "13800138000"),
        ("way", "pickup"),
    ];
    let (status, text) = market::order_at_counter(clerk, &fields).await;
    assert_eq!(status, 303, "{text}");
    let list = clerk.get("/desk/shop").await;
    list.rsplit("/desk/shop/orders/").next().unwrap()[..9].to_owned()
}

/// From the order to her hands.
async fn handed(clerk: &mut Clerk<'_>, goods: &str, village: &str) -> String {
    let number = placed(clerk, goods, village).await;
    for (action, fields) in [("confirm", vec![]), ("pack", vec![]), ("arrive", vec![])] {
        step(clerk, &number, action, &fields).await;
    }
    step(clerk, &number, "release", &[("name", "肖奉安"), ("phone_tail", "8000")]).await;
    number
}

async fn workbook(clerk: &Clerk<'_>, query: &str) -> Vec<Vec<String>> {
    let path = format!("/desk/shop/reports/file/xlsx?{query}");
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

/// The rows below the head whose second cell begins so.
fn row<'t>(table: &'t [Vec<String>], name: &str) -> &'t [String] {
    let row = table[3..].iter().find(|row| row.get(1).is_some_and(|cell| cell.starts_with(name)));
    row.unwrap_or_else(|| panic!("{name}: {table:#?}"))
}

/// In October one bag; in November three orders, of which one comes back.
async fn two_months(county: &mut County) -> [String; 4] {
    {
        let mut clerk = county.clerk().await;
        open(county, &mut clerk).await;
    }
    let first = {
        let mut clerk = county.clerk_again().await;
        handed(&mut clerk, "尿素1袋", "毛庄村").await
    };
    county.pass(12 * 24 * 3600).await;
    let mut clerk = county.clerk_again().await;
    let second = handed(&mut clerk, "尿素2袋", "毛庄村").await;
    let third = handed(&mut clerk, "五花肉5斤", "大黑坨村").await;
    let back = handed(&mut clerk, "复合肥1袋", "毛庄村").await;
    step(&mut clerk, &back, "ask_return", &[("reason", "买错了")]).await;
    step(&mut clerk, &back, "take_return", &[("fit", "1")]).await;
    let page = clerk.get(&format!("/desk/shop/orders/{back}")).await;
    let no = page.split("name=\"no\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    step(&mut clerk, &back, "refunded", &[("no", no)]).await;
    [first, second, third, back]
}

#[tokio::test]
async fn turnover_settlement_and_complaints_add_up_to_the_orders() {
    let mut county = county().open().await;
    let [_, second, third, _] = two_months(&mut county).await;
    let mut clerk = county.clerk_again().await;

    // 210 and 92 stayed, 150.50 came and went.
    let table = workbook(&clerk, "kind=turnover&month=2026-12").await;
    assert_eq!(
        row(&table, "毛庄镇毛庄村店")[2..],
        ["2", "360.50", "150.50", "210.00", "105.00", "100.0%"]
    );
    assert_eq!(
        row(&table, "胡家坨镇大黑坨村店")[2..],
        ["1", "92.00", "0.00", "92.00", "0.00", "—"]
    );
    let foot = &table[table.len() - 2][0];
    assert_eq!(foot, "合计3单，成交452.50元，净额302元，上月净额105元，增长187.6%");

    let table = workbook(&clerk, "kind=settlement&month=2026-12").await;
    assert_eq!(
        row(&table, "毛庄农资店")[3..],
        ["2", "360.50", "0.00", "360.50", "150.50", "210.00"]
    );
    assert_eq!(row(&table, "毛庄百货")[3..], ["1", "92.00", "0.00", "92.00", "0.00", "92.00"]);
    assert_eq!(table[table.len() - 2][0], "合计货款452.50元，应结302元");

    let statement = workbook(&clerk, "kind=statement&month=2026-12&merchant=M1").await;
    let amounts: Vec<&str> = statement[3..6].iter().map(|row| &*row[6]).collect();
    assert_eq!(amounts, ["210.00", "150.50", "-150.50"]);
    assert_eq!(statement[statement.len() - 2][0], "应结210元");
    assert_eq!(statement[3][2].replace('-', ""), second);

    // What was paid and not given back is what is owed to merchants.
    let mut kept = 0;
    for number in [&second, &third] {
        let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
        let paid = page.split(" · 已付").nth(1).unwrap();
        kept += paid.split('元').next().unwrap().parse::<i64>().unwrap();
    }
    assert_eq!(kept, 302);

    let table = workbook(&clerk, "kind=complaints&month=2026-12").await;
    assert_eq!(row(&table, "毛庄农资店")[2..], ["2", "0", "0.0%", "0", "0"]);
    let case = clerk.file("13800138000", "1109", "毛庄农资店的化肥结块了，没法用").await;
    let found = [("case", &*case), ("basis", "市场监管到店看过，属实")];
    market::merchant_act(&mut clerk, "M1", "uphold", &found).await;
    let table = workbook(&clerk, "kind=complaints&month=2026-12").await;
    assert_eq!(row(&table, "毛庄农资店")[2..], ["2", "0", "0.0%", "1", "1"]);
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_report_shows_nobody_what_is_not_hers() {
    let mut county = county().open().await;
    two_months(&mut county).await;
    let month = "month=2026-12";
    let merchant = county.staff("老李", Role::Merchant, Some("M2")).await;
    let page = merchant.get(&format!("/desk/shop/reports?kind=settlement&{month}")).await;
    assert!(page.contains("毛庄百货") && !page.contains("毛庄农资店"), "{page}");
    let own = merchant.get(&format!("/desk/shop/reports?kind=statement&{month}")).await;
    assert!(own.contains("应结92元"), "{own}");
    assert!(own.contains("2026年12月　毛庄百货　"), "its own name stands above: {own}");
    let shop = county.staff("店员", Role::ShopClerk, Some("130225109201")).await;
    let page = shop.get(&format!("/desk/shop/reports?kind=turnover&{month}")).await;
    assert!(page.contains("毛庄村店") && !page.contains("大黑坨"), "{page}");
    let leader = county.staff("书记", Role::Leader, None).await;
    leader.get(&format!("/desk/shop/reports?kind=turnover&{month}")).await;
    for (staff, query, expect) in [
        (&merchant, format!("kind=turnover&{month}"), 404),
        (&merchant, format!("kind=statement&{month}&merchant=M1"), 404),
        (&shop, format!("kind=settlement&{month}"), 404),
        (&leader, "kind=turnover&month=2026-13".into(), 422),
        (&leader, format!("kind=statement&{month}"), 422),
    ] {
        let (status, page) = staff.try_get(&format!("/desk/shop/reports?{query}")).await;
        assert_eq!(status, expect, "{query}: {page}");
    }
    let csv = shop.get(&format!("/desk/shop/reports/file/csv?kind=turnover&{month}")).await;
    assert!(csv.contains("导出人：店员") && csv.contains("毛庄镇毛庄村店"), "{csv}");
}

#[tokio::test]
async fn what_does_not_agree_is_a_task_in_the_morning_and_one_only() {
    use bianmin::shop::Stock;
    use bianmin::store::{Changes, MemoryEngine, Store, keys, load};

    let store: Store = std::sync::Arc::new(MemoryEngine::default());
    let mut county = county().store(store.clone()).open().await;
    {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        placed(&mut clerk, "尿素2袋", "毛庄村").await;
    }
    county.pass(20 * 3600).await;
    let clerk = county.clerk_again().await;
    assert!(!clerk.get("/desk/tasks").await.contains("对不上的账"), "all agrees");
    // Somebody writes into the store past the program.
    let before = load::<Stock>(&*store, keys::stock("A1")).await.unwrap().unwrap();
    let wrong = Stock { on_hand: bianmin::shop::Milli(90_000), ..before.record.clone() };
    let mut changes = Changes::default();
    changes.replace(&before, &wrong).unwrap();
    store.commit(changes.into_batch()).await.unwrap();
    for _ in 0..2 {
        county.pass(24 * 3600).await;
    }
    let clerk = county.clerk_again().await;
    let page = clerk.get("/desk/tasks").await;
    assert_eq!(page.matches("处账对不上").count(), 2, "one a day: {page}");
    let task = clerk.tasks("A1").await;
    assert_eq!(task.len(), 2, "{page}");
}

#[tokio::test]
async fn a_price_that_changes_and_each_move_of_the_stock_are_seen_at_the_article() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let number = placed(&mut clerk, "尿素2袋", "毛庄村").await;
    let dearer = market::GOODS.replace("尿素,袋,105,", "尿素,袋,110,");
    market::upload(&county, &mut clerk, "goods.csv", dearer.into_bytes()).await;
    let merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let page = merchant.get("/desk/shop/goods/A1").await;
    assert!(page.contains("105元 → 110元"), "{page}");
    assert!(page.contains("占用 2</strong>") && page.contains(&number), "{page}");
    assert_eq!(merchant.try_get("/desk/shop/goods/A3").await.0, 404);
    let said = try_step(&mut clerk, &number, "cancel", &[("reason", "不要了")]).await;
    assert_eq!(said, Ok(()));
    let page = merchant.get("/desk/shop/goods/A1").await;
    assert!(page.contains("释放 2</strong>"), "{page}");
}
