//! The window on it: every key of an object, every kind of answer, and the moment.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{root, understand};

const INTENTS: [&str; 10] = [
    "report", "order", "progress", "human", "cancel", "help", "thanks", "chitchat", "consult",
    "unclear",
];

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Bytes as they are to the program; what it wrote.
fn run(arguments: &[&str], input: &[u8]) -> (bool, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bianmin"))
        .current_dir(root())
        .arg("understand")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended already, over its arguments.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// Whatever a line says, its object has the same keys, and each of them its own form.
#[test]
fn every_object_has_every_key() {
    let lines = [
        "",
        "好的谢谢",
        "大黑托村口那个路灯灭了半拉月了没人管",
        "我叫王秀兰住大黑坨村，电话13800138000，昨天下午停的水，家里俩孩子",
        "黑坨停水了",
        "李庄停水了",
        "滦南县李庄停水了",
        "查126-041-273办到哪了",
        "我家座机0315-4611234 宽带坏了",
        "身份证11010519491231002X 养老金没发",
        "大黑坨村着火了",
        "给我捎三十来斤土豆",
    ];
    let expect: BTreeSet<&str> = [
        "text",
        "intent",
        "place",
        "category",
        "phone",
        "landline",
        "name",
        "identity",
        "case_number",
        "quantities",
        "dates",
        "emergency",
        "asks",
    ]
    .into();
    for (line, object) in lines.iter().zip(understand(&lines, &[])) {
        assert_eq!(keys(&object), expect, "{line}");
        assert_eq!(object["text"], *line);
        assert!(INTENTS.contains(&object["intent"].as_str().unwrap()), "{object}");
        let place = &object["place"];
        if !place.is_null() {
            let known = ["code", "name", "how", "alternatives", "advice"];
            assert_eq!(keys(place), known.into(), "{line}");
            let how = ["exact", "sound", "dialect", "part", "several", "outside"];
            assert!(how.contains(&place["how"].as_str().unwrap()), "{object}");
            assert_eq!(place["code"].is_null(), place["name"].is_null(), "{object}");
            // What it would ask about it has not taken.
            let asks = object["asks"].as_array().unwrap().contains(&json!("place"));
            assert_eq!(asks, place["code"].is_null() && place["advice"].is_null(), "{object}");
            let others = place["alternatives"].as_array().unwrap();
            assert!(others.len() <= 5, "{object}");
            for other in others {
                assert_eq!(keys(other), ["code", "name", "township"].into(), "{object}");
            }
        }
        let kinds = object["category"].as_array().unwrap();
        assert!(kinds.len() <= 3, "{object}");
        let mut before = 1.0;
        for kind in kinds {
            assert_eq!(keys(kind), ["code", "name", "p"].into(), "{object}");
            let p = kind["p"].as_f64().unwrap();
            assert!((0.0..=before).contains(&p), "the likeliest first: {object}");
            before = p;
        }
        assert!(object["identity"].is_boolean(), "{object}");
        for quantity in object["quantities"].as_array().unwrap() {
            assert_eq!(keys(quantity), ["text", "value", "unit", "about"].into(), "{object}");
            assert!(line.contains(quantity["text"].as_str().unwrap()), "{object}");
        }
        for date in object["dates"].as_array().unwrap() {
            assert_eq!(keys(date), ["text", "value"].into(), "{object}");
            assert!(line.contains(date["text"].as_str().unwrap()), "{object}");
        }
        if !object["emergency"].is_null() {
            assert_eq!(keys(&object["emergency"]), ["kind", "call", "text"].into(), "{object}");
        }
        for ask in object["asks"].as_array().unwrap() {
            assert!(["place", "category"].contains(&ask.as_str().unwrap()), "{object}");
        }
    }
}

#[test]
fn what_stands_in_a_key() {
    let lines = [
        "我家座机0315-4611234 宽带坏了",
        "给我捎三十来斤土豆，再来1.5公斤肉",
        "大黑坨村着火了",
        "李庄停水了",
        "停水三天了 头年修的管子",
        "大黑坨村的事",
    ];
    let found = understand(&lines, &[]);
    assert_eq!(found[0]["landline"], "03154611234");
    assert_eq!(found[0]["phone"], Value::Null);
    let about = json!({"text": "三十来斤", "value": 30, "unit": "斤", "about": true});
    let exact = json!({"text": "1.5公斤", "value": 1.5, "unit": "公斤", "about": false});
    assert_eq!(found[1]["quantities"], json!([about, exact]));
    assert_eq!(found[2]["emergency"]["call"][0], "119");
    assert!(found[2]["emergency"]["text"].as_str().unwrap().contains("着火"));
    assert_eq!(found[3]["place"]["code"], Value::Null);
    assert_eq!(found[3]["asks"], json!(["place"]));
    assert_eq!(found[4]["dates"][0]["value"], "2026-11-21");
    assert_eq!(found[4]["dates"][1], json!({"text": "头年", "value": "approx"}));
    assert_eq!(found[5]["place"]["code"], "130225102216");
}

/// The same keys for every kind of answer, and a question exactly where there is no value.
#[test]
fn every_kind_of_answer() {
    for (kind, answer, value, how) in [
        ("yesno", "中啊", json!("yes"), "word"),
        ("yesno", "不是，是小黑坨", json!("no"), "word"),
        ("menu", "第二个", json!("种子"), "number"),
        ("menu", "种子", json!("种子"), "label"),
        ("menu", "食用", json!("食用油"), "begin"),
        ("menu", "我想要大米", json!("大米"), "inside"),
        ("quantity", "一斤半", json!(1.5), "exact"),
        ("quantity", "三十来斤", json!(30), "about"),
        ("phone", "幺三九三幺五幺二三四五", json!("13931512345"), "exact"),
        ("name", "我叫王秀兰", json!("王秀兰"), "exact"),
        ("village", "大黑坨", json!("130225102216"), "exact"),
        ("village", "大黑驼", json!("130225102216"), "sound"),
        ("date", "昨儿个", json!("2026-11-23"), "exact"),
        ("date", "前几天", json!("approx"), "about"),
        ("rating", "非常满意", json!(5), "word"),
        ("rating", "非常不满意", json!(1), "word"),
        ("yesno", "不知道", Value::Null, "none"),
        ("menu", "9", Value::Null, "none"),
        ("quantity", "好几袋", Value::Null, "none"),
        ("quantity", "三五斤", Value::Null, "none"),
        ("phone", "1393151234", Value::Null, "none"),
        ("name", "不知道", Value::Null, "none"),
        ("village", "黑坨", Value::Null, "exact"),
        ("village", "木口", Value::Null, "several"),
        ("village", "滦南县的", Value::Null, "outside"),
        ("date", "2月30号", Value::Null, "none"),
        ("rating", "路灯坏了", Value::Null, "none"),
    ] {
        let found =
            understand(&[answer], &["--as", kind, "--options", "化肥,种子,农药,大米,食用油"]);
        let object = &found[0];
        assert_eq!(keys(object), ["text", "value", "how", "ask"].into(), "{object}");
        assert_eq!(object["text"], answer);
        assert_eq!(object["value"], value, "{object}");
        assert_eq!(object["how"], how, "{object}");
        match object["ask"].as_str() {
            None => assert!(!value.is_null() && object["ask"].is_null(), "{object}"),
            Some(ask) => assert!(
                value.is_null() && ask.ends_with(['。', '？']) || ask.contains('、'),
                "{object}"
            ),
        }
    }
}

/// The day is the one that `--now` spells, wherever the machine stands.
#[test]
fn the_moment_is_given() {
    for (now, today) in [
        ("2026-11-24T00:00:00+08:00", "2026-11-24"),
        ("2026-11-24T23:59:59+08:00", "2026-11-24"),
        ("2026-11-24T23:59:59-05:00", "2026-11-24"),
        ("2028-02-29T12:00:00+08:00", "2028-02-29"),
    ] {
        let (good, said, _) = run(&["--as", "date", "--now", now], "今天\n".as_bytes());
        assert!(good && said.contains(&format!("\"value\":\"{today}\"")), "{now}: {said}");
        let (_, said, _) = run(&["--now", now], "今天停的电\n".as_bytes());
        assert!(said.contains(&format!("\"value\":\"{today}\"")), "{now}: {said}");
    }
    // Without it, today in China.
    let before = today_in_china();
    let (good, said, _) = run(&["--as", "date"], "今天\n".as_bytes());
    let after = today_in_china();
    assert!(good && (said.contains(&before) || said.contains(&after)), "{said}");
    for wrong in ["2026-11-24", "2026-11-24T09:30:00", "2026-13-01T00:00:00+08:00", "昨天", ""] {
        let (good, said, error) = run(&["--now", wrong], b"x\n");
        assert!(!good && said.is_empty(), "{wrong}: {said}");
        assert!(error.contains("2026-11-24T09:30:00+08:00"), "{wrong}: {error}");
    }
}

fn today_in_china() -> String {
    jiff::tz::Offset::constant(8).to_datetime(jiff::Timestamp::now()).date().to_string()
}

#[test]
fn any_line_is_one_object() {
    let mut input = "第一行\r\n\n".as_bytes().to_vec();
    input.extend(b"\xff\xfe\xc4\xe3\n");
    input.extend("啊".repeat(100_000).as_bytes());
    input.extend("\n😀👨‍👩‍👧\n最后一行没有换行".as_bytes());
    for arguments in [&[][..], &["--as", "village"], &["--as", "yesno"], &["--as", "date"]] {
        let (good, said, error) = run(arguments, &input);
        assert!(good, "{error}");
        let lines: Vec<Value> =
            said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 6, "{arguments:?}");
        assert_eq!(lines[0]["text"], "第一行");
        assert_eq!(lines[5]["text"], "最后一行没有换行");
    }
    let (good, said, _) = run(&[], b"");
    assert!(good && said.is_empty());
}

