//! One event into a conversation: who gets it first, and what becomes of it.
//!
//! A person in charge, a command for the whole program, the question that was asked, what
//! was offered, a correction, another dialog, answers to later questions, and at last the
//! ladder of "I did not understand".

use crate::dialog::run::conversation::{Conversation, Draft, Frame, summary};
use crate::dialog::run::event::{Effect, Env, Event, Fault, Turn};
use crate::dialog::run::trace::{Stop, Trace};
use crate::dialog::script::value::{Answer, Fields, How, Value};
use crate::dialog::script::{Command, Dialog, Kind, Script, StepKind};
use crate::zh;

/// A person gives the conversation back with one of these.
const BACK_TO_BOT: [&str; 2] = ["机器人", "结束"];
const STATE_BYTES_MAX: usize = 16 * 1024;
/// What she may write in one message; the rest of a longer one is cut off.
const TEXT_BYTES_MAX: usize = 4_000;
/// Of the words that come with a point on the map.
const LABEL_BYTES_MAX: usize = 300;
/// Of one text in what a call gives; its sentence is one message.
const RESULT_TEXT_BYTES_MAX: usize = 1_800;
/// Of the long texts of all rows together.
const RESULT_ROWS_BYTES: usize = 3_600;
const PHOTOS_MAX: usize = 9;

/// The next conversation, and what is to be said and done. The same input gives the same
/// output, always.
pub fn step(
    script: &Script,
    before: &Conversation,
    event: &Event,
    env: &Env,
) -> Result<Turn, Fault> {
    // Languages are of the current version: who runs by an older one hears the original.
    let script = script.in_language(env.language);
    let now = before.clone();
    let mut walk = Walk { script, env, now, effects: Vec::new(), traces: Vec::new() };
    // What is only noted down leaves her dialogs as they are: a new version is for her next message.
    let is_noted = matches!(event, Event::Offer(_) | Event::Takeover);
    if !is_noted {
        walk.settle(event);
        walk.lapse();
        let gone = |frame: &&Frame| script.dialog_of(frame).is_none();
        if let Some(frame) = walk.now.active.iter().flat_map(Frame::chain).find(gone) {
            return Err(Fault::DialogGone(frame.dialog.clone()));
        }
    }
    walk.take(event)?;
    walk.trace_asked(before);
    walk.now.pin(script);
    walk.shrink()?;
    Ok(Turn { conversation: walk.now, effects: walk.effects, traces: walk.traces })
}

pub(in crate::dialog) struct Walk<'a> {
    pub script: &'a Script,
    pub env: &'a Env<'a>,
    pub now: Conversation,
    pub effects: Vec<Effect>,
    pub traces: Vec<Trace>,
}

