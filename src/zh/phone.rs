//! Mobile numbers, however they are written.

use std::ops::Range;

use super::digits::digit;
use super::plain::is_han;

const DIGITS: usize = 11;

/// Why an answer is no mobile number; shown to her.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("没看到手机号，请发11位的手机号")]
    NotANumber,
    #[error("手机号是11位，您发的是{0}位，少了{missing}位，请再发一次", missing = DIGITS.saturating_sub(*.0))]
    TooShort(usize),
    #[error("手机号是11位，您发的是{0}位，多了{more}位，请再发一次", more = .0.saturating_sub(DIGITS))]
    TooLong(usize),
    #[error("这不像手机号，手机号是1开头的11位，请再发一次")]
    NotAMobile,
}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == DIGITS && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

/// Shorter than any number of a telephone.
const DIGITS_MIN: usize = 7;
/// In front of a number without its area code.
const LANDLINE: [&str; 3] = ["座机", "固话", "固定电话"];

/// Runs of digits with their byte ranges; blanks and hyphens inside a run are passed over.
/// Chinese digits count where at least four follow each other.
fn runs(text: &str) -> Vec<(String, Range<usize>)> {
    let mut runs: Vec<(String, Range<usize>)> = Vec::new();
    let (mut open, mut last) = (false, None);
    for (at, c) in text.char_indices() {
        match digit(c) {
            Some(value) => {
                let end = at + c.len_utf8();
                // 张三 138…: the name ends with a digit that is not of the number.
                let apart = runs.last().is_some_and(|(_, range)| range.end < at);
                open &= !apart || last == Some(is_han(c));
                last = Some(is_han(c));
                match runs.last_mut().filter(|_| open) {
                    Some((digits, range)) => {
                        digits.push(char::from(b'0' + value));
                        range.end = end;
                    }
                    None => runs.push((char::from(b'0' + value).to_string(), at..end)),
                }
                open = true;
            }
            None => open &= matches!(c, ' ' | '-' | '－' | '—' | '\u{3000}' | '.' | '\u{a0}'),
        }
    }
    runs.retain(|(digits, range)| {
        let written = &text[range.clone()];
        digits.len() >= 4 || !written.chars().any(is_han)
    });
    runs
}

/// The same, where the text holds enough digits for a number.
fn numbers(text: &str) -> Vec<(String, Range<usize>)> {
    let digits = text.chars().filter(|c| digit(*c).is_some()).count();
    if digits < DIGITS_MIN { Vec::new() } else { runs(text) }
}

fn without_country(digits: &str) -> &str {
    for prefix in ["0086", "86"] {
        if let Some(rest) = digits.strip_prefix(prefix)
            && rest.len() == DIGITS
        {
            return rest;
        }
    }
    digits
}

/// A mobile number somewhere in a text, not inside a longer number, with its byte range.
pub fn find_phone(text: &str) -> Option<(String, Range<usize>)> {
    numbers(text).into_iter().find_map(|(digits, range)| {
        let mobile = without_country(&digits);
        is_mobile(mobile).then(|| (mobile.to_owned(), range))
    })
}

/// `138****8000`; what is shorter than ten digits is hidden whole.
pub fn mask_phone(phone: &str) -> String {
    match (phone.get(..3), phone.len().checked_sub(4).and_then(|at| phone.get(at..))) {
        (Some(head), Some(tail)) if phone.len() >= 10 => format!("{head}****{tail}"),
        _ => "****".into(),
    }
}

/// Every mobile number and every number with its area code that a text holds, masked.
pub fn mask_phones(text: &str) -> String {
    replace_phones(text, &|digits, _| mask_phone(digits))
}

/// The same with something else in their place: `instead` is given the digits, and the number
/// as it was written.
pub fn replace_phones(text: &str, instead: &dyn Fn(&str, &str) -> String) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    let first = |text: &str| {
        let found = [find_phone(text), find_landline(text)];
        found.into_iter().flatten().min_by_key(|(_, range)| range.start)
    };
    while let Some((digits, range)) = first(rest) {
        masked.push_str(&rest[..range.start]);
        masked.push_str(&instead(&digits, &rest[range.clone()]));
        rest = &rest[range.end..];
    }
    masked + rest
}

/// A number with its area code, such as 0315-4612345, or 座机4612345: digits only, with its
/// byte range.
pub fn find_landline(text: &str) -> Option<(String, Range<usize>)> {
    numbers(text).into_iter().find_map(|(digits, range)| {
        let area = if digits.starts_with("01") || digits.starts_with("02") { 3 } else { 4 };
        let own = digits.len().checked_sub(area)?;
        let fits = digits.starts_with('0') && !digits.starts_with("00") && (7..=8).contains(&own);
        let before = text[..range.start].trim_end_matches(['是', ':', '：', ' ']);
        let local = digits.len() == 7 && digits.starts_with(|c| ('2'..='8').contains(&c));
        let said = local && LANDLINE.iter().any(|word| before.ends_with(word));
        (fits || said).then_some((digits, range))
    })
}

/// The answer to "your mobile number?".
pub fn phone(text: &str) -> Result<String, PhoneError> {
    if let Some((mobile, _)) = find_phone(text) {
        return Ok(mobile);
    }
    let longest = runs(text).into_iter().map(|(digits, _)| without_country(&digits).to_owned());
    let Some(digits) = longest.max_by_key(String::len).filter(|digits| digits.len() >= 5) else {
        return Err(PhoneError::NotANumber);
    };
    Err(match digits.len() {
        DIGITS => PhoneError::NotAMobile,
        // A landline with its area code is not a mobile that lacks a digit.
        _ if digits.starts_with('0') => PhoneError::NotAMobile,
        n if n < DIGITS => PhoneError::TooShort(n),
        n => PhoneError::TooLong(n),
    })
}