/// What can not be read is replaced, what is too long is cut between characters, and an empty
/// line is an object that says nothing.
#[test]
fn lines_that_are_no_message() {
    let long = "水".repeat(40_000);
    let input =
        [b"\n \t\n\xe5\x81\x9c\xe6\xb0\n".as_slice(), long.as_bytes(), b"\nok\n\xe6"].concat();
    let (good, said, error) = run(&[], &input);
    assert!(good, "{error}");
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6, "{said}");
    assert_eq!(lines[0]["text"], "");
    assert_eq!((&lines[1]["text"], &lines[1]["intent"]), (&json!(" \t"), &json!("unclear")));
    assert_eq!(lines[2]["text"], "停\u{fffd}");
    let kept = lines[3]["text"].as_str().unwrap();
    assert!(kept.len() <= 64 * 1024 && long.starts_with(kept), "{}", kept.len());
    assert_eq!(kept.chars().count(), 64 * 1024 / 3);
    assert_eq!(lines[4]["text"], "ok");
    assert_eq!(lines[5]["text"], "\u{fffd}");
    for kind in ["yesno", "quantity", "phone", "name", "village", "date", "rating"] {
        let (good, said, _) = run(&["--as", kind], b"\n");
        let object: Value = serde_json::from_str(said.trim_end()).unwrap();
        assert!(good && object["value"].is_null() && object["ask"].is_string(), "{kind}: {said}");
    }
}

