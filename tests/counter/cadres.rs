//! Who complains of a cadre is not known where he sits, also where nobody was asked against whom it
//! is; and what she wants is kept as she says it.

use bianmin::office::Role;

use super::county::{Clerk, County, VILLAGER, county, number_in};

const OTHER: &str = "oVillager00000000000000000002";
const THIRD: &str = "oVillager00000000000000000003";
/// 胡家坨镇大黑坨村
const HER_VILLAGE: &str = "130225102216";

/// Says one message after another until the case is filed.
async fn told(county: &County, who: &str, texts: &[&str]) -> String {
    let mut said = county.talk(who, texts).await;
    for _ in 0..3 {
        said = match said {
            said if said.contains("收到了，编号") => return number_in(&said),
            said if said.contains("单独办") => county.say(who, "2").await,
            said if said.contains("哪方面") => county.say(who, "别的").await,
            _ => county.say(who, "对").await,
        };
    }
    number_in(&said)
}

async fn page_of(clerk: &Clerk<'_>, number: &str) -> String {
    clerk.get(&format!("/desk/cases/{number}")).await
}

fn wants(page: &str, kind: &str) -> bool {
    page.contains(&format!("<dt>诉求类型</dt><dd>{kind}</dd>"))
}

/// Neither those of her village nor those of her township see it, and who handles it not whose it is.
async fn is_hidden(county: &County, number: &str) {
    let path = format!("/desk/cases/{number}");
    for (name, role, place) in
        [("代办员", Role::Agent, HER_VILLAGE), ("赵乡", Role::Township, "胡家坨镇")]
    {
        let nearby = county.staff(name, role, Some(place)).await;
        assert_eq!(nearby.try_get(&path).await.0, 404, "{name}");
        assert!(!nearby.get("/desk").await.contains(number), "{name}");
    }
    let mut clerk = county.clerk_again().await;
    let page = page_of(&clerk, number).await;
    assert!(page.contains("<dt>保密</dt>"), "{page}");
    clerk.act(number, "dispatch", &[("department", "纪委监委")]).await;
    let lead = county.staff("纪委经办", Role::Department, Some("纪委监委")).await;
    let page = lead.get(&path).await;
    assert!(page.contains("保密诉求人") && !page.contains("13800138000"), "{page}");
}

#[tokio::test]
async fn a_report_is_one_also_when_the_matter_comes_in_the_next_message() {
    let county = county().open().await;
    let matter = "村会计把我家的补贴款扣了不给，我叫张三，电话13800138000";
    let number = told(&county, VILLAGER, &["我要举报", "大黑坨村", matter]).await;
    assert!(wants(&page_of(&county.clerk().await, &number).await, "举报"));
    is_hidden(&county, &number).await;
}

#[tokio::test]
async fn what_is_about_cadres_is_hidden_by_its_kind() {
    let county = county().open().await;
    let text = "大黑坨村的村支书优亲厚友，吃拿卡要，我叫张三，电话13800138000";
    let number = told(&county, VILLAGER, &[text]).await;
    let page = page_of(&county.clerk().await, &number).await;
    assert!(page.contains("干部作风反映"), "{page}");
    is_hidden(&county, &number).await;
}

#[tokio::test]
async fn a_complaint_that_names_a_cadre_is_hidden() {
    let county = county().open().await;
    let text = "村支书把路灯都装在自己家门口，我叫张三，电话13800138000";
    let number = told(&county, VILLAGER, &["我要投诉", "大黑坨村", text]).await;
    assert!(wants(&page_of(&county.clerk().await, &number).await, "投诉"));
    is_hidden(&county, &number).await;
}

#[tokio::test]
async fn put_among_those_that_are_confidential_it_becomes_so() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let near = county.staff("代办员", Role::Agent, Some(HER_VILLAGE)).await;
    assert_eq!(near.try_get(&format!("/desk/cases/{number}")).await.0, 200);
    let mut clerk = county.clerk().await;
    let sorted = [("department", "纪委监委"), ("category", "1604")];
    clerk.act(&number, "dispatch", &sorted).await;
    assert_eq!(near.try_get(&format!("/desk/cases/{number}")).await.0, 404);
    let lead = county.staff("纪委经办", Role::Department, Some("纪委监委")).await;
    let page = lead.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains("保密诉求人") && !page.contains("13800138000"), "{page}");
}

#[tokio::test]
async fn it_does_not_go_to_the_office_that_her_words_name() {
    let county = county().open().await;
    let mut clerk = county.clerk().await;
    let text = "县住房和城乡建设局窗口的人态度不好";
    let number = clerk.file("13800138001", "1601", text).await;
    let to = [("department", "住建")];
    let (status, page) = clerk.try_act(&number, "dispatch", &to).await;
    assert!(status == 422 && page.contains("反映的就是"), "{page}");
    let why = [("department", "住建"), ("despite", "由机关纪委查")];
    clerk.act(&number, "dispatch", &why).await;
}

#[tokio::test]
async fn what_she_wants_is_kept_as_she_says_it() {
    let county = county().open().await;
    let clerk = county.clerk().await;
    for (who, texts, kind) in [
        (VILLAGER, &["投诉", "大黑坨村", "物业收了钱不打扫楼道"][..], "投诉"),
        (OTHER, &["我有个建议", "小黑坨村", "村口路口多装一盏路灯"], "建议"),
        (THIRD, &["表扬", "大黑坨村", "表扬网格员小王，帮我娘买药送到家"], "表扬"),
        (VILLAGER, &["反映问题", "小黑坨村", "我投诉过三次了，路灯还是不亮"], "求助"),
        (OTHER, &["反映问题", "大黑坨村", "我想咨询一下，麦子什么时候种合适"], "咨询"),
    ] {
        let number = told(&county, who, texts).await;
        let page = page_of(&clerk, &number).await;
        assert!(wants(&page, kind), "{texts:?} {kind}: {page}");
    }
}
