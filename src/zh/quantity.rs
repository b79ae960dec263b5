//! Quantities: a number with its unit, as people say it: 半袋, 俩, 三十来斤, 一亩三分地.

use std::ops::Range;
use std::sync::LazyLock;

use super::copy::Copy;
use super::number::{is_number_char, power, smaller, value};
use super::plain;
use super::words::Words;

/// Units that people count in.
const UNITS: &[&str] = &[
    "公斤",
    "千克",
    "公里",
    "星期",
    "礼拜",
    "钟头",
    "块钱",
    "毛钱",
    "平米",
    "平方",
    "小时",
    "分钟",
    "个月",
    "个小时",
    "个钟头",
    "个星期",
    "个礼拜",
    "斤",
    "克",
    "吨",
    "袋",
    "个",
    "包",
    "瓶",
    "箱",
    "件",
    "亩",
    "顷",
    "公顷",
    "只",
    "条",
    "头",
    "桶",
    "罐",
    "盒",
    "份",
    "张",
    "台",
    "户",
    "口",
    "人",
    "天",
    "次",
    "回",
    "趟",
    "把",
    "棵",
    "株",
    "米",
    "里",
    "块",
    "元",
    "盏",
    "根",
    "扇",
    "套",
    "双",
    "捆",
    "车",
    "车皮",
    "垛",
    "筐",
    "升",
    "提",
    "壶",
    "捧",
    "板",
    "串",
    "兜",
    "篮",
    "碗",
    "匹",
    "部",
    "辆",
    "本",
    "支",
    "间",
    "处",
    "家",
    "栋",
    "口井",
    "垧",
    "分地",
    "丈",
    "尺",
    "寸",
    "厘米",
    "毫升",
    "毫克",
    "度",
    "层",
    "两",
    "年",
    "对",
    "打",
    "挂",
    "副",
    "床",
    "卷",
    "坛",
    "缸",
    "粒",
    "片",
    "颗",
    "枚",
    "窝",
    "排",
    "桌",
    "立方",
    "平",
];
/// A smaller unit behind the larger one, a tenth of it: 一亩三分, 二斤三两. Without the smaller
/// one a bare digit is a tenth as well: 二斤八, 一米八.
const TENTHS: &[(&str, &str)] = &[
    ("亩", "分"),
    ("斤", "两"),
    ("丈", "尺"),
    ("尺", "寸"),
    ("米", ""),
    ("里", ""),
    ("吨", ""),
    ("两", "钱"),
    ("块", "毛"),
    ("元", "角"),
    ("公斤", ""),
    ("公里", ""),
];
/// About so many, without a numeral that could be read.
const ROUND: &[(&str, i64)] = &[
    ("百八十", 100),
    ("百儿八十", 100),
    ("百十", 100),
    ("百十来", 100),
    ("百来", 100),
    ("百把", 100),
    ("百多", 100),
    ("上百", 100),
    ("近百", 100),
    ("成百", 100),
    ("千八百", 1_000),
    ("千儿八百", 1_000),
    ("千来", 1_000),
    ("千把", 1_000),
    ("千多", 1_000),
    ("上千", 1_000),
    ("近千", 1_000),
    ("成千", 1_000),
    ("万八千", 10_000),
    ("万儿八千", 10_000),
    ("万来", 10_000),
    ("万把", 10_000),
    ("万多", 10_000),
    ("上万", 10_000),
    ("近万", 10_000),
    ("个把", 1),
];
/// 三十来斤, 十多个, 二十啷当
const MORE: &[&str] = &["来", "多", "余", "啷当", "好几", "几"];
const ABOUT: &[&str] = &[
    "大概",
    "大约",
    "大致",
    "差不多",
    "差不离",
    "约莫",
    "约摸",
    "约",
    "将近",
    "快",
    "估计",
    "估摸",
    "得有",
    "也就",
];
const WANT: &[&str] = &[
    "我想要",
    "我想买",
    "我就要",
    "我要",
    "给我来",
    "给我拿",
    "给我称",
    "给我装",
    "给我",
    "再来",
    "再要",
    "先来",
    "先要",
    "想要",
    "就要",
    "就",
    "要",
    "来",
    "买",
    "订",
    "拿",
    "称",
    "整",
    "弄",
    "一共",
    "总共",
];
const ENOUGH: &[&str] = &["就行", "就够", "就中", "就成", "就好", "就可以", "够", "的量"];
/// No quantity is longer than this, and no longer text is searched.
const QUANTITY_MAX: usize = 24;
const CHARACTERS_MAX: usize = 600;

static UNIT_WORDS: LazyLock<Words> = LazyLock::new(|| Words::of(UNITS.iter().copied()));
static ROUND_WORDS: LazyLock<Words> = LazyLock::new(|| Words::of(ROUND.iter().map(|row| row.0)));
static NO_QUANTITY: LazyLock<Words> = LazyLock::new(|| {
    let lines = include_str!("not_quantities.txt").lines();
    Words::of(lines.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace))
});

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    pub thousandths: i64,
    pub unit: Option<String>,
    /// 三十来斤, 十多个, 大概五袋
    pub about: bool,
}

