//! Lists of words, found by their first character.

use rustc_hash::FxHashMap;

#[derive(Debug, Default)]
pub(super) struct Words {
    /// Longest first.
    by_first: FxHashMap<char, Vec<(Vec<char>, usize)>>,
}

impl Words {
    pub fn of<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut by_first = FxHashMap::<char, Vec<(Vec<char>, usize)>>::default();
        for (at, word) in words.into_iter().enumerate() {
            let chars: Vec<char> = word.chars().collect();
            if let Some(first) = chars.first().copied() {
                by_first.entry(first).or_default().push((chars, at));
            }
        }
        for words in by_first.values_mut() {
            words.sort_by_key(|(word, at)| (std::cmp::Reverse(word.len()), *at));
        }
        Self { by_first }
    }

    pub fn begins_with(&self, first: char) -> bool {
        self.by_first.contains_key(&first)
    }

    /// The longest word that `chars` begins with: which one, and its length.
    pub fn at_start(&self, chars: &[char]) -> Option<(usize, usize)> {
        let words = self.by_first.get(chars.first()?)?;
        let found = words.iter().find(|(word, _)| chars.starts_with(word));
        found.map(|(word, at)| (*at, word.len()))
    }
}
