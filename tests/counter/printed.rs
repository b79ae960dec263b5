//! What goes on paper: who printed it, for which time, all of its lines, and what stands under the last
//! word.

use bianmin::office::Role;

use super::county::{Clerk, VILLAGER, county, part};

/// The button of a sheet, as its page gives it.
async fn print(clerk: &mut Clerk<'_>, path: &str) -> (u16, String) {
    let page = clerk.get(path).await;
    let value = |name: &str| part(&page, &format!("name=\"{name}\" value=\""), "\"").to_owned();
    let (paper, proof) = (value("paper").replace("&#38;", "&"), value("proof"));
    clerk.csrf = clerk.csrf_of(path).await;
    clerk.post("/desk/printed", &[("paper", &paper), ("proof", &proof)]).await
}

#[tokio::test]
async fn every_sheet_says_who_prints_it_and_for_which_time() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    for path in [
        format!("/desk/cases/{number}/papers/assignment"),
        format!("/desk/cases/{number}/papers/receipt"),
        format!("/desk/cases/{number}/papers/ticket"),
        "/desk/ledgers?kind=cases&month=2026-11".to_owned(),
        "/desk/figures/bulletin?period=2026-11".to_owned(),
    ] {
        let page = clerk.get(&path).await;
        assert!(page.contains("管理员 ") && page.contains("第1次打印"), "{path}: {page}");
        assert_eq!(print(&mut clerk, &path).await.0, 303, "{path}");
        assert!(clerk.get(&path).await.contains("第2次打印"), "{path}");
    }
    // Another one prints the same sheet; what was not shown to her she can not count up.
    let path = format!("/desk/cases/{number}/papers/assignment");
    let page = lead.get(&path).await;
    assert!(page.contains("城管经办 ") && page.contains("第2次打印"), "{page}");
    lead.csrf = lead.csrf_of(&path).await;
    let forged = [("paper", "/desk/ledgers?kind=cases"), ("proof", "00")];
    assert_eq!(lead.post("/desk/printed", &forged).await.0, 404);
}

#[tokio::test]
async fn no_line_of_a_printed_ledger_is_left_out_in_silence() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    clerk.csrf = clerk.csrf_of("/desk/new").await;
    for n in 1..=301 {
        let text = format!("第{n}处路灯坏了");
        let phone = format!("13800139{n:03}");
        let fields = [("phone", &*phone), ("village", "胡家坨镇大黑坨村"), ("text", &text)];
        assert_eq!(clerk.post("/desk/new", &fields).await.0, 303);
    }
    let path = "/desk/ledgers?kind=cases&month=2026-11";
    let lines = |page: &str| part(page, "<tbody>", "</tbody>").matches("<tr>").count();
    let page = clerk.get(path).await;
    assert_eq!(lines(&page), 300);
    let told = part(&page, "<p class=\"left_out\">", "</p>");
    assert!(told.contains("后面还有1行，这里没有，也没有印"), "it goes on paper: {told}");
    let whole = clerk.get(&format!("{path}&whole=1")).await;
    assert_eq!(lines(&whole), 301);
    assert!(!whole.contains("left_out"), "nothing is left out");
}
