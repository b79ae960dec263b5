//! The county's sixteen acceptance checks, each under its own name, through the public routes.
//! Where a check has more sides than one, the rest of them are beside the subject that they
//! belong to.

use std::sync::Arc;

use bianmin::office::Role;
use bianmin::store::MemoryEngine;

use super::county::{Clerk, VILLAGER, county, number_in, part};
use super::{holidays, interviews, sms_talk};

const OTHER: &str = "oVillager00000000000000000002";
const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const BASIS: &str = "村内垃圾由乡镇负责，见职责清单第3条";
const CITY: &str = "县城市管理综合行政执法局";
const DAY: i64 = 24 * 3_600;
const HOUR: i64 = 3_600;

/// What was promised to her, as the ledger has it, and by when it is due now.
async fn promise(clerk: &Clerk<'_>, number: &str) -> String {
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    part(&page, "答应群众的时间： <time datetime=\"", "\"").to_owned()
}

#[tokio::test]
async fn c01_by_sms_only_the_water_is_off_from_an_unknown_number_ends_in_a_case_with_a_village() {
    let (county, fake) = sms_talk::opened().await;
    let said = sms_talk::write(&county, &fake, sms_talk::PHONE, "停水了").await;
    assert!(said.contains("哪个村"), "{said}");
    let mut said = sms_talk::write(&county, &fake, sms_talk::PHONE, "大黑坨").await;
    for _ in 0..3 {
        if said.contains("已受理，编号") {
            break;
        }
        let answer = if said.contains("什么事") { "家里一天没水了" } else { "对" };
        said = sms_talk::write(&county, &fake, sms_talk::PHONE, answer).await;
    }
    let number = number_in(&said);
    let page = county.clerk().await.get(&format!("/desk/cases/{number}")).await;
    for part in ["胡家坨镇大黑坨村", "停水", "短信"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn c02_the_same_wechat_message_three_times_is_one_case() {
    let county = county().open().await;
    let report = "大黑坨村的垃圾堆在路边十几天没人拉，我叫张三，电话13800138000";
    county.talk(VILLAGER, &[report]).await;
    let villager = county.account.villager(VILLAGER);
    let xml = villager.message("text", "<Content><![CDATA[对]]></Content>");
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(villager.deliver(&county.webhook(), &xml).await.unwrap().text().to_owned());
    }
    assert!(said.iter().all(|text| number_in(text) == number_in(&said[0])), "{said:?}");
    let list = county.clerk().await.get("/desk").await;
    assert_eq!(list.matches("class=\"number\"").count(), 1, "{list}");
}

#[tokio::test]
async fn c03_friday_at_four_class_a_is_due_on_the_sunday_that_is_worked() {
    let county = county().at("2026-09-18T16:00:00+08:00").open().await;
    let mut clerk = county.clerk().await;
    let number = clerk.file("13800138000", "0101", "麦子什么时候种合适").await;
    assert_eq!(promise(&clerk, &number).await, "2026-09-20T09:30:00Z");
}

#[tokio::test]
async fn c04_return_reroute_and_hand_over_leave_the_promise_unchanged() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    let promised = {
        let mut clerk = county.clerk().await;
        let promised = promise(&clerk, &number).await;
        let mut city = county.staff("城管经办", Role::Department, Some("城管")).await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        city.act(&number, "ask_return", &[("basis", BASIS)]).await;
        clerk.act(&number, "dispatch", &[("department", "住建")]).await;
        promised
    };
    county.pass(DAY).await;
    let mut housing = county.staff("住建经办", Role::Department, Some("住建")).await;
    let mut water = county.staff("水利经办", Role::Department, Some("水利")).await;
    let over = [("department", "水利"), ("reason", "在河道边，归水利管")];
    housing.act(&number, "ask_handover", &over).await;
    water.act(&number, "dispatch", &[("department", "水利")]).await;
    let clerk = county.clerk_again().await;
    assert_eq!(promise(&clerk, &number).await, promised);
    assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("水利局"));
    let inbox = county.inbox(VILLAGER);
    assert!(inbox.iter().any(|text| text.contains("答复时间不变")), "{inbox:#?}");
}

