//! A case that was taken for something else: its time class is corrected, with a reason, and she is
//! promised another time only in so many words. By the page, by a program, from the terminal.

use bianmin::office::Role;
use serde_json::json;

use super::county::{VILLAGER, county, part};

const SPARKS: &str = "村口有点情况，你们来看看";

#[tokio::test]
async fn a_graver_class_shortens_the_time_of_the_department_and_she_hears_nothing_of_it() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let number = clerk.file("13800138000", "", SPARKS).await;
    let power = [("department", "供电"), ("class", "U")];
    let (status, page) = clerk.try_act(&number, "dispatch", &power).await;
    assert!(status == 422 && page.contains("理由是空的"), "{page}");
    let reason = ("reason", "照片上电线冒火花");
    clerk.act(&number, "dispatch", &[power[0], power[1], reason]).await;
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    for part in ["改时限类别", "U（原来：C）", "照片上电线冒火花"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let due = part(&page, "答应群众的时间： <time datetime=\"", "\"");
    assert_eq!(due, "2026-11-24T02:00:00Z", "a day from the correction on");
    assert!(!page.contains("答复的时间改为"), "{page}");
}

#[tokio::test]
async fn a_longer_class_is_no_longer_time_until_she_is_promised_it() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let path = format!("/desk/cases/{number}");
    assert!(!lead.get(&path).await.contains("id=\"sort\""), "it is the platform's");
    let reason = ("reason", "要先征地，两天办不完");
    let (status, page) = lead.try_act(&number, "sort", &[("class", "E"), reason]).await;
    assert!(status == 422 && page.contains("请交给：平台"), "{page}");
    let due = |page: &str| part(page, "答应群众的时间： <time datetime=\"", "\"").to_owned();
    let before = due(&clerk.get(&path).await);
    lead.act(&number, "accept", &[]).await;
    clerk.act(&number, "sort", &[("class", "E"), reason]).await;
    assert_eq!(due(&clerk.get(&path).await), before);
    let heard = county.inbox(VILLAGER).len();
    // Class E may be put on a plan from now on, which nothing else may.
    assert!(clerk.get(&path).await.contains("id=\"defer\""));
    clerk.act(&number, "sort", &[("promise", "yes"), reason]).await;
    assert_eq!(due(&clerk.get(&path).await), "2026-12-14T09:30:00Z");
    let inbox = county.inbox(VILLAGER);
    assert_eq!(inbox.len(), heard + 1, "{inbox:#?}");
    let told = inbox.last().unwrap();
    assert!(told.contains("答复的时间改为12月14日17:30前。因为要先征地，两天办不完"), "{told}");
    let (status, page) = clerk.try_act(&number, "sort", &[("class", "E"), reason]).await;
    assert!(status == 422 && page.contains("已经是E类了"), "{page}");
}

#[tokio::test]
async fn a_program_of_the_platform_corrects_it_as_well() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let platform = county.program("调度程序", Role::Clerk, None).await;
    let sort = json!({ "class": "D", "promise": "yes", "reason": "要勘测" });
    platform.act(&number, "sort", sort).await.fine();
    let case = platform.case(&number).await;
    assert_eq!(case["time_class"], json!("D"));
    assert_eq!(case["due_at"], json!("2026-12-07T09:30:00Z"));
    let bad = json!({ "class": "X", "reason": "要勘测" });
    assert_eq!(platform.act(&number, "sort", bad).await.code(), "refused");
}
