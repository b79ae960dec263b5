//! Short answers to one question: yes or no, an item, how much, a telephone, a name, a village,
//! a day, a rating.

use jiff::civil::Date;

use crate::county::{Found, Likeness, Places, Scope};
use crate::zh;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    YesNo,
    Menu,
    Quantity,
    Phone,
    Name,
    Village,
    Date,
    Rating,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    /// Thousandths.
    Number(i64),
}

/// `value` none: ask again, with `ask`.
#[derive(Clone, Debug, PartialEq)]
pub struct Short {
    pub value: Option<Value>,
    pub how: &'static str,
    pub ask: Option<String>,
}

fn got(value: impl Into<String>, how: &'static str) -> Short {
    Short { value: Some(Value::Text(value.into())), how, ask: None }
}

fn again(ask: impl Into<String>) -> Short {
    Short { value: None, how: "none", ask: Some(ask.into()) }
}

/// `options`: the labels of a menu; without them the items are their numbers up to nine.
pub fn answer(kind: Kind, text: &str, options: &[String], places: &Places, today: Date) -> Short {
    match kind {
        Kind::YesNo => match zh::yes_no(text).or(zh::yes_no_then(text).map(|(yes, _)| yes)) {
            Some(yes) => got(if yes { "yes" } else { "no" }, "word"),
            None => again("请回「是」或者「不是」。"),
        },
        Kind::Menu => menu(text, options),
        Kind::Quantity => match zh::quantity(text, true) {
            Some(found) => Short {
                value: Some(Value::Number(found.thousandths)),
                how: if found.about { "about" } else { "exact" },
                ask: None,
            },
            None => again("要多少？请回数字，例如：3袋。"),
        },
        Kind::Phone => match zh::phone(text) {
            Ok(phone) => got(phone, "exact"),
            Err(error) => again(format!("{error}。")),
        },
        Kind::Name => match zh::name(text, true) {
            Some(name) => got(name, "exact"),
            None => again("怎么称呼您？请回姓名，例如：张三。"),
        },
        Kind::Village => village(text, places),
        Kind::Date => match zh::day(text, today) {
            Ok(Some(date)) => got(date.to_string(), "exact"),
            Ok(None) => got("approx", "about"),
            Err(error) => again(format!("{error}。")),
        },
        Kind::Rating => match zh::rating(text) {
            Some(rating) => Short {
                value: Some(Value::Number(i64::from(rating) * 1_000)),
                how: "word",
                ask: None,
            },
            None => again("请回1到5的数字，5是非常满意，1是非常不满意。"),
        },
    }
}

fn menu(text: &str, options: &[String]) -> Short {
    let count = if options.is_empty() { 9 } else { options.len() };
    let copy = zh::plain(text);
    let plain: Vec<String> = options.iter().map(|option| zh::plain(option)).collect();
    if let Some(at) = plain.iter().position(|option| *option == copy) {
        return got(options[at].clone(), "label");
    }
    if let Some(at) = zh::menu_index(text, count) {
        let label = options.get(at).cloned().unwrap_or_else(|| (at + 1).to_string());
        return got(label, "number");
    }
    let one = |fits: &dyn Fn(&String) -> bool| {
        let mut found = plain.iter().enumerate().filter(|(_, option)| fits(option));
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Some(options[at].clone()),
            _ => None,
        }
    };
    if copy.chars().count() >= 2
        && let Some(label) = one(&|option| option.starts_with(&copy))
    {
        return got(label, "begin");
    }
    // Inside a longer answer only the label itself counts, never a digit, and not where it is
    // said not to be.
    let inside = |option: &String| {
        option.chars().count() >= 2
            && copy.find(option.as_str()).is_some_and(|at| {
                !copy[..at].ends_with(['不', '没', '非', '别'])
                    && !copy[..at].ends_with("不是")
                    && !copy[..at].ends_with("不要")
            })
    };
    let longest = plain.iter().filter(|option| inside(option)).map(|option| option.len()).max();
    if let Some(longest) = longest
        && let Some(label) = one(&|option| option.len() == longest && inside(option))
    {
        return got(label, "inside");
    }
    again(format!("请回前面的数字，1到{count}。"))
}

fn village(text: &str, places: &Places) -> Short {
    let mut found = places.find(text, Scope::Answer);
    if found == Found::None && text.chars().count() > 6 {
        found = places.find(text, Scope::Sentence);
    }
    match found {
        Found::One { place, how, sure: true, .. } => got(place.code.clone(), likeness(how)),
        Found::One { place, how, others, .. } => {
            let ask = if others.is_empty() {
                format!("您说的是{}{}吗？", place.township, place.name)
            } else {
                let names = std::iter::once(place).chain(others);
                let names: Vec<String> =
                    names.map(|place| format!("{}{}", place.township, place.name)).collect();
                format!("您说的是哪个村？{}", names.join("、"))
            };
            Short { value: None, how: likeness(how), ask: Some(ask) }
        }
        Found::Several { places, .. } => {
            let names: Vec<String> =
                places.iter().map(|place| format!("{}{}", place.township, place.name)).collect();
            Short {
                value: None,
                how: "several",
                ask: Some(format!("您说的是哪个村？{}", names.join("、"))),
            }
        }
        Found::Outside { advice, .. } => Short { value: None, how: "outside", ask: Some(advice) },
        Found::None => again("没找到这个村，请回村名，带上乡镇更好。"),
    }
}

pub(super) fn likeness(how: Likeness) -> &'static str {
    match how {
        Likeness::Exact => "exact",
        Likeness::Sound => "sound",
        Likeness::Dialect => "dialect",
        Likeness::Part => "part",
    }
}
