//! Numbers and quantities: 3, ３, 三, 半, 二百五, 1万2, 三十来斤.

use std::ops::Range;

use super::copy::Copy;
use super::digits::digit;
use super::plain;

/// More than any order or complaint needs; keeps thousandths far from overflow.
const VALUE_MAX: i64 = 1_000_000_000_000;

/// Units that people count in. Longer ones first where one begins another.
const UNITS: &[&str] = &[
    "公斤", "千克", "公里", "星期", "礼拜", "钟头", "块钱", "毛钱", "罐", "平米", "平方", "小时",
    "分钟", "斤", "克", "吨", "袋", "个", "包", "瓶", "箱", "件", "亩", "只", "条", "头", "桶",
    "盒", "份", "张", "台", "户", "口", "人", "天", "次", "把", "棵", "株", "米", "里", "块", "元",
    "盏", "根", "扇", "套", "双", "捆", "车", "垛", "筐", "升", "提", "壶", "捧", "板", "串", "兜",
    "篮", "碗", "车皮", "匹", "部", "辆", "本", "支", "间", "处", "家", "栋", "口井", "垧", "分地",
    "丈", "尺", "厘米", "毫升", "毫克", "度", "层", "两", "年", "月", "对", "打",
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
        // Three or four: she is asked which.
        let chars: Vec<char> = copy.chars().take(2).collect();
        if span_of(&chars).is_some() {
            return None;
        }
        let rest = copy[used..].trim();
        return rest.is_empty().then_some(Quantity { about: about || found.about, ..found });
    }
    quantities(&Copy::of(text, CHARACTERS_MAX)).into_iter().next().map(|(_, found)| found)
}

/// A longer text is read up to here.
const CHARACTERS_MAX: usize = 600;
/// Words that begin like a quantity: 一块去, 一口气, 万一.
const NO_QUANTITY: &[&str] = &[
    "一块儿",
    "一块去",
    "一块来",
    "一块办",
    "一块修",
    "一块反映",
    "一口气",
    "一天到晚",
    "一个劲",
    "一家人",
    "一次性",
    "一把火",
    "一户一",
    "一条龙",
    "一头雾",
    "一年到头",
    "一条街",
    "一口咬",
    "两口子",
    "三口两口",
    "三番五",
    "三天两头",
    "四个现代",
    "一张嘴",
    "一米线",
    "三轮",
    "四轮",
    "二把刀",
    "一件事",
    "两件事",
    "一个人也",
    "一套一套",
    "千家万户",
    "千万别",
    "千万不",
    "一根筋",
    "五保户",
    "一人一",
    "一次次",
    "一天天",
    "一年年",
    "百年",
    "千年",
    "万年",
    "一头沉",
    "半天",
    "一块块",
    "两面",
    "十字",
    "一点",
    "两头",
    "三级",
    "一级",
    "二级",
    "四级",
    "一对一",
    "一把手",
    "一次又",
    "二人转",
    "一口一",
    "三包",
    "两会",
    "三农",
    "百家",
    "万人",
    "千人",
    "百人",
    "半夜",
    "半道",
    "半路",
    "半截",
    "三更",
    "两头跑",
];

/// Every number with a unit in a text, and the characters of the copy it takes. A bare number
/// is none.
pub fn quantities(copy: &Copy) -> Vec<(Range<usize>, Quantity)> {
    let chars = &copy.chars;
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let begins = is_number_char(chars[at]) || matches!(chars[at], '俩' | '仨');
        let inside = at > 0
            && (is_number_char(chars[at - 1])
                || matches!(chars[at - 1], '第' | '.' | '-' | '每' | '周' | '期' | '拜' | '初'));
        if !begins || inside || NO_QUANTITY.iter().any(|word| copy.has(at, word)) {
            at += 1;
            continue;
        }
        // No quantity is longer than this.
        let end = chars.len().min(at + 24);
        let text: String = chars[at..end].iter().collect();
        match at_start(&text).filter(|(quantity, _)| quantity.unit.is_some()) {
            Some((quantity, used)) => {
                let to = at + text[..used].chars().count();
                let about = ABOUT.iter().chain(["小", "上", "得有"].iter()).any(|word| {
                    let from = at.checked_sub(word.chars().count());
                    from.is_some_and(|from| copy.has(from, word))
                });
                found.push((at..to, Quantity { about: about || quantity.about, ..quantity }));
                at = to;
            }
            None => at += 1,
        }
    }
    found
}

/// 三四袋, 一二百斤, 七八十个: about, and the smaller of the two.
fn one_or_other(text: &str) -> Option<(Quantity, usize)> {
    let chars: Vec<char> = text.chars().take(2).collect();
    let (low, _) = span_of(&chars)?;
    let mut used: usize = chars.iter().map(|c| c.len_utf8()).sum();
    let mut thousandths = i64::from(low) * 1_000;
    while let Some(more) = text[used..].chars().next().filter(|c| power(*c).is_some()) {
        thousandths = thousandths.checked_mul(power(more)?)?;
        used += more.len_utf8();
    }
    let unit = UNITS.iter().find(|unit| text[used..].starts_with(**unit))?;
    used += unit.len();
    Some((Quantity { thousandths, unit: Some((*unit).to_owned()), about: true }, used))
}

/// A quantity at the start of `text`, and how many bytes it takes.
fn at_start(text: &str) -> Option<(Quantity, usize)> {
    for (word, count) in [("俩", 2_000), ("仨", 3_000)] {
        if let Some(rest) = text.strip_prefix(word) {
            // 俩人, 俩月; 俩 alone counts pieces.
            let unit = ["人", "月", "星期", "礼拜", "小时", "钟头"]
                .iter()
                .find(|unit| rest.starts_with(**unit));
            let used = word.len() + unit.map_or(0, |unit| unit.len());
            let unit = Some(unit.map_or("个", |unit| unit).to_owned());
            return Some((Quantity { thousandths: count, unit, about: false }, used));
        }
    }
    if let Some(found) = one_or_other(text) {
        return Some(found);
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
    for word in ["来", "多", "余", "啷当"] {
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
