//! Days as people say them: 昨天, 上礼拜三, 三天前, 11月5号, 半拉月.
//!
//! What names one day becomes that day. What does not (前几天, 上个月, 头年) is kept as text,
//! and so is everything of the lunar calendar: to convert 腊月二十三 one has to know which
//! year she means, and nobody who reads her words has to.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::copy::{Copy, has, longest};
use super::digits::digit;
use super::number::{is_number_char, value};
use super::words::Words;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Characters of the copy.
    pub range: Range<usize>,
    /// `None`: about that time, or by the lunar calendar.
    pub date: Option<Date>,
}

/// Why an answer is no day; shown to her.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    #[error("没看出是哪一天，请回日期，例如：昨天，或者11月5号")]
    NotADay,
    #[error("没有这一天，请再看看日期")]
    NoSuchDay,
}

/// Days from today.
const NEAR: &[(&str, i64)] = &[
    ("今天", 0),
    ("今儿个", 0),
    ("今儿", 0),
    ("今个", 0),
    ("今日", 0),
    ("今早", 0),
    ("今晚", 0),
    ("今晨", 0),
    ("今夜", 0),
    ("当天", 0),
    ("昨天", -1),
    ("昨儿个", -1),
    ("昨儿", -1),
    ("昨个", -1),
    ("昨日", -1),
    ("昨晚", -1),
    ("昨夜", -1),
    ("昨早", -1),
    ("昨黑", -1),
    ("夜儿个", -1),
    ("夜个", -1),
    ("夜来", -1),
    ("前天", -2),
    ("前儿个", -2),
    ("前儿", -2),
    ("前日", -2),
    ("前晚", -2),
    ("大前天", -3),
    ("大前儿个", -3),
    ("大前儿", -3),
    ("明天", 1),
    ("明儿个", 1),
    ("明儿", 1),
    ("明个", 1),
    ("明日", 1),
    ("明早", 1),
    ("明晚", 1),
    ("赶明儿", 1),
    ("后天", 2),
    ("后儿个", 2),
    ("后儿", 2),
    ("后日", 2),
    ("大后天", 3),
    ("大后儿", 3),
];
/// A day word behind one of these belongs to another word: 目前天气, 以后天天.
const NOT_BEFORE: &[char] = &[
    '目', '以', '之', '提', '眼', '跟', '往', '今', '然', '最', '房', '屋', '院', '说', '声', '聪',
    '证', '文', '村', '门', '先', '背', '身',
];
/// About that time.
const ABOUT: &[&str] = &[
    "前几天",
    "前些天",
    "前些日子",
    "前一阵子",
    "前一阵",
    "前阵子",
    "前段时间",
    "前一段",
    "头几天",
    "头些天",
    "头两天",
    "前两天",
    "这两天",
    "这几天",
    "这些天",
    "这阵子",
    "这一阵",
    "这段时间",
    "最近",
    "近来",
    "近几天",
    "过两天",
    "过几天",
    "明后天",
    "昨前天",
    "好几天",
    "好多天",
    "好些天",
    "好些日子",
    "好几个月",
    "好几年",
    "好久",
    "很久",
    "老长时间",
    "大半年",
    "上个月",
    "上月",
    "这个月",
    "本月",
    "下个月",
    "下月",
    "上上个月",
    "月初",
    "月底",
    "月末",
    "年初",
    "年底",
    "年前",
    "年后",
    "去年",
    "前年",
    "大前年",
    "头年",
    "上年",
    "今年",
    "明年",
    "开春",
    "入冬",
    "入秋",
    "立冬",
    "立秋",
    "秋收",
    "麦收",
    "春上",
    "年根儿",
    "年根",
    "上周末",
    "这周末",
    "周末",
    "下周末",
    "上周",
    "上星期",
    "上礼拜",
    "上个星期",
    "上个礼拜",
    "这周",
    "本周",
    "这星期",
    "这礼拜",
    "下周",
    "下星期",
    "下礼拜",
    "下个星期",
    "下个礼拜",
    "俩月",
    "仨月",
    "俩礼拜",
    "俩星期",
    "半拉月",
    "半个月",
    "半个多月",
    "半年",
    "半个来月",
];
/// Of the lunar calendar, kept as text.
const LUNAR: &[&str] = &[
    "大年三十",
    "年三十",
    "除夕",
    "春节",
    "大年初",
    "小年",
    "元宵",
    "端午",
    "中秋",
    "重阳",
    "腊八",
    "过年",
    "正月",
    "腊月",
    "冬月",
    "二月二",
    "七月十五",
    "八月十五",
    "阴历",
    "农历",
    "旧历",
    "闰月",
];
/// Behind 5号: a house, a well, a window, not a day.
const NUMBERED: &[char] = &[
    '楼', '院', '门', '线', '路', '机', '桥', '井', '库', '店', '车', '泵', '变', '杆', '单', '厅',
    '窗', '摊', '棚', '房', '地', '馆', '台', '公', '码', '汽', '柴',
];
const WEEKS: &[(&str, i64)] = &[
    ("上上", -14),
    ("上个", -7),
    ("上", -7),
    ("这个", 0),
    ("这", 0),
    ("本", 0),
    ("下下", 14),
    ("下个", 7),
    ("下", 7),
];

