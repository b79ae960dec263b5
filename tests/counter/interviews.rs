//! The late department: telephoned, and then its head is called in.

use bianmin::office::Role;

use fake_wechat::FakeSms;

use super::county::{Clerk, County, SMS_SECRET, VILLAGER, county, part};
use super::ledgers::workbook;
use super::sms_talk::modem;

const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const DAY: i64 = 24 * 3_600;
const OTHER: &str = "oVillager00000000000000000002";
/// Of 城管 (percent-encoded), the first.
const NOTICE: &str = "/desk/interviews/%E5%9F%8E%E7%AE%A1-1";

/// Dispatched to 城管 on a Monday, due on Wednesday; telephoned on Thursday, promised for Friday.
pub async fn promised_and_late(county: &mut County, villagers: &[&str]) -> Vec<String> {
    let mut numbers = Vec::new();
    {
        let mut clerk = county.clerk().await;
        for villager in villagers {
            let number = county.report(villager).await;
            clerk.act(&number, "dispatch", &[("department", "城管")]).await;
            numbers.push(number);
        }
    }
    county.pass(3 * DAY).await;
    let mut clerk = county.clerk_again().await;
    for number in &numbers {
        let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-27T17:30")];
        clerk.act(number, "supervise", &call).await;
    }
    numbers
}

/// A form of the notice, sent as the page gives it.
pub async fn step(clerk: &mut Clerk<'_>, action: &str, fields: &[(&str, &str)]) -> (u16, String) {
    step_of(clerk, NOTICE, action, fields).await
}

async fn step_of(
    clerk: &mut Clerk<'_>,
    notice: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> (u16, String) {
    let page = clerk.get(notice).await;
    let revision = part(&page, "data-revision=\"", "\"").to_owned();
    clerk.csrf = clerk.csrf_of("/desk/password").await;
    let mut all = vec![("revision", revision.as_str())];
    all.extend_from_slice(fields);
    clerk.post(&format!("{notice}/{action}"), &all).await
}

/// A case of hers at 城管 whose promise is broken, and which is answered then.
async fn late_and_answered(county: &mut County, villager: &str, promise: &str) {
    let number = county.report(villager).await;
    county.clerk_again().await.act(&number, "dispatch", &[("department", "城管")]).await;
    county.pass(3 * DAY).await;
    let call = [("callee", "王主任"), ("title", "主任"), ("promise", promise)];
    county.clerk_again().await.act(&number, "supervise", &call).await;
    county.pass(5 * DAY).await;
    let reply = [("outcome", "solved"), ("text", REPLY)];
    county.clerk_again().await.act(&number, "reply", &reply).await;
}

#[tokio::test]
async fn who_is_called_in_again_is_shown_though_nothing_is_late_there_today() {
    let mut county = county().open().await;
    let organisation = "组织部赵";
    county.clerk().await;
    county.staff("督办张", Role::Supervisor, None).await;
    county.staff(organisation, Role::Organisation, None).await;
    late_and_answered(&mut county, VILLAGER, "2026-11-27T17:30").await;
    let seen = "县城市管理综合行政执法局";
    assert!(!county.again(organisation).await.get("/desk/late").await.contains(seen), "once");
    let minutes = [
        ("held", "2026-12-01T09:00"),
        ("attendees", "局长王某"),
        ("minutes", "说明了超期的原因。"),
        ("measures", "三天内清完。"),
        ("deadline", "2026-12-10"),
    ];
    type Taken<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);
    let steps: [Taken; 5] = [
        ("督办张", "propose", &[("reason", "答应周五，没办")]),
        ("管理员", "approve", &[]),
        (organisation, "receive", &[]),
        (organisation, "record", &minutes),
        (organisation, "settle", &[("result", "清完了")]),
    ];
    for (who, action, fields) in steps {
        let (status, text) = step(&mut county.again(who).await, action, fields).await;
        assert_eq!(status, 303, "{action}: {text}");
    }
    late_and_answered(&mut county, OTHER, "2026-12-07T17:30").await;
    let late = county.again(organisation).await.get("/desk/late").await;
    let row = part(&late, "<tbody>", "</tbody>");
    for cell in [seen, "不止一次", "\"超期几件\">0<", ">2</td></tr>"] {
        assert!(row.contains(cell), "{cell}: {row}");
    }
    // Nobody is called in by a notice that was dropped.
    let second = NOTICE.replace("-1", "-2");
    let mut director = county.clerk_again().await;
    let dropped = step_of(&mut director, &second, "drop", &[("reason", "都办完了")]).await;
    assert_eq!(dropped.0, 303, "{}", dropped.1);
    assert!(!director.get("/desk/late").await.contains(seen));
}

