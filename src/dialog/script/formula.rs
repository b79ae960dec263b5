//! `算: 合计 = product.价格 × qty`: arithmetic in thousandths, never in floats.

use crate::dialog::script::words::Path;
use crate::zh;

/// Brackets inside brackets, and terms; more than any bill needs.
const DEPTH_MAX: usize = 20;
/// A billion, in thousandths: what is larger is a mistake.
const VALUE_MAX: i128 = 1_000_000_000_000;

/// A name and what is computed for it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::dialog) struct Formula {
    pub name: String,
    term: Term,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Number(i128),
    Value(Path),
    Pair(Box<Term>, Sign, Box<Term>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
    Times,
    Over,
}

/// `合计 = a × (b + 5)`; `Err` says in Chinese what is wrong.
pub(in crate::dialog) fn parse(text: &str) -> Result<Formula, String> {
    let wrong = "请写成「合计 = product.价格 × qty」这样。";
    let (name, expression) =
        text.split_once(['=', '＝']).ok_or_else(|| format!("算式里没有「=」。{wrong}"))?;
    let name = name.trim();
    if name.is_empty() || name.contains([' ', '.', '．', '【', '】']) || name.chars().count() > 20
    {
        return Err(format!("「=」左边要写一个名字。{wrong}"));
    }
    let mut reader = Reader { rest: expression.trim(), depth: 0 };
    let term = reader.sum()?;
    match reader.rest.trim() {
        "" => Ok(Formula { name: name.to_owned(), term }),
        rest => Err(format!("「{rest}」看不懂。{wrong}")),
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn sign(&mut self, signs: &[(char, Sign)]) -> Option<Sign> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        let (_, sign) = signs.iter().find(|(c, _)| *c == first)?;
        self.rest = &self.rest[first.len_utf8()..];
        Some(*sign)
    }

    fn sum(&mut self) -> Result<Term, String> {
        const SIGNS: [(char, Sign); 5] = [
            ('+', Sign::Plus),
            ('＋', Sign::Plus),
            ('-', Sign::Minus),
            ('－', Sign::Minus),
            ('−', Sign::Minus),
        ];
        let mut left = self.product()?;
        while let Some(sign) = self.sign(&SIGNS) {
            self.deeper()?;
            left = Term::Pair(Box::new(left), sign, Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Term, String> {
        const SIGNS: [(char, Sign); 5] = [
            ('×', Sign::Times),
            ('*', Sign::Times),
            ('＊', Sign::Times),
            ('÷', Sign::Over),
            ('/', Sign::Over),
        ];
        let mut left = self.factor()?;
        while let Some(sign) = self.sign(&SIGNS) {
            self.deeper()?;
            left = Term::Pair(Box::new(left), sign, Box::new(self.factor()?));
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Term, String> {
        self.rest = self.rest.trim_start();
        if let Some(inner) = self.rest.strip_prefix(['(', '（']) {
            self.rest = inner;
            self.deeper()?;
            let term = self.sum()?;
            let behind = self.rest.trim_start().strip_prefix([')', '）']);
            self.rest = behind.ok_or("少了一个右括号「）」。")?;
            return Ok(term);
        }
        let stops = |c: char| c.is_whitespace() || "+＋-－−×*＊÷/()（）".contains(c);
        let end = self.rest.find(stops).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return Err("算式没有写完。".into());
        }
        self.rest = rest;
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let number = zh::number(word).ok_or_else(|| format!("「{word}」不是数。"))?;
            return Ok(Term::Number(i128::from(number)));
        }
        Ok(Term::Value(Path::parse(word)))
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            Err("算式太长，请分成几个。".into())
        } else {
            Ok(())
        }
    }
}

impl Formula {
    /// Names that it needs.
    pub fn paths(&self) -> Vec<&Path> {
        let mut found = Vec::new();
        self.term.collect(&mut found);
        found
    }

    /// In thousandths. `None`: something is missing or no number, nothing can be divided by
    /// it, or it is too large.
    pub fn compute(&self, value: &impl Fn(&Path) -> Option<i64>) -> Option<i64> {
        i64::try_from(self.term.compute(value)?).ok()
    }
}

impl Term {
    fn collect<'t>(&'t self, found: &mut Vec<&'t Path>) {
        match self {
            Term::Number(_) => {}
            Term::Value(path) => found.push(path),
            Term::Pair(left, _, right) => {
                left.collect(found);
                right.collect(found);
            }
        }
    }

    fn compute(&self, value: &impl Fn(&Path) -> Option<i64>) -> Option<i128> {
        let found = match self {
            Term::Number(number) => *number,
            Term::Value(path) => i128::from(value(path)?),
            Term::Pair(left, sign, right) => {
                let (left, right) = (left.compute(value)?, right.compute(value)?);
                match sign {
                    Sign::Plus => left + right,
                    Sign::Minus => left - right,
                    Sign::Times => rounded(left * right, 1_000),
                    Sign::Over if right == 0 => return None,
                    Sign::Over => rounded(left * 1_000, right),
                }
            }
        };
        (found.abs() <= VALUE_MAX).then_some(found)
    }
}

/// Half goes away from zero, as with money.
fn rounded(value: i128, by: i128) -> i128 {
    let half = by.abs() / 2;
    let sign = if (value < 0) == (by < 0) { 1 } else { -1 };
    sign * ((value.abs() + half) / by.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<Option<i64>, &str>) {
        let value = |path: &Path| match (path.slot.as_str(), path.field.as_deref()) {
            ("product", Some("价格")) => Some(150_000),
            ("qty", None) => Some(2_500),
            ("none", None) => Some(0),
            _ => None,
        };
        match (parse(text), expect) {
            (Ok(formula), Ok(expect)) => assert_eq!(formula.compute(&value), expect, "{text}"),
            (Err(message), Err(part)) => assert!(message.contains(part), "{text}: {message}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn formulas() {
        check("合计 = product.价格 × qty", Ok(Some(375_000)));
        check("合计=product.价格×qty+5", Ok(Some(380_000)));
        check("合计 ＝ product.价格 *（qty ＋ 1）－ 0.5", Ok(Some(524_500)));
        check("每份 = 10 ÷ 3", Ok(Some(3_333)));
        check("每份 = 20 / 3", Ok(Some(6_667)));
        check("差 = 1 - 2 - 3", Ok(Some(-4_000)));
        check("负 = (0 - 1) ÷ 3 × 2", Ok(Some(-666)));
        check("合计 = 2 + 3 × 4", Ok(Some(14_000)));
        check("零 = qty ÷ none", Ok(None));
        check("缺 = qty × gone", Ok(None));
        check("大 = 1000000 × 1000000", Ok(None));
        check("合计", Err("没有「=」"));
        check("= 3", Err("左边"));
        check("合计 =", Err("没有写完"));
        check("合计 = (1 + 2", Err("右括号"));
        check("合计 = 1 + 2)", Err("看不懂"));
        check("合计 = 3袋", Err("不是数"));
    }
}
