//! Ledgers too large for one answer: made behind the page, for the one who asked, for a day.

use bianmin::desk::{Case, CaseNumber, CaseType};
use bianmin::office::Role;
use bianmin::store::{Changes, keys, load};
use jiff::SignedDuration;
use serde_json::json;

use super::county::{County, county, part};

const CASES: [(&str, &str); 2] = [("kind", "cases"), ("month", "2026-11")];
/// One more than is made while somebody waits.
const MANY: u32 = 10_001;

/// So many cases of that month, as one was filed.
async fn fill(county: &County, number: &str, count: u32) {
    let one =
        load::<Case>(&*county.store, keys::case(number)).await.unwrap().unwrap().record.clone();
    for some in (1..=count).collect::<Vec<_>>().chunks(50) {
        let mut changes = Changes::default();
        for n in some {
            let number = CaseNumber::new(CaseType::Appeal, 2026, 50_000 + n).unwrap();
            // One a minute: nobody takes them for a burst.
            let received_at = one.received_at - SignedDuration::from_mins((*n).into());
            changes.create(&Case { number, received_at, ..one.clone() }).unwrap();
        }
        county.store.commit(changes.into_batch()).await.unwrap();
    }
}

#[tokio::test]
async fn a_month_too_large_for_one_answer_is_made_behind_the_page() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = clerk.file("13800138000", "0409", "村口路灯坏了").await;
    fill(&county, &number, MANY).await;
    let (status, page) = clerk.try_get("/desk/ledgers?kind=cases&month=2026-11").await;
    assert!(status == 422 && page.contains("超过10000件"), "{status}");
    assert!(page.contains("action=\"/desk/exports\""), "{page}");
    let (status, page) = clerk.take_out("/desk/ledgers/file/csv", &CASES).await;
    assert!(status == 422 && String::from_utf8(page).unwrap().contains("做成 CSV"), "{status}");
    let key = county.office.add_api_key("统计程序", Role::Clerk, None).await.unwrap();
    let answer = county.with_key(&key).get("/ledgers/cases?month=2026-11&format=csv").await;
    assert!(answer.body["detail"].as_str().unwrap().contains("POST /exports"), "{:?}", answer.body);

    clerk.csrf = clerk.csrf_of("/desk/me").await;
    let mut asked = CASES.to_vec();
    asked.push(("format", "csv"));
    assert_eq!(clerk.post("/desk/exports", &asked).await.0, 303);
    let (status, page) = clerk.try_get("/desk/exports").await;
    assert!(status == 202 && page.contains("正在做"), "{status} {page}");
    county.settle().await;
    let (status, page) = clerk.try_get("/desk/exports").await;
    assert!(status == 200 && page.contains("10002行"), "{status} {page}");
    let path = format!("/desk/exports/{}", part(&page, "href=\"/desk/exports/", "\""));
    let (status, bytes) = clerk.download(&path).await;
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!((status, text.lines().count()), (200, 2 + 10_002 + 1));
    assert!(text.contains("138****8000") && !text.contains("13800138000"));
    assert!(text.ends_with("\"\r\n") && text.contains("导出人：管理员"), "whole to its end");
    // For nobody else.
    let other = county.staff("同事", Role::Clerk, None).await;
    assert_eq!(other.try_get(&path).await.0, 404);
    assert!(!other.get("/desk/exports").await.contains("10002行"));
    let audit = county.staff("审计", Role::Auditor, None).await.get("/desk/audit").await;
    assert!(audit.contains("受理办理台账，10002行"), "{audit}");
}

