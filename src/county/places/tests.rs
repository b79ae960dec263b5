use std::collections::BTreeMap;

use super::*;
use crate::zh;

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
        Found::One { place, sure: true, how: Likeness::Exact, .. } => place.name.clone(),
        Found::One { place, sure: true, .. } => format!("{}~", place.name),
        Found::One { place, sure: false, .. } => format!("{}?", place.name),
        Found::Several { places, .. } => {
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

#[test]
fn which_names_hold_which() {
    let places = places();
    let bases: Vec<&str> = places.iter().map(|place| base(&place.name)).collect();
    for (at, short) in bases.iter().enumerate() {
        let others = || bases.iter().enumerate().filter(move |(other, _)| *other != at);
        let held = others().any(|(_, name)| name.contains(short));
        assert_eq!(places.holding.is_held(at), held, "{short}");
        let like = others().filter(|(_, name)| name.contains(short) || short.contains(*name));
        let like: Vec<usize> = like.map(|(other, _)| other).take(4).collect();
        assert_eq!(places.holding.others(at), like, "{short}");
    }
}

/// Another character that sounds so: the first of the alphabet of names, else of a fixed list.
fn other_spelling(places: &Places, c: char, alike: fn(char, char) -> bool) -> Option<char> {
    const MORE: &str = "托拖衣依以西希喜东冬南男北背中种上尚下夏大达打小晓前钱后候新心刘留李里王忘张章赵照周洲庄装桩子字自紫村存河和林临坨驼陀营迎铺普埝念各个家加店电点口寇房防方寺四似庙妙黑嘿湾弯胡湖杨阳孙损马码高糕石时徐许任人曹草潘盘郭国郑正梁粮";
    let alphabet = places.iter().flat_map(|place| place.name.chars()).chain(MORE.chars());
    let mut fits = alphabet.filter(|other| *other != c && alike(c, *other));
    fits.find(|other| !zh::sounds_alike(c, *other)).or_else(|| {
        let alphabet = places.iter().flat_map(|place| place.name.chars()).chain(MORE.chars());
        alphabet.into_iter().find(|other| *other != c && zh::sounds_alike(c, *other))
    })
}

fn homophone(places: &Places, c: char) -> Option<char> {
    other_spelling(places, c, zh::sounds_alike)
}

fn dialect_spelling(places: &Places, c: char) -> Option<char> {
    other_spelling(places, c, zh::sounds_alike_in_dialect)
}

/// The name with the character at `at` spelled otherwise.
fn respelled(
    places: &Places,
    name: &str,
    at: usize,
    spelling: fn(&Places, char) -> Option<char>,
) -> Option<String> {
    let mut chars: Vec<char> = name.chars().collect();
    chars[at] = spelling(places, chars[at])?;
    Some(chars.into_iter().collect())
}

/// Every village in every usual form: found, or asked for, never another one in silence.
#[test]
fn no_village_is_ever_silently_another() {
    let places = places();
    let mut figures: BTreeMap<&str, Figure> = BTreeMap::new();
    let mut wrong = Vec::new();
    let names: Vec<String> =
        places.iter().flat_map(|p| [p.name.clone(), base(&p.name).to_owned()]).collect();
    for place in places.iter() {
        let short = base(&place.name).to_owned();
        let mut forms = vec![
            ("full name", Scope::Answer, place.name.clone()),
            ("without 村", Scope::Answer, short.clone()),
            ("with township", Scope::Answer, format!("{}{}", place.township, place.name)),
            ("我是…的", Scope::Answer, format!("我是{}的", place.name)),
            ("in a sentence", Scope::Sentence, format!("{}口的路灯坏了好几天", place.name)),
            ("without 村, in a sentence", Scope::Sentence, format!("{short}的路灯坏了好几天")),
            ("without 村, deep in one", Scope::Sentence, format!("你好麻烦问下{short}停水了")),
            (
                "deep in a sentence",
                Scope::Sentence,
                format!("你们好，麻烦问一下{}的水啥时候来", place.name),
            ),
            (
                "with township, in a sentence",
                Scope::Sentence,
                format!("我是{}{}的，俺家停电了", place.township, short),
            ),
        ];
        for (at, _) in short.chars().enumerate() {
            for (form, inside, spelling) in [
                (
                    "homophone",
                    "homophone, in a sentence",
                    homophone as fn(&Places, char) -> Option<char>,
                ),
                ("dialect", "dialect, in a sentence", dialect_spelling),
            ] {
                for name in [&place.name, &short] {
                    let Some(spelled) = respelled(&places, name, at, spelling) else { continue };
                    // It may happen to be how another village is written: then it is that one.
                    if names.contains(&spelled) {
                        continue;
                    }
                    forms.push((form, Scope::Answer, spelled.clone()));
                    forms.push((inside, Scope::Sentence, format!("{spelled}停水了")));
                    forms.push((inside, Scope::Sentence, format!("俺们{spelled}的灯不亮")));
                }
            }
        }
        for (form, scope, text) in forms {
            let found = places.find(&text, scope);
            let figure = figures.entry(form).or_default();
            match &found {
                Found::One { place: other, sure: true, .. } if other.code == place.code => {
                    figure.taken += 1;
                }
                Found::One { place: other, sure: true, .. } => {
                    wrong.push(format!("{form}: {text} ({}): {}", place.name, other.name));
                }
                Found::Outside { .. } => {
                    wrong.push(format!("{form}: {text} ({}): outside the county", place.name));
                }
                Found::One { place: first, others, .. } => {
                    figure.asked(others.iter().chain([first]).any(|one| one.code == place.code));
                }
                Found::Several { places, .. } => {
                    figure.asked(places.iter().any(|one| one.code == place.code));
                }
                Found::None => figure.open += 1,
            }
        }
    }
    let mut all = Figure::default();
    for (form, figure) in &figures {
        println!("{form}: {figure}");
        all.add(figure);
    }
    println!("all: {all}");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(places.iter().count(), 488);
    for form in ["full name", "with township"] {
        assert_eq!(figures[form].taken, 488, "{form} is always certain");
    }
    for form in ["without 村", "我是…的", "in a sentence", "without 村, in a sentence"] {
        assert_eq!(figures[form].count(), 488, "{form}");
    }
    for form in ["homophone", "dialect", "homophone, in a sentence", "dialect, in a sentence"] {
        assert!(figures[form].count() >= 488, "{form}");
    }
    for (form, figure) in &figures {
        assert!(figure.share() >= 0.97, "{form}: {figure}");
    }
    assert!(all.share() >= 0.98, "{all}");
}

/// What became of one form of the names.
#[derive(Default)]
struct Figure {
    taken: usize,
    /// Asked, with the right one among those she may choose from.
    offered: usize,
    /// Asked with only others: she says no, and is asked again.
    elsewhere: usize,
    /// Nothing was read: she is asked which village.
    open: usize,
}

impl Figure {
    fn asked(&mut self, offered: bool) {
        *(if offered { &mut self.offered } else { &mut self.elsewhere }) += 1;
    }

    fn count(&self) -> usize {
        self.taken + self.offered + self.elsewhere + self.open
    }

    /// Right, or asked so that she can answer.
    fn share(&self) -> f64 {
        (self.count() - self.elsewhere) as f64 / self.count() as f64
    }

    fn add(&mut self, other: &Figure) {
        self.taken += other.taken;
        self.offered += other.offered;
        self.elsewhere += other.elsewhere;
        self.open += other.open;
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Figure { taken, offered, elsewhere, open } = self;
        let (count, share) = (self.count(), 100.0 * self.share());
        write!(
            f,
            "{count}: {taken} taken, {offered} asked with it among the choices, {open} asked for the \
             village, {elsewhere} asked with only others to choose from; right or asks {share:.1} %"
        )
    }
}

/// 黑坨 stands in 大黑坨: whichever of the two is written, in whatever sentence, it is never
/// the other one.
#[test]
fn names_that_hold_each_other_are_told_apart() {
    let places = places();
    let mut pairs = 0;
    for inner in places.iter() {
        for outer in places.iter() {
            let (short, long) = (base(&inner.name), base(&outer.name));
            if inner.code == outer.code || !long.contains(short) {
                continue;
            }
            pairs += 1;
            for (place, name) in
                [(inner, short), (inner, &*inner.name), (outer, long), (outer, &*outer.name)]
            {
                for text in [
                    name.to_owned(),
                    format!("{name}停水了"),
                    format!("我是{name}的，路灯坏了"),
                    format!("俺们{name}没电了"),
                    format!("{}{name}的路坏了", place.township),
                ] {
                    for scope in [Scope::Answer, Scope::Sentence] {
                        if let Found::One { place: found, sure: true, .. } =
                            places.find(&text, scope)
                        {
                            assert_eq!(found.code, place.code, "{text}: {}", found.name);
                        }
                    }
                }
            }
        }
    }
    assert!(pairs > 60, "{pairs}");
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

/// Whoever is sent to another county's number can look up where it comes from.
#[test]
fn every_neighbour_names_its_source() {
    let table = include_str!("../../../county/neighbours.csv");
    let mut errors = Vec::new();
    let mut count = 0;
    read("neighbours.csv", table, &["name", "advice", "source"], &mut errors, |row, _| {
        let (advice, source) = (row.get("advice"), row.get("source"));
        assert!(
            source.contains("电信网编号计划") && source.contains("国办发"),
            "{}",
            row.get("name")
        );
        let code =
            ["0315", "0335"].into_iter().find(|code| source.contains(&format!("区号{code}")));
        assert!(code.is_some_and(|code| advice.contains(&format!("{code}-12345"))), "{advice}");
        count += 1;
    });
    assert!(errors.is_empty() && count >= 20, "{errors:?} {count}");
}

#[test]
fn spans_are_those_of_the_text() {
    let places = places();
    let text = "你好，　大黑坨 村口的灯";
    let Found::One { span, .. } = places.find(text, Scope::Sentence) else { panic!("found") };
    assert_eq!(&text[span], "大黑坨 村");
}
