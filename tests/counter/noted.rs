//! What staff change is in the chained log, each with who and what: interviews, merchants, prices,
//! listings, tasks.

use bianmin::office::Role;

use super::county::{Clerk, VILLAGER, county, number_in, part};
use super::interviews::{promised_and_late, step};
use super::shop::market;

const OTHER: &str = "oVillager00000000000000000002";
const DAY: i64 = 24 * 3_600;
const CABBAGES: &str = "我要卖自家白菜两千斤，三毛一斤，大黑坨村，我叫李四，电话13900139000";

/// The lines of that kind, the newest first, of which each holds its words and no line is over.
async fn holds(auditor: &Clerk<'_>, kind: &str, lines: &[&[&str]]) {
    let page = auditor.get(&format!("/desk/audit?kind={kind}")).await;
    let rows: Vec<&str> = page.split("<tr><td>").skip(1).collect();
    assert_eq!(rows.len(), lines.len(), "{kind}: {rows:#?}");
    for (row, words) in rows.iter().zip(lines) {
        for word in *words {
            assert!(row.contains(word), "{kind}, {word}: {row}");
        }
    }
}

#[tokio::test]
async fn interviews_and_tasks_are_in_the_log_of_changes() {
    let mut county = county().open().await;
    promised_and_late(&mut county, &[VILLAGER]).await;
    county.pass(5 * DAY).await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let mut supervisor = county.staff("督办张", Role::Supervisor, None).await;
    let mut director = county.staff("李主任", Role::Director, None).await;
    let reason = [("reason", "打过电话，答应周五，没办")];
    assert_eq!(step(&mut supervisor, "propose", &reason).await.0, 303);
    assert_eq!(step(&mut supervisor, "approve", &[]).await.0, 422, "what is refused is no change");
    assert_eq!(step(&mut director, "approve", &[]).await.0, 303);
    let notice = "约谈〔城管〕1号";
    let lines: [&[&str]; 2] = [&["李主任", notice, "批准"], &["督办张", notice, "提出约谈"]];
    holds(&auditor, "interview", &lines).await;

    county.talk(OTHER, &["投诉", "大黑坨村", "人工"]).await;
    let tasks = director.tasks("有人要和您说话").await;
    director.csrf = director.csrf_of(&tasks[0]).await;
    let write = format!("{}/write", tasks[0]);
    let (status, page) = director.post(&write, &[("text", "您好，我们八点半上班。")]).await;
    assert_eq!(status, 303, "{page}");
    assert_eq!(director.post(&format!("{}/back", tasks[0]), &[]).await.0, 303);
    county.clock.advance(60);
    county.talk(OTHER, &["人工"]).await;
    let tasks = director.tasks("有人要和您说话").await;
    let finish = format!("{}/finish", tasks[0]);
    assert_eq!(director.post(&finish, &[("note", "")]).await.0, 422);
    assert_eq!(director.post(&finish, &[("note", "打过电话了")]).await.0, 303);
    let lines: [&[&str]; 3] = [&["李主任", "交还"], &["李主任", "交还"], &["李主任", "写给群众"]];
    holds(&auditor, "task_done", &lines).await;
    assert_eq!(county.office.verify().await.unwrap().broken, Vec::<String>::new());
}

#[tokio::test]
async fn merchants_prices_and_listings_are_in_the_log_of_changes() {
    let county = county().open().await;
    let auditor = county.staff("审计", Role::Auditor, None).await;
    let mut clerk = county.clerk().await;
    market::admit(&mut clerk, "M1", "毛庄农资店", market::ALL_PAPERS).await;
    let page = auditor.get("/desk/audit?kind=merchant").await;
    let rows = part(&page, "<tbody>", "</tbody>");
    // Registered, six papers, checked, two reviews, tried, admitted.
    assert_eq!(rows.matches("商家准入</td>").count(), 12, "{rows}");
    for (words, times) in [("<td>登记</td>", 1), ("证照", 6), (market::BASIS, 5)] {
        assert_eq!(rows.matches(words).count(), times, "{words}: {rows}");
    }
    let rate = [("grade", "A"), ("deposit", "2000"), ("basis", "看过账")];
    market::merchant_act(&mut clerk, "M1", "rate", &rate).await;
    let page = auditor.get("/desk/audit?kind=merchant").await;
    assert!(page.contains("看过账") && page.contains("2000"), "{page}");

    market::admit(&mut clerk, "M2", "毛庄百货", market::ALL_PAPERS).await;
    let dearer = market::GOODS.replace(",105,", ",108,");
    assert_ne!(dearer, market::GOODS);
    for goods in [market::GOODS, &dearer, &dearer] {
        let bytes = goods.as_bytes().to_vec();
        let (status, page) = market::upload(&county, &mut clerk, "goods.csv", bytes).await;
        assert_eq!(status, 200, "{page}");
    }
    let lines: [&[&str]; 2] =
        [&["管理员", "A1", "新增0种，改1种"], &["管理员", "A1", "新增9种，改0种"]];
    holds(&auditor, "goods", &lines).await;

    let number = number_in(&county.talk(VILLAGER, &[CABBAGES, "不给", "对"]).await);
    clerk.csrf = clerk.csrf_of("/desk/listings").await;
    let path = format!("/desk/listings/{number}");
    let refused = clerk.post(&format!("{path}/refuse"), &[("revision", "1")]).await;
    assert_eq!(refused.0, 422, "no reason: {}", refused.1);
    assert_eq!(clerk.post(&format!("{path}/show"), &[("revision", "1")]).await.0, 303);
    let shown = format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..]);
    holds(&auditor, "listing", &[&["管理员", &shown, "登"]]).await;
    let said = county.talk(OTHER, &["供求", "1", "1", "王五", "13800138000"]).await;
    assert!(said.contains("转给工作人员了"), "{said}");
    let tasks = clerk.tasks("王五想联系您").await;
    let finish = format!("{}/finish", tasks[0]);
    assert_eq!(clerk.post(&finish, &[("note", "打过电话了")]).await.0, 303);
    holds(&auditor, "task_done", &[&["管理员", "办完"]]).await;
    assert_eq!(county.office.verify().await.unwrap().broken, Vec::<String>::new());
}
