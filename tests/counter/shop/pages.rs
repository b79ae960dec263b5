//! The desk's pages of the shop.

use bianmin::office::Role;

use super::market::{self, open, stock};
use crate::county::{Clerk, VILLAGER, county, number_in};

#[tokio::test]
async fn an_agent_orders_for_a_villager_and_a_form_sent_twice_is_one_order() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let fields = [
        ("token", "f00d"),
        ("goods", "尿素2袋"),
        ("village", "毛庄村"),
        ("name", "肖奉安"),
        ("phone", "13800138000"),
        ("way", "pickup"),
    ];
    for _ in 0..2 {
        let (status, text) = market::order_at_counter(&mut clerk, &fields).await;
        assert_eq!(status, 303, "{text}");
    }
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "100".into()));
    let list = clerk.get("/desk/shop?village=130225109201").await;
    assert_eq!(list.matches("尿素 40kg×2袋").count(), 1, "{list}");
    for (field, value, said) in [
        ("goods", "飞机", "没有认出商品"),
        ("goods", "尿素", "没写要多少"),
        ("goods", "2瓶洗衣液", "有好几种"),
        ("goods", "1瓶百草枯", "只能到店里买"),
        ("village", "月亮上", "没有找到这个村"),
        ("phone", "1380013", "11位"),
    ] {
        let mut wrong = fields.to_vec();
        wrong[0].1 = "beef";
        for one in &mut wrong {
            if one.0 == field {
                one.1 = value;
            }
        }
        let (status, page) = clerk.post("/desk/shop/new", &wrong).await;
        assert_eq!(status, 422, "{page}");
        assert!(page.contains(said), "{said}: {page}");
    }
}

#[tokio::test]
async fn a_table_with_a_mistake_changes_nothing() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let wrong = market::GOODS.replace("尿素,袋,105,100", "尿素,袋,一百,100");
    let wrong = wrong.replace("复合肥,袋,150.5", "复合肥,袋,160");
    let (status, page) = market::upload(&county, &mut clerk, "goods.csv", wrong.into_bytes()).await;
    assert_eq!(status, 422);
    assert!(page.contains("第2行「会员价」列：「一百」不对"), "{page}");
    let page = clerk.get("/desk/shop/goods?search=A2").await;
    assert!(page.contains("150.50元"), "{page}");
    // As Windows saves it, with the other encoding of the country.
    let other = market::GOODS.replace("复合肥,袋,150.5", "复合肥,袋,160");
    let (bytes, _, _) = encoding_rs::GB18030.encode(&other);
    let (status, page) = market::upload(&county, &mut clerk, "商品.csv", bytes.into_owned()).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("改了1种，没变8种"), "{page}");
    let (status, page) =
        market::upload(&county, &mut clerk, "goods.xlsx", b"PK not a workbook".to_vec()).await;
    assert_eq!(status, 422, "{page}");
}

