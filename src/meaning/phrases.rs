//! Words to look for in a text: `路灯`, `欠*工资` (with up to six characters between),
//! `^谢谢$` (at the start, at the end).

use std::ops::Range;

use rustc_hash::FxHashMap;

/// Between two parts of a phrase.
const GAP_MAX: usize = 6;

#[derive(Debug)]
struct Phrase {
    parts: Vec<Vec<char>>,
    start: bool,
    end: bool,
    /// What the one who made the set knows it by.
    tag: usize,
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
    by_first: FxHashMap<char, Vec<usize>>,
}

impl Phrases {
    /// False when nothing is left of it, or a part is empty.
    pub fn add(&mut self, text: &str, tag: usize) -> bool {
        let start = text.starts_with('^');
        let text = text.trim_start_matches('^');
        let end = text.ends_with('$');
        let text = text.trim_end_matches('$');
        let parts: Vec<Vec<char>> = text.split('*').map(|part| part.chars().collect()).collect();
        let Some(first) = parts.first().and_then(|part| part.first()).copied() else {
            return false;
        };
        if parts.iter().any(Vec::is_empty) {
            return false;
        }
        self.by_first.entry(first).or_default().push(self.all.len());
        self.all.push(Phrase { parts, start, end, tag });
        true
    }

    pub fn hits(&self, chars: &[char]) -> Vec<Hit> {
        let mut found = Vec::new();
        for (at, c) in chars.iter().enumerate() {
            let Some(begun) = self.by_first.get(c) else { continue };
            for phrase in begun.iter().map(|index| &self.all[*index]) {
                if let Some(to) = phrase.ends_at(chars, at) {
                    let weight = phrase.parts.iter().map(Vec::len).sum();
                    found.push(Hit { tag: phrase.tag, range: at..to, weight });
                }
            }
        }
        found
    }

    pub fn any(&self, chars: &[char]) -> bool {
        chars.iter().enumerate().any(|(at, c)| {
            self.by_first.get(c).is_some_and(|begun| {
                begun.iter().any(|index| self.all[*index].ends_at(chars, at).is_some())
            })
        })
    }

    pub fn bytes(&self) -> usize {
        let phrase = |phrase: &Phrase| {
            size_of::<Phrase>() + phrase.parts.iter().map(|part| 24 + part.len() * 4).sum::<usize>()
        };
        self.all.iter().map(phrase).sum::<usize>() + self.by_first.len() * 48 + self.all.len() * 8
    }
}

impl Phrase {
    fn ends_at(&self, chars: &[char], at: usize) -> Option<usize> {
        if self.start && at > 0 {
            return None;
        }
        let (first, rest) = self.parts.split_first()?;
        if !chars[at..].starts_with(first) {
            return None;
        }
        let mut to = at + first.len();
        for part in rest {
            let last = chars.len().min(to + GAP_MAX + part.len());
            let window = &chars[to..last];
            let found = window.windows(part.len()).position(|there| there == part.as_slice())?;
            to += found + part.len();
        }
        (!self.end || to == chars.len()).then_some(to)
    }
}
