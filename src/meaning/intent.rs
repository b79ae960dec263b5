//! What a message is about, so that the right dialog starts without a menu, and nothing starts
//! on 好的谢谢.

use std::ops::Range;
use std::sync::LazyLock;

use super::phrases::{Phrases, Sets};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Something is wrong, or somebody wants something done.
    Report,
    /// Wants to buy.
    Order,
    /// How far her case is.
    Progress,
    /// Wants a human being.
    Human,
    Cancel,
    Help,
    Thanks,
    Chitchat,
    /// Asks how, where, how much.
    Consult,
    Unclear,
}

impl Intent {
    pub fn id(self) -> &'static str {
        match self {
            Intent::Report => "report",
            Intent::Order => "order",
            Intent::Progress => "progress",
            Intent::Human => "human",
            Intent::Cancel => "cancel",
            Intent::Help => "help",
            Intent::Thanks => "thanks",
            Intent::Chitchat => "chitchat",
            Intent::Consult => "consult",
            Intent::Unclear => "unclear",
        }
    }
}

/// What else was found in the message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs {
    pub emergency: bool,
    pub case_number: bool,
    pub place: bool,
    pub quantity: bool,
    pub keyword: bool,
    /// The likeliest kind has at least an even chance.
    pub kind: bool,
    /// 谢谢, 辛苦了 stand in it.
    pub thanked: bool,
    /// It names goods that are sold, each with its quantity: characters of all else.
    pub besides_goods: Option<usize>,
}

/// 面粉3袋 送到家: so much may stand beside goods.
const BESIDES_GOODS: usize = 6;
/// She has them already, or wants no more of them: 尿素2袋买过了.
const NOT_WANTED: [char; 13] =
    ['了', '没', '不', '过', '退', '丢', '假', '少', '换', '贵', '错', '坏', '偷'];

const THANKS: [&str; 9] =
    ["谢谢", "感谢", "谢了", "多谢", "辛苦了", "辛苦您", "辛苦你", "🙏", "费心了"];
/// Whom one thanks.
const ADDRESSED: [&str; 4] = ["师傅", "同志", "领导", "大夫"];
/// Behind thanks: it was done.
const DONE: [&str; 16] = [
    "修好",
    "解决了",
    "好了",
    "来电了",
    "来水了",
    "水来了",
    "电来了",
    "气来了",
    "暖气热了",
    "通了",
    "亮了",
    "办成了",
    "办好",
    "帮了大忙",
    "帮大忙",
    "帮了忙",
];
/// She asks; 咋 and 怎么 as well, where no complaint is meant by them.
const QUESTIONS: [&str; 17] = [
    "多少",
    "哪",
    "如何",
    "啥",
    "什么",
    "是不是",
    "能不能",
    "有没有",
    "要不要",
    "可不可以",
    "用不用",
    "该不该",
    "非得",
    "几点",
    "几号",
    "几级",
    "几岁",
];
/// 咋又, 怎么还
const REPROACH: [char; 8] = ['又', '还', '不', '没', '老', '总', '这', '那'];
/// What may stand beside thanks without being a matter.
const THANKS_CHARACTERS: usize = 8;

/// 等得花都谢了: over, and nobody is thanked.
const WITHERED: [char; 4] = ['花', '都', '凋', '叶'];

/// `text`: the whole copy, courtesy included.
pub(super) fn is_thanked(text: &str) -> bool {
    let said = |word: &&str| {
        let mut before = text.match_indices(*word).map(|(at, _)| &text[..at]);
        before.any(|before| *word != "谢了" || !before.ends_with(WITHERED))
    };
    THANKS.iter().any(said)
}

const COMPLAINT: usize = 0;
/// 投诉, 反映: a matter, but 不投诉了 is none.
const PETITION: usize = 1;
const INTENTS: [(&str, Option<Intent>); 11] = [
    ("complaint", None),
    ("petition", None),
    ("report", Some(Intent::Report)),
    ("cancel", Some(Intent::Cancel)),
    ("human", Some(Intent::Human)),
    ("help", Some(Intent::Help)),
    ("thanks", Some(Intent::Thanks)),
    ("chitchat", Some(Intent::Chitchat)),
    ("progress", Some(Intent::Progress)),
    ("order", Some(Intent::Order)),
    ("consult", Some(Intent::Consult)),
];
/// A whole message of one of these is a command even in a longer text of this many characters.
const SHORT: usize = 24;

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    // The table is ours; a test reads it, too.
    read(include_str!("intents.tsv")).unwrap_or_default()
});

