//! One event into a conversation: who gets it first, and what becomes of it.
//!
//! A person in charge, a command for the whole program, the question that was asked, what
//! was offered, a correction, another dialog, answers to later questions, and at last the
//! ladder of "I did not understand".

use super::conversation::{Conversation, Draft, Frame, summary};
use super::event::{Effect, Env, Event, Fault, Turn};
use super::script::{Command, Dialog, Kind, Question, Script, StepKind};
use super::understand::{self, Parsed};
use super::value::{Answer, How, Value};
use super::words::Medium;
use crate::zh;

/// A person gives the conversation back with one of these.
const BACK_TO_BOT: [&str; 2] = ["机器人", "结束"];
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
const STATE_BYTES_MAX: usize = 16 * 1024;
/// What she may write in one message; the rest of a longer one is cut off.
const TEXT_BYTES_MAX: usize = 4_000;
const PHOTOS_MAX: usize = 9;
/// In halves, over a whole dialog.
const MISSES_MAX: u8 = 12;
/// So many answers are not thrown away at a slip of the thumb.
const SURE_FROM: usize = 3;
/// A longer message may say more than was asked.
const SENTENCE_CHARACTERS: usize = 8;

/// The next conversation, and what is to be said and done. The same input gives the same
/// output, always.
pub fn step(
    script: &Script,
    before: &Conversation,
    event: &Event,
    env: &Env,
) -> Result<Turn, Fault> {
    let mut walk = Walk { script, env, now: before.clone(), effects: Vec::new() };
    walk.lapse();
    if let Some(frame) = &walk.now.active
        && !script.dialogs.contains_key(&frame.dialog)
    {
        return Err(Fault::DialogGone(frame.dialog.clone()));
    }
    walk.take(event)?;
    walk.shrink()?;
    Ok(Turn { conversation: walk.now, effects: walk.effects })
}

