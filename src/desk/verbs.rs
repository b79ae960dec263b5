//! A short text about one case: what to do, a number in any form, and the rest. Written out, it
//! is the verb with nine plain digits, as the dialogs expect it. Pure.

use super::reading::{digit, joins_digits};
use crate::county::CaseNumber;

/// What people write, the longer words first, and the word that a dialog begins with.
const VERBS: [(&str, Verb); 20] = [
    ("查一下", Verb::Look),
    ("查询", Verb::Look),
    ("查进度", Verb::Look),
    ("进度", Verb::Look),
    ("查", Verb::Look),
    ("催一下", Verb::Urge),
    ("催一催", Verb::Urge),
    ("催办", Verb::Urge),
    ("催", Verb::Urge),
    ("补充", Verb::Supplement),
    ("补", Verb::Supplement),
    ("撤回", Verb::Withdraw),
    ("撤销", Verb::Withdraw),
    ("撤", Verb::Withdraw),
    ("评价", Verb::Rate),
    ("打分", Verb::Rate),
    ("评", Verb::Rate),
    ("续办", Verb::Follow),
    ("续", Verb::Follow),
    // A number alone is looked up.
    ("", Verb::Look),
];

const LABELS: [&str; 6] = ["编号", "单号", "案号", "尾号", "后几位", "号"];
const TAIL_DIGITS: std::ops::RangeInclusive<usize> = 3..=6;
const WHOLE_DIGITS: usize = 9;
/// Longer texts are no such order.
const CHARS_MAX: usize = 600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Look,
    Urge,
    Supplement,
    Withdraw,
    Rate,
    Follow,
}

impl Verb {
    /// How a message begins that names a case.
    fn short(self) -> &'static str {
        match self {
            Verb::Look => "查",
            Verb::Urge => "催",
            Verb::Supplement => "补",
            Verb::Withdraw => "撤",
            Verb::Rate => "评",
            Verb::Follow => "续",
        }
    }

    /// The message that names none: she is shown those that fit.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Look => "查进度",
            Verb::Urge => "催办",
            Verb::Supplement => "补充",
            Verb::Withdraw => "撤回",
            Verb::Rate => "评价",
            Verb::Follow => "续办",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    pub verb: Verb,
    pub number: Named,
    /// Behind the number, without what separates them.
    pub rest: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Whole(CaseNumber),
    /// The last digits.
    Tail(String),
}

impl Ordered {
    /// With the whole number in nine plain digits.
    pub fn written_out(&self, number: CaseNumber) -> String {
        let rest = match (self.verb, self.rest.as_str()) {
            // As the message asked that told her the answer.
            (Verb::Rate, "1") => "满意",
            (Verb::Rate, "2") => "基本满意",
            (Verb::Rate, "3") => "不满意",
            (_, rest) => rest,
        };
        let gap = if rest.is_empty() { "" } else { " " };
        format!("{}{}{gap}{rest}", self.verb.short(), number.digits())
    }
}

/// `None`: the text names no case in this way, or a digit is wrong.
pub fn read_order(text: &str) -> Option<Ordered> {
    let text = text.trim();
    if text.chars().count() > CHARS_MAX {
        return None;
    }
    let (verb, after) = VERBS
        .iter()
        .find_map(|(word, verb)| text.strip_prefix(word).map(|after| ((word, *verb), after)))?;
    let (word, verb) = verb;
    let mut after = after.trim_start_matches(separates);
    while let Some(rest) = LABELS.iter().find_map(|label| after.strip_prefix(label)) {
        after = rest.trim_start_matches(separates);
    }
    let (digits, end) = leading_digits(after);
    let rest = after[end..].trim_start_matches(separates).trim_end().to_owned();
    if digits.len() == WHOLE_DIGITS {
        let number = CaseNumber::from_digits(&digits)?;
        // A number alone with words behind it is something else.
        let alone = word.is_empty() && !rest.is_empty();
        return (!alone).then_some(Ordered { verb, number: Named::Whole(number), rest });
    }
    let ends = after[end..].chars().next().is_none_or(separates);
    if word.is_empty() || !ends || !TAIL_DIGITS.contains(&digits.len()) {
        return None;
    }
    Some(Ordered { verb, number: Named::Tail(digits), rest })
}

/// The digits that the text begins with, at most nine, and where they end.
fn leading_digits(text: &str) -> (String, usize) {
    let (mut digits, mut end) = (String::new(), 0);
    for (at, c) in text.char_indices() {
        match digit(c) {
            Some(digit) => {
                digits.push(digit);
                end = at + c.len_utf8();
                if digits.len() == WHOLE_DIGITS {
                    break;
                }
            }
            None if joins_digits(c) => {}
            None => break,
        }
    }
    if digits.len() == WHOLE_DIGITS {
        return (digits, end);
    }
    // Fewer: only those that stand together, so that a quantity behind it is no part of it.
    let together: String = text.chars().map_while(digit).collect();
    let end = text.char_indices().nth(together.len()).map_or(text.len(), |(at, _)| at);
    (together, end)
}

/// Between verb, number and the rest.
fn separates(c: char) -> bool {
    joins_digits(c)
        || matches!(c, '#' | '＃' | ':' | '：' | '.' | '。' | '．' | '!' | '！' | '?' | '？')
        || matches!(c, '(' | ')' | '（' | '）' | '[' | ']' | '【' | '】' | ';' | '；')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn orders_are_read_and_other_words_are_not() {
        let check = |text: &str, expect: &str| {
            let found = read_order(text).map(|order| match &order.number {
                Named::Whole(number) => order.written_out(*number),
                Named::Tail(digits) => format!("{} …{digits} {}", order.verb.word(), order.rest),
            });
            assert_eq!(found.as_deref().unwrap_or("-").trim(), expect, "{text}");
        };
        check("查 126-041-273", "查126041273");
        check("查一下编号：１２６０４１２７３。", "查126041273");
        check("一二六〇四一二七三", "查126041273");
        check("#126 041 273", "查126041273");
        check("编号126041273", "查126041273");
        check("催幺两六零四幺两七三！", "催126041273");
        check("补充 126041273：一个灯杆也歪了。", "补126041273 一个灯杆也歪了。");
        check("补1260412733天没人来", "补126041273 3天没人来");
        check("评 126041273 1", "评126041273 满意");
        check("评价126-041-273，不满意", "评126041273 不满意");
        check("评 126041273 5", "评126041273 5");
        check("续办 126041273", "续126041273");
        check("撤回#126041273", "撤126041273");
        check("查 041273", "查进度 …041273");
        check("查尾号273", "查进度 …273");
        check("催 二七三", "催办 …273");
        check("补 273 灯杆也歪了", "补充 …273 灯杆也歪了");
        for other in [
            "",
            "查",
            "查进度",
            "我的",
            "查 126041274",
            "查13800138000",
            "126041273 灯又坏了",
            "041273",
            "补一个路灯",
            "补 120块钱没发",
            "续三个月的房租",
            "催 12",
            "查水表",
            "催了三四五次没人管",
        ] {
            check(other, "-");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(查|催|补|撤|评|续)?\\PC{0,40}") {
            read_order(&text);
        }
    }
}
