//! Numbers: 3, ３, 三, 半, 二百五, 1万2, 千三, 四万万, 三分之一.

use super::digits::digit;
use super::plain;

/// More than any order or complaint needs; keeps thousandths far from overflow.
const VALUE_MAX: i64 = 1_000_000_000_000;
const CHARACTERS_MAX: usize = 20;
const WAN: i64 = 10_000;
const YI: i64 = 100_000_000;

pub(super) fn power(c: char) -> Option<i64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' => WAN,
        '亿' => YI,
        _ => return None,
    })
}

/// 廿 and 卅, as old people write them.
fn tens(c: char) -> Option<i64> {
    match c {
        '廿' => Some(20),
        '卅' => Some(30),
        _ => None,
    }
}

pub(super) fn is_number_char(c: char) -> bool {
    digit(c).is_some()
        || power(c).is_some()
        || tens(c).is_some()
        || matches!(c, '.' | '点' | '半' | '几')
}

/// The whole message is a number. In thousandths, so that half a bag is 500.
pub fn number(text: &str) -> Option<i64> {
    let copy: Vec<char> = plain(text).chars().collect();
    value(&copy)
}

/// A whole number, a decimal or a fraction, nothing around it. In thousandths.
pub(super) fn value(chars: &[char]) -> Option<i64> {
    match chars {
        ['半'] | ['一', '半'] => return Some(500),
        ['半', '百'] => return Some(50_000),
        _ => {}
    }
    if let Some(at) = chars.windows(2).position(|pair| pair == ['分', '之']) {
        let (below, above) = (integer(&chars[..at])?, integer(&chars[at + 2..])?);
        return (0 < above && above < below).then(|| above * 1_000 / below);
    }
    let point = chars.iter().position(|c| matches!(c, '.' | '点'));
    let whole = integer(&chars[..point.unwrap_or(chars.len())])?;
    let mut thousandths = whole.checked_mul(1_000)?;
    if let Some(point) = point {
        let fraction = &chars[point + 1..];
        if !(1..=3).contains(&fraction.len()) {
            return None;
        }
        for (c, worth) in fraction.iter().zip([100, 10, 1]) {
            thousandths += i64::from(digit(*c)?) * worth;
        }
    }
    Some(thousandths)
}

/// 三四, 七八, 三五: one or the other.
fn is_one_or_other(low: char, high: char) -> bool {
    if [low, high].iter().any(|c| c.is_ascii_digit() || *c == '幺') {
        return false;
    }
    match (digit(low), digit(high)) {
        (Some(low), Some(high)) => low > 0 && (high == low + 1 || (low, high) == (3, 5)),
        _ => false,
    }
}

/// 三四十, 十七八, 一二百: the same with the smaller of the two.
pub(super) fn smaller(chars: &[char]) -> Option<Vec<char>> {
    let parted =
        |at: Option<usize>| at.and_then(|at| chars.get(at)).is_none_or(|c| power(*c).is_some());
    let at = chars.windows(2).enumerate().position(|(at, pair)| {
        is_one_or_other(pair[0], pair[1]) && parted(at.checked_sub(1)) && parted(Some(at + 2))
    })?;
    let mut smaller = chars.to_vec();
    smaller.remove(at + 1);
    Some(smaller)
}

fn integer(chars: &[char]) -> Option<i64> {
    if chars.is_empty() || chars.len() > CHARACTERS_MAX {
        return None;
    }
    if chars.contains(&',') {
        return grouped(chars);
    }
    if chars.iter().all(|c| digit(*c).is_some()) {
        return digit_by_digit(chars);
    }
    // 千三, 百八: one thousand and three hundred. 万一 is "in case".
    if let [first, last] = chars
        && let Some(power) = power(*first).filter(|power| *power >= 100)
        && let Some(tail) = digit(*last).filter(|tail| *tail > 0)
    {
        return (chars != ['万', '一']).then_some(power + i64::from(tail) * power / 10);
    }
    let mut reading = Reading::default();
    for c in chars {
        reading.take(*c)?;
    }
    reading.total()
}

