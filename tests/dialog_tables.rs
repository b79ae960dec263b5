//! Tables as office programs save them, and tables that change while somebody looks at a menu.

use std::fs;
use std::path::Path;

use bianmin::dialog::{
    self, Conversation, Effect, Env, Event, Gazetteer, Medium, PlaceFound, Script, SourceFile,
};

fn decoded(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tables");
    let bytes = fs::read(folder.join(name)).unwrap();
    let file = dialog::decode(&format!("表/{name}"), &bytes).unwrap();
    file.text.trim_start_matches('\u{feff}').replace("\r\n", "\n")
}

#[test]
fn every_encoding_gives_the_same_text() {
    let expected = "编号,名称,别名\n1,张家村店,张家店、村口店\n2,\"李家, 村店\",\n";
    for name in ["utf8.csv", "utf8-mark.csv", "gb18030.csv", "utf16.csv"] {
        assert_eq!(decoded(name), expected, "{name}");
    }
}

/// Long numbers, dates and ticks come out as the clerk sees them; row 3 is empty.
#[test]
fn a_workbook_is_read_as_it_looks() {
    let expected = "\
编号,名称,电话,开业,营业,说明
1,张家村店,13800138000,2026-12-01,是,\"带公章
带身份证\"
,,,,,
2.5,李家村店,,,否,
";
    assert_eq!(decoded("workbook.xlsx"), expected);
}

struct NoPlaces;

impl Gazetteer for NoPlaces {
    fn find(&self, _: &str, _: bool) -> PlaceFound {
        PlaceFound::None
    }
}

/// The order dialog of the fixtures over a table with these rows.
fn script(rows: &[&str]) -> Script {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let header = "编号,类别,名称,单位,价格,在售,别名";
    let file = |name: &str, text: String| SourceFile { name: name.into(), text };
    let mut order = read("scripts/订货/订货.yaml");
    order.truncate(order.find("\n测试:").unwrap());
    let files = [
        file("_全局.yaml", read("dialogs/good/_全局.yaml")),
        file("订货.yaml", order),
        file("表/商品.csv", format!("{header}\n{}\n", rows.join("\n"))),
    ];
    dialog::load(&files).unwrap()
}

struct Chat(Conversation);

impl Chat {
    fn says(&mut self, script: &Script, text: &str) -> String {
        let env = Env {
            now: "2026-11-23T10:00:00+08:00".parse().unwrap(),
            medium: Medium::Sms,
            phone: None,
            places: &NoPlaces,
            home: None,
            language: None,
            working: true,
        };
        let turn = dialog::step(script, &self.0, &Event::Text(text.into()), &env).unwrap();
        self.0 = turn.conversation;
        let said = turn.effects.into_iter().filter_map(|effect| match effect {
            Effect::Say(text) => Some(text),
            _ => None,
        });
        said.collect::<Vec<_>>().join(" ")
    }
}

const UREA: &str = "P01,化肥,尿素,袋,120,是,";
const COMPOUND: &str = "P02,化肥,复合肥,袋,150,是,";
const POTASH: &str = "P07,化肥,钾肥,袋,170,是,";

/// The texts float under a running conversation, the numbers of a menu do not.
#[test]
fn a_number_means_what_she_saw() {
    let before = script(&[UREA, COMPOUND]);
    let after = script(&[POTASH, UREA, COMPOUND]);
    let mut chat = Chat(Conversation::default());
    chat.says(&before, "试订");
    assert_eq!(chat.says(&before, "1"), "要哪一种？ 1 尿素 2 复合肥");
    assert_eq!(chat.says(&after, "2"), "复合肥，每袋150元。要几袋？");
}

#[test]
fn what_is_gone_meanwhile_is_told_and_asked_again() {
    let before = script(&[UREA, COMPOUND]);
    let after = script(&[POTASH, UREA]);
    let mut chat = Chat(Conversation::default());
    chat.says(&before, "试订");
    chat.says(&before, "1");
    let said = chat.says(&after, "2");
    assert_eq!(said, "刚才那一项没有了，请重新选。 要哪一种？ 1 钾肥 2 尿素");
}

/// The price that she saw is the price of what she chose, whatever the table says later.
#[test]
fn a_chosen_row_is_kept_as_it_was() {
    let before = script(&[UREA, COMPOUND]);
    let after = script(&["P01,化肥,尿素,袋,999,是,", COMPOUND]);
    let mut chat = Chat(Conversation::default());
    chat.says(&before, "试订");
    chat.says(&before, "1");
    chat.says(&before, "1");
    assert_eq!(chat.says(&after, "再说一遍"), "尿素，每袋120元。要几袋？");
}
