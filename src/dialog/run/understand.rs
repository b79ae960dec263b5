//! What an answer to a question says, and what a sentence says about several at once.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::dialog::run::choose::{Chosen, by_words, inside};
use crate::dialog::run::conversation::{Asked, Frame, Shown};
use crate::dialog::run::event::{Env, PlaceFound};
use crate::dialog::run::step::clip;
use crate::dialog::run::typed;
use crate::dialog::script::value::{Answer, How, Value};
use crate::dialog::script::words::shown;
use crate::dialog::script::{Dialog, From, Kind, PAGE, Pick, Question};
use crate::meaning::Intent;
use crate::zh;

/// What is left of a sentence must be so long to count as its matter.
const MATTER_CHARACTERS: usize = 8;
/// And where the kind of matter was found in it.
const SHORT_MATTER: usize = 3;

/// Of an answer that needs a few words only.
const SHORT_BYTES_MAX: usize = 1_200;

pub(in crate::dialog) enum Parsed {
    Answer(Answer),
    /// Has to be shown to her first.
    Maybe(Answer),
    /// It could be one of these.
    Choose(Vec<Shown>),
    /// What she has to be told instead of the ladder.
    Tell(String),
    Miss,
}

fn answer(raw: &str, value: Value, how: How) -> Answer {
    Answer { raw: raw.to_owned(), value, how }
}

/// The message as a whole as the answer to a question for a long text.
pub(in crate::dialog) fn whole(text: &str) -> Answer {
    answer(text, Value::Text(text.trim().to_owned()), How::Intake)
}

/// The message as the answer to the question that she was asked.
pub(in crate::dialog) fn parse(
    question: &Question,
    frame: &Frame,
    asked: &Asked,
    text: &str,
    env: &Env,
) -> Parsed {
    let exact = |value| Parsed::Answer(answer(text, value, How::Exact));
    if !asked.shown.is_empty()
        && !matches!(question.kind, Kind::Many { .. })
        && let Some(index) = zh::menu_index(text, asked.shown.len())
    {
        return Parsed::Answer(answer(text, asked.shown[index].value.clone(), How::Menu));
    }
    let copy = zh::plain(text);
    if question.skip.contains(&copy) {
        return exact(Value::Skipped);
    }
    match &question.kind {
        Kind::Village => village(text, env),
        Kind::Choice(_) | Kind::ChoiceFrom(_) => {
            let items = frame.items(question, env, false);
            match by_words(&items, &copy) {
                Chosen::One(n) => exact(items[n].shown().value),
                Chosen::Several(several) => {
                    let shown = several.iter().take(PAGE).map(|n| items[*n].shown());
                    Parsed::Choose(shown.collect())
                }
                Chosen::None => Parsed::Miss,
            }
        }
        Kind::YesNo => match zh::yes_no(text).or(zh::menu_index(text, 2).map(|index| index == 0)) {
            Some(yes) => exact(Value::Flag(yes)),
            None => Parsed::Miss,
        },
        Kind::Quantity { min, max } => match zh::quantity(text, true) {
            Some(found)
                if min.is_none_or(|min| found.thousandths >= min)
                    && max.is_none_or(|max| found.thousandths <= max) =>
            {
                exact(Value::Quantity {
                    thousandths: found.thousandths,
                    unit: found.unit,
                    about: found.about,
                })
            }
            _ => Parsed::Miss,
        },
        Kind::Many { min, max, .. } => {
            let items = frame.items(question, env, false);
            told(typed::several(&items, asked, text, (*min, *max)), text)
        }
        Kind::Money { min, max } => told(typed::money(text, *min, *max), text),
        Kind::Day => match typed::day(text, env) {
            Ok(value) => exact(value),
            Err(zh::DayError::NotADay) => Parsed::Miss,
            Err(error) => Parsed::Tell(format!("{error}。")),
        },
        Kind::Identity => match zh::identity(text) {
            Ok(number) => {
                let raw = zh::mask_identity(&number).into_owned();
                Parsed::Answer(Answer { raw, value: Value::Identity(number), how: How::Exact })
            }
            Err(zh::IdentityError::NotANumber) => Parsed::Miss,
            Err(error) => Parsed::Tell(format!("{error}。")),
        },
        Kind::Mobile => match zh::phone(text) {
            Ok(phone) => exact(Value::Text(phone)),
            Err(zh::PhoneError::NotANumber) => Parsed::Miss,
            Err(error) => Parsed::Tell(format!("{error}。")),
        },
        Kind::PersonName => match zh::name(text, true) {
            Some(name) => exact(Value::Text(name)),
            // Some names are in no list: what she repeats is believed.
            None if asked.misses > 0 && is_short_han(&copy) && zh::yes_no(text).is_none() => {
                exact(Value::Text(copy))
            }
            None => Parsed::Miss,
        },
        Kind::ShortText if !copy.is_empty() => {
            exact(Value::Text(clip(text.trim(), SHORT_BYTES_MAX).to_owned()))
        }
        Kind::LongText { at_least } => {
            let count = text.chars().filter(|c| c.is_alphanumeric()).count();
            if count >= *at_least && !is_idle(text, env) {
                exact(Value::Text(text.trim().to_owned()))
            } else {
                Parsed::Miss
            }
        }
        // Where it is, in words, is as good as a point on the map.
        Kind::Location if copy.chars().count() >= 2 => {
            exact(Value::Text(clip(text.trim(), SHORT_BYTES_MAX).to_owned()))
        }
        Kind::Matter => matter(text, &copy, env),
        Kind::ShortText | Kind::Location | Kind::Photo => Parsed::Miss,
    }
}

