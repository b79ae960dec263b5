//! Numbers and quantities: 3, ３, 三, 半, 二百五, 1万2, 三十来斤.

use unicode_normalization::UnicodeNormalization;

use super::digits::digit;
use super::plain;

/// More than any order or complaint needs; keeps thousandths far from overflow.
const VALUE_MAX: i64 = 1_000_000_000_000;

/// Units that people count in. Longer ones first where one begins another.
const UNITS: &[&str] = &[
    "公斤", "千克", "公里", "平米", "平方", "小时", "分钟", "斤", "克", "吨", "袋", "个", "包",
    "瓶", "箱", "件", "亩", "只", "条", "头", "桶", "盒", "份", "张", "台", "户", "口", "人", "天",
    "次", "把", "棵", "株", "米", "里", "块", "元", "盏", "根", "扇", "套", "双", "捆", "车", "垛",
    "筐", "升", "两", "年", "月", "对", "打",
];
const ABOUT: &[&str] = &["大概", "大约", "差不多", "约", "将近", "快"];
const WANT: &[&str] = &["我想要", "我要", "给我来", "给我", "想要", "要", "来", "买", "订"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    pub thousandths: i64,
    pub unit: Option<String>,
    /// 三十来斤, 十多个, 大概五袋
    pub about: bool,
}

fn power(c: char) -> Option<i64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

