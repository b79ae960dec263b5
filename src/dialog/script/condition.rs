//! `当: 渠道 = 微信 且 category = road`: conditions, read and decided.

use jiff::civil::Date;

use crate::dialog::script::value::Value;
use crate::dialog::script::words::{Path, shown};

#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialog) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Has(Path),
    HasNot(Path),
    Compare(Path, Sign, Operand),
    In(Path, Vec<String>),
    /// 是否上班
    OfficeOpen(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialog) enum Sign {
    Equal,
    NotEqual,
    More,
    MoreOrEqual,
    Less,
    LessOrEqual,
}

/// What a slot is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialog) enum Operand {
    Word(String),
    /// In 只列: what she answered to another question.
    Slot(Path),
}

/// What a condition may ask for.
pub(in crate::dialog) trait Facts {
    /// `渠道` and `时间` as texts, or the value of a slot or field.
    fn value(&self, path: &Path) -> Option<Value>;
    fn office_open(&self) -> bool;
    /// What a comparison with a slot that is not answered yet gives.
    fn compares_with_nothing(&self) -> bool {
        false
    }
}

const SIGNS: &[(&str, Sign)] = &[
    ("不等于", Sign::NotEqual),
    ("!=", Sign::NotEqual),
    ("≠", Sign::NotEqual),
    (">=", Sign::MoreOrEqual),
    ("≥", Sign::MoreOrEqual),
    ("<=", Sign::LessOrEqual),
    ("≤", Sign::LessOrEqual),
    ("=", Sign::Equal),
    (">", Sign::More),
    ("<", Sign::Less),
];

