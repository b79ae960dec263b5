//! The copy of a message that is matched: one form for what people write in many.

use super::copy::fold;

/// Said at the end without meaning anything.
const PARTICLES: &[char] =
    &['吧', '呀', '啊', '哦', '呢', '哈', '嘛', '嘞', '哇', '了', '呗', '噢', '喔', '啦'];
/// Courtesy around the matter. Longest first.
const SHELLS: &[&str] = &[
    "麻烦你们",
    "麻烦您",
    "麻烦你",
    "麻烦",
    "请问一下",
    "请问",
    "你们好",
    "您好",
    "你好",
    "谢谢您",
    "谢谢你",
    "谢谢",
    "多谢",
    "拜托",
];

pub fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '〇')
}

/// NFKC, simplified, lower case, no blanks beside Chinese characters, without punctuation at the edges,
/// courtesy, and one particle at the end.
pub fn plain(text: &str) -> String {
    let mut folded: Vec<char> = Vec::with_capacity(text.len() / 2);
    for c in text.chars() {
        fold(c, |c| folded.push(c));
    }
    let mut copy = String::with_capacity(text.len());
    for (at, c) in folded.iter().enumerate() {
        if c.is_whitespace() {
            let before = copy.chars().next_back();
            let after = folded[at + 1..].iter().find(|c| !c.is_whitespace());
            let beside = |c: char| is_han(c) || !c.is_alphanumeric();
            if before.is_none_or(beside) || after.is_none_or(|c| beside(*c)) {
                continue;
            }
            if before != Some(' ') {
                copy.push(' ');
            }
        } else if !c.is_control() {
            copy.push(*c);
        }
    }
    let mut rest = trim(&copy);
    loop {
        let shelled = SHELLS.iter().find_map(|shell| {
            let inner = rest.strip_prefix(shell).or_else(|| rest.strip_suffix(shell))?;
            let inner = trim(inner);
            (!inner.is_empty()).then_some(inner)
        });
        match shelled {
            Some(inner) => rest = inner,
            None => break,
        }
    }
    if let Some(inner) = rest.strip_suffix(PARTICLES)
        && !inner.is_empty()
    {
        rest = trim(inner);
    }
    rest.to_owned()
}

/// Without punctuation at the edges; emoji and signs that are all there is stay.
fn trim(text: &str) -> &str {
    let edge = |c: char| {
        c.is_whitespace()
            || c.is_ascii_punctuation()
            || matches!(c, '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{303f}' | '\u{2010}'..='\u{2027}' | '·' | '～')
    };
    let trimmed = text.trim_matches(edge);
    if trimmed.is_empty() { text.trim() } else { trimmed }
}
