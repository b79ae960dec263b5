//! What the rules of the shop mean at the counter and in the chat.

use super::market::{open, order_at_counter, step, stock, try_step};
use crate::county::{Clerk, County, VILLAGER, county, number_in};

async fn at_desk(clerk: &mut Clerk<'_>, goods: &str, token: &str) -> Result<(), String> {
    let fields = [
        ("token", token),
        ("goods", goods),
        ("village", "毛庄村"),
        ("name", "肖奉安"),
        ("phone", "13800138000"),
        ("way", "pickup"),
        ("again", "1"),
    ];
    let (status, page) = order_at_counter(clerk, &fields).await;
    if status == 303 { Ok(()) } else { Err(page) }
}

#[tokio::test]
async fn two_lines_of_one_article_3_and_3_with_5_left_are_refused_whole() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    open(&county, &mut clerk).await;
    at_desk(&mut clerk, "复合肥2袋", "t1").await.unwrap();
    let page = at_desk(&mut clerk, "复合肥3袋，尿素1袋，复合肥3袋", "t2").await.unwrap_err();
    assert!(page.contains("复合肥 50kg不够了，只剩5袋。"), "{page}");
    assert_eq!(stock(&clerk, "A2").await, ("5".into(), "7".into()));
    assert_eq!(stock(&clerk, "A1").await, ("100".into(), "100".into()), "nothing of it");
    // The same in the chat, in one sentence.
    let asks = "买3袋复合肥和3袋复合肥，毛庄村自取，我叫肖奉安，电话13800138000";
    let said = county.say(VILLAGER, asks).await;
    assert!(said.contains("复合肥 50kg不够了，只剩5袋。要买请再说一遍"), "{said}");
    assert_eq!(stock(&clerk, "A2").await, ("5".into(), "7".into()));
}

async fn arrived(county: &County, clerk: &mut Clerk<'_>) -> (String, String) {
    let texts = ["我要买2袋尿素，我是毛庄村的，我叫肖奉安", "自己取", "13800138000", "确认"];
    let number = number_in(&county.talk(VILLAGER, &texts).await);
    for action in ["confirm", "pack", "arrive"] {
        step(clerk, &number, action, &[]).await;
    }
    let said = county.say(VILLAGER, "取货码").await;
    let code = said.split("取货码").nth(1).unwrap()[..4].to_owned();
    (number, code)
}

#[tokio::test]
async fn pickup_with_wrong_code_five_times_locks_fifteen_minutes_and_release_is_logged() {
    let mut county = county().open().await;
    let (number, code) = {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        let (number, code) = arrived(&county, &mut clerk).await;
        let wrong = if code == "0000" { "1111" } else { "0000" };
        for left in (1..=4).rev() {
            let page = try_step(&mut clerk, &number, "collect", &[("code", wrong)]).await;
            assert!(page.unwrap_err().contains(&format!("还能试{left}次")));
        }
        let page = try_step(&mut clerk, &number, "collect", &[("code", wrong)]).await.unwrap_err();
        assert!(page.contains("取货码错了5次，锁住到"), "{page}");
        let page = try_step(&mut clerk, &number, "collect", &[("code", &code)]).await.unwrap_err();
        assert!(page.contains("锁住到"), "the right one too: {page}");
        (number, code)
    };
    county.pass(14 * 60).await;
    let mut clerk = county.clerk_again().await;
    assert!(try_step(&mut clerk, &number, "collect", &[("code", &code)]).await.is_err());
    // Meanwhile she is known by her name and the end of her number.
    let wrong = [("name", "肖奉安"), ("phone_tail", "8001")];
    let page = try_step(&mut clerk, &number, "release", &wrong).await.unwrap_err();
    assert!(page.contains("对不上"), "{page}");
    step(&mut clerk, &number, "release", &[("name", "肖奉安"), ("phone_tail", "8000")]).await;
    let page = clerk.get(&format!("/desk/shop/orders/{number}")).await;
    assert!(page.contains("<strong>取货</strong> 姓名和手机尾号"), "who and how: {page}");
    assert!(page.contains("管理员 <strong>取货</strong>"), "{page}");
}

#[tokio::test]
async fn a_lock_ends_by_itself_after_fifteen_minutes() {
    let mut county = county().open().await;
    let (number, code) = {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        let (number, code) = arrived(&county, &mut clerk).await;
        let wrong = if code == "0000" { "1111" } else { "0000" };
        for _ in 0..5 {
            let page = try_step(&mut clerk, &number, "collect", &[("code", wrong)]).await;
            assert!(page.is_err());
        }
        (number, code)
    };
    county.pass(15 * 60 + 1).await;
    let mut clerk = county.clerk_again().await;
    step(&mut clerk, &number, "collect", &[("code", &code)]).await;
}

#[tokio::test]
async fn what_may_not_be_sold_by_chat_or_not_now_is_not() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        open(&county, &mut clerk).await;
        clerk.csrf = clerk.csrf_of("/desk/shop/goods").await;
        let fields = [("article", "A9"), ("closes_at", "2026-11-23T12:00"), ("capacity", "30")];
        let (status, text) = clerk.post("/desk/shop/cycles", &fields).await;
        assert_eq!(status, 303, "{text}");
    }
    let said = county.say(VILLAGER, "买2瓶百草枯").await;
    assert!(said.contains("只能到店里买"), "restricted pesticides: {said}");
    let said = county.say(VILLAGER, "买2袋玉米种").await;
    assert!(said.contains("没有找到"), "out of season: {said}");
    // The round closes between the look and the confirmation.
    let asks = "买2卷地膜，毛庄村自取，我叫肖奉安，电话13800138000";
    let said = county.say(VILLAGER, asks).await;
    assert!(said.contains("请回「确认」"), "{said}");
    county.pass(2 * 3600 + 60).await;
    let said = county.say(VILLAGER, "确认").await;
    assert!(said.contains("地膜这一轮已经截止，对不起"), "{said}");
    let said = county.say("oBuyer0000000000000000000001", asks).await;
    assert!(said.contains("地膜这一轮已经截止，对不起"), "{said}");
}