const WEEK: [&str; 3] = ["周", "星期", "礼拜"];
const YEARS: [(&str, i64); 6] =
    [("大前年", -3), ("去年", -1), ("头年", -1), ("前年", -2), ("今年", 0), ("明年", 1)];

static LUNAR_WORDS: LazyLock<Words> = LazyLock::new(|| Words::of(LUNAR.iter().copied()));
static ABOUT_WORDS: LazyLock<Words> = LazyLock::new(|| Words::of(ABOUT.iter().copied()));
static NEAR_WORDS: LazyLock<Words> =
    LazyLock::new(|| Words::of(NEAR.iter().map(|(word, _)| *word)));

/// With what a day may begin besides a number: most characters of a message are ruled out by it.
static BEGINNINGS: LazyLock<Words> = LazyLock::new(|| {
    let words = LUNAR.iter().chain(ABOUT).chain(&WEEK).copied().chain(["初"]);
    Words::of(words.chain(NEAR.iter().chain(WEEKS).chain(&YEARS).map(|(word, _)| *word)))
});

/// Every day that is named in a text, first to last.
pub fn days(copy: &Copy, today: Date) -> Vec<Day> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < copy.chars.len() {
        match day_at(&copy.chars, at, today, false) {
            Some(Ok((date, length))) => {
                found.push(Day { range: at..at + length, date });
                at += length;
            }
            _ => at += 1,
        }
    }
    found
}

/// The answer to "since when?", "on which day?": `Ok(None)` is about that time.
pub fn day(text: &str, today: Date) -> Result<Option<Date>, DayError> {
    let copy = Copy::of(text.trim_end_matches(['。', '.', '！', '!']), 60);
    // Of the moon, like 初一: the 15th is said with 号.
    let mut about = copy.chars == ['十', '五'];
    for at in 0..copy.chars.len() {
        match day_at(&copy.chars, at, today, true) {
            Some(Ok((Some(date), _))) => return Ok(Some(date)),
            Some(Ok((None, _))) => return Ok(None),
            Some(Err(error)) => return Err(error),
            None => about |= ["一直", "早就", "老早", "多少年"].iter().any(|w| copy.has(at, w)),
        }
    }
    if about { Ok(None) } else { Err(DayError::NotADay) }
}

type Found = Result<(Option<Date>, usize), DayError>;

