//! 求助, 投诉, 举报: what she wants is asked at every terminal, may be put right, and has consequences.

use bianmin::office::Role;

use super::county::{VILLAGER, county, part};

const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";

#[tokio::test]
async fn the_desk_and_the_web_ask_what_she_wants() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let form = clerk.get("/desk/new").await;
    let choice = part(&form, "<select id=\"kind\" name=\"kind\">", "</select>").to_owned();
    for kind in ["consult", "help", "complaint", "report", "suggestion", "praise"] {
        assert!(choice.contains(&format!("value=\"{kind}\"")), "{kind}: {choice}");
    }
    let public = county.nobody().get("/report").await;
    assert!(part(&public, "name=\"kind\">", "</select>").contains("\"report\">举报"), "{public}");
    for (kind, text, wanted, confidential) in [
        ("report", "村会计多报了补贴", "举报", true),
        ("", "我要举报村会计多报了补贴款", "举报", true),
        ("consult", "低保要带什么", "咨询", false),
        ("", "村口路灯坏了", "求助", false),
    ] {
        clerk.csrf = clerk.csrf_of("/desk/new").await;
        let fields = [
            ("phone", "13800138000"),
            ("village", "胡家坨镇大黑坨村"),
            ("kind", kind),
            ("text", text),
        ];
        assert_eq!(clerk.post("/desk/new", &fields).await.0, 303);
        let number = part(&clerk.get("/desk").await, "href=\"/desk/cases/", "\"").to_owned();
        let page = clerk.get(&format!("/desk/cases/{number}")).await;
        let shown = format!("<dt>诉求类型</dt><dd>{wanted}</dd>");
        assert!(page.contains(&shown), "{kind} {text}: {page}");
        assert_eq!(page.contains("<dt>保密</dt>"), confidential, "{kind} {text}");
    }
}

#[tokio::test]
async fn a_kind_put_right_is_reviewed_as_what_it_is() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let path = format!("/desk/cases/{number}");
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    let mut lead = county.staff("城管经办", Role::Department, Some("城管")).await;
    assert!(!lead.get(&path).await.contains("id=\"change_kind\""), "it is the platform's");
    let same = [("kind", "help"), ("reason", "没有变")];
    let (status, page) = clerk.try_act(&number, "change_kind", &same).await;
    assert!(status == 422 && page.contains("已经是求助了"), "{page}");
    clerk.act(&number, "change_kind", &[("kind", "report"), ("reason", "她说是举报")]).await;
    let page = clerk.get(&path).await;
    for part in ["<dt>诉求类型</dt><dd>举报</dd>", "<dt>保密</dt>", "（原来：求助） 她说是举报"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Whose it is the department no longer sees, its answer is looked at, and nobody takes it back.
    assert!(lead.get(&path).await.contains("保密诉求人"));
    lead.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    assert!(clerk.get(&path).await.contains("待审核"));
    let ledger = clerk.get("/desk/ledgers?kind=cases&month=2026-11").await;
    assert!(part(&ledger, "<tbody>", "</tbody>").contains("<td>举报</td>"), "{ledger}");
}
