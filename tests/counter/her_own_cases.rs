//! What a villager does with cases that she has: urge, add, take back, rate, go on. On WeChat
//! and on the phone page; the desk sees it, the department is told, and nobody else can.

use super::county::{VILLAGER, county};

const OTHER: &str = "oVillager00000000000000000002";
const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\
\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
const DAY: i64 = 24 * 3600;

fn spaced(number: &str) -> String {
    format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..])
}

#[tokio::test]
async fn she_urges_once_a_day_and_the_department_is_told_once() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let said = county.say(VILLAGER, "催办").await;
    assert!(said.starts_with(&format!("已经催了，编号{}。", spaced(&number))), "{said}");
    let said = county.say(VILLAGER, &format!("催 {}", spaced(&number))).await;
    assert!(said.contains("11月24日10:00以后可以再催"), "{said}");
    {
        let mut clerk = county.clerk().await;
        assert!(clerk.get("/desk").await.contains("催了1次"));
        assert!(clerk.tasks("请抓紧办").await.is_empty(), "no department has it yet");
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    }
    county.pass(DAY).await;
    let villager = county.account.villager(VILLAGER);
    let xml = villager.message("text", "<Content><![CDATA[催一下]]></Content>");
    let url = county.webhook();
    let (a, b) = tokio::join!(villager.deliver(&url, &xml), villager.deliver(&url, &xml));
    assert_eq!(a.unwrap().text(), b.unwrap().text());
    county.pass(DAY).await;
    county.say(VILLAGER, &format!("催办{number}")).await;

    let mut clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("催了3次"), "{page}");
    assert_eq!(page.matches("<strong>催办</strong>").count(), 3, "{page}");
    let tasks = clerk.tasks("请抓紧办").await;
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    let task = clerk.get(&tasks[0]).await;
    assert_eq!(task.matches("群众催办").count(), 2, "{task}");
    assert!(task.contains("承办单位") && task.contains("城市管理"), "{task}");
    clerk.csrf = clerk.csrf_of(&tasks[0]).await;
    let note = [("note", "打给值班员，今天去")];
    let (status, text) = clerk.post(&format!("{}/finish", tasks[0]), &note).await;
    assert_eq!(status, 303, "{text}");
    assert!(clerk.tasks("请抓紧办").await.is_empty());

    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    let said = county.say(VILLAGER, &format!("催{number}")).await;
    assert!(said.contains("已经答复，不用再催了"), "{said}");
    assert!(county.say(VILLAGER, "催办").await.contains("没有可以催的事"));
}

#[tokio::test]
async fn what_she_adds_stands_in_the_case_with_its_photo() {
    let county = county().open().await;
    let mut phone = county.phone("zhang");
    let number = phone.report().await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    phone.read().await;
    let said = phone.talk(&["补充", "还有死鸡，臭得厉害"]).await;
    assert!(said.contains("有照片就发一张"), "{said}");
    let said = phone.photo(GIF).await;
    assert!(said.contains(&format!("补上了，编号{}", spaced(&number))), "{said}");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("还有死鸡，臭得厉害") && page.contains("/media/"), "{page}");
    assert_eq!(clerk.tasks("群众补充：还有死鸡，臭得厉害（照片1张）").await.len(), 1);
    // In one message, and the task of the same case goes on.
    let said = phone.say(&format!("补 {} 苍蝇也多起来了", spaced(&number))).await;
    assert!(said.contains("有照片就发一张"), "{said}");
    phone.say("没有").await;
    let tasks = clerk.tasks("群众补充：苍蝇也多起来了").await;
    assert_eq!(tasks, clerk.tasks("群众补充：还有死鸡").await);
}