/// As a spreadsheet program saves it: numbers as numbers.
fn workbook(rows: &str) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    for (row, line) in (0u32..).zip(rows.lines()) {
        for (column, cell) in (0u16..).zip(line.split(',')) {
            match cell.parse::<f64>() {
                Ok(number) => page.write_number(row, column, number).unwrap(),
                Err(_) => page.write_string(row, column, cell).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn a_workbook_says_every_bad_row_and_is_taken_when_it_is_right() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let wrong = market::GOODS.replace("尿素,袋,105,100", "尿素,袋,一百,100");
    let wrong = wrong.replace("A5,M2,肉蛋水产", "A5,M9,鲜花");
    let (status, page) = market::upload(&county, &mut clerk, "goods.xlsx", workbook(&wrong)).await;
    assert_eq!(status, 422, "{page}");
    for line in [
        "第2行「会员价」列：「一百」不对",
        "第6行「商家」列：没有登记过「M9」",
        "第6行「类别」列：没有「鲜花」这个类别",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    let right = workbook(market::GOODS);
    let (status, page) = market::upload(&county, &mut clerk, "goods.xlsx", right).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("新增0种，改了0种，没变9种"), "{page}");
}

#[tokio::test]
async fn a_merchant_takes_a_part_of_an_order_at_its_page() {
    use bianmin::office::Role;

    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let asks = "买3袋尿素和2袋复合肥，毛庄村自取，我叫肖奉安，电话13800138000";
    let number = number_in(&county.talk(VILLAGER, &[asks, "确认"]).await);
    let mut merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let none = [("quantity0", "0"), ("quantity1", "0")];
    let page = market::try_step(&mut merchant, &number, "confirm", &none).await.unwrap_err();
    assert!(page.contains("一样也没有，请写原因不接单"), "{page}");
    let part = [("quantity0", "2"), ("quantity1", "0")];
    market::step(&mut merchant, &number, "confirm", &part).await;
    assert_eq!(stock(&clerk, "A1").await, ("98".into(), "100".into()));
    assert_eq!(stock(&clerk, "A2").await, ("7".into(), "7".into()));
    county.settle().await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    assert!(told.contains("只能给一部分：尿素 40kg×2袋，共210元"), "{told}");
}

#[tokio::test]
async fn only_who_is_signed_in_sees_the_shop() {
    let county = county().open().await;
    let nobody = county.nobody();
    for path in [
        "/desk/shop",
        "/desk/shop/orders/526000018",
        "/desk/shop/goods",
        "/desk/shop/merchants",
        "/desk/shop/sheets?kind=picking&day=2026-11-24",
    ] {
        let (status, _) = nobody.try_get(path).await;
        assert_eq!(status, 303, "{path}");
    }
}

#[tokio::test]
async fn sheets_are_tables_that_no_program_takes_for_formulas() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let fields = [
        ("token", "f00d"),
        ("goods", "尿素2袋"),
        ("village", "毛庄村"),
        ("name", "肖奉安"),
        ("phone", "13800138000"),
        ("way", "home"),
        ("address", "=HYPERLINK(\"x\")"),
    ];
    let (status, text) = market::order_at_counter(&mut clerk, &fields).await;
    assert_eq!(status, 303, "{text}");
    let list = clerk.get("/desk/shop").await;
    let number = list.split("/desk/shop/orders/").nth(1).unwrap()[..9].to_owned();
    market::step(&mut clerk, &number, "confirm", &[]).await;
    market::step(&mut clerk, &number, "send", &[("run", "一号车")]).await;
    for (kind, parts) in [
        ("delivery", ["\"'=HYPERLINK(\"\"x\"\")\"", "138****8000"]),
        ("picking", ["毛庄农资店", "尿素 40kg"]),
        ("sorting", ["毛庄镇毛庄村", "尿素 40kg"]),
        ("route", ["一号车", "210.00"]),
    ] {
        let path = format!("/desk/shop/sheets.csv?kind={kind}&day=2026-11-24&village=130225109201");
        let text = clerk.file_of(&path).await;
        for part in parts {
            assert!(text.contains(part), "{kind} {part}: {text}");
        }
        assert!(text.contains("\r\n"), "{text}");
    }
    let (status, page) = clerk.try_get("/desk/shop/sheets?kind=delivery&day=2026-11-24").await;
    assert_eq!(status, 422, "{page}");
}

/// For programs of merchants: the same checks as a table, with the same words.
#[tokio::test]
async fn goods_come_as_json_through_the_same_checks() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let put = async |json: serde_json::Value| {
        let bytes = json.to_string().into_bytes();
        county.office.import_goods("goods.json", &bytes, false).await
    };
    let article = |id: &str, price: &str| {
        serde_json::json!({
            "编号": id, "商家": "M1", "类别": "化肥", "名称": "硫酸钾", "单位": "袋",
            "会员价": price, "库存": 30, "最少": 1, "最多": 20, "称重": false,
        })
    };
    let done = put(serde_json::json!([article("J1", "98.5"), article("J2", "99")])).await.unwrap();
    assert_eq!((done.new, done.changed, done.same), (2, 0, 0));
    let done = put(serde_json::json!([article("J1", "98.5"), article("J2", "97")])).await.unwrap();
    assert_eq!((done.new, done.changed, done.same), (0, 1, 1));
    let wrong = put(serde_json::json!([article("J1", "98.5"), article("J2", "九十")])).await;
    assert_eq!(
        wrong.unwrap_err(),
        ["第2行「会员价」列：「九十」不对，请写元，例如 105 或 105.50。"]
    );
    let (free, _) = stock(&clerk, "J1").await;
    assert_eq!(free, "30");
}