#[tokio::test]
async fn c05_need_info_pauses_to_the_minute_and_a_holiday_starts_counting_at_the_next_opening() {
    let ask = [("question", "请问是村东还是村西？")];
    // Class U runs around the clock: 37 minutes later.
    let mut urgent = county().open().await;
    let (number, before) = {
        let mut clerk = urgent.clerk().await;
        let number = clerk.file("13800138000", "0204", "村西头停电了").await;
        clerk.act(&number, "dispatch", &[("department", "供电")]).await;
        let before = promise(&clerk, &number).await;
        clerk.act(&number, "ask_info", &ask).await;
        (number, before)
    };
    assert_eq!(before, "2026-11-24T02:00:00Z");
    urgent.pass(37 * 60).await;
    let mut clerk = urgent.clerk_again().await;
    clerk.act(&number, "resume", &[]).await;
    assert_eq!(promise(&clerk, &number).await, "2026-11-24T02:37:00Z");

    // Asked at the opening of the last day before the National Day, answered on the holiday:
    // that one day is lost, and counting goes on behind the holiday.
    let mut slow = county().at("2026-09-29T16:00:00+08:00").open().await;
    let number = {
        let mut clerk = slow.clerk().await;
        let number = clerk.file("13800138000", "0405", "路口天天堵车，没人管").await;
        clerk.act(&number, "dispatch", &[("department", "交警")]).await;
        assert_eq!(promise(&clerk, &number).await, "2026-10-08T09:30:00Z");
        number
    };
    slow.pass(16 * HOUR).await;
    {
        let mut clerk = slow.clerk_again().await;
        clerk.act(&number, "ask_info", &ask).await;
    }
    slow.pass(3 * DAY).await;
    let mut clerk = slow.clerk_again().await;
    clerk.act(&number, "resume", &[]).await;
    assert_eq!(promise(&clerk, &number).await, "2026-10-09T09:30:00Z");
}

#[tokio::test]
async fn c06_the_overdue_flag_survives_an_extension_granted_later() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        let mut city = county.staff("城管经办", Role::Department, Some("城管")).await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        city.act(&number, "ask_extension", &[("days", "3"), ("reason", "要调车")]).await;
    }
    county.pass(3 * DAY).await;
    let mut clerk = county.clerk_again().await;
    let flag = "<strong class=\"flag late\">⚠ 超期</strong>";
    let path = format!("/desk/cases/{number}");
    assert!(clerk.get(&path).await.contains(flag));
    clerk.act(&number, "grant_extension", &[]).await;
    assert_eq!(promise(&clerk, &number).await, "2026-11-30T09:30:00Z");
    // It does not leave the lists of what is late either.
    for list in ["/desk?queue=supervision", "/desk/late"] {
        let list = clerk.get(list).await;
        assert!(list.contains(&number) || list.contains(CITY), "{list}");
    }
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(clerk.get(&path).await.contains(flag), "frozen at the first breach");
    assert_eq!(clerk.figure("2026-11", CITY, "按时办结率").await, "0.0%");
}

#[tokio::test]
async fn c07_a_supervision_task_can_not_be_closed_without_callee_and_promise() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    }
    county.pass(3 * DAY).await;
    let mut clerk = county.clerk_again().await;
    let [task] = &clerk.tasks("电话督办").await[..] else { panic!("one task") };
    clerk.csrf = clerk.csrf_of(task).await;
    let (status, text) = clerk.post(&format!("{task}/finish"), &[("note", "打过了")]).await;
    assert!(status == 422 && text.contains("记下找了谁、答应哪天"), "{text}");
    let all = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-27T17:30")];
    for missing in 0..all.len() {
        let mut some = all.to_vec();
        some.remove(missing);
        let (status, text) = clerk.try_act(&number, "supervise", &some).await;
        assert_eq!(status, 422, "without {}: {text}", all[missing].0);
        assert_eq!(clerk.tasks("电话督办").await.len(), 1);
    }
    clerk.act(&number, "supervise", &all).await;
    assert!(clerk.tasks("电话督办").await.is_empty());
}

