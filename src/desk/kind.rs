//! 诉求类型: what she says that she wants, where nobody asked her. A word counts at the beginning of a
//! clause only; help is what is left, since it takes nothing from her.

use super::event::Kind;
use crate::county::{Category, TimeClass};

const REPORT: &str = "举报";
const SAID: [(&str, Kind); 9] = [
    ("投诉", Kind::Complaint),
    ("告状", Kind::Complaint),
    ("提个建议", Kind::Suggestion),
    ("提建议", Kind::Suggestion),
    ("提个意见", Kind::Suggestion),
    ("提意见", Kind::Suggestion),
    ("建议", Kind::Suggestion),
    ("表扬", Kind::Praise),
    ("咨询", Kind::Consult),
];
/// What may stand before the word.
const BEFORE: [&str; 16] = [
    "您好",
    "你好",
    "麻烦",
    "给你们",
    "跟你们",
    "我们",
    "咱们",
    "俺们",
    "我",
    "俺",
    "咱",
    "要",
    "想",
    "来",
    "有个",
    "请",
];
/// 投诉过三次没人管 tells how she fared, not what she wants.
const BEHIND: [&str; 5] = ["过", "了", "无门", "没用", "电话"];

/// `said`: her messages, the first one first. `asks`: she asks how, where, how much.
pub fn kind_by_words(said: &[&str], category: Option<&Category>, asks: bool) -> Kind {
    if said.iter().any(|text| text.contains(REPORT)) {
        return Kind::Report;
    }
    let by_word = said.iter().flat_map(|text| clauses(text)).find_map(of_clause);
    by_word.or_else(|| by_category(category?, asks)).unwrap_or_default()
}

fn clauses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|clause| !clause.is_empty())
}

fn of_clause(clause: &str) -> Option<Kind> {
    let mut rest = clause;
    while let Some(behind) = BEFORE.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = behind;
    }
    let (behind, kind) =
        SAID.iter().find_map(|(word, kind)| Some((rest.strip_prefix(word)?, *kind)))?;
    (!BEHIND.iter().any(|word| behind.starts_with(word))).then_some(kind)
}

fn by_category(category: &Category, asks: bool) -> Option<Kind> {
    let named = SAID.iter().find(|(word, _)| category.name.contains(word));
    named.map(|(_, kind)| *kind).or_else(|| {
        // What is answered within a day needs nobody to come.
        (asks && category.time_class == TimeClass::A).then_some(Kind::Consult)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::Categories;

    fn check(said: &[&str], code: &str, asks: bool, expect: Kind) {
        let all = Categories::parse(include_str!("../../county/categories.csv")).unwrap();
        assert_eq!(kind_by_words(said, all.get(code), asks), expect, "{said:?} {code}");
    }

    #[test]
    fn what_she_wants_is_what_she_says_first() {
        check(&["我要投诉", "物业收钱不干活"], "", false, Kind::Complaint);
        check(&["大黑坨村的，我要投诉村里小卖部"], "", false, Kind::Complaint);
        check(&["投诉过三次了没人管，路灯不亮"], "0409", false, Kind::Help);
        check(&["投诉无门"], "", false, Kind::Help);
        check(&["我要举报", "村会计扣低保款"], "", false, Kind::Report);
        check(&["我想提个建议", "村口加个路灯"], "0409", false, Kind::Suggestion);
        check(&["建议你们修修桥"], "", false, Kind::Suggestion);
        check(&["表扬网格员小王"], "", false, Kind::Praise);
        check(&["你好，我想咨询一下社保"], "", false, Kind::Consult);
        check(&["反映问题", "我娘的高龄补贴去哪领"], "0101", true, Kind::Consult);
        check(&["反映问题", "停水了什么时候来"], "0201", true, Kind::Help);
        check(&["写封信"], "1607", false, Kind::Praise);
        check(&["有个想法"], "1606", false, Kind::Suggestion);
        check(&["路灯灭了"], "0409", false, Kind::Help);
    }
}
