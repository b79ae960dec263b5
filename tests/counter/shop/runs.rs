//! Delivery runs: one vehicle takes all that is ready for its villages, and each counter takes
//! it in, in one go.

use bianmin::office::Role;

use super::market::{self, open, step};
use crate::county::{Clerk, County, county, part};

const MAOZHUANG: &str = "130225109201";
const DAHEITUO: &str = "130225102216";

async fn confirmed(clerk: &mut Clerk<'_>, goods: &str, village: &str, way: &str) -> String {
    let token = format!("{goods}{village}{way}");
    let fields = [
        ("token", &*token),
        ("goods", goods),
        ("village", village),
        ("name", "肖奉安"),
        ("phone", "13800138000"),
        ("way", way),
        ("address", "三组老肖家"),
        ("again", "1"),
    ];
    let (status, text) = market::order_at_counter(clerk, &fields).await;
    assert_eq!(status, 303, "{text}");
    let list = clerk.get("/desk/shop").await;
    // Numbers grow.
    let numbers = list.split("/desk/shop/orders/").skip(1).map(|part| part[..9].to_owned());
    let number = numbers.max().unwrap();
    step(clerk, &number, "confirm", &[]).await;
    number
}

async fn sent(clerk: &mut Clerk<'_>, fields: &[(&str, &str)]) -> (u16, String) {
    clerk.csrf = clerk.csrf_of("/desk/shop/runs").await;
    let mut all = vec![("day", "2026-11-24"), ("vehicle", "冀B12345"), ("driver", "王师傅")];
    all.extend_from_slice(fields);
    clerk.post("/desk/shop/runs", &all).await
}

async fn states(county: &County, numbers: &[&String]) -> Vec<String> {
    let clerk = county.clerk_again().await;
    let mut states = Vec::new();
    for number in numbers {
        let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
        let state = page.split("<span class=\"state ").nth(1).unwrap();
        let state = state.split('>').nth(1).unwrap();
        states.push(state.split('<').next().unwrap().to_owned());
    }
    states
}

#[tokio::test]
async fn a_vehicle_takes_what_is_ready_and_each_counter_takes_it_in() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    let first = confirmed(&mut clerk, "尿素2袋", "毛庄村", "pickup").await;
    let second = confirmed(&mut clerk, "复合肥1袋", "毛庄村", "pickup").await;
    let home = confirmed(&mut clerk, "尿素1袋", "毛庄村", "home").await;
    let far = confirmed(&mut clerk, "尿素3袋", "大黑坨村", "pickup").await;
    let meat = confirmed(&mut clerk, "五花肉2斤", "毛庄村", "pickup").await;
    let all = [&first, &second, &home, &far, &meat];
    // Ordered before four in the afternoon: for tomorrow.
    let page = clerk.get("/desk/shop/runs").await;
    assert!(page.contains("没有等着发的订单"), "{page}");
    let page = clerk.get("/desk/shop/runs?day=2026-11-24").await;
    assert!(page.contains("3单，4件") && page.contains("1单没称"), "{page}");

    let (status, page) = sent(&mut clerk, &[]).await;
    assert!(status == 422 && page.contains("选的村没有能发的订单"), "{page}");
    let stops = [("stop-130225109201", "2"), ("stop-130225102216", "1"), ("phone", "13900000009")];
    let (status, page) = sent(&mut clerk, &stops).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("发了4单") && page.contains("还没有称"), "{page}");
    assert_eq!(states(&county, &all).await, ["在路上", "在路上", "在路上", "在路上", "已接单"]);
    // The same pressed again: nothing is left to go.
    let (status, page) = sent(&mut clerk, &stops).await;
    assert!(status == 422 && page.contains("没有能发的订单"), "{page}");
    let route = clerk.file_of("/desk/shop/sheets.csv?kind=route&day=2026-11-24").await;
    let at = |part: &str| route.find(part).unwrap_or_else(|| panic!("{part}: {route}"));
    assert!(at("王师傅\",\"胡家坨镇大黑坨村") < at("王师傅\",\"毛庄镇毛庄村"), "{route}");
    let sheet = format!("/desk/shop/sheets?kind=delivery&day=2026-11-24&village={MAOZHUANG}");
    let shop = county.staff("毛庄店员", Role::ShopClerk, Some(MAOZHUANG)).await;
    let page = shop.get(&sheet).await;
    assert!(page.contains("车次：冀B12345 王师傅 13900000009"), "{page}");
    assert!(page.contains("代办员：毛庄店员"), "{page}");
}