/// The day whose words begin at `at`, and how many characters they take. `answer`: 三天 at
/// the end of it means since three days.
fn day_at(chars: &[char], at: usize, today: Date, answer: bool) -> Option<Found> {
    let first = *chars.get(at)?;
    if !is_number_char(first) && !BEGINNINGS.begins_with(first) {
        return None;
    }
    let (before, rest) = (at.checked_sub(1).map(|at| chars[at]), &chars[at..]);
    if let Some((_, length)) = LUNAR_WORDS.at_start(rest) {
        return Some(Ok((None, lunar_end(chars, at + length) - at)));
    }
    if first == '初' && is_of_the_moon(&chars[at + 1..], answer) {
        return Some(Ok((None, lunar_end(chars, at) - at)));
    }
    if let Some((offset, length)) = month_day(chars, at, today) {
        return Some(offset.map(|date| (Some(date), length)));
    }
    if let Some(found) = weekday(chars, at, today) {
        return Some(Ok(found));
    }
    let about = ABOUT_WORDS.at_start(rest);
    if let Some((which, length)) = NEAR_WORDS.at_start(rest)
        && about.is_none_or(|(_, other)| other < length)
    {
        let parted = before.is_some_and(|c| NOT_BEFORE.contains(&c));
        let (_, offset) = NEAR[which];
        return (!parted).then(|| Ok((today.checked_add(offset.days()).ok(), length)));
    }
    if let Some((which, length)) = about {
        // 上个月5号, 下月三号
        if let Some(found) = day_of_month(chars, at, ABOUT[which], length, today) {
            return Some(found);
        }
        // 半个月前, 去年冬天: still about that time. 前年 in 三年前年年: not.
        return Some(Ok((None, length)));
    }
    if before.is_some_and(is_number_char) {
        return None;
    }
    ago(chars, at, today, answer).map(Ok)
}

fn number_run(chars: &[char], at: usize) -> usize {
    let counts = |c: &&char| is_number_char(**c) && !matches!(**c, '.' | '点');
    chars.get(at..).unwrap_or_default().iter().take_while(counts).count()
}

fn whole(chars: &[char]) -> Option<i64> {
    value(chars).filter(|thousandths| thousandths % 1_000 == 0).map(|value| value / 1_000)
}

fn lunar_end(chars: &[char], mut at: usize) -> usize {
    if has(chars, at, "初") {
        at += 1;
    }
    at += number_run(chars, at);
    if has(chars, at, "月") {
        at += 1;
        at += usize::from(has(chars, at, "初"));
        at += number_run(chars, at);
    }
    at
}

/// 初八 as an answer, 初八那天 in a sentence; elsewhere 初一 is a class of a school.
fn is_of_the_moon(behind: &[char], answer: bool) -> bool {
    let numbered = behind.first().is_some_and(|c| digit(*c).is_some_and(|n| n > 0) || *c == '十');
    let marked = matches!(behind.get(1), Some('那' | '早' | '晚' | '夜' | '当'));
    numbered && (answer || marked)
}

fn nearest(month: i64, day: i64, today: Date) -> Option<Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let years = [today.year() - 1, today.year(), today.year() + 1];
    let dates = years.into_iter().filter_map(|year| Date::new(year, month, day).ok());
    dates.min_by_key(|date| {
        let days = (*date - today).get_days().unsigned_abs();
        // On a tie the past: things are told after they happened.
        (days, *date > today)
    })
}

