//! One question of a dialog, from YAML: its type, its options, what refuses an answer.

use crate::dialog::read::lower_steps::{is_reserved, only, reserved};
use crate::dialog::read::reader::{Map, Reader};
use crate::dialog::read::source::did_you_mean;
use crate::dialog::read::table::LABEL_CHARACTERS_MAX;
use crate::dialog::read::yaml::{Node, Place};
use crate::dialog::script::actions;
use crate::dialog::script::condition::Condition;
use crate::dialog::script::keywords::{TYPES, zh};
use crate::dialog::script::shapes;
use crate::dialog::script::table::Row;
use crate::dialog::script::words::{Path, Words};
use crate::dialog::script::{
    Choice, Default, From, Kind, PAGE, Pick, Question, Step, StepKind, place_of,
};

/// Nobody looks through more than six pages.
const OPTIONS_MAX: usize = 50;

pub(in crate::dialog) fn question(reader: &mut Reader, map: &Map) -> Option<Question> {
    let slot = map.get("ask").map(|node| reader.id(node))?;
    if is_reserved(&slot) {
        reader.wrong(place_of(&map.places(), "ask"), "E305", reserved(&slot));
    }
    for id in ["type", "say"] {
        if !map.has(id) {
            reader.wrong(
                map.at,
                "E202",
                format!("缺「{}」。请补上一行「{}: …」。", zh(id), zh(id)),
            );
        }
    }
    let kind_node = map.get("type")?;
    let word = reader.text(kind_node);
    let id = TYPES.iter().find(|(id, zh)| *id == word || *zh == word).map(|(id, _)| *id);
    let Some(id) = id else {
        if word.is_empty() {
            return None;
        }
        let hint = did_you_mean(word, TYPES.iter().map(|(_, zh)| *zh));
        let all: Vec<&str> = TYPES.iter().map(|(_, zh)| *zh).collect();
        let message = format!("没有「{word}」这个类型。{hint}可以写：{}。", all.join("、"));
        reader.wrong(kind_node.at, "E306", message);
        return None;
    };
    only(reader, map, shapes::ASK.ids().chain(shapes::own_of(id).ids()));
    let kind = kind(reader, map, id)?;
    let default = map.get("default").and_then(|node| default(reader, node, &kind));
    let skip = map.get("skip").map(|node| reader.words(node)).unwrap_or_default();
    if let Kind::Choice(choices) | Kind::Many { choices, .. } = &kind {
        for word in &skip {
            let plain = crate::zh::plain(word);
            let at = || reader.problems.find(place_of(&map.places(), "skip"), word);
            if choices.iter().any(|choice| choice.words.contains(&plain)) {
                let message = format!("「{word}」又是选项又是「可跳过」。请删去一个。");
                reader.wrong(at(), "E311", message);
            } else if crate::zh::menu_index(word, choices.len().min(PAGE)).is_some() {
                reader.wrong(at(), "E314", taken_by_menu(word));
            }
        }
    }
    Some(Question {
        slot,
        kind,
        words: map.get("say").map(|node| reader.sentence(node)).unwrap_or_default(),
        not_understood: sentences(reader, map, "not_understood"),
        not_allowed: not_allowed(reader, map),
        skip: skip.iter().map(|word| crate::zh::plain(word)).collect(),
        default,
        echo: map.get("echo").is_some_and(|node| reader.yes_no(node)),
        remind: map.get("remind").and_then(|node| reader.duration(node)),
        hand_over_after: map
            .get("hand_over_after")
            .and_then(|node| reader.count(node, "次", 1..=10)),
        not_ahead: map.get("not_ahead").is_some_and(|node| reader.yes_no(node)),
        unasked: map.get("unasked").is_some_and(|node| reader.yes_no(node)),
    })
}

pub(in crate::dialog) fn sentences(reader: &mut Reader, map: &Map, id: &str) -> Vec<Words> {
    let Some(node) = map.get(id) else { return Vec::new() };
    reader.list(node).iter().map(|node| reader.sentence(node)).collect()
}