/// 1,200
fn grouped(chars: &[char]) -> Option<i64> {
    let groups: Vec<&[char]> = chars.split(|c| *c == ',').collect();
    let fits = groups.iter().enumerate().all(|(at, group)| {
        let right = if at == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        right && group.iter().all(char::is_ascii_digit)
    });
    fits.then(|| digit_by_digit(&groups.concat()))?
}

/// 一二六 is 126. 两 is never said so, and 三四 is three or four.
fn digit_by_digit(chars: &[char]) -> Option<i64> {
    let either = matches!(chars, [low, high] if is_one_or_other(*low, *high));
    if either || chars.len() > 1 && chars.contains(&'两') {
        return None;
    }
    let mut digits = chars.iter().filter_map(|c| digit(*c));
    digits.try_fold(0i64, |sum, digit| {
        sum.checked_mul(10)?.checked_add(i64::from(digit)).filter(|sum| *sum <= VALUE_MAX)
    })
}

/// A numeral with its powers, read from left to right.
#[derive(Default)]
struct Reading {
    /// Of 亿, of 万, and below.
    high: i64,
    middle: i64,
    section: i64,
    pending: Option<i64>,
    /// The digit before was written 0 to 9.
    ascii: bool,
    zero: bool,
    last_power: i64,
}

impl Reading {
    fn take(&mut self, c: char) -> Option<()> {
        if let Some(value) = digit(c) {
            return self.digit(i64::from(value), c.is_ascii_digit());
        }
        self.ascii = false;
        if let Some(tens) = tens(c) {
            if self.pending.is_some() || self.section % 100 != 0 {
                return None;
            }
            self.section += tens;
            self.last_power = 10;
        } else {
            self.power(power(c)?)?;
        }
        self.zero = false;
        Some(())
    }

    fn digit(&mut self, value: i64, ascii: bool) -> Option<()> {
        if value == 0 && !ascii {
            self.zero = true;
            self.ascii = false;
            return self.pending.is_none().then_some(());
        }
        // Only ASCII digits stand beside each other before a power: 12万.
        self.pending = Some(match self.pending {
            Some(sofar) if self.ascii && ascii && sofar <= VALUE_MAX => sofar * 10 + value,
            Some(_) => return None,
            None => value,
        });
        self.ascii = ascii;
        Some(())
    }

    fn power(&mut self, power: i64) -> Option<()> {
        let sum = self.section + self.pending.unwrap_or(0);
        match power {
            YI => {
                let sum = self.middle + sum;
                if sum == 0 || self.high > 0 {
                    return None;
                }
                self.high = sum.checked_mul(YI).filter(|sum| *sum <= VALUE_MAX)?;
                (self.middle, self.section) = (0, 0);
            }
            WAN => {
                // 四万万
                let again = sum == 0 && self.last_power == WAN;
                if !again && (sum == 0 || self.middle > 0) {
                    return None;
                }
                let factor = if again { self.middle } else { sum };
                self.middle = factor.checked_mul(WAN).filter(|sum| *sum <= VALUE_MAX)?;
                self.section = 0;
            }
            power => {
                let count = match self.pending {
                    Some(count) => count,
                    // 十八, 一千零十八
                    None if power == 10 && (self.section == 0 || self.zero) => 1,
                    None => return None,
                };
                if self.section > 0 && self.last_power <= power {
                    return None;
                }
                self.section += count.checked_mul(power).filter(|sum| *sum <= VALUE_MAX)?;
            }
        }
        self.pending = None;
        self.last_power = power;
        Some(())
    }

    fn total(self) -> Option<i64> {
        let tail = match self.pending {
            // 二百五 is 250, 1万2 is 12,000; with a zero before it, it is itself.
            Some(value) if value < 10 && !self.zero && self.last_power >= 100 => {
                value * self.last_power / 10
            }
            Some(value) if self.last_power > 0 && value >= self.last_power => return None,
            Some(value) => value,
            None => 0,
        };
        Some(self.high + self.middle + self.section + tail).filter(|sum| *sum <= VALUE_MAX)
    }
}
