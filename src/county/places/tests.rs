use std::collections::BTreeMap;

use super::*;

fn places() -> Places {
    Places::parse(
        include_str!("../../../county/places.csv"),
        include_str!("../../../county/aliases.csv"),
        include_str!("../../../county/neighbours.csv"),
    )
    .expect("the shipped tables are right")
}

fn shown(found: &Found) -> String {
    match found {
        Found::One { place, exact: true, .. } => place.name.clone(),
        Found::One { place, exact: false, .. } => format!("{}?", place.name),
        Found::Several(places) => {
            places.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join("/")
        }
        Found::Outside { name, .. } => format!("!{name}"),
        Found::None => "-".into(),
    }
}

fn check(scope: Scope, table: &str, least: usize) {
    let places = places();
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in table.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
        let (input, expected) = row.split_once('\t').unwrap_or_else(|| panic!("a tab: {row}"));
        let found = shown(&places.find(input, scope));
        if found != expected {
            wrong.push(format!("{input}: {found}, not {expected}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(count >= least, "only {count} rows");
}

#[test]
fn answers() {
    check(Scope::Answer, include_str!("../../../tests/fixtures/zh/places-answer.tsv"), 30);
}

#[test]
fn sentences() {
    check(Scope::Sentence, include_str!("../../../tests/fixtures/zh/places-sentence.tsv"), 15);
}

/// A common character with the same sound, from those that the tables themselves hold.
fn homophone(places: &Places, c: char) -> Option<char> {
    let alphabet = places.iter().flat_map(|place| place.name.chars());
    let own = zh::sounds(c);
    alphabet.filter(|other| *other != c).find(|other| zh::sounds(*other) == own)
}

/// Every village in every usual form: found, or asked for, never another one in silence.
#[test]
fn no_village_is_ever_silently_another() {
    let places = places();
    let mut figures: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for place in places.iter() {
        let short = base(&place.name).to_owned();
        let mut spelled = place.name.clone();
        if let Some((at, c)) = short.char_indices().next()
            && let Some(other) = homophone(&places, c)
        {
            spelled.replace_range(at..at + c.len_utf8(), &other.to_string());
        }
        for (form, scope, text) in [
            ("full name", Scope::Answer, place.name.clone()),
            ("without 村", Scope::Answer, short.clone()),
            ("with township", Scope::Answer, format!("{}{}", place.township, place.name)),
            ("我是…的", Scope::Answer, format!("我是{}的", place.name)),
            ("in a sentence", Scope::Sentence, format!("{}口的路灯坏了好几天", place.name)),
            (
                "deep in a sentence",
                Scope::Sentence,
                format!("你们好，麻烦问一下{}的水啥时候来", place.name),
            ),
            ("homophone", Scope::Answer, spelled.clone()),
            ("homophone in a sentence", Scope::Sentence, format!("{spelled}停水了")),
        ] {
            let found = places.find(&text, scope);
            let figure = figures.entry(form).or_default();
            match &found {
                Found::One { place: other, exact, .. } if other.code == place.code => {
                    figure[usize::from(!exact)] += 1;
                }
                Found::One { place: other, exact: true, .. } => {
                    // A spelling may happen to be the name of another village: that is said.
                    if text != other.name && base(&other.name) != text && spelled != other.name {
                        wrong.push(format!("{text} ({}): {}", place.name, other.name));
                    }
                }
                _ => figure[2] += 1,
            }
        }
    }
    for (form, [exact, shown, asked]) in &figures {
        println!("{form}: {exact} at once, {shown} after 'did you mean', {asked} asked again");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let full = figures["full name"];
    assert_eq!(full[0], places.iter().count(), "a full name is always certain: {full:?}");
    let township = figures["with township"];
    assert_eq!(township[0], places.iter().count(), "{township:?}");
}

#[test]
fn wrong_tables_are_said_with_their_lines() {
    let check = |places: &str, aliases: &str, expect: &str| {
        let errors = Places::parse(
            &format!("code,township,name,kind\n{places}"),
            &format!("alias,code\n{aliases}"),
            "name,aliases,advice\n",
        )
        .expect_err(expect);
        assert_eq!(errors[0].to_string(), expect);
    };
    let good = "130225102216,胡家坨镇,大黑坨村,village\n";
    check(
        "1,胡家坨镇,大黑坨村,village\n",
        "",
        "places.csv 第2行「code」列：「1」不对，请写12位数字的区划代码。",
    );
    check(
        &good.replace("village", "town"),
        "",
        "places.csv 第2行「kind」列：「town」不对，请写 village 或 community。",
    );
    check(
        &format!("{good}{good}"),
        "",
        "places.csv 第3行「code」列：130225102216 写了两次，请改掉一个。",
    );
    check(
        good,
        "黑陀,1\n",
        "aliases.csv 第2行「code」列：「1」在 places.csv 里没有，请写村的12位或乡镇的9位代码。",
    );
}

#[test]
fn spans_are_those_of_the_text() {
    let places = places();
    let text = "你好，　大黑坨 村口的灯";
    let Found::One { span, .. } = places.find(text, Scope::Sentence) else { panic!("found") };
    assert_eq!(&text[span], "大黑坨 村");
}
