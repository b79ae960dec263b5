//! 督办单: written to a department that was telephoned and is late all the same.

use bianmin::office::Role;
use serde_json::json;

use super::county::{Clerk, County, VILLAGER, county, part};
use super::interviews::promised_and_late;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const DEMAND: [(&str, &str); 2] = [("days", "3"), ("demand", "说明原因，写清哪天办完。")];

/// Sent on the Friday evening on which the promise of the telephone has passed: to be answered by
/// Wednesday.
async fn sent(county: &mut County) -> String {
    let number = promised_and_late(county, &[VILLAGER]).await.remove(0);
    county.pass(DAY + 9 * HOUR).await;
    county.clerk_again().await.act(&number, "slip", &DEMAND).await;
    number
}

#[tokio::test]
async fn a_slip_is_for_the_platform_to_send_one_at_a_time_and_for_the_printer() {
    let mut county = county().open().await;
    let number = sent(&mut county).await;
    let mut clerk = county.clerk_again().await;
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let (status, text) = clerk.try_act(&number, "slip", &DEMAND).await;
    assert!(status == 422 && text.contains("还等着书面答复"), "{text}");
    let page = lead.get(&format!("/desk/cases/{number}")).await;
    assert!(!page.contains("id=\"slip\"") && page.contains("id=\"answer_slip\""), "{page}");

    let paper = format!("/desk/cases/{number}/slips/1");
    let shown = format!("督办单〔{}-{}-{}〕1号", &number[..3], &number[3..6], &number[6..]);
    for reader in [&clerk, &lead] {
        assert!(reader.get(&format!("/desk/cases/{number}")).await.contains(&paper));
        let page = reader.get(&paper).await;
        assert!(page.contains("第1次打印"), "looking at it counts nothing: {page}");
        for part in [&*shown, "12月2日17:30前书面答复", "王主任", "写清哪天办完", "单位盖章"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        for hers in ["13800138000", "张三"] {
            assert!(!page.contains(hers), "{hers}: {page}");
        }
    }
    let other = county.staff("住建经办", Role::Department, Some("住建")).await;
    assert_eq!(other.try_get(&paper).await.0, 404);
    assert_eq!(clerk.try_get(&format!("/desk/cases/{number}/slips/2")).await.0, 404);
}

#[tokio::test]
async fn its_answer_by_the_departments_program_is_a_new_day_of_which_she_hears() {
    let mut county = county().open().await;
    let number = sent(&mut county).await;
    // While it is awaited, the promise of the telephone calls nobody in.
    county.pass(3 * DAY).await;
    assert!(list(&county.clerk_again().await).await.contains("没有要约谈的单位"));
    let system = county.program("城管系统", Role::Department, Some("城管")).await;
    let past = json!({ "text": "车坏了。", "promise": "2026-11-30T17:30" });
    assert_eq!(system.act(&number, "answer_slip", past).await.code(), "refused");
    let answer = json!({ "text": "车坏了，明天修好就拉。", "promise": "2026-12-03T17:30" });
    system.act(&number, "answer_slip", answer).await.fine();
    county.settle().await;
    {
        let clerk = county.clerk_again().await;
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        let told = part(&page, "id=\"notices\"", "</section>");
        assert!(told.contains("答应12月3日17:30前答复您"), "{told}");
        let paper = clerk.get(&format!("/desk/cases/{number}/slips/1")).await;
        assert!(paper.contains("车坏了"), "the answer stands on the paper: {paper}");
        let sheet = clerk.get("/desk/ledgers?kind=overdue&month=2026-11").await;
        for part in ["<th scope=\"col\">书面答复</th>", "2026-12-03 17:30", "2026-12-02 17:30"]
        {
            assert!(sheet.contains(part), "{part}: {sheet}");
        }
    }
    // That day and a working day more: Friday's close.
    county.pass(3 * DAY).await;
    assert!(list(&county.clerk_again().await).await.contains("没有要约谈的单位"));
    county.pass(2 * DAY).await;
    assert!(list(&county.clerk_again().await).await.contains("待提出"));
}

#[tokio::test]
async fn unanswered_it_leads_to_the_interview() {
    let mut county = county().open().await;
    let number = sent(&mut county).await;
    county.pass(5 * DAY).await;
    let clerk = county.clerk_again().await;
    assert!(list(&clerk).await.contains("待提出"));
    let case = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(case.contains("书面答复督办单 （12月2日17:30到期）"), "{case}");
    let overdue = clerk.get("/desk/ledgers?kind=overdue&month=2026-11").await;
    assert!(overdue.contains("未答复"), "{overdue}");
}

async fn list(clerk: &Clerk<'_>) -> String {
    clerk.get("/desk/interviews").await
}

#[tokio::test]
async fn a_call_that_nobody_took_is_written_down_and_stands_on_the_slip() {
    let mut county = county().open().await;
    let number = promised_and_late(&mut county, &[VILLAGER]).await.remove(0);
    county.pass(DAY + 9 * HOUR).await;
    let mut clerk = county.clerk_again().await;
    let desk = clerk.get("/desk/calls/supervision").await;
    assert!(desk.contains(&format!("/desk/cases/{number}/call_missed")), "{desk}");
    let lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    assert!(!lead.get(&format!("/desk/cases/{number}")).await.contains("call_missed"));
    clerk.act(&number, "call_missed", &[("who", "联络员王主任，办公室没人接")]).await;
    clerk.act(&number, "slip", &DEMAND).await;
    let paper = clerk.get(&format!("/desk/cases/{number}/slips/1")).await;
    assert!(paper.contains("电话督办没打通：联络员王主任，办公室没人接"), "{paper}");
}