fn told(read: Option<Result<Value, String>>, text: &str) -> Parsed {
    match read {
        Some(Ok(value)) => Parsed::Answer(answer(text, value, How::Exact)),
        Some(Err(said)) => Parsed::Tell(said),
        None => Parsed::Miss,
    }
}

/// Said when it is none of those that are offered.
const OTHER: [&str; 11] = [
    "别的",
    "别的事",
    "其他",
    "其它",
    "不知道",
    "说不好",
    "都不是",
    "不是",
    "都不对",
    "不清楚",
    "说不清",
];

/// Of none of the table's kinds: a clerk sorts it.
const OTHER_MATTER: &str = "别的事";

fn kind_value(code: &str, name: &str) -> Value {
    Value::Choice { value: code.to_owned(), label: name.to_owned() }
}

/// 好的谢谢, 在吗: polite, and about nothing.
pub(in crate::dialog) fn is_idle(text: &str, env: &Env) -> bool {
    matches!(env.places.intent(text), Some(Intent::Thanks | Intent::Chitchat))
}

/// It may be about a matter for the county, as far as anybody can tell.
fn tells(text: &str, env: &Env) -> bool {
    matches!(env.places.intent(text), None | Some(Intent::Report | Intent::Consult))
}

fn matter(text: &str, copy: &str, env: &Env) -> Parsed {
    if OTHER.contains(&copy) {
        return Parsed::Answer(answer(text, kind_value("", OTHER_MATTER), How::Exact));
    }
    if is_idle(text, env) {
        return Parsed::Miss;
    }
    if let Some((value, how)) = likely_kind(text, env) {
        return Parsed::Answer(answer(text, value, how));
    }
    let shown = kinds_to_choose(text, env)
        .into_iter()
        .map(|(code, name)| Shown { value: kind_value(&code, &name), label: name });
    match shown.collect::<Vec<_>>() {
        shown if shown.len() > 1 => Parsed::Choose(shown),
        _ => Parsed::Miss,
    }
}

/// The kind of matter that may be taken without asking.
pub(in crate::dialog) fn likely_kind(text: &str, env: &Env) -> Option<(Value, How)> {
    let kinds = env.places.kinds(text);
    let first = kinds.first().filter(|kind| kind.sure)?;
    Some((kind_value(&first.code, &first.name), How::Likely(first.percent)))
}

/// Code and name of the likeliest kinds of a text, and something else; nothing where nobody
/// can tell.
pub(in crate::dialog) fn kinds_to_choose(text: &str, env: &Env) -> Vec<(String, String)> {
    let mut kinds: Vec<(String, String)> =
        env.places.kinds(text).into_iter().map(|kind| (kind.code, kind.name)).collect();
    if !kinds.is_empty() {
        kinds.push((String::new(), OTHER_MATTER.to_owned()));
    }
    kinds
}

fn is_short_han(text: &str) -> bool {
    (2..=6).contains(&text.chars().count()) && text.chars().all(zh::is_han)
}

fn village(text: &str, env: &Env) -> Parsed {
    let mut found = env.places.find(text, true);
    if found == PlaceFound::None && text.chars().count() > 6 {
        found = env.places.find(text, false);
    }
    village_found(found, text)
}