#[tokio::test]
async fn c08_an_interview_notice_needs_a_second_person() {
    let mut county = county().open().await;
    interviews::promised_and_late(&mut county, &[VILLAGER]).await;
    county.pass(5 * DAY).await;
    let mut admin = county.clerk_again().await;
    let reason = [("reason", "答应周五，没办")];
    assert_eq!(interviews::step(&mut admin, "propose", &reason).await.0, 303);
    let (status, text) = interviews::step(&mut admin, "approve", &[]).await;
    assert!(status == 422 && text.contains("第二个人"), "{text}");
    let mut director = county.staff("李主任", Role::Director, None).await;
    assert_eq!(interviews::step(&mut director, "approve", &[]).await.0, 303);
}

#[tokio::test]
async fn c09_dissatisfied_is_round_two_and_the_figures_of_round_one_stay() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    county.talk(VILLAGER, &["3", "还是臭"]).await;
    assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("第2次办理"));
    // Answered in time and not to her content, whatever the second round brings.
    let round_one = async |clerk: &Clerk<'_>| {
        let mut found = Vec::new();
        for head in ["交办总量", "按时办结率", "重办率", "满意率", "未评价"] {
            found.push(clerk.figure("2026-11", CITY, head).await);
        }
        found
    };
    let before = ["2", "50.0%", "50.0%", "0.0%", "0"];
    assert_eq!(round_one(&clerk).await, before);
    clerk.act(&number, "reply", &[("outcome", "explained"), ("text", REPLY)]).await;
    county.talk(VILLAGER, &["1"]).await;
    assert_eq!(round_one(&clerk).await, ["2", "100.0%", "50.0%", "50.0%", "0"]);
}

#[tokio::test]
async fn c10_a_merged_child_gets_its_own_reply_and_rating() {
    let county = county().open().await;
    let parent = county.report(VILLAGER).await;
    let child = county.report(OTHER).await;
    let mut clerk = county.clerk().await;
    let merge = [("parent", parent.as_str()), ("reason", "反映的是同一件事")];
    clerk.act(&child, "merge", &merge).await;
    clerk.act(&parent, "dispatch", &[("department", "城管")]).await;
    clerk.act(&parent, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    for (villager, number) in [(VILLAGER, &parent), (OTHER, &child)] {
        let shown = format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..]);
        let inbox = county.inbox(villager);
        let last = inbox.iter().rfind(|text| text.contains(REPLY)).expect("the answer");
        assert!(last.contains(&shown), "{last}");
    }
    county.say(VILLAGER, "1").await;
    county.talk(OTHER, &["3", "我家门口还有"]).await;
    county.settle().await;
    let page = clerk.get(&format!("/desk/cases/{parent}")).await;
    assert!(page.contains("办结") && !page.contains("第2次办理"), "{page}");
    let page = clerk.get(&format!("/desk/cases/{child}")).await;
    assert!(page.contains("第2次办理") && page.contains("我家门口还有"), "{page}");
}

