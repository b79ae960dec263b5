//! 约上门: agreed with her, told to her, and on the list of the day.

use bianmin::office::Role;

use super::county::{VILLAGER, county, part};

const SIGNER: &str = "oVillager00000000000000000002";

#[tokio::test]
async fn an_agreed_visit_is_told_and_on_the_list_of_the_day() {
    let mut county = county().open().await;
    let number = county.report(VILLAGER).await;
    county.talk(SIGNER, &["大黑坨村的垃圾堆在路边十几天没人拉", "对", "1"]).await;
    county.clerk().await.act(&number, "dispatch", &[("department", "城管")]).await;
    {
        let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
        let past = [("at", "2026-11-20T09:00"), ("who", "城管局张师傅")];
        let (status, page) = lead.try_act(&number, "agree_visit", &past).await;
        assert!(status == 422 && page.contains("上门的时间不对"), "{page}");
        let visit = [("at", "2026-11-24T09:00"), ("who", "城管局张师傅"), ("note", "带铲子")];
        lead.act(&number, "agree_visit", &visit).await;
        let page = lead.get(&format!("/desk/cases/{number}")).await;
        assert!(page.contains("约好上门") && page.contains("11月24日9:00　城管局张师傅"), "{page}");
        let other = county.staff("住建经办", Role::Department, Some("住建")).await;
        let clerk = county.clerk_again().await;
        for (who, is_there) in [(&lead, true), (&clerk, true), (&other, false)] {
            let list = who.get("/desk/visits?day=2026-11-24").await;
            assert_eq!(list.contains(&format!("/desk/cases/{number}\"")), is_there, "{list}");
        }
        assert!(lead.get("/desk/visits?day=2026-11-25").await.contains("没有约好的上门"));
        let keeper = county.keeper().await;
        assert_eq!(keeper.try_get("/desk/visits").await.0, 404);
    }
    let told = county.inbox(VILLAGER);
    let told = told.last().unwrap();
    for part in ["11月24日9:00", "城管局张师傅"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("带铲子"), "{told}");
    assert!(!county.inbox(SIGNER).iter().any(|text| text.contains("张师傅")), "it is not her door");
    // Its time passes, and nobody says what came of it.
    county.pass(54 * 3_600).await;
    let mut lead = county.again("城管经办").await;
    let list = lead.get("/desk/visits").await;
    assert!(part(&list, "还没有记结果的", "</table>").contains("城管局张师傅"), "{list}");
    lead.act(&number, "note_visit", &[("kept", "no"), ("note", "家里没有人")]).await;
    assert!(!lead.get("/desk/visits").await.contains("城管局张师傅"));
    let page = lead.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("没见上") && page.contains("家里没有人"), "{page}");
    // Another one, and it is called off: she is told why.
    lead.act(&number, "agree_visit", &[("at", "2026-11-26T09:00"), ("who", "李师傅")]).await;
    county.say(VILLAGER, "查进度").await;
    lead.act(&number, "cancel_visit", &[("reason", "下大雪，路不通")]).await;
    let told = county.inbox(VILLAGER);
    assert!(told.last().unwrap().contains("下大雪，路不通"), "{told:?}");
}
