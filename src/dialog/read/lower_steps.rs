//! The steps of a dialog, from YAML.

use std::collections::HashSet;

use crate::dialog::read::lower::{Map, Reader};
use crate::dialog::read::source::did_you_mean;
use crate::dialog::read::yaml::{Node, Place};
use crate::dialog::script::actions::{ACTIONS, action};
use crate::dialog::script::condition;
use crate::dialog::script::keywords::{TYPES, TYPES_TO_COME, zh};
use crate::dialog::script::words::Words;
use crate::dialog::script::{CallStep, Choice, Confirm, Kind, Question, Step, StepKind, place_of};

const STEPS_MAX: usize = 100;
const OPTIONS_MAX: usize = 9;
const KINDS: [&str; 6] = ["ask", "say", "confirm", "call", "go", "sub"];
const KEYS: [&str; 32] = [
    "ask",
    "say",
    "confirm",
    "call",
    "go",
    "sub",
    "when",
    "label",
    "end",
    "type",
    "options",
    "options_from",
    "filter",
    "not_understood",
    "not_allowed",
    "min",
    "max",
    "at_least",
    "skip",
    "default",
    "echo",
    "remind",
    "hand_over_after",
    "not_ahead",
    "list",
    "compute",
    "result",
    "failure",
    "scope",
    "text",
    "value",
    "words",
];

pub(in crate::dialog) fn steps(reader: &mut Reader, node: &Node) -> Vec<Step> {
    let items = reader.list(node);
    if let Some(more) = items.get(STEPS_MAX) {
        reader.wrong(more.at, "E300", format!("步骤太多，最多{STEPS_MAX}步。"));
    }
    let mut steps: Vec<Step> = Vec::new();
    let mut ids = HashSet::new();
    for (n, item) in items.iter().take(STEPS_MAX).enumerate() {
        if let Some(step) = step(reader, item, n) {
            // A result may be named twice: by calls of which only one is made.
            let result = match &step.kind {
                StepKind::Call(call) => call.result.as_ref(),
                _ => None,
            };
            if !step.id.is_empty() && !ids.insert(step.id.clone()) {
                let id = ["ask", "label"].iter().find(|id| step.places.iter().any(|p| p.0 == **id));
                let at = place_of(&step.places, id.unwrap_or(&""));
                reader.wrong(at, "E301", format!("「{}」写了两次。请改掉一个名字。", step.id));
            }
            if let Some(result) = result.filter(|result| is_reserved(result)) {
                reader.wrong(place_of(&step.places, "result"), "E305", reserved(result));
            }
            steps.push(step);
        }
    }
    for step in &steps {
        if let StepKind::Call(CallStep { result: Some(result), .. }) = &step.kind
            && ids.contains(result)
        {
            let message = format!("「{result}」已经是一步的名字了。请改掉一个名字。");
            reader.wrong(place_of(&step.places, "result"), "E301", message);
        }
    }
    let ends =
        |step: &&Step| step.when.is_none() && matches!(step.kind, StepKind::Say { end: true, .. });
    if let Some(last) = steps.iter().find(ends)
        && let Some(after) = steps.iter().position(|step| step.id == last.id)
        && after + 1 < steps.len()
    {
        let message = "「到此为止」以后的步骤永远走不到。请加上「当」，或者删去它们。";
        reader.wrong(place_of(&last.places, "end"), "E316", message);
    }
    steps
}

fn is_reserved(id: &str) -> bool {
    ["channel", "time", "opening"].contains(&id)
}

fn reserved(id: &str) -> String {
    format!("「{id}」是留给程序用的名字，请换一个。")
}

