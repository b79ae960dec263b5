//! What she is asked while her case is handled, and what she says of it without a number: it reaches
//! her case in every state in which the rules let it.

use bianmin::office::Role;

use fake_wechat::FakeSms;

use super::county::{Clerk, SMS_SECRET, VILLAGER, county, numbers_in, part};
use super::sms_talk::{self, PHONE};

const QUESTION: &str = "请问是村东还是村西？门牌几号？";
const DAY: i64 = 24 * 3_600;

async fn state(clerk: &Clerk<'_>, number: &str) -> String {
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    let states = ["待补充", "办理中", "待签收", "退单待审", "延期待审", "已撤回"];
    let shown = part(&page, "class=\"state", "</").to_owned();
    states.into_iter().find(|state| shown.contains(state)).unwrap_or(&shown).to_owned()
}

async fn asked(clerk: &mut Clerk<'_>, number: &str) {
    clerk.act(number, "dispatch", &[("department", "城管")]).await;
    clerk.act(number, "ask_info", &[("question", QUESTION)]).await;
    assert_eq!(state(clerk, number).await, "待补充");
}

#[tokio::test]
async fn a_bare_reply_is_the_answer() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    asked(&mut clerk, &number).await;
    county.settle().await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    assert!(told.contains(QUESTION) && told.contains("请直接回复"), "{told}");
    // What is not an answer is none.
    assert!(county.say(VILLAGER, "谢谢").await.contains("不客气"));
    assert!(county.say(VILLAGER, "查进度").await.contains("等您补充"));
    assert_eq!(state(&clerk, &number).await, "待补充");
    let said = county.say(VILLAGER, "在村东头老槐树旁边，门牌36号").await;
    assert!(said.starts_with("记下了，编号"), "{said}");
    assert_eq!(state(&clerk, &number).await, "办理中");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("在村东头老槐树旁边，门牌36号"), "{page}");
    // It was asked once: what she tells now is another matter.
    let said = county.say(VILLAGER, "小黑坨村停电一天了").await;
    assert!(said.contains("请您核对"), "{said}");
}

#[tokio::test]
async fn a_bare_reply_by_sms_is_the_answer() {
    let (mut county, fake) = sms_talk::opened().await;
    let number = sms_talk::report(&county, &fake, PHONE).await;
    {
        let mut clerk = county.clerk().await;
        asked(&mut clerk, &number).await;
    }
    county.pass(360).await;
    let told = fake.last().text;
    assert!(told.contains(QUESTION) && told.contains("直接回复"), "{told}");
    let said = sms_talk::write(&county, &fake, PHONE, "村东头第三家").await;
    assert!(said.contains("记下了，编号"), "{said}");
    let clerk = county.clerk_again().await;
    assert_eq!(state(&clerk, &number).await, "办理中");
}

#[tokio::test]
async fn what_was_answered_otherwise_is_not_asked_any_more() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    asked(&mut clerk, &number).await;
    county.settle().await;
    clerk.act(&number, "resume", &[]).await;
    let said = county.say(VILLAGER, "小黑坨村停电一天了").await;
    assert!(said.contains("请您核对"), "{said}");
}

#[tokio::test]
async fn her_word_alone_finds_the_case_that_waits_for_her() {
    let county = county().settings("[limits]\nmessages_per_minute = 100\n").open().await;
    let first = county.report_of(VILLAGER, "大黑坨村停水三天了，我叫张三，电话13800138000").await;
    let second = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    asked(&mut clerk, &second).await;
    // Of two the one that waits comes first.
    let said = county.say(VILLAGER, "补充").await;
    assert!(said.contains("1 胡家坨镇大黑坨村垃圾清运\n2 "), "{said}");
    let said = county.talk(VILLAGER, &["1", "在村东头", "没有"]).await;
    assert!(said.contains("补上了"), "{said}");
    assert_eq!(state(&clerk, &second).await, "办理中");
    clerk.act(&first, "reject", &[("reason", "other"), ("instead", "请找自来水公司")]).await;

    // In each state with a department.
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    for (step, fields, reached) in [
        ("ask_info", [("question", QUESTION), ("reason", "")], "待补充"),
        ("ask_extension", [("days", "2"), ("reason", "要调车")], "延期待审"),
        ("ask_return", [("basis", "归乡镇"), ("reason", "")], "退单待审"),
    ] {
        lead.act(&second, step, &fields).await;
        assert_eq!(state(&clerk, &second).await, reached);
        let said = county.talk(VILLAGER, &["补充", "还有死鸡", "没有"]).await;
        assert!(said.contains("补上了"), "{reached}: {said}");
        if reached == "延期待审" {
            clerk.act(&second, "refuse_extension", &[("reason", "有车")]).await;
        }
    }
    let said = county.say(VILLAGER, "催办").await;
    assert!(said.contains("已经催了"), "{said}");
    let said = county.talk(VILLAGER, &["撤回", "村里清了", "1"]).await;
    assert!(said.contains("撤回了"), "{said}");
    assert_eq!(state(&clerk, &second).await, "已撤回");
}

