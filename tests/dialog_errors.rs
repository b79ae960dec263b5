//! Every mistake that a script can hold, made once: it is found, at the right place, and said
//! in the words of `tests/fixtures/dialog_errors.txt`, which is there to be read aloud.
//! `UPDATE_EXPECTED=1` writes that file anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use bianmin::dialog::{self, Diagnostic, SourceFile};

const GOOD: &str = "\
对话: demo
名称: 试一试
入口:
  词: 试一试
  菜单键: DEMO
  短信: 7
步骤:
  - 问: village
    类型: 村庄
    说: 哪个村？
  - 问: kind
    类型: 单选
    说: 哪一种？
    选项:
      - 值: a
        字: 甲种
        词: 甲甲
      - 值: b
        字: 乙种
  - 问: detail
    类型: 长文
    说: 什么事？
    至少: 4字
    当: kind = a
  - 问: phone
    类型: 手机号
    默认: 来电号码
    说: 手机号？
    催问: 5分钟
  - 确认: 核对
    说: 【清单】对吗？
    列出: village、kind
  - 办: create_case
    得到: made
    失败: 没办成。
  - 说: 好了，【made.编号】。
    到此为止: 是
测试:
  - 名称: 走一遍
    渠道: 微信
    外部:
      create_case:
        编号: 126-000-016
    现场: |
      村民：试一试
      系统：哪个村？
";

/// In the dialog above: code, what stands there, what somebody wrote instead.
const DIALOG: &[(&str, &str, &str)] = &[
    ("E101", "  - 问: kind\n    类型", "  - 问: kind\n      类型"),
    ("E101", "说: 哪个村？", "说: 时间: 下午"),
    ("E103", "    说: 哪个村？", "\t说: 哪个村？"),
    ("E104", "词: 试一试", "词: [试一试，来一下]"),
    ("E105", "说: 哪个村？", "说: *哪个村？"),
    ("E106", "说: 哪个村？", "说: 请拨 #12345 热线"),
    ("E107", "步骤:\n", "---\n步骤:\n"),
    ("E200", "入口:\n  词: 试一试\n  菜单键: DEMO\n  短信: 7\n", "入口: 试一试\n"),
    ("E200", "    外部:\n      create_case:\n        编号: 126-000-016\n", "    外部: 没有\n"),
    ("E201", "名称: 试一试\n入口", "名称: 试一试\n入囗"),
    ("E201", "    说: 哪个村？", "    说: 哪个村？\n    至少: 3字"),
    ("E202", "名称: 试一试\n入口", "入口"),
    ("E202", "    类型: 村庄\n", ""),
    ("E202", "    失败: 没办成。\n", ""),
    (
        "E203",
        "    选项:\n      - 值: a\n        字: 甲种\n        词: 甲甲\n      - 值: b\n        字: 乙种\n",
        "    选项: 甲种、乙种\n",
    ),
    ("E204", "类型: 长文", "类型:\n      - 长文"),
    ("E205", "词: 甲甲", "词: 、"),
    ("E206", "到此为止: 是", "到此为止: 对"),
    ("E207", "至少: 4字", "至少: 几个字"),
    ("E208", "催问: 5分钟", "催问: 一会儿"),
    ("E209", "说: 哪个村？", "说:"),
    ("E211", "【清单】对吗？", "【清单对吗？"),
    ("E212", "问: village", "问: 村庄"),
    ("E212", "值: b", "值: 乙"),
    ("E213", "  短信: 7", "  短信: 7\n  样式: (甲"),
    ("E213", "  短信: 7", "  短信: 7\n  样式: 甲*"),
    ("E214", "  - 说: 好了，【made.编号】。\n    到此为止: 是\n", "  - 去: village\n"),
    ("E214", "列出: village、kind", "列出: village、kind\n    算: 合计 = 1"),
    ("E301", "问: kind", "问: village"),
    ("E302", "  - 办: create_case\n    得到: made\n", "  - 得到: made\n"),
    ("E303", "  - 办: create_case", "  - 办: create_case\n    确认: 核对"),
    ("E304", "当: kind = a", "当: kind 是 a"),
    ("E305", "问: phone", "问: time"),
    ("E306", "类型: 村庄", "类型: 村子"),
    ("E306", "类型: 村庄", "类型: 身份证"),
    ("E307", "默认: 来电号码", "默认: 13800138000"),
    ("E308", "    选项:\n", "    选项表: made\n    选项:\n"),
    ("E309", "      - 值: b\n        字: 乙种\n", ""),
    ("E310", "值: b", "值: a"),
    ("E310", "字: 乙种", "字: 甲种"),
    ("E311", "字: 乙种", "字: 乙种\n        词: 甲甲"),
    ("E312", "办: create_case", "办: creat_case"),
    ("E312", "      create_case:\n", "      make_case:\n"),
    ("E313", "    得到: made", "    得到: made\n    查: 所有人"),
    ("E402", "词: 试一试\n", "词: 试一试、取消\n"),
    ("E402", "词: 甲甲", "词: 人工"),
    ("E403", "短信: 7", "短信: 0"),
    (
        "E405",
        "    选项:\n      - 值: a\n        字: 甲种\n        词: 甲甲\n      - 值: b\n        字: 乙种\n",
        "    选项表: villages\n",
    ),
    ("E406", "列出: village、kind", "列出: village、kinds"),
    ("E407", "问: detail", "问: details"),
    ("E408", "好了，【made.编号】", "好了，【mode.编号】"),
    ("E409", "好了，【made.编号】", "好了，【made.号码】"),
    ("E409", "【清单】对吗？", "【清单】【village.乡镇】对吗？"),
    ("E410", "当: kind = a", "当: kind = c"),
    ("E410", "当: kind = a", "当: 渠道 = 电话"),
    ("E500", "渠道: 微信", "渠道: 电话"),
    (
        "E501",
        "    现场: |\n      村民：试一试\n      系统：哪个村？\n",
        "    现场:\n      - 村民：试一试\n",
    ),
    ("E503", "      系统：哪个村？", "      机器人：哪个村？"),
    ("E503", "      系统：哪个村？", "      〔过 一会儿〕"),
    ("E504", "    现场: |\n      村民：试一试\n      系统：哪个村？\n", "    现场: \"\"\n"),
    (
        "E505",
        "      create_case:\n        编号: 126-000-016\n",
        "      create_case:\n        - 编号: 1\n",
    ),
    ("E506", "编号: 126-000-016", "号码: 126-000-016"),
];

