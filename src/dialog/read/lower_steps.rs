//! The steps of a dialog, from YAML.

use std::collections::HashSet;

use crate::dialog::read::question::{link, question, sentences};
use crate::dialog::read::reader::{Map, Reader};
use crate::dialog::read::source::did_you_mean;
use crate::dialog::read::yaml::{Node, Tree};
use crate::dialog::script::actions::{ACTIONS, action};
use crate::dialog::script::formula::{self, Formula};
use crate::dialog::script::keywords::zh;
use crate::dialog::script::shapes;
use crate::dialog::script::{CallStep, Confirm, Step, StepKind, place_of};

const STEPS_MAX: usize = 100;
const KINDS: [&str; 6] = ["ask", "say", "confirm", "call", "go", "sub"];
/// Known words that stand in no step of any kind: they belong further in.
const INNER_KEYS: [&str; 3] = ["text", "value", "words"];

/// Of all kinds of steps.
fn keys() -> impl Iterator<Item = &'static str> + Clone {
    let own = shapes::ASK_OWN.iter().flat_map(|(_, own)| own.ids());
    let all = shapes::ASK.ids().chain(own);
    all.chain(shapes::STEPS.iter().flat_map(|shape| shape.ids())).chain(INNER_KEYS)
}

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
    link(&mut steps);
    jumps(reader, &steps);
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

/// 去 must lead somewhere, and never round in a circle without a question.
fn jumps(reader: &mut Reader, steps: &[Step]) {
    for (n, step) in steps.iter().enumerate() {
        let StepKind::Go(target) = &step.kind else { continue };
        let at = place_of(&step.places, "go");
        let Some(to) = steps.iter().position(|other| other.id == *target) else {
            let hint = did_you_mean(target, steps.iter().map(|step| step.id.as_str()));
            reader.wrong(
                at,
                "E318",
                format!("没有「{target}」这一步。{hint}请写问题的名字或「标」。"),
            );
            continue;
        };
        let waits = |step: &Step| {
            matches!(step.kind, StepKind::Ask(_) | StepKind::Confirm(_) | StepKind::Sub { .. })
        };
        if to <= n && (step.when.is_none() || !steps[to..n].iter().any(waits)) {
            let message = "回到前面要有「当」，并且中间要有问题，不然会一直转圈。请补上。";
            reader.wrong(at, "E318", message);
        }
        if to == n + 1 {
            reader.wrong(at, "E318", "下一步本来就是它。请删去这一步。");
        }
    }
}

pub(in crate::dialog) fn is_reserved(id: &str) -> bool {
    ["channel", "time", "opening"].contains(&id)
}

pub(in crate::dialog) fn reserved(id: &str) -> String {
    format!("「{id}」是留给程序用的名字，请换一个。")
}

fn step(reader: &mut Reader, node: &Node, n: usize) -> Option<Step> {
    let map = reader.map_of(node, keys(), &[])?;
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
    let when = map.get("when").and_then(|node| reader.condition(node));
    let compute = map.get("compute").map(|node| formulas(reader, node)).unwrap_or_default();
    let label = map.get("label").map(|node| reader.id(node));
    let (id, kind) = match kind {
        "ask" => {
            let question = question(reader, &map)?;
            (question.slot.clone(), StepKind::Ask(Box::new(question)))
        }
        "say" => {
            only(reader, &map, shapes::SAY.ids());
            let words = map.get("say").map(|node| reader.sentence(node)).unwrap_or_default();
            let end = map.get("end").is_some_and(|node| reader.yes_no(node));
            (label.unwrap_or_else(|| format!("say_{n}")), StepKind::Say { words, end })
        }
        "confirm" => {
            only(reader, &map, shapes::CONFIRM.ids());
            (
                label.unwrap_or_else(|| format!("confirm_{n}")),
                StepKind::Confirm(confirm(reader, &map)),
            )
        }
        "call" => {
            only(reader, &map, shapes::CALL.ids());
            (label.unwrap_or_else(|| format!("call_{n}")), StepKind::Call(call(reader, &map)?))
        }
        "go" => {
            only(reader, &map, shapes::GO.ids());
            let target = map.get("go").map(|node| reader.id(node))?;
            (label.unwrap_or_else(|| format!("go_{n}")), StepKind::Go(target))
        }
        _ => {
            only(reader, &map, shapes::SUB.ids());
            let dialog = map.get("sub").map(|node| reader.id(node))?;
            let result = map.get("result").map(|node| reader.id(node));
            let result = result.unwrap_or_else(|| dialog.clone());
            (result.clone(), StepKind::Sub { dialog, result })
        }
    };
    Some(Step { id, places: map.places(), when, compute, kind })
}

/// Keys that another kind of step has, but not this one.
pub(in crate::dialog) fn only(
    reader: &mut Reader,
    map: &Map,
    allowed: impl Iterator<Item = &'static str>,
) {
    let allowed: Vec<&str> = allowed.collect();
    for (id, _) in map.places() {
        // Another kind of step in the same one was said already.
        let said = KINDS.contains(&id) && id != "say";
        if !allowed.contains(&id) && !said {
            let words: Vec<&str> = allowed.iter().map(|id| zh(id)).collect();
            let message =
                format!("「{}」不能写在这里。这一步可以写：{}。", zh(id), words.join("、"));
            reader.wrong(map.place(id), "E201", message);
        }
    }
}

/// One in the line, or several below it.
fn formulas(reader: &mut Reader, node: &Node) -> Vec<Formula> {
    let items = match &node.value {
        Tree::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let mut found: Vec<Formula> = Vec::new();
    for item in items {
        match formula::parse(reader.text(item)) {
            Ok(formula) => found.push(formula),
            Err(message) => reader.wrong(item.at, "E319", message),
        }
    }
    found
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
        literal: map
            .get("literal")
            .map(|node| reader.words(node).iter().map(|word| crate::zh::plain(word)).collect())
            .unwrap_or_default(),
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
        && !["本人", "own"].contains(&reader.text(node))
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
