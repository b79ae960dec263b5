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
];

/// The whole message is yes or no; anything else is neither, never a guess.
pub fn yes_no(text: &str) -> Option<bool> {
    let copy = plain(text);
    if YES.contains(&copy.as_str()) {
        Some(true)
    } else if NO.contains(&copy.as_str()) {
        Some(false)
    } else {
        None
    }
}

/// "对，…", "不是，是李家村": yes or no, and what follows it.
pub fn yes_no_then(text: &str) -> Option<(bool, String)> {
    let (head, rest) = text.split_once(['，', ',', '。', '；', ';', ' ', '！', '!', '\n'])?;
    let rest = rest.trim();
    let said = yes_no(head)?;
    (!rest.is_empty()).then(|| (said, rest.to_owned()))
}
