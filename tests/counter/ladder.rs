//! What nobody can put off: the calls to a late department, the interview of its head, and what the
//! platform itself owes.

use bianmin::office::Role;

use super::county::{Clerk, VILLAGER, county};

const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const NONE: &str = "没有要约谈的单位";

async fn page(clerk: &Clerk<'_>, number: &str) -> String {
    clerk.get(&format!("/desk/cases/{number}")).await
}

/// What the page says was not done in its time, as the timeline has it.
async fn missed(clerk: &Clerk<'_>, number: &str, what: &str) -> usize {
    page(clerk, number).await.matches(what).count()
}

#[tokio::test]
async fn a_promise_far_away_and_a_call_a_day_do_not_put_off_the_interview() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    county.clerk().await.act(&number, "dispatch", &[("department", "城管")]).await;
    // Due on Wednesday; telephoned on Thursday, and again every day.
    county.pass(3 * DAY).await;
    let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2027-03-01T17:30")];
    for n in 0..6 {
        let name = format!("督办张{n}");
        let mut supervisor = county.staff(&name, Role::Supervisor, None).await;
        supervisor.act(&number, "supervise", &call).await;
        assert!(supervisor.get("/desk/interviews").await.contains(NONE));
        drop(supervisor);
        county.pass(DAY).await;
        // Three working days behind the first call: Tuesday's close.
        let list = county.clerk_again().await.get("/desk/interviews").await;
        if !list.contains(NONE) {
            assert!(list.contains("待提出"), "{list}");
            break;
        }
    }
    let clerk = county.clerk_again().await;
    assert!(!clerk.get("/desk/interviews").await.contains(NONE));
    assert_eq!(missed(&clerk, &number, "督办时答应的日子 （12月1日17:30到期）").await, 1);
}

#[tokio::test]
async fn the_directors_word_is_waited_for() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    county.clerk().await.act(&number, "dispatch", &[("department", "城管")]).await;
    county.pass(3 * DAY).await;
    {
        let mut director = county.staff("李主任", Role::Director, None).await;
        let call = [("callee", "王局长"), ("title", "局长"), ("promise", "2026-12-08T17:30")];
        director.act(&number, "supervise", &call).await;
    }
    county.pass(12 * DAY).await;
    assert!(county.clerk_again().await.get("/desk/interviews").await.contains(NONE));
    county.pass(2 * DAY).await;
    assert!(county.clerk_again().await.get("/desk/interviews").await.contains("待提出"));
}

#[tokio::test]
async fn who_is_called_while_there_is_time_is_not_called_in() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        let reason = ("reason", "要勘测，两天办不完");
        let sorted = [("department", "城管"), ("class", "D"), ("promise", "yes"), reason];
        clerk.act(&number, "dispatch", &sorted).await;
        let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-24T17:30")];
        clerk.act(&number, "supervise", &call).await;
    }
    county.pass(6 * DAY).await;
    assert!(county.clerk_again().await.get("/desk/interviews").await.contains(NONE));
}

#[tokio::test]
async fn a_late_department_that_nobody_telephones_is_a_task_of_the_director() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    county.clerk().await.act(&number, "dispatch", &[("department", "城管")]).await;
    county.pass(4 * DAY).await;
    assert!(county.clerk_again().await.tasks("没有督办").await.is_empty());
    county.pass(2 * DAY).await;
    let mut clerk = county.clerk_again().await;
    let [task] = &clerk.tasks("没有督办").await[..] else { panic!("one task") };
    assert!(clerk.get(task).await.contains("平台负责人"));
    assert_eq!(missed(&clerk, &number, "督办 （11月27日17:30到期）").await, 1);
    let demand = [("days", "3"), ("demand", "说明原因，写清哪天办完。")];
    clerk.act(&number, "slip", &demand).await;
    assert!(clerk.tasks("没有督办").await.is_empty());
}

