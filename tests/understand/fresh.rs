//! Sentences that were written before anybody looked how the program takes them, as villagers
//! write, and how it does. fresh.tsv was then looked at, and tables and examples were made
//! better for what it showed, never with its sentences; fresh-held-back.tsv was only measured.

use std::collections::BTreeMap;
use std::fs;

use bianmin::office::Tables;
use jiff::civil::date;

use super::{report, root};

struct Row {
    intent: String,
    /// `-` where a kind of matter is not asked for.
    kind: String,
    village: String,
    text: String,
}

fn rows(name: &str) -> Vec<Row> {
    let text = fs::read_to_string(root().join("tests/fixtures/understand").join(name)).unwrap();
    let rows = text.lines().filter(|row| !row.is_empty() && !row.starts_with('#'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [intent, kind, village, text] = cells[..] else { panic!("four cells: {row}") };
        let own = str::to_owned;
        Row { intent: own(intent), kind: own(kind), village: own(village), text: own(text) }
    })
    .collect()
}

/// How many of a hundred.
struct Measured {
    intents: usize,
    kinds: usize,
    first: usize,
    among_three: usize,
    villages: usize,
    taken: usize,
    asked: usize,
}

fn measure(name: &str) -> Measured {
    let tables = Tables::read(&root().join("county")).unwrap();
    let reader = tables.reader();
    let rows = rows(name);
    assert_eq!(rows.len(), 100);
    let mut found = Measured {
        intents: 0,
        kinds: 0,
        first: 0,
        among_three: 0,
        villages: 0,
        taken: 0,
        asked: 0,
    };
    let mut confused: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut silent = Vec::new();
    for row in &rows {
        let said = reader.understand(&row.text, date(2026, 11, 24));
        if said.intent.id() == row.intent {
            found.intents += 1;
        } else {
            let pair = format!("{} taken for {}", row.intent, said.intent.id());
            confused.entry(pair).or_default().push(&row.text);
        }
        if row.kind != "-" {
            found.kinds += 1;
            // What is meant, whatever the intent was taken for.
            let kinds = reader.kinds(&row.text);
            let first = kinds.first().is_some_and(|(code, _)| *code == row.kind);
            found.first += usize::from(first);
            found.among_three += usize::from(kinds.iter().any(|(code, _)| *code == row.kind));
            if !first {
                let said = kinds.first().map_or("nothing", |(code, _)| code);
                confused
                    .entry(format!("{} taken for {said}", row.kind))
                    .or_default()
                    .push(&row.text);
            }
        }
        let taken = said.place.as_ref().and_then(|place| place.place);
        match taken {
            Some(place) if place.name == row.village => found.taken += 1,
            Some(place) => {
                silent.push(format!("{}: {}, not {}", row.text, place.name, row.village))
            }
            None if row.village != "-" => found.asked += 1,
            None => {}
        }
        found.villages += usize::from(row.village != "-");
    }
    for (pair, texts) in &confused {
        println!("{pair}: {}", texts.join(" | "));
    }
    println!(
        "{name}: what it is about: {} of 100; kind of matter: {} of {} first, {} among three; \
         village: {} of {} taken, {} asked, {} silently wrong",
        found.intents,
        found.first,
        found.kinds,
        found.among_three,
        found.taken,
        found.villages,
        found.asked,
        silent.len()
    );
    report(&silent);
    assert_eq!(found.taken + found.asked, found.villages);
    found
}

#[test]
fn a_hundred_that_were_looked_at() {
    let found = measure("fresh.tsv");
    assert!(found.intents >= 95, "{}", found.intents);
    assert!(found.first >= 50 && found.among_three >= 58, "{} {}", found.first, found.among_three);
}

#[test]
fn a_hundred_that_were_only_measured() {
    let found = measure("fresh-held-back.tsv");
    // What it does today, less a little: no aim that was reached by mending.
    assert!(found.intents >= 72, "{}", found.intents);
    assert!(found.first >= 46 && found.among_three >= 56, "{} {}", found.first, found.among_three);
}