#[tokio::test]
async fn what_was_made_goes_after_a_day_and_three_are_enough() {
    let mut county = county().open().await;
    let path = {
        let mut clerk = county.clerk().await;
        clerk.file("13800138000", "0409", "村口路灯坏了").await;
        clerk.csrf = clerk.csrf_of("/desk/me").await;
        let asked = |format: &'static str| [CASES[0], CASES[1], ("format", format)];
        for format in ["xlsx", "csv", "gb18030"] {
            assert_eq!(clerk.post("/desk/exports", &asked(format)).await.0, 303, "{format}");
        }
        let (status, page) = clerk.post("/desk/exports", &asked("csv")).await;
        assert!(status == 422 && page.contains("已经有三份"), "{page}");
        assert_eq!(clerk.post("/desk/exports", &asked("pdf")).await.0, 404);
        county.settle().await;
        let page = clerk.get("/desk/exports").await;
        let path = format!("/desk/exports/{}", part(&page, "href=\"/desk/exports/", "\""));
        assert_eq!(clerk.download(&path).await.0, 200);
        clerk.csrf = clerk.csrf_of("/desk/exports").await;
        assert_eq!(clerk.post(&format!("{path}/drop"), &[]).await.0, 303);
        assert_eq!(clerk.try_get(&path).await.0, 404);
        assert_eq!(clerk.post("/desk/exports", &asked("csv")).await.0, 303, "there is room again");
        county.settle().await;
        let page = clerk.get("/desk/exports").await;
        format!("/desk/exports/{}", part(&page, "href=\"/desk/exports/", "\""))
    };
    let pieces = async || county.store.scan(keys::export_pieces(&path[14..]), 10).await.unwrap();
    assert!(!pieces().await.is_empty());
    county.tick(24 * 3_600 + 1);
    assert_eq!(county.clerk_again().await.try_get(&path).await.0, 404, "its time is over");
    county.settle().await;
    let pieces = county.store.scan(keys::export_pieces(&path[14..]), 10).await.unwrap();
    assert!(pieces.is_empty(), "nothing is left behind");
    let none =
        load::<bianmin::store::export_records::Export>(&*county.store, keys::export(&path[14..]));
    assert!(none.await.unwrap().is_none());
}

/// Who had a right to it then and has another one now gets nothing; a department only its own.
#[tokio::test]
async fn rights_are_asked_when_it_is_ordered_made_and_fetched() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    clerk.file("13800138000", "0409", "村口路灯坏了").await;
    let mut own = county.staff("小王", Role::Department, Some("城管")).await;
    own.csrf = own.csrf_of("/desk/me").await;
    let asked = |kind: &'static str, reason: &'static str| {
        [("kind", kind), CASES[1], ("format", "csv"), ("reason", reason)]
    };
    assert_eq!(own.post("/desk/exports", &asked("cases", "核实")).await.0, 404, "whole numbers");
    assert_eq!(own.post("/desk/exports", &asked("village", "")).await.0, 404);
    assert_eq!(own.post("/desk/exports", &asked("cases", "")).await.0, 303);
    let mut agent = county.staff("村代办", Role::Agent, Some("130225102216")).await;
    agent.csrf = agent.csrf_of("/desk/me").await;
    assert_eq!(agent.post("/desk/exports", &asked("cases", "")).await.0, 404);
    assert_eq!(agent.try_get("/desk/exports").await.0, 404);
    county.settle().await;
    let page = own.get("/desk/exports").await;
    let path = format!("/desk/exports/{}", part(&page, "href=\"/desk/exports/", "\""));
    let (status, bytes) = own.download(&path).await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(status == 200 && !text.contains("路灯坏了"), "it has no case of theirs: {text}");
    let whole = asked("cases", "年底核对");
    clerk.csrf = clerk.csrf_of("/desk/me").await;
    assert_eq!(clerk.post("/desk/exports", &whole).await.0, 303);
    county.settle().await;
    let page = clerk.get("/desk/exports").await;
    let path = format!("/desk/exports/{}", part(&page, "href=\"/desk/exports/", "\""));
    let text = String::from_utf8(clerk.download(&path).await.1).unwrap();
    assert!(text.contains("13800138000") && text.contains("用途：年底核对"), "{text}");
}

