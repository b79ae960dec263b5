//! A case goes from one department to another within a round: each is measured by what it did
//! itself.

use bianmin::office::Role;

use super::county::{VILLAGER, county};

const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";
const CITY: &str = "县城市管理综合行政执法局";
const HOUSING: &str = "县住房和城乡建设局";
const HEADS: [&str; 4] = ["交办总量", "按时办结率", "退单率", "督办次数"];
const DAY: i64 = 24 * 3_600;

async fn figures(clerk: &super::county::Clerk<'_>, department: &str) -> Vec<String> {
    let mut found = Vec::new();
    for head in HEADS {
        found.push(clerk.figure("2026-11", department, head).await);
    }
    found
}

#[tokio::test]
async fn what_was_given_back_is_booked_to_the_one_who_gave_it_back() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let mut clerk = county.clerk().await;
    let mut city = county.staff("城管经办", Role::Department, Some("城管")).await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    city.act(&number, "ask_return", &[("basis", "村内垃圾由乡镇负责，见职责清单第3条")]).await;
    clerk.act(&number, "dispatch", &[("department", "住建")]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert_eq!(figures(&clerk, CITY).await, ["1", "—", "100.0%", "0"]);
    assert_eq!(figures(&clerk, HOUSING).await, ["1", "100.0%", "0.0%", "0"]);
}

#[tokio::test]
async fn who_was_late_and_called_stays_so_when_another_one_has_it() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    county.clerk().await.act(&number, "dispatch", &[("department", "城管")]).await;
    county.pass(3 * DAY).await;
    let mut clerk = county.clerk_again().await;
    let call = [("callee", "王主任"), ("title", "主任"), ("promise", "2026-11-27T17:30")];
    clerk.act(&number, "supervise", &call).await;
    clerk.act(&number, "dispatch", &[("department", "住建")]).await;
    // It has a day of its own: nobody telephones it before that is over.
    assert!(!clerk.get("/desk?queue=supervision").await.contains(&number));
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert_eq!(figures(&clerk, CITY).await, ["1", "0.0%", "0.0%", "1"]);
    assert_eq!(figures(&clerk, HOUSING).await, ["1", "100.0%", "0.0%", "0"]);
}
