//! `bianmin chat --record`: what was tried becomes a test that passes.

use super::program::{Home, said};

const TALK: &str = "投诉\n大黑坨\n/wait 40\n路灯坏了，晚上看不见路\n没有\n不留名\n/quit\n";

#[test]
fn a_recorded_conversation_is_a_test_that_passes() {
    let home = Home::new();
    let before = home.done(&["test"]);
    let chat = home.run_with(&["chat", "--record", "dialogs/反映问题.yaml"], TALK);
    assert!(chat.status.success(), "{}", said(&chat));
    assert!(said(&chat).contains("录在 dialogs/反映问题.yaml"), "{}", said(&chat));
    let text = std::fs::read_to_string(home.path("dialogs/反映问题.yaml")).unwrap();
    let recorded = &text[text.rfind("  - 名称: 录的对话").unwrap()..];
    assert!(recorded.contains("      村民：投诉\n      系统："), "{recorded}");
    assert!(recorded.contains("〔过 40分钟〕"), "{recorded}");
    let after = home.done(&["test"]);
    assert_ne!(before, after, "one test more");
}

#[test]
fn a_new_file_says_where_its_lines_belong() {
    let home = Home::new();
    let chat = home.run_with(&["chat", "--record", "录.yaml"], "查进度\n/quit\n");
    assert!(chat.status.success(), "{}", said(&chat));
    let text = std::fs::read_to_string(home.path("录.yaml")).unwrap();
    assert!(text.contains("粘到对话文件的「测试:」下面"), "{text}");
    assert!(text.contains("      村民：查进度\n"), "{text}");
    // Pasted, it passes.
    let lines = &text[text.find("  - 名称:").unwrap()..];
    let file = std::fs::read_to_string(home.path("dialogs/查进度.yaml")).unwrap();
    home.write("dialogs/查进度.yaml", format!("{file}\n{lines}"));
    home.done(&["test"]);
}

#[test]
fn where_it_can_not_be_written_is_said_before_a_word_is_lost() {
    let home = Home::new();
    home.write("没有字.yaml", [0xff, 0xfe]);
    let refused = home.run_with(&["chat", "--record", "没有字.yaml"], TALK);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("没有字.yaml"), "{}", said(&refused));
    assert!(!said(&refused).contains("大黑坨"), "{}", said(&refused));
}