fn step(reader: &mut Reader, node: &Node, n: usize) -> Option<Step> {
    let map = reader.map(node, &KEYS, &[])?;
    // 说 is a step of its own, and the text of a question or a confirmation.
    let kind = KINDS.iter().copied().find(|kind| *kind != "say" && map.has(kind));
    let kind = kind.or(map.has("say").then_some("say"));
    let Some(kind) = kind else {
        let message = "这一步不知道是做什么。请写「问」「说」「确认」或「办」里的一个。";
        reader.wrong(node.at, "E302", message);
        return None;
    };
    let more = KINDS.iter().find(|other| **other != kind && **other != "say" && map.has(other));
    if let Some(other) = more {
        let message = format!("一步里不能又「{}」又「{}」。请分成两步。", zh(kind), zh(other));
        reader.wrong(map.place(other), "E303", message);
        return None;
    }
    let when = map.get("when").and_then(|node| {
        let text = reader.text(node);
        condition::parse(text)
            .map_err(|message| reader.wrong(node.at, "E304", format!("条件写得不对：{message}")))
            .ok()
    });
    let label = map.get("label").map(|node| reader.id(node));
    let (id, kind) = match kind {
        "ask" => {
            let question = question(reader, &map)?;
            (question.slot.clone(), StepKind::Ask(question))
        }
        "say" => {
            only(reader, &map, &["say", "when", "label", "end"]);
            let words = map.get("say").map(|node| reader.sentence(node)).unwrap_or_default();
            let end = map.get("end").is_some_and(|node| reader.yes_no(node));
            (label.unwrap_or_else(|| format!("say_{n}")), StepKind::Say { words, end })
        }
        "confirm" => {
            only(
                reader,
                &map,
                &["confirm", "say", "list", "when", "label", "not_understood", "compute"],
            );
            later(reader, &map, &["compute"]);
            (
                label.unwrap_or_else(|| format!("confirm_{n}")),
                StepKind::Confirm(confirm(reader, &map)),
            )
        }
        "call" => {
            let allowed = ["call", "result", "failure", "scope", "when", "label"];
            only(reader, &map, &allowed);
            (label.unwrap_or_else(|| format!("call_{n}")), StepKind::Call(call(reader, &map)?))
        }
        other => {
            reader.wrong(
                map.place(other),
                "E214",
                format!("「{}」还不能用，请先删去这一步。", zh(other)),
            );
            return None;
        }
    };
    Some(Step { id, places: map.places(), when, kind })
}

/// Keys that another kind of step has, but not this one.
fn only(reader: &mut Reader, map: &Map, allowed: &[&str]) {
    for id in KEYS {
        // Another kind of step in the same one was said already.
        let said = KINDS.contains(&id) && id != "say";
        if map.has(id) && !allowed.contains(&id) && !said {
            let words: Vec<&str> = allowed.iter().map(|id| zh(id)).collect();
            let message =
                format!("「{}」不能写在这里。这一步可以写：{}。", zh(id), words.join("、"));
            reader.wrong(map.place(id), "E201", message);
        }
    }
}