/// Lines of `name<TAB>phrases`; 【name】 is a set of words. None: something can not be read.
fn read(table: &str) -> Option<Phrases> {
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<(&str, &str)> =
        lines.map(|line| line.split_once('\t')).collect::<Option<_>>()?;
    let set = |name: &str| Some(name.strip_prefix('【')?.strip_suffix('】')?.to_owned());
    let words = |words: &str| words.split_whitespace().map(str::to_owned).collect();
    let sets: Sets =
        lines.iter().filter_map(|(name, text)| Some((set(name)?, words(text)))).collect();
    let mut phrases = Phrases::default();
    for (name, text) in lines.iter().filter(|(name, _)| set(name).is_none()) {
        let tag = INTENTS.iter().position(|(known, _)| known == name)?;
        if !text.split_whitespace().all(|phrase| phrases.add_with(&sets, phrase, tag)) {
            return None;
        }
    }
    Some(phrases)
}

pub(super) fn table_bytes() -> usize {
    PHRASES.bytes()
}

/// `chars`: the plain copy without blanks; `said`: the same with courtesy and particles.
pub(super) fn intent(chars: &[char], said: &[char], signs: Signs) -> Intent {
    let (chars, said) = (once(chars), once(said));
    let found = matter(chars, said, signs);
    if !signs.thanked || signs.emergency {
        return found;
    }
    let text: String = chars.iter().collect();
    let done =
        DONE.iter().any(|word| text.contains(word)) && !text.contains('没') && !text.contains('又');
    let short = chars.len() <= THANKS_CHARACTERS && !signs.keyword && !signs.quantity;
    let empty = matches!(found, Intent::Chitchat | Intent::Unclear);
    // 行 谢谢师傅: a yes, and to whom it is said.
    let bare =
        THANKS.iter().chain(&ADDRESSED).fold(text.clone(), |rest, word| rest.replace(word, ""));
    let agreed = crate::zh::yes_no(&bare).is_some() || is_polite(&bare);
    let thanks = agreed
        || done && matches!(found, Intent::Report | Intent::Cancel | Intent::Unclear)
        || empty
        || short && found == Intent::Report && !signs.place && !signs.kind;
    if thanks { Intent::Thanks } else { found }
}

/// The words that say so, where they stand.
pub(super) fn ranges(chars: &[char], intent: Intent) -> Vec<Range<usize>> {
    let says = |tag: usize| match INTENTS[tag].1 {
        Some(known) => known == intent,
        // 坏了, 投诉: of a report.
        None => intent == Intent::Report,
    };
    let hits = PHRASES.hits(chars).into_iter().filter(|hit| says(hit.tag));
    hits.map(|hit| hit.range).collect()
}

/// 不弄了不弄了 is 不弄了.
fn once(chars: &[char]) -> &[char] {
    let (first, second) = chars.split_at(chars.len() / 2);
    if first.len() >= 2 && first == second { once(first) } else { chars }
}

/// 收到, 知道了: what stands beside thanks.
fn is_polite(text: &str) -> bool {
    let chars: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let chitchat = INTENTS.iter().position(|(_, known)| *known == Some(Intent::Chitchat));
    let whole =
        |hit: &super::phrases::Hit| Some(hit.tag) == chitchat && hit.range == (0..chars.len());
    !chars.is_empty() && PHRASES.hits(&chars).iter().any(whole)
}

/// Words of a complaint stand in it: 坏了, 没人管, 多收钱.
pub(super) fn complains(chars: &[char]) -> bool {
    PHRASES.hits(chars).iter().any(|hit| hit.tag == COMPLAINT)
}

