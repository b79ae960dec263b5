//! A script changes while people are in the middle of it.

use std::sync::Arc;

use bianmin::dialog::{self, Script};
use bianmin::office::PublishError;
use bianmin::store::{MemoryEngine, Store};

use super::county::{County, VILLAGER, county};

const ANOTHER: &str = "oVillager00000000000000000002";
const BEGINNING: [&str; 3] = ["投诉", "大黑坨村", "村东头的路坑坑洼洼"];

const APPEAL: &str = "反映问题.yaml";

/// The county's script with some words of one dialog replaced.
fn edited(county: &County, name: &str, edits: &[(&str, &str)]) -> Script {
    let mut files = county.office.script().files().to_vec();
    let file = files.iter_mut().find(|file| file.name == name).unwrap();
    for (old, new) in edits {
        assert!(file.text.contains(old), "{old}");
        file.text = file.text.replace(old, new);
    }
    // Its transcripts speak of the old one.
    let tests = file.text.find("\n测试:").unwrap();
    file.text.truncate(tests);
    dialog::load(&files).unwrap_or_else(|found| panic!("{}", found[0]))
}

/// Her name is asked for, which nobody did before.
fn asks_names(county: &County) -> Script {
    edited(county, APPEAL, &[("类型: 姓名\n    不问: 是\n", "类型: 姓名\n")])
}

#[tokio::test]
async fn texts_float() {
    let county = county().open().await;
    county.talk(VILLAGER, &BEGINNING[..1]).await;
    let new = edited(&county, APPEAL, &[("请说说是什么事，", "请讲讲是什么事，")]);
    let old = county.office.script();
    assert_eq!(new.structure_hash, old.structure_hash);
    assert_ne!(new.text_hash, old.text_hash);
    let published = county.office.publish(new, "wangfang", false).await.unwrap();
    assert_eq!(published.re_asked, []);
    let said = county.say(VILLAGER, BEGINNING[1]).await;
    assert!(said.starts_with("请讲讲是什么事"), "{said}");
}

#[tokio::test]
async fn a_new_structure_is_for_those_who_begin() {
    let store: Store = Arc::new(MemoryEngine::default());
    let before = county().store(store.clone()).open().await;
    before.office.adopt_script().await.unwrap();
    before.talk(VILLAGER, &BEGINNING[..2]).await;
    let new = asks_names(&before);
    let files = new.files().to_vec();
    before.office.publish(new, "wangfang", false).await.unwrap();
    let said = before.talk(ANOTHER, &BEGINNING).await;
    assert!(said.starts_with("怎么称呼您"), "{said}");

    // After a restart the old snapshot comes from the store.
    let after = county().store(store).open().await;
    let live = dialog::load(&files).unwrap();
    after.office.publish(live, "wangfang", false).await.unwrap();
    // Her phone numbers messages anew: the first two are taken for those of before.
    after.talk(VILLAGER, &["帮助"; 2]).await;
    let said = after.say(VILLAGER, BEGINNING[2]).await;
    assert!(said.starts_with("请您核对"), "{said}");
}

#[tokio::test]
async fn put_live_at_once_answers_are_carried_over() {
    let county = county().open().await;
    county.talk(VILLAGER, &BEGINNING).await;
    let new = asks_names(&county);
    county.office.publish(new, "wangfang", true).await.unwrap();
    let said = county.say(VILLAGER, "对").await;
    assert!(said.starts_with("问题有更新，您填过的还在。"), "{said}");
    assert!(said.contains("怎么称呼您"), "{said}");
    let last = county.say(VILLAGER, "张三").await;
    assert!(last.contains("大黑坨村") && last.contains("村东头的路坑坑洼洼"), "{last}");
}

#[tokio::test]
async fn what_would_lose_answers_is_refused_and_counted() {
    let county = county().open().await;
    county.talk(VILLAGER, &BEGINNING).await;
    county.talk(ANOTHER, &BEGINNING[..2]).await;
    let text = ("  - 问: village\n    类型: 村庄", "  - 问: village\n    类型: 短文");
    let refused = county.office.publish(edited(&county, APPEAL, &[text]), "wangfang", false).await;
    let Err(PublishError::Blocked(found)) = refused else { panic!("{refused:?}") };
    assert!(found.len() == 1 && found[0].contains("「village」的类型变了"), "{found:?}");
    let option = [("- 值: gas\n", "- 值: smell\n"), ("当: danger = gas", "当: danger = smell")];
    let new = edited(&county, "紧急.yaml", &option);
    let refused = county.office.publish(new, "wangfang", false).await;
    let Err(PublishError::Blocked(found)) = refused else { panic!("{refused:?}") };
    assert!(found[0].contains("选项「煤气漏了」（gas）没有了"), "{found:?}");

    let told = ("负责人: ", "升级:\n  丢弃: village\n负责人: ");
    let new = edited(&county, APPEAL, &[text, told]);
    let counted = county.office.re_asked(&new).await.unwrap();
    let counted: Vec<String> = counted.iter().map(ToString::to_string).collect();
    assert_eq!(counted, ["「反映问题」：2个人要重新回答 village"]);
    county.office.publish(new, "wangfang", true).await.unwrap();
    let said = county.say(ANOTHER, "垃圾没人拉").await;
    assert!(said.contains("这件事在哪个村"), "{said}");
}

#[tokio::test]
async fn there_is_a_way_back() {
    let store: Store = Arc::new(MemoryEngine::default());
    let county = county().store(store.clone()).open().await;
    county.office.adopt_script().await.unwrap();
    let first = county.office.script().hash.clone();
    let new = edited(&county, APPEAL, &[("请说说是什么事，", "请讲讲是什么事，")]);
    let second = county.office.publish(new, "wangfang", false).await.unwrap().hash;
    let kept: Vec<String> =
        county.office.snapshots().await.unwrap().into_iter().map(|kept| kept.hash).collect();
    assert!(kept.contains(&first) && kept.contains(&second), "{kept:?}");
    county.office.roll_back(&first, "wangfang", false).await.unwrap();
    let said = county.talk(VILLAGER, &BEGINNING[..2]).await;
    assert!(said.starts_with("请说说是什么事"), "{said}");
    let refused = county.office.roll_back("gone", "wangfang", false).await;
    assert!(matches!(refused, Err(PublishError::NoSuchSnapshot(_))), "{refused:?}");
}
