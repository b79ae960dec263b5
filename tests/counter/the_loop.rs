//! A villager reports, a clerk dispatches and answers, she rates: and hears of every step.

use super::county::{VILLAGER, county, number_in};
use fake_wechat::{Mode, TEMPLATE_SEND};

const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";

#[tokio::test]
async fn a_report_goes_all_the_way_and_back_in_every_mode() {
    for mode in [Mode::Plain, Mode::Compatible, Mode::Safe] {
        let county = county().mode(mode).open().await;
        let number = county.report(VILLAGER).await;
        let mut clerk = county.clerk().await;
        assert!(clerk.get("/desk").await.contains("胡家坨镇大黑坨村"));

        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        clerk.act(&number, "accept", &[]).await;
        clerk.act(&number, "progress", &[("text", "车已经在路上了")]).await;
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
        let inbox = county.inbox(VILLAGER);
        assert_eq!(inbox.len(), 3, "{inbox:#?}");
        assert!(inbox[0].contains("已交给") && inbox[0].contains("前答复您"), "{}", inbox[0]);
        assert!(inbox[1].contains("车已经在路上了"), "{}", inbox[1]);
        assert!(inbox[2].contains(REPLY) && inbox[2].contains("回 1 满意"), "{}", inbox[2]);

        let said = county.say(VILLAGER, "满意").await;
        assert!(said.starts_with("谢谢您，编号126-"), "{said}");
        county.settle().await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        for part in ["办结", "群众评价", "垃圾堆在路边", "城管", "车已经在路上了"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert_eq!(county.inbox(VILLAGER).len(), 3, "what she read in the reply is not sent again");
    }
}

#[tokio::test]
async fn not_content_opens_a_second_round_and_the_third_no_does_not() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    let said = county.talk(VILLAGER, &["3", "还是臭"]).await;
    assert!(said.contains("再办一次") && said.contains("前答复您"), "{said}");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("第2次办理") && page.contains("还是臭"), "{page}");

    clerk.act(&number, "reply", &[("outcome", "explained"), ("text", REPLY)]).await;
    let said = county.talk(VILLAGER, &["不满意", "跳过"]).await;
    assert!(said.starts_with("谢谢您，编号126-"), "{said}");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(!page.contains("第3次办理"), "{page}");
}

#[tokio::test]
async fn she_sees_her_own_cases_and_nobody_elses() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let other = "oVillager00000000000000000002";
    let (a, b, c) = (&number[..3], &number[3..6], &number[6..]);
    for form in [
        "查进度".to_owned(),
        format!("{a}-{b}-{c}"),
        number.clone(),
        format!("查进度 {a} {b} {c}"),
        format!("查一下{number}"),
        format!("查进度 尾号{c}"),
    ] {
        let said = county.say(VILLAGER, &form).await;
        assert!(
            said.contains(&format!("{a}-{b}-{c}")) && said.contains("已收到"),
            "{form}: {said}"
        );
        // Who has the whole number sees how far it is, and nothing of what it is about.
        let said = county.say(other, &form).await;
        let whole = form.chars().filter(char::is_ascii_digit).count() == number.len();
        let shown = if whole { "这件不是您报的" } else { "没有查到您的事" };
        assert!(said.contains(shown) && !said.contains("垃圾"), "{form}: {said}");
    }
    let wrong = format!("查进度 {a}{b}{}", if c.ends_with('1') { "992" } else { "991" });
    let said = county.say(VILLAGER, &wrong).await;
    assert!(said.contains("编号不对") || said.contains("没有查到"), "{said}");
}

