//! The matching copy of a text, with the way back to what was written.

use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Chinese characters, all that have two forms.
const FIRST: char = '\u{4e00}';
const LAST: char = '\u{9fff}';

static SIMPLIFIED: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut table: Vec<char> = (FIRST..=LAST).collect();
    let lines = include_str!("traditional.txt").lines().filter(|line| !line.starts_with('#'));
    for pair in lines.flat_map(str::split_whitespace) {
        let mut chars = pair.chars();
        if let (Some(traditional), Some(simplified)) = (chars.next(), chars.next())
            && let Some(place) = place_of(traditional).and_then(|at| table.get_mut(at))
        {
            *place = simplified;
        }
    }
    table
});

fn place_of(c: char) -> Option<usize> {
    Some(u32::from(c).checked_sub(u32::from(FIRST))? as usize)
}

/// The simplified form of a traditional character; every other character is itself.
pub fn simplified(c: char) -> char {
    place_of(c).and_then(|at| SIMPLIFIED.get(at)).copied().unwrap_or(c)
}

/// One form for each character, one or several: ① is 1, Ａ is a, 燈 is 灯.
pub(super) fn fold(c: char, mut each: impl FnMut(char)) {
    // Most of what comes is one of these; Unicode's tables are slow to ask.
    match c {
        FIRST..=LAST => each(simplified(c)),
        '\0'..='\x7f' => each(c.to_ascii_lowercase()),
        '、' | '。' | '“' | '”' | '《' | '》' => each(c),
        '！'..='～' => each(narrow(c).to_ascii_lowercase()),
        _ => fold_by_unicode(c, each),
    }
}

/// ！ to ～ stand in the order of ! to ~.
fn narrow(c: char) -> char {
    let at = u32::from(c) - u32::from('！') + u32::from('!');
    char::from_u32(at).unwrap_or(c)
}

pub(super) fn fold_by_unicode(c: char, mut each: impl FnMut(char)) {
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