/// The window that was agreed: the keys, and the form of what stands in each.
#[test]
fn the_object_is_the_agreed_one() {
    let text = "我叫王秀兰，大黑坨村停水三天，昨天开始的，电话13800138000";
    let object = understand(&[text], &[]).remove(0);
    assert_eq!(object["text"], text);
    assert_eq!(object["place"]["code"], "130225102216");
    assert_eq!(object["place"]["name"], "大黑坨村");
    assert_eq!(object["place"]["how"], "exact");
    assert_eq!(object["place"]["alternatives"], json!([]));
    assert_eq!(object["category"][0]["code"], "0201");
    assert_eq!(object["category"][0]["name"], "停水");
    assert!(object["category"][0]["p"].as_f64().unwrap() >= 0.6);
    assert_eq!(object["phone"], "13800138000");
    assert_eq!(object["name"], "王秀兰");
    assert_eq!(object["case_number"], Value::Null);
    assert_eq!(object["quantities"][0]["value"], 3);
    assert_eq!(object["quantities"][0]["unit"], "天");
    assert_eq!(object["dates"][0]["value"], "2026-11-23");
    assert_eq!(object["emergency"], Value::Null);
    assert_eq!(object["asks"], json!([]));
    let object = understand(&["查126-041-273办到哪了"], &[]).remove(0);
    assert_eq!(object["case_number"], "126041273");
    // Each of the ten that a message may be about.
    let lines = [
        ("report", "大黑坨村停水了"),
        ("order", "给我捎两袋面"),
        ("progress", "我反映的事办到哪了"),
        ("human", "我要跟人说话"),
        ("cancel", "那个投诉撤了吧"),
        ("help", "这玩意咋用啊"),
        ("thanks", "谢谢你们"),
        ("chitchat", "你吃饭了没"),
        ("consult", "高龄补贴咋领"),
        ("unclear", "那个啥"),
    ];
    let texts: Vec<&str> = lines.iter().map(|(_, text)| *text).collect();
    for ((intent, text), object) in lines.iter().zip(understand(&texts, &[])) {
        assert_eq!(object["intent"], *intent, "{text}");
    }
    // An identity number is seen, and stands nowhere but in the text.
    let object = understand(&["身份证11010519491231002X"], &[]).remove(0);
    assert_eq!(object["identity"], true);
    let mut rest = object.clone();
    rest["text"] = Value::Null;
    assert!(!rest.to_string().contains("1949"), "{rest}");
}

#[test]
fn what_is_asked_wrongly_is_said() {
    let (good, _, error) = run(&["--as", "menu"], b"2\n");
    assert!(!good && error.contains("--options"), "{error}");
    let (good, _, error) = run(&["--as", "colour"], b"2\n");
    assert!(!good && error.contains("yesno") && error.contains("rating"), "{error}");
    for (wrong, says) in [
        (&["--as"][..], "--as"),
        (&["--now"], "--now"),
        (&["--wat"], "--wat"),
        (&["文件.txt"], "文件.txt"),
        (&["--as", "menu", "--options", ""], "--options"),
        (&["--config", "/nowhere/config.toml"], "/nowhere/config.toml"),
    ] {
        let (good, said, error) = run(wrong, b"2\n");
        assert!(!good && said.is_empty() && error.contains(says), "{wrong:?}: {said}{error}");
    }
}

/// Nothing but the line and the county's table decides: the same again, and in any company.
#[test]
fn it_is_a_pure_function() {
    let lines = ["大黑托村停水三天了", "黑坨停水了", "好的谢谢", "给我捎两袋面"];
    let together = understand(&lines, &[]);
    for (line, object) in lines.iter().zip(&together) {
        assert_eq!(&understand(&[line], &[])[0], object);
    }
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    let mut found = understand(&reversed, &[]);
    found.reverse();
    assert_eq!(found, together);
}
