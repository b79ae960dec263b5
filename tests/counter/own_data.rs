//! Her rights: to see what is known of her, to have it, to have it deleted.

use bianmin::store::misheard::MisheardWords;
use bianmin::store::{keys, list};

use super::county::{VILLAGER, county};

const REPLY: &str = "垃圾已经全部清走，以后每三天来拉一次，有事打平台电话。";

#[tokio::test]
async fn she_sees_and_gets_her_own_data_and_nobody_elses() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    county.say(VILLAGER, "咕噜咕噜咚 13800138000").await;
    county.say("oVillager00000000000000000003", "哗啦哗啦响").await;
    let mut phone = county.phone("li");
    phone.report().await;
    let said = county.talk(VILLAGER, &["我的资料", "1"]).await;
    assert!(
        said.contains("张三") && said.contains("13800138000") && said.contains("1件事"),
        "{said}"
    );
    let said = county.say(VILLAGER, "导出资料").await;
    let shown = format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..]);
    for part in ["姓名：张三", "电话：13800138000", &shown, "垃圾堆在路边", "都在上面了"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(
        said.contains("没听懂、留着改进的话，共1句，姓名号码已抹去：\n咕噜咕噜咚 （电话）"),
        "{said}"
    );
    for other in ["李四", "13900139000", "哗啦哗啦响"] {
        assert!(!said.contains(other), "{other}: {said}");
    }
    let said = county.say("oVillager00000000000000000003", "导出资料").await;
    assert!(!said.contains("张三") && said.contains("都在上面了"), "{said}");
}

#[tokio::test]
async fn deletion_takes_who_she_is_and_leaves_what_was_done() {
    let county = county().open().await;
    let number = county.report(VILLAGER).await;
    let said = county.talk(VILLAGER, &["删除资料", "1"]).await;
    assert!(said.contains("您还有1件事在办，办完才能删"), "{said}");
    let mut clerk = county.clerk().await;
    clerk.act(&number, "dispatch", &[("department", "城管")]).await;
    clerk.act(&number, "reply", &[("outcome", "solved"), ("text", REPLY)]).await;
    county.say(VILLAGER, "满意").await;
    county.say(VILLAGER, "咕噜咕噜咚").await;
    let kept = || list::<MisheardWords>(&*county.store, keys::all_misheard(), 9);
    assert_eq!(kept().await.unwrap().len(), 1);
    let said = county.talk(VILLAGER, &["删除资料", "2"]).await;
    assert!(said.contains("没有删"), "{said}");
    let said = county.talk(VILLAGER, &["删除资料", "1"]).await;
    assert!(said.starts_with("删掉了"), "{said}");
    assert!(kept().await.unwrap().is_empty(), "what she said and was not understood goes too");
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    assert!(page.contains(REPLY) && page.contains("已清除"), "{page}");
    assert!(!page.contains("尾号8000") && !page.contains("张**"), "{page}");
    let (_, page) = clerk.see(&number, "看还在不在").await;
    assert!(!page.contains("13800138000") && !page.contains("张三"), "{page}");
    assert!(county.say(VILLAGER, "查进度").await.contains("没有查到您的事"));
    let said = county.talk(VILLAGER, &["我的资料", "1"]).await;
    assert!(said.contains("反映过0件事") && !said.contains("13800138000"), "{said}");
}