/// A village that a sentence may name: nothing that may be taken without asking.
pub(in crate::dialog) fn village_in(text: &str, env: &Env) -> Parsed {
    village_found(env.places.find(text, false), text)
}

fn village_found(found: PlaceFound, text: &str) -> Parsed {
    match found {
        PlaceFound::One { code, name, exact: true, alike, .. } => {
            let how = if alike { How::Fuzzy } else { How::Exact };
            Parsed::Answer(answer(text, Value::Village { code, name }, how))
        }
        PlaceFound::One { code, name, exact: false, .. } => {
            Parsed::Maybe(answer(text, Value::Village { code, name }, How::Fuzzy))
        }
        PlaceFound::Several(places) => Parsed::Choose(
            places
                .into_iter()
                .map(|(code, name)| Shown {
                    label: name.clone(),
                    value: Value::Village { code, name },
                })
                .collect(),
        ),
        PlaceFound::Outside { advice } => Parsed::Tell(advice),
        PlaceFound::None => Parsed::Miss,
    }
}

/// What a sentence says beyond the question that was asked.
#[derive(Default)]
pub(in crate::dialog) struct Intake {
    pub found: Vec<(String, Answer)>,
    /// Of a place outside the county.
    pub advice: Option<String>,
    /// It names the kind of matter, or says what it is about.
    pub is_matter: bool,
}

/// Answers to questions of `dialog` that `frame` has not answered yet. `entry`: the bytes of
/// the word that began the dialog. `matter`: the sentence as a whole may be the long text.
pub(in crate::dialog) fn intake(
    dialog: &Dialog,
    frame: &Frame,
    text: &str,
    entry: Range<usize>,
    matter: bool,
    env: &Env,
) -> Intake {
    let mut intake = Intake::default();
    let mut used: Vec<Range<usize>> = vec![entry];
    let open = |kind: fn(&Kind) -> bool| {
        dialog.questions().find(|question| {
            kind(&question.kind)
                && !question.not_ahead
                && !frame.answers.contains_key(&question.slot)
        })
    };
    let mut add = |question: &Question, value: Value| {
        intake.found.push((question.slot.clone(), answer(text, value, How::Intake)));
    };
    if let Some((phone, span)) = zh::find_phone(text) {
        used.push(span);
        if let Some(question) = open(|kind| matches!(kind, Kind::Mobile)) {
            add(question, Value::Text(phone));
        }
    }
    if let Some(question) = open(|kind| matches!(kind, Kind::Village)) {
        match env.places.find(text, false) {
            PlaceFound::One { code, name, exact: true, span, .. } => {
                used.push(span);
                add(question, Value::Village { code, name });
            }
            PlaceFound::Outside { advice } => intake.advice = Some(advice),
            _ => {}
        }
    }
    let name = zh::name(text, false);
    if let Some(name) = &name
        && let Some(question) = open(|kind| matches!(kind, Kind::PersonName))
    {
        if let Some(at) = text.find(name.as_str()) {
            used.push(at..at + name.len());
        }
        intake
            .found
            .push((question.slot.clone(), answer(text, Value::Text(name.clone()), How::Intake)));
    }
    if matter
        && let Some(question) = open(|kind| matches!(kind, Kind::Matter))
        && tells(text, env)
        && let Some((value, how)) = likely_kind(text, env)
    {
        intake.is_matter = true;
        intake.found.push((question.slot.clone(), answer(text, value, how)));
    }
    let copy = zh::plain(text);
    for question in dialog.questions() {
        let choice = matches!(&question.kind, Kind::Choice(_) | Kind::ChoiceFrom(_));
        if !choice || question.not_ahead || frame.answers.contains_key(&question.slot) {
            continue;
        }
        let items = frame.items(question, env, true);
        let Some(n) = inside(&items, &copy) else { continue };
        let mut choice = answer(text, items[n].shown().value, How::Intake);
        if !frame.whole_row(question, &mut choice) {
            continue;
        }
        intake.is_matter = true;
        // Who names a ware has named its kind.
        for (slot, value) in implied(dialog, question, &choice.value) {
            let open = !frame.answers.contains_key(&slot);
            if open && !intake.found.iter().any(|(known, _)| *known == slot) {
                intake.found.push((slot, answer(text, value, How::Intake)));
            }
        }
        intake.found.push((question.slot.clone(), choice));
    }
    if let Some(question) = open(|kind| matches!(kind, Kind::Quantity { .. }))
        && let Some(found) = zh::quantity(text, false)
    {
        let value = Value::Quantity {
            thousandths: found.thousandths,
            unit: found.unit,
            about: found.about,
        };
        intake.found.push((question.slot.clone(), answer(text, value, How::Intake)));
    }
    if let Some(question) = open(|kind| matches!(kind, Kind::Money { .. }))
        && let Some(found) = zh::find_money(text)
    {
        let value = Value::Money { fen: found.fen, about: found.about };
        intake.found.push((question.slot.clone(), answer(text, value, How::Intake)));
    }
    if matter
        && !is_idle(text, env)
        && let Some(question) = open(|kind| matches!(kind, Kind::LongText { .. }))
        && (left(text, &used) >= MATTER_CHARACTERS
            || intake.is_matter && is_enough(question, text, &used))
    {
        intake.is_matter = true;
        // The whole of it: what was taken out is a part of what she wrote.
        intake.found.push((question.slot.clone(), whole(text)));
    }
    intake
}

