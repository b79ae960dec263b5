//! What works everywhere: 取消, 上一步, 帮助, 人工, 再说一遍.

use crate::dialog::run::conversation::{Offer, summary};
use crate::dialog::run::event::{Effect, Fault};
use crate::dialog::run::step::Walk;
use crate::dialog::run::trace::Stop;
use crate::dialog::script::value::How;
use crate::dialog::script::words::Medium;
use crate::dialog::script::{Command, Kind};
use crate::zh;

/// So many answers are not thrown away at a slip of the thumb.
const SURE_FROM: usize = 3;

impl Walk<'_> {
    /// The command that the whole message is.
    pub fn command(&self, text: &str) -> Option<Command> {
        let copy = zh::plain(text);
        let digits = self.env.medium == Medium::Sms
            && !matches!(
                self.open_question().map(|question| &question.kind),
                Some(Kind::Quantity { .. } | Kind::Money { .. })
            );
        let found = self.script.commands.iter().find(|global| {
            global.words.contains(&copy) || (digits && global.sms.as_deref() == Some(copy.as_str()))
        });
        found.map(|global| global.command)
    }

    pub fn command_says(&self, command: Command) -> String {
        let words = self.script.command(command).and_then(|global| global.say.as_ref());
        words.map_or_else(String::new, |words| words.of(self.env.medium).fill(|_| None))
    }

    pub fn obey(&mut self, command: Command) -> Result<(), Fault> {
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
    pub fn answers_cancel(&mut self, text: &str) -> Result<bool, Fault> {
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

    pub fn cancel(&mut self) -> Result<(), Fault> {
        self.trace_stop_here(Stop::Cancelled);
        if let Some(frame) = &self.now.active
            && let Some(until) = frame.offered_until
        {
            let given = frame.answers.iter().filter(|(_, answer)| answer.how == How::Given);
            let given = given.map(|(slot, answer)| (slot.clone(), answer.clone())).collect();
            let offer = Offer { dialog: frame.dialog.clone(), given, until, at: None };
            self.now.offer(offer, self.env.now);
        }
        let text = self.command_says(Command::Cancel);
        self.say(text);
        self.finish()
    }

    /// One answer back.
    pub fn back(&mut self) -> Result<(), Fault> {
        let Some(frame) = &mut self.now.active else {
            self.say_phrase("nothing_before");
            return Ok(());
        };
        let dialog = self.script.dialog_of(frame);
        let is_asked = |slot: &String| dialog.is_some_and(|dialog| dialog.asks(slot));
        let slot = frame.log.pop().filter(is_asked);
        if slot.is_none() && self.back_out() {
            return self.back();
        }
        let Some(slot) = slot else {
            self.say_phrase("nothing_before");
            return self.ask_again();
        };
        self.reopen(&slot)
    }

    pub fn hand_over(&mut self, reason: &str) {
        self.trace_stop_here(Stop::HandedOver);
        let summary = summary(&self.now, self.script);
        let text = self.command_says(Command::Human);
        self.now.human_since = Some(self.env.now);
        self.effects.push(Effect::Handoff { reason: reason.to_owned(), summary });
        self.say(text);
        if !self.env.working {
            self.say_phrase("off_hours");
        }
    }
}
