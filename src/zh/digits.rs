//! Single digits, in all their writings.

/// The value of one digit character; 幺 and 两 as people say numbers aloud.
pub(super) fn digit(c: char) -> Option<u8> {
    Some(match c {
        '0'..='9' => c as u8 - b'0',
        '０'..='９' => (c as u32 - '０' as u32) as u8,
        '〇' | '零' => 0,
        '一' | '壹' | '幺' => 1,
        '二' | '两' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// Digits beside other digits become ASCII; one that stands alone stays (一下, 三叔).
/// O and o count only inside such a run.
pub fn fold_digits(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is = |at: Option<usize>| at.and_then(|at| chars.get(at)).copied().and_then(digit).is_some();
    chars
        .iter()
        .enumerate()
        .map(|(at, c)| {
            let beside = is(at.checked_sub(1)) || is(Some(at + 1));
            match digit(*c) {
                Some(value) if beside || c.is_ascii_digit() || !super::is_han(*c) => {
                    char::from(b'0' + value)
                }
                None if matches!(c, 'O' | 'o') && is(at.checked_sub(1)) && is(Some(at + 1)) => '0',
                _ => *c,
            }
        })
        .collect()
}
