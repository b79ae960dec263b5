//! Tencent's servers down, slow, or saying no: what becomes of a notice, and that nobody is
//! stormed with calls.

use std::sync::Arc;
use std::time::Duration;

use bianmin::store::{MemoryEngine, Store};
use fake_wechat::{CUSTOM_SEND, Fault, STABLE_TOKEN, TEMPLATE_SEND};

use super::county::{Clerk, County, VILLAGER, county};

async fn dispatched(county: &County) -> (String, Clerk<'_>) {
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    (number, clerk)
}

/// `error` for ever on the customer-service message: no other way is set up, so a clerk gets
/// it, and reads `why`.
async fn ends_with_a_clerk(error: i64, why: &str, sends: usize) {
    let mut county = county().open().await;
    county.wechat.fail(CUSTOM_SEND, Fault::Error(error), None);
    let number = dispatched(&county).await.0;
    for _ in 0..12 {
        county.pass(1_200).await;
    }
    let clerk = county.clerk_again().await;
    let tasks = clerk.tasks(why).await;
    assert_eq!(tasks.len(), 1, "{error}: no task says {why}: {}", clerk.get("/desk/tasks").await);
    assert_eq!(county.wechat.calls(CUSTOM_SEND).len(), sends, "{error}");
    let tokens = county.wechat.calls(STABLE_TOKEN).len();
    assert!(tokens <= sends + 2, "{error}: {tokens} token calls");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("要打电话"), "{error}: {page}");
}

#[tokio::test]
async fn the_window_is_closed() {
    ends_with_a_clerk(45015, "超过 48 小时", 1).await;
}

#[tokio::test]
async fn the_budget_is_used_up() {
    ends_with_a_clerk(45047, "条", 1).await;
}

#[tokio::test]
async fn she_does_not_follow() {
    ends_with_a_clerk(43004, "关注", 1).await;
}

#[tokio::test]
async fn who_has_left_is_not_tried_again_until_she_is_back() {
    let lines = "[wechat.main.templates]\ndispatched = \"T1\"\nprogress = \"T1\"";
    let mut county = county().account(lines).open().await;
    county.wechat.add_template("T1");
    for path in [CUSTOM_SEND, TEMPLATE_SEND] {
        county.wechat.fail(path, Fault::Error(43004), None);
    }
    let number = {
        let (number, mut clerk) = dispatched(&county).await;
        clerk.act(&number, "progress", &[("text", "去看过了，还在清理，请您再等一等")]).await;
        number
    };
    county.pass(1_200).await;
    let sends = |county: &County| {
        county.wechat.calls(CUSTOM_SEND).len() + county.wechat.calls(TEMPLATE_SEND).len()
    };
    assert_eq!(sends(&county), 1, "the first refusal is for all that follow");
    assert_eq!(county.clerk_again().await.tasks("关注").await.len(), 2);

    for path in [CUSTOM_SEND, TEMPLATE_SEND] {
        county.wechat.heal(path);
    }
    county.say(VILLAGER, "查进度").await;
    let mut clerk = county.clerk_again().await;
    clerk.act(&number, "progress", &[("text", "垃圾已经拉走一半，明天接着拉")]).await;
    county.settle().await;
    assert_eq!(sends(&county), 2);
}

#[tokio::test]
async fn a_token_that_is_refused_for_ever_is_not_fetched_for_ever() {
    let mut county = county().open().await;
    county.wechat.fail(CUSTOM_SEND, Fault::Error(40001), None);
    {
        let (number, mut clerk) = dispatched(&county).await;
        for n in 0..3 {
            let text = format!("第{n}次去看，还在清理，请您再等一等");
            clerk.act(&number, "progress", &[("text", &text)]).await;
        }
    }
    for _ in 0..24 {
        county.pass(600).await;
    }
    let clerk = county.clerk_again().await;
    assert_eq!(clerk.tasks("试了").await.len(), 4, "{}", clerk.get("/desk/tasks").await);
    // Four messages of eight attempts; what one learns holds for all. By force 20 times a day
    // at most, and one in normal mode before each.
    let calls = county.wechat.calls(STABLE_TOKEN);
    let forced = calls.iter().filter(|call| call.body["force_refresh"] == true).count();
    assert!(forced <= 20 && calls.len() <= 2 * forced + 2, "{forced} of {}", calls.len());
}

