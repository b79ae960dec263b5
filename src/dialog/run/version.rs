//! Which version of its dialog a frame runs by. A change of texts reaches her at her next
//! message; after a change of structure she finishes by the snapshot with which she began,
//! unless the new one was put live at once: then her answers are carried over.

use crate::dialog::run::conversation::{Conversation, Frame};
use crate::dialog::run::event::Event;
use crate::dialog::run::step::Walk;
use crate::dialog::script::value::{Answer, Value};
use crate::dialog::script::{Dialog, Kind, Script, StepKind};

impl Conversation {
    fn frames(&self) -> impl Iterator<Item = &Frame> {
        let draft = self.draft.as_ref().map(|draft| &draft.frame);
        [self.active.as_ref(), self.parked.as_ref(), draft].into_iter().flatten()
    }

    fn frames_mut(&mut self) -> impl Iterator<Item = &mut Frame> {
        let draft = self.draft.as_mut().map(|draft| &mut draft.frame);
        [self.active.as_mut(), self.parked.as_mut(), draft].into_iter().flatten()
    }

    /// Dialogs that she is in, or that wait for her.
    pub fn dialogs_under_way(&self) -> impl Iterator<Item = &str> {
        let frames = [self.active.as_ref(), self.parked.as_ref()].into_iter().flatten();
        frames.map(|frame| frame.dialog.as_str())
    }

    /// Snapshots by which it runs.
    pub fn snapshots(&self) -> impl Iterator<Item = &str> {
        let frames = self.frames().flat_map(Frame::chain);
        frames.map(|frame| frame.script.as_str()).filter(|hash| !hash.is_empty())
    }

    /// Snapshots that it needs beside the current one and those that `script` holds already.
    pub fn missing(&self, script: &Script) -> Vec<String> {
        let frames = self.frames().flat_map(Frame::chain);
        let missing = frames.filter(|frame| !script.runs(frame) && !script.at_once);
        let mut hashes: Vec<String> = missing.map(|frame| frame.script.clone()).collect();
        hashes.sort();
        hashes.dedup();
        hashes
    }

    /// What is new begins with the current snapshot.
    pub(in crate::dialog) fn pin(&mut self, script: &Script) {
        for frame in self.frames_mut() {
            frame.each(&mut |frame| script.pin(frame));
        }
    }

    /// As if a new version had been put live at once: for transcripts.
    pub(in crate::dialog) fn outdate(&mut self) {
        for frame in self.frames_mut() {
            frame.each(&mut |frame| {
                frame.script = "-".into();
                frame.structure = "-".into();
            });
        }
    }
}

impl Frame {
    fn each(&mut self, change: &mut impl FnMut(&mut Frame)) {
        change(self);
        if let Some(outer) = &mut self.outer {
            outer.each(change);
        }
    }
}

impl Walk<'_> {
    /// Frames whose texts alone changed come along; those whose dialog is not to be had in
    /// their version any more are carried over.
    pub fn settle(&mut self, event: &Event) {
        let script = self.script;
        let mut carried = false;
        for frame in self.now.frames_mut() {
            frame.each(&mut |frame| {
                if script.floats(frame) {
                    script.pin_now(frame);
                } else if !script.runs(frame)
                    && let Some(dialog) = script.dialog(&frame.dialog)
                {
                    let old = script.older.iter().find(|old| old.hash == frame.script);
                    let old = old.and_then(|old| old.dialog(&frame.dialog));
                    frame.carry_over(dialog, old);
                    script.pin_now(frame);
                    carried = true;
                }
            });
        }
        let hers = matches!(event, Event::Text(_) | Event::Voice { .. } | Event::Photo { .. });
        if carried && hers && self.now.is_busy() && !self.now.is_with_person() {
            self.say_phrase("updated");
        }
    }
}

impl Script {
    /// The dialog of a frame, in the version that it runs by.
    pub(in crate::dialog) fn dialog_of(&self, frame: &Frame) -> Option<&Dialog> {
        let now = self.dialog(&frame.dialog);
        if let Some(now) = now.filter(|now| self.is_of(frame, now)) {
            return Some(now);
        }
        let old = self.older.iter().find(|old| old.hash == frame.script)?;
        old.dialog(&frame.dialog)
    }

    fn is_of(&self, frame: &Frame, dialog: &Dialog) -> bool {
        frame.structure.is_empty() || frame.structure == dialog.structure
    }

    fn floats(&self, frame: &Frame) -> bool {
        self.dialogs.get(&frame.dialog).is_some_and(|dialog| self.is_of(frame, dialog))
    }

    /// By the current snapshot, or by an older one that is held.
    fn runs(&self, frame: &Frame) -> bool {
        let held = || self.older.iter().any(|old| old.hash == frame.script);
        self.floats(frame) || (!self.at_once && held())
    }

    fn pin_now(&self, frame: &mut Frame) {
        if let Some(dialog) = self.dialogs.get(&frame.dialog) {
            frame.script.clone_from(&self.hash);
            frame.structure.clone_from(&dialog.structure);
        }
    }

    fn pin(&self, frame: &mut Frame) {
        if frame.structure.is_empty() {
            self.pin_now(frame);
        }
    }

