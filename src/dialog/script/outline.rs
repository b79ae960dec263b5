//! A dialog as people see it who do not read its text: its questions in their order, and what
//! each of them offers.

use crate::dialog::script::words::{Medium, Words};
use crate::dialog::script::{Dialog, Kind, Script, StepKind, place_of};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub dialog: String,
    pub name: String,
    pub file: String,
    pub questions: Vec<OutlineQuestion>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineQuestion {
    pub step: String,
    /// As it is asked on WeChat.
    pub words: String,
    pub line: usize,
    /// What may be answered, as it is shown.
    pub options: Vec<String>,
}

impl Script {
    pub fn outlines(&self) -> impl Iterator<Item = Outline> + '_ {
        self.each_dialog().map(|dialog| Outline {
            dialog: dialog.id.clone(),
            name: dialog.name.clone(),
            file: dialog.file.clone(),
            questions: questions(dialog),
        })
    }
}

fn questions(dialog: &Dialog) -> Vec<OutlineQuestion> {
    let shown = |words: &Words| words.of(Medium::Wechat).fill(|_| Some("…".into()));
    let steps = dialog.steps.iter().filter_map(|step| {
        let (words, key, options) = match &step.kind {
            StepKind::Ask(question) => {
                let options = match &question.kind {
                    Kind::Choice(choices) | Kind::Many { choices, .. } => {
                        choices.iter().map(|choice| choice.label.clone()).collect()
                    }
                    _ => Vec::new(),
                };
                (&question.words, "ask", options)
            }
            StepKind::Confirm(confirm) => (&confirm.words, "confirm", Vec::new()),
            _ => return None,
        };
        Some(OutlineQuestion {
            step: step.id.clone(),
            words: shown(words),
            line: place_of(&step.places, key).0,
            options,
        })
    });
    steps.collect()
}