/// A quantity at the start of some characters, and how many of them it takes.
struct Read {
    quantity: Quantity,
    used: usize,
    /// 三四袋, 3到5斤: the smaller of two. She is asked which.
    either: bool,
}

/// A number with its unit. `whole`: nothing but wishes and "about" may stand around it, and
/// the unit may be missing.
pub fn quantity(text: &str, whole: bool) -> Option<Quantity> {
    if !whole {
        let found = quantities(&Copy::of(text, CHARACTERS_MAX));
        return found.into_iter().next().map(|(_, found)| found);
    }
    let copy = plain(text);
    let mut rest = copy.as_str();
    // 给我再来三袋
    while without(&mut rest, WANT) {}
    let mut about = without(&mut rest, ABOUT);
    for word in ["左右", "上下"].iter().chain(ENOUGH) {
        if let Some(inner) = rest.strip_suffix(word) {
            about |= matches!(*word, "左右" | "上下");
            rest = inner;
        }
    }
    for word in ["大半", "小半", "多半"] {
        if rest.starts_with(word) {
            about = true;
            rest = &rest["大".len()..];
        }
    }
    let chars: Vec<char> = rest.trim().chars().collect();
    let Read { quantity, used, either } = read(&chars)?;
    let other = NO_QUANTITY.at_start(&chars).is_some();
    let certain = !either && !other && used == chars.len();
    certain.then_some(Quantity { about: about || quantity.about, ..quantity })
}

fn without(text: &mut &str, words: &[&str]) -> bool {
    let found = words.iter().find_map(|word| text.strip_prefix(word));
    *text = found.unwrap_or(text).trim_start();
    found.is_some()
}

/// Every number with a unit in a text, and the characters of the copy it takes. A bare number
/// is none.
pub fn quantities(copy: &Copy) -> Vec<(Range<usize>, Quantity)> {
    let chars = &copy.chars;
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..chars.len().min(at + QUANTITY_MAX)];
        let read = begins(chars, at).then(|| read(rest)).flatten();
        match read.filter(|read| read.quantity.unit.is_some()) {
            Some(Read { quantity, used, .. }) => {
                let about = ABOUT.iter().chain(&["小", "上", "近"]).any(|word| {
                    let from = at.checked_sub(word.chars().count());
                    from.is_some_and(|from| copy.has(from, word))
                });
                found
                    .push((at..at + used, Quantity { about: about || quantity.about, ..quantity }));
                at += used;
            }
            None => at += 1,
        }
    }
    found
}

/// May a quantity begin here? Not inside a number, and not in 第三个, 每两天, 初五.
fn begins(chars: &[char], at: usize) -> bool {
    let round = |c| matches!(c, '俩' | '仨' | '上' | '近' | '成' | '个');
    if !(is_number_char(chars[at]) || round(chars[at])) {
        return false;
    }
    let inside = at.checked_sub(1).is_some_and(|before| {
        is_number_char(chars[before])
            || matches!(chars[before], '第' | '-' | '每' | '周' | '期' | '拜' | '初')
    });
    !inside && NO_QUANTITY.at_start(&chars[at..]).is_none()
}

fn read(chars: &[char]) -> Option<Read> {
    let pair = match chars.first()? {
        '俩' => Some(2_000),
        '仨' => Some(3_000),
        _ => None,
    };
    if let Some(thousandths) = pair {
        let count = Count { thousandths, used: 1, about: false, either: false };
        let mut read = in_months(chars, with_unit(chars, count));
        // 俩 alone counts pieces.
        read.quantity.unit.get_or_insert_with(|| "个".to_owned());
        return Some(read);
    }
    if let Some(count) = round(chars) {
        let read = in_months(chars, with_unit(chars, count));
        return read.quantity.unit.is_some().then_some(read);
    }
    let run = chars.iter().enumerate().take_while(|(at, c)| {
        let comma = **c == ',' && chars.get(at + 1).is_some_and(char::is_ascii_digit);
        let fraction = **c == '分' && chars.get(at + 1) == Some(&'之')
            || **c == '之' && *at > 0 && chars[at - 1] == '分';
        is_number_char(**c) || comma || fraction
    });
    // 两 is also a unit (二两): the longest reading that is a number counts.
    (1..=run.count()).rev().find_map(|cut| {
        let read = with_unit(chars, counted(chars, cut)?);
        (!read.either || read.quantity.unit.is_some()).then_some(read)
    })
}

/// 俩月, 个把月; elsewhere 月 names a month.
fn in_months(chars: &[char], mut read: Read) -> Read {
    if read.quantity.unit.is_none() && chars.get(read.used) == Some(&'月') {
        read.used += 1;
        read.quantity.unit = Some("个月".to_owned());
    }
    read
}

/// A number without its unit.
struct Count {
    thousandths: i64,
    used: usize,
    about: bool,
    either: bool,
}

