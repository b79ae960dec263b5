//! 遮盖: what is nobody's business in her words and photos (a neighbour's name, a number of an identity
//! card) is struck out for all who read them. The original stays, for the platform.

use super::case::Case;
use super::event::Change;
use super::refusal::Refusal;

const WORDS_MAX: usize = 20;
/// One character stands in too many other words.
const CHARS_MIN: usize = 2;
const CHARS_MAX: usize = 40;
const PHOTOS_MAX: u8 = 99;
/// What stands instead.
const STRUCK: &str = "■■";

/// `text`: what is struck out, one a line. `photos`: their places in the case, from 1.
pub(super) fn redact(case: &Case, text: &str, photos: Vec<u8>) -> Result<Change, Refusal> {
    let words: Vec<&str> = lines(text).collect();
    if words.is_empty() && photos.is_empty() {
        return Err(Refusal::Missing { what: "要遮的词，或第几张照片" });
    }
    let count = case.struck.len() + words.len();
    if count > WORDS_MAX {
        return Err(Refusal::TooMany { what: "要遮的词", count, max: WORDS_MAX });
    }
    for word in &words {
        let chars = word.chars().count();
        if !(CHARS_MIN..=CHARS_MAX).contains(&chars) {
            let mend = "请一行写一处，2到40个字，照原话写。";
            return Err(Refusal::Malformed {
                what: "要遮的词", value: (*word).to_owned(), mend
            });
        }
    }
    if let Some(n) = photos.iter().find(|n| !(1..=PHOTOS_MAX).contains(*n)) {
        let mend = "请写第几张，例如：1 3。";
        return Err(Refusal::Malformed { what: "照片", value: n.to_string(), mend });
    }
    if words.iter().all(|word| case.struck.iter().any(|known| known == word))
        && photos.iter().all(|n| case.struck_photos.contains(n))
    {
        return Err(Refusal::NothingChanged);
    }
    Ok(Change::Redacted { text: words.join("\n"), photos })
}

pub(super) fn apply(case: &mut Case, text: &str, photos: &[u8]) {
    case.struck.extend(lines(text).map(str::to_owned));
    // The longest first: a part of it may be another.
    case.struck.sort_by_key(|word| std::cmp::Reverse(word.len()));
    case.struck.dedup();
    case.struck_photos.extend(photos);
    case.struck_photos.sort_unstable();
    case.struck_photos.dedup();
}

pub(super) fn strike(text: String, words: &[String]) -> String {
    words.iter().fold(text, |text, word| text.replace(word.as_str(), STRUCK))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_word_goes_first_and_nothing_is_left_of_it() {
        let words = ["张小三家".to_owned(), "张小三".to_owned()];
        let text = strike("张小三家的狗咬人，张小三不管".to_owned(), &words);
        assert_eq!(text, "■■的狗咬人，■■不管");
    }
}
