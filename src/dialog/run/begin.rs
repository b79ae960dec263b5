//! How a dialog begins: by what was offered, by an entry word, by what she writes about; and
//! how one waits for another, or for another day.

use std::ops::Range;

use crate::dialog::run::busy::SENTENCE_CHARACTERS;
use crate::dialog::run::conversation::{Frame, Offer};
use crate::dialog::run::event::Fault;
use crate::dialog::run::step::{Walk, clip};
use crate::dialog::run::understand::{self, Parsed};
use crate::dialog::script::value::How;
use crate::dialog::script::words::Medium;
use crate::dialog::script::{Command, Dialog, Kind};
use crate::meaning::Intent;
use crate::zh;

/// Of the message with which a dialog begins.
const OPENING_BYTES_MAX: usize = 2_000;
const THANKS: [&str; 12] = [
    "谢谢",
    "谢谢您",
    "谢谢你",
    "谢了",
    "多谢",
    "好的谢谢",
    "好谢谢",
    "辛苦了",
    "好的",
    "好",
    "知道了",
    "麻烦了",
];

/// A wish of nothing but these does not say what: 我想订点东西.
const SAYS_NOTHING: &str =
    "我俺咱你您们给帮请想要来再买订购下单货物品商城东西点些个一怎么能可以吗呢吧啊了";

fn says_what(text: &str) -> bool {
    text.chars().any(|c| c.is_alphanumeric() && !SAYS_NOTHING.contains(c))
}

impl<'a> Walk<'a> {
    pub fn while_idle(&mut self, text: &str) -> Result<(), Fault> {
        // What was asked last is answered first.
        if self.answers_draft(text)? || self.answers_resume(text)? || self.take_offer(text)? {
            return Ok(());
        }
        let entry = self.begins(text);
        let side = entry.as_ref().is_some_and(|(dialog, _)| dialog.side);
        if !side && self.asks_draft(entry.as_ref().map(|(dialog, _)| *dialog), text) {
            return Ok(());
        }
        if let Some((dialog, span)) = entry {
            return self.start(dialog, text, span);
        }
        if self.now.parked.is_some() {
            self.now.active = self.now.parked.take();
            return self.while_busy(text);
        }
        let intent = self.env.places.intent(text);
        match intent {
            Some(Intent::Human) => return self.obey(Command::Human),
            Some(Intent::Help) => return self.obey(Command::Help),
            _ => {}
        }
        let meant = |dialog: &&Dialog| intent.is_some_and(|i| dialog.intents.contains(&i));
        if let Some(dialog) = self.script.each_dialog().find(meant) {
            return self.start_meant(dialog, text);
        }
        let matters = intent.is_none_or(|i| matches!(i, Intent::Report | Intent::Consult));
        if matters && let Some(dialog) = self.by_matter(text) {
            return self.start(dialog, text, 0..0);
        }
        let copy = zh::plain(text);
        let thanks = intent == Some(Intent::Thanks) || THANKS.iter().any(|word| *word == copy);
        if !thanks && intent != Some(Intent::Chitchat) {
            self.trace_misheard(text, String::new());
        }
        self.say_phrase(match intent {
            _ if thanks => "you_are_welcome",
            Some(Intent::Chitchat) => "welcome",
            _ => "unclear",
        });
        Ok(())
    }

    /// The dialog that the message begins, and the bytes of the word that says so.
    pub fn begins(&self, text: &str) -> Option<(&'a Dialog, Range<usize>)> {
        if let Some(dialog) = self.entry(text) {
            return Some((dialog, 0..text.len()));
        }
        let copy = zh::plain(text);
        if self.env.medium == Medium::Sms
            && let Some(dialog) =
                self.script.each_dialog().find(|dialog| dialog.sms.as_deref() == Some(&*copy))
        {
            return Some((dialog, 0..text.len()));
        }
        if let Some(dialog) = self.by_pattern(text) {
            return Some((dialog, 0..0));
        }
        let words = self
            .script
            .entries
            .iter()
            .filter(|(word, _)| word.chars().count() >= 2 && copy.starts_with(word.as_str()));
        let (word, id) = words.max_by_key(|(word, _)| word.len())?;
        let dialog = self.script.dialog(id)?;
        if self.env.places.complains_of(text, word) && !dialog.calls("create_case") {
            return None;
        }
        let rest = &copy[word.len()..];
        let means_it =
            dialog.intake || rest.chars().count() <= 4 || rest.chars().any(|c| c.is_ascii_digit());
        let at = text.find(word.as_str()).unwrap_or(0);
        means_it.then(|| (dialog, at..at + word.len().min(text.len() - at)))
    }