/// A day late it is on the sheets of the day on which it goes, before it has gone and behind.
#[tokio::test]
async fn what_leaves_a_day_late_is_on_the_sheets_of_that_day() {
    let mut county = county().open().await;
    let (late, stays) = {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        let late = confirmed(&mut clerk, "尿素2袋", "毛庄村", "pickup").await;
        let stays = confirmed(&mut clerk, "尿素3袋", "大黑坨村", "pickup").await;
        (late, stays)
    };
    county.pass(44 * 3600).await;
    let mut clerk = county.clerk_again().await;
    let sheets = async |clerk: &Clerk<'_>, day: &str| {
        let path =
            |kind: &str| format!("/desk/shop/sheets.csv?kind={kind}&day={day}&village={MAOZHUANG}");
        let picking = clerk.file_of(&path("picking")).await;
        let delivery = clerk.file_of(&path("delivery")).await;
        (picking, delivery, clerk.file_of(&path("route")).await)
    };
    let (picking, delivery, route) = sheets(&clerk, "2026-11-25").await;
    assert!(picking.contains("\"尿素 40kg\",\"2\""), "{picking}");
    assert!(delivery.contains("尿素 40kg×2袋"), "{delivery}");
    assert!(route.contains("毛庄镇毛庄村\",\"1\",\"2\""), "{route}");
    clerk.csrf = clerk.csrf_of("/desk/shop/runs").await;
    let run = [
        ("day", "2026-11-25"),
        ("vehicle", "冀B12345"),
        ("driver", "王师傅"),
        ("stop-130225109201", "1"),
    ];
    let (status, page) = clerk.post("/desk/shop/runs", &run).await;
    assert_eq!(status, 303, "{page}");
    assert_eq!(states(&county, &[&late, &stays]).await, ["在路上", "已接单"]);
    let (_, delivery, route) = sheets(&clerk, "2026-11-25").await;
    assert!(delivery.contains("车次：冀B12345 王师傅"), "{delivery}");
    assert!(route.contains("冀B12345 王师傅\",\"毛庄镇毛庄村\",\"1\",\"2\""), "{route}");
    // Whoever takes it in lets her sign there.
    step(&mut clerk, &late, "arrive", &[]).await;
    let (_, delivery, _) = sheets(&clerk, "2026-11-25").await;
    assert!(delivery.contains("尿素 40kg×2袋"), "{delivery}");
    // It is not on those of the day behind, for which the other one still waits.
    let (_, delivery, _) = sheets(&clerk, "2026-11-26").await;
    assert!(!delivery.contains("尿素 40kg×2袋"), "{delivery}");
    let picking = clerk.file_of("/desk/shop/sheets.csv?kind=picking&day=2026-11-26").await;
    assert!(picking.contains("\"尿素 40kg\",\"3\""), "{picking}");
}

