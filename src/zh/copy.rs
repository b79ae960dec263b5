//! The matching copy of a text, with the way back to what was written.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;

static SIMPLIFIED: LazyLock<FxHashMap<char, char>> = LazyLock::new(|| {
    let lines = include_str!("traditional.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .flat_map(str::split_whitespace)
        .filter_map(|pair| {
            let mut chars = pair.chars();
            Some((chars.next()?, chars.next()?))
        })
        .collect()
});

/// The simplified form of a traditional character; every other character is itself.
pub fn simplified(c: char) -> char {
    // Nothing below the first Chinese character has two forms.
    if c < '\u{4e00}' { c } else { SIMPLIFIED.get(&c).copied().unwrap_or(c) }
}

/// One form for each character, one or several: ① is 1, Ａ is a, 燈 is 灯.
pub(super) fn fold(c: char, mut each: impl FnMut(char)) {
    // Most of what comes is one of these, or plain.
    if ('\u{4e00}'..='\u{9fff}').contains(&c) || c.is_ascii() && !c.is_ascii_uppercase() {
        return each(simplified(c));
    }
    for c in std::iter::once(c).nfkc().flat_map(char::to_lowercase) {
        each(simplified(c));
    }
}

/// Compatibility forms (１, ②, Ａ) and traditional characters folded, lower case, what nobody
/// can see left out. Blanks and punctuation stay.
#[derive(Clone, Debug)]
pub struct Copy {
    pub chars: Vec<char>,
    starts: Vec<usize>,
    end: usize,
    /// Before which characters a blank was taken out.
    parted: Vec<usize>,
}

impl Copy {
    /// `limit`: only so many characters are copied.
    pub fn of(text: &str, limit: usize) -> Self {
        let room = text.len().min(limit * 3) / 2;
        let (mut chars, mut starts) = (Vec::with_capacity(room), Vec::with_capacity(room));
        let mut end = 0;
        for (at, c) in text.char_indices().take(limit) {
            end = at + c.len_utf8();
            if c.is_control() && !c.is_whitespace() || is_invisible(c) {
                continue;
            }
            fold(c, |c| {
                chars.push(c);
                starts.push(at);
            });
        }
        Self { chars, starts, end, parted: Vec::new() }
    }

    /// The same without blanks, which people put anywhere in Chinese.
    pub fn without_blanks(mut self) -> Self {
        if !self.chars.iter().any(|c| c.is_whitespace()) {
            return self;
        }
        let (mut chars, mut starts) = (Vec::new(), Vec::new());
        for (c, start) in self.chars.iter().zip(&self.starts) {
            if c.is_whitespace() {
                self.parted.push(chars.len());
            } else {
                chars.push(*c);
                starts.push(*start);
            }
        }
        Self { chars, starts, ..self }
    }

    /// A blank parts two words here: 投诉 大黑坨. In 大 黑坨 it parts nothing.
    pub fn is_parted(&self, at: usize) -> bool {
        at >= 2 && self.parted.contains(&at) && !self.parted.contains(&(at - 1))
    }

    /// The bytes of the original that these characters of the copy stand for.
    pub fn span(&self, range: Range<usize>) -> Range<usize> {
        let of = |at: usize| self.starts.get(at).copied().unwrap_or(self.end);
        of(range.start)..of(range.end)
    }

    pub fn text(&self, range: Range<usize>) -> String {
        self.chars.get(range).unwrap_or_default().iter().collect()
    }

    /// Do the characters from `at` on begin with `word`?
    pub fn has(&self, at: usize, word: &str) -> bool {
        has(&self.chars, at, word)
    }
}

/// Joiners, marks of direction, and the variation selectors behind emoji.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

pub(super) fn has(chars: &[char], at: usize, word: &str) -> bool {
    let mut rest = chars.get(at..).unwrap_or_default().iter();
    word.chars().all(|c| rest.next() == Some(&c))
}

/// The longest of `words` that begins at `at`, with its length in characters.
pub(super) fn longest<'w>(
    chars: &[char],
    at: usize,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<(&'w str, usize)> {
    let found = words.into_iter().filter(|word| has(chars, at, word));
    found.map(|word| (word, word.chars().count())).max_by_key(|(_, length)| *length)
}
