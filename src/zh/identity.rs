//! Identity numbers: found in order to be masked, never to be kept.

use std::borrow::Cow;

/// GB 11643: weights and check characters.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

fn is_identity(digits: &[u8]) -> bool {
    let Some((last, first)) = digits.split_last() else { return false };
    if first.len() != WEIGHTS.len() || !first.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = first.iter().zip(WEIGHTS).map(|(d, w)| u32::from(d - b'0') * w).sum();
    CHECKS[(sum % 11) as usize] == last.to_ascii_uppercase()
}

/// 18-digit identity numbers with a right checksum lose all but their first three and last
/// two characters.
pub fn mask_identity(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let is_part =
        |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'x' | b'X'));
    let mut masked: Option<String> = None;
    let mut at = 0;
    while at < bytes.len() {
        let end = at + 18;
        let alone = (at == 0 || !is_part(at - 1)) && !is_part(end);
        if alone && end <= bytes.len() && is_identity(&bytes[at..end]) {
            let copy = masked.get_or_insert_with(|| text.to_owned());
            copy.replace_range(at + 3..end - 2, &"*".repeat(13));
            at = end;
        } else {
            at += 1;
        }
    }
    masked.map_or(Cow::Borrowed(text), Cow::Owned)
}
