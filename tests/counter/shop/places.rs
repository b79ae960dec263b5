//! Goods of one article at several places: set aside, packed, changed and counted where they lie.

use super::market::{self, FARM, GOODS, open, step, stock, try_step};
use super::shelf::form;
use crate::county::{Clerk, County, VILLAGER, county, number_in, part};

const DAY: &str = "day=2026-11-24";

/// As the page of the article gives the form.
async fn try_bring(
    clerk: &mut Clerk<'_>,
    article: &str,
    (from, to): (&str, &str),
    quantity: &str,
) -> (u16, String) {
    let path = format!("/desk/shop/goods/{article}");
    let page = clerk.get(&path).await;
    let moved = part(&page, "name=\"moved\" value=\"", "\"").to_owned();
    let fields = [("from", from), ("to", to), ("quantity", quantity), ("moved", &*moved)];
    form(clerk, &path, &format!("{path}/bring"), &fields).await
}

pub(super) async fn bring(clerk: &mut Clerk<'_>, article: &str, way: (&str, &str), quantity: &str) {
    let (status, page) = try_bring(clerk, article, way, quantity).await;
    assert_eq!(status, 303, "{page}");
}

async fn bought(county: &County, who: &str, goods: &str) -> String {
    let asks = format!("买{goods}，毛庄村自取，我叫肖奉安，电话13800138000");
    number_in(&county.talk(who, &[&asks, "确认"]).await)
}

/// What lies in the village's shop goes first, then the centre's, then the merchant's; a line is
/// never torn apart.
#[tokio::test]
async fn an_order_takes_its_goods_from_the_nearest_place_that_has_enough() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let pass = open(&county, &mut clerk).await;
    county.talk(FARM, &["绑定商家", &pass]).await;
    let page = "/desk/shop/goods/A1";
    let (status, said) = try_bring(&mut clerk, "A1", ("商家", "县中心"), "101").await;
    assert!(status == 422 && said.contains("商家没订出去的只有100袋。"), "{said}");
    let (status, said) = try_bring(&mut clerk, "A1", ("商家", "月亮上"), "1").await;
    assert!(status == 422 && said.contains("没有「月亮上」这个地方"), "{said}");
    bring(&mut clerk, "A1", ("商家", "县中心"), "20").await;
    bring(&mut clerk, "A1", ("县中心", "毛庄村"), "5").await;
    let lies = |shop: &'static str, centre: &'static str| {
        [format!("毛庄镇毛庄村店</dt><dd>还能订{shop}"), format!("县中心</dt><dd>还能订{centre}")]
    };
    let mut numbers = Vec::new();
    for (n, (goods, expect)) in [
        ("4袋尿素", lies("1袋（在库5）", "15袋（在库15）")),
        ("2袋尿素", lies("1袋（在库5）", "13袋（在库15）")),
        ("14袋尿素", lies("1袋（在库5）", "13袋（在库15）")),
    ]
    .into_iter()
    .enumerate()
    {
        numbers.push(bought(&county, &format!("oBuyer000000000000000000000{n}"), goods).await);
        let shown = clerk.get(page).await;
        for part in expect {
            assert!(shown.contains(&part), "{goods} {part}: {shown}");
        }
    }
    assert!(clerk.get(page).await.contains("商家</dt><dd>还能订66袋（在库80）"));
    assert_eq!(stock(&clerk, "A1").await, ("80".into(), "100".into()));
    // Who packs is told where the goods lie.
    county.settle().await;
    let told = county.inbox(FARM);
    for goods in ["尿素 40kg×4袋（从毛庄镇毛庄村店出）", "尿素 40kg×2袋（从县中心出）"]
    {
        assert!(told.iter().any(|text| text.contains(goods)), "{goods}: {told:?}");
    }
    assert!(told.iter().any(|text| text.contains("尿素 40kg×14袋，")), "its own: {told:?}");
    // Another village has no use for what lies in this one.
    let asks = "买1袋尿素，大黑坨村自取，我叫肖奉安，电话13800138000";
    county.talk("oBuyer0000000000000000000009", &[asks, "确认"]).await;
    assert!(clerk.get(page).await.contains("县中心</dt><dd>还能订12袋"), "from the centre");
    // Given back and handed out where it was set aside.
    assert_eq!(try_step(&mut clerk, &numbers[1], "cancel", &[("reason", "不要了")]).await, Ok(()));
    assert!(clerk.get(page).await.contains("县中心</dt><dd>还能订14袋"), "given back");
    for action in ["confirm", "pack", "arrive"] {
        step(&mut clerk, &numbers[0], action, &[]).await;
    }
    let her = [("name", "肖奉安"), ("phone_tail", "8000")];
    step(&mut clerk, &numbers[0], "release", &her).await;
    assert!(clerk.get(page).await.contains("毛庄镇毛庄村店</dt><dd>还能订1袋（在库1）"));
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
}

