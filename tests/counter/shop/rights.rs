//! Who comes near what in the shop: by pages and by forms. What is not hers is not there.

use bianmin::office::Role;

use super::market::{self, ALL_PAPERS, open, step};
use crate::county::{Clerk, County, county};

const MAOZHUANG: &str = "130225109201";
const DAHEITUO: &str = "130225102216";

struct Orders {
    /// Of the farm supplier M1, for 毛庄村.
    seed: String,
    /// Of the department store M2, for 大黑坨村.
    pork: String,
}

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
    let list = clerk.get(&format!("/desk/shop?search={goods}")).await;
    let list =
        if list.contains("/desk/shop/orders/") { list } else { clerk.get("/desk/shop").await };
    list.rsplit("/desk/shop/orders/").next().unwrap()[..9].to_owned()
}

/// Two merchants of one operator, one of another; an order for each of two villages.
async fn market(county: &County) -> (Orders, Clerk<'_>) {
    let mut clerk = county.clerk().await;
    open(county, &mut clerk).await;
    market::admit_for(&mut clerk, ("M3", "供销百货"), "供销社", ALL_PAPERS).await;
    let seed = placed(&mut clerk, "尿素2袋", "毛庄村").await;
    let pork = placed(&mut clerk, "五花肉2斤", "大黑坨村").await;
    (Orders { seed, pork }, clerk)
}

#[tokio::test]
async fn each_role_sees_its_own_side_of_the_shop_only() {
    let county = county().open().await;
    let (orders, mut clerk) = market(&county).await;
    let Orders { seed, pork } = &orders;
    let packing = [("confirm", vec![]), ("pack", vec![]), ("send", vec![("run", "一号车")])];
    for (action, fields) in packing {
        step(&mut clerk, seed, action, &fields).await;
    }
    let paths = [
        ("list", "/desk/shop".to_owned()),
        ("seed", format!("/desk/shop/orders/{seed}")),
        ("pork", format!("/desk/shop/orders/{pork}")),
        ("new", "/desk/shop/new".into()),
        ("runs", "/desk/shop/runs".into()),
        ("goods", "/desk/shop/goods".into()),
        ("merchants", "/desk/shop/merchants".into()),
        ("m1", "/desk/shop/merchants/M1".into()),
        ("m3", "/desk/shop/merchants/M3".into()),
        (
            "delivery",
            format!("/desk/shop/sheets.csv?kind=delivery&day=2026-11-24&village={MAOZHUANG}"),
        ),
        ("picking", "/desk/shop/sheets.csv?kind=picking&day=2026-11-24".into()),
        ("sorting", "/desk/shop/sheets.csv?kind=sorting&day=2026-11-24".into()),
        ("route", "/desk/shop/sheets.csv?kind=route&day=2026-11-24".into()),
    ];
    let all = "list seed pork new runs goods merchants m1 m3 delivery picking sorting route";
    for (role, of, open) in [
        // Looks, and does nothing.
        (
            Role::Clerk,
            None,
            "list seed pork runs goods merchants m1 m3 delivery picking sorting route",
        ),
        (Role::Director, None, all),
        (Role::Merchant, Some("M1"), "list seed runs goods merchants m1 picking"),
        (Role::Merchant, Some("M2"), "list pork runs goods merchants picking"),
        (Role::Operator, Some("便民电商公司"), "list seed pork runs goods merchants m1 picking"),
        (Role::Operator, Some("供销社"), "list runs goods merchants m3 picking"),
        (Role::ShopClerk, Some(MAOZHUANG), "list seed new goods delivery"),
        // What is not packed yet has not come near the counter.
        (Role::Agent, Some(DAHEITUO), "list new goods delivery"),
        (Role::Supervisor, None, ""),
        (Role::Department, Some("城管"), ""),
        (Role::Township, Some("新寨镇"), ""),
        (Role::Leader, None, ""),
        (Role::Organisation, None, ""),
        (Role::Source, None, ""),
        (Role::Auditor, None, ""),
    ] {
        let name = format!("{role}{}", of.unwrap_or_default());
        let staff = county.staff(&name, role, of).await;
        for (id, path) in &paths {
            let (status, page) = match path.contains(".csv") {
                true => staff.take_out(path, &[]).await,
                false => staff.download(path).await,
            };
            let page = String::from_utf8(page).unwrap();
            let is_open = open.split(' ').any(|one| one == *id);
            assert_eq!(status, if is_open { 200 } else { 404 }, "{name} {path}: {page}");
        }
        if open.is_empty() {
            continue;
        }
        let list = staff.get("/desk/shop").await;
        for (id, number) in [("seed", seed), ("pork", pork)] {
            assert_eq!(list.contains(&**number), open.contains(id), "{name} {id}: {list}");
        }
    }
    let merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let page = merchant.get(&format!("/desk/shop/orders/{seed}")).await;
    assert!(page.contains("138****8000") && !page.contains("13800138000"), "{page}");
    let goods = merchant.get("/desk/shop/goods").await;
    assert!(goods.contains("尿素") && !goods.contains("洗衣液"), "{goods}");
    let asked = merchant.get("/desk/shop?merchant=M2").await;
    assert!(!asked.contains(&**pork), "{asked}");
    let sheet = county.staff("大黑坨店员", Role::ShopClerk, Some(DAHEITUO)).await;
    let sheet = sheet
        .file_of("/desk/shop/sheets.csv?kind=delivery&day=2026-11-24&village=130225109201")
        .await;
    assert!(!sheet.contains("肖奉安"), "its own village, whatever was asked: {sheet}");
}