#[tokio::test]
async fn a_merchants_program_puts_its_goods_by_the_api_and_nobody_elses() {
    use bianmin::office::Role;

    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let merchant = county.program("农资店的软件", Role::Merchant, Some("M1")).await;
    let article = |of: &str, price: &str| {
        serde_json::json!([{
            "编号": "J1", "商家": of, "类别": "化肥", "名称": "硫酸钾", "单位": "袋",
            "会员价": price, "库存": 30, "最少": 1, "最多": 20,
        }])
        .to_string()
    };
    let put = async |body: String| merchant.put("/goods", "application/json", body).await;
    let done = put(article("M1", "98.5")).await.fine();
    assert_eq!(done, serde_json::json!({ "new": 1, "changed": 0, "same": 0 }));
    assert_eq!(put(article("M1", "98.5")).await.fine()["same"], 1);
    for (body, part) in [
        (article("M1", "九十"), "第1行「会员价」列：「九十」不对"),
        (article("M2", "98.5"), "第1行「商家」列：没有登记过「M2」"),
        ("{}".into(), "一列对象"),
    ] {
        let answer = put(body).await;
        assert_eq!((answer.status, answer.code()), (422, "refused"));
        assert!(answer.body["detail"].as_str().unwrap().contains(part), "{}", answer.body);
    }
    let csv = "编号,商家,类别,名称,单位,会员价,库存,最少,最多\nJ1,M1,化肥,硫酸钾,袋,97,30,1,20\n";
    let done = merchant.put("/goods", "text/csv", csv.into()).await.fine();
    assert_eq!(done["changed"], 1);
    let page = clerk.get("/desk/shop/goods/J1").await;
    assert!(page.contains("98.50元 → 97元"), "{page}");
    let answer = merchant.put("/goods", "text/plain", csv.into()).await;
    assert_eq!((answer.status, answer.code()), (415, "not_json"));
    let other = county.program("城管系统", Role::Department, Some("城管")).await;
    assert_eq!(other.put("/goods", "text/csv", csv.into()).await.code(), "not_found");
}

#[tokio::test]
async fn the_register_of_merchants_has_their_papers_and_what_will_end() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let read = async |who: &Clerk<'_>| {
        let (status, bytes) = who.take_out("/desk/shop/register/csv", &[]).await;
        (status, String::from_utf8(bytes).unwrap())
    };
    let (status, all) = read(&clerk).await;
    assert_eq!(status, 200, "{all}");
    let line = all.lines().find(|line| line.contains("毛庄农资店")).unwrap();
    for part in ["M1", "便民电商公司", "老李", "13900000001", "营业执照91130225，到2027-12-31"]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(line.contains("到2026-11-23到期"), "a paper that ends: {line}");
    assert!(all.contains("共2家") && all.contains("用途：商家管理"), "{all}");
    let own = county.staff("老李", Role::Merchant, Some("M1")).await;
    let (status, mine) = read(&own).await;
    assert!(status == 200 && mine.contains("毛庄农资店") && !mine.contains("毛庄百货"), "{mine}");
    let counter = county.staff("店员小孙", Role::ShopClerk, Some("130225102216")).await;
    assert_eq!(read(&counter).await.0, 404);
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    assert_eq!(read(&lead).await.0, 404);
}

/// What the village's shop sold stands in the village's ledger beside what was done for its people,
/// and the orders of a month are a table of their own.
#[tokio::test]
async fn what_was_bought_is_in_the_village_ledger_and_in_the_list_of_orders() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let fields = [
        ("token", "f00d"),
        ("goods", "尿素2袋"),
        ("village", "毛庄村"),
        ("name", "肖奉安"),
        ("phone", "13800138000"),
        ("way", "pickup"),
    ];
    assert_eq!(market::order_at_counter(&mut clerk, &fields).await.0, 303);
    let ledger = "/desk/ledgers/file/csv?kind=village&month=2026-11&village=毛庄镇毛庄村";
    let text = clerk.get(ledger).await;
    let line = text.lines().find(|line| line.contains("尿素")).unwrap_or_else(|| panic!("{text}"));
    for part in ["2026-11-23", "肖**", "138****8000", "\"购物\"", "毛庄农资店", "尿素 40kg×2袋"]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(text.contains("本月受理1件　办结0件　在办1件"), "{text}");

    let month = [("month", "2026-11")];
    let list = async |who: &Clerk<'_>, format: &str| {
        who.take_out(&format!("/desk/shop/order-list/{format}"), &month).await
    };
    let (status, bytes) = list(&clerk, "csv").await;
    let csv = String::from_utf8(bytes).unwrap();
    assert_eq!(status, 200, "{csv}");
    let line = csv.lines().find(|line| line.contains("尿素")).unwrap();
    for part in ["毛庄镇毛庄村", "肖**", "138****8000", "210", "待商家"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!csv.contains("13800138000") && csv.contains("共1个订单"), "{csv}");
    let (status, bytes) = list(&clerk, "xlsx").await;
    assert!(status == 200 && bytes.starts_with(b"PK"), "{status}");
    // A merchant has its own; who sees no orders has no list.
    let other = county.staff("百货老板", Role::Merchant, Some("M2")).await;
    let (status, bytes) = list(&other, "csv").await;
    assert!(status == 200 && !String::from_utf8(bytes).unwrap().contains("尿素"));
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    assert_eq!(list(&lead, "csv").await.0, 404);
}