/// 2026年11月5日, 去年3月5号, 11月5号, 11.5, 11/5, 2026-11-05, 5号; 八月十五 is lunar.
fn month_day(chars: &[char], at: usize, today: Date) -> Option<(Result<Date, DayError>, usize)> {
    let before = at.checked_sub(1).map(|at| chars[at]);
    if before.is_some_and(|c| is_number_char(c) || matches!(c, '-' | '/' | '第')) {
        return None;
    }
    let mut next = at;
    let mut year = None;
    for (word, offset) in YEARS {
        if has(chars, at, word) {
            year = Some(i64::from(today.year()) + offset);
            next += word.chars().count();
            break;
        }
    }
    let mut length = number_run(chars, next);
    if year.is_none()
        && (2..=4).contains(&length)
        && matches!(chars.get(next + length), Some('年' | '-' | '/' | '.'))
    {
        let said = digit_by_digit(&chars[next..next + length])?;
        let said = if length == 2 { 2000 + said } else { said };
        let separator = chars[next + length];
        let fits = (1949..=2100).contains(&said) && (length == 4 || separator == '年');
        if fits {
            year = Some(said);
            next += length + 1;
            length = number_run(chars, next);
        }
    }
    if length == 0 || length > 3 {
        return None;
    }
    let first = whole(&chars[next..next + length])?;
    let mark = chars.get(next + length).copied();
    let ascii = chars[next..next + length].iter().all(char::is_ascii_digit);
    let dated = |year: Option<i64>, month: i64, day: i64| {
        let date = match year {
            None => nearest(month, day, today),
            Some(year) => Date::new(
                i16::try_from(year).ok()?,
                i8::try_from(month).ok()?,
                i8::try_from(day).ok()?,
            )
            .ok(),
        };
        Some(date.ok_or(DayError::NoSuchDay))
    };
    match mark {
        Some('月') if (1..=12).contains(&first) => {
            let from = next + length + 1;
            let days = number_run(chars, from);
            let end = from + days;
            let marked = matches!(chars.get(end), Some('日' | '号'));
            if days == 0 || days > 3 {
                return None;
            }
            let day = whole(&chars[from..end])?;
            // 八月十五 without 号 is how the lunar calendar is said.
            let spoken = chars[from..end].iter().any(|c| !c.is_ascii_digit());
            if !marked && spoken {
                return None;
            }
            Some((dated(year, first, day)?, end + usize::from(marked) - at))
        }
        Some('-' | '/' | '.') if ascii && (1..=12).contains(&first) => {
            let from = next + length + 1;
            let days = number_run(chars, from);
            if !(1..=2).contains(&days)
                || !chars[from..from + days].iter().all(char::is_ascii_digit)
            {
                return None;
            }
            let end = from + days;
            let goes_on = chars.get(end).is_some_and(|c| {
                c.is_ascii_alphanumeric()
                    || matches!(
                        c,
                        '-' | '/'
                            | '.'
                            | '%'
                            | '元'
                            | '块'
                            | '斤'
                            | '公'
                            | '米'
                            | '亩'
                            | '万'
                            | '千'
                            | '吨'
                            | '个'
                            | '袋'
                    )
            });
            let day = whole(&chars[from..end])?;
            // 1.5, 3/4: a day only with the year, or where nothing else is said.
            let sure =
                year.is_some() || (mark == Some('/') && day > 0) || (at == 0 && end == chars.len());
            if goes_on || !sure || !(1..=31).contains(&day) {
                return None;
            }
            Some((dated(year, first, day)?, end - at))
        }
        Some('号' | '日') if year.is_none() && next == at => {
            let follows = chars.get(next + length + 1).copied();
            if follows.is_some_and(|c| NUMBERED.contains(&c)) {
                return None;
            }
            if mark == Some('日') && !ascii {
                return None;
            }
            if !(1..=31).contains(&first) {
                return None;
            }
            let day = i8::try_from(first).ok()?;
            let date = Date::new(today.year(), today.month(), day).map_err(|_| DayError::NoSuchDay);
            Some((date, length + 1))
        }
        _ => None,
    }
}

fn digit_by_digit(chars: &[char]) -> Option<i64> {
    chars.iter().try_fold(0, |sum, c| Some(sum * 10 + i64::from(digit(*c)?)))
}

fn day_of_month(
    chars: &[char],
    at: usize,
    word: &str,
    length: usize,
    today: Date,
) -> Option<Found> {
    let months = match word {
        "上上个月" => -2,
        "上个月" | "上月" => -1,
        "这个月" | "本月" => 0,
        "下个月" | "下月" => 1,
        _ => return None,
    };
    let from = at + length;
    let run = number_run(chars, from);
    if run == 0 || !matches!(chars.get(from + run), Some('号' | '日')) {
        return None;
    }
    let day = i8::try_from(whole(&chars[from..from + run])?).ok()?;
    let month = today.first_of_month().checked_add(months.months()).ok()?;
    let date = Date::new(month.year(), month.month(), day).map_err(|_| DayError::NoSuchDay);
    Some(date.map(|date| (Some(date), length + run + 1)))
}

