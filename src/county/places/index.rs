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
    /// Villages by how their first two characters sound in dialect.
    by_sound: FxHashMap<(Sound, Sound), Vec<usize>>,
}

/// A syllable, or a character that has none.
type Sound = u32;

/// Behind all syllables.
const WITHOUT_SOUND: Sound = 1 << 16;

fn sounds(c: char) -> impl Iterator<Item = Sound> {
    let syllables = zh::syllables_in_dialect(c);
    let itself = syllables.is_empty().then(|| WITHOUT_SOUND + u32::from(c));
    syllables.iter().map(|syllable| Sound::from(*syllable)).chain(itself)
}

/// How a text may begin; none for a text of one character, and for one whose first has no sound.
fn beginnings(chars: &[char]) -> impl Iterator<Item = (Sound, Sound)> {
    let pair = match chars {
        [first, second, ..] if !zh::syllables_in_dialect(*first).is_empty() => {
            Some((*first, *second))
        }
        _ => None,
    };
    pair.into_iter().flat_map(|(first, second)| {
        sounds(first).flat_map(move |first| sounds(second).map(move |second| (first, second)))
    })
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
            for begins in beginnings(&name.chars) {
                let names = self.by_sound.entry(begins).or_default();
                if names.last() != Some(&at) {
                    names.push(at);
                }
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

    /// Names of villages that `chars` begins with, by ear; one may come twice.
    pub fn sounding<'i>(
        &'i self,
        chars: &'i [char],
        alike: fn(char, char) -> bool,
    ) -> impl Iterator<Item = &'i Name> {
        beginnings(chars)
            .filter_map(|begins| self.by_sound.get(&begins))
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