#[tokio::test]
async fn she_takes_it_back_before_the_answer_and_not_after() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut phone = county.phone("zhang");
    let other = phone.report().await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let said = county.talk(VILLAGER, &["撤回", "村里自己清了", "2"]).await;
    assert!(said.contains("没有撤回"), "{said}");
    let said = county.talk(VILLAGER, &["撤回", "村里自己清了", "1"]).await;
    assert!(said.starts_with(&format!("撤回了，编号{}", spaced(&number))), "{said}");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("已撤回") && page.contains("村里自己清了"), "{page}");
    assert!(page.contains("这件事现在没有要办的"), "{page}");
    assert_eq!(clerk.tasks("群众撤回了，不用再办").await.len(), 1);
    assert!(county.say(VILLAGER, "查进度").await.contains("您已撤回"));
    let said = county.talk(VILLAGER, &[&format!("撤{number}"), "跳过", "1"]).await;
    assert!(said.contains("您已经撤回，不能撤回了"), "{said}");

    clerk.act(&other, "dispatch", &[("department", "城管")]).await;
    clerk.act(&other, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    phone.read().await;
    let said = phone.talk(&[&format!("撤 {}", spaced(&other)), "跳过", "1"]).await;
    assert!(said.contains("已经答复，不能撤回了"), "{said}");
}

#[tokio::test]
async fn she_rates_by_number_and_goes_on_with_what_was_closed() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    }
    let said = county.say(VILLAGER, &format!("续 {}", spaced(&number))).await;
    assert!(said.contains("现在怎么样了"), "{said}");
    let said = county.talk(VILLAGER, &["又堆起来了", "没有"]).await;
    assert!(said.contains("不满意请回「评价」"), "{said}");
    let said = county.say(VILLAGER, &format!("评 {} 满意", spaced(&number))).await;
    assert!(said.starts_with("谢谢您，编号"), "{said}");
    let said = county.say(VILLAGER, "评价").await;
    assert!(said.contains("没有等您评价的事"), "{said}");

    let said = county.talk(VILLAGER, &[&format!("续{number} 又堆起来了"), "没有"]).await;
    assert!(said.contains("接着办，新编号126-"), "{said}");
    let next = super::county::number_in(&said);
    assert_ne!(next, number);
    {
        let clerk = county.clerk_again().await;
        let page = clerk.get(&format!("/desk/cases/{next}")).await;
        assert!(page.contains("又堆起来了") && page.contains("大黑坨村"), "{page}");
        assert!(page.contains(&format!("/desk/cases/{number}\">{}", spaced(&number))), "{page}");
    }
    county.pass(31 * DAY).await;
    let said = county.talk(VILLAGER, &[&format!("续{number} 又堆起来了"), "没有"]).await;
    assert!(said.contains("办结31天了"), "{said}");
    assert!(county.say(VILLAGER, "续办").await.contains("30天里没有办结的事"));
}

/// Nobody telephones a department about what she has taken back.
#[tokio::test]
async fn what_she_does_herself_ends_the_tasks_about_it() {
    let mut county = county().open().await;
    let late = county.report(OTHER).await;
    county.clerk().await.act(&late, "dispatch", &[("department", "城管")]).await;
    county.pass(8 * DAY).await;
    {
        let clerk = county.clerk_again().await;
        assert_eq!(clerk.tasks("电话督办").await.len(), 1);
    }
    let said = county.talk(OTHER, &[&format!("撤{late}"), "跳过", "1"]).await;
    assert!(said.starts_with("撤回了"), "{said}");
    let clerk = county.clerk_again().await;
    assert_eq!(clerk.tasks("电话督办").await, Vec::<String>::new());
}

#[tokio::test]
async fn nobody_does_anything_with_a_case_that_is_not_hers() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    for other in ["催", "补", "撤", "评", "续"] {
        let said = county.say(OTHER, &format!("{other} {}", spaced(&number))).await;
        assert!(said.starts_with("没有") || said.starts_with("30天里没有"), "{other}: {said}");
    }
    // Also not with a case of her own beside it.
    county.report(OTHER).await;
    for other in ["催", "补", "撤", "评", "续"] {
        let said = county.say(OTHER, &format!("{other}{number}")).await;
        assert!(said.starts_with("没有") || said.starts_with("30天里没有"), "{other}: {said}");
    }
    let clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("待受理") && !page.contains("<strong>催办</strong>"), "{page}");
}