#[tokio::test]
async fn a_broken_promise_is_an_interview_of_which_a_department_has_one() {
    let mut county = county().open().await;
    let numbers = promised_and_late(&mut county, &[VILLAGER, OTHER]).await;
    {
        let clerk = county.clerk_again().await;
        assert!(clerk.get("/desk/interviews").await.contains("没有要约谈的单位"));
    }
    // The promised Friday and a working day: Monday's close.
    county.pass(5 * DAY).await;
    let clerk = county.clerk_again().await;
    let list = clerk.get("/desk/interviews").await;
    assert_eq!(list.matches(NOTICE).count(), 1, "{list}");
    assert!(list.contains("2件") && list.contains("待提出"), "{list}");
    let page = clerk.get(NOTICE).await;
    for number in &numbers {
        assert!(page.contains(&format!("/desk/cases/{number}")), "{page}");
        let case = clerk.get(&format!("/desk/cases/{number}")).await;
        assert!(case.contains("督办时答应的日子"), "{case}");
    }
}

#[tokio::test]
async fn a_department_reads_in_no_sheet_what_is_not_approved() {
    let mut county = county().open().await;
    promised_and_late(&mut county, &[VILLAGER]).await;
    county.pass(5 * DAY).await;
    let mut supervisor = county.staff("督办张", Role::Supervisor, None).await;
    let mut director = county.staff("李主任", Role::Director, None).await;
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let sheet = "/desk/ledgers?kind=interviews&month=2026-12";
    assert!(lead.get(sheet).await.contains("0张"), "{}", lead.get(sheet).await);
    let reason = [("reason", "答应周五，没办")];
    assert_eq!(step(&mut supervisor, "propose", &reason).await.0, 303);
    assert!(lead.get(sheet).await.contains("0张"));
    assert!(director.get(sheet).await.contains("督办张"));
    assert_eq!(step(&mut director, "approve", &[]).await.0, 303);
    let page = lead.get(sheet).await;
    assert!(page.contains("1张") && !page.contains("督办张"), "{page}");
}