#[tokio::test]
async fn a_busy_system_is_asked_again_and_the_message_goes_once() {
    let mut county = county().open().await;
    county.wechat.fail(CUSTOM_SEND, Fault::Error(-1), Some(2));
    dispatched(&county).await;
    county.pass(10).await;
    county.pass(10).await;
    assert_eq!(county.inbox(VILLAGER).len(), 1);
    assert_eq!(county.wechat.calls(CUSTOM_SEND).len(), 3);
}

#[tokio::test]
async fn a_template_takes_over_when_the_window_turns_out_closed() {
    let lines = "[wechat.main.templates]\ndispatched = \"T1\"";
    let county = county().account(lines).open().await;
    county.wechat.add_template("T1");
    county.wechat.fail(CUSTOM_SEND, Fault::Error(45015), None);
    dispatched(&county).await;
    assert_eq!(county.wechat.calls(TEMPLATE_SEND).len(), 1);
    assert_eq!(county.inbox(VILLAGER).len(), 1);
}

#[tokio::test]
async fn nobody_knows_whether_it_went_so_it_is_not_sent_again() {
    let mut county = county().open().await;
    county.wechat.fail(CUSTOM_SEND, Fault::Drop, Some(1));
    dispatched(&county).await;
    for _ in 0..6 {
        county.pass(3_600).await;
    }
    assert_eq!(county.inbox(VILLAGER).len(), 1, "the fake did its work before it broke off");
    assert_eq!(county.wechat.calls(CUSTOM_SEND).len(), 1);
    let mut clerk = county.clerk_again().await;
    let tasks = clerk.tasks("看看她收到没有").await;
    assert_eq!(tasks.len(), 1);
    // A clerk who knows better sends it once more.
    clerk.csrf = clerk.csrf_of(&tasks[0]).await;
    county.say(VILLAGER, "谢谢").await;
    let (status, text) = clerk.post(&format!("{}/resend", tasks[0]), &[]).await;
    assert_eq!(status, 303, "{text}");
    county.settle().await;
    assert_eq!(county.inbox(VILLAGER).len(), 2);
}

#[tokio::test]
async fn a_crash_while_sending_is_found_at_the_next_start() {
    let store: Store = Arc::new(MemoryEngine::default());
    let before = county().store(store.clone()).open().await;
    let number = before.report(VILLAGER).await;
    before.wechat.fail(CUSTOM_SEND, Fault::Slow(Duration::from_secs(60)), None);
    let mut clerk = before.clerk().await;
    let act = clerk.act(&number, "dispatch", &[("department", "城管")]);
    assert!(tokio::time::timeout(Duration::from_millis(800), act).await.is_err(), "it hangs");
    assert_eq!(before.inbox(VILLAGER).len(), 1, "it went, and nobody wrote that down");
    drop(before);

    let after = county().store(store).open().await;
    after.office.start();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let clerk = after.clerk_again().await;
        if !clerk.tasks("看看她收到没有").await.is_empty() {
            assert!(after.wechat.calls(CUSTOM_SEND).is_empty(), "never sent by itself");
            after.office.stop().await;
            return;
        }
    }
    panic!("the message in flight was not found");
}

#[tokio::test]
async fn with_tencent_down_villagers_are_answered_all_the_same() {
    let county = county().open().await;
    for path in [CUSTOM_SEND, STABLE_TOKEN] {
        county.wechat.fail(path, Fault::Status(502), None);
    }
    let (number, _) = dispatched(&county).await;
    assert!(county.say(VILLAGER, "查进度").await.contains("已转办"), "{number}");
    let before = county.wechat.calls(STABLE_TOKEN).len();
    for _ in 0..50 {
        county.settle().await;
    }
    assert_eq!(county.wechat.calls(STABLE_TOKEN).len(), before, "waits its time");
}

#[tokio::test]
async fn an_account_without_a_secret_answers_and_leaves_the_rest_to_clerks() {
    let county = county().without_secret().open().await;
    let (_, clerk) = dispatched(&county).await;
    assert_eq!(clerk.tasks("AppSecret").await.len(), 1);
}

#[tokio::test]
async fn a_template_of_which_nobody_knows_goes_again_at_once_and_arrives_once() {
    let lines = "[wechat.main.templates]\ndispatched = \"T1\"";
    let mut county = county().account(lines).open().await;
    county.wechat.add_template("T1");
    let number = county.report(VILLAGER).await;
    county.pass(49 * 3600).await;
    county.wechat.fail(TEMPLATE_SEND, Fault::Drop, Some(1));
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    county.pass(30).await;
    assert_eq!(county.wechat.calls(TEMPLATE_SEND).len(), 2);
    assert_eq!(county.inbox(VILLAGER).len(), 1, "WeChat drops the second one by its key");
}
