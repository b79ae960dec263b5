//! A message while a dialog runs: first the question that was asked, then a correction,
//! then answers to later questions, and at last the ladder of "I did not understand".

use crate::dialog::run::conversation::Asked;
use crate::dialog::run::event::{Fault, PlaceFound};
use crate::dialog::run::menu::leads_on;
use crate::dialog::run::step::Walk;
use crate::dialog::run::understand::{self, Parsed};
use crate::dialog::script::value::{Answer, How, Value};
use crate::dialog::script::words::brief;
use crate::dialog::script::{Confirm, Kind, Question, StepKind};
use crate::zh;

/// In halves, over a whole dialog.
const MISSES_MAX: u8 = 12;
/// A longer message may say more than was asked.
pub(in crate::dialog) const SENTENCE_CHARACTERS: usize = 8;

impl Walk<'_> {
    pub fn while_busy(&mut self, text: &str) -> Result<(), Fault> {
        let offered_last = self.now.offers.last().is_some_and(|offer| self.was_asked_last(offer));
        if offered_last && self.take_offer(text)? {
            return Ok(());
        }
        let Some(frame) = &self.now.active else { return Ok(()) };
        let dialog = self.dialog_of(frame)?;
        let Some(asked) = &frame.asked else { return self.advance() };
        let Some(step) = dialog.steps.iter().find(|step| step.id == asked.step) else {
            return self.advance();
        };
        match &step.kind {
            StepKind::Confirm(confirm) => {
                if self.answer_confirm(confirm, text)? {
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
                // 写错了，是小黑坨村 is no answer, however long a text may be.
                if matches!(question.kind, Kind::LongText { .. })
                    && understand::correction(text).is_some()
                    && self.correct(text)?
                {
                    return Ok(());
                }
                if self.answer_question(question, text)? {
                    return Ok(());
                }
            }
            StepKind::Say { .. } | StepKind::Call(_) | StepKind::Go(_) | StepKind::Sub { .. } => {
                return self.advance();
            }
        }
        if self.take_offer(text)?
            || self.correct(text)?
            || self.leaves_for(text)?
            || self.fill_ahead(text, true)?
        {
            return Ok(());
        }
        self.miss(text)
    }

    /// True when it was one.
    pub fn answer_question(&mut self, question: &Question, text: &str) -> Result<bool, Fault> {
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
        let Some(frame) = &self.now.active else { return Ok(false) };
        if leads_on(&asked, text) {
            let next = frame.next_page(question, &asked, self.env);
            self.show_question(question, next, "");
            return Ok(true);
        }
        match understand::parse(question, frame, &asked, text, self.env) {
            Parsed::Answer(answer) => {
                let whole = answer.how == How::Menu || text.chars().count() < SENTENCE_CHARACTERS;
                if !whole && answer.value != Value::Skipped {
                    let matter = !matches!(question.kind, Kind::ShortText | Kind::LongText { .. });
                    self.note_ahead(text, &question.slot, matter)?;
                }
                // A number that she picks from a menu has been read already.
                if question.echo && answer.how != How::Menu && answer.value != Value::Skipped {
                    self.is_it(answer);
                    return Ok(true);
                }
                self.accept(question, answer)
            }
            Parsed::Maybe(answer) => {
                self.trace_misheard(text, brief(&answer.value));
                self.is_it(answer);
                Ok(true)
            }
            Parsed::Choose(shown) => {
                let labels: Vec<&str> = shown.iter().map(|one| one.label.as_str()).collect();
                self.trace_misheard(text, labels.join("、"));
                self.which_one(Asked { shown, more: false, ..asked });
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

    /// Which of these did she mean?
    pub fn which_one(&mut self, seen: Asked) {
        let text = self.phrase("which_one", &[]) + &self.menu_text(&seen);
        if let Some(frame) = &mut self.now.active {
            frame.asked = Some(seen);
        }
        self.say(text);
    }

    /// Did she mean this?
    pub fn is_it(&mut self, answer: Answer) {
        let candidate = brief(&answer.value);
        if let Some(asked) = self.now.active.as_mut().and_then(|f| f.asked.as_mut()) {
            asked.maybe = Some(answer);
        }
        let text = self.phrase("is_it", &[("候选", candidate)]);
        self.say(text);
    }

    /// Understood; is it allowed?
    pub fn accept(&mut self, question: &Question, mut answer: Answer) -> Result<bool, Fault> {
        let Some(frame) = &mut self.now.active else { return Ok(false) };
        if !frame.whole_row(question, &mut answer) {
            // Gone since she saw it.
            frame.asked = None;
            self.say_phrase("gone");
            self.advance()?;
            return Ok(true);
        }
        if !question.not_allowed.is_empty() {
            let mut tried = frame.clone();
            tried.set(&question.slot, answer.clone());
            let facts = tried.facts(self.env);
            let refusal = question.not_allowed.iter().find(|(when, _)| when.holds(&facts));
            if let Some((_, words)) = refusal {
                let text = tried.fill(words, self.env.medium);
                if !self.is_too_much(2) {
                    self.say(text);
                }
                return Ok(true);
            }
        }
        frame.set(&question.slot, answer);
        self.advance()?;
        Ok(true)
    }

    /// One of the items, a yes, or a no.
    pub fn answer_confirm(&mut self, confirm: &Confirm, text: &str) -> Result<bool, Fault> {
        let Some(frame) = &mut self.now.active else { return Ok(false) };
        let Some(asked) = frame.asked.clone() else { return Ok(false) };
        let literal = &confirm.literal;
        if literal.contains(&zh::plain(text)) {
            frame.done.push(asked.step);
            self.advance()?;
            return Ok(true);
        }
        if let Some(index) = zh::menu_index(text, asked.shown.len()) {
            return self.edit(&asked.shown[index].label).map(|()| true);
        }
        match zh::yes_no(text) {
            // It has to be said in the word that was asked for.
            Some(true) if !literal.is_empty() => return Ok(false),
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
        // 查进度 is no name, though 查 is one.
        if self.leaves_for(text)? {
            return Ok(true);
        }
        // 不对，电话是…
        if let Some((_, rest)) = zh::yes_no_then(text)
            && self.correct(&rest)?
        {
            return Ok(true);
        }
        if self.leaves_name(confirm, text)? || self.correct(text)? {
            return Ok(true);
        }
        let slots: Vec<&str> = asked.shown.iter().map(|shown| shown.label.as_str()).collect();
        if let Some(slot) = self.item_named(text, &slots)? {
            return self.edit(&slot).map(|()| true);
        }
        Ok(false)
    }

    /// 王建国: the name that nobody asked for, as a message of its own.
    fn leaves_name(&mut self, confirm: &Confirm, text: &str) -> Result<bool, Fault> {
        let Some(frame) = &self.now.active else { return Ok(false) };
        let dialog = self.dialog_of(frame)?;
        let open = dialog.questions().find(|question| {
            matches!(question.kind, Kind::PersonName)
                && confirm.list.contains(&question.slot)
                && !frame.answers.contains_key(&question.slot)
        });
        let (Some(question), Some(name)) = (open, zh::name(text, true)) else { return Ok(false) };
        let is_place =
            matches!(self.env.places.find(text, true), PlaceFound::One { exact: true, .. });
        let means_else = is_place
            || understand::is_idle(text, self.env)
            || understand::likely_kind(text, self.env).is_some();
        if means_else {
            return Ok(false);
        }
        let said = |words| Answer { raw: text.into(), value: Value::Text(words), how: How::Exact };
        let mobile = dialog.questions().find(|question| matches!(question.kind, Kind::Mobile));
        if let (Some((phone, _)), Some(mobile)) = (zh::find_phone(text), mobile)
            && let Some(frame) = &mut self.now.active
        {
            frame.set(&mobile.slot, said(phone));
        }
        self.accept(question, said(name))
    }

    /// 电话不对, 改名字: the item by what it is.
    pub fn item_named(&self, text: &str, slots: &[&str]) -> Result<Option<String>, Fault> {
        let Some(frame) = &self.now.active else { return Ok(None) };
        if !["改", "错", "不对", "换"].iter().any(|word| text.contains(word)) {
            return Ok(None);
        }
        let dialog = self.dialog_of(frame)?;
        let called = |kind: &Kind| -> &[&str] {
            match kind {
                Kind::Mobile => &["电话", "手机", "号码"],
                Kind::PersonName => &["名字", "姓名", "称呼"],
                Kind::Village => &["村"],
                Kind::LongText { .. } => &["内容", "经过"],
                Kind::Photo => &["照片"],
                Kind::Location => &["位置"],
                Kind::Matter => &["类别", "分类", "哪方面"],
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
    pub fn edit(&mut self, slot: &str) -> Result<(), Fault> {
        if let Some(frame) = &mut self.now.active {
            frame.log.retain(|known| known != slot);
        }
        self.reopen(slot)
    }

    /// Takes an answer away, asks again, and shows what it was.
    pub fn reopen(&mut self, slot: &str) -> Result<(), Fault> {
        let Some(frame) = &mut self.now.active else { return Ok(()) };
        let before = frame.answers.remove(slot);
        frame.asked = None;
        if let Some(dialog) = self.script.dialogs.get(&frame.dialog) {
            frame.unsay(dialog, slot);
        }
        let was = before.map(|answer| brief(&answer.value)).unwrap_or_default();
        let suffix = match was.as_str() {
            "" => String::new(),
            _ => self.phrase("was", &[("原来", was)]),
        };
        self.ask_slot(slot, &suffix)
    }

    /// 不是…，是…; or at a confirmation simply the new value.
    pub fn correct(&mut self, text: &str) -> Result<bool, Fault> {
        let Some(frame) = &self.now.active else { return Ok(false) };
        let dialog = self.dialog_of(frame)?;
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

    /// Answers to questions that were not asked yet. True when there are any.
    pub fn note_ahead(&mut self, text: &str, asked: &str, matter: bool) -> Result<bool, Fault> {
        let Some(frame) = &self.now.active else { return Ok(false) };
        let dialog = self.dialog_of(frame)?;
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

    pub fn fill_ahead(&mut self, text: &str, matter: bool) -> Result<bool, Fault> {
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
    pub fn miss(&mut self, text: &str) -> Result<(), Fault> {
        self.trace_misheard(text, String::new());
        let copy = zh::plain(text);
        let empty = !copy.chars().any(char::is_alphanumeric)
            || ["嗯", "哦", "啊", "额"].contains(&copy.as_str());
        if self.is_too_much(if empty { 1 } else { 2 }) {
            return Ok(());
        }
        self.say_ladder()
    }

    /// Counts a miss, in halves. True when a person had to take over.
    pub fn is_too_much(&mut self, halves: u8) -> bool {
        let script = self.script;
        let Some(frame) = &mut self.now.active else { return false };
        let own = frame
            .asked
            .as_ref()
            .and_then(|asked| script.dialog_of(frame)?.question(&asked.step))
            .and_then(|question| question.hand_over_after);
        let of_dialog = script.dialog_of(frame).and_then(|dialog| dialog.rules.hand_over_after);
        let limit = own.or(of_dialog).unwrap_or(script.rules.hand_over_after).saturating_mul(2);
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
}
