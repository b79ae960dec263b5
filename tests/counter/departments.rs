//! A department's day at its own terminal, and what the platform does about one that is late.

use bianmin::office::Role;
use serde_json::json;

use super::county::{VILLAGER, county};

const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const DAY: i64 = 24 * 3_600;

#[tokio::test]
async fn a_department_answers_her_itself_and_sees_nothing_else() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let other = county.report("oVillager00000000000000000002").await;
    let mut clerk = county.clerk().await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let stranger = county.staff("教育经办", Role::Department, Some("教育")).await;
    assert!(!lead.get("/desk").await.contains(&number));
    clerk.act(&number, "dispatch", &[("department", "城管"), ("helper", "水利")]).await;

    let list = lead.get("/desk").await;
    assert!(list.contains(&number) && !list.contains(&other), "{list}");
    let path = format!("/desk/cases/{number}");
    assert_eq!(stranger.try_get(&path).await.0, 404);
    assert_eq!(lead.try_get(&format!("/desk/cases/{other}")).await.0, 404);
    assert_eq!(lead.try_get("/desk/tasks").await.0, 404, "what villagers write to the platform");
    assert!(!stranger.get(&format!("/desk?search={number}")).await.contains(&path));

    // Its own steps are on the page, the platform's are not, and can not be sent by hand either.
    let page = lead.get(&path).await;
    for (form, is_there) in [
        ("accept", true),
        ("ask_return", true),
        ("reply", true),
        ("dispatch", false),
        ("close", false),
    ] {
        assert_eq!(page.contains(&format!("id=\"{form}\"")), is_there, "{form}: {page}");
    }
    let (status, text) = lead.try_act(&number, "dispatch", &[("department", "教育")]).await;
    assert!(status == 422 && text.contains("请交给：平台"), "{status} {text}");

    lead.act(&number, "contact", &[("means", "telephone"), ("reached", "yes")]).await;
    lead.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    let inbox = county.inbox(VILLAGER);
    assert!(inbox.last().unwrap().contains(REPLY), "{inbox:#?}");
    assert!(county.say(VILLAGER, "满意").await.starts_with("谢谢您"));
    let page = clerk.get(&path).await;
    for part in ["城管经办", "协办：", "打电话 联系上了", "办结"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn a_question_stops_the_clock_until_she_has_answered() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let path = format!("/desk/cases/{number}");
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        clerk.act(&number, "ask_info", &[("question", "垃圾在村东还是村西？")]).await;
    }
    let inbox = county.inbox(VILLAGER);
    assert!(inbox.last().unwrap().contains("村东还是村西"), "{inbox:#?}");
    county.pass(4 * DAY).await;
    let said = county.talk(VILLAGER, &[&format!("补充{number}"), "在村东头的桥边", "没有"]).await;
    assert!(said.starts_with("补上了，编号"), "{said}");
    let clerk = county.clerk_again().await;
    let page = clerk.get(&path).await;
    for part in ["恢复计时", "群众补充了", "在村东头的桥边", "办理中"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn the_late_department_is_telephoned_and_the_call_needs_a_name_and_a_promise() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        assert!(clerk.tasks("电话督办").await.is_empty());
    }
    county.pass(10 * DAY).await;
    let mut clerk = county.clerk_again().await;
    let tasks = clerk.tasks("电话督办").await;
    let [task] = &tasks[..] else { panic!("{tasks:?}") };
    assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("到时未办"));

    // Not to be ticked off without the call.
    clerk.csrf = clerk.csrf_of(task).await;
    let (status, text) = clerk.post(&format!("{task}/finish"), &[("note", "打过了")]).await;
    assert!(status == 422 && text.contains("记下找了谁、答应哪天"), "{status} {text}");
    let call = [("callee", "王主任"), ("title", "办公室主任")];
    let (status, text) = clerk.try_act(&number, "supervise", &call).await;
    assert!(status == 422 && text.contains("请选答应什么时候办完"), "{status} {text}");
    let call = [call[0], call[1], ("promise", "2026-12-20T17:30")];
    clerk.act(&number, "supervise", &call).await;
    assert!(clerk.tasks("电话督办").await.is_empty());
    let inbox = county.inbox(VILLAGER);
    let tasks = clerk.tasks("12月20日17:30前").await;
    assert!(
        inbox.iter().any(|text| text.contains("12月20日17:30前")) || tasks.len() == 1,
        "she hears of it, or is telephoned: {inbox:#?}"
    );
    // Answered at last; that it was late stays.
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(clerk.get("/desk?overdue=1").await.contains(&number));
}