/// The same in the county's _全局.yaml.
const GLOBALS: &[(&str, &str, &str)] = &[
    ("E218", "    - 口令: 再说一遍\n      词: 再说一遍、没看清、重复\n", ""),
    ("E219", "    - 名称: 查进度\n", "    - 名称: 一\n      键: HELP\n    - 名称: 查进度\n"),
    ("E220", "口令: 取消", "口令: 取肖"),
    ("E221", "不客气: ", "不可气: "),
    ("E222", "    太快: 您发得太快了", "    太快: 【名称】发得太快了"),
    ("E223", "    太快: 您发得太快了，请等一分钟再发。\n", ""),
    ("E404", "键: HUMAN", "键: HUMEN"),
];

const NOTICES: &str = "\
通知:
  - 通知: replied
    说: 【编号】有答复了。
    答复后问: demo
";

const NOTICE_EDITS: &[(&str, &str, &str)] = &[
    ("E217", "通知:\n", "通知:\n  - 通知: replied\n    说: 又一次\n"),
    ("E224", "【编号】", "【编码】"),
    ("E401", "答复后问: demo", "答复后问: dem0"),
];

fn globals() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialogs/_全局.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    // Its menu leads to dialogs that are not here.
    text.replace("键: APPEAL", "键: DEMO").replace("键: STATUS", "键: HELP")
}

fn load(globals: &str, dialog: &str, notices: &str) -> Vec<Diagnostic> {
    let file = |name: &str, text: &str| SourceFile { name: name.into(), text: text.into() };
    let files =
        [file("_全局.yaml", globals), file("试一试.yaml", dialog), file("通知.yaml", notices)];
    dialog::load(&files).err().unwrap_or_default()
}

fn edited(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "there is no {from}");
    text.replacen(from, to, 1)
}