/// The status of a form that is sent as it would be from a page of hers.
async fn sent(staff: &mut Clerk<'_>, path: &str, fields: &[(&str, &str)]) -> u16 {
    staff.csrf = staff.csrf_of("/desk/password").await;
    staff.post(path, fields).await.0
}

#[tokio::test]
async fn nobody_takes_a_step_that_is_not_hers() {
    let county = county().open().await;
    let (orders, clerk) = market(&county).await;
    let of_seed = |action: &str| format!("/desk/shop/orders/{}/{action}", orders.seed);
    let of_pork = |action: &str| format!("/desk/shop/orders/{}/{action}", orders.pork);
    let first = [("revision", "1"), ("reason", "没货"), ("run", "一号车")];
    let mut merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let mut shop = county.staff("毛庄店员", Role::ShopClerk, Some(MAOZHUANG)).await;
    let mut other = county.staff("供销社老王", Role::Operator, Some("供销社")).await;
    for action in ["confirm", "refuse", "send", "cancel", "arrive"] {
        assert_eq!(sent(&mut merchant, &of_pork(action), &first).await, 404, "{action}");
        assert_eq!(sent(&mut other, &of_seed(action), &first).await, 404, "{action}");
        assert_eq!(sent(&mut shop, &of_seed(action), &first).await, 404, "{action}");
    }
    for action in ["cancel", "arrive", "collect", "release", "refunded"] {
        assert_eq!(sent(&mut merchant, &of_seed(action), &first).await, 404, "{action}");
    }
    let admission = [("revision", "1"), ("step", "warn"), ("basis", "看过")];
    for (path, fields) in [
        ("/desk/shop/merchants/M1/step", &admission[..]),
        ("/desk/shop/merchants/M1/document", &[("revision", "1"), ("kind", "licence")]),
        ("/desk/shop/merchants/M1/uphold", &[("revision", "1"), ("case", "126041273")]),
        ("/desk/shop/merchants/M3/pass", &[("revision", "1")]),
        ("/desk/shop/merchants", &[("id", "M9"), ("name", "冒名")]),
        ("/desk/shop/new", &[("goods", "尿素1袋"), ("village", "毛庄村")]),
    ] {
        assert_eq!(sent(&mut merchant, path, fields).await, 404, "{path}");
    }
    assert_eq!(sent(&mut shop, "/desk/shop/merchants/M1/pass", &admission).await, 404);
    let round = [("article", "A9"), ("closes_at", "2026-11-30T16:00"), ("capacity", "3")];
    assert_eq!(sent(&mut other, "/desk/shop/cycles", &round).await, 404);
    assert_eq!(sent(&mut shop, "/desk/shop/cycles", &round).await, 404);

    // Its own it confirms; the counter hands out, by the code or by name and number.
    step(&mut merchant, &orders.seed, "confirm", &[]).await;
    step(&mut merchant, &orders.seed, "send", &[("run", "一号车")]).await;
    let page = merchant.get(&format!("/desk/shop/orders/{}", orders.seed)).await;
    assert!(page.contains("老李 <strong>接单") && !page.contains("/arrive"), "{page}");
    step(&mut shop, &orders.seed, "arrive", &[]).await;
    county.settle().await;
    let wrong = [("name", "肖奉安"), ("phone_tail", "8001")];
    let said = market::try_step(&mut shop, &orders.seed, "release", &wrong).await.unwrap_err();
    assert!(said.contains("姓名或手机尾号对不上"), "{said}");
    step(&mut shop, &orders.seed, "release", &[("name", "肖奉安"), ("phone_tail", "8000")]).await;
    let page = clerk.get(&format!("/desk/shop/orders/{}", orders.seed)).await;
    assert!(page.contains("毛庄店员 <strong>取货</strong> 姓名和手机尾号"), "{page}");

    let elsewhere = [
        ("token", "t"),
        ("goods", "尿素1袋"),
        ("village", "大黑坨村"),
        ("name", "肖奉安"),
        ("phone", "13800138000"),
    ];
    assert_eq!(sent(&mut shop, "/desk/shop/new", &elsewhere).await, 422);
}