#[tokio::test]
async fn at_the_end_of_her_time_she_is_told_before_anybody_telephones() {
    let (mut county, fake) = sms_talk::opened().await;
    let number = sms_talk::report(&county, &fake, PHONE).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    }
    county.pass(3 * DAY).await;
    county.pass(3_600).await;
    let told: Vec<String> = fake.texts_to(PHONE);
    let late: Vec<&String> = told.iter().filter(|text| text.contains("到时间还没办完")).collect();
    assert_eq!(late.len(), 1, "{told:#?}");
    assert_eq!(numbers_in(late[0]), [number]);
    county.pass(DAY).await;
    let again = fake.texts_to(PHONE).iter().filter(|text| text.contains("到时间还没办完")).count();
    assert_eq!(again, 1, "once");
}

#[tokio::test]
async fn nobody_is_done_with_unanswered_and_the_reason_is_told() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.staff("值班员", Role::Clerk, None).await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("id=\"reject\"") && !page.contains("id=\"close\""), "{page}");
    let (status, page) = clerk.try_act(&number, "close", &[("reason", "没空")]).await;
    assert!(status == 422 && page.contains("不予受理"), "{page}");
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let reply = "垃圾已经全部清走，以后每三天来拉一次。";
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", reply)]).await;
    clerk.act(&number, "close", &[("reason", "她打电话来说满意了")]).await;
    county.settle().await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    assert!(told.contains("已办结（她打电话来说满意了）"), "{told}");

    // Not content twice: that is the director's.
    let number = county.report_of(VILLAGER, "大黑坨村停水三天了，我叫张三").await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    for _ in 0..2 {
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", reply)]).await;
        county.talk(VILLAGER, &["不满意", "还是没水"]).await;
    }
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(!page.contains("id=\"close\""), "{page}");
    let (status, page) = clerk.try_act(&number, "close", &[("reason", "说不通")]).await;
    assert!(status == 422 && page.contains("平台负责人"), "{page}");
    let mut director = county.staff("李主任", Role::Director, None).await;
    director.act(&number, "close", &[("reason", "已上门当面说明")]).await;
    county.settle().await;
    let told = county.inbox(VILLAGER).pop().unwrap();
    assert!(told.contains("已上门当面说明"), "{told}");

    // Who telephoned is called first.
    let number = clerk.file("13800138001", "0301", "电视没有信号").await;
    clerk.act(&number, "dispatch", &[("department", "广电网络")]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", reply)]).await;
    let (status, page) = clerk.try_act(&number, "close", &[("reason", "办好了")]).await;
    assert!(status == 422 && page.contains("请先回访"), "{page}");
}

#[tokio::test]
async fn what_she_has_to_know_is_in_one_short_message() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let caps = "[notices]\nperson_hour = 50\nperson_day = 50\ncase_day = 50\n";
    let mut county = county().settings(&sms_talk::modem(&fake)).settings(caps).open().await;
    let number = sms_talk::report(&county, &fake, PHONE).await;
    drop(county.clerk().await);
    drop(county.staff("住建经办", Role::Department, Some("住建")).await);
    let reply = [("outcome", "solved"), ("text", "垃圾已经全部清走，以后每三天来拉一次。")];
    for (step, fields, said) in [
        ("dispatch", &[("department", "城管")][..], &["已交城管局", "急事打"][..]),
        ("dispatch", &[("department", "住建")], &["改由住建局", "答复时间不变"]),
        ("ask_info", &[("question", "村名和门牌")], &["村名和门牌", "时间先停"]),
        ("resume", &[], &[]),
        ("ask_extension", &[("days", "2"), ("reason", "要现场勘测")], &[]),
        ("grant_extension", &[], &["要现场勘测"]),
        ("reply", &reply, &["清走"]),
        ("close", &[("reason", "她来电说好了")], &["她来电说好了", "续"]),
    ] {
        let by = if step == "ask_extension" { "住建经办" } else { "管理员" };
        county.again(by).await.act(&number, step, fields).await;
        county.pass(360).await;
        let last = fake.last().text;
        assert!(said.iter().all(|part| last.contains(part)), "{step}: {last}");
        assert!(said.is_empty() || last.chars().count() <= 70, "{step}: {last}");
    }
}
