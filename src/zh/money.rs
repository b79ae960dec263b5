//! Sums of money as people say them: 三块五, 12元, 两毛, 一百来块, ¥25.5.

use super::copy::{Copy, has, longest};
use super::number::{is_number_char, value};
use super::plain;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// 1 元 is 100.
    pub fen: i64,
    /// 一百来块, 三千多
    pub about: bool,
}

const ABOUT: &[&str] = &["大概", "大约", "差不多", "将近", "约", "也就"];
/// 块 before one of these is a piece, not money.
const PIECE_OF: &[char] =
    &['地', '田', '板', '石', '砖', '玻', '木', '布', '肉', '儿', '牌', '坡', '路', '豆', '煤'];

/// The whole message is a sum; a bare number counts as yuan.
pub fn money(text: &str) -> Option<Money> {
    let copy = Copy::of(&plain(text), 40);
    let mut chars = copy.chars.as_slice();
    let mut about = false;
    if let Some((_, length)) = longest(chars, 0, ABOUT.iter().copied()) {
        about = true;
        chars = &chars[length..];
    }
    for word in ["左右", "上下", "来块钱"] {
        let length = word.chars().count();
        if chars.len() > length && has(chars, chars.len() - length, word) && word != "来块钱" {
            about = true;
            chars = &chars[..chars.len() - length];
        }
    }
    let (found, length) = money_at(chars, 0, false)?;
    (length == chars.len()).then_some(Money { about: about || found.about, ..found })
}

/// The first sum in a text; one without 块, 元, 毛 or ¥ is none.
pub fn find_money(text: &str) -> Option<Money> {
    let copy = Copy::of(text, 300);
    (0..copy.chars.len()).find_map(|at| {
        let inside = at > 0 && is_number_char(copy.chars[at - 1]);
        let (found, _) = (!inside).then(|| money_at(&copy.chars, at, true))??;
        let about = ABOUT.iter().any(|word| {
            at.checked_sub(word.chars().count()).is_some_and(|from| copy.has(from, word))
        });
        Some(Money { about: about || found.about, ..found })
    })
}

fn money_at(chars: &[char], at: usize, marked: bool) -> Option<(Money, usize)> {
    let mut next = at;
    let sign = matches!(chars.get(at), Some('¥' | '￥'));
    next += usize::from(sign);
    let run = number_run(chars, next);
    let mut thousandths = reading(&chars[next..next + run])?;
    next += run;
    let mut about = false;
    if has(chars, next, "几") {
        // 十几块, 三十几块
        about = matches!(chars.get(next - 1), Some('十' | '百' | '千' | '万'));
        if !about {
            return None;
        }
        next += 1;
    }
    if let Some((_, length)) = longest(chars, next, ["来", "多", "十来"]) {
        about = true;
        next += length;
    }
    let unit = longest(chars, next, ["块钱", "块", "元钱", "元", "圆", "毛钱", "毛", "角", "分钱"]);
    let Some((unit, length)) = unit else {
        let bare = !marked || sign;
        return bare.then_some((Money { fen: thousandths / 10, about }, next - at));
    };
    if unit == "块" && chars.get(next + length).is_some_and(|c| PIECE_OF.contains(c)) {
        return None;
    }
    next += length;
    let mut step = match unit {
        "毛" | "毛钱" | "角" => 100,
        "分钱" => 10,
        _ => 1_000,
    };
    thousandths = thousandths.checked_mul(step)? / 1_000;
    if has(chars, next, "半") && step > 10 {
        return Some((Money { fen: (thousandths + step / 2) / 10, about }, next + 1 - at));
    }
    if has(chars, next, "多") {
        about = true;
        next += 1;
    }
    // 三块五, 三块二毛五, 12元5角
    while step > 10 {
        let run = number_run(chars, next);
        if run != 1 {
            break;
        }
        let Some(digit) = reading(&chars[next..next + 1]).filter(|value| *value < 10_000) else {
            break;
        };
        step /= 10;
        thousandths += digit / 1_000 * step;
        next += 1;
        match longest(chars, next, ["毛", "角", "分", "钱"]) {
            Some((_, length)) => next += length,
            None => break,
        }
    }
    next += usize::from(has(chars, next, "钱"));
    next += usize::from(has(chars, next, "整"));
    Some((Money { fen: thousandths / 10, about }, next - at))
}

fn number_run(chars: &[char], at: usize) -> usize {
    let counts = |c: &&char| is_number_char(**c) && **c != '几' || matches!(**c, ',');
    chars.get(at..).unwrap_or_default().iter().take_while(counts).count()
}

fn reading(chars: &[char]) -> Option<i64> {
    let digits: Vec<char> = chars.iter().filter(|c| **c != ',').copied().collect();
    value(&digits)
}