    /// A dialog that is called runs by the version of the one that calls it.
    pub(in crate::dialog) fn pin_like(&self, frame: &mut Frame, outer: &Frame) {
        let old = self.older.iter().find(|old| old.hash == outer.script);
        match old.filter(|_| !self.floats(outer)).and_then(|old| old.dialogs.get(&frame.dialog)) {
            Some(dialog) => {
                frame.script.clone_from(&outer.script);
                frame.structure.clone_from(&dialog.structure);
            }
            None => self.pin_now(frame),
        }
    }
}

impl Frame {
    /// Keeps the answers that the new version still asks for and still allows.
    fn carry_over(&mut self, new: &Dialog, old: Option<&Dialog>) {
        for (from, to) in &new.upgrade.rename {
            if let Some(answer) = self.answers.remove(from) {
                self.answers.entry(to.clone()).or_insert(answer);
                self.log.iter_mut().filter(|slot| *slot == from).for_each(|s| s.clone_from(to));
            }
        }
        self.answers.retain(|slot, answer| {
            !new.upgrade.discard.contains(slot)
                && match new.question(slot) {
                    Some(question) => question.kind.fits(answer),
                    None => old.is_none_or(|old| old.question(slot).is_none()),
                }
        });
        self.log.retain(|slot| self.answers.contains_key(slot));
        let asked = self.asked.take();
        self.asked = asked.filter(|asked| {
            new.question(&asked.step).is_some_and(|question| {
                let same = |old: &Dialog| {
                    old.question(&asked.step).is_some_and(|old| old.kind.is_like(&question.kind))
                };
                old.is_none_or(same) && !self.answers.contains_key(&asked.step)
            })
        });
        // Steps without an answer are known by their place, which may have moved; what was
        // done for her is not done twice.
        let was_done = std::mem::take(&mut self.done);
        for step in &new.steps {
            let done = match &step.kind {
                StepKind::Call(call) => old.unwrap_or(new).steps.iter().any(|before| {
                    matches!(&before.kind, StepKind::Call(other) if other.action.id == call.action.id)
                        && was_done.contains(&before.id)
                }),
                StepKind::Say { end: false, .. } => {
                    old.unwrap_or(new).steps.iter().any(|before| {
                        matches!(before.kind, StepKind::Say { .. })
                            && before.id == step.id
                            && was_done.contains(&before.id)
                    })
                }
                _ => false,
            };
            if done {
                self.done.push(step.id.clone());
            }
        }
    }
}

impl Kind {
    pub(in crate::dialog) fn is_like(&self, other: &Kind) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// An answer that was given to an older version counts for this one.
    pub(in crate::dialog) fn fits(&self, answer: &Answer) -> bool {
        let chosen = |value: &Value| match (self, value) {
            (Kind::Choice(choices) | Kind::Many { choices, .. }, Value::Choice { value, .. }) => {
                choices.iter().any(|choice| choice.value == *value)
            }
            _ => false,
        };
        let within = |n: i64, min: &Option<i64>, max: &Option<i64>| {
            min.is_none_or(|min| n >= min) && max.is_none_or(|max| n <= max)
        };
        match (self, &answer.value) {
            (_, Value::Skipped) => true,
            (Kind::Choice(_), value) => chosen(value),
            (Kind::Many { .. }, Value::Several(values)) => values.iter().all(chosen),
            (Kind::ChoiceFrom(_), Value::Row { .. } | Value::Choice { .. }) => true,
            (Kind::Matter, Value::Choice { .. }) => true,
            (Kind::Village, Value::Village { .. }) | (Kind::YesNo, Value::Flag(_)) => true,
            (Kind::Quantity { min, max }, Value::Quantity { thousandths, .. }) => {
                within(*thousandths, min, max)
            }
            (Kind::Money { min, max }, Value::Money { fen, .. }) => within(*fen, min, max),
            (Kind::Day, Value::Day(_)) | (Kind::Identity, Value::Identity(_)) => true,
            (Kind::Photo, Value::Files(_)) | (Kind::Location, Value::Point { .. }) => true,
            (
                Kind::Mobile
                | Kind::PersonName
                | Kind::ShortText
                | Kind::LongText { .. }
                | Kind::Location
                | Kind::Day,
                Value::Text(_),
            ) => true,
            _ => false,
        }
    }
}

/// Answers that a conversation would have to give again under another script, by the name of
/// the dialog and the slot; nothing when it would go on as it is.
pub fn lost_answers(
    conversation: &Conversation,
    from: &Script,
    to: &Script,
) -> Vec<(String, String)> {
    let mut lost = Vec::new();
    for frame in conversation.frames().flat_map(Frame::chain) {
        let Some(new) = to.dialogs.get(&frame.dialog) else {
            lost.extend(frame.log.iter().map(|slot| (frame.dialog.clone(), slot.clone())));
            continue;
        };
        if to.is_of(frame, new) {
            continue;
        }
        let mut moved = frame.clone();
        moved.carry_over(new, from.dialog_of(frame));
        let renamed = |slot: &String| {
            let found = new.upgrade.rename.iter().find(|(from, _)| from == slot);
            found.map_or(slot.clone(), |(_, to)| to.clone())
        };
        let gone = frame.log.iter().map(renamed).filter(|slot| !moved.answers.contains_key(slot));
        lost.extend(gone.map(|slot| (new.name.clone(), slot)));
    }
    lost
}