/// 上周三, 礼拜天, 下星期五. Without a word before it, the one of this week.
fn weekday(chars: &[char], at: usize, today: Date) -> Option<(Option<Date>, usize)> {
    let (mut next, mut offset) = (at, 0);
    let weeks = WEEKS.iter().map(|(word, _)| *word);
    if let Some((word, length)) = longest(chars, at, weeks) {
        offset = WEEKS.iter().find(|(known, _)| *known == word).map(|(_, days)| *days)?;
        next += length;
    }
    let (_, length) = longest(chars, next, WEEK)?;
    next += length;
    // 每周三, 一周三次: no day. 周三里, 周五营: names.
    let before = at.checked_sub(1).map(|at| chars[at]);
    if before.is_some_and(|c| c == '每' || is_number_char(c)) {
        return None;
    }
    let weekday = match chars.get(next)? {
        '一' | '1' => Weekday::Monday,
        '二' | '2' => Weekday::Tuesday,
        '三' | '3' => Weekday::Wednesday,
        '四' | '4' => Weekday::Thursday,
        '五' | '5' => Weekday::Friday,
        '六' | '6' => Weekday::Saturday,
        '日' | '天' | '7' | '七' => Weekday::Sunday,
        _ => return None,
    };
    if next + 1 < chars.len()
        && matches!(chars[next + 1], '里' | '次' | '个' | '庄' | '营' | '遍' | '回')
    {
        return None;
    }
    let monday = i64::from(today.weekday().to_monday_zero_offset());
    let days = offset - monday + i64::from(weekday.to_monday_zero_offset());
    Some((today.checked_add(days.days()).ok(), next + 1 - at))
}

/// 三天前, 两个礼拜以前, 停水三天了; 十来天前 and 三四天前 are about that time.
fn ago(chars: &[char], at: usize, today: Date, answer: bool) -> Option<(Option<Date>, usize)> {
    let length = number_run(chars, at);
    if length == 0 {
        return None;
    }
    let mut next = at + length;
    let mut about = false;
    while let Some((_, more)) = longest(chars, next, ["来", "多"]) {
        about = true;
        next += more;
    }
    const UNITS: &[(&str, i64)] = &[
        ("天", 1),
        ("日", 1),
        ("周", 7),
        ("个星期", 7),
        ("星期", 7),
        ("个礼拜", 7),
        ("礼拜", 7),
        ("个月", 0),
        ("个来月", 0),
        ("个多月", 0),
        ("拉月", 0),
        ("年", 0),
        ("个钟头", -1),
        ("个小时", -1),
        ("小时", -1),
    ];
    let (unit, units) = longest(chars, next, UNITS.iter().map(|(word, _)| *word))?;
    next += units;
    if longest(chars, next, ["多", "来", "半"]).is_some() {
        about = true;
        next += 1;
    }
    let (end, ends) =
        longest(chars, next, ["前", "以前", "之前", "后", "以后", "之后", "了", "没", "不来"])
            .unwrap_or(("", 0));
    if ends == 0 && !(answer && next == chars.len()) {
        return None;
    }
    let taken = match end {
        "了" | "没" | "不来" => next - at,
        _ => next + ends - at,
    };
    let days = UNITS.iter().find(|(known, _)| *known == unit).map(|(_, days)| *days)?;
    let count = whole(&chars[at..at + length]);
    let date = match count.filter(|count| !about && (1..=3_650).contains(count)) {
        Some(_) if days == -1 => Some(today),
        Some(count) if days > 0 => {
            let back = if end.ends_with('后') { count * days } else { -count * days };
            today.checked_add(back.days()).ok()
        }
        _ => None,
    };
    Some((date, taken))
}
