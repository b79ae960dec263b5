//! 调: another dialog in between, whose answers come back under one name; and 去, on with
//! another step.

use crate::dialog::run::conversation::Frame;
use crate::dialog::run::event::{Env, Fault};
use crate::dialog::run::step::Walk;
use crate::dialog::run::understand;
use crate::dialog::script::value::{Answer, Fields, How, Value};
use crate::dialog::script::words::brief;
use crate::dialog::script::{Dialog, Step, StepKind};

impl Walk<'_> {
    /// What she said at the beginning may answer its questions as well.
    pub fn enter_sub(&mut self, id: &str) -> Result<(), Fault> {
        let Some(outer) = self.now.active.take() else { return Ok(()) };
        let intake = self.dialog_of(&outer)?.intake;
        let mut frame = Frame::new(id, outer.medium, &outer.opening, self.env.now);
        self.script.pin_like(&mut frame, &outer);
        let dialog = self.dialog_of(&frame)?;
        if intake {
            let said = understand::intake(dialog, &frame, &outer.opening, 0..0, false, self.env);
            for (slot, answer) in said.found {
                frame.set(&slot, answer);
            }
        }
        frame.opening.clear();
        frame.misses = outer.misses;
        frame.outer = Some(Box::new(outer));
        self.now.active = Some(frame);
        Ok(())
    }

    /// A dialog has come to its end: the one that called it goes on, or nothing does.
    pub fn complete(&mut self) -> Result<(), Fault> {
        match self.now.active.take() {
            Some(frame) if frame.outer.is_some() => self.come_back(frame),
            frame => {
                self.now.active = frame;
                self.finish()
            }
        }
    }

    fn come_back(&mut self, mut frame: Frame) -> Result<(), Fault> {
        let Some(mut outer) = frame.outer.take() else { return Ok(()) };
        let dialog = self.dialog_of(&frame)?;
        let told = dialog.questions().filter_map(|question| frame.answers.get(&question.slot));
        let told = told.filter(|answer| answer.value != Value::Skipped);
        let label = told.map(|answer| brief(&answer.value)).collect::<Vec<_>>().join("，");
        let answers = frame.answers.into_iter().filter(|(_, a)| a.value != Value::Skipped);
        let fields: Fields = answers.map(|(slot, answer)| (slot, answer.value)).collect();
        let value = Value::Row { value: frame.dialog.clone(), label, fields };
        let within = self.dialog_of(&outer)?;
        if let Some(result) = within.awaits(&outer, &frame.dialog, self.env) {
            outer.set(&result, Answer { raw: String::new(), value, how: How::Exact });
        }
        outer.photos.append(&mut frame.photos);
        outer.voices.append(&mut frame.voices);
        outer.misses = frame.misses;
        outer.touched = self.env.now;
        self.now.active = Some(*outer);
        self.advance()
    }

    /// Back out of a dialog in which nothing was answered yet. False: nothing called it.
    pub fn back_out(&mut self) -> bool {
        let outer = self.now.active.as_mut().and_then(|frame| frame.outer.take());
        match outer {
            Some(outer) => {
                self.now.active = Some(*outer);
                true
            }
            None => false,
        }
    }
}

impl Dialog {
    /// The name under which a frame of this dialog waits for another one.
    fn awaits(&self, frame: &Frame, sub: &str, env: &Env) -> Option<String> {
        match &frame.next(self, env)?.kind {
            StepKind::Sub { dialog, result } if dialog == sub => Some(result.clone()),
            _ => None,
        }
    }
}

impl Frame {
    /// Steps whose condition holds and that no 去 leads past.
    pub fn way<'d>(
        &'d self,
        dialog: &'d Dialog,
        env: &'d Env<'d>,
    ) -> impl Iterator<Item = &'d Step> {
        let mut at = 0;
        std::iter::from_fn(move || {
            while let Some(step) = dialog.steps.get(at) {
                if !self.is_relevant(step, env) {
                    at += 1;
                    continue;
                }
                let target = match &step.kind {
                    StepKind::Go(target) => dialog.steps.iter().position(|s| s.id == *target),
                    _ => None,
                };
                match target.filter(|to| *to > at) {
                    Some(to) => at = to,
                    None => {
                        at += 1;
                        return Some(step);
                    }
                }
            }
            None
        })
    }

    /// Back to an earlier step: what lies between is asked anew.
    pub fn go_back(&mut self, dialog: &Dialog, from: &str, to: &str) {
        let place = |id: &str| dialog.steps.iter().position(|step| step.id == id);
        let (Some(to), Some(from)) = (place(to), place(from)) else { return };
        for step in dialog.steps.get(to..=from).unwrap_or_default() {
            self.answers.remove(&step.id);
            self.log.retain(|slot| *slot != step.id);
            self.done.retain(|id| *id != step.id);
            if let StepKind::Call(call) = &step.kind
                && let Some(result) = &call.result
            {
                self.answers.remove(result);
            }
        }
        self.asked = None;
    }

    /// What the step computes is there when its text is said.
    pub fn compute(&mut self, step: &Step) {
        for formula in &step.compute {
            let number = |path: &_| self.value(path).as_ref().and_then(number_of);
            match formula.compute(&number) {
                Some(result) => {
                    let value = Value::Number(result);
                    let answer = Answer { raw: String::new(), value, how: How::Given };
                    self.answers.insert(formula.name.clone(), answer);
                }
                None => {
                    self.answers.remove(&formula.name);
                }
            }
        }
    }
}

/// In thousandths; a cell of a table may hold a number, with 元 behind it.
fn number_of(value: &Value) -> Option<i64> {
    match value {
        Value::Number(thousandths) | Value::Quantity { thousandths, .. } => Some(*thousandths),
        Value::Money { fen, .. } => fen.checked_mul(10),
        Value::Text(text) => crate::zh::number(text.trim().trim_end_matches(['元', '块'])),
        _ => None,
    }
}
