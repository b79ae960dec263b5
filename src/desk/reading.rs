//! Reading a case number out of what a person wrote: full-width digits, Chinese numerals read
//! digit by digit (幺 is 1, 两 is 2), hyphens, blanks, a label before and a full stop behind.

use std::ops::Range;

use crate::county::{CaseNumber, CaseType};

/// Longer texts are read up to here.
const CHARS_MAX: usize = 500;
const TAIL_DIGITS: std::ops::RangeInclusive<usize> = 3..=6;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberRead {
    Whole(CaseNumber),
    /// Only the last digits, 3 to 6: hers if exactly one open case of hers ends in them.
    Tail(String),
    /// It is meant as a number, but a digit is wrong, missing or too many.
    WrongCheckDigit,
    None,
}

/// Words around a number that say nothing more; the longer ones first.
const LABELS: [&str; 18] = [
    "查一下",
    "查询",
    "进度",
    "编号",
    "单号",
    "案号",
    "号码",
    "尾号",
    "后三位",
    "后四位",
    "后五位",
    "后六位",
    "最后",
    "查",
    "号",
    "是",
    "的",
    "我",
];

/// What number a text holds, if any. A whole number may stand anywhere in it; a tail or a
/// miscounted number counts only when the text holds nothing else, so that `3天没水了` is none.
pub fn read_number(text: &str) -> NumberRead {
    let text = beginning(text);
    if text.chars().filter(|c| digit(*c).is_some()).count() < *TAIL_DIGITS.start() {
        return NumberRead::None;
    }
    let nines = nines(text);
    if let Some(number) = nines.iter().find_map(|nine| CaseNumber::from_digits(&nine.digits)) {
        return NumberRead::Whole(number);
    }
    if nines.iter().any(|nine| begins_like_one(&nine.digits)) {
        return NumberRead::WrongCheckDigit;
    }
    let around = |c: char| digit(c).is_some() || joins_digits(c) || is_punctuation(c);
    // Most texts say something else, and it need not be looked for.
    if !text.chars().all(|c| around(c) || LABELS.iter().any(|label| label.contains(c))) {
        return NumberRead::None;
    }
    let bare = LABELS.iter().fold(text.to_owned(), |text, label| text.replace(label, " "));
    if !bare.chars().all(around) {
        return NumberRead::None;
    }
    let digits: String = bare.chars().filter_map(digit).collect();
    match digits.len() {
        count if TAIL_DIGITS.contains(&count) => NumberRead::Tail(digits),
        7..=10 => NumberRead::WrongCheckDigit,
        _ => NumberRead::None,
    }
}

/// A whole number somewhere in a text, with its bytes.
pub fn find_number(text: &str) -> Option<(CaseNumber, Range<usize>)> {
    let found = |nine: Digits| Some((CaseNumber::from_digits(&nine.digits)?, nine.span));
    nines(beginning(text)).into_iter().find_map(found)
}

fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(CHARS_MAX).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Digits, and the bytes of the text in which they stand.
#[derive(Clone)]
struct Digits {
    digits: String,
    span: Range<usize>,
}

/// All that could be a whole number.
fn nines(text: &str) -> Vec<Digits> {
    runs(text).iter().flat_map(|run| joined(run, 9)).collect()
}

/// So that part of a telephone number with its country code is not taken for one.
fn begins_like_one(digits: &str) -> bool {
    CaseType::ALL.iter().any(|kind| digits.starts_with(&kind.digit().to_string()))
}

/// The digits of the text in runs; a run is groups of digits with nothing but separators
/// between them.
fn runs(text: &str) -> Vec<Vec<Digits>> {
    let (mut runs, mut run) = (Vec::new(), Vec::<Digits>::new());
    let mut in_group = false;
    for (at, c) in text.char_indices() {
        let value = digit(c);
        match value {
            Some(digit) => {
                let span = at..at + c.len_utf8();
                match run.last_mut().filter(|_| in_group) {
                    Some(group) => {
                        group.digits.push(digit);
                        group.span.end = span.end;
                    }
                    None => run.push(Digits { digits: digit.into(), span }),
                }
            }
            None if joins_digits(c) => {}
            None if run.is_empty() => {}
            None => runs.push(std::mem::take(&mut run)),
        }
        in_group = value.is_some();
    }
    runs.push(run);
    runs
}

/// Every way to join neighbouring groups of a run to exactly `length` digits.
fn joined(run: &[Digits], length: usize) -> Vec<Digits> {
    let from = |from: usize| {
        let mut joined = run[from].clone();
        for group in run[from + 1..].iter() {
            if joined.digits.len() >= length {
                break;
            }
            joined.digits.push_str(&group.digits);
            joined.span.end = group.span.end;
        }
        (joined.digits.len() == length).then_some(joined)
    };
    (0..run.len()).filter_map(from).collect()
}

/// Between the digits of a number.
pub(super) fn joins_digits(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '－' | '–' | '—' | '‐' | '_' | ',' | '，' | '、' | '·')
}

fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        '#' | '＃' | ':' | '：' | '.' | '。' | '．' | '!' | '！' | '?' | '？' | '"' | '“' | '”'
    ) || matches!(c, '(' | ')' | '（' | '）' | '[' | ']' | '【' | '】' | '+' | '＋')
}

pub(super) fn digit(c: char) -> Option<char> {
    Some(match c {
        '0'..='9' => c,
        '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10)?,
        '〇' | '零' | '○' => '0',
        '一' | '幺' | '壹' => '1',
        '二' | '两' | '贰' => '2',
        '三' | '叁' => '3',
        '四' | '肆' => '4',
        '五' | '伍' => '5',
        '六' | '陆' => '6',
        '七' | '柒' => '7',
        '八' | '捌' => '8',
        '九' | '玖' => '9',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `text | whole N, tail N, wrong or none`: rows of tests/fixtures/desk/numbers.txt.
    #[test]
    fn numbers_are_read_as_the_table_says() {
        let table = include_str!("../../tests/fixtures/desk/numbers.txt");
        let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
        let mut count = 0;
        for row in rows {
            let (text, expect) = row.rsplit_once('|').expect(row);
            let expect = match expect.trim().split_once(' ') {
                Some(("whole", digits)) => NumberRead::Whole(digits.parse().expect(row)),
                Some(("tail", digits)) => NumberRead::Tail(digits.into()),
                _ if expect.trim() == "wrong" => NumberRead::WrongCheckDigit,
                _ if expect.trim() == "none" => NumberRead::None,
                _ => panic!("{row}"),
            };
            assert_eq!(read_number(text), expect, "{row}");
            count += 1;
        }
        assert!(count > 30, "{count} rows");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,60}") {
            read_number(&text);
        }

        #[test]
        fn every_number_is_read_in_its_own_writing(serial in 1u32..100_000) {
            let number = CaseNumber::new(CaseType::Appeal, 2026, serial).unwrap();
            let chinese = |c: char| c.to_digit(10)
                .and_then(|digit| "零幺两三四五六七八九".chars().nth(digit as usize)).unwrap_or('，');
            let spoken: String = number.to_string().chars().map(chinese).collect();
            for text in [number.to_string(), number.digits(), spoken] {
                prop_assert_eq!(read_number(&format!("查{text}。")), NumberRead::Whole(number));
            }
        }
    }
}