#[tokio::test]
async fn proposed_approved_by_another_received_and_recorded() {
    let mut county = county().open().await;
    let numbers = promised_and_late(&mut county, &[VILLAGER]).await;
    county.pass(5 * DAY).await;
    let mut supervisor = county.staff("督办张", Role::Supervisor, None).await;
    let mut director = county.staff("李主任", Role::Director, None).await;
    let mut organisation = county.staff("组织部赵", Role::Organisation, None).await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let other = county.staff("住建经办", Role::Department, Some("住建")).await;
    assert_eq!(lead.try_get(NOTICE).await.0, 404);

    let (status, text) = step(&mut supervisor, "propose", &[("reason", " ")]).await;
    assert!(status == 422 && text.contains("请写上约谈的理由"), "{text}");
    let reason = ("reason", "打过电话，答应周五，没办");
    assert_eq!(step(&mut supervisor, "propose", &[reason]).await.0, 303);
    let (status, text) = step(&mut supervisor, "approve", &[]).await;
    assert!(status == 422 && text.contains("请交给：平台负责人"), "{text}");
    assert!(supervisor.get(NOTICE).await.contains("待批准"));
    let (status, text) = step(&mut organisation, "receive", &[]).await;
    assert!(status == 422 && text.contains("这一步不能做"), "{text}");
    assert_eq!(lead.try_get(NOTICE).await.0, 404, "it may still be dropped");
    assert_eq!(step(&mut director, "approve", &[]).await.0, 303);
    // The department that is called in reads it, and says in writing how it came to that.
    assert!(lead.get("/desk/interviews").await.contains("待组织部接收"));
    assert_eq!((other.try_get(NOTICE).await.0, lead.try_get("/desk/late").await.0), (404, 404));
    let said = [("text", "清运车坏了两天，已经借到一辆。")];
    assert_eq!(step(&mut lead, "answer", &said).await.0, 303);
    let page = lead.get(NOTICE).await;
    assert!(page.contains("清运车坏了两天") && !page.contains("打过电话，答应周五"), "{page}");
    assert!(organisation.get(NOTICE).await.contains("清运车坏了两天"));
    let (status, text) = step(&mut organisation, "answer", &said).await;
    assert!(status == 422 && text.contains("被约谈单位"), "{text}");
    assert_eq!(step(&mut organisation, "receive", &[]).await.0, 303);

    let mut minutes = vec![
        ("held", "2026-12-01T09:00"),
        ("attendees", "局长王某、组织部赵某"),
        ("minutes", "说明了超期的原因。"),
        ("measures", "三天内清完，每周报一次。"),
    ];
    let (status, text) = step(&mut organisation, "record", &minutes).await;
    assert!(status == 422 && text.contains("请选整改期限"), "{text}");
    assert!(text.contains("说明了超期的原因。"), "what was typed is kept: {text}");
    minutes.push(("deadline", "2026-12-10"));
    assert_eq!(step(&mut organisation, "record", &minutes).await.0, 303);
    let page = organisation.get(NOTICE).await;
    for part in ["会议纪要", "局长王某", "2026-12-10", "约谈提示单", "盖章"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // The case knows it, and so do the figures; that it is answered at last does not undo it.
    let number = &numbers[0];
    let mut clerk = county.clerk_again().await;
    let case = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(case.contains("约谈") && case.contains("三天内清完"), "{case}");
    clerk.act(number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    for (head, expect) in [("督办次数", "1"), ("约谈次数", "1"), ("按时办结率", "0.0%")]
    {
        let found = clerk.figure("2026-11", "县城市管理综合行政执法局", head).await;
        assert_eq!(found, expect, "{head}");
    }
    assert_eq!(step(&mut organisation, "settle", &[("result", "清完了")]).await.0, 303);
    assert!(organisation.get("/desk/interviews").await.contains("了结的"));
    // As a list of the month, for who answers for it and for the department.
    let shown = format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..]);
    for reader in [&organisation, &lead] {
        let table = workbook(reader, "kind=interviews&month=2026-12").await;
        let line = table.get(3).unwrap_or_else(|| panic!("{table:#?}"));
        for cell in [&*shown, "约谈〔城管〕1号", "整改完成", "局长王某、组织部赵某", "清完了"]
        {
            assert!(line.iter().any(|one| one == cell), "{cell}: {line:?}");
        }
        // Who proposed it is the platform's.
        let proposed = line.iter().any(|one| one == "督办张");
        assert_eq!(proposed, std::ptr::eq(reader, &organisation), "{line:?}");
    }
    let other = county.staff("水利经办", Role::Department, Some("水利")).await;
    for (reader, month) in [(&other, "2026-12"), (&organisation, "2026-11")] {
        let table = workbook(reader, &format!("kind=interviews&month={month}")).await;
        assert!(table[1][0].ends_with("0张"), "{table:#?}");
    }
}

#[tokio::test]
async fn who_proposed_it_can_not_approve_it_whatever_her_rights() {
    let mut county = county().open().await;
    promised_and_late(&mut county, &[VILLAGER]).await;
    county.pass(5 * DAY).await;
    let mut admin = county.clerk_again().await;
    assert_eq!(step(&mut admin, "propose", &[("reason", "一直没办")]).await.0, 303);
    let (status, text) = step(&mut admin, "approve", &[]).await;
    assert!(status == 422 && text.contains("第二个人"), "{text}");
    // A page that is old changes nothing.
    let mut director = county.staff("李主任", Role::Director, None).await;
    director.csrf = director.csrf_of("/desk/password").await;
    let (status, _) = director.post(&format!("{NOTICE}/approve"), &[("revision", "1")]).await;
    assert_eq!(status, 409);
    assert_eq!(step(&mut director, "approve", &[]).await.0, 303);
}

