//! `bianmin understand` and the model of kinds of matter, as a program and as tables of cases
//! that anybody can extend with a line (tests/fixtures/understand, tests/fixtures/zh).

mod danger;
mod fresh;
mod window;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use bianmin::dialog::{
    Conversation, Effect, Env, Event, Medium, Script, Value as DialogValue, step,
};
use bianmin::meaning::{self, GATE};
use bianmin::office::{MODEL, Tables, read_examples, read_script};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A Tuesday.
const NOW: &str = "2026-11-24T10:00:00+08:00";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn understand(lines: &[&str], more: &[&str]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bianmin"))
        .current_dir(root())
        .args(["understand", "--now", NOW])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = lines.join("\n");
    text.push('\n');
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let found: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(found.len(), lines.len(), "one object a line");
    found
}

/// Rows of two cells.
fn table(name: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("tests/fixtures").join(name)).unwrap();
    let rows = text.lines().filter(|row| !row.is_empty() && !row.starts_with('#'));
    rows.map(|row| {
        let (first, second) = row.split_once('\t').unwrap_or_else(|| panic!("a tab: {row}"));
        (first.to_owned(), second.to_owned())
    })
    .collect()
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_a_message_is_about() {
    let rows = table("understand/intents.tsv");
    assert!(rows.len() > 130);
    let lines: Vec<&str> = rows.iter().map(|(_, text)| text.as_str()).collect();
    let found = understand(&lines, &[]);
    let wrong: Vec<String> = rows
        .iter()
        .zip(&found)
        .filter(|((intent, _), object)| object["intent"] != intent.as_str())
        .map(|((intent, text), object)| format!("{text}: {}, not {intent}", object["intent"]))
        .collect();
    report(&wrong);
}

#[test]
fn what_can_not_wait() {
    let rows = table("understand/emergencies.tsv");
    assert!(rows.len() > 80);
    let lines: Vec<&str> = rows.iter().map(|(_, text)| text.as_str()).collect();
    let mut wrong = Vec::new();
    for ((number, text), object) in rows.iter().zip(understand(&lines, &[])) {
        let call = object["emergency"]["call"][0].as_str().unwrap_or("-");
        if call != number {
            wrong.push(format!("{text}: {call}, not {number}"));
        }
        if call != "-" && object["intent"] != "report" {
            wrong.push(format!("{text}: {}, not report", object["intent"]));
        }
    }
    report(&wrong);
}

#[test]
fn no_command_fires_in_an_ordinary_sentence() {
    let text = fs::read_to_string(root().join("tests/fixtures/understand/ordinary.txt")).unwrap();
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(lines.len() >= 300, "{}", lines.len());
    for word in ["取消", "帮助", "人工", "返回", "不", "好", "行"] {
        assert!(lines.iter().filter(|line| line.contains(word)).count() >= 20, "{word}");
    }
    let commands = ["cancel", "human", "help", "thanks", "chitchat"];
    let wrong: Vec<String> = understand(&lines, &[])
        .iter()
        .filter(|object| commands.contains(&object["intent"].as_str().unwrap()))
        .map(|object| format!("{}: {}", object["text"], object["intent"]))
        .collect();
    report(&wrong);
}

#[test]
fn everything_that_one_sentence_says() {
    let found = understand(
        &[
            "我叫王秀兰住大黑托村，电话一三八零零一三八零零零，昨天下午停的水，家里俩孩子",
            "查126-041-273办到哪了",
            "黑坨停水了",
            "滦南县李庄停水了",
            "我身份证11010519491231002X 养老金没发",
            "",
        ],
        &[],
    );
    let first = &found[0];
    assert_eq!(first["place"]["code"], "130225102216");
    assert_eq!(first["place"]["name"], "大黑坨村");
    assert_eq!(first["place"]["how"], "sound");
    assert_eq!(first["name"], "王秀兰");
    assert_eq!(first["phone"], "13800138000");
    assert_eq!(first["category"][0]["code"], "0201");
    assert_eq!(first["dates"][0]["value"], "2026-11-23");
    assert_eq!(first["quantities"][0]["value"], 2);
    assert_eq!(first["asks"], serde_json::json!([]));
    assert_eq!(found[1]["case_number"], "126041273");
    assert_eq!(found[1]["intent"], "progress");
    // A place that it would ask about is not a place that it has taken.
    assert_eq!(found[2]["place"]["code"], Value::Null);
    assert_eq!(found[2]["place"]["alternatives"][0]["name"], "黑坨村");
    assert_eq!(found[2]["asks"][0], "place");
    assert_eq!(found[3]["place"]["code"], Value::Null);
    assert!(found[3]["place"]["advice"].as_str().unwrap().contains("0315-12345"));
    assert_eq!(found[4]["identity"], true);
    assert_eq!(found[4]["phone"], Value::Null);
    assert_eq!(found[5]["intent"], "unclear");
}