#[test]
fn every_mistake_is_said_where_it_is_and_how_to_mend_it() {
    assert_eq!(load(&globals(), GOOD, NOTICES), []);
    let mut all = String::new();
    let mut codes = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut add = |code: &str, found: Vec<Diagnostic>| {
        let Some(first) = found.first() else { return wrong.push(format!("{code}: not found")) };
        codes.insert(code.to_owned());
        let count = first.line_text.chars().count();
        if first.code != code {
            wrong.push(format!("{code} is said as {first}"));
        } else if found.len() > 3 {
            wrong.push(format!("{code}: one mistake is said {} times", found.len()));
        } else if !first.message.ends_with(['。', '？']) || first.column > count + 1 {
            wrong.push(format!("{code}: badly said: {first}"));
        }
        for diagnostic in &found {
            writeln!(all, "{diagnostic}\n").unwrap();
        }
    };
    for (code, from, to) in DIALOG {
        add(code, load(&globals(), &edited(GOOD, from, to), NOTICES));
    }
    for (code, from, to) in GLOBALS {
        add(code, load(&edited(&globals(), from, to), GOOD, NOTICES));
    }
    for (code, from, to) in NOTICE_EDITS {
        add(code, load(&globals(), GOOD, &edited(NOTICES, from, to)));
    }
    let other = edited(GOOD, "对话: demo", "对话: other");
    let twice = |second: String| {
        let file = |name: &str, text: String| SourceFile { name: name.into(), text };
        let files =
            [file("_全局.yaml", globals()), file("a.yaml", GOOD.into()), file("b.yaml", second)];
        dialog::load(&files).err().unwrap_or_default()
    };
    add("E216", twice(other.clone()));
    add("E403", twice(edited(&other, "词: 试一试\n", "词: 另一个\n")));
    add("E217", twice(edited(GOOD, "词: 试一试\n", "词: 另一个\n")));
    add("E100", load(&globals(), &"# 长\n".repeat(200_000), NOTICES));
    add("E102", load(&globals(), "# 只有注释\n", NOTICES));
    add(
        "E108",
        dialog::load(&[SourceFile { name: "a.yaml".into(), text: GOOD.into() }]).unwrap_err(),
    );
    add("E210", load(&globals(), &edited(GOOD, "哪个村？", &"哪个村？".repeat(200)), NOTICES));
    let step = "  - 问: village\n";
    let many: String = (0..101).map(|n| format!("  - 说: 第{n}步\n")).collect::<String>() + step;
    add("E300", load(&globals(), &edited(GOOD, step, &many), NOTICES));
    let steps = GOOD.split_once("步骤:\n").unwrap().0.to_owned() + "步骤:\n";
    add("E215", load(&globals(), &steps, "通知:\n"));
    let line = "      系统：哪个村？\n";
    add("E502", load(&globals(), &edited(GOOD, line, &line.repeat(201)), NOTICES));

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known = known_codes();
    let unseen: Vec<&String> = known.difference(&codes).collect();
    assert!(unseen.is_empty(), "no script shows {unseen:?}");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dialog_errors.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, &all).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (is, should) in all.lines().zip(expected.lines()) {
        assert_eq!(is, should);
    }
    assert_eq!(all.lines().count(), expected.lines().count());
}

/// All codes that stand in the sources.
fn known_codes() -> BTreeSet<String> {
    let pattern = regex::Regex::new("\"(E[0-9]{3})\"").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dialog");
    let mut codes = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        codes.extend(pattern.captures_iter(text).map(|found| found[1].to_owned()));
    }
    assert!(codes.len() > 50, "{codes:?}");
    codes
}

/// What a Chinese keyboard makes of a script is understood, and means the same.
#[test]
fn typing_that_can_be_mended_is_mended() {
    for (from, to) in [
        ("    类型: 村庄", "    类型：村庄"),
        ("    类型: 村庄", "    类型:村庄"),
        ("    类型: 村庄", "\u{3000}\u{3000}类型: 村庄"),
        ("当: kind = a", "当: kind＝a"),
        ("列出: village、kind", "列出: village，kind"),
        ("      村民：试一试", "      村民:试一试"),
        ("对话: demo", "\u{feff}对话: demo"),
    ] {
        let found = load(&globals(), &edited(GOOD, from, to), NOTICES);
        assert!(found.is_empty(), "{to}: {}", found[0]);
    }
    assert!(load(&globals(), &GOOD.replace('\n', "\r\n"), NOTICES).is_empty());
}