#[tokio::test]
async fn the_platform_that_does_not_decide_is_late_and_the_department_is_not() {
    let mut county = county().open().await;
    let returned = county.report(VILLAGER).await;
    let longer = county.report("oVillager00000000000000000002").await;
    {
        let mut clerk = county.clerk().await;
        let mut city = county.staff("城管经办", Role::Department, Some("城管")).await;
        for number in [&returned, &longer] {
            clerk.act(number, "dispatch", &[("department", "城管")]).await;
        }
        city.act(&returned, "ask_return", &[("basis", "村内垃圾由乡镇负责，见职责清单")]).await;
        city.act(&longer, "ask_extension", &[("days", "3"), ("reason", "要调车")]).await;
    }
    county.pass(6 * HOUR).await;
    let clerk = county.clerk_again().await;
    // Two hours of the office's for the one, half a day for the other.
    assert_eq!(missed(&clerk, &returned, "审批退单 （11月23日12:00到期）").await, 1);
    assert_eq!(missed(&clerk, &longer, "审批延期 （11月23日15:15到期）").await, 1);
    drop(clerk);
    county.pass(8 * DAY).await;
    let clerk = county.clerk_again().await;
    // What is late with the department is the one that it has.
    assert_eq!(missed(&clerk, &returned, "城管局 办理 （").await, 0);
    assert_eq!(clerk.tasks("电话督办").await.len(), 1);
    assert_eq!(missed(&clerk, &returned, "审批退单 （").await, 1, "once for each return");
}

#[tokio::test]
async fn what_is_to_be_done_once_more_by_nobody_yet_has_its_time_as_well() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "answer", &[("text", REPLY), ("basis", "环卫站电话")]).await;
    }
    county.talk(VILLAGER, &["3", "没人来拉"]).await;
    county.pass(DAY).await;
    assert_eq!(missed(&county.clerk_again().await, &number, "重办派单 （").await, 1);
}

/// By telephone, so nobody rates by message.
#[tokio::test]
async fn not_solved_in_the_end_waits_for_the_director_and_is_never_closed_by_silence() {
    let mut county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        let number = clerk.file("13800138000", "0501", "垃圾堆了十几天没人拉").await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let unsolved = [
            ("means", "telephone"),
            ("reached", "yes"),
            ("solved", "no"),
            ("note", "还在路边堆着"),
        ];
        for _ in 0..2 {
            let done = [("outcome", "solved"), ("text", REPLY)];
            clerk.act(&number, "reply", &done).await;
            clerk.act(&number, "call_back", &unsolved).await;
        }
        number
    };
    county.pass(12 * DAY).await;
    let mut director = county.staff("李主任", Role::Director, None).await;
    assert!(director.get("/desk").await.contains("待最终答复"));
    assert!(director.get("/desk?queue=final").await.contains(&number));
    assert_eq!(missed(&director, &number, "最终答复 （11月30日17:30到期）").await, 1);
    let last = [("text", REPLY), ("document", "城管〔2026〕12号")];
    director.act(&number, "final", &last).await;
    assert!(!director.get("/desk?queue=final").await.contains(&number));
}

#[tokio::test]
async fn a_plan_has_the_word_of_the_departments_head_and_each_missed_note_is_one() {
    let mut county = county().open().await;
    let number = {
        let mut clerk = county.clerk().await;
        let number = clerk.file("13800138000", "0401", "村口的路坑坑洼洼").await;
        clerk.act(&number, "dispatch", &[("department", "交通")]).await;
        clerk.act(&number, "accept", &[]).await;
        number
    };
    {
        let mut director = county.staff("李主任", Role::Director, None).await;
        let plan = [("plan", "明年春天和县道一起修，已经列入计划。"), ("until", "2027-05-01")];
        let (status, text) = director.try_act(&number, "defer", &plan).await;
        assert!(status == 422 && text.contains("要承办单位负责人同意"), "{text}");
        let mut head = county.staff("李局长", Role::DepartmentHead, Some("交通")).await;
        head.act(&number, "sign", &[("text", "同意列入计划")]).await;
        director.act(&number, "defer", &plan).await;
    }
    for times in 1..=3 {
        county.pass(31 * DAY).await;
        let clerk = county.clerk_again().await;
        assert_eq!(missed(&clerk, &number, "报告计划进度 （").await, times);
    }
}

#[tokio::test]
async fn who_speaks_for_her_says_why_she_is_not_content_and_she_need_not() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    let mut agent = county.staff("王薇", Role::Agent, Some("130225102216")).await;
    let (status, text) = agent.try_act(&number, "rate", &[("grade", "dissatisfied")]).await;
    assert!(status == 422 && text.contains("哪里不满意是空的"), "{text}");
    let said = county.say(VILLAGER, "3").await;
    assert!(said.contains("哪里没有办好"), "she is asked: {said}");
    county.say(VILLAGER, "跳过").await;
    let shown = page(&clerk, &number).await;
    assert!(shown.contains("第2次办理") && shown.contains("她没说原因，请先联系她问清"), "{shown}");
}
