//! `bianmin graph`: a dialog, or all of them, as a picture.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::program::Home;

/// The words of a picture; fails when it is no XML.
fn words(svg: &str) -> String {
    let mut reader = Reader::from_str(svg);
    let mut words = String::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Text(text) => words += &text,
            Event::Eof => return words,
            _ => {}
        }
    }
}

#[test]
fn a_dialog_is_drawn_with_its_questions_and_conditions() {
    let home = Home::new();
    let drawn = home.run(&["graph", "反映问题"]);
    assert!(drawn.status.success());
    let words = words(&String::from_utf8(drawn.stdout).unwrap());
    for part in ["1 问 村庄", "3 问 事项", "不问，她说了就收下", "9 办", "结束"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let mermaid = home.run(&["graph", "danger", "--format", "mermaid"]);
    let mermaid = String::from_utf8(mermaid.stdout).unwrap();
    assert!(mermaid.starts_with("flowchart") && mermaid.contains("答案是「着火」"), "{mermaid}");
}

#[test]
fn all_dialogs_are_one_picture_and_an_unknown_one_is_said() {
    let home = Home::new();
    let file = home.path("all.svg");
    assert!(home.run(&["graph", "--all", "-o", file.to_str().unwrap()]).status.success());
    let words = words(&std::fs::read_to_string(file).unwrap());
    for part in ["反映问题", "查进度", "催办"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let wrong = home.run(&["graph", "没有的"]);
    assert!(!wrong.status.success());
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(said.contains("没有对话「没有的」") && said.contains("appeal（反映问题）"), "{said}");
}
