//! She is spoken to as she likes, from the moment she says so and on every later day.

use bianmin::dialog::{self, SourceFile};

use super::county::{VILLAGER, county};

const CHOICE: &str = "对话: speech
名称: 换个说法
入口:
  词: 换个说法
步骤:
  - 问: language
    类型: 单选
    说: 用哪种话？不换了回「取消」。
    选项:
      - 值: dialect
        字: 四川话
      - 值: own
        字: 普通话
  - 办: set_language
    失败: 换不了。
  - 说: 好的。
";

#[tokio::test]
async fn the_language_that_she_chose_stays_hers() {
    let county = county().open().await;
    let mut files = county.office.script().files().to_vec();
    files.push(SourceFile { name: "换个说法.yaml".into(), text: CHOICE.into() });
    let ours = "您在哪个村？直接回村名。";
    let rows = format!(
        "键,原文,译文,原文校验\nspeech.say_2.说,好的。,要得。,\nshop.village.说,{ours},你是哪个村的哦？,\n"
    );
    files.push(SourceFile { name: "翻译/四川话.csv".into(), text: rows });
    let script = dialog::load(&files).unwrap_or_else(|found| panic!("{}", found[0]));
    county.office.publish(script, "wangfang", false).await.unwrap();

    assert_eq!(county.say(VILLAGER, "村店").await, ours);
    county.say(VILLAGER, "取消").await;
    let said = county.talk(VILLAGER, &["换个说法", "1"]).await;
    assert_eq!(said, "要得。");
    assert_eq!(county.say(VILLAGER, "村店").await, "你是哪个村的哦？");
    county.say(VILLAGER, "取消").await;
    // Another one is spoken to as ever.
    assert_eq!(county.say("oVillager00000000000000000002", "村店").await, ours);
    // What nobody translated is said in the county's own words.
    let said = county.talk(VILLAGER, &["换个说法", "普通话"]).await;
    assert_eq!(said, "好的。");
    assert_eq!(county.say(VILLAGER, "村店").await, ours);
}
