//! What a step teaches about the dialogs themselves: which question was asked, where somebody
//! stopped, what was not understood. Nothing of it changes what she hears.

use crate::dialog::run::conversation::{Conversation, Frame};
use crate::dialog::run::step::Walk;
use crate::dialog::script::{Kind, StepKind};

/// A question of a dialog, or its confirmation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub dialog: String,
    pub step: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    Asked(Spot),
    Stopped(Spot, Stop),
    Misheard(Misheard),
}

/// How she left a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Silent,
    Cancelled,
    /// A person took over, because she wanted one or nothing was understood.
    HandedOver,
}

/// A message that was not understood, or that she had to be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misheard {
    /// `None`: nothing was under way.
    pub at: Option<Spot>,
    /// Empty where she was asked who she is.
    pub text: String,
    /// She was asked for a place: its name is what there is to learn.
    pub place: bool,
    /// What it may have meant; empty: nobody could tell.
    pub taken: String,
}

impl Trace {
    /// Nobody could tell what she meant.
    pub fn is_miss(&self) -> bool {
        matches!(self, Trace::Misheard(misheard) if misheard.taken.is_empty())
    }
}

impl Spot {
    pub(in crate::dialog) fn of(frame: &Frame) -> Option<Self> {
        let step = frame.asked.as_ref()?.step.clone();
        Some(Self { dialog: frame.dialog.clone(), step })
    }
}

impl Walk<'_> {
    pub fn trace_stop(&mut self, frame: &Frame, stop: Stop) {
        self.traces.extend(Spot::of(frame).map(|spot| Trace::Stopped(spot, stop)));
    }

    /// At the question that she was asked last.
    pub fn trace_stop_here(&mut self, stop: Stop) {
        let spot = self.now.active.as_ref().and_then(Spot::of);
        self.traces.extend(spot.map(|spot| Trace::Stopped(spot, stop)));
    }

    pub fn trace_misheard(&mut self, text: &str, taken: String) {
        let at = self.now.active.as_ref().and_then(Spot::of);
        let is_private = |kind: &Kind| {
            matches!(kind, Kind::PersonName | Kind::Mobile | Kind::Identity | Kind::Location)
        };
        let kind = self.open_question().map(|question| &question.kind);
        let place = matches!(kind, Some(Kind::Village));
        let text = if kind.is_some_and(is_private) { "" } else { text }.to_owned();
        self.traces.push(Trace::Misheard(Misheard { at, text, place, taken }));
    }

    /// A question is asked once, however often it is shown again.
    pub fn trace_asked(&mut self, before: &Conversation) {
        let Some(frame) = &self.now.active else { return };
        let stands = |known: &Frame| {
            known.dialog == frame.dialog
                && known.started == frame.started
                && Spot::of(known) == Spot::of(frame)
        };
        let known = [&before.active, &before.parked].into_iter().flatten();
        let Some(spot) = Spot::of(frame).filter(|_| !known.flat_map(Frame::chain).any(stands))
        else {
            return;
        };
        let unsure = self.unsure_matter(frame);
        self.traces.push(Trace::Asked(spot));
        if let Some((text, taken)) = unsure {
            self.trace_misheard(&text, taken);
        }
    }

    /// She wrote what it is about, and has to be asked which kind of matter that is.
    fn unsure_matter(&self, frame: &Frame) -> Option<(String, String)> {
        let asked = frame.asked.as_ref()?;
        let dialog = self.script.dialog_of(frame)?;
        let step = dialog.steps.iter().find(|step| step.id == asked.step)?;
        let StepKind::Ask(question) = &step.kind else { return None };
        let text = frame.matter();
        if !matches!(question.kind, Kind::Matter) || text.is_empty() {
            return None;
        }
        let labels: Vec<&str> = asked.shown.iter().map(|shown| shown.label.as_str()).collect();
        Some((text.to_owned(), labels.join("、")))
    }
}