/// Answers that follow from a row which 只列 ties to earlier questions: 类别 = group.
fn implied(dialog: &Dialog, question: &Question, row: &Value) -> Vec<(String, Value)> {
    let (Kind::ChoiceFrom(Pick { filter: Some(filter), .. }), Value::Row { fields, .. }) =
        (&question.kind, row)
    else {
        return Vec::new();
    };
    let tied = filter.equalities().into_iter().filter_map(|(column, slot)| {
        let Kind::ChoiceFrom(Pick { from: From::Column(table, at), .. }) =
            &dialog.question(&slot.slot)?.kind
        else {
            return None;
        };
        let text = shown(fields.get(&column.slot)?);
        let is_there = table.rows.iter().any(|row| row.cells[*at] == text);
        let value = Value::Choice { value: text.clone(), label: text };
        is_there.then(|| (slot.slot.clone(), value))
    });
    tied.collect()
}

/// 李庄停水了: short, and all is said where its kind was found in it.
fn is_enough(question: &Question, text: &str, used: &[Range<usize>]) -> bool {
    let Kind::LongText { at_least } = question.kind else { return false };
    let entry = &used[..1];
    left(text, used) >= SHORT_MATTER && left(text, entry) >= at_least
}

/// Characters of meaning outside of what was recognised.
fn left(text: &str, used: &[Range<usize>]) -> usize {
    text.char_indices()
        .filter(|(at, c)| c.is_alphanumeric() && !used.iter().any(|span| span.contains(at)))
        .count()
}

/// 不是…，是…; …写错了，改成…: the new value as text.
pub(in crate::dialog) fn correction(text: &str) -> Option<String> {
    let marks =
        ["改成", "改为", "应该是", "应是", "写错了，是", "写错了,是", "错了，是", "错了,是"];
    for mark in marks {
        if let Some((_, new)) = text.split_once(mark)
            && !new.trim().is_empty()
        {
            return Some(new.trim().to_owned());
        }
    }
    let (before, new) = text.split_once("不是")?;
    if before.chars().count() > 4 {
        return None;
    }
    let (_, new) = new.split_once(['，', ',', ' ', '。'])?;
    let new = new.trim().trim_start_matches("我说的").trim_start_matches('是').trim();
    (!new.is_empty()).then(|| new.to_owned())
}

/// The one answered slot that `text` fits, with its new value.
pub(in crate::dialog) fn corrected(
    dialog: &Dialog,
    frame: &Frame,
    text: &str,
    env: &Env,
) -> Option<(String, Answer)> {
    let mut fits: Vec<(String, Answer)> = Vec::new();
    let asked = Asked::new("", env.now);
    let mut seen = BTreeSet::new();
    for question in dialog.questions() {
        let distinct = matches!(
            question.kind,
            Kind::Village | Kind::Choice(_) | Kind::Matter | Kind::Mobile | Kind::PersonName
        );
        if distinct
            && frame.answers.contains_key(&question.slot)
            && seen.insert(question.slot.clone())
            && let Parsed::Answer(answer) = parse(question, frame, &asked, text, env)
            && answer.value != Value::Skipped
        {
            fits.push((question.slot.clone(), answer));
        }
    }
    // A village is never a name as well.
    if fits.len() > 1 {
        fits.retain(|(_, answer)| !matches!(answer.value, Value::Text(_)));
    }
    if fits.len() == 1 { fits.pop() } else { None }
}
