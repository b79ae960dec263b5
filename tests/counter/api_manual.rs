//! The examples of docs/api.md, run in order.

use std::collections::BTreeMap;

use bianmin::office::Role;
use serde_json::Value;

use crate::county::county;

const MANUAL: &str = include_str!("../../docs/api.md");
/// Stands for what differs each time.
const ANYTHING: &str = "…";

/// What stands between the fences of a kind, in order, with the kind.
fn blocks(kinds: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut inside: Option<(String, String)> = None;
    for line in MANUAL.lines() {
        match (line.strip_prefix("```"), &mut inside) {
            (Some(_), Some(_)) => found.extend(inside.take()),
            (Some(kind), None) => inside = Some((kind.to_owned(), String::new())),
            (None, Some((_, text))) => *text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    found.retain(|(kind, _)| kinds.contains(&kind.as_str()));
    found
}

/// All that is told is so; there may be more.
fn assert_told(told: &Value, found: &Value, at: &str) {
    match (told, found) {
        (Value::String(text), _) if text == ANYTHING => {}
        (Value::Object(told), Value::Object(_)) => {
            told.iter()
                .for_each(|(name, one)| assert_told(one, &found[name], &format!("{at}.{name}")));
        }
        (Value::Array(told), Value::Array(all)) if told.len() <= all.len() && !told.is_empty() => {
            told.iter().zip(all).for_each(|(told, one)| assert_told(told, one, &format!("{at}[]")));
        }
        _ => assert_eq!(told, found, "{at}"),
    }
}

#[tokio::test]
async fn what_the_manual_says_of_the_api_is_so() {
    let county = county().open().await;
    let mut words: BTreeMap<&str, String> = BTreeMap::new();
    for (word, name, role, of) in [
        ("$PLATFORM", "调度程序", Role::Clerk, None),
        ("$SOURCE", "城管平台", Role::Source, Some("数字城管")),
        ("$DEPARTMENT", "城管系统", Role::Department, Some("城管")),
    ] {
        words.insert(word, county.office.add_api_key(name, role, of).await.unwrap());
    }
    let blocks = blocks(&["http", "json"]);
    let pairs: Vec<_> = blocks.chunks(2).collect();
    assert!(pairs.len() >= 7, "{} examples", pairs.len());
    for pair in pairs {
        let [(asks, request), (answers, told)] = pair else { panic!("an example without answer") };
        assert_eq!((&**asks, &**answers), ("http", "json"), "{request}");
        let filled = |text: &str| {
            words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
        };
        let request = filled(request);
        let (head, body) = request.split_once("\n\n").unwrap_or((&request, ""));
        let mut lines = head.lines();
        let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
        let url = format!("{}{path}", county.base);
        let mut send = county.http.request(method.parse().unwrap(), url).body(body.to_owned());
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            send = send.header(name, value);
        }
        let answer: Value = send.send().await.unwrap().json().await.unwrap();
        if let (Some(number), false) = (answer["number"].as_str(), words.contains_key("NUMBER")) {
            words.insert("NUMBER", number.to_owned());
        }
        let told: Value = serde_json::from_str(&told.replace("NUMBER", &words["NUMBER"])).unwrap();
        assert_told(&told, &answer, path);
    }
}
