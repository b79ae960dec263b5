//! Words to look for in a text: `路灯`, `欠*工资` (with up to six characters between), `欠**工资`
//! (up to fourteen), `^谢谢$` (at the start, at the end), `【人】*掉*【水】` (any word of the sets
//! 人 and 水).

use std::ops::Range;

use rustc_hash::FxHashMap;

/// Between two parts of a phrase, for `*` and for `**`.
const GAP: usize = 6;
const GAP_WIDE: usize = 14;

/// Words that stand for each other, by the name of the set.
pub type Sets = FxHashMap<String, Vec<String>>;

#[derive(Debug)]
struct Phrase {
    /// Words or sets, each with what may stand before it.
    parts: Vec<(Group, usize)>,
    start: bool,
    end: bool,
    /// What the one who made the set knows it by.
    tag: usize,
}

/// A word of its own, or a set of words.
type Group = u32;

#[derive(Debug)]
struct Word {
    chars: Vec<char>,
    groups: Vec<Group>,
}

/// A word, where it stands.
#[derive(Clone, Copy)]
struct Token {
    group: Group,
    from: usize,
    to: usize,
    /// One more than the position of the next token of the same group; 0: there is none.
    next: u32,
}

/// The words of a text, in their order.
struct Tokens {
    all: Vec<Token>,
    /// Of each group, one more than the position of its first token; 0: there is none.
    first: Vec<u32>,
}

impl Tokens {
    fn has(&self, group: Group) -> bool {
        self.first[group as usize] > 0
    }

    /// Where the tokens of a group stand among all.
    fn of(&self, group: Group) -> impl Iterator<Item = usize> {
        let at = |link: u32| (link as usize).checked_sub(1);
        let first = at(self.first[group as usize]);
        std::iter::successors(first, move |token| at(self.all[*token].next))
    }

    /// The groups that stand in the text.
    fn groups(&self) -> Vec<Group> {
        let begins = |(at, token): (usize, &Token)| {
            (self.first[token.group as usize] as usize == at + 1).then_some(token.group)
        };
        let mut groups: Vec<Group> = self.all.iter().enumerate().filter_map(begins).collect();
        groups.sort_unstable();
        groups
    }
}

/// A phrase of the set, where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub tag: usize,
    pub range: Range<usize>,
    /// Characters of the phrase itself.
    pub weight: usize,
}

#[derive(Debug, Default)]
pub struct Phrases {
    all: Vec<Phrase>,
    words: Vec<Word>,
    /// By their first two characters; a word of one character by that.
    by_start: FxHashMap<(char, Option<char>), Vec<u32>>,
    /// A bit for each Chinese character that a word begins with.
    begins: Vec<u64>,
    groups: FxHashMap<String, Group>,
    /// Of each group, how many words it has.
    sizes: Vec<usize>,
    /// Of each group, the phrases of which it is the rarest part: 【人】掉【水】 is looked for
    /// where 掉 stands, not for everybody who is named.
    by_rarest: Vec<Vec<u32>>,
}

impl Phrases {
    /// False when nothing is left of it, a part is empty, or it names a set.
    pub fn add(&mut self, text: &str, tag: usize) -> bool {
        self.add_with(&Sets::default(), text, tag)
    }

    /// False, too, when it names a set that there is not.
    pub fn add_with(&mut self, sets: &Sets, text: &str, tag: usize) -> bool {
        let start = text.starts_with('^');
        let text = text.trim_start_matches('^');
        let end = text.ends_with('$');
        let text = text.trim_end_matches('$');
        let mut parts = Vec::new();
        let mut gap = 0;
        for (at, piece) in text.split('*').enumerate() {
            // Between two stars nothing stands: the gap is a wide one.
            if piece.is_empty() && at > 0 && gap == GAP {
                gap = GAP_WIDE;
                continue;
            }
            let Some(groups) = self.groups_of(sets, piece) else { return false };
            for group in groups {
                parts.push((group, gap));
                gap = 0;
            }
            gap = GAP;
        }
        let rarest =
            parts.iter().map(|(group, _)| *group).min_by_key(|at| self.sizes[*at as usize]);
        let Some(rarest) = rarest.filter(|_| !text.ends_with('*')) else { return false };
        self.by_rarest[rarest as usize].push(self.all.len() as u32);
        self.all.push(Phrase { parts, start, end, tag });
        true
    }

