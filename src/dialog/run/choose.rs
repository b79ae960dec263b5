//! Which of the things that are offered she means by her words.

use crate::dialog::run::menu::Item;

#[derive(Debug, PartialEq, Eq)]
pub(in crate::dialog) enum Chosen {
    One(usize),
    /// Any of these; she has to say which.
    Several(Vec<usize>),
    None,
}

/// Label or word as a whole, the beginning of one label, a part of one, or the only one that
/// stands inside what she wrote. `copy` is plain.
pub(in crate::dialog) fn by_words(items: &[Item], copy: &str) -> Chosen {
    let among = |is_it: &dyn Fn(&Item) -> bool| -> Vec<usize> {
        let found = items.iter().enumerate().filter(|(_, item)| is_it(item));
        found.map(|(n, _)| n).collect()
    };
    let long_enough = copy.chars().count() >= 2;
    let begins = |item: &Item| long_enough && item.label.starts_with(copy);
    let is_part = |item: &Item| long_enough && item.label.contains(copy);
    for rule in [&(|item: &Item| is_whole(item, copy)) as &dyn Fn(&Item) -> bool, &begins, &is_part]
    {
        match among(rule)[..] {
            [] => {}
            [one] => return Chosen::One(one),
            ref several => return Chosen::Several(several.to_vec()),
        }
    }
    inside(items, copy).map_or(Chosen::None, Chosen::One)
}

fn is_whole(item: &Item, copy: &str) -> bool {
    item.words.iter().any(|word| word == copy) || item.label == copy
}

/// The option whose word stands in a sentence: the longest counts, two different ones of the
/// same length do not.
pub(in crate::dialog) fn inside(items: &[Item], copy: &str) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    let mut tie = false;
    for (n, item) in items.iter().enumerate() {
        let words = item.words.iter().map(String::as_str);
        // Rows that come without words are known by what the menu shows.
        let label = item.words.is_empty().then_some(&*item.label);
        let longest = words
            .chain(label)
            .filter(|word| copy.contains(word) && word.chars().nth(1).is_some())
            .map(|word| word.chars().count())
            .chain(
                item.pattern.and_then(|p| p.find(copy)).map(|found| found.as_str().chars().count()),
            )
            .max();
        let Some(length) = longest else { continue };
        match best {
            Some((known, _)) if known > length => {}
            Some((known, _)) if known == length => tie = true,
            _ => {
                best = Some((length, n));
                tie = false;
            }
        }
    }
    best.filter(|_| !tie).map(|(_, n)| n)
}

/// A word of it of two characters or more stands in a sentence, or its pattern does.
pub(in crate::dialog) fn stands_inside(item: &Item, copy: &str) -> bool {
    let long = |word: &String| word.chars().nth(1).is_some() && copy.contains(word.as_str());
    item.words.iter().any(long) || item.pattern.is_some_and(|pattern| pattern.is_match(copy))
}