impl<'a> Walk<'a> {
    pub fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.effects.push(Effect::Say(text));
        }
    }

    pub fn phrase(&self, name: &str, values: &[(&str, String)]) -> String {
        self.script.phrase_for(name, self.env.medium, |slot| {
            values.iter().find(|(known, _)| *known == slot).map(|(_, value)| value.clone())
        })
    }

    pub fn say_phrase(&mut self, name: &str) {
        let text = self.phrase(name, &[]);
        self.say(text);
    }

    /// The dialog of a frame, in the version that it runs by.
    pub fn dialog_of(&self, frame: &Frame) -> Result<&'a Dialog, Fault> {
        self.script.dialog_of(frame).ok_or_else(|| Fault::DialogGone(frame.dialog.clone()))
    }

    /// What waited too long becomes a draft; what is too old goes.
    fn lapse(&mut self) {
        let at = self.env.now;
        let script = self.script;
        self.now.offers.retain(|offer| offer.until > at);
        let gone = |frame: &Frame| frame.chain().any(|frame| script.dialog_of(frame).is_none());
        if self.now.parked.as_ref().is_some_and(gone) {
            self.now.parked = None;
        }
        if self.now.draft_is_over(at) || self.now.draft.as_ref().is_some_and(|d| gone(&d.frame)) {
            self.now.draft = None;
        }
        if self.now.is_with_person() {
            return;
        }
        let over = |frame: &Frame| self.now.expiry(script, frame) <= at;
        let lead = self.now.active.as_ref().or(self.now.parked.as_ref());
        if lead.is_some_and(over) {
            let frames = [self.now.active.take(), self.now.parked.take()];
            for frame in frames.iter().flatten() {
                self.trace_stop(frame, Stop::Silent);
            }
            if let Some(frame) = frames.into_iter().flatten().find(Frame::is_worth_keeping) {
                self.now.draft = Some(Draft::of(frame));
            }
        }
    }

    /// Keeps the record small: the oldest goes first, what she is doing never.
    fn shrink(&mut self) -> Result<(), Fault> {
        let size =
            |now: &Conversation| serde_json::to_vec(now).map_or(usize::MAX, |json| json.len());
        let mut left = size(&self.now);
        if left > STATE_BYTES_MAX && self.now.draft.take().is_some() {
            left = size(&self.now);
        }
        if left > STATE_BYTES_MAX {
            let frames = [&mut self.now.active, &mut self.now.parked];
            frames.into_iter().flatten().for_each(Frame::forget_wording);
            left = size(&self.now);
        }
        if left > STATE_BYTES_MAX && self.now.parked.take().is_some() {
            left = size(&self.now);
        }
        if left > STATE_BYTES_MAX { Err(Fault::TooLarge(left, STATE_BYTES_MAX)) } else { Ok(()) }
    }

    fn take(&mut self, event: &Event) -> Result<(), Fault> {
        let hers = !matches!(
            event,
            Event::Wake
                | Event::Result { .. }
                | Event::Offer(_)
                | Event::Takeover
                | Event::Release
                | Event::Follow { .. }
        );
        if let Event::Text(text) | Event::Voice { text: Some(text), .. } = event
            && let Some(dialog) = self.in_danger(text)
            && !self.picks(text)
        {
            if self.now.is_with_person() {
                self.hold(event)?;
            }
            return self.rescue(dialog, clip(text, TEXT_BYTES_MAX));
        }
        if hers && self.now.is_with_person() {
            self.hold(event)?;
            return Ok(());
        }
        if hers {
            for frame in [&mut self.now.active, &mut self.now.parked].into_iter().flatten() {
                frame.touched = self.env.now;
                frame.reminded = false;
            }
        }
        match event {
            Event::Text(text) => self.text(&self.private(&readable(text, TEXT_BYTES_MAX))),
            Event::Voice { media, text: Some(text) } => {
                self.text(&self.private(&readable(text, TEXT_BYTES_MAX)))?;
                self.keep_voice(media);
                Ok(())
            }
            Event::Voice { media, text: None } => {
                self.keep_voice(media);
                let media = Some(media.clone());
                self.effects.push(Effect::HeldForStaff { text: String::new(), media });
                self.say_phrase("voice");
                Ok(())
            }
            Event::Photo { media } => self.photo(media),
            Event::Location { latitude, longitude, label } => {
                self.location(*latitude, *longitude, &readable(label, LABEL_BYTES_MAX))
            }
            Event::Menu(key) => self.menu(key),
            Event::Follow { .. } => {
                self.say_phrase("welcome");
                if self.now.is_with_person() { Ok(()) } else { self.ask_again() }
            }
            Event::Unsupported(_) => {
                self.say_phrase("unsupported");
                self.ask_again()
            }
            Event::Wake => {
                self.remind();
                Ok(())
            }
            Event::Result { call, outcome } => self.result(call, outcome),
            Event::Offer(offer) => {
                if self.script.dialogs.contains_key(&offer.dialog) {
                    self.now.offer(offer.clone(), self.env.now);
                }
                Ok(())
            }
            Event::Takeover => {
                self.now.human_since.get_or_insert(self.env.now);
                Ok(())
            }
            Event::Release => self.release(),
        }
    }

    /// The whole message is a line of the menu that she looks at, or the name of a kind.
    fn picks(&self, text: &str) -> bool {
        let asked = self.now.active.as_ref().and_then(|frame| frame.asked.as_ref());
        let copy = zh::plain(text);
        asked.is_some_and(|asked| asked.shown.iter().any(|shown| shown.label == copy))
            || self.env.places.kinds(text).first().is_some_and(|kind| kind.name == copy)
    }

    /// A person is in charge: the bot is silent, except that she may call it back.
    fn hold(&mut self, event: &Event) -> Result<(), Fault> {
        let (text, media) = match event {
            Event::Text(text) | Event::Voice { text: Some(text), .. }
                if BACK_TO_BOT.contains(&zh::plain(text).as_str()) =>
            {
                self.effects.push(Effect::Released);
                return self.release();
            }
            Event::Text(text) => (clip(text, TEXT_BYTES_MAX).to_owned(), None),
            Event::Voice { media, text } => (text.clone().unwrap_or_default(), Some(media.clone())),
            Event::Photo { media } => (String::new(), Some(media.clone())),
            Event::Location { label, latitude, longitude } => {
                (format!("位置：{label}（{latitude}，{longitude}）"), None)
            }
            Event::Menu(key) => (format!("点了菜单 {key}"), None),
            Event::Unsupported(what) => (what.clone(), None),
            _ => return Ok(()),
        };
        self.effects.push(Effect::HeldForStaff { text, media });
        Ok(())
    }

    fn release(&mut self) -> Result<(), Fault> {
        if self.now.human_since.take().is_none() {
            return Ok(());
        }
        for frame in [&mut self.now.active, &mut self.now.parked].into_iter().flatten() {
            frame.touched = self.env.now;
            frame.misses = 0;
            if let Some(asked) = &mut frame.asked {
                asked.misses = 0;
            }
        }
        self.say_phrase("back_to_bot");
        self.ask_again()
    }

    fn remind(&mut self) {
        let Some(frame) = &self.now.active else { return };
        let due = self.now.reminder(self.script, frame).is_some_and(|at| at <= self.env.now);
        if !due || self.now.is_with_person() {
            return;
        }
        let text = self.script.rules.remind_text.of(frame.medium).fill(|_| None);
        if let Some(frame) = &mut self.now.active {
            frame.reminded = true;
        }
        self.say(text);
    }

    /// Identity numbers are not kept where nobody asks for one.
    fn private(&self, text: &str) -> String {
        let dialog = self.now.active.as_ref().and_then(|frame| self.script.dialog_of(frame));
        let asks = |dialog: &Dialog| {
            dialog.questions().any(|question| matches!(question.kind, Kind::Identity))
        };
        if dialog.is_some_and(asks) {
            text.to_owned()
        } else {
            zh::mask_identity(text).into_owned()
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        if self.answers_cancel(text)? {
            return Ok(());
        }
        if let Some(command) = self.command(text) {
            return self.obey(command);
        }
        if self.now.active.is_some() {
            return self.while_busy(text);
        }
        self.while_idle(text)
    }

    pub fn menu(&mut self, key: &str) -> Result<(), Fault> {
        let commands = [
            ("CANCEL", Command::Cancel),
            ("BACK", Command::Back),
            ("HELP", Command::Help),
            ("HUMAN", Command::Human),
            ("REPEAT", Command::Repeat),
        ];
        if let Some((_, command)) = commands.iter().find(|(name, _)| *name == key) {
            return self.obey(*command);
        }
        let dialogs = &self.script.dialogs;
        let Some(dialog) = dialogs.values().find(|dialog| dialog.menu_key.as_deref() == Some(key))
        else {
            // An old menu, still on her phone.
            self.say_phrase("welcome");
            return self.ask_again();
        };
        match self.now.active.as_ref().map(|frame| frame.dialog == dialog.id) {
            Some(true) => self.ask_again(),
            Some(false) => self.interrupt(dialog, ""),
            None if !dialog.side && self.asks_draft(Some(dialog), "") => Ok(()),
            None => self.start(dialog, "", 0..0),
        }
    }

    pub fn keep_voice(&mut self, media: &str) {
        if let Some(frame) = &mut self.now.active
            && frame.voices.len() < PHOTOS_MAX
        {
            frame.voices.push(media.to_owned());
        }
    }

    pub fn photo(&mut self, media: &str) -> Result<(), Fault> {
        if self.now.active.is_none() {
            self.now.active = self.now.parked.take();
        }
        if let Some(question) = self.open_question()
            && matches!(question.kind, Kind::Photo)
        {
            let value = Value::Files(vec![media.to_owned()]);
            let answer = Answer { raw: String::new(), value, how: How::Exact };
            return self.accept(question, answer).map(|_| ());
        }
        if self.now.active.is_some() {
            let script = self.script;
            let takes = |frame: &Frame| script.dialog_of(frame).is_some_and(Dialog::takes_photos);
            let frames = [&mut self.now.active, &mut self.now.parked];
            let frame = frames.into_iter().flatten().find(|frame| {
                takes(frame)
                    && (frame.photos.len() < PHOTOS_MAX || frame.photos.contains(&media.to_owned()))
            });
            match frame {
                Some(frame) if !frame.photos.iter().any(|known| known == media) => {
                    frame.photos.push(media.to_owned());
                }
                Some(_) => {}
                // Nothing here asks for it: a person looks at it.
                None => self.effects.push(Effect::HeldForStaff {
                    text: String::new(),
                    media: Some(media.to_owned()),
                }),
            }
            self.say_phrase("photo_kept");
            return self.ask_again();
        }
        if self.photo_answers(media)? {
            return Ok(());
        }
        let takes = |dialog: &&Dialog| {
            dialog.intake
                && dialog.calls("create_case")
                && dialog.questions().any(|question| matches!(question.kind, Kind::Photo))
        };
        let Some(dialog) = self.script.each_dialog().find(takes) else {
            self.say_phrase("unclear");
            return Ok(());
        };
        self.say_phrase("photo_kept");
        let mut frame = Frame::new(&dialog.id, self.env.medium, "", self.env.now);
        frame.photos.push(media.to_owned());
        self.now.active = Some(frame);
        self.advance()
    }

    pub fn location(&mut self, latitude: f64, longitude: f64, label: &str) -> Result<(), Fault> {
        let point = Answer {
            raw: label.to_owned(),
            value: Value::Point {
                latitude: millionths(latitude),
                longitude: millionths(longitude),
                label: label.to_owned(),
            },
            how: How::Exact,
        };
        if let Some(question) = self.open_question() {
            match question.kind {
                Kind::Location => return self.accept(question, point).map(|_| ()),
                Kind::Village if !label.is_empty() && self.answer_question(question, label)? => {
                    return Ok(());
                }
                _ => {}
            }
        }
        let Some(frame) = &self.now.active else {
            self.say_phrase("unclear");
            return Ok(());
        };
        let dialog = self.dialog_of(frame)?;
        let later = dialog.questions().find(|question| {
            matches!(question.kind, Kind::Location) && !frame.answers.contains_key(&question.slot)
        });
        if let Some(question) = later
            && let Some(frame) = &mut self.now.active
        {
            frame.set(&question.slot, point);
            self.say_phrase("location_kept");
        } else {
            self.say_phrase("unsupported");
        }
        self.ask_again()
    }

    pub fn result(&mut self, call: &str, outcome: &Result<Value, String>) -> Result<(), Fault> {
        let Some(frame) = &mut self.now.active else { return Ok(()) };
        let Some((_, step)) = frame.calling.take_if(|(id, _)| id == call) else { return Ok(()) };
        let dialog = self.script.dialog_of(frame);
        let found = dialog.and_then(|dialog| dialog.steps.iter().find(|known| known.id == step));
        let Some(StepKind::Call(wanted)) = found.map(|step| &step.kind) else {
            return self.advance();
        };
        match outcome {
            Ok(value) => {
                if let Some(slot) = &wanted.result {
                    let value = fitting(value);
                    let answer = Answer { raw: String::new(), value, how: How::Given };
                    frame.answers.insert(slot.clone(), answer);
                }
                frame.done.push(step);
                self.advance()
            }
            Err(words) if !words.is_empty() => {
                // Nothing that she wrote is lost: it can be taken up again. Not so what does not
                // go with this case: it would be refused again.
                let kept = self.now.active.take().filter(Frame::is_worth_keeping);
                let wrote = |frame: &Frame| {
                    let texts = dialog.into_iter().flat_map(Dialog::questions);
                    texts
                        .filter(|question| matches!(question.kind, Kind::LongText { .. }))
                        .any(|question| frame.answers.contains_key(&question.slot))
                };
                let fits = |frame: &Frame| !frame.answers.contains_key("case") && wrote(frame);
                if let Some(frame) = kept.filter(fits) {
                    self.now.draft = Some(Draft::of(frame));
                }
                self.say(words.clone());
                self.finish()
            }
            Err(_) => {
                let text = frame.fill(&wanted.failure, self.env.medium);
                let summary = summary(&self.now, self.script);
                self.say(text);
                self.effects.push(Effect::Handoff { reason: "系统没有办成".into(), summary });
                self.finish()
            }
        }
    }
}

fn millionths(degrees: f64) -> i64 {
    (degrees.clamp(-180.0, 180.0) * 1e6).round() as i64
}

/// Without what nobody can see, which is six bytes each on disk.
fn readable(text: &str, bytes: usize) -> String {
    clip(text, bytes).chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

/// A result whose longest texts are cut so that it can be kept, and said in one message.
fn fitting(value: &Value) -> Value {
    let cut = |fields: &Fields, bytes: usize| -> Fields {
        let cut = |value: &Value| match value {
            Value::Text(text) if text.len() > bytes => {
                Value::Text(format!("{}…", clip(text, bytes)))
            }
            other => other.clone(),
        };
        fields.iter().map(|(name, value)| (name.clone(), cut(value))).collect()
    };
    match value {
        Value::Record(fields) => Value::Record(cut(fields, RESULT_TEXT_BYTES_MAX)),
        Value::List(rows) => {
            let each = (RESULT_ROWS_BYTES / rows.len().max(1)).min(RESULT_TEXT_BYTES_MAX);
            Value::List(rows.iter().map(|row| cut(row, each)).collect())
        }
        other => other.clone(),
    }
}

/// At most so many bytes, between two characters.
pub(in crate::dialog) fn clip(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
