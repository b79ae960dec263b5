//! Supply and demand: written by one, checked by a clerk, read by another.

use super::county::{VILLAGER, county, number_in};

const OTHER: &str = "oVillager00000000000000000002";
const DAY: i64 = 24 * 3600;
const CABBAGES: &str = "我要卖自家白菜两千斤，三毛一斤，大黑坨村，我叫李四，电话13900139000";

#[tokio::test]
async fn it_shows_after_a_clerk_has_read_it_and_ends_by_itself() {
    let mut county = county().open().await;
    county.talk(VILLAGER, &[CABBAGES, "给"]).await;
    let villager = county.account.villager(VILLAGER);
    let xml = villager.message("text", "<Content><![CDATA[对]]></Content>");
    let url = county.webhook();
    let (a, b) = tokio::join!(villager.deliver(&url, &xml), villager.deliver(&url, &xml));
    let said = a.unwrap().text().to_owned();
    assert_eq!(said, b.unwrap().text(), "delivered twice, written once");
    let number = number_in(&said);
    assert!(number.starts_with("626"), "{said}");
    let said = county.talk(OTHER, &["供求", "1"]).await;
    assert!(said.contains("这一类现在没有"), "nobody has read it yet: {said}");
    {
        let mut clerk = county.clerk().await;
        let page = clerk.get("/desk/listings").await;
        assert!(page.contains("自家白菜两千斤") && page.contains("号码给别人看"), "{page}");
        assert_eq!(page.matches("/refuse\"").count(), 1, "{page}");
        clerk.csrf = clerk.csrf_of("/desk/listings").await;
        let path = format!("/desk/listings/{number}");
        let (status, page) = clerk.post(&format!("{path}/refuse"), &[("revision", "1")]).await;
        assert!(status == 409 || status == 422, "{status}");
        assert!(page.contains("请写不登的原因"), "{page}");
        let (status, page) = clerk.post(&format!("{path}/show"), &[("revision", "1")]).await;
        assert_eq!(status, 303, "{page}");
        let (status, page) = clerk.post(&format!("{path}/show"), &[("revision", "1")]).await;
        assert!(status != 303 && page.contains("刚刚有人动过"), "{status} {page}");
    }
    county.settle().await;
    let inbox = county.inbox(VILLAGER);
    assert!(inbox.last().unwrap().contains("您的信息登出来了"), "{inbox:?}");
    let said = county.talk(OTHER, &["供求", "1"]).await;
    assert!(said.contains("三毛一斤") && said.contains("电话13900139000"), "{said}");
    county.pass(15 * DAY).await;
    let said = county.talk(OTHER, &["供求", "1"]).await;
    assert!(said.contains("这一类现在没有"), "{said}");
    assert!(county.say(VILLAGER, "我的信息").await.contains("您没有登着的信息"));
}

#[tokio::test]
async fn a_number_that_is_not_to_be_seen_is_not_shown_and_a_clerk_asks() {
    let county = county().open().await;
    let mut phone = county.phone("zhang");
    let said = phone.talk(&[CABBAGES, "不给", "对"]).await;
    let number = number_in(&said);
    let mut clerk = county.clerk().await;
    clerk.csrf = clerk.csrf_of("/desk/listings").await;
    let show = format!("/desk/listings/{number}/show");
    assert_eq!(clerk.post(&show, &[("revision", "1")]).await.0, 303);
    assert!(phone.read().await.contains("您的信息登出来了"));
    let said = county.talk(VILLAGER, &["供求", "1"]).await;
    assert!(said.contains("三毛一斤") && said.contains("对方没公开号码"), "{said}");
    assert!(!said.contains("13900139000"), "{said}");
    let said = county.talk(VILLAGER, &["1", "王五", "13800138000"]).await;
    assert!(said.contains("转给工作人员了"), "{said}");
    county.talk(VILLAGER, &["供求", "1", "1", "王五", "13800138000"]).await;
    let tasks = clerk.tasks("王五想联系您，电话13800138000").await;
    assert_eq!(tasks.len(), 1, "asked twice, one task: {tasks:?}");
    assert!(clerk.get(&tasks[0]).await.contains("tel:13900139000"));
}

#[tokio::test]
async fn refused_with_a_reason_taken_back_by_its_writer_and_five_at_most() {
    let county = county().settings("[limits]\nmessages_per_minute = 100").open().await;
    let mut clerk = county.clerk().await;
    let said = county.talk(VILLAGER, &[CABBAGES, "给", "对"]).await;
    let number = number_in(&said);
    clerk.csrf = clerk.csrf_of("/desk/listings").await;
    let refuse = format!("/desk/listings/{number}/refuse");
    let fields = [("revision", "1"), ("reason", "价钱没写清")];
    assert_eq!(clerk.post(&refuse, &fields).await.0, 303);
    county.settle().await;
    let inbox = county.inbox(VILLAGER);
    assert!(inbox.last().unwrap().contains("原因：价钱没写清"), "{inbox:?}");
    for n in 0..5 {
        let said = county.talk(VILLAGER, &[CABBAGES, "给", "对"]).await;
        assert!(said.contains("收到了，编号626-"), "{n}: {said}");
    }
    let said = county.talk(VILLAGER, &[CABBAGES, "给", "对"]).await;
    assert!(said.contains("您已经登了5条"), "{said}");
    assert!(county.say(OTHER, "我的信息").await.contains("您没有登着的信息"));
    let said = county.talk(VILLAGER, &["我的信息", "1", "1"]).await;
    assert!(said.starts_with("撤下了，编号626-"), "{said}");
    let page = clerk.get("/desk/listings").await;
    assert_eq!(page.matches("<article").count(), 4, "{page}");
}