/// Full-width forms count as the plain ones; `||` and `&&` are not a part of the language.
pub(in crate::dialog) fn parse(text: &str) -> Result<Condition, String> {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '＝' => '=',
            '＞' => '>',
            '＜' => '<',
            '（' => '(',
            '）' => ')',
            '！' => '!',
            '：' => ':',
            '，' => '、',
            '\u{3000}' => ' ',
            other => other,
        })
        .collect();
    let mut reader = Reader { rest: plain.trim() };
    let condition = reader.any()?;
    if reader.rest.is_empty() {
        Ok(condition)
    } else {
        Err(format!(
            "「{}」看不懂。条件写成「slot = 值」，几个条件用「且」「或」连起来。",
            reader.rest
        ))
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, word: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.eat("或") || self.eat("or ") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Or(parts) })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.eat("且") || self.eat("and ") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::And(parts) })
    }

    fn one(&mut self) -> Result<Condition, String> {
        if self.eat("(") {
            let inner = self.any()?;
            return if self.eat(")") {
                Ok(inner)
            } else {
                Err("少了一个右括号「）」。".into())
            };
        }
        if self.rest.starts_with("不等于") {
            return Err("「不等于」前面要有一个名字。".into());
        }
        if self.eat("不") || self.eat("not ") {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.eat("没有 ") || self.eat("lacks ") {
            return Ok(Condition::HasNot(self.path()?));
        }
        if self.eat("有 ") || self.eat("has ") {
            return Ok(Condition::Has(self.path()?));
        }
        if self.eat("在 ") || self.eat("in ") {
            let path = self.path()?;
            if !self.eat(":") {
                return Err("「在」的写法是：在 slot：a、b。".into());
            }
            let mut values = vec![self.word()?];
            while self.eat("、") {
                values.push(self.word()?);
            }
            return Ok(Condition::In(path, values));
        }
        let path = self.path()?;
        self.skip();
        let sign = SIGNS.iter().find(|(word, _)| self.rest.starts_with(word));
        let Some((word, sign)) = sign else {
            if matches!(path.slot.as_str(), "是否上班" | "office_open") {
                return Ok(Condition::OfficeOpen(true));
            }
            return Err(format!("「{}」后面要有 = ≠ > ≥ < ≤ 里的一个。", path.slot));
        };
        self.eat(word);
        let value = self.word()?;
        if matches!(path.slot.as_str(), "是否上班" | "office_open") {
            let open = match (value.as_str(), sign) {
                ("是" | "yes", Sign::Equal | Sign::NotEqual) => true,
                ("否" | "no", Sign::Equal | Sign::NotEqual) => false,
                _ => return Err("「是否上班」只能等于 是 或 否。".into()),
            };
            return Ok(Condition::OfficeOpen(open == (*sign == Sign::Equal)));
        }
        let value = match (path.slot.as_str(), value.as_str()) {
            ("channel", "wechat") => "微信".into(),
            ("channel", "sms") => "短信".into(),
            _ => value,
        };
        Ok(Condition::Compare(path, *sign, Operand::Word(value)))
    }

    fn path(&mut self) -> Result<Path, String> {
        Ok(Path::parse(&self.word()?))
    }

    /// Up to a blank, a sign or a bracket.
    fn word(&mut self) -> Result<String, String> {
        self.skip();
        let stops = |c: char| c.is_whitespace() || "=≠!><≥≤()、:".contains(c);
        let mut end = self.rest.find(stops).unwrap_or(self.rest.len());
        // 时间 > 17:30
        if self.rest[end..].starts_with(':')
            && self.rest[..end].bytes().all(|b| b.is_ascii_digit())
            && end > 0
        {
            let behind = &self.rest[end + 1..];
            end += 1 + behind.find(stops).unwrap_or(behind.len());
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() { Err("条件没有写完。".into()) } else { Ok(word.to_owned()) }
    }
}

impl Condition {
    /// Every comparison with what it compares, for the checks of a script.
    pub fn visit(&self, each: &mut impl FnMut(&Path, Option<(Sign, &str)>)) {
        match self {
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().for_each(|part| part.visit(each));
            }
            Condition::Not(inner) => inner.visit(each),
            Condition::Has(path) | Condition::HasNot(path) => each(path, None),
            Condition::Compare(path, sign, Operand::Word(value)) => {
                each(path, Some((*sign, value)));
            }
            Condition::Compare(path, _, Operand::Slot(other)) => {
                each(path, None);
                each(other, None);
            }
            Condition::In(path, values) => {
                values.iter().for_each(|value| each(path, Some((Sign::Equal, value))));
            }
            Condition::OfficeOpen(_) => {}
        }
    }

    /// Words on the right that name a slot come to mean its answer.
    pub fn name_slots(&mut self, is_slot: &impl Fn(&str) -> bool) {
        match self {
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter_mut().for_each(|part| part.name_slots(is_slot));
            }
            Condition::Not(inner) => inner.name_slots(is_slot),
            Condition::Compare(_, _, operand) => {
                if let Operand::Word(word) = operand
                    && is_slot(&Path::parse(word).slot)
                {
                    *operand = Operand::Slot(Path::parse(word));
                }
            }
            _ => {}
        }
    }

    /// What has to be equal for it to hold: path and slot.
    pub fn equalities(&self) -> Vec<(&Path, &Path)> {
        match self {
            Condition::And(parts) => parts.iter().flat_map(Condition::equalities).collect(),
            Condition::Compare(path, Sign::Equal, Operand::Slot(slot)) => vec![(path, slot)],
            _ => Vec::new(),
        }
    }

    pub fn holds(&self, facts: &impl Facts) -> bool {
        match self {
            Condition::And(parts) => parts.iter().all(|part| part.holds(facts)),
            Condition::Or(parts) => parts.iter().any(|part| part.holds(facts)),
            Condition::Not(inner) => !inner.holds(facts),
            Condition::Has(path) => is_there(facts.value(path)),
            Condition::HasNot(path) => !is_there(facts.value(path)),
            Condition::OfficeOpen(open) => facts.office_open() == *open,
            Condition::In(path, values) => {
                let found = facts.value(path);
                values.iter().any(|value| equal(found.as_ref(), value))
            }
            Condition::Compare(path, sign, Operand::Slot(slot)) => {
                let Some(other) = facts.value(slot).filter(|value| *value != Value::Skipped) else {
                    return facts.compares_with_nothing();
                };
                let found = facts.value(path);
                let same = || names(&other).iter().any(|name| equal(found.as_ref(), name));
                match sign {
                    Sign::Equal => same(),
                    Sign::NotEqual => !same(),
                    _ => found.is_some_and(|found| ordered(&found, *sign, &shown(&other))),
                }
            }
            Condition::Compare(path, sign, Operand::Word(value)) => {
                let found = facts.value(path);
                // 今天, where a day is compared.
                let today = match &found {
                    Some(Value::Day(_)) => facts.value(&Path::parse(value)).map(|day| shown(&day)),
                    _ => None,
                };
                let value = today.as_ref().unwrap_or(value);
                match sign {
                    Sign::Equal => equal(found.as_ref(), value),
                    Sign::NotEqual => !equal(found.as_ref(), value),
                    _ => found.is_some_and(|found| ordered(&found, *sign, value)),
                }
            }
        }
    }
}

fn is_there(value: Option<Value>) -> bool {
    value.is_some_and(|value| value != Value::Skipped)
}

/// `2026-11-25` in scripts, `2026年11月25日` where another day is compared with.
pub(in crate::dialog) fn read_day(text: &str) -> Option<Date> {
    let plain = text.replace(['年', '月'], "-").replace('日', "");
    let mut parts = plain.split('-');
    let mut next = || parts.next()?.parse::<i16>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// What a value may be called in a condition.
fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Choice { value, label } | Value::Row { value, label, .. } => {
            vec![value.clone(), label.clone()]
        }
        Value::Village { code, name } => vec![code.clone(), name.clone()],
        other => vec![shown(other)],
    }
}

