//! What can not wait, in words that nobody wrote down before: `danger-seen.tsv` had part in the
//! making of the rules, `danger-held-back.tsv` had none.

use bianmin::dialog::Effect;
use bianmin::office::{Tables, read_script};

use super::{Talk, report, root, understand};

struct Sentence {
    /// The numbers that are right to call first; none: no emergency.
    numbers: Vec<String>,
    text: String,
    /// What the program is known to get wrong: 漏, 误, 号.
    known: String,
}

fn sentences(file: &str) -> Vec<Sentence> {
    let path = root().join("tests/fixtures/understand").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|row| !row.is_empty() && !row.starts_with('#'));
    rows.map(|row| {
        let mut cells = row.split('\t');
        let numbers = cells.next().unwrap();
        let numbers = numbers.split('/').filter(|number| *number != "-").map(str::to_owned);
        Sentence {
            numbers: numbers.collect(),
            text: cells.next().unwrap_or_else(|| panic!("a tab: {row}")).to_owned(),
            known: cells.next().unwrap_or_default().to_owned(),
        }
    })
    .collect()
}

/// What is wrong about the number that she is told to call first.
fn mark(sentence: &Sentence, called: Option<&str>) -> &'static str {
    match (sentence.numbers.is_empty(), called) {
        (true, None) => "",
        (true, Some(_)) => "误",
        (false, None) => "漏",
        (false, Some(number)) if sentence.numbers.iter().any(|known| known == number) => "",
        (false, Some(_)) => "号",
    }
}

#[test]
fn danger_in_words_that_nobody_wrote_down() {
    for (file, least) in [("danger-seen.tsv", 1.0), ("danger-held-back.tsv", 0.96)] {
        let rows = sentences(file);
        let lines: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        let (mut found, mut missed, mut alarms, mut others) = (0, 0, 0, 0);
        let mut wrong = Vec::new();
        for (row, object) in rows.iter().zip(understand(&lines, &[])) {
            let called = object["emergency"]["call"][0].as_str();
            let mark = mark(row, called);
            match mark {
                "漏" => missed += 1,
                "误" => alarms += 1,
                "号" => others += 1,
                _ => {}
            }
            found += usize::from(!row.numbers.is_empty() && called.is_some());
            // Each by name, so that one more is seen, and one less as well.
            if mark != row.known {
                wrong.push(format!("{}: {called:?}, marked {:?}", row.text, row.known));
            }
        }
        let calm = rows.len() - found - missed;
        let recall = found as f64 / (found + missed) as f64;
        println!(
            "{file}: {found} of {} found ({:.1} %), {alarms} false alarms in {calm}, precision \
             {:.1} %, another number {others}",
            found + missed,
            100.0 * recall,
            100.0 * found as f64 / (found + alarms) as f64
        );
        report(&wrong);
        assert!(found + missed >= 150 && calm >= 150, "{file}");
        assert!(recall >= least, "{file}: {recall}");
        assert!(found as f64 / (found + alarms) as f64 >= 0.98, "{file}: {alarms} false alarms");
    }
}

fn tables() -> Tables {
    Tables::read(&root().join("county")).unwrap()
}

fn said(effects: &[Effect]) -> String {
    let said = effects.iter().filter_map(|effect| match effect {
        Effect::Say(text) => Some(text.as_str()),
        _ => None,
    });
    said.collect()
}

/// The first number of three to five digits.
fn numbers(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_ascii_digit());
    parts.filter(|part| (3..=5).contains(&part.len())).map(str::to_owned).collect()
}

/// The table says which number to call, the dialog says it to her: they are the same, in the
/// same order, for every kind.
#[test]
fn the_dialog_says_the_numbers_of_the_table() {
    let table = std::fs::read_to_string(root().join("county/emergencies.csv")).unwrap();
    let dialog = std::fs::read_to_string(root().join("dialogs/紧急.yaml")).unwrap();
    let mut kinds = 0;
    for row in csv_rows(&table) {
        let [kind, call, ..] = &row[..] else { panic!("{row:?}") };
        if call.is_empty() || kind == "call" || kind == "kind" {
            continue;
        }
        kinds += 1;
        let when = format!("    当: danger = {kind}\n");
        let (before, _) = dialog.split_once(&when).unwrap_or_else(|| panic!("no {kind}"));
        let sentence = before.lines().last().unwrap();
        let told = numbers(sentence);
        let call: Vec<&str> = call.split(';').collect();
        assert_eq!(told.first().map(String::as_str), Some(call[0]), "{kind}: {sentence}");
        let mut rest = told.iter();
        for number in &call {
            let behind = rest.any(|said| said == number);
            assert!(behind, "{kind}: {number} in this order in {sentence}");
        }
    }
    assert_eq!(kinds, 10);
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Through the whole engine, with the words that the dialog itself knows: the number stands in
/// the first thing that the bot says, and whatever she was doing waits.
#[test]
fn in_a_conversation_the_number_comes_first() {
    let tables = tables();
    let script = read_script(&root().join("dialogs")).unwrap();
    let mut wrong = Vec::new();
    let (mut danger, mut calm) = (0, 0);
    for row in sentences("danger-seen.tsv").into_iter().chain(sentences("danger-held-back.tsv")) {
        for before in [&[][..], &["投诉", "大黑坨村"][..]] {
            let mut talk = Talk::after(&tables, &script, before);
            let answer = said(&talk.say(&row.text));
            let alarmed = answer.contains("马上打") || answer.contains("到外面打 119");
            let alarmed = alarmed || answer.contains("现在就打");
            if row.numbers.is_empty() {
                calm += 1;
                if alarmed != (row.known == "误") {
                    wrong.push(format!("{} after {before:?}: {answer}", row.text));
                }
            } else {
                danger += 1;
                let first = numbers(&answer).into_iter().next();
                let right = first.is_some_and(|first| row.numbers.contains(&first));
                let known = ["漏", "号"].contains(&row.known.as_str());
                if !right && !known || !alarmed && row.known != "漏" {
                    wrong.push(format!("{} after {before:?}: {answer}", row.text));
                }
            }
        }
    }
    assert!(danger > 600 && calm > 700, "{danger}, {calm}");
    report(&wrong);
}
