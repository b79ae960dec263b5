//! Names by their first character and by their first sound.

use rustc_hash::FxHashMap;

use crate::zh;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Positions in the table.
    Village(Vec<usize>),
    /// The nine digits.
    Township(String),
    /// Position among the neighbours.
    Outside(usize),
}

impl Named {
    pub fn villages(&self) -> &[usize] {
        match self {
            Named::Village(places) => places,
            _ => &[],
        }
    }
}

#[derive(Debug)]
pub(super) struct Name {
    pub chars: Vec<char>,
    pub what: Named,
}

impl Name {
    pub fn villages(&self) -> &[usize] {
        self.what.villages()
    }
}

#[derive(Debug, Default)]
pub(super) struct Index {
    names: Vec<Name>,
    /// Longest first.
    by_first: FxHashMap<char, Vec<usize>>,
    /// Villages by the first syllable, folded as dialects do.
    by_sound: FxHashMap<u16, Vec<usize>>,
}

impl Index {
    pub fn add(&mut self, name: &str, what: Named) {
        let chars: Vec<char> = name.chars().map(zh::simplified).collect();
        self.add_chars(chars.clone(), what.clone());
        // 木口2村 is 木口二村.
        let digits = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
        let digit = |c: &char| digits.iter().position(|digit| digit == c);
        if let Named::Village(_) = what
            && chars.iter().any(|c| digit(c).is_some())
        {
            let written = chars
                .iter()
                .map(|c| digit(c).and_then(|n| char::from_digit(n as u32, 10)).unwrap_or(*c));
            self.add_chars(written.collect(), what);
        }
    }

    fn add_chars(&mut self, chars: Vec<char>, what: Named) {
        let Some(first) = chars.first().copied() else { return };
        let same = self
            .by_first
            .get(&first)
            .and_then(|names| names.iter().copied().find(|at| self.names[*at].chars == chars));
        match (same, what) {
            (Some(at), Named::Village(new)) => {
                if let Named::Village(places) = &mut self.names[at].what {
                    let new: Vec<usize> =
                        new.into_iter().filter(|at| !places.contains(at)).collect();
                    places.extend(new);
                }
            }
            // A village's name counts before that of a township or a neighbour.
            (Some(_), _) => {}
            (None, what) => {
                self.by_first.entry(first).or_default().push(self.names.len());
                self.names.push(Name { chars, what });
            }
        }
    }

    pub fn finish(&mut self) {
        for names in self.by_first.values_mut() {
            names.sort_by_key(|at| std::cmp::Reverse(self.names[*at].chars.len()));
        }
        for (at, name) in self.names.iter().enumerate() {
            if !matches!(name.what, Named::Village(_)) {
                continue;
            }
            let mut first: Vec<u16> =
                zh::syllables(name.chars[0]).iter().map(|s| zh::in_dialect(*s)).collect();
            first.sort_unstable();
            first.dedup();
            for syllable in first {
                self.by_sound.entry(syllable).or_default().push(at);
            }
        }
    }

    /// The longest name that `chars` begins with. A digit does not end in the middle of a
    /// number: 姜各庄 13800138000 is not 姜各庄1.
    pub fn longest(&self, chars: &[char]) -> Option<&Name> {
        let names = self.by_first.get(chars.first()?)?;
        names.iter().map(|at| &self.names[*at]).find(|name| {
            let length = name.chars.len();
            chars.starts_with(&name.chars)
                && !(name.chars[length - 1].is_ascii_digit()
                    && chars.get(length).is_some_and(char::is_ascii_digit))
        })
    }

    /// Names of villages that `chars` begins with, by ear.
    pub fn sounding<'i>(
        &'i self,
        chars: &'i [char],
        alike: fn(char, char) -> bool,
    ) -> impl Iterator<Item = &'i Name> {
        let syllables = chars.first().map_or(&[][..], |c| zh::syllables(*c));
        let mut seen = Vec::new();
        syllables
            .iter()
            .map(|syllable| zh::in_dialect(*syllable))
            .filter(move |syllable| {
                let new = !seen.contains(syllable);
                seen.push(*syllable);
                new
            })
            .filter_map(|syllable| self.by_sound.get(&syllable))
            .flatten()
            .map(|at| &self.names[*at])
            .filter(move |name| {
                chars.len() >= name.chars.len()
                    && name.chars.iter().zip(chars).all(|(a, b)| alike(*a, *b))
            })
    }

    pub fn bytes(&self) -> usize {
        let names = self.names.iter().map(|name| size_of::<Name>() + name.chars.len() * 4 + 8);
        let lists = self.by_first.values().chain(self.by_sound.values());
        names.sum::<usize>() + lists.map(|list| 40 + list.len() * 8).sum::<usize>()
    }
}