/// A stored value, or what people see of it.
fn equal(found: Option<&Value>, value: &str) -> bool {
    match found {
        None | Some(Value::Skipped) => false,
        Some(Value::Choice { value: stored, label } | Value::Row { value: stored, label, .. }) => {
            stored == value || label == value
        }
        Some(Value::Village { code, name }) => code == value || name == value,
        // One of them is enough.
        Some(Value::Several(chosen)) => chosen.iter().any(|one| equal(Some(one), value)),
        Some(Value::Money { fen, .. }) => crate::zh::number(value) == Some(fen.saturating_mul(10)),
        Some(Value::Day(day)) => read_day(value) == Some(*day),
        Some(Value::Identity(number)) => number == value,
        Some(Value::Flag(yes)) => [["否", "no"], ["是", "yes"]][usize::from(*yes)].contains(&value),
        Some(Value::Number(thousandths) | Value::Quantity { thousandths, .. }) => {
            crate::zh::number(value) == Some(*thousandths)
        }
        Some(other) => shown(other) == value,
    }
}

fn ordered(found: &Value, sign: Sign, value: &str) -> bool {
    let order = match found {
        Value::Number(thousandths) | Value::Quantity { thousandths, .. } => {
            let Some(other) = crate::zh::number(value) else { return false };
            thousandths.cmp(&other)
        }
        Value::Money { fen, .. } => {
            let Some(other) = crate::zh::number(value) else { return false };
            fen.saturating_mul(10).cmp(&other)
        }
        Value::Day(day) => {
            let Some(other) = read_day(value) else { return false };
            day.cmp(&other)
        }
        // A cell of a table that holds a number; 时间 is written with a fixed width: 08:30.
        Value::Text(text) => match (crate::zh::number(text), crate::zh::number(value)) {
            (Some(number), Some(other)) => number.cmp(&other),
            _ => text.as_str().cmp(value),
        },
        _ => return false,
    };
    match sign {
        Sign::More => order.is_gt(),
        Sign::MoreOrEqual => order.is_ge(),
        Sign::Less => order.is_lt(),
        Sign::LessOrEqual => order.is_le(),
        Sign::Equal => order.is_eq(),
        Sign::NotEqual => order.is_ne(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Known(BTreeMap<&'static str, Value>);

    impl Facts for Known {
        fn value(&self, path: &Path) -> Option<Value> {
            let name = match &path.field {
                Some(field) => format!("{}.{field}", path.slot),
                None => path.slot.clone(),
            };
            self.0.get(name.as_str()).cloned()
        }

        fn office_open(&self) -> bool {
            true
        }
    }

    fn check(text: &str, expect: Result<bool, &str>) {
        let known = Known(BTreeMap::from([
            ("渠道", Value::Text("微信".into())),
            ("时间", Value::Text("17:45".into())),
            ("category", Value::Choice { value: "road".into(), label: "道路路灯".into() }),
            ("qty", Value::Number(2_500)),
            ("name", Value::Skipped),
            ("cases.个数", Value::Number(0)),
        ]));
        match (parse(text), expect) {
            (Ok(condition), Ok(expect)) => assert_eq!(condition.holds(&known), expect, "{text}"),
            (Err(message), Err(part)) => assert!(message.contains(part), "{text}: {message}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn conditions() {
        check("渠道 = 微信", Ok(true));
        check("渠道＝微信 且 category = road", Ok(true));
        check("category=道路路灯", Ok(true));
        check("category ≠ road", Ok(false));
        check("category 不等于 water", Ok(true));
        check("（渠道 = 短信 或 渠道 = 微信） 且 qty > 2", Ok(true));
        check("渠道 = 短信 或 渠道 = 微信 且 qty > 3", Ok(false));
        check("qty ≥ 2.5", Ok(true));
        check("qty < 2.5", Ok(false));
        check("有 category", Ok(true));
        check("有 name", Ok(false));
        check("没有 name", Ok(true));
        check("没有 detail", Ok(true));
        check("在 category：water、road", Ok(true));
        check("在 category: water，waste", Ok(false));
        check("cases.个数 = 0", Ok(true));
        check("时间 > 17:30", Ok(true));
        check("是否上班", Ok(true));
        check("是否上班 = 否", Ok(false));
        check("不 渠道 = 微信", Ok(false));
        check("不（渠道 = 短信 或 有 name） 且 有 category", Ok(true));
        check("不等于 微信", Err("前面要有一个名字"));
        check("渠道", Err("后面要有"));
        check("渠道 =", Err("没有写完"));
        check("(渠道 = 微信", Err("右括号"));
        check("渠道 = 微信 category = road", Err("看不懂"));
        check("是否上班 = 也许", Err("只能等于"));
    }
}
