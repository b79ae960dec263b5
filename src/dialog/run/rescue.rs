//! Danger comes before everything: before the question that was asked, before a person who
//! talks with her, before a draft. She is told whom to call, and what she was doing waits.

use crate::dialog::run::conversation::{Draft, Frame};
use crate::dialog::run::event::Fault;
use crate::dialog::run::step::{Walk, clip};
use crate::dialog::run::understand;
use crate::dialog::script::value::{Answer, How, Value};
use crate::dialog::script::{Choice, Dialog, Kind, Question};
use crate::zh;

/// Of the message, kept as what she reported.
const OPENING_BYTES_MAX: usize = 2_000;

impl<'a> Walk<'a> {
    /// The dialog that is meant for what the message tells of.
    pub fn in_danger(&self, text: &str) -> Option<&'a Dialog> {
        let copy = zh::plain(text);
        self.script.each_dialog().filter(|dialog| dialog.rescue).find(|dialog| {
            let excused = || dialog.unless.iter().any(|word| copy.contains(word.as_str()));
            let heard = named(dialog, &copy).is_some() && !self.env.places.is_calm(text);
            (heard || self.told_of(dialog, text).is_some()) && !excused()
        })
    }

    /// The option for what the county's table of emergencies finds.
    fn told_of(&self, dialog: &'a Dialog, text: &str) -> Option<(&'a Question, &'a Choice)> {
        let danger = self.env.places.danger(text)?;
        dialog.questions().find_map(|question| {
            let Kind::Choice(choices) = &question.kind else { return None };
            Some((question, choices.iter().find(|choice| choice.value == danger)?))
        })
    }

    pub fn rescue(&mut self, dialog: &'a Dialog, text: &str) -> Result<(), Fault> {
        // She has more to tell about the same: it begins anew, and nothing else is lost.
        let running = self.now.active.take().filter(|frame| frame.dialog != dialog.id);
        if let Some(mut frame) = running {
            frame.goes_on = true;
            frame.touched = self.env.now;
            if let Some(older) = self.now.parked.replace(frame).filter(Frame::is_worth_keeping) {
                self.now.draft = Some(Draft::of(older));
            }
        }
        let opening = clip(text, OPENING_BYTES_MAX);
        let mut frame = Frame::new(&dialog.id, self.env.medium, opening, self.env.now);
        // The county's table knows more than the words of the dialog, and what excuses them.
        let told = self.told_of(dialog, text).or_else(|| named(dialog, &zh::plain(text)));
        if let Some((question, choice)) = told {
            let value = Value::Choice { value: choice.value.clone(), label: choice.label.clone() };
            let answer = Answer { raw: text.to_owned(), value, how: How::Intake };
            frame.set(&question.slot, answer);
        }
        let said = understand::intake(dialog, &frame, text, 0..0, false, self.env);
        for (slot, answer) in said.found {
            frame.set(&slot, answer);
        }
        self.now.active = Some(frame);
        self.advance()
    }
}

/// The first option that stands in the message: of two dangers one is enough.
fn named<'d>(dialog: &'d Dialog, copy: &str) -> Option<(&'d Question, &'d Choice)> {
    dialog.questions().find_map(|question| {
        let Kind::Choice(choices) = &question.kind else { return None };
        let stands = |choice: &&Choice| {
            choice.words.iter().any(|word| copy.contains(word.as_str()))
                || choice.pattern.as_ref().is_some_and(|pattern| pattern.is_match(copy))
        };
        Some((question, choices.iter().find(stands)?))
    })
}
