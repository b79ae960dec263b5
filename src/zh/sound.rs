//! How characters sound: toneless pinyin with all readings, and folded as dialects do.
//!
//! Syllables are small numbers, so that two texts are compared by ear without making strings.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use pinyin::{ToPinyin, ToPinyinMulti};

const FIRST: u32 = 0x4e00;
const LAST: u32 = 0x9fff;

struct Table {
    /// Where the syllables of each character begin; one more at the end.
    starts: Vec<u32>,
    syllables: Vec<u16>,
    /// The same with zh ch sh as z c s, n as l at the start, and ng as n at the end.
    in_dialect: Vec<u16>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut numbers: HashMap<String, u16> = HashMap::new();
    let mut names: Vec<String> = Vec::new();
    let mut number = |name: String| {
        *numbers.entry(name.clone()).or_insert_with(|| {
            names.push(name);
            // Mandarin has about 400 syllables.
            (names.len() - 1) as u16
        })
    };
    let (mut starts, mut syllables) = (Vec::new(), Vec::new());
    for c in (FIRST..=LAST).filter_map(char::from_u32) {
        let start = syllables.len();
        starts.push(start as u32);
        for reading in c.to_pinyin_multi().into_iter().flatten() {
            let syllable = number(reading.plain().to_owned());
            if !syllables[start..].contains(&syllable) {
                syllables.push(syllable);
            }
        }
    }
    starts.push(syllables.len() as u32);
    let mut known = 0;
    let mut folded = Vec::new();
    // Folding may make syllables that no character has; they fold to themselves.
    while let Some(name) = names.get(known).cloned() {
        let name = fold(&name);
        let next = names.len() as u16;
        let syllable = *numbers.entry(name.clone()).or_insert(next);
        if syllable == next {
            names.push(name);
        }
        folded.push(syllable);
        known += 1;
    }
    let in_dialect = syllables.iter().map(|syllable| folded[usize::from(*syllable)]).collect();
    Table { starts, syllables, in_dialect }
});

impl Table {
    /// Where the readings of a character stand.
    fn readings(&self, c: char) -> Range<usize> {
        let Some(at) = u32::from(c).checked_sub(FIRST).filter(|at| *at <= LAST - FIRST) else {
            return 0..0;
        };
        self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize
    }
}

/// The toneless readings of one character; none for what is no Chinese character.
fn syllables(c: char) -> &'static [u16] {
    &TABLE.syllables[TABLE.readings(c)]
}

/// The same as a dialect says them; two readings may become one.
pub fn syllables_in_dialect(c: char) -> &'static [u16] {
    &TABLE.in_dialect[TABLE.readings(c)]
}

fn meet(a: &[u16], b: &[u16]) -> bool {
    a.iter().any(|syllable| b.contains(syllable))
}

/// The same character, or one reading in common.
pub fn sounds_alike(a: char, b: char) -> bool {
    a == b || meet(syllables(a), syllables(b))
}

/// The same when zh ch sh are z c s, n is l, and ng is n.
pub fn sounds_alike_in_dialect(a: char, b: char) -> bool {
    a == b || meet(syllables_in_dialect(a), syllables_in_dialect(b))
}

/// The letters in which a character is typed: its first reading without its tone, `niao`.
pub fn letters(c: char) -> Option<&'static str> {
    c.to_pinyin().map(|reading| reading.plain())
}

/// The same as it is said in dialect.
pub fn letters_in_dialect(c: char) -> Option<String> {
    letters(c).map(fold)
}

/// Bytes that the table takes.
pub fn sound_table_bytes() -> usize {
    TABLE.starts.len() * 4 + TABLE.syllables.len() * 4
}

fn fold(sound: &str) -> String {
    let mut sound = sound.to_owned();
    for (from, to) in [("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l")] {
        if let Some(rest) = sound.strip_prefix(from)
            && !rest.is_empty()
        {
            sound = format!("{to}{rest}");
            break;
        }
    }
    match sound.strip_suffix("ng") {
        Some(stem) => format!("{stem}n"),
        None => sound,
    }
}