#[tokio::test]
async fn c11_a_confidential_case_shows_the_department_no_contact_on_page_print_or_export() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    // What clerks write of her among themselves and to her is hers as well.
    clerk.act(&number, "note", &[("text", "找张三，13800138000")]).await;
    let ledger = "kind=cases&month=2026-11";
    let paths = [
        format!("/desk/cases/{number}"),
        "/desk".to_owned(),
        format!("/desk/ledgers?{ledger}"),
        format!("/desk/ledgers/file/csv?{ledger}"),
        format!("/desk/cases/{number}/slips/1"),
    ];
    let (_, seen) = lead.see(&number, "联系她问在哪里").await;
    assert!(seen.contains("13800138000") && seen.contains("张三"), "else nothing is shown here");
    clerk.act(&number, "hide", &[]).await;
    let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-27T17:30")];
    clerk.act(&number, "supervise", &call).await;
    clerk.act(&number, "slip", &[("days", "2"), ("demand", "张三等着，电话13800138000")]).await;
    let reply = "张三您好，垃圾已经清走，有事打13800138000找我们。";
    lead.act(&number, "reply", &[("outcome", "solved"), ("text", reply)]).await;
    clerk.act(&number, "pass_review", &[]).await;
    let forced = lead.post(&format!("{}/identity", paths[0]), &[("reason", "联系她")]).await.1;
    let mut shown = vec![("identity".to_owned(), forced)];
    for path in &paths {
        shown.push((path.clone(), lead.get(path).await));
    }
    // The whole sheet of a workbook, too.
    shown.push(("xlsx".into(), format!("{:?}", super::ledgers::workbook(&lead, ledger).await)));
    let system = county.program("城管系统", Role::Department, Some("城管")).await;
    for path in [
        format!("/cases/{number}"),
        "/cases".to_owned(),
        "/ledgers/cases?month=2026-11".to_owned(),
        "/ledgers/overdue?month=2026-11".to_owned(),
        "/ledgers/cases?month=2026-11&format=csv".to_owned(),
    ] {
        shown.push((path.clone(), system.get(&path).await.fine().to_string()));
    }
    let asked = system.get(&format!("/cases/{number}?identity_reason=联系她")).await;
    assert_eq!(asked.code(), "refused");
    shown.push(("identity_reason".into(), asked.body.to_string()));
    let open311 =
        format!("{}/open311/v2/requests/{number}.json?api_key={}", county.base, system.token);
    let answer = county.http.get(open311).send().await.unwrap();
    assert_eq!(answer.status(), 404, "it has not filed it");
    shown.push(("open311".into(), answer.text().await.unwrap()));
    for (path, page) in &shown {
        for contact in ["张三", "13800138000", "138****8000"] {
            assert!(!page.contains(contact), "{path} has {contact}: {page}");
        }
    }
    assert!(shown.iter().any(|(_, page)| page.contains("垃圾已经清走")), "the answer is there");
}

/// Asked with a reason and decided by the platform, a department may know; each look is written down.
#[tokio::test]
async fn c11_until_the_platform_lets_the_department_know_who_it_is() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    clerk.act(&number, "hide", &[]).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    assert_eq!(lead.see(&number, "上门").await.0, 404);
    let (status, text) = lead.try_act(&number, "ask_disclosure", &[("reason", " ")]).await;
    assert!(status == 422 && text.contains("请写为什么要知道是谁"), "{text}");
    let why = ("reason", "要上门，得知道是哪一家");
    lead.act(&number, "ask_disclosure", &[why]).await;
    assert_eq!(lead.see(&number, "上门").await.0, 404, "nobody has decided");
    clerk.act(&number, "grant_disclosure", &[]).await;
    assert!(!lead.get(&format!("/desk/cases/{number}")).await.contains("13800138000"));
    let (status, page) = lead.see(&number, "上门前联系").await;
    assert!(status == 200 && page.contains("13800138000") && page.contains("张三"), "{page}");
    let log = auditor.get(&format!("/desk/audit?case={number}")).await;
    assert!(log.contains("城管经办") && log.contains("上门前联系"), "{log}");
    let told = county.talk(VILLAGER, &["谁看过"]).await;
    assert!(told.contains(CITY) && told.contains("上门前联系"), "{told}");
    // Another department that gets it begins anew.
    clerk.act(&number, "dispatch", &[("department", "住建")]).await;
    let mut next = county.staff("住建经办", Role::Department, Some("住建")).await;
    assert_eq!(next.see(&number, "上门前联系").await.0, 404);
}

#[tokio::test]
async fn c11_what_is_against_an_office_does_not_go_there() {
    let county = county().open().await;
    let platform = county.program("调度程序", Role::Clerk, None).await;
    let filing = serde_json::json!({
        "text": "窗口的人态度很差，推来推去", "village": "胡家坨镇大黑坨村", "name": "张三",
        "phone": "13800138000", "respondent": "县住建局", "category": "1601",
    });
    let filed = platform.post("/cases", filing).await.fine();
    let number = filed["number"].as_str().unwrap().to_owned();
    assert_eq!(platform.case(&number).await["confidential"], true);
    let mut clerk = county.clerk().await;
    let to = ("department", "住建");
    let (status, text) = clerk.try_act(&number, "dispatch", &[to]).await;
    assert!(status == 422 && text.contains("反映的就是住建局"), "{text}");
    clerk.act(&number, "dispatch", &[to, ("despite", "由局机关纪委查，不经窗口")]).await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("仍派的理由：由局机关纪委查"), "{page}");
}

