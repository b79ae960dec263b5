//! The yearly notice of days off: brought by a page, live after a look, and what it moves.

use std::path::Path;
use std::sync::Arc;

use bianmin::office::Role;
use bianmin::store::MemoryEngine;

use super::county::{Clerk, County, VILLAGER, copy, county, part};

const PAGE: &str = "/desk/holidays";
const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";

pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("county"), folder.path());
    folder
}

/// The shipped notice of 2026 with one day more, as a file.
pub fn amended() -> Vec<u8> {
    let text = include_str!("../../county/calendar/holidays-2026.json");
    let day = "\"days\": [{\"name\":\"大风\",\"date\":\"2026-11-25\",\"isOffDay\":true},";
    let text = text.replacen("\"days\": [", day, 1);
    assert!(text.contains("大风"));
    text.into_bytes()
}

pub async fn read(county: &County, clerk: &Clerk<'_>, bytes: Vec<u8>) -> (u16, String) {
    county.upload(clerk, PAGE, &format!("{PAGE}/read"), "notice.json", bytes).await
}

/// What the page gives to be put live.
pub async fn publish(clerk: &mut Clerk<'_>, page: &str) -> (u16, String) {
    let version = part(page, "name=\"version\" value=\"", "\"");
    let text = part(page, "name=\"text\" value=\"", "\"").replace("&#34;", "\"");
    clerk.csrf = part(page, "name=\"csrf\" value=\"", "\"").to_owned();
    clerk.post(&format!("{PAGE}/publish"), &[("version", version), ("text", &text)]).await
}

#[tokio::test]
async fn an_amended_calendar_moves_open_clocks_only_and_keeps_old_and_new() {
    let folder = folder();
    let store = Arc::new(MemoryEngine::default());
    let opened = || county().store(store.clone()).folder(folder.path());
    let county = opened().open().await;
    county.office.adopt_county().await.unwrap();
    let mut clerk = county.clerk().await;
    let mut keeper = county.keeper().await;
    let (open, answered) =
        (county.report(VILLAGER).await, county.report("oVillager00000000000000000002").await);
    for number in [&open, &answered] {
        clerk.act(number, "dispatch", &[("department", "城管")]).await;
    }
    clerk.act(&answered, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;

    let (status, page) = read(&county, &keeper, amended()).await;
    assert_eq!(status, 200, "{page}");
    for part in ["2026年：要改的", "2026-11-25", "大风", "有1件的期限跟着变"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Nothing is live before somebody says so.
    let case = clerk.get(&format!("/desk/cases/{open}")).await;
    assert!(!case.contains("重算时限") && !keeper.get(PAGE).await.contains("放假34天"));
    let (status, text) = publish(&mut keeper, &page).await;
    assert_eq!(status, 303, "{text}");
    county.settle().await;
    let case = clerk.get(&format!("/desk/cases/{open}")).await;
    assert!(case.contains("11月25日17:30改为11月26日17:30"), "{case}");
    assert!(case.contains("11月26日(周四)17:30"), "{case}");
    let other = clerk.get(&format!("/desk/cases/{answered}")).await;
    assert!(!other.contains("重算时限") && other.contains("11月25日(周三)17:30"), "{other}");
    // The same page once more is old.
    let (status, _) = publish(&mut keeper, &page).await;
    assert_eq!(status, 409);
    // A start with the same folder keeps it.
    let again = opened().open().await;
    again.office.adopt_county().await.unwrap();
    let version = |county: &County| county.office.tables().calendar.version().to_owned();
    assert_eq!(version(&again), version(&county));
    let shipped = county_of_the_repository();
    assert_ne!(version(&county), shipped);
}

fn county_of_the_repository() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("county");
    bianmin::office::Tables::read(&root).unwrap().calendar.version().to_owned()
}

/// One line more is one day more: the other forty are not gone without a word.
#[tokio::test]
async fn a_list_of_some_days_adds_to_a_known_year_unless_it_shall_replace_it() {
    let folder = folder();
    let county = county().folder(folder.path()).open().await;
    county.office.adopt_county().await.unwrap();
    let mut keeper = county.keeper().await;
    let line = "2026-12-31 休 大雪";
    let asked = async |keeper: &Clerk<'_>, mode: &str| {
        let (path, file) = (format!("{PAGE}/read"), ("notice.txt", line.as_bytes().to_vec()));
        county.upload_with(keeper, PAGE, &path, file, &[("mode", mode)]).await
    };
    let (status, page) = asked(&keeper, "replace").await;
    assert_eq!(status, 200, "{page}");
    let changes = part(&page, "<tbody>", "</tbody>");
    assert!(changes.matches("<tr>").count() >= 15, "what would go is shown: {changes}");
    assert!(page.contains("整年替换") && page.contains("<td>2026-10-01</td>"), "{page}");
    for mode in ["", "add"] {
        let (_, page) = asked(&keeper, mode).await;
        let changes = part(&page, "<tbody>", "</tbody>");
        assert_eq!(changes.matches("<tr>").count(), 1, "{mode}: {changes}");
        assert!(changes.contains("2026-12-31") && page.contains("补充"), "{page}");
    }
    let (_, page) = asked(&keeper, "add").await;
    assert_eq!(publish(&mut keeper, &page).await.0, 303);
    assert!(keeper.get(PAGE).await.contains("2026年：放假34天，调休上班6天"));
}

