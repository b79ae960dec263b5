//! The number of a case: `T YY NNNNN C`, nine digits, read in threes (126-041-273).
//!
//! T is the kind (1 appeal, 2 proxy matter, 5 order), YY the year, NNNNN the serial, C a
//! Damm check digit: it catches every wrong digit and every swap of neighbours.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::zh;

/// The quasigroup of H. Michael Damm's thesis (2004), the usual one of order 10.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];
const SERIAL_MAX: u32 = 99_999;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseNumber(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a case number is nine digits with a Damm check digit")]
pub struct NotACaseNumber;

fn damm(digits: &str) -> u8 {
    digits.bytes().fold(0, |state, digit| DAMM[usize::from(state)][usize::from(digit - b'0')])
}

impl CaseNumber {
    /// `None` when the serials of the year are used up.
    pub fn new(kind: u8, year: i16, serial: u32) -> Option<Self> {
        if serial == 0 || serial > SERIAL_MAX || kind > 9 {
            return None;
        }
        let digits = format!("{kind}{:02}{serial:05}", year.rem_euclid(100));
        let check = damm(&digits);
        Some(Self(format!("{digits}{check}")))
    }

    /// `126041273`
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CaseNumber {
    type Error = NotACaseNumber;

    fn try_from(text: String) -> Result<Self, NotACaseNumber> {
        let right = text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit());
        if right && damm(&text) == 0 { Ok(Self(text)) } else { Err(NotACaseNumber) }
    }
}

impl From<CaseNumber> for String {
    fn from(number: CaseNumber) -> Self {
        number.0
    }
}

impl fmt::Display for CaseNumber {
    /// `126-041-273`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", &self.0[..3], &self.0[3..6], &self.0[6..])
    }
}

/// What a villager's words say about a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberRead {
    Whole(CaseNumber),
    /// The last 3 to 6 digits, as people remember them.
    Tail(String),
    /// Nine digits that are nobody's number.
    WrongCheckDigit,
    None,
}

/// Finds a number in any of its forms: with hyphens, blanks or full-width digits, in Chinese
/// digits (幺 and 两 too), after 查, 编号, 单号 or #, with punctuation around it.
pub fn read_number(text: &str) -> NumberRead {
    let folded = zh::fold_digits(text);
    let mut wrong = false;
    let mut tail = None;
    for run in digit_runs(&folded) {
        match run.len() {
            9 => match CaseNumber::try_from(run) {
                Ok(number) => return NumberRead::Whole(number),
                Err(_) => wrong = true,
            },
            3..=6 if tail.is_none() => tail = Some(run),
            _ => {}
        }
    }
    match tail {
        _ if wrong => NumberRead::WrongCheckDigit,
        Some(tail) => NumberRead::Tail(tail),
        None => NumberRead::None,
    }
}

/// Runs of digits, read on over the separators that people put into a number.
fn digit_runs(text: &str) -> Vec<String> {
    let mut runs = Vec::new();
    let mut run = String::new();
    for c in text.chars() {
        let separator = matches!(c, '-' | '－' | '—' | '–' | ' ' | '\u{3000}' | ',' | '，' | '.' | '、');
        if c.is_ascii_digit() {
            run.push(c);
        } else if !separator && !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn vectors() {
        for (digits, whole) in [
            ("12600001", "126000016"),
            ("12604127", "126041273"),
            ("12604011", "126040116"),
            ("22600512", "226005122"),
            ("52600318", "526003184"),
            ("12699999", "126999992"),
        ] {
            let kind = digits[..1].parse().unwrap();
            let year = 2000 + digits[1..3].parse::<i16>().unwrap();
            let number = CaseNumber::new(kind, year, digits[3..].parse().unwrap()).unwrap();
            assert_eq!(number.as_str(), whole);
        }
        assert_eq!(damm("572"), 4);
        assert_eq!(CaseNumber::new(1, 2026, 4127).unwrap().to_string(), "126-041-273");
        assert_eq!(CaseNumber::new(1, 2026, 0), None);
        assert_eq!(CaseNumber::new(1, 2026, 100_000), None);
    }

    fn check(text: &str, expect: &str) {
        let found = match read_number(text) {
            NumberRead::Whole(number) => number.as_str().to_owned(),
            NumberRead::Tail(digits) => format!("…{digits}"),
            NumberRead::WrongCheckDigit => "wrong".into(),
            NumberRead::None => "none".into(),
        };
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn every_form_that_people_write() {
        for text in [
            "126041273",
            "126-041-273",
            "126 041 273",
            "１２６０４１２７３",
            "１２６－０４１－２７３",
            "查126041273",
            "查 126-041-273。",
            "#126041273",
            "编号：126041273",
            "单号126041273，到哪一步了",
            "幺二六，零四幺，二七三",
            "一二六〇四一二七三",
            "我那个126041273办得咋样了？",
        ] {
            check(text, "126041273");
        }
        check("126041274", "wrong");
        check("查 041273", "…041273");
        check("273", "…273");
        check("查进度", "none");
        check("12", "none");
        check("13931512345", "none");
    }

    #[test]
    fn every_slip_of_one_digit_is_caught() {
        for serial in (1..99_999).step_by(997) {
            let number = CaseNumber::new(1, 2026, serial).unwrap();
            let digits = number.as_str().as_bytes();
            for at in 0..9 {
                for digit in b'0'..=b'9' {
                    let mut other = digits.to_vec();
                    other[at] = digit;
                    let other = String::from_utf8(other).unwrap();
                    assert_eq!(CaseNumber::try_from(other).is_ok(), digit == digits[at]);
                }
                if at < 8 && digits[at] != digits[at + 1] {
                    let mut other = digits.to_vec();
                    other.swap(at, at + 1);
                    assert!(CaseNumber::try_from(String::from_utf8(other).unwrap()).is_err());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,40}") {
            let _ = read_number(&text);
        }
    }
}