#[tokio::test]
async fn c12_every_identity_read_appears_in_the_view_log() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let of_case = format!("/desk/audit?case={number}");
    assert!(!auditor.get(&of_case).await.contains("打电话核实地址"), "nobody has looked");
    assert_eq!(clerk.see(&number, "打电话核实地址").await.0, 200);
    let page = auditor.get(&of_case).await;
    assert!(page.contains("管理员") && page.contains("打电话核实地址"), "{page}");
}

#[tokio::test]
async fn c13_unrated_never_counts_as_satisfied() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    {
        let mut clerk = county.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
        clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    }
    county.pass(8 * DAY).await;
    let clerk = county.clerk_again().await;
    assert!(clerk.get(&format!("/desk/cases/{number}")).await.contains("到期未评价"));
    for (head, expect) in [("满意率", "—"), ("评价率", "0.0%"), ("未评价", "1")] {
        assert_eq!(clerk.figure("2026-11", CITY, head).await, expect, "{head}");
    }
}

#[tokio::test]
async fn c14_a_restart_during_timers_fires_each_once() {
    let store = Arc::new(MemoryEngine::default());
    let before = county().store(store.clone()).open().await;
    let number = before.report(VILLAGER).await;
    {
        let mut clerk = before.clerk().await;
        clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    }
    // It is down when silence becomes acceptance, most of the time is used, and it is late.
    drop(before);
    let late = "2026-11-26T10:00:00+08:00";
    let after = county().store(store.clone()).at(late).open().await;
    let beside = county().store(store).at(late).open().await;
    let (one, two) = tokio::join!(after.office.settle_all(), beside.office.settle_all());
    one.and(two).unwrap();
    after.settle().await;
    let clerk = after.clerk_again().await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    for step in ["签收", "到时未办"] {
        let times = page.matches(&format!("<strong>{step}</strong>")).count();
        let expect = if step == "签收" { 1 } else { 2 };
        assert_eq!(times, expect, "{step}: {page}");
    }
    assert_eq!(clerk.tasks("电话督办").await.len(), 1);
    assert_eq!(clerk.tasks("早报").await.len(), 1);
}

#[tokio::test]
async fn c15_a_deletion_request_leaves_the_monthly_ledgers_counts_unchanged() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    county.say(VILLAGER, "满意").await;
    let village = "/desk/ledgers?kind=village&month=2026-11&village=大黑坨村";
    let before = clerk.get(village).await;
    let counts = |page: &str| {
        let foot = part(page, "本月受理", "</p>").to_owned();
        (foot, page.matches("<tr>").count())
    };
    assert!(before.contains("张**") && before.contains("本月受理1件　办结1件"), "{before}");
    let said = county.talk(VILLAGER, &["删除资料", "1"]).await;
    assert!(said.starts_with("删掉了"), "{said}");
    let after = clerk.get(village).await;
    assert_eq!(counts(&after), counts(&before));
    for (head, expect) in [("交办总量", "1"), ("满意率", "100.0%")] {
        assert_eq!(clerk.figure("2026-11", CITY, head).await, expect, "{head}");
    }
}

#[tokio::test]
async fn c16_a_calendar_amendment_recomputes_only_open_clocks_and_logs_old_and_new() {
    let folder = holidays::folder();
    let county = county().folder(folder.path()).open().await;
    let (open, answered) = (county.report(VILLAGER).await, county.report(OTHER).await);
    let mut clerk = county.clerk().await;
    clerk.act(&open, "dispatch", &[("department", "城管")]).await;
    clerk.act(&answered, "dispatch", &[("department", "城管")]).await;
    clerk.act(&answered, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    let mut keeper = county.keeper().await;
    let (_, page) = holidays::read(&county, &keeper, holidays::amended()).await;
    assert_eq!(holidays::publish(&mut keeper, &page).await.0, 303);
    county.settle().await;
    assert_eq!(promise(&clerk, &open).await, "2026-11-26T09:30:00Z");
    assert_eq!(promise(&clerk, &answered).await, "2026-11-25T09:30:00Z");
    let page = clerk.get(&format!("/desk/cases/{open}")).await;
    assert!(page.contains("11月25日17:30改为11月26日17:30"), "{page}");
}