#[tokio::test]
async fn a_return_goes_back_to_the_platform_and_on_to_another() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    lead.act(&number, "ask_return", &[("basis", "村内垃圾由乡镇负责，见职责清单第3条")]).await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("退单待审") && page.contains("职责清单第3条"), "{page}");
    clerk.act(&number, "dispatch", &[("department", "住建")]).await;
    let inbox = county.inbox(VILLAGER);
    assert!(inbox.last().unwrap().contains("答复时间不变"), "{inbox:#?}");
    assert!(!lead.get("/desk").await.contains(&number), "it is not theirs any more");
}

#[tokio::test]
async fn a_confidential_case_shows_the_department_no_contact() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let path = format!("/desk/cases/{number}");
    assert!(lead.see(&number, "约时间上门").await.1.contains("tel:13800138000"));
    clerk.act(&number, "hide", &[("reason", "她要求的")]).await;
    let page = lead.get(&path).await;
    assert!(!page.contains("尾号") && page.contains("保密诉求人"), "{page}");
    let (status, page) = lead.see(&number, "约时间上门").await;
    assert!(status == 404 && !page.contains("138"), "{status} {page}");
    assert!(!clerk.get(&path).await.contains("尾号"), "not even the tail of it");
    assert!(clerk.see(&number, "转告部门的话").await.1.contains("tel:13800138000"));
    // Its answer is seen by the platform first.
    lead.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(!county.inbox(VILLAGER).iter().any(|text| text.contains(REPLY)));
    clerk.act(&number, "pass_review", &[]).await;
    assert!(county.inbox(VILLAGER).iter().any(|text| text.contains(REPLY)));
}

#[tokio::test]
async fn what_two_people_leave_out_measures_no_department() {
    const CITY: &str = "县城市管理综合行政执法局";
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let mut director = county.staff("李主任", Role::Director, None).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    lead.act(&number, "ask_exclusion", &[("reason", "要求的事法律不许")]).await;
    clerk.act(&number, "approve_exclusion", &[]).await;
    assert_eq!(clerk.figure("2026-11", CITY, "交办总量").await, "1", "one is not enough");
    let (status, text) = clerk.try_act(&number, "approve_exclusion", &[]).await;
    assert!(status == 422 && text.contains("第二个人"), "{text}");
    director.act(&number, "approve_exclusion", &[]).await;
    assert_eq!(clerk.figure("2026-11", CITY, "交办总量").await, "0");
    assert_eq!(clerk.figure("2026-11", CITY, "不计考核").await, "1");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("要求的事法律不许"), "the reason stands in the timeline: {page}");
}

/// Nothing is to be left out while nothing stands against the department.
#[tokio::test]
async fn leaving_out_is_offered_only_where_it_may_matter() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let path = format!("/desk/cases/{number}");
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
        for who in [&clerk, &lead] {
            assert!(!who.get(&path).await.contains("id=\"ask_exclusion\""));
        }
    }
    county.pass(3 * DAY).await;
    let lead = county.staff("城管另一位", Role::Department, Some("城管")).await;
    for who in [&county.clerk_again().await, &lead] {
        assert!(who.get(&path).await.contains("id=\"ask_exclusion\""), "it is late");
    }
}

/// 少跑路: counted over the answers with which it was noted, also those that the platform read first.
#[tokio::test]
async fn who_had_to_go_nowhere_is_counted_where_it_was_noted() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    for (n, trips) in [(1, "0"), (2, "2+"), (3, "0"), (4, "")] {
        let number = county.report(&format!("oVillager{n:020}")).await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        if n == 3 {
            clerk.act(&number, "hide", &[]).await;
        }
        let reply = [("outcome", "solved"), ("text", REPLY), ("trips", trips)];
        lead.act(&number, "reply", &reply).await;
        if n == 3 {
            clerk.act(&number, "pass_review", &[]).await;
        }
    }
    let program = county.program("大屏", Role::Clerk, None).await;
    let figures = program.get("/figures").await.fine();
    for month in [&figures["month"], &figures["departments"]["城管"]["month"]] {
        let found = (&month["trips_noted"], month["without_trip"].as_f64());
        assert_eq!(found, (&json!(3), Some(2.0 / 3.0)), "{month}");
    }
    let page = clerk.get("/desk/figures").await;
    assert!(page.contains("少跑路") && page.contains("66.7%"), "{page}");
}
