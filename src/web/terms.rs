//! English for what the program below the pages says in Chinese: words of states and steps, the
//! forms, and refusals, in which something is filled in. What is not in the table stays as it is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::messages::Language;

const BLANK: &str = "{}";

struct Terms {
    whole: HashMap<String, String>,
    /// Those in which something is filled in: what stands between the blanks, and the English.
    filled: Vec<(Vec<String>, String)>,
}

static TERMS: LazyLock<Terms> =
    LazyLock::new(|| Terms::read(include_str!("../../messages/en-terms.toml")));

impl Terms {
    /// A file that does not read is empty; a test reads it.
    fn read(text: &str) -> Self {
        let all: HashMap<String, String> = toml::from_str(text).unwrap_or_default();
        let (filled, whole): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(chinese, _)| chinese.contains(BLANK));
        let parts = |text: String| text.split(BLANK).map(str::to_owned).collect::<Vec<_>>();
        let mut filled: Vec<_> =
            filled.into_iter().map(|(chinese, english)| (parts(chinese), english)).collect();
        // What says most by itself first.
        filled.sort_by_key(|(parts, _)| {
            std::cmp::Reverse((parts.iter().map(String::len).sum::<usize>(), parts.clone()))
        });
        Self { whole: whole.into_iter().collect(), filled }
    }

    fn english(&self, text: &str) -> Option<String> {
        if let Some(english) = self.whole.get(text) {
            return Some(english.clone());
        }
        self.filled.iter().find_map(|(parts, english)| {
            let values = values(parts, text)?;
            let mut rest = english.split(BLANK);
            let first = rest.next().unwrap_or_default().to_owned();
            Some(rest.zip(values).fold(first, |said, (part, value)| {
                let value = self.whole.get(value).map_or(value, String::as_str);
                said + value + part
            }))
        })
    }
}

/// What stands in a text where the parts leave blanks.
fn values<'t>(parts: &[String], text: &'t str) -> Option<Vec<&'t str>> {
    let (first, rest) = parts.split_first()?;
    let (last, middle) = rest.split_last()?;
    let mut left = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
    let mut values = Vec::with_capacity(rest.len());
    for part in middle {
        let (value, behind) = left.split_once(part.as_str())?;
        values.push(value);
        left = behind;
    }
    values.push(left);
    Some(values)
}

impl Language {
    /// What the program says in Chinese, as far as there is a translation.
    pub fn term(self, text: &str) -> Cow<'_, str> {
        match self {
            Language::Chinese => Cow::Borrowed(text),
            Language::English => TERMS.english(text).map_or(Cow::Borrowed(text), Cow::Owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{self, Grade, Kind, Means, Outcome, Queue, Rejection, Solved, State, Step};
    use crate::office::{FieldKind, LookKind, Role, command_shapes};
    use crate::shop;

    fn translated(text: &str) -> bool {
        text.is_empty() || !Language::English.term(text).chars().any(crate::zh::is_han)
    }

    #[test]
    fn what_is_filled_in_goes_over_and_is_translated_too() {
        for (chinese, english) in [
            (
                "这一步（派单）不能由您来做。请交给：平台。",
                "This step (Dispatch) is not yours. Please leave it to: the platform.",
            ),
            ("请写理由。", "Please write: Why."),
            (
                "答复太短，只有3个字。请至少写15个字，把情况和结果说清楚。",
                "Answer: too short, 3 characters. Please write at least 15, with what was done and what came of it.",
            ),
            ("村口路灯坏了", "村口路灯坏了"),
        ] {
            assert_eq!(Language::English.term(chinese), english);
            assert_eq!(Language::Chinese.term(chinese), chinese);
        }
    }

    #[test]
    fn every_form_and_every_word_of_the_desk_is_there() {
        let mut missing = Vec::new();
        let mut need = |text: &str| {
            if !translated(text) {
                missing.push(text.to_owned());
            }
        };
        for shape in command_shapes() {
            need(shape.title);
            need(shape.intro);
            for field in shape.fields {
                need(field.label);
                // Examples may name a village.
                if !field.hint.contains("胡家坨") {
                    need(field.hint);
                }
                if let FieldKind::Choice(choices) = field.kind {
                    choices.iter().for_each(|choice| need(&choice.label));
                }
            }
        }
        State::ALL.iter().for_each(|one| need(one.word()));
        Step::ALL.iter().for_each(|one| need(one.word()));
        Queue::ALL.iter().for_each(|one| need(one.word()));
        Role::ALL.iter().for_each(|one| need(one.word()));
        LookKind::ALL.iter().for_each(|one| need(one.word()));
        Kind::ALL.iter().for_each(|one| need(one.word()));
        Outcome::ALL.iter().for_each(|one| need(one.word()));
        Rejection::ALL.iter().for_each(|one| need(one.word()));
        Means::ALL.iter().for_each(|one| need(one.word()));
        Solved::ALL.iter().for_each(|one| need(one.word()));
        Grade::ALL.iter().for_each(|one| need(one.word()));
        desk::Party::ALL.iter().for_each(|one| need(one.word()));
        shop::State::ALL.iter().for_each(|one| need(one.word()));
        shop::Step::ALL.iter().for_each(|one| need(one.word()));
        shop::PayState::ALL.iter().for_each(|one| need(one.word()));
        shop::PayMethod::ALL.iter().for_each(|one| need(one.word()));
        shop::Fulfil::ALL.iter().for_each(|one| need(one.word()));
        shop::Stage::ALL.iter().for_each(|one| need(one.word()));
        shop::Admission::ALL.iter().for_each(|one| need(one.word()));
        shop::DocumentKind::ALL.iter().for_each(|one| need(one.word()));
        shop::RemedyKind::ALL.iter().for_each(|one| need(one.word()));
        shop::MoveKind::ALL.iter().for_each(|one| need(one.word()));
        assert!(missing.is_empty(), "{missing:#?}");
    }

    /// Read from the code, so that a new one fails here.
    #[test]
    fn every_refusal_is_there() {
        // Villagers are told some of the shop's, in the chat; the desk shows the others.
        let told_in_chat = ["请回「", "{name}每人最多买", "{name}从{min}", "付款单号用过了"];
        let refusals = [include_str!("../desk/refusal.rs"), include_str!("../shop/refusal.rs")];
        let texts = refusals.iter().flat_map(|file| file.split("#[error(\"").skip(1));
        let texts = texts.map(|rest| rest.split('"').next().unwrap());
        let texts = texts.filter(|text| !told_in_chat.iter().any(|part| text.contains(part)));
        let named = regex::Regex::new(r"\{[a-z0-9_]*\}").unwrap();
        let missing: Vec<String> = texts
            .map(|text| named.replace_all(text, BLANK).into_owned())
            .filter(|text| {
                let parts: Vec<String> = text.split(BLANK).map(str::to_owned).collect();
                let filled = TERMS.filled.iter().any(|(known, _)| *known == parts);
                !filled && !TERMS.whole.contains_key(text)
            })
            .collect();
        assert!(TERMS.whole.len() > 300 && missing.is_empty(), "{missing:#?}");
    }
}