    /// A sentence without an entry word is a matter for the county, and never an order or an
    /// advertisement.
    pub fn by_matter(&self, text: &str) -> Option<&'a Dialog> {
        let files = |dialog: &&Dialog| dialog.intake && dialog.calls("create_case");
        self.script.each_dialog().filter(files).find(|dialog| {
            let frame = Frame::new(&dialog.id, self.env.medium, "", self.env.now);
            understand::intake(dialog, &frame, text, 0..0, true, self.env).is_matter
        })
    }

    pub fn start(
        &mut self,
        dialog: &'a Dialog,
        text: &str,
        entry: Range<usize>,
    ) -> Result<(), Fault> {
        let frame = self.opened(dialog, text, entry);
        self.now.active = Some(frame);
        self.advance()
    }

    /// Begun by what she means and not by a word: 来两袋尿素 answers 想买什么, whatever its length.
    fn start_meant(&mut self, dialog: &'a Dialog, text: &str) -> Result<(), Fault> {
        let mut frame = self.opened(dialog, text, 0..0);
        if let Some(question) = dialog.questions().next()
            && matches!(question.kind, Kind::LongText { .. })
            && dialog.intake
            && says_what(text)
        {
            frame.set(&question.slot, understand::whole(text));
        }
        self.now.active = Some(frame);
        self.advance()
    }

    /// With what the message says already.
    fn opened(&mut self, dialog: &'a Dialog, text: &str, entry: Range<usize>) -> Frame {
        let opening = clip(text, OPENING_BYTES_MAX);
        let mut frame = Frame::new(&dialog.id, self.env.medium, opening, self.env.now);
        if dialog.intake && !text.is_empty() {
            let said = understand::intake(dialog, &frame, text, entry, true, self.env);
            for (slot, answer) in said.found {
                frame.set(&slot, answer);
            }
            if let Some(advice) = said.advice {
                self.say(advice);
            }
        }
        self.take_named(dialog, &mut frame, text);
        frame
    }

    /// What the pattern of the entry marks as the answer to a question: `(?<detail>…)`.
    fn take_named(&self, dialog: &Dialog, frame: &mut Frame, text: &str) {
        let Some(pattern) = &dialog.pattern else { return };
        let Some(found) = pattern.captures(text.trim()) else { return };
        for question in dialog.questions() {
            let said = found.name(&question.slot).filter(|said| says_what(said.as_str()));
            let Some(said) = said else { continue };
            let asked = frame.menu(question, None, self.env);
            let parsed = understand::parse(question, frame, &asked, said.as_str(), self.env);
            if let Parsed::Answer(mut answer) = parsed
                && frame.whole_row(question, &mut answer)
            {
                frame.set(&question.slot, answer);
            }
        }
    }

    /// What she left unfinished is offered once, and again when she begins the same anew.
    pub fn asks_draft(&mut self, begun: Option<&Dialog>, text: &str) -> bool {
        let Some(draft) = &mut self.now.draft else { return false };
        let same = begun.is_some_and(|dialog| dialog.id == draft.frame.dialog);
        if self.now.parked.is_some() || (draft.offered && !same) {
            return false;
        }
        draft.asked = true;
        draft.offered = true;
        draft.held = Some(clip(text, OPENING_BYTES_MAX).to_owned());
        draft.begun = begun.map(|dialog| dialog.id.clone());
        let frame = draft.frame.clone();
        let name = self.script.dialog_of(&frame).map(|d| d.name.clone()).unwrap_or_default();
        let left = self.left_to_ask(&frame).to_string();
        let text = self.phrase("draft", &[("名称", name), ("还差", left)]);
        self.say(text);
        true
    }

    pub fn answers_draft(&mut self, text: &str) -> Result<bool, Fault> {
        let Some(draft) = self.now.draft.as_mut().filter(|draft| draft.asked) else {
            return Ok(false);
        };
        draft.asked = false;
        let yes = zh::yes_no(text).or(zh::menu_index(text, 2).map(|index| index == 0));
        let Some(yes) = yes else {
            let held = draft.held.take().filter(|held| !held.is_empty());
            // She goes on with what she came with.
            if let Some(held) = held
                && self.begins(text).is_none()
                && !THANKS.contains(&zh::plain(text).as_str())
            {
                return self.while_idle(&format!("{held}\n{text}")).map(|()| true);
            }
            return Ok(false);
        };
        let Some(draft) = self.now.draft.take() else { return Ok(false) };
        if yes {
            let mut frame = draft.frame;
            frame.touched = self.env.now;
            frame.reminded = false;
            frame.asked = None;
            self.now.active = Some(frame);
            self.advance()?;
        } else {
            // What she came with; without it she is told what to do.
            let held = draft.held.unwrap_or_default();
            let begun = draft.begun.as_ref().and_then(|id| self.script.dialog(id));
            match begun.filter(|_| held.is_empty()) {
                Some(dialog) => self.start(dialog, "", 0..0)?,
                None => self.while_idle(&held)?,
            }
        }
        Ok(true)
    }

    /// A dialog waits and nothing runs: she was asked whether to go on with it.
    pub fn answers_resume(&mut self, text: &str) -> Result<bool, Fault> {
        if self.now.parked.is_none() {
            return Ok(false);
        }
        match zh::yes_no(text).or(zh::menu_index(text, 2).map(|index| index == 0)) {
            Some(true) => {
                self.now.active = self.now.parked.take();
                self.ask_again()?;
            }
            Some(false) => {
                self.now.parked = None;
                let text = self.command_says(Command::Cancel);
                self.say(text);
            }
            None => return Ok(false),
        }
        Ok(true)
    }

    /// The first question of what was offered, answered. While a dialog runs digits belong to
    /// its question.
    /// A sentence is never an answer to a choice: it may hold 可以 and be about something else.
    pub fn take_offer(&mut self, text: &str) -> Result<bool, Fault> {
        let busy = self.now.active.is_some();
        if busy && self.now.parked.is_some() {
            return Ok(false);
        }
        let short = text.chars().count() <= SENTENCE_CHARACTERS;
        for index in (0..self.now.offers.len()).rev() {
            let offer = self.now.offers[index].clone();
            let Some(dialog) = self.script.dialog(&offer.dialog) else { continue };
            let Some(question) = dialog.questions().next() else { continue };
            let fits = match dialog.begins_freely() {
                true => !busy && self.is_free_answer(text, index),
                false => short,
            };
            if !fits {
                continue;
            }
            let asked_last = self.was_asked_last(&offer);
            let opening = clip(text, OPENING_BYTES_MAX);
            let mut frame = Frame::new(&offer.dialog, self.env.medium, opening, self.env.now);
            frame.answers = offer.given;
            frame.offered_until = Some(offer.until);
            let asked = frame.menu(question, None, self.env);
            let parsed = understand::parse(question, &frame, &asked, text, self.env);
            let Parsed::Answer(answer) = parsed else { continue };
            if busy && answer.how == How::Menu && !asked_last {
                continue;
            }
            self.now.offers.remove(index);
            if let Some(mut running) = self.now.active.take() {
                running.goes_on = true;
                self.now.parked = Some(running);
            }
            frame.set(&question.slot, answer);
            self.now.active = Some(frame);
            self.advance()?;
            return Ok(true);
        }
        Ok(false)
    }

    /// In her own words, as far as anybody can tell: it calls for nothing else, and a digit belongs to
    /// what she was asked last.
    fn is_free_answer(&self, text: &str, index: usize) -> bool {
        if zh::menu_index(text, 9).is_some() {
            let is_last = index + 1 == self.now.offers.len();
            return is_last && (self.env.medium == Medium::Sms || index == 0);
        }
        self.now.parked.is_none()
            && self.begins(text).is_none()
            && !THANKS.contains(&zh::plain(text).as_str())
            && matches!(
                self.env.places.intent(text),
                None | Some(Intent::Report | Intent::Consult | Intent::Unclear)
            )
    }

    /// A photo is as good a beginning of the answer as words are.
    pub fn photo_answers(&mut self, media: &str) -> Result<bool, Fault> {
        let script = self.script;
        let takes = |offer: &Offer| {
            let dialog = script.dialog(&offer.dialog);
            dialog.is_some_and(|dialog| dialog.takes_photos() && dialog.begins_freely())
        };
        let Some(index) = self.now.offers.iter().rposition(takes) else { return Ok(false) };
        let offer = self.now.offers.remove(index);
        let mut frame = Frame::new(&offer.dialog, self.env.medium, "", self.env.now);
        frame.answers = offer.given;
        frame.offered_until = Some(offer.until);
        frame.photos.push(media.to_owned());
        self.say_phrase("photo_kept");
        self.now.active = Some(frame);
        self.advance()?;
        Ok(true)
    }

    /// By SMS there is no scrolling back: a digit answers what she read last.
    pub fn was_asked_last(&self, offer: &Offer) -> bool {
        let asked = self.now.active.as_ref().and_then(|frame| frame.asked.as_ref());
        self.env.medium == Medium::Sms && offer.at > asked.map(|asked| asked.at)
    }

    /// The dialog whose entry word the whole message is.
    pub fn entry(&self, text: &str) -> Option<&'a Dialog> {
        let id = self.script.entries.get(&zh::plain(text))?;
        self.script.dialog(id)
    }

    /// Another dialog was called for: the running one waits.
    pub fn leaves_for(&mut self, text: &str) -> Result<bool, Fault> {
        let Some(frame) = &self.now.active else { return Ok(false) };
        let Some(dialog) = self.entry(text).or_else(|| self.by_pattern(text)) else {
            return Ok(false);
        };
        if dialog.id == frame.dialog {
            self.ask_again()?;
            return Ok(true);
        }
        self.interrupt(dialog, text)?;
        Ok(true)
    }

    pub fn by_pattern(&self, text: &str) -> Option<&'a Dialog> {
        let folded = zh::fold_digits(text);
        self.script
            .each_dialog()
            .find(|dialog| dialog.pattern.as_ref().is_some_and(|p| p.is_match(folded.trim())))
    }

    pub fn interrupt(&mut self, dialog: &'a Dialog, text: &str) -> Result<(), Fault> {
        let Some(mut frame) = self.now.active.take() else { return self.start(dialog, text, 0..0) };
        if self.now.parked.is_some() {
            let name = self.dialog_of(&frame)?.name.clone();
            self.now.active = Some(frame);
            let text = self.phrase("finish_first", &[("名称", name)]);
            self.say(text);
            return self.ask_again();
        }
        frame.goes_on = dialog.side;
        self.now.parked = Some(frame);
        self.start(dialog, text, 0..0)
    }
}