#[tokio::test]
async fn a_department_that_keeps_its_promise_is_not_called_in() {
    let mut county = county().open().await;
    let numbers = promised_and_late(&mut county, &[VILLAGER]).await;
    {
        let mut clerk = county.clerk_again().await;
        clerk.act(&numbers[0], "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    }
    county.pass(6 * DAY).await;
    let clerk = county.clerk_again().await;
    assert!(clerk.get("/desk/interviews").await.contains("没有要约谈的单位"));
}

/// Another department that gets a late case has its own day, and its own call.
#[tokio::test]
async fn what_its_predecessor_promised_binds_no_other_department() {
    let mut county = county().open().await;
    let numbers = promised_and_late(&mut county, &[VILLAGER]).await;
    {
        let mut clerk = county.clerk_again().await;
        clerk.act(&numbers[0], "dispatch", &[("department", "住建")]).await;
        assert!(clerk.tasks("电话督办").await.is_empty());
    }
    county.pass(5 * DAY).await;
    let clerk = county.clerk_again().await;
    assert!(clerk.get("/desk/interviews").await.contains("没有要约谈的单位"));
    let tasks = clerk.tasks("电话督办").await;
    let [task] = &tasks[..] else { panic!("{tasks:?}") };
    assert!(clerk.get(task).await.contains("住房和城乡建设局"));
}

#[tokio::test]
async fn every_working_morning_says_what_is_due() {
    let mut county = county().open().await;
    {
        let mut clerk = county.clerk().await;
        let number = county.report(VILLAGER).await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
        assert!(lead.get("/desk").await.contains("今天到期0件，超期0件"));
        assert!(clerk.tasks("早报").await.is_empty());
    }
    // Wednesday half past eight, a minute before and after.
    county.pass(2 * DAY - 91 * 60).await;
    {
        let clerk = county.clerk_again().await;
        assert!(clerk.tasks("早报").await.is_empty());
    }
    county.pass(60).await;
    county.settle().await;
    {
        let mut clerk = county.clerk_again().await;
        let tasks = clerk.tasks("今天到期1件，超期0件").await;
        let [task] = &tasks[..] else { panic!("{tasks:?}") };
        assert!(clerk.get(task).await.contains("县城市管理综合行政执法局"));
        clerk.csrf = clerk.csrf_of(task).await;
        assert_eq!(clerk.post(&format!("{task}/finish"), &[("note", "看过了")]).await.0, 303);
    }
    county.pass(DAY).await;
    {
        let clerk = county.clerk_again().await;
        assert_eq!(clerk.tasks("今天到期0件，超期1件").await.len(), 1);
    }
    // Monday's takes the place of the last one; there is none on a Sunday.
    county.pass(3 * DAY).await;
    county.pass(DAY).await;
    let clerk = county.clerk_again().await;
    assert_eq!(clerk.tasks("早报").await.len(), 1);
}

/// A department whose telephone is a mobile gets both as short messages.
#[tokio::test]
async fn a_department_with_a_mobile_is_written_to() {
    let fake = FakeSms::start(SMS_SECRET).await;
    let mut county = county()
        .tables(|tables| {
            let text = include_str!("../../county/departments.csv");
            let line = text.lines().find(|line| line.starts_with("城管,")).unwrap();
            let mut cells: Vec<&str> = line.split(',').collect();
            cells[4] = "13900000009";
            let text = text.replace(line, &cells.join(","));
            tables.departments = bianmin::county::Departments::parse(&text).unwrap();
        })
        .settings(&modem(&fake))
        .open()
        .await;
    let number = {
        let mut clerk = county.clerk().await;
        let number = county.report(VILLAGER).await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        number
    };
    // 80 % of two working days and a half, on the last afternoon.
    county.pass(2 * DAY + 7 * 3_600).await;
    let shown = format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..]);
    let clerk = county.clerk_again().await;
    assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("临期提醒"));
    let sent = fake.texts_to("13900000009");
    assert!(sent.iter().any(|text| text.contains(&shown) && text.contains("八成")), "{sent:?}");
    assert!(sent.iter().any(|text| text.contains("今天到期1件")), "{sent:?}");
}