/// A whole number or a decimal, nothing around it. In thousandths.
pub(super) fn value(text: &str) -> Option<i64> {
    if text == "半" {
        return Some(500);
    }
    let (whole, fraction) = match text.split_once(['.', '点']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut thousandths = integer(whole)?.checked_mul(1_000)?;
    if let Some(fraction) = fraction {
        let digits: Option<Vec<u8>> = fraction.chars().map(digit).collect();
        let digits = digits.filter(|digits| (1..=3).contains(&digits.len()))?;
        for (at, value) in digits.iter().enumerate() {
            thousandths += i64::from(*value) * [100, 10, 1][at];
        }
    }
    Some(thousandths)
}

/// 三四, 七八, 三五: one or the other, said with two digits.
fn span_of(chars: &[char]) -> Option<(u8, u8)> {
    let [first, second] = chars else { return None };
    if first.is_ascii_digit() || second.is_ascii_digit() || *first == '幺' || *second == '幺' {
        return None;
    }
    let (low, high) = (digit(*first)?, digit(*second)?);
    (low > 0 && (high == low + 1 || (low, high) == (3, 5))).then_some((low, high))
}

fn integer(text: &str) -> Option<i64> {
    let chars: Vec<char> = text.chars().collect();
    if chars.is_empty() || chars.len() > 20 {
        return None;
    }
    if chars.iter().all(|c| digit(*c).is_some()) {
        // Read digit by digit; 两 is never said so.
        if chars.len() > 1 && chars.contains(&'两') {
            return None;
        }
        // 三四 is three or four.
        if span_of(&chars).is_some() {
            return None;
        }
        let mut digits = chars.iter().filter_map(|c| digit(*c));
        return digits.try_fold(0i64, |sum, digit| {
            sum.checked_mul(10)?.checked_add(i64::from(digit)).filter(|sum| *sum <= VALUE_MAX)
        });
    }
    let (mut total, mut section) = (0i64, 0i64);
    let (mut pending, mut last_power, mut zero) = (None::<i64>, 0i64, false);
    let mut ascii_run = false;
    for c in chars {
        match (digit(c), power(c)) {
            (Some(0), _) if !c.is_ascii_digit() => {
                if pending.is_some() {
                    return None;
                }
                zero = true;
                ascii_run = false;
            }
            (Some(value), _) => {
                // Only ASCII digits stand beside each other before a unit: 12万.
                pending = match pending {
                    Some(sofar) if ascii_run && c.is_ascii_digit() => {
                        Some(sofar * 10 + i64::from(value))
                    }
                    Some(_) => return None,
                    None => Some(i64::from(value)),
                };
                ascii_run = c.is_ascii_digit();
            }
            (None, Some(power)) => {
                ascii_run = false;
                if power >= 10_000 {
                    let sum = section + pending.take().unwrap_or(0);
                    if sum == 0 {
                        return None;
                    }
                    total = (total + sum).checked_mul(power).filter(|sum| *sum <= VALUE_MAX)?;
                    if power == 10_000 && total > VALUE_MAX / 10 {
                        return None;
                    }
                    section = 0;
                } else {
                    let count = match pending.take() {
                        Some(count) => count,
                        // 十八, 一千零十八
                        None if power == 10 && (section == 0 || zero) => 1,
                        None => return None,
                    };
                    if last_power > 0 && last_power <= power && section > 0 {
                        return None;
                    }
                    section += count * power;
                }
                last_power = power;
                zero = false;
            }
            (None, None) => return None,
        }
    }
    let tail = match pending {
        // 二百五 is 250, 1万2 is 12,000; with a zero before it, it is itself.
        Some(value) if value < 10 && !zero && last_power >= 100 => value * last_power / 10,
        Some(value) => value,
        None => 0,
    };
    Some(total + section + tail).filter(|sum| *sum <= VALUE_MAX)
}

/// The whole message is a number. In thousandths, so that half a bag is 500.
pub fn number(text: &str) -> Option<i64> {
    let copy = plain(text);
    value(&copy).or_else(|| {
        let (whole, half) = copy.split_once('半')?;
        let whole = value(whole)?;
        half.is_empty().then_some(whole + 500)
    })
}

pub(super) fn is_number_char(c: char) -> bool {
    digit(c).is_some() || power(c).is_some() || matches!(c, '.' | '点' | '半' | '几')
}

/// A number with its unit. `whole`: nothing but wishes and "about" may stand around it, and
/// the unit may be missing.
pub fn quantity(text: &str, whole: bool) -> Option<Quantity> {
    if whole {
        let mut copy = plain(text);
        let mut about = false;
        for word in WANT {
            if let Some(rest) = copy.strip_prefix(word) {
                copy = rest.to_owned();
                break;
            }
        }
        for word in ABOUT {
            if let Some(rest) = copy.strip_prefix(word) {
                copy = rest.to_owned();
                about = true;
                break;
            }
        }
        for word in ["左右", "上下"] {
            if let Some(rest) = copy.strip_suffix(word) {
                copy = rest.to_owned();
                about = true;
            }
        }
        let (found, used) = at_start(&copy)?;
        let rest = copy[used..].trim();
        return rest.is_empty().then_some(Quantity { about: about || found.about, ..found });
    }
    let copy: String = text.nfkc().collect();
    let mut before = None;
    for (at, c) in copy.char_indices() {
        let begins = is_number_char(c) || matches!(c, '俩' | '仨');
        if begins
            && !before.is_some_and(is_number_char)
            && let Some((found, _)) = at_start(&copy[at..])
            && found.unit.is_some()
        {
            let about = ABOUT.iter().any(|word| copy[..at].ends_with(word));
            return Some(Quantity { about: about || found.about, ..found });
        }
        before = Some(c);
    }
    None
}

/// A quantity at the start of `text`, and how many bytes it takes.
fn at_start(text: &str) -> Option<(Quantity, usize)> {
    for (word, count) in [("俩", 2_000), ("仨", 3_000)] {
        if text.starts_with(word) {
            let unit = Some("个".to_owned());
            return Some((Quantity { thousandths: count, unit, about: false }, word.len()));
        }
    }
    let end = text.find(|c| !is_number_char(c)).unwrap_or(text.len());
    // 两 is also a unit (二两): the longest reading that is a number counts.
    let mut cut = end;
    let (mut thousandths, mut about);
    loop {
        let digits = text.get(..cut).filter(|digits| !digits.is_empty())?;
        about = false;
        let found = match digits.strip_suffix('几') {
            // 十几, 二十几: the number and some more; 几 alone says nothing.
            Some(base) => {
                about = true;
                value(base).filter(|_| base.ends_with(['十', '百', '千', '万']))
            }
            None => value(digits).or_else(|| {
                let (base, rest) = digits.split_once('半')?;
                (rest.is_empty() && !base.is_empty()).then(|| value(base))?.map(|base| base + 500)
            }),
        };
        if let Some(found) = found {
            thousandths = found;
            break;
        }
        cut = text[..cut].char_indices().next_back().map(|(at, _)| at)?;
    }
    let mut used = cut;
    for word in ["来", "多", "余"] {
        if text[used..].starts_with(word) && thousandths >= 10_000 {
            about = true;
            used += word.len();
        }
    }
    let mut unit = None;
    if let Some(found) = UNITS.iter().find(|unit| text[used..].starts_with(**unit)) {
        used += found.len();
        match *found {
            "打" => thousandths *= 12,
            "对" => thousandths *= 2,
            _ => {}
        }
        unit = Some((*found).to_owned());
        // 两斤半
        if text[used..].starts_with('半') {
            used += '半'.len_utf8();
            thousandths += 500;
        } else if text[used..].starts_with('多') {
            used += '多'.len_utf8();
            about = true;
        }
    }
    Some((Quantity { thousandths, unit, about }, used))
}