    /// `【人】掉【水】里`: a set, a word, a set, a word.
    fn groups_of(&mut self, sets: &Sets, piece: &str) -> Option<Vec<Group>> {
        let mut groups = Vec::new();
        let mut rest = piece;
        while !rest.is_empty() {
            if let Some(named) = rest.strip_prefix('【') {
                let (name, behind) = named.split_once('】')?;
                rest = behind;
                groups.push(self.group(&format!("【{name}】"), sets.get(name)?));
            } else {
                let word = &rest[..rest.find('【').unwrap_or(rest.len())];
                rest = &rest[word.len()..];
                groups.push(self.group(word, &[word.to_owned()]));
            }
        }
        (!groups.is_empty()).then_some(groups)
    }

    fn group(&mut self, name: &str, words: &[String]) -> Group {
        if let Some(known) = self.groups.get(name) {
            return *known;
        }
        let group = self.sizes.len() as Group;
        self.groups.insert(name.to_owned(), group);
        self.sizes.push(words.len());
        self.by_rarest.push(Vec::new());
        for word in words {
            let chars: Vec<char> = word.chars().collect();
            let Some(first) = chars.first().copied() else { continue };
            if let Some((at, bit)) = place_of(first) {
                self.begins.resize(HAN.div_ceil(64), 0);
                self.begins[at] |= bit;
            }
            let beside = self.by_start.entry((first, chars.get(1).copied())).or_default();
            let known = beside.iter().find(|at| self.words[**at as usize].chars == chars);
            match known.copied() {
                Some(at) => self.words[at as usize].groups.push(group),
                None => {
                    beside.push(self.words.len() as u32);
                    self.words.push(Word { chars, groups: vec![group] });
                }
            }
        }
        group
    }

    /// In the order of where they begin.
    pub fn hits(&self, chars: &[char]) -> Vec<Hit> {
        let mut found = Vec::new();
        self.each(chars, |hit| {
            found.push(hit);
            false
        });
        found.sort_by_key(|hit| hit.range.start);
        found
    }

    pub fn any(&self, chars: &[char]) -> bool {
        self.each(chars, |_| true)
    }

