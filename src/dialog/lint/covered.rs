//! What the transcripts in the files show: those that fail, questions that none asks, options
//! that none chooses, and for each such option a transcript to paste.

use super::Findings;
use crate::dialog::rehearse::coverage::{Covered, Part};
use crate::dialog::rehearse::{run_tests, suggest};
use crate::dialog::run::event::{Gazetteer, PlaceFound};
use crate::dialog::script::Script;
use crate::meaning::Reader;

pub(super) fn check(findings: &mut Findings, script: &Script, reader: &Reader<'_>) {
    let report = run_tests(script, reader);
    for failure in &report.failures {
        let message = format!(
            "测试「{}」不通过：{}　请改对话，或者改测试里的这一行。",
            failure.test,
            failure.brief()
        );
        findings.add(&failure.file, (failure.line, 1), "", "E815", message);
    }
    // A test that stopped half way shows less than it could.
    if !report.passed() {
        return;
    }
    let village = well_known(reader);
    for one in report.coverage.missing() {
        let (code, message) = said(one);
        let text = match one.part {
            Part::Option => one.what.split(" = ").nth(1).unwrap_or_default(),
            Part::Command => one.what.as_str(),
            _ => "",
        };
        findings.add(&one.file, one.at, text, code, message);
        if one.part != Part::Option {
            continue;
        }
        let (dialog, slot, value) = &one.key;
        let Some(dialog) = script.dialogs.get(dialog) else { continue };
        let found = suggest::transcript(script, reader, &village, dialog, slot, value);
        if let Some(transcript) = found {
            let message = format!(
                "下面是选「{text}」的最短的对话。请看对不对，对就粘到「测试:」下面：\n{transcript}"
            );
            findings.add(&one.file, one.at, text, "I101", message.trim_end().to_owned());
        }
    }
}

fn said(one: &Covered) -> (&'static str, String) {
    let what = &one.what;
    match one.part {
        Part::Question => {
            let message =
                format!("没有一个测试问到「{what}」。请在「测试:」下面补一个走到这里的对话。");
            ("E816", message)
        }
        Part::Option => ("W151", format!("没有一个测试选过「{what}」。请补一个测试。")),
        Part::Ladder => {
            let message = format!("没有一个测试听到过「听不懂」：{what}。请补一个答得不对的测试。");
            ("W152", message)
        }
        Part::Command => ("W153", format!("没有一个测试说过口令「{what}」。请补一个测试。")),
    }
}

/// A village that is understood at once.
fn well_known(reader: &Reader<'_>) -> String {
    let known = |name: &str| matches!(reader.find(name, true), PlaceFound::One { exact: true, .. });
    let found = reader.places.iter().find(|place| known(&place.name));
    found.map(|place| place.name.clone()).unwrap_or_default()
}
