//! Identity numbers: found in order to be masked, never to be kept.

use std::borrow::Cow;
use std::ops::Range;

use super::copy::Copy;

/// GB 11643: weights and check characters.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// Why an answer is no identity number; shown to her.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    #[error("没看到身份证号，请发18位的身份证号")]
    NotANumber,
    #[error("身份证号是18位，您发的是{0}位，请再发一次")]
    Length(usize),
    #[error("这个身份证号不对，请对着证件再看一遍")]
    Check,
}

/// The answer to "your identity number?": 18 characters, the last may be X.
pub fn identity(text: &str) -> Result<String, IdentityError> {
    let copy = Copy::of(text, 100);
    let kept = |c: &char| c.is_ascii_digit() || *c == 'x';
    let digits: String = copy.chars.iter().filter(|c| kept(c)).collect::<String>().to_uppercase();
    if digits.len() < 5 {
        return Err(IdentityError::NotANumber);
    }
    if digits.len() != 18 {
        return Err(IdentityError::Length(digits.len()));
    }
    if is_identity(digits.as_bytes()) { Ok(digits) } else { Err(IdentityError::Check) }
}

/// A number that looks like an identity number, right or mistyped, with its bytes: 15 to 18
/// digits, possibly in groups. To be masked, never to be kept.
pub fn find_identity(text: &str) -> Option<Range<usize>> {
    let copy = Copy::of(text, text.len());
    let chars = &copy.chars;
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let (mut digits, mut end) = (String::new(), at);
        while let Some(c) = chars.get(end) {
            if c.is_ascii_digit() || *c == 'x' {
                digits.push(c.to_ascii_uppercase());
            } else if !matches!(c, ' ' | '-')
                || !chars.get(end + 1).is_some_and(|next| next.is_ascii_digit() || *next == 'x')
            {
                break;
            }
            end += 1;
        }
        if is_identity(digits.as_bytes()) || (digits.len() == 18 && born(&digits)) {
            return Some(copy.span(at..end));
        }
        at = end.max(at + 1);
    }
    None
}

/// Digits 7 to 14 are a day between 1900 and 2099: a mistyped number is masked as well.
fn born(digits: &str) -> bool {
    let part = |range: Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok());
    matches!(part(6..10), Some(1900..=2099))
        && matches!(part(10..12), Some(1..=12))
        && matches!(part(12..14), Some(1..=31))
}

fn is_identity(digits: &[u8]) -> bool {
    let Some((last, first)) = digits.split_last() else { return false };
    if first.len() != WEIGHTS.len() || !first.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = first.iter().zip(WEIGHTS).map(|(d, w)| u32::from(d - b'0') * w).sum();
    CHECKS[(sum % 11) as usize] == last.to_ascii_uppercase()
}

/// Identity numbers lose all but their first three and last two characters.
pub fn mask_identity(text: &str) -> Cow<'_, str> {
    let mut masked: Option<String> = None;
    let mut from = 0;
    loop {
        let now = masked.as_deref().unwrap_or(text);
        let Some(range) = find_identity(&now[from..]) else { break };
        let (start, end) = (from + range.start, from + range.end);
        let mut seen = 0;
        let count = now[start..end].chars().filter(|c| is_part(*c)).count();
        let hidden: String = now[start..end]
            .chars()
            .map(|c| {
                seen += usize::from(is_part(c));
                if is_part(c) && seen > 3 && seen <= count - 2 { '*' } else { c }
            })
            .collect();
        from = start + hidden.len();
        let mut copy = now.to_owned();
        copy.replace_range(start..end, &hidden);
        masked = Some(copy);
    }
    masked.map_or(Cow::Borrowed(text), Cow::Owned)
}

fn is_part(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c) || matches!(c, 'x' | 'X' | 'ｘ' | 'Ｘ')
}
