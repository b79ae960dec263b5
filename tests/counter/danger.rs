//! Danger: she is told whom to call before anything else, and it is filed all the same.

use super::county::{VILLAGER, county, number_in};

#[tokio::test]
async fn the_numbers_come_first_and_the_case_is_filed_once() {
    let county = county().open().await;
    let said = county.say(VILLAGER, "大黑坨村东头着火了，快来人").await;
    assert!(said.starts_with("马上打 119！"), "{said}");
    let number = number_in(&said);
    let said = county.say(VILLAGER, "火越来越大，房子着火了").await;
    assert!(said.starts_with("马上打 119！") && number_in(&said) == number, "{said}");

    let clerk = county.clerk().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("胡家坨镇大黑坨村紧急：着火"), "{page}");
    assert!(page.contains("11月24日(周二)10:00"), "a day and a night: {page}");
    assert!(page.contains("<strong>补充</strong>") && page.contains("火越来越大"), "{page}");
    let tasks = clerk.tasks("火越来越大").await;
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    assert!(clerk.get(&tasks[0]).await.contains("紧急：着火，请马上看"));
    let list = clerk.get("/desk/tasks").await;
    assert!(list.contains("打110、119、120"), "{list}");
    assert_eq!(county.health().await["details"]["cases"], 1);
}

#[tokio::test]
async fn what_she_was_doing_waits_and_goes_on() {
    let county = county().open().await;
    let mut phone = county.phone("zhang");
    phone.talk(&["投诉", "大黑坨村"]).await;
    let said = phone.say("先别管那个，俺爹昏倒了").await;
    assert!(said.starts_with("马上打 120！") && said.contains("回一下在哪个村"), "{said}");
    let said = phone.say("小黑坨村").await;
    assert!(said.contains("记下了，小黑坨村") && said.contains("请说说是什么事"), "{said}");
    let said = phone.say("垃圾堆在路边十几天没人拉").await;
    assert!(said.starts_with("请您核对") && said.contains("1 大黑坨村\n2 垃圾清运"), "{said}");
    let clerk = county.clerk().await;
    assert_eq!(clerk.tasks("在汤家河镇小黑坨村").await.len(), 1);
}

#[tokio::test]
async fn a_clerk_talks_with_her_and_the_bot_speaks_up_for_danger_alone() {
    let county = county().open().await;
    county.say(VILLAGER, "人工").await;
    assert_eq!(county.say(VILLAGER, "我家的事没人管").await, "");
    let said = county.say(VILLAGER, "有人砸门要打死人").await;
    assert!(said.starts_with("马上打 110！"), "{said}");
    assert_eq!(county.say(VILLAGER, "在大黑坨村").await, "", "a person is in charge again");
    let clerk = county.clerk().await;
    let talk = clerk.tasks("我家的事没人管").await;
    let page = clerk.get(&talk[0]).await;
    assert!(page.contains("有人砸门要打死人") && page.contains("在大黑坨村"), "{page}");
}