fn not_allowed(reader: &mut Reader, map: &Map) -> Vec<(Condition, Words)> {
    let Some(node) = map.get("not_allowed") else { return Vec::new() };
    let mut found = Vec::new();
    for item in reader.list(node) {
        let Some(map) = reader.map(item, &shapes::REFUSAL) else { continue };
        let (Some(when), Some(say)) = (map.get("when"), map.get("say")) else { continue };
        if let Some(condition) = reader.condition(when) {
            found.push((condition, reader.sentence(say)));
        }
    }
    found
}

fn kind(reader: &mut Reader, map: &Map, id: &str) -> Option<Kind> {
    Some(match id {
        "village" => Kind::Village,
        "yes_no" => Kind::YesNo,
        "mobile" => Kind::Mobile,
        "person_name" => Kind::PersonName,
        "short_text" => Kind::ShortText,
        "photo" => Kind::Photo,
        "location" => Kind::Location,
        "matter" => Kind::Matter,
        "long_text" => Kind::LongText {
            at_least: map
                .get("at_least")
                .and_then(|node| reader.count(node, "字", 1..=200))
                .map_or(2, usize::from),
        },
        "day" => Kind::Day,
        "identity" => Kind::Identity,
        "many" => {
            let Some(node) = map.get("options") else {
                reader.wrong(map.at, "E202", "缺「选项」。请补上几个「- 值: …」「字: …」。");
                return None;
            };
            let choices = choices(reader, node, map.place("options"));
            if choices.len() > PAGE {
                let message = format!("多选最多{PAGE}个选项，一页放得下才好选。请删去几个。");
                reader.wrong(map.place("options"), "E309", message);
            }
            let mut bound = |id| {
                let node = map.get(id)?;
                reader.count(node, "项", 1..=9).map(usize::from)
            };
            let (min, max) = (bound("min").unwrap_or(1), bound("max").unwrap_or(PAGE));
            if min > max {
                let message = "「最少」比「最多」还多，怎么回都不行。请改其中一个。";
                reader.wrong(place_of(&map.places(), "min"), "E315", message);
            }
            Kind::Many { choices, min, max }
        }
        "quantity" | "money" => {
            let mut bound = |id| {
                let node = map.get(id)?;
                let text = reader.text(node);
                let found = crate::zh::number(text);
                if found.is_none() && !text.is_empty() {
                    reader.wrong(node.at, "E207", format!("「{text}」不是数。请写数字，例如 1。"));
                }
                found
            };
            let (min, max) = (bound("min"), bound("max"));
            if let (Some(least), Some(most)) = (min, max)
                && least > most
            {
                let message = "「最少」比「最多」还多，怎么回都不行。请改其中一个。";
                reader.wrong(place_of(&map.places(), "min"), "E315", message);
            }
            match id {
                "money" => Kind::Money { min: min.map(|n| n / 10), max: max.map(|n| n / 10) },
                _ => Kind::Quantity { min, max },
            }
        }
        "choice" => match (map.get("options"), map.get("options_from")) {
            (Some(node), None) => {
                if map.has("filter") {
                    let message = "「只列」只和「选项表」一起用。请删去，或给选项写「当」。";
                    reader.wrong(map.place("filter"), "E308", message);
                }
                Kind::Choice(choices(reader, node, map.place("options")))
            }
            (None, Some(node)) => Kind::ChoiceFrom(pick(reader, map, node)?),
            (Some(_), Some(_)) => {
                let message = "「选项」和「选项表」只能写一个，请删去一个。";
                reader.wrong(map.place("options_from"), "E308", message);
                return None;
            }
            (None, None) => {
                reader.wrong(map.at, "E202", "缺「选项」。请补上几个「- 值: …」「字: …」。");
                return None;
            }
        },
        _ => return None,
    })
}

