//! A person takes the conversation: the bot is silent until it is given back.

use super::county::{VILLAGER, county};

#[tokio::test]
async fn a_clerk_talks_and_gives_the_conversation_back() {
    let county = county().open().await;
    county.talk(VILLAGER, &["投诉", "大黑坨村"]).await;
    let said = county.say(VILLAGER, "人工").await;
    assert!(said.contains("已经请工作人员看了"), "{said}");
    let mut clerk = county.clerk().await;
    let tasks = clerk.tasks("有人要和您说话").await;
    assert_eq!(tasks.len(), 1);
    assert!(clerk.get(&tasks[0]).await.contains("大黑坨村"), "what she said so far");

    assert_eq!(county.say(VILLAGER, "你们几点上班").await, "", "the bot is silent");
    assert!(clerk.get(&tasks[0]).await.contains("你们几点上班"));
    clerk.csrf = clerk.csrf_of(&tasks[0]).await;
    let write = format!("{}/write", tasks[0]);
    let (status, text) = clerk.post(&write, &[("text", "您好，我们早上八点半上班。")]).await;
    assert_eq!(status, 303, "{text}");
    county.settle().await;
    assert_eq!(county.inbox(VILLAGER), ["您好，我们早上八点半上班。"]);

    let (status, text) = clerk.post(&format!("{}/back", tasks[0]), &[]).await;
    assert_eq!(status, 303, "{text}");
    county.settle().await;
    let inbox = county.inbox(VILLAGER);
    assert!(
        inbox[1].contains("现在是机器人陪您办") && inbox[1].contains("请说说是什么事"),
        "{inbox:?}"
    );
    assert!(county.say(VILLAGER, "路灯灭了五天").await.starts_with("请您核对"));
    assert!(clerk.tasks("有人要和您说话").await.is_empty());
}

#[tokio::test]
async fn she_calls_the_bot_back_herself() {
    let county = county().open().await;
    county.talk(VILLAGER, &["投诉", "人工", "喂"]).await;
    let said = county.say(VILLAGER, "机器人").await;
    assert!(said.contains("现在是机器人陪您办") && said.contains("这件事在哪个村"), "{said}");
    let clerk = county.clerk().await;
    assert!(clerk.tasks("有人要和您说话").await.is_empty());
}

#[tokio::test]
async fn three_answers_that_are_not_understood_bring_a_person() {
    let county = county().open().await;
    let said = county.talk(VILLAGER, &["投诉", "啊啊啊", "随便", "哎呀呀"]).await;
    assert!(said.contains("已经请工作人员看了"), "{said}");
    let clerk = county.clerk().await;
    assert_eq!(clerk.tasks("几次没有听懂").await.len(), 1);
}

#[tokio::test]
async fn silence_is_reminded_once_and_becomes_a_draft() {
    let mut county = county().open().await;
    county.talk(VILLAGER, &["投诉", "大黑坨村"]).await;
    county.pass(29 * 60).await;
    assert!(county.inbox(VILLAGER).is_empty());
    county.pass(2 * 60).await;
    let inbox = county.inbox(VILLAGER);
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].contains("还差一步"), "{inbox:?}");
    county.pass(3 * 3600).await;
    assert_eq!(county.inbox(VILLAGER).len(), 1, "once");
    county.pass(24 * 3600).await;
    let said = county.say(VILLAGER, "在吗").await;
    assert!(said.contains("还差2项") && said.contains("接着办回1"), "{said}");
    assert!(county.say(VILLAGER, "1").await.starts_with("请说说是什么事"));
}

#[tokio::test]
async fn who_writes_for_hours_to_a_person_is_never_refused() {
    let county = county().settings("[limits]\nmessages_per_minute = 1000\n").open().await;
    county.say(VILLAGER, "人工").await;
    for n in 0..60 {
        let text = format!("第{n}条{}", "这件事说来话长".repeat(80));
        assert_eq!(county.try_say(VILLAGER, &text).await.unwrap().deliveries, 1, "{n}");
    }
    let clerk = county.clerk().await;
    let tasks = clerk.tasks("第59条").await;
    assert_eq!(tasks.len(), 1, "one task, with the latest of it");
}

#[tokio::test]
async fn many_recordings_of_one_person_are_one_task() {
    let county = county().open().await;
    let villager = county.account.villager(VILLAGER);
    for n in 0..5 {
        county.wechat.add_media(&format!("voice-{n}"), "audio/amr", b"#!AMR\nhello");
        let inner = format!("<MediaId>voice-{n}</MediaId><Format>amr</Format>");
        villager.push(&county.webhook(), "voice", &inner).await.unwrap();
    }
    county.settle().await;
    assert_eq!(county.clerk().await.tasks("有语音要听").await.len(), 1);
}

#[tokio::test]
async fn who_answers_a_reminder_in_vain_is_not_reminded_at_once() {
    let mut county = county().open().await;
    county.say(VILLAGER, "投诉").await;
    county.pass(30 * 60).await;
    assert_eq!(county.inbox(VILLAGER).len(), 1);
    let said = county.say(VILLAGER, "月亮上").await;
    assert!(said.contains("村"), "{said}");
    county.pass(60).await;
    assert_eq!(county.inbox(VILLAGER).len(), 1, "she has just written");
    county.pass(30 * 60).await;
    assert_eq!(county.inbox(VILLAGER).len(), 2);
}
