//! Short answers: an item of a menu, yes, no.

use super::number::number;
use super::plain;

const BEFORE: &[&str] =
    &["我选择", "我选", "选择", "选", "我要", "要", "回复", "回", "按", "就", "第", "no.", "是"];
const BEHIND: &[&str] = &["个吧", "个", "项", "号", "条", "种", "件", "样", "吧"];

/// The item of a menu of `count` that the whole message names, from 0. A number inside a
/// longer text (我家3口人) never counts.
pub fn menu_index(text: &str, count: usize) -> Option<usize> {
    let copy = plain(text);
    let mut rest = copy.as_str();
    if let Some(found) = from_behind(rest, count) {
        return found;
    }
    for _ in 0..2 {
        if let Some(inner) = BEFORE.iter().find_map(|word| rest.strip_prefix(word)) {
            rest = inner.trim();
        }
    }
    if let Some(found) = from_behind(rest, count) {
        return found;
    }
    if let Some(inner) = BEHIND.iter().find_map(|word| rest.strip_suffix(word)) {
        rest = inner.trim();
    }
    if rest.contains(['半', '点', '.', '几']) {
        return None;
    }
    let thousandths = number(rest)?;
    let index = usize::try_from(thousandths / 1_000).ok()?;
    (thousandths % 1_000 == 0 && (1..=count).contains(&index)).then(|| index - 1)
}

/// 最后一个, 倒数第二; `Some(None)`: said so, but there is no such item.
fn from_behind(text: &str, count: usize) -> Option<Option<usize>> {
    if ["最后一个", "最后一项", "最后那个", "最后"].contains(&text) {
        return Some(count.checked_sub(1));
    }
    let rest = text.strip_prefix("倒数第")?;
    let rest = BEHIND.iter().find_map(|word| rest.strip_suffix(word)).unwrap_or(rest);
    let index = usize::try_from(number(rest)? / 1_000).ok()?;
    Some(if index == 0 { None } else { count.checked_sub(index) })
}

const YES: &[&str] = &[
    "对",
    "对的",
    "对对",
    "对对对",
    "是",
    "是的",
    "是呀",
    "是啊",
    "嗯",
    "嗯嗯",
    "嗯呢",
    "好",
    "好的",
    "好好",
    "行",
    "行的",
    "可以",
    "可",
    "没错",
    "没问题",
    "要",
    "要的",
    "要得",
    "中",
    "得行",
    "成",
    "同意",
    "确认",
    "确定",
    "正确",
    "ok",
    "okay",
    "yes",
    "y",
    "👌",
    "👍",
    "🆗",
    "愿意",
    "需要",
    "有",
    "就是",
    "就这样",
    "妥",
    "妥了",
    "必须的",
    "接着办",
    "继续",
    "可以的",
    "是的呢",
    "嗯呐",
    "嗯哪",
    "嗯啊",
    "恩",
    "恩恩",
    "昂",
    "是嘞",
    "对嘞",
    "行嘞",
    "好嘞",
    "得嘞",
    "好咧",
    "中中",
    "必须",
    "当然",
    "可不",
    "那可不",
    "可不是",
    "可不是嘛",
    "就是的",
    "就是这个",
    "是这个",
    "是我",
    "对就是",
    "okk",
    "ok的",
    "没毛病",
    "得劲",
    "管",
    "照办",
    "办",
    "就这么办",
    "没意见",
    "✔",
    "✅",
    "✓",
    "√",
    "是滴",
    "好滴",
    "好哒",
];
const NO: &[&str] = &[
    "不",
    "不是",
    "不对",
    "不行",
    "不要",
    "不用",
    "不",
    "没有",
    "没",
    "错",
    "错了",
    "莫",
    "不得",
    "不可以",
    "不同意",
    "不需要",
    "不办",
    "不想",
    "不愿意",
    "算了",
    "别",
    "否",
    "no",
    "n",
    "👎",
    "🙅",
    "不接着",
    "不办了",
    "不是的",
    "不对的",
    "不是这个",
    "不是我",
    "不成",
    "不中",
    "不得劲",
    "不弄",
    "不必",
    "不用不用",
    "没必要",
    "甭",
    "甭了",
    "甭办",
    "白搭",
    "拉倒",
    "拉倒吧",
    "别了",
    "别办",
    "不可",
    "不愿",
    "没这回事",
    "没那回事",
    "哪有",
    "不价",
    "否定",
    "错误",
    "不正确",
    "×",
    "❌",
    "✖",
    "🙅‍♀️",
    "nope",
];