#[tokio::test]
async fn a_year_that_is_not_known_is_warned_of_from_december_on() {
    let folder = folder();
    let mut county = county().at("2026-11-30T10:00:00+08:00").folder(folder.path()).open().await;
    county.office.adopt_county().await.unwrap();
    let warned = "2027年的放假安排还没有";
    {
        let keeper = county.keeper().await;
        assert!(!keeper.get("/desk").await.contains(warned));
        assert!(!county.health().await["problems"].to_string().contains(warned));
    }
    county.pass(24 * 3_600).await;
    let mut keeper = county.staff("系统管理员二", Role::SystemAdmin, None).await;
    assert!(keeper.get("/desk").await.contains(warned));
    assert!(county.health().await["problems"].to_string().contains(warned));
    let supervisor = county.staff("督办张", Role::Supervisor, None).await;
    assert!(!supervisor.get("/desk").await.contains(warned), "she can not mend it");
    assert_eq!(supervisor.try_get(PAGE).await.0, 404);
    assert!(keeper.get(PAGE).await.contains("2027年：未定"));

    for (text, told) in [
        ("2027-01-01 元旦", "第1行「2027-01-01 元旦」读不懂"),
        ("2027-01-01 休 元旦\n2027-01-01 班 元旦", "2027-01-01 又写了一次"),
    ] {
        let (status, page) = read(&county, &keeper, text.as_bytes().to_vec()).await;
        assert!(status == 422 && page.contains(told), "{page}");
    }
    let lines = "2027-01-01 休 元旦\n2027-01-02 班 元旦\n";
    let (status, page) = read(&county, &keeper, lines.as_bytes().to_vec()).await;
    assert_eq!(status, 200, "{page}");
    assert_eq!(publish(&mut keeper, &page).await.0, 303);
    assert!(keeper.get(PAGE).await.contains("2027年：放假1天，调休上班1天"));
    assert!(!keeper.get("/desk").await.contains(warned));
    assert!(folder.path().join("calendar/holidays-2027.json").exists());
}

#[tokio::test]
async fn a_promise_that_ends_in_an_unknown_year_is_marked_until_the_notice_is_there() {
    let folder = folder();
    // Two working days from a Wednesday: New Year's Day, as far as anybody knows.
    let county = county().at("2026-12-30T10:00:00+08:00").folder(folder.path()).open().await;
    county.office.adopt_county().await.unwrap();
    let number = county.report(VILLAGER).await;
    let path = format!("/desk/cases/{number}");
    let clerk = county.clerk().await;
    let mut keeper = county.keeper().await;
    assert!(clerk.get(&path).await.contains("放假安排未定"));
    let lines = "2027-01-01 休 元旦\n2027-01-04 休 元旦\n";
    let (_, page) = read(&county, &keeper, lines.as_bytes().to_vec()).await;
    assert_eq!(publish(&mut keeper, &page).await.0, 303);
    county.settle().await;
    let case = clerk.get(&path).await;
    assert!(case.contains("1月1日17:30改为1月5日17:30"), "{case}");
    assert!(!case.contains("放假安排未定"), "{case}");
}