#[tokio::test]
async fn a_counter_takes_in_its_own_stop_only() {
    let mut county = county().open().await;
    let (first, home, far) = {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        let first = confirmed(&mut clerk, "尿素2袋", "毛庄村", "pickup").await;
        let home = confirmed(&mut clerk, "尿素1袋", "毛庄村", "home").await;
        let far = confirmed(&mut clerk, "尿素3袋", "大黑坨村", "pickup").await;
        (first, home, far)
    };
    county.pass(20 * 3600).await;
    let mut clerk = county.clerk_again().await;
    let stops = [("stop-130225109201", "1"), ("stop-130225102216", "2")];
    let (status, page) = sent(&mut clerk, &stops).await;
    assert_eq!(status, 303, "{page}");
    let mut shop = county.staff("毛庄店员", Role::ShopClerk, Some(MAOZHUANG)).await;
    let page = shop.get("/desk/shop/day").await;
    assert!(page.contains("冀B12345 王师傅在路上"), "{page}");
    let arrived = |village: &'static str| {
        [("day", "2026-11-24"), ("name", "冀B12345 王师傅"), ("village", village)]
    };
    shop.csrf = shop.csrf_of("/desk/shop/day").await;
    let (status, _) = shop.post("/desk/shop/runs/arrived", &arrived(DAHEITUO)).await;
    assert_eq!(status, 404, "another one's stop");
    assert_eq!(shop.try_get("/desk/shop/runs").await.0, 404);
    for _ in 0..2 {
        let (status, page) = shop.post("/desk/shop/runs/arrived", &arrived(MAOZHUANG)).await;
        assert_eq!(status, 303, "{page}");
    }
    let states = states(&county, &[&first, &home, &far]).await;
    assert_eq!(states, ["到店待取", "在路上", "在路上"], "what goes to a home is brought there");
    let page = shop.get("/desk/shop/day").await;
    assert!(!page.contains("冀B12345 王师傅在路上"), "{page}");
    let page = clerk.get("/desk/shop/runs").await;
    assert!(
        page.contains("到了，收货的是 毛庄店员") && page.contains("大黑坨村 · 在路上"),
        "{page}"
    );
    let mut merchant = county.staff("老李", Role::Merchant, Some("M2")).await;
    assert!(merchant.get("/desk/shop/runs").await.contains("没有等着发的订单"));
    merchant.csrf = merchant.csrf_of("/desk/shop/runs").await;
    let (status, _) = merchant.post("/desk/shop/runs/arrived", &arrived(DAHEITUO)).await;
    assert_eq!(status, 404);
}

/// Who stands at a counter hears on her own WeChat what comes, and finds it on her page, whichever
/// day the run is written down for.
#[tokio::test]
async fn a_village_shop_is_told_when_a_run_leaves_and_sees_those_of_other_days() {
    const AGENT: &str = "oAgent0000000000000000000001";
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        let mut shop = county.staff("毛庄店员", Role::ShopClerk, Some(MAOZHUANG)).await;
        shop.csrf = shop.csrf_of("/desk/me").await;
        let (status, page) = shop.post("/desk/me/wechat", &[]).await;
        assert_eq!(status, 200, "{page}");
        let code = part(&page, "再回这6位：<code>", "</code>").to_owned();
        let said = county.talk(AGENT, &["绑定工作号", &code]).await;
        assert!(said.contains("绑好了，毛庄店员"), "{said}");
        confirmed(&mut clerk, "尿素2袋", "毛庄村", "pickup").await;
        confirmed(&mut clerk, "复合肥1袋", "毛庄村", "home").await;
        confirmed(&mut clerk, "尿素3袋", "大黑坨村", "pickup").await;
        let (status, page) = sent(&mut clerk, &[("stop-130225102216", "1")]).await;
        assert_eq!(status, 303, "{page}");
        county.settle().await;
        assert_eq!(county.inbox(AGENT), Vec::<String>::new(), "it does not come to her");
        let stops = [("stop-130225109201", "1"), ("stop-130225102216", "2")];
        let (status, page) = sent(&mut clerk, &stops).await;
        assert_eq!(status, 303, "{page}");
        county.settle().await;
        let told = county.inbox(AGENT);
        assert_eq!(told.len(), 1, "{told:?}");
        let expect = "11月24日冀B12345 王师傅往毛庄镇毛庄村店来了：2单3件，应收现金360.50元。";
        assert!(told[0].starts_with(expect), "{told:?}");
        // It is written down for tomorrow and on its way today.
        let page = shop.get("/desk/shop/day").await;
        assert!(
            page.contains("冀B12345 王师傅在路上") && page.contains("2026-11-24的车"),
            "{page}"
        );
    }
    // It comes a day late.
    county.pass(48 * 3600).await;
    let mut shop = county.nobody();
    shop.sign_in("毛庄店员", crate::county::PASSWORD).await.unwrap();
    let page = shop.get("/desk/shop/day").await;
    assert!(page.contains("冀B12345 王师傅在路上"), "{page}");
    shop.csrf = shop.csrf_of("/desk/shop/day").await;
    let fields = [("day", "2026-11-24"), ("name", "冀B12345 王师傅"), ("village", MAOZHUANG)];
    let (status, page) = shop.post("/desk/shop/runs/arrived", &fields).await;
    assert_eq!(status, 303, "{page}");
    assert!(!shop.get("/desk/shop/day").await.contains("在路上</h2>"));
}