fn later(reader: &mut Reader, map: &Map, ids: &[&'static str]) {
    for id in ids {
        if map.has(id) {
            reader.wrong(
                map.place(id),
                "E214",
                format!("「{}」还不能用，请先删去这一行。", zh(id)),
            );
        }
    }
}

fn question(reader: &mut Reader, map: &Map) -> Option<Question> {
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
    later(reader, map, &["filter", "compute"]);
    let kind_node = map.get("type")?;
    let word = reader.text(kind_node);
    let id = TYPES.iter().find(|(id, zh)| *id == word || *zh == word).map(|(id, _)| *id);
    let Some(id) = id else {
        if word.is_empty() {
            return None;
        }
        let message = if TYPES_TO_COME.contains(&word) {
            format!("类型「{word}」还不能用，请先换一个。")
        } else {
            let hint = did_you_mean(word, TYPES.iter().map(|(_, zh)| *zh));
            let all: Vec<&str> = TYPES.iter().map(|(_, zh)| *zh).collect();
            format!("没有「{word}」这个类型。{hint}可以写：{}。", all.join("、"))
        };
        if word.is_empty() {
            return None;
        }
        reader.wrong(kind_node.at, "E306", message);
        return None;
    };
    let common = [
        "ask",
        "type",
        "say",
        "when",
        "not_understood",
        "not_allowed",
        "skip",
        "remind",
        "hand_over_after",
        "not_ahead",
        "echo",
    ];
    let own: &[&str] = match id {
        "choice" => &["options", "options_from"],
        "quantity" => &["min", "max"],
        "mobile" => &["default"],
        "long_text" => &["at_least"],
        _ => &[],
    };
    only(reader, map, &[&common[..], own].concat());
    let kind = kind(reader, map, id)?;
    if let Some(node) = map.get("echo")
        && !reader.yes_no(node)
    {
        // It is how the engine behaves; that is all that can be written.
        reader.wrong(node.at, "E307", "「核对」现在只能写 是。不写也一样。");
    }
    let default_caller = map.get("default").is_some_and(|node| {
        let caller = reader.text(node) == "来电号码";
        if !caller {
            reader.wrong(node.at, "E307", "「默认」现在只能写 来电号码。");
        }
        caller
    });
    let skip = map.get("skip").map(|node| reader.words(node)).unwrap_or_default();
    if let Kind::Choice(choices) = &kind {
        for word in &skip {
            let plain = crate::zh::plain(word);
            let at = || reader.problems.find(place_of(&map.places(), "skip"), word);
            if choices.iter().any(|choice| choice.words.contains(&plain)) {
                let message = format!("「{word}」又是选项又是「可跳过」。请删去一个。");
                reader.wrong(at(), "E311", message);
            } else if crate::zh::menu_index(word, choices.len()).is_some() {
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
        default_caller,
        remind: map.get("remind").and_then(|node| reader.duration(node)),
        hand_over_after: map
            .get("hand_over_after")
            .and_then(|node| reader.count(node, "次", 1..=10)),
        not_ahead: map.get("not_ahead").is_some_and(|node| reader.yes_no(node)),
    })
}

fn sentences(reader: &mut Reader, map: &Map, id: &str) -> Vec<Words> {
    let Some(node) = map.get(id) else { return Vec::new() };
    reader.list(node).iter().map(|node| reader.sentence(node)).collect()
}

fn not_allowed(reader: &mut Reader, map: &Map) -> Vec<(condition::Condition, Words)> {
    let Some(node) = map.get("not_allowed") else { return Vec::new() };
    let mut found = Vec::new();
    for item in reader.list(node) {
        let Some(map) = reader.map(item, &["when", "say"], &["when", "say"]) else { continue };
        let (Some(when), Some(say)) = (map.get("when"), map.get("say")) else { continue };
        match condition::parse(reader.text(when)) {
            Ok(condition) => found.push((condition, reader.sentence(say))),
            Err(message) => reader.wrong(when.at, "E304", format!("条件写得不对：{message}")),
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
        "long_text" => Kind::LongText {
            at_least: map
                .get("at_least")
                .and_then(|node| reader.count(node, "字", 1..=200))
                .map_or(2, usize::from),
        },
        "quantity" => {
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
            Kind::Quantity { min, max }
        }
        "choice" => match (map.get("options"), map.get("options_from")) {
            (Some(node), None) => Kind::Choice(choices(reader, node, map.place("options"))),
            (None, Some(node)) => Kind::ChoiceFrom(reader.text(node).to_owned()),
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

fn choices(reader: &mut Reader, node: &Node, at: Place) -> Vec<Choice> {
    let items = reader.list(node);
    if !items.is_empty() && !(2..=OPTIONS_MAX).contains(&items.len()) {
        reader.wrong(at, "E309", format!("选项要有2到{OPTIONS_MAX}个，现在是{}个。", items.len()));
    }
    let mut found: Vec<Choice> = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let allowed = ["value", "text", "words", "pattern"];
        let Some(map) = reader.map(item, &allowed, &["value", "text"]) else { continue };
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
            if crate::zh::menu_index(word, items.len()).is_some_and(|index| index != n) {
                reader.wrong(at, "E314", taken_by_menu(word));
            }
            if !words.contains(&plain) {
                words.push(plain);
            }
        }
        found.push(Choice {
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

fn confirm(reader: &mut Reader, map: &Map) -> Confirm {
    for id in ["say", "list"] {
        if !map.has(id) {
            reader.wrong(
                map.at,
                "E202",
                format!("缺「{}」。请补上一行「{}: …」。", zh(id), zh(id)),
            );
        }
    }
    Confirm {
        words: map.get("say").map(|node| reader.sentence(node)).unwrap_or_default(),
        list: map.get("list").map(|node| reader.words(node)).unwrap_or_default(),
        not_understood: sentences(reader, map, "not_understood"),
    }
}

/// All of them are too many to be read behind a good guess.
pub(in crate::dialog) fn unknown_action(id: &str) -> String {
    let hint = did_you_mean(id, ACTIONS.iter().map(|action| action.id));
    if !hint.is_empty() {
        return format!("程序不会办「{id}」。{hint}");
    }
    let all: Vec<&str> = ACTIONS.iter().map(|action| action.id).collect();
    format!("程序不会办「{id}」。可以写：{}。", all.join("、"))
}

fn call(reader: &mut Reader, map: &Map) -> Option<CallStep> {
    let node = map.get("call")?;
    let id = reader.text(node);
    let Some(action) = action(id) else {
        reader.wrong(node.at, "E312", unknown_action(id));
        return None;
    };
    if let Some(node) = map.get("scope")
        && reader.text(node) != "本人"
    {
        reader.wrong(node.at, "E313", "「查」只能写 本人：谁也看不到别人的事。");
    }
    if !map.has("failure") {
        reader.wrong(map.at, "E202", "缺「失败」。办不成时要告诉村民，请补上一行「失败: …」。");
    }
    Some(CallStep {
        action,
        result: map.get("result").map(|node| reader.id(node)),
        failure: map.get("failure").map(|node| reader.sentence(node)).unwrap_or_default(),
    })
}