pub(super) struct Walk<'a> {
    pub script: &'a Script,
    pub env: &'a Env<'a>,
    pub now: Conversation,
    pub effects: Vec<Effect>,
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

    fn say_phrase(&mut self, name: &str) {
        let text = self.phrase(name, &[]);
        self.say(text);
    }

    pub fn dialog(&self, id: &str) -> Result<&'a Dialog, Fault> {
        self.script.dialogs.get(id).ok_or_else(|| Fault::DialogGone(id.to_owned()))
    }

    /// What waited too long becomes a draft; what is too old goes.
    fn lapse(&mut self) {
        let at = self.env.now;
        let script = self.script;
        self.now.offers.retain(|offer| offer.until > at);
        let gone = |frame: &Frame| !script.dialogs.contains_key(&frame.dialog);
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
            if let Some(frame) = frames.into_iter().flatten().find(Frame::is_worth_keeping) {
                self.now.draft = Some(Draft { frame, asked: false, offered: false, held: None });
            }
        }
    }

    /// Keeps the record small: the oldest goes first, what she is doing never.
    fn shrink(&mut self) -> Result<(), Fault> {
        let size =
            |now: &Conversation| serde_json::to_vec(now).map_or(usize::MAX, |json| json.len());
        if size(&self.now) > STATE_BYTES_MAX {
            self.now.draft = None;
        }
        if size(&self.now) > STATE_BYTES_MAX {
            self.now.parked = None;
        }
        let left = size(&self.now);
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
            Event::Text(text) => self.text(clip(text, TEXT_BYTES_MAX)),
            Event::Voice { media, text: Some(text) } => {
                self.text(clip(text, TEXT_BYTES_MAX))?;
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
                self.location(*latitude, *longitude, label)
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

    /// The command that the whole message is.
    fn command(&self, text: &str) -> Option<Command> {
        let copy = zh::plain(text);
        let digits = self.env.medium == Medium::Sms
            && !matches!(
                self.open_question().map(|question| &question.kind),
                Some(Kind::Quantity { .. })
            );
        let found = self.script.commands.iter().find(|global| {
            global.words.contains(&copy) || (digits && global.sms.as_deref() == Some(copy.as_str()))
        });
        found.map(|global| global.command)
    }

    fn command_says(&self, command: Command) -> String {
        let words = self.script.command(command).and_then(|global| global.say.as_ref());
        words.map_or_else(String::new, |words| words.of(self.env.medium).fill(|_| None))
    }

    fn obey(&mut self, command: Command) -> Result<(), Fault> {
        match command {
            Command::Cancel => {
                let Some(frame) = &mut self.now.active else {
                    self.now.parked = None;
                    self.now.draft = None;
                    let help = self.command_says(Command::Help);
                    self.say(help);
                    return Ok(());
                };
                let told =
                    frame.answers.values().filter(|a| !matches!(a.how, How::Default | How::Given));
                let asked = frame.asked.as_mut();
                if let Some(asked) = asked
                    && told.count() >= SURE_FROM
                {
                    asked.cancel = true;
                    self.say_phrase("sure_to_cancel");
                    return Ok(());
                }
                self.cancel()
            }
            Command::Back => self.back(),
            Command::Help => {
                let text = self.command_says(Command::Help);
                self.say(text);
                self.ask_again()
            }
            Command::Human => {
                self.hand_over("村民要找工作人员");
                Ok(())
            }
            Command::Repeat if self.now.active.is_some() => self.ask_again(),
            Command::Repeat => {
                let help = self.command_says(Command::Help);
                self.say(help);
                Ok(())
            }
        }
    }

    /// She was asked whether she really wants to stop.
    fn answers_cancel(&mut self, text: &str) -> Result<bool, Fault> {
        let Some(asked) = self.now.active.as_mut().and_then(|frame| frame.asked.as_mut()) else {
            return Ok(false);
        };
        if !std::mem::take(&mut asked.cancel) {
            return Ok(false);
        }
        let yes = zh::yes_no(text).or(zh::menu_index(text, 2).map(|index| index == 0));
        match yes {
            Some(true) => self.cancel()?,
            Some(false) => self.ask_again()?,
            None if self.command(text) == Some(Command::Cancel) => self.cancel()?,
            None => return Ok(false),
        }
        Ok(true)
    }

    fn cancel(&mut self) -> Result<(), Fault> {
        let text = self.command_says(Command::Cancel);
        self.say(text);
        self.finish()
    }

    /// One answer back.
    fn back(&mut self) -> Result<(), Fault> {
        let Some(frame) = &mut self.now.active else {
            self.say_phrase("nothing_before");
            return Ok(());
        };
        let dialog = self.script.dialogs.get(&frame.dialog);
        let slot =
            frame.log.pop().filter(|slot| dialog.is_some_and(|d| d.question(slot).is_some()));
        let Some(slot) = slot else {
            self.say_phrase("nothing_before");
            return self.ask_again();
        };
        self.reopen(&slot)
    }

    pub fn hand_over(&mut self, reason: &str) {
        let summary = summary(&self.now, self.script);
        let text = self.command_says(Command::Human);
        self.now.human_since = Some(self.env.now);
        self.effects.push(Effect::Handoff { reason: reason.to_owned(), summary });
        self.say(text);
    }

    fn while_busy(&mut self, text: &str) -> Result<(), Fault> {
        let Some(frame) = self.now.active.clone() else { return Ok(()) };
        let dialog = self.dialog(&frame.dialog)?;
        let Some(asked) = frame.asked.clone() else { return self.advance() };
        let Some(step) = dialog.steps.iter().find(|step| step.id == asked.step) else {
            return self.advance();
        };
        match &step.kind {
            StepKind::Confirm(_) => {
                if self.answer_confirm(text)? {
                    return Ok(());
                }
            }
            StepKind::Ask(question) => {
                let open = matches!(
                    question.kind,
                    Kind::ShortText | Kind::LongText { .. } | Kind::PersonName | Kind::Location
                );
                if open && self.leaves_for(text)? {
                    return Ok(());
                }
                if self.answer_question(question, text)? {
                    return Ok(());
                }
            }
            StepKind::Say { .. } | StepKind::Call(_) => return self.advance(),
        }
        if self.take_offer(text, false)?
            || self.correct(text)?
            || self.leaves_for(text)?
            || self.fill_ahead(text, true)?
        {
            return Ok(());
        }
        self.miss(text)
    }

    /// True when it was one.
    fn answer_question(&mut self, question: &Question, text: &str) -> Result<bool, Fault> {
        let Some(asked) = self.now.active.as_mut().and_then(|frame| frame.asked.as_mut()) else {
            return Ok(false);
        };
        if let Some(maybe) = asked.maybe.take() {
            match zh::yes_no(text) {
                Some(true) => return self.accept(question, maybe),
                Some(false) => {
                    self.ask_again()?;
                    return Ok(true);
                }
                None => {}
            }
        }
        let asked = asked.clone();
        match understand::parse(question, &asked, text, self.env) {
            Parsed::Answer(answer) => {
                let whole = answer.how == How::Menu || text.chars().count() < SENTENCE_CHARACTERS;
                if !whole && answer.value != Value::Skipped {
                    let matter = !matches!(question.kind, Kind::ShortText | Kind::LongText { .. });
                    self.note_ahead(text, &question.slot, matter)?;
                }
                self.accept(question, answer)
            }
            Parsed::Maybe(answer) => {
                let candidate = super::words::shown(&answer.value);
                if let Some(asked) = self.now.active.as_mut().and_then(|f| f.asked.as_mut()) {
                    asked.maybe = Some(answer);
                }
                let text = self.phrase("is_it", &[("候选", candidate)]);
                self.say(text);
                Ok(true)
            }
            Parsed::Choose(shown) => {
                let text = self.phrase("which_one", &[]) + &self.menu_text(&shown);
                if let Some(asked) = self.now.active.as_mut().and_then(|f| f.asked.as_mut()) {
                    asked.shown = shown;
                }
                self.say(text);
                Ok(true)
            }
            Parsed::Tell(said) => {
                if self.is_too_much(2) {
                    return Ok(true);
                }
                self.say(said);
                Ok(true)
            }
            Parsed::Miss => Ok(false),
        }
    }

    /// Understood; is it allowed?
    fn accept(&mut self, question: &Question, answer: Answer) -> Result<bool, Fault> {
        let Some(frame) = &mut self.now.active else { return Ok(false) };
        let mut tried = frame.clone();
        tried.set(&question.slot, answer);
        if let Some((_, words)) =
            question.not_allowed.iter().find(|(when, _)| when.holds(&tried.facts(self.env)))
        {
            let text = tried.fill(words, self.env.medium);
            if !self.is_too_much(2) {
                self.say(text);
            }
            return Ok(true);
        }
        *frame = tried;
        self.advance()?;
        Ok(true)
    }

    /// One of the items, a yes, or a no.
    fn answer_confirm(&mut self, text: &str) -> Result<bool, Fault> {
        let Some(frame) = &mut self.now.active else { return Ok(false) };
        let Some(asked) = frame.asked.clone() else { return Ok(false) };
        if let Some(index) = zh::menu_index(text, asked.shown.len()) {
            return self.edit(&asked.shown[index].label).map(|()| true);
        }
        match zh::yes_no(text) {
            Some(true) => {
                frame.done.push(asked.step);
                self.advance()?;
                return Ok(true);
            }
            Some(false) => {
                self.say_phrase("which_item");
                return Ok(true);
            }
            None => {}
        }
        // 不对，电话是…
        if let Some((_, rest)) = zh::yes_no_then(text)
            && self.correct(&rest)?
        {
            return Ok(true);
        }
        if self.correct(text)? {
            return Ok(true);
        }
        let slots: Vec<&str> = asked.shown.iter().map(|shown| shown.label.as_str()).collect();
        if let Some(slot) = self.item_named(text, &slots)? {
            return self.edit(&slot).map(|()| true);
        }
        Ok(false)
    }

    /// 电话不对, 改名字: the item by what it is.
    fn item_named(&self, text: &str, slots: &[&str]) -> Result<Option<String>, Fault> {
        let Some(frame) = &self.now.active else { return Ok(None) };
        if !["改", "错", "不对", "换"].iter().any(|word| text.contains(word)) {
            return Ok(None);
        }
        let dialog = self.dialog(&frame.dialog)?;
        let called = |kind: &Kind| -> &[&str] {
            match kind {
                Kind::Mobile => &["电话", "手机", "号码"],
                Kind::PersonName => &["名字", "姓名", "称呼"],
                Kind::Village => &["村"],
                Kind::LongText { .. } => &["内容", "经过"],
                Kind::Photo => &["照片"],
                Kind::Location => &["位置"],
                _ => &[],
            }
        };
        let mut named = dialog.questions().filter(|question| {
            slots.contains(&question.slot.as_str())
                && called(&question.kind).iter().any(|word| text.contains(word))
        });
        Ok(match (named.next(), named.next()) {
            (Some(question), None) => Some(question.slot.clone()),
            _ => None,
        })
    }

    /// Asks an item of the confirmation again.
    fn edit(&mut self, slot: &str) -> Result<(), Fault> {
        if let Some(frame) = &mut self.now.active {
            frame.log.retain(|known| known != slot);
        }
        self.reopen(slot)
    }

    /// Takes an answer away, asks again, and shows what it was.
    fn reopen(&mut self, slot: &str) -> Result<(), Fault> {
        let Some(frame) = &mut self.now.active else { return Ok(()) };
        let before = frame.answers.remove(slot);
        frame.asked = None;
        let was = before.map(|answer| super::words::shown(&answer.value)).unwrap_or_default();
        let suffix = match was.as_str() {
            "" => String::new(),
            _ => self.phrase("was", &[("原来", was)]),
        };
        self.ask_slot(slot, &suffix)
    }

    /// 不是…，是…; or at a confirmation simply the new value.
    fn correct(&mut self, text: &str) -> Result<bool, Fault> {
        let Some(frame) = &self.now.active else { return Ok(false) };
        let dialog = self.dialog(&frame.dialog)?;
        let confirming =
            frame.asked.as_ref().is_some_and(|asked| dialog.question(&asked.step).is_none());
        let new = match understand::correction(text) {
            Some(new) => new,
            None if confirming => text.to_owned(),
            None => return Ok(false),
        };
        let Some((slot, answer)) = understand::corrected(dialog, frame, &new, self.env) else {
            return Ok(false);
        };
        if let Some(frame) = &mut self.now.active {
            frame.answers.insert(slot, answer);
            frame.asked = None;
        }
        self.advance()?;
        Ok(true)
    }

    /// The first question of what was offered, answered. While a dialog runs digits belong to
    /// its question.
    fn take_offer(&mut self, text: &str, idle: bool) -> Result<bool, Fault> {
        for index in (0..self.now.offers.len()).rev() {
            let offer = self.now.offers[index].clone();
            let Some(dialog) = self.script.dialogs.get(&offer.dialog) else { continue };
            let Some(question) = dialog.questions().next() else { continue };
            let asked = self.menu_of(question);
            let Parsed::Answer(answer) = understand::parse(question, &asked, text, self.env) else {
                continue;
            };
            let blurred = answer.how == How::Menu || text.chars().count() > SENTENCE_CHARACTERS;
            if !idle && (blurred || self.now.parked.is_some()) {
                continue;
            }
            self.now.offers.remove(index);
            if let Some(mut running) = self.now.active.take() {
                running.goes_on = true;
                self.now.parked = Some(running);
            }
            let mut frame =
                Frame::new(&offer.dialog, self.env.medium, clip(text, 2_000), self.env.now);
            frame.answers = offer.given;
            frame.set(&question.slot, answer);
            self.now.active = Some(frame);
            self.advance()?;
            return Ok(true);
        }
        Ok(false)
    }

    /// The dialog whose entry word the whole message is.
    fn entry(&self, text: &str) -> Option<&'a Dialog> {
        let id = self.script.entries.get(&zh::plain(text))?;
        self.script.dialogs.get(id)
    }

    /// Another dialog was called for: the running one waits.
    fn leaves_for(&mut self, text: &str) -> Result<bool, Fault> {
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

    fn by_pattern(&self, text: &str) -> Option<&'a Dialog> {
        let folded = zh::fold_digits(text);
        self.script
            .dialogs
            .values()
            .find(|dialog| dialog.pattern.as_ref().is_some_and(|p| p.is_match(folded.trim())))
    }

    fn interrupt(&mut self, dialog: &'a Dialog, text: &str) -> Result<(), Fault> {
        let Some(mut frame) = self.now.active.take() else { return self.start(dialog, text, 0..0) };
        if self.now.parked.is_some() {
            let name = self.dialog(&frame.dialog)?.name.clone();
            self.now.active = Some(frame);
            let text = self.phrase("finish_first", &[("名称", name)]);
            self.say(text);
            return self.ask_again();
        }
        frame.goes_on = dialog.side;
        self.now.parked = Some(frame);
        self.start(dialog, text, 0..0)
    }

    /// Answers to questions that were not asked yet. True when there are any.
    fn note_ahead(&mut self, text: &str, asked: &str, matter: bool) -> Result<bool, Fault> {
        let Some(frame) = &self.now.active else { return Ok(false) };
        let dialog = self.dialog(&frame.dialog)?;
        let mut found = understand::intake(dialog, frame, text, 0..0, matter, self.env).found;
        found.retain(|(slot, _)| slot != asked);
        let some = !found.is_empty();
        if let Some(frame) = &mut self.now.active {
            for (slot, answer) in found {
                frame.set(&slot, answer);
            }
        }
        Ok(some)
    }

    fn fill_ahead(&mut self, text: &str, matter: bool) -> Result<bool, Fault> {
        let asked = self.now.active.as_ref().and_then(|frame| frame.asked.clone());
        if !self.note_ahead(text, "", matter)? {
            return Ok(false);
        }
        let still = asked.is_some_and(|asked| {
            self.now.active.as_ref().is_some_and(|frame| !frame.answers.contains_key(&asked.step))
        });
        if still {
            self.ask_again()?
        } else {
            self.advance()?
        }
        Ok(true)
    }

    /// The ladder of its question, and a person at its end.
    fn miss(&mut self, text: &str) -> Result<(), Fault> {
        let copy = zh::plain(text);
        let empty = copy.is_empty() || ["嗯", "哦", "啊", "额"].contains(&copy.as_str());
        if self.is_too_much(if empty { 1 } else { 2 }) {
            return Ok(());
        }
        self.say_ladder()
    }

    /// Counts a miss, in halves. True when a person had to take over.
    fn is_too_much(&mut self, halves: u8) -> bool {
        let script = self.script;
        let Some(frame) = &mut self.now.active else { return false };
        let own = frame
            .asked
            .as_ref()
            .and_then(|asked| script.dialogs.get(&frame.dialog)?.question(&asked.step))
            .and_then(|question| question.hand_over_after);
        let limit = own.unwrap_or(script.rules.hand_over_after).saturating_mul(2);
        frame.misses = frame.misses.saturating_add(halves);
        let here = frame.asked.as_mut().map_or(0, |asked| {
            asked.misses = asked.misses.saturating_add(halves);
            asked.misses
        });
        let too_much = here >= limit || frame.misses >= MISSES_MAX;
        if too_much {
            self.hand_over("几次没有听懂");
        }
        too_much
    }

    fn while_idle(&mut self, text: &str) -> Result<(), Fault> {
        if self.take_offer(text, true)? || self.answers_draft(text)? || self.answers_resume(text)? {
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
        if let Some(dialog) = self.by_matter(text) {
            return self.start(dialog, text, 0..0);
        }
        let copy = zh::plain(text);
        let thanks = THANKS.iter().any(|word| *word == copy);
        self.say_phrase(if thanks { "you_are_welcome" } else { "unclear" });
        Ok(())
    }

    /// The dialog that the message begins, and the bytes of the word that says so.
    fn begins(&self, text: &str) -> Option<(&'a Dialog, std::ops::Range<usize>)> {
        if let Some(dialog) = self.entry(text) {
            return Some((dialog, 0..text.len()));
        }
        let copy = zh::plain(text);
        if self.env.medium == Medium::Sms
            && let Some(dialog) =
                self.script.dialogs.values().find(|dialog| dialog.sms.as_deref() == Some(&*copy))
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
        let dialog = self.script.dialogs.get(id)?;
        let rest = &copy[word.len()..];
        let means_it =
            dialog.intake || rest.chars().count() <= 4 || rest.chars().any(|c| c.is_ascii_digit());
        let at = text.find(word.as_str()).unwrap_or(0);
        means_it.then(|| (dialog, at..at + word.len().min(text.len() - at)))
    }

    /// A sentence without an entry word that says what a dialog is about.
    fn by_matter(&self, text: &str) -> Option<&'a Dialog> {
        self.script.dialogs.values().filter(|dialog| dialog.intake).find(|dialog| {
            let frame = Frame::new(&dialog.id, self.env.medium, "", self.env.now);
            understand::intake(dialog, &frame, text, 0..0, true, self.env).is_matter
        })
    }

    fn start(
        &mut self,
        dialog: &'a Dialog,
        text: &str,
        entry: std::ops::Range<usize>,
    ) -> Result<(), Fault> {
        let mut frame = Frame::new(&dialog.id, self.env.medium, clip(text, 2_000), self.env.now);
        if dialog.intake && entry.len() < text.len() {
            let said = understand::intake(dialog, &frame, text, entry, true, self.env);
            for (slot, answer) in said.found {
                frame.set(&slot, answer);
            }
            if let Some(advice) = said.advice {
                self.say(advice);
            }
        }
        self.now.active = Some(frame);
        self.advance()
    }

    /// What she left unfinished is offered once, and again when she begins the same anew.
    fn asks_draft(&mut self, begun: Option<&Dialog>, text: &str) -> bool {
        let Some(draft) = &mut self.now.draft else { return false };
        let same = begun.is_some_and(|dialog| dialog.id == draft.frame.dialog);
        if self.now.parked.is_some() || (draft.offered && !same) {
            return false;
        }
        draft.asked = true;
        draft.offered = true;
        draft.held = Some(clip(text, 2_000).to_owned());
        let frame = draft.frame.clone();
        let name =
            self.script.dialogs.get(&frame.dialog).map(|d| d.name.clone()).unwrap_or_default();
        let left = self.left_to_ask(&frame).to_string();
        let text = self.phrase("draft", &[("名称", name), ("还差", left)]);
        self.say(text);
        true
    }

    fn answers_draft(&mut self, text: &str) -> Result<bool, Fault> {
        let Some(draft) = self.now.draft.as_mut().filter(|draft| draft.asked) else {
            return Ok(false);
        };
        draft.asked = false;
        let yes = zh::yes_no(text).or(zh::menu_index(text, 2).map(|index| index == 0));
        let Some(yes) = yes else { return Ok(false) };
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
            self.while_idle(&held)?;
        }
        Ok(true)
    }

    /// A dialog waits and nothing runs: she was asked whether to go on with it.
    fn answers_resume(&mut self, text: &str) -> Result<bool, Fault> {
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

    fn menu(&mut self, key: &str) -> Result<(), Fault> {
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

    fn keep_voice(&mut self, media: &str) {
        if let Some(frame) = &mut self.now.active
            && frame.voices.len() < PHOTOS_MAX
        {
            frame.voices.push(media.to_owned());
        }
    }

    fn photo(&mut self, media: &str) -> Result<(), Fault> {
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
        if let Some(frame) = &mut self.now.active {
            if frame.photos.len() < PHOTOS_MAX && !frame.photos.iter().any(|known| known == media) {
                frame.photos.push(media.to_owned());
            }
            self.say_phrase("photo_kept");
            return self.ask_again();
        }
        let takes = |dialog: &&Dialog| {
            dialog.intake && dialog.questions().any(|question| matches!(question.kind, Kind::Photo))
        };
        let Some(dialog) = self.script.dialogs.values().find(takes) else {
            self.say_phrase("unclear");
            return Ok(());
        };
        self.say_phrase("photo_kept");
        let mut frame = Frame::new(&dialog.id, self.env.medium, "", self.env.now);
        frame.photos.push(media.to_owned());
        self.now.active = Some(frame);
        self.advance()
    }

    fn location(&mut self, latitude: f64, longitude: f64, label: &str) -> Result<(), Fault> {
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
        let dialog = self.dialog(&frame.dialog)?;
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

    fn result(&mut self, call: &str, outcome: &Result<Value, String>) -> Result<(), Fault> {
        let Some(frame) = &mut self.now.active else { return Ok(()) };
        let Some((_, step)) = frame.calling.take_if(|(id, _)| id == call) else { return Ok(()) };
        let dialog = self.script.dialogs.get(&frame.dialog);
        let found = dialog.and_then(|dialog| dialog.steps.iter().find(|known| known.id == step));
        let Some(StepKind::Call(wanted)) = found.map(|step| &step.kind) else {
            return self.advance();
        };
        match outcome {
            Ok(value) => {
                if let Some(slot) = &wanted.result {
                    let answer =
                        Answer { raw: String::new(), value: value.clone(), how: How::Given };
                    frame.answers.insert(slot.clone(), answer);
                }
                frame.done.push(step);
                self.advance()
            }
            Err(words) if !words.is_empty() => {
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

/// At most so many bytes, between two characters.
pub(super) fn clip(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
