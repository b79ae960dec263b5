//! Kinds of questions and conditions that the county's own dialogs do not use yet, as a clerk
//! would write them.

use std::path::Path;

use bianmin::county::Places;
use bianmin::dialog::{self, SourceFile};

const DIALOG: &str = "\
对话: loan
名称: 借农具
入口:
  词: 借农具
步骤:
  - 问: days
    类型: 数量
    说: 借几天？
    最少: 1
    最多: 30
    不合规:
      - 当: days > 7
        说: 最多借7天，请回1到7。
    听不懂:
      - 请回天数，例如：3。
  - 问: driver
    类型: 是否
    说: 要人开吗？回「要」或「不要」。
    听不懂:
      - 请回「要」或「不要」。
  - 问: where
    类型: 短文
    说: 送到谁家？
    当: driver = 是
  - 说: 现在上班，马上给您派。
    当: 是否上班 且 时间 ≥ 08:30
  - 说: 借【days】天，送到【where】。
    当: 有 where
  - 说: 借【days】天，您自己来拿。
    当: 没有 where
测试:
  - 名称: 超过了不行，半天不懂
    渠道: 微信
    现场: |
      村民：借农具
      系统：借几天？
      村民：十天
      系统：最多借7天，请回1到7。
      〔没有 days〕
      村民：很久
      系统：请回天数，例如：3。
      村民：俩
      〔days = 2〕
      系统：要人开吗？…
      村民：也许
      系统：请回「要」或「不要」。
      村民：要
      系统：送到谁家？
      村民：村东老王家
      系统：现在上班，马上给您派。
      系统：借2天，送到村东老王家。
  - 名称: 不用人开
    渠道: 短信
    现场: |
      村民：借农具
      村民：三天
      村民：不要
      系统：现在上班，马上给您派。
      系统：借3天，您自己来拿。
  - 名称: 三次不合规也转人工
    渠道: 微信
    现场: |
      村民：借农具
      村民：8
      村民：9
      系统：最多借7天，请回1到7。
      村民：10
      〔转人工〕
";

#[test]
fn every_kind_of_question_is_answered() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let globals = read("dialogs/_全局.yaml").replace("键: APPEAL", "键: HELP");
    let file = |name: &str, text: String| SourceFile { name: name.into(), text };
    let files = [
        file("_全局.yaml", globals.replace("键: STATUS", "键: BACK")),
        file("借农具.yaml", DIALOG.to_owned()),
    ];
    let script = dialog::load(&files)
        .unwrap_or_else(|found| panic!("{}", found.first().map(ToString::to_string).unwrap()));
    let table = |name: &str| read(&format!("county/{name}.csv"));
    let places = Places::parse(&table("places"), &table("aliases"), &table("neighbours")).unwrap();
    let report = dialog::run_tests(&script, &places);
    assert!(report.passed() && report.run == 3, "{report}");
}