/// What lies in the shop to which it goes is on no vehicle.
#[tokio::test]
async fn who_packs_sorts_and_drives_reads_where_the_goods_lie() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    bring(&mut clerk, "A1", ("商家", "毛庄村"), "3").await;
    bring(&mut clerk, "A1", ("商家", "县中心"), "5").await;
    let mut numbers = Vec::new();
    for (n, goods) in ["3袋尿素", "4袋尿素", "6袋尿素"].into_iter().enumerate() {
        let number = bought(&county, &format!("oBuyer000000000000000000000{n}"), goods).await;
        step(&mut clerk, &number, "confirm", &[]).await;
        numbers.push(number);
    }
    let page = clerk.get(&format!("/desk/shop/orders/{}", numbers[0])).await;
    assert!(page.contains("从毛庄镇毛庄村店出"), "{page}");
    let rows = |quantity: &str, packages: &str, place: &str| {
        let goods = format!("\"毛庄农资店\",\"尿素 40kg\",\"{quantity}\",\"袋\"");
        (format!("{goods},\"1\",\"{place}\""), format!("{goods},\"{packages}\",\"{place}\""))
    };
    let picking = clerk.file_of(&format!("/desk/shop/sheets.csv?kind=picking&{DAY}")).await;
    let sorting = clerk.file_of(&format!("/desk/shop/sheets.csv?kind=sorting&{DAY}")).await;
    for (quantity, packages, place) in
        [("3", "0", "毛庄镇毛庄村店"), ("4", "4", "县中心"), ("6", "6", "商家")]
    {
        let (picked, sorted) = rows(quantity, packages, place);
        assert!(picking.contains(&picked), "{picked}: {picking}");
        assert!(sorting.contains(&sorted), "{sorted}: {sorting}");
    }
    let path = format!("/desk/shop/sheets.csv?kind=delivery&{DAY}&village=130225109201");
    let delivery = clerk.file_of(&path).await;
    assert!(delivery.contains("\"尿素 40kg×3袋（从毛庄镇毛庄村店出）\",\"0\""), "{delivery}");
    assert!(delivery.contains("共10件"), "{delivery}");
    let page = clerk.get(&format!("/desk/shop/runs?{DAY}")).await;
    assert!(page.contains("3单，10件"), "{page}");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_brings_the_goods_once() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let page = "/desk/shop/goods/A1";
    let shown = clerk.get(page).await;
    let moved = part(&shown, "name=\"moved\" value=\"", "\"").to_owned();
    let fields = [("from", "商家"), ("to", "县中心"), ("quantity", "20"), ("moved", &*moved)];
    let path = "/desk/shop/goods/A1/bring";
    assert_eq!(form(&mut clerk, page, path, &fields).await.0, 303);
    let (status, said) = form(&mut clerk, page, path, &fields).await;
    assert_eq!(status, 409, "{said}");
    assert!(clerk.get(page).await.contains("县中心</dt><dd>还能订20袋（在库20）"));
}

/// The list, the table and the refusal speak of all places, not only of the merchant's.
#[tokio::test]
async fn what_is_there_is_counted_over_all_places() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    bring(&mut clerk, "A1", ("商家", "县中心"), "20").await;
    bring(&mut clerk, "A2", ("商家", "毛庄村"), "5").await;
    assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()));
    let page = clerk.get("/desk/shop/goods/A1").await;
    for made in ["商家 <strong>出库 20</strong>", "县中心 <strong>入库 20</strong>"] {
        assert!(page.contains(made), "{made}: {page}");
    }
    // The same table again: a hundred are there.
    let again = market::upload(&county, &mut clerk, "goods.csv", GOODS.as_bytes().to_vec()).await;
    assert_eq!(again.0, 200, "{}", again.1);
    assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()));
    let counted = GOODS.replace("尿素,袋,105,100,", "尿素,袋,105,90,");
    market::upload(&county, &mut clerk, "goods.csv", counted.into_bytes()).await;
    let page = clerk.get("/desk/shop/goods/A1").await;
    assert!(page.contains("商家</dt><dd>还能订70袋（在库70）"), "{page}");
    let asks = "买6袋复合肥，毛庄村自取，我叫肖奉安，电话13800138000";
    let said = county.say(VILLAGER, asks).await;
    assert!(said.contains("复合肥 50kg不够了，只剩5袋。"), "at the shop: {said}");
}

/// What the shop has no more of is brought from the merchant.
#[tokio::test]
async fn goods_from_the_shop_are_changed_and_weigh_more_though_nothing_is_left_there() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    bring(&mut clerk, "A1", ("商家", "毛庄村"), "2").await;
    bring(&mut clerk, "A5", ("商家", "毛庄村"), "3").await;
    let bags = bought(&county, VILLAGER, "2袋尿素").await;
    for action in ["confirm", "pack", "arrive"] {
        step(&mut clerk, &bags, action, &[]).await;
    }
    step(&mut clerk, &bags, "release", &[("name", "肖奉安"), ("phone_tail", "8000")]).await;
    let fault = [("kind", "exchange"), ("line", "0"), ("reason", "结块了")];
    step(&mut clerk, &bags, "ask_remedy", &fault).await;
    step(&mut clerk, &bags, "take_remedy", &[]).await;
    step(&mut clerk, &bags, "finish_remedy", &[("quantity", "1")]).await;
    assert_eq!(stock(&clerk, "A1").await, ("97".into(), "97".into()), "two sold, one changed");
    let meat = bought(&county, "oBuyer0000000000000000000001", "3斤五花肉").await;
    step(&mut clerk, &meat, "confirm", &[]).await;
    step(&mut clerk, &meat, "pack", &[("quantity0", "3.1")]).await;
    let page = clerk.get("/desk/shop/goods/A5").await;
    assert!(page.contains("毛庄镇毛庄村店</dt><dd>还能订0斤（在库3.1）"), "{page}");
    assert!(page.contains("商家</dt><dd>还能订56.9斤（在库56.9）"), "{page}");
    assert_eq!(county.office.reconcile_shop().await.unwrap(), Vec::<String>::new());
}
