//! The phone beside the editor: all that she did so far is done again to the script as it is
//! now. Written as in a transcript, so that a chat can be kept as a test.

use std::fmt::Write;

use crate::dialog::rehearse::replay::{Session, one_line};
use crate::dialog::rehearse::transcript::{self, Transcript};
use crate::dialog::run::event::Gazetteer;
use crate::dialog::run::trace::Spot;
use crate::dialog::script::words::Medium;
use crate::dialog::script::{Dialog, Script};

pub const CHAT_LINES_MAX: usize = 60;
const NAME_CHARS_MAX: usize = 30;

/// One thing that she did, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// A line of a transcript: 村民：…, 〔照片〕.
    pub hers: String,
    pub said: Vec<String>,
    /// 〔办 …〕〔转人工〕〔留给工作人员〕
    pub marks: Vec<String>,
    pub misheard: bool,
    /// Why it can not be done or goes no further.
    pub wrong: Option<String>,
}

/// Each line of `did` is one thing that she does. What is wrong ends the chat.
pub fn chat(script: &Script, places: &dyn Gazetteer, medium: Medium, did: &str) -> Vec<Exchange> {
    let Some(dialog) = script.dialogs.values().next() else { return Vec::new() };
    let test = Transcript::blank(medium);
    let mut session = Session::new(script, places, dialog, &test);
    let mut talk = Vec::new();
    let lines = did.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines.take(CHAT_LINES_MAX) {
        let done = session.done();
        let played = transcript::one(line).and_then(|event| match event.is_done() {
            true => session.play(&event),
            false => Err(format!("「{line}」不是村民做的事，手机上不用写。")),
        });
        let wrong = played.err();
        let ends = wrong.is_some();
        talk.push(Exchange {
            hers: line.to_owned(),
            said: session.heard(),
            marks: session.marks(done),
            misheard: session.misheard(),
            wrong,
        });
        if ends {
            break;
        }
    }
    talk
}

/// What somebody does in one of the tests until she is asked this, as lines of a chat.
pub fn way_to(
    script: &Script,
    places: &dyn Gazetteer,
    spot: &Spot,
) -> Option<(Medium, Vec<String>)> {
    let (own, others): (Vec<&Dialog>, Vec<&Dialog>) =
        script.each_dialog().partition(|dialog| dialog.id == spot.dialog);
    let tests = own.into_iter().chain(others).flat_map(|dialog| {
        let plain = dialog.tests.iter().filter(|test| test.stubs.is_empty());
        plain.map(move |test| (dialog, test))
    });
    let mut ways = tests.filter_map(|(dialog, test)| {
        way_in(script, places, dialog, test, spot).map(|way| (test.medium, way))
    });
    ways.next()
}

fn way_in(
    script: &Script,
    places: &dyn Gazetteer,
    dialog: &Dialog,
    test: &Transcript,
    spot: &Spot,
) -> Option<Vec<String>> {
    let file = script.files.iter().find(|file| file.name == dialog.file)?;
    let written: Vec<&str> = file.text.lines().collect();
    let blank = Transcript::blank(test.medium);
    let mut session = Session::new(script, places, dialog, &blank);
    let mut way = Vec::new();
    for (number, line) in test.lines.iter().filter(|(_, line)| !line.is_fact()) {
        if !line.is_done() {
            return None;
        }
        session.play(line).ok()?;
        way.push((*written.get(number.checked_sub(1)?)?).trim().to_owned());
        if session.stands_at().as_ref() == Some(spot) {
            return Some(way);
        }
    }
    None
}

/// The chat as a test, ready to stand below `测试:`.
pub fn written_test(name: &str, medium: Medium, talk: &[Exchange]) -> String {
    let channel = if medium == Medium::Sms { "短信" } else { "微信" };
    let plain = |c: &char| c.is_alphanumeric() || "，。、？！（）".contains(*c);
    let name: String = name.chars().filter(plain).take(NAME_CHARS_MAX).collect();
    let name = if name.is_empty() { "手机上试过的".to_owned() } else { name };
    let mut text = format!("  - 名称: {name}\n    渠道: {channel}\n    现场: |\n");
    for one in talk {
        let said = one.said.iter().map(|said| format!("系统：{}", one_line(said)));
        for line in [one.hers.clone()].into_iter().chain(one.marks.iter().cloned()).chain(said) {
            let _ = writeln!(text, "      {line}");
        }
    }
    text
}

/// The text of a dialog's file with one test more, the first one.
pub fn into_tests(file: &str, test: &str) -> String {
    const HEADS: [&str; 4] = ["测试:", "测试：", "tests:", "tests："];
    let is_head = |line: &str| HEADS.iter().any(|head| line.trim_end() == *head);
    let mut text = String::new();
    let mut found = false;
    for line in file.lines() {
        text += line;
        text.push('\n');
        if !found && is_head(line) {
            found = true;
            text += test;
        }
    }
    if !found {
        text += "\n测试:\n";
        text += test;
    }
    text
}

/// The file whose test expects something else on that line, counted from 1. `None`: the line
/// is none of the bot's.
pub fn with_expected(file: &str, line: usize, said: &str) -> Option<String> {
    let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
    let known = lines.get_mut(line.checked_sub(1)?)?;
    let indent = known.len() - known.trim_start().len();
    let mark = ["系统：", "系统:"].into_iter().find(|mark| known[indent..].starts_with(mark))?;
    *known = format!("{}{mark}{}", " ".repeat(indent), one_line(said));
    Some(lines.iter().map(|line| format!("{line}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_expects_what_is_said_from_now_on() {
        let file = "现场: |\n  村民：好\n  系统：旧的…\n";
        assert_eq!(
            with_expected(file, 3, "新的\n1 甲").unwrap(),
            "现场: |\n  村民：好\n  系统：新的 1 甲\n"
        );
        assert_eq!(with_expected(file, 2, "新的"), None);
        assert_eq!(with_expected(file, 9, "新的"), None);
    }

    #[test]
    fn a_test_is_put_where_tests_stand() {
        let test = written_test("问: #村", Medium::Sms, &[]);
        assert_eq!(test, "  - 名称: 问村\n    渠道: 短信\n    现场: |\n");
        assert_eq!(
            into_tests("甲: 1\n测试:\n  - 旧\n", "  - 新\n"),
            "甲: 1\n测试:\n  - 新\n  - 旧\n"
        );
        assert_eq!(into_tests("甲: 1\n", "  - 新\n"), "甲: 1\n\n测试:\n  - 新\n");
    }
}