#[tokio::test]
async fn outside_the_window_a_template_carries_the_notice_and_without_one_a_clerk_phones() {
    for template in [true, false] {
        let lines = if template { "[wechat.main.templates]\ndispatched = \"T1\"" } else { "" };
        let mut county = county().account(lines).open().await;
        county.wechat.add_template("T1");
        let number = county.report(VILLAGER).await;
        county.pass(49 * 3600).await;
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        if template {
            let calls = county.wechat.calls(TEMPLATE_SEND);
            assert_eq!(calls.len(), 1, "{calls:?}");
            let data = &calls[0].body["data"];
            assert_eq!(data["phrase3"]["value"], "已派单", "{data}");
            assert!(page.contains("已发出"), "{page}");
        } else {
            assert_eq!(county.inbox(VILLAGER).len(), 0);
            assert!(page.contains("要打电话"), "{page}");
            let tasks = clerk.tasks("13800138000").await;
            assert_eq!(tasks.len(), 1);
            let task = clerk.get(&tasks[0]).await;
            assert!(task.contains("48小时") && task.contains("已交给"), "{task}");
            let finish = format!("{}/finish", tasks[0]);
            let (status, text) = clerk.post(&finish, &[("note", "已打电话告诉她")]).await;
            assert_eq!(status, 303, "{text}");
            assert!(clerk.tasks("13800138000").await.is_empty());
            let page = clerk.get(&format!("/desk/cases/{number}")).await;
            assert!(page.contains("已由工作人员处理"), "{page}");
        }
    }
}

#[tokio::test]
async fn the_sixth_message_in_the_window_is_not_tried() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    for n in 0..5 {
        let text = format!("第{n}次去看，还在清理，请您再等一等");
        clerk.act(&number, "progress", &[("text", &text)]).await;
    }
    assert_eq!(county.inbox(VILLAGER).len(), 5);
    assert_eq!(county.wechat.calls(fake_wechat::CUSTOM_SEND).len(), 5, "not even tried");
    assert_eq!(clerk.tasks("5条已发完").await.len(), 1);
    // A word of hers opens the window again.
    county.say(VILLAGER, "好的").await;
    clerk.act(&number, "progress", &[("text", "已经清完了，正在撒药")]).await;
    assert_eq!(county.inbox(VILLAGER).len(), 6);
}

#[tokio::test]
async fn an_unfollow_takes_the_openid_and_leaves_the_case() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    county.event(VILLAGER, "unsubscribe", "").await;
    county.wechat.unfollow(VILLAGER);
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("垃圾堆在路边"), "{page}");
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    assert!(county.wechat.calls(fake_wechat::CUSTOM_SEND).is_empty());
    assert_eq!(clerk.tasks("没有关注").await.len(), 1);
    // She comes back as somebody new: nothing ties the openid to the person.
    county.event(VILLAGER, "subscribe", "").await;
    let said = county.say(VILLAGER, "查进度").await;
    assert!(said.contains("没有查到您的事"), "{said}");
}

#[tokio::test]
async fn the_clock_accepts_for_a_silent_department_and_closes_what_nobody_rates() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    }
    county.pass(6 * 3600).await;
    {
        let mut clerk = county.clerk_again().await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        assert!(page.contains("办理中") && page.contains("签收"), "{page}");
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    }
    county.pass(8 * 24 * 3600).await;
    let clerk = county.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("7天内没有评价"), "{page}");
}

/// She is told that a name and a telephone may simply be sent; so they may.
#[tokio::test]
async fn a_bare_name_at_the_confirmation_is_her_name() {
    let county = county().open().await;
    let asked = county.say(VILLAGER, "大黑坨村口的路灯灭了半个月没人管").await;
    assert!(asked.contains("想留姓名、电话") && asked.contains("直接发来就行"), "{asked}");
    let asked = county.say(VILLAGER, "王建国").await;
    assert!(asked.contains("4 王建国") && asked.contains("都对就回「对」"), "{asked}");
    let asked = county.say(VILLAGER, "13800138000").await;
    assert!(asked.contains("4 王建国") && asked.contains("5 13800138000"), "{asked}");
    let said = county.say(VILLAGER, "对").await;
    assert!(said.starts_with("收到了，编号"), "{said}");
    let mut clerk = county.clerk().await;
    let (status, page) = clerk.see(&number_in(&said), "回访核实").await;
    assert_eq!(status, 200);
    assert!(page.contains("王建国") && page.contains("13800138000"), "{page}");
}