/// `kind<TAB>answer<TAB>value`, - for "ask again".
#[test]
fn short_answers() {
    let text = fs::read_to_string(root().join("tests/fixtures/understand/answers.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'))
        .map(|row| row.split('\t').collect())
        .collect();
    assert!(rows.len() > 100);
    let mut wrong = String::new();
    for kind in ["yesno", "menu", "quantity", "phone", "name", "village", "date", "rating"] {
        let rows: Vec<&Vec<&str>> = rows.iter().filter(|row| row[0] == kind).collect();
        assert!(rows.len() >= 10, "{kind}");
        let lines: Vec<&str> = rows.iter().map(|row| row[1]).collect();
        let found = understand(&lines, &["--as", kind, "--options", "化肥,种子,农药,大米,食用油"]);
        for (row, object) in rows.iter().zip(found) {
            let value = match &object["value"] {
                Value::Null => "-".to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if value != row[2] {
                writeln!(wrong, "{kind} {}: {value}, not {}", row[1], row[2]).unwrap();
            }
            assert_eq!(object["value"].is_null(), !object["ask"].is_null(), "{object}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_wrong_moment_is_said() {
    let output = Command::new(env!("CARGO_BIN_EXE_bianmin"))
        .current_dir(root())
        .args(["understand", "--now", "昨天"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("2026-11-24T09:30:00+08:00"), "{said}");
}

/// The shipped model is what the shipped examples give, to the byte; and how good it is.
#[test]
fn the_model_is_reproducible_and_measured() {
    let folder = root().join("county");
    let tables = Tables::read(&folder).unwrap();
    let reader = tables.reader();
    let examples = read_examples(&folder.join("examples"), &reader).unwrap();
    for category in tables.categories.iter() {
        let count = examples.iter().filter(|example| example.code == category.code).count();
        assert!(count >= 15, "{} {} has {count} examples", category.code, category.name);
    }
    let (learn, held) = meaning::split(&examples);
    let model = meaning::train(&learn).unwrap();
    let shipped = fs::read(folder.join(MODEL)).unwrap();
    assert!(model.to_bytes() == shipped, "run `bianmin train`, or the shipped model is stale");
    assert!(shipped.len() < 1024 * 1024, "{} bytes", shipped.len());
    let score = meaning::score(&held, GATE, |chars| reader.kinds_of_example(&model, chars));
    println!(
        "{} held back: {} right, {} among the first three",
        score.count, score.right, score.in_three
    );
    println!("over the gate: {}, of which {} right", score.sure, score.sure_right);
    assert!(score.count > 300);
}

/// 50 written conversations, run through the shipped dialogs: how many messages she writes, from
/// the first word to the number of her case.
#[test]
fn she_writes_little() {
    let text =
        fs::read_to_string(root().join("tests/fixtures/understand/conversations.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'))
        .map(|row| row.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), 50);
    let tables = Tables::read(&root().join("county")).unwrap();
    let script = read_script(&root().join("dialogs")).unwrap();
    let reader = tables.reader();
    let mut counts: Vec<usize> = Vec::new();
    let mut wrong = Vec::new();
    for row in &rows {
        let [opening, village, detail, kind] = row[..] else { panic!("four cells: {row:?}") };
        match file(&tables, &script, opening, [village, detail, kind]) {
            Ok((count, filed)) => {
                counts.push(count);
                let place = tables.places.get(&filed).map_or("", |place| place.name.as_str());
                if !village.ends_with(place) || place.is_empty() {
                    wrong.push(format!("{opening}: filed for {place}, not {village}"));
                }
            }
            Err(said) => wrong.push(format!("{opening}: no case; the bot's last words: {said}")),
        }
    }
    // Those that stand in the dialogs, written to show what goes wrong, count as well.
    let shipped = bianmin::dialog::run_tests(&script, &reader);
    assert!(shipped.until_filed.len() >= 15, "{:?}", shipped.until_filed);
    println!(
        "{} shipped transcripts file a case: {:?}",
        shipped.until_filed.len(),
        shipped.until_filed
    );
    counts.extend(&shipped.until_filed);
    counts.sort_unstable();
    let sum: usize = counts.iter().sum();
    println!(
        "messages of a villager from first word to case number: median {}, mean {:.2}, most {}",
        counts[counts.len() / 2],
        sum as f64 / counts.len() as f64,
        counts[counts.len() - 1]
    );
    report(&wrong);
    assert!(counts[counts.len() / 2] <= 3);
}

/// Until `create_case` is called: how many messages it took, and the code of the village.
fn file(
    tables: &Tables,
    script: &Script,
    opening: &str,
    answers: [&str; 3],
) -> Result<(usize, String), String> {
    let [village, detail, kind] = answers;
    let reader = tables.reader();
    let mut conversation = Conversation::default();
    let mut now: Timestamp = NOW.parse().unwrap();
    let mut next = opening.to_owned();
    let mut said = String::new();
    for count in 1..10 {
        now += SignedDuration::from_secs(30);
        let env = Env {
            now,
            medium: Medium::Wechat,
            phone: None,
            places: &reader,
            home: None,
            language: None,
            working: true,
        };
        said.clear();
        let mut event = Some(Event::Text(next.clone()));
        while let Some(now_comes) = event.take() {
            let turn = step(script, &conversation, &now_comes, &env).unwrap();
            conversation = turn.conversation;
            for effect in turn.effects {
                match effect {
                    // What can not wait is filed at once.
                    Effect::Call(call) if FILED.contains(&&*call.action) => {
                        let place = call.args.get("village").map(|answer| &answer.value);
                        let Some(DialogValue::Village { code, .. }) = place else {
                            return Err("a case without a village".to_owned());
                        };
                        return Ok((count, code.clone()));
                    }
                    // No neighbour has told of it.
                    Effect::Call(call) => {
                        let outcome = Ok(DialogValue::List(Vec::new()));
                        event = Some(Event::Result { call: call.id, outcome });
                    }
                    Effect::Say(text) => said.push_str(&text),
                    _ => {}
                }
            }
        }
        // The number before what she means.
        let number = said.lines().find_map(|line| {
            let (number, label) = line.split_once(' ')?;
            (label.ends_with(village) || village.ends_with(label) || label == kind)
                .then(|| number.to_owned())
        });
        next = if said.contains("请您核对") {
            "对".to_owned()
        } else if let Some(number) = number {
            number
        } else if said.contains("您说的是哪一个") {
            if said.contains("别的事") { "别的" } else { village }.to_owned()
        } else if said.contains("是就回「是」") {
            if said.contains(village) { "是" } else { "不是" }.to_owned()
        } else if said.contains("在哪个村") || said.contains("没找到这个村") {
            village.to_owned()
        } else if said.contains("是哪方面") {
            kind.to_owned()
        } else if said.contains("是什么事") || said.contains("请再多说一点") {
            detail.to_owned()
        } else {
            return Err(said);
        };
    }
    Err(said)
}

const FILED: [&str; 2] = ["create_case", "report_danger"];

/// What a message does to a conversation that stands at each of these.
const BEFORE: [&[&str]; 4] =
    [&[], &["投诉"], &["投诉", "大黑坨村"], &["投诉", "大黑坨村", "村口的路灯灭了半个月"]];

struct Talk<'a> {
    tables: &'a Tables,
    script: &'a Script,
    conversation: Conversation,
    now: Timestamp,
}

impl<'a> Talk<'a> {
    fn after(tables: &'a Tables, script: &'a Script, before: &[&str]) -> Self {
        let conversation = Conversation::default();
        let mut talk = Self { tables, script, conversation, now: NOW.parse().unwrap() };
        for text in before {
            talk.say(text);
        }
        talk
    }

    fn say(&mut self, text: &str) -> Vec<Effect> {
        self.now += SignedDuration::from_secs(30);
        let reader = self.tables.reader();
        let env = Env {
            now: self.now,
            medium: Medium::Wechat,
            phone: None,
            places: &reader,
            home: None,
            language: None,
            working: true,
        };
        let event = Event::Text(text.to_owned());
        let turn = step(self.script, &self.conversation, &event, &env).unwrap();
        self.conversation = turn.conversation;
        turn.effects
    }
}

/// The corpus of false alarms through the whole engine, idle and at each question of a report:
/// nobody is called, nothing is cancelled, what she was doing goes on.
#[test]
fn in_a_conversation_no_command_fires_either() {
    let text = fs::read_to_string(root().join("tests/fixtures/understand/ordinary.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let tables = Tables::read(&root().join("county")).unwrap();
    let script = read_script(&root().join("dialogs")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in lines {
        for before in BEFORE {
            let mut talk = Talk::after(&tables, &script, before);
            let was = talk.conversation.clone();
            assert_eq!(was.is_busy(), !before.is_empty());
            let effects = talk.say(line);
            count += 1;
            let said: String = effects
                .iter()
                .filter_map(|effect| match effect {
                    Effect::Say(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            let called = effects.iter().any(|effect| matches!(effect, Effect::Handoff { .. }));
            let command = ["已经停下", "真的不办了吗", "我能帮您办这些", "不客气", "前面没有了"];
            let obeyed = command.iter().any(|part| said.contains(part));
            let lost = was.is_busy() && !talk.conversation.is_busy();
            if called || obeyed || lost {
                wrong.push(format!("{line} after {before:?}: {said}"));
            }
        }
    }
    assert!(count > 800);
    report(&wrong);
}

/// An order is money: it begins where one is placed, and in no other sentence of the tables.
#[test]
fn an_order_begins_where_one_is_placed() {
    let ordinary =
        fs::read_to_string(root().join("tests/fixtures/understand/ordinary.txt")).unwrap();
    let ordinary = ordinary.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let ordinary = ordinary.map(|line| ("report".to_owned(), line.to_owned()));
    let rows = table("understand/intents.tsv").into_iter().chain(ordinary);
    let tables = Tables::read(&root().join("county")).unwrap();
    let script = read_script(&root().join("dialogs")).unwrap();
    let (mut wrong, mut placed) = (Vec::new(), 0);
    for (intent, text) in rows {
        let mut talk = Talk::after(&tables, &script, &[]);
        talk.say(&text);
        let state = serde_json::to_value(&talk.conversation).unwrap();
        let begun = state["active"]["dialog"] == "order";
        placed += usize::from(begun);
        if begun != (intent == "order") {
            wrong.push(format!("{intent} {text}: {}", state["active"]["dialog"]));
        }
    }
    report(&wrong);
    assert!(placed > 30, "{placed}");
    // Nothing of what the model learned from is taken for one.
    let examples = fs::read_dir(root().join("county/examples")).unwrap();
    let texts = examples.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let texts: String = texts.collect();
    let lines: Vec<&str> = texts.lines().filter_map(|line| line.split(',').nth(1)).collect();
    assert!(lines.len() > 2_000, "{}", lines.len());
    let orders = understand(&lines, &[]).into_iter().filter(|object| object["intent"] == "order");
    report(&orders.map(|object| object["text"].to_string()).collect::<Vec<_>>());
}

/// Politeness begins nothing, and in the middle of a question it answers nothing.
#[test]
fn nothing_starts_on_thanks() {
    let tables = Tables::read(&root().join("county")).unwrap();
    let script = read_script(&root().join("dialogs")).unwrap();
    let polite = table("understand/intents.tsv");
    let polite = polite.iter().filter(|(intent, _)| ["thanks", "chitchat"].contains(&&**intent));
    let mut wrong = Vec::new();
    let mut count = 0;
    for (_, text) in polite {
        for before in [&BEFORE[0], &BEFORE[1]] {
            let mut talk = Talk::after(&tables, &script, before);
            let answers = |talk: &Talk| {
                serde_json::to_value(&talk.conversation).unwrap()["active"]["answers"].clone()
            };
            let (busy, known) = (talk.conversation.is_busy(), answers(&talk));
            talk.say(text);
            count += 1;
            if talk.conversation.is_busy() != busy || answers(&talk) != known {
                wrong.push(format!("{text} after {before:?}: {:?}", answers(&talk)));
            }
        }
    }
    assert!(count > 50, "{count}");
    report(&wrong);
}