/// It was begun, and the program stopped: the next start makes it whole, and does not try for ever.
#[tokio::test]
async fn what_a_crash_broke_off_is_made_at_the_next_start() {
    use bianmin::office::ExportState;
    use bianmin::store::export_records::Export;
    let store: bianmin::store::Store = std::sync::Arc::new(bianmin::store::MemoryEngine::default());
    let before = county().store(store.clone()).open().await;
    let mut clerk = before.clerk().await;
    clerk.file("13800138000", "0409", "村口路灯坏了").await;
    clerk.csrf = clerk.csrf_of("/desk/me").await;
    let asked = [CASES[0], CASES[1], ("format", "csv")];
    assert_eq!(clerk.post("/desk/exports", &asked).await.0, 303);
    assert_eq!(clerk.post("/desk/exports", &asked).await.0, 303);
    drop(clerk);
    drop(before);
    // A part of the file was written, and nobody noted that; the other one was tried too often.
    let waiting = bianmin::store::list_by_index::<Export>(&*store, keys::exports_waiting(), 9);
    let waiting = waiting.await.unwrap();
    let [(_, once), (_, often)] = &waiting[..] else { panic!("{}", waiting.len()) };
    let mut changes = Changes::default();
    changes.replace(once, &Export { tries: 1, ..once.record.clone() }).unwrap();
    changes.replace(often, &Export { tries: 3, ..often.record.clone() }).unwrap();
    let mut batch = changes.into_batch();
    batch.put.push((keys::export_piece(&once.record.id, 0), b"half of".to_vec()));
    store.commit(batch).await.unwrap();
    let after = county().store(store.clone()).open().await;
    after.settle().await;
    let clerk = after.clerk_again().await;
    let (status, bytes) = clerk.download(&format!("/desk/exports/{}", once.record.id)).await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(status == 200 && text.contains("路灯") && !text.contains("half of"), "{text}");
    let often = load::<Export>(&*store, keys::export(&often.record.id)).await.unwrap().unwrap();
    assert_eq!(often.record.state, ExportState::Failed);
    assert!(clerk.get("/desk/exports").await.contains("试了三次"));
}

#[tokio::test]
async fn a_program_is_told_202_until_its_ledger_is_made() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    clerk.file("13800138000", "0409", "村口路灯坏了").await;
    let key = county.office.add_api_key("统计程序", Role::Clerk, None).await.unwrap();
    let other = county.office.add_api_key("统计程序", Role::Clerk, None).await.unwrap();
    let asked = json!({ "kind": "cases", "month": "2026-11", "format": "csv" });
    let program = county.with_key(&key);
    let answer = program.post_as("once", "/exports", &asked).await;
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    let path = format!("/exports/{}", answer.body["id"].as_str().unwrap());
    let again = program.post_as("once", "/exports", &asked).await;
    assert_eq!(again.body["id"], answer.body["id"], "the same order");
    assert_eq!(program.get(&path).await.status, 202);
    assert_eq!(program.get(&format!("{path}/file")).await.status, 404);
    county.settle().await;
    let made = program.get(&path).await;
    assert_eq!(
        (made.status, &made.body["state"], &made.body["lines"]),
        (200, &json!("ready"), &json!(1))
    );
    let file = program.get(&format!("{path}/file")).await;
    let text = file.body.as_str().unwrap_or_default();
    assert!(file.status == 200 && text.contains("路灯"), "{text}");
    for path in [path.clone(), format!("{path}/file")] {
        assert_eq!(county.with_key(&other).get(&path).await.code(), "not_found", "{path}");
    }
    for (wrong, code) in [
        (json!({ "kind": "nothing", "month": "2026-11", "format": "csv" }), "not_found"),
        (json!({ "kind": "cases", "month": "2026", "format": "csv" }), "bad_request"),
        (json!({ "kind": "cases", "month": "2026-11", "format": "pdf" }), "bad_request"),
    ] {
        assert_eq!(program.post("/exports", wrong.clone()).await.code(), code, "{wrong}");
    }
}