/// Words that answer a question of the map (没有别的了) are not for everybody: 没有, 不会.
///
/// The whole message is yes or no, once or several times over (对对, 嗯好的); anything else is
/// neither, never a guess.
pub fn yes_no(text: &str) -> Option<bool> {
    let copy = plain(text);
    if YES.contains(&copy.as_str()) {
        return Some(true);
    }
    if NO.contains(&copy.as_str()) {
        return Some(false);
    }
    let (mut rest, mut said) = (copy.as_str(), None);
    while !rest.is_empty() {
        let begun = |words: &[&str]| {
            let words = words.iter().filter(|word| {
                rest.starts_with(**word) && (word.chars().count() > 1 || REPEATED.contains(word))
            });
            words.map(|word| word.len()).max()
        };
        let (yes, length) = match (begun(YES), begun(NO)) {
            (Some(yes), no) if no.is_none_or(|no| yes > no) => (true, yes),
            (_, Some(no)) => (false, no),
            _ => return None,
        };
        if said.is_some_and(|before| before != yes) {
            return None;
        }
        said = Some(yes);
        rest =
            rest[length..].trim_start_matches(['，', ',', ' ', '。', '!', '、', '啊', '呀', '了']);
    }
    said
}

/// Words of one character that mean the same beside others: 对好, 嗯行.
const REPEATED: &[&str] = &["对", "是", "嗯", "恩", "好", "行", "昂", "不", "没", "甭", "👍", "👌"];

/// "对，…", "不是，是李家村": yes or no, and what follows it. 行，不过… is neither.
pub fn yes_no_then(text: &str) -> Option<(bool, String)> {
    let (head, rest) = text.split_once(['，', ',', '。', '；', ';', ' ', '！', '!', '\n'])?;
    let rest = rest.trim();
    let said = yes_no(head)?;
    let takes_back = ["不过", "但", "可是", "就是不", "才怪", "吗", "么"];
    (!rest.is_empty() && !takes_back.iter().any(|word| rest.starts_with(word)))
        .then(|| (said, rest.to_owned()))
}

const RATINGS: [(u8, &[&str]); 5] = [
    (
        5,
        &[
            "非常满意",
            "很满意",
            "特别满意",
            "十分满意",
            "太满意",
            "相当满意",
            "满意极",
            "五星",
            "五星好评",
            "满分",
            "100分",
            "一百分",
            "非常好",
            "特别好",
            "太好",
            "很好",
            "好评",
            "五颗星",
            "5星",
            "五分",
            "5分",
            "满意得很",
            "老满意",
            "真不错",
            "太棒",
            "完美",
        ],
    ),
    (
        4,
        &[
            "满意",
            "比较满意",
            "挺满意",
            "还满意",
            "满意的",
            "不错",
            "挺好",
            "好",
            "好的",
            "可以的",
            "四星",
            "4星",
            "四分",
            "4分",
            "四颗星",
            "较满意",
            "挺不错",
            "蛮好",
        ],
    ),
    (
        3,
        &[
            "基本满意",
            "一般",
            "还行",
            "凑合",
            "马马虎虎",
            "一般般",
            "还可以",
            "过得去",
            "差不多",
            "中等",
            "三星",
            "3星",
            "三分",
            "3分",
            "三颗星",
            "凑合吧",
            "将就",
            "一般化",
            "还凑合",
            "说得过去",
        ],
    ),
    (
        2,
        &[
            "不满意",
            "不太满意",
            "不怎么满意",
            "不咋满意",
            "不大满意",
            "二星",
            "两星",
            "2星",
            "二分",
            "两分",
            "2分",
            "不好",
            "不咋样",
            "不咋地",
            "不怎么样",
            "差",
            "较差",
            "不行",
            "不中",
            "没解决",
            "不太好",
        ],
    ),
    (
        1,
        &[
            "非常不满意",
            "很不满意",
            "特别不满意",
            "极不满意",
            "十分不满意",
            "太差",
            "差评",
            "很差",
            "非常差",
            "一星",
            "1星",
            "一分",
            "1分",
            "零分",
            "0分",
            "垃圾",
            "太不满意",
            "极差",
            "一点不满意",
            "一点都不满意",
            "一点也不满意",
            "差劲",
            "太差劲",
            "糟糕",
            "糟透",
        ],
    ),
];

/// A rating of 1 to 5, where 5 is 非常满意: by its number or in words, as the whole message.
pub fn rating(text: &str) -> Option<u8> {
    let copy = plain(text);
    let said = |copy: &str| {
        RATINGS.iter().find(|(_, words)| words.contains(&copy)).map(|(rating, _)| *rating)
    };
    let stars = copy.chars().filter(|c| matches!(c, '⭐' | '★' | '🌟')).count();
    if (1..=5).contains(&stars) && copy.chars().count() == stars {
        return u8::try_from(stars).ok();
    }
    let bare = [
        "我",
        "对你们",
        "对这次",
        "服务",
        "我给",
        "给",
        "打",
        "评",
        "评价",
        "总体",
        "算是",
        "感觉",
        "觉得",
        "就",
    ];
    said(&copy)
        .or_else(|| {
            let rest = bare
                .iter()
                .fold(copy.as_str(), |rest, word| rest.strip_prefix(word).unwrap_or(rest));
            said(rest)
        })
        .or_else(|| menu_index(&copy, 5).and_then(|index| u8::try_from(index + 1).ok()))
}