/// `来电号码`, the name of a slot, or an answer as she would write it.
fn default(reader: &mut Reader, node: &Node, kind: &Kind) -> Option<Default> {
    let text = reader.text(node);
    if text.is_empty() {
        return None;
    }
    if ["来电号码", "caller"].contains(&text) {
        if !matches!(kind, Kind::Mobile) {
            reader.wrong(node.at, "E307", "「来电号码」只能做手机号的默认。请换一个。");
        }
        return Some(Default::Caller);
    }
    let name = Path::parse(text);
    let is_slot = name.slot.starts_with(|c: char| c.is_ascii_lowercase())
        && name.slot.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let option = match kind {
        Kind::Choice(choices) => choices.iter().any(|c| c.value == text || c.label == text),
        _ => false,
    };
    if is_slot && !option {
        return Some(Default::Slot(name));
    }
    let fits = match kind {
        Kind::Choice(_) => option,
        Kind::YesNo => crate::zh::yes_no(text).is_some(),
        Kind::Quantity { .. } => crate::zh::quantity(text, true).is_some(),
        Kind::Money { .. } => crate::zh::money(text).is_some(),
        Kind::Mobile => crate::zh::phone(text).is_ok(),
        Kind::ShortText | Kind::LongText { .. } | Kind::PersonName | Kind::Day => true,
        Kind::Village | Kind::ChoiceFrom(_) => true,
        Kind::Many { .. } | Kind::Identity | Kind::Photo | Kind::Location | Kind::Matter => false,
    };
    if !fits {
        let message = format!("「{text}」不能做这个问题的默认。请写一个村民会回的答案。");
        reader.wrong(node.at, "E307", message);
    }
    Some(Default::Words(text.to_owned()))
}

/// `商品`, `商品.类别`, or the name of what a call gave.
fn pick(reader: &mut Reader, map: &Map, node: &Node) -> Option<Pick> {
    let text = reader.text(node);
    if text.is_empty() {
        return None;
    }
    let (name, column) = match text.split_once(['.', '．']) {
        Some((name, column)) => (name.trim(), Some(column.trim())),
        None => (text, None),
    };
    let from = match (reader.tables.get(name), column) {
        (Some(table), Some(column)) => match table.column(column) {
            Some(at) => {
                let long = |row: &&Row| row.cells[at].chars().count() > LABEL_CHARACTERS_MAX;
                if let Some(row) = table.rows.iter().find(long) {
                    let message = format!(
                        "「{column}」这一列里有太长的：{}…。一行菜单最多{LABEL_CHARACTERS_MAX}个字。",
                        row.cells[at].chars().take(10).collect::<String>()
                    );
                    reader.wrong(node.at, "E317", message);
                }
                From::Column(table.clone(), at)
            }
            None => {
                let hint = did_you_mean(column, table.columns.iter().map(String::as_str));
                let message = format!(
                    "表「{name}」没有「{column}」这一列。{hint}可以写：{}。",
                    table.columns.join("、")
                );
                reader.wrong(node.at, "E317", message);
                return None;
            }
        },
        (Some(table), None) => {
            if !table.has_labels {
                let message = format!(
                    "表「{name}」没有「名称」这一列，不知道给村民看什么。请补上，或者写成 {name}.列名。"
                );
                reader.wrong(node.at, "E317", message);
            }
            From::Table(table.clone())
        }
        // Which call it is shows when all steps are read.
        (None, None) => From::Rows { slot: name.to_owned(), value: "", label: "" },
        (None, Some(_)) => {
            let hint = did_you_mean(name, reader.tables.keys().map(String::as_str));
            reader.wrong(node.at, "E317", format!("没有表「{name}」。{hint}"));
            return None;
        }
    };
    let filter = map.get("filter").and_then(|node| reader.condition(node));
    Some(Pick { from, filter })
}

