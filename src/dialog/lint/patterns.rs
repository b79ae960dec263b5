//! Patterns as machines: whether one ever matches, and a text that two of them match.

use std::collections::{BTreeSet, HashSet, VecDeque};

use regex::Regex;
use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense::{Config, DFA};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::Findings;
use crate::dialog::read::yaml::Place;
use crate::dialog::script::{Dialog, Kind, StepKind, place_of};
use crate::zh;

/// Bytes of a machine; a pattern that needs more is too complicated for a clerk's file.
const MACHINE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Pairs of states that are looked at, and texts that are tried.
const PAIRS_MAX: usize = 20_000;
const WITNESSES_MAX: usize = 64;

pub(super) fn check(findings: &mut Findings, dialog: &Dialog) {
    if let Some(pattern) = &dialog.pattern {
        // The entry is compared with what she wrote, character for character.
        one(findings, dialog, place_of(&dialog.places, "pattern"), pattern, false);
    }
    for step in &dialog.steps {
        let StepKind::Ask(question) = &step.kind else { continue };
        let Kind::Choice(choices) = &question.kind else { continue };
        for pattern in choices.iter().filter_map(|choice| choice.pattern.as_ref()) {
            one(findings, dialog, place_of(&step.places, "options"), pattern, true);
        }
    }
}

fn one(findings: &mut Findings, dialog: &Dialog, at: Place, pattern: &Regex, normalised: bool) {
    let text = pattern.as_str();
    if Machine::of(pattern).is_some_and(|machine| machine.is_empty()) {
        let message = "这个样式什么话都对不上。请改，或者删去；不会写样式就用「词」。";
        findings.add(&dialog.file, at, text, "E809", message.into());
        return;
    }
    let Some(hir) = parsed(text).filter(|_| normalised) else { return };
    let mut lost = BTreeSet::new();
    literals(&hir, &mut |c| {
        let copy = zh::plain(&format!("一{c}一"));
        if copy != format!("一{c}一") {
            lost.insert((c, copy.trim_matches('一').to_owned()));
        }
    });
    for (c, instead) in lost {
        let mend = match instead.as_str() {
            "" => "请从样式里删去它。".to_owned(),
            instead => format!("请写成「{instead}」。"),
        };
        let message = format!(
            "比对以前，村民话里的空格、全角字母和大写都已经统一了，样式里的「{}」永远对不上。{mend}",
            if c.is_whitespace() { "空格".to_owned() } else { c.to_string() }
        );
        findings.add(&dialog.file, at, text, "E810", message);
    }
    let short = hir.properties().minimum_len().is_some_and(|bytes| bytes <= 3);
    if short && !text.starts_with('^') && !text.ends_with('$') {
        let message =
            "这个样式一个字就对上，别的话里也有这个字。请写长些，例如「停水」不要只写「水」。";
        findings.add(&dialog.file, at, text, "W602", message.into());
    }
}

fn parsed(text: &str) -> Option<Hir> {
    regex_syntax::Parser::new().parse(text).ok()
}

/// Characters that must stand in the text as they are.
fn literals(hir: &Hir, each: &mut impl FnMut(char)) {
    match hir.kind() {
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).unwrap_or_default().chars().for_each(each);
        }
        HirKind::Class(Class::Unicode(class)) => {
            // `(?i)a` is a class of two; only what stands alone must be there.
            if let [range] = class.ranges()
                && range.start() == range.end()
            {
                each(range.start());
            }
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => literals(&repetition.sub, each),
        HirKind::Capture(capture) => literals(&capture.sub, each),
        HirKind::Concat(parts) => parts.iter().for_each(|part| literals(part, each)),
        HirKind::Alternation(parts) => parts.iter().for_each(|part| literals(part, each)),
        _ => {}
    }
}

/// Matches a text from its first to its last character.
pub(super) struct Machine {
    dfa: DFA<Vec<u32>>,
    start: StateID,
    /// Characters that the pattern tells from others, and one that it may not.
    letters: BTreeSet<char>,
}

impl Machine {
    pub fn of(pattern: &Regex) -> Option<Self> {
        let config = Config::new()
            .match_kind(MatchKind::All)
            .dfa_size_limit(Some(MACHINE_BYTES_MAX))
            .determinize_size_limit(Some(MACHINE_BYTES_MAX));
        let dfa = DFA::builder().configure(config).build(pattern.as_str()).ok()?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        let mut letters: BTreeSet<char> = "的1a".chars().collect();
        letters.extend(pattern.as_str().chars().filter(|c| c.is_alphanumeric()));
        Some(Self { dfa, start, letters })
    }

    pub fn matches(&self, text: &str) -> bool {
        let mut state = self.start;
        for byte in text.bytes() {
            state = self.dfa.next_state(state, byte);
        }
        self.accepts(state)
    }

    fn accepts(&self, state: StateID) -> bool {
        self.dfa.is_match_state(self.dfa.next_eoi_state(state))
    }

    fn after(&self, mut state: StateID, c: char) -> StateID {
        let mut buffer = [0; 4];
        for byte in c.encode_utf8(&mut buffer).bytes() {
            state = self.dfa.next_state(state, byte);
        }
        state
    }

    /// No text at all.
    fn is_empty(&self) -> bool {
        let mut seen = HashSet::from([self.start]);
        let mut open = vec![self.start];
        while let Some(state) = open.pop() {
            if self.accepts(state) || self.dfa.is_match_state(state) {
                return false;
            }
            for byte in 0..=u8::MAX {
                let next = self.dfa.next_state(state, byte);
                if !self.dfa.is_dead_state(next) && seen.insert(next) {
                    open.push(next);
                }
            }
        }
        true
    }
}

/// The shortest text that both match and that `counts`: the product of the two machines,
/// searched by breadth.
pub(super) fn common(a: &Machine, b: &Machine, counts: impl Fn(&str) -> bool) -> Option<String> {
    let letters: Vec<char> = a.letters.union(&b.letters).copied().collect();
    let mut seen = HashSet::from([(a.start, b.start)]);
    let mut open = VecDeque::from([(a.start, b.start, String::new())]);
    let mut tried = 0;
    while let Some((x, y, text)) = open.pop_front() {
        for letter in &letters {
            let (x, y) = (a.after(x, *letter), b.after(y, *letter));
            if a.dfa.is_dead_state(x) || b.dfa.is_dead_state(y) {
                continue;
            }
            let text = format!("{text}{letter}");
            if a.accepts(x) && b.accepts(y) {
                tried += 1;
                if counts(&text) {
                    return Some(text);
                }
            }
            if tried < WITNESSES_MAX && seen.len() < PAIRS_MAX && seen.insert((x, y)) {
                open.push_back((x, y, text));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(pattern: &str) -> Machine {
        Machine::of(&Regex::new(pattern).unwrap()).unwrap()
    }

    #[test]
    fn a_text_that_two_patterns_match() {
        let check = |a: &str, b: &str, expect: Option<&str>| {
            let found = common(&machine(a), &machine(b), |_| true);
            assert_eq!(found.as_deref(), expect, "{a} {b}");
        };
        check("(补|修)路", "补.", Some("补路"));
        check("1[3-9][0-9]{3}", "13.*", Some("13000"));
        check("停水", "停电", None);
        check("路.{0,2}坏", ".{1,3}坏", Some("路坏"));
    }

    #[test]
    fn patterns_that_match_nothing() {
        assert!(machine("a[^\\s\\S]").is_empty());
        assert!(machine("路$灯").is_empty());
        assert!(!machine("^路灯$").is_empty());
        assert!(!machine("(停|没)水?").is_empty());
    }
}
