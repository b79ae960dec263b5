//! Answers that are several things, a sum, a day, an identity number.

use jiff::civil::Date;
use jiff::tz::Offset;

use crate::dialog::run::choose::{Chosen, by_words, stands_inside};
use crate::dialog::run::conversation::Asked;
use crate::dialog::run::event::Env;
use crate::dialog::run::menu::Item;
use crate::dialog::script::value::Value;
use crate::zh;

const ALL: [&str; 6] = ["全部", "都要", "都是", "全要", "都有", "全选"];

/// Several items: by numbers, by words, or by words inside a sentence. `Err`: what she has to
/// be told.
pub(in crate::dialog) fn several(
    items: &[Item],
    asked: &Asked,
    text: &str,
    bounds: (usize, usize),
) -> Option<Result<Value, String>> {
    let chosen = which(items, asked, text)?;
    let (least, most) = bounds;
    Some(match chosen.len() {
        n if n < least => Err(format!("最少要选{least}项，您选了{n}项，请再回一次。")),
        n if n > most => Err(format!("最多选{most}项，您选了{n}项，请再回一次。")),
        _ => Ok(Value::Several(chosen)),
    })
}

fn which(items: &[Item], asked: &Asked, text: &str) -> Option<Vec<Value>> {
    if ALL.contains(&zh::plain(text).as_str()) {
        return Some(items.iter().map(|item| item.shown().value).collect());
    }
    let separators = ['、', '，', ',', '；', ';', ' ', '\n', '和', '跟', '。', '.', '\u{3000}'];
    let parts: Vec<&str> = text.split(separators).filter(|part| !part.trim().is_empty()).collect();
    let one = |part: &str| -> Option<Value> {
        if let Some(index) = zh::menu_index(part, asked.shown.len()) {
            return Some(asked.shown[index].value.clone());
        }
        match by_words(items, &zh::plain(part)) {
            Chosen::One(n) => Some(items[n].shown().value),
            Chosen::Several(_) | Chosen::None => None,
        }
    };
    let mut found: Vec<Value> = Vec::new();
    let mut add = |value: Value| {
        if !found.contains(&value) {
            found.push(value);
        }
    };
    let all: Option<Vec<Value>> = parts.iter().map(|part| one(part)).collect();
    match all {
        Some(values) if !values.is_empty() => values.into_iter().for_each(&mut add),
        _ => {
            digits_of(text, asked)?.into_iter().for_each(&mut add);
            let copy = zh::plain(text);
            for item in items.iter().filter(|item| stands_inside(item, &copy)) {
                add(item.shown().value);
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

/// 134 stands for 1, 3 and 4; nothing when the message is no such row of digits.
fn digits_of(text: &str, asked: &Asked) -> Option<Vec<Value>> {
    let copy = zh::fold_digits(&zh::plain(text));
    if copy.is_empty() || !copy.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Vec::new());
    }
    let item = |b: u8| asked.shown.get(usize::from(b.checked_sub(b'1')?));
    copy.bytes().map(|b| item(b).map(|shown| shown.value.clone())).collect()
}

/// In fen.
pub(in crate::dialog) fn money(
    text: &str,
    min: Option<i64>,
    max: Option<i64>,
) -> Option<Result<Value, String>> {
    let found = zh::money(text)?;
    let yuan = |fen: i64| crate::dialog::script::words::decimal(fen.saturating_mul(10));
    Some(match (min, max) {
        (Some(min), _) if found.fen < min => Err(format!("最少{}元，请再回一次。", yuan(min))),
        (_, Some(max)) if found.fen > max => Err(format!("最多{}元，请再回一次。", yuan(max))),
        _ => Ok(Value::Money { fen: found.fen, about: found.about }),
    })
}

/// What names no single day is kept as she said it.
pub(in crate::dialog) fn day(text: &str, env: &Env) -> Result<Value, zh::DayError> {
    Ok(match zh::day(text, today(env))? {
        Some(date) => Value::Day(date),
        None => Value::Text(text.trim().to_owned()),
    })
}

pub(in crate::dialog) fn today(env: &Env) -> Date {
    Offset::constant(8).to_datetime(env.now).date()
}