    /// `take` says when it is enough.
    fn each(&self, chars: &[char], mut take: impl FnMut(Hit) -> bool) -> bool {
        let Some(tokens) = self.tokens(chars) else { return false };
        for group in tokens.groups() {
            let phrases = self.by_rarest[group as usize].iter();
            for phrase in phrases.map(|at| &self.all[*at as usize]) {
                if !phrase.parts.iter().all(|(group, _)| tokens.has(*group)) {
                    continue;
                }
                let end = phrase.end.then_some(chars.len());
                for n in tokens.of(phrase.parts[0].0) {
                    let token = tokens.all[n];
                    if phrase.start && token.from > 0 {
                        break;
                    }
                    let behind = &tokens.all[n + 1..];
                    let found = ends_at(&phrase.parts[1..], token.to, behind, end);
                    let Some((to, more)) = found else { continue };
                    let weight = token.to - token.from + more;
                    if take(Hit { tag: phrase.tag, range: token.from..to, weight }) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// The words that stand in it; none: there are none.
    fn tokens(&self, chars: &[char]) -> Option<Tokens> {
        let mut all: Vec<Token> = Vec::new();
        for (at, c) in chars.iter().enumerate() {
            if place_of(*c)
                .is_some_and(|(at, bit)| self.begins.get(at).is_none_or(|b| b & bit == 0))
            {
                continue;
            }
            let next = chars.get(at + 1).copied();
            let starts = [(*c, None), (*c, next)];
            let starts = &starts[..1 + usize::from(next.is_some())];
            let words = starts.iter().filter_map(|start| self.by_start.get(start)).flatten();
            for word in words.map(|word| &self.words[*word as usize]) {
                if word.chars.len() <= 2 || chars[at..].starts_with(&word.chars) {
                    let to = at + word.chars.len();
                    let token = |group: &Group| Token { group: *group, from: at, to, next: 0 };
                    all.extend(word.groups.iter().map(token));
                }
            }
        }
        if all.is_empty() {
            return None;
        }
        let mut first = vec![0; self.sizes.len()];
        for (at, token) in all.iter_mut().enumerate().rev() {
            token.next = std::mem::replace(&mut first[token.group as usize], at as u32 + 1);
        }
        Some(Tokens { all, first })
    }

    pub fn bytes(&self) -> usize {
        let phrase = |phrase: &Phrase| size_of::<Phrase>() + phrase.parts.len() * 16 + 4;
        let word = |word: &Word| 48 + word.chars.len() * 4 + word.groups.len() * 4;
        self.all.iter().map(phrase).sum::<usize>()
            + self.words.iter().map(word).sum::<usize>()
            + self.by_start.len() * 56
            + self.begins.len() * 8
            + self.groups.len() * 80
    }
}

/// Chinese characters, from 一 on.
const HAN: usize = 0x9fff - 0x4e00 + 1;

/// Where the bit of a Chinese character stands.
fn place_of(c: char) -> Option<(usize, u64)> {
    let at = u32::from(c).checked_sub(0x4e00)? as usize;
    (at < HAN).then_some((at / 64, 1 << (at % 64)))
}

/// Where the rest of a phrase ends, and how many characters of it are its own; the nearest
/// words count.
fn ends_at(
    parts: &[(Group, usize)],
    from: usize,
    tokens: &[Token],
    end: Option<usize>,
) -> Option<(usize, usize)> {
    let Some(((group, gap), rest)) = parts.split_first() else {
        return end.is_none_or(|end| end == from).then_some((from, 0));
    };
    let near = tokens.iter().enumerate().take_while(|(_, token)| token.from <= from + gap);
    let mut fits = near.filter(|(_, token)| token.group == *group && token.from >= from);
    fits.find_map(|(n, token)| {
        let (to, more) = ends_at(rest, token.to, &tokens[n + 1..], end)?;
        Some((to, more + token.to - token.from))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrase: &str, text: &str) -> Option<String> {
        let sets = [("人", vec!["孩子", "老人", "人"]), ("水", vec!["河", "井"])];
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        let sets: Sets =
            sets.into_iter().map(|(name, words)| (name.to_owned(), owned(words))).collect();
        let mut phrases = Phrases::default();
        assert!(phrases.add_with(&sets, phrase, 0), "{phrase}");
        let chars: Vec<char> = text.chars().collect();
        let hit = phrases.hits(&chars).into_iter().next()?;
        Some(chars[hit.range].iter().collect())
    }

    #[test]
    fn words_gaps_and_sets() {
        for (phrase, text, expect) in [
            ("路灯", "村口路灯坏了", Some("路灯")),
            ("路灯", "村口的灯", None),
            ("欠*工资", "欠了我们三个月工资", Some("欠了我们三个月工资")),
            ("欠*工资", "欠我们村里十几个人的工资", None),
            ("欠**工资", "欠我们村里十几个人的工资", Some("欠我们村里十几个人的工资")),
            ("^谢谢$", "谢谢", Some("谢谢")),
            ("^谢谢$", "谢谢您", None),
            ("^谢*您$", "谢您您", Some("谢您您")),
            ("【人】掉【水】里", "一个老人掉井里了", Some("老人掉井里")),
            ("【人】掉【水】里", "老人的手机掉井里了", None),
            ("【人】*掉*【水】", "两个孩子玩着掉进了河", Some("孩子玩着掉进了河")),
            // The first 人 is too far away, the second is not.
            ("【人】*井", "老人和我们村里的那个孩子下井", Some("孩子下井")),
        ] {
            assert_eq!(found(phrase, text).as_deref(), expect, "{phrase} in {text}");
        }
    }

    #[test]
    fn what_is_no_phrase_is_refused() {
        let sets = Sets::from_iter([("人".to_owned(), vec!["孩子".to_owned()])]);
        let mut phrases = Phrases::default();
        for text in ["", "^", "*", "*坏", "坏*", "坏***了", "【水】", "掉【", "【人】*【井】"]
        {
            assert!(!phrases.add_with(&sets, text, 0), "{text}");
        }
        assert!(!phrases.add("【人】", 0), "without the sets");
    }
}