#[tokio::test]
async fn a_merchant_uploads_its_own_goods_only() {
    let county = county().open().await;
    let (_, clerk) = market(&county).await;
    let mut merchant = county.staff("老李", Role::Merchant, Some("M1")).await;
    let head = "编号,商家,类别,名称,单位,会员价,库存,最少,最多\n";
    for (row, said) in [
        ("B1,M2,化肥,磷肥,袋,80,5,1,9\n", "第2行「商家」列：没有登记过「M2」"),
        ("A3,M1,化肥,磷肥,袋,80,5,1,9\n", "编号A3是别的商家在用的"),
    ] {
        let table = format!("{head}{row}").into_bytes();
        let (status, page) = market::upload(&county, &mut merchant, "own.csv", table).await;
        assert_eq!(status, 422, "{page}");
        assert!(page.contains(said), "{page}");
    }
    let table = format!("{head}B1,M1,化肥,磷肥,袋,80,5,1,9\n").into_bytes();
    let (status, page) = market::upload(&county, &mut merchant, "own.csv", table).await;
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("新增1种") && page.contains("商品 <span class=\"count\">6</span>"),
        "{page}"
    );
    let page = clerk.get("/desk/shop/goods?search=洗衣液").await;
    assert!(page.contains("毛庄百货"), "{page}");
    let shop = county.staff("毛庄店员", Role::ShopClerk, Some(MAOZHUANG)).await;
    let page = shop.get("/desk/shop/goods").await;
    assert!(page.contains("洗衣液") && !page.contains("goods/table"), "{page}");
}

/// With a pass a phone becomes the merchant's: who only looks must not read it.
#[tokio::test]
async fn the_pass_of_a_merchant_is_its_own_and_of_who_lets_it_in() {
    let county = county().open().await;
    let (_, _clerk) = market(&county).await;
    let pass = regex::Regex::new(r"<dd>\d{8}（").unwrap();
    for (role, of, sees) in [
        (Role::Clerk, None, false),
        (Role::Director, None, true),
        (Role::Merchant, Some("M1"), true),
        (Role::Operator, Some("便民电商公司"), true),
        (Role::Department, Some("市场监管"), false),
    ] {
        let mut staff = county.staff(&format!("{role}"), role, of).await;
        let (status, page) = staff.try_get("/desk/shop/merchants/M1").await;
        assert_eq!(pass.is_match(&page), sees, "{role}: {page}");
        assert_eq!(page.contains("换一个新口令"), sees, "{role}: {page}");
        if sees || status == 200 {
            let revision = page.split("name=\"revision\" value=\"").nth(1);
            let revision = revision.map_or("6", |rest| rest.split('"').next().unwrap()).to_owned();
            let path = "/desk/shop/merchants/M1/pass";
            let status = sent(&mut staff, path, &[("revision", &revision)]).await;
            assert_eq!(status, if sees { 303 } else { 404 }, "{role}");
        }
    }
}

/// What a dispatcher may look at and not change has no form that would be refused.
#[tokio::test]
async fn who_only_reads_is_shown_no_form() {
    let county = county().open().await;
    let director = county.clerk().await;
    let clerk = county.staff("王芳", Role::Clerk, None).await;
    for (page, form) in [
        ("/desk/shop", "action=\"/desk/shop/pickup\""),
        ("/desk/shop/purchases", "<form method=\"post\" action=\"/desk/shop/purchases\">"),
    ] {
        assert!(director.get(page).await.contains(form), "{page}");
        assert!(!clerk.get(page).await.contains(form), "{page}");
    }
}
