//! Words of one question that two options claim, and words that can not do what they are for.

use super::Findings;
use super::patterns::{self, Machine};
use crate::dialog::run::choose::{Chosen, by_words};
use crate::dialog::run::menu::Item;
use crate::dialog::script::condition::{Condition, Operand, Sign};
use crate::dialog::script::{Choice, Dialog, Kind, Question, Script, Step, StepKind, place_of};

pub(super) fn check(findings: &mut Findings, dialog: &Dialog, script: &Script) {
    for step in &dialog.steps {
        let StepKind::Ask(question) = &step.kind else { continue };
        let Kind::Choice(choices) = &question.kind else { continue };
        let ask = Asking { dialog, step, choices };
        ask.overlapping(findings);
        ask.patterns_meet(findings);
        ask.entry_words(findings, script);
        ask.short_words(findings, question);
    }
}

struct Asking<'a> {
    dialog: &'a Dialog,
    step: &'a Step,
    choices: &'a [Choice],
}

impl Asking<'_> {
    fn add(&self, findings: &mut Findings, text: &str, code: &'static str, message: String) {
        let at = place_of(&self.step.places, "options");
        findings.add(&self.dialog.file, at, text, code, message);
    }

    fn pairs(&self) -> impl Iterator<Item = (&Choice, &Choice)> {
        let choices = self.choices;
        choices
            .iter()
            .enumerate()
            .flat_map(|(n, one)| choices[n + 1..].iter().map(move |other| (one, other)))
    }

    /// 修路 and 路灯: 修路灯 says both.
    fn overlapping(&self, findings: &mut Findings) {
        let mut said: Vec<String> = Vec::new();
        for (one, other) in self.pairs() {
            for (first, second) in [(one, other), (other, one)] {
                for (a, b) in
                    first.words.iter().flat_map(|a| second.words.iter().map(move |b| (a, b)))
                {
                    let Some(witness) = joined(a, b) else { continue };
                    if one_choice(self.choices, &witness).is_some() || said.contains(&witness) {
                        continue;
                    }
                    said.push(witness.clone());
                    let message = format!(
                        "村民说「{witness}」，选项「{}」的「{a}」和选项「{}」的「{b}」都对得上，\
                         分不清是哪一个。请把「{witness}」写进其中一个的「词」：长的词先算。",
                        first.label, second.label
                    );
                    self.add(findings, b, "W603", message);
                }
            }
        }
    }

    /// Two patterns, or a pattern and a word, that match the same text.
    fn patterns_meet(&self, findings: &mut Findings) {
        for (one, other) in self.pairs() {
            for (first, second) in [(one, other), (other, one)] {
                let Some(machine) = first.pattern.as_ref().and_then(Machine::of) else { continue };
                let word = second.words.iter().find(|word| {
                    word.chars().count() >= 2 && machine.matches(word) && self.unsure(word)
                });
                if let Some(word) = word {
                    let message = format!(
                        "村民的话里有「{word}」，选项「{}」的「词」和选项「{}」的「样式」都对得上，\
                         分不清是哪一个。请把样式写窄些，或者删去这个词。",
                        second.label, first.label
                    );
                    self.add(findings, word, "E808", message);
                }
            }
            let (Some(a), Some(b)) = (&one.pattern, &other.pattern) else { continue };
            let (Some(a), Some(b)) = (Machine::of(a), Machine::of(b)) else { continue };
            let witness = patterns::common(&a, &b, |text| self.unsure(text));
            if let Some(witness) = witness {
                let message = format!(
                    "村民说「{witness}」，选项「{}」和选项「{}」的「样式」都对得上，\
                     分不清是哪一个。请把其中一个写窄些。",
                    one.label, other.label
                );
                let text = other.pattern.as_ref().map_or("", |pattern| pattern.as_str());
                self.add(findings, text, "E808", message);
            }
        }
    }

    /// Said inside of a longer sentence, `text` chooses none.
    fn unsure(&self, text: &str) -> bool {
        one_choice(self.choices, &format!("这里{text}这")).is_none()
    }

    /// In this question the option wins; she who means the other dialog is not heard.
    fn entry_words(&self, findings: &mut Findings, script: &Script) {
        for choice in self.choices {
            for word in &choice.words {
                let Some(other) = script.entries.get(word) else { continue };
                if *other == self.dialog.id || self.leads_to(choice, other) {
                    continue;
                }
                let other = script.dialogs.get(other).map_or(other.as_str(), |d| d.name.as_str());
                let message = format!(
                    "「{word}」是选项「{}」的词，也是对话「{other}」的入口词：\
                     村民想去那里，却选了这一项。请改掉一个。",
                    choice.label
                );
                self.add(findings, word, "E806", message);
            }
        }
    }

    /// The option calls that dialog: its word brings her there either way.
    fn leads_to(&self, choice: &Choice, other: &str) -> bool {
        let chosen = |when: &Condition| {
            matches!(when, Condition::Compare(path, Sign::Equal, Operand::Word(value))
                if path.slot == self.step.id && *value == choice.value)
        };
        self.dialog.steps.iter().any(|step| {
            matches!(&step.kind, StepKind::Sub { dialog, .. } if dialog == other)
                && step.when.as_ref().is_some_and(chosen)
        })
    }

    /// A word of one character counts only when it is the whole message.
    fn short_words(&self, findings: &mut Findings, question: &Question) {
        if !self.dialog.intake || question.not_ahead {
            return;
        }
        for choice in self.choices.iter().filter(|choice| choice.pattern.is_none()) {
            for word in choice.words.iter().filter(|word| word.chars().count() == 1) {
                if *word == crate::zh::plain(&choice.label) {
                    continue;
                }
                let message = format!(
                    "「{word}」只有一个字：整句只回它才算，夹在话里不算（别的词里也有这个字）。\
                     请写长些，或者用「样式」说明它前后是什么。"
                );
                self.add(findings, word, "W601", message);
            }
        }
    }
}

/// The option that the whole message `copy` chooses.
fn one_choice(choices: &[Choice], copy: &str) -> Option<usize> {
    let items: Vec<Item> = choices
        .iter()
        .map(|choice| Item {
            value: choice.value.as_str().into(),
            label: choice.label.as_str().into(),
            words: &choice.words,
            pattern: choice.pattern.as_ref(),
        })
        .collect();
    match by_words(&items, copy) {
        Chosen::One(n) => Some(n),
        _ => None,
    }
}

/// The end of one is the beginning of the other, and both are as long: they stand in one text.
fn joined(a: &str, b: &str) -> Option<String> {
    let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if x.len() != y.len() || x.len() < 2 || x == y {
        return None;
    }
    let common = (1..x.len()).rev().find(|n| x[x.len() - n..] == y[..*n])?;
    Some(x.iter().chain(&y[common..]).collect())
}