/// 百来, 千儿八百, 上万; 上百万 as well.
fn round(chars: &[char]) -> Option<Count> {
    let (which, used) = ROUND_WORDS.at_start(chars)?;
    let mut count = Count { thousandths: ROUND[which].1 * 1_000, used, about: true, either: false };
    count.by_power(chars)?;
    Some(count)
}

/// The number that the first `cut` characters are, with 来 and 多 behind it.
fn counted(chars: &[char], cut: usize) -> Option<Count> {
    let digits = &chars[..cut];
    let mut count = Count { thousandths: 0, used: cut, about: false, either: false };
    if let Some(found) = value(digits) {
        count.thousandths = found;
    } else {
        count.thousandths = value(&smaller(digits)?)?;
        (count.about, count.either) = (true, true);
    }
    let rest = &chars[cut..];
    // 十几 is ten and some more; 几 alone says nothing, and 三几 is no number.
    let more = MORE.iter().find(|word| begins_with(rest, word));
    let more = more.filter(|_| count.thousandths >= 10_000 && chars[cut - 1] != '点');
    if let Some(more) = more {
        count.about = true;
        count.used += more.chars().count();
        count.by_power(chars)?;
    } else if count.thousandths == 500 && rest.first() == Some(&'拉') {
        // 半拉西瓜
        count.used += 1 + usize::from(rest.get(1) == Some(&'子'));
    } else if let Some(high) = range(rest) {
        count.used += high;
        (count.about, count.either) = (true, true);
    }
    Some(count)
}

impl Count {
    /// 十多万, 上百万
    fn by_power(&mut self, chars: &[char]) -> Option<()> {
        if let Some(power) = chars.get(self.used).and_then(|c| power(*c)).filter(|p| *p >= 10_000) {
            self.thousandths = self.thousandths.checked_mul(power)?;
            self.used += 1;
        }
        Some(())
    }
}

/// 到五, ~5, 或者五 behind a number: how many characters.
fn range(chars: &[char]) -> Option<usize> {
    let words = ["到", "至", "-", "~", "或者", "或"];
    let word = words.iter().find(|word| begins_with(chars, word))?;
    let from = word.chars().count();
    let run = chars[from..].iter().take_while(|c| is_number_char(**c)).count();
    let end = (1..=run).rev().find(|end| value(&chars[from..from + end]).is_some())?;
    Some(from + end)
}

fn begins_with(chars: &[char], word: &str) -> bool {
    super::copy::has(chars, 0, word)
}

fn with_unit(chars: &[char], count: Count) -> Read {
    let Count { mut thousandths, mut used, mut about, either } = count;
    let unit = UNIT_WORDS.at_start(&chars[used..]).map(|(which, length)| (UNITS[which], length));
    // 2026年 is no quantity of years.
    let unit = unit.filter(|(unit, _)| *unit != "年" || thousandths < 1_000_000);
    let Some((mut unit, length)) = unit else {
        let quantity = Quantity { thousandths, unit: None, about };
        return Read { quantity, used, either };
    };
    used += length;
    let half = chars.get(used) == Some(&'半')
        && !chars.get(used + 1).is_some_and(|c| matches!(c, '夜' | '路' | '道' | '天'));
    if half {
        // 两斤半, 一个半月
        thousandths += 500;
        used += 1;
        let time = ["月", "小时", "钟头", "星期", "礼拜"];
        if unit == "个"
            && let Some(time) = time.iter().find(|time| begins_with(&chars[used..], time))
        {
            used += time.chars().count();
            let whole = UNITS.iter().find(|unit| unit.strip_prefix('个') == Some(*time));
            unit = whole.copied().unwrap_or(unit);
        }
    } else if let Some((tenths, length)) = tenths(unit, &chars[used..]) {
        thousandths += tenths * 100;
        used += length;
    } else if chars.get(used) == Some(&'多') || chars[used..] == ['来'] {
        about = true;
        used += 1;
    }
    // 一对儿
    if chars[used..] == ['儿'] {
        used += 1;
    }
    match unit {
        "打" => (thousandths, unit) = (thousandths * 12, "个"),
        "对" => (thousandths, unit) = (thousandths * 2, "个"),
        "分地" => (thousandths, unit) = (thousandths / 10, "亩"),
        // 半亩地
        "亩" if chars.get(used) == Some(&'地') => used += 1,
        _ => {}
    }
    let quantity = Quantity { thousandths, unit: Some(unit.to_owned()), about };
    Read { quantity, used, either }
}

/// 三分 behind 亩, 八 behind 米: how many tenths, and how many characters.
fn tenths(unit: &str, chars: &[char]) -> Option<(i64, usize)> {
    let (_, smaller) = TENTHS.iter().find(|(larger, _)| *larger == unit)?;
    let (first, rest) = chars.split_first()?;
    let tenths = value(&[*first]).filter(|value| (1_000..10_000).contains(value))? / 1_000;
    if !smaller.is_empty() && begins_with(rest, smaller) {
        return Some((tenths, 2));
    }
    let apart =
        rest.first().is_none_or(|c| !super::is_han(*c) && !is_number_char(*c) || *c == '的');
    apart.then_some((tenths, 1))
}