fn matter(chars: &[char], said: &[char], signs: Signs) -> Intent {
    let edge = |c: &char| !c.is_alphanumeric();
    let from = said.iter().position(|c| !edge(c)).unwrap_or(0);
    let to = said.iter().rposition(|c| !edge(c)).map_or(said.len(), |at| at + 1);
    let said = &said[from..to];
    let mut hits = PHRASES.hits(said);
    let alone: Vec<usize> =
        hits.iter().filter(|hit| hit.range == (0..said.len())).map(|hit| hit.tag).collect();
    if chars != said {
        hits.extend(PHRASES.hits(chars));
    }
    let has = |intent: Intent| {
        let tag = INTENTS.iter().position(|(_, known)| *known == Some(intent));
        hits.iter().any(|hit| Some(hit.tag) == tag)
    };
    let whole = |intent: Intent| {
        let tag = INTENTS.iter().position(|(_, known)| *known == Some(intent));
        let whole = |hit: &super::phrases::Hit| hit.range == (0..chars.len());
        tag.is_some_and(|tag| alone.contains(&tag))
            || hits.iter().any(|hit| Some(hit.tag) == tag && whole(hit))
    };
    let complaint = hits.iter().any(|hit| hit.tag == COMPLAINT);
    let petition = hits.iter().any(|hit| hit.tag == PETITION);
    let short = chars.len() <= SHORT;
    if signs.emergency {
        return Intent::Report;
    }
    for command in [
        Intent::Cancel,
        Intent::Human,
        Intent::Help,
        Intent::Thanks,
        Intent::Chitchat,
        Intent::Progress,
        Intent::Order,
        Intent::Report,
    ] {
        if whole(command) {
            return command;
        }
    }
    let letters = chars.iter().filter(|c| c.is_alphanumeric()).count();
    if letters == 0 {
        return if chars.is_empty() { Intent::Unclear } else { Intent::Chitchat };
    }
    if short && has(Intent::Human) {
        return Intent::Human;
    }
    if short && has(Intent::Cancel) && !complaint {
        return Intent::Cancel;
    }
    if signs.case_number {
        return Intent::Progress;
    }
    if has(Intent::Progress) {
        return Intent::Progress;
    }
    if short && has(Intent::Help) && !complaint {
        return Intent::Help;
    }
    if short && has(Intent::Chitchat) && !complaint && !signs.keyword {
        return Intent::Chitchat;
    }
    let complaint = complaint || petition;
    if has(Intent::Order) && !complaint {
        let asks = has(Intent::Consult) && !signs.quantity;
        if !asks {
            return Intent::Order;
        }
    }
    let names_goods = signs.besides_goods.is_some_and(|count| count <= BESIDES_GOODS);
    if names_goods && !complaint && !has(Intent::Consult) && !chars.iter().any(is_not_wanted) {
        return Intent::Order;
    }
    if has(Intent::Consult) && !complaint {
        return Intent::Consult;
    }
    // 刷不了 asks nothing, though its particle is gone.
    let asks = !said.ends_with(&['不', '了'])
        && chars.last().is_some_and(|last| matches!(last, '吗' | '?' | '？' | '不' | '没'));
    let questions = || asks || is_question(&chars.iter().collect::<String>());
    let known = signs.keyword || signs.kind;
    if !complaint && letters >= 4 && known && (asks || !signs.place && questions()) {
        return Intent::Consult;
    }
    if complaint && (letters >= 5 || signs.keyword || signs.kind) {
        // 残疾证坏了怎么补办: asked, in spite of the word.
        let procedure = has(Intent::Consult) && !signs.place && is_asking_how(&hits);
        return if procedure { Intent::Consult } else { Intent::Report };
    }
    if signs.keyword && letters >= 2 || signs.kind && letters >= 4 {
        return Intent::Report;
    }
    // She tells something of her village or her family, at some length.
    let hers = ["村", "我家", "俺家", "俺们", "我们", "咱们", "邻居", "路", "钱"];
    let text: String = chars.iter().collect();
    let tells = signs.place || hers.iter().any(|word| text.contains(word));
    if tells && letters >= 6 || letters >= 10 {
        let asks = questions() || ["吗", "咋", "谁"].iter().any(|word| text.contains(word));
        return if asks { Intent::Consult } else { Intent::Report };
    }
    Intent::Unclear
}

fn is_not_wanted(c: &char) -> bool {
    NOT_WANTED.contains(c) || matches!(c, '吗' | '?' | '？')
}

fn is_question(text: &str) -> bool {
    let how = ["咋", "怎么"].iter().any(|word| {
        let mut behind = text.match_indices(word).map(|(at, _)| &text[at + word.len()..]);
        behind.any(|rest| !rest.starts_with(REPROACH))
    });
    how || QUESTIONS.iter().any(|word| text.contains(word))
}

/// Phrases of three characters and more that ask how something is done.
fn is_asking_how(hits: &[super::phrases::Hit]) -> bool {
    let consult = INTENTS.iter().position(|(_, intent)| *intent == Some(Intent::Consult));
    hits.iter().any(|hit| Some(hit.tag) == consult && hit.weight >= 3)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_read() {
        assert!(super::read(include_str!("intents.tsv")).is_some());
        assert!(super::read("order\t来【数】袋\n【数】\t一 两").is_some());
        for wrong in ["order", "ordre\t买", "order\t来【量】", "order\t买*"] {
            assert!(super::read(wrong).is_none(), "{wrong}");
        }
    }
}