/// What only shows when all steps are read: whose rows a question offers, and which words of
/// 只列 are slots.
pub(in crate::dialog) fn link(steps: &mut [Step]) {
    let calls: Vec<(String, &'static actions::Action)> = steps
        .iter()
        .filter_map(|step| match &step.kind {
            StepKind::Call(call) => Some((call.result.clone()?, call.action)),
            _ => None,
        })
        .collect();
    let asked: Vec<String> = steps
        .iter()
        .filter_map(|step| match &step.kind {
            StepKind::Ask(question) => Some(question.slot.clone()),
            _ => None,
        })
        .collect();
    let is_slot = |word: &str| {
        asked.iter().any(|slot| slot == word) || calls.iter().any(|(slot, _)| slot == word)
    };
    for step in steps {
        let StepKind::Ask(question) = &mut step.kind else { continue };
        let Kind::ChoiceFrom(pick) = &mut question.kind else { continue };
        if let Some(filter) = &mut pick.filter {
            filter.name_slots(&is_slot);
        }
        if let From::Rows { slot, value, label } = &mut pick.from
            && let Some((_, action)) = calls.iter().find(|(result, _)| result == slot)
        {
            let field = |n: usize| action.outputs.get(n).or(action.outputs.first());
            *value = field(0).map_or("", |(id, _)| id);
            *label = field(1).map_or("", |(id, _)| id);
        }
    }
}

fn choices(reader: &mut Reader, node: &Node, at: Place) -> Vec<Choice> {
    let items = reader.list(node);
    if !items.is_empty() && !(2..=OPTIONS_MAX).contains(&items.len()) {
        reader.wrong(at, "E309", format!("选项要有2到{OPTIONS_MAX}个，现在是{}个。", items.len()));
    }
    let mut found: Vec<Choice> = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let Some(map) = reader.map(item, &shapes::OPTION) else { continue };
        let (Some(value), Some(label)) = (map.get("value"), map.get("text")) else { continue };
        let stored = reader.text(value).to_owned();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !stored.chars().all(plain) {
            let message = format!("「{stored}」是存数据用的，只能用英文字母、数字和下划线。");
            reader.wrong(value.at, "E212", message);
        }
        let text = reader.text(label).to_owned();
        if found.iter().any(|choice| choice.value == stored) {
            let message = format!("选项「{text}」的「值」{stored} 和前面的重复。请改其中一个。");
            reader.wrong(value.at, "E310", message);
        }
        let same = found.iter().any(|choice| choice.label == text) && !text.is_empty();
        if same {
            reader.wrong(label.at, "E310", format!("选项「{text}」写了两次。请改其中一个。"));
        }
        let written = map.get("words").map(|node| reader.words(node)).unwrap_or_default();
        let mut words: Vec<String> = Vec::new();
        let from = place_of(&map.places(), if map.has("words") { "words" } else { "text" });
        for word in written.iter().chain([&text].into_iter().filter(|_| !same)) {
            let plain = crate::zh::plain(word);
            let at = reader.problems.find(if *word == text { label.at } else { from }, word);
            if let Some(other) = found.iter().find(|other| other.words.contains(&plain)) {
                let message = format!(
                    "「{word}」在选项「{}」里也有，分不清是哪一个。请删去一个。",
                    other.label
                );
                reader.wrong(at, "E311", message);
            }
            // On the second page the numbers begin again.
            let paged = items.len() > PAGE;
            let number = crate::zh::menu_index(word, items.len().min(PAGE));
            if number.is_some_and(|index| paged || index != n) {
                reader.wrong(at, "E314", taken_by_menu(word));
            }
            if !words.contains(&plain) {
                words.push(plain);
            }
        }
        let when = map.get("when").and_then(|node| reader.condition(node));
        found.push(Choice {
            when,
            value: stored,
            label: text,
            words,
            pattern: map.get("pattern").and_then(|node| reader.pattern(node)),
        });
    }
    found
}

fn taken_by_menu(word: &str) -> String {
    format!("村民回「{word}」，是选前面标着这个数的选项，轮不到这里。请删去这个词。")
}
